package postgres_test

import (
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// TestACoUnitHasATask: the lead unit sets it, the co-unit finds it, is late once,
// reports it done; the answer waits for it or says why not, and figures count it.
func TestACoUnitHasATask(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	co := org.Actor{Account: o.handler("co", o.units[2].ID), Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	lists := func(open, late int) {
		t.Helper()
		for show, want := range map[casework.Show]int{casework.ShowTasks: open, casework.ShowTaskLate: late} {
			page, counts, err := o.stage.List(ctx, co, casework.Filter{Show: show})
			o.must(err)
			if len(page) != want || counts[show] != want {
				t.Errorf("%s: %d cases, %d counted, want %d", show, len(page), counts[show], want)
			}
		}
	}
	set := func(actor org.Actor, unit org.UnitID, text string, until time.Time) error {
		return o.stage.SetTask(ctx, actor, d.ID, d.Version, unit, text, until)
	}
	lists(0, 0)
	wants(t, set(co, co.Unit, "清理占道", time.Time{}), errs.Forbidden, "case.not_yours")
	wants(t, set(o.unit, o.units[0].ID, "清理占道", time.Time{}), errs.Invalid, "task.co")
	wants(t, set(o.unit, co.Unit, " ", time.Time{}), errs.Invalid, "field.required")
	wants(t, set(o.unit, co.Unit, "清理占道", d.Due.Unit.Add(time.Minute)), errs.Invalid, "task.until")
	wants(t, set(o.unit, co.Unit, "清理占道", o.now), errs.Invalid, "task.until")
	until := o.now.Add(24 * time.Hour)
	o.must(set(o.unit, co.Unit, "清理占道", until))
	wants(t, set(o.agent, co.Unit, "别的", until), errs.Conflict, "case.moved")
	d = o.of(d.Matter)
	o.rebuilds(d)
	lists(1, 0)
	_, err := o.stage.Do(ctx, o.unit, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Propose, Public: "已处理", Sure: true})
	wants(t, err, errs.Invalid, "task.undone")
	d = o.do(co, d, casework.Command{Move: casework.TakeTask})
	_, err = o.stage.Do(ctx, co, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.TakeTask})
	wants(t, err, errs.Conflict, "task.state")

	o.now = until.Add(time.Hour)
	clock := casework.NewClock(o.cases, o.planner)
	for range 2 {
		_, err = clock.RunDue(ctx, o.now)
		o.must(err)
	}
	lists(1, 1)
	for _, tt := range []struct {
		sql  string
		want int
	}{
		{`SELECT count(*) FROM case_event WHERE case_id = $1 AND reason = 'task'`, 1},
		{`SELECT count(*) FROM alert AS n JOIN account AS a ON a.id = n.account_id WHERE n.case_id = $1 AND n.kind = 'task' AND a.login = 'co'`, 1},
		{`SELECT count(*) FROM alert WHERE case_id = $1 AND kind = 'task_accept'`, 0},
	} {
		if n := o.count(tt.sql, d.ID); n != tt.want {
			t.Errorf("%s: %d, want %d", tt.sql, n, tt.want)
		}
	}
	d = o.of(d.Matter)
	o.rebuilds(d)
	_, err = o.stage.Do(ctx, co, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.DoneTask})
	wants(t, err, errs.Invalid, "field.required")
	loads, err := o.stage.Loads(ctx, o.agent)
	o.must(err)
	if l := loadOf(loads, co.Unit); l.CoOpen != 1 || l.CoLate != 1 || l.CoEnded != 0 {
		t.Errorf("while it is late %+v", l)
	}
	d = o.do(co, d, casework.Command{Move: casework.DoneTask, Text: "已清理 3 处"})
	lists(0, 0)
	o.rebuilds(d)
	loads, err = o.stage.Loads(ctx, o.agent)
	o.must(err)
	if l := loadOf(loads, co.Unit); l.CoOpen != 0 || l.CoEnded != 1 || l.CoInTime != 0 {
		t.Errorf("done %+v", l)
	}
	d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Public: "已处理"})
	if d.State != casework.Checking {
		t.Errorf("answered %+v", d.Case)
	}
}

func loadOf(all []casework.Load, u org.UnitID) casework.Load {
	for _, l := range all {
		if l.Unit == u {
			return l
		}
	}
	return casework.Load{}
}

// TestTasksGoToTheSuccessor of a co-unit that is abolished, by the time it had;
// those of the others go on when it is the unit that answers.
func TestTasksGoToTheSuccessor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	until := o.now.Add(24 * time.Hour)
	o.must(o.stage.SetTask(ctx, o.unit, d.ID, d.Version, d.CoUnits[0], "清理占道", until))
	office := casework.NewHandOvers(o.cases, o.stage, o)
	heir := o.units[0].ID
	for _, from := range []org.UnitID{d.CoUnits[0], d.Unit} {
		_, _, err := office.Abolish(ctx, o.admin(), from, heir, "机构改革")
		o.must(err)
		d = o.of(d.Matter)
		if d.Unit == heir {
			break
		}
		task, ok := d.TaskOf(heir)
		if !ok || task.Text != "清理占道" || !task.Due.Equal(until) || len(d.Tasks) != 1 {
			t.Errorf("after %s: %+v", from, d.Tasks)
		}
		o.rebuilds(d)
	}
	if d.Unit != heir || len(d.OpenTasks()) != 0 {
		t.Errorf("one unit has all of it by now: %s, %+v", d.Unit, d.Tasks)
	}
}
