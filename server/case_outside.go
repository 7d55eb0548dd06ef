package server

import (
	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/org"
)

// outsideView is the number of another platform on a case's page.
type outsideView struct {
	casework.Outside
	Left string // in words; empty when nothing is due any more
	Tone string
}

// outsideOf adds what other platforms call the case.
func (s *Server) outsideOf(p *casePage) {
	for _, o := range p.Case.Outside {
		view := outsideView{Outside: o}
		if !o.Due.IsZero() && p.Case.State.Open() {
			view.Left = s.o.Cases.Left(o.Due)
			if o.Due.Before(s.o.Now()) {
				view.Tone = "danger"
			}
		}
		p.Outside = append(p.Outside, view)
	}
}

// delegateOf adds who owns a delegate's case, and to whoever may mark one who
// could.
func (s *Server) delegateOf(c *fiber.Ctx, v visit, p *casePage) (err error) {
	if p.Owners, err = s.o.Delegates.Owners(c.UserContext(), v.actor, p.Case); err != nil {
		return err
	}
	p.Owner, err = s.o.Delegates.Owner(c.UserContext(), p.Case)
	return err
}

// markDelegate marks a case as a delegate's.
func (s *Server) markDelegate(c *fiber.Ctx, v visit, id casework.CaseID, seen int, form caseForm) error {
	return s.o.Delegates.Mark(c.UserContext(), v.actor, id, seen, casework.Delegate{
		Kind: casework.DelegateKind(form.Reason), From: form.Text, Owner: org.AccountID(form.Worker),
	})
}

// KindChosen and OwnerChosen say what the form of a delegate's case shows: as it
// was filled in, or as it stands.
func (p casePage) KindChosen(k casework.DelegateKind) bool {
	if p.Opened("depute") {
		return string(k) == p.Form.Reason
	}
	return k == p.Case.Delegate.Kind
}

// OwnerChosen is KindChosen for the owner.
func (p casePage) OwnerChosen(a org.AccountID) bool {
	if p.Opened("depute") {
		return string(a) == p.Form.Worker
	}
	return a == p.Case.Delegate.Owner
}
