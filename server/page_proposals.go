package server

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// Proposals are what may be taken into the knowledge base.
type Proposals interface {
	// List gives those that wait, most callers first, or those that were
	// decided on, latest first.
	List(ctx context.Context, actor org.Actor, decided bool) ([]kb.Proposal, error)
	// Open gives one with the rounds behind it, or errs.NotFound.
	Open(ctx context.Context, actor org.Actor, group kb.GroupID) (kb.Proposal, []kb.Round, error)
	// Take makes a draft of it as the editor left it; an errs.List names each
	// faulty field, errs.Conflict says that somebody was faster or an entry
	// has the question.
	Take(ctx context.Context, actor org.Actor, group kb.GroupID, e kb.Entry) (kb.EntryID, error)
	// Extend gives the entry that answers it already more phrasings.
	Extend(ctx context.Context, actor org.Actor, group kb.GroupID, phrasings []string) (kb.EntryID, error)
	// Reject puts it away until more people ask.
	Reject(ctx context.Context, actor org.Actor, group kb.GroupID) error
}

// proposalsPage is what proposals.html draws: the list.
type proposalsPage struct {
	shell
	List    []proposalRow
	Decided bool
	Said    string
	Made    string // address of the draft just made; empty: none
	Topics  []topicView
	All     int
	Topic   string
}

// proposalRow is one line of the list.
type proposalRow struct {
	kb.Proposal
	URL   string
	Kind  string // 新条目, 补充问法
	Entry string // address of the entry that it went into; empty: none
}

// proposalPage is what proposal.html draws: one proposal.
type proposalPage struct {
	shell
	Proposal       kb.Proposal
	URL            string
	Existing       *kb.Entry // that answers it already, or contradicts it
	ExistingURL    string
	Extends        bool // its phrasings are for the existing entry
	Rounds         []roundView
	Form           draftForm
	Areas          []areaOption
	Faults         []string
	MayMerge       bool          // the language model may be asked to merge the replies
	MayExplain     bool          // … where the versions contradict each other
	Merged         *mergedView   // what it made of them; nil: it was not asked
	Clashes        []clashesView // what it said; nil: it was not asked
	Drafted        bool          // the answer in the form is the model's
	Failed         string        // why it gave nothing
	asked          []kb.Round
	Before, Behind string // addresses of the neighbours in the list; empty: none
	Topics         []topicView
	All            int
	Topic          string
}

// roundView is one line of the evidence.
type roundView struct {
	kb.Round
	Same   bool   // its answer is word for word that of the one above
	Source string // 条目答复, 单位答复, 当场答复
	Desk   string // address of the matter
}

// draftForm is the form of a draft as it was filled in.
type draftForm struct {
	Question, Answer, Phrasings, Unit, Topic, Area string
}

// saidOfProposals are the sentences an action may leave behind on the list.
var saidOfProposals = map[string]string{
	"taken":    "已存为草稿，没有发布",
	"extended": "已写进修改稿，送审通过后生效",
	"rejected": "已放下，再有三位来电人问到时会重新列出",
}

// showProposals lists what waits for an editor, or what was decided.
func (s *Server) showProposals(c *fiber.Ctx, v visit) error {
	if s.o.Proposals == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	p := proposalsPage{
		shell: s.shell(v, "knowledge", "可以收进知识库的问答"), Decided: c.Query("show") == "decided",
		Said: saidOfProposals[c.Query("said")],
	}
	if e := c.Query("entry"); p.Said != "" && e != "" {
		p.Made = "/knowledge/" + e
	}
	found, err := s.o.Proposals.List(c.UserContext(), v.actor, p.Decided)
	if err != nil {
		return err
	}
	for _, f := range found {
		p.List = append(p.List, newProposalRow(f))
	}
	p.Topics, p.All, err = s.topics(c.UserContext(), v, "")
	if err != nil {
		return err
	}
	return s.page(c, "proposals", p)
}

func newProposalRow(p kb.Proposal) proposalRow {
	row := proposalRow{Proposal: p, URL: "/knowledge/proposals/" + string(p.ID), Kind: "新条目"}
	if p.Weighed.Existing != "" && !p.Weighed.Blocked() {
		row.Kind = "补充问法"
	}
	if p.Entry != "" {
		row.Entry = "/knowledge/" + string(p.Entry)
	}
	return row
}

// showProposal shows one with its evidence and the form.
func (s *Server) showProposal(c *fiber.Ctx, v visit) error {
	p, err := s.newProposalPage(c, v)
	if err != nil {
		return err
	}
	return s.page(c, "proposal", p)
}

func (s *Server) newProposalPage(c *fiber.Ctx, v visit) (proposalPage, error) {
	ctx := c.UserContext()
	if s.o.Proposals == nil {
		return proposalPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	found, rounds, err := s.o.Proposals.Open(ctx, v.actor, kb.GroupID(c.Params("group")))
	if err != nil {
		return proposalPage{}, err
	}
	w := found.Weighed
	p := proposalPage{
		shell: s.shell(v, "knowledge", w.Question), Proposal: found, URL: "/knowledge/proposals/" + string(found.ID),
		Extends: w.Existing != "" && !w.Blocked(), Rounds: newRoundViews(rounds), asked: rounds,
		Form: draftForm{Question: w.Question, Answer: w.Answer(), Phrasings: strings.Join(w.Phrasings, "\n"), Unit: w.Unit},
	}
	if w.Blocked() {
		p.Form.Answer = "" // whoever takes it must have chosen
	}
	if w.Existing != "" {
		e, err := s.o.Knowledge.Entry(ctx, v.actor, w.Existing)
		if err != nil && errs.KindOf(err) != errs.NotFound {
			return p, err
		}
		if err == nil {
			p.Existing, p.ExistingURL, p.Form.Topic = &e, "/knowledge/"+string(e.ID), e.Topic
		}
	}
	if err := s.offerWriting(c, &p); err != nil {
		return p, err
	}
	if err := s.neighbours(c, v, &p); err != nil {
		return p, err
	}
	if p.Areas, err = s.areas(ctx, ""); err != nil {
		return p, err
	}
	p.Topics, p.All, err = s.topics(ctx, v, "")
	return p, err
}

// neighbours finds what stands before and behind a proposal in the list, for J
// and K.
func (s *Server) neighbours(c *fiber.Ctx, v visit, p *proposalPage) error {
	list, err := s.o.Proposals.List(c.UserContext(), v.actor, false)
	if err != nil {
		return err
	}
	for i, other := range list {
		if other.ID != p.Proposal.ID {
			continue
		}
		if i > 0 {
			p.Before = newProposalRow(list[i-1]).URL
		}
		if i+1 < len(list) {
			p.Behind = newProposalRow(list[i+1]).URL
		}
	}
	return nil
}

func newRoundViews(rounds []kb.Round) []roundView {
	var out []roundView
	for i, r := range rounds {
		view := roundView{Round: r, Source: "当场答复", Desk: "/desk/" + string(r.Matter)}
		switch {
		case r.Entry != "":
			view.Source = "知识条目答复，已解决"
		case r.Unit != "":
			view.Source = r.Unit + "答复"
		}
		view.Same = i > 0 && rounds[i-1].Answer == r.Answer
		out = append(out, view)
	}
	return out
}

// takeProposal makes a draft of the form, or shows it again with what is wrong.
func (s *Server) takeProposal(c *fiber.Ctx, v visit) error {
	p, err := s.newProposalPage(c, v)
	if err != nil {
		return err
	}
	p.Form = readDraftForm(c)
	e, err := s.o.Proposals.Take(c.UserContext(), v.actor, p.Proposal.ID, p.Form.entry())
	switch {
	case err == nil:
		return c.Redirect(link("/knowledge/proposals", "said", "taken", "entry", string(e)), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid && errs.CodeOf(err) != "proposal.question":
		return err
	}
	p.Faults = sentences(err)
	if p.Areas, err = s.areas(c.UserContext(), p.Form.Area); err != nil {
		return err
	}
	return s.render(c, fiber.StatusUnprocessableEntity, "proposal", "layout", p)
}

func readDraftForm(c *fiber.Ctx) draftForm {
	field := func(name string) string { return strings.TrimSpace(c.FormValue(name)) }
	return draftForm{
		Question: field("question"), Answer: field("answer"), Phrasings: field("phrasings"),
		Unit: field("unit"), Topic: field("topic"), Area: field("area"),
	}
}

func (f draftForm) entry() kb.Entry {
	return kb.Entry{
		Question: f.Question, Answer: f.Answer, Phrasings: lines(f.Phrasings),
		Unit: f.Unit, Topic: f.Topic, Area: org.AreaCode(f.Area),
	}
}

// extendEntry gives the existing entry the wordings that the editor left.
func (s *Server) extendEntry(c *fiber.Ctx, v visit) error {
	if s.o.Proposals == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	e, err := s.o.Proposals.Extend(c.UserContext(), v.actor, kb.GroupID(c.Params("group")), lines(c.FormValue("phrasings")))
	if err != nil {
		return err
	}
	return c.Redirect(link("/knowledge/proposals", "said", "extended", "entry", string(e)), fiber.StatusSeeOther)
}

// rejectProposal puts a proposal away.
func (s *Server) rejectProposal(c *fiber.Ctx, v visit) error {
	if s.o.Proposals == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	if err := s.o.Proposals.Reject(c.UserContext(), v.actor, kb.GroupID(c.Params("group"))); err != nil {
		return err
	}
	return c.Redirect(link("/knowledge/proposals", "said", "rejected"), fiber.StatusSeeOther)
}
