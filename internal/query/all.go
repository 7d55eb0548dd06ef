package query

import (
	"context"
	"runtime"
	"sync"
)

// Source is a text to build a Query of.
type Source struct{ Title, Body string }

// BuildAll builds the queries of many texts on all cores, each text alone, and
// gives them in the same order. progress (may be nil) hears how many are done,
// in rising order, never from two goroutines at once. The first error ends the
// work; no queries are given then.
func (b *Builder) BuildAll(ctx context.Context, sources []Source, progress func(done, total int)) ([]Query, error) {
	out := make([]Query, len(sources))
	err := Each(ctx, len(sources), progress, func(ctx context.Context, i int) error {
		var err error
		out[i], err = b.Build(ctx, sources[i].Title, sources[i].Body)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Each does n things on all cores, as BuildAll does.
func Each(ctx context.Context, n int, progress func(done, total int), do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex // guards next and done
	next, done := 0, 0
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i := take(); i < n && ctx.Err() == nil; i = take() {
				if err := do(ctx, i); err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				if done++; progress != nil {
					progress(done, n)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
