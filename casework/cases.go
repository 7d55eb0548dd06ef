package casework

import (
	"context"
	"slices"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Limits of what is written, in characters.
const (
	MaxTextRunes   = 500
	MaxPublicRunes = 2000
)

// Docket is a case with what people need to work on it.
type Docket struct {
	Case
	Subject
	Category classifier.CategoryID
	CoUnits  []org.UnitID
	Heads    []org.AccountID // of the unit; none: its answers go to the centre unreviewed
	Receipt  string          // code that opens the citizen's page
	Channel  intake.Channel
	Title    string // masked
	Text     string // masked
	Area     org.AreaCode
	Place    string
	Consent  intake.Consent
}

// Pending gives the co-units whose part is still to come.
func (d Docket) Pending() []org.UnitID {
	return slices.DeleteFunc(slices.Clone(d.CoUnits), func(u org.UnitID) bool { return slices.Contains(d.Parts, u) })
}

// Store keeps cases.
type Store interface {
	// Docket gives a case, or errs.NotFound "case.not_found".
	Docket(ctx context.Context, k Key) (Docket, error)
	// CaseFile gives a case with its events, oldest first, or errs.NotFound
	// "case.not_found".
	CaseFile(ctx context.Context, c CaseID) (Docket, []Event, error)
	// Dockets lists cases, and counts all lists for the filter's unit, unless
	// the filter wants the one alone.
	Dockets(ctx context.Context, f Filter) ([]Docket, map[Show]int, error)
	// Move holds the case, plans a step on it as it stands, and stores that
	// whole or not at all. seen is the version that the case must have (AnySeen:
	// whatever it is): errs.Conflict "case.moved" for another, and what plan
	// and the classifier's store of returns fail with.
	Move(ctx context.Context, c CaseID, seen int, plan Plan) (Case, error)
	// CaseLoads sums up per unit what is open at now and what was closed since
	// a time, the unit with most late cases first.
	CaseLoads(ctx context.Context, now, since time.Time) ([]Load, error)
}

// Plan makes the step of a move on a case as it stands.
type Plan func(Case, Subject) (Step, error)

// AnySeen is the version of a move that outdates nothing.
const AnySeen = -1

// Key finds a case by one of what identifies it; the others are empty.
type Key struct {
	ID      CaseID
	Receipt string
	Matter  intake.MatterID
	Number  string
}

// Decider makes a decision take effect: classifier.Desk.
type Decider interface {
	Decide(ctx context.Context, actor org.Actor, d classifier.Decision, key string) (classifier.Decision, error)
}

// Masker finds personal data in a text: it gives the text without it, and what
// was found.
type Masker func(text string) (masked string, found []string)

// Cases is where people work on cases. It is safe for concurrent use.
type Cases struct {
	store   Store
	planner *Planner
	desk    Decider
	mask    Masker
	now     func() time.Time
}

// NewCases makes Cases. Redirections are decisions, made on desk.
func NewCases(store Store, planner *Planner, desk Decider, mask Masker, now func() time.Time) *Cases {
	return &Cases{store: store, planner: planner, desk: desk, mask: mask, now: now}
}

// List gives cases: a unit's own, or all for those who see all.
func (s *Cases) List(ctx context.Context, actor org.Actor, f Filter) ([]Docket, map[Show]int, error) {
	if err := org.Can(actor, org.ActReadCases); err != nil {
		return nil, nil, err
	}
	if actor.Role == org.RoleUnit {
		f.Unit = actor.Unit
	}
	if f.After != "" && !id.Valid(f.After) {
		return nil, nil, errs.New(errs.Invalid, "field.invalid", "页码", string(f.After)).In("after")
	}
	if f.Show.Label() == "" {
		f.Show = ShowOpen
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	f.Now = s.now()
	return s.store.Dockets(ctx, f)
}

// Get gives a case and its history. Whoever has nothing to do with it is told
// that there is none.
func (s *Cases) Get(ctx context.Context, actor org.Actor, c CaseID) (Docket, []Event, error) {
	if err := org.Can(actor, org.ActReadCases); err != nil {
		return Docket{}, nil, err
	}
	if !id.Valid(c) {
		return Docket{}, nil, errs.New(errs.NotFound, "case.not_found")
	}
	d, history, err := s.store.CaseFile(ctx, c)
	if err == nil {
		err = d.showTo(actor)
	}
	if err != nil {
		return Docket{}, nil, err
	}
	if r := d.RelationOf(actor); r != Centre && r != Reader && r != Leader && d.State.Open() {
		hideRatings(history)
	}
	return d, history, err
}

// hideRatings takes from a history what citizens said of those who handle the
// case: they do not read it before it is closed.
func hideRatings(history []Event) {
	for i, e := range history {
		switch e.Move {
		case Rate, Again, CallBack, Reopen:
			history[i].Reason = ""
		}
	}
}

func (s *Cases) docket(ctx context.Context, actor org.Actor, c CaseID) (Docket, error) {
	if err := org.Can(actor, org.ActReadCases); err != nil {
		return Docket{}, err
	}
	if !id.Valid(c) {
		return Docket{}, errs.New(errs.NotFound, "case.not_found")
	}
	d, err := s.store.Docket(ctx, Key{ID: c})
	if err == nil {
		err = d.showTo(actor)
	}
	if err != nil {
		return Docket{}, err
	}
	return d, nil
}

// showTo takes out what somebody may not see of a case; errs.NotFound for whom
// there is none.
func (d *Docket) showTo(actor org.Actor) error {
	switch d.RelationOf(actor) {
	case Stranger:
		return errs.New(errs.NotFound, "case.not_found")
	case Lead, CoUnit, Disputant, Below, Leader:
		d.Receipt = "" // the citizen's own
	}
	return nil
}

// OfMatter gives the case of a matter to people of the hotline; false when
// none was filed.
func (s *Cases) OfMatter(ctx context.Context, actor org.Actor, m intake.MatterID) (Docket, bool, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return Docket{}, false, err
	}
	d, err := s.store.Docket(ctx, Key{Matter: m})
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return Docket{}, false, nil
	}
	return d, err == nil, err
}

// Relation is what somebody is to a case.
type Relation string

// The relations.
const (
	Stranger  Relation = "stranger"  // another unit: knows of no such case
	Reader    Relation = "reader"    // of the hotline, without a say
	CoUnit    Relation = "co_unit"   // a co-unit: sees it
	Disputant Relation = "disputant" // a unit that gave it back, while whose duty it is is disputed
	Below     Relation = "below"     // a unit to which it was handed down, and those between
	Lead      Relation = "lead"      // the unit that answers for it
	Centre    Relation = "centre"    // dispatches and checks
	Leader    Relation = "leader"    // reads, flags, and instructs (批示)
)

// RelationOf tells what an actor is to the case.
func (d Docket) RelationOf(actor org.Actor) Relation {
	switch {
	case org.Can(actor, org.ActHandle) == nil && actor.Unit != "" && actor.Unit == d.Unit:
		return Lead
	case org.Can(actor, org.ActHandle) == nil && d.Disputed() && slices.Contains(d.ReturnedBy, actor.Unit):
		return Disputant
	case org.Can(actor, org.ActHandle) == nil && slices.ContainsFunc(d.Hands, func(h Handed) bool { return h.Unit == actor.Unit }):
		return Below
	case org.Can(actor, org.ActHandle) == nil && slices.Contains(d.CoUnits, actor.Unit):
		return CoUnit
	case org.Can(actor, org.ActDispatch) == nil:
		return Centre
	case org.Can(actor, org.ActInstruct) == nil:
		return Leader
	case org.Can(actor, org.ActReadCases) == nil && actor.Role != org.RoleUnit:
		return Reader
	}
	return Stranger
}

// May tells whether an actor may make a move now.
func (s *Cases) May(actor org.Actor, d Docket, m Move) bool {
	return d.permits(actor, m) && s.planner.Allowed(d.Case, m, s.now()) == nil
}

// permits says who of the unit that has it makes which moves, where heads
// review its answers.
func (d Docket) permits(actor org.Actor, m Move) bool {
	head := slices.ContainsFunc(d.Heads, actor.Is)
	switch m {
	case Submit:
		return permitted(d.RelationOf(actor), m) && len(d.Heads) > 0 && !head
	case Propose:
		return permitted(d.RelationOf(actor), m) && (len(d.Heads) == 0 || head)
	case Approve, Rework:
		return permitted(d.RelationOf(actor), m) && head
	case Feedback:
		return org.Can(actor, org.ActHandle) == nil && actor.Unit == d.owes()
	}
	if rule, _ := RuleOf(m); rule.By == ByHolder || rule.By == ByBelow {
		return permitted(d.RelationOf(actor), m) && actor.Unit == d.Holder()
	}
	return permitted(d.RelationOf(actor), m)
}

// permitted says which relation makes which moves.
func permitted(r Relation, m Move) bool {
	rule, _ := RuleOf(m)
	switch rule.By {
	case ByUnit, ByHead:
		return r == Lead
	case ByHolder:
		return r == Lead || r == Below
	case ByBelow:
		return r == Below
	case ByCo:
		return r == CoUnit
	case ByParties:
		return r == Lead || r == Disputant
	case ByCentre:
		return r == Centre
	case ByLeader:
		return r == Leader
	case ByAbove:
		return r == Centre || r == Leader
	}
	return false
}

// Rules are the rules of deadlines as they are.
func (s *Cases) Rules() DeadlineRules { return s.planner.Rules() }

// Left puts into words how long there is until due; empty for no time.
func (s *Cases) Left(due time.Time) string {
	if due.IsZero() {
		return ""
	}
	return s.planner.cal.Until(s.now(), due)
}
