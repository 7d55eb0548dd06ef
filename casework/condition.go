package casework

import (
	"slices"
	"time"

	"huying/internal/errs"
)

// How often a unit may ask for more time, and a case be handled again.
const (
	MaxExtensions = 2
	MaxReopened   = 2
)

// disputeFrom is how many units have given a case back when it becomes a
// dispute over duty. What is decided on that is final: nobody returns it again.
const disputeFrom = 2

// MaxCalls is how often the citizen is called before a case leaves the rates.
const MaxCalls = 3

// Condition is what must hold, besides state and party, for a move at a time:
// nil, or an errs.Conflict that says what does not.
type Condition func(c Case, at time.Time) error

// firstReturn: one return a unit.
func firstReturn(c Case, _ time.Time) error {
	if slices.Contains(c.ReturnedBy, c.Unit) {
		return errs.New(errs.Conflict, "case.returned_before")
	}
	return nil
}

func inReturnTime(c Case, at time.Time) error {
	if at.After(c.Due.Return) {
		return errs.New(errs.Conflict, "case.return_late")
	}
	return nil
}

func nothingAsked(c Case, _ time.Time) error {
	if c.Asked > 0 {
		return errs.New(errs.Conflict, "case.asked")
	}
	return nil
}

func mayAskMore(c Case, _ time.Time) error {
	if c.Extensions >= MaxExtensions {
		return errs.New(errs.Conflict, "case.extended", MaxExtensions)
	}
	return nil
}

// notLate: who is late asks for nothing more.
func notLate(c Case, at time.Time) error {
	if at.After(c.Due.Citizen) {
		return errs.New(errs.Conflict, "case.late")
	}
	return nil
}

func somethingAsked(c Case, _ time.Time) error {
	if c.Asked == 0 {
		return errs.New(errs.Conflict, "case.not_asked")
	}
	return nil
}

func promiseDue(c Case, at time.Time) error {
	if c.Ending != ByDate || at.Before(c.Due.Promise) {
		return errs.New(errs.Conflict, "case.no_promise")
	}
	return nil
}

func mayReopen(c Case, _ time.Time) error {
	if c.Reopened >= MaxReopened {
		return errs.New(errs.Conflict, "case.reopened", MaxReopened)
	}
	return nil
}

// Disputed reports whether units dispute whose duty the case is.
func (c Case) Disputed() bool { return c.State == Returned && len(c.ReturnedBy) >= disputeFrom }

func disputed(c Case, _ time.Time) error {
	if !c.Disputed() {
		return errs.New(errs.Conflict, "case.no_dispute")
	}
	return nil
}

func notRuled(c Case, _ time.Time) error {
	if len(c.ReturnedBy) >= disputeFrom {
		return errs.New(errs.Conflict, "case.ruled")
	}
	return nil
}

// notCalled: the citizen has not answered yet, and not been missed too often.
func notCalled(c Case, _ time.Time) error {
	if c.Callback != "" || c.Calls >= MaxCalls || c.Ending == TakenBack {
		return errs.New(errs.Conflict, "case.called")
	}
	return nil
}

func noOrder(c Case, _ time.Time) error {
	if c.Ordered == OrderWaits {
		return errs.New(errs.Conflict, "case.ordered")
	}
	return nil
}

func orderWaits(c Case, _ time.Time) error {
	if c.Ordered != OrderWaits {
		return errs.New(errs.Conflict, "case.no_order")
	}
	return nil
}

func orderAnswered(c Case, _ time.Time) error {
	if c.Ordered != OrderAnswered {
		return errs.New(errs.Conflict, "case.no_feedback")
	}
	return nil
}

// What comes before a pause: attempts to reach the citizen, and the time that
// lies between two of them.
const (
	TriesToPause = 2
	tryAgain     = 2 * time.Hour
)

// MaxPauses is how often a case may wait for the citizen: with the cap of each
// it bounds how long the clocks stand.
const MaxPauses = 1

// Paused reports whether the clocks stand because the citizen is waited for.
func (c Case) Paused() bool { return !c.Due.PausedAt.IsZero() }

func paused(c Case, _ time.Time) error {
	if !c.Paused() {
		return errs.New(errs.Conflict, "case.not_paused")
	}
	return nil
}

func notPaused(c Case, _ time.Time) error {
	if c.Paused() {
		return errs.New(errs.Conflict, "case.paused")
	}
	return nil
}

func mayPause(c Case, _ time.Time) error {
	if c.Pauses >= MaxPauses {
		return errs.New(errs.Conflict, "case.pauses", MaxPauses)
	}
	return nil
}

func triedEnough(c Case, _ time.Time) error {
	if c.Tried < TriesToPause {
		return errs.New(errs.Conflict, "case.tries", TriesToPause)
	}
	return nil
}

// triedBefore: two attempts in a row are one.
func triedBefore(c Case, at time.Time) error {
	if c.Tried > 0 && at.Before(c.Due.TriedAt.Add(tryAgain)) {
		return errs.New(errs.Conflict, "case.tried")
	}
	return nil
}

func pauseOver(c Case, at time.Time) error {
	if at.Before(c.Due.Resume) {
		return errs.New(errs.Conflict, "case.paused")
	}
	return nil
}

func withdrawn(c Case, _ time.Time) error {
	if !c.Withdrawn {
		return errs.New(errs.Conflict, "case.not_withdrawn")
	}
	return nil
}

func notWithdrawn(c Case, _ time.Time) error {
	if c.Withdrawn {
		return errs.New(errs.Conflict, "case.withdrawn")
	}
	return nil
}

// Objection is where the citizen's objection to a closing stands; empty: there
// is none.
type Objection string

// The states.
const (
	ObjectionWaits     Objection = "waits"     // 待热线处理
	ObjectionDismissed Objection = "dismissed" // 不成立，已说明
)

// objectable: once a closing, in time, and not what the citizen took back.
func objectable(c Case, at time.Time) error {
	switch {
	case c.Ending == TakenBack:
		return errs.New(errs.Conflict, "case.taken_back")
	case c.Objection != "":
		return errs.New(errs.Conflict, "case.objected")
	case at.After(c.Due.Object):
		return errs.New(errs.Conflict, "case.object_late")
	}
	return nil
}

func objected(c Case, _ time.Time) error {
	if c.Objection != ObjectionWaits {
		return errs.New(errs.Conflict, "case.no_objection")
	}
	return nil
}

// notLawful: what was lawfully refused is explained, not handled again.
func notLawful(c Case, _ time.Time) error {
	if c.Ending == Lawful {
		return errs.New(errs.Conflict, "case.lawful")
	}
	return nil
}

func withPolice(c Case, _ time.Time) error {
	if c.Police == "" {
		return errs.New(errs.Conflict, "case.no_police")
	}
	return nil
}

func notWithPolice(c Case, _ time.Time) error {
	if c.Police != "" {
		return errs.New(errs.Conflict, "case.police")
	}
	return nil
}

// noLetter: one letter at a time.
func noLetter(c Case, _ time.Time) error {
	if c.Letter {
		return errs.New(errs.Conflict, "case.letter")
	}
	return nil
}

func letterWaits(c Case, _ time.Time) error {
	if !c.Letter {
		return errs.New(errs.Conflict, "case.no_letter")
	}
	return nil
}

// Allowed answers whether a move may be made on the case as it stands at a
// time: nil, or an errs.Conflict.
func (c Case) Allowed(m Move, at time.Time) error {
	rule, ok := RuleOf(m)
	if !ok {
		return errs.New(errs.Invalid, "field.invalid", "操作", string(m)).In("move")
	}
	if !slices.Contains(rule.From, c.State) {
		return errs.New(errs.Conflict, "case.state", c.State.Label(), rule.Label)
	}
	for _, holds := range rule.If {
		if err := holds(c, at); err != nil {
			return err
		}
	}
	return nil
}
