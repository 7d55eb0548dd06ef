package casework

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Template is the form of an answer for a leaf, kept by the centre. A new
// version of the catalogue goes on with those of the leaves that it continues.
type Template struct {
	Category classifier.CategoryID
	Text     string // with placeholders; empty: there is none
	By       org.AccountID
	ByName   string // only in what the store gives
	At       time.Time
}

// Placeholders are what a template may leave open, each in braces, such as
// {工单编号}.
func Placeholders() []string {
	return []string{"工单编号", "承办单位", "事项", "地点", "日期", "协办意见"}
}

// placeholder is anything in braces.
var placeholder = regexp.MustCompile(`[{｛]([^{}｛｝]*)[}｝]`)

// Validate names a placeholder that does not exist.
func (t Template) Validate() error {
	if n := len([]rune(t.Text)); n > MaxPublicRunes {
		return errs.New(errs.Invalid, "field.too_long", "模板", MaxPublicRunes).In("text")
	}
	for _, m := range placeholder.FindAllStringSubmatch(t.Text, -1) {
		if !slices.Contains(Placeholders(), strings.TrimSpace(m[1])) {
			return errs.New(errs.Invalid, "answer.placeholder", m[0], strings.Join(Placeholders(), "、")).In("text")
		}
	}
	return nil
}

// Fill puts values, by placeholder, into the template. One without a value
// stays as it is, for a person to fill in.
func (t Template) Fill(values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(t.Text, func(found string) string {
		name := strings.TrimSpace(placeholder.FindStringSubmatch(found)[1])
		if v := values[name]; v != "" {
			return v
		}
		return found
	})
}

// Like is a closed case like another one, with what its citizen was answered.
type Like struct {
	Case   CaseID
	Number string
	Title  string // masked
	Answer string
}

// Known is what the knowledge base says to a text.
type Known struct {
	Question string
	Answer   string
}

// Knowledge is the knowledge base, as far as drafts need it.
type Knowledge interface {
	// Best gives the best entry to a text where it would be answered with; false
	// when there is none.
	Best(ctx context.Context, text string, area org.AreaCode) (Known, bool, error)
}

// AnswerStore keeps templates and finds what was answered.
type AnswerStore interface {
	// Template gives the one of a leaf, or of those that it continues; the zero
	// Template when there is none.
	Template(ctx context.Context, c classifier.CategoryID) (Template, error)
	// InsertTemplate stores a new text for a leaf, and its audit line.
	InsertTemplate(ctx context.Context, t Template, line org.Audit) error
	// LikeClosed gives closed, solved cases of the same leaf, the likest first.
	LikeClosed(ctx context.Context, c CaseID, limit int) ([]Like, error)
}

// Draft is a proposal for an answer. Nobody is answered with it before a person
// has taken it, looked at it and sent it.
type Draft struct {
	Key   string // "template", "entry", "like-1" …
	From  string // where it comes from, in words
	Text  string
	Parts bool // co-units' parts were added
}

// Drafts makes proposals for answers. It is safe for concurrent use.
type Drafts struct {
	store AnswerStore
	cases *Cases
	known Knowledge
}

// NewDrafts makes Drafts; known nil: there is no knowledge base.
func NewDrafts(store AnswerStore, cases *Cases, known Knowledge) *Drafts {
	return &Drafts{store: store, cases: cases, known: known}
}

// likesShown is how many like cases are offered.
const likesShown = 3

// Of gives what an answer to a case may begin with, the leaf's template first.
// names gives the words for a unit and for the case's leaf. A knowledge base
// that is away is no reason to be without the others.
func (d *Drafts) Of(ctx context.Context, actor org.Actor, c CaseID, names Names) ([]Draft, error) {
	b, err := d.begin(ctx, actor, c, names)
	if err != nil {
		return nil, err
	}
	parts, out := partsOf(b.history, names), b.drafts
	for i := range out {
		if out[i].Parts = parts != "" && strings.Contains(out[i].Text, parts); !out[i].Parts && parts != "" {
			out[i].Text, out[i].Parts = out[i].Text+"\n"+parts, true
		}
	}
	return out, nil
}

// beginnings are what an answer may begin with, before co-units' parts are
// added, with the case that it is for.
type beginnings struct {
	docket  Docket
	history []Event
	drafts  []Draft
}

func (d *Drafts) begin(ctx context.Context, actor org.Actor, c CaseID, names Names) (beginnings, error) {
	k, history, err := d.cases.Get(ctx, actor, c)
	if err != nil {
		return beginnings{}, err
	}
	if !k.answeredBy(actor) {
		return beginnings{}, errs.New(errs.Forbidden, "case.not_yours", "起草答复")
	}
	b := beginnings{docket: k, history: history}
	t, err := d.store.Template(ctx, k.Category)
	if err != nil {
		return b, err
	}
	if t.Text != "" {
		text := t.Fill(map[string]string{
			"工单编号": k.Number, "承办单位": names.Unit(k.Unit), "事项": names.Leaf, "地点": k.Place, "日期": names.Today, "协办意见": partsOf(history, names),
		})
		b.drafts = append(b.drafts, Draft{Key: "template", From: "本事项的答复模板", Text: text})
	}
	if d.known != nil {
		if entry, ok, err := d.known.Best(ctx, k.Title+"\n"+k.Text, k.Area); err == nil && ok {
			b.drafts = append(b.drafts, Draft{Key: "entry", From: "知识库：" + entry.Question, Text: entry.Answer})
		}
	}
	likes, err := d.store.LikeClosed(ctx, c, likesShown)
	if err != nil {
		return b, err
	}
	for i, l := range likes {
		b.drafts = append(b.drafts, Draft{Key: likeKey + string(rune('1'+i)), From: "相近的已办工单 " + l.Number + "：" + l.Title, Text: l.Answer})
	}
	return b, nil
}

// likeKey begins the keys of drafts from like cases.
const likeKey = "like-"

// Names are the words for what a draft names.
type Names struct {
	Unit  func(org.UnitID) string
	Leaf  string
	Today string
	Units []string // all there are; needed by Composer only
}

// partsOf joins what co-units have given since the case was dispatched.
func partsOf(history []Event, names Names) string {
	var parts []string
	for _, e := range history {
		switch e.Move {
		case File, Redirect:
			parts = nil
		case Contribute, DoneTask:
			parts = append(parts, names.Unit(org.UnitID(e.Reason))+"："+e.Text)
		}
	}
	return strings.Join(parts, "\n")
}

// Template gives the template of a leaf, to whoever reads the catalogue.
func (d *Drafts) Template(ctx context.Context, actor org.Actor, c classifier.CategoryID) (Template, error) {
	if err := org.Can(actor, org.ActReadCatalogue); err != nil {
		return Template{}, err
	}
	if !id.Valid(c) {
		return Template{}, errs.New(errs.NotFound, "category.not_found")
	}
	return d.store.Template(ctx, c)
}

// KeepTemplate stores the text of a leaf's template; an empty one takes it away.
func (d *Drafts) KeepTemplate(ctx context.Context, actor org.Actor, c classifier.CategoryID, text string) error {
	if err := org.Can(actor, org.ActDispatch); err != nil {
		return err
	}
	t := Template{Category: c, Text: strings.TrimSpace(text), By: actor.Account, At: d.cases.now()}
	if err := t.Validate(); err != nil {
		return err
	}
	if !id.Valid(c) {
		return errs.New(errs.NotFound, "category.not_found")
	}
	return d.store.InsertTemplate(ctx, t, org.Audit{At: t.At, Actor: actor.Account, Action: "keep_template", Object: "category:" + string(c)})
}
