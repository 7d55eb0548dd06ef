package classifier

import (
	"hash/fnv"
	"slices"
	"unicode"

	"huying/internal/org"
	"huying/internal/query"
)

// What decisions count in training, against an example that the catalogue's
// owner wrote.
const (
	// confirmedWeight is that of a decision which took what was suggested first,
	// or was made without a suggestion.
	confirmedWeight = 1.0
	// correctedWeight is that of a decision for another category than the one
	// suggested first. Somebody looked twice there, while part of the
	// confirmations is people following the machine (Agreement.Bias); and it
	// stands where the model is wrong, as the examples that boosting weighs up
	// (Freund, Schapire, JCSS 55, 1997). The exact value hardly matters: after
	// 150 decisions of one city, weights from 1 to 5 put 53 or 54 of 72 further
	// messages into the right leaf.
	correctedWeight = 2.0
)

// doublesLooked bounds with how many of a leaf's latest different messages each
// is compared: copies come within days.
const doublesLooked = 64

// lessons are confirmed examples as training takes them: of messages that are
// nearly the same and were decided alike only the newest, so that forty calls
// about one fallen tree count once. Forty copies tell no more of what else
// falls under a leaf than one does: in a cluster of n with correlation ρ there
// are n/(1+(n−1)ρ) independent ones (Kish, Survey Sampling, 1965, 5.4), and ρ
// is nearly 1. Nearly the same are messages of a cosine of sameFrom or more, or
// of the same letters: of a city's 1,153 messages each of the pairs looked at
// above sameFrom told of the same grievance, below 0.90 they began to tell of
// the like elsewhere.
type lessons struct {
	examples []Example // oldest first
	weights  []float64 // by example
	doubles  []LeadCount
}

// learnOnce weighs examples, which are oldest first, by what they teach. Of a
// group of doubles the largest weight counts: that one of them was corrected
// says it of all. Those without a vector are left out. It takes one pass with
// up to doublesLooked cosines an example.
func learnOnce(confirmed []Example) lessons {
	var out lessons
	groups := map[sameDecision]*doubles{}
	for _, e := range slices.Backward(confirmed) {
		if e.Vector == nil {
			continue
		}
		at := sameDecision{e.Category, e.Lead}
		if groups[at] == nil {
			groups[at] = &doubles{texts: map[uint64]int{}}
		}
		key := textKey(e)
		place, found := groups[at].find(key, e.Vector)
		if !found {
			place = len(out.examples)
			out.examples, out.weights = append(out.examples, e), append(out.weights, 0)
			groups[at].latest = append(groups[at].latest, double{place, e.Vector})
		}
		groups[at].texts[key] = place
		groups[at].met++
		weight := confirmedWeight
		if e.Corrected {
			weight = correctedWeight
		}
		out.weights[place] = max(out.weights[place], weight)
	}
	slices.Reverse(out.examples)
	slices.Reverse(out.weights)
	for at, g := range groups {
		if n := g.met - len(g.latest); n > 0 {
			out.doubles = append(out.doubles, LeadCount{Category: at.leaf, Lead: at.lead, Count: n})
		}
	}
	return out
}

// sameDecision is what messages that were decided alike share.
type sameDecision struct {
	leaf CategoryID
	lead org.UnitKind
}

// doubles are the different messages among those that were decided alike.
type doubles struct {
	latest []double       // the one met last stands at the end
	texts  map[uint64]int // place by text
	met    int            // messages, doubles included
}

type double struct {
	place  int
	vector []float32
}

// find gives the place of the message of which this is a double.
func (d *doubles) find(key uint64, v []float32) (place int, found bool) {
	if place, found = d.texts[key]; found {
		return place, true
	}
	last := len(d.latest) - 1
	for n := last; n >= max(0, len(d.latest)-doublesLooked); n-- {
		if g := d.latest[n]; similarity(v, g.vector) >= sameFrom {
			d.latest[n], d.latest[last] = d.latest[last], g
			return g.place, true
		}
	}
	return 0, false
}

// textKey is the same for texts that differ in nothing but signs and spaces.
func textKey(e Example) uint64 {
	h := fnv.New64a()
	for _, r := range query.Fold(query.Join(e.Title, e.Text)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			h.Write([]byte{byte(r), byte(r >> 8), byte(r >> 16)})
		}
	}
	return h.Sum64()
}
