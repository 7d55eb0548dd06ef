package casework

import (
	"context"
	"time"

	"huying/classifier"
)

// ClockStore finds what is due.
type ClockStore interface {
	// Due tells for which of the others there is anything. Each takes a
	// transaction for one, and for most there is nothing most of the time.
	Due(ctx context.Context, now time.Time, l Letters) (DueKinds, error)
	// Strike takes one mark that was reached by now and not handled yet, and
	// stores the step that plan makes of it in the same transaction, so that
	// whatever dies leaves either both or neither. A mark that plan refuses is
	// handled too. False when nothing is due.
	Strike(ctx context.Context, now time.Time, plan func(Case, Subject, Mark) (Step, bool)) (bool, error)
	// StrikeSummons is Strike for the marks of summonses.
	StrikeSummons(ctx context.Context, now time.Time, plan func(Summons, SummonsMark) []SummonsEvent) (bool, error)
	// StrikeMemos is Strike for the marks of memos: late makes the step on one of
	// its cases, by which people are told.
	StrikeMemos(ctx context.Context, now time.Time, chase func(Memo, MarkKind) (MemoEvent, bool), late func(MarkKind) Plan) (bool, error)
	// StrikeUnread reports one refusal of a matter to the supervisors that who
	// sees it through has not read by the time set, once. False when there is
	// none.
	StrikeUnread(ctx context.Context, now time.Time) (bool, error)
	// Gather takes the alerts of one of the staff that no letter tells of yet,
	// and stores the one that compose makes of them, in one transaction. False
	// when there are none, or whoever they are for is left alone by l.
	Gather(ctx context.Context, now time.Time, l Letters, compose func([]Alert) (Notification, error)) (bool, error)
}

// DueKinds is of what there is something to handle: for Strike, StrikeSummons, StrikeMemos,
// StrikeUnread and Gather.
type DueKinds struct{ Cases, Summonses, Memos, Unread, Letters bool }

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
// many. Of what the staff is told by then, each gets one letter. Run it as
// often as you like; after an outage it handles what was missed. When now is
// earlier than before, nothing happens twice.
func (c *Clock) RunDue(ctx context.Context, now time.Time) (int, error) {
	owed := Letters{Made: now.Add(-classifier.UndoWindow), Since: now.Add(-letterGap)}
	due, err := c.store.Due(ctx, now, owed)
	if err != nil {
		return 0, err
	}
	n := 0
	cases := func() (bool, error) {
		return c.store.Strike(ctx, now, func(k Case, s Subject, m Mark) (Step, bool) {
			return c.planner.Strike(k, s, m, now)
		})
	}
	summonses := func() (bool, error) {
		return c.store.StrikeSummons(ctx, now, func(s Summons, m SummonsMark) []SummonsEvent { return s.Chased(m, now) })
	}
	memos := func() (bool, error) {
		return c.store.StrikeMemos(ctx, now, func(m Memo, k MarkKind) (MemoEvent, bool) { return m.Chased(k, now) }, func(k MarkKind) Plan {
			return func(one Case, s Subject) (Step, error) { return c.planner.memoLate(one, s, k, now) }
		})
	}
	unread := func() (bool, error) { return c.store.StrikeUnread(ctx, now) }
	letters := func() (bool, error) {
		return c.store.Gather(ctx, now, owed, func(all []Alert) (Notification, error) { return letterOf(all, now) })
	}
	for _, kind := range []struct {
		due    bool
		strike func() (bool, error)
	}{{due.Cases, cases}, {due.Summonses, summonses}, {due.Memos, memos}, {due.Unread, unread}, {due.Letters, letters}} {
		for more := kind.due; more; {
			if more, err = kind.strike(); err != nil {
				return n, err
			}
			if more {
				n++
			}
		}
	}
	return n, nil
}
