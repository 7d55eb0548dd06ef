package learn

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/blas/blas32"

	"huying/internal/errs"
)

// Row is an example that both a Lexicon and a Discriminant can learn from.
type Row struct {
	Class  int
	Weight float64 // against a row of weight 1; positive
	Vector []float32
	Grams  map[Gram]int // nil keeps the row out of lexicon and linear machine
	Own    bool         // a class's own words, not an example of what falls under it
	Probe  bool         // like what will be asked: may be held out to fit a Blend
	masses []mass       // what a Reference says of it; set while a Blend is trained with one
}

// Linear is one linear support vector machine a class against all others, over
// a lexicon's TF-IDF (length 1), the square roots of what a Reference gives its
// classes where there is one (length 1 too; their products compare two texts
// by Bhattacharyya's coefficient), the vector less the mean of all vectors, and
// a constant: the L2-regularised squared hinge loss, solved in the dual by
// coordinate descent (Hsieh, Chang, Lin, Keerthi, Sundararajan: A Dual
// Coordinate Descent Method for Large-scale Linear SVM, ICML 2008, algorithm
// 1). It needs some examples a class; from about thirty on it beats class
// means.
type Linear struct {
	Classes int
	Terms   int       // grams of the lexicon, and classes of the reference, it was trained with
	Centre  []float32 // mean of the vectors
	Sparse  []float32 // Terms × Classes: what a text holds of a term, all classes need at once
	Dense   []float32 // Classes × (Dim + 1), the constant last
}

// withMasses adds to the terms of a text the classes of a reference: all that
// is mostly 0.
func (l *Lexicon) withMasses(terms Terms, masses []mass) Terms {
	for _, m := range masses {
		terms = append(terms, term{int32(len(l.IDF)) + m.class, float32(math.Sqrt(float64(m.p)))})
	}
	return terms
}

// Cost of a violated margin, and when to stop: both as in LIBLINEAR, whose
// defaults (C = 1, 0.1 on the largest violation) fit vectors of length 1. A
// pass looks at every row once; sixty are far more than such rows need.
const (
	linearCost    = 1.0
	linearStop    = 0.1
	linearMostRun = 60
)

// NewLinear trains on the examples that have grams, on all cores; own words
// are left out. The same seed and rows give the same model. errs.Invalid
// "learn.samples" without such rows.
func NewLinear(l *Lexicon, classes int, rows []Row, seed uint64) (*Linear, error) {
	return newLinear(l, nil, classes, rows, seed)
}

// newLinear is NewLinear over rows whose masses are set, if there is a
// reference.
func newLinear(l *Lexicon, ref *Reference, classes int, rows []Row, seed uint64) (*Linear, error) {
	p := linearProblem{stop: linearStop, most: linearMostRun}
	for _, r := range rows {
		if r.Grams != nil && !r.Own {
			p.rows = append(p.rows, linearRow{class: r.Class, cost: linearCost * r.Weight, terms: l.withMasses(l.Terms(r.Grams), r.masses), vector: r.Vector})
		}
	}
	if len(p.rows) == 0 {
		return nil, errs.New(errs.Invalid, "learn.samples")
	}
	dim := len(p.rows[0].vector)
	m := &Linear{Classes: classes, Terms: len(l.IDF) + ref.classes(), Centre: p.centre(dim)}
	m.Sparse, m.Dense = make([]float32, m.Terms*classes), make([]float32, classes*(dim+1))
	seen := make([]bool, classes)
	for _, r := range p.rows {
		seen[r.class] = true
	}
	var workers sync.WaitGroup
	cores := make(chan struct{}, runtime.GOMAXPROCS(0))
	for c := range classes {
		if !seen[c] {
			continue // its margin is 0 whatever the text
		}
		cores <- struct{}{}
		workers.Go(func() {
			w := make([]float32, m.Terms+dim+1)
			p.solve(w, c, m.Terms, rand.New(rand.NewPCG(seed, uint64(c))))
			for i, v := range w[:m.Terms] {
				m.Sparse[i*classes+c] = v
			}
			copy(m.Dense[c*(dim+1):], w[m.Terms:])
			<-cores
		})
	}
	workers.Wait()
	return m, nil
}

// fits reports whether a machine that was stored is whole.
func (m *Linear) fits(classes, dim int) bool {
	return m.Classes == classes && len(m.Centre) == dim && len(m.Dense) == classes*(dim+1) && len(m.Sparse) == m.Terms*classes
}

// Scores writes the margin of every class into out, which must have Classes
// floats. The terms must be of the lexicon of the training.
func (m *Linear) Scores(out []float32, terms Terms, vector []float32) {
	centred := minus(vector, m.Centre)
	dim := len(centred)
	for c := range out {
		w := m.Dense[c*(dim+1) : (c+1)*(dim+1)]
		out[c] = Dot(w[:dim], centred) + w[dim]
	}
	for _, t := range terms {
		for c, w := range m.Sparse[int(t.at)*m.Classes:][:len(out)] {
			out[c] += w * t.weight
		}
	}
}

// Shares gives what each of the terms adds to the margin of a class; it may be
// negative.
func (m *Linear) Shares(class int, terms Terms) []float32 {
	out := make([]float32, len(terms))
	for i, t := range terms {
		out[i] = m.Sparse[int(t.at)*m.Classes+class] * t.weight
	}
	return out
}

func minus(a, b []float32) []float32 {
	out := make([]float32, len(a))
	for i := range out {
		out[i] = a[i] - b[i]
	}
	return out
}

type linearRow struct {
	class  int
	cost   float64
	terms  Terms
	vector []float32 // centred once the problem is set up
	square float64   // squared length of the whole row, the constant included
}

type linearProblem struct {
	rows []linearRow
	stop float64 // largest violation that is let pass
	most int     // passes
}

// centre takes the mean off all vectors and returns it.
func (p *linearProblem) centre(dim int) []float32 {
	sum := make([]float64, dim)
	for _, r := range p.rows {
		for j, v := range r.vector {
			sum[j] += float64(v)
		}
	}
	mean := make([]float32, dim)
	for j, v := range sum {
		mean[j] = float32(v / float64(len(p.rows)))
	}
	for i := range p.rows {
		r := &p.rows[i]
		r.vector = minus(r.vector, mean)
		r.square = 1 + float64(Dot(r.vector, r.vector))
		for _, t := range r.terms {
			r.square += float64(t.weight) * float64(t.weight)
		}
	}
	return mean
}

// solve fits one class against the others into w, which must be zero. Rows
// that rest at 0 and would stay there are left out of the passes, and all are
// looked at once more before it ends (the paper's algorithm 3, shrinking).
func (p *linearProblem) solve(w []float32, class, terms int, random *rand.Rand) {
	alpha := make([]float64, len(p.rows))
	all := random.Perm(len(p.rows))
	order := slices.Clone(all)
	dense := w[terms : len(w)-1]
	resting := math.Inf(1) // the gradient from which a row at 0 is left out
	for range p.most {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		most, least := math.Inf(-1), math.Inf(1)
		kept := order[:0]
		for _, i := range order {
			r := &p.rows[i]
			y := -1.0
			if r.class == class {
				y = 1
			}
			diagonal := 0.5 / r.cost
			score := float64(Dot(dense, r.vector) + w[len(w)-1])
			for _, t := range r.terms {
				score += float64(w[t.at] * t.weight)
			}
			gradient := y*score - 1 + alpha[i]*diagonal
			if alpha[i] == 0 && gradient > resting {
				continue
			}
			kept = append(kept, i)
			projected := gradient
			if alpha[i] == 0 {
				projected = min(gradient, 0)
			}
			most, least = max(most, projected), min(least, projected)
			if math.Abs(projected) < 1e-12 {
				continue
			}
			old := alpha[i]
			alpha[i] = max(old-gradient/(r.square+diagonal), 0)
			r.addTo(w, dense, float32((alpha[i]-old)*y))
		}
		order = kept
		switch {
		case most-least > p.stop && most > 0:
			resting = most
		case most-least > p.stop:
			resting = math.Inf(1)
		case len(order) == len(all):
			return
		default:
			order, resting = append(order[:0], all...), math.Inf(1)
		}
	}
}

// addTo adds step times the row to the weights.
func (r *linearRow) addTo(w, dense []float32, step float32) {
	for _, t := range r.terms {
		w[t.at] += step * t.weight
	}
	blas32.Axpy(step, vectorOf(r.vector), vectorOf(dense))
	w[len(w)-1] += step
}

func vectorOf(x []float32) blas32.Vector { return blas32.Vector{N: len(x), Inc: 1, Data: x} }
