package classifier

import (
	"context"
	"time"

	"huying/intake"
	"huying/internal/org"
)

// DefaultFloor is the calibrated probability of the first candidate below which
// the machine says that it has no idea (无把握). Under the starter catalogue
// none of 222 real messages has less than 0.25. Of the 6 below 0.4 the first
// candidate was right in 1 and any of the five in 3: showing them helps as
// often as it misleads. Between 0.4 and 0.5 they are in 0.82 (of 28), from 0.5
// on in 0.97. A lower floor would say so of nothing but gibberish.
const DefaultFloor = 0.4

// Sent says who put a matter before a reviewer, and when.
type Sent struct {
	By   org.AccountID
	Name string // of the account
	At   time.Time
}

// ReviewStore is what putting matters before a reviewer reads and writes.
type ReviewStore interface {
	// SetReview puts a matter that waits before a reviewer, or takes it back,
	// with its audit line, in one transaction. Doing what is done already
	// changes nothing. errs.NotFound "matter.not_found"; errs.Conflict
	// "review.decided" for a matter that does not wait.
	SetReview(ctx context.Context, matter intake.MatterID, sent bool, line org.Audit) error
	// CountReview is how many matters Queue gives with Review set, in all.
	CountReview(ctx context.Context, floor float64, channels []string) (int, error)
}

// Reviews is the queue of the reviewer: what nobody is sure about. Matters
// below the floor are in it by themselves and wait in the agents' queue all the
// same; those that somebody has sent wait here alone. It is safe for
// concurrent use.
type Reviews struct {
	store ReviewStore
	desk  *Desk
}

// NewReviews makes Reviews over the desk on which they are decided.
func NewReviews(store ReviewStore, desk *Desk) *Reviews {
	return &Reviews{store: store, desk: desk}
}

// Send puts a matter before a reviewer. It assigns nothing.
func (r *Reviews) Send(ctx context.Context, actor org.Actor, matter intake.MatterID) error {
	return r.set(ctx, actor, matter, true, "send_to_review")
}

// TakeBack lets a matter wait like the others again.
func (r *Reviews) TakeBack(ctx context.Context, actor org.Actor, matter intake.MatterID) error {
	return r.set(ctx, actor, matter, false, "take_from_review")
}

func (r *Reviews) set(ctx context.Context, actor org.Actor, matter intake.MatterID, sent bool, action string) error {
	if err := r.desk.canTouch(ctx, actor, matter); err != nil {
		return err
	}
	return r.store.SetReview(ctx, matter, sent, org.Audit{
		At: r.desk.now(), Actor: actor.Account, Action: action, Object: "matter:" + string(matter),
	})
}

// Count is how many matters wait for a reviewer.
func (r *Reviews) Count(ctx context.Context, actor org.Actor) (int, error) {
	if err := org.Can(actor, org.ActReview); err != nil {
		return 0, err
	}
	return r.store.CountReview(ctx, r.desk.floor, actor.Channels)
}
