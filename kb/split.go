package kb

import (
	"context"
	"slices"
	"unicode/utf8"

	"huying/intake"
	"huying/internal/query"
)

// PartAnswer is what came of one of several questions in one ask.
type PartAnswer struct {
	Text     string
	Answered bool
	Silence  Silence // why there is no answer; empty when Answered
	Entry    EntryID // that answers, or the nearest; empty when nothing was found
	Question string  // of that entry
}

// A part is a question of its own when it is long enough to say what it is
// about, and far from the entry that another part found: of the product's own
// asks these keep together what goes on about one matter.
const (
	ownRunes  = 8
	ownCosine = 0.55
	maxParts  = 4
)

// cut looks for the questions of an ask whose writer marks that another thing
// begins, and finds for each by itself. Nothing is cut unless the parts are
// about different things. Where the whole wants something done and no part
// plainly asks, the catalogue cuts it into matters, and each is asked for by
// itself then. The error is the store's or the embedder's.
func (f *Found) cut(ctx context.Context, o Options) error {
	preamble, texts := intake.Segments(f.query.Body)
	if len(texts) < 2 || len(texts) > maxParts || f.intent < caseFrom && !slices.ContainsFunc(texts, f.base.asks) {
		return nil
	}
	o.part = true
	var parts []*Found
	for _, text := range texts {
		q, err := o.Build(ctx, "", query.Join(preamble, text))
		if err != nil {
			return err
		}
		part, err := f.base.Find(ctx, q, o)
		if err != nil {
			return err
		}
		parts = append(parts, part)
	}
	if separate(parts) {
		f.parts = parts
	}
	return nil
}

// asks reports whether a part rather wants to know something than have it done.
func (b *Base) asks(part string) bool { return b.intent.read(query.Fold(part)) >= 0 }

// separate reports whether parts are about different things.
func separate(parts []*Found) bool {
	for i, p := range parts[1:] {
		before := parts[i]
		if len(before.views) == 0 || len(p.views) == 0 || utf8.RuneCountInString(p.query.Body) < ownRunes {
			return false
		}
		first := before.views[0].candidate.Entry.ID
		if p.views[0].candidate.Entry.ID == first {
			return false
		}
		for _, v := range p.views {
			if v.candidate.Entry.ID == first && max(v.candidate.Question, v.candidate.Whole) >= ownCosine {
				return false
			}
		}
	}
	return true
}

// decideParts decides each part by its own words and gives the first answered
// one as the answer; what is left is named. ok is false when none is answered.
func (f *Found) decideParts(u intake.Urgency) (r Result, ok bool) {
	r = f.result
	var named []PartAnswer
	for _, p := range f.parts {
		one := p.Decide("", u)
		a := PartAnswer{Text: p.query.Body, Answered: one.Answered, Silence: one.Silence}
		if len(one.Matches) > 0 {
			a.Entry, a.Question = one.Matches[0].Entry.ID, one.Matches[0].Entry.Question
		}
		named = append(named, a)
		if one.Answered && !ok {
			r, ok = one, true
			for i := range r.Matches {
				r.Matches[i].Asked = a.Text
			}
		}
	}
	r.Parts = named
	r.Direct = false // the rest needs a person
	return r, ok
}
