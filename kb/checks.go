package kb

import (
	"context"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// GivenID names an answer that was given, at the desk or in a talk: an AnswerID
// or a TurnID.
type GivenID string

// Finding is what an editor found of an answer given.
type Finding string

// The findings.
const (
	FindingRight Finding = "right" // the first entry answers what was asked
	FindingWrong Finding = "wrong" // it does not
	FindingCase  Finding = "case"  // it was no question to be answered, but a matter to be handled
)

// Given is an answer that was given or offered, as it was shown, for an editor
// to say whether it was right. What agent or citizen said of it is not in it:
// that must not lead who checks it.
type Given struct {
	ID    GivenID
	Talk  bool // to a citizen, without a person in between; otherwise to an agent
	Told  Told
	At    time.Time
	Ask   string // masked
	Match Match  // the first, in the version shown
}

// Check is an editor's finding.
type Check struct {
	ID      string
	Given   GivenID
	Talk    bool
	Finding Finding
	By      org.AccountID
	At      time.Time
}

// CheckTally counts findings.
type CheckTally struct{ Right, Wrong, Case int }

// All is how many there are.
func (t CheckTally) All() int { return t.Right + t.Wrong + t.Case }

// CheckStore keeps what editors found.
type CheckStore interface {
	// Unchecked gives up to limit answers given since a time that nobody has
	// checked, the latest first, those before the one named (empty: from the
	// latest).
	Unchecked(ctx context.Context, since time.Time, before GivenID, limit int) ([]Given, error)
	// InsertCheck stores a finding, of which an answer has one. errs.Conflict
	// "check.done", errs.NotFound "check.not_found".
	InsertCheck(ctx context.Context, c Check) error
	// CheckTally counts the findings since a time.
	CheckTally(ctx context.Context, since time.Time) (CheckTally, error)
}

// Checks let editors check the answers given. It is safe for concurrent use.
type Checks struct {
	store CheckStore
	now   func() time.Time
}

// NewChecks makes Checks.
func NewChecks(store CheckStore, now func() time.Time) *Checks {
	return &Checks{store: store, now: now}
}

// checkedWithin is how far back answers are checked: what was given before
// rests on entries that have changed since.
const checkedWithin = 30 * 24 * time.Hour

// Next gives the latest answer that nobody has checked, before the one named
// (empty: of all), and the tally of the last 30 days. errs.NotFound
// "check.none" with the tally when there is none; errs.Forbidden.
func (c *Checks) Next(ctx context.Context, actor org.Actor, before GivenID) (Given, CheckTally, error) {
	if err := org.Can(actor, org.ActReviewKnowledge); err != nil {
		return Given{}, CheckTally{}, err
	}
	if before != "" && !id.Valid(before) {
		before = ""
	}
	since := c.now().Add(-checkedWithin)
	tally, err := c.store.CheckTally(ctx, since)
	if err != nil {
		return Given{}, tally, err
	}
	found, err := c.store.Unchecked(ctx, since, before, 1)
	if err != nil {
		return Given{}, tally, err
	}
	if len(found) == 0 {
		return Given{}, tally, errs.New(errs.NotFound, "check.none")
	}
	return found[0], tally, nil
}

// Find keeps an editor's finding, once an answer. errs.Conflict "check.done"
// when somebody has checked it, errs.NotFound "check.not_found", errs.Forbidden.
func (c *Checks) Find(ctx context.Context, actor org.Actor, given GivenID, talk bool, f Finding) error {
	if err := org.Can(actor, org.ActReviewKnowledge); err != nil {
		return err
	}
	switch f {
	case FindingRight, FindingWrong, FindingCase:
	default:
		return errs.New(errs.Invalid, "field.invalid", "核对结果", string(f)).In("finding")
	}
	if !id.Valid(given) {
		return errs.New(errs.NotFound, "check.not_found")
	}
	return c.store.InsertCheck(ctx, Check{ID: id.New[string](), Given: given, Talk: talk, Finding: f, By: actor.Account, At: c.now()})
}
