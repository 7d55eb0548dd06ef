package casework

import (
	"context"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// AlertFilter chooses from one's alerts.
type AlertFilter struct {
	To     org.AccountID
	Unread bool    // only what was not read and is not over
	Before AlertID // older than this; 0: the newest
	Limit  int     // 1–200; 0: 50
}

// Reach is by what means one of the staff is told outside the pages, and whether
// they follow up what is late (督办员).
type Reach struct {
	Mobile     string
	Mail       string
	WeCom      string // id of the member in the company's WeCom
	Supervises bool
}

// Any reports whether there is a means.
func (r Reach) Any() bool { return r.Mobile != "" || r.Mail != "" || r.WeCom != "" }

// ChaseFilter chooses from the cases that are late.
type ChaseFilter struct {
	Level Level      // up to whom they were chased; empty: any
	Unit  org.UnitID // that answers for them; empty: all
	Below bool       // also what the unit was told of as the one above
	After CaseID     // key paging
	Limit int        // 1–200; 0: 50

	Reader org.Actor // whom none of them complains of; of a sub-centre: only what came in its queue
}

// Chased is a case that is late, and who was told of that, the latest first.
type Chased struct {
	Docket
	Told []Told
}

// Told is one of the staff who was told.
type Told struct {
	Name   string
	Level  Level
	At     time.Time
	ReadAt time.Time // zero: not yet
}

// BlameFilter chooses from the accountability list.
type BlameFilter struct {
	From, To time.Time  // when a case came onto it, [From, To)
	Unit     org.UnitID // empty: all
	After    CaseID     // key paging
	Limit    int        // 1–200; 0: 50
	Reader   org.Actor  // as of ChaseFilter
}

// AlertStore keeps alerts.
type AlertStore interface {
	// Alerts gives those of somebody, newest first, and how many are unread.
	Alerts(ctx context.Context, f AlertFilter) ([]Alert, int, error)
	// ReadAlerts marks some of somebody's alerts read, up to a number where none
	// is named; it gives how many were not before.
	ReadAlerts(ctx context.Context, to org.AccountID, ids []AlertID, upTo AlertID, at time.Time) (int, error)
	// AccountByLogin gives an account, or errs.NotFound "account.not_found".
	AccountByLogin(ctx context.Context, login string) (org.Account, error)
	// Chased lists what is late by up to whom it was chased, what is due first on
	// top, and counts by level.
	Chased(ctx context.Context, f ChaseFilter) ([]Chased, map[Level]int, error)
	// Blamed gives the accountability list, the latest first, and how many cases
	// each unit has on it.
	Blamed(ctx context.Context, f BlameFilter) ([]Docket, map[org.UnitID]int, error)
}

// StaffReach gives by what means the staff is told: Means, in the service.
type StaffReach interface {
	// Reach gives by what means somebody is told; the zero Reach when none is set.
	// With errs.Unavailable "reach.unopened" comes whether they supervise.
	Reach(ctx context.Context, a org.AccountID) (Reach, error)
}

// StaffMeans also stores it.
type StaffMeans interface {
	StaffReach
	// SetReach stores that, with its audit line. errs.NotFound
	// "account.not_found", errs.Invalid "reach.role" for a supervisor who is
	// not of the hotline.
	SetReach(ctx context.Context, a org.AccountID, r Reach, line org.Audit) error
}

// Alerts is the inbox of the staff, and who was chased. It is safe for
// concurrent use.
type Alerts struct {
	store AlertStore
	crew  Crew
	means StaffMeans
	now   func() time.Time
}

// NewAlerts makes Alerts.
func NewAlerts(store AlertStore, crew Crew, means StaffMeans, now func() time.Time) *Alerts {
	return &Alerts{store: store, crew: crew, means: means, now: now}
}

// pageOf bounds the length of a page.
func pageOf(limit int) int {
	if limit <= 0 || limit > 200 {
		return 50
	}
	return limit
}

// Own gives the actor's alerts, newest first, and how many are unread.
func (s *Alerts) Own(ctx context.Context, actor org.Actor, f AlertFilter) ([]Alert, int, error) {
	if err := org.Can(actor, org.ActReadAlerts); err != nil {
		return nil, 0, err
	}
	f.To, f.Limit = actor.Account, pageOf(f.Limit)
	return s.store.Alerts(ctx, f)
}

// Read marks the actor's alerts read: those that are named, or all up to one.
func (s *Alerts) Read(ctx context.Context, actor org.Actor, ids []AlertID, upTo AlertID) (int, error) {
	if err := org.Can(actor, org.ActReadAlerts); err != nil {
		return 0, err
	}
	if len(ids) == 0 && upTo <= 0 {
		return 0, errs.New(errs.Invalid, "field.required", "哪些提醒").In("alerts")
	}
	return s.store.ReadAlerts(ctx, actor.Account, ids, upTo, s.now())
}

// Reach gives by what means the actor is told.
func (s *Alerts) Reach(ctx context.Context, actor org.Actor) (Reach, error) {
	if err := org.Can(actor, org.ActReadAlerts); err != nil {
		return Reach{}, err
	}
	return s.means.Reach(ctx, actor.Account)
}

// SetReach sets by what means the actor is told; whether they supervise is not
// theirs to say.
func (s *Alerts) SetReach(ctx context.Context, actor org.Actor, r Reach) error {
	was, err := s.Reach(ctx, actor)
	if err == nil || errs.CodeOf(err) == "reach.unopened" { // what is set anew needs nothing of it
		r, err = r.tidied()
	}
	if err != nil {
		return err
	}
	r.Supervises = was.Supervises
	return s.means.SetReach(ctx, actor.Account, r, s.reachLine(actor, actor.Account, r))
}

// ReachOf gives by what means somebody is told, to administrators.
func (s *Alerts) ReachOf(ctx context.Context, actor org.Actor, login string) (Reach, error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return Reach{}, err
	}
	a, err := s.store.AccountByLogin(ctx, strings.ToLower(strings.TrimSpace(login)))
	if err != nil {
		return Reach{}, err
	}
	return s.means.Reach(ctx, a.ID)
}

// SetReachOf sets by what means somebody is told, and whether they supervise.
func (s *Alerts) SetReachOf(ctx context.Context, actor org.Actor, login string, r Reach) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	a, err := s.store.AccountByLogin(ctx, strings.ToLower(strings.TrimSpace(login)))
	if err == nil {
		r, err = r.tidied()
	}
	if err != nil {
		return err
	}
	return s.means.SetReach(ctx, a.ID, r, s.reachLine(actor, a.ID, r))
}

// reachLine says which means were set, not what they are.
func (s *Alerts) reachLine(actor org.Actor, a org.AccountID, r Reach) org.Audit {
	var set []string
	for _, m := range []struct {
		is   bool
		name string
	}{{r.Mobile != "", "手机"}, {r.Mail != "", "邮箱"}, {r.WeCom != "", "企业微信"}, {r.Supervises, "督办员"}} {
		if m.is {
			set = append(set, m.name)
		}
	}
	return org.Audit{At: s.now(), Actor: actor.Account, Action: "set_reach", Object: "account:" + string(a), Detail: strings.Join(set, "、")}
}

// wecomForm is an id of a member in WeCom.
var wecomForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$`)

// tidied gives the means in the form in which they are stored; an errs.List names
// each that cannot be right.
func (r Reach) tidied() (Reach, error) {
	var faults errs.List
	bad := func(field string, code errs.Code) { faults = append(faults, errs.New(errs.Invalid, code).In(field)) }
	r.Mobile, r.Mail, r.WeCom = strings.TrimSpace(r.Mobile), strings.TrimSpace(r.Mail), strings.TrimSpace(r.WeCom)
	if r.Mobile != "" {
		number, ok := mobileOf(r.Mobile)
		if r.Mobile = number; !ok {
			bad("mobile", "reach.mobile")
		}
	}
	if r.Mail != "" {
		if parsed, err := mail.ParseAddress(r.Mail); err != nil || parsed.Address != r.Mail || len(r.Mail) > 200 {
			bad("mail", "reach.mail")
		}
	}
	if r.WeCom != "" && !wecomForm.MatchString(r.WeCom) {
		bad("wecom", "reach.wecom")
	}
	return r, faults.OrNil()
}

// Chased lists what is late and who was told: all of it to those who follow that
// up, of their own unit, and of those below of which it was told, to its heads.
func (s *Alerts) Chased(ctx context.Context, actor org.Actor, f ChaseFilter) ([]Chased, map[Level]int, error) {
	heads, err := s.Heads(ctx, actor)
	switch {
	case err != nil:
		return nil, nil, err
	case heads:
		f.Unit, f.Below = actor.Unit, true
	default:
		if err := org.Can(actor, org.ActWatchChases); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case f.Level != "" && !slices.Contains(ChaseLevels(), f.Level):
		return nil, nil, errs.New(errs.Invalid, "field.invalid", "级别", string(f.Level)).In("level")
	case f.After != "" && !id.Valid(f.After):
		return nil, nil, errs.New(errs.Invalid, "field.invalid", "页码", string(f.After)).In("after")
	case f.Unit != "" && !id.Valid(f.Unit):
		return nil, nil, errs.New(errs.Invalid, "field.invalid", "单位", string(f.Unit)).In("unit")
	}
	f.Limit, f.Reader = pageOf(f.Limit), actor
	return s.store.Chased(ctx, f)
}

// Heads reports whether the actor heads their unit, or is a deputy there.
func (s *Alerts) Heads(ctx context.Context, actor org.Actor) (bool, error) {
	if org.Can(actor, org.ActHandle) != nil || !id.Valid(actor.Unit) {
		return false, nil
	}
	crew, err := s.crew.Heads(ctx, actor.Unit)
	return slices.ContainsFunc(crew, func(m Member) bool { return m.Leads() && actor.Is(m.Account) }), err
}

// Blamed gives the accountability list of a period, to those who follow up what
// is late.
func (s *Alerts) Blamed(ctx context.Context, actor org.Actor, f BlameFilter) ([]Docket, map[org.UnitID]int, error) {
	if err := org.Can(actor, org.ActWatchChases); err != nil {
		return nil, nil, err
	}
	switch {
	case f.After != "" && !id.Valid(f.After):
		return nil, nil, errs.New(errs.Invalid, "field.invalid", "页码", string(f.After)).In("after")
	case f.Unit != "" && !id.Valid(f.Unit):
		return nil, nil, errs.New(errs.Invalid, "field.invalid", "单位", string(f.Unit)).In("unit")
	}
	if f.To.IsZero() {
		f.To = s.now().Add(time.Minute)
	}
	if !f.From.IsZero() && !f.From.Before(f.To) {
		return nil, nil, errs.New(errs.Invalid, "blame.period").In("from")
	}
	f.Limit, f.Reader = pageOf(f.Limit), actor
	return s.store.Blamed(ctx, f)
}
