package eval

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"huying/internal/query"
)

// source is a raw text with its label.
type source struct{ title, body, label string }

// prepare builds the queries of all texts on all cores, each text alone.
func prepare(ctx context.Context, s *Session, texts []source) ([]sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := make([]sample, len(texts))
	var next, done atomic.Int64
	var workers sync.WaitGroup
	var stepping sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(texts) || ctx.Err() != nil {
					return
				}
				q, err := s.Rig.Queries().Build(ctx, texts[i].title, texts[i].body)
				if err != nil {
					cancel(err)
					return
				}
				out[i] = sample{query: q, label: texts[i].label}
				stepping.Lock()
				s.Step(int(done.Add(1)), len(texts))
				stepping.Unlock()
			}
		})
	}
	workers.Wait()
	return out, context.Cause(ctx)
}

// queriesOf prepares plain asks.
func queriesOf(ctx context.Context, s *Session, asks []string) ([]query.Query, error) {
	texts := make([]source, len(asks))
	for i, a := range asks {
		texts[i].body = a
	}
	samples, err := prepare(ctx, s, texts)
	if err != nil {
		return nil, err
	}
	out := make([]query.Query, len(samples))
	for i := range samples {
		out[i] = samples[i].query
	}
	return out, nil
}
