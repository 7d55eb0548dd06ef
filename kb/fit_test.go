package kb

import (
	"flag"
	"strings"
	"testing"
	"time"

	"huying/internal/query"
)

var update = flag.Bool("update", false, "fit kb/seed/intent.txt, sights.txt and policy.json anew")

// seedDay is the day on which the seed asks are asked: it decides which demo
// entries hold.
var seedDay = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// seedAsk is a line of seed/asks.jsonl: what was asked, the code of the demo
// entry that answers it (empty: none does) and the kind. para asks in other
// words what an entry answers; near looks alike, but differs in a condition;
// case and complaint want something done.
type seedAsk struct{ Ask, Entry, Kind string }

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
		fitSeed(t, b, s)
		return // what ships is read at start
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

// plainly gives the plainest asks of an entry: its own question, as people type
// and say it.
func plainly(question string) []string {
	bare := strings.TrimRight(question, "？?")
	return []string{question, bare, "请问" + question, "你好，我想问一下" + bare}
}

// TestAnEntrysOwnQuestionIsAnswered: who asks in an entry's own words, politely
// or not, asks the plainest question there is.
func TestAnEntrysOwnQuestionIsAnswered(t *testing.T) {
	b := builder(t)
	s := loadSeed(t, b)
	asked, answered := 0, 0
	for _, e := range s.with.entries {
		for _, words := range plainly(e.Question) {
			r, err := s.base.Ask(t.Context(), build(t, b, "", words), Options{Now: seedDay})
			if err != nil {
				t.Fatal(err)
			}
			asked++
			if r.Answered && r.Matches[0].Entry.ID == e.ID {
				answered++
			}
		}
	}
	if answered*100 < asked*95 {
		t.Errorf("%d of %d are answered by their own entry", answered, asked)
	}
}
