package learn

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"huying/internal/errs"
)

// Labelled is an example of something that is so or not, told by numbers.
type Labelled struct {
	X      []float64 // as many for every sample of a forest
	Yes    bool
	Weight float64 // above 0
	Group  string  // samples of one group are never split between learning and trial
}

// ForestOptions shape a forest.
type ForestOptions struct {
	Trees int    // 0: 300
	Leaf  int    // least number of drawn samples in a leaf; 0: 3
	Tried int    // how many numbers are tried for a cut; 0: the square root of all, rounded up
	Seed  uint64 // of the draws: the same seed and samples give the same forest
}

// Forest is a random forest (Breiman, Machine Learning 45, 2001): each tree
// learns a draw of the samples with replacement, and each cut the best of a
// few numbers, by Gini impurity. It suits a few hundred examples whose numbers
// matter together and have no common scale. It is safe for concurrent use.
type Forest struct{ trees [][]node }

// node is a cut, or a leaf when left is 0.
type node struct {
	feature     int32
	left, right int32
	cut         float64 // below it: left
	yes         float64 // share of yes at a leaf, in [0,1]
}

// NewForest learns. Samples are drawn by their weight, as many as there are.
// errs.Invalid "learn.samples" without samples.
func NewForest(samples []Labelled, o ForestOptions) (*Forest, error) {
	if len(samples) == 0 || len(samples[0].X) == 0 {
		return nil, errs.New(errs.Invalid, "learn.samples")
	}
	o.Trees, o.Leaf = cmp.Or(o.Trees, 300), cmp.Or(o.Leaf, 3)
	o.Tried = min(len(samples[0].X), cmp.Or(o.Tried, int(math.Ceil(math.Sqrt(float64(len(samples[0].X)))))))
	upTo := make([]float64, len(samples))
	total := 0.0
	for i, s := range samples {
		total += s.Weight
		upTo[i] = total
	}
	f := &Forest{trees: make([][]node, o.Trees)}
	for t := range f.trees {
		g := grower{samples: samples, options: o, random: rand.New(rand.NewPCG(o.Seed, uint64(t)))}
		drawn := make([]int, len(samples))
		for i := range drawn {
			k, _ := slices.BinarySearch(upTo, g.random.Float64()*total)
			drawn[i] = min(k, len(samples)-1)
		}
		g.grow(drawn)
		f.trees[t] = g.nodes
	}
	return f, nil
}

// P is the probability of yes, in [0,1]: the mean over the trees.
func (f *Forest) P(x []float64) float64 {
	sum := 0.0
	for _, t := range f.trees {
		n := &t[0]
		for n.left != 0 {
			if x[n.feature] < n.cut {
				n = &t[n.left]
			} else {
				n = &t[n.right]
			}
		}
		sum += n.yes
	}
	return sum / float64(len(f.trees))
}

// grower grows one tree.
type grower struct {
	samples []Labelled
	options ForestOptions
	random  *rand.Rand
	nodes   []node
	order   []pair
}

// pair is a number of a sample and whether it is so.
type pair struct {
	x   float64
	yes bool
}

// grow adds the tree of the samples drawn and gives its root's place.
func (g *grower) grow(drawn []int) int32 {
	yes := 0
	for _, i := range drawn {
		if g.samples[i].Yes {
			yes++
		}
	}
	at := int32(len(g.nodes))
	g.nodes = append(g.nodes, node{yes: float64(yes) / float64(len(drawn))})
	if yes == 0 || yes == len(drawn) || len(drawn) < 2*g.options.Leaf {
		return at
	}
	feature, cut, found := g.cut(drawn, yes)
	if !found {
		return at
	}
	var below, above []int
	for _, i := range drawn {
		if g.samples[i].X[feature] < cut {
			below = append(below, i)
		} else {
			above = append(above, i)
		}
	}
	left := g.grow(below)
	right := g.grow(above)
	n := &g.nodes[at]
	n.feature, n.cut, n.left, n.right = int32(feature), cut, left, right
	return at
}

// cut finds the best cut among a few numbers drawn by lot.
func (g *grower) cut(drawn []int, yes int) (feature int, cut float64, found bool) {
	best := math.Inf(-1)
	for k, f := range g.random.Perm(len(g.samples[0].X)) {
		if k >= g.options.Tried && found {
			break
		}
		g.order = g.order[:0]
		for _, i := range drawn {
			g.order = append(g.order, pair{g.samples[i].X[f], g.samples[i].Yes})
		}
		slices.SortFunc(g.order, func(a, b pair) int { return cmp.Compare(a.x, b.x) })
		n, below := float64(len(drawn)), 0.0
		for i := range len(g.order) - 1 {
			if g.order[i].yes {
				below++
			}
			left := i + 1
			if left < g.options.Leaf || len(drawn)-left < g.options.Leaf || g.order[i].x == g.order[i+1].x {
				continue
			}
			l, above := float64(left), float64(yes)-below
			// The higher, the purer: Gini impurity less what all cuts share.
			pure := (below*below+(l-below)*(l-below))/l + (above*above+(n-l-above)*(n-l-above))/(n-l)
			if pure > best {
				best, feature, cut, found = pure, f, (g.order[i].x+g.order[i+1].x)/2, true
			}
		}
	}
	return feature, cut, found
}
