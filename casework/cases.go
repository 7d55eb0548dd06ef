package casework

import (
	"cmp"
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
	Team     []org.AccountID // of the work group that has it
	Heads    []org.AccountID // of the unit, and deputies; none: its answers go to the centre unreviewed
	Has      string          // name of the handler
	Desk     org.UnitID      // the sub-centre in whose queue it came; empty: the city's
	Centres  []org.UnitID    // all sub-centres
	Over     []org.UnitID    // above the unit that answers for it, and told that it is late; nearest first
	Asker    string          // name of who received it first
	Above    string          // name of who named the unit (指定办)
	Receipt  string          // code that opens the citizen's page
	Channel  intake.Channel
	Title    string // masked
	Text     string // masked
	Area     org.AreaCode
	Place    string
	Consent  intake.Consent
	Accused  intake.Accusation // whom it complains of
	Locked   bool              // its words are locked (涉密封存)
}

// Found reports whether nobody has asked for it: it was seen on patrol, and no
// citizen's case was merged into it. There is nobody to tell or to call.
func (d Docket) Found() bool { return d.Channel == intake.Patrol && d.Joined == 0 }

// AllowedOn is Allowed, and refuses calls where there is nobody to call.
func (p *Planner) AllowedOn(d Docket, m Move, at time.Time) error {
	if (m == CallBack || m == CallFailed) && d.Found() {
		return errs.New(errs.Conflict, "case.found")
	}
	return p.Allowed(d.Case, m, at)
}

// Counts is Case.Counts, and leaves out what has nobody to be called.
func (d Docket) Counts() (counts bool, why string) {
	if d.State == Closed && d.Found() {
		return false, "巡查发现，没有诉求人可回访，不计入三率"
	}
	return d.Case.Counts()
}

// Pending gives the co-units without a task of their own whose part is still to
// come; of tasks see Undone.
func (d Docket) Pending() []org.UnitID {
	return slices.DeleteFunc(slices.Clone(d.CoUnits), func(u org.UnitID) bool {
		_, tasked := d.TaskOf(u)
		return tasked || slices.Contains(d.Parts, u)
	})
}

// Store keeps cases.
type Store interface {
	// Docket gives a case, or errs.NotFound "case.not_found".
	Docket(ctx context.Context, k Key) (Docket, error)
	// CaseFile gives a case with its events, oldest first, or errs.NotFound
	// "case.not_found".
	CaseFile(ctx context.Context, c CaseID) (Docket, []Event, error)
	// History gives the events of a case, oldest first.
	History(ctx context.Context, c CaseID) ([]Event, error)
	// Dockets lists cases, and counts all lists for the filter's unit, unless
	// the filter wants the one alone.
	Dockets(ctx context.Context, f Filter) ([]Docket, map[Show]int, error)
	// Move holds the case, plans a step on it as it stands, and stores that
	// whole or not at all. seen is the version that the case must have (AnySeen:
	// whatever it is): errs.Conflict "case.moved" for another, and what plan
	// and the classifier's store of returns fail with.
	Move(ctx context.Context, c CaseID, seen int, plan Plan) (Case, error)
	// Act is Move for a plan that needs all of the case, whatever its version,
	// and gives it as it stands then, both without the names of people (Has,
	// Asker, Above); errs.NotFound "case.not_found".
	Act(ctx context.Context, c CaseID, plan func(Docket) (Step, error)) (Docket, error)
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

// List gives cases: a unit's own, or for those who see all what they ask for;
// people of a sub-centre, as on the desk, what came in its queue.
func (s *Cases) List(ctx context.Context, actor org.Actor, f Filter) ([]Docket, map[Show]int, error) {
	if err := org.Can(actor, org.ActReadCases); err != nil {
		return nil, nil, err
	}
	switch {
	case f.Of != "":
		f.Unit, f.Of = "", cmp.Or(actor.For, actor.Account)
	case org.Can(actor, org.ActReadAllCases) != nil, org.Can(actor, org.ActHandle) == nil && slices.Contains(ownShows, f.Show):
		f.Unit = actor.Unit
	case f.Unit == "":
		f.Centre = QueueUnit(actor)
	}
	f.People = []org.AccountID{actor.Account}
	if actor.For != "" {
		f.People = []org.AccountID{actor.For, actor.Account}
	}
	if f.Handler != "" && !id.Valid(f.Handler) {
		return nil, nil, errs.New(errs.Invalid, "field.invalid", "经办人", string(f.Handler)).In("handler")
	}
	if f.After != "" && !id.Valid(f.After) {
		return nil, nil, errs.New(errs.Invalid, "field.invalid", "页码", string(f.After)).In("after")
	}
	if err := f.Search.Validate(); err != nil {
		return nil, nil, err
	}
	switch {
	case f.Show.Label() != "":
	case f.Search.Given():
		f.Show = ShowAll
	default:
		f.Show = ShowOpen
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	f.Now, f.Reader = s.now(), actor
	return s.store.Dockets(ctx, f)
}

// Get gives a case and its history. Whoever has nothing to do with it is told
// that there is none.
func (s *Cases) Get(ctx context.Context, actor org.Actor, c CaseID) (Docket, []Event, error) {
	if err := mayRead(actor, c); err != nil {
		return Docket{}, nil, err
	}
	d, history, err := s.store.CaseFile(ctx, c)
	if err == nil {
		err = d.showTo(actor)
	}
	if err != nil {
		return Docket{}, nil, err
	}
	d.hide(history, actor)
	return d, history, err
}

// History gives what has happened to a case that somebody has just moved; none
// when they have parted with it by that.
func (s *Cases) History(ctx context.Context, actor org.Actor, d Docket) ([]Event, error) {
	if d.RelationOf(actor) == Stranger {
		return nil, nil
	}
	history, err := s.store.History(ctx, d.ID)
	d.hide(history, actor)
	return history, err
}

// mayRead refuses who reads no cases, and what is the id of none.
func mayRead(actor org.Actor, c CaseID) error {
	if err := org.Can(actor, org.ActReadCases); err != nil {
		return err
	}
	if !id.Valid(c) {
		return errs.New(errs.NotFound, "case.not_found")
	}
	return nil
}

// hide takes from a case's history what a reader may not see of it.
func (d Docket) hide(history []Event, actor org.Actor) {
	if r := d.RelationOf(actor); (r.works() || r == Above) && d.State.Open() {
		hideRatings(history)
	}
	if d.Locked {
		hideWords(history)
	}
}

// hideRatings takes from a history what citizens said of those who handle the
// case: they do not read it before it is closed.
func hideRatings(history []Event) {
	for i, e := range history {
		switch e.Move {
		case Rate, Again, Insist, CallBack, Reopen, Supervise:
			history[i].Reason = ""
		}
	}
}

// hideWords takes from a history what people wrote about a case whose words are
// locked: it may say again what was locked.
func hideWords(history []Event) {
	for i := range history {
		history[i].Text, history[i].Public, history[i].Facts = "", "", nil
	}
}

func (s *Cases) docket(ctx context.Context, actor org.Actor, c CaseID) (Docket, error) {
	if err := mayRead(actor, c); err != nil {
		return Docket{}, err
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

// toMove gives a case to whoever may make a move on it and has seen it as it is:
// errs.Forbidden "case.not_yours", errs.Conflict "case.moved".
func (s *Cases) toMove(ctx context.Context, actor org.Actor, c CaseID, seen int, m Move) (Docket, error) {
	d, err := s.docket(ctx, actor, c)
	switch {
	case err != nil:
		return d, err
	case !d.permits(actor, m):
		return d, errs.New(errs.Forbidden, "case.not_yours", m.Label())
	case seen != d.Version:
		return d, errs.New(errs.Conflict, "case.moved")
	}
	return d, nil
}

// put makes a move that was checked, on the case as the actor has seen it.
func (s *Cases) put(ctx context.Context, actor org.Actor, c CaseID, seen int, e Event) error {
	e.At, e.By = s.now(), actor.Account
	return s.move(ctx, c, seen, e)
}

// move stores an event on a case, if nothing has changed since version seen.
func (s *Cases) move(ctx context.Context, c CaseID, seen int, e Event) error {
	_, err := s.store.Move(ctx, c, seen, func(c Case, subject Subject) (Step, error) {
		return s.planner.Plan(c, subject, e, time.Time{})
	})
	return err
}

// showTo takes out what somebody may not see of a case; errs.NotFound for whom
// there is none.
func (d *Docket) showTo(actor org.Actor) error {
	r := d.RelationOf(actor)
	if r == Stranger {
		return errs.New(errs.NotFound, "case.not_found")
	}
	if r.works() || r == Leader || r == Receiver || r == Above {
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
	if err == nil {
		err = d.showTo(actor)
	}
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return Docket{}, false, nil
	}
	return d, err == nil, err
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
