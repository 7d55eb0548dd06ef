package casework

import (
	"context"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// receivedBy is what changes who sees a case through from the first contact on
// (首问责任人).
func (c Case) receivedBy(e Event) Case {
	switch e.Move {
	case File:
		if e.Reason != "" {
			c.First = org.AccountID(e.Reason)
		}
	case PassFirst:
		c.First = org.AccountID(e.Reason)
	}
	return c
}

// toFirst gives the alert to who received a case first: it was given back or
// refused, the citizen was not reached, or it is late. No address: nothing of that.
func (s Step) toFirst() []Address {
	c, e := s.Case, s.Event
	tells := false
	switch e.Move {
	case Return, Unsent:
		tells = true
	case Close:
		tells = Ending(e.Reason) == Lawful || Ending(e.Reason) == Unreached
	case CallFailed:
		tells = c.Calls >= MaxCalls
	case Recall:
		tells = strings.HasPrefix(e.Text, RefusalPrefix)
	case Late:
		tells = e.Reason == string(MarkLate) || e.Reason == string(MarkUnaccepted) || e.Reason == string(MarkUnacted)
	}
	if c.First == "" || !tells {
		return nil
	}
	return []Address{{Level: ToFirst, Account: c.First}}
}

// Refused is a refused matter of which there is no case, as who sees it through was
// told of it.
type Refused struct {
	First   org.AccountID
	Accused intake.Accusation
}

// FirstPassed hands on who sees a refused matter through.
type FirstPassed struct {
	Matter   intake.MatterID
	From, To org.AccountID
	ReadBy   time.Time // see Planner.ReadBy
	Line     org.Audit
}

// ReadBy is by when somebody reads what they were told at a time of a refused matter:
// within the working time in which a unit acknowledges a letter.
func (p *Planner) ReadBy(at time.Time) time.Time { return p.cal.Add(at, p.Rules().MemoAck).UTC() }

// nextFirst finds who is to see something through from now on: an agent, a dispatcher
// or an administrator other than who does now, of whom it does not complain. errs.Invalid
// "first.account" for anybody else.
func (h *HandOvers) nextFirst(ctx context.Context, login string, first org.AccountID, accused intake.Accusation) (org.Account, error) {
	to, err := h.store.AccountByLogin(ctx, strings.ToLower(strings.TrimSpace(login)))
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return to, err
	}
	next := org.Actor{Account: to.ID, Roles: to.Roles, Unit: to.Unit}
	if err != nil || to.Disabled || to.ID == first || org.Can(next, org.ActCallBack) != nil || accused.Shuns(next) {
		return to, errs.New(errs.Invalid, "first.account", login).In("worker")
	}
	return to, nil
}

// PassRefused is PassFirst for a refused matter of which there is no case: who was
// told that it is refused does it, or a supervisor. errs.NotFound "first.none" when
// nobody was, or it was decided on anew; errs.Conflict "first.moved" when somebody was
// faster.
func (h *HandOvers) PassRefused(ctx context.Context, actor org.Actor, m intake.MatterID, login string) error {
	if !id.Valid(m) {
		return errs.New(errs.NotFound, "first.none")
	}
	r, err := h.store.RefusedFirst(ctx, m)
	switch {
	case err != nil:
		return err
	case r.Accused.Shuns(actor):
		return errs.New(errs.NotFound, "first.none")
	case !actor.Is(r.First) && org.Can(actor, org.ActOversee) != nil:
		return errs.New(errs.Forbidden, "first.not_yours")
	}
	to, err := h.nextFirst(ctx, login, r.First, r.Accused)
	if err != nil {
		return err
	}
	return h.passRefused(ctx, actor, m, r.First, to)
}

func (h *HandOvers) passRefused(ctx context.Context, actor org.Actor, m intake.MatterID, from org.AccountID, to org.Account) error {
	now := h.cases.now()
	return h.store.PassRefused(ctx, FirstPassed{
		Matter: m, From: from, To: to.ID, ReadBy: h.cases.planner.ReadBy(now),
		Line: org.Audit{At: now, Actor: actor.Account, Action: "pass_first", Object: "matter:" + string(m), Detail: "首问移交" + to.Name},
	})
}
