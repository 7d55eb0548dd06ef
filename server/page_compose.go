package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/llm"
)

// composePage is what compose.html draws: what a language model drafts for an
// answer, sentence by sentence, with what each rests on.
type composePage struct {
	shell
	Number    string
	URL       string
	Back      string
	Note      string
	MaxNote   int
	Sources   []sourceView
	Sentences []sentenceView
	Asked     bool
	Failed    string // why there is no draft, in words
	Faults    []string
}

// sourceView is a source with its number.
type sourceView struct {
	Number  int
	Name    string
	Text    string
	Pattern bool
}

// sentenceView is a sentence of a draft.
type sentenceView struct {
	Number    int
	Text      string
	From      []int // numbers of sources
	Lacks     []string
	Supported bool
}

// writeWithin is what is added to a model's patience for everything else.
const writeWithin = llm.MaxPatience + 10e9

// writing gives a request that waits for a text the time for it: whoever sent
// it has asked for just that.
func writing(c *fiber.Ctx) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(c.UserContext()), writeWithin)
}

func newSourceViews(all []llm.Source) []sourceView {
	out := make([]sourceView, len(all))
	for i, s := range all {
		out[i] = sourceView{i + 1, s.Name, s.Text, s.Pattern}
	}
	return out
}

func newSentenceViews(all []llm.Sentence) []sentenceView {
	out := make([]sentenceView, len(all))
	for i, s := range all {
		out[i] = sentenceView{Number: i + 1, Text: s.Text, Supported: s.Supported()}
		for _, at := range s.From {
			out[i].From = append(out[i].From, at+1)
		}
		for _, l := range s.Lacks {
			out[i].Lacks = append(out[i].Lacks, l.String())
		}
	}
	return out
}

// mayCompose reports whether the reader of a case is offered a draft by the
// model.
func (s *Server) mayCompose(ctx context.Context, p *casePage) (bool, error) {
	if s.o.Assist == nil || s.o.Assist.Compose == nil || !p.MayAnswer() {
		return false, nil
	}
	return s.o.Assist.Compose.Allows(ctx)
}

// showCompose shows what a draft would be made from; it asks no model.
func (s *Server) showCompose(c *fiber.Ctx, v visit) error {
	p, names, err := s.newComposePage(c, v)
	if err != nil {
		return err
	}
	made, err := s.o.Assist.Compose.Sources(c.UserContext(), v.actor, casework.CaseID(c.Params("case")), names, "")
	if err != nil {
		return err
	}
	p.Sources = newSourceViews(made.Sources)
	return s.page(c, "compose", p)
}

// newComposePage is the page for a case that the reader may answer now.
func (s *Server) newComposePage(c *fiber.Ctx, v visit) (composePage, casework.Names, error) {
	if s.o.Assist == nil || s.o.Assist.Compose == nil {
		return composePage{}, casework.Names{}, errs.New(errs.NotFound, "page.not_found")
	}
	of, err := s.newCasePage(c, v, caseForm{})
	if err != nil {
		return composePage{}, casework.Names{}, err
	}
	may, err := s.mayCompose(c.UserContext(), &of)
	if err == nil && !may {
		err = errs.New(errs.Forbidden, "case.not_yours", "起草答复")
		if of.MayAnswer() {
			err = errs.New(errs.NotFound, "page.not_found")
		}
	}
	if err != nil {
		return composePage{}, casework.Names{}, err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return composePage{}, casework.Names{}, err
	}
	p := composePage{
		shell: s.shell(v, "cases", "起草答复"), Number: of.Case.Number, URL: of.URL + "/draft", Back: of.URL, MaxNote: casework.MaxNoteRunes,
		Note: strings.TrimSpace(c.FormValue("note")),
	}
	return p, casework.Names{Unit: unitNames(dir), Leaf: of.Leaf, Today: s.day(s.o.Now()), Units: dir.UnitNames()}, nil
}

// compose asks for a draft and shows it. Without an answer the page says so,
// and everything typed stays.
func (s *Server) compose(c *fiber.Ctx, v visit) error {
	p, names, err := s.newComposePage(c, v)
	if err != nil {
		return err
	}
	ctx, cancel := writing(c)
	defer cancel()
	made, err := s.o.Assist.Compose.Compose(ctx, v.actor, casework.CaseID(c.Params("case")), names, p.Note)
	p.Sources, p.Sentences, p.Asked = newSourceViews(made.Sources), newSentenceViews(made.Sentences), true
	switch {
	case err == nil:
		return s.page(c, "compose", p)
	case errs.KindOf(err) == errs.Invalid:
		p.Faults = sentences(err)
		return s.render(c, fiber.StatusUnprocessableEntity, "compose", "layout", p)
	case !ofModel(err):
		return err
	}
	p.Failed = errs.Sentence(err)
	return s.page(c, "compose", p)
}

// ofModel reports that an error only says that the model has not helped.
func ofModel(err error) bool {
	return errs.KindOf(err) == errs.Unavailable && strings.HasPrefix(string(errs.CodeOf(err)), "llm.")
}

// takeDraft puts the sentences that were chosen into the form of the answer. It
// sends nothing.
func (s *Server) takeDraft(c *fiber.Ctx, v visit) error {
	if s.o.Assist == nil || s.o.Assist.Compose == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	p, err := s.newCasePage(c, v, caseForm{Move: casework.Propose, Public: casework.Text(takenSentences(c, 0))})
	if err != nil {
		return err
	}
	if !p.MayAnswer() {
		return errs.New(errs.Forbidden, "case.not_yours", "起草答复")
	}
	p.Drafted = "大模型，按所列资料逐句起草"
	return s.page(c, "case", p)
}

// maxTaken is more than any draft has sentences.
const maxTaken = 60

// takenSentences reads the sentences that were ticked, in their order, of those
// numbered after a number. A form
// that was tampered with gains nothing: what stands in the answer is read by
// whoever signs it.
func takenSentences(c *fiber.Ctx, after int) []llm.Sentence {
	var out []llm.Sentence
	for i := 1; i <= maxTaken; i++ {
		n := strconv.Itoa(after + i)
		text := strings.TrimSpace(c.FormValue("text-" + n))
		if text == "" || c.FormValue("take-"+n) == "" {
			continue
		}
		s := llm.Sentence{Text: text}
		if c.FormValue("bare-"+n) != "" {
			s.Lacks = []llm.Lack{{What: llm.Unsourced}}
		}
		out = append(out, s)
	}
	return out
}
