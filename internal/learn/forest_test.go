package learn

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestForestLearnsWhatNoLineCan: two numbers of which exactly one must be
// large, beside three that say nothing.
func TestForestLearnsWhatNoLineCan(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) []Labelled {
		out := make([]Labelled, n)
		for i := range out {
			x := make([]float64, 5)
			for k := range x {
				x[k] = random.Float64()
			}
			out[i] = Labelled{X: x, Yes: x[0] > 0.5 != (x[1] > 0.5), Weight: 1}
		}
		return out
	}
	f, err := NewForest(draw(600), ForestOptions{Trees: 100, Tried: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	right, tests := 0, draw(500)
	for _, s := range tests {
		p := f.P(s.X)
		if p < 0 || p > 1 {
			t.Fatalf("probability %v", p)
		}
		if (p > 0.5) == s.Yes {
			right++
		}
	}
	if right < 450 {
		t.Errorf("%d of 500 right", right)
	}
	if _, err := NewForest(nil, ForestOptions{}); err == nil {
		t.Error("a forest of nothing")
	}
}

// TestWeightsAreDraws: what weighs nothing is hardly learned.
func TestWeightsAreDraws(t *testing.T) {
	var samples []Labelled
	for i := range 200 {
		samples = append(samples, Labelled{X: []float64{1}, Yes: i%2 == 0, Weight: []float64{9, 1}[i%2]})
	}
	f, err := NewForest(samples, ForestOptions{Trees: 100})
	if err != nil {
		t.Fatal(err)
	}
	if p := f.P([]float64{1}); math.Abs(p-0.9) > 0.03 {
		t.Errorf("probability %.2f, want 0.9", p)
	}
}

func TestExactBounds(t *testing.T) {
	// Clopper and Pearson, one-sided 95 %: 1 - 0.05^(1/n) without a fault.
	for _, tt := range []struct {
		wrong, n int
		want     float64
	}{{0, 149, 0.0199}, {0, 10, 0.2589}, {1, 100, 0.0466}, {5, 100, 0.1023}, {0, 0, 1}, {3, 3, 1}} {
		if got := UpperBound(tt.wrong, tt.n); math.Abs(got-tt.want) > 0.0002 {
			t.Errorf("%d of %d: %.4f, want %.4f", tt.wrong, tt.n, got, tt.want)
		}
	}
	if n := FaultlessNeeded(0.02); n != 149 {
		t.Errorf("%d needed, want 149", n)
	}
}

func TestThresholds(t *testing.T) {
	var trials []Trial
	for i := range 300 { // from 0.999 down; every tenth below 0.8 is wrong
		s := 1 - float64(i+1)/1000
		trials = append(trials, Trial{s, s > 0.8 || i%10 != 0})
	}
	got := ProvenThreshold(trials, 0.02)
	if !got.Proven || got.Wrong != 0 || got.Given < 149 || got.Score > 0.851 || got.Score < 0.79 {
		t.Errorf("proven %+v", got)
	}
	if s := ExpectedThreshold(trials, 0.02); s.Given < got.Given || s.Proven {
		t.Errorf("expected %+v", s)
	}
	if few := ProvenThreshold(trials[:148], 0.02); few.Proven || few.Score <= 1 {
		t.Errorf("148 prove nothing: %+v", few)
	}
	if none := ExpectedThreshold([]Trial{{0.9, false}, {0.8, true}}, 0.02); none.Score <= 1 {
		t.Errorf("nothing keeps within the budget: %+v", none)
	}
}

// TestExpectedThresholdKeepsTheBudget draws trials whose scores are honest, or
// too modest as a forest's are: over many draws the answers given are wrong as
// often as the budget allows, and no draw strays far from the others.
func TestExpectedThresholdKeepsTheBudget(t *testing.T) {
	for _, slope := range []float64{1, 1.7} {
		const budget, draws = 0.02, 200
		truth := Platt{Slope: slope}
		score := func(random *rand.Rand) float64 { return 1 - math.Pow(random.Float64(), 3) }
		wrong, given, least, most := 0.0, 0.0, math.Inf(1), 0.0
		for seed := range uint64(draws) {
			random := rand.New(rand.NewPCG(seed, 5))
			trials := make([]Trial, 250)
			for i := range trials {
				s := score(random)
				trials[i] = Trial{s, random.Float64() < truth.P(s)}
			}
			from, count := ExpectedThreshold(trials, budget).Score, 0.0
			for range 1000 { // what comes afterwards
				if s := score(random); s >= from {
					count++
					wrong += 1 - truth.P(s)
				}
			}
			given, least, most = given+count, min(least, count), max(most, count)
		}
		t.Logf("slope %v: %.4f wrong, %v to %v of 1000 given", slope, wrong/given, least, most)
		if share := wrong / given; share < budget/2 || share > budget*1.05 {
			t.Errorf("slope %v: %.4f of the answers are wrong, the budget is %v", slope, share, budget)
		}
		if least < most/3 {
			t.Errorf("slope %v: between %v and %v answers of 1000", slope, least, most)
		}
	}
}

// TestProofHoldsNinetyFivePercent draws trials whose true rate of faults lies
// just above the budget at every score: at most one in twenty may be passed.
func TestProofHoldsNinetyFivePercent(t *testing.T) {
	passed := 0
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 3))
		trials := make([]Trial, 400)
		for i := range trials {
			trials[i] = Trial{random.Float64(), random.Float64() > 0.021}
		}
		if ProvenThreshold(trials, 0.02).Proven {
			passed++
		}
	}
	if passed > 32 { // 20 expected at most; 32 has a chance of 0.5 %
		t.Errorf("%d of 400 passed", passed)
	}
}
