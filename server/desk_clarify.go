package server

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// clarifyView is what the desk says of a citizen who is to be called back
// because their matter is not clear.
type clarifyView struct {
	Asked bool // it was asked for
	Waits bool
	intake.Clarification
	Left     string // in words, until it is due
	Late     bool
	Ask      string // address; empty: not now
	Call     string
	Outcomes []intake.ClarifyOutcome
}

// clarifyOf adds it for those who decide.
func (s *Server) clarifyOf(ctx context.Context, v visit, view *fileView, f classifier.File) error {
	if s.o.Clarify == nil || !v.may(org.ActDecide) || f.Message.Secret == intake.SecretLocked {
		return nil
	}
	c, asked, err := s.o.Clarify.Of(ctx, v.actor, f.Matter.ID)
	if err != nil {
		return err
	}
	view.Clarify = s.newClarifyView(c, asked)
	open := f.Matter.State == intake.MatterOpen
	view.Clarify.Waits = view.Clarify.Waits && open
	if open && !view.Clarify.Waits {
		view.Clarify.Ask = view.Next.To(f.Matter.ID, "clarify")
	}
	if view.Clarify.Waits {
		view.Clarify.Call = view.Next.To(f.Matter.ID, "called")
	}
	return nil
}

func (s *Server) newClarifyView(c intake.Clarification, asked bool) *clarifyView {
	view := &clarifyView{Asked: asked, Waits: asked && c.Done.IsZero(), Clarification: c}
	view.Outcomes = []intake.ClarifyOutcome{intake.ClarifyClear, intake.ClarifyUnclear, intake.ClarifyUnreached}
	if view.Waits {
		view.Late = s.o.Now().After(c.Due)
		if s.o.Cases != nil {
			view.Left = s.o.Cases.Left(c.Due)
		}
	}
	return view
}

// askClarify puts a matter among those about which somebody calls back.
func (s *Server) askClarify(c *fiber.Ctx, v visit) error {
	return s.clarified(c, v, "clarify", func(ctx context.Context, m intake.MatterID) error {
		return s.o.Clarify.Ask(ctx, v.actor, m, c.FormValue("why"))
	})
}

// calledClarify notes a call.
func (s *Server) calledClarify(c *fiber.Ctx, v visit) error {
	return s.clarified(c, v, "called", func(ctx context.Context, m intake.MatterID) error {
		return s.o.Clarify.Called(ctx, v.actor, m, intake.ClarifyOutcome(c.FormValue("outcome")), c.FormValue("words"))
	})
}

func (s *Server) clarified(c *fiber.Ctx, v visit, said string, do func(context.Context, intake.MatterID) error) error {
	if s.o.Clarify == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	f, err := s.o.Desk.File(c.UserContext(), v.actor, intake.MatterID(c.Params("matter")))
	if err != nil {
		return err
	}
	if err := do(c.UserContext(), f.Matter.ID); err != nil {
		return err
	}
	return c.Redirect(readDeskQuery(c).To(f.Matter.ID, "", "said", said), fiber.StatusSeeOther)
}

// clarifiesPage is what clarifies.html draws: whom to call back, the first due
// first.
type clarifiesPage struct {
	shell
	Rows []clarifyRow
}

type clarifyRow struct {
	*clarifyView
	Heading, URL string
}

// showClarifies lists whom to call back.
func (s *Server) showClarifies(c *fiber.Ctx, v visit) error {
	if s.o.Clarify == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	all, err := s.o.Clarify.Waiting(c.UserContext(), v.actor)
	if err != nil {
		return err
	}
	p := clarifiesPage{shell: s.shell(v, "desk", "待回拨核实")}
	for _, one := range all {
		p.Rows = append(p.Rows, clarifyRow{s.newClarifyView(one, true), headingOf(intake.Matter{Title: one.Title, Text: one.Text}), "/desk/" + string(one.Matter)})
	}
	return s.page(c, "clarifies", p)
}

// countClarify is how many wait, for the queue.
func (s *Server) countClarify(ctx context.Context, v visit) (int, error) {
	if s.o.Clarify == nil || !v.may(org.ActDecide) {
		return 0, nil
	}
	all, err := s.o.Clarify.Waiting(ctx, v.actor)
	return len(all), err
}
