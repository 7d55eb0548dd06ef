// Package casework is what happens between a decision and a citizen who says
// that it is solved. An effective classifier.Decision that names a unit files a
// Case in its own transaction; a correction redirects it, a withdrawal recalls
// it. Units accept, answer and return; the centre decides on returns,
// extensions and closing; the clock reminds.
//
// state.go is the state machine as a table. Everything that happens is an
// Event, appended and never changed; a Case is what its events add up to
// (Case.After), and the stored one is compared with that in a test. Deadlines
// are rows that RunDue handles once each.
package casework

import (
	"slices"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// CaseID identifies a Case.
type CaseID string

// Case is a matter that was filed and must be handled. There is one for each
// matter at most. Times are zero where there is nothing.
type Case struct {
	ID       CaseID
	Number   string // area and day, such as 990101-20261126-0001
	Matter   intake.MatterID
	Decision classifier.DecisionID // by which the unit has it
	Unit     org.UnitID            // that answers for it
	State    State
	Due      Due
	Ending   Ending // of a closed case, otherwise empty
	Into     CaseID // of a merged case: what it is handled with

	Asked      int          // working days of an extension that waits for a decision; 0: none
	Extensions int          // granted
	Reopened   int          // times it was handled again after closing
	ReturnedBy []org.UnitID // units that have given it back
	Parts      []org.UnitID // co-units that have given their part since it was dispatched
	Chased     int          // by the citizen
	Joined     int          // other cases that were merged into it
	Letter     bool         // a letter (提醒函) waits to be acknowledged
	Letters    int          // so far
	Way        Way          // how it came to the unit
	Police     string       // number of 110 while it is with them
	Hands      []Handed     // down the unit tree, the last one works on it; none: the unit itself
	Tried      int          // attempts to reach the citizen since they were heard last
	Pauses     int          // times it waited for the citizen
	Withdrawn  bool         // the citizen wants it no longer; the centre decides
	Objection  Objection    // to how it was closed

	Calls    int        // of the callback after closing that nobody answered
	Rating   Rating     // what the citizen gave by the link
	Appeal   Appeal     // of the unit against Callback
	Appeals  int        // so far
	Callback Callback   // what the citizen said; empty: nothing yet
	Orders   int        // 督办单 so far; from the second on it is on the accountability list
	Ordered  OrderState // of the last one

	OrderUnit  org.UnitID // owes feedback on the last order; empty: the unit that answers for the case
	Instructed bool       // the last order is a leader's (批示)
	Flagged    bool       // 重点: leaders see it

	Version int // ordinal of the last event that was no mere note: what a form must have seen
	Last    int // ordinal of the last event
}

// Due is a case's clocks. FiledAt never changes once it is set.
type Due struct {
	FiledAt    time.Time `json:"filed_at,omitzero"`    // start of the citizen's clock
	HandedAt   time.Time `json:"handed_at,omitzero"`   // when the unit got it
	AcceptedAt time.Time `json:"accepted_at,omitzero"` // start of the unit's own clock
	AnsweredAt time.Time `json:"answered_at,omitzero"` // when the unit proposed to close
	ClosedAt   time.Time `json:"closed_at,omitzero"`
	ReopenedAt time.Time `json:"reopened_at,omitzero"` // of one that was closed: what passed before is not made up for

	Accept  time.Time `json:"accept,omitzero"`  // the unit is to accept by then
	Return  time.Time `json:"return,omitzero"`  // and may return it until then
	Unit    time.Time `json:"unit,omitzero"`    // the unit's own time ends
	Citizen time.Time `json:"citizen,omitzero"` // the citizen's time ends
	Half    time.Time `json:"half,omitzero"`    // half of the citizen's time is over
	Soon    time.Time `json:"soon,omitzero"`    // four fifths are
	Promise time.Time `json:"promise,omitzero"` // what was promised at closing is looked at again
	Order   time.Time `json:"order,omitzero"`   // feedback on the order is due
	Hand    time.Time `json:"hand,omitzero"`    // the unit below reports by then
	Object  time.Time `json:"object,omitzero"`  // the citizen may object to the closing until then
	Extra   int       `json:"extra,omitzero"`   // working days granted, in Citizen and Unit
	Rules   int       `json:"rules,omitzero"`   // version of the rules that gave Citizen, and so Half, Soon and the steps of chasing

	TriedAt    time.Time `json:"tried_at,omitzero"`    // the last attempt to reach the citizen
	PausedAt   time.Time `json:"paused_at,omitzero"`   // zero: the clocks run
	Resume     time.Time `json:"resume,omitzero"`      // while they stand: when they run again at the latest
	WasCitizen time.Time `json:"was_citizen,omitzero"` // while they stand: Citizen and Unit as they were; what stands
	WasUnit    time.Time `json:"was_unit,omitzero"`    // there meanwhile is the latest that they may become
	Held       int       `json:"held,omitzero"`        // working days of pauses that are over, in Citizen and Unit
}

// Subject is what a case is about, as its decision says; deadlines follow from it.
type Subject struct {
	Type    intake.Type
	Urgency intake.Urgency
	Limit   string // of the leaf, as the catalogue writes it; may be empty
}

// Ending is how a case was closed. The four are counted apart.
type Ending string

// The endings.
const (
	Solved    Ending = "solved"    // 已解决
	ByDate    Ending = "promised"  // 承诺限期解决
	Lawful    Ending = "refused"   // 依法不能满足，已解释
	Unreached Ending = "unreached" // 联系不上诉求人
	TakenBack Ending = "withdrawn" // 诉求人撤回: by LetGo alone
)

// Endings lists those that a closing may have, in the order in which they are
// offered.
func Endings() []Ending { return []Ending{Solved, ByDate, Lawful, Unreached} }

// Label is the ending's name on screen.
func (e Ending) Label() string {
	return map[Ending]string{
		Solved: "已解决", ByDate: "承诺限期解决", Lawful: "依法不能满足，已解释", Unreached: "联系不上诉求人",
		TakenBack: "诉求人撤回",
	}[e]
}

// Event is one line of a case's history. It says what stands afterwards, so
// that history is enough to rebuild the case, whatever the rules are by then.
type Event struct {
	Case     CaseID
	Ordinal  int // from 0
	At       time.Time
	By       org.AccountID // empty: the citizen or the clock
	ByName   string        // of the account; only in what the store gives
	Move     Move
	From, To State
	Unit     org.UnitID            // that has it afterwards
	Decision classifier.DecisionID // by which
	Reason   string                // coded: a ReturnReason, an Ending, a MarkKind, the CaseID of a merge, the UnitID of a co-unit, the SummonsID of a whistle; may be empty
	Days     int                   // working days asked for or granted
	Text     string                // for those who work on it; never personal data
	Public   string                // what the citizen reads
	Due      Due                   // the clocks afterwards
}

// After gives the case as it stands after an event. The zero Case is one that
// is not filed yet.
func (c Case) After(e Event) Case {
	c.ID, c.State, c.Unit, c.Decision, c.Due, c.Last = e.Case, e.To, e.Unit, e.Decision, e.Due, e.Ordinal
	rule, _ := RuleOf(e.Move)
	if !rule.Note {
		c.Version = e.Ordinal
	}
	if len(c.Hands) > 0 && (e.From != e.To || e.Move == Fetch) { // it goes on elsewhere
		c.Hands = nil
	}
	return c.handled(e).closed(e).ordered(e).heardOf(e)
}

// handled is what the unit's moves and those of dispatch change.
func (c Case) handled(e Event) Case {
	switch e.Move {
	case HandDown, Assign, TakeUp, Report, HandBack:
		return c.handedOn(e)
	case File, Redirect:
		c.Asked, c.Parts, c.Tried, c.Letter = 0, nil, 0, false
	case Try:
		c.Tried++
	case Pause:
		c.Pauses++
	case Contribute:
		c.Parts = append(slices.Clone(c.Parts), org.UnitID(e.Reason))
	case AskMore:
		c.Asked = e.Days
	case Extend:
		c.Asked = 0
		c.Extensions++
	case Refuse, Propose, Submit:
		c.Asked = 0
	case Recall:
		c.Asked, c.Ordered = 0, ""
	case Return:
		c.Asked = 0
		c.ReturnedBy = append(slices.Clone(c.ReturnedBy), e.Unit)
	case Merge:
		c.Into, c.Asked, c.Ordered = CaseID(e.Reason), 0, ""
	case Join:
		c.Joined++
	case SetWay:
		c.Way = Way(e.Reason)
	case ToPolice:
		c.Police = e.Reason
	case FromPolice:
		c.Police = ""
	}
	return c
}

// closed is what closing, and what comes after it, changes.
func (c Case) closed(e Event) Case {
	switch e.Move {
	case Close:
		c.Ending, c.Withdrawn, c.Objection = Ending(e.Reason), false, ""
	case LetGo:
		c.Ending, c.Withdrawn, c.Asked, c.Ordered = TakenBack, false, 0, ""
	case Revisit:
		c.Ending, c.Callback, c.Calls, c.Rating, c.Appeal = "", "", 0, Rating{}, ""
	case Reopen, Object, Uphold, Again:
		c.Ending, c.Callback, c.Calls, c.Objection, c.Rating, c.Appeal = "", "", 0, "", Rating{}, ""
		c.Reopened++
	case CallFailed:
		c.Calls++
	case CallBack:
		c.Callback = Callback(e.Reason)
	case Rate:
		c.Callback, c.Rating = Rated(e.Reason)
	case Plead:
		c.Appeal = AppealWaits
		c.Appeals++
	case Excuse:
		c.Appeal = AppealGranted
	case Overrule:
		c.Appeal = AppealRefused
	}
	return c
}

// ordered is what orders and letters change.
func (c Case) ordered(e Event) Case {
	switch e.Move {
	case Order:
		c.Ordered, c.OrderUnit, c.Instructed = OrderWaits, "", false
		c.Orders++
	case Instruct:
		if c.Ordered != OrderWaits { // one that waits goes on with new words and date
			c.Orders++
		}
		c.Ordered, c.OrderUnit, c.Instructed = OrderWaits, org.UnitID(e.Reason), true
	case File, Redirect: // whoever owed feedback may have nothing to do with it any more
		c.OrderUnit = ""
	case Flag:
		c.Flagged = true
	case Unflag:
		c.Flagged = false
	case Feedback:
		c.Ordered = OrderAnswered
	case StrikeOff:
		c.Ordered = ""
	case Urge:
		c.Letter = true
		c.Letters++
	case Confirm:
		c.Letter = false
	}
	return c
}

// heardOf is what the citizen changes, and the answer to that.
func (c Case) heardOf(e Event) Case {
	switch e.Move {
	case Supplement, Respond:
		c.Tried = 0
	case Chase:
		c.Chased++
	case Withdraw:
		c.Withdrawn = true
	case GoOn:
		c.Withdrawn = false
	case Protest:
		c.Objection = ObjectionWaits
	case Dismiss:
		c.Objection = ObjectionDismissed
	}
	return c
}

// Rebuild adds a history up, oldest first.
func Rebuild(history []Event) Case {
	var c Case
	for _, e := range history {
		c = c.After(e)
	}
	return c
}
