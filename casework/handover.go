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

// HandOverStore keeps who has what, for when people leave and units end.
type HandOverStore interface {
	org.AccountEnder
	org.RoleStore
	// AccountByLogin gives an account, or errs.NotFound "account.not_found".
	AccountByLogin(ctx context.Context, login string) (org.Account, error)
	// TasksOf gives the open cases that were given to a person: down the unit
	// tree, and as handler of the unit that answers for it.
	TasksOf(ctx context.Context, a org.AccountID) ([]CaseID, error)
	// FirstOf gives the open cases that a person received first (首问).
	FirstOf(ctx context.Context, a org.AccountID) ([]CaseID, error)
	// RefusedFirst gives who was told that a matter is refused of which there is no
	// case, and sees it through; errs.NotFound "first.none" when there is nobody.
	RefusedFirst(ctx context.Context, m intake.MatterID) (Refused, error)
	// RefusedOf gives the matters of which RefusedFirst gives a person.
	RefusedOf(ctx context.Context, a org.AccountID) ([]intake.MatterID, error)
	// PassRefused gives one of them to another, who is told instead; errs.Conflict
	// "first.moved" when it is not From's any more.
	PassRefused(ctx context.Context, p FirstPassed) error
	// ReplaceHead puts one person in the place of another who heads a unit.
	ReplaceHead(ctx context.Context, from, to org.AccountID, line org.Audit) error
	// Touched gives up to limit open cases that a unit answers for, has a part in
	// that is still to come, or was handed, and how many there are.
	Touched(ctx context.Context, u org.UnitID, limit int) ([]CaseID, int, error)
	// RetireUnit takes a unit out of service; its people go to the successor.
	// errs.Conflict "unit.left" while it has open cases.
	RetireUnit(ctx context.Context, from, to org.UnitID, line org.Audit) error
}

// HandOvers is where open tasks go on with a named successor when a person
// leaves or a unit is abolished. It is safe for concurrent use.
type HandOvers struct {
	store  HandOverStore
	cases  *Cases
	places Places
}

// NewHandOvers makes HandOvers.
func NewHandOvers(store HandOverStore, cases *Cases, places Places) *HandOvers {
	return &HandOvers{store: store, cases: cases, places: places}
}

// Disable ends an account. With a successor (by login, of the same role and
// unit) their tasks, their cases and their part as a head go to that one first,
// each on the case's record; without one their cases go back to the unit's list,
// and it is refused while they have tasks. What was cut off
// is gone on with by the next call. What they received first (首问) is seen through by
// the successor, or else by whoever ends the account. It gives how many tasks went over. Like
// org.SetDisabled it is open to the machine's own command line.
func (h *HandOvers) Disable(ctx context.Context, actor org.Actor, login, successor string) (int, error) {
	if actor.Account != "" {
		if err := org.Can(actor, org.ActManage); err != nil {
			return 0, err
		}
	}
	n := 0
	login = strings.ToLower(strings.TrimSpace(login))
	if successor = strings.ToLower(strings.TrimSpace(successor)); successor != "" {
		var err error
		if n, err = h.handTasks(ctx, actor, login, successor); err != nil {
			return n, err
		}
	}
	if err := org.SetDisabled(ctx, h.store, actor, login, true, h.cases.now()); err != nil {
		return n, err
	}
	if err := h.passFirst(ctx, actor, login, successor); err != nil || successor != "" {
		return n, err
	}
	return n, h.giveBack(ctx, actor, login) // nobody gives it anything any more
}

// Enable lets an account sign in again.
func (h *HandOvers) Enable(ctx context.Context, actor org.Actor, login string) error {
	return org.SetDisabled(ctx, h.store, actor, login, false, h.cases.now())
}

// SetRoles says what an account is for from now on; unit is the one it is of
// then (empty: as before). Who leaves their unit hands over first, as with
// Disable.
func (h *HandOvers) SetRoles(ctx context.Context, actor org.Actor, login string, roles org.Roles, unit org.UnitID) (org.Roles, error) {
	if unit != "" && !id.Valid(unit) {
		return nil, errs.New(errs.NotFound, "unit.not_found").In("unit")
	}
	return org.SetRoles(ctx, h.store, actor, login, roles, unit, h.cases.now())
}

// handTasks gives what one person has to another.
func (h *HandOvers) handTasks(ctx context.Context, actor org.Actor, login, successor string) (int, error) {
	from, err := h.store.AccountByLogin(ctx, login)
	if err != nil {
		return 0, err
	}
	to, err := h.store.AccountByLogin(ctx, successor)
	if err != nil {
		return 0, err
	}
	if to.Disabled || to.ID == from.ID || !mayTakeOver(from, to) || to.Unit != from.Unit {
		return 0, errs.New(errs.Invalid, "account.successor", successor).In("to")
	}
	tasks, err := h.store.TasksOf(ctx, from.ID)
	if err != nil {
		return 0, err
	}
	n, err := h.pass(ctx, actor, tasks, from.ID, to.ID, from.Name+"离岗，移交"+to.Name)
	if err != nil {
		return n, err
	}
	line := org.Audit{At: h.cases.now(), Actor: actor.Account, Action: "hand_over", Object: "login:" + login, Detail: "移交 " + successor}
	return n, h.store.ReplaceHead(ctx, from.ID, to.ID, line)
}

// giveBack gives a person's cases back to the list of their unit.
func (h *HandOvers) giveBack(ctx context.Context, actor org.Actor, login string) error {
	from, err := h.store.AccountByLogin(ctx, login)
	if err != nil {
		return err
	}
	tasks, err := h.store.TasksOf(ctx, from.ID)
	if err == nil {
		_, err = h.pass(ctx, actor, tasks, from.ID, "", from.Name+"离岗，退回本单位")
	}
	return err
}

// passFirst gives what one person received first to another, or to the actor: at
// the server's console, to nobody.
func (h *HandOvers) passFirst(ctx context.Context, actor org.Actor, login, successor string) error {
	from, err := h.store.AccountByLogin(ctx, login)
	if err != nil {
		return err
	}
	to := org.Account{ID: actor.Account, Name: actor.Name}
	if successor != "" {
		if to, err = h.store.AccountByLogin(ctx, successor); err != nil {
			return err
		}
	}
	all, err := h.store.FirstOf(ctx, from.ID)
	if err != nil {
		return err
	}
	why := strings.TrimSuffix(from.Name+"离岗，首问移交"+to.Name, "移交")
	if err := h.passAllRefused(ctx, actor, from.ID, to); err != nil {
		return err
	}
	for _, c := range all {
		err := h.moveFirst(ctx, actor, c, AnySeen, from.ID, to.ID, why)
		if err != nil && errs.KindOf(err) != errs.Conflict { // somebody else's by now
			return err
		}
	}
	return nil
}

// passAllRefused gives what one person sees through of what was refused to another;
// at the server's console, where there is none, it stays and is reported unread.
func (h *HandOvers) passAllRefused(ctx context.Context, actor org.Actor, from org.AccountID, to org.Account) error {
	if to.ID == "" {
		return nil
	}
	all, err := h.store.RefusedOf(ctx, from)
	if err != nil {
		return err
	}
	for _, m := range all {
		err := h.passRefused(ctx, actor, m, from, to)
		if err != nil && errs.KindOf(err) != errs.Conflict { // somebody else's by now
			return err
		}
	}
	return nil
}

func (h *HandOvers) moveFirst(ctx context.Context, actor org.Actor, c CaseID, seen int, from, to org.AccountID, why string) error {
	e := Event{At: h.cases.now(), By: actor.Account, Move: PassFirst, Reason: string(to), Text: why}
	_, err := h.cases.store.Move(ctx, c, seen, func(c Case, s Subject) (Step, error) {
		if c.First != from {
			return Step{}, errs.New(errs.Conflict, "case.moved")
		}
		return h.cases.planner.Plan(c, s, e, time.Time{})
	})
	return err
}

// PassFirst gives what somebody received first to another agent: they do it
// themselves, or a supervisor does. seen is the version on the screen.
func (h *HandOvers) PassFirst(ctx context.Context, actor org.Actor, c CaseID, seen int, login string) error {
	d, err := h.cases.docket(ctx, actor, c)
	switch {
	case err != nil:
		return err
	case !h.MayPassFirst(actor, d):
		return errs.New(errs.Forbidden, "first.not_yours")
	case seen != d.Version:
		return errs.New(errs.Conflict, "case.moved")
	}
	to, err := h.nextFirst(ctx, login, d.First, d.Accused)
	if err != nil {
		return err
	}
	return h.moveFirst(ctx, actor, c, seen, d.First, to.ID, "首问移交"+to.Name)
}

// MayPassFirst reports whether the actor may say who sees a case through.
func (h *HandOvers) MayPassFirst(actor org.Actor, d Docket) bool {
	return d.permits(actor, PassFirst) && (actor.Is(d.First) || org.Can(actor, org.ActOversee) == nil)
}

// pass gives what one person has of cases to another, or as a handler's back to
// the unit (empty), and gives how many cases that were.
func (h *HandOvers) pass(ctx context.Context, actor org.Actor, cases []CaseID, from, to org.AccountID, why string) (n int, err error) {
	for _, c := range cases {
		passed := false
		for _, move := range []Move{Assign, Give} {
			e := Event{At: h.cases.now(), By: actor.Account, Move: move, Reason: string(to), Text: why}
			_, err := h.cases.store.Move(ctx, c, AnySeen, func(c Case, s Subject) (Step, error) {
				has := c.Handler
				if move == Assign {
					has = c.Worker()
				}
				if has != from || to == "" && move == Assign {
					return Step{}, errs.New(errs.Conflict, "case.moved")
				}
				return h.cases.planner.Plan(c, s, e, time.Time{})
			})
			if err != nil && errs.KindOf(err) != errs.Conflict { // somebody else's by now
				return n, err
			}
			passed = passed || err == nil
		}
		if passed {
			n++
		}
	}
	return n, nil
}

// mayTakeOver reports whether one person may do what another was given: with a
// role of theirs, and as people of a unit where they are such.
func mayTakeOver(from, to org.Account) bool {
	return from.Roles.Has(org.RoleUnit) == to.Roles.Has(org.RoleUnit) && slices.ContainsFunc(from.Roles, to.Roles.Has)
}

// handedAtOnce is how many cases are read at a time.
const handedAtOnce = 100

// Abolish gives what a unit has to its successor, case by case, each by a
// decision of the actor, and then takes the unit out of service; its people go
// to the successor. What was cut off by the context is gone on with by the next
// call. It gives how many cases went over and how many are left.
func (h *HandOvers) Abolish(ctx context.Context, actor org.Actor, from, to org.UnitID, why string) (moved, left int, err error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return 0, 0, err
	}
	why = strings.TrimSpace(why)
	dir, err := h.places.Directory(ctx)
	if err != nil {
		return 0, 0, err
	}
	old, known := dir.Unit(from)
	next, follows := dir.Unit(to)
	switch {
	case !id.Valid(from) || !known:
		return 0, 0, errs.New(errs.NotFound, "unit.not_found")
	case !id.Valid(to) || !follows || from == to:
		return 0, 0, errs.New(errs.Invalid, "unit.successor").In("to")
	case why == "":
		return 0, 0, errs.New(errs.Invalid, "field.required", "撤并的依据").In("why")
	case len([]rune(why)) > MaxTextRunes:
		return 0, 0, errs.New(errs.Invalid, "field.too_long", "撤并的依据", MaxTextRunes).In("why")
	}
	why = old.Name + "撤并，由" + next.Name + "承接：" + why
	for {
		var cases []CaseID
		cases, left, err = h.store.Touched(ctx, from, handedAtOnce)
		if err != nil || len(cases) == 0 {
			break
		}
		before := moved
		for _, c := range cases {
			if err = h.handOver(ctx, actor, c, from, to, why); err == nil {
				moved++
			} else if errs.KindOf(err) != errs.Conflict { // moved on meanwhile: looked at again
				return moved, left, err
			}
		}
		if moved == before {
			return moved, left, err
		}
	}
	if err != nil {
		return moved, left, err
	}
	line := org.Audit{At: h.cases.now(), Actor: actor.Account, Action: "abolish_unit", Object: "unit:" + string(from), Detail: why}
	return moved, 0, h.store.RetireUnit(ctx, from, to, line)
}

// handOver gives what a unit has of one case to its successor.
func (h *HandOvers) handOver(ctx context.Context, actor org.Actor, c CaseID, from, to org.UnitID, why string) error {
	d, err := h.cases.store.Docket(ctx, Key{ID: c})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(d.Hands, func(x Handed) bool { return x.Unit == from }) {
		e := Event{At: h.cases.now(), By: actor.Account, Move: Fetch, Text: why}
		return h.cases.move(ctx, d.ID, d.Version, e)
	}
	lead := d.Unit
	if lead == from {
		lead = to
	}
	var co []org.UnitID
	for _, u := range d.CoUnits {
		if u == from {
			u = to
		}
		if u != lead && !slices.Contains(co, u) {
			co = append(co, u)
		}
	}
	_, err = h.cases.desk.Decide(ctx, actor, classifier.Decision{
		Matter: d.Matter, Previous: d.Decision, Kind: classifier.Correct, Category: d.Category,
		Lead: lead, Co: co, Type: d.Type, Urgency: d.Urgency, Reason: why,
	}, "")
	if err != nil {
		return err
	}
	return h.handTasksOn(ctx, actor, d, from, to)
}

// handTasksOn sets again what co-units had to do by the time it had, where the
// decision has ended that: the successor's own, and the others' when another
// unit answers.
func (h *HandOvers) handTasksOn(ctx context.Context, actor org.Actor, before Docket, from, to org.UnitID) error {
	for _, t := range before.OpenTasks() {
		unit := t.Unit
		if unit == from {
			unit = to
		}
		e := Event{At: h.cases.now(), By: actor.Account, Move: SetTask, Reason: string(unit), Text: t.Text}
		_, err := h.cases.store.Move(ctx, before.ID, AnySeen, func(c Case, s Subject) (Step, error) {
			if _, has := c.TaskOf(unit); has || unit == c.Unit {
				return Step{}, errs.New(errs.Conflict, "case.moved") // goes on
			}
			return h.cases.planner.Plan(c, s, e, t.Due)
		})
		if err != nil && errs.KindOf(err) != errs.Conflict {
			return err
		}
	}
	return nil
}
