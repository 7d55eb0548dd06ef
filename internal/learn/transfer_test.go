package learn

import (
	"bytes"
	"encoding/gob"
	"math"
	"slices"
	"testing"
)

// wellKnown gives a reference of classes with many examples, and rows of like
// texts whose classes are the same in pairs: 0 and 1 are class 0, and so on.
// What a pair is called lies near what its two classes are called.
func wellKnown(t *testing.T, pairs int) (ref *Reference, named, asked []Row) {
	t.Helper()
	random := randomOf(11)
	const dim = 24
	rows := cloud(random, dim, 2*pairs, 12, 1)
	learned := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Grams == nil })
	b, err := NewBlend(dim, 2*pairs, learned, BlendOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	ref = &Reference{Blend: b}
	for c := range 2 * pairs {
		ref.Names = append(ref.Names, towards(random, dim, nil, 0))
		if c%2 == 1 {
			middle := make([]float32, dim)
			for j := range middle {
				middle[j] = (ref.Names[c-1][j] + ref.Names[c][j]) / 2
			}
			named = append(named, Row{Class: c / 2, Weight: 3, Vector: towards(random, dim, middle, 0.1), Own: true})
		}
	}
	for _, r := range rows {
		r.Class /= 2
		asked = append(asked, r)
	}
	return ref, named, asked
}

func rightOf(b *Blend, rows []Row) int {
	n := 0
	out := make([]float64, b.Means.Classes)
	for _, r := range rows {
		if b.Scores(out, r.Grams, r.Vector); out[r.Class] == slices.Max(out) {
			n++
		}
	}
	return n
}

// Classes that have only a name borrow what the reference knows, and classes
// without an example keep it once others have some.
func TestClassesBorrowFromAReference(t *testing.T) {
	ref, named, asked := wellKnown(t, 5)
	first := slices.DeleteFunc(slices.Clone(asked), func(r Row) bool { return r.Class != 0 })
	for name, learned := range map[string][]Row{"no example": nil, "examples of one class": first} {
		rows := append(slices.Clone(named), learned...)
		with, err := NewBlend(24, 5, rows, BlendOptions{Seed: 1, Reference: ref})
		if err != nil {
			t.Fatal(err)
		}
		without, err := NewBlend(24, 5, rows, BlendOptions{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if n := rightOf(with, asked); n*4 < len(asked)*3 {
			t.Errorf("%s: %d of %d right with the reference, %d without", name, n, len(asked), rightOf(without, asked))
		}
	}
}

// A name that misleads is outweighed by a few examples.
func TestExamplesOutweighNames(t *testing.T) {
	ref, named, asked := wellKnown(t, 5)
	for i := range named {
		named[i].Class = (named[i].Class + 1) % 5
	}
	c := newTransfer(ref, 24, 5, named)
	learned := newTransfer(ref, 24, 5, append(slices.Clone(named), readAll(ref, asked)...))
	count := func(t *Transfer) (right int) {
		out := make([]float32, 5)
		for _, r := range asked {
			if t.scores(out, ref.read(r.Grams, r.Vector)); out[r.Class] == slices.Max(out) {
				right++
			}
		}
		return right
	}
	if before, after := count(c), count(learned); before*5 > len(asked) || after*10 < len(asked)*9 {
		t.Errorf("%d right by misleading names, %d of %d with examples", before, after, len(asked))
	}
}

// What a class of the reference is worth is a probability over classes, also
// for classes without a name, and survives storage.
func TestTransferIsAProbability(t *testing.T) {
	ref, named, asked := wellKnown(t, 5)
	b, err := NewBlend(24, 6, append(slices.Clone(named), asked[:20]...), BlendOptions{Seed: 1, Reference: ref})
	if err != nil {
		t.Fatal(err)
	}
	for r := range ref.Names {
		sum := float32(0)
		for _, p := range b.Carried.Share[r*6 : (r+1)*6] {
			if p < 0 {
				t.Errorf("class %d: %v", r, p)
			}
			sum += p
		}
		if math.Abs(float64(sum-1)) > 1e-4 {
			t.Errorf("class %d of the reference is %v in all", r, sum)
		}
	}
	var stored bytes.Buffer
	var again Blend
	if err := gob.NewEncoder(&stored).Encode(b); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewDecoder(&stored).Decode(&again); err != nil {
		t.Fatal(err)
	}
	before, after := make([]float64, 6), make([]float64, 6)
	b.Scores(before, asked[0].Grams, asked[0].Vector)
	if again.Scores(after, asked[0].Grams, asked[0].Vector); !slices.Equal(before, after) {
		t.Errorf("after storage %v, before %v", after, before)
	}
}
