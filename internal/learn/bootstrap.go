package learn

import (
	"math/rand/v2"
	"slices"
)

// Bootstrap gives the 95 % percentile interval of a statistic over n rows
// (Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapter 13): the
// rows are drawn again with replacement resamples times, of is asked each
// time with row numbers that may repeat, and the 2.5 % and 97.5 % quantiles
// are returned. The same seed gives the same interval. n must be positive.
func Bootstrap(n, resamples int, seed int64, of func(rows []int) float64) (lo, hi float64) {
	random := rand.New(rand.NewPCG(uint64(seed), 0x9e3779b97f4a7c15))
	rows := make([]int, n)
	values := make([]float64, resamples)
	for b := range values {
		for i := range rows {
			rows[i] = random.IntN(n)
		}
		values[b] = of(rows)
	}
	slices.Sort(values)
	return values[resamples*25/1000], values[min(resamples*975/1000, resamples-1)]
}
