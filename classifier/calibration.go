package classifier

import (
	"cmp"
	"math"
	"slices"

	"huying/internal/learn"
)

// Calibration turns the model's probabilities into those that people's
// decisions bear out, and says how many candidates it takes to hold the right
// one.
type Calibration struct {
	// Slope and Intercept map the log-odds of the likeliest leaf (Platt,
	// Advances in Large Margin Classifiers, 1999). The other leaves share what
	// it leaves over, as before.
	Slope     float64
	Intercept float64
	// Floor is the probability from which a candidate belongs to the set that
	// holds the right leaf in Coverage of the cases: split conformal prediction
	// with one threshold (Sadinle, Lei, Wasserman: Least Ambiguous Set-Valued
	// Classifiers, JASA 114, 2019).
	Floor float64
	Rows  int // decisions it was fitted on
}

// Coverage is the share of cases in which the set shall hold the right leaf.
const Coverage = 0.9

// coldCalibration holds until enough is decided: fitted on messages of real
// cities under the starter catalogue, of which the machine had seen none.
var coldCalibration = Calibration{Slope: 0.57, Intercept: 0.43, Floor: 0.03}

// Judged is a suggestion with what people decided.
type Judged struct {
	Raw   []float64 // probabilities of its candidates before calibration, best first
	Right int       // place of the right one; -1: not among them
}

// Judge puts a suggestion together with the category that people decided on;
// false when it has nothing to calibrate by.
func (s Suggestion) Judge(right CategoryID) (Judged, bool) {
	cs := slices.Clone(s.Candidates)
	slices.SortStableFunc(cs, func(a, b Candidate) int { return cmp.Compare(b.Raw, a.Raw) })
	j := Judged{Right: -1}
	for i, c := range cs {
		j.Raw = append(j.Raw, c.Raw)
		if c.Category == right {
			j.Right = i
		}
	}
	return j, len(cs) > 0 && cs[0].Raw > 0
}

const (
	// calibrateFrom is how many decisions a floor needs: with a hundred, the
	// coverage is met within ±6 points in 19 of 20 cities.
	calibrateFrom = 100
	// priorRows is how many decisions the cold slope and intercept are worth.
	priorRows = 50
)

// Calibrate fits to decisions, drawn to the cold calibration while they are
// few.
func Calibrate(rows []Judged) Calibration {
	c := coldCalibration
	var firsts []learn.Trial
	for _, r := range rows {
		if len(r.Raw) > 0 {
			firsts = append(firsts, learn.Trial{Score: r.Raw[0], Right: r.Right == 0})
		}
	}
	fitted := learn.FitPlatt(firsts, learn.Platt{Slope: c.Slope, Intercept: c.Intercept}, priorRows)
	c.Slope, c.Intercept = fitted.Slope, fitted.Intercept
	c.Rows = len(rows)
	if len(rows) >= calibrateFrom {
		c.Floor = c.conformal(rows)
	}
	return c
}

// conformal gives the floor under which Coverage of the rows hold the right
// leaf, with the correction for a finite number of rows. Where the right leaf
// is too often no candidate at all, it is 0: all candidates are shown.
func (c Calibration) conformal(rows []Judged) float64 {
	scores := make([]float64, len(rows))
	for i, r := range rows {
		if r.Right >= 0 {
			scores[i] = c.Apply(r.Raw)[r.Right]
		}
	}
	slices.Sort(scores)
	at := int(math.Floor((1-Coverage)*float64(len(rows)+1))) - 1
	return scores[max(0, at)]
}

// Apply maps probabilities, best first or of all leaves; their sum stays what
// it was, and the likeliest stays the likeliest.
func (c Calibration) Apply(p []float64) []float64 {
	out := slices.Clone(p)
	if len(p) == 0 {
		return out
	}
	top := largest(p)
	first := min(max(p[top], 1e-9), 1-1e-9)
	mapped := learn.Platt{Slope: c.Slope, Intercept: c.Intercept}.P(first)
	second := 0.0
	for i, v := range p {
		if i != top {
			second = max(second, v)
		}
	}
	// As much as makes first and second equal is the least.
	if tie := second / (1 - first + second); mapped < tie {
		mapped = min(1, tie*(1+1e-6))
	}
	for i := range out {
		out[i] *= (1 - mapped) / (1 - first)
	}
	out[top] = mapped
	return out
}

// Set is how many of the candidates, best first, belong to the set: at least
// one.
func (c Calibration) Set(p []float64) int {
	n := 0
	for n < len(p) && p[n] >= c.Floor {
		n++
	}
	return min(max(n, 1), len(p))
}
