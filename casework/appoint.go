package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Appointer makes a superior's word take effect: classifier.Desk.
type Appointer interface {
	Appoint(ctx context.Context, actor org.Actor, channel intake.Channel, d classifier.Decision) (classifier.Decision, error)
}

// Appointments is where superiors name the unit that handles a case (指定办). What
// was appointed is not given back, unless a superior releases it. It is safe for
// concurrent use.
type Appointments struct {
	cases  *Cases
	places Places
	crew   Crew
	desk   Appointer
}

// NewAppointments makes Appointments. Where another unit is named, that is a
// decision, made on desk.
func NewAppointments(cases *Cases, places Places, crew Crew, desk Appointer) *Appointments {
	return &Appointments{cases: cases, places: places, crew: crew, desk: desk}
}

// appointed is what naming a unit changes. A case that goes elsewhere came there
// in another way, unless that is urgent: then whoever has it acts first.
func (c Case) appointed(e Event) Case {
	switch {
	case e.Move == Appoint, e.Reason == reasonAppointed && (e.Move == Redirect || e.Move == Keep):
		c.Superior = e.By
		if !c.Hurried() {
			c.Way = Appointed
		}
		return c
	case e.Move == Unappoint, e.Move == Redirect, e.Move == File:
		c.Superior = ""
		if !c.Hurried() {
			c.Way = ""
		}
	}
	return c
}

// reasonAppointed marks a Redirect or Keep by a superior's word.
const reasonAppointed = "appointed"

var (
	// notAppointed: a superior has looked at whose duty it is; the unit asks them,
	// and does not give it back by itself.
	notAppointed = unless("case.appointed", func(c Case, _ time.Time) bool { return c.Superior != "" })
	isAppointed  = unless("case.not_appointed", func(c Case, _ time.Time) bool { return c.Superior == "" })
	// wayFree: what a superior has said, or has to be done at once, is not renamed.
	wayFree = unless("case.way_set", func(c Case, _ time.Time) bool { return c.Superior != "" || c.Hurried() })
)

// May reports whether the actor is a superior who may name the unit of a case now:
// a leader, an administrator, or the head of a unit above the one that has it, who
// has to do with the case (as one invited to the meeting, or that gave it back).
func (s *Appointments) May(ctx context.Context, actor org.Actor, d Docket) (bool, error) {
	if s.cases.planner.AllowedOn(d, Appoint, s.cases.now()) != nil {
		return false, nil
	}
	return s.above(ctx, actor, d.Unit)
}

// above reports whether the actor stands above units.
func (s *Appointments) above(ctx context.Context, actor org.Actor, units ...org.UnitID) (bool, error) {
	switch {
	case org.Can(actor, org.ActInstruct) == nil, org.Can(actor, org.ActOversee) == nil:
		return true, nil
	case org.Can(actor, org.ActAppoint) != nil || !id.Valid(actor.Unit):
		return false, nil
	}
	crew, err := s.crew.Heads(ctx, actor.Unit)
	if err != nil || !slices.ContainsFunc(crew, func(m Member) bool { return m.Leads() && actor.Is(m.Account) }) {
		return false, err
	}
	dir, err := s.places.Directory(ctx)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(units, func(u org.UnitID) bool { return !dir.IsBelow(u, actor.Unit) }), nil
}

// Appoint names the unit that handles a case, and why. Where that is another one,
// or the case was given back, it is a decision; otherwise it is on record.
func (s *Appointments) Appoint(ctx context.Context, actor org.Actor, c CaseID, seen int, unit org.UnitID, why string) error {
	d, err := s.cases.docket(ctx, actor, c)
	if err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	if err := s.check(ctx, actor, d, seen, unit, why); err != nil {
		return err
	}
	why, _ = s.cases.mask(why)
	if unit == d.Unit && d.State != Returned {
		return s.cases.put(ctx, actor, c, seen, Event{Move: Appoint, Text: why})
	}
	dec := classifier.Decision{
		Matter: d.Matter, Previous: d.Decision, Kind: classifier.Correct, Category: d.Category, Lead: unit, Type: d.Type, Urgency: d.Urgency, Reason: why,
		Co: slices.DeleteFunc(slices.Clone(d.CoUnits), func(u org.UnitID) bool { return u == unit }),
	}
	if unit == d.Unit {
		dec.Kind = classifier.Confirm
	}
	if d.Disputed() {
		_, history, err := s.cases.store.CaseFile(ctx, c)
		if err != nil {
			return err
		}
		ruling := s.cases.ruling(d, history, Award{}, unit == d.Unit)
		dec.Ruling = &ruling
	}
	_, err = s.desk.Appoint(ctx, actor, d.Channel, dec)
	return decided(err)
}

// check reports what speaks against an appointment.
func (s *Appointments) check(ctx context.Context, actor org.Actor, d Docket, seen int, unit org.UnitID, why string) error {
	var f faultsOf
	f.text(&why, "text", "指定的理由", MaxTextRunes, true)
	dir, err := s.places.Directory(ctx)
	if err != nil {
		return err
	}
	f.unit(dir, unit, "unit", "指定哪个单位")
	if seen != d.Version {
		return errs.New(errs.Conflict, "case.moved")
	}
	if err := f.OrNil(); err != nil {
		return err
	}
	may, err := s.above(ctx, actor, d.Unit, unit)
	switch {
	case err != nil:
		return err
	case !may:
		return errs.New(errs.Forbidden, "case.not_above")
	}
	return s.cases.planner.AllowedOn(d, Appoint, s.cases.now())
}

// Release lets a unit give back what a superior had named it for: the time in which
// it may begins anew. Any superior may, not only the one who named it.
func (s *Appointments) Release(ctx context.Context, actor org.Actor, c CaseID, seen int, why string) error {
	d, err := s.cases.docket(ctx, actor, c)
	if err != nil {
		return err
	}
	var f faultsOf
	if f.text(&why, "text", "同意退单的理由", MaxTextRunes, true); seen != d.Version {
		return errs.New(errs.Conflict, "case.moved")
	}
	if err := f.OrNil(); err != nil {
		return err
	}
	may, err := s.above(ctx, actor, d.Unit)
	switch {
	case err != nil:
		return err
	case !may:
		return errs.New(errs.Forbidden, "case.not_above")
	}
	why, _ = s.cases.mask(why)
	return s.cases.put(ctx, actor, c, seen, Event{Move: Unappoint, Text: why})
}
