package eval

import (
	"context"
	"slices"
	"sync"
	"time"

	"huying/classifier"
	"huying/internal/embed"
	"huying/internal/text"
)

const speedFile = "text/dongguan.jsonl"

type plainRow struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// speedRows is how many texts are timed: enough for a steady 99th percentile,
// few enough for two minutes.
const speedRows = 600

func speedProtocol() Protocol {
	return Protocol{Name: "speed", Files: []string{speedFile}, Run: runSpeed}
}

// recorder is an embedder that notes the texts it was given.
type recorder struct {
	embed.Embedder
	mu    sync.Mutex
	texts []string
}

func (r *recorder) Embed(ctx context.Context, t string) ([]float32, error) {
	r.mu.Lock()
	r.texts = append(r.texts, t)
	r.mu.Unlock()
	return r.Embedder.Embed(ctx, t)
}

// runSpeed measures a city at its beginning.
func runSpeed(ctx context.Context, s *Session) error {
	rows, err := readSpeedRows(s)
	if err != nil {
		return err
	}
	site, err := starterSite(ctx, s)
	if err != nil {
		return err
	}
	defer site.Close(context.WithoutCancel(ctx))
	each, ratio, err := s.suggestions(ctx, site, rows)
	if err != nil {
		return err
	}
	s.Report.Value("speed.suggest.p50_ms", milliseconds(each[len(each)/2]))
	s.Report.Value("speed.suggest.p99_ms", milliseconds(each[len(each)*99/100]))
	s.Report.Value("speed.suggest.ratio", ratio)
	return nil
}

func readSpeedRows(s *Session) ([]plainRow, error) {
	rows, err := readJSONL[plainRow](s, speedFile)
	if err != nil {
		return nil, err
	}
	rows = rows[:min(len(rows), speedRows)]
	s.Report.Meta.Rows[speedFile] = len(rows)
	return rows, nil
}

// suggestions compares suggestions a second with embeddings a second of the
// very same texts, on all cores, in one run, in alternating blocks so that a
// noisy machine disturbs both alike. It gives the times of the suggestions,
// shortest first, and the ratio.
func (s *Session) suggestions(ctx context.Context, site Site, rows []plainRow) (each []time.Duration, ratio float64, err error) {
	noted := &recorder{Embedder: s.Rig.Embedder()}
	queries := s.Rig.Queries().With(noted)
	var suggesting, embedding time.Duration
	const blocks = 6
	for b := range blocks {
		part := rows[b*len(rows)/blocks : (b+1)*len(rows)/blocks]
		noted.texts = nil
		took, single, err := s.timed(ctx, len(part), func(i int) error {
			q, err := queries.Build(ctx, part[i].Title, text.Normalise(part[i].Text))
			if err != nil {
				return err
			}
			_, err = site.Suggest(ctx, q, classifier.Options{Now: s.Now()})
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		suggesting += took
		each = append(each, single...)
		texts := noted.texts
		took, _, err = s.timed(ctx, len(texts), func(i int) error {
			_, err := s.Rig.Embedder().Embed(ctx, texts[i])
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		embedding += took
		s.Step(b+1, blocks)
	}
	slices.Sort(each)
	return each, float64(embedding) / float64(suggesting), nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// timed does n things on all cores and gives how long all took, and each.
func (s *Session) timed(ctx context.Context, n int, do func(i int) error) (time.Duration, []time.Duration, error) {
	single := make([]time.Duration, n)
	start := s.Now()
	err := embed.Each(ctx, n, nil, func(_ context.Context, i int) error {
		from := s.Now()
		defer func() { single[i] = s.Now().Sub(from) }()
		return do(i)
	})
	return s.Now().Sub(start), single, err
}
