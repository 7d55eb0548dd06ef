package eval

import (
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"

	"huying/internal/errs"
)

// The golden file holds the figures that were last looked at and accepted:
// names and numbers only, nothing that depends on the machine, one a line, so
// that a change of it can be read in a review.

// ofMachine reports whether a figure tells of the machine it was measured on.
func ofMachine(name string) bool {
	return slices.Contains(strings.Split(name, "."), "speed")
}

// Golden gives the content of the golden file after this run: the figures of r
// in place of those that earlier, the present file, holds under the same
// names; the others stay. earlier is nil for a new file. errs.Invalid
// "eval.json" when earlier is no golden file.
func (r *Report) Golden(earlier io.Reader) (func(io.Writer) error, error) {
	flat := map[string]float64{}
	if earlier != nil {
		if err := json.NewDecoder(earlier).Decode(&flat); err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "eval.json", "--golden")
		}
	}
	for _, f := range r.Figures {
		if ofMachine(f.Name) {
			continue
		}
		flat[f.Name] = thousandths(f.Value)
		if f.Bounded() {
			lo, hi := f.around()
			flat[f.Name+".lo"], flat[f.Name+".hi"] = thousandths(lo), thousandths(hi)
		}
	}
	return func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(flat) // sorted by name
	}, nil
}

// thousandths rounds: less than a thousandth differs between processors.
func thousandths(v float64) float64 { return math.Round(v*1000) / 1000 }
