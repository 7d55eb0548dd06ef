package classifier

import (
	"slices"
	"testing"

	"huying/internal/org"
)

func TestSegmentsBecomeMatters(t *testing.T) {
	part := func(text string, p float64, lead org.UnitKind, candidates ...CategoryID) Part {
		s := Suggestion{}
		for _, c := range candidates {
			s.Candidates = append(s.Candidates, Candidate{Category: c, Lead: lead, Probability: p})
		}
		return s.Part(text)
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
