package casework

import (
	"context"
	"slices"
	"strings"
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
	MaxExtraDays   = 15 // working days in one extension
)

// Docket is a case with what people need to work on it.
type Docket struct {
	Case
	Subject
	Category classifier.CategoryID
	CoUnits  []org.UnitID
	Receipt  string // code that opens the citizen's page
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

// Show is one list of cases.
type Show string

// The lists.
const (
	ShowWaiting  Show = "waiting"  // 待签收
	ShowHandling Show = "handling" // 办理中
	ShowSoon     Show = "soon"     // 即将超期
	ShowLate     Show = "late"     // 已超期
	ShowCo       Show = "co"       // 待协办: a co-unit's part is still to come
	ShowReturned Show = "returned" // 退单待裁定
	ShowAsked    Show = "asked"    // 延期待批
	ShowChecking Show = "checking" // 结案待审核
	ShowDisputed Show = "disputed" // 职责争议: of a unit, what it gave back
	ShowOrdered  Show = "ordered"  // 督办中
	ShowCalls    Show = "calls"    // 待回访
	ShowOpen     Show = "open"     // 全部在办
	ShowClosed   Show = "closed"   // 已办结, latest due first
)

// UnitShows and CentreShows are the lists that units and the centre work from,
// in order.
func UnitShows() []Show {
	return []Show{ShowWaiting, ShowHandling, ShowCo, ShowSoon, ShowLate, ShowOrdered, ShowDisputed, ShowChecking, ShowClosed}
}

// CentreShows are the centre's lists.
func CentreShows() []Show {
	return []Show{ShowReturned, ShowDisputed, ShowAsked, ShowChecking, ShowCalls, ShowSoon, ShowLate, ShowOrdered, ShowOpen, ShowClosed}
}

// Label is the list's name on screen.
func (s Show) Label() string {
	return map[Show]string{
		ShowWaiting: "待签收", ShowHandling: "办理中", ShowSoon: "即将超期", ShowLate: "已超期", ShowCo: "待协办", ShowReturned: "退单待裁定",
		ShowAsked: "延期待批", ShowChecking: "结案待审核", ShowDisputed: "职责争议", ShowOrdered: "督办中", ShowCalls: "待回访", ShowOpen: "全部在办", ShowClosed: "已办结",
	}[s]
}

// Filter says which cases to list, what is due first on top.
type Filter struct {
	Show  Show
	Unit  org.UnitID // only its own; empty: all
	Now   time.Time
	After CaseID // key paging: only those behind it; empty: from the top
	Limit int    // 1–200; 0: 50
}

// Store keeps cases.
type Store interface {
	// Docket gives a case, or errs.NotFound "case.not_found".
	Docket(ctx context.Context, k Key) (Docket, error)
	// History gives the events of a case, oldest first.
	History(ctx context.Context, c CaseID) ([]Event, error)
	// Dockets lists cases, and counts all lists for the filter's unit.
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
	d, err := s.docket(ctx, actor, c)
	if err != nil {
		return Docket{}, nil, err
	}
	history, err := s.store.History(ctx, c)
	return d, history, err
}

func (s *Cases) docket(ctx context.Context, actor org.Actor, c CaseID) (Docket, error) {
	if err := org.Can(actor, org.ActReadCases); err != nil {
		return Docket{}, err
	}
	if !id.Valid(c) {
		return Docket{}, errs.New(errs.NotFound, "case.not_found")
	}
	d, err := s.store.Docket(ctx, Key{ID: c})
	if err != nil {
		return Docket{}, err
	}
	switch d.RelationOf(actor) {
	case Stranger:
		return Docket{}, errs.New(errs.NotFound, "case.not_found")
	case Lead, CoUnit, Disputant:
		d.Receipt = "" // the citizen's own
	}
	return d, nil
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
	Lead      Relation = "lead"      // the unit that answers for it
	Centre    Relation = "centre"    // dispatches and checks
)

// RelationOf tells what an actor is to the case.
func (d Docket) RelationOf(actor org.Actor) Relation {
	switch {
	case org.Can(actor, org.ActHandle) == nil && actor.Unit != "" && actor.Unit == d.Unit:
		return Lead
	case org.Can(actor, org.ActHandle) == nil && d.Disputed() && slices.Contains(d.ReturnedBy, actor.Unit):
		return Disputant
	case org.Can(actor, org.ActHandle) == nil && slices.Contains(d.CoUnits, actor.Unit):
		return CoUnit
	case org.Can(actor, org.ActDispatch) == nil:
		return Centre
	case org.Can(actor, org.ActReadCases) == nil && actor.Role != org.RoleUnit:
		return Reader
	}
	return Stranger
}

// May tells whether an actor may make a move now.
func (s *Cases) May(actor org.Actor, d Docket, m Move) bool {
	return permitted(d.RelationOf(actor), m) && d.Allowed(m, s.now()) == nil
}

// permitted says which relation makes which moves.
func permitted(r Relation, m Move) bool {
	rule, _ := RuleOf(m)
	switch rule.By {
	case ByUnit:
		return r == Lead
	case ByCo:
		return r == CoUnit
	case ByParties:
		return r == Lead || r == Disputant
	case ByCentre:
		return r == Centre
	}
	return false
}

// Left puts into words how long there is until due; empty for no time.
func (s *Cases) Left(due time.Time) string {
	if due.IsZero() {
		return ""
	}
	return s.planner.cal.Until(s.now(), due)
}

// Command is what somebody wants to do to a case.
type Command struct {
	Case     CaseID
	Seen     int // the version on the screen
	Move     Move
	Reason   string     // of Return: a ReturnReason; of Close: an Ending
	Text     string     // for those who work on it
	Public   string     // of Propose: what the citizen reads
	Sure     bool       // Public has been looked at: what looks like personal data is none
	Days     int        // of AskMore: working days
	Until    time.Time  // of Close with ByDate: when it is looked at again; of Order: when feedback is due
	Answers  Answers    // of CallBack: what the citizen said
	Proposed org.UnitID // of Return: who should have it; may be empty
}

// Do makes a move by a unit or the centre. errs.Conflict "case.moved" when
// somebody was faster; an errs.List names each faulty field.
func (s *Cases) Do(ctx context.Context, actor org.Actor, cmd Command) (Case, error) {
	d, err := s.docket(ctx, actor, cmd.Case)
	if err != nil {
		return Case{}, err
	}
	if !permitted(d.RelationOf(actor), cmd.Move) {
		return Case{}, errs.New(errs.Forbidden, "case.not_yours", cmd.Move.Label())
	}
	if cmd.Seen != d.Version {
		return Case{}, errs.New(errs.Conflict, "case.moved") // before its form is held against what it has not seen
	}
	cmd.Text, cmd.Public = strings.TrimSpace(cmd.Text), strings.TrimSpace(cmd.Public)
	if cmd.Move == CallBack {
		cmd.Move, cmd.Reason = d.heard(cmd.Answers)
	}
	now := s.now()
	if err := d.Allowed(cmd.Move, now); err != nil {
		return Case{}, err
	}
	if n := len(d.Pending()); cmd.Move == Propose && n > 0 && !cmd.Sure {
		return Case{}, errs.New(errs.Invalid, "case.parts", n).In("public")
	}
	if cmd.Move == Contribute {
		cmd.Reason = string(actor.Unit)
	}
	if err := s.check(cmd, now); err != nil {
		return Case{}, err
	}
	e := Event{
		At: now, By: actor.Account, Move: cmd.Move, Reason: cmd.Reason, Days: cmd.Days, Text: cmd.Text, Public: cmd.Public,
	}
	return s.store.Move(ctx, cmd.Case, cmd.Seen, func(c Case, subject Subject) (Step, error) {
		step, err := s.planner.Plan(c, subject, e, cmd.Until)
		if err != nil || cmd.Move != Return {
			return step, err
		}
		r := classifier.Return{
			ID: id.New[classifier.ReturnID](), Matter: c.Matter, Decision: c.Decision, From: c.Unit,
			Reason: classifier.ReturnReason(cmd.Reason), Clause: cmd.Text, Proposed: cmd.Proposed, By: actor.Account, At: now,
		}
		step.Return = &r
		return step, r.Validate()
	})
}

// check reports every fault of a command at once.
func (s *Cases) check(cmd Command, now time.Time) error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if len([]rune(cmd.Text)) > MaxTextRunes {
		bad("text", "field.too_long", "说明", MaxTextRunes)
	}
	if len([]rune(cmd.Public)) > MaxPublicRunes {
		bad("public", "field.too_long", "给诉求人的答复", MaxPublicRunes)
	}
	switch cmd.Move {
	case Propose:
		if cmd.Public == "" {
			bad("public", "field.required", "给诉求人的答复")
		}
		if _, found := s.mask(cmd.Public); len(found) > 0 && !cmd.Sure {
			bad("public", "case.personal", strings.Join(found, "、"))
		}
	case AskMore:
		if cmd.Days < 1 || cmd.Days > MaxExtraDays {
			bad("days", "case.days", MaxExtraDays)
		}
		needText(cmd, bad)
	case SendBack, Refuse, Keep, Statement, Record, Feedback, Contribute:
		needText(cmd, bad)
	case Reopen:
		if cmd.Reason == "" { // otherwise the citizen's answers say why
			needText(cmd, bad)
		}
	case Order:
		needText(cmd, bad)
		if !cmd.Until.After(now) {
			bad("until", "case.order_until")
		}
	case Close:
		if !slices.Contains(Endings(), Ending(cmd.Reason)) {
			bad("reason", "field.required", "结案方式")
		}
		if Ending(cmd.Reason) == ByDate && !cmd.Until.After(now) {
			bad("until", "case.until")
		}
		if e := Ending(cmd.Reason); e == Lawful || e == Unreached {
			needText(cmd, bad)
		}
	}
	return faults.OrNil()
}

func needText(cmd Command, bad func(field string, code errs.Code, args ...any)) {
	if cmd.Text == "" {
		bad("text", "field.required", "理由")
	}
}

// Redirect gives a case to another unit by a new decision on its matter, with
// the category, type and urgency that stand. seen is the version on the screen.
func (s *Cases) Redirect(ctx context.Context, actor org.Actor, c CaseID, seen int, unit org.UnitID, why string) error {
	d, err := s.docket(ctx, actor, c)
	if err != nil {
		return err
	}
	switch {
	case d.RelationOf(actor) != Centre:
		return errs.New(errs.Forbidden, "case.not_yours", Redirect.Label())
	case seen != d.Version:
		return errs.New(errs.Conflict, "case.moved")
	case !id.Valid(unit):
		return errs.New(errs.Invalid, "decision.lead").In("unit")
	case unit == d.Unit:
		return errs.New(errs.Invalid, "case.same_unit").In("unit")
	}
	if err := d.Allowed(Redirect, s.now()); err != nil {
		return err
	}
	co := slices.DeleteFunc(slices.Clone(d.CoUnits), func(u org.UnitID) bool { return u == unit })
	_, err = s.desk.Decide(ctx, actor, classifier.Decision{
		Matter: d.Matter, Previous: d.Decision, Kind: classifier.Correct, Category: d.Category,
		Lead: unit, Co: co, Type: d.Type, Urgency: d.Urgency, Reason: strings.TrimSpace(why),
	}, "")
	if err != nil && errs.CodeOf(err) == "decision.conflict" {
		return errs.Wrap(err, errs.Conflict, "case.moved")
	}
	return err
}
