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

// wording is what an entry's wording holds, taken apart once an edition.
type wording struct {
	grams []gram   // of question, phrasings and the beginning of the answer
	ways  []*asked // question and each phrasing
	// details gives the rest, taken apart when it is first asked for: of a
	// hundred candidates a dozen come that far.
	details func() details
}

// details are what takes longer to find in an entry's wording.
type details struct {
	terms   terms
	numbers []string
	asked   uint32 // aspects that its questions ask for
	told    uint32 // aspects that its answer speaks of
}

func (b *Base) takeApart(e Entry) *wording {
	f := &wording{grams: b.weights.gramsOf(e.wording()...)}
	ways := append([]string{e.Question}, e.Phrasings...)
	for _, w := range ways {
		f.ways = append(f.ways, b.weights.take(w))
	}
	f.details = sync.OnceValue(func() details { return b.detail(e, ways) })
	return f
}

func (b *Base) detail(e Entry, ways []string) details {
	question := query.Fold(strings.Join(ways, "\n"))
	answer := query.Fold(clip(e.Answer, comparedRunes))
	whole := question + "\n" + query.Fold(e.Topic) + "\n" + answer
	questions := text.NewPassage(question)
	return details{
		terms:   terms{b.conditions.read(questions), b.conditions.read(text.NewPassage(whole))},
		numbers: numbers.FindAllString(whole, -1),
		asked:   asksFor(b.aspects, questions), told: speaksOf(b.aspects, text.NewPassage(answer)),
	}
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
	stated stated
	cues   cues
	intent float64
	wants  uint32 // aspects
}

func (b *Base) hear(q query.Query) *heard {
	folded := query.Fold(q.Text())
	passage := text.NewPassage(folded)
	return &heard{
		query: q, text: folded, asked: b.weights.take(folded), stated: b.conditions.read(passage),
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

// glance looks at a candidate without what it clashes with.
func (b *Base) glance(h *heard, c Candidate) glance {
	f := b.factsOf(c.Entry)
	g := glance{question: c.Question, whole: c.Whole, shared: h.asked.share(f.grams)}
	for _, w := range f.ways {
		held := h.asked.share(w.grams)
		g.way, g.back = max(g.way, held), max(g.back, w.share(h.asked.grams))
		if both := h.asked.total + w.total; both > 0 {
			g.dice = max(g.dice, 2*held*h.asked.total/both)
		}
	}
	return g
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
	var s sight
	s.entry(first.glance)
	s[sightScore] = first.score
	s[sightSecond], s[sightThird] = first.score-rival.score, first.score-third.score
	s.crowd(views)
	g, r := first.glance, rival.glance
	s[sightQuestionRival], s[sightWholeRival] = g.question-r.question, g.whole-r.whole
	s[sightConflictRival] = float64(g.clash.conflict - r.clash.conflict)
	s[sightMissingRival] = float64(g.clash.missing - r.clash.missing)
	b.lacks(&s, h, b.factsOf(first.candidate.Entry), b.factsOf(rival.candidate.Entry))
	s[sightChase], s[sightAccuse], s[sightDemand] = h.cues.chase, h.cues.accuse, h.cues.demand
	s[sightAsking], s[sightIntent] = h.cues.asking, h.intent
	s[sightLength] = math.Log2(float64(1 + utf8.RuneCountInString(h.text)))
	f := b.factsOf(first.candidate.Entry).details()
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
func (b *Base) lacks(s *sight, h *heard, first, rival *wording) {
	held := make([]int, len(h.asked.grams))
	h.asked.eachHeld(first.grams, func(i int) { held[i]++ })
	h.asked.eachHeld(rival.grams, func(i int) { held[i] += 2 })
	for i, by := range held {
		switch by {
		case 1:
			s[sightFirstHolds] += h.asked.weight[i]
		case 2:
			s[sightRivalHolds] += h.asked.weight[i]
		}
	}
	if h.asked.total > 0 {
		s[sightFirstHolds] /= h.asked.total
		s[sightRivalHolds] /= h.asked.total
	}
	missing := h.asked.lacking(first.grams)
	s[sightLacksHeaviest], s[sightLacksNext], s[sightLacksThird] = nth(missing, 0), nth(missing, 1), nth(missing, 2)
	unknown := b.weights.unheld(h.query.Tokens, h.asked, first.grams)
	s[sightWord], s[sightWordNext], s[sightWords] = nth(unknown, 0), nth(unknown, 1), float64(len(unknown))
	for _, w := range unknown {
		s[sightWordsSum] += w
	}
	best := -1.0
	for _, w := range first.ways {
		if share := w.share(h.asked.grams); share > best {
			best = share
			s[sightUnsaid], s[sightUnsaidShare] = nth(w.lacking(h.asked.grams), 0), 1-share
		}
	}
	known := first.details().numbers
	for _, n := range numbers.FindAllString(h.text, -1) {
		if !slices.Contains(known, n) {
			s[sightNumbers]++
		}
	}
}

// othersHold puts in what the ask says that one of the other best views holds
// and the first does not: what this knowledge base tells apart.
func (b *Base) othersHold(s *sight, h *heard, views []view) {
	held := make([]bool, len(h.asked.grams))
	h.asked.eachHeld(b.factsOf(views[0].candidate.Entry).grams, func(i int) { held[i] = true })
	for _, v := range views[1:min(rivals, len(views))] {
		for _, w := range b.factsOf(v.candidate.Entry).ways {
			h.asked.eachHeld(w.grams, func(i int) {
				if !held[i] {
					held[i] = true
					s[sightOthersHold] += h.asked.weight[i]
					s[sightOthersHeaviest] = max(s[sightOthersHeaviest], h.asked.weight[i])
				}
			})
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
