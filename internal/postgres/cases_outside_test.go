package postgres_test

import (
	"errors"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// TestOtherPlatformsNumbersStay: with their own deadlines, and that of 110 when
// it has given the case back.
func TestOtherPlatformsNumbersStay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.file("a", 0)
	due := d.Due.Citizen
	wants(t, o.try(o.agent, d, casework.Command{Move: casework.Link, Reason: "moon", Text: "1"}), errs.Invalid, "field.required")
	wants(t, o.try(o.agent, d, casework.Command{Move: casework.Link, Reason: "nation", Text: "1", Until: o.now}), errs.Invalid, "case.outside_until")
	wants(t, o.try(o.unit, d, casework.Command{Move: casework.Link, Reason: "nation", Text: "1"}), errs.Forbidden, "case.not_yours")
	until := o.now.Add(48 * time.Hour)
	d = o.do(o.agent, d, casework.Command{Move: casework.Link, Reason: "nation", Text: "GJ-2026-7", Until: until})
	d = o.do(o.agent, d, casework.Command{Move: casework.Link, Reason: "mayor", Text: "市信 88"})
	d = o.do(o.agent, d, casework.Command{Move: casework.ToPolice, Reason: "110-5"})
	d = o.do(o.agent, d, casework.Command{Move: casework.FromPolice, Text: "不是警情"})
	if d.Police != "" || len(d.Outside) != 3 || d.Outside[2].Number != "110-5" || !d.Due.Citizen.Equal(due) {
		t.Fatalf("numbers %+v", d.Case)
	}
	if first, wanted := d.OutsideDue(); !wanted || first.Number != "GJ-2026-7" || !first.Due.Equal(until) {
		t.Errorf("wanted first %+v", first)
	}
	o.rebuilds(d)
	for _, number := range []string{"GJ-2026-7", "市信88", "市信 88", "110-5"} {
		o.looks(o.agent, number, d)
	}
	o.finds(o.agent, casework.Filter{Show: casework.ShowOutside}, d)

	clock := casework.NewClock(o.cases, o.planner)
	for now := o.now; now.Before(until.Add(time.Hour)); now = now.Add(time.Hour) {
		if _, err := clock.RunDue(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	reminded := o.list(`SELECT move || ' ' || reason FROM case_event WHERE reason LIKE 'outside%' ORDER BY ordinal`)
	if len(reminded) != 2 || reminded[0] != "remind outside_soon" || reminded[1] != "late outside" {
		t.Errorf("reminded %q", reminded)
	}
	d = o.do(o.agent, o.of(d.Matter), casework.Command{Move: casework.Unlink, Reason: "mayor", Text: "市信 88"})
	if len(d.Outside) != 2 {
		t.Errorf("after one was taken away %+v", d.Outside)
	}
	o.rebuilds(d)
}

// try makes a move on what stands and gives what is wrong with it.
func (o *office) try(actor org.Actor, d casework.Docket, cmd casework.Command) error {
	o.t.Helper()
	cmd.Case, cmd.Seen = d.ID, d.Version
	_, err := o.stage.Do(o.t.Context(), actor, cmd)
	return err
}

// TestDelegatesCasesAreMarked: with an owner of the unit, who does not follow
// the case to another.
func TestDelegatesCasesAreMarked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.file("a", 0)
	marks := casework.NewDelegates(o.stage, o)
	mark := casework.Delegate{Kind: casework.Suggested, From: "市人大代表，第 12 号建议", Owner: o.unit.Account}
	wants(t, marks.Mark(t.Context(), o.unit, d.ID, d.Version, mark), errs.Forbidden, "case.not_yours")
	var faults errs.List
	if err := marks.Mark(t.Context(), o.agent, d.ID, d.Version, casework.Delegate{Kind: "x", Owner: o.other.Account}); !errors.As(err, &faults) || len(faults) != 3 {
		t.Errorf("faults %v", err)
	}
	o.must(marks.Mark(t.Context(), o.agent, d.ID, d.Version, mark))
	wants(t, marks.Mark(t.Context(), o.agent, d.ID, d.Version, mark), errs.Conflict, "case.moved")
	d = o.of(d.Matter)
	if d.Delegate != mark {
		t.Errorf("marked %+v", d.Delegate)
	}
	if name, err := marks.Owner(t.Context(), d); err != nil || name != "unit1" {
		t.Errorf("owner %q, %v", name, err)
	}
	o.finds(o.agent, casework.Filter{Show: casework.ShowDelegate}, d)
	o.finds(o.unit, casework.Filter{Show: casework.ShowDelegate}, d)
	o.rebuilds(d)
	o.must(o.stage.Redirect(t.Context(), o.agent, d.ID, d.Version, o.units[0].ID, ""))
	if d = o.of(d.Matter); d.Delegate.Owner != "" || d.Delegate.Kind != casework.Suggested {
		t.Errorf("redirected %+v", d.Delegate)
	}
	o.rebuilds(d)
	d = o.do(o.agent, d, casework.Command{Move: casework.Undepute})
	o.finds(o.agent, casework.Filter{Show: casework.ShowDelegate})
	o.rebuilds(d)
}

// TestAWrongMergeIsUndone: each goes its own way again, and so do the receipts.
func TestAWrongMergeIsUndone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, second := o.file("a", 0), o.file("b", 1)
	merges := casework.NewMerges(o.cases, o.stage)
	due := second.Due.Citizen
	o.must(merges.Merge(t.Context(), o.agent, second.ID, second.Version, first.Number, "同一工地"))
	second = o.of(second.Matter)
	wants(t, merges.Undo(t.Context(), o.agent, second.ID, second.Version, " "), errs.Invalid, "field.required")
	wants(t, merges.Undo(t.Context(), o.unit, second.ID, second.Version, "不是"), errs.Forbidden, "case.not_yours")
	wants(t, merges.Undo(t.Context(), o.agent, first.ID, 0, "不是"), errs.Conflict, "case.state")
	o.now = o.now.Add(casework.UndoMerge)
	o.must(merges.Undo(t.Context(), o.agent, second.ID, second.Version, "是另一个工地"))
	wants(t, merges.Undo(t.Context(), o.agent, second.ID, second.Version, "再来"), errs.Conflict, "case.state")
	first, second = o.of(first.Matter), o.of(second.Matter)
	if first.Joined != 0 || second.State != casework.Waiting || second.Into != "" || !second.Due.Citizen.Equal(due) || !second.Due.Accept.After(o.now) {
		t.Errorf("apart %+v and %+v", first.Case, second.Case)
	}
	o.rebuilds(first)
	o.rebuilds(second)
	p, err := o.stage.Progress(t.Context(), second.Receipt)
	if err != nil || p.ID != second.ID {
		t.Errorf("the receipt shows %s, %v", p.Number, err)
	}
	o.must(merges.Merge(t.Context(), o.agent, second.ID, second.Version, first.Number, "还是同一工地"))
	second = o.of(second.Matter)
	o.now = o.now.Add(casework.UndoMerge + time.Second)
	wants(t, merges.Undo(t.Context(), o.agent, second.ID, second.Version, "太晚"), errs.Conflict, "case.merged_long")
}
