package kb

import (
	"context"
	"testing"

	"huying/internal/query"
)

// fixed gives the same candidates to every ask.
type fixed []Candidate

func (f fixed) Near(context.Context, Search) ([]Candidate, error) { return f, nil }

// BenchmarkAskScoring is what an ask costs besides its embedding and the
// store: 40 candidates of the demo city, met before, and met for the first
// time, as most are where there are 100,000.
func BenchmarkAskScoring(b *testing.B) {
	var found fixed
	for _, e := range demoEntries(b, seedDay)[:40] {
		found = append(found, Candidate{Entry: e, Question: 0.6, Whole: 0.6, Citywide: true})
	}
	base, err := New(found)
	if err != nil {
		b.Fatal(err)
	}
	q := query.Query{
		Body:   "换工作中间空了四个月没交医保，现在新单位接着交，是不是马上就能报销",
		Tokens: []string{"换", "工作", "中间", "空", "了", "四个", "月", "没", "交", "医保", "现在", "新", "单位", "接着", "交", "是不是", "马上", "就", "能", "报销"},
		Vector: []float32{1},
	}
	ask := func(b *testing.B) {
		if _, err := base.Ask(b.Context(), q, Options{Now: seedDay}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			ask(b)
		}
	})
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			for i := range found {
				found[i].Entry.Version++
			}
			ask(b)
		}
	})
}
