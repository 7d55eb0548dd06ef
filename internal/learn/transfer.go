package learn

import "math"

// Reference is a Blend of other classes that are known well: those that ship
// with the product, with examples, when a city brings classes of its own that
// have none.
type Reference struct {
	Blend *Blend
	Names [][]float32 // by class of Blend: the vector of what the class is called and covers
}

// Transfer reads a text as the classes of a Reference and carries that over:
//
//	score(x, c) = log Σ_r P(r | x) P(c | r)
//
// P(r | x) is what the reference says. P(c | r) starts from how alike the names
// of both classes are and learns from examples: it is the mean of a Dirichlet
// whose prior is worth priorCounts texts, and each example of c counts as
// P(r | x) texts of r. So a class without an example keeps what its name
// promises, whatever was decided on the others.
type Transfer struct {
	Reference *Reference
	Classes   int
	Share     []float32 // classes of the reference × Classes: P(c | r)
}

const (
	// priorCounts: between 0.3 and 1 nothing measurable changes.
	priorCounts = 0.5
	// nameSlope turns cosines of names into logits.
	nameSlope = 15.0
	// leastMass is the probability below which a class of the reference says
	// nothing of a text, and what every class is given at least.
	leastMass = 0.001
)

// mass is how much of a text belongs to a class of the reference.
type mass struct {
	class int32
	p     float32
}

// read gives the classes of the reference that a text may belong to.
func (r *Reference) read(grams map[Gram]int, vector []float32) []mass {
	logits := make([]float64, r.Blend.Means.Classes)
	r.Blend.Scores(logits, grams, vector)
	softmax(logits)
	var out []mass
	for c, p := range logits {
		if p >= leastMass {
			out = append(out, mass{int32(c), float32(p)})
		}
	}
	return out
}

// classes is how many classes the reference has; 0 without one.
func (r *Reference) classes() int {
	if r == nil {
		return 0
	}
	return len(r.Names)
}

// newTransfer learns from rows whose masses are set.
func newTransfer(ref *Reference, dim, classes int, rows []Row) *Transfer {
	t := &Transfer{Reference: ref, Classes: classes, Share: nameShares(ref, dim, classes, rows)}
	counts := make([]float64, len(ref.Names))
	for i := range t.Share {
		t.Share[i] *= priorCounts
	}
	for _, r := range rows {
		if r.Own {
			continue
		}
		for _, m := range r.masses {
			t.Share[int(m.class)*classes+r.Class] += float32(r.Weight) * m.p
			counts[m.class] += r.Weight * float64(m.p)
		}
	}
	for r, n := range counts {
		for c := range classes {
			t.Share[r*classes+c] /= float32(priorCounts + n)
		}
	}
	return t
}

// nameShares gives P(c | r) by names alone: the softmax over c of the cosines
// of names, each class's mean cosine taken off, since some names are near to
// everything.
func nameShares(ref *Reference, dim, classes int, rows []Row) []float32 {
	named := make([][]Sample, classes)
	for _, r := range rows {
		if r.Own {
			named[r.Class] = append(named[r.Class], Sample{Weight: r.Weight, Vector: r.Vector})
		}
	}
	out := make([]float32, len(ref.Names)*classes)
	for c, own := range named {
		if len(own) == 0 {
			continue
		}
		mean := make([]float32, dim)
		length := 0.0
		for j := range mean {
			for _, s := range own {
				mean[j] += float32(s.Weight) * s.Vector[j]
			}
			length += float64(mean[j]) * float64(mean[j])
		}
		total := float32(0)
		for r, name := range ref.Names {
			out[r*classes+c] = Dot(name, mean) / float32(math.Sqrt(max(length, 1e-12)))
			total += out[r*classes+c]
		}
		for r := range ref.Names {
			out[r*classes+c] -= total / float32(len(ref.Names))
		}
	}
	logits := make([]float64, classes)
	for r := range ref.Names {
		row := out[r*classes : (r+1)*classes]
		for c, s := range row {
			logits[c] = nameSlope * float64(s)
		}
		softmax(logits)
		for c, p := range logits {
			row[c] = float32(p)
		}
	}
	return out
}

func (t *Transfer) fits(classes, dim int) bool {
	r := t.Reference
	return t.Classes == classes && r != nil && r.Blend != nil && r.Blend.Fits(len(r.Names)) &&
		r.Blend.Means.Dim == dim && len(t.Share) == len(r.Names)*classes
}

// scores writes the logarithm of every class's probability into out, which
// must have Classes floats.
func (t *Transfer) scores(out []float32, masses []mass) {
	clear(out)
	for _, m := range masses {
		for c, p := range t.Share[int(m.class)*t.Classes : (int(m.class)+1)*t.Classes] {
			out[c] += m.p * p
		}
	}
	for c, p := range out {
		out[c] = float32(math.Log(float64(p) + leastMass))
	}
}
