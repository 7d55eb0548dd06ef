package classifier

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestCalibrationKeepsOrderAndSum(t *testing.T) {
	for _, p := range [][]float64{
		{0.7, 0.2, 0.1}, {0.4, 0.39, 0.21}, {0.999, 0.0009, 0.0001}, {0.34, 0.33, 0.33}, {0.2, 0.1}, {0.05, 0.9, 0.05},
	} {
		for _, c := range []Calibration{coldCalibration, {Slope: 0.05, Intercept: -3}, {Slope: 2, Intercept: 1}} {
			got := c.Apply(p)
			sum, was := 0.0, 0.0
			for i := range p {
				sum, was = sum+got[i], was+p[i]
				if math.IsNaN(got[i]) || got[i] < 0 || got[i] > 1 {
					t.Errorf("%+v of %v gives %v", c, p, got)
				}
			}
			if largest(got) != largest(p) {
				t.Errorf("%+v of %v gives %v: another is first", c, p, got)
			}
			if was > 0.999 && math.Abs(sum-1) > 1e-6 {
				t.Errorf("%+v of %v sums to %v", c, p, sum)
			}
		}
	}
	if got := coldCalibration.Apply(nil); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// TestCalibrationBearsOut: a machine that is surer than it is right is
// corrected, and the sets hold the right leaf as often as promised.
func TestCalibrationBearsOut(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	draw := func() Judged {
		truth := make([]float64, 5)
		left := 1.0
		for i := range truth {
			truth[i] = left * (0.3 + 0.6*random.Float64())
			left -= truth[i]
		}
		slices.SortFunc(truth, func(a, b float64) int {
			if a > b {
				return -1
			}
			return 1
		})
		said, sum := make([]float64, 5), math.Pow(left, 2)
		for i, p := range truth { // twice the log-odds of what it should say
			said[i] = p * p
			sum += said[i]
		}
		for i := range said {
			said[i] /= sum
		}
		x, right := random.Float64(), -1
		for i, p := range truth {
			if x -= p; x < 0 {
				right = i
				break
			}
		}
		return Judged{Raw: said, Right: right}
	}
	var past []Judged
	for range 2000 {
		past = append(past, draw())
	}
	c := Calibrate(past)
	var said, right, raw, covered float64
	const n = 20_000
	for range n {
		j := draw()
		p := c.Apply(j.Raw)
		raw += j.Raw[0]
		said += p[0]
		if j.Right == 0 {
			right++
		}
		if k := c.Set(p); j.Right >= 0 && j.Right < k {
			covered++
		}
	}
	if 3*math.Abs(said-right) > math.Abs(raw-right) {
		t.Errorf("said %.3f (%.3f before calibration), right %.3f", said/n, raw/n, right/n)
	}
	if covered/n < Coverage-0.03 || covered/n > Coverage+0.04 {
		t.Errorf("sets hold the right one in %.3f, promised %.2f", covered/n, Coverage)
	}
}

func TestFewDecisionsChangeLittle(t *testing.T) {
	wrong := []Judged{{Raw: []float64{0.9, 0.05}, Right: 1}, {Raw: []float64{0.8, 0.1}, Right: -1}}
	c := Calibrate(wrong)
	if c.Floor != coldCalibration.Floor || math.Abs(c.Intercept-coldCalibration.Intercept) > 0.3 || c.Slope <= 0 {
		t.Errorf("after two decisions: %+v", c)
	}
	if c := Calibrate(nil); c.Slope != coldCalibration.Slope || c.Rows != 0 {
		t.Errorf("after none: %+v", c)
	}
	if n := coldCalibration.Set([]float64{0.02, 0.01}); n != 1 {
		t.Errorf("a set of %d", n)
	}
	if n := coldCalibration.Set(nil); n != 0 {
		t.Errorf("a set of %d of nothing", n)
	}
}

func TestDoubtFollowsTheSetButNotBelowTheFloor(t *testing.T) {
	c := Calibration{Floor: 0.1}
	for _, tt := range []struct {
		probabilities []float64
		want          Doubt
	}{
		{nil, Unsure},
		{[]float64{0.9, 0.05}, Sure},
		{[]float64{DefaultFloor, 0.05}, Sure},
		{[]float64{0.11, 0.05}, Unsure}, // alone in the set, but not likely
		{[]float64{0.05, 0.04}, Unsure}, // none in the set
		{[]float64{0.35, 0.3}, Several},
		{[]float64{0.35, 0.3, 0.2}, Several},
		{[]float64{0.3, 0.3, 0.2, 0.1}, Unsure},
	} {
		var cs []Candidate
		for _, p := range tt.probabilities {
			cs = append(cs, Candidate{Probability: p})
		}
		if got := c.doubt(cs); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.probabilities, got, tt.want)
		}
	}
}
