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
