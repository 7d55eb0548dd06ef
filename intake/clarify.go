package intake

import (
	"context"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// ClarifyOutcome is what came of calling a citizen back because their matter is
// not clear.
type ClarifyOutcome string

// The outcomes.
const (
	ClarifyClear     ClarifyOutcome = "clear"     // they said what is added to the matter
	ClarifyUnclear   ClarifyOutcome = "unclear"   // they were reached, and it is still not clear
	ClarifyUnreached ClarifyOutcome = "unreached" // nobody answered
)

// Label is the outcome's name on screen; empty for what is none.
func (o ClarifyOutcome) Label() string {
	return map[ClarifyOutcome]string{ClarifyClear: "问清楚了", ClarifyUnclear: "仍不清楚", ClarifyUnreached: "没有联系上"}[o]
}

// ClarifyHours is by when the citizen is to be called: who has called us waits at
// the telephone today.
const ClarifyHours = 24

// ClarifyTries is how many calls that nobody answers settle that a matter cannot
// be made clear.
const ClarifyTries = 3

// Clarification is a matter about which the citizen is to be called back.
type Clarification struct {
	Matter MatterID
	Title  string // of the matter; only in what the store gives
	Text   string
	Why    string // what is not clear, masked
	By     org.AccountID
	ByName string
	At     time.Time
	Due    time.Time
	Done   time.Time // zero: it waits
	Calls  []ClarifyCall
}

// ClarifyCall is one call.
type ClarifyCall struct {
	By      org.AccountID  `json:"by"`
	ByName  string         `json:"name"`
	At      time.Time      `json:"at"`
	Outcome ClarifyOutcome `json:"outcome"`
	Words   string         `json:"words"`
}

// ClarifyStore keeps them. Each change writes its audit line in the same
// transaction.
type ClarifyStore interface {
	// InsertClarification stores one for an open matter; again, when an earlier
	// one is done. errs.NotFound "matter.not_found", errs.Conflict
	// "clarify.asked" and "clarify.decided".
	InsertClarification(ctx context.Context, c Clarification, line org.Audit) error
	// InsertClarifyCall stores a call for one that waits. clear adds the words to
	// the matter, whose suggestion is made anew; clear, unclear and the last of
	// ClarifyTries without an answer end it. errs.Conflict "clarify.done".
	InsertClarifyCall(ctx context.Context, m MatterID, c ClarifyCall, line org.Audit) error
	// Clarifications gives those that wait and whose matter does not keep the
	// reader out, the first due first.
	Clarifications(ctx context.Context, reader org.Actor, limit int) ([]Clarification, error)
	// ClarificationOf gives that of a matter; false when there is none.
	ClarificationOf(ctx context.Context, m MatterID) (Clarification, bool, error)
}

// Clarifications is where people note that a citizen is to be called back, and
// that they were. It is safe for concurrent use.
type Clarifications struct {
	store  ClarifyStore
	prompt Prompter
	now    func() time.Time
}

// NewClarifications makes Clarifications.
func NewClarifications(store ClarifyStore, prompt Prompter, now func() time.Time) *Clarifications {
	return &Clarifications{store, prompt, now}
}

// maxClarifyRunes bounds what is written.
const (
	maxClarifyRunes = 500
	clarifiesListed = 200
)

// Ask puts a matter among those about which somebody calls back.
func (s *Clarifications) Ask(ctx context.Context, actor org.Actor, m MatterID, why string) error {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	switch {
	case !id.Valid(m):
		return errs.New(errs.NotFound, "matter.not_found")
	case why == "":
		return errs.New(errs.Invalid, "field.required", "哪里不清楚").In("why")
	case runes(why) > maxClarifyRunes:
		return errs.New(errs.Invalid, "field.too_long", "哪里不清楚", maxClarifyRunes).In("why")
	}
	c := Clarification{Matter: m, Why: Masked(why), By: actor.Account, At: s.now()}
	c.Due = c.At.Add(ClarifyHours * time.Hour)
	return s.store.InsertClarification(ctx, c, org.Audit{At: c.At, Actor: c.By, Action: "ask_clarify", Object: "matter:" + string(m), Detail: c.Why})
}

// Called notes a call: what the citizen said becomes part of the matter.
func (s *Clarifications) Called(ctx context.Context, actor org.Actor, m MatterID, outcome ClarifyOutcome, words string) error {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return err
	}
	words = strings.TrimSpace(words)
	switch {
	case !id.Valid(m):
		return errs.New(errs.NotFound, "matter.not_found")
	case outcome.Label() == "":
		return errs.New(errs.Invalid, "field.required", "回拨的结果").In("outcome")
	case outcome != ClarifyUnreached && words == "":
		return errs.New(errs.Invalid, "field.required", "诉求人怎么说").In("words")
	case runes(words) > maxClarifyRunes:
		return errs.New(errs.Invalid, "field.too_long", "诉求人怎么说", maxClarifyRunes).In("words")
	}
	c := ClarifyCall{By: actor.Account, At: s.now(), Outcome: outcome, Words: Masked(words)}
	err := s.store.InsertClarifyCall(ctx, m, c, org.Audit{At: c.At, Actor: c.By, Action: "call_clarify", Object: "matter:" + string(m), Detail: outcome.Label()})
	if err == nil && outcome == ClarifyClear {
		s.prompt.Prompt(ctx, m)
	}
	return err
}

// Waiting gives what waits for a call, the first due first.
func (s *Clarifications) Waiting(ctx context.Context, actor org.Actor) ([]Clarification, error) {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return nil, err
	}
	return s.store.Clarifications(ctx, actor, clarifiesListed)
}

// Of gives that of a matter to people at the desk; false when there is none.
func (s *Clarifications) Of(ctx context.Context, actor org.Actor, m MatterID) (Clarification, bool, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return Clarification{}, false, err
	}
	return s.store.ClarificationOf(ctx, m)
}
