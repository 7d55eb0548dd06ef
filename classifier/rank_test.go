package classifier

import (
	"math"
	"slices"
	"strings"
	"testing"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/llm/llmtest"
)

// grill is a suggestion of four leaves of a list with a clause between two.
func grill() (Suggestion, *Catalogue) {
	list := &Catalogue{}
	sug := Suggestion{Urgency: intake.UrgencyC}
	for i, name := range []string{"油烟污染", "露天烧烤", "社会生活噪声", "施工噪声"} {
		sug.Candidates = append(sug.Candidates, Candidate{
			Category: CategoryID(name), Name: name, Trail: "城管 › " + name, Probability: []float64{0.5, 0.3, 0.1, 0.05}[i],
		})
	}
	return sug, list
}

func TestRankKeepsWhatIsCandidate(t *testing.T) {
	sug, list := grill()
	for name, c := range map[string]struct {
		answer string
		order  []int // nil: refused
	}{
		"the same":          {`{"order":["c1","c2"],"reason":"店内炉灶"}`, []int{0, 1, 2, 3}},
		"the second":        {`{"order":["c2"],"reason":"占道摆摊"}`, []int{1, 0, 2, 3}},
		"a faint one":       {`{"order":["c4"],"reason":""}`, []int{0, 1, 3, 2}},
		"an invented id":    {`{"order":["c9"],"reason":""}`, nil},
		"a code":            {`{"order":["090499"],"reason":""}`, nil},
		"a name":            {`{"order":["露天烧烤"],"reason":""}`, nil},
		"none":              {`{"order":[],"reason":""}`, nil},
		"one twice":         {`{"order":["c2","c2"],"reason":""}`, nil},
		"a unit beside it":  {`{"order":["c2"],"reason":"","unit":"公安局"}`, nil},
		"urgency beside it": {`{"order":["c2"],"reason":"","urgency":"C"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			model, _ := llmtest.New(t, llmtest.Say(c.answer)).Client(t, nil)
			got, err := NewRanker(model).Rank(t.Context(), sug, "", "烧烤店油烟大", list)
			if c.order == nil {
				if errs.CodeOf(err) != "llm.refused" || got.Order != nil {
					t.Errorf("taken: %+v, %v", got, err)
				}
				return
			}
			if err != nil || !slices.Equal(got.Order, c.order) {
				t.Errorf("%+v, %v, want %v", got, err, c.order)
			}
		})
	}
}

// Whatever a model says moves the odds of two candidates by no more than
// modelOdds, and takes nothing from what is no candidate.
func TestRankIsBounded(t *testing.T) {
	sug, _ := grill()
	sum := func(p []float64) (all float64) {
		for _, x := range p {
			all += x
		}
		return all
	}
	before := sameOrder(sug).Shares
	for a := range 4 {
		for b := range 4 {
			if a == b {
				continue
			}
			after := reweigh(sug.Candidates, []int{a, b})
			if math.Abs(sum(after)-sum(before)) > 1e-9 {
				t.Errorf("%d before %d: %v in all, was %v", a, b, sum(after), sum(before))
			}
			for i := range 4 {
				for j := range 4 {
					if ratio := after[i] / after[j] / (before[i] / before[j]); ratio > modelOdds+1e-9 {
						t.Errorf("%d before %d: odds of %d to %d times %v", a, b, i, j, ratio)
					}
				}
			}
		}
	}
	if one := (Suggestion{Candidates: sug.Candidates[:1]}); true {
		got, err := (&Ranker{}).Rank(t.Context(), one, "", "x", nil)
		if err != nil || got.Moved() || len(got.Order) != 1 {
			t.Errorf("a single candidate: %+v, %v", got, err)
		}
	}
}

func TestDangerOnlyRaises(t *testing.T) {
	danger := []intake.Gleaned{{Field: intake.FactDanger, Text: "要塌了"}}
	for _, u := range []intake.Urgency{intake.UrgencyA, intake.UrgencyB, intake.UrgencyC} {
		if got := Raise(u, danger); got > u || got > intake.UrgencyB {
			t.Errorf("%s becomes %s", u, got)
		}
		if got := Raise(u, nil); got != u {
			t.Errorf("%s becomes %s without danger", u, got)
		}
	}
}

// The reason is the model's: it is clipped, and stands on one line.
func TestReasonIsShort(t *testing.T) {
	sug, list := grill()
	model, _ := llmtest.New(t, llmtest.Say(`{"order":["c1"],"reason":"一\n二`+strings.Repeat("很长", 500)+`"}`)).Client(t, nil)
	got, err := NewRanker(model).Rank(t.Context(), sug, "标题", "正文", list)
	if err != nil || len([]rune(got.Reason)) != reasonRunes || strings.Contains(got.Reason, "\n") {
		t.Errorf("%q, %v", got.Reason, err)
	}
}
