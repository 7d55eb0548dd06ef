package learn

import (
	"bytes"
	"cmp"
	"encoding/gob"
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

// NewForest learns. Samples are drawn by their weight, as many as would be
// there if each stood for itself by its weight, the heaviest counting one.
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
	heaviest := 0.0
	for _, s := range samples {
		heaviest = max(heaviest, s.Weight)
	}
	draws := max(1, int(total/heaviest))
	cuts, codes := cutsOf(samples)
	for t := range f.trees {
		g := grower{samples: samples, cuts: cuts, codes: codes, options: o, random: rand.New(rand.NewPCG(o.Seed, uint64(t)))}
		drawn := make([]int, draws)
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

// savedNode is a node as it is stored.
type savedNode struct {
	Feature, Left, Right int32
	Cut, Yes             float64
}

// MarshalBinary implements encoding.BinaryMarshaler.
func (f *Forest) MarshalBinary() ([]byte, error) {
	trees := make([][]savedNode, len(f.trees))
	for i, t := range f.trees {
		for _, n := range t {
			trees[i] = append(trees[i], savedNode{n.feature, n.left, n.right, n.cut, n.yes})
		}
	}
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(trees)
	return b.Bytes(), err
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (f *Forest) UnmarshalBinary(data []byte) error {
	var trees [][]savedNode
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&trees); err != nil {
		return err
	}
	f.trees = make([][]node, len(trees))
	for i, t := range trees {
		for _, n := range t {
			f.trees[i] = append(f.trees[i], node{n.Feature, n.Left, n.Right, n.Cut, n.Yes})
		}
	}
	return nil
}

// maxCuts is at how many places a number may be cut: some quantiles of it are
// as good as all, and counting is faster than sorting.
const maxCuts = 63

// cutsOf gives for each number where it may be cut, in rising order, and for
// each sample how many of the cuts are not above its number.
func cutsOf(samples []Labelled) (cuts [][]float64, codes [][]uint8) {
	cuts = make([][]float64, len(samples[0].X))
	codes = make([][]uint8, len(samples))
	for i := range codes {
		codes[i] = make([]uint8, len(cuts))
	}
	values := make([]float64, len(samples))
	for f := range cuts {
		for i, s := range samples {
			values[i] = s.X[f]
		}
		slices.Sort(values)
		distinct := slices.Compact(slices.Clone(values))
		n := min(maxCuts, len(distinct)-1)
		for k := range n {
			at := (k + 1) * (len(distinct) - 1) / (n + 1)
			cuts[f] = append(cuts[f], (distinct[at]+distinct[at+1])/2)
		}
		if n == len(distinct)-1 {
			for k := range n {
				cuts[f][k] = (distinct[k] + distinct[k+1]) / 2
			}
		}
		for i, s := range samples {
			at, found := slices.BinarySearch(cuts[f], s.X[f])
			if found {
				at++
			}
			codes[i][f] = uint8(at)
		}
	}
	return cuts, codes
}

// grower grows one tree.
type grower struct {
	samples []Labelled
	cuts    [][]float64
	codes   [][]uint8
	options ForestOptions
	random  *rand.Rand
	nodes   []node
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
	for k, f := range g.random.Perm(len(g.cuts)) {
		if k >= g.options.Tried && found {
			break
		}
		var all, of [maxCuts + 1]int
		for _, i := range drawn {
			code := g.codes[i][f]
			all[code]++
			if g.samples[i].Yes {
				of[code]++
			}
		}
		left, below := 0, 0
		for c, at := range g.cuts[f] {
			left, below = left+all[c], below+of[c]
			right, above := len(drawn)-left, yes-below
			if left < g.options.Leaf || right < g.options.Leaf {
				continue
			}
			// The higher, the purer: Gini impurity less what all cuts share.
			pure := float64(below*below+(left-below)*(left-below))/float64(left) +
				float64(above*above+(right-above)*(right-above))/float64(right)
			if pure > best {
				best, feature, cut, found = pure, f, at, true
			}
		}
	}
	return feature, cut, found
}
