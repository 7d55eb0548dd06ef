package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Handed is one step of a case down the unit tree (逐级转派): the unit that answers
// for it stays the one of the decision, a unit below it does the work and
// reports back. Whoever is above goes on seeing it.
type Handed struct {
	Unit    org.UnitID    `json:"unit"`
	Worker  org.AccountID `json:"worker,omitempty"` // of that unit; empty: whoever of it
	At      time.Time     `json:"at"`               // start of its own clock
	Due     time.Time     `json:"due"`              // and the end, never after that of the unit above
	TakenAt time.Time     `json:"taken_at,omitzero"`
}

// maxHands is how deep a case goes: city, district, street, community, grid.
const maxHands = 5

// Holder is the unit that works on the case now: the last it was handed down
// to, or the one that answers for it.
func (c Case) Holder() org.UnitID {
	if n := len(c.Hands); n > 0 {
		return c.Hands[n-1].Unit
	}
	return c.Unit
}

// Worker is the person to whom the holder gave it; empty: nobody in person.
func (c Case) Worker() org.AccountID {
	if n := len(c.Hands); n > 0 {
		return c.Hands[n-1].Worker
	}
	return ""
}

// handedOn is a case after a step along the tree.
func (c Case) handedOn(e Event) Case {
	hands := slices.Clone(c.Hands)
	n := len(hands)
	switch e.Move {
	case HandDown:
		hands = append(hands, Handed{Unit: org.UnitID(e.Reason), At: e.At.UTC(), Due: e.Due.Hand})
	case Assign:
		hands[n-1].Worker = org.AccountID(e.Reason)
	case TakeUp:
		hands[n-1].TakenAt = e.At.UTC()
	case Report, HandBack:
		hands = hands[:n-1]
	}
	if c.Hands = hands; len(hands) == 0 {
		c.Hands = nil
	}
	return c
}

var (
	handedDown  = unless("hand.none", func(c Case, _ time.Time) bool { return len(c.Hands) == 0 })
	mayHandDown = unless("hand.deep", func(c Case, _ time.Time) bool { return len(c.Hands) >= maxHands }, maxHands)
)

func notTaken(c Case, _ DeadlineRules, _ time.Time) error {
	if n := len(c.Hands); n == 0 || !c.Hands[n-1].TakenAt.IsZero() {
		return errs.New(errs.Conflict, "hand.taken")
	}
	return nil
}

// Places knows areas and units.
type Places interface {
	Directory(ctx context.Context) (*org.Directory, error)
}

// Crew gives the people of a unit, and who of them is on leave at a time: the name
// of who stands in for them.
type Crew interface {
	Heads(ctx context.Context, u org.UnitID) ([]Member, error)
	Away(ctx context.Context, u org.UnitID, at time.Time) (map[org.AccountID]string, error)
}

// Hands is where units hand cases down and report up. It is safe for concurrent
// use.
type Hands struct {
	cases  *Cases
	places Places
	crew   Crew
}

// NewHands makes Hands.
func NewHands(cases *Cases, places Places, crew Crew) *Hands {
	return &Hands{cases: cases, places: places, crew: crew}
}

// Down hands a case to a unit below the one that holds it. until is when that
// one is to report; zero: when the time of the unit above is over.
func (h *Hands) Down(ctx context.Context, actor org.Actor, c CaseID, seen int, to org.UnitID, until time.Time, why string) error {
	d, err := h.docket(ctx, actor, c, HandDown)
	if err != nil {
		return err
	}
	dir, err := h.places.Directory(ctx)
	if err != nil {
		return err
	}
	holder, _ := dir.Unit(d.Holder())
	below, known := dir.Unit(to)
	switch {
	case !known:
		return errs.New(errs.Invalid, "decision.lead").In("unit")
	case !dir.IsBelow(to, holder.ID):
		return errs.New(errs.Invalid, "hand.not_below", below.Name, holder.Name).In("unit")
	}
	return h.step(ctx, actor, d, seen, Event{Move: HandDown, Reason: string(to), Text: why}, until)
}

// Assign gives a case that was handed down to one person of the unit that holds it.
func (h *Hands) Assign(ctx context.Context, actor org.Actor, c CaseID, seen int, to org.AccountID) error {
	d, err := h.docket(ctx, actor, c, Assign)
	if err != nil {
		return err
	}
	crew, err := h.crew.Heads(ctx, d.Holder())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(crew, func(m Member) bool { return m.Account == to }) {
		return errs.New(errs.Invalid, "hand.stranger").In("worker")
	}
	return h.step(ctx, actor, d, seen, Event{Move: Assign, Reason: string(to)}, time.Time{})
}

// Give gives a case to one of the people of the unit that answers for it, or
// back to all of them (empty). Where the unit has heads, they give it; the others
// may take what nobody has, and give back what is theirs.
func (h *Hands) Give(ctx context.Context, actor org.Actor, c CaseID, seen int, to org.AccountID) error {
	d, err := h.docket(ctx, actor, c, Give)
	if err != nil {
		return err
	}
	takes := actor.Is(to) && d.Handler == ""
	leaves := to == "" && actor.Is(d.Handler)
	switch {
	case len(d.Heads) > 0 && !slices.ContainsFunc(d.Heads, actor.Is) && !takes && !leaves:
		return errs.New(errs.Forbidden, "case.not_head")
	case to == d.Handler:
		return errs.New(errs.Conflict, "case.given")
	}
	e := Event{Move: Give, Reason: string(to)}
	if to != "" {
		crew, err := h.crew.Heads(ctx, d.Unit)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(crew, func(m Member) bool { return m.Account == to })
		if at < 0 {
			return errs.New(errs.Invalid, "hand.stranger").In("worker")
		}
		e.Text = crew[at].Name
	}
	return h.step(ctx, actor, d, seen, e, time.Time{})
}

// UnitCrew gives the people of the actor's own unit; nobody to who is of none.
func (h *Hands) UnitCrew(ctx context.Context, actor org.Actor) ([]Member, error) {
	if org.Can(actor, org.ActHandle) != nil || !id.Valid(actor.Unit) {
		return nil, nil
	}
	return h.people(ctx, actor.Unit)
}

// people are those of a unit, with who stands in for whom now.
func (h *Hands) people(ctx context.Context, u org.UnitID) ([]Member, error) {
	crew, err := h.crew.Heads(ctx, u)
	if err != nil {
		return nil, err
	}
	away, err := h.crew.Away(ctx, u, h.cases.now())
	for i, m := range crew {
		crew[i].Away = away[m.Account]
	}
	return crew, err
}

// Crew gives the people of the unit that holds a case, to that unit.
func (h *Hands) Crew(ctx context.Context, actor org.Actor, d Docket) ([]Member, error) {
	if actor.Unit == "" || actor.Unit != d.Holder() || !id.Valid(actor.Unit) {
		return nil, nil
	}
	return h.people(ctx, actor.Unit)
}

// docket gives a case to whoever may make a move of the tree's on it.
func (h *Hands) docket(ctx context.Context, actor org.Actor, c CaseID, m Move) (Docket, error) {
	d, err := h.cases.docket(ctx, actor, c)
	if err == nil && !d.permits(actor, m) {
		err = errs.New(errs.Forbidden, "case.not_yours", m.Label())
	}
	return d, err
}

// step makes a move of the tree's on the case as the actor has seen it.
func (h *Hands) step(ctx context.Context, actor org.Actor, d Docket, seen int, e Event, until time.Time) error {
	e.At, e.By, e.Text = h.cases.now(), actor.Account, strings.TrimSpace(e.Text)
	switch {
	case len([]rune(e.Text)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "说明", MaxTextRunes).In("text")
	case !until.IsZero() && (!until.After(e.At) || until.After(d.handEnd())):
		return errs.New(errs.Invalid, "hand.until").In("until")
	}
	_, err := h.cases.store.Move(ctx, d.ID, seen, func(c Case, s Subject) (Step, error) {
		return h.cases.planner.Plan(c, s, e, until)
	})
	return err
}

// handEnd is when the time of whoever holds the case is over.
func (c Case) handEnd() time.Time {
	if n := len(c.Hands); n > 0 {
		return c.Hands[n-1].Due
	}
	return c.Due.Unit
}
