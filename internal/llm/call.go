package llm

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"

	"huying/internal/errs"
)

// CallID identifies a Call.
type CallID string

// Call is one question as it is kept: never its words.
type Call struct {
	ID       CallID
	At       time.Time
	Task     Task
	Prompt   string
	Model    string
	Outcome  Outcome
	Reserved int // tokens it may cost at most
	In, Out  int // tokens it did cost
	Latency  time.Duration
}

// Outcome is how a call ended.
type Outcome string

// The outcomes.
const (
	OutcomePending Outcome = "pending" // under way, or cut off by a crash
	OutcomeOK      Outcome = "ok"
	OutcomeCached  Outcome = "cached"  // answered before
	OutcomeRefused Outcome = "refused" // not valid by the schema, cut off, or wrong by what the stage knows
	OutcomeLate    Outcome = "late"    // not within the deadline
	OutcomeBusy    Outcome = "busy"    // the service wants to be asked later
	OutcomeDown    Outcome = "down"    // the service failed or is not there
	OutcomePaused  Outcome = "paused"  // left alone after failures
	OutcomeBudget  Outcome = "budget"  // the day's tokens are used up
	OutcomeRate    Outcome = "rate"    // too many calls in a minute
	OutcomeGone    Outcome = "gone"    // whoever asked has gone
	OutcomeMissing Outcome = "missing" // not among the recorded exchanges
)

// Outcomes lists them in the order in which they are shown.
func Outcomes() []Outcome {
	return []Outcome{OutcomeOK, OutcomeCached, OutcomeRefused, OutcomeLate, OutcomeBusy, OutcomeDown, OutcomePaused, OutcomeBudget, OutcomeRate, OutcomeGone, OutcomeMissing, OutcomePending}
}

// Label is the outcome in words.
func (o Outcome) Label() string {
	switch o {
	case OutcomePending:
		return "正在问"
	case OutcomeOK:
		return "采用"
	case OutcomeCached:
		return "以前问过，没有再问"
	case OutcomeRefused:
		return "回答不合格式，没有采用"
	case OutcomeLate:
		return "来晚了，没有采用"
	case OutcomeBusy:
		return "对方忙"
	case OutcomeDown:
		return "对方出错或连不上"
	case OutcomePaused:
		return "连续出错，暂停中"
	case OutcomeBudget:
		return "今天的额度用完，没有问"
	case OutcomeRate:
		return "问得太密，没有问"
	case OutcomeGone:
		return "问的人已离开"
	case OutcomeMissing:
		return "录下的问答里没有"
	}
	return string(o)
}

// err is the outcome as an error.
func (o Outcome) err(cause error) error {
	if known, ok := errors.AsType[*errs.Error](cause); ok {
		return known
	}
	if o == OutcomeGone {
		return cause
	}
	return errs.Wrap(cause, errs.Unavailable, errs.Code("llm."+string(o)))
}

// outcomeOf is the outcome that an error tells of.
func outcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return OutcomeOK
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return OutcomePaused
	case errors.Is(err, context.Canceled):
		return OutcomeGone
	}
	for _, o := range Outcomes() {
		if errs.CodeOf(err) == errs.Code("llm."+string(o)) {
			return o
		}
	}
	return OutcomeDown
}

// china is where days begin.
var china = time.FixedZone("CST", 8*60*60)

// dayOf is when the day of t began.
func dayOf(t time.Time) time.Time {
	t = t.In(china)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, china)
}
