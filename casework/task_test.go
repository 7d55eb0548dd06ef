package casework

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// taskWith is a case of u1 with a task for u2 and u3 each, by a time.
func taskWith(t *testing.T, until time.Time) (Case, []Event) {
	t.Helper()
	first := filed(t, usual, monday)
	c, history := first.Case, []Event{first.Event}
	for _, e := range []Event{
		{At: monday, Move: Accept}, {At: monday, Move: SetTask, Reason: "u2", Text: "清理占道"}, {At: monday, Move: SetTask, Reason: "u3", Text: "检测油烟"},
	} {
		step := planned(t, c, e, until)
		c, history = step.Case, append(history, step.Event)
	}
	return c, history
}

func planned(t *testing.T, c Case, e Event, until time.Time) Step {
	t.Helper()
	step, err := planner.Plan(c, usual, e, until)
	if err != nil {
		t.Fatalf("%s: %v", e.Move, err)
	}
	return step
}

func TestATaskGoesItsWay(t *testing.T) {
	c, history := taskWith(t, time.Time{})
	task, ok := c.TaskOf("u2")
	left := c.Due.Unit.Sub(monday)
	if want := monday.Add(part(60, left)); !ok || task.State != TaskWaits || !task.Due.Equal(want) || task.Accept.After(task.Due) || !task.Soon.Before(task.Due) || !task.Boss.After(task.Due) {
		t.Fatalf("set %+v, due %v", task, want)
	}
	for _, tt := range []struct {
		move Move
		unit string
		want errs.Code
	}{{DoneTask, "u4", "task.none"}, {TakeTask, "u2", ""}, {TakeTask, "u2", "task.state"}, {DoneTask, "u2", ""}, {DropTask, "u2", "task.state"}, {DropTask, "u3", ""}} {
		step, err := planner.Plan(c, usual, Event{At: monday.Add(time.Hour), Move: tt.move, Reason: tt.unit, Text: "已清理"}, time.Time{})
		if tt.want != "" {
			if errs.CodeOf(err) != tt.want {
				t.Errorf("%s by %s: %v, want %s", tt.move, tt.unit, err, tt.want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if step.Case.Version != c.Version {
			t.Errorf("%s outdates the form of the unit that answers", tt.move)
		}
		c, history = step.Case, append(history, step.Event)
	}
	d := Docket{Case: c, CoUnits: []org.UnitID{"u2", "u3", "u4"}}
	if !slices.Equal(c.Parts, []org.UnitID{"u2", "u3"}) || len(c.OpenTasks()) != 0 || len(c.Undone()) != 1 || !slices.Equal(d.Pending(), []org.UnitID{"u4"}) {
		t.Errorf("ended %+v, parts %v, pending %v", c.Tasks, c.Parts, d.Pending())
	}
	if err := d.unwaited(Command{Move: Submit}); errs.CodeOf(err) != "task.undone" {
		t.Errorf("an answer without what cannot be done, and not a word: %v", err)
	}
	if err := d.unwaited(Command{Move: Submit, Text: "改由街道清理"}); err != nil {
		t.Errorf("with a word on that: %v", err)
	}
	names := Names{Unit: func(u org.UnitID) string { return string(u) }}
	if got := partsOf(history, names); got != "u2：已清理" {
		t.Errorf("the draft takes over %q", got)
	}
	again := planned(t, c, Event{At: monday.Add(2 * time.Hour), Move: SetTask, Reason: "u3", Text: "再测一次"}, time.Time{})
	if task, _ := again.Case.TaskOf("u3"); task.State != TaskWaits || task.Words != "" || slices.Contains(again.Case.Parts, "u3") || len(again.Case.Tasks) != 2 {
		t.Errorf("set again: %+v", again.Case.Tasks)
	}
	if kind, to := again.Alerts(); kind != AlertKind(SetTask) || !slices.Equal(to, []Address{{Level: ToUnit, Unit: "u3"}}) {
		t.Errorf("%s told to %v", kind, to)
	}
}

// TestALateTaskIsSaidOnce: each mark once for each co-unit, to whom it concerns,
// also when several are due by then.
func TestALateTaskIsSaidOnce(t *testing.T) {
	until := monday.Add(30 * time.Hour)
	c, history := taskWith(t, until)
	step := planned(t, c, Event{At: monday.Add(time.Hour), Move: SetTask, Reason: "u3", Text: "检测油烟"}, until.Add(time.Hour))
	c, history = step.Case, append(history, step.Event)
	marks := planner.Marks(c, usual)
	done := planned(t, c, Event{At: until, Move: DoneTask, Reason: "u3", Text: "已测"}, time.Time{})
	told := map[MarkKind][]Address{}
	strike := func(c Case, history []Event, now time.Time) (Case, []Event) {
		for _, m := range marks { // as they were stored: what was done since strikes nobody
			if !slices.Contains(taskMarks, m.Kind) || m.At.After(now) {
				continue
			}
			if step, ok := planner.Strike(c, usual, m, now); ok {
				kind, to := step.Alerts()
				told[MarkKind(kind)] = append(told[MarkKind(kind)], to...)
				c, history = step.Case, append(history, step.Event)
			}
		}
		return c, history
	}
	long := until.AddDate(0, 0, 20)
	late, _ := strike(c, history, long)
	want := map[MarkKind][]Address{
		MarkTaskAccept: {{Level: ToHead, Unit: "u2"}, {Level: ToHead, Unit: "u3"}},
		MarkTaskSoon:   {{Level: ToHandler, Unit: "u2"}, {Level: ToHandler, Unit: "u3"}},
		MarkTask:       {{Level: ToHead, Unit: "u2"}, {Level: ToHead, Unit: "u3"}, {Level: ToHandler, Unit: "u1"}},
		MarkTaskBoss:   {{Level: ToSupervisor, Unit: "u1"}},
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %v\nwant %v", told, want)
	}
	if again, _ := strike(late, nil, long.Add(time.Hour)); again.Last != late.Last {
		t.Error("told twice")
	}
	told = map[MarkKind][]Address{}
	after, events := strike(done.Case, append(history, done.Event), long)
	for kind, to := range told {
		if slices.ContainsFunc(to, func(a Address) bool { return a.Unit == "u3" }) {
			t.Errorf("%s: who is done is told %v", kind, to)
		}
	}
	if built := Rebuild(events); !reflect.DeepEqual(built, after) {
		t.Errorf("history gives %+v\nwant %+v", built, after)
	}
}

// TestTasksEndWithTheCase, and with what the co-unit has to do with it.
func TestTasksEndWithTheCase(t *testing.T) {
	c, _ := taskWith(t, time.Time{})
	revised, _, err := planner.Follow(c, usual, classifier.Decision{ID: "d2", Category: "c", Lead: "u1", Co: []org.UnitID{"u3"}, At: monday})
	if err != nil || len(revised.Case.Tasks) != 1 || revised.Case.Tasks[0].Unit != "u3" {
		t.Errorf("a co-unit that is none any more: %+v, %v", revised.Case.Tasks, err)
	}
	moved, _, err := planner.Follow(c, usual, classifier.Decision{ID: "d2", Category: "c", Lead: "u5", Co: []org.UnitID{"u2", "u3"}, At: monday})
	if err != nil || moved.Case.Tasks != nil {
		t.Errorf("another unit answers: %+v, %v", moved.Case.Tasks, err)
	}
	checking := planned(t, c, Event{At: monday, Move: Propose, Public: "已办", Text: "协办的不用等"}, time.Time{}).Case
	closed := planned(t, checking, Event{At: monday, Move: Close, Reason: string(Solved)}, time.Time{}).Case
	if closed.Tasks[0].State != TaskOff || len(closed.OpenTasks()) != 0 || len(closed.Undone()) != 0 {
		t.Errorf("closed with %+v", closed.Tasks)
	}
}
