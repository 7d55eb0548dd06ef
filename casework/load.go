package casework

import (
	"context"
	"time"

	"huying/internal/org"
)

// Load is what a unit has to do, and how well it did.
type Load struct {
	Unit        org.UnitID
	Open        int
	Soon        int // nearly late
	Late        int
	Ordered     int // with an order that is not struck off
	Accountable int // open in spite of two orders (问责)

	Closed    int // within the time asked for
	InTime    int // of these, answered before the citizen's time was over
	Called    int // of these, called back
	Contacted int // of Called
	Counted   int // of Called, what counts for the next two: not what was lawfully refused
	Solved    int // of Counted
	Satisfied int // of Counted
}

// loadDays is how far back rates look.
const loadDays = 30

// Loads gives every unit's load and its rates of the last 30 days, the unit
// with most late cases first. For those who dispatch.
func (s *Cases) Loads(ctx context.Context, actor org.Actor) ([]Load, error) {
	if err := org.Can(actor, org.ActDispatch); err != nil {
		return nil, err
	}
	now := s.now()
	return s.store.CaseLoads(ctx, now, now.Add(-loadDays*24*time.Hour))
}
