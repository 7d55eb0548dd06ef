package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// DelegateKind says through whom a case came: a delegate's suggestion or a
// committee member's proposal, which are answered in their own form.
type DelegateKind string

// The kinds.
const (
	Suggested DelegateKind = "npc"   // 人大代表建议
	Proposed  DelegateKind = "cppcc" // 政协委员提案
)

// DelegateKinds lists both.
func DelegateKinds() []DelegateKind { return []DelegateKind{Suggested, Proposed} }

// Label is the kind's name on screen.
func (k DelegateKind) Label() string {
	return map[DelegateKind]string{Suggested: "人大代表建议", Proposed: "政协委员提案"}[k]
}

// Delegate marks a case that a delegate has brought up; the zero value is none.
type Delegate struct {
	Kind  DelegateKind  `json:"kind,omitempty"`
	From  string        `json:"from,omitempty"`  // in what role, such as 市人大代表（第三代表团）; no name
	Owner org.AccountID `json:"owner,omitempty"` // of the unit that answers for the case: sees it through; empty: nobody in person
}

// maxRoleRunes is how long a role may be.
const maxRoleRunes = 60

// delegated is a case after it was marked or unmarked.
func (c Case) delegated(e Event) Case {
	c.Delegate = Delegate{}
	if e.Move == Depute {
		kind, owner, _ := strings.Cut(e.Reason, "+")
		c.Delegate = Delegate{Kind: DelegateKind(kind), From: e.Text, Owner: org.AccountID(owner)}
	}
	return c
}

var fromDelegate = unless("case.no_delegate", func(c Case, _ time.Time) bool { return c.Delegate == Delegate{} })

// Delegates is where cases of delegates are marked. It is safe for concurrent
// use.
type Delegates struct {
	cases *Cases
	crew  Crew
}

// NewDelegates makes Delegates.
func NewDelegates(cases *Cases, crew Crew) *Delegates { return &Delegates{cases: cases, crew: crew} }

// Owners gives those who may own a case to whoever may mark it.
func (g *Delegates) Owners(ctx context.Context, actor org.Actor, d Docket) ([]Member, error) {
	if !d.permits(actor, Depute) {
		return nil, nil
	}
	return g.crew.Heads(ctx, d.Unit)
}

// Owner is the name of who owns a delegate's case, for those who see the case;
// empty when nobody does.
func (g *Delegates) Owner(ctx context.Context, d Docket) (string, error) {
	if d.Delegate.Owner == "" {
		return "", nil
	}
	crew, err := g.crew.Heads(ctx, d.Unit)
	i := slices.IndexFunc(crew, func(k Member) bool { return k.Account == d.Delegate.Owner })
	if err != nil || i < 0 {
		return "", err
	}
	return crew[i].Name, nil
}

// Mark says that a delegate has brought a case up, or says it anew. Personal
// data in the role are masked. errs.Conflict "case.moved" when somebody was
// faster; an errs.List names each faulty field.
func (g *Delegates) Mark(ctx context.Context, actor org.Actor, c CaseID, seen int, m Delegate) error {
	d, err := g.cases.docket(ctx, actor, c)
	switch {
	case err != nil:
		return err
	case !d.permits(actor, Depute):
		return errs.New(errs.Forbidden, "case.not_yours", Depute.Label())
	}
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if m.Kind.Label() == "" {
		bad("reason", "field.required", "建议或提案")
	}
	m.From = strings.TrimSpace(m.From)
	switch n := len([]rune(m.From)); {
	case n == 0:
		bad("text", "field.required", "提出者的身份")
	case n > maxRoleRunes:
		bad("text", "field.too_long", "提出者的身份", maxRoleRunes)
	}
	if m.Owner != "" {
		crew, err := g.crew.Heads(ctx, d.Unit)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(crew, func(k Member) bool { return k.Account == m.Owner }) {
			bad("worker", "hand.stranger")
		}
	}
	if err := faults.OrNil(); err != nil {
		return err
	}
	e := Event{At: g.cases.now(), By: actor.Account, Move: Depute, Reason: strings.TrimSuffix(string(m.Kind)+"+"+string(m.Owner), "+")}
	e.Text, _ = g.cases.mask(m.From)
	return g.cases.move(ctx, c, seen, e)
}
