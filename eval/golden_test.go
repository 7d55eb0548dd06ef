package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"huying/internal/errs"
)

// golden gives the golden file of r after earlier; nil: a new one.
func golden(t *testing.T, r *Report, earlier io.Reader) string {
	t.Helper()
	write, err := r.Golden(earlier)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGoldenFileHoldsNamesAndFiguresOnly(t *testing.T) {
	r := newReport(1)
	r.Figures = []Figure{{Name: "labels.acc", Value: 0.91234, Lo: 0.9, Hi: 0.92222, Rows: 700}}
	r.Value("catalogue.ece.excess", -0.01)
	r.Value("speed.suggest.ratio", 0.9)
	r.Value("answers.speed.ratio", 1.1)
	first := golden(t, r, nil)
	if want := `{
  "catalogue.ece.excess": -0.01,
  "labels.acc": 0.912,
  "labels.acc.hi": 0.922,
  "labels.acc.lo": 0.9
}
`; first != want {
		t.Errorf("got\n%s\nwant\n%s", first, want)
	}
	// A run of one part leaves the others as they were.
	part := newReport(1)
	part.Value("catalogue.ece.excess", 0.02)
	if got, want := golden(t, part, strings.NewReader(first)), strings.Replace(first, "-0.01", "0.02", 1); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, err := r.Golden(strings.NewReader(`{"meta": {}}`)); errs.CodeOf(err) != "eval.json" {
		t.Errorf("a report taken for a golden file: %v", err)
	}
}

// TestGoldenFileIsInOrder: each rate of the file in the repository lies in its
// interval, and the comparison can read it.
func TestGoldenFileIsInOrder(t *testing.T) {
	raw, err := os.ReadFile("golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var flat map[string]float64
	if err := json.Unmarshal(raw, &flat); err != nil {
		t.Fatal(err)
	}
	figures := 0
	for name, v := range flat {
		if strings.HasSuffix(name, ".lo") || strings.HasSuffix(name, ".hi") {
			continue
		}
		figures++
		lo, bounded := flat[name+".lo"]
		if hi := flat[name+".hi"]; bounded && (v < lo || v > hi) || ofMachine(name) {
			t.Errorf("%s: %v of %v to %v", name, v, lo, hi)
		}
	}
	if figures < 15 || !strings.HasPrefix(string(raw), "{\n  \"") {
		t.Errorf("%d figures", figures)
	}
	r := newReport(1)
	r.Figures = []Figure{{Name: "catalogue.leaf@1", Value: 0.1, Lo: 0.05, Hi: 0.15, Rows: 222}}
	losses, err := r.Compare(bytes.NewReader(raw))
	if err != nil || len(losses) != 1 || losses[0].Old != flat["catalogue.leaf@1"] {
		t.Errorf("compared: %+v, %v", losses, err)
	}
}

// TestSameFiguresAreNoLoss: a run compared with itself is no worse, also where
// resampling puts the interval beside the value.
func TestSameFiguresAreNoLoss(t *testing.T) {
	r := newReport(1)
	r.Figures = []Figure{
		{Name: "catalogue.ece", Value: 0.033, Lo: 0.049, Hi: 0.129, Rows: 222}, {Name: "labels.acc", Value: 0.9, Lo: 0.88, Hi: 0.92, Rows: 700},
	}
	for _, tc := range []struct {
		ece, acc float64
		want     int
	}{{0.033, 0.9, 0}, {0.01, 0.91, 0}, {-0.02, 0.93, 2}, {0.09, 0.5, 0}} {
		old := fmt.Sprintf(`{"catalogue.ece": %v, "labels.acc": %v}`, tc.ece, tc.acc)
		if losses, err := r.Compare(strings.NewReader(old)); err != nil || len(losses) != tc.want {
			t.Errorf("against %s: %+v, %v", old, losses, err)
		}
	}
}
