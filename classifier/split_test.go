package classifier

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"huying/internal/org"
	"huying/internal/query"
)

func TestSegmentsBecomeMatters(t *testing.T) {
	part := func(text string, p float64, lead org.UnitKind, candidates ...CategoryID) Part {
		made := Part{Text: text, Lead: lead, Probability: p, possible: candidates}
		if len(candidates) > 0 {
			made.Category = candidates[0]
		}
		return made
	}
	lamp, smoke := part("路灯", 0.8, "城管局", "路灯", "井盖"), part("油烟", 0.7, "环保局", "油烟", "烧烤")
	tests := []struct {
		name     string
		segments []Part
		want     []string
	}{
		{"two that differ", []Part{lamp, smoke}, []string{"路灯", "油烟"}},
		{"the same lead", []Part{lamp, part("占道", 0.9, "城管局", "占道")}, nil},
		{"the likeliest of one is possible for the other", []Part{lamp, part("井坏了", 0.9, "水务局", "井", "路灯")}, nil},
		{"not certain enough", []Part{lamp, part("那个事", 0.49, "环保局", "油烟")}, nil},
		{"no words", []Part{lamp, part("！", 0, "")}, nil},
		{"what says nothing stays with what it follows", []Part{part("您好", 0.1, "环保局", "别的"), lamp, part("请快点", 0.2, "信访局", "别的"), smoke}, []string{"您好\n路灯\n请快点", "油烟"}},
		{"back to the first", []Part{lamp, smoke, part("灯杆歪了", 0.9, "城管局", "灯杆")}, []string{"路灯\n灯杆歪了", "油烟"}},
		{"nothing", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range Matters(tt.segments) {
				got = append(got, p.Text)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestPartIsTheFirstOfASuggestion(t *testing.T) {
	queries := realQueries(t)
	s := &shelf{catalogue: twoLeaves(t)}
	if err := NewTrainer(s, queries, time.Now).Retrain(t.Context()); err != nil {
		t.Fatal(err)
	}
	suggester := NewSuggester(s)
	for _, text := range []string{"工地半夜施工吵得睡不着", "楼下饭店油烟熏人"} {
		q, err := queries.Build(t.Context(), "", text)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := suggester.Suggest(t.Context(), q, Options{})
		if err != nil {
			t.Fatal(err)
		}
		part, err := suggester.Part(t.Context(), q, Options{}, text)
		if err != nil {
			t.Fatal(err)
		}
		var possible []CategoryID
		for _, c := range whole.Candidates {
			possible = append(possible, c.Category)
		}
		first := whole.Candidates[0]
		want := Part{Text: text, Category: first.Category, Name: first.Name, Lead: first.Lead, LeadName: first.LeadName, Probability: first.Probability, possible: possible}
		if !reflect.DeepEqual(part, want) {
			t.Errorf("%q as a part: %+v, as a suggestion %+v", text, part, want)
		}
	}
	part, err := suggester.Part(t.Context(), query.Query{}, Options{}, "！")
	if want := (Part{Text: "！"}); err != nil || !reflect.DeepEqual(part, want) {
		t.Errorf("no words: %+v, %v", part, err)
	}
}
