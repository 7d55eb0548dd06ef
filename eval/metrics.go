package eval

import (
	"fmt"
	"strings"

	"huying/classifier"
	"huying/internal/learn"
	"huying/internal/text"
)

func atK(name string, k int) string { return fmt.Sprintf("%s@%d", name, k) }

func number(ok bool) float64 {
	if ok {
		return 1
	}
	return 0
}

// each asks right for every row.
func each[T any](rows []T, right func(i int) bool) []float64 {
	values := make([]float64, len(rows))
	for i := range rows {
		values[i] = number(right(i))
	}
	return values
}

// share is the part of the rows with of that also have is; 0 when none has.
func share(of, is func(i int) bool) func(rows []int) float64 {
	return func(rows []int) float64 {
		n, hits := 0, 0
		for _, i := range rows {
			if of(i) {
				n++
				if is(i) {
					hits++
				}
			}
		}
		if n == 0 {
			return 0
		}
		return float64(hits) / float64(n)
	}
}

// f1 is the harmonic mean of precision hit/said and recall hit/wanted.
func f1(hit, said, wanted float64) float64 {
	if said+wanted == 0 {
		return 0
	}
	return 2 * hit / (said + wanted)
}

// resamples is how often an interval's rows are drawn again.
const resamples = 2000

// bootstrap is the 95 % percentile interval of a statistic over rows.
func bootstrap(n int, of func(rows []int) float64, seed int64) (lo, hi float64) {
	return learn.Bootstrap(n, resamples, seed, of)
}

func excerpt(title, body string) string {
	return text.Clip(strings.TrimSpace(title+" "+body), 120)
}

// evidence is what spoke for a candidate, in one line.
func evidence(c classifier.Candidate) string {
	parts := []string{}
	if len(c.Words) > 0 {
		parts = append(parts, "词："+strings.Join(c.Words, "、"))
	}
	if len(c.Examples) > 0 {
		parts = append(parts, "例："+text.Clip(c.Examples[0].Text, 40))
	}
	return strings.Join(parts, "；")
}
