package embed

import (
	"context"
	"runtime"
	"sync"
)

// Each does n things from as many goroutines as there are cores. progress (may
// be nil) hears how many are done, in rising order, never from two goroutines
// at once. The first error ends the work and is returned; the others are told
// by their context.
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
