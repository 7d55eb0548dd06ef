package learn

import (
	"cmp"
	"math"
	"slices"
)

// Trial is a score that was given to something before it was known whether it
// was right.
type Trial struct {
	Score float64
	Right bool
}

// UpperBound is the exact one-sided 95 % bound (Clopper and Pearson, Biometrika
// 26, 1934) on the rate of faults of which wrong were seen in n: the rate at
// which no more than that many would be seen one time in twenty. 1 without any.
func UpperBound(wrong, n int) float64 {
	if n == 0 || wrong >= n {
		return 1
	}
	lo, hi := float64(wrong)/float64(n), 1.0
	for range 60 {
		mid := (lo + hi) / 2
		if atMost(wrong, n, mid) > 0.05 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// atMost is the probability of at most k faults in n at the rate p.
func atMost(k, n int, p float64) float64 {
	if p <= 0 {
		return 1
	}
	logN, _ := math.Lgamma(float64(n + 1))
	sum := 0.0
	for i := range k + 1 {
		a, _ := math.Lgamma(float64(i + 1))
		b, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(logN - a - b + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}

// FaultlessNeeded is how many trials without a fault bring UpperBound to the
// budget, such as 149 for 0.02.
func FaultlessNeeded(budget float64) int {
	return int(math.Ceil(math.Log(0.05) / math.Log1p(-budget)))
}

// Threshold is the least score from which answers given keep within the
// budget, with what they were on the trials.
type Threshold struct {
	Score  float64 // above 1: none keeps within it
	Given  int
	Wrong  int
	Proven bool // the exact bound holds, not only the expected share
}

// none is above every score.
const none = 2

// ExpectedThreshold gives the least score at or above which the share of wrong
// trials to be expected lies within the budget. What is expected at a score is
// read off a line through all trials (Platt), not counted above it: with a few
// hundred trials a budget of 2 % allows two or three wrong ones, and whether
// there happens to be one more moves a counted threshold by half its coverage.
// Where the budget allows countedFrom wrong ones or more, they are counted too,
// and the score is one above which no more were wrong. It proves nothing;
// ProvenThreshold does.
func ExpectedThreshold(trials []Trial, budget float64) Threshold {
	best, last, expected := Threshold{Score: none}, 0, 0.0
	line := FitPlatt(trials, Platt{Slope: 1}, expectedPrior)
	eachThreshold(trials, func(t Threshold) bool {
		expected += float64(t.Given-last) * (1 - line.P(t.Score))
		last = t.Given
		if expected > budget*float64(t.Given) {
			return false
		}
		if allowed := budget * float64(t.Given); allowed < countedFrom || float64(t.Wrong) <= allowed {
			best = t
		}
		return true
	})
	return best
}

// countedFrom is how many wrong trials the budget must allow for a count of
// them to say something.
const countedFrom = 2

// expectedPrior is what trust in the scores being probabilities is worth, in
// trials.
const expectedPrior = 20

// ProvenThreshold gives the least score that keeps within the budget with 95 %
// certainty: learn then test (Angelopoulos, Bates, Candès, Jordan, Lei 2021),
// with the exact binomial test and a fixed sequence. It begins at the highest
// score with enough trials above it to prove anything, and goes down as long
// as every score passes; so the error of the whole stays at 5 %.
func ProvenThreshold(trials []Trial, budget float64) Threshold {
	best, needed := Threshold{Score: none}, FaultlessNeeded(budget)
	eachThreshold(trials, func(t Threshold) bool {
		if t.Given < needed {
			return true
		}
		if UpperBound(t.Wrong, t.Given) > budget {
			return false
		}
		t.Proven = true
		best = t
		return true
	})
	return best
}

// eachThreshold goes through the scores, the highest first, until f says no.
func eachThreshold(trials []Trial, f func(Threshold) bool) {
	sorted := slices.Clone(trials)
	slices.SortFunc(sorted, func(a, b Trial) int { return cmp.Compare(b.Score, a.Score) })
	t := Threshold{}
	for i, s := range sorted {
		t.Score, t.Given = s.Score, i+1
		if !s.Right {
			t.Wrong++
		}
		if i+1 < len(sorted) && sorted[i+1].Score == s.Score {
			continue
		}
		if !f(t) {
			return
		}
	}
}
