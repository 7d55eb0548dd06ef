package kb

import (
	"bufio"
	"cmp"
	_ "embed"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"huying/internal/errs"
	"huying/internal/query"
)

// gram is one or two neighbouring units of a text, packed: the first unit in
// the high half, the second (0: none) in the low half. A unit is a single
// character, or a whole run of Latin letters and digits ("c1", "2024").
type gram uint64

// runBit marks a unit that stands for a run of letters and digits, so that it
// never equals a character.
const runBit = 1 << 31

// spelling gives the unit for each character below 1<<16: query.Fold, made a
// table, because entries of 600 characters and more are taken apart by the
// thousand.
// 0 marks what separates two runs.
type spelling []uint32

func newSpelling() spelling {
	t := make(spelling, 1<<16)
	for r := range rune(1 << 16) {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			continue
		}
		t[r] = uint32(r)
		folded := query.Fold(string(r))
		if f, n := utf8.DecodeRuneInString(folded); n > 0 && n == len(folded) && f != utf8.RuneError {
			t[r] = uint32(f)
		}
	}
	return t
}

func (t spelling) of(r rune) uint32 {
	if r >= 0 && int(r) < len(t) {
		return t[r]
	}
	if unicode.IsLetter(r) || unicode.IsNumber(r) {
		return uint32(unicode.ToLower(r))
	}
	return 0
}

// eachUnit calls f for every unit of the text, and with 0 where a run ends: a
// pair never spans two runs, because a comma between two characters means that
// they do not belong together. The last call is with 0.
func (t spelling) eachUnit(text string, f func(uint32)) {
	var hash uint32 // of the letters and digits met so far; 0: none
	for _, r := range text {
		u := t.of(r)
		if u >= 'a' && u <= 'z' || u >= '0' && u <= '9' {
			if hash == 0 {
				hash = 2166136261
			}
			hash = (hash ^ u) * 16777619 // FNV-1a
			continue
		}
		if hash != 0 {
			f(hash | runBit)
			hash = 0
		}
		f(u)
	}
	if hash != 0 {
		f(hash | runBit)
	}
	f(0)
}

// eachGram calls f for every gram of the text, in order, repeats included.
func (t spelling) eachGram(text string, f func(gram)) {
	last := uint32(0)
	t.eachUnit(text, func(u uint32) {
		if u != 0 {
			f(gram(u) << 32)
			if last != 0 {
				f(gram(last)<<32 | gram(u))
			}
		}
		last = u
	})
}

// speech holds in how many of the product's own starter texts (what citizens
// say, classifier/starter) a gram occurs: a first line "# N" with the number
// of texts, then "gram count", only grams of at least minSpoken texts. It
// tells what carries meaning in an ask from how people speak, without
// statistics of the knowledge base, so that a score does not move when another
// entry is added. Regenerate with go run ./kb/seed/speech.go.
//
//go:embed seed/speech.txt
var speech string

// minSpoken is the smallest count in seed/speech.txt; rarer grams count half
// of it.
const minSpoken = 5

// weights tells how much a gram says: the logarithm of the starter texts per
// text that holds it (IDF).
type weights struct {
	spelling
	known       index
	idf         []float64 // of each known one
	single, two float64   // of a gram that people hardly say
}

func readWeights(table string) (weights, error) {
	w := weights{spelling: newSpelling()}
	var grams []gram
	texts := 0.0
	scan := bufio.NewScanner(strings.NewReader(table))
	for line := 1; scan.Scan(); line++ {
		name, count, ok := strings.Cut(scan.Text(), " ")
		n, err := strconv.ParseFloat(count, 64)
		if !ok || err != nil || n <= 0 {
			return w, errs.New(errs.Internal, "internal").At(line, 0)
		}
		if name == "#" {
			texts = n
			continue
		}
		var last gram
		w.eachGram(name, func(g gram) { last = g })
		grams, w.idf = append(grams, last), append(w.idf, idf(texts, n))
	}
	w.known = newIndex(grams)
	w.single, w.two = idf(texts, 0.5), idf(texts, minSpoken/2.0)
	return w, nil
}

func idf(texts, count float64) float64 {
	return max(0, math.Log((texts+1)/(count+0.5)))
}

func (w weights) weight(g gram) float64 {
	if i := w.known.place(g); i >= 0 {
		return w.idf[i]
	}
	if uint32(g) == 0 {
		return w.single
	}
	return w.two
}

// asked is an ask taken apart for the comparison by characters.
type asked struct {
	grams  []gram    // each once, in rising order
	weight []float64 // of each
	total  float64   // sum of the weights
}

func (w weights) take(text string) *asked { return w.of(query.Fold(text)) }

// of takes a folded text apart.
func (w weights) of(folded string) *asked {
	a := &asked{grams: w.gramsOf(folded)}
	a.weight = make([]float64, len(a.grams))
	for i, g := range a.grams {
		a.weight[i] = w.weight(g)
		a.total += a.weight[i]
	}
	return a
}

// gramsOf gives the grams of the texts, each once, in rising order.
func (t spelling) gramsOf(texts ...string) []gram {
	length := 0
	for _, text := range texts {
		length += len(text)
	}
	out := make([]gram, 0, length*2/3) // a character has three bytes and two grams
	for _, text := range texts {
		t.eachGram(text, func(g gram) { out = append(out, g) })
	}
	slices.Sort(out)
	return slices.Clip(slices.Compact(out))
}

// eachHeld calls f with the place of every gram of the ask that is among the
// others, which are in rising order.
func (a *asked) eachHeld(others []gram, f func(i int)) {
	at := 0
	for i, g := range a.grams {
		for at < len(others) && others[at] < g {
			at++
		}
		if at < len(others) && others[at] == g {
			f(i)
		}
	}
}

// holds tells of each gram of the ask whether it is among the others, which are
// in rising order.
func (a *asked) holds(others []gram) []bool {
	held := make([]bool, len(a.grams))
	a.eachHeld(others, func(i int) { held[i] = true })
	return held
}

// share is the part of the ask's weight that others hold, in [0,1].
func (a *asked) share(others []gram) float64 { return a.portion(a.holds(others)) }

// portion is the part of the ask's weight that is held, in [0,1].
func (a *asked) portion(held []bool) float64 {
	sum := 0.0
	for i, h := range held {
		if h {
			sum += a.weight[i]
		}
	}
	return portion(sum, a.total)
}

// portion is a part of a whole, in [0,1]; 0 of nothing.
func portion(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return min(1, part/whole)
}

// lacking gives the weights of the ask's grams that are not held, the heaviest
// first.
func (a *asked) lacking(held []bool) []float64 {
	var out []float64
	for i, h := range held {
		if !h {
			out = append(out, a.weight[i])
		}
	}
	slices.SortFunc(out, func(x, y float64) int { return cmp.Compare(y, x) })
	return out
}

// unheld gives the weights of the words of an ask of which not every gram is
// held, the heaviest first.
func (w weights) unheld(tokens []string, a *asked, held []bool) []float64 {
	var out []float64
	for _, t := range words(tokens) {
		if weight, whole := w.word(t, a, held); !whole {
			out = append(out, weight)
		}
	}
	slices.SortFunc(out, func(x, y float64) int { return cmp.Compare(y, x) })
	return out
}

// word gives the weight of a word's heaviest gram, and whether all of its grams
// are held of the ask's.
func (w weights) word(t string, a *asked, held []bool) (weight float64, whole bool) {
	whole = true
	w.eachGram(t, func(g gram) {
		i, known := slices.BinarySearch(a.grams, g)
		whole = whole && known && held[i]
		weight = max(weight, w.weight(g))
	})
	return weight, whole
}

// index finds the places of grams. It is a table with open addressing, because
// looking up a gram must cost less than the map of the language does: an ask
// looks up some thousands.
type index struct {
	grams  []gram
	places []int32 // by hash, counted from 1; 0: none
}

// newIndex makes an index of grams, each of which stands there once.
func newIndex(grams []gram) index {
	x := index{grams, make([]int32, 1<<bits.Len(uint(4*len(grams))))}
	for i, g := range grams {
		at := x.slot(g)
		for x.places[at] != 0 {
			at = x.next(at)
		}
		x.places[at] = int32(i + 1)
	}
	return x
}

// slot is where the search for a gram begins (Fibonacci hashing: Knuth, The Art
// of Computer Programming 3, 6.4).
func (x *index) slot(g gram) int {
	return int(uint64(g) * 0x9E3779B97F4A7C15 >> 32 & uint64(len(x.places)-1))
}

func (x *index) next(at int) int { return (at + 1) & (len(x.places) - 1) }

// place gives the place of a gram; -1: it is none of them.
func (x *index) place(g gram) int {
	for at := x.slot(g); x.places[at] != 0; at = x.next(at) {
		if i := int(x.places[at] - 1); x.grams[i] == g {
			return i
		}
	}
	return -1
}

// ear finds the grams of one ask in texts, in one go through each: taking the
// texts apart as well would cost ten times as much, and of 100,000 entries
// most that an ask meets are met for the first time.
type ear struct {
	spelling spelling
	index    index
	units    [1 << 10]uint64 // the ask's, each by its last 16 bits: may hold one that it has not, lacks none that it has
}

// listen makes the ear of an ask.
func (w weights) listen(a *asked) *ear {
	e := &ear{spelling: w.spelling, index: newIndex(a.grams)}
	for _, g := range a.grams {
		if uint32(g) == 0 {
			u := uint16(g >> 32)
			e.units[u>>6] |= 1 << (u & 63)
		}
	}
	return e
}

// mark sets held for every gram of the ask that stands in a text.
func (e *ear) mark(text string, held []bool) {
	last := gram(0) // the unit before, if it is one of the ask's
	e.spelling.eachUnit(text, func(u uint32) {
		before := last
		last = 0
		if u == 0 || e.units[uint16(u)>>6]&(1<<(u&63)) == 0 {
			return
		}
		at := e.index.place(gram(u) << 32)
		if at < 0 {
			return
		}
		held[at], last = true, gram(u)
		if before == 0 {
			return
		}
		if at = e.index.place(before<<32 | gram(u)); at >= 0 {
			held[at] = true
		}
	})
}
