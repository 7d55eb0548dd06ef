package casework

import (
	"context"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// HeadStore keeps who heads which unit.
type HeadStore interface {
	// Heads gives the people of a unit and who of them head it.
	Heads(ctx context.Context, u org.UnitID) ([]Member, error)
	// SetHeads replaces the heads of a unit; errs.Invalid "head.stranger" for
	// somebody who is not of that unit.
	SetHeads(ctx context.Context, u org.UnitID, heads []org.AccountID, line org.Audit) error
}

// Member is one of the people of a unit.
type Member struct {
	Account org.AccountID
	Name    string
	Head    bool
}

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

// Set says who heads a unit; nobody: its answers go to the centre unreviewed.
func (h *Heads) Set(ctx context.Context, actor org.Actor, u org.UnitID, heads []org.AccountID) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	if !id.Valid(u) {
		return errs.New(errs.NotFound, "unit.not_found")
	}
	for _, a := range heads {
		if !id.Valid(a) {
			return errs.New(errs.Invalid, "head.stranger").In("head")
		}
	}
	return h.store.SetHeads(ctx, u, heads, org.Audit{At: h.cases.now(), Actor: actor.Account, Action: "set_heads", Object: "unit:" + string(u)})
}
