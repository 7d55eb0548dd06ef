package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Disputes is where units meet on whose duty a case is, and where that is ruled
// on. Meanwhile the unit that gave it back last acts. It is safe for concurrent use.
type Disputes struct {
	cases  *Cases
	places Places
}

// NewDisputes makes Disputes.
func NewDisputes(cases *Cases, places Places) *Disputes {
	return &Disputes{cases: cases, places: places}
}

// Invite invites units to the meeting, beside those that gave the case back: they
// see the case and may state their view until it is ruled on. A second invitation
// takes the place of the first. An errs.List names each faulty field.
func (s *Disputes) Invite(ctx context.Context, actor org.Actor, c CaseID, seen int, m Meeting) error {
	d, dir, err := s.docket(ctx, actor, c, seen, Invite)
	if err != nil {
		return err
	}
	now := s.cases.now()
	var f faultsOf
	f.text(&m.Where, "where", "在哪里或以什么方式", maxWhereRunes, true)
	f.text(&m.What, "text", "要商定什么", MaxTextRunes, true)
	if !m.At.After(now) || m.At.After(now.AddDate(0, 0, MaxMeetingDays)) {
		f.bad("at", "meeting.at", MaxMeetingDays)
	}
	if len(m.Units) > MaxMeeting {
		f.bad("units", "field.too_many", "邀请的单位", MaxMeeting)
	}
	for i, u := range m.Units {
		unit, known := dir.Unit(u)
		switch {
		case !known:
			f.bad("units", "unit.not_found")
		case u == d.Unit || slices.Contains(d.ReturnedBy, u):
			f.bad("units", "meeting.party", unit.Name)
		case slices.Contains(m.Units[:i], u):
			f.bad("units", "meeting.twice", unit.Name)
		case d.Accused.Bars(u):
			f.bad("units", "accused.called")
		}
	}
	if err := f.OrNil(); err != nil {
		return err
	}
	m.At = m.At.UTC().Truncate(time.Second)
	m.Where, _ = s.cases.mask(m.Where)
	m.What, _ = s.cases.mask(m.What)
	return s.cases.put(ctx, actor, c, seen, Event{Move: Invite, Text: m.What, Facts: &Facts{Meeting: &m}})
}

// Record keeps the record of a meeting; what is the result in words. An errs.List
// names each faulty field.
func (s *Disputes) Record(ctx context.Context, actor org.Actor, c CaseID, seen int, m Minutes, what string) error {
	d, dir, err := s.docket(ctx, actor, c, seen, Record)
	if err != nil {
		return err
	}
	now := s.cases.now()
	if m.At.IsZero() {
		m.At = now
	}
	var f faultsOf
	f.text(&what, "text", "商定了什么", MaxTextRunes, true)
	f.text(&m.Clause, "clause", "依据的条款", classifier.MaxClauseRunes, true)
	f.text(&m.Decided, "decided", "由谁决定", maxRoleRunes, true)
	f.unit(dir, m.Lead, "unit", "由哪个单位主办")
	for i, u := range m.Co {
		if f.unit(dir, u, "co", "协办单位"); u == m.Lead || slices.Contains(m.Co[:i], u) {
			f.bad("co", "decision.co")
		}
	}
	if d.Accused.Bars(m.Lead) || slices.ContainsFunc(m.Co, d.Accused.Bars) {
		f.bad("unit", "accused.called")
	}
	if m.At.After(now) || m.At.Before(now.AddDate(0, 0, -MaxMeetingDays)) {
		f.bad("at", "meeting.held", MaxMeetingDays)
	}
	s.present(&f, dir, m.Present)
	if err := f.OrNil(); err != nil {
		return err
	}
	m.At, m.From = m.At.UTC().Truncate(time.Second), m.From.UTC().Truncate(time.Second)
	m.Clause, _ = s.cases.mask(m.Clause)
	what, _ = s.cases.mask(what)
	return s.cases.put(ctx, actor, c, seen, Event{Move: Record, Text: what, Facts: &Facts{Minutes: &m}})
}

// present checks who came, and masks what they said.
func (s *Disputes) present(f *faultsOf, dir *org.Directory, all []Presence) {
	switch n := len(all); {
	case n == 0:
		f.bad("present", "field.required", "哪些单位到场")
	case n > MaxMeeting:
		f.bad("present", "field.too_many", "到场的单位", MaxMeeting)
	}
	for i := range all {
		p := &all[i]
		f.unit(dir, p.Unit, "present", "到场的单位")
		if slices.ContainsFunc(all[:i], func(o Presence) bool { return o.Unit == p.Unit }) {
			unit, _ := dir.Unit(p.Unit)
			f.bad("present", "meeting.twice", unit.Name)
		}
		f.text(&p.Who, "present", "到场的人的职务", maxRoleRunes, true)
		f.text(&p.Said, "present", "到场单位的意见", MaxTextRunes, false)
		p.Said, _ = s.cases.mask(p.Said)
	}
}

// Award is how a dispute is ruled on.
type Award struct {
	Unit   org.UnitID   // whose duty it is; the one that has the case: it stays there
	Co     []org.UnitID // beside it
	SameCo bool         // instead: those that there are
	Facts  string       // what it is about, for those who come after; empty: the case's heading
	Clause string       // that it rests on; empty: that of the meeting's record
	Why    string
}

// Rule ends a dispute: by a decision on the matter, also where the case stays, and
// the decision becomes a precedent in the same transaction. errs.Conflict
// "case.moved" when somebody was faster.
func (s *Disputes) Rule(ctx context.Context, actor org.Actor, c CaseID, seen int, a Award) error {
	d, err := s.cases.docket(ctx, actor, c)
	if err != nil {
		return err
	}
	return s.cases.rule(ctx, actor, d, seen, a)
}

// rule is Disputes.Rule on a case that the actor has been shown.
func (s *Cases) rule(ctx context.Context, actor org.Actor, d Docket, seen int, a Award) error {
	move := Redirect
	if a.Unit == d.Unit {
		move = Keep
	}
	switch {
	case !d.permits(actor, Keep):
		return errs.New(errs.Forbidden, "case.not_yours", move.Label())
	case seen != d.Version:
		return errs.New(errs.Conflict, "case.moved")
	case !d.Disputed():
		return errs.New(errs.Conflict, "case.no_dispute")
	case !id.Valid(a.Unit):
		return errs.New(errs.Invalid, "decision.lead").In("unit")
	}
	if err := s.planner.AllowedOn(d, move, s.now()); err != nil {
		return err
	}
	_, history, err := s.store.CaseFile(ctx, d.ID)
	if err != nil {
		return err
	}
	ruling := s.ruling(d, history, a, move == Keep)
	if a.SameCo {
		a.Co = d.CoUnits
	}
	co := slices.DeleteFunc(slices.Clone(a.Co), func(u org.UnitID) bool { return u == a.Unit })
	kind := classifier.Correct
	if move == Keep {
		kind = classifier.Confirm
	}
	_, err = s.desk.Decide(ctx, actor, classifier.Decision{
		Matter: d.Matter, Previous: d.Decision, Kind: kind, Category: d.Category, Lead: a.Unit, Co: co, Type: d.Type, Urgency: d.Urgency,
		Reason: strings.TrimSpace(a.Why), Ruling: &ruling,
	}, "")
	return decided(err)
}

// ruling is what a decision says besides, filled in from the case where nobody has
// said it.
func (s *Cases) ruling(d Docket, history []Event, a Award, kept bool) classifier.Ruling {
	facts := cmp.Or(strings.TrimSpace(a.Facts), d.Title, firstRunes(d.Text, headingRunes))
	if !d.Locked {
		facts, _ = s.mask(facts)
	} else {
		facts = "（已封存）"
	}
	clause := strings.TrimSpace(a.Clause)
	for _, e := range slices.Backward(history) {
		if m := e.Facts; clause == "" && m != nil && m.Minutes != nil {
			clause = m.Minutes.Clause
		}
	}
	clause, _ = s.mask(clause)
	return classifier.Ruling{Facts: facts, Clause: clause, Between: slices.Clone(d.ReturnedBy), Kept: kept}
}

// headingRunes is how much of a matter without a title tells what it is about.
const headingRunes = 60

// firstRunes gives the beginning of a text.
func firstRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// decided is what came of a decision on a case: somebody who was faster moved it.
func decided(err error) error {
	if err != nil && errs.CodeOf(err) == "decision.conflict" {
		return errs.Wrap(err, errs.Conflict, "case.moved")
	}
	return err
}

// docket gives a case to a dispatcher who may make a move on it as they saw it.
func (s *Disputes) docket(ctx context.Context, actor org.Actor, c CaseID, seen int, m Move) (Docket, *org.Directory, error) {
	d, err := s.cases.toMove(ctx, actor, c, seen, m)
	if err != nil {
		return d, nil, err
	}
	if err := s.cases.planner.AllowedOn(d, m, s.cases.now()); err != nil {
		return d, nil, err
	}
	dir, err := s.places.Directory(ctx)
	return d, dir, err
}
