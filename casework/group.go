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

// GroupID identifies a Group.
type GroupID string

// Group is people of one unit or of several who work on cases together for a
// time (工作专班). A case that is given to it stays the one of the unit that
// answers for it.
type Group struct {
	ID      GroupID
	Name    string
	Purpose string
	Unit    org.UnitID    // all are of it; empty: across units
	Lead    org.AccountID // one of Members
	Members []Teammate
	From    time.Time
	Until   time.Time
	By      org.AccountID
	At      time.Time
	Open    int       // cases with it
	Changes []Joining // since it was formed, oldest first
}

// Teammate is somebody of a group.
type Teammate struct {
	Account org.AccountID
	Login   string
	Name    string
	Unit    org.UnitID
}

// Has reports whether somebody is of the group, or stands in for who is.
func (g Group) Has(actor org.Actor) bool {
	return slices.ContainsFunc(g.Members, func(m Teammate) bool { return actor.Is(m.Account) })
}

// Holds reports whether the group works at a time.
func (g Group) Holds(at time.Time) bool { return !at.Before(g.From) && at.Before(g.Until) }

// takes reports whether the group may be given cases that a unit answers for: it
// is of that unit, or somebody of it is.
func (g Group) takes(u org.UnitID) bool {
	return g.Unit == u || g.Unit == "" && slices.ContainsFunc(g.Members, func(m Teammate) bool { return m.Unit == u })
}

// Bounds of a group.
const (
	MaxGroupDays    = 366
	MaxGroupMembers = 50
	maxGroupName    = 60
)

// GroupStore keeps groups. Each change writes its audit line in the same
// transaction.
type GroupStore interface {
	// InsertGroup stores a group; Lead and Members are found by their logins.
	// errs.Invalid "group.stranger" for a login that is nobody of a unit who may
	// sign in, or not of the group's unit.
	InsertGroup(ctx context.Context, g Group, lead string, members []string, line org.Audit) error
	// Groups gives those that have not ended at a time, the first to end first.
	Groups(ctx context.Context, at time.Time) ([]Group, error)
	// GroupCases gives the cases that are with a group.
	GroupCases(ctx context.Context, g GroupID) ([]CaseID, error)
	// ChangeGroup lets people come in and leave. errs.Invalid "group.stranger" as
	// for a new one, "group.member" for who is in it, "group.no_member" for who is
	// not; errs.Conflict "group.over".
	ChangeGroup(ctx context.Context, g Group, change GroupChange, line org.Audit) error
	// EndGroup ends one before its time; errs.Conflict "group.over" when it is.
	EndGroup(ctx context.Context, g GroupID, line org.Audit) error
}

// Groups is where groups are formed and given cases. It is safe for concurrent use.
type Groups struct {
	store GroupStore
	cases *Cases
}

// NewGroups makes Groups.
func NewGroups(store GroupStore, cases *Cases) *Groups { return &Groups{store: store, cases: cases} }

// NewGroup is what somebody wants a group to be.
type NewGroup struct {
	Name, Purpose string
	Lead          string   // login
	Members       []string // logins; the lead need not be among them
	From          time.Time
	Until         time.Time // zero From: from now
}

// Form makes a group. People of a unit form one of their unit's people; those
// who dispatch, of any units'.
func (s *Groups) Form(ctx context.Context, actor org.Actor, n NewGroup) (Group, error) {
	if err := org.Can(actor, org.ActFormGroup); err != nil {
		return Group{}, err
	}
	g := Group{
		ID: id.New[GroupID](), Name: strings.TrimSpace(n.Name), Purpose: strings.TrimSpace(n.Purpose),
		From: n.From.UTC(), Until: n.Until.UTC(), By: actor.Account, At: s.cases.now(),
	}
	if org.Can(actor, org.ActDispatch) != nil {
		g.Unit = actor.Unit
	}
	if n.From.IsZero() {
		g.From = g.At
	}
	lead := strings.ToLower(strings.TrimSpace(n.Lead))
	members := []string{lead}
	for _, m := range n.Members {
		if m = strings.ToLower(strings.TrimSpace(m)); m != "" && !slices.Contains(members, m) {
			members = append(members, m)
		}
	}
	if err := g.check(lead, members); err != nil {
		return Group{}, err
	}
	return g, s.store.InsertGroup(ctx, g, lead, members, org.Audit{
		At: g.At, Actor: g.By, Action: "form_group", Object: "group:" + string(g.ID), Detail: g.Name + "：" + strings.Join(members, "、"),
	})
}

// check reports every fault of a new group at once.
func (g Group) check(lead string, members []string) error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	for _, f := range []struct {
		field, label, value string
		most                int
	}{{"name", "专班名称", g.Name, maxGroupName}, {"purpose", "专班的任务", g.Purpose, 300}, {"lead", "专班负责人", lead, 32}} {
		switch n := len([]rune(f.value)); {
		case n == 0:
			bad(f.field, "field.required", f.label)
		case n > f.most:
			bad(f.field, "field.too_long", f.label, f.most)
		}
	}
	if len(members) > MaxGroupMembers {
		bad("members", "group.many", MaxGroupMembers)
	}
	switch {
	case g.Until.IsZero():
		bad("until", "field.required", "到何时止")
	case !g.Until.After(g.At) || !g.Until.After(g.From):
		bad("until", "group.until")
	case g.Until.Sub(g.From) > MaxGroupDays*24*time.Hour:
		bad("until", "group.long", MaxGroupDays)
	}
	return faults.OrNil()
}

// All gives the groups that work or will: to who dispatches all, to people of
// units those that they are of or that have somebody of their unit.
func (s *Groups) All(ctx context.Context, actor org.Actor) ([]Group, error) {
	if err := org.Can(actor, org.ActFormGroup); err != nil {
		return nil, err
	}
	all, err := s.store.Groups(ctx, s.cases.now())
	if org.Can(actor, org.ActDispatch) == nil {
		return all, err
	}
	return slices.DeleteFunc(all, func(g Group) bool { return !g.Has(actor) && (actor.Unit == "" || !g.takes(actor.Unit)) }), err
}

// For gives the groups that an actor may give a case to now.
func (s *Groups) For(ctx context.Context, actor org.Actor, d Docket) ([]Group, error) {
	if !s.cases.May(actor, d, GiveGroup) {
		return nil, nil
	}
	all, err := s.store.Groups(ctx, s.cases.now())
	return slices.DeleteFunc(all, func(g Group) bool { return !g.takes(d.Unit) || !g.Holds(s.cases.now()) }), err
}

// Give gives a case to a group until that ends. seen is the version on the screen.
func (s *Groups) Give(ctx context.Context, actor org.Actor, c CaseID, seen int, to GroupID, why string) error {
	d, err := s.cases.docket(ctx, actor, c)
	if err != nil {
		return err
	}
	if !d.permits(actor, GiveGroup) {
		return errs.New(errs.Forbidden, "case.not_yours", GiveGroup.Label())
	}
	if why = strings.TrimSpace(why); len([]rune(why)) > MaxTextRunes-maxGroupName {
		return errs.New(errs.Invalid, "field.too_long", "说明", MaxTextRunes-maxGroupName).In("text")
	}
	all, err := s.store.Groups(ctx, s.cases.now())
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(g Group) bool { return g.ID == to && g.takes(d.Unit) && g.Holds(s.cases.now()) })
	if at < 0 {
		return errs.New(errs.Invalid, "group.unfit").In("group")
	}
	e := Event{At: s.cases.now(), By: actor.Account, Move: GiveGroup, Reason: string(to), Text: strings.TrimSuffix(all[at].Name+"："+why, "：")}
	_, err = s.cases.store.Move(ctx, c, seen, func(k Case, subject Subject) (Step, error) {
		return s.cases.planner.Plan(k, subject, e, all[at].Until)
	})
	return err
}

// End ends a group before its time: its cases go back to their units' lists
// first. Who formed it, who leads it, and who dispatches may.
func (s *Groups) End(ctx context.Context, actor org.Actor, which GroupID) error {
	g, err := s.own(ctx, actor, which)
	if err != nil {
		return err
	}
	if err := s.free(ctx, actor, g); err != nil {
		return err
	}
	line := org.Audit{At: s.cases.now(), Actor: actor.Account, Action: "end_group", Object: "group:" + string(which), Detail: g.Name}
	if err := s.store.EndGroup(ctx, which, line); err != nil {
		return err
	}
	return s.free(ctx, actor, g) // what was given to it meanwhile
}

// own gives a group to whoever may end or change it.
func (s *Groups) own(ctx context.Context, actor org.Actor, which GroupID) (Group, error) {
	all, err := s.All(ctx, actor)
	if err != nil {
		return Group{}, err
	}
	at := slices.IndexFunc(all, func(g Group) bool { return g.ID == which })
	switch {
	case at < 0:
		return Group{}, errs.New(errs.NotFound, "group.not_found")
	case !all[at].endedBy(actor):
		return Group{}, errs.New(errs.Forbidden, "group.not_yours")
	}
	return all[at], nil
}

// endedBy reports whether somebody may end the group.
func (g Group) endedBy(actor org.Actor) bool {
	return actor.Is(g.By) || actor.Is(g.Lead) || org.Can(actor, org.ActDispatch) == nil
}

// MayEnd reports whether an actor may end a group.
func (s *Groups) MayEnd(actor org.Actor, g Group) bool { return g.endedBy(actor) }

// free gives the cases of a group back to their units.
func (s *Groups) free(ctx context.Context, actor org.Actor, g Group) error {
	cases, err := s.store.GroupCases(ctx, g.ID)
	if err != nil {
		return err
	}
	for _, c := range cases {
		e := Event{At: s.cases.now(), By: actor.Account, Move: LeaveGroup, Text: g.Name + "结束"}
		_, err := s.cases.store.Move(ctx, c, AnySeen, func(k Case, subject Subject) (Step, error) {
			if k.Group != g.ID {
				return Step{}, errs.New(errs.Conflict, "case.moved")
			}
			return s.cases.planner.Plan(k, subject, e, time.Time{})
		})
		if err != nil && errs.KindOf(err) != errs.Conflict { // gone from it by now
			return err
		}
	}
	return nil
}

// answeredBy reports whether somebody writes the unit's answer: of the unit, or of
// the group that has the case.
func (d Docket) answeredBy(actor org.Actor) bool {
	return slices.ContainsFunc(d.RelationsOf(actor), func(r Relation) bool { return r == Lead || r == InGroup })
}

// grouped is what the moves of groups change. A case that goes elsewhere leaves
// its group.
func (c Case) grouped(e Event) Case {
	switch e.Move {
	case GiveGroup:
		c.Group, c.Taker = GroupID(e.Reason), ""
	case Engage:
		c.Taker = e.By
	case LeaveGroup, GroupOver, File, Redirect:
		c.Group, c.Taker = "", ""
	}
	if !slices.Contains(withGroup, e.To) {
		c.Group, c.Taker = "", ""
	}
	return c
}

// withGroup are the states in which a case may be with a group.
var withGroup = []State{Waiting, Handling, Reviewing, Checking}

// groupMoves are the unit's moves that people of a group may make.
var groupMoves = []Move{Accept, AskMore, Propose, Submit, Try, Pause, Resume, Act}

var (
	inGroup    = unless("group.none", func(c Case, _ time.Time) bool { return c.Group == "" })
	notInGroup = unless("group.has", func(c Case, _ time.Time) bool { return c.Group != "" })
	groupEnded = unless("group.none", func(c Case, at time.Time) bool { return c.Group == "" || at.Before(c.Due.Group) })
)
