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

	Asked      int           // working days of an extension that waits for a decision; 0: none
	Extensions int           // granted
	Reopened   int           // times it was handled again after closing
	ReturnedBy []org.UnitID  // units that have given it back
	Parts      []org.UnitID  // co-units that have given their part since it was dispatched
	Tasks      []Task        // of co-units
	Chased     int           // by the citizen
	Untold     int           // notifications that reached them by no means since they were heard last: somebody calls
	Joined     int           // other cases that were merged into it
	Letter     bool          // a letter (提醒函) waits to be acknowledged
	Letters    int           // so far
	Way        Way           // how it came to the unit
	Handler    org.AccountID // of the unit that answers for it, who has it in person; empty: nobody yet
	Chasing    Level         // up to whom it was chased, as late as it is; empty: it is not late
	Police     string        // number of 110 while it is with them
	Outside    []Outside     // numbers of other platforms, that of 110 also after it came back
	Delegate   Delegate      // brought up by a delegate
	Hands      []Handed      // down the unit tree, the last one works on it; none: the unit itself
	Tried      int           // attempts to reach the citizen since they were heard last
	Pauses     int           // times it waited for the citizen
	Withdrawn  bool          // the citizen wants it no longer; the centre decides
	Objection  Objection     // to how it was closed

	Calls    int        // of the callback after closing that nobody answered
	Rating   Rating     // what the citizen gave by the link
	Appeal   Appeal     // of the unit against Callback
	Appeals  int        // so far
	Callback Callback   // what the citizen said; empty: nothing yet
	Orders   int        // 督办单 so far
	Ordered  OrderState // of the last one

	Fruitless  int        // orders without effect: overdue, struck off as such, or ordered again
	OrderVain  bool       // the last one is counted there
	Supervised bool       // handled again under an order, because it was not solved again and again
	Explaining Explaining // of a lawful refusal that the citizen is dissatisfied with

	OrderUnit  org.UnitID // owes feedback on the last order; empty: the unit that answers for the case
	Instructed bool       // the last order is a leader's (批示)
	Flagged    bool       // 重点: leaders see it

	Invited  []org.UnitID  // to the meeting on whose duty it is, beside those that gave it back
	Shares   Sharing       // who does what, as the units agree
	Superior org.AccountID // who named the unit (指定办); empty: nobody
	First    org.AccountID // who received it first and sees it through (首问责任人); empty: nobody any more

	Group GroupID       // the work group (专班) that works on it; empty: none
	Taker org.AccountID // who of the group took it up; empty: nobody yet

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
	MergedAt   time.Time `json:"merged_at,omitzero"`   // of a merged case: from then on a wrong merge is undone for a while
	ReopenedAt time.Time `json:"reopened_at,omitzero"` // of one that was closed: what passed before is not made up for

	Accept     time.Time `json:"accept,omitzero"`      // the unit is to accept by then
	Return     time.Time `json:"return,omitzero"`      // and may return it until then
	Unit       time.Time `json:"unit,omitzero"`        // the unit's own time ends
	Citizen    time.Time `json:"citizen,omitzero"`     // the citizen's time ends
	Half       time.Time `json:"half,omitzero"`        // half of the citizen's time is over
	Soon       time.Time `json:"soon,omitzero"`        // four fifths are
	Promise    time.Time `json:"promise,omitzero"`     // what was promised at closing is looked at again
	Order      time.Time `json:"order,omitzero"`       // feedback on the order is due
	Hand       time.Time `json:"hand,omitzero"`        // the unit below reports by then
	Group      time.Time `json:"group,omitzero"`       // the work group that has it ends
	Task       time.Time `json:"task,omitzero"`        // of the task that was set last: the co-unit is done by then
	Blamed     time.Time `json:"blamed,omitzero"`      // since when it is on the accountability list (问责名单), where it stays
	Object     time.Time `json:"object,omitzero"`      // the citizen may object to the closing until then
	Act        time.Time `json:"act,omitzero"`         // of 立即办: the unit acts by then
	ActedAt    time.Time `json:"acted_at,omitzero"`    // and has acted
	Outside    time.Time `json:"outside,omitzero"`     // of the number of another platform that was noted last: when it wants an answer
	TaskAccept time.Time `json:"task_accept,omitzero"` // and has accepted by then,
	TaskSoon   time.Time `json:"task_soon,omitzero"`   // is reminded,
	TaskBoss   time.Time `json:"task_boss,omitzero"`   // and the supervisors learn of it
	Extra      int       `json:"extra,omitzero"`       // working days granted, in Citizen and Unit
	Rules      int       `json:"rules,omitzero"`       // version of the rules that gave Citizen, and so Half, Soon and the steps of chasing

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
	By       org.AccountID // empty: the citizen or the clock; of what a citizen says by phone: who noted it
	ByName   string        // of the account; only in what the store gives
	Move     Move
	From, To State
	Unit     org.UnitID            // that has it afterwards
	Decision classifier.DecisionID // by which
	Reason   string                // coded: a ReturnReason, an Ending, a MarkKind, the CaseID of a merge, the UnitID of a co-unit or of who speaks, the AccountID of who received it first (File, PassFirst), of Revise those that are none any more and reasonUnits, the SummonsID of a whistle, the MatterID of the call in which a citizen chases or adds; may be empty
	Days     int                   // working days asked for or granted
	Text     string                // for those who work on it; never personal data
	Public   string                // what the citizen reads
	Due      Due                   // the clocks afterwards
	Facts    *Facts                // in parts; nil: the words say it
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
	return c.handled(e).closed(e).ordered(e).heardOf(e).grouped(e).shared(e).appointed(e).hurriedOn(e).receivedBy(e).tasked(e)
}

// handled is what the unit's moves and those of dispatch change.
func (c Case) handled(e Event) Case {
	switch e.Move {
	case HandDown, Assign, TakeUp, Report, HandBack:
		return c.handedOn(e)
	case File, Redirect:
		c.Asked, c.Parts, c.Tried, c.Letter, c.Delegate.Owner = 0, nil, 0, false, ""
		c.Handler, c.Chasing, c.Invited = "", "", nil
	case Give:
		c.Handler = org.AccountID(e.Reason)
	case Accept:
		c.Chasing = ""
	case Late:
		if k := MarkKind(e.Reason); k.chases() {
			c.Chasing = k.levels()[0]
		}
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
	case Invite:
		if c.Invited = nil; e.Facts != nil && e.Facts.Meeting != nil && len(e.Facts.Meeting.Units) > 0 {
			c.Invited = slices.Clone(e.Facts.Meeting.Units)
		}
	case Merge:
		c.Into, c.Asked, c.Ordered = CaseID(e.Reason), 0, ""
	case Unmerge:
		c.Into = ""
	case Join:
		c.Joined++
	case Unjoin:
		c.Joined--
	case SetWay:
		c.Way = Way(e.Reason)
	case ToPolice:
		c.Police = e.Reason
		return c.linked(e)
	case Link, Unlink:
		return c.linked(e)
	case Depute, Undepute:
		return c.delegated(e)
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
		c.Chasing, c.Supervised = "", false
	case LetGo:
		c.Ending, c.Withdrawn, c.Asked, c.Ordered = TakenBack, false, 0, ""
		c.Chasing, c.Supervised = "", false
	case Revisit:
		c.Ending, c.Callback, c.Calls, c.Rating, c.Appeal, c.Explaining = "", "", 0, Rating{}, "", ""
	case Reopen, Object, Uphold, Again, Supervise, Insist:
		c.Ending, c.Callback, c.Calls, c.Objection, c.Rating, c.Appeal, c.Explaining = "", "", 0, "", Rating{}, "", ""
		if c.Supervised = e.Move == Supervise || e.Move == Insist; !c.Supervised {
			c.Reopened++
		}
	case CallFailed:
		c.Calls++
	case CallBack:
		c.Callback, c.Rating = Rated(e.Reason)
		c.Explaining = c.toBeExplained()
	case Rate:
		c.Callback, c.Rating = Rated(e.Reason)
		c.Explaining = c.toBeExplained()
	case Explain:
		c.Explaining = Explained
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
	case Order, Supervise, Insist:
		c = c.orderedAnew()
		c.OrderUnit, c.Instructed = "", false
	case Instruct:
		c = c.orderedAnew()
		c.OrderUnit, c.Instructed = org.UnitID(e.Reason), true
	case Late:
		if MarkKind(e.Reason) == MarkOrder {
			c = c.inVain()
		}
	case File, Redirect: // whoever owed feedback may have nothing to do with it any more
		c.OrderUnit = ""
	case Flag:
		c.Flagged = true
	case Unflag:
		c.Flagged = false
	case Feedback:
		c.Ordered = OrderAnswered
	case StrikeOff:
		if OrderResult(e.Reason) == InVain {
			c = c.inVain()
		}
		c.Ordered = ""
	case Urge:
		c.Letter = true
		c.Letters++
	case Confirm:
		c.Letter = false
	}
	return c
}

// heardOf is what the citizen changes, and the answer to that. Whoever acts on
// the receipt's page, or was called, has learned what no notification told.
func (c Case) heardOf(e Event) Case {
	rule, _ := RuleOf(e.Move)
	if rule.By == ByCitizen || e.Move == Tell || e.Move == CallBack || e.Move == Reopen && e.Reason != "" {
		c.Untold = 0
	}
	switch e.Move {
	case Unsent:
		c.Untold++
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
