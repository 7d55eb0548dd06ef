package kb

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"huying/intake"
	"huying/internal/org"
	"huying/internal/query"
)

func weightsForTest(t *testing.T) weights {
	t.Helper()
	w, err := readWeights(speech)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func baseForTest(t *testing.T) *Base {
	t.Helper()
	b, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestGramsStayWithinClauses(t *testing.T) {
	count := 0
	seen := map[gram]bool{}
	weightsForTest(t).eachGram("办C1证，2024年", func(g gram) { count++; seen[g] = true })
	// 办 c1 证 | 2024 年: five units, two pairs in the first clause, one in the second
	if count != 8 || len(seen) != 8 {
		t.Errorf("%d grams, %d different; want 8 and 8", count, len(seen))
	}
	var across gram
	weightsForTest(t).eachGram("证2024", func(g gram) { across = g })
	if seen[across] {
		t.Error("a pair spans the comma")
	}
}

func TestShareCountsWhatTheEntryHolds(t *testing.T) {
	w := weightsForTest(t)
	a := w.take("居住证怎么续签？")
	tests := []struct {
		name   string
		texts  []string
		lo, hi float64
	}{
		{"the same words", []string{"居住证怎么续签"}, 1, 1},
		{"in another order, in two texts", []string{"续签", "怎么，居住证"}, 0.6, 0.99},
		{"traditional characters and width", []string{"居住證怎麼續簽"}, 1, 1},
		{"nothing in common", []string{"路灯坏了"}, 0, 0},
		{"nothing at all", nil, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := a.share(w.gramsOf(tt.texts...)); got < tt.lo || got > tt.hi {
				t.Errorf("share %.3f, want %.2f–%.2f", got, tt.lo, tt.hi)
			}
		})
	}
	if got := w.take("？！").share(w.gramsOf("居住证")); got != 0 {
		t.Errorf("an ask without words shares %v", got)
	}
}

func TestRareWordsWeighMore(t *testing.T) {
	w := weightsForTest(t)
	one := func(s string) (last float64) {
		w.eachGram(s, func(g gram) { last = w.weight(g) })
		return last
	}
	if a, b := one("的"), one("签"); a >= b {
		t.Errorf("的 weighs %.2f, 签 %.2f", a, b)
	}
	if a, b := one("我们"), one("签注"); a >= b {
		t.Errorf("我们 weighs %.2f, 签注 %.2f", a, b)
	}
}

func TestCues(t *testing.T) {
	l, err := readLexicon(cuesJSON)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		text     string
		caseLike bool
		asking   bool
	}{
		{"居住证怎么续签？", false, true},
		{"第一次办护照要带什么材料", false, true},
		{"交上去两个月了一直没结果，请催一下", true, false},
		{"我要投诉窗口的工作人员，态度恶劣", true, false},
		{"物业扣着押金不退，请你们协调处理", true, false},
		{"", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			c := l.read(tt.text)
			if got := c.caseLike() >= 0.5; got != tt.caseLike {
				t.Errorf("case-like %v (%+v), want %v", got, c, tt.caseLike)
			}
			if got := c.asking > 0; got != tt.asking {
				t.Errorf("asking %v (%+v), want %v", got, c, tt.asking)
			}
		})
	}
}

func candidate(id string, question, whole float64) Candidate {
	return Candidate{
		Entry:    Entry{ID: EntryID(id), Question: "居住证怎么续签", Answer: "到派出所办理。"},
		Question: question, Whole: whole, Citywide: true,
	}
}

func TestRankIsAProbability(t *testing.T) {
	b := baseForTest(t)
	h := b.hear(query.Query{Body: "居住证到期怎么续签"})
	views := b.rank(h, []Candidate{candidate("b", 0.7, 0.7), candidate("a", 0.7, 0.7), candidate("c", 0.9, 0.9), candidate("d", 0.2, 0.2)})
	var order []string
	sum := 0.0
	for _, v := range views {
		order = append(order, string(v.candidate.Entry.ID))
		sum += v.p
	}
	if want := []string{"c", "a", "b", "d"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v: nearest first, equal ones by id", order, want)
	}
	if sum <= 0 || sum >= 1 {
		t.Errorf("probabilities sum to %v; something must remain for “none of them”", sum)
	}
	rival := b.rank(h, []Candidate{candidate("c", 0.9, 0.9), candidate("r", 0.9, 0.9)})
	alone := b.rank(h, []Candidate{candidate("c", 0.9, 0.9)})
	if rival[0].p >= alone[0].p {
		t.Error("a rival as near does not lower the probability")
	}
	if math.IsNaN(b.rank(h, []Candidate{candidate("x", 0, 0)})[0].p) {
		t.Error("a candidate without vectors has no probability")
	}
}

func TestSilence(t *testing.T) {
	b := baseForTest(t)
	model := b.Policy().Model
	ask := query.Query{Body: "居住证怎么续签", Vector: []float32{1}, Model: model}
	foreign := ask
	foreign.Model = "another"
	city := []view{{candidate: candidate("a", 1, 1), p: 0.99}}
	district := []view{{candidate: Candidate{Entry: Entry{Area: "990101"}}, p: 0.99}}
	verify := []view{{candidate: Candidate{Entry: Entry{State: EntryToVerify}, Citywide: true}, p: 0.99}}
	unlike := []view{{candidate: Candidate{Question: 0.7, Negative: 0.8, Citywide: true}, p: 0.99}}
	with := func(body string) query.Query { return query.Query{Body: body, Vector: []float32{1}, Model: model} }
	const threshold = 0.9
	tests := []struct {
		name    string
		views   []view
		sure    float64
		q       query.Query
		area    org.AreaCode
		kind    intake.Type
		urgency intake.Urgency
		want    Silence
	}{
		{"a sure answer", city, 0.99, ask, "", "", "", ""},
		{"danger in the words", city, 0.99, with("楼道里有煤气味怎么办"), "", "", "", SilentDanger},
		{"danger by the suggestion", city, 0.99, ask, "", "", intake.UrgencyA, SilentDanger},
		{"a chase-up", city, 0.99, with("上次反映的居住证续签一直没有办，麻烦催单"), "", "", "", SilentCase},
		{"a complaint in the words", city, 0.99, with("我要投诉续签居住证的窗口，态度恶劣，互相推诿"), "", "", "", SilentCase},
		{"a complaint by the suggestion", city, 0.99, ask, "", intake.Complaint, "", SilentCase},
		{"help is answered like a consultation", city, 0.99, ask, "", intake.Help, "", ""},
		{"nothing found", nil, 0, ask, "", "", "", SilentNothing},
		{"nothing near", []view{{candidate: candidate("a", 0, 0), p: 0.01}}, 0.01, ask, "", "", "", SilentNothing},
		{"just below the threshold", city, threshold - 1e-9, ask, "", "", "", SilentUnsure},
		{"at the threshold", city, threshold, ask, "", "", "", ""},
		{"near, for other conditions", city, 0.5, ask, "", "", "", SilentCondition},
		{"an answer for one district, place unknown", district, 0.99, ask, "", "", "", SilentArea},
		{"an answer for one district, asked there", district, 0.99, ask, "990101", "", "", ""},
		{"vectors of a model that it was not fitted on", city, 0.99, foreign, "", "", "", SilentUnfitted},
		{"an entry to verify", verify, 0.99, ask, "", "", "", SilentVerify},
		{"nearer to a negative phrasing", unlike, 0.99, ask, "", "", "", SilentNegative},
		{"no vector", city, 0.99, query.Query{Body: "居住证怎么续签"}, "", "", "", SilentWords},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &Found{base: b, policy: b.Policy(), query: tt.q, area: tt.area, views: tt.views, sure: tt.sure, intent: b.hear(tt.q).intent}
			f.result.Threshold = threshold
			if tt.want == SilentCondition {
				f.sight[sightConflict] = 1
			}
			if got := f.silence(tt.kind, tt.urgency); got != tt.want {
				t.Errorf("%q, want %q (intent %.2f)", got, tt.want, f.intent)
			}
		})
	}
}

func TestEvidenceIsWhatBothSay(t *testing.T) {
	w := weightsForTest(t)
	tokens := []string{"我", "想", "问", "居住证", "怎么", "续签", "火星"}
	a := w.take("我想问居住证怎么续签，火星")
	got := w.evidence(tokens, a, a.holds(w.gramsOf(candidate("a", 0, 0).Entry.wording()...)))
	if !slices.Contains(got, "居住证") || !slices.Contains(got, "续签") || slices.Contains(got, "火星") || slices.Contains(got, "我") {
		t.Errorf("evidence %v", got)
	}
	if got[len(got)-1] != "怎么" {
		t.Errorf("evidence %v: the least telling word should be last", got)
	}
}

func TestTermsOfAnAsk(t *testing.T) {
	tokens := []string{"我", "的", "居住证", "c1", "居住证"}
	if got, want := words(tokens), []string{"居住证", "c1"}; !slices.Equal(got, want) {
		t.Errorf("words %v, want %v", got, want)
	}
	if got, want := pairs([]string{"续", "签证", "续"}), []string{"续签", "签证", "证续"}; !slices.Equal(got, want) {
		t.Errorf("pairs %v, want %v", got, want)
	}
}

func TestBrokenTablesAreRefused(t *testing.T) {
	for name, try := range map[string]func() error{
		"ranking that is no JSON":      func() error { _, err := readRanking([]byte(`{`)); return err },
		"intent with words":            func() error { _, err := readIntent(newSpelling(), "的 viel\n"); return err },
		"conditions that do not parse": func() error { _, err := readConditions([]byte(`[{"name":"a","values":{"b":"("}}]`)); return err },
		"no policy at all":             func() error { _, err := DecodePolicy([]byte("{")); return err },
		"weights with words":           func() error { _, err := readWeights("# 10\n的 viel\n"); return err },
		"cues that do not parse":       func() error { _, err := readLexicon([]byte(`{"chase":["("]}`)); return err },
		"no cues":                      func() error { _, err := readLexicon([]byte(`{}`)); return err },
	} {
		if try() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestOnlyRivalsAreHeldAgainstTheAsk: the first dozen are those that would be
// first if clashes were looked for in every candidate, with the same scores.
func TestOnlyRivalsAreHeldAgainstTheAsk(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	var found []Candidate
	for _, e := range demoEntries(t, seedDay) {
		found = append(found, Candidate{Entry: e, Question: 0.5 + random.Float64()/2, Whole: 0.5 + random.Float64()/2, Citywide: true})
	}
	base, err := New(fixed(found))
	if err != nil {
		t.Fatal(err)
	}
	spared := 0
	for _, a := range lines[seedAsk](t, "seed/asks.jsonl")[:40] {
		h := base.hear(query.Query{Body: a.Ask})
		got := base.rank(h, found)
		var want []float64
		for _, c := range found {
			g := base.look(h, c).glance
			g.clash = compare(h.stated, base.termsOf(c.Entry, allGroups))
			want = append(want, base.ranking.score(g))
		}
		slices.SortFunc(want, func(x, y float64) int { return cmp.Compare(y, x) })
		for i, v := range got[:rivals] {
			if v.score != want[i] {
				t.Fatalf("%s: place %d has %v, want %v", a.Ask, i+1, v.score, want[i])
			}
		}
		for _, v := range got[rivals:] {
			if v.glance.clash == (clash{}) && compare(h.stated, base.termsOf(v.candidate.Entry, allGroups)) != (clash{}) {
				spared++
			}
		}
	}
	if spared == 0 {
		t.Error("clashes were looked for in all")
	}
}
