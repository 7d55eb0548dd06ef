package learn

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// View is what one way of looking says of some rows: a score for every class,
// row by row.
type View [][]float32

// FitPool finds the weights w ≥ 0 under which the softmax of the weighted sum
// of the views best predicts the truth: a conditional logit (McFadden 1974),
// which is the log-linear pool of the views fitted by maximum likelihood
// (stacking, Wolpert 1992; Heskes, NIPS 1998). Weights are drawn to prior as
// by a normal prior of standard deviation spread on each weight times its
// view's scale (the mean deviation of its scores within a row), so that a few
// rows move them little. The fit is convex and its result is calibrated on
// rows like these. truth holds the classes of the rows; without rows the
// weights are prior/scale with a scale of 1.
func FitPool(views []View, truth []int, prior []float64, spread float64) []float64 {
	p := pool{views: views, truth: truth, scale: make([]float64, len(views)), prior: prior, spread: spread}
	for k, v := range views {
		p.scale[k] = scaleOf(v)
	}
	w := append([]float64(nil), prior...)
	if len(truth) > 0 {
		w = p.newton(w)
	}
	for k := range w {
		w[k] /= p.scale[k]
	}
	return w
}

// scaleOf is the mean over rows of the standard deviation between classes.
func scaleOf(v View) float64 {
	sum := 0.0
	for _, row := range v {
		mean, square := 0.0, 0.0
		for _, s := range row {
			mean += float64(s) / float64(len(row))
		}
		for _, s := range row {
			square += (float64(s) - mean) * (float64(s) - mean) / float64(len(row))
		}
		sum += math.Sqrt(square)
	}
	if sum <= flat*float64(len(v)) {
		return 1
	}
	return sum / float64(len(v))
}

// flat is a deviation that is rounding alone: such a view says the same of
// every class, and must not be blown up.
const flat = 1e-6

type pool struct {
	views  []View
	truth  []int
	scale  []float64
	prior  []float64
	spread float64
}

// newtonSteps and newtonStop end the search; the loss is convex in few
// variables, and ten steps are usual.
const (
	newtonSteps = 40
	newtonStop  = 1e-4 // of the loss, in nats over all rows
)

// newton minimises by projected Newton steps with halving.
func (p *pool) newton(w []float64) []float64 {
	loss, gradient, hessian := p.loss(w, true)
	for range newtonSteps {
		step := direction(w, gradient, hessian)
		improved := false
		for size := 1.0; size > 1e-3; size /= 2 {
			next := make([]float64, len(w))
			for k := range w {
				next[k] = max(w[k]+size*step[k], 0)
			}
			if l, _, _ := p.loss(next, false); l < loss-newtonStop {
				w, improved = next, true
				break
			}
		}
		if !improved {
			return w
		}
		loss, gradient, hessian = p.loss(w, true)
	}
	return w
}

// direction is the Newton step over the weights that are free: not at 0, or
// drawn away from it.
func direction(w, gradient []float64, hessian *mat.SymDense) []float64 {
	var free []int
	for k := range w {
		if w[k] > 0 || gradient[k] < 0 {
			free = append(free, k)
		}
	}
	step := make([]float64, len(w))
	if len(free) == 0 {
		return step
	}
	h := mat.NewSymDense(len(free), nil)
	g := mat.NewVecDense(len(free), nil)
	for i, k := range free {
		g.SetVec(i, -gradient[k])
		for j, m := range free {
			h.SetSym(i, j, hessian.At(k, m))
		}
	}
	var chol mat.Cholesky
	var s mat.VecDense
	if !chol.Factorize(h) || chol.SolveVecTo(&s, g) != nil {
		return step
	}
	for i, k := range free {
		step[k] = s.AtVec(i)
	}
	return step
}

// loss is the negative log posterior at w; with slopes also its gradient and
// Hessian (the covariance of the views under the predicted classes).
func (p *pool) loss(w []float64, slopes bool) (float64, []float64, *mat.SymDense) {
	n := len(w)
	gradient := make([]float64, n)
	hessian := mat.NewSymDense(n, nil)
	total := 0.0
	for k := range w {
		d := (w[k] - p.prior[k]) / p.spread
		total += d * d / 2
		gradient[k] = d / p.spread
		hessian.SetSym(k, k, 1/(p.spread*p.spread))
	}
	logits := make([]float64, len(p.views[0][0]))
	mean := make([]float64, n)
	square := make([]float64, n*n)
	for i, truth := range p.truth {
		p.logits(logits, w, i)
		right := logits[truth]
		total += softmax(logits) - right
		if !slopes {
			continue
		}
		p.moments(mean, square, logits, i)
		for k := range n {
			gradient[k] += mean[k] - float64(p.views[k][i][truth])/p.scale[k]
			for m := k; m < n; m++ {
				hessian.SetSym(k, m, hessian.At(k, m)+square[k*n+m]-mean[k]*mean[m])
			}
		}
	}
	return total, gradient, hessian
}

func (p *pool) logits(out, w []float64, row int) {
	clear(out)
	for k, v := range p.views {
		f := w[k] / p.scale[k]
		for c, s := range v[row] {
			out[c] += f * float64(s)
		}
	}
}

// moments gives the mean of the scaled views, and of their products, under
// the probabilities of the classes.
func (p *pool) moments(mean, square, probabilities []float64, row int) {
	n := len(mean)
	clear(mean)
	clear(square)
	x := make([]float64, n)
	for c, q := range probabilities {
		if q < 1e-9 {
			continue
		}
		for k, v := range p.views {
			x[k] = float64(v[row][c]) / p.scale[k]
			mean[k] += q * x[k]
		}
		for k := range n {
			for m := k; m < n; m++ {
				square[k*n+m] += q * x[k] * x[m]
			}
		}
	}
}

// softmax turns logits into probabilities in place and returns the logarithm
// of the sum of their exponentials.
func softmax(logits []float64) float64 {
	top := math.Inf(-1)
	for _, v := range logits {
		top = max(top, v)
	}
	sum := 0.0
	for c, v := range logits {
		logits[c] = math.Exp(v - top)
		sum += logits[c]
	}
	for c := range logits {
		logits[c] /= sum
	}
	return top + math.Log(sum)
}
