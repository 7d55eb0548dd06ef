package eval

import (
	"testing"
)

// TestPromotionFigures checks the two rates on drafts that can be counted by
// hand.
func TestPromotionFigures(t *testing.T) {
	asks := []recordedAsk{
		{Query: "a1", Answer: "a"}, {Query: "a2", Answer: "a"}, {Query: "a3", Answer: "a"},
		{Query: "b1", Answer: "b"}, {Query: "b2", Answer: "b"}, {Query: "b3", Answer: "b"}, {Query: "b4", Answer: "b"},
		{Query: "c1", Answer: "c"}, {Query: "c2", Answer: "c"}, // too few to be asked for
		{Query: "x"},
	}
	tests := []struct {
		name              string
		drafts            [][]int
		precision, recall float64
	}{
		{"all", [][]int{{0, 1, 2}, {3, 4, 5}}, 1, 1},
		{"one entry is missed", [][]int{{3, 4, 5, 6}}, 1, 0.5},
		{"two answers in one draft", [][]int{{0, 1, 2}, {3, 4, 7}}, 0.5, 0.5},
		{"twice the same", [][]int{{0, 1, 2}, {3, 4, 5}, {6, 5, 4}}, 1, 1},
		{"an ask that nothing answers", [][]int{{9, 9, 9}, {0, 1, 2}}, 0.5, 0.5},
		{"nothing proposed", nil, -1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newReport(1)
			reportPromotion(r, asks, tt.drafts)
			precision, ok := r.Get("promotion.precision")
			if !ok {
				precision = -1
			}
			if recall, _ := r.Get("promotion.recall"); precision != tt.precision || recall != tt.recall {
				t.Errorf("precision %v, recall %v; want %v and %v", precision, recall, tt.precision, tt.recall)
			}
		})
	}
}
