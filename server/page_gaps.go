package server

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// Gaps tells what the knowledge base lacks and what lies idle in it.
type Gaps interface {
	// Overview gathers what could not be answered and how the entries do.
	Overview(ctx context.Context, actor org.Actor) (kb.Overview, error)
	// Open gives one gap, or errs.NotFound.
	Open(ctx context.Context, actor org.Actor, group kb.GroupID) (kb.Gap, error)
	// Write makes a draft of what an editor wrote; an errs.List names each
	// faulty field, errs.Conflict says that an entry has the question.
	Write(ctx context.Context, actor org.Actor, e kb.Entry) (kb.EntryID, error)
}

// gapsPage is what gaps.html draws.
type gapsPage struct {
	shell
	kb.Overview
	Made   string // address of the draft just made; empty: none
	Topics []topicView
	All    int
	Topic  string
}

// gapPage is what gap.html draws: the form for one gap.
type gapPage struct {
	shell
	Gap    kb.Gap
	URL    string
	Form   entryForm
	Areas  []areaOption
	Faults []string
	Topics []topicView
	All    int
	Topic  string
}

// showGaps lists what could not be answered, what saves most calls first.
func (s *Server) showGaps(c *fiber.Ctx, v visit) error {
	if s.o.Gaps == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	p := gapsPage{shell: s.shell(v, "knowledge", "答不上来的问题")}
	if e := c.Query("entry"); e != "" {
		p.Made = "/knowledge/" + e
	}
	var err error
	if p.Overview, err = s.o.Gaps.Overview(c.UserContext(), v.actor); err != nil {
		return err
	}
	if p.Topics, p.All, err = s.topics(c.UserContext(), v, ""); err != nil {
		return err
	}
	return s.page(c, "gaps", p)
}

// showGap gives the form for an entry, filled in from the gap.
func (s *Server) showGap(c *fiber.Ctx, v visit) error {
	p, err := s.newGapPage(c, v)
	if err != nil {
		return err
	}
	return s.page(c, "gap", p)
}

func (s *Server) newGapPage(c *fiber.Ctx, v visit) (gapPage, error) {
	if s.o.Gaps == nil {
		return gapPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	gap, err := s.o.Gaps.Open(c.UserContext(), v.actor, kb.GroupID(c.Params("group")))
	if err != nil {
		return gapPage{}, err
	}
	p := gapPage{
		shell: s.shell(v, "knowledge", gap.Wordings[0]), Gap: gap, URL: "/knowledge/gaps/" + string(gap.Group),
		Form: entryForm{Question: gap.Wordings[0], Phrasings: strings.Join(gap.Wordings[1:], "\n")},
	}
	if gap.Nearest != nil {
		p.Form.Topic, p.Form.Unit = gap.Nearest.Entry.Topic, gap.Nearest.Entry.Unit
	}
	if p.Areas, err = s.areas(c.UserContext(), ""); err != nil {
		return p, err
	}
	p.Topics, p.All, err = s.topics(c.UserContext(), v, "")
	return p, err
}

// writeForGap makes a draft of the form, or shows it again with what is wrong.
func (s *Server) writeForGap(c *fiber.Ctx, v visit) error {
	p, err := s.newGapPage(c, v)
	if err != nil {
		return err
	}
	p.Form = readEntryForm(c)
	e, err := s.o.Gaps.Write(c.UserContext(), v.actor, p.Form.entry())
	switch {
	case err == nil:
		return c.Redirect(link("/knowledge/gaps", "entry", string(e)), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid && errs.CodeOf(err) != "proposal.question":
		return err
	}
	p.Faults = sentences(err)
	if p.Areas, err = s.areas(c.UserContext(), p.Form.Area); err != nil {
		return err
	}
	return s.render(c, fiber.StatusUnprocessableEntity, "gap", "layout", p)
}
