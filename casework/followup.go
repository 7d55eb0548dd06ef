package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// SameCaller is another matter that the caller of one brought up lately.
type SameCaller struct {
	Matter  intake.MatterID
	Title   string // masked
	Text    string // masked
	At      time.Time
	Channel intake.Channel
	State   intake.MatterState
	Case    CaseID // empty: it is none
	Docket  Docket // of Case
}

// FollowUpStore finds what one person has brought up.
type FollowUpStore interface {
	// SameCaller gives matters of other messages from the phone of a matter's
	// message, within 30 days of it, the latest first; Docket is left empty.
	SameCaller(ctx context.Context, m intake.MatterID, limit int) ([]SameCaller, error)
}

// FollowUp is what a citizen says by phone about a case of theirs: what /receipt
// takes from whoever has the code.
type FollowUp struct {
	Case  CaseID
	Words string // what they add; empty: they ask where it stands (催单)

	// Call is the matter on the desk in which it was said, which is settled by
	// it. Empty: the caller named the case, and it is noted on its page.
	Call       intake.MatterID
	Suggestion classifier.SuggestionID // of Call, as seen on the screen; may be empty
	Previous   classifier.DecisionID   // of Call, as seen on the screen; may be empty
}

// FollowUps is where agents note what citizens say by phone about cases that
// run: it is attached to the case, alerts unit and centre, and restarts no
// clock. It is safe for concurrent use.
type FollowUps struct {
	store FollowUpStore
	cases *Cases
	desk  Decider
}

// NewFollowUps makes FollowUps. A call that was for a case that runs is settled
// on desk.
func NewFollowUps(store FollowUpStore, cases *Cases, desk Decider) *FollowUps {
	return &FollowUps{store: store, cases: cases, desk: desk}
}

// sameCallerShown is how much of one person is listed.
const sameCallerShown = 20

// Of gives what else the caller of a matter brought up lately.
func (f *FollowUps) Of(ctx context.Context, actor org.Actor, m intake.MatterID) ([]SameCaller, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return nil, err
	}
	if !id.Valid(m) {
		return nil, errs.New(errs.NotFound, "matter.not_found")
	}
	all, err := f.store.SameCaller(ctx, m, sameCallerShown)
	for i := range all {
		if all[i].Case == "" {
			continue
		}
		if all[i].Docket, err = f.cases.store.Docket(ctx, Key{ID: all[i].Case}); err != nil {
			return nil, err
		}
	}
	return all, err
}

// MayNote tells whether an actor may note what a citizen says of a case.
func (f *FollowUps) MayNote(actor org.Actor, d Docket) bool {
	return slices.ContainsFunc(d.RelationsOf(actor), func(r Relation) bool { return r == Centre || r == Caller })
}

// Note attaches a follow-up to the case that runs. With a call, that must be
// from the phone of the case, and is settled as a repetition: of two who do so
// at once the second is told (errs.Conflict "decision.conflict") and nothing is
// noted twice. errs.Conflict "case.chased" for a second chase within the hour.
func (f *FollowUps) Note(ctx context.Context, actor org.Actor, u FollowUp) error {
	d, err := f.cases.docket(ctx, actor, u.Case)
	if err != nil {
		return err
	}
	if !f.MayNote(actor, d) {
		return errs.New(errs.Forbidden, "case.not_yours", "代诉求人催单、补充")
	}
	if u.Call != "" {
		if err := f.sameCaller(ctx, u); err != nil {
			return err
		}
	}
	if d, err = f.cases.onward(ctx, d); err != nil {
		return err
	}
	e := Event{At: f.cases.now(), By: actor.Account, Move: Chase, Reason: string(u.Call)}
	if words := strings.TrimSpace(u.Words); words != "" {
		if len([]rune(words)) > MaxTextRunes {
			return errs.New(errs.Invalid, "field.too_long", "补充的情况", MaxTextRunes).In("text")
		}
		e.Move = Supplement
		e.Text, _ = f.cases.mask(words)
	}
	if err := f.cases.mayFollow(ctx, d, e); err != nil {
		return err
	}
	if u.Call != "" {
		_, err := f.desk.Decide(ctx, actor, classifier.Decision{
			Matter: u.Call, Suggestion: u.Suggestion, Previous: u.Previous, Kind: classifier.Decline,
			Reason: "与已登记的诉求重复，已记到工单 " + d.Number,
		}, "")
		if err != nil {
			return err
		}
	}
	_, err = f.cases.store.Move(ctx, d.ID, AnySeen, func(c Case, s Subject) (Step, error) {
		if e.Move == Supplement && c.Paused() {
			e.Move = Respond
		}
		return f.cases.planner.Plan(c, s, e, time.Time{})
	})
	return err
}

// sameCaller fails unless the call is from the phone of the case.
func (f *FollowUps) sameCaller(ctx context.Context, u FollowUp) error {
	if !id.Valid(u.Call) {
		return errs.New(errs.NotFound, "matter.not_found")
	}
	all, err := f.store.SameCaller(ctx, u.Call, sameCallerShown)
	if err == nil && !slices.ContainsFunc(all, func(k SameCaller) bool { return k.Case == u.Case }) {
		err = errs.New(errs.Invalid, "follow.stranger").In("matter")
	}
	return err
}

// mayFollow fails when what a citizen says cannot be attached to a case now.
func (s *Cases) mayFollow(ctx context.Context, d Docket, e Event) error {
	if err := s.planner.AllowedOn(d, e.Move, e.At); err != nil || e.Move != Chase {
		return err
	}
	_, history, err := s.store.CaseFile(ctx, d.ID)
	if err != nil {
		return err
	}
	for _, was := range history {
		if was.Move == Chase && e.At.Sub(was.At) < chaseAgain {
			return errs.New(errs.Conflict, "case.chased")
		}
	}
	return nil
}
