package learn

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"unicode"
)

// Gram is one character, or two neighbouring ones: the first in the high, the
// second (0: none) in the low half.
type Gram uint64

// Grams counts the single letters, digits and ideographs of a text and their
// neighbouring pairs; a pair does not reach across anything else. The text
// should be folded (simplified, lower case) by the caller.
func Grams(text string) map[Gram]int {
	counts := make(map[Gram]int, len(text)/2)
	for g := range eachGram(text) {
		counts[g]++
	}
	return counts
}

func eachGram(text string) iter.Seq[Gram] {
	return func(yield func(Gram) bool) {
		var last rune
		for _, r := range text {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				last = 0
				continue
			}
			if !yield(Gram(r)<<32) || last != 0 && !yield(Gram(last)<<32|Gram(r)) {
				return
			}
			last = r
		}
	}
}

// Document is a text of known class for a Lexicon.
type Document struct {
	Class  int
	Weight float64
	Grams  map[Gram]int
}

// Lexicon compares texts with classes by the characters they use: TF-IDF of
// grams with sublinear term frequency and smoothed document frequency
// (Manning, Raghavan, Schütze: Introduction to Information Retrieval, 2008,
// chapter 6), every text of length 1, a class the weighted sum of its texts
// brought to length 1 (Rocchio), the score a cosine in [0,1].
type Lexicon struct {
	Classes int
	Known   map[Gram]int32 // place of a gram in the lists below
	IDF     []float32
	From    []int32   // its classes are Class[From[i]:From[i+1]]
	Class   []int32   // classes that use the gram
	Share   []float32 // and how much of their direction it is
}

// NewLexicon fits the documents; no document gives a lexicon that scores 0.
func NewLexicon(classes int, documents []Document) *Lexicon {
	frequency := map[Gram]int{}
	for _, d := range documents {
		for g := range d.Grams {
			frequency[g]++
		}
	}
	// In order, so that the same documents give the same lexicon to the bit.
	grams := slices.Sorted(maps.Keys(frequency))
	l := &Lexicon{Classes: classes, Known: make(map[Gram]int32, len(grams)), IDF: make([]float32, len(grams))}
	for i, g := range grams {
		l.Known[g] = int32(i)
		l.IDF[i] = float32(math.Log(float64(1+len(documents))/float64(1+frequency[g])) + 1)
	}
	l.index(l.centroids(documents))
	return l
}

// NewVocabulary fits the rows' texts for their TF-IDF alone, whatever their
// classes: what a Linear needs.
func NewVocabulary(rows []Row) *Lexicon {
	documents := make([]Document, len(rows))
	for i, r := range rows {
		documents[i] = Document{Weight: 1, Grams: r.Grams}
	}
	return NewLexicon(1, documents)
}

// term is a gram's place with its weight.
type term struct {
	at     int32
	weight float32
}

// Terms is a text as one lexicon sees it: the TF-IDF of its grams, of length 1,
// in order of place.
type Terms []term

// Terms weighs the grams of a text; those that are not known are left out.
func (l *Lexicon) Terms(grams map[Gram]int) Terms {
	terms := make(Terms, 0, len(grams))
	for g, n := range grams {
		if at, ok := l.Known[g]; ok {
			terms = append(terms, term{at, float32(1+math.Log(float64(n))) * l.IDF[at]})
		}
	}
	slices.SortFunc(terms, func(a, b term) int { return cmp.Compare(a.at, b.at) })
	sum := 0.0
	for _, t := range terms {
		sum += float64(t.weight) * float64(t.weight)
	}
	scale := float32(1 / math.Sqrt(max(sum, 1e-12)))
	for i := range terms {
		terms[i].weight *= scale
	}
	return terms
}

// centroids sums the documents of each class and brings them to length 1.
func (l *Lexicon) centroids(documents []Document) []map[int32]float64 {
	sums := make([]map[int32]float64, l.Classes)
	for c := range sums {
		sums[c] = map[int32]float64{}
	}
	for _, d := range documents {
		for _, t := range l.Terms(d.Grams) {
			sums[d.Class][t.at] += d.Weight * float64(t.weight)
		}
	}
	for _, s := range sums {
		length := 0.0
		for _, at := range slices.Sorted(maps.Keys(s)) {
			length += s[at] * s[at]
		}
		for at := range s {
			s[at] /= math.Sqrt(max(length, 1e-12))
		}
	}
	return sums
}

// index turns classes with their grams into grams with their classes.
func (l *Lexicon) index(centroids []map[int32]float64) {
	counts := make([]int32, len(l.IDF)+1)
	for _, c := range centroids {
		for at := range c {
			counts[at+1]++
		}
	}
	for i := 1; i < len(counts); i++ {
		counts[i] += counts[i-1]
	}
	l.From = slices.Clone(counts)
	l.Class = make([]int32, counts[len(counts)-1])
	l.Share = make([]float32, len(l.Class))
	for class, c := range centroids {
		for at, v := range c {
			i := counts[at]
			counts[at]++
			l.Class[i], l.Share[i] = int32(class), float32(v)
		}
	}
}

// Scores writes the cosine of a text with every class into out, which must
// have Classes floats.
func (l *Lexicon) Scores(out []float32, terms Terms) {
	clear(out)
	for _, t := range terms {
		for i := l.From[t.at]; i < l.From[t.at+1]; i++ {
			out[l.Class[i]] += t.weight * l.Share[i]
		}
	}
}

// Shares gives for each of the classes what each of the terms adds to its
// score.
func (l *Lexicon) Shares(classes []int, terms Terms) [][]float32 {
	out := make([][]float32, len(classes))
	for k := range out {
		out[k] = make([]float32, len(terms))
	}
	for n, t := range terms {
		users := l.Class[l.From[t.at]:l.From[t.at+1]] // in rising order
		for k, class := range classes {
			if i, uses := slices.BinarySearch(users, int32(class)); uses {
				out[k][n] = t.weight * l.Share[int(l.From[t.at])+i]
			}
		}
	}
	return out
}

// Places gives where the grams of a piece of the text stand among its terms, in
// rising order and each once.
func (l *Lexicon) Places(terms Terms, piece string) []int {
	var out []int
	for g := range eachGram(piece) {
		at, known := l.Known[g]
		if !known {
			continue
		}
		place, held := slices.BinarySearchFunc(terms, at, func(t term, at int32) int { return cmp.Compare(t.at, at) })
		if held {
			out = append(out, place)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
