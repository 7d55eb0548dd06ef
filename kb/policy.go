package kb

import (
	"bufio"
	"bytes"
	"cmp"
	_ "embed"
	"encoding/gob"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"huying/internal/errs"
	"huying/internal/learn"
)

// DefaultBudget is the share of the answers given that may be wrong, where a
// unit has not set its own.
const DefaultBudget = 0.02

// Policy decides whether the first entry is the answer: a forest that gives
// the probability, and the thresholds from which an answer is given. It is
// immutable.
type Policy struct {
	Version   string
	Model     string    // name of the embedding model that it was fitted on; with another one nothing is answered
	At        time.Time // when it was fitted; zero: it shipped
	Labels    int       // of its own that it learned from, …
	Editors   int       // … those of them that editors found, …
	Citizens  int       // … and those that citizens said, on which no threshold rests
	Threshold float64   // where no unit's holds
	Reach     float64   // sightLength of the longest asks that it is known to answer rightly
	Units     []UnitRule
	Curve     []Point // of all labels
	forest    *learn.Forest
}

// UnitRule is what holds for the entries of one unit.
type UnitRule struct {
	Unit      string
	Budget    float64 // share of the answers that may be wrong
	Labels    int
	Threshold float64 // above 1: nothing is answered
	Given     int     // labels at or above the threshold …
	Wrong     int     // … and those of them that were wrong
	Bound     float64 // exact 95 % bound on the rate of wrong answers; 1 without any
	Direct    bool    // the bound lies within the budget: a citizen may get the answer without a person in between
}

// Point says what a threshold would give on the labels.
type Point struct {
	Budget    float64 // share of wrong answers allowed
	Threshold float64
	Coverage  float64 // share of the labelled asks that were answered rightly, of those whose first entry was right
}

// probability that the first entry answers the ask of a sight.
func (p *Policy) probability(s sight) float64 { return p.forest.P(s[:]) }

// rule gives the threshold for a unit's entries, and whether its answers may
// go straight to a citizen.
func (p *Policy) rule(unit string) (threshold float64, direct bool) {
	for _, u := range p.Units {
		if u.Unit == unit {
			return u.Threshold, u.Direct
		}
	}
	return p.Threshold, false
}

// shippedJSON names the shipped policy: its version, the model of the vectors,
// and a threshold fitted on kb/seed/asks.jsonl.
//
//go:embed seed/policy.json
var shippedJSON []byte

// sightsText holds what a policy would have seen of the product's own asks, a
// line each: entry, whether it answers, weight, the sight.
//
//go:embed seed/sights.txt
var sightsText string

// seedSights reads them.
var seedSights = sync.OnceValues(func() ([]learn.Labelled, error) {
	var out []learn.Labelled
	scan := bufio.NewScanner(strings.NewReader(sightsText))
	for line := 1; scan.Scan(); line++ {
		fields := strings.Fields(scan.Text())
		if len(fields) != 3+sightSize {
			return nil, errs.New(errs.Internal, "internal").At(line, 0)
		}
		l := learn.Labelled{Group: fields[0], Yes: fields[1] == "1", X: make([]float64, sightSize)}
		for i, f := range fields[2:] {
			x, err := strconv.ParseFloat(f, 64)
			if err != nil {
				return nil, errs.Wrap(err, errs.Internal, "internal").At(line, 0)
			}
			if i == 0 {
				l.Weight = x
			} else {
				l.X[i-1] = x
			}
		}
		out = append(out, l)
	}
	return out, nil
})

// ShippedPolicy gives the policy that the product comes with.
func ShippedPolicy() (*Policy, error) { return shippedPolicy() }

var shippedPolicy = sync.OnceValues(func() (*Policy, error) {
	var p Policy
	if err := json.Unmarshal(shippedJSON, &p); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	samples, err := seedSights()
	if err != nil {
		return nil, err
	}
	p.Reach = reach(len(samples), func(i int) (float64, bool) { return samples[i].X[sightLength], samples[i].Yes })
	p.forest, err = learn.NewForest(samples, forestShape)
	return &p, err
})

// forestShape was chosen on the seed asks.
var forestShape = learn.ForestOptions{Trees: 200, Leaf: 4, Tried: 16, Seed: 1}

const (
	// ownLabels is from how many own labels on the threshold is fitted on them.
	ownLabels = 100
	// seedHalves is what weight of own labels (agents' marks) halves the weight of the seed asks: they
	// were thought up, and give way to what really came.
	seedHalves = 3
	// trialFolds is into how many parts labels are cut, by entry, so that each
	// is tried by a forest that saw neither it nor others of its entry; trials
	// is how often that is done with other cuts, to even out the lot.
	trialFolds = 5
	trials     = 2
	// trialTrees is how many trees a forest has that only tries.
	trialTrees = 100
)

// FitPolicy makes a policy of the seed asks and own labels. budgets are those
// of units; a unit without one has DefaultBudget. Thresholds are fitted on
// scores that each label got from forests that had not seen it, and on the
// labels of agents and editors alone: a bound that lets answers go straight to
// citizens must count answers known to be right or wrong, each once.
func FitPolicy(labels []Label, budgets map[string]float64) (*Policy, error) {
	shipped, err := ShippedPolicy()
	if err != nil {
		return nil, err
	}
	seed, err := seedSights()
	if err != nil {
		return nil, err
	}
	own, kept := ownSamples(labels)
	p := &Policy{Version: shipped.Version, Model: shipped.Model, Threshold: shipped.Threshold, Labels: len(own)}
	p.Editors, p.Citizens = countBy(kept, ByEditor), countBy(kept, ByCitizen)
	if p.forest, err = growOn(seed, own, forestShape.Trees); err != nil {
		return nil, err
	}
	held, err := heldOut(seed, own)
	if err != nil {
		return nil, err
	}
	kept, held = those(kept, held, func(l Label) bool { return l.By != ByCitizen })
	p.Reach = max(shipped.Reach, reach(len(kept), func(i int) (float64, bool) { return kept[i].Sight[sightLength], kept[i].Right }))
	kept, held = those(kept, held, func(l Label) bool { return l.Sight[sightLength] <= p.Reach })
	shared := func(budget float64) float64 {
		if len(held) < ownLabels {
			return shipped.Threshold
		}
		return learn.ExpectedThreshold(held, budget).Score
	}
	p.Threshold = shared(DefaultBudget)
	p.Curve = curve(held)
	p.Units = unitRules(kept, held, budgets, shared)
	return p, nil
}

// reachLabels is how many asks at least as long must have been answered rightly
// for a policy to answer one.
const reachLabels = 3

// reach gives the largest sightLength of which reachLabels labels are right. A
// forest says of an ask that is longer than all it learned from what it would
// say of the longest of them, though most of what was said in it may be about
// something else; so such an ask is left to people.
func reach(labels int, label func(i int) (length float64, right bool)) float64 {
	var lengths []float64
	for i := range labels {
		if length, right := label(i); right {
			lengths = append(lengths, length)
		}
	}
	slices.Sort(lengths)
	if len(lengths) < reachLabels {
		return 0
	}
	return lengths[len(lengths)-reachLabels]
}

// growOn grows a forest on seed and own samples, the seed the lighter the more
// own ones weigh.
func growOn(seed, own []learn.Labelled, trees int) (*learn.Forest, error) {
	weight := 0.0
	for _, s := range own {
		weight += s.Weight
	}
	factor := 1 / (1 + weight/seedHalves)
	all := slices.Clone(own)
	for _, s := range seed {
		s.Weight *= factor
		all = append(all, s)
	}
	shape := forestShape
	shape.Trees = trees
	return learn.NewForest(all, shape)
}

// heldOut scores each own sample by forests that did not see its entry.
func heldOut(seed, own []learn.Labelled) ([]learn.Trial, error) {
	out := make([]learn.Trial, len(own))
	for round := range trials {
		for fold := range trialFolds {
			var rest []learn.Labelled
			for _, s := range own {
				if foldOf(s.Group, round) != fold {
					rest = append(rest, s)
				}
			}
			if len(rest) == len(own) {
				continue
			}
			f, err := growOn(seed, rest, trialTrees)
			if err != nil {
				return nil, err
			}
			for i, s := range own {
				if foldOf(s.Group, round) == fold {
					out[i].Right = s.Yes
					out[i].Score += f.P(s.X) / trials
				}
			}
		}
	}
	return out, nil
}

func foldOf(group string, round int) int {
	h := fnv.New32a()
	h.Write([]byte{byte(round)})
	h.Write([]byte(group))
	return int(h.Sum32()>>8) % trialFolds
}

// unitRules fits every unit that has labels or a budget.
func unitRules(labels []Label, held []learn.Trial, budgets map[string]float64, shared func(float64) float64) []UnitRule {
	of := map[string][]learn.Trial{}
	for unit := range budgets {
		of[unit] = nil
	}
	for i, l := range labels {
		of[l.Unit] = append(of[l.Unit], held[i])
	}
	var rules []UnitRule
	for unit, trials := range of {
		u := UnitRule{Unit: unit, Budget: DefaultBudget, Labels: len(trials)}
		if b, set := budgets[unit]; set {
			u.Budget = b
		}
		u.Threshold = shared(u.Budget)
		if t := learn.ProvenThreshold(trials, u.Budget); t.Proven {
			u.Threshold, u.Direct = t.Score, true
		}
		for _, t := range trials {
			if t.Score >= u.Threshold {
				u.Given++
				if !t.Right {
					u.Wrong++
				}
			}
		}
		u.Bound = learn.UpperBound(u.Wrong, u.Given)
		rules = append(rules, u)
	}
	slices.SortFunc(rules, func(a, b UnitRule) int {
		return cmp.Or(cmp.Compare(b.Labels, a.Labels), cmp.Compare(a.Unit, b.Unit))
	})
	return rules
}

// curveBudgets are the budgets that the curve shows.
var curveBudgets = []float64{0.005, 0.01, 0.02, 0.03, 0.05, 0.1}

// curve says how many of the asks are answered rightly at each budget.
func curve(held []learn.Trial) []Point {
	answerable := 0
	for _, t := range held {
		if t.Right {
			answerable++
		}
	}
	if answerable == 0 {
		return nil
	}
	var out []Point
	for _, b := range curveBudgets {
		t := learn.ExpectedThreshold(held, b)
		out = append(out, Point{Budget: b, Threshold: t.Score, Coverage: float64(t.Given-t.Wrong) / float64(answerable)})
	}
	return out
}

// storedPolicy is how a policy is kept.
type storedPolicy struct {
	Policy Policy
	Forest []byte
}

// Encode gives the policy as bytes, to be stored.
func (p *Policy) Encode() ([]byte, error) {
	forest, err := p.forest.MarshalBinary()
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(storedPolicy{*p, forest}); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	return b.Bytes(), nil
}

// DecodePolicy reads what Encode gave.
func DecodePolicy(data []byte) (*Policy, error) {
	var s storedPolicy
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&s); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	s.Policy.forest = &learn.Forest{}
	if err := s.Policy.forest.UnmarshalBinary(s.Forest); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	if s.Policy.Reach == 0 { // stored before there was one
		shipped, err := ShippedPolicy()
		if err != nil {
			return nil, err
		}
		s.Policy.Reach = shipped.Reach
	}
	return &s.Policy, nil
}
