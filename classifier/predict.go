package classifier

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"huying/internal/learn"
	"huying/internal/org"
	"huying/internal/query"
)

// nearWeight is what a confirmed example beyond nearFrom adds to the score
// (logit) of its leaf, per unit of cosine.
const nearWeight = 30.0

// nearFrom is the cosine from which a single confirmed example decides by
// itself, until the next training counts it among the others: messages that
// alike are about the same thing. Lower values made suggestions worse.
const nearFrom = 0.8

// From the cosine sameFrom on, a confirmed example begins to be the same
// message once more, and at sameUpTo it is: then what people decided on it has
// sameMost of the probability, whatever the model says. So a correction counts
// at once, also for a leaf that the model had ruled out.
const (
	sameFrom = 0.92
	sameUpTo = 0.98
	sameMost = 0.9
)

// sameMargin is the difference of cosines below which two examples are as
// like; of those the later decision counts.
const sameMargin = 0.01

// prediction is what the model says of one text.
type prediction struct {
	model  *Model
	query  query.Query
	grams  map[learn.Gram]int // of the whole text
	view   []float32          // text and title in one vector (look)
	raw    []float64          // the model's probability by leaf; they add up to 1
	leaves []float64          // the same, calibrated, with what was decided on the same message
	kinds  []float64          // log of the direct model's evidence by kind; nil without one
}

// predict scores every leaf. near are confirmed examples like the text.
func (m *Model) predict(q query.Query, near []Example, place map[CategoryID]int) prediction {
	grams := learn.Grams(query.Fold(q.Text()))
	view := look(q.Vector, q.TitleVector)
	logits := make([]float64, len(m.duties))
	m.leaves.Scores(logits, grams, view)
	for leaf, v := range nearest(q, m.unlearned(near), place) {
		logits[leaf] += nearWeight * v
	}
	raw := softmax(logits)
	leaves := m.calibration.Apply(raw)
	if leaf, share := same(q, near, place); share > 0 {
		for i := range leaves {
			leaves[i] *= 1 - share
		}
		leaves[leaf] += share
	}
	return prediction{model: m, query: q, grams: grams, view: view, raw: raw, leaves: leaves, kinds: m.kindEvidence(grams, view)}
}

// unlearned gives the examples that were decided after those the model was
// made with.
func (m *Model) unlearned(near []Example) []Example {
	var out []Example
	for _, e := range near {
		if e.At.After(m.learned) {
			out = append(out, e)
		}
	}
	return out
}

// same gives the leaf of the confirmed example that is the same message, and
// the share of the probability that it decides; 0 when there is none.
func same(q query.Query, near []Example, place map[CategoryID]int) (leaf int, share float64) {
	best := 0.0
	for _, e := range near {
		if _, ok := place[e.Category]; ok {
			best = max(best, similarity(q.Vector, e.Vector))
		}
	}
	var at time.Time
	for _, e := range near {
		if there, ok := place[e.Category]; ok && similarity(q.Vector, e.Vector) >= best-sameMargin && !e.At.Before(at) {
			leaf, at = there, e.At
		}
	}
	return leaf, sameMost * min(1, max(0, (best-sameFrom)/(sameUpTo-sameFrom)))
}

// nearest gives for each leaf how far its most similar confirmed example is
// beyond nearFrom.
func nearest(q query.Query, near []Example, place map[CategoryID]int) map[int]float64 {
	best := map[int]float64{}
	for _, e := range near {
		leaf, ok := place[e.Category]
		if !ok {
			continue
		}
		like := max(similarity(q.Vector, e.Vector), similarity(q.TitleVector, e.TitleVector)) - nearFrom
		best[leaf] = max(best[leaf], like)
	}
	return best
}

// similarity is the cosine of two vectors of length 1; 0 when one is missing.
func similarity(a, b []float32) float64 {
	if len(a) != len(b) || len(a) == 0 {
		return 0
	}
	return float64(learn.Dot(a, b))
}

func softmax(logits []float64) []float64 {
	top := slices.Max(logits)
	sum := 0.0
	out := make([]float64, len(logits))
	for i, v := range logits {
		out[i] = math.Exp(v - top)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// kindWeight is what the margin of the direct model of lead kinds adds to the
// logit of a kind.
const kindWeight = 5.0

func (m *Model) kindEvidence(grams map[learn.Gram]int, view []float32) []float64 {
	if m.byKind == nil {
		return nil
	}
	margins := make([]float32, len(m.kinds))
	m.byKind.Scores(margins, m.kindLex.Terms(grams), view)
	out := make([]float64, len(m.kinds))
	for i, v := range margins {
		out[i] = kindWeight * float64(v)
	}
	return out
}

// top gives the places of the k likeliest leaves, best first.
func (p prediction) top(k int) []int {
	order := make([]int, len(p.leaves))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.leaves[b], p.leaves[a]) })
	return order[:min(k, len(order))]
}

// duty is who leads a leaf for this text, under which of its rules (-1: none
// names it).
type duty struct {
	lead org.UnitKind
	rule int
}

// rulesCount is what a leaf's rules together count against decisions of
// people on who leads it.
const rulesCount = 3.0

// leastShare is what a kind keeps, against one decision, of which more came
// back than it was ever given: people may still want it.
const leastShare = 0.1

// shares gives the probability of each lead kind within a leaf: by its rules,
// and by whom people gave it to and what came back.
func (p prediction) shares(leaf int) (byKind map[org.UnitKind]float64, byRule []float64) {
	d := &p.model.duties[leaf]
	byRule = d.posterior(p.query)
	byKind = map[org.UnitKind]float64{}
	for r, v := range byRule {
		byKind[d.rules[r].lead] += rulesCount * v
	}
	for _, n := range d.confirmed {
		byKind[n.Kind] = max(byKind[n.Kind]+n.Count, leastShare)
	}
	total := 0.0
	for _, v := range byKind {
		total += v
	}
	for k := range byKind {
		byKind[k] /= total
	}
	return byKind, byRule
}

// evidence is the direct model's factor for a kind.
func (p prediction) evidence(kind org.UnitKind) float64 {
	if p.kinds == nil {
		return 1
	}
	if i := slices.Index(p.model.kinds, kind); i >= 0 {
		return math.Exp(p.kinds[i])
	}
	return math.Exp(slices.Min(p.kinds)) // it has not led for long
}

// leads gives the probability of each lead kind within a leaf with what the
// direct model says, and how well the leaf fits what it says of all kinds. The
// more people have said of the leaf, the less it moves the leaf's shares: it
// learned from the texts of other leaves too.
func (p prediction) leads(leaf int) (byKind map[org.UnitKind]float64, byRule []float64, fit float64) {
	byKind, byRule = p.shares(leaf)
	said := 0.0
	for _, n := range p.model.duties[leaf].confirmed {
		said += math.Abs(n.Count)
	}
	power, total := rulesCount/(rulesCount+said), 0.0
	for kind, v := range byKind {
		e := p.evidence(kind)
		fit += v * e
		byKind[kind] = v * math.Pow(e, power)
		total += byKind[kind]
	}
	for kind := range byKind {
		byKind[kind] /= total
	}
	return byKind, byRule, fit
}

// duty gives the likeliest lead of a leaf, and the likeliest rule that names it.
func (p prediction) duty(leaf int) duty {
	byKind, byRule, _ := p.leads(leaf)
	best, out := -1.0, duty{rule: -1}
	for kind, v := range byKind {
		if v > best || v == best && kind < out.lead {
			best, out.lead = v, kind
		}
	}
	likeliest := -1.0
	for r, v := range byRule {
		if p.model.duties[leaf].rules[r].lead == out.lead && v > likeliest {
			likeliest, out.rule = v, r
		}
	}
	return out
}

// leadFloor is the probability below which a leaf says nothing about the lead.
const leadFloor = 0.001

// leadShares sums the lead kinds over all leaves and rules before choosing:
// two leaves that are unsure between each other may agree on who leads.
func (p prediction) leadShares(k int) []LeadShare {
	sums, total := map[org.UnitKind]float64{}, 0.0
	for leaf, v := range p.leaves {
		if v < leadFloor {
			continue
		}
		byKind, _, fit := p.leads(leaf)
		for kind, share := range byKind {
			sums[kind] += v * fit * share
			total += v * fit * share
		}
	}
	out := make([]LeadShare, 0, len(sums))
	for kind, v := range sums {
		out = append(out, LeadShare{Kind: kind, Probability: v / total})
	}
	slices.SortFunc(out, func(a, b LeadShare) int {
		return cmp.Or(cmp.Compare(b.Probability, a.Probability), cmp.Compare(a.Kind, b.Kind))
	})
	return out[:min(k, len(out))]
}

// wordsShown is how many words are shown for a candidate.
const wordsShown = 6

// tellingWords gives for each of the leaves the words of the text that speak
// most for it.
func (p prediction) tellingWords(leaves []int) [][]string {
	lexicon := p.model.leaves.Words
	terms := lexicon.Terms(p.grams)
	words := placedWords(p.query.Tokens, lexicon, terms)
	out := make([][]string, len(leaves))
	for k, shares := range lexicon.Shares(leaves, terms) {
		out[k] = mostTelling(words, shares)
	}
	return out
}

// placedWord is a word of a text with the places of its grams among the terms.
type placedWord struct {
	word   string
	places []int
}

// placedWords gives the words of two characters or more, each once.
func placedWords(tokens []string, lexicon *learn.Lexicon, terms learn.Terms) []placedWord {
	seen := make(map[string]bool, len(tokens))
	var out []placedWord
	for _, t := range tokens {
		if !seen[t] && utf8.RuneCountInString(t) > 1 {
			seen[t] = true
			out = append(out, placedWord{t, lexicon.Places(terms, t)})
		}
	}
	return out
}

// mostTelling gives the words with the largest shares, no word within another.
func mostTelling(words []placedWord, shares []float32) []string {
	type telling struct {
		word  string
		share float32
	}
	var found []telling
	for _, w := range words {
		sum := float32(0)
		for _, at := range w.places {
			sum += shares[at]
		}
		if sum > 0 {
			found = append(found, telling{w.word, sum})
		}
	}
	slices.SortStableFunc(found, func(a, b telling) int { return cmp.Compare(b.share, a.share) })
	var out []string
	for _, f := range found {
		if len(out) == wordsShown || f.share < found[0].share/5 {
			break
		}
		if !slices.ContainsFunc(out, func(w string) bool { return strings.Contains(w, f.word) }) {
			out = append(out, f.word)
		}
	}
	return out
}

// starterLikes gives the catalogue's own examples of a leaf with their
// similarity to the text.
func (m *Model) starterLikes(leaf int, q query.Query) []Like {
	var out []Like
	for _, at := range m.byLeaf[leaf] {
		k := m.known[at]
		if k.Kind != exampleText && k.Kind != ruleText {
			continue
		}
		like := Like{Text: k.Text, Similarity: similarity(q.Vector, k.Vector)}
		if rules := m.duties[leaf].rules; k.Kind == ruleText && k.Rule < len(rules) {
			like.Lead = string(rules[k.Rule].lead)
		}
		out = append(out, like)
	}
	return out
}
