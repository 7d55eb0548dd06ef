package casework

import (
	"context"
	"strings"

	"huying/internal/errs"
	"huying/internal/llm"
	"huying/internal/org"
)

// Writing is a language model that writes from sources, as far as drafts need
// it.
type Writing interface {
	Allows(ctx context.Context, t llm.Task) (bool, error)
	Write(ctx context.Context, b llm.Brief) ([]llm.Sentence, error)
}

// Composer lets a language model draft the answer to a case, sentence by
// sentence, from what a draft may begin with. It decides on nothing and stores
// nothing: a person takes sentences, changes them and signs.
type Composer struct {
	drafts *Drafts
	model  Writing
}

// NewComposer makes a Composer.
func NewComposer(drafts *Drafts, model Writing) *Composer { return &Composer{drafts, model} }

// Composed is a draft, or only what it would be made from.
type Composed struct {
	Sources   []llm.Source
	Sentences []llm.Sentence
}

// Text joins the sentences that somebody took. What rests on nothing is marked,
// so that it cannot be sent as it stands.
func Text(taken []llm.Sentence) string {
	var b strings.Builder
	for _, s := range taken {
		if !s.Supported() {
			b.WriteString(llm.Unsourced)
		}
		b.WriteString(s.Text)
	}
	return b.String()
}

const (
	composePrompt    = "draft-1"
	composeWork      = "承办单位给诉求人的答复：办了什么、结果怎样、依据什么；只写这一件已经办了的，没有办的不写"
	composeSentences = 8
	// MaxNoteRunes bounds what the unit says it did.
	MaxNoteRunes = 1000
)

// Allows reports whether a draft may be asked for now.
func (c *Composer) Allows(ctx context.Context) (bool, error) { return c.model.Allows(ctx, llm.Draft) }

// Sources gives what a draft would be made from, without asking the model: what
// the unit says it did (note, may be empty) first.
func (c *Composer) Sources(ctx context.Context, actor org.Actor, k CaseID, names Names, note string) (Composed, error) {
	out, _, err := c.gather(ctx, actor, k, names, note)
	return out, err
}

// Compose asks for a draft. Errors are those of Sources, errs.Invalid with the
// field "note", or the model's (errs.Unavailable).
func (c *Composer) Compose(ctx context.Context, actor org.Actor, k CaseID, names Names, note string) (Composed, error) {
	out, d, err := c.gather(ctx, actor, k, names, note)
	if err != nil {
		return out, err
	}
	out.Sentences, err = c.model.Write(ctx, llm.Brief{
		Task: llm.Draft, Prompt: composePrompt, Work: composeWork, Most: composeSentences,
		About: d.Title + "\n" + d.Text, Sources: out.Sources, Names: names.Units,
	})
	return out, err
}

func (c *Composer) gather(ctx context.Context, actor org.Actor, k CaseID, names Names, note string) (Composed, Docket, error) {
	note = strings.TrimSpace(note)
	if len([]rune(note)) > MaxNoteRunes {
		return Composed{}, Docket{}, errs.New(errs.Invalid, "field.too_long", "办理情况", MaxNoteRunes).In("note")
	}
	b, err := c.drafts.begin(ctx, actor, k, names)
	if err != nil {
		return Composed{}, Docket{}, err
	}
	var out Composed
	add := func(name, text string, pattern bool) {
		if text = strings.TrimSpace(text); text != "" {
			out.Sources = append(out.Sources, llm.Source{Name: name, Text: text, Pattern: pattern})
		}
	}
	add("办理情况", note, false)
	add("协办单位的意见", partsOf(b.history, names), false)
	add("下级上报的办理情况", reportsOf(b.history), false)
	add("诉求人的话", b.docket.Title+"\n"+b.docket.Text, false)
	for _, d := range b.drafts {
		add(d.From, d.Text, strings.HasPrefix(d.Key, likeKey))
	}
	return out, b.docket, nil
}

// reportsOf joins what was reported from below since the case was dispatched.
func reportsOf(history []Event) string {
	var said []string
	for _, e := range history {
		switch e.Move {
		case File, Redirect:
			said = nil
		case Report:
			said = append(said, e.Text)
		}
	}
	return strings.Join(said, "\n")
}
