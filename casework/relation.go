package casework

import (
	"slices"

	"huying/internal/org"
)

// Relation is what somebody is to a case.
type Relation string

// The relations.
const (
	Stranger  Relation = "stranger"  // another unit: knows of no such case
	Receiver  Relation = "receiver"  // received it first, and has no other part: sees it through, without a say
	Above     Relation = "above"     // a unit above the one that answers for it, told that it is late: sees it
	Reader    Relation = "reader"    // of the hotline, without a say
	CoUnit    Relation = "co_unit"   // a co-unit: sees it
	Disputant Relation = "disputant" // a unit that gave it back, while whose duty it is is disputed
	Invited   Relation = "invited"   // a unit invited to the meeting on that
	Below     Relation = "below"     // a unit to which it was handed down, and those between
	InGroup   Relation = "in_group"  // of the work group that has it
	Lead      Relation = "lead"      // the unit that answers for it
	Centre    Relation = "centre"    // dispatches and checks
	Overseer  Relation = "overseer"  // supervises: reminds, orders, judges appeals
	Caller    Relation = "caller"    // calls the citizen, and notes what is said
	Leader    Relation = "leader"    // reads, flags, and instructs (批示)
)

// works reports whether it is that of somebody of a unit that has a part in it.
func (r Relation) works() bool {
	return slices.Contains([]Relation{Lead, CoUnit, Disputant, Invited, Below, InGroup}, r)
}

// RelationOf tells what an actor is to the case: the first of RelationsOf.
func (d Docket) RelationOf(actor org.Actor) Relation { return d.RelationsOf(actor)[0] }

// RelationsOf tells what an actor is to the case. With several roles one can be
// several things, but who handles it is nothing else: nobody decides on what
// they have asked for. There is always one.
func (d Docket) RelationsOf(actor org.Actor) []Relation {
	if d.Accused.Shuns(actor) {
		return []Relation{Stranger} // whatever else they are to it
	}
	var all []Relation
	if r := d.handledBy(actor); r != Stranger {
		all = append(all, r)
	}
	if len(all) > 0 && all[0] == CoUnit && d.invites(actor.Unit) {
		all = append(all, Invited)
	}
	if org.Can(actor, org.ActHandle) == nil && slices.ContainsFunc(d.Team, actor.Is) {
		all = append(all, InGroup)
	}
	if len(all) > 0 {
		return all
	}
	elsewhere := d.elsewhere(actor)
	switch {
	case elsewhere:
	case org.Can(actor, org.ActDispatch) == nil:
		all = append(all, Centre) // who may do what the next two may
	default:
		if org.Can(actor, org.ActSupervise) == nil {
			all = append(all, Overseer)
		}
		if org.Can(actor, org.ActCallBack) == nil {
			all = append(all, Caller)
		}
	}
	if org.Can(actor, org.ActInstruct) == nil {
		all = append(all, Leader)
	}
	switch {
	case len(all) > 0:
		return all
	case org.Can(actor, org.ActReadAllCases) == nil && !elsewhere:
		return []Relation{Reader}
	case actor.Unit != "" && slices.Contains(d.Over, actor.Unit) && org.Can(actor, org.ActHandle) == nil:
		return []Relation{Above}
	case actor.Is(d.First) && org.Can(actor, org.ActReadCases) == nil:
		return []Relation{Receiver}
	}
	return []Relation{Stranger}
}

// QueueUnit is the unit whose queue alone somebody at the hotline's desks sees, if
// it is a sub-centre (classifier.QueueFilter.Own): that of their account.
func QueueUnit(actor org.Actor) org.UnitID {
	if org.Can(actor, org.ActReadMessages) != nil {
		return ""
	}
	return actor.Unit
}

// elsewhere reports whether an actor is of a sub-centre in whose queue the case did
// not come: like the queue, the case is nothing to them, whatever the time of day.
func (d Docket) elsewhere(actor org.Actor) bool {
	u := QueueUnit(actor)
	return u != "" && u != d.Desk && slices.Contains(d.Centres, u)
}

// handledBy tells what part an actor's unit has in the case; Stranger: none.
func (d Docket) handledBy(actor org.Actor) Relation {
	switch u := actor.Unit; {
	case u == "" || org.Can(actor, org.ActHandle) != nil:
		return Stranger
	case u == d.Unit:
		return Lead
	case d.Disputed() && slices.Contains(d.ReturnedBy, u):
		return Disputant
	case slices.ContainsFunc(d.Hands, func(h Handed) bool { return h.Unit == u }):
		return Below
	case slices.Contains(d.CoUnits, u):
		return CoUnit
	case d.invites(u):
		return Invited
	}
	return Stranger
}

// invites reports whether a unit is invited to a meeting that is still to rule.
func (d Docket) invites(u org.UnitID) bool { return d.Disputed() && slices.Contains(d.Invited, u) }

// May tells whether an actor may make a move now.
func (s *Cases) May(actor org.Actor, d Docket, m Move) bool {
	return d.permits(actor, m) && s.planner.AllowedOn(d, m, s.now()) == nil && d.taskAllows(m, actor.Unit) == nil
}

// permits says who of the unit that has it makes which moves, where heads
// review its answers.
func (d Docket) permits(actor org.Actor, m Move) bool {
	head := slices.ContainsFunc(d.Heads, actor.Is)
	may := slices.ContainsFunc(d.RelationsOf(actor), func(r Relation) bool { return permitted(r, m) })
	switch m {
	case Submit:
		return may && len(d.Heads) > 0 && !head
	case Propose:
		return may && (len(d.Heads) == 0 || head)
	case Approve, Rework:
		return may && head
	case Feedback:
		return d.RelationOf(actor).works() && actor.Unit == d.owes()
	}
	if rule, _ := RuleOf(m); rule.By == ByHolder || rule.By == ByBelow {
		return may && actor.Unit == d.Holder()
	}
	return may
}

// permitted says which relation makes which moves.
func permitted(r Relation, m Move) bool {
	rule, _ := RuleOf(m)
	switch rule.By {
	case ByUnit:
		return r == Lead || r == InGroup && slices.Contains(groupMoves, m)
	case ByHead:
		return r == Lead
	case ByGiver:
		return r == Lead || r == Centre
	case ByTeam:
		return r == InGroup
	case ByHolder:
		return r == Lead || r == Below
	case ByBelow:
		return r == Below
	case ByCo:
		return r == CoUnit
	case ByParties:
		return r == Lead || r == Disputant || r == Invited
	case ByPartners:
		return r == Lead || r == CoUnit
	case ByCentre:
		return r == Centre
	case ByDesk:
		return r == Centre || r == Caller
	case ByControl:
		return r == Centre || r == Overseer
	case ByStaff:
		return r == Lead || r == Centre || r == Caller
	case ByLeader:
		return r == Leader
	case ByAbove:
		return r == Centre || r == Overseer || r == Leader
	}
	return false
}
