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
	Accountable int // with two orders without effect (问责): open, or closed within the time

	Closed    int // within the time asked for
	InTime    int // of these, answered before the citizen's time was over
	Called    int // of these, called back
	Contacted int // of Called
	Counted   int // of Called, what counts for the next two: not what was lawfully refused
	Solved    int // of Counted
	Satisfied int // of Counted

	EndSolved    int // of Closed, by how it was closed
	EndPromised  int
	EndRefused   int
	EndUnreached int

	Returns   int // by the unit, within the time
	LostHours int // from the unit got those until somebody else had them, or it was told to keep them, or now
	Hops      int // units that the cases of Closed went through before this one

	CoOpen   int // tasks as a co-unit that are still to be done
	CoLate   int // of these, past their time
	CoEnded  int // done or said to be impossible, within the time asked for
	CoInTime int // of these, by their time
}

// Plus adds up two loads.
func (l Load) Plus(o Load) Load {
	return Load{
		Unit: l.Unit, Open: l.Open + o.Open, Soon: l.Soon + o.Soon, Late: l.Late + o.Late, Ordered: l.Ordered + o.Ordered, Accountable: l.Accountable + o.Accountable,
		Closed: l.Closed + o.Closed, InTime: l.InTime + o.InTime, Called: l.Called + o.Called, Contacted: l.Contacted + o.Contacted,
		Counted: l.Counted + o.Counted, Solved: l.Solved + o.Solved, Satisfied: l.Satisfied + o.Satisfied,
		EndSolved: l.EndSolved + o.EndSolved, EndPromised: l.EndPromised + o.EndPromised, EndRefused: l.EndRefused + o.EndRefused, EndUnreached: l.EndUnreached + o.EndUnreached,
		Returns: l.Returns + o.Returns, LostHours: l.LostHours + o.LostHours, Hops: l.Hops + o.Hops,
		CoOpen: l.CoOpen + o.CoOpen, CoLate: l.CoLate + o.CoLate, CoEnded: l.CoEnded + o.CoEnded, CoInTime: l.CoInTime + o.CoInTime,
	}
}

// loadDays is how far back rates look.
const loadDays = 30

// Loads gives every unit's load and its rates of the last 30 days, the unit
// with most late cases first. For those who dispatch or supervise.
func (s *Cases) Loads(ctx context.Context, actor org.Actor) ([]Load, error) {
	if err := org.Can(actor, org.ActReadLoads); err != nil {
		return nil, err
	}
	now := s.now()
	return s.store.CaseLoads(ctx, now, now.Add(-loadDays*24*time.Hour))
}
