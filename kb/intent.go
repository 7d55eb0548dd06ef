package kb

import (
	"bufio"
	_ "embed"
	"math"
	"strconv"
	"strings"

	"huying/internal/errs"
)

// intentGrams holds what tells a question from a matter to be handled: a line "gram
// weight" for every unit and pair of units that counts, first "# bias". It is
// a logistic regression on the product's own texts of known type and on
// kb/seed/asks.jsonl, fitted by go test ./kb -run Shipped -update.
//
//go:embed seed/intent.txt
var intentGrams string

// intent tells whether somebody wants to know something or wants something
// done.
type intent struct {
	spelling spelling
	bias     float64
	weights  map[gram]float64
}

func readIntent(s spelling, table string) (intent, error) {
	in := intent{spelling: s, weights: map[gram]float64{}}
	scan := bufio.NewScanner(strings.NewReader(table))
	for line := 1; scan.Scan(); line++ {
		name, value, ok := strings.Cut(scan.Text(), " ")
		w, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil {
			return in, errs.New(errs.Internal, "internal").At(line, 0)
		}
		if name == "#" {
			in.bias = w
			continue
		}
		var last gram
		s.eachGram(name, func(g gram) { last = g })
		in.weights[last] = w
	}
	return in, nil
}

// intentRunes is how much of a text is read for its intent: what someone wants
// is said early.
const intentRunes = 300

// read gives the log-odds that a folded text asks a question: above 0 it
// rather asks, below it rather wants something done.
func (in intent) read(text string) float64 {
	grams := in.spelling.gramsOf(clip(text, intentRunes))
	sum := 0.0
	for _, g := range grams {
		sum += in.weights[g]
	}
	return in.bias + sum/math.Sqrt(float64(max(1, len(grams))))
}
