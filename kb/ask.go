package kb

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
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
	ranking ranking
	policy  atomic.Pointer[Policy]

	weights    weights
	lexicon    lexicon
	intent     intent
	conditions conditions
	aspects    []aspect
	sayings    sayings
	facts      *lru.Cache[edition, *wording] // of the entries last met
}

// edition is an entry as it stood at a time: its words never change.
type edition struct {
	entry   EntryID
	version int
}

// factsKept is how many entries are kept taken apart, at some 1 KB each.
const factsKept = 16384

// New makes a Base over a store, with the policy that ships with the product.
func New(store Store) (*Base, error) {
	b := &Base{store: store, reader: intake.NewReader()}
	var err error
	if b.ranking, err = readRanking(rankingJSON); err != nil {
		return nil, err
	}
	if b.weights, err = readWeights(speech); err != nil {
		return nil, err
	}
	if b.lexicon, err = readLexicon(cuesJSON); err != nil {
		return nil, err
	}
	if b.intent, err = readIntent(b.weights.spelling, intentGrams); err != nil {
		return nil, err
	}
	if b.conditions, err = readConditions(conditionsJSON); err != nil {
		return nil, err
	}
	if b.aspects, err = readAspects(aspectsJSON); err != nil {
		return nil, err
	}
	if b.sayings, err = readSayings(sayingsJSON); err != nil {
		return nil, err
	}
	if b.facts, err = lru.New[edition, *wording](factsKept); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	p, err := ShippedPolicy()
	if err != nil {
		return nil, err
	}
	b.policy.Store(p)
	return b, nil
}

// Use makes a policy the one that decides from now on.
func (b *Base) Use(p *Policy) { b.policy.Store(p) }

// Policy is the one that decides now.
func (b *Base) Policy() *Policy { return b.policy.Load() }

// factsOf gives what an entry's wording holds.
func (b *Base) factsOf(e Entry) *wording {
	at := edition{e.ID, e.Version}
	if known, ok := b.facts.Get(at); ok {
		return known
	}
	f := b.takeApart(e)
	b.facts.Add(at, f)
	return f
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
	policy *Policy
	query  query.Query
	area   org.AreaCode
	views  []view
	sight  sight
	sure   float64  // probability that the first entry answers
	intent float64  // of the ask, see intent
	parts  []*Found // of an ask that holds several questions
	result Result   // without Answered and Silence
}

// Find looks for the entries that may answer q. The error is the store's.
func (b *Base) Find(ctx context.Context, q query.Query, o Options) (*Found, error) {
	p := b.policy.Load()
	f := &Found{base: b, policy: p, query: q, area: o.Area, result: Result{Policy: p.Version, Threshold: p.Threshold}}
	if len(q.Tokens) == 0 {
		return f, nil
	}
	a := b.hear(q)
	f.intent = a.intent
	var err error
	if f.views, err = b.seek(ctx, a, o); err != nil {
		return nil, err
	}
	if len(f.views) == 0 {
		return f, nil
	}
	f.sight = b.sight(a, f.views)
	f.sure = p.probability(f.sight)
	f.result.Threshold, f.result.Direct = p.rule(f.views[0].candidate.Entry.Unit)
	f.result.Sight = f.sight[:]
	offers, err := f.offers(ctx, a, o, cmp.Or(o.Matches, shown))
	if err != nil {
		return nil, err
	}
	for i, v := range offers {
		f.result.Matches = append(f.result.Matches, b.match(v.heard, v.view, f, i == 0))
	}
	if o.Build != nil && !o.part {
		return f, f.cut(ctx, o)
	}
	return f, nil
}

// seek looks in the store for what was heard and puts the candidates in order.
func (b *Base) seek(ctx context.Context, a *heard, o Options) ([]view, error) {
	q := a.query
	found, err := b.store.Near(ctx, Search{
		Model: q.Model, Vector: q.Vector, Words: words(q.Tokens), Grams: pairs(q.Tokens),
		Area: o.Area, Now: o.Now,
	})
	if err != nil {
		return nil, err
	}
	return b.rank(a, found), nil
}

// offer is a view and the wording of the ask that gave it.
type offer struct {
	view
	heard *heard
}

// offers gives at most n views for a person to choose from. Where the first is not
// sure to answer, and the ask names things as people do, what is found by their
// official words comes among those behind it. It is offered, never given: the
// policy has learned from what people say.
func (f *Found) offers(ctx context.Context, a *heard, o Options, n int) ([]offer, error) {
	words := ""
	if o.Build != nil && f.query.Vector != nil && f.sure < f.result.Threshold && f.intent >= caseFrom {
		words = f.base.sayings.official(f.query)
	}
	kept := f.views
	if words == "" {
		kept = kept[:min(n, len(kept))]
	}
	out := make([]offer, len(kept))
	for i, v := range kept {
		out[i] = offer{v, a}
	}
	if words == "" {
		return out, nil
	}
	q, err := o.Build(ctx, "", f.query.Text()+"（"+words+"）")
	if err != nil {
		return nil, err
	}
	again := f.base.hear(q)
	views, err := f.base.seek(ctx, again, o)
	if err != nil {
		return nil, err
	}
	for _, v := range views {
		at := slices.IndexFunc(out, func(x offer) bool { return x.candidate.Entry.ID == v.candidate.Entry.ID })
		switch {
		case at < 0:
			out = append(out, offer{v, again})
		case at > 0 && v.p > out[at].p:
			out[at] = offer{v, again}
		}
	}
	slices.SortStableFunc(out[1:], func(x, y offer) int { return cmp.Compare(y.p, x.p) })
	return out[:min(n, len(out))], nil
}

// match is a view for a person to read. The probability of the first is the
// policy's; one further down is never likelier than it.
func (b *Base) match(a *heard, v view, f *Found, first bool) Match {
	m := Match{
		Entry: v.candidate.Entry, Score: min(f.sure, v.p), Phrasing: v.candidate.Phrasing,
		Words:       b.weights.evidence(a.query.Tokens, a.asked, v.held),
		Differences: b.conditions.differences(a.stated, b.termsOf(v.candidate.Entry, allGroups)),
	}
	if m.Phrasing == "" {
		m.Phrasing = v.candidate.Entry.Question
	}
	if first {
		m.Score, m.Parts = f.sure, f.sight.parts()
	} else {
		m.Parts = v.glance.parts()
	}
	return m
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
	if f.parts != nil && r.Silence != SilentDanger {
		parted, ok := f.decideParts(u)
		if ok {
			return parted
		}
		r.Parts = parted.Parts
	}
	r.Answered = r.Silence == ""
	r.Direct = r.Direct && r.Answered
	if r.Silence == SilentCase || r.Silence == SilentDanger {
		r.Sight = nil // the knowledge base was not asked: nothing to learn for it
	}
	r.Fitted = f.query.Vector != nil && f.query.Model == f.policy.Model
	return r
}

// caseFrom is the intent below which an ask wants something done, whatever the
// policy thinks of its first entry: odds of one to four and a half.
const caseFrom = -1.5

// silence gives the reason why the first view is not the answer, empty when
// it is. Danger and cases come first: whatever the knowledge base holds, they
// are not brushed off with an article. The threshold is applied here and
// nowhere else.
func (f *Found) silence(t intake.Type, u intake.Urgency) Silence {
	in := f.base.reader.Read(f.query.Title, f.query.Body)
	sure := len(f.views) > 0 && f.sure >= f.result.Threshold
	switch {
	case u == intake.UrgencyA || in.Danger.Urgency == intake.UrgencyA:
		return SilentDanger
	case in.Chasing, in.Accuses, t != "" && t != intake.Consultation && t != intake.Help, f.intent < caseFrom:
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
	case sure && f.query.Model != f.policy.Model:
		return SilentUnfitted
	case sure && f.tooLong():
		return SilentLong
	case sure && f.area == "" && !f.views[0].candidate.Citywide:
		return SilentArea
	case sure:
		return ""
	case f.sure < remote && f.views[0].p < remote:
		return SilentNothing
	case f.sight[sightConflict] > 0:
		return SilentCondition
	}
	return SilentUnsure
}

// tooLong reports whether the ask is longer than any of which the policy knows
// that it answers them rightly.
func (f *Found) tooLong() bool { return f.sight[sightLength] > f.policy.Reach }

// More reasons for silence.
const (
	SilentUnfitted  Silence = "向量模型不是校准时所用的，请核对后再答复"
	SilentLong      Silence = "说的比校准时见过的都长，可能不止问这一件，请核对后再答复"
	SilentArea      Silence = "这条只适用于部分地区，请先问清在哪里"
	SilentCondition Silence = "最相近的条目适用的情形不同，请核对后再答复"
	SilentWords     Silence = "语义检索暂时不可用，只按字词找到，请核对后再答复"
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

// evidence gives the words of the ask whose grams are held, the most telling
// first.
func (w weights) evidence(tokens []string, a *asked, held []bool) []string {
	type telling struct {
		word   string
		weight float64
	}
	var found []telling
	for _, t := range words(tokens) {
		if weight, whole := w.word(t, a, held); whole && weight > 0 {
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
