package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"huying/internal/errs"
)

// GuardOptions say when a service counts as down.
type GuardOptions struct {
	Failures uint32        // in a row; 0: 5
	Pause    time.Duration // the first, then doubled up to 15 times; 0: one minute
}

// Guard leaves a service alone that fails again and again, and then tries it
// with one letter at a time. It is safe for concurrent use.
type Guard struct {
	Sender
	breaker *gobreaker.CircuitBreaker[string]
	pause   time.Duration

	mu    sync.Mutex
	waits int // pauses in a row
}

// longestGuard is the longest pause, in first ones: with a minute, how long
// after a service's return at most nothing is sent.
const longestGuard = 15

// NewGuard puts a guard before a sender.
func NewGuard(s Sender, o GuardOptions) *Guard {
	if o.Failures == 0 {
		o.Failures = 5
	}
	if o.Pause == 0 {
		o.Pause = time.Minute
	}
	g := &Guard{Sender: s, pause: o.Pause}
	g.breaker = gobreaker.NewCircuitBreaker[string](gobreaker.Settings{
		Name:        s.Via(),
		Timeout:     o.Pause,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= o.Failures },
		// A refused letter and a service that says when to come again are
		// answers: it is not down.
		IsSuccessful: func(err error) bool {
			_, busy := errors.AsType[*Busy](err)
			return err == nil || busy || errs.KindOf(err) == errs.Invalid
		},
		// A letter that was given up because the process stops says nothing of
		// the service.
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
	})
	return g
}

// Send sends, or gives a Busy error at once while the service is left alone.
func (g *Guard) Send(ctx context.Context, l Letter) (string, error) {
	proof, err := g.breaker.Execute(func() (string, error) { return g.Sender.Send(ctx, l) })
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err == nil:
		g.waits = 0
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		after := min(g.pause<<min(g.waits, 10), longestGuard*g.pause)
		g.waits++
		return "", &Busy{errs.Wrap(err, errs.Unavailable, "notify.paused"), after}
	}
	return proof, err
}
