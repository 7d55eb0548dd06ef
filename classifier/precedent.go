package classifier

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// PrecedentID identifies a Precedent, in the order in which they were made.
type PrecedentID string

// Ruling is what is said with the decision that ends a dispute over duty. It makes
// that decision a Precedent; what the decision does is not changed by it.
type Ruling struct {
	Facts   string       // what the matter is about; masked
	Clause  string       // which clause it rests on; may be empty
	Between []org.UnitID // the units in dispute
	Kept    bool         // Lead has the case already: the decision confirms that
}

// Limits of a ruling, in characters.
const (
	MaxFactsRunes  = 300
	MaxClauseRunes = 300
)

// Precedent is how a dispute over duty was ruled (判例). Append-only: one that
// holds no longer stays, marked.
type Precedent struct {
	ID       PrecedentID
	Decision DecisionID
	Case     string // number of the case; empty for who sees it not
	Category CategoryID
	Facts    string // masked
	Between  []org.UnitID
	Unit     org.UnitID // whose duty it is
	Kept     bool
	Clause   string
	Reason   string
	By       org.AccountID
	ByName   string
	At       time.Time
	Repeal   Repeal
}

// Repeal says that a precedent holds no longer; the zero value: it holds.
type Repeal struct {
	By     org.AccountID
	ByName string
	At     time.Time
	Why    string
}

// Repealed reports whether it holds no longer.
func (p Precedent) Repealed() bool { return !p.Repeal.At.IsZero() }

// PrecedentFilter chooses precedents, the latest first.
type PrecedentFilter struct {
	Words    string       // in facts, clause and reason: all that are parted by spaces
	Category CategoryID   // it, what lies below, and what it was in older versions; empty: any
	Unit     org.UnitID   // in dispute, or decided for; empty: any
	Pair     []org.UnitID // with Like: two of these were in dispute
	Like     bool         // of Category, or between two of Pair; otherwise of Category and Unit
	Standing bool         // only those that hold
	Before   PrecedentID  // key paging: only older ones; empty: from the latest
	Limit    int          // 1–200; 0: 50
	Reader   org.Actor    // whom none of their matters complains of
}

// PrecedentStore keeps precedents. They are made with the decisions that rule.
type PrecedentStore interface {
	// Precedents lists them.
	Precedents(ctx context.Context, f PrecedentFilter) ([]Precedent, error)
	// RepealPrecedent marks one, with its audit line. errs.NotFound
	// "precedent.not_found", errs.Conflict "precedent.repealed" when it is.
	RepealPrecedent(ctx context.Context, p PrecedentID, r Repeal, line org.Audit) error
}

// Precedents is where rulings on duty are looked up. It is safe for concurrent use.
type Precedents struct {
	store PrecedentStore
	now   func() time.Time
}

// NewPrecedents makes Precedents.
func NewPrecedents(store PrecedentStore, now func() time.Time) *Precedents {
	return &Precedents{store: store, now: now}
}

// likeShown is how many precedents stand beside a return.
const likeShown = 5

// List gives precedents to those who decide on duty, and to the units that are
// ruled on; what complains of the reader is left out.
func (p *Precedents) List(ctx context.Context, actor org.Actor, f PrecedentFilter) ([]Precedent, error) {
	if err := org.Can(actor, org.ActReadPrecedents); err != nil {
		return nil, err
	}
	var faults errs.List
	for _, v := range []struct{ field, label, value string }{
		{"before", "页码", string(f.Before)}, {"category", "事项", string(f.Category)}, {"unit", "单位", string(f.Unit)},
	} {
		if v.value != "" && !id.Valid(v.value) {
			faults = append(faults, errs.New(errs.Invalid, "field.invalid", v.label, v.value).In(v.field))
		}
	}
	if f.Words = strings.Join(strings.Fields(f.Words), " "); len([]rune(f.Words)) > maxPrecedentWords {
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", "要找的词", maxPrecedentWords).In("q"))
	}
	if err := faults.OrNil(); err != nil {
		return nil, err
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	f.Reader = actor
	all, err := p.store.Precedents(ctx, f)
	if org.Can(actor, org.ActReadAllCases) != nil {
		for i := range all {
			all[i].Case = ""
		}
	}
	return all, err
}

// maxPrecedentWords bounds what is looked for.
const maxPrecedentWords = 60

// Like gives the precedents that hold and are of the same leaf, or between two of
// the same units: the latest first, and few. Nothing to who reads none.
func (p *Precedents) Like(ctx context.Context, actor org.Actor, leaf CategoryID, units []org.UnitID) ([]Precedent, error) {
	if org.Can(actor, org.ActReadPrecedents) != nil {
		return nil, nil
	}
	units = slices.DeleteFunc(slices.Clone(units), func(u org.UnitID) bool { return !id.Valid(u) })
	return p.List(ctx, actor, PrecedentFilter{Category: leaf, Pair: units, Like: true, Standing: true, Limit: likeShown})
}

// MayRepeal reports whether the actor may say that a precedent holds no longer.
func (p *Precedents) MayRepeal(actor org.Actor) bool {
	return org.Can(actor, org.ActRepealPrecedent) == nil
}

// Repeal says that a precedent holds no longer, and why.
func (p *Precedents) Repeal(ctx context.Context, actor org.Actor, which PrecedentID, why string) error {
	if err := org.Can(actor, org.ActRepealPrecedent); err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	switch n := len([]rune(why)); {
	case !id.Valid(which):
		return errs.New(errs.NotFound, "precedent.not_found")
	case n == 0:
		return errs.New(errs.Invalid, "field.required", "废止的理由").In("why")
	case n > MaxReasonRunes:
		return errs.New(errs.Invalid, "field.too_long", "废止的理由", MaxReasonRunes).In("why")
	}
	r := Repeal{By: actor.Account, At: p.now(), Why: why}
	return p.store.RepealPrecedent(ctx, which, r, org.Audit{
		At: r.At, Actor: r.By, Action: "repeal_precedent", Object: "precedent:" + string(which), Detail: why,
	})
}

// Precedent gives what a decision that rules becomes; false for one that does not.
func (d Decision) Precedent() (Precedent, bool) {
	if d.Ruling == nil || d.Category == "" {
		return Precedent{}, false
	}
	return Precedent{
		ID: id.New[PrecedentID](), Decision: d.ID, Category: d.Category, Facts: d.Ruling.Facts, Between: d.Ruling.Between, Unit: d.Lead,
		Kept: d.Ruling.Kept, Clause: d.Ruling.Clause, Reason: d.Reason, By: d.By, At: d.At,
	}, true
}

// Appoint makes a superior's word on who leads a matter (指定办) take effect: a
// decision as any other, by whoever may decide over units. Who is above which
// unit the caller has seen to; a token bound to channels appoints only there.
func (d *Desk) Appoint(ctx context.Context, actor org.Actor, channel intake.Channel, dec Decision) (Decision, error) {
	if err := org.CanOn(actor, org.ActAppoint, string(channel)); err != nil {
		return Decision{}, err
	}
	dec.Appointed, dec.Accused = true, nil
	return d.commit(ctx, actor, dec, "")
}
