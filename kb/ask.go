package kb

import (
	"cmp"
	"context"
	"slices"
	"time"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/query"
)

// Search is what the store is asked for: entries that may answer. All of them
// are published and valid at Now, or to be verified, and hold in Area: their
// own area is empty, or Area, or one that Area lies in. An empty Area sets no
// bound.
type Search struct {
	Model  string    // only vectors of this model are compared
	Vector []float32 // of the ask; nil: search by words alone
	Words  []string  // distinct words of the ask, in order
	Grams  []string  // distinct pairs of characters, for when too few Words are known
	Area   org.AreaCode
	Now    time.Time
}

// Candidate is an entry that may answer, with what the store can tell.
type Candidate struct {
	Entry    Entry
	Question float64 // cosine with the nearest of question and phrasings; 0 without a vector
	Phrasing string  // the wording that gave it
	Whole    float64 // cosine with question and answer together; 0 without a vector
	Negative float64 // cosine with the nearest of its negative phrasings; 0 without one
	Citywide bool    // it holds in the whole city
}

// Store finds candidates.
type Store interface {
	// Near gives the entries that may answer, each once, in any order: the
	// nearest by question or phrasing, the nearest by question and answer, and
	// those that hold the rarest words; about 60 in all, each with both
	// cosines.
	Near(ctx context.Context, s Search) ([]Candidate, error)
}

// Base is the knowledge base as those who ask it see it. It is safe for
// concurrent use.
type Base struct {
	store   Store
	reader  *intake.Reader
	policy  policy
	weights weights
	lexicon lexicon
	grams   *lru.Cache[edition, []gram] // of the entries last met
}

// edition is an entry as it stood at a time: its words never change.
type edition struct {
	entry   EntryID
	version int
}

// gramsKept is how many entries are kept taken apart, at some 8 KB each.
const gramsKept = 4096

// New makes a Base over a store, with the policy that ships with the product.
func New(store Store) (*Base, error) {
	p, err := readPolicy(policyJSON)
	if err != nil {
		return nil, err
	}
	w, err := readWeights(speech)
	if err != nil {
		return nil, err
	}
	l, err := readLexicon(cuesJSON)
	if err != nil {
		return nil, err
	}
	grams, err := lru.New[edition, []gram](gramsKept)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	return &Base{store: store, reader: intake.NewReader(), policy: p, weights: w, lexicon: l, grams: grams}, nil
}

// gramsOf gives the grams of an entry's wording.
func (b *Base) gramsOf(e Entry) []gram {
	at := edition{e.ID, e.Version}
	if known, ok := b.grams.Get(at); ok {
		return known
	}
	grams := b.weights.gramsOf(e.wording()...)
	b.grams.Add(at, grams)
	return grams
}

// shown is how many matches a person gets to read.
const shown = 3

// remote is the probability below which an entry is not even near.
const remote = 0.1

// Ask looks for the entry that answers q: the best three with their evidence,
// and whether the first is given as the answer or why nothing is. Live
// answers, hit tests and the evaluation all come through Find and Decide. The
// error is the store's.
func (b *Base) Ask(ctx context.Context, q query.Query, o Options) (Result, error) {
	f, err := b.Find(ctx, q, o)
	if err != nil {
		return Result{}, err
	}
	return f.Decide("", ""), nil
}

// Found is what may answer an ask, before it is decided whether it does.
type Found struct {
	base   *Base
	query  query.Query
	area   org.AreaCode
	cues   cues
	views  []view
	result Result // without Answered and Silence
}

// Find looks for the entries that may answer q. The error is the store's.
func (b *Base) Find(ctx context.Context, q query.Query, o Options) (*Found, error) {
	f := &Found{base: b, query: q, area: o.Area, result: Result{Threshold: b.policy.Threshold, Policy: b.policy.Version}}
	if len(q.Tokens) == 0 {
		return f, nil
	}
	found, err := b.store.Near(ctx, Search{
		Model: q.Model, Vector: q.Vector, Words: words(q.Tokens), Grams: pairs(q.Tokens),
		Area: o.Area, Now: o.Now,
	})
	if err != nil {
		return nil, err
	}
	a := b.weights.take(q.Text())
	f.cues = b.lexicon.read(q.Text())
	f.views = b.policy.rank(a, f.cues, found, b.gramsOf)
	for _, v := range f.views[:min(cmp.Or(o.Matches, shown), len(f.views))] {
		phrasing := v.candidate.Phrasing
		if phrasing == "" {
			phrasing = v.candidate.Entry.Question
		}
		f.result.Matches = append(f.result.Matches, Match{
			Entry: v.candidate.Entry, Score: v.p, Phrasing: phrasing, Parts: b.policy.parts(v, f.cues),
			Words: b.weights.evidence(q.Tokens, a, b.gramsOf(v.candidate.Entry)),
		})
	}
	return f, nil
}

// Decide tells whether the first of what was found is the answer. t and u are
// what kind of thing the ask seems to be and how urgent; empty: by its own
// words.
func (f *Found) Decide(t intake.Type, u intake.Urgency) Result {
	r := f.result
	r.Silence = SilentNothing
	if len(f.query.Tokens) > 0 {
		r.Silence = f.silence(t, u)
	}
	r.Answered = r.Silence == ""
	return r
}

// silence gives the reason why the first view is not the answer, empty when
// it is. Danger and cases come first: whatever the knowledge base holds, they
// are not brushed off with an article. The threshold is applied here and
// nowhere else.
func (f *Found) silence(t intake.Type, u intake.Urgency) Silence {
	sure := len(f.views) > 0 && f.views[0].p >= f.base.policy.Threshold
	var in intake.Intent
	if sure || t == "" || u == "" {
		in = f.base.reader.Read(f.query.Title, f.query.Body)
	}
	kind := cmp.Or(t, in.Type)
	switch {
	case u == intake.UrgencyA || in.Danger.Urgency == intake.UrgencyA:
		return SilentDanger
	case in.Chasing || kind != intake.Consultation && kind != intake.Help:
		return SilentCase
	case len(f.views) == 0:
		return SilentNothing
	case f.query.Vector == nil:
		return SilentWords
	}
	first := f.views[0]
	switch {
	case sure && first.candidate.barred() != "":
		return first.candidate.barred()
	case sure && f.query.Model != f.base.policy.Model:
		return SilentUnfitted
	case sure && f.area == "" && !first.candidate.Citywide:
		return SilentArea
	case sure:
		return ""
	case f.cues.caseLike() > 0 && f.cues.asking == 0:
		return SilentCase
	case first.p < remote:
		return SilentNothing
	}
	return SilentUnsure
}

// More reasons for silence.
const (
	SilentUnfitted Silence = "向量模型不是校准时所用的，请核对后再答复"
	SilentArea     Silence = "这条只适用于部分地区，请先问清在哪里"
	SilentWords    Silence = "语义检索暂时不可用，只按字词找到，请核对后再答复"
)

// words gives the distinct tokens that are worth a search by word: of two
// characters or more.
func words(tokens []string) []string {
	var out []string
	for _, t := range tokens {
		if utf8.RuneCountInString(t) > 1 {
			out = append(out, t)
		}
	}
	return once(out)
}

// maxPairs bounds the pairs of a long ask; the first say what it is about.
const maxPairs = 200

// pairs gives the distinct pairs of neighbouring characters of the tokens,
// across their borders: where the segmentation of index and query differ, the
// pairs still agree.
func pairs(tokens []string) []string {
	seen := map[string]bool{}
	var out []string
	last := ""
	for _, t := range tokens {
		for _, r := range t {
			if last != "" && len(out) < maxPairs && !seen[last+string(r)] {
				seen[last+string(r)] = true
				out = append(out, last+string(r))
			}
			last = string(r)
		}
	}
	return out
}

// maxEvidence is how many words are shown for a match.
const maxEvidence = 8

// evidence gives the words of the ask that an entry of the grams given holds,
// the most telling first.
func (w weights) evidence(tokens []string, a *asked, entry []gram) []string {
	held := map[gram]bool{}
	a.eachHeld(entry, func(i int) { held[a.grams[i]] = true })
	type telling struct {
		word   string
		weight float64
	}
	var found []telling
	for _, t := range words(tokens) {
		weight, whole := 0.0, true
		w.eachGram(t, func(g gram) {
			whole = whole && held[g]
			weight = max(weight, w.weight(g))
		})
		if whole && weight > 0 {
			found = append(found, telling{t, weight})
		}
	}
	slices.SortStableFunc(found, func(x, y telling) int { return cmp.Compare(y.weight, x.weight) })
	var out []string
	for _, t := range found[:min(maxEvidence, len(found))] {
		out = append(out, t.word)
	}
	return out
}
