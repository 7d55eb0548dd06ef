package eval

import (
	"math"
	"math/rand/v2"
	"slices"

	"huying/classifier"
)

// doubtFolds is how many parts the messages are cut into: nine calibrate, the
// tenth is scored with what they gave.
const doubtFolds = 10

// scoreDoubt asks whether the machine knows how sure it may be: whether its
// sets hold an accepted leaf as often as promised, how large they are, and
// whether its probabilities come true.
func scoreDoubt(s *Session, rows []labelled, found []classifier.Suggestion) {
	judged := make([]classifier.Judged, len(rows))
	for i, f := range found {
		judged[i] = judge(rows[i], f)
	}
	order := rand.New(rand.NewPCG(uint64(s.Seed), 0)).Perm(len(rows))
	covered, size := make([]float64, len(rows)), make([]float64, len(rows))
	said, right := make([]float64, len(rows)), make([]float64, len(rows))
	for f := range doubtFolds {
		var past []classifier.Judged
		for k, i := range order {
			if k%doubtFolds != f {
				past = append(past, judged[i])
			}
		}
		c := classifier.Calibrate(past)
		for k, i := range order {
			if k%doubtFolds != f {
				continue
			}
			p := c.Apply(judged[i].Raw)
			n := c.Set(p)
			covered[i] = number(judged[i].Right >= 0 && judged[i].Right < n)
			size[i] = float64(n)
			if len(p) > 0 {
				said[i], right[i] = p[0], number(judged[i].Right == 0)
			}
		}
	}
	s.Report.Rate("catalogue.set.coverage", covered)
	s.Report.Rate("catalogue.set.size", size)
	s.Report.Statistic("catalogue.ece", len(rows), func(part []int) float64 { return ece(said, right, part) })
	s.Report.Value("catalogue.ece.excess", excess(said, right, s.Seed))
	s.Report.AddReliability("catalogue", said, right)
}

// judge puts a suggestion together with the leaves that count as right.
func judge(row labelled, f classifier.Suggestion) classifier.Judged {
	for _, c := range f.Candidates {
		if slices.Contains(row.Accept, c.Code) {
			j, _ := f.Judge(c.Category)
			return j
		}
	}
	j, _ := f.Judge("")
	return j
}

// ece is the expected calibration error over the rows of part: the mean
// distance between what was said and what came true, in bins of equal mass.
func ece(said, right []float64, part []int) float64 {
	sum := 0.0
	for _, bin := range equalMass(said, part) {
		var p, y float64
		for _, i := range bin {
			p += said[i]
			y += right[i]
		}
		sum += math.Abs(p - y)
	}
	return sum / float64(len(part))
}

// excess is how far the calibration error lies above what chance alone shows
// with a perfectly calibrated machine of as many rows: its 95 % quantile over
// 2,000 simulations. At most 0 is as good as can be told.
func excess(said, right []float64, seed int64) float64 {
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	all := upTo(len(said))
	chance := make([]float64, resamples)
	drawn := make([]float64, len(said))
	for k := range chance {
		for i, p := range said {
			drawn[i] = number(random.Float64() < p)
		}
		chance[k] = ece(said, drawn, all)
	}
	slices.Sort(chance)
	return ece(said, right, all) - chance[len(chance)*95/100]
}
