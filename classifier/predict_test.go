package classifier

import (
	"math"
	"testing"
	"time"

	"huying/internal/query"
)

// at gives a vector of length 1 whose cosine with (1, 0) is cos.
func at(cos float64) []float32 {
	return []float32{float32(cos), float32(math.Sqrt(1 - cos*cos))}
}

func TestTheSameMessageGoesWhereItWasPutLast(t *testing.T) {
	place := map[CategoryID]int{"first": 0, "second": 1}
	day := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	example := func(category CategoryID, cos float64, days int) Example {
		return Example{Category: category, Vector: at(cos), At: day.AddDate(0, 0, days)}
	}
	tests := []struct {
		name   string
		near   []Example
		leaf   int
		lo, hi float64
	}{
		{"nothing near", nil, 0, 0, 0},
		{"alike, not the same", []Example{example("second", 0.91, 0)}, 1, 0, 0},
		{"nearly the same", []Example{example("second", 0.95, 0)}, 1, 0.4, 0.5},
		{"the same", []Example{example("second", 0.999, 0)}, 1, 0.9, 0.9},
		{"decided twice, the later counts", []Example{example("first", 0.99, 0), example("second", 0.985, 5)}, 1, 0.9, 0.9},
		{"in any order", []Example{example("second", 0.985, 5), example("first", 0.99, 0)}, 1, 0.9, 0.9},
		{"a later one that is less like does not", []Example{example("first", 0.99, 0), example("second", 0.93, 5)}, 0, 0.9, 0.9},
		{"a leaf that is gone does not", []Example{example("gone", 0.999, 9), example("second", 0.96, 0)}, 1, 0.55, 0.65},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			leaf, share := same(query.Query{Vector: []float32{1, 0}}, tt.near, place)
			if share < tt.lo-1e-6 || share > tt.hi+1e-6 || share > 0 && leaf != tt.leaf {
				t.Errorf("leaf %d with %.3f, want leaf %d with %.2f–%.2f", leaf, share, tt.leaf, tt.lo, tt.hi)
			}
		})
	}
}

func TestOnlyWhatTheModelHasNotSeenCountsBesideIt(t *testing.T) {
	day := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	m := assemble("model", twoLeaves(t), modelData{}, day)
	near := []Example{{Category: "a", At: day.AddDate(0, 0, -1)}, {Category: "b", At: day}, {Category: "c", At: day.Add(time.Second)}}
	if got := m.unlearned(near); len(got) != 1 || got[0].Category != "c" {
		t.Errorf("counts %v, want only what came after the training", got)
	}
}
