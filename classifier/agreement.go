package classifier

import "math"

// Agreement is what the blind readings of a time say about people and the
// machine. All counts are of readings whose matter had a decision with a
// category of the same catalogue version when it was read.
type Agreement struct {
	Drawn    int // decisions made in the time on matters that are drawn
	Read     int // blind readings made in the time
	SameLeaf int // of Read: both people named the same category
	Leads    int // of Read: the second named a lead unit
	SameLead int // of Leads: the same as the first

	// Of the readings whose first person saw a suggestion (Shown), by whose
	// words its first candidate was the category.
	Shown      int
	Both       int
	OnlyFirst  int // the one who saw it
	OnlySecond int // the one who did not
}

// ByFirst is how often the one who saw the suggestion kept it.
func (a Agreement) ByFirst() int { return a.Both + a.OnlyFirst }

// BySecond is how often the one who did not see it named the same.
func (a Agreement) BySecond() int { return a.Both + a.OnlySecond }

// Bias is by how much the machine looks better to those who saw its suggestion
// than to those who did not, as a share of Shown, with its 95 % interval. Both
// shares are of the same matters, so the interval is that of a difference of
// paired shares (Wald, with the variance by the discordant pairs; Agresti,
// Categorical Data Analysis, 3rd ed., 11.1.1), with one half added to either
// kind so that it does not collapse when one is empty. All 0 without readings.
func (a Agreement) Bias() (bias, low, high float64) {
	if a.Shown == 0 {
		return 0, 0, 0
	}
	n, x, y := float64(a.Shown), float64(a.OnlyFirst), float64(a.OnlySecond)
	bias = (x - y) / n
	n++
	half := 1.96 * math.Sqrt(max(x+y+1-(x-y)*(x-y)/n, 0)) / n
	return bias, max(bias-half, -1), min(bias+half, 1)
}
