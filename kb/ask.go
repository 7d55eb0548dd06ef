package kb

import (
	"cmp"
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"huying/intake"
	"huying/internal/org"
	"huying/internal/query"
)

// Search is what the store is asked for: entries that may answer. All of them
// are published, valid at Now, and hold in Area: their own area is empty, or
// Area, or one that Area lies in. An empty Area sets no bound.
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

// Base is the knowledge base as those who ask it see it. It keeps nothing
// between two asks and is safe for concurrent use.
type Base struct {
	store   Store
	reader  *intake.Reader
	policy  policy
	weights weights
	lexicon lexicon
}

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
	return &Base{store: store, reader: intake.NewReader(), policy: p, weights: w, lexicon: l}, nil
}

// shown is how many matches a person gets to read.
const shown = 3

// remote is the probability below which an entry is not even near.
const remote = 0.1

// Ask looks for the entry that answers q: the best three with their evidence,
// and whether the first is given as the answer or why nothing is. Live
// answers, hit tests and the evaluation all come through here. The error is
// the store's.
func (b *Base) Ask(ctx context.Context, q query.Query, o Options) (Result, error) {
	r := Result{Threshold: b.policy.Threshold, Policy: b.policy.Version}
	if len(q.Tokens) == 0 {
		r.Silence = SilentNothing
		return r, nil
	}
	found, err := b.store.Near(ctx, Search{
		Model: q.Model, Vector: q.Vector, Words: words(q.Tokens), Grams: pairs(q.Tokens),
		Area: o.Area, Now: o.Now,
	})
	if err != nil {
		return Result{}, err
	}
	a, c := b.weights.take(q.Text()), b.lexicon.read(q.Text())
	views := b.policy.rank(a, c, found)
	r.Silence = b.silence(views, c, q, o)
	r.Answered = r.Silence == ""
	for _, v := range views[:min(cmp.Or(o.Matches, shown), len(views))] {
		phrasing := v.candidate.Phrasing
		if phrasing == "" {
			phrasing = v.candidate.Entry.Question
		}
		r.Matches = append(r.Matches, Match{
			Entry: v.candidate.Entry, Score: v.p, Phrasing: phrasing,
			Parts: b.policy.parts(v, c), Words: b.weights.evidence(q.Tokens, a, v.candidate.Entry),
		})
	}
	return r, nil
}

// silence gives the reason why the first view is not the answer, empty when
// it is. Danger and cases come first: whatever the knowledge base holds, they
// are not brushed off with an article. The threshold is applied here and
// nowhere else.
func (b *Base) silence(views []view, c cues, q query.Query, o Options) Silence {
	sure := len(views) > 0 && views[0].p >= b.policy.Threshold
	var in intake.Intent
	if sure || o.Type == "" || o.Urgency == "" {
		in = b.reader.Read(q.Title, q.Body)
	}
	kind := cmp.Or(o.Type, in.Type)
	switch {
	case o.Urgency == intake.UrgencyA || in.Danger.Urgency == intake.UrgencyA:
		return SilentDanger
	case in.Chasing || kind != intake.Consultation && kind != intake.Help:
		return SilentCase
	case len(views) == 0:
		return SilentNothing
	case q.Vector == nil:
		return SilentWords
	}
	first := views[0]
	switch {
	case sure && q.Model != b.policy.Model:
		return SilentUnfitted
	case sure && o.Area == "" && !first.candidate.Citywide:
		return SilentArea
	case sure:
		return ""
	case c.caseLike() > 0 && c.asking == 0:
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

// evidence gives the words of the ask that the entry holds, the most telling
// first.
func (w weights) evidence(tokens []string, a *asked, e Entry) []string {
	held := a.held(e.wording()...)
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
