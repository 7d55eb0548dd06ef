package org

import (
	"context"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
)

// MaxCoverDays bounds how long somebody is stood in for at once.
const MaxCoverDays = 90

// CoverID identifies a Cover.
type CoverID string

// Cover says who stands in for somebody on leave (代班), from when until when.
// Who stands in sees and does what the absent person does of their unit, under
// their own name; a contact that was disclosed to the absent person stays closed.
type Cover struct {
	ID         CoverID
	Absent     Account // ID, Login, Name, Unit
	Substitute Account
	From       time.Time
	Until      time.Time
	By         AccountID
	At         time.Time
}

// Holds reports whether it is in force at a time.
func (c Cover) Holds(at time.Time) bool { return !at.Before(c.From) && at.Before(c.Until) }

// CoverStore keeps covers. Each change writes its audit line in the same
// transaction.
type CoverStore interface {
	// InsertCover stores one; errs.NotFound "account.not_found", errs.Invalid
	// "cover.role" where the two are not of one role, errs.Conflict
	// "cover.overlaps" when somebody else stands in then.
	InsertCover(ctx context.Context, c Cover, line Audit) error
	// EndCover ends one before its time; errs.Conflict "cover.over" when it is.
	EndCover(ctx context.Context, c CoverID, line Audit) error
	// Covers gives those in force or to come at a time, the first to end first; of
	// a substitute (empty: of all).
	Covers(ctx context.Context, substitute AccountID, at time.Time) ([]Cover, error)
	// ActFor lets a session act for the absent person of a cover, or for oneself
	// again (empty). errs.Conflict "cover.over" when it is not in force or not the
	// account's.
	ActFor(ctx context.Context, session [32]byte, c CoverID, line Audit) error
	// ActorFor gives who an account is while it stands in for somebody by login, at
	// a time; the audit line is written once in an hour. errs.Conflict "cover.over"
	// when it does not.
	ActorFor(ctx context.Context, a AccountID, absent string, at time.Time, line Audit) (Actor, error)
}

// Covers is where it is set who stands in for whom. It is safe for concurrent
// use.
type Covers struct {
	store CoverStore
	now   func() time.Time
}

// NewCovers makes Covers.
func NewCovers(store CoverStore, now func() time.Time) *Covers { return &Covers{store, now} }

// Set lets somebody stand in for somebody else, both by login.
func (s *Covers) Set(ctx context.Context, actor Actor, absent, substitute string, from, until time.Time) (Cover, error) {
	if err := Can(actor, ActManage); err != nil {
		return Cover{}, err
	}
	c := Cover{ID: id.New[CoverID](), From: from.UTC(), Until: until.UTC(), By: actor.Account, At: s.now()}
	c.Absent.Login, c.Substitute.Login = tidyLogin(absent), tidyLogin(substitute)
	if from.IsZero() {
		c.From = c.At
	}
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if c.Absent.Login == "" {
		bad("absent", "field.required", "谁不在")
	}
	if c.Substitute.Login == "" {
		bad("substitute", "field.required", "由谁代班")
	} else if c.Substitute.Login == c.Absent.Login {
		bad("substitute", "cover.self")
	}
	switch {
	case until.IsZero():
		bad("until", "field.required", "到何时止")
	case !c.Until.After(c.At) || !c.Until.After(c.From):
		bad("until", "cover.until")
	case c.Until.Sub(c.From) > MaxCoverDays*24*time.Hour:
		bad("until", "cover.long", MaxCoverDays)
	}
	if err := faults.OrNil(); err != nil {
		return Cover{}, err
	}
	return c, s.store.InsertCover(ctx, c, Audit{
		At: c.At, Actor: c.By, Action: "set_cover", Object: "cover:" + string(c.ID), Detail: c.Substitute.Login + " 代 " + c.Absent.Login,
	})
}

// End ends a cover before its time.
func (s *Covers) End(ctx context.Context, actor Actor, c CoverID) error {
	if err := Can(actor, ActManage); err != nil {
		return err
	}
	if !id.Valid(c) {
		return errs.New(errs.Conflict, "cover.over")
	}
	return s.store.EndCover(ctx, c, Audit{At: s.now(), Actor: actor.Account, Action: "end_cover", Object: "cover:" + string(c)})
}

// All gives the covers in force and to come.
func (s *Covers) All(ctx context.Context, actor Actor) ([]Cover, error) {
	if err := Can(actor, ActManage); err != nil {
		return nil, err
	}
	return s.store.Covers(ctx, "", s.now())
}

// Own gives for whom the actor stands in, now or soon.
func (s *Covers) Own(ctx context.Context, actor Actor) ([]Cover, error) {
	return s.store.Covers(ctx, actor.Account, s.now())
}

// Act lets a signed-in person act for whom they stand in for, or for themselves
// again (empty). It ends by itself with the cover.
func (s *Covers) Act(ctx context.Context, actor Actor, session [32]byte, c CoverID) error {
	line := Audit{At: s.now(), Actor: actor.Account, Action: "act_for", Object: "cover:" + string(c)}
	if c == "" {
		line.Action, line.Object = "act_for_self", "account:"+string(actor.Account)
	} else if !id.Valid(c) {
		return errs.New(errs.Conflict, "cover.over")
	}
	return s.store.ActFor(ctx, session, c, line)
}

// Stand gives who the actor is while they stand in for somebody, for one request
// of a token; its channels bind them as before. errs.Conflict "cover.over" when
// they do not stand in for that person now.
func (s *Covers) Stand(ctx context.Context, actor Actor, absent string) (Actor, error) {
	now := s.now()
	line := Audit{At: now, Actor: actor.Account, Action: "act_for", Object: "login:" + tidyLogin(absent)}
	as, err := s.store.ActorFor(ctx, actor.Account, tidyLogin(absent), now, line)
	as.Channels = actor.Channels
	return as, err
}

func tidyLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }
