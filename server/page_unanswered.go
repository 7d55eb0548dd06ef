package server

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// Unanswered tells what the knowledge base lacks and what lies idle in it.
type Unanswered interface {
	// Overview gathers what could not be answered and how the entries do.
	Overview(ctx context.Context, actor org.Actor) (kb.Overview, error)
	// Open gives one gap, or errs.NotFound.
	Open(ctx context.Context, actor org.Actor, group kb.GroupID) (kb.Gap, error)
	// Write makes a draft of what an editor wrote; an errs.List names each
	// faulty field, errs.Conflict says that an entry has the question.
	Write(ctx context.Context, actor org.Actor, e kb.Entry) (kb.EntryID, error)
}

// unansweredPage is what unanswered.html draws.
type unansweredPage struct {
	shell
	kb.Overview
	Made   string // address of the draft just made; empty: none
	Topics []topicView
	All    int
	Topic  string
}

// topicPage is what topic.html draws: the form for one gap.
type topicPage struct {
	shell
	Gap    kb.Gap
	URL    string
	Form   draftForm
	Areas  []areaOption
	Faults []string
	Topics []topicView
	All    int
	Topic  string
}

// showUnanswered lists what could not be answered, what saves most calls first.
func (s *Server) showUnanswered(c *fiber.Ctx, v visit) error {
	if s.o.Unanswered == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	p := unansweredPage{shell: s.shell(v, "knowledge", "答不上来的问题")}
	if e := c.Query("entry"); e != "" {
		p.Made = "/knowledge/" + e
	}
	var err error
	if p.Overview, err = s.o.Unanswered.Overview(c.UserContext(), v.actor); err != nil {
		return err
	}
	if p.Topics, p.All, err = s.topics(c.UserContext(), v, ""); err != nil {
		return err
	}
	return s.page(c, "unanswered", p)
}

// showTopic gives the form for an entry, filled in from the gap.
func (s *Server) showTopic(c *fiber.Ctx, v visit) error {
	p, err := s.newTopicPage(c, v)
	if err != nil {
		return err
	}
	return s.page(c, "topic", p)
}

func (s *Server) newTopicPage(c *fiber.Ctx, v visit) (topicPage, error) {
	if s.o.Unanswered == nil {
		return topicPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	gap, err := s.o.Unanswered.Open(c.UserContext(), v.actor, kb.GroupID(c.Params("group")))
	if err != nil {
		return topicPage{}, err
	}
	p := topicPage{
		shell: s.shell(v, "knowledge", gap.Wordings[0]), Gap: gap, URL: "/knowledge/gaps/" + string(gap.Group),
		Form: draftForm{Question: gap.Wordings[0], Phrasings: strings.Join(gap.Wordings[1:], "\n")},
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

// writeForTopic makes a draft of the form, or shows it again with what is wrong.
func (s *Server) writeForTopic(c *fiber.Ctx, v visit) error {
	p, err := s.newTopicPage(c, v)
	if err != nil {
		return err
	}
	p.Form = readDraftForm(c)
	e, err := s.o.Unanswered.Write(c.UserContext(), v.actor, p.Form.entry())
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
	return s.render(c, fiber.StatusUnprocessableEntity, "topic", "layout", p)
}
