package casework

import (
	"context"
	"time"
)

// ClockStore finds what is due.
type ClockStore interface {
	// Strike takes one mark that was reached by now and not handled yet, and
	// stores the step that plan makes of it in the same transaction, so that
	// whatever dies leaves either both or neither. A mark that plan refuses is
	// handled too. False when nothing is due.
	Strike(ctx context.Context, now time.Time, plan func(Case, Subject, Mark) (Step, bool)) (bool, error)
	// StrikeSummons is Strike for the marks of summonses.
	StrikeSummons(ctx context.Context, now time.Time, plan func(Summons, SummonsMark) []SummonsEvent) (bool, error)
}

// Clock handles what is due. It is safe for concurrent use, in several
// processes too.
type Clock struct {
	store   ClockStore
	planner *Planner
}

// NewClock makes a Clock.
func NewClock(store ClockStore, planner *Planner) *Clock {
	return &Clock{store: store, planner: planner}
}

// RunDue handles every mark that was reached by now, each once, and gives how
// many. Run it as often as you like; after an outage it handles what was
// missed. When now is earlier than before, nothing happens twice.
func (c *Clock) RunDue(ctx context.Context, now time.Time) (int, error) {
	n := 0
	cases := func() (bool, error) {
		return c.store.Strike(ctx, now, func(k Case, s Subject, m Mark) (Step, bool) {
			return c.planner.Strike(k, s, m, now)
		})
	}
	summonses := func() (bool, error) {
		return c.store.StrikeSummons(ctx, now, func(s Summons, m SummonsMark) []SummonsEvent { return s.Chased(m, now) })
	}
	for _, strike := range []func() (bool, error){cases, summonses} {
		for {
			more, err := strike()
			if err != nil {
				return n, err
			}
			if !more {
				break
			}
			n++
		}
	}
	return n, nil
}
