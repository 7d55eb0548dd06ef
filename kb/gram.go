package kb

import (
	"bufio"
	_ "embed"
	"math"
	"strconv"
	"strings"
	"unicode"

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

// units cuts folded text into runs of units; a gram never spans two runs,
// because a comma between two characters means that they do not belong
// together.
func units(folded string) [][]uint32 {
	var out [][]uint32
	var run []uint32
	var hash uint32 // of the letters and digits met so far; 0: none
	flush := func() {
		if hash != 0 {
			run = append(run, hash|runBit)
			hash = 0
		}
	}
	for _, r := range folded {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if hash == 0 {
				hash = 2166136261
			}
			hash = (hash ^ uint32(r)) * 16777619 // FNV-1a
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			flush()
			run = append(run, uint32(r))
		default:
			flush()
			if len(run) > 0 {
				out, run = append(out, run), nil
			}
		}
	}
	flush()
	if len(run) > 0 {
		out = append(out, run)
	}
	return out
}

// eachGram calls f for every gram of the text, in order, repeats included.
func eachGram(runs [][]uint32, f func(gram)) {
	for _, run := range runs {
		for i, u := range run {
			f(gram(u) << 32)
			if i > 0 {
				f(gram(run[i-1])<<32 | gram(u))
			}
		}
	}
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
	known       map[gram]float64
	single, two float64 // of a gram that people hardly say
}

func readWeights(table string) (weights, error) {
	w := weights{known: map[gram]float64{}}
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
		eachGram(units(name), func(g gram) { last = g })
		w.known[last] = idf(texts, n)
	}
	w.single, w.two = idf(texts, 0.5), idf(texts, minSpoken/2.0)
	return w, nil
}

func idf(texts, count float64) float64 {
	return max(0, math.Log((texts+1)/(count+0.5)))
}

func (w weights) of(g gram) float64 {
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
	order []gram           // each once, as they stand: sums do not depend on a map's order
	grams map[gram]float64 // weight of each
	total float64          // sum of the weights
}

func (w weights) take(text string) asked {
	a := asked{grams: map[gram]float64{}}
	eachGram(units(query.Fold(text)), func(g gram) {
		if _, seen := a.grams[g]; !seen {
			a.grams[g] = w.of(g)
			a.total += a.grams[g]
			a.order = append(a.order, g)
		}
	})
	return a
}

// held gives those of the ask's grams that the texts hold.
func (a asked) held(texts ...string) map[gram]bool {
	seen := make(map[gram]bool, len(a.grams))
	for _, t := range texts {
		eachGram(units(query.Fold(t)), func(g gram) {
			if _, ok := a.grams[g]; ok {
				seen[g] = true
			}
		})
	}
	return seen
}

// share is the part of the ask's weight that the texts hold, in [0,1].
func (a asked) share(texts ...string) float64 {
	if a.total == 0 {
		return 0
	}
	held, sum := a.held(texts...), 0.0
	for _, g := range a.order {
		if held[g] {
			sum += a.grams[g]
		}
	}
	return min(1, sum/a.total)
}
