package eval

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"huying/internal/query"
)

// The size of a large city's knowledge base: so many entries, each with a
// question and four other phrasings.
const (
	crowdEntries  = 100_000
	crowdWordings = 5
)

// Shelf is a city whose knowledge base can be filled at once.
type Shelf interface {
	// CrowdEntries fills the knowledge base up to n entries by numbering copies
	// of those it holds, and makes the vector indexes. A copy has the words and
	// the answer of its original under a numbered question, and so many
	// wordings: the i-th one's vector is what near makes of the original's.
	CrowdEntries(ctx context.Context, n, wordings int, near func(v []float32, i int) []float32) error
}

func answersSpeedProtocol() Protocol {
	return Protocol{Name: "answers.speed", Files: []string{govEntriesFile, govQueriesFile}, Run: runAnswersSpeed}
}

// runAnswersSpeed measures an ask of a large city's knowledge base: the median
// time of an ask (preparing the words, embedding, search, score, decision)
// over the median time of embedding the same words alone, one after the other
// on one thread, without a cache before the model.
//
// The entries are the recorded ones and numbered copies of them: 100,000 with
// five wordings each. The texts of copies are not embedded, which would take
// hours; each wording gets its original's vector with noise of length 0.6, so
// that it lies as near to it (0.86) as another way to say the like does. Words
// are the original's, so even the rarest stand in one entry of 120.
func runAnswersSpeed(ctx context.Context, s *Session) error {
	entries, err := readJSONL[recordedEntry](s, govEntriesFile)
	if err != nil {
		return err
	}
	asks, err := readJSONL[recordedAsk](s, govQueriesFile)
	if err != nil {
		return err
	}
	s.Report.Meta.Rows[govEntriesFile], s.Report.Meta.Rows[govQueriesFile] = len(entries), len(asks)
	site, err := s.Rig.Site(ctx)
	if err != nil {
		return err
	}
	defer site.Close(context.WithoutCancel(ctx))
	if err := site.AddEntries(ctx, knowledge(s, entries)); err != nil {
		return err
	}
	err = site.CrowdEntries(ctx, crowdEntries, crowdWordings, func(v []float32, i int) []float32 {
		return noisy(v, rand.New(rand.NewPCG(uint64(i), 0)))
	})
	if err != nil {
		return err
	}
	asking, embedding, err := s.timeAsks(ctx, site, asks)
	if err != nil {
		return err
	}
	ask, alone := median(asking), median(embedding)
	s.Report.Value("answers.speed.p50_ms", milliseconds(ask))
	s.Report.Value("answers.speed.p99_ms", milliseconds(asking[len(asking)*99/100]))
	s.Report.Value("answers.speed.ratio", float64(ask)/float64(alone))
	return nil
}

// timeAsks takes turns between an ask and embedding what it embedded, so that
// a noisy machine disturbs both alike, and gives the times of each, shortest
// first.
func (s *Session) timeAsks(ctx context.Context, site Site, asks []recordedAsk) (asking, embedding []time.Duration, err error) {
	noted := &recorder{Embedder: s.Rig.Embedder()}
	queries := s.Rig.Queries().With(noted)
	for i, a := range asks {
		s.Step(i+1, len(asks))
		noted.texts = nil
		took, err := s.timeAsk(ctx, site, queries, a)
		if err != nil {
			return nil, nil, err
		}
		asking = append(asking, took)
		from := s.Now()
		for _, t := range noted.texts {
			if _, err := s.Rig.Embedder().Embed(ctx, t); err != nil {
				return nil, nil, err
			}
		}
		embedding = append(embedding, s.Now().Sub(from))
	}
	slices.Sort(asking)
	slices.Sort(embedding)
	return asking, embedding, nil
}

func (s *Session) timeAsk(ctx context.Context, site Site, queries *query.Builder, a recordedAsk) (time.Duration, error) {
	from := s.Now()
	q, err := queries.Build(ctx, "", a.Query)
	if err != nil {
		return 0, err
	}
	_, err = askOne(ctx, s, site, q)
	return s.Now().Sub(from), err
}

// median is the middle one of times in order; 0 without any.
func median(sorted []time.Duration) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}
