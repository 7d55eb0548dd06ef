package eval

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"huying/internal/errs"
)

// Loss is a figure that got worse by more than its interval.
type Loss struct {
	Name     string
	Old, New float64
}

// smallerIsBetter names the figures of which less is more: by the last part
// of their names.
var smallerIsBetter = []string{"ece", "excess", "size", "near", "case", "false", "delay", "outside", "p50_ms", "p99_ms"}

// unjudged are figures in milliseconds: machines are noisy.
var unjudged = []string{"p50_ms", "p99_ms"}

// Compare gives the figures of r that are worse than in an earlier JSON
// report by more than the interval of r. Figures without an interval, and
// those that only one of the two has, are not judged.
func (r *Report) Compare(earlier io.Reader) ([]Loss, error) {
	var flat map[string]json.RawMessage
	if err := json.NewDecoder(earlier).Decode(&flat); err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "eval.json", "--compare")
	}
	var losses []Loss
	for _, f := range r.Figures {
		raw, known := flat[f.Name]
		last := f.Name[strings.LastIndexByte(f.Name, '.')+1:]
		if !known || !f.Bounded() || slices.Contains(unjudged, last) {
			continue
		}
		var old float64
		if err := json.Unmarshal(raw, &old); err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "eval.type", "--compare", f.Name)
		}
		lo, hi := f.around()
		worse := old > hi
		if slices.Contains(smallerIsBetter, last) {
			worse = old < lo
		}
		if worse {
			losses = append(losses, Loss{Name: f.Name, Old: old, New: f.Value})
		}
	}
	return losses, nil
}

// around is the interval as it lies around the value. Resampling rows makes a
// calibration error larger, so that its interval may lie beside its value: then
// the width is what it tells.
func (f Figure) around() (lo, hi float64) {
	if f.Lo <= f.Value && f.Value <= f.Hi {
		return f.Lo, f.Hi
	}
	half := (f.Hi - f.Lo) / 2
	return f.Value - half, f.Value + half
}
