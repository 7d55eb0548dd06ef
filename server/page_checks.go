package server

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// Checks let editors say whether answers given were right.
type Checks interface {
	// Next gives the latest answer that nobody has checked, before the one named,
	// and the tally; errs.NotFound "check.none", with the tally.
	Next(ctx context.Context, actor org.Actor, before kb.GivenID) (kb.Given, kb.CheckTally, error)
	// Find keeps a finding, once an answer; errs.Conflict "check.done".
	Find(ctx context.Context, actor org.Actor, given kb.GivenID, talk bool, f kb.Finding) error
}

// checksPage is what page_checks.html draws: one answer beside its question.
type checksPage struct {
	shell
	Given  *kb.Given // nil: there is none
	Short  string
	More   bool
	Where  string
	Skip   string // address of the next one
	Before string // the last one that was passed over; empty: none
	Said   string
	Tally  kb.CheckTally
	Topics []topicView
	All    int
	Topic  string
}

// showCheck shows the latest answer that nobody has checked.
func (s *Server) showCheck(c *fiber.Ctx, v visit) error {
	if s.o.Checks == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	ctx := c.UserContext()
	p := checksPage{shell: s.shell(v, "knowledge", "核对答复"), Before: c.Query("before"), Said: c.Query("said")}
	given, tally, err := s.o.Checks.Next(ctx, v.actor, kb.GivenID(p.Before))
	p.Tally = tally
	switch {
	case err == nil:
		dir, err := s.o.Places.Directory(ctx)
		if err != nil {
			return err
		}
		e := given.Match.Entry
		p.Given, p.Short, p.Where = &given, e.Spoken(), areaName(e.Area, dir)
		p.More = p.Short != e.Answer
		p.Skip = link("/knowledge/checks", "before", string(given.ID))
	case errs.CodeOf(err) != "check.none":
		return err
	}
	if p.Topics, p.All, err = s.topics(ctx, v, ""); err != nil {
		return err
	}
	return s.page(c, "checks", p)
}

// keepCheck keeps a finding and goes on to the next answer.
func (s *Server) keepCheck(c *fiber.Ctx, v visit) error {
	if s.o.Checks == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	err := s.o.Checks.Find(c.UserContext(), v.actor, kb.GivenID(c.FormValue("given")), c.FormValue("talk") != "", kb.Finding(c.FormValue("finding")))
	said := "kept"
	if err != nil && errs.CodeOf(err) == "check.done" {
		said, err = "done", nil
	}
	if err != nil {
		return err
	}
	return c.Redirect(link("/knowledge/checks", "before", c.FormValue("before"), "said", said), fiber.StatusSeeOther)
}
