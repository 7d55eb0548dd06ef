package kb

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"huying/internal/query"
)

// likeness is a pair of wordings as the logit sees it.
type likeness struct {
	x    [3]float64 // 1, cosine, shared
	same bool       // of one entry
	fit  bool       // each fits the other's answer
	p    float64
}

// seedPairs puts each wording that ships with the product beside its 30
// nearest, of every step-th entry of the demo city.
func seedPairs(t *testing.T, b *query.Builder, step int) []likeness {
	t.Helper()
	s := samenessForTest(t)
	var all []given
	place := map[EntryID]int{}
	var answers []compared
	add := func(text string, entry int) {
		r := Round{Body: text, Vector: build(t, b, "", text).Vector, Entry: EntryID(fmt.Sprint(entry))}
		all = append(all, given{round: r, question: s.question(r), answer: answers[entry]})
	}
	for i, e := range demoEntries(t, seedDay) {
		if i%step != 0 {
			continue
		}
		place[e.ID] = len(answers)
		answers = append(answers, s.reply(e.Answer, build(t, b, "", e.Answer).Vector))
		for _, text := range append([]string{e.Question}, e.Phrasings...) {
			add(text, place[e.ID])
		}
	}
	for _, a := range lines[seedAsk](t, "seed/asks.jsonl") {
		if entry, ok := place[EntryID(a.Entry)]; ok {
			add(a.Ask, entry)
		}
	}
	var pairs []likeness
	for i, g := range all {
		others := slices.Delete(slices.Clone(all), i, i+1)
		slices.SortFunc(others, func(x, y given) int {
			return cmp.Compare(y.question.cosine(g.question), x.question.cosine(g.question))
		})
		for _, h := range others[:min(30, len(others))] {
			pairs = append(pairs, likeness{
				x:    [3]float64{1, g.question.cosine(h.question), g.question.shared(h.question)},
				same: g.round.Entry == h.round.Entry, fit: fits(g, h) && fits(h, g), p: g.question.alike(h.question),
			})
		}
	}
	return pairs
}

// fitLogit fits by Newton's method.
func fitLogit(pairs []likeness) (w [3]float64) {
	for range 50 {
		var m [3][4]float64 // Hessian and gradient
		for _, r := range pairs {
			p := 1 / (1 + math.Exp(-(w[0]*r.x[0] + w[1]*r.x[1] + w[2]*r.x[2])))
			y := 0.0
			if r.same {
				y = 1
			}
			for a := range 3 {
				for c := range 3 {
					m[a][c] += p * (1 - p) * r.x[a] * r.x[c]
				}
				m[a][3] += (y - p) * r.x[a]
			}
		}
		for a := range 3 { // Gauss-Jordan
			for c := range 3 {
				if factor := m[c][a] / m[a][a]; c != a {
					for k := range 4 {
						m[c][k] -= factor * m[a][k]
					}
				}
			}
		}
		for a := range 3 {
			w[a] += m[a][3] / m[a][a]
		}
	}
	return w
}

// TestLogitPartsTheSeed holds the shipped weights and thresholds to what they
// were chosen for, on a quarter of the wordings; with -update it fits them
// anew on all and tells the weights.
func TestLogitPartsTheSeed(t *testing.T) {
	step := 4
	if *update {
		step = 1
	}
	pairs := seedPairs(t, builder(t), step)
	if *update {
		t.Logf("fitted: bias, cosine, shared = %.2f", fitLogit(pairs))
	}
	share := func(same bool, of func(likeness) bool) float64 {
		n, hits := 0.0, 0.0
		for _, r := range pairs {
			if r.same == same {
				n++
				if of(r) {
					hits++
				}
			}
		}
		return hits / n
	}
	for _, c := range []struct {
		name   string
		same   bool
		of     func(likeness) bool
		lo, hi float64
	}{
		{"one entry's reach linkEqual and fit", true, func(r likeness) bool { return r.p >= linkEqual && r.fit }, 0.93, 1},
		{"two entries' reach linkAgree", false, func(r likeness) bool { return r.p >= linkAgree }, 0, 0.08},
		{"two entries' reach linkAgainst", false, func(r likeness) bool { return r.p >= linkAgainst }, 0, 0.02},
	} {
		got := share(c.same, c.of)
		t.Logf("%s: %.3f", c.name, got)
		if got < c.lo || got > c.hi {
			t.Errorf("%s: %.3f, want %.2f–%.2f", c.name, got, c.lo, c.hi)
		}
	}
}
