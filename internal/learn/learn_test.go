package learn

import (
	"bytes"
	"encoding/gob"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// cloud draws rows of classes around points of a sphere: perClass examples of
// every class, with a few grams of its own among common ones.
func cloud(random *rand.Rand, dim, classes, perClass int, noise float64) []Row {
	centres := make([][]float32, classes)
	for c := range centres {
		centres[c] = towards(random, dim, nil, 0)
	}
	var rows []Row
	for c := range classes {
		for range perClass {
			grams := map[Gram]int{}
			for range 8 {
				grams[Gram(1+random.IntN(40))] = 1
			}
			grams[Gram(100+c*3+random.IntN(3))]++
			rows = append(rows, Row{Class: c, Weight: 1, Vector: towards(random, dim, centres[c], noise), Grams: grams, Probe: true})
		}
	}
	return rows
}

// towards is a random unit vector near a centre; anywhere without one.
func towards(random *rand.Rand, dim int, centre []float32, noise float64) []float32 {
	v := make([]float32, dim)
	sum := 0.0
	for j := range v {
		x := random.NormFloat64()
		if centre != nil {
			x = float64(centre[j]) + noise*x/math.Sqrt(float64(dim))
		}
		v[j] = float32(x)
		sum += x * x
	}
	for j := range v {
		v[j] /= float32(math.Sqrt(sum))
	}
	return v
}

func randomOf(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func documentsOf(rows []Row) []Document {
	var out []Document
	for _, r := range rows {
		out = append(out, Document{Class: r.Class, Weight: r.Weight, Grams: r.Grams})
	}
	return out
}

func TestDiscriminantWithFullShrinkageIsTheNearestMean(t *testing.T) {
	samples := []Sample{
		{Class: 0, Weight: 1, Vector: []float32{1, 0}}, {Class: 0, Weight: 3, Vector: []float32{2, 0}},
		{Class: 1, Weight: 1, Vector: []float32{0, 2}}, {Class: 1, Weight: 1, Vector: []float32{0, 4}},
	}
	d, err := NewDiscriminant(2, 3, samples, 1)
	if err != nil {
		t.Fatal(err)
	}
	// Means (1.75,0) and (0,3); squared deviations 0.75 and 2 over a weight of
	// 6 make a variance of 2.75/6 in all, half of it in each direction.
	variance := 2.75 / 6 / 2
	want := [2]float64{(1*1.75 - 1.75*1.75/2) / variance, (1*3 - 3*3/2.0) / variance}
	got := make([]float32, 3)
	d.Scores(got, []float32{1, 1})
	for c, w := range want {
		if math.Abs(float64(got[c])-w) > 1e-4 {
			t.Errorf("class %d scores %v, want %v", c, got[c], w)
		}
	}
	if got[2] != min(got[0], got[1]) {
		t.Errorf("a class without samples scores %v, want the lowest of %v", got[2], got[:2])
	}
	d.Cosines(got, []float32{0.6, 0.8})
	if math.Abs(float64(got[0])-0.6) > 1e-6 || math.Abs(float64(got[1])-0.8) > 1e-6 {
		t.Errorf("cosines %v, want 0.6 and 0.8", got[:2])
	}
}

func TestLexiconSharesAddUpToTheScore(t *testing.T) {
	rows := cloud(randomOf(1), 4, 5, 6, 0.5)
	l := NewLexicon(5, documentsOf(rows))
	scores := make([]float32, 5)
	for _, r := range rows {
		terms := l.Terms(r.Grams)
		l.Scores(scores, terms)
		if slices.Min(scores) < 0 || slices.Max(scores) > 1+1e-5 {
			t.Fatalf("scores %v outside [0,1]", scores)
		}
		sum := float32(0)
		for _, v := range l.Shares([]int{r.Class}, terms)[0] {
			sum += v
		}
		if math.Abs(float64(sum-scores[r.Class])) > 1e-5 {
			t.Fatalf("shares add up to %v, the score is %v", sum, scores[r.Class])
		}
	}
}

// At the optimum of the squared hinge loss w = 2C Σ max(0, 1 − y·f(x)) y x.
func TestLinearMeetsTheOptimalityCondition(t *testing.T) {
	const dim, class = 6, 1
	rows := cloud(randomOf(2), dim, 3, 20, 1.5)
	p := linearProblem{stop: 1e-6, most: 10000}
	for _, r := range rows {
		p.rows = append(p.rows, linearRow{class: r.Class, cost: linearCost, vector: r.Vector})
	}
	p.centre(dim)
	w := make([]float32, dim+1)
	p.solve(w, class, 0, randomOf(1))
	want := make([]float64, dim+1)
	for _, r := range p.rows {
		y := -1.0
		if r.class == class {
			y = 1
		}
		margin := y * float64(Dot(w[:dim], r.vector)+w[dim])
		pull := 2 * linearCost * max(0, 1-margin) * y
		for j, v := range r.vector {
			want[j] += pull * float64(v)
		}
		want[dim] += pull
	}
	for i := range want {
		if math.Abs(want[i]-float64(w[i])) > 1e-3 {
			t.Errorf("weight %d is %v, the condition asks for %v", i, w[i], want[i])
		}
	}
}

func TestLinearTellsClassesApart(t *testing.T) {
	rows := cloud(randomOf(3), 16, 4, 30, 0.6)
	l := NewLexicon(4, documentsOf(rows))
	m, err := NewLinear(l, 4, rows, 1)
	if err != nil {
		t.Fatal(err)
	}
	scores := make([]float32, 4)
	wrong := 0
	for _, r := range rows {
		m.Scores(scores, l.Terms(r.Grams), r.Vector)
		if scores[r.Class] < slices.Max(scores) {
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d rows that lie apart are told wrong", wrong, len(rows))
	}
	if _, err := NewLinear(l, 4, []Row{{Own: true, Vector: rows[0].Vector, Grams: rows[0].Grams}}, 1); err == nil {
		t.Error("own words alone trained a machine")
	}
}

func TestPoolFindsTheWeightsThatMadeTheClasses(t *testing.T) {
	random := randomOf(4)
	const n, classes = 4000, 4
	views := []View{make(View, n), make(View, n), make(View, n)}
	truth := make([]int, n)
	right := []float64{1.5, 0.5, 0} // the third view is noise
	for i := range n {
		logits := make([]float64, classes)
		for k := range views {
			views[k][i] = make([]float32, classes)
			for c := range classes {
				views[k][i][c] = float32(random.NormFloat64())
				logits[c] += right[k] * float64(views[k][i][c])
			}
		}
		truth[i] = draw(random, logits)
	}
	got := FitPool(views, truth, []float64{1, 1, 1}, 1)
	for k := range right {
		if got[k] < 0 || math.Abs(got[k]-right[k]) > 0.12 {
			t.Errorf("weight %d is %.3f, want %.1f", k, got[k], right[k])
		}
	}
	scaled := []View{make(View, n), views[1], views[2]}
	for i, row := range views[0] {
		for _, v := range row {
			scaled[0][i] = append(scaled[0][i], v*100)
		}
	}
	if again := FitPool(scaled, truth, []float64{1, 1, 1}, 1); math.Abs(again[0]*100-got[0]) > 0.01 {
		t.Errorf("a view on another scale got the weight %v, want %v", again[0]*100, got[0])
	}
	if none := FitPool([]View{nil, nil}, nil, []float64{2, 3}, 1); !slices.Equal(none, []float64{2, 3}) {
		t.Errorf("without rows the weights are %v, want the prior", none)
	}
}

func draw(random *rand.Rand, logits []float64) int {
	p := slices.Clone(logits)
	softmax(p)
	x := random.Float64()
	for c, v := range p {
		if x -= v; x < 0 {
			return c
		}
	}
	return len(p) - 1
}

func TestBlendBeatsItsViewsAndSurvivesStorage(t *testing.T) {
	random := randomOf(5)
	rows := cloud(random, 12, 6, 40, 2.2)
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	train, test := rows[:120], rows[120:]
	b, err := NewBlend(12, 6, train, BlendOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if b.Linear == nil {
		t.Fatal("no linear machine with twenty rows a class")
	}
	right := make([]int, len(b.Weights)+1)
	out := make([]float64, 6)
	for _, r := range test {
		b.Scores(out, r.Grams, r.Vector)
		if out[r.Class] == slices.Max(out) {
			right[len(b.Weights)]++
		}
		for k, v := range b.Views(r.Grams, r.Vector) {
			if v[r.Class] == slices.Max(v) {
				right[k]++
			}
		}
	}
	if all := right[len(b.Weights)]; all*100 < slices.Max(right)*97 {
		t.Errorf("right by view and blended: %v", right)
	}
	var stored bytes.Buffer
	var again Blend
	if err := gob.NewEncoder(&stored).Encode(b); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewDecoder(&stored).Decode(&again); err != nil {
		t.Fatal(err)
	}
	same := make([]float64, 6)
	b.Scores(out, test[0].Grams, test[0].Vector)
	again.Scores(same, test[0].Grams, test[0].Vector)
	if !slices.Equal(out, same) {
		t.Errorf("after storage %v, before %v", same, out)
	}
	twin, err := NewBlend(12, 6, train, BlendOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(twin.Weights, b.Weights) {
		t.Errorf("the same rows and seed gave %v and %v", b.Weights, twin.Weights)
	}
	if _, err := NewBlend(12, 6, nil, BlendOptions{}); err == nil {
		t.Error("trained on nothing")
	}
}

// A class with own words only, beside one with many examples: texts near its
// words are still given to it. Examples share an offset that own words lack.
func TestClassWithoutExamplesIsStillSuggested(t *testing.T) {
	random := randomOf(6)
	const dim = 32
	offset := towards(random, dim, nil, 0)
	like := func(centre []float32) []float32 { // an example: mostly offset
		v := towards(random, dim, centre, 0.5)
		for j := range v {
			v[j] = 0.9*offset[j] + 0.45*v[j]
		}
		return v
	}
	centres := [][]float32{towards(random, dim, nil, 0), towards(random, dim, nil, 0)}
	rows := []Row{
		{Class: 0, Weight: 6, Vector: centres[0], Grams: map[Gram]int{1: 1}, Own: true},
		{Class: 1, Weight: 6, Vector: centres[1], Grams: map[Gram]int{2: 1}, Own: true},
	}
	for range 40 {
		rows = append(rows, Row{Class: 0, Weight: 1, Vector: like(centres[0]), Grams: map[Gram]int{1: 1, 3: 1}, Probe: true})
	}
	b, err := NewBlend(dim, 2, rows, BlendOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, 2)
	for class, centre := range centres {
		right := 0
		for range 50 {
			b.Scores(out, map[Gram]int{3: 1}, like(centre))
			if out[class] == slices.Max(out) {
				right++
			}
		}
		if right < 40 {
			t.Errorf("class %d: %d of 50 right", class, right)
		}
	}
}

// Rows just enough for a linear machine leave a fold with fewer than that.
func TestFoldsLookInTheSameWaysAsTheWhole(t *testing.T) {
	for perClass := linearRowsPerClass; perClass < linearRowsPerClass+4; perClass++ {
		rows := cloud(randomOf(9), 8, 10, perClass, 1)
		rows = append(rows, rows[:1]...)
		b, err := NewBlend(8, 10, rows, BlendOptions{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if b.Linear == nil || len(b.Weights) != 4 {
			t.Errorf("%d rows a class: %d weights", perClass, len(b.Weights))
		}
	}
}

func TestBootstrapCoversTheMean(t *testing.T) {
	values := []float64{0, 0, 0, 1, 1, 1, 1, 1, 1, 1}
	mean := func(rows []int) float64 {
		sum := 0.0
		for _, i := range rows {
			sum += values[i]
		}
		return sum / float64(len(rows))
	}
	lo, hi := Bootstrap(len(values), 2000, 1, mean)
	// The interval of a binomial of ten draws at 0.7.
	if lo < 0.3 || lo > 0.5 || hi < 0.9 || hi > 1 {
		t.Errorf("interval %v to %v", lo, hi)
	}
	if again, _ := Bootstrap(len(values), 2000, 1, mean); again != lo {
		t.Errorf("the same seed gave %v and %v", lo, again)
	}
}

func BenchmarkBlendScores(b *testing.B) {
	rows := cloud(randomOf(8), 512, 515, 6, 1)
	m, err := NewBlend(512, 515, rows, BlendOptions{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	out := make([]float64, 515)
	for b.Loop() {
		m.Scores(out, rows[0].Grams, rows[0].Vector)
	}
}
