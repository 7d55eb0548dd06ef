package server

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/org"
)

// notified is one thing that a case's citizen was told outside the receipt's page.
type notified struct {
	Kind   string
	At     string
	Result string
	Failed bool
}

// Untold reports whether something did not reach the citizen.
func (p casePage) Untold() bool {
	for _, t := range p.Told {
		if t.Failed {
			return true
		}
	}
	return false
}

// toldOf puts what the citizen was told on the page, for people of the hotline.
func (s *Server) toldOf(c *fiber.Ctx, v visit, p *casePage) error {
	if s.o.Outbox == nil || !v.may(org.ActReadMessages) || p.Case.Receipt == "" {
		return nil
	}
	all, err := s.o.Outbox.OfCase(c.UserContext(), v.actor, p.Case)
	for i, n := range all {
		told := s.newNotified(n)
		// What another means has brought, or is still bringing, is not lost.
		goesOn := func(m casework.Notification) bool {
			return m.First() == n.First() && (m.State == casework.NotificationSent || m.State == casework.NotificationQueued)
		}
		told.Failed = told.Failed && !slices.ContainsFunc(all[i:], goesOn)
		p.Told = append(p.Told, told)
	}
	return err
}

func (s *Server) newNotified(n casework.Notification) notified {
	t := notified{Kind: n.Kind.Label(), At: s.moment(n.At), Result: n.State.Label(), Failed: n.State == casework.NotificationFailed}
	switch {
	case n.State == casework.NotificationSent && !n.Arrived.IsZero():
		t.Result = means(n.Via) + "已送达"
	case n.State == casework.NotificationSent:
		t.Result = means(n.Via) + "已发"
	case n.Failure != "":
		t.Result += "，" + n.Failure
	}
	return t
}
