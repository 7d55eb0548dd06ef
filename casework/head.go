package casework

import (
	"context"
	"slices"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// HeadStore keeps who heads which unit.
type HeadStore interface {
	// Heads gives the people of a unit and who of them head it.
	Heads(ctx context.Context, u org.UnitID) ([]Member, error)
	// AllHeads gives the heads and deputies of all units.
	AllHeads(ctx context.Context) (map[org.UnitID][]Member, error)
	// SetHeads replaces the heads and deputies of a unit; errs.Invalid
	// "head.stranger" for somebody who is not of that unit.
	SetHeads(ctx context.Context, u org.UnitID, heads, deputies []org.AccountID, line org.Audit) error
}

// Member is one of the people of a unit.
type Member struct {
	Account org.AccountID
	Name    string
	Head    bool
	Deputy  bool   // 副职: does what a head does
	Away    string // name of who stands in for them now, where that was asked for; empty: they are there
}

// Leads reports whether they review answers and give cases to people.
func (m Member) Leads() bool { return m.Head || m.Deputy }

// Heads is where it is set who heads a unit: its answers are then reviewed by
// one of them. It is safe for concurrent use.
type Heads struct {
	store HeadStore
	cases *Cases
}

// NewHeads makes Heads.
func NewHeads(store HeadStore, cases *Cases) *Heads { return &Heads{store: store, cases: cases} }

// Of gives the people of a unit.
func (h *Heads) Of(ctx context.Context, actor org.Actor, u org.UnitID) ([]Member, error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return nil, err
	}
	if !id.Valid(u) {
		return nil, errs.New(errs.NotFound, "unit.not_found")
	}
	return h.store.Heads(ctx, u)
}

// All gives the heads and deputies of all units, to those who dispatch or supervise.
func (h *Heads) All(ctx context.Context, actor org.Actor) (map[org.UnitID][]Member, error) {
	if err := org.Can(actor, org.ActReadLoads); err != nil {
		return nil, err
	}
	return h.store.AllHeads(ctx)
}

// Set says who heads a unit, and who are the deputies, who may do the same;
// nobody: its answers go to the centre unreviewed.
func (h *Heads) Set(ctx context.Context, actor org.Actor, u org.UnitID, heads, deputies []org.AccountID) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	if !id.Valid(u) {
		return errs.New(errs.NotFound, "unit.not_found")
	}
	for _, a := range slices.Concat(heads, deputies) {
		switch {
		case !id.Valid(a):
			return errs.New(errs.Invalid, "head.stranger").In("head")
		case slices.Contains(heads, a) && slices.Contains(deputies, a):
			return errs.New(errs.Invalid, "head.both").In("deputy")
		}
	}
	return h.store.SetHeads(ctx, u, heads, deputies, org.Audit{At: h.cases.now(), Actor: actor.Account, Action: "set_heads", Object: "unit:" + string(u)})
}
