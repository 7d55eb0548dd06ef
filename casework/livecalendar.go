package casework

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"huying/internal/workday"
)

// LiveCalendar is the Calendar of deadlines: that of Workdays as it was read
// last. It never waits for the database, so that a step may be planned while
// one's own transaction is open. It is safe for concurrent use.
type LiveCalendar struct {
	days  *Workdays
	known atomic.Pointer[workday.Calendar]
}

// NewLiveCalendar makes one that knows what came with the product; Follow keeps
// it up to date.
func NewLiveCalendar(days *Workdays) *LiveCalendar {
	c := &LiveCalendar{days: days}
	c.known.Store(days.calendar(nil))
	return c
}

// Add gives the moment that lies a span after from.
func (c *LiveCalendar) Add(from time.Time, s workday.Span) time.Time {
	return c.known.Load().Add(from, s)
}

// Workdays counts the working days after the day of a up to that of b.
func (c *LiveCalendar) Workdays(a, b time.Time) int { return c.known.Load().Workdays(a, b) }

// Until puts a countdown into words.
func (c *LiveCalendar) Until(now, due time.Time) string { return c.known.Load().Until(now, due) }

// Refresh reads the calendar anew.
func (c *LiveCalendar) Refresh(ctx context.Context) error {
	known, err := c.days.Calendar(ctx)
	if err == nil {
		c.known.Store(known)
	}
	return err
}

// Follow refreshes it at once and then again and again until ctx ends.
func (c *LiveCalendar) Follow(ctx context.Context, every time.Duration, log *slog.Logger) {
	follow(ctx, every, c.Refresh, func(err error) {
		log.WarnContext(ctx, "the working calendar was not read", "error", err)
	})
}

// follow refreshes at once and then again and again until ctx ends; failed is told
// what did not succeed.
func follow(ctx context.Context, every time.Duration, refresh func(context.Context) error, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := refresh(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
