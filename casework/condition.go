package casework

import (
	"slices"
	"time"

	"huying/internal/errs"
)

// disputeFrom is how many units have given a case back when it becomes a
// dispute over duty. What is decided on that is final: nobody returns it again.
const disputeFrom = 2

// MaxCalls is how often the citizen is called before a case leaves the rates.
const MaxCalls = 3

// Condition is what must hold, besides state and party, for a move at a time
// under the rules: nil, or an errs.Conflict that says what does not.
type Condition func(c Case, rules DeadlineRules, at time.Time) error

// unless makes the condition that something is not so; code and args say that
// it is.
func unless(code errs.Code, is func(c Case, at time.Time) bool, args ...any) Condition {
	return func(c Case, _ DeadlineRules, at time.Time) error {
		if is(c, at) {
			return errs.New(errs.Conflict, code, args...)
		}
		return nil
	}
}

// within makes the condition that something has not happened as often as the
// rules let it; code says that it has.
func within(code errs.Code, most func(DeadlineRules) int, times func(Case) int) Condition {
	return func(c Case, rules DeadlineRules, _ time.Time) error {
		if n := most(rules); times(c) >= n {
			return errs.New(errs.Conflict, code, n)
		}
		return nil
	}
}

var (
	// firstReturn: one return a unit.
	firstReturn  = unless("case.returned_before", func(c Case, _ time.Time) bool { return slices.Contains(c.ReturnedBy, c.Unit) })
	inReturnTime = unless("case.return_late", func(c Case, at time.Time) bool { return at.After(c.Due.Return) })
	nothingAsked = unless("case.asked", func(c Case, _ time.Time) bool { return c.Asked > 0 })
	mayAskMore   = within("case.extended", func(r DeadlineRules) int { return r.Extensions }, func(c Case) int { return c.Extensions })
	// notLate: who is late asks for nothing more.
	notLate        = unless("case.late", func(c Case, at time.Time) bool { return at.After(c.Due.Citizen) })
	somethingAsked = unless("case.not_asked", func(c Case, _ time.Time) bool { return c.Asked == 0 })
	promiseDue     = unless("case.no_promise", func(c Case, at time.Time) bool { return c.Ending != ByDate || at.Before(c.Due.Promise) })
	// reopenedEnough: until then it is handled again.
	reopenedEnough = Condition(func(c Case, rules DeadlineRules, _ time.Time) error {
		if c.Reopened < rules.Reopened {
			return errs.New(errs.Conflict, "case.not_reopened", rules.Reopened)
		}
		return nil
	})
	mayReopen = within("case.reopened", func(r DeadlineRules) int { return r.Reopened }, func(c Case) int { return c.Reopened })
)

// Disputed reports whether units dispute whose duty the case is.
func (c Case) Disputed() bool { return c.State == Returned && len(c.ReturnedBy) >= disputeFrom }

var (
	disputed = unless("case.no_dispute", func(c Case, _ time.Time) bool { return !c.Disputed() })
	notRuled = unless("case.ruled", func(c Case, _ time.Time) bool { return len(c.ReturnedBy) >= disputeFrom })
	// notCalled: the citizen has not answered yet, and not been missed too often.
	notCalled = unless("case.called", func(c Case, _ time.Time) bool {
		return c.Callback != "" || c.Calls >= MaxCalls || c.Ending == TakenBack
	})
	// notRated: whoever was not reached by phone may still say it by the link.
	notRated      = unless("case.called", func(c Case, _ time.Time) bool { return c.Callback != "" || c.Ending == TakenBack })
	toExplain     = unless("case.no_explain", func(c Case, _ time.Time) bool { return c.Explaining != ToExplain })
	noOrder       = unless("case.ordered", func(c Case, _ time.Time) bool { return c.Ordered == OrderWaits })
	orderWaits    = unless("case.no_order", func(c Case, _ time.Time) bool { return c.Ordered != OrderWaits })
	orderAnswered = unless("case.no_feedback", func(c Case, _ time.Time) bool { return c.Ordered != OrderAnswered })
)

// What comes before a pause: attempts to reach the citizen, and the time that
// lies between two of them.
const (
	TriesToPause = 2
	tryAgain     = 2 * time.Hour
)

// Paused reports whether the clocks stand because the citizen is waited for.
func (c Case) Paused() bool { return !c.Due.PausedAt.IsZero() }

var (
	paused      = unless("case.not_paused", func(c Case, _ time.Time) bool { return !c.Paused() })
	notPaused   = unless("case.paused", func(c Case, _ time.Time) bool { return c.Paused() })
	mayPause    = within("case.pauses", func(r DeadlineRules) int { return r.Pauses }, func(c Case) int { return c.Pauses })
	triedEnough = unless("case.tries", func(c Case, _ time.Time) bool { return c.Tried < TriesToPause }, TriesToPause)
	// triedBefore: two attempts in a row are one.
	triedBefore  = unless("case.tried", func(c Case, at time.Time) bool { return c.Tried > 0 && at.Before(c.Due.TriedAt.Add(tryAgain)) })
	pauseOver    = unless("case.paused", func(c Case, at time.Time) bool { return at.Before(c.Due.Resume) })
	withdrawn    = unless("case.not_withdrawn", func(c Case, _ time.Time) bool { return !c.Withdrawn })
	notWithdrawn = unless("case.withdrawn", func(c Case, _ time.Time) bool { return c.Withdrawn })
)

// Objection is where the citizen's objection to a closing stands; empty: there
// is none.
type Objection string

// The states.
const (
	ObjectionWaits     Objection = "waits"     // 待热线处理
	ObjectionDismissed Objection = "dismissed" // 不成立，已说明
)

// objectable: once a closing, in time, and not what the citizen took back.
func objectable(c Case, _ DeadlineRules, at time.Time) error {
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

var (
	objected = unless("case.no_objection", func(c Case, _ time.Time) bool { return c.Objection != ObjectionWaits })
	// notLawful: what was lawfully refused is explained, not handled again.
	notLawful     = unless("case.lawful", func(c Case, _ time.Time) bool { return c.Ending == Lawful })
	withPolice    = unless("case.no_police", func(c Case, _ time.Time) bool { return c.Police == "" })
	notWithPolice = unless("case.police", func(c Case, _ time.Time) bool { return c.Police != "" })
	// somethingUntold: a notification that the citizen needs reached nobody.
	somethingUntold = unless("case.told", func(c Case, _ time.Time) bool { return c.Untold == 0 })
	flagged         = unless("case.not_flagged", func(c Case, _ time.Time) bool { return !c.Flagged })
	notFlagged      = unless("case.flagged", func(c Case, _ time.Time) bool { return c.Flagged })
	// noLetter: one letter at a time.
	noLetter    = unless("case.letter", func(c Case, _ time.Time) bool { return c.Letter })
	letterWaits = unless("case.no_letter", func(c Case, _ time.Time) bool { return !c.Letter })
)

// UndoMerge is how long a wrong merge may be undone: by then both citizens have
// been told what became of their matters as one.
const UndoMerge = 72 * time.Hour

var (
	mergedLately = unless("case.merged_long", func(c Case, at time.Time) bool {
		return c.Due.MergedAt.IsZero() || at.After(c.Due.MergedAt.Add(UndoMerge))
	}, int(UndoMerge/(24*time.Hour)))
	joined = unless("case.not_joined", func(c Case, _ time.Time) bool { return c.Joined == 0 })
)

// Allowed answers whether a move may be made on the case as it stands at a
// time, under the rules as they are: nil, or an errs.Conflict.
func (p *Planner) Allowed(c Case, m Move, at time.Time) error {
	return c.allowed(m, p.rules.Current(), at)
}

func (c Case) allowed(m Move, rules DeadlineRules, at time.Time) error {
	rule, ok := RuleOf(m)
	if !ok {
		return errs.New(errs.Invalid, "field.invalid", "操作", string(m)).In("move")
	}
	if !slices.Contains(rule.From, c.State) {
		return errs.New(errs.Conflict, "case.state", c.State.Label(), rule.Label)
	}
	for _, holds := range rule.If {
		if err := holds(c, rules, at); err != nil {
			return err
		}
	}
	return nil
}
