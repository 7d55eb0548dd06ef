package embed

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

func TestEachDoesEverythingOnce(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		done := make([]atomic.Int32, n)
		last := 0
		err := Each(t.Context(), n, func(d, total int) {
			if d != last+1 || total != n {
				t.Errorf("told %d of %d after %d", d, total, last)
			}
			last = d
		}, func(_ context.Context, i int) error {
			done[i].Add(1)
			return nil
		})
		if err != nil || last != n {
			t.Errorf("%d things: told of %d, %v", n, last, err)
		}
		for i := range done {
			if done[i].Load() != 1 {
				t.Errorf("thing %d was done %d times", i, done[i].Load())
			}
		}
	}
}

// TestFirstErrorEndsTheWork: the others are told by their context, and the
// error that comes back is the first one, not theirs.
func TestFirstErrorEndsTheWork(t *testing.T) {
	broken := errors.New("broken")
	var begun atomic.Int32
	err := Each(t.Context(), 1_000_000, nil, func(ctx context.Context, i int) error {
		begun.Add(1)
		if i == 3 {
			return broken
		}
		if i > 3 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if n := begun.Load(); n > 1000 {
		t.Errorf("%d things were begun", n)
	}
}

func TestEachStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var begun atomic.Int32
	err := Each(ctx, 1_000_000, nil, func(context.Context, int) error {
		if begun.Add(1) == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := begun.Load(); n > 1000 {
		t.Errorf("%d things were begun", n)
	}
	begun.Store(0)
	if err := Each(ctx, 10, nil, func(context.Context, int) error { begun.Add(1); return nil }); !errors.Is(err, context.Canceled) || begun.Load() != 0 {
		t.Errorf("after the end: %v, %d begun", err, begun.Load())
	}
}
