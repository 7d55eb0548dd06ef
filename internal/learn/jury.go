package learn

import "math"

// Jury is a Forest and a Boosted that are asked together: the mean of their
// log-odds. They err in different places, so that of few labels more can be
// told apart than by either alone. It is safe for concurrent use.
type Jury struct {
	forest  Forest
	boosted Boosted
}

// NewJury has both learn. errs.Invalid "learn.samples" without samples.
func NewJury(samples []Labelled, f ForestOptions, b BoostOptions) (*Jury, error) {
	forest, err := NewForest(samples, f)
	if err != nil {
		return nil, err
	}
	boosted, err := NewBoosted(samples, b)
	if err != nil {
		return nil, err
	}
	return &Jury{*forest, *boosted}, nil
}

// mostSure bounds what one of the jury may say, so that it cannot overrule the
// other.
const mostSure = 0.999

// P is the probability of yes, in (0,1).
func (j *Jury) P(x []float64) float64 {
	odds := 0.0
	for _, p := range []float64{j.forest.P(x), j.boosted.P(x)} {
		p = min(max(p, 1-mostSure), mostSure)
		odds += math.Log(p / (1 - p))
	}
	return logistic(odds / 2)
}

type savedJury struct{ Forest, Boosted []byte }

// MarshalBinary implements encoding.BinaryMarshaler.
func (j *Jury) MarshalBinary() ([]byte, error) {
	forest, err := j.forest.MarshalBinary()
	if err != nil {
		return nil, err
	}
	boosted, err := j.boosted.MarshalBinary()
	if err != nil {
		return nil, err
	}
	return encoded(savedJury{forest, boosted})
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (j *Jury) UnmarshalBinary(data []byte) error {
	var saved savedJury
	if err := decode(data, &saved); err != nil {
		return err
	}
	if err := j.forest.UnmarshalBinary(saved.Forest); err != nil {
		return err
	}
	return j.boosted.UnmarshalBinary(saved.Boosted)
}
