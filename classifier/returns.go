package classifier

import (
	"context"
	"slices"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// ReturnReason is why a unit gives a matter back.
type ReturnReason string

// The reasons.
const (
	ReturnArea       ReturnReason = "area"       // 属地不符: it happened elsewhere
	ReturnDuty       ReturnReason = "duty"       // 职责不符: not this unit's duty
	ReturnOwnership  ReturnReason = "ownership"  // 权属不清: nobody knows whose the thing is
	ReturnDuplicate  ReturnReason = "duplicate"  // 重复
	ReturnIncomplete ReturnReason = "incomplete" // 信息不足
	ReturnOther      ReturnReason = "other"      // 其他
)

// ReturnReasons lists all, in the order in which they are offered.
func ReturnReasons() []ReturnReason {
	return []ReturnReason{ReturnDuty, ReturnArea, ReturnOwnership, ReturnDuplicate, ReturnIncomplete, ReturnOther}
}

// Label is the reason's name on screen.
func (r ReturnReason) Label() string {
	switch r {
	case ReturnArea:
		return "属地不符"
	case ReturnDuty:
		return "职责不符"
	case ReturnOwnership:
		return "权属不清"
	case ReturnDuplicate:
		return "重复"
	case ReturnIncomplete:
		return "信息不足"
	}
	return "其他"
}

// Return is the event that a unit gave a matter back that a decision had given
// it. Append-only. It assigns nothing: a person decides anew.
//
// What is learned from it: until somebody decides, a matter whose lead
// returned it for ReturnDuty counts as led by the unit proposed, and by none
// when none is proposed. Once a person has given it to another kind of unit in
// the same category, the return is upheld and speaks against the pair of
// category and kind as one decision speaks for it (type Upheld). One that a person
// overruled, or that ended in another category, says nothing about the pair.
type Return struct {
	ID       ReturnID
	Matter   intake.MatterID
	Decision DecisionID // by which the unit has the matter: the head of the chain
	From     org.UnitID // lead or co-unit of Decision
	Reason   ReturnReason
	Clause   string     // what it rests on, in the unit's words; required for ReturnDuty and ReturnOther
	Proposed org.UnitID // who should have it instead; may be empty
	By       org.AccountID
	ByName   string // of the account; only in what the store gives
	At       time.Time
}

// Validate reports every fault of the form at once; whether matter, decision
// and units exist and belong together is the store's to say.
func (r Return) Validate() error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if !id.Valid(r.Matter) {
		bad("matter", "field.invalid", "诉求", string(r.Matter))
	}
	if !id.Valid(r.Decision) {
		bad("decision", "field.invalid", "决定", string(r.Decision))
	}
	if !id.Valid(r.From) {
		bad("from", "return.from")
	}
	if !slices.Contains(ReturnReasons(), r.Reason) {
		bad("reason", "field.required", "退回原因")
	}
	if r.Clause == "" && (r.Reason == ReturnDuty || r.Reason == ReturnOther) {
		bad("clause", "return.clause")
	}
	if len([]rune(r.Clause)) > MaxReasonRunes {
		bad("clause", "field.too_long", "依据", MaxReasonRunes)
	}
	if r.Proposed != "" && (!id.Valid(r.Proposed) || r.Proposed == r.From) {
		bad("proposed", "return.proposed")
	}
	return faults.OrNil()
}

// ReturnMap is where matters went back and forth over a time.
type ReturnMap struct {
	Decisions int            // effective decisions that gave a matter to a unit
	Returns   int            // all events
	Pairs     []ReturnedPair // most frequent first
}

// ReturnedPair is how often one unit gave back what it thought another's.
type ReturnedPair struct {
	From     string
	Proposed string // empty: none was named
	Count    int
	Reason   ReturnReason // the most frequent
}

// ReturnStore keeps returns.
type ReturnStore interface {
	// InsertReturn stores a return. The same key of the same account gives the
	// first one again. errs.NotFound "matter.not_found", "unit.not_found" for
	// an unknown proposed unit; errs.Conflict "return.outdated" when
	// r.Decision is not the head that stands, "return.twice" when the unit
	// returned it before; errs.Invalid "return.from" when the decision did not
	// give it to the unit.
	InsertReturn(ctx context.Context, r Return, key string) (Return, error)
	// Returns gives those of a matter, oldest first.
	Returns(ctx context.Context, matter intake.MatterID) ([]Return, error)
	// ReturnMap sums up the events of [from, to), with up to limit pairs.
	ReturnMap(ctx context.Context, from, to time.Time, limit int) (ReturnMap, error)
}

// Returns is where returns are noted and looked at. It is safe for concurrent
// use.
type Returns struct {
	store ReturnStore
	desk  *Desk
}

// NewReturns makes Returns over the desk on which the matters were decided.
func NewReturns(store ReturnStore, desk *Desk) *Returns {
	return &Returns{store: store, desk: desk}
}

// Note stores that a unit gave a matter back. ID, By and At are set here. key
// is the client's own name for the request (may be empty).
func (r *Returns) Note(ctx context.Context, actor org.Actor, event Return, key string) (Return, error) {
	if err := org.Can(actor, org.ActReturn); err != nil {
		return Return{}, err
	}
	event.ID, event.By, event.At = id.New[ReturnID](), actor.Account, r.desk.now()
	if len(key) > MaxKeyBytes {
		return Return{}, errs.New(errs.Invalid, "field.too_long", "请求编号", MaxKeyBytes).In("key")
	}
	if err := event.Validate(); err != nil {
		return Return{}, err
	}
	if _, err := r.desk.File(ctx, actor, event.Matter); err != nil { // the channel may not be the actor's
		return Return{}, err
	}
	return r.store.InsertReturn(ctx, event, key)
}

// Of gives the returns of a matter, oldest first.
func (r *Returns) Of(ctx context.Context, actor org.Actor, matter intake.MatterID) ([]Return, error) {
	if _, err := r.desk.File(ctx, actor, matter); err != nil {
		return nil, err
	}
	return r.store.Returns(ctx, matter)
}

// Upheld is how often a kind of unit gave back what had been decided to be a
// leaf, and was right: people gave it to another kind, in the same leaf.
type Upheld struct {
	LeadCount            // at the leaf where the decision stands now
	Decided   CategoryID // the leaf decided on, in the version of that day
}

// UpheldStore gives what training learns from returns.
type UpheldStore interface {
	Upheld(ctx context.Context) ([]Upheld, error)
}

// pairsShown is how many pairs of units a map lists.
const pairsShown = 20

// Map sums up the returns of [from, to).
func (r *Returns) Map(ctx context.Context, actor org.Actor, from, to time.Time) (ReturnMap, error) {
	if err := org.Can(actor, org.ActReadAccuracy); err != nil {
		return ReturnMap{}, err
	}
	return r.store.ReturnMap(ctx, from, to, pairsShown)
}

// leadCounts puts what people decided together with what does not count, by
// the leaf's place: doubles, and what came back. A return that was upheld takes
// one decision away, also when none is left, and then weighs against the duty
// rules.
func leadCounts(place map[CategoryID]int, leads, doubles, upheld []LeadCount) []leadCount {
	type pair struct {
		leaf int
		kind org.UnitKind
	}
	sums := map[pair]float64{}
	var order []pair
	add := func(counts []LeadCount, sign float64) {
		for _, l := range counts {
			leaf, ok := place[l.Category]
			if !ok || l.Lead == "" {
				continue
			}
			p := pair{leaf, l.Lead}
			if _, seen := sums[p]; !seen {
				order = append(order, p)
			}
			sums[p] += sign * float64(l.Count)
		}
	}
	add(leads, 1)
	add(doubles, -1)
	add(upheld, -1)
	out := make([]leadCount, 0, len(order))
	for _, p := range order {
		out = append(out, leadCount{Leaf: p.leaf, Kind: p.kind, Count: sums[p]})
	}
	return out
}
