package casework

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/workday"
)

// chaseOf names a step of chasing with the time whose end it follows; empty for
// anything else.
func chaseOf(s Step) string {
	if k := MarkKind(s.Event.Reason); s.Event.Move == Late && (k == MarkLate || k == MarkLateHead || k == MarkLateBoss || k == MarkLateTop) {
		return fmt.Sprint(k, s.Case.Due.Citizen, s.Case.Due.ReopenedAt, s.Case.Due.Rules)
	}
	return ""
}

// datesChange reports whether a move without an effect on the clocks moves a date
// that was given before.
func datesChange(before Case, s Step) bool {
	rule, _ := RuleOf(s.Event.Move)
	a, b := before.Due, s.Case.Due
	return rule.Clocks == None && (!a.Accept.Equal(b.Accept) || !a.Return.Equal(b.Return) || !a.Unit.Equal(b.Unit) || !a.Citizen.Equal(b.Citizen) ||
		!a.Half.Equal(b.Half) || !a.Soon.Equal(b.Soon) || a.Rules != b.Rules)
}

// randomRules gives rules in which every figure is another.
func randomRules(t *testing.T, r *rand.Rand) DeadlineRules {
	t.Helper()
	short := func() string {
		return []string{fmt.Sprint(1+r.IntN(300), "分钟"), fmt.Sprint(1+r.IntN(7), "小时"), fmt.Sprint(1+r.IntN(7), "个工作小时")}[r.IntN(3)]
	}
	long := func() string {
		return []string{fmt.Sprint(24+r.IntN(200), "小时"), fmt.Sprint(1+r.IntN(30), "个工作日"), fmt.Sprint(1+r.IntN(30), "天")}[r.IntN(3)]
	}
	typed := map[string]string{}
	blank := UsualRules()
	for _, f := range blank.figures() {
		switch {
		case f.yes != nil:
			typed[f.key] = []string{"是", "否"}[r.IntN(2)]
		case f.count != nil:
			typed[f.key] = fmt.Sprint(f.min + r.IntN(min(f.max, 10)-f.min+1))
		case strings.HasSuffix(f.key, "top"):
			typed[f.key] = fmt.Sprintf("%d 个自然日", 200+r.IntN(100)) // after whatever long is
		case strings.HasSuffix(f.key, "accept") || strings.HasSuffix(f.key, "head"):
			typed[f.key] = short()
		default:
			typed[f.key] = long()
		}
	}
	half := 1 + r.IntN(98)
	typed["half"], typed["soon"] = fmt.Sprint(half), fmt.Sprint(half+1+r.IntN(99-half))
	rules, err := UsualRules().With(typed)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// changeable are rules that a test changes while cases run.
type changeable struct {
	*LiveRules
	all []RuleVersion // the newest first
}

func newChangeable() *changeable { return &changeable{LiveRules: NewLiveRules(nil)} }

func (c *changeable) change(rules DeadlineRules) {
	rules.Version = len(c.all) + 1
	c.all = slices.Insert(c.all, 0, RuleVersion{Rules: rules})
	c.learn(c.all)
}

// TestRandomWalksUnderRandomRules: whatever a city sets, what must always hold
// holds.
func TestRandomWalksUnderRandomRules(t *testing.T) {
	walks(t, 400, func(r *rand.Rand) (*Planner, func()) {
		live := newChangeable()
		live.change(randomRules(t, r))
		return NewPlanner(planner.cal).Under(live), func() {}
	})
}

// TestRandomWalksWhileRulesChange: as before, and the rules are others at each move.
func TestRandomWalksWhileRulesChange(t *testing.T) {
	walks(t, 400, func(r *rand.Rand) (*Planner, func()) {
		live := newChangeable()
		return NewPlanner(planner.cal).Under(live), func() { live.change(randomRules(t, r)) }
	})
}

// life is what happens to a case from its filing on, with the hours between.
var life = []struct {
	move  Move
	hours int
	days  int
	end   Ending
}{
	{Accept, 1, 0, ""}, {AskMore, 1, 3, ""}, {Extend, 1, 0, ""}, {Revise, 1, 0, ""}, {Try, 1, 0, ""}, {Try, 3, 0, ""}, {Pause, 1, 0, ""}, {Respond, 48, 0, ""}, {Propose, 1, 0, ""},
	{SendBack, 1, 0, ""}, {Propose, 1, 0, ""}, {Close, 1, 0, Solved}, {Reopen, 1, 0, ""}, {Propose, 1, 0, ""}, {Close, 1, 0, Solved},
}

// lives lets a case live, and changes the rules before the move of that number.
func lives(t *testing.T, changed int, rules DeadlineRules) []Step {
	t.Helper()
	live := newChangeable()
	p := NewPlanner(planner.cal).Under(live)
	steps, at := []Step{filedBy(t, p, usual, monday)}, monday
	for i, m := range life {
		if i == changed {
			live.change(rules)
		}
		at = at.Add(time.Duration(m.hours) * time.Hour)
		c := steps[len(steps)-1].Case
		step, err := p.Plan(c, usual, Event{At: at, Move: m.move, Days: m.days, Reason: string(m.end)}, time.Time{})
		if err != nil {
			t.Fatalf("changed before move %d: %s: %v", changed, m.move, err)
		}
		steps = append(steps, step)
	}
	return steps
}

// TestNewRulesLeaveRunningCases: the rules change between any two moves of a case. The
// citizen's time, its reminders and the steps of chasing stay to the minute; what
// a unit is given from then on follows the new rules.
func TestNewRulesLeaveRunningCases(t *testing.T) {
	rules, err := UsualRules().With(map[string]string{
		"complaint_accept": "10 分钟", "complaint_handle": "2 个工作日", "return": "1 小时", "half": "10", "soon": "20", "chase_head": "1 小时", "chase_boss": "2 小时", "extra_days": "1",
	})
	if err != nil {
		t.Fatal(err)
	}
	usually := lives(t, len(life), rules)
	for changed := range life {
		steps := lives(t, changed, rules)
		for i, step := range steps {
			got, want := step.Case.Due, usually[i].Case.Due
			accepted := got.AcceptedAt.IsZero() || changed > 0 // the unit's own time was given before the change
			if !got.Citizen.Equal(want.Citizen) || !got.Accept.Equal(want.Accept) || !got.Return.Equal(want.Return) || !got.Half.Equal(want.Half) || !got.Soon.Equal(want.Soon) || accepted && !got.Unit.Equal(want.Unit) {
				t.Fatalf("changed before %s: after %s\n%+v, want\n%+v", life[changed].move, step.Event.Move, got, want)
			}
			if !slices.Equal(step.Marks, usually[i].Marks) {
				t.Fatalf("changed before %s: after %s %v is due, want %v", life[changed].move, step.Event.Move, step.Marks, usually[i].Marks)
			}
		}
	}
	at := monday.Add(time.Hour)
	if own := lives(t, 0, rules)[1].Case.Due; !own.Unit.Equal(planner.cal.Add(at, workday.Span{N: 2, Unit: workday.WorkingDays})) || own.Rules != 0 {
		t.Errorf("the unit's own time, given under the new rules, ends %v", own.Unit)
	}
	live := newChangeable()
	live.change(rules)
	p := NewPlanner(planner.cal).Under(live)
	next := filedBy(t, p, usual, monday).Case.Due
	if next.Rules != 1 || !next.Accept.Equal(monday.Add(10*time.Minute)) || !next.Return.Equal(monday.Add(time.Hour)) ||
		!next.Citizen.Equal(planner.cal.Add(monday, workday.Span{N: 2, Unit: workday.WorkingDays})) || next.Half.Sub(monday) != next.Citizen.Sub(monday)/10 {
		t.Errorf("a new case: %+v", next)
	}
	consult := usual
	consult.Type = intake.Consultation
	step, _, err := p.Follow(usually[1].Case, consult, classifier.Decision{ID: "d2", Category: "c", Lead: "u1", At: at})
	if err != nil || step.Case.Due.Rules != 1 || !step.Case.Due.Citizen.Equal(planner.cal.Add(monday, workday.Span{N: 1, Unit: workday.WorkingDays})) {
		t.Errorf("one that turns out to be something else: %+v, %v", step.Case.Due, err)
	}
}

// TestNewFiguresHoldAtOnce: how often something may be done is asked of the rules as
// they are.
func TestNewFiguresHoldAtOnce(t *testing.T) {
	rules, err := UsualRules().With(map[string]string{"extensions": "0", "reopened": "1", "pauses": "0"})
	if err != nil {
		t.Fatal(err)
	}
	live := newChangeable()
	p := NewPlanner(planner.cal).Under(live)
	c := filedBy(t, p, usual, monday).Case
	handling := with(c, func(c *Case) { c.State, c.Tried = Handling, TriesToPause })
	closed := with(c, func(c *Case) { c.State, c.Ending, c.Reopened = Closed, Solved, 1 })
	for _, tt := range []struct {
		c    Case
		move Move
		want errs.Code
	}{{handling, AskMore, "case.extended"}, {handling, Pause, "case.pauses"}, {closed, Reopen, "case.reopened"}} {
		live.all = nil
		live.LiveRules = NewLiveRules(nil)
		p := NewPlanner(planner.cal).Under(live)
		if err := p.Allowed(tt.c, tt.move, monday); err != nil {
			t.Errorf("%s before: %v", tt.move, err)
		}
		live.change(rules)
		if err := p.Allowed(tt.c, tt.move, monday); err == nil || errs.CodeOf(err) != tt.want {
			t.Errorf("%s after: %v, want %s", tt.move, err, tt.want)
		}
	}
}

// TestDangerIsShortenedByALeaf where the rules say so, and never made longer.
func TestDangerIsShortenedByALeaf(t *testing.T) {
	short, err := UsualRules().With(map[string]string{"danger_leaf": "是"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		rules DeadlineRules
		limit string
		hours int
	}{{UsualRules(), "2 小时", 24}, {short, "2 小时", 2}, {short, "7 个工作日", 24}, {short, "视情况", 24}, {short, "", 24}} {
		live := newChangeable()
		live.change(tt.rules)
		p := NewPlanner(planner.cal).Under(live)
		due := filedBy(t, p, Subject{Type: intake.Help, Urgency: intake.UrgencyA, Limit: tt.limit}, monday).Case.Due
		if got := due.Citizen.Sub(monday); got != time.Duration(tt.hours)*time.Hour {
			t.Errorf("limit %q: %v, want %d hours", tt.limit, got, tt.hours)
		}
	}
}

// TestACalendarThatIsReplacedLeavesRunningCases: an import makes three days free while
// a case is open, and while it waits for the citizen.
func TestACalendarThatIsReplacedLeavesRunningCases(t *testing.T) {
	replaced := workday.Published()
	for day := 9; day <= 11; day++ {
		replaced = append(replaced, workday.Day{Date: workday.NewDate(2026, time.March, day), Name: "试"})
	}
	live := NewLiveCalendar(NewWorkdays(nil, nil, nil))
	p := NewPlanner(live)
	c := filedBy(t, p, usual, monday).Case
	given := c.Due
	move := func(m Move, at time.Time) Step {
		t.Helper()
		step, err := p.Plan(c, usual, Event{At: at, Move: m}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		c = step.Case
		return step
	}
	opened := c
	live.known.Store(workday.New(replaced, nil))
	step := move(Accept, monday.Add(time.Hour))
	if d := c.Due; !d.Citizen.Equal(given.Citizen) || !d.Accept.Equal(given.Accept) || !d.Return.Equal(given.Return) || !d.Half.Equal(given.Half) || !d.Soon.Equal(given.Soon) {
		t.Errorf("open: given %+v, then %+v", given, d)
	}
	if !slices.Contains(step.Marks, Mark{MarkLate, given.Citizen}) || !c.Due.Unit.Equal(given.Citizen.AddDate(0, 0, 5)) {
		t.Errorf("late by %v, the unit's own time, given under the new calendar, ends %v", step.Marks, c.Due.Unit)
	}

	live.known.Store(workday.New(workday.Published(), nil))
	c = opened
	move(Accept, monday.Add(time.Hour))
	move(Try, monday.Add(2*time.Hour))
	move(Try, monday.Add(5*time.Hour))
	step = move(Pause, monday.AddDate(0, 0, 1))
	held := c.Due
	live.known.Store(workday.New(replaced, nil))
	if m := step.Marks; len(m) != 1 || m[0] != (Mark{MarkPause, held.Resume}) {
		t.Fatalf("due while it waits: %v", m)
	}
	step, strikes := p.Strike(c, usual, step.Marks[0], held.Resume)
	if !strikes {
		t.Fatal("the pause does not end on the day that was given")
	}
	// It stood from Tuesday the 3rd to Tuesday the 10th: three of these days are worked now.
	later := live.Add(held.WasCitizen, workday.Span{N: 3, Unit: workday.WorkingDays})
	if d := step.Case.Due; d.Held != 3 || !d.Citizen.Equal(later) || !d.PausedAt.IsZero() || !d.FiledAt.Equal(given.FiledAt) {
		t.Errorf("after the pause %+v, want the citizen's time to end %v", d, later)
	}
}

// TestWhatRulesMayBe names every figure that may not be, and says what differs.
func TestWhatRulesMayBe(t *testing.T) {
	for _, tt := range []struct {
		key, value string
		want       errs.Code
	}{
		{"complaint_handle", "视情况", "rules.span"}, {"complaint_handle", "0 天", "rules.span"}, {"complaint_handle", "366 天", "rules.span"}, {"complaint_handle", " ", "field.required"},
		{"complaint_accept", "8 个工作日", "rules.order"}, {"danger_accept", "2 天", "rules.order"}, {"half", "80", "rules.order"}, {"chase_head", "3 个工作日", "rules.order"},
		{"half", "0", "rules.count"}, {"soon", "100", "rules.count"}, {"pauses", "两次", "rules.count"}, {"extra_days", "0", "rules.count"}, {"extensions", "11", "rules.count"},
		{"danger_leaf", "也许", "field.choice"}, {"no_such", "1", "rules.unknown"},
	} {
		t.Run(tt.key+" "+tt.value, func(t *testing.T) {
			_, err := UsualRules().With(map[string]string{tt.key: tt.value})
			list, ok := err.(errs.List) //nolint:errorlint // what With promises
			if !ok || len(list) != 1 || list[0].Code != tt.want || list[0].Field != tt.key || !errs.Has(tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	before := UsualRules()
	after, err := before.With(map[string]string{"complaint_handle": "5个工作日", "pauses": "2", "half": "50"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []RuleChange{{"投诉（一般）办理时限", "7 个工作日", "5 个工作日"}, {"至多暂停几次", "1", "2"}}; !slices.Equal(after.Since(before), want) {
		t.Errorf("differs by %v", after.Since(before))
	}
	if len(before.Since(UsualRules())) != 0 {
		t.Error("the rules that were changed are not left alone")
	}
	if kept := StoredRules(3, RuleVersion{Rules: after}.Body()); len(kept.Since(after)) != 0 || kept.Version != 3 {
		t.Errorf("stored and read again: %v", kept.Since(after))
	}
	for _, f := range before.Fields() {
		if _, err := before.With(map[string]string{f.Key: f.Value}); err != nil {
			t.Errorf("%s cannot be typed as it is shown: %v", f.Label, err)
		}
	}
}
