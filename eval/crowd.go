package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"huying/classifier"
	"huying/internal/query"
	"huying/internal/text"
)

// The size of a large city after some years: as many leaves as the longest
// catalogues in use have, and so many decisions.
const (
	CrowdLeaves   = 1_658
	CrowdExamples = 200_000
)

func crowdSpeedProtocol() Protocol {
	return Protocol{Name: "speed.suggest.ratio.200k", Files: []string{speedFile}, Run: runCrowdSpeed}
}

// runCrowdSpeed measures a large city. What its leaves and decisions say is
// made by numbering copies: it says nothing about right and wrong.
func runCrowdSpeed(ctx context.Context, s *Session) error {
	rows, err := readSpeedRows(s)
	if err != nil {
		return err
	}
	starter, err := classifier.StarterRows()
	if err != nil {
		return err
	}
	site, c, err := rowsSite(ctx, s, NumberedLeaves(starter, CrowdLeaves))
	if err != nil {
		return err
	}
	defer site.Close(context.WithoutCancel(ctx))
	sources := make([]query.Source, len(rows))
	for i, r := range rows {
		sources[i] = query.Source{Title: r.Title, Body: text.Normalise(r.Text)}
	}
	queries, err := s.Rig.Queries().BuildAll(ctx, sources, nil)
	if err != nil {
		return err
	}
	if err := site.Crowd(ctx, CrowdExamples, NumberedExamples(c, queries, s.Now())); err != nil {
		return err
	}
	_, ratio, err := s.suggestions(ctx, site, rows)
	if err != nil {
		return err
	}
	s.Report.Value("speed.suggest.ratio.200k", ratio)
	return nil
}

// NumberedLeaves gives n leaves, repeating the rows under numbered codes and
// names.
func NumberedLeaves(rows []classifier.Row, n int) []classifier.Row {
	out := make([]classifier.Row, n)
	for i := range out {
		r, copied := rows[i%len(rows)], i/len(rows)
		r.Position = i
		if copied > 0 {
			r.Code = fmt.Sprintf("%s-%d", r.Code, copied)
			r.Names = slices.Clone(r.Names)
			for k := range r.Names {
				r.Names[k] += fmt.Sprintf("（%d）", copied)
			}
			r.Neighbours = nil
		}
		out[i] = r
	}
	return out
}

// numberedSpread is the length of the noise on a vector of length 1: copies
// then lie as near to their original (0.86) as messages about the like do.
const numberedSpread = 0.6

// NumberedExamples gives the i-th of any number of confirmed examples: noisy
// copies of the queries, few leaves with many and many with few.
func NumberedExamples(c *classifier.Catalogue, queries []query.Query, now time.Time) func(i int) Confirmed {
	leaves, kinds := c.Leaves(), classifier.StarterKinds()
	return func(i int) Confirmed {
		random := rand.New(rand.NewPCG(uint64(i), 0))
		q := queries[random.IntN(len(queries))]
		q.Body = fmt.Sprintf("第%d件：%s", i, q.Body)
		q.Vector, q.TitleVector = noisy(q.Vector, random), noisy(q.TitleVector, random)
		leaf := leaves[int(float64(len(leaves))*math.Pow(random.Float64(), 3))]
		lead := kinds[random.IntN(len(kinds))]
		if len(leaf.Rules) > 0 {
			lead = leaf.Rules[0].Lead
		}
		return Confirmed{Query: q, Category: leaf.ID, Lead: string(lead), At: now.Add(-time.Duration(i) * time.Minute)}
	}
}

func noisy(v []float32, random *rand.Rand) []float32 {
	out := make([]float32, len(v))
	scale := numberedSpread / math.Sqrt(float64(len(v)))
	sum := 0.0
	for j := range out {
		x := float64(v[j]) + scale*random.NormFloat64()
		out[j], sum = float32(x), sum+x*x
	}
	for j := range out {
		out[j] /= float32(math.Sqrt(sum))
	}
	return out
}
