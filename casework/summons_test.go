package casework

import (
	"slices"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// TestWhoAnswersASummons is the whole matrix: role, part in the summons, move.
func TestWhoAnswersASummons(t *testing.T) {
	s := Summons{Unit: "street", Due: monday, Calls: []Call{{Unit: "market", State: CallWaiting}, {Unit: "fire", State: CallWaiting}}}
	for _, tt := range []struct {
		name  string
		actor org.Actor
		want  SummonsPart
		may   []CallMove // on the call of market
	}{
		{"of the street", org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "street"}, SummonsCaller, []CallMove{CallScore, CallCancel}},
		{"of the unit", org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "market"}, SummonsCallee, []CallMove{CallAck, CallArrive, CallReport}},
		{"of another that is called", org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "fire"}, SummonsCallee, nil},
		{"of a unit that is not", org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "water"}, SummonsStranger, nil},
		{"of no unit", org.Actor{Roles: org.Roles{org.RoleUnit}}, SummonsStranger, nil},
		{"dispatcher", org.Actor{Roles: org.Roles{org.RoleDispatcher}}, SummonsWatcher, nil},
		{"dispatcher whose account names the street", org.Actor{Roles: org.Roles{org.RoleDispatcher}, Unit: "street"}, SummonsWatcher, nil},
		{"administrator", org.Actor{Roles: org.Roles{org.RoleAdmin}}, SummonsWatcher, nil},
		{"leader", org.Actor{Roles: org.Roles{org.RoleLeader}, Unit: "market"}, SummonsWatcher, nil},
		{"editor", org.Actor{Roles: org.Roles{org.RoleEditor}, Unit: "market"}, SummonsStranger, nil},
		{"bot", org.Actor{Roles: org.Roles{org.RoleBot}}, SummonsStranger, nil},
	} {
		if got := s.PartOf(tt.actor); got != tt.want {
			t.Errorf("%s is %s, want %s", tt.name, got, tt.want)
		}
		for m := range callRules {
			if got, want := s.permits(tt.actor, m, "market"), slices.Contains(tt.may, m); got != want {
				t.Errorf("%s and %s: %v, want %v", tt.name, m, got, want)
			}
		}
	}
}

// TestASummonsGoesItsWay: each state allows what comes next and nothing else.
func TestASummonsGoesItsWay(t *testing.T) {
	s := Summons{Unit: "street", Due: monday.Add(time.Hour), Calls: []Call{{Unit: "market", State: CallWaiting}, {Unit: "fire", State: CallWaiting}}}
	step := func(m CallMove, e SummonsEvent) {
		t.Helper()
		e.Move, e.Unit, e.Ordinal = m, "market", s.Last+1
		if err := s.allowed(m, "market", monday); err != nil {
			t.Fatal(err)
		}
		s = s.After(e)
	}
	if err := s.allowed(CallReport, "market", monday); errs.CodeOf(err) != "summons.state" {
		t.Errorf("a report before arrival: %v", err)
	}
	if err := s.allowed(CallScore, "market", monday); errs.CodeOf(err) != "summons.early" {
		t.Errorf("a score before anybody should be there: %v", err)
	}
	if err := s.allowed(CallScore, "market", s.Due.Add(time.Minute)); err != nil {
		t.Errorf("who did not come is not scored: %v", err)
	}
	step(CallAck, SummonsEvent{At: monday})
	step(CallArrive, SummonsEvent{At: monday, Text: "执法中队 2 人"})
	if s.Awaited() != 1 || !s.Late(s.Due.Add(time.Second)) || s.Late(monday) {
		t.Errorf("arrived %+v", s)
	}
	chased := s.Chased(SummonsMark{SummonsLate, s.Due}, s.Due)
	if len(chased) != 1 || chased[0].Unit != "fire" || chased[0].Ordinal != s.Last+1 {
		t.Errorf("chased %+v", chased)
	}
	step(CallReport, SummonsEvent{At: monday, Text: "已查封"})
	step(CallScore, SummonsEvent{At: monday, Marks: Marks{5, 4, 3}})
	if c, _ := s.CallOf("market"); c.State != CallScored || c.Who != "执法中队 2 人" || c.Effect != "已查封" || ParseMarks(c.Marks.Stored()) != c.Marks {
		t.Errorf("scored %+v", c)
	}
	if !s.Open() {
		t.Error("closed while one has not come")
	}
	s = s.After(SummonsEvent{Move: CallCancel, Unit: "fire", Ordinal: s.Last + 1})
	if s.Open() || s.Late(s.Due.Add(time.Hour)) {
		t.Errorf("ended %+v", s)
	}
}

// TestALeadersOrderIsAnsweredByWhomItNames: a co-unit that owes feedback gives
// it, nobody else; a redirection sets that back.
func TestALeadersOrderIsAnsweredByWhomItNames(t *testing.T) {
	c := filed(t, usual, monday).Case
	step, err := planner.Plan(c, usual, Event{At: monday, Move: Instruct, Reason: "u2", Text: "三天内报结果"}, monday.AddDate(0, 0, 3))
	if err != nil {
		t.Fatal(err)
	}
	d := Docket{Case: step.Case, CoUnits: []org.UnitID{"u2"}}
	if d.Ordered != OrderWaits || d.Orders != 1 || !d.Instructed || !d.Due.Order.Equal(monday.AddDate(0, 0, 3)) {
		t.Errorf("instructed %+v", d.Case)
	}
	lead, co := org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u1"}, org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u2"}
	if d.permits(lead, Feedback) || !d.permits(co, Feedback) || d.permits(org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u3"}, Feedback) {
		t.Error("the wrong unit gives feedback")
	}
	gone := d
	gone.CoUnits = nil
	if !gone.permits(lead, Feedback) || gone.permits(co, Feedback) {
		t.Error("who has nothing to do with it any more still owes feedback")
	}
	again, err := planner.Plan(d.Case, usual, Event{At: monday, Move: Instruct, Reason: "u1", Text: "改由主办报"}, monday.AddDate(0, 0, 2))
	if err != nil || again.Case.Orders != 1 || again.Case.OrderUnit != "u1" {
		t.Errorf("the same order goes on: %+v, %v", again.Case, err)
	}
	moved := d.Case.After(Event{Move: Redirect, From: Waiting, To: Waiting, Unit: "u4", Decision: "d2"})
	after := Docket{Case: moved}
	if !after.permits(org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u4"}, Feedback) || after.permits(co, Feedback) {
		t.Errorf("after a redirection %+v", moved)
	}
	if _, err := d.instructed("u3"); errs.CodeOf(err) != "case.instructed" {
		t.Errorf("an order to who has no part in it: %v", err)
	}
	late := slices.ContainsFunc(step.Marks, func(m Mark) bool { return m.Kind == MarkOrder && m.At.Equal(d.Due.Order) })
	if !late {
		t.Error("nobody is chased for the feedback")
	}
}
