package kb

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huying/internal/query"
)

var update = flag.Bool("update", false, "fit kb/seed/policy.json anew")

// seedDay is the day on which the seed asks are asked: it decides which demo
// entries hold.
var seedDay = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// seedAsk is a line of seed/asks.jsonl: what was asked, the code of the demo
// entry that answers it (empty: none does) and the kind. para asks in other
// words what an entry answers; near looks alike, but differs in a condition;
// case and complaint want something done.
type seedAsk struct{ Ask, Entry, Kind string }

// example is one ask with its candidates as the policy sees them.
type example struct {
	entries [][3]float64 // question, whole, shared of each candidate
	none    [6]float64   // 1 and the cues
	right   int          // position of the candidate that answers; len(entries): none
	weight  float64
}

// seed is the demo city's store with and without the entries' phrasings, and
// the asks.
type seed struct {
	with, without *exact
	base          *Base
	asks          []seedAsk
	queries       []query.Query
}

func loadSeed(t *testing.T, b *query.Builder) seed {
	t.Helper()
	s := seed{with: &exact{}, without: &exact{}}
	entries := demoEntries(t, seedDay)
	s.with.fill(t, b, entries)
	for i, e := range s.with.entries {
		e.Phrasings = nil
		s.without.entries = append(s.without.entries, e)
		s.without.wording = append(s.without.wording, s.with.wording[i][:1])
		s.without.whole = append(s.without.whole, s.with.whole[i])
	}
	held := map[string]bool{"": true}
	for _, e := range entries {
		held[string(e.ID)] = true
	}
	for _, a := range lines[seedAsk](t, "seed/asks.jsonl") {
		if held[a.Entry] {
			s.asks = append(s.asks, a)
			s.queries = append(s.queries, build(t, b, "", a.Ask))
		}
	}
	base, err := New(s.with)
	if err != nil {
		t.Fatal(err)
	}
	s.base = base
	return s
}

// TestShippedPolicyOnItsSeed holds the policy to what it must do on the asks
// it was fitted on: find the entry, and never answer what wants to be handled.
func TestShippedPolicyOnItsSeed(t *testing.T) {
	b := builder(t)
	s := loadSeed(t, b)
	if *update {
		fitPolicy(t, b, s)
	}
	var para, misleading, first, answered, wrong int
	for i, a := range s.asks {
		r, err := s.base.Ask(t.Context(), s.queries[i], Options{Now: seedDay})
		if err != nil {
			t.Fatal(err)
		}
		right := a.Entry != "" && len(r.Matches) > 0 && r.Matches[0].Entry.ID == EntryID(a.Entry)
		if a.Kind == "para" {
			para++
			if right {
				first++
			}
		}
		if a.Kind == "near" {
			misleading++
		}
		if r.Answered {
			answered++
			if !right {
				wrong++
				t.Logf("wrong at %.2f: %s → %s", r.Matches[0].Score, a.Ask, r.Matches[0].Entry.Question)
			}
			if a.Kind == "case" || a.Kind == "complaint" {
				t.Errorf("a %s was answered: %s", a.Kind, a.Ask)
			}
		}
	}
	t.Logf("%d of %d found first; %d answered, %d wrongly", first, para, answered, wrong)
	if float64(first) < 0.95*float64(para) {
		t.Errorf("%d of %d asks find their entry first, want 95 %%", first, para)
	}
	// The seed has one misleading ask for every two that are answered; on the
	// line it is about one in ten (misled), so a wrong answer here counts less.
	// The budget is 2 % of the answers; with so few asks 3 % pass.
	expected := float64(wrong) * misled * float64(para) / float64(misleading)
	if right := answered - wrong; right < para/8 || expected > 0.03*(float64(right)+expected) {
		t.Errorf("%d answered, %d wrongly; want an eighth of the asks and %.1f wrong of %.1f within 3 %%", answered, wrong, expected, float64(right)+expected)
	}
}

// misled is how many asks on the line look like an entry without being
// answered by it, for each that is answered: a guess by practice, until marks
// of agents tell.
const misled = 0.1

// fitPolicy fits the weights and writes them. Besides the asks, with and
// without the help of phrasings, it learns from one statement of each starter
// leaf that no entry answers those: they are what people say who want
// something done.
func fitPolicy(t *testing.T, b *query.Builder, s seed) {
	t.Helper()
	var all []example
	for i, a := range s.asks {
		all = append(all, s.example(t, s.with, s.queries[i], a.Entry, 1), s.example(t, s.without, s.queries[i], a.Entry, 1))
	}
	for _, text := range starterStatements(t) {
		all = append(all, s.example(t, s.with, build(t, b, "", text), "", 0.5))
	}
	w := fit(all, 1e-3)
	p := s.base.policy
	p.Version, p.Model = seedDay.Format("2006-01")+"-b", b.Model()
	p.Entry.Question, p.Entry.Whole, p.Entry.Shared = round(w[0]), round(w[1]), round(w[2])
	p.None.Bias, p.None.Chase, p.None.Accuse = round(w[3]), round(w[4]), round(w[5])
	p.None.Demand, p.None.Asking, p.None.Length = round(w[6]), round(w[7]), round(w[8])
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("seed/policy.json", append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	s.base.policy = p
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

func (s seed) example(t *testing.T, from *exact, q query.Query, code string, weight float64) example {
	t.Helper()
	found, err := from.Near(t.Context(), Search{Vector: q.Vector, Now: seedDay})
	if err != nil {
		t.Fatal(err)
	}
	a, c := s.base.weights.take(q.Text()), s.base.lexicon.read(q.Text())
	e := example{none: [6]float64{1, c.chase, c.accuse, c.demand, c.asking, c.length}, right: len(found), weight: weight}
	for i, f := range found {
		e.entries = append(e.entries, [3]float64{f.Question, f.Whole, a.share(s.base.gramsOf(f.Entry))})
		if code != "" && f.Entry.ID == EntryID(code) {
			e.right = i
		}
	}
	return e
}

// starterStatements takes one text of each starter leaf, in turn the call, the
// complaint and the long letter, and leaves out what asks a question.
func starterStatements(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../classifier/starter/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		for i, l := range lines[struct{ Examples []string }](t, f) {
			text := l.Examples[[]int{1, 2, 5}[i%3]]
			if !strings.Contains(text, "？") {
				out = append(out, text)
			}
		}
	}
	return out
}

// fit maximises the likelihood of the examples less ridge/2 times the squared
// length of the weights, by gradient ascent with momentum. The problem is
// concave, so any start and any path lead to the same weights.
func fit(all []example, ridge float64) [9]float64 {
	var w, speed [9]float64
	total := 0.0
	for _, e := range all {
		total += e.weight
	}
	for range 6000 {
		var g [9]float64
		for _, e := range all {
			e.gradient(&w, &g)
		}
		for i := range w {
			speed[i] = 0.95*speed[i] + 0.5*(g[i]/total-ridge*w[i])
			w[i] += speed[i]
		}
	}
	return w
}

// gradient adds the weighted gradient of the example's log-likelihood to g.
func (e example) gradient(w, g *[9]float64) {
	s := make([]float64, len(e.entries)+1)
	top := math.Inf(-1)
	for i, f := range e.entries {
		s[i] = w[0]*f[0] + w[1]*f[1] + w[2]*f[2]
		top = max(top, s[i])
	}
	none := len(e.entries)
	for i, f := range e.none {
		s[none] += w[3+i] * f
	}
	top = max(top, s[none])
	sum := 0.0
	for i := range s {
		s[i] = math.Exp(s[i] - top)
		sum += s[i]
	}
	for i := range s {
		d := -s[i] / sum
		if i == e.right {
			d++
		}
		d *= e.weight
		if i == none {
			for k, f := range e.none {
				g[3+k] += d * f
			}
			continue
		}
		for k, f := range e.entries[i] {
			g[k] += d * f
		}
	}
}
