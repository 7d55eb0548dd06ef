package learn

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"huying/internal/errs"
)

// Sample is a vector of known class. Weight is how much it counts against a
// sample of weight 1.
type Sample struct {
	Class  int
	Weight float64
	Vector []float32
}

// Discriminant is linear discriminant analysis with a shared covariance that
// is shrunk towards a multiple of the identity (Friedman: Regularized
// Discriminant Analysis, JASA 84, 1989):
//
//	score(x, c) = xᵀ Σ⁻¹ μ_c − ½ μ_cᵀ Σ⁻¹ μ_c,  Σ = (1−γ) S + γ tr(S)/d I
//
// with μ_c the weighted mean of a class and S the weighted covariance within
// classes. It is solved in closed form, needs one pass over the samples, and
// works with one sample a class.
type Discriminant struct {
	Dim     int
	Classes int
	Weights []float32 // Classes × Dim, row by row: Σ⁻¹ μ_c
	Bias    []float32 // Classes
	Means   []float32 // Classes × Dim, each of length 1 (or 0 without samples)
	Seen    []bool    // whether the class had a sample; without one its score means nothing
}

// NewDiscriminant fits the samples. shrink is γ in (0,1]. Vectors must all
// have dim floats. errs.Invalid "learn.samples" when there is no sample.
func NewDiscriminant(dim, classes int, samples []Sample, shrink float64) (*Discriminant, error) {
	d := &Discriminant{
		Dim: dim, Classes: classes,
		Weights: make([]float32, classes*dim), Bias: make([]float32, classes),
		Means: make([]float32, classes*dim), Seen: make([]bool, classes),
	}
	if len(samples) == 0 {
		return nil, errs.New(errs.Invalid, "learn.samples")
	}
	means, mass := classMeans(dim, classes, samples)
	for c, w := range mass {
		d.Seen[c] = w > 0
	}
	sigma := covariance(dim, samples, means)
	shrinkTo(sigma, shrink)
	var chol mat.Cholesky
	if !chol.Factorize(sigma) {
		return nil, errs.New(errs.Internal, "learn.singular")
	}
	var solved mat.Dense // dim × classes
	if err := chol.SolveTo(&solved, means.T()); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "learn.singular")
	}
	for c := range classes {
		half, length := 0.0, 0.0
		for j := range dim {
			w, m := solved.At(j, c), means.At(c, j)
			d.Weights[c*dim+j] = float32(w)
			half += w * m
			length += m * m
		}
		d.Bias[c] = float32(-half / 2)
		if length > 0 {
			for j := range dim {
				d.Means[c*dim+j] = float32(means.At(c, j) / math.Sqrt(length))
			}
		}
	}
	return d, nil
}

// classMeans gives the weighted means (classes × dim) and each class's weight.
func classMeans(dim, classes int, samples []Sample) (*mat.Dense, []float64) {
	means := mat.NewDense(classes, dim, nil)
	mass := make([]float64, classes)
	for _, s := range samples {
		row := means.RawRowView(s.Class)
		for j, v := range s.Vector {
			row[j] += s.Weight * float64(v)
		}
		mass[s.Class] += s.Weight
	}
	for c, w := range mass {
		if w > 0 {
			row := means.RawRowView(c)
			for j := range row {
				row[j] /= w
			}
		}
	}
	return means, mass
}

// covariance is the weighted covariance within classes. Where every class has
// one sample it is zero, which shrinkTo turns into the identity.
func covariance(dim int, samples []Sample, means *mat.Dense) *mat.SymDense {
	sigma := mat.NewSymDense(dim, nil)
	const block = 512
	rows := mat.NewDense(block, dim, nil)
	total := 0.0
	n := 0
	add := func() {
		if n == 0 {
			return
		}
		var s mat.SymDense
		s.SymOuterK(1, rows.Slice(0, n, 0, dim).T())
		sigma.AddSym(sigma, &s)
		n = 0
	}
	for _, s := range samples {
		root := math.Sqrt(s.Weight)
		row, mean := rows.RawRowView(n), means.RawRowView(s.Class)
		for j, v := range s.Vector {
			row[j] = root * (float64(v) - mean[j])
		}
		total += s.Weight
		if n++; n == block {
			add()
		}
	}
	add()
	sigma.ScaleSym(1/total, sigma)
	return sigma
}

// shrinkTo mixes a covariance with the identity of the same trace.
func shrinkTo(sigma *mat.SymDense, gamma float64) {
	dim := sigma.SymmetricDim()
	trace := mat.Trace(sigma)
	if trace <= 0 {
		trace, gamma = float64(dim), 1
	}
	sigma.ScaleSym(1-gamma, sigma)
	for j := range dim {
		sigma.SetSym(j, j, sigma.At(j, j)+gamma*trace/float64(dim))
	}
}

// Scores writes the score of every class into out, which must have Classes
// floats. Classes without samples get the lowest score of all.
func (d *Discriminant) Scores(out, x []float32) {
	d.times(out, d.Weights, x)
	low := float32(math.Inf(1))
	for c := range out {
		out[c] += d.Bias[c]
		if d.Seen[c] {
			low = min(low, out[c])
		}
	}
	for c := range out {
		if !d.Seen[c] {
			out[c] = low
		}
	}
}

// Cosines writes the cosine of x (length 1) with every class's mean into out.
func (d *Discriminant) Cosines(out, x []float32) { d.times(out, d.Means, x) }

func (d *Discriminant) times(out, rows, x []float32) {
	blas32.Gemv(blas.NoTrans, 1,
		blas32.General{Rows: d.Classes, Cols: d.Dim, Stride: d.Dim, Data: rows},
		blas32.Vector{N: d.Dim, Inc: 1, Data: x}, 0,
		blas32.Vector{N: d.Classes, Inc: 1, Data: out})
}

// Dot is the inner product of two vectors of the same number of floats; for
// vectors of length 1 it is their cosine.
func Dot(a, b []float32) float32 {
	return blas32.Dot(blas32.Vector{N: len(a), Inc: 1, Data: a}, blas32.Vector{N: len(b), Inc: 1, Data: b})
}
