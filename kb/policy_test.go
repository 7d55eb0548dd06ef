package kb

import (
	"huying/internal/text"
	"math/rand/v2"
	"testing"
)

// marked gives n labels of a unit, of which wrong are wrong though they look
// like the others, on copies of sights that are right in the seed.
func marked(t *testing.T, unit string, n, wrong int) []Label {
	t.Helper()
	seed, err := seedSights()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	var out []Label
	for len(out) < n {
		s := seed[random.IntN(len(seed))]
		if s.Yes {
			out = append(out, Label{Sight: s.X, Right: len(out) >= wrong, Entry: s.Group, Unit: unit})
		}
	}
	return out
}

// TestDirectAnswersNeedProof: a unit may answer a citizen directly only when
// its marked answers prove that it keeps within its budget.
func TestDirectAnswersNeedProof(t *testing.T) {
	labels := append(marked(t, "足够", 400, 0), marked(t, "太少", 100, 0)...)
	labels = append(labels, marked(t, "答错", 200, 40)...)
	labels = append(labels, Label{Sight: []float64{1}, Right: true, Unit: "旧版"})
	p, err := FitPolicy(labels, map[string]float64{"没有标记": 0.05})
	if err != nil {
		t.Fatal(err)
	}
	if p.Labels != 700 {
		t.Errorf("learned from %d labels, want 700: one is of another version", p.Labels)
	}
	direct := map[string]bool{}
	for _, u := range p.Units {
		direct[u.Unit] = u.Direct
		if u.Direct && u.Bound > u.Budget {
			t.Errorf("%+v is direct beyond its budget", u)
		}
		if threshold, d := p.rule(u.Unit); threshold != u.Threshold || d != u.Direct {
			t.Errorf("rule of %s: %v %v", u.Unit, threshold, d)
		}
	}
	if len(p.Units) != 4 || !direct["足够"] || direct["太少"] || direct["答错"] || direct["没有标记"] {
		t.Errorf("direct %v", direct)
	}
	if len(p.Curve) == 0 {
		t.Error("no curve")
	}
	for i := 1; i < len(p.Curve); i++ {
		if p.Curve[i].Coverage < p.Curve[i-1].Coverage {
			t.Error("a larger budget answers fewer")
		}
	}
	if _, d := p.rule("别处"); d {
		t.Error("a unit without marks answers directly")
	}
	again, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := DecodePolicy(again)
	if err != nil || read.Threshold != p.Threshold || len(read.Units) != 4 {
		t.Fatalf("read back %+v, %v", read, err)
	}
	var s sight
	copy(s[:], labels[0].Sight)
	if a, b := p.probability(s), read.probability(s); a != b {
		t.Errorf("read back it gives %v, before %v", b, a)
	}
}

func TestDifferencesAreNamed(t *testing.T) {
	b := baseForTest(t)
	e := Entry{ID: "a", Question: "外地户籍孩子在云汀上小学要什么条件？", Answer: "带居住证报名。"}
	tests := []struct{ ask, want string }{
		{"本地户口的孩子上小学要什么条件", "这条只适用于外地户籍；您问的是本地户籍"},
		{"外地孩子上初中要什么条件", "这条只适用于小学；您问的是初中"},
		{"外地孩子上小学要什么条件", ""},
	}
	for _, tt := range tests {
		got := ""
		if d := b.conditions.differences(b.conditions.read(text.NewPassage(tt.ask)), b.termsOf(e, allGroups)); len(d) > 0 {
			got = d[0].Sentence()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.ask, got, tt.want)
		}
	}
}

// TestWhatIsLongerThanAllThatIsKnownIsLeftToPeople: a policy answers asks as
// long as those that were answered rightly before, and learns from labels that
// longer ones may be.
func TestWhatIsLongerThanAllThatIsKnownIsLeftToPeople(t *testing.T) {
	shipped, err := ShippedPolicy()
	if err != nil {
		t.Fatal(err)
	}
	sure := likely(t, 1)
	sure[sightLength] = shipped.Reach + 1
	f := &Found{policy: shipped, sure: 1, sight: sure}
	if silence := f.tooLong(); !silence {
		t.Error("an ask twice as long as any is answered")
	}
	for _, tt := range []struct {
		labels []Label
		long   bool
	}{
		{labelled(reachLabels-1, sure, true, ByAgent, ""), true},
		{labelled(reachLabels, sure, false, ByAgent, ""), true},
		{labelled(reachLabels, sure, true, ByCitizen, ""), true},
		{labelled(reachLabels, sure, true, ByAgent, ""), false},
	} {
		f.policy = fitted(t, tt.labels)
		if f.tooLong() != tt.long {
			t.Errorf("with %d labels (right: %v, by %s) it is too long: %v", len(tt.labels), tt.labels[0].Right, tt.labels[0].By, f.tooLong())
		}
		data, err := f.policy.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodePolicy(data); err != nil || back.Reach != f.policy.Reach {
			t.Errorf("stored and read again the reach is %v, %v", back.Reach, err)
		}
	}
}
