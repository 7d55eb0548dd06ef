package casework

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"huying/internal/org"
)

// agreedOn is a case of u1 that its units have agreed on the shares of.
func agreedOn(t *testing.T, c Case, history []Event, at time.Time, parts ...Share) (Case, []Event) {
	t.Helper()
	steps := []Event{{At: at, Move: Allot, Facts: &Facts{Shares: parts}}}
	for _, p := range parts {
		steps = append(steps, Event{At: at, Move: AgreeShare, Reason: string(p.Unit)})
	}
	for _, e := range steps {
		step := planned(t, c, e, time.Time{})
		c, history = step.Case, append(history, step.Event)
	}
	return c, history
}

// strikeShares reaches every mark of shares by a time, and gives who is told what.
func strikeShares(t *testing.T, c Case, history []Event, marks []Mark, now time.Time) (Case, []Event, map[MarkKind][]Address) {
	t.Helper()
	told := map[MarkKind][]Address{}
	for _, m := range marks { // as they were stored: what was done since strikes nobody
		if !slices.Contains(shareMarks, m.Kind) || m.At.After(now) {
			continue
		}
		if step, ok := planner.Strike(c, usual, m, now); ok {
			kind, to := step.Alerts()
			told[MarkKind(kind)] = append(told[MarkKind(kind)], to...)
			c, history = step.Case, append(history, step.Event)
		}
	}
	return c, history, told
}

// TestALateShareIsSaidOnce: each mark of what units agreed on once for each unit,
// the lead unit as the others, and nothing of what was given or not yet agreed on.
func TestALateShareIsSaidOnce(t *testing.T) {
	first := filed(t, usual, monday)
	accepted := planned(t, first.Case, Event{At: monday, Move: Accept}, time.Time{})
	c, history := accepted.Case, []Event{first.Event, accepted.Event}
	due := monday.Add(40 * time.Hour).UTC()
	share := func(u org.UnitID, due time.Time) Share {
		return Share{Unit: u, Part: "清理", Due: due, Soon: due.Add(-8 * time.Hour), Boss: due.Add(48 * time.Hour)}
	}
	proposed := planned(t, c, Event{At: monday, Move: Allot, Facts: &Facts{Shares: []Share{share("u1", due), share("u2", due)}}}, time.Time{})
	if slices.ContainsFunc(proposed.Marks, func(m Mark) bool { return slices.Contains(shareMarks, m.Kind) }) {
		t.Errorf("due before all agree: %v", proposed.Marks)
	}
	c, history = agreedOn(t, c, history, monday, share("u1", due), share("u2", due), share("u3", due.Add(time.Hour)))
	marks := planner.Marks(c, usual)
	long := due.AddDate(0, 0, 10)

	late, events, told := strikeShares(t, c, history, marks, long)
	want := map[MarkKind][]Address{
		MarkShareSoon: {{Level: ToHandler, Unit: "u1"}, {Level: ToHandler, Unit: "u2"}, {Level: ToHandler, Unit: "u3"}},
		MarkShare:     {{Level: ToHead, Unit: "u1"}, {Level: ToHead, Unit: "u2"}, {Level: ToHead, Unit: "u3"}, {Level: ToHandler, Unit: "u1"}},
		MarkShareBoss: {{Level: ToSupervisor, Unit: "u1"}},
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %v\nwant %v", told, want)
	}
	if again, _, _ := strikeShares(t, late, events, marks, long); again.Last != late.Last {
		t.Error("told twice")
	}
	if built := Rebuild(events); !reflect.DeepEqual(built, late) {
		t.Errorf("history gives\n%+v\nwant\n%+v", built, late)
	}

	given := planned(t, c, Event{At: monday.Add(time.Hour), Move: Contribute, Reason: "u2", Text: "已清理"}, time.Time{})
	answered := planned(t, given.Case, Event{At: monday.Add(2 * time.Hour), Move: Submit, Public: "答复"}, time.Time{})
	_, _, told = strikeShares(t, answered.Case, nil, marks, long)
	for kind, to := range told {
		if slices.ContainsFunc(to, func(a Address) bool { return a.Unit == "u2" || a.Unit == "u1" && a.Level == ToHead }) {
			t.Errorf("%s: who has given its part is told: %v", kind, to)
		}
	}
	if !slices.ContainsFunc(given.Marks, func(m Mark) bool { return m == Mark{MarkShare, due.Add(time.Hour)} }) {
		t.Errorf("nothing is due of the third unit: %v", given.Marks)
	}
}

// TestAnotherDateIsAskedForAnew: of a unit whose date is agreed on anew; of one that
// keeps its own, what was said is not said again.
func TestAnotherDateIsAskedForAnew(t *testing.T) {
	first := filed(t, usual, monday)
	accepted := planned(t, first.Case, Event{At: monday, Move: Accept}, time.Time{})
	c, history := accepted.Case, []Event{first.Event, accepted.Event}
	due := monday.Add(40 * time.Hour).UTC()
	soon := monday.Add(20 * time.Hour).UTC()
	lead, co := Share{Unit: "u1", Part: "查", Due: due, Soon: soon, Boss: due.Add(time.Hour)}, Share{Unit: "u2", Part: "清", Due: due, Soon: soon, Boss: due.Add(time.Hour)}
	c, history = agreedOn(t, c, history, monday, lead, co)
	c, history, _ = strikeShares(t, c, history, planner.Marks(c, usual), soon)
	later := due.Add(10 * time.Hour)
	lead.Soon, co.Due, co.Soon, co.Boss = soon.Add(5*time.Hour), later, soon.Add(8*time.Hour), later.Add(time.Hour)
	c, history = agreedOn(t, c, history, soon.Add(time.Hour), lead, co)
	_, events, told := strikeShares(t, c, history, planner.Marks(c, usual), due)
	want := map[MarkKind][]Address{
		MarkShareSoon: {{Level: ToHandler, Unit: "u2"}},
		MarkShare:     {{Level: ToHead, Unit: "u1"}, {Level: ToHandler, Unit: "u1"}},
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %v\nwant %v", told, want)
	}
	if built := Rebuild(events); !reflect.DeepEqual(built.Shares.Agreed[1].Told, []MarkKind{MarkShareSoon}) {
		t.Errorf("history gives %+v", built.Shares)
	}
}
