package eval

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Figure is one measured number.
type Figure struct {
	Name   string
	Value  float64
	Lo, Hi float64 // 95 % bootstrap interval; NaN where none was made
	Rows   int     // that it rests on; 0: not a rate over rows
}

// Bounded reports whether the figure has an interval.
func (f Figure) Bounded() bool { return !math.IsNaN(f.Lo) }

// Mistake is a row that the machine got wrong, with its evidence.
type Mistake struct {
	Protocol string
	Text     string
	Want     string
	Got      string
	Sure     float64 // probability that the machine gave to what it said
	Why      string
}

// Meta says what was measured with what.
type Meta struct {
	Model     string         `json:"model"`
	Segmenter string         `json:"segmenter"`
	Catalogue string         `json:"catalogue"`
	Commit    string         `json:"commit"`
	Rows      map[string]int `json:"rows"`
}

// Report is the outcome of a run.
type Report struct {
	Meta     Meta
	Figures  []Figure
	Skipped  []Skipped
	Mistakes []Mistake
	Pairs    []Pair
	Bins     []Bin
	seed     int64
}

// Skipped is a protocol that did not run, and why.
type Skipped struct{ Protocol, Why string }

// Pair is something wanted and what was said instead, with how often.
type Pair struct {
	Protocol  string
	Want, Got string
	Count     int
}

// Bin is one point of a reliability diagram: the mean of what the machine
// said, and how often it was right.
type Bin struct {
	Protocol string
	Said     float64
	Right    float64
	Rows     int
}

func newReport(seed int64) *Report {
	return &Report{seed: seed, Meta: Meta{Segmenter: "gse zh_s", Rows: map[string]int{}}}
}

// Skip notes that a protocol did not run.
func (r *Report) Skip(protocol, why string) {
	r.Skipped = append(r.Skipped, Skipped{protocol, why})
}

// Rate adds the mean of the rows' values (1 right, 0 wrong, or a share) with
// its interval.
func (r *Report) Rate(name string, values []float64) {
	r.Statistic(name, len(values), func(rows []int) float64 {
		sum := 0.0
		for _, i := range rows {
			sum += values[i]
		}
		return sum / float64(len(rows))
	})
}

// Statistic adds a figure that is a function of rows, such as an F1, with its
// interval by resampling rows. It must accept rows that repeat.
func (r *Report) Statistic(name string, n int, of func(rows []int) float64) {
	if n == 0 {
		return
	}
	all := upTo(n)
	value := of(all)
	lo, hi := bootstrap(n, of, r.seed)
	r.Figures = append(r.Figures, Figure{Name: name, Value: value, Lo: lo, Hi: hi, Rows: n})
}

// Value adds a figure without an interval.
func (r *Report) Value(name string, v float64) {
	r.Figures = append(r.Figures, Figure{Name: name, Value: v, Lo: math.NaN(), Hi: math.NaN()})
}

// Get gives a figure's value by name.
func (r *Report) Get(name string) (float64, bool) {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value, true
		}
	}
	return 0, false
}

// worstShown bounds the mistakes and pairs kept of one protocol.
const worstShown = 40

// Mistakes keeps the surest of a protocol's mistakes and its most frequent
// confusions.
func (r *Report) AddMistakes(protocol string, all []Mistake) {
	slices.SortStableFunc(all, func(a, b Mistake) int { return cmp.Compare(b.Sure, a.Sure) })
	for i, m := range all {
		if i == worstShown {
			break
		}
		m.Protocol = protocol
		r.Mistakes = append(r.Mistakes, m)
	}
	counts := map[Pair]int{}
	for _, m := range all {
		counts[Pair{Protocol: protocol, Want: m.Want, Got: m.Got}]++
	}
	var pairs []Pair
	for p, n := range counts {
		p.Count = n
		pairs = append(pairs, p)
	}
	slices.SortFunc(pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Want, b.Want), cmp.Compare(a.Got, b.Got))
	})
	r.Pairs = append(r.Pairs, pairs[:min(len(pairs), worstShown)]...)
}

// AddReliability sorts probabilities into ten bins of equal mass.
func (r *Report) AddReliability(protocol string, said, right []float64) {
	for _, part := range equalMass(said, upTo(len(said))) {
		if len(part) == 0 {
			continue
		}
		bin := Bin{Protocol: protocol, Rows: len(part)}
		for _, i := range part {
			bin.Said += said[i] / float64(len(part))
			bin.Right += right[i] / float64(len(part))
		}
		r.Bins = append(r.Bins, bin)
	}
}

// upTo gives the rows 0 to n-1.
func upTo(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// equalMass sorts the rows of part by their probability into ten bins of equal
// mass; with fewer than ten rows some are empty.
func equalMass(said []float64, part []int) [][]int {
	const bins = 10
	order := slices.Clone(part)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(said[a], said[b]) })
	out := make([][]int, bins)
	for b := range out {
		out[b] = order[b*len(order)/bins : (b+1)*len(order)/bins]
	}
	return out
}

// WriteTable prints the figures for people.
func (r *Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-30s %8s   %-19s %s\n", "指标", "数值", "95% 区间", "行数")
	for _, f := range r.Figures {
		interval, rows := "", ""
		if f.Bounded() {
			interval = fmt.Sprintf("%.3f – %.3f", f.Lo, f.Hi)
		}
		if f.Rows > 0 {
			rows = fmt.Sprint(f.Rows)
		}
		fmt.Fprintf(&b, "%-32s %8.3f   %-21s %s\n", f.Name, f.Value, interval, rows)
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "%-32s 已跳过：%s\n", s.Protocol, s.Why)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes one flat object: every figure under its name, its interval
// under name.lo and name.hi, and meta.
func (r *Report) WriteJSON(w io.Writer) error {
	flat := make(map[string]any, 3*len(r.Figures)+1)
	for _, f := range r.Figures {
		flat[f.Name] = f.Value
		if f.Bounded() {
			flat[f.Name+".lo"], flat[f.Name+".hi"] = f.Lo, f.Hi
		}
	}
	flat["meta"] = r.Meta
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(flat)
}
