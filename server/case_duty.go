package server

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// dutyView is what a case's page says of whose duty the case is: the meeting on
// it, what was ruled on the like, who does what, and who named the unit.
type dutyView struct {
	Meeting    *meetingView
	Minutes    *minutesView
	Statements []spoken
	Parties    []partyView // who may have come, in the form of the record
	Precedents []precedentView
	Ruling     rulingForm
	Agreed     []shareView
	Proposed   []shareView
	Parts      []partForm // one for each unit, in the form that proposes
	Answers    bool       // the reader's unit has still to answer
	Propose    bool       // the reader may propose who does what
	Appoint    bool       // the reader is a superior who may name the unit
	Release    bool       // and may let the unit give the case back
	PassFirst  bool       // the reader may hand over who sees it through
	Meets      bool       // the reader may invite and keep the record
	Tonight    string     // earliest time of a meeting, for the form
}

// meetingView is an invitation in words.
type meetingView struct {
	casework.Meeting
	Units []string
}

// minutesView is the record of a meeting in words.
type minutesView struct {
	casework.Minutes
	What    string
	Lead    string
	Co      []string
	Present []spoken
}

// spoken is what somebody said for a unit.
type spoken struct{ Unit, Who, Said string }

// partyView is one line of the form of a meeting's record.
type partyView struct {
	ID              org.UnitID
	Name, Who, Said string
}

// rulingForm is what the form of a ruling begins with.
type rulingForm struct{ Unit, Co, Facts, Clause string }

// shareView is what one unit does.
type shareView struct {
	casework.Share
	Name string
	Late bool // by when has passed
}

// partForm is one line of the form that proposes who does what.
type partForm struct {
	ID                org.UnitID
	Name, Part, Until string
}

// dutyOf adds to a case's page whose duty it is.
func (s *Server) dutyOf(c *fiber.Ctx, v visit, p *casePage, history []casework.Event, dir *org.Directory) error {
	d, u := p.Case, &p.Duty
	u.recall(history, dir)
	u.Meets = p.Can(string(casework.Invite))
	u.Tonight = shanghai(s.o.Now()).Format(formTime)
	u.parties(d, p.Form, dir)
	u.shares(d, p.Form, s.o.Now(), dir)
	u.Propose, u.Answers = s.o.Shares.MayShare(v.actor, d), p.Can(string(casework.AgreeShare)) && d.Shares.Awaits(v.actor.Unit)
	var err error
	if u.Appoint, err = s.o.Appointments.May(c.UserContext(), v.actor, d); err != nil {
		return err
	}
	u.Release = u.Appoint && d.Superior != "" && (d.State == casework.Waiting || d.State == casework.Handling)
	u.PassFirst = s.o.HandOvers != nil && s.o.HandOvers.MayPassFirst(v.actor, d)
	if d.State != casework.Returned && !p.Can(string(casework.Return)) {
		return nil
	}
	units := append([]org.UnitID{d.Unit}, d.ReturnedBy...)
	if unit, err := s.unitNamed(c.UserContext(), p.Form.Proposed); err == nil && unit != "" {
		units = append(units, unit) // that it is proposed for, or was
	}
	u.Precedents, err = s.precedentsLike(c.UserContext(), v, d.Category, units, dir)
	u.rule(p, dir)
	return err
}

// recall takes from the history what was said of whose duty it is.
func (u *dutyView) recall(history []casework.Event, dir *org.Directory) {
	for _, e := range history {
		switch {
		case e.Move == casework.Statement:
			u.Statements = append(u.Statements, spoken{Unit: unitName(org.UnitID(e.Reason), dir), Who: e.ByName, Said: e.Text})
		case e.Facts != nil && e.Facts.Meeting != nil:
			m := e.Facts.Meeting
			u.Meeting = &meetingView{Meeting: *m, Units: namesOf(m.Units, dir)}
		case e.Facts != nil && e.Facts.Minutes != nil:
			m := e.Facts.Minutes
			view := &minutesView{Minutes: *m, What: e.Text, Lead: unitName(m.Lead, dir), Co: namesOf(m.Co, dir)}
			for _, p := range m.Present {
				view.Present = append(view.Present, spoken{Unit: unitName(p.Unit, dir), Who: p.Who, Said: p.Said})
			}
			u.Minutes = view
		}
	}
}

// parties are the units of the meeting, with what they have stated already.
func (u *dutyView) parties(d casework.Docket, form caseForm, dir *org.Directory) {
	for _, id := range slices.Concat([]org.UnitID{d.Unit}, d.ReturnedBy, d.Invited) {
		if slices.ContainsFunc(u.Parties, func(p partyView) bool { return p.ID == id }) {
			continue
		}
		p := partyView{ID: id, Name: unitName(id, dir), Who: form.More["who-"+string(id)]}
		for _, said := range u.Statements {
			if said.Unit == p.Name {
				p.Said = said.Said
			}
		}
		p.Said = cmp.Or(form.More["said-"+string(id)], p.Said)
		u.Parties = append(u.Parties, p)
	}
}

// shares are who does what, and the form that proposes it anew.
func (u *dutyView) shares(d casework.Docket, form caseForm, now time.Time, dir *org.Directory) {
	view := func(all []casework.Share) (out []shareView) {
		for _, x := range all {
			out = append(out, shareView{Share: x, Name: unitName(x.Unit, dir), Late: x.Given.IsZero() && x.Due.Before(now)})
		}
		return out
	}
	u.Agreed, u.Proposed = view(d.Shares.Agreed), view(d.Shares.Proposed)
	for _, id := range d.Units() {
		f := partForm{ID: id, Name: unitName(id, dir), Part: form.More["part-"+string(id)], Until: form.More["until-"+string(id)]}
		for _, x := range append(slices.Clone(d.Shares.Agreed), d.Shares.Proposed...) {
			if x.Unit == id && form.Move != casework.Allot {
				f.Part, f.Until = x.Part, shanghai(x.Due).Format(time.DateOnly)
			}
		}
		u.Parts = append(u.Parts, f)
	}
}

// rule fills in the form of the ruling: as it was sent, or as the meeting settled.
func (u *dutyView) rule(p *casePage, dir *org.Directory) {
	if p.Form.Move == moveRule {
		u.Ruling = rulingForm{p.Form.Proposed, p.Form.More["co"], p.Form.More["facts"], p.Form.More["clause"]}
		return
	}
	u.Ruling = rulingForm{Unit: p.Form.Proposed, Co: strings.Join(namesOf(p.Case.CoUnits, dir), "、"), Facts: p.Heading}
	if m := u.Minutes; m != nil {
		u.Ruling.Unit, u.Ruling.Co, u.Ruling.Clause = m.Lead, strings.Join(m.Co, "、"), m.Clause
	}
}

// namesOf names units.
func namesOf(all []org.UnitID, dir *org.Directory) []string {
	out := make([]string, len(all))
	for i, u := range all {
		out[i] = unitName(u, dir)
	}
	return out
}

// moveRule is the form that ends a dispute; it is a Redirect or a Keep.
const moveRule casework.Move = "rule"

// makeDutyMove makes the moves on whose duty a case is; false for any other. unit
// is the one that the form names.
func (s *Server) makeDutyMove(c *fiber.Ctx, v visit, form caseForm, id casework.CaseID, seen int, unit org.UnitID) (bool, error) {
	ctx := c.UserContext()
	switch form.Move {
	case casework.Invite:
		units, err := s.unitsNamed(c, form.More["units"])
		if err != nil {
			return true, err
		}
		at, err := parseFormTime("会商的时间", form.More["at"])
		if err != nil {
			return true, err
		}
		return true, s.o.Disputes.Invite(ctx, v.actor, id, seen, casework.Meeting{Units: units, At: at, Where: form.More["where"], What: form.Text})
	case casework.Record:
		m, err := s.readMinutes(c, form, unit)
		if err != nil {
			return true, err
		}
		return true, s.o.Disputes.Record(ctx, v.actor, id, seen, m, form.Text)
	case moveRule:
		co, err := s.unitsNamed(c, form.More["co"])
		if err != nil {
			return true, err
		}
		return true, s.o.Disputes.Rule(ctx, v.actor, id, seen, casework.Award{Unit: unit, Co: co, Facts: form.More["facts"], Clause: form.More["clause"], Why: form.Text})
	case casework.Allot:
		parts, err := readParts(form)
		if err != nil {
			return true, err
		}
		return true, s.o.Shares.Propose(ctx, v.actor, id, seen, parts)
	case casework.AgreeShare, casework.RefuseShare:
		return true, s.o.Shares.Answer(ctx, v.actor, id, seen, form.Move == casework.AgreeShare, form.Text)
	case casework.Appoint:
		return true, s.o.Appointments.Appoint(ctx, v.actor, id, seen, unit, form.Text)
	case casework.Unappoint:
		return true, s.o.Appointments.Release(ctx, v.actor, id, seen, form.Text)
	case casework.PassFirst:
		if s.o.HandOvers == nil {
			return true, errs.New(errs.Forbidden, "first.not_yours")
		}
		return true, s.o.HandOvers.PassFirst(ctx, v.actor, id, seen, form.Worker)
	}
	return false, nil
}

// readMinutes reads the form of a meeting's record: a unit came when somebody is
// named for it.
func (s *Server) readMinutes(c *fiber.Ctx, form caseForm, lead org.UnitID) (casework.Minutes, error) {
	m := casework.Minutes{Lead: lead, Clause: form.More["clause"], Decided: form.More["decided"]}
	var err error
	if m.Co, err = s.unitsNamed(c, form.More["co"]); err != nil {
		return m, err
	}
	if m.At, err = parseFormTime("会商的时间", form.More["at"]); err != nil {
		return m, err
	}
	var ok bool
	if m.From, ok = startOfDay(form.More["from"]); !ok {
		return m, errs.New(errs.Invalid, "field.invalid", "从哪天起", form.More["from"]).In("from")
	}
	for _, key := range form.keys("who-") {
		if who := strings.TrimSpace(form.More["who-"+key]); who != "" {
			m.Present = append(m.Present, casework.Presence{Unit: org.UnitID(key), Who: who, Said: form.More["said-"+key]})
		}
	}
	return m, nil
}

// readParts reads who is to do what by when.
func readParts(form caseForm) ([]casework.Share, error) {
	var out []casework.Share
	for _, key := range form.keys("part-") {
		due, err := parseDay("哪天前", form.More["until-"+key])
		if err != nil {
			return nil, err
		}
		out = append(out, casework.Share{Unit: org.UnitID(key), Part: form.More["part-"+key], Due: due})
	}
	return out, nil
}

// keys are what follows a prefix in the names of a form's fields, in order.
func (f caseForm) keys(prefix string) []string {
	var out []string
	for name := range f.More {
		if key, ok := strings.CutPrefix(name, prefix); ok {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// readMore reads the fields of a form that belong to one move alone.
func readMore(c *fiber.Ctx) map[string]string {
	more := map[string]string{}
	c.Request().PostArgs().VisitAll(func(name, value []byte) { more[string(name)] = strings.TrimSpace(string(value)) })
	return more
}

// Chosen gives a field of a form that came back.
func (p casePage) Chosen(move, name string) string {
	if !p.Opened(move) {
		return ""
	}
	return p.Form.More[name]
}
