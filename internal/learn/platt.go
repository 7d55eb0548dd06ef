package learn

import "math"

// Platt maps a score in [0,1] to the probability of being right, by a straight
// line between their log-odds (Platt, Advances in Large Margin Classifiers,
// 1999).
type Platt struct{ Slope, Intercept float64 }

const (
	// plattEdge keeps the log-odds of a score finite.
	plattEdge = 1e-6
	// plattSlope is the least slope: a score never speaks against itself.
	plattSlope = 0.05
	// rowInformation is what one trial of middling certainty tells.
	rowInformation = 0.2
)

// FitPlatt maximises the likelihood of the trials with a normal prior around
// the slope and intercept of prior that weighs as much as rows trials, by
// Newton's method.
func FitPlatt(trials []Trial, prior Platt, rows float64) Platt {
	a, b := prior.Intercept, prior.Slope
	weight := rows * rowInformation
	for range 25 {
		ga, gb := weight*(prior.Intercept-a), weight*(prior.Slope-b)
		haa, hab, hbb := weight, 0.0, weight
		for _, t := range trials {
			x := logOdds(t.Score)
			p := sigmoid(a + b*x)
			y := 0.0
			if t.Right {
				y = 1
			}
			w := p * (1 - p)
			ga += y - p
			gb += (y - p) * x
			haa += w
			hab += w * x
			hbb += w * x * x
		}
		det := haa*hbb - hab*hab
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		a, b = a+da, b+db
		if math.Abs(da)+math.Abs(db) < 1e-8 {
			break
		}
	}
	return Platt{Slope: max(b, plattSlope), Intercept: a}
}

// P gives the probability of being right at a score.
func (p Platt) P(score float64) float64 { return sigmoid(p.Slope*logOdds(score) + p.Intercept) }

func logOdds(p float64) float64 {
	p = min(max(p, plattEdge), 1-plattEdge)
	return math.Log(p / (1 - p))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
