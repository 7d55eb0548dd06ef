package postgres_test

import (
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// TestACaseGoesDownTheTree: the unit below works on it and reports, the one that
// answers for it stays the decision's and goes on seeing it.
func TestACaseGoesDownTheTree(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hands := casework.NewHands(o.stage, o, o)
	below := org.Actor{Account: o.handler("grid", o.units[2].ID), Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	ctx := t.Context()
	list := func(want int) {
		t.Helper()
		page, counts, err := o.stage.List(ctx, below, casework.Filter{Show: casework.ShowBelow})
		if err != nil || len(page) != want || counts[casework.ShowBelow] != want {
			t.Errorf("%d handed down, %v, %v", len(page), counts, err)
		}
	}
	list(0)
	wants(t, hands.Down(ctx, o.unit, d.ID, d.Version, o.units[0].ID, time.Time{}, ""), errs.Invalid, "hand.not_below")
	wants(t, hands.Down(ctx, o.unit, d.ID, d.Version, id.New[org.UnitID](), time.Time{}, ""), errs.Invalid, "decision.lead")
	wants(t, hands.Down(ctx, o.unit, d.ID, d.Version, below.Unit, d.Due.Unit.Add(time.Hour), ""), errs.Invalid, "hand.until")
	wants(t, hands.Down(ctx, below, d.ID, d.Version, below.Unit, time.Time{}, ""), errs.Forbidden, "case.not_yours")
	_, err := o.stage.Do(ctx, o.unit, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.HandDown})
	wants(t, err, errs.Forbidden, "case.not_yours")
	until := o.now.Add(24 * time.Hour)
	o.must(hands.Down(ctx, o.unit, d.ID, d.Version, below.Unit, until, "请到现场"))
	wants(t, hands.Down(ctx, o.unit, d.ID, d.Version, below.Unit, until, ""), errs.Forbidden, "case.not_yours")
	d = o.of(d.Matter)
	if d.Unit != o.unit.Unit || d.Holder() != below.Unit || !d.Hands[0].Due.Equal(until) {
		t.Errorf("handed down %+v", d.Case)
	}
	list(1)
	wants(t, hands.Assign(ctx, below, d.ID, d.Version, o.other.Account), errs.Invalid, "hand.stranger")
	o.must(hands.Assign(ctx, below, d.ID, d.Version, below.Account))
	d = o.do(below, o.of(d.Matter), casework.Command{Move: casework.TakeUp})
	if d.Worker() != below.Account || d.Hands[0].TakenAt.IsZero() {
		t.Errorf("taken up %+v", d.Hands)
	}
	_, err = o.stage.Do(ctx, below, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Propose, Sure: true, Public: "已办"})
	wants(t, err, errs.Forbidden, "case.not_yours")
	n, err := casework.NewClock(o.cases, o.planner).RunDue(ctx, until.Add(time.Minute))
	if err != nil || n == 0 {
		t.Errorf("%d struck, %v", n, err)
	}
	late := 0
	for _, e := range o.rebuilds(o.of(d.Matter)) {
		if e.Reason == string(casework.MarkHand) {
			late++
		}
	}
	if late != 1 {
		t.Errorf("the unit below is late %d times", late)
	}
	o.now = until.Add(time.Hour)
	d = o.do(below, o.of(d.Matter), casework.Command{Move: casework.Report, Text: "已清理"})
	list(0)
	if d.Holder() != o.unit.Unit || d.Hands != nil {
		t.Errorf("reported %+v", d.Case)
	}
	d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Sure: true, Public: "已清理"})
	o.rebuilds(d)
	if n := o.count(`SELECT count(DISTINCT unit_id) FROM case_event WHERE case_id = $1`, d.ID); n != 1 {
		t.Errorf("%d units answer for it", n)
	}
}
