package classifier

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"huying/internal/id"
)

// message is a confirmed example of a leaf whose vector lies at an angle.
func message(leaf CategoryID, text string, degrees float64) Example {
	r := degrees * math.Pi / 180
	return Example{
		Category: leaf, Lead: "供电企业", Text: text, Decision: id.New[DecisionID](),
		Vector: []float32{float32(math.Cos(r)), float32(math.Sin(r))},
	}
}

func TestTheSameMessageFortyTimesTeachesOnce(t *testing.T) {
	var storm []Example
	for i := range 40 { // within 16 degrees: cosines from 0.96 on to the newest
		storm = append(storm, message("power", "家里停电了，"+strconv.Itoa(i), 16-float64(i)*0.4))
	}
	newest := storm[39].Decision
	other := message("power", "路灯整夜亮着", 80)
	again := message("power", "路灯，整夜亮着 ！", 50) // the same words, whatever the vector says
	fallen := message("tree", "家里停电了，树压着线", 0)
	in := learnOnce(append([]Example{other, fallen}, append(storm, again)...))
	if len(in.examples) != 3 {
		t.Fatalf("%d different messages, want 3", len(in.examples))
	}
	if in.examples[0].Category != "tree" || in.examples[1].Decision != newest || in.examples[2].Decision != again.Decision {
		t.Errorf("kept %+v", in.examples)
	}
	for i, w := range in.weights {
		if w != confirmedWeight {
			t.Errorf("message %d weighs %v", i, w)
		}
	}
	if len(in.doubles) != 1 || in.doubles[0] != (LeadCount{Category: "power", Lead: "供电企业", Count: 40}) {
		t.Errorf("doubles %+v, want 39 of the storm and one of the lamp", in.doubles)
	}
	apart := message("power", "家里停电了", 30)
	if in := learnOnce([]Example{apart, storm[39]}); len(in.examples) != 2 || len(in.doubles) != 0 {
		t.Errorf("a message at 0.87 is taken for a double: %+v", in.doubles)
	}
	storm[0].Lead = "物业"
	if in := learnOnce(storm[:2]); len(in.examples) != 2 {
		t.Error("what was decided otherwise is taken for a double")
	}
}

func TestACorrectionWeighsMoreThanAConfirmation(t *testing.T) {
	plain, corrected := message("a", "油烟太大", 0), message("a", "门口摆摊烧烤", 60)
	corrected.Corrected = true
	in := learnOnce([]Example{plain, corrected})
	if in.weights[0] != confirmedWeight || in.weights[1] != correctedWeight || correctedWeight <= confirmedWeight {
		t.Errorf("weights %v", in.weights)
	}
	// Of forty confirmations of one message and a correction of it, the
	// correction counts more, and together they count once.
	var all []Example
	for range 40 {
		all = append(all, message("a", "油烟太大", 0))
	}
	all[7].Corrected = true
	if in := learnOnce(all); len(in.examples) != 1 || in.weights[0] != correctedWeight {
		t.Errorf("weights %v", in.weights)
	}
	all[7].Category = "b"
	if in := learnOnce(all); len(in.examples) != 2 || in.weights[0] != correctedWeight || in.weights[1] != confirmedWeight {
		t.Errorf("against a correction to another leaf: %v", in.weights)
	}
}

// A correction reaches the model: the leaf's mean is drawn to it.
func TestWeightsReachTheModel(t *testing.T) {
	c := twoLeaves(t)
	texts := prepared{known: textsOf(c)}
	for i := range texts.known {
		texts.known[i].Vector = []float32{float32(texts.known[i].Leaf), 1 - float32(texts.known[i].Leaf)}
	}
	leaf := c.Leaves()[0].ID
	share := func(corrected bool) float32 {
		e := message(leaf, "半夜放鞭炮", 45)
		e.Corrected = corrected
		m, err := newTwin(c, "e", texts, []Example{message(leaf, "楼上装修", 90), e})
		if err != nil {
			t.Fatal(err)
		}
		return m.leaves.Means.Means[0] // along the correction, off the others
	}
	if plain, more := share(false), share(true); more <= plain {
		t.Errorf("the mean lies at %v with a correction, at %v with a confirmation", more, plain)
	}
	// Doubles count once for who leads, too.
	var storm []Example
	for range 40 {
		storm = append(storm, message(leaf, "楼上装修", 90))
	}
	m, err := newTwin(c, "e", texts, storm)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.duties[0].confirmed; len(got) != 1 || got[0].Count != 1 {
		t.Errorf("leads %+v", got)
	}
}

// It must stay cheap at the most that is ever learned from.
func BenchmarkLearnOnce(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]Example, mostLearned)
	for i := range all {
		v := make([]float32, 512)
		for j := range v {
			v[j] = float32(random.NormFloat64())
		}
		normalise(v)
		all[i] = Example{Category: CategoryID(strconv.Itoa(i % 40)), Text: strconv.Itoa(i), Vector: v, At: time.Unix(int64(i), 0)}
	}
	for b.Loop() {
		learnOnce(all)
	}
}
