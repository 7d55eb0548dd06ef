package kb

import (
	"math"
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"huying/internal/query"
	"huying/internal/text"
)

// wording is an entry's wording taken apart, once an edition: what asks are
// held against again and again.
type wording struct {
	ways   []string  // question and phrasings, folded
	weighs []float64 // what each weighs
	terms  conditionsOf
	// details are found when they are first asked for.
	details lazy[details]
}

// conditionsOf are the conditions of an entry, as far as somebody asked for
// them.
type conditionsOf struct {
	mu    sync.Mutex // guards the rest
	known groups
	terms terms
}

// lazy is a value found when it is first asked for.
type lazy[T any] struct {
	sync.Once
	value T
}

func (l *lazy[T]) get(find func() T) T {
	l.Do(func() { l.value = find() })
	return l.value
}

// details are what only the first entry is asked for.
type details struct {
	numbers []string
	asked   uint32 // aspects that its questions ask for
	told    uint32 // aspects that its answer speaks of
}

func (b *Base) takeApart(e Entry) *wording {
	n := len(b.conditions.groups)
	w := &wording{ways: make([]string, 0, 1+len(e.Phrasings)), terms: conditionsOf{terms: terms{make(stated, n), make(stated, n)}}}
	w.ways = append(w.ways, query.Fold(e.Question))
	for _, p := range e.Phrasings {
		w.ways = append(w.ways, query.Fold(p))
	}
	w.weighs = make([]float64, len(w.ways))
	for i, way := range w.ways {
		w.weighs[i] = b.weights.of(way).total
	}
	return w
}

// folded gives an entry's questions, and these with topic and answer.
func (w *wording) folded(e Entry) (questions, whole string) {
	questions = strings.Join(w.ways, "\n")
	return questions, questions + "\n" + query.Fold(e.Topic) + "\n" + query.Fold(clip(e.Answer, comparedRunes))
}

// termsOf gives the conditions of an entry in the groups wanted; what stands of
// others is of no use. Where an ask says nothing, an entry's conditions neither
// raise nor lower it, and to look for them in forty entries takes longer than
// everything else about these.
func (b *Base) termsOf(e Entry, wanted groups) terms {
	w := b.factsOf(e)
	t := &w.terms
	t.mu.Lock()
	defer t.mu.Unlock()
	if missing := wanted &^ t.known; missing != 0 {
		// A copy: others read what they were given.
		next := terms{slices.Clone(t.terms.question), slices.Clone(t.terms.whole)}
		questions, whole := w.folded(e)
		b.conditions.readInto(next.question, missing, text.NewPassage(questions))
		b.conditions.readInto(next.whole, missing, text.NewPassage(whole))
		t.terms, t.known = next, t.known|missing
	}
	return t.terms
}

func (b *Base) detailsOf(e Entry) details {
	w := b.factsOf(e)
	return w.details.get(func() details {
		questions, whole := w.folded(e)
		answer := query.Fold(clip(e.Answer, comparedRunes))
		return details{
			numbers: numbers.FindAllString(whole, -1),
			asked:   asksFor(b.aspects, text.NewPassage(questions)), told: speaksOf(b.aspects, text.NewPassage(answer)),
		}
	})
}

// numbers are those that set a condition: an age, a time, a size, a sum.
var numbers = regexp.MustCompile(`[0-9一二两三四五六七八九十百千万]+(岁|周岁|年|个月|平方?米?|天|人|万|元|块)`)

// owns finds where one speaks of oneself and one's own.
var owns = regexp.MustCompile(`我(们)?(的|家|妈|爸|儿子|女儿|老婆|老公|爷爷|奶奶|孩子|小孩|公司|单位|村)?`)

// heard is an ask taken apart.
type heard struct {
	query  query.Query
	text   string // folded
	asked  *asked
	ear    *ear // for the grams of asked
	stated stated
	cues   cues
	intent float64
	wants  uint32 // aspects
}

func (b *Base) hear(q query.Query) *heard {
	folded := query.Fold(q.Text())
	passage := text.NewPassage(folded)
	asked := b.weights.of(folded)
	return &heard{
		query: q, text: folded, asked: asked, ear: b.weights.listen(asked), stated: b.conditions.read(passage),
		cues: b.lexicon.read(folded), intent: b.intent.read(folded),
		wants: asksFor(b.aspects, passage),
	}
}

// glance is how one candidate looks to an ask: the numbers from which the
// candidates are put in order.
type glance struct {
	question float64 // cosine with the nearest wording
	whole    float64 // cosine with question and answer
	shared   float64 // share of the ask's weight that the entry holds
	way      float64 // … that one wording of the question holds, the best
	back     float64 // share of a wording's weight that the ask holds, the best
	dice     float64 // twice what ask and wording share over both, the best
	clash    clash
}

// look looks at a candidate without what it clashes with.
func (b *Base) look(h *heard, c Candidate) view {
	w := b.factsOf(c.Entry)
	n := len(h.asked.grams)
	marks := make([]bool, 2*n)
	v := view{candidate: c, held: marks[:n:n], inWays: marks[n:]}
	g := &v.glance
	g.question, g.whole = c.Question, c.Whole
	way := make([]bool, n)
	for i, text := range w.ways {
		clear(way)
		h.ear.mark(text, way)
		both := 0.0
		for k, held := range way {
			if held {
				both += h.asked.weight[k]
				v.inWays[k] = true
			}
		}
		held := portion(both, h.asked.total)
		g.way, g.back = max(g.way, held), max(g.back, portion(both, w.weighs[i]))
		if all := h.asked.total + w.weighs[i]; all > 0 {
			g.dice = max(g.dice, 2*held*h.asked.total/all)
		}
	}
	copy(v.held, v.inWays)
	h.ear.mark(clip(c.Entry.Answer, comparedRunes), v.held)
	g.shared = h.asked.portion(v.held)
	return v
}

// parts says what speaks for a candidate, for the hit test.
func (g glance) parts() []Part {
	return []Part{
		{"与问法的相似度", g.question}, {"与问答全文的相似度", g.whole},
		{"用字重合", g.shared}, {"问题里的话您说到了", g.back},
	}
}

// The places in a sight that are named elsewhere.
const (
	sightQuestion = iota
	sightWhole
	sightShared
	sightWay
	sightBack
	sightDice
	sightConflict
	sightMissing
	sightExtra
	sightScore
	sightSecond
	sightThird
	sightAlone
	sightCrowd
	sightQuestionRival
	sightWholeRival
	sightQuestionBest
	sightWholeBest
	sightSharedBest
	sightBackBest
	sightConflictRival
	sightMissingRival
	sightRivalHolds
	sightFirstHolds
	sightLacksHeaviest
	sightLacksNext
	sightLacksThird
	sightWord
	sightWordNext
	sightWords
	sightWordsSum
	sightUnsaid
	sightUnsaidShare
	sightNumbers
	sightChase
	sightAccuse
	sightDemand
	sightAsking
	sightLength
	sightOwn
	sightIntent
	sightUntold    // aspects asked for of which the answer does not speak
	sightUnaskedOf // aspects asked for for which no wording of the question asks
	sightWants     // aspects asked for
	sightOthersHold
	sightOthersHeaviest
	sightSize
)

// sight is what the policy sees of an ask and its first entry.
type sight [sightSize]float64

// sight looks at the ask beside the first of the views and its rivals. There
// must be one view at least.
func (b *Base) sight(h *heard, views []view) sight {
	first, rival, third := views[0], views[min(1, len(views)-1)], views[min(2, len(views)-1)]
	first.glance.clash = compare(h.stated, b.termsOf(first.candidate.Entry, allGroups))
	var s sight
	s.entry(first.glance)
	s[sightScore] = first.score
	s[sightSecond], s[sightThird] = first.score-rival.score, first.score-third.score
	s.crowd(views)
	g, r := first.glance, rival.glance
	s[sightQuestionRival], s[sightWholeRival] = g.question-r.question, g.whole-r.whole
	s[sightConflictRival] = float64(g.clash.conflict - r.clash.conflict)
	s[sightMissingRival] = float64(g.clash.missing - r.clash.missing)
	b.lacks(&s, h, first, rival)
	s[sightChase], s[sightAccuse], s[sightDemand] = h.cues.chase, h.cues.accuse, h.cues.demand
	s[sightAsking], s[sightIntent] = h.cues.asking, h.intent
	s[sightLength] = math.Log2(float64(1 + utf8.RuneCountInString(h.text)))
	f := b.detailsOf(first.candidate.Entry)
	s[sightUntold] = float64(bits.OnesCount32(h.wants &^ f.told))
	s[sightUnaskedOf] = float64(bits.OnesCount32(h.wants &^ f.asked))
	s[sightWants] = float64(bits.OnesCount32(h.wants))
	b.othersHold(&s, h, views)
	s[sightOwn] = float64(len(owns.FindAllStringIndex(h.text, -1)))
	return s
}

// entry puts in what the first entry alone shows.
func (s *sight) entry(g glance) {
	s[sightQuestion], s[sightWhole], s[sightShared] = g.question, g.whole, g.shared
	s[sightWay], s[sightBack], s[sightDice] = g.way, g.back, g.dice
	s[sightConflict], s[sightMissing], s[sightExtra] = float64(g.clash.conflict), float64(g.clash.missing), float64(g.clash.extra)
}

// rivals is how many of the best views are looked at together.
const rivals = 12

// crowd puts in how far the first view stands out of the best ones.
func (s *sight) crowd(views []view) {
	first, best := views[0], views[:min(rivals, len(views))]
	together, rest, n := 0.0, 0.0, 0.0
	top := first.glance
	for i, v := range best {
		together += math.Exp(v.score - first.score)
		top.question, top.whole = max(top.question, v.glance.question), max(top.whole, v.glance.whole)
		top.shared, top.back = max(top.shared, v.glance.shared), max(top.back, v.glance.back)
		if i >= 3 && i < 10 {
			rest, n = rest+v.score, n+1
		}
	}
	s[sightAlone] = 1 / together
	if n > 0 {
		s[sightCrowd] = first.score - rest/n
	}
	s[sightQuestionBest], s[sightWholeBest] = first.glance.question-top.question, first.glance.whole-top.whole
	s[sightSharedBest], s[sightBackBest] = first.glance.shared-top.shared, first.glance.back-top.back
}

// lacks puts in what the ask says that the entry does not, what its rival
// holds of it, and what the entry's question says that the ask does not.
func (b *Base) lacks(s *sight, h *heard, first, rival view) {
	for i, held := range first.held {
		switch {
		case held && !rival.held[i]:
			s[sightFirstHolds] += h.asked.weight[i]
		case !held && rival.held[i]:
			s[sightRivalHolds] += h.asked.weight[i]
		}
	}
	if h.asked.total > 0 {
		s[sightFirstHolds] /= h.asked.total
		s[sightRivalHolds] /= h.asked.total
	}
	missing := h.asked.lacking(first.held)
	s[sightLacksHeaviest], s[sightLacksNext], s[sightLacksThird] = nth(missing, 0), nth(missing, 1), nth(missing, 2)
	unknown := b.weights.unheld(h.query.Tokens, h.asked, first.held)
	s[sightWord], s[sightWordNext], s[sightWords] = nth(unknown, 0), nth(unknown, 1), float64(len(unknown))
	for _, w := range unknown {
		s[sightWordsSum] += w
	}
	best := -1.0
	for _, text := range b.factsOf(first.candidate.Entry).ways {
		w := b.weights.of(text)
		held := w.holds(h.asked.grams)
		if share := w.portion(held); share > best {
			best = share
			s[sightUnsaid], s[sightUnsaidShare] = nth(w.lacking(held), 0), 1-share
		}
	}
	known := b.detailsOf(first.candidate.Entry).numbers
	for _, n := range numbers.FindAllString(h.text, -1) {
		if !slices.Contains(known, n) {
			s[sightNumbers]++
		}
	}
}

// othersHold puts in what the ask says that a wording of one of the other best
// views holds and the first does not: what this knowledge base tells apart.
func (b *Base) othersHold(s *sight, h *heard, views []view) {
	others := views[1:min(rivals, len(views))]
	for i, held := range views[0].held {
		if !held && slices.ContainsFunc(others, func(v view) bool { return v.inWays[i] }) {
			s[sightOthersHold] += h.asked.weight[i]
			s[sightOthersHeaviest] = max(s[sightOthersHeaviest], h.asked.weight[i])
		}
	}
	if h.asked.total > 0 {
		s[sightOthersHold] /= h.asked.total
	}
}

// nth is the number at a place, 0 beyond the end.
func nth(list []float64, i int) float64 {
	if i < len(list) {
		return list[i]
	}
	return 0
}

// parts says in plain words what the policy saw, for the hit test.
func (s sight) parts() []Part {
	return []Part{
		{"与问法的相似度", s[sightQuestion]},
		{"与问答全文的相似度", s[sightWhole]},
		{"用字重合", s[sightShared]},
		{"问题里的话您说到了", s[sightBack]},
		{"超出第二条多少", s[sightSecond]},
		{"条目没有提到的词", s[sightWords]},
		{"情形不同", s[sightConflict]},
		{"条目没有提到的情形", s[sightMissing]},
		{"像是咨询", 1 / (1 + math.Exp(-s[sightIntent]))},
		{"像是要办理的事", cues{chase: s[sightChase], accuse: s[sightAccuse], demand: s[sightDemand]}.caseLike()},
	}
}
