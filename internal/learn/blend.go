package learn

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"huying/internal/errs"
)

// Blend looks at a text in several weak ways (the characters against those of
// a class, the vector against the class by discriminant and by cosine, and a
// linear machine over both) and adds them up with weights that were fitted on
// examples held out of training. The softmax of its scores is calibrated for
// texts like those. It is immutable and safe for concurrent use.
type Blend struct {
	Words   *Lexicon
	Means   *Discriminant
	Linear  *Linear   // nil when classes are too many or examples too few for it
	Carried *Transfer // nil without a Reference
	Weights []float64 // of words, discriminant, cosine, linear, carried
	Has     []bool    // whether a class had an example, not only its own words
}

// BlendOptions says how a Blend is trained.
type BlendOptions struct {
	// Shrink is the share of the identity in the shared covariance, in (0,1].
	// 0 means 0.7: between 0.5 and 0.9 nothing measurable changes.
	Shrink float64
	// Seed draws the examples that are held out and orders the linear
	// machine's passes.
	Seed uint64
	// Reference (may be nil) is known well, and may say something of these
	// classes too.
	Reference *Reference
}

// priorWeights are where the fit starts from and is drawn to, on views of
// scale 1: what was found best on messages of a catalogue of 515 leaves.
// Within a factor of two of them accuracy hardly changes.
var priorWeights = [...]float64{0.8, 1, 1.2, 1, 3}

const (
	// priorSpread lets a hundred held-out rows outweigh the prior.
	priorSpread = 1.0
	// fullFolds is the number of rows up to which every probe is held out
	// once, in five folds; beyond it one fold of at most mostProbes is, which
	// gives the few weights all the precision they need.
	fullFolds  = 2000
	mostProbes = 1500
	folds      = 5
	// Fewer probes than this say nothing about the weights; neither do probes
	// of less than half of the classes, whose easiest explanation is that
	// the other classes do not occur.
	leastProbes = 20
	// scaleRows is how many rows set the scales of the views then.
	scaleRows = 200
	// A linear machine needs some rows to set a class against the others, and
	// Classes × grams floats.
	linearRowsPerClass = 5
	linearMostFloats   = 16 << 20
)

// NewBlend trains on the rows. errs.Invalid "learn.samples" without rows.
func NewBlend(dim, classes int, rows []Row, o BlendOptions) (*Blend, error) {
	if len(rows) == 0 {
		return nil, errs.New(errs.Invalid, "learn.samples")
	}
	if o.Shrink == 0 {
		o.Shrink = 0.7
	}
	rows = readAll(o.Reference, rows)
	b, err := trainViews(dim, classes, rows, o)
	if err == nil && wantsLinear(b, rows) {
		b.Linear, err = newLinear(b.Words, o.Reference, classes, rows, o.Seed)
	}
	if err != nil {
		return nil, err
	}
	prior := slices.Clone(priorWeights[:3])
	if b.Linear != nil {
		prior = append(prior, priorWeights[3])
	}
	if b.Carried != nil {
		prior = append(prior, priorWeights[4])
	}
	held, err := heldOut(dim, classes, rows, o, b.Linear != nil)
	if err != nil {
		return nil, err
	}
	if !held.tell(classes) {
		held = heldRows{views: scoresOf(b, spread(rows, scaleRows))}
	}
	b.Weights = FitPool(held.views, held.truth, prior, priorSpread)
	return b, nil
}

// readAll reads the rows as classes of a reference, once, on all cores.
func readAll(ref *Reference, rows []Row) []Row {
	if ref == nil {
		return rows
	}
	out := slices.Clone(rows)
	var workers sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for k := range n {
		workers.Go(func() {
			for i := k; i < len(out); i += n {
				if out[i].Grams != nil {
					out[i].masses = ref.read(out[i].Grams, out[i].Vector)
				}
			}
		})
	}
	workers.Wait()
	return out
}

// trainViews trains all but the weights and the linear machine.
func trainViews(dim, classes int, rows []Row, o BlendOptions) (*Blend, error) {
	has, _ := exampled(classes, rows)
	var carried *Transfer
	if o.Reference != nil {
		carried = newTransfer(o.Reference, dim, classes, rows)
	}
	rows = moveOwn(dim, classes, rows)
	samples := make([]Sample, len(rows))
	var documents []Document
	for i, r := range rows {
		samples[i] = Sample{Class: r.Class, Weight: r.Weight, Vector: r.Vector}
		if r.Grams != nil {
			documents = append(documents, Document{Class: r.Class, Weight: r.Weight, Grams: r.Grams})
		}
	}
	b := &Blend{Words: NewLexicon(classes, documents), Has: has, Carried: carried}
	var err error
	b.Means, err = NewDiscriminant(dim, classes, samples, o.Shrink)
	return b, err
}

// wantsLinear reports whether a linear machine can do justice to the rows. It
// is asked once, of all rows, so that every fold looks in the same ways.
func wantsLinear(b *Blend, rows []Row) bool {
	classes := b.Means.Classes
	_, count := exampled(classes, rows)
	documents := 0
	for _, r := range rows {
		if r.Grams != nil && !r.Own {
			documents++
		}
	}
	return nearlyAll(count, classes) && documents > linearRowsPerClass*classes &&
		classes*(len(b.Words.IDF)+b.Reference().classes()+b.Means.Dim+1) <= linearMostFloats
}

// heldRows is what models said of rows that they had not seen.
type heldRows struct {
	views []View
	truth []int
}

// spread picks at most n of the rows that have grams, evenly.
func spread(rows []Row, n int) []Row {
	var out []Row
	for _, r := range rows {
		if r.Grams != nil {
			out = append(out, r)
		}
	}
	if len(out) <= n {
		return out
	}
	for i := range n {
		out[i] = out[i*len(out)/n]
	}
	return out[:n]
}

// tell reports whether weights can be fitted on the rows.
func (h heldRows) tell(classes int) bool {
	seen := map[int]bool{}
	for _, c := range h.truth {
		seen[c] = true
	}
	return len(h.truth) >= leastProbes && nearlyAll(len(seen), classes)
}

// heldOut trains without some probes at a time and asks for them.
func heldOut(dim, classes int, rows []Row, o BlendOptions, linear bool) (heldRows, error) {
	var probes []int
	for i, r := range rows {
		if r.Probe && r.Grams != nil {
			probes = append(probes, i)
		}
	}
	random := rand.New(rand.NewPCG(o.Seed, 0))
	random.Shuffle(len(probes), func(i, j int) { probes[i], probes[j] = probes[j], probes[i] })
	n := folds
	if len(rows) > fullFolds {
		n = 1
	}
	var out heldRows
	if len(probes) < leastProbes {
		return out, nil
	}
	for f := range n {
		part := probes[len(probes)*f/folds : len(probes)*(f+1)/folds]
		part = part[:min(len(part), mostProbes)]
		away := make(map[int]bool, len(part))
		for _, i := range part {
			away[i] = true
		}
		var kept, asked []Row
		for i, r := range rows {
			if away[i] {
				asked = append(asked, r)
				out.truth = append(out.truth, r.Class)
			} else {
				kept = append(kept, r)
			}
		}
		b, err := trainViews(dim, classes, kept, o)
		if err == nil && linear {
			b.Linear, err = newLinear(b.Words, o.Reference, classes, kept, o.Seed)
		}
		if err != nil {
			return out, err
		}
		for k, v := range scoresOf(b, asked) {
			if len(out.views) == k {
				out.views = append(out.views, nil)
			}
			out.views[k] = append(out.views[k], v...)
		}
	}
	return out, nil
}

// scoresOf gives every view of the rows.
func scoresOf(b *Blend, rows []Row) []View {
	out := make([]View, b.count())
	for _, r := range rows {
		for k, v := range b.views(r) {
			out[k] = append(out[k], v)
		}
	}
	return out
}

// Fits reports whether the parts of a blend that was stored belong together and
// to so many classes: a product of others reads past its end.
func (b *Blend) Fits(classes int) bool {
	m := b.Means
	return m != nil && b.Words != nil && m.Classes == classes && b.Words.Classes == classes &&
		len(m.Weights) == classes*m.Dim && len(m.Means) == classes*m.Dim && len(b.Has) == classes && len(b.Weights) == b.count() &&
		(b.Linear == nil || b.Linear.fits(classes, m.Dim) && b.Linear.Terms == len(b.Words.IDF)+b.Reference().classes()) &&
		(b.Carried == nil || b.Carried.fits(classes, m.Dim))
}

// Reference is what the blend was trained with, nil without one.
func (b *Blend) Reference() *Reference {
	if b.Carried == nil {
		return nil
	}
	return b.Carried.Reference
}

func (b *Blend) count() int {
	n := 3
	if b.Linear != nil {
		n++
	}
	if b.Carried != nil {
		n++
	}
	return n
}

// Views gives the scores of each view for every class: words, discriminant,
// cosine and, if there are such, the linear machine and what a reference says.
func (b *Blend) Views(grams map[Gram]int, vector []float32) [][]float32 {
	r := Row{Grams: grams, Vector: vector}
	if b.Carried != nil {
		r.masses = b.Carried.Reference.read(grams, vector)
	}
	return b.views(r)
}

// views gives them of a row whose masses are set.
func (b *Blend) views(r Row) [][]float32 {
	out := make([][]float32, b.count())
	for k := range out {
		out[k] = make([]float32, b.Means.Classes)
	}
	terms := b.Words.Terms(r.Grams)
	b.Words.Scores(out[0], terms)
	neutral(out[0], b.Has)
	b.Means.Scores(out[1], r.Vector)
	b.Means.Cosines(out[2], r.Vector)
	if b.Linear != nil {
		b.Linear.Scores(out[3], b.Words.withMasses(terms, r.masses), r.Vector)
		neutral(out[3], b.Has)
	}
	if b.Carried != nil {
		b.Carried.scores(out[len(out)-1], r.masses)
	}
	return out
}

// Scores writes the logit of every class into out, which must have one float
// a class. The softmax of them are probabilities.
func (b *Blend) Scores(out []float64, grams map[Gram]int, vector []float32) {
	clear(out)
	for k, v := range b.Views(grams, vector) {
		for c, s := range v {
			out[c] += b.Weights[k] * float64(s)
		}
	}
}
