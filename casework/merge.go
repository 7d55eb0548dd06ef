package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// MergeStore merges cases.
type MergeStore interface {
	// Merge holds two cases, plans a step on each as they stand, and stores both
	// or neither; errors as Store.Move. So a merge is undone, too.
	Merge(ctx context.Context, from CaseID, seen int, into CaseID, plan MergePlan) error
	// Alike gives open cases that were filed before this one, of the same
	// category and unit, in the same area, within 30 days, the latest first.
	Alike(ctx context.Context, c Case, limit int) ([]Docket, error)
}

// MergePlan makes both steps of a merge.
type MergePlan func(from, into Case, ofFrom, ofInto Subject) (merge, join Step, err error)

// Merges is where duplicates become one case. Each citizen keeps an own
// receipt, which from then on shows the case that goes on.
type Merges struct {
	store MergeStore
	cases *Cases
}

// NewMerges makes Merges.
func NewMerges(store MergeStore, cases *Cases) *Merges { return &Merges{store: store, cases: cases} }

// alikeShown is how many possible duplicates are offered.
const alikeShown = 5

// AlikeOf is Alike of a case by its identifier.
func (m *Merges) AlikeOf(ctx context.Context, actor org.Actor, c CaseID) ([]Docket, error) {
	if err := org.Can(actor, org.ActDispatch); err != nil {
		return nil, err
	}
	d, err := m.cases.docket(ctx, actor, c)
	if err != nil {
		return nil, err
	}
	return m.Alike(ctx, actor, d)
}

// Alike offers cases into which one could be merged.
func (m *Merges) Alike(ctx context.Context, actor org.Actor, d Docket) ([]Docket, error) {
	if err := org.Can(actor, org.ActDispatch); err != nil {
		return nil, err
	}
	all, err := m.store.Alike(ctx, d.Case, alikeShown)
	return slices.DeleteFunc(all, func(o Docket) bool { return o.Accused.Shuns(actor) || o.elsewhere(actor) }), err
}

// Merge lets a case be handled with one that was filed before it: so no
// citizen's clock restarts. errs.Conflict when either has moved meanwhile.
func (m *Merges) Merge(ctx context.Context, actor org.Actor, from CaseID, seen int, number, why string) error {
	d, err := m.cases.docket(ctx, actor, from)
	if err != nil {
		return err
	}
	if !permitted(d.RelationOf(actor), Merge) {
		return errs.New(errs.Forbidden, "case.not_yours", Merge.Label())
	}
	into, err := m.cases.store.Docket(ctx, Key{Number: number})
	switch {
	case err != nil && errs.KindOf(err) == errs.NotFound, err == nil && into.ID == from:
		return errs.New(errs.Invalid, "case.number", number).In("number")
	case err != nil:
		return err
	case !into.Accused.Same(d.Accused):
		return errs.New(errs.Conflict, "accused.merge")
	case into.Due.FiledAt.After(d.Due.FiledAt):
		return errs.New(errs.Invalid, "case.merge_younger").In("number")
	}
	now := m.cases.now()
	return m.store.Merge(ctx, from, seen, into.ID, func(from, into Case, ofFrom, ofInto Subject) (merge, join Step, err error) {
		e := Event{At: now, By: actor.Account, Move: Merge, Reason: string(into.ID), Text: why}
		if merge, err = m.cases.planner.Plan(from, ofFrom, e, time.Time{}); err != nil {
			return merge, join, err
		}
		e.Move, e.Reason = Join, string(from.ID)
		join, err = m.cases.planner.Plan(into, ofInto, e, time.Time{})
		return merge, join, err
	})
}

// Undo takes back a merge that was wrong: the case is dispatched to its unit
// again, with the citizen's time as it was, and its receipt shows it again. What
// was said meanwhile stays where it was handled. errs.Conflict
// "case.merged_long" when it is too late, "case.moved" when somebody was faster.
func (m *Merges) Undo(ctx context.Context, actor org.Actor, c CaseID, seen int, why string) error {
	d, err := m.cases.docket(ctx, actor, c)
	if err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	switch {
	case !permitted(d.RelationOf(actor), Unmerge):
		return errs.New(errs.Forbidden, "case.not_yours", Unmerge.Label())
	case why == "":
		return errs.New(errs.Invalid, "field.required", "理由").In("text")
	case len([]rune(why)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "说明", MaxTextRunes).In("text")
	}
	now := m.cases.now()
	if err := m.cases.planner.AllowedOn(d, Unmerge, now); err != nil {
		return err
	}
	return m.store.Merge(ctx, c, seen, d.Into, func(from, into Case, ofFrom, ofInto Subject) (apart, left Step, err error) {
		e := Event{At: now, By: actor.Account, Move: Unmerge, Reason: string(into.ID), Text: why}
		if apart, err = m.cases.planner.Plan(from, ofFrom, e, time.Time{}); err != nil {
			return apart, left, err
		}
		e.Move, e.Reason = Unjoin, string(from.ID)
		left, err = m.cases.planner.Plan(into, ofInto, e, time.Time{})
		return apart, left, err
	})
}
