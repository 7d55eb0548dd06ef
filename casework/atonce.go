package casework

import "time"

// Hurried reports whether the case is to be acted on at once (立即办), by whoever
// has it, and nobody has acted yet.
func (c Case) Hurried() bool { return c.Due.hurried() }

func (d Due) hurried() bool { return !d.Act.IsZero() && d.ActedAt.IsZero() }

var (
	hurried    = unless("case.not_at_once", func(c Case, _ time.Time) bool { return !c.Hurried() })
	notHurried = unless("case.at_once", func(c Case, _ time.Time) bool { return c.Hurried() })
	// acted: what is to be acted on at once is acted on before anything else.
	acted = unless("case.act_first", func(c Case, _ time.Time) bool { return c.Hurried() })
)

// hurriedOn is what the moves of 立即办 change.
func (c Case) hurriedOn(e Event) Case {
	switch e.Move {
	case Hurry:
		c.Way = Immediate
	case Calm:
		if c.Way = ""; c.Superior != "" {
			c.Way = Appointed
		}
	case Act:
		if !e.At.After(e.Due.Citizen) { // otherwise it is late as before
			c.Chasing = ""
		}
	}
	return c
}

// hurry gives the clocks of a case that is to be acted on at once: minutes that
// count by day and night. The citizen's clock stays as it is.
func (p *Planner) hurry(d Due, at time.Time) Due {
	rules := p.rules.Current()
	d.Act, d.ActedAt = p.cal.Add(at, rules.AtOnceAct), time.Time{}
	if d.AcceptedAt.IsZero() {
		d.Accept = p.cal.Add(at, rules.AtOnceAccept)
	} else {
		d.Unit = d.Act
	}
	return d
}

// calm gives the clocks of a case that is handled as usual after all.
func (p *Planner) calm(d Due, terms Terms) Due {
	d.Act, d.ActedAt = time.Time{}, time.Time{}
	if d.AcceptedAt.IsZero() {
		d.Accept = p.cal.Add(d.HandedAt, terms.Accept)
	}
	return p.own(d, terms)
}

// own gives the unit's own clock from when it accepted, as if nothing hurried.
func (p *Planner) own(d Due, terms Terms) Due {
	if !d.AcceptedAt.IsZero() {
		d.Unit = end(d.AcceptedAt, terms, d.Extra+d.Held, p.cal)
	}
	return d
}

// hurriedMarks are due while nobody has acted: up the levels as danger is chased.
func (c Case) hurriedMarks(cal Calendar, rules DeadlineRules) []Mark {
	if !c.Hurried() {
		return nil
	}
	late := rules.DangerSteps.Late
	return []Mark{
		{MarkUnacted, c.Due.Act}, {MarkUnactedHead, cal.Add(c.Due.Act, late[0])},
		{MarkUnactedBoss, cal.Add(c.Due.Act, late[1])}, {MarkUnactedTop, cal.Add(c.Due.Act, late[2])},
	}
}
