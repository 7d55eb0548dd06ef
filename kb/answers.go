package kb

import (
	"context"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// AnswerStore keeps what was answered.
type AnswerStore interface {
	// LatestAnswer gives the latest instant answer or silence of a matter,
	// with its matches as shown then; errs.NotFound while it was not asked.
	LatestAnswer(ctx context.Context, matter intake.MatterID) (InstantAnswer, error)
	// TalkOf gives the replies of the conversation that became a message, the
	// first ask first; none for a message that came otherwise.
	TalkOf(ctx context.Context, message intake.MessageID) ([]Turn, error)
	// Standing counts how an entry has fared with those who were given it.
	Standing(ctx context.Context, entry EntryID) (Standing, error)
}

// Answers are the instant answers that were given.
type Answers struct{ store AnswerStore }

// NewAnswers makes Answers.
func NewAnswers(store AnswerStore) *Answers { return &Answers{store: store} }

// InstantAnswer gives the latest answer or silence of a matter, or
// errs.NotFound while it was not asked.
func (a *Answers) InstantAnswer(ctx context.Context, actor org.Actor, matter intake.MatterID) (InstantAnswer, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return InstantAnswer{}, err
	}
	if !id.Valid(matter) {
		return InstantAnswer{}, errs.New(errs.NotFound, "matter.not_found")
	}
	return a.store.LatestAnswer(ctx, matter)
}

// TalkOf gives what a citizen asked before it became a message, the first ask
// first; none for a message that came otherwise.
func (a *Answers) TalkOf(ctx context.Context, actor org.Actor, message intake.MessageID) ([]Turn, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return nil, err
	}
	return a.store.TalkOf(ctx, message)
}

// Standing counts how an entry has fared with those who were given it.
func (a *Answers) Standing(ctx context.Context, actor org.Actor, entry EntryID) (Standing, error) {
	if err := org.Can(actor, org.ActAsk); err != nil {
		return Standing{}, err
	}
	return a.store.Standing(ctx, entry)
}
