package server

import (
	"fmt"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/llm"
	"huying/kb"
)

// mergedView is what a language model made of a proposal's replies.
type mergedView struct {
	Sources   []sourceView
	Sentences []sentenceView
}

// clashesView is what a model says of two versions.
type clashesView struct {
	First, Second int // versions from 1
	All           []kb.Contradiction
}

// offerWriting says what the model may be asked for on a proposal's page. It
// asks no model.
func (s *Server) offerWriting(c *fiber.Ctx, p *proposalPage) error {
	if s.o.Assist == nil || p.Proposal.DecidedBy != "" {
		return nil
	}
	task, may := llm.Merge, &p.MayMerge
	switch {
	case p.Proposal.Weighed.Blocked():
		task, may = llm.Clash, &p.MayExplain
	case p.Extends:
		return nil
	}
	var err error
	*may, err = s.o.Assist.Merge.Allows(c.UserContext(), task)
	return err
}

// proposalFor is the page of a proposal on which the model may be asked.
func (s *Server) proposalFor(c *fiber.Ctx, v visit, may func(*proposalPage) bool) (proposalPage, error) {
	if s.o.Assist == nil {
		return proposalPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	p, err := s.newProposalPage(c, v)
	if err == nil && !may(&p) {
		err = errs.New(errs.Unavailable, "llm.off")
	}
	return p, err
}

// mergeReplies shows what the model makes of the replies.
func (s *Server) mergeReplies(c *fiber.Ctx, v visit) error {
	p, err := s.proposalFor(c, v, func(p *proposalPage) bool { return p.MayMerge })
	if err != nil {
		return err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return err
	}
	ctx, cancel := writing(c)
	defer cancel()
	sources, sentences, err := s.o.Assist.Merge.Merge(ctx, p.Proposal, p.asked, dir.UnitNames())
	switch {
	case err == nil:
		p.Merged = &mergedView{newSourceViews(sources), newSentenceViews(sentences)}
	case ofModel(err):
		p.Failed = errs.Sentence(err)
	default:
		return err
	}
	return s.page(c, "proposal", p)
}

// takeMerged puts the sentences that were chosen into the form. It stores
// nothing.
func (s *Server) takeMerged(c *fiber.Ctx, v visit) error {
	p, err := s.proposalFor(c, v, func(p *proposalPage) bool { return p.MayMerge })
	if err != nil {
		return err
	}
	p.Form.Answer, p.Drafted = casework.Text(takenSentences(c, 0)), true
	return s.page(c, "proposal", p)
}

// explainClash shows which sentences of the versions contradict the first one.
func (s *Server) explainClash(c *fiber.Ctx, v visit) error {
	p, err := s.proposalFor(c, v, func(p *proposalPage) bool { return p.MayExplain })
	if err != nil {
		return err
	}
	ctx, cancel := writing(c)
	defer cancel()
	w := p.Proposal.Weighed
	for i, other := range w.Versions[1:] {
		found, err := s.o.Assist.Merge.Explain(ctx, w.Question, w.Versions[0], other)
		switch {
		case err == nil:
			p.Clashes = append(p.Clashes, clashesView{1, i + 2, found})
		case ofModel(err):
			p.Failed = fmt.Sprintf("第 1 种与第 %d 种：%s", i+2, errs.Sentence(err))
		default:
			return err
		}
	}
	return s.page(c, "proposal", p)
}
