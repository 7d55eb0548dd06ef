package server

import (
	"context"
	"slices"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// fakeCentres keeps the sub-centres of the fake city.
type fakeCentres struct{ *fake }

// centres are sub-centres, and what is in their queues.
type centres struct {
	rules  []classifier.SubCentre
	queues map[intake.MatterID]org.UnitID
	lines  []org.Audit
}

func (f fakeCentres) SubCentres(context.Context, time.Time) ([]classifier.SubCentre, error) {
	return slices.Clone(f.centres.rules), nil
}

func (f fakeCentres) SetSubCentre(_ context.Context, c classifier.SubCentre, line org.Audit) error {
	for _, u := range f.units {
		if u.ID == c.Unit {
			c.Name, c.Open = u.Name, !c.Closed
		}
	}
	f.centres.rules = append(slices.DeleteFunc(f.centres.rules, func(x classifier.SubCentre) bool { return x.Unit == c.Unit }), c)
	f.centres.lines = append(f.centres.lines, line)
	return nil
}

func (f fakeCentres) PutMatter(_ context.Context, m intake.MatterID, from, to org.UnitID, line org.Audit) error {
	if f.centres.queues[m] != from {
		return errs.New(errs.Conflict, "centre.moved")
	}
	if f.centres.queues == nil {
		f.centres.queues = map[intake.MatterID]org.UnitID{}
	}
	f.centres.queues[m], f.centres.lines = to, append(f.centres.lines, line)
	return nil
}

func (f fakeCentres) QueueOf(_ context.Context, m intake.MatterID) (org.UnitID, error) {
	return f.centres.queues[m], nil
}
