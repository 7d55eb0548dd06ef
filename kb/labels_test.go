package kb

import (
	"fmt"
	"math"
	"testing"
)

// likely gives the seed sight that the shipped policy finds nearest to p.
func likely(t *testing.T, p float64) sight {
	t.Helper()
	seed, err := seedSights()
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := ShippedPolicy()
	if err != nil {
		t.Fatal(err)
	}
	var best sight
	near := math.Inf(1)
	for _, s := range seed {
		var x sight
		copy(x[:], s.X)
		if d := math.Abs(shipped.probability(x) - p); d < near {
			best, near = x, d
		}
	}
	return best
}

// labelled gives n labels of one sight, of n entries, or of one where entry says so.
func labelled(n int, s sight, right bool, by Labeller, entry string) []Label {
	var out []Label
	for i := range n {
		l := Label{Sight: s[:], Right: right, Entry: entry, Unit: "某局", By: by}
		if entry == "" {
			l.Entry = fmt.Sprintf("%s-%d", by, i)
		}
		out = append(out, l)
	}
	return out
}

func fitted(t *testing.T, labels ...[]Label) *Policy {
	t.Helper()
	var all []Label
	for _, l := range labels {
		all = append(all, l...)
	}
	p, err := FitPolicy(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLabelsMoveThePolicyTheRightWay: what editors, agents and citizens say
// raises or lowers the score of asks that look alike, an editor's word more than
// an agent's, an agent's more than a citizen's; and wrong answers that editors
// found raise the threshold.
func TestLabelsMoveThePolicyTheRightWay(t *testing.T) {
	high, low := likely(t, 0.85), likely(t, 0.3)
	none := fitted(t)
	after := map[Labeller]float64{}
	for _, by := range []Labeller{ByEditor, ByAgent, ByCitizen} {
		after[by] = fitted(t, labelled(5, high, false, by, "")).probability(high)
		if raised := fitted(t, labelled(5, low, true, by, "")).probability(low); raised <= none.probability(low) {
			t.Errorf("right answers by %s: %v, before %v", by, raised, none.probability(low))
		}
	}
	if before := none.probability(high); !(after[ByEditor] < after[ByAgent] && after[ByAgent] < after[ByCitizen] && after[ByCitizen] < before) {
		t.Errorf("wrong answers: %v, before %v", after, before)
	}
	agents := marked(t, "某局", 300, 0)
	good := fitted(t, agents)
	wrong := marked(t, "某局", 12, 12) // on asks that look right
	for i := range wrong {
		wrong[i].By = ByEditor
	}
	bad := fitted(t, agents, wrong)
	if bad.Threshold <= good.Threshold || bad.Editors != 12 || bad.Labels != 312 {
		t.Errorf("threshold %v with editors' findings, %v without; %+v", bad.Threshold, good.Threshold, bad)
	}
}

// TestOneAngryCitizenMovesNothing: neither one word nor fifty from one person in
// fifty talks on one entry change whether it is answered, nor a unit's proof.
func TestOneAngryCitizenMovesNothing(t *testing.T) {
	agents := marked(t, "某局", 300, 0)
	sure := likely(t, 0.95)
	before := fitted(t, agents)
	for _, n := range []int{1, 50} {
		p := fitted(t, agents, labelled(n, sure, false, ByCitizen, "angry"))
		if d := math.Abs(p.Threshold - before.Threshold); d > 0.03 {
			t.Errorf("%d times: threshold %v, before %v", n, p.Threshold, before.Threshold)
		}
		if p.probability(sure) < p.Threshold || before.probability(sure) < before.Threshold {
			t.Errorf("%d times: a sure ask has %v at threshold %v", n, p.probability(sure), p.Threshold)
		}
		a, b := p.Units[0], before.Units[0]
		if !b.Direct || !a.Direct || a.Labels != b.Labels || a.Wrong != b.Wrong || p.Citizens != n {
			t.Errorf("%d times: %+v, before %+v", n, a, b)
		}
	}
	// Without others' labels the shipped threshold stays.
	shipped, err := ShippedPolicy()
	if err != nil {
		t.Fatal(err)
	}
	if p := fitted(t, labelled(300, sure, false, ByCitizen, "")); p.Threshold != shipped.Threshold || len(p.Units) != 0 {
		t.Errorf("citizens alone set the threshold to %v, units %v", p.Threshold, p.Units)
	}
}
