package classifier

import (
	"context"
	"strings"
	"sync"

	"huying/intake"
	"huying/internal/llm"
)

// Writing is a language model that writes from sources.
type Writing interface {
	Allows(ctx context.Context, t llm.Task) (bool, error)
	Write(ctx context.Context, b llm.Brief) ([]llm.Sentence, error)
}

// Proposer lets a language model propose what a leaf lacks: examples of how
// people say it, and what tells it from the leaf that it is confused with most.
// It stores nothing.
type Proposer struct{ model Writing }

// NewProposer makes a Proposer.
func NewProposer(model Writing) *Proposer { return &Proposer{model} }

// Proposed is what a model proposes for a leaf.
type Proposed struct {
	Sources  []llm.Source
	Examples []llm.Sentence
	Clauses  []llm.Sentence // none without a rival
}

const (
	examplesPrompt = "examples-1"
	examplesWork   = "市民会怎么说这个事项的例子：每句是一个市民打来热线会说的一件事，口语，不超过 40 字；从原话和说明里概括，去掉姓名、地名、单位名、时间和数字"
	clausesPrompt  = "clauses-1"
	clausesWork    = "把这个事项与另一个事项区分开的条款：什么情形归这个，什么情形归那个，依据两边的说明和原话"
	examplesMost   = 5
	clausesMost    = 2
)

// Allows reports whether proposals may be asked for now.
func (p *Proposer) Allows(ctx context.Context) (bool, error) { return p.model.Allows(ctx, llm.Example) }

// Propose asks for examples and, with a rival (nil: none), a clause. What still
// holds personal data is left out. Errors are the model's (errs.Unavailable);
// one of the two alone is no failure.
func (p *Proposer) Propose(ctx context.Context, leaf, rival *Category, wordings []Wording) (Proposed, error) {
	out := Proposed{Sources: []llm.Source{aboutLeaf("本事项", leaf)}}
	if rival != nil {
		out.Sources = append(out.Sources, aboutLeaf("容易混淆的事项", rival))
	}
	for _, w := range wordings {
		out.Sources = append(out.Sources, llm.Source{Name: "改判到本事项的原话", Text: w.Text})
	}
	about := leaf.Trail()
	var wg sync.WaitGroup
	var exampleErr, clauseErr error
	wg.Go(func() {
		out.Examples, exampleErr = p.model.Write(ctx, llm.Brief{
			Task: llm.Example, Prompt: examplesPrompt, Work: examplesWork, About: about, Sources: out.Sources, Most: examplesMost,
		})
	})
	if rival != nil {
		wg.Go(func() {
			out.Clauses, clauseErr = p.model.Write(ctx, llm.Brief{
				Task: llm.Example, Prompt: clausesPrompt, Work: clausesWork, About: about + "\n" + rival.Trail(), Sources: out.Sources, Most: clausesMost,
			})
		})
	}
	wg.Wait()
	out.Examples, out.Clauses = impersonal(out.Examples), impersonal(out.Clauses)
	if exampleErr != nil && (rival == nil || clauseErr != nil) {
		return out, exampleErr
	}
	return out, nil
}

// aboutLeaf is what the catalogue says of a leaf.
func aboutLeaf(name string, leaf *Category) llm.Source {
	lines := []string{leaf.Trail(), leaf.Description, leaf.Scope, leaf.Ask}
	for _, r := range leaf.Rules {
		lines = append(lines, r.When)
	}
	lines = append(lines, leaf.Examples...)
	return llm.Source{Name: name + "：" + leaf.Name, Text: strings.Join(lines, "\n")}
}

// impersonal leaves out what holds personal data, or the place of such.
func impersonal(all []llm.Sentence) []llm.Sentence {
	var out []llm.Sentence
	for _, s := range all {
		if intake.Masked(s.Text) == s.Text && !strings.Contains(s.Text, "〔") {
			out = append(out, s)
		}
	}
	return out
}
