package learn

import (
	"cmp"
	"math"
	"slices"

	"huying/internal/errs"
)

// BoostOptions shape a Boosted.
type BoostOptions struct {
	Rounds int     // trees; 0: 150
	Depth  int     // cuts one below another; 0: 3
	Leaf   int     // least number of samples in a leaf; 0: 8
	Rate   float64 // share of each tree's step that is taken, in (0,1]; 0: 0.05
	Ridge  float64 // holds steps back where few samples speak; 0: 1
}

// Boosted gives the probability of yes by gradient boosting of the logistic
// loss (Friedman, Annals of Statistics 29, 2001) with steps of second order
// (Chen and Guestrin, KDD 2016): each small tree learns what those before it got
// wrong. Nothing in it is drawn by lot. It is safe for concurrent use.
type Boosted struct {
	base  float64  // log-odds of all samples
	trees [][]node // whose leaves hold what they add to the log-odds
}

// NewBoosted learns. errs.Invalid "learn.samples" without samples.
func NewBoosted(samples []Labelled, o BoostOptions) (*Boosted, error) {
	if len(samples) == 0 || len(samples[0].X) == 0 {
		return nil, errs.New(errs.Invalid, "learn.samples")
	}
	o.Rounds, o.Depth, o.Leaf = cmp.Or(o.Rounds, 150), cmp.Or(o.Depth, 3), cmp.Or(o.Leaf, 8)
	o.Rate, o.Ridge = cmp.Or(o.Rate, 0.05), cmp.Or(o.Ridge, 1)
	b := &Boosted{base: oddsOf(samples)}
	g := booster{options: o, slope: make([]float64, len(samples)), curve: make([]float64, len(samples))}
	g.cuts, g.codes = cutsOf(samples)
	odds, all := make([]float64, len(samples)), make([]int, len(samples))
	for i := range samples {
		odds[i], all[i] = b.base, i
	}
	for range o.Rounds {
		for i, s := range samples {
			p := logistic(odds[i])
			g.slope[i], g.curve[i] = -s.Weight*p, s.Weight*p*(1-p)
			if s.Yes {
				g.slope[i] += s.Weight
			}
		}
		g.nodes = nil
		g.grow(slices.Clone(all), o.Depth)
		for i, s := range samples {
			odds[i] += leafOf(g.nodes, s.X)
		}
		b.trees = append(b.trees, g.nodes)
	}
	return b, nil
}

// oddsOf gives the log-odds of yes by weight; of either kind there counts half a
// sample at least.
func oddsOf(samples []Labelled) float64 {
	yes, no := 0.0, 0.0
	for _, s := range samples {
		if s.Yes {
			yes += s.Weight
		} else {
			no += s.Weight
		}
	}
	return math.Log(max(yes, 0.5) / max(no, 0.5))
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// P is the probability of yes, in (0,1).
func (b *Boosted) P(x []float64) float64 {
	odds := b.base
	for _, t := range b.trees {
		odds += leafOf(t, x)
	}
	return logistic(odds)
}

// savedBoosted is a Boosted as it is stored.
type savedBoosted struct {
	Base  float64
	Trees [][]savedNode
}

// MarshalBinary implements encoding.BinaryMarshaler.
func (b *Boosted) MarshalBinary() ([]byte, error) {
	return encoded(savedBoosted{b.base, save(b.trees)})
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (b *Boosted) UnmarshalBinary(data []byte) error {
	var saved savedBoosted
	if err := decode(data, &saved); err != nil {
		return err
	}
	b.base, b.trees = saved.Base, restore(saved.Trees)
	return nil
}

// booster grows one tree after the other.
type booster struct {
	options BoostOptions
	cuts    [][]float64
	codes   [][]uint8
	slope   []float64 // of the log-likelihood, by sample
	curve   []float64 // against the slope
	nodes   []node
}

// grow adds the tree of some samples, with at most deep cuts one below another,
// and gives its root's place.
func (g *booster) grow(samples []int, deep int) int32 {
	slope, curve := 0.0, 0.0
	for _, i := range samples {
		slope, curve = slope+g.slope[i], curve+g.curve[i]
	}
	at := int32(len(g.nodes))
	g.nodes = append(g.nodes, node{value: g.options.Rate * slope / (curve + g.options.Ridge)})
	if deep == 0 || len(samples) < 2*g.options.Leaf {
		return at
	}
	feature, code, found := g.cut(samples, slope, curve)
	if !found {
		return at
	}
	var below, above []int
	for _, i := range samples {
		if int(g.codes[i][feature]) <= code {
			below = append(below, i)
		} else {
			above = append(above, i)
		}
	}
	left := g.grow(below, deep-1)
	right := g.grow(above, deep-1)
	n := &g.nodes[at]
	n.feature, n.cut, n.left, n.right = int32(feature), g.cuts[feature][code], left, right
	return at
}

// cut finds the cut that raises the likelihood most.
func (g *booster) cut(samples []int, slope, curve float64) (feature, code int, found bool) {
	best := slope * slope / (curve + g.options.Ridge) // without a cut
	for f := range g.cuts {
		var slopes, curves [maxCuts + 1]float64
		var counts [maxCuts + 1]int
		for _, i := range samples {
			c := g.codes[i][f]
			slopes[c] += g.slope[i]
			curves[c] += g.curve[i]
			counts[c]++
		}
		s, v, n := 0.0, 0.0, 0
		for c := range g.cuts[f] {
			s, v, n = s+slopes[c], v+curves[c], n+counts[c]
			if n < g.options.Leaf || len(samples)-n < g.options.Leaf {
				continue
			}
			gain := s*s/(v+g.options.Ridge) + (slope-s)*(slope-s)/(curve-v+g.options.Ridge)
			if gain > best+1e-12 {
				best, feature, code, found = gain, f, c, true
			}
		}
	}
	return feature, code, found
}
