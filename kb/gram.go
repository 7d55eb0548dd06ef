package kb

import (
	"bufio"
	"cmp"
	_ "embed"
	"math"
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
	known       map[gram]float64
	single, two float64 // of a gram that people hardly say
}

func readWeights(table string) (weights, error) {
	w := weights{spelling: newSpelling(), known: map[gram]float64{}}
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
		w.known[last] = idf(texts, n)
	}
	w.single, w.two = idf(texts, 0.5), idf(texts, minSpoken/2.0)
	return w, nil
}

func idf(texts, count float64) float64 {
	return max(0, math.Log((texts+1)/(count+0.5)))
}

func (w weights) weight(g gram) float64 {
	if x, ok := w.known[g]; ok {
		return x
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

func (w weights) take(text string) *asked {
	a := &asked{grams: w.gramsOf(query.Fold(text))}
	a.weight = make([]float64, len(a.grams))
	for i, g := range a.grams {
		a.weight[i] = w.weight(g)
		a.total += a.weight[i]
	}
	return a
}

// gramsOf gives the grams of the texts, each once, in rising order.
func (t spelling) gramsOf(texts ...string) []gram {
	var out []gram
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

// share is the part of the ask's weight that others hold, in [0,1].
func (a *asked) share(others []gram) float64 {
	if a.total == 0 {
		return 0
	}
	sum := 0.0
	a.eachHeld(others, func(i int) { sum += a.weight[i] })
	return min(1, sum/a.total)
}

// lacking gives the weights of the ask's grams that others do not hold, the
// heaviest first.
func (a *asked) lacking(others []gram) []float64 {
	held := make([]bool, len(a.grams))
	a.eachHeld(others, func(i int) { held[i] = true })
	var out []float64
	for i, h := range held {
		if !h {
			out = append(out, a.weight[i])
		}
	}
	slices.SortFunc(out, func(x, y float64) int { return cmp.Compare(y, x) })
	return out
}

// unheld gives the weights of the words of an ask of which an entry does not
// hold every gram, the heaviest first.
func (w weights) unheld(tokens []string, a *asked, entry []gram) []float64 {
	held := map[gram]bool{}
	a.eachHeld(entry, func(i int) { held[a.grams[i]] = true })
	var out []float64
	for _, t := range words(tokens) {
		weight, whole := 0.0, true
		w.eachGram(t, func(g gram) {
			whole = whole && held[g]
			weight = max(weight, w.weight(g))
		})
		if !whole {
			out = append(out, weight)
		}
	}
	slices.SortFunc(out, func(x, y float64) int { return cmp.Compare(y, x) })
	return out
}
