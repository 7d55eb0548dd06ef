package intake

import (
	"context"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/text"
)

// ReplyID identifies a Reply.
type ReplyID string

// Reply is what a citizen was told about a matter: by the agent in the call,
// or by a unit in public. It is masked and never changes; it can only be taken
// back.
type Reply struct {
	ID     ReplyID
	Matter MatterID
	Unit   string // whose public reply it is; empty: the agent's own, in the call
	Text   string
	By     org.AccountID
	ByName string // filled in by the store
	At     time.Time
}

// Limits of a reply, in characters (runes).
const (
	MinReplyRunes = 4
	MaxReplyRunes = 5_000
)

// ReplyStore keeps the replies.
type ReplyStore interface {
	// InsertReply stores a reply. An agent's own closes its matter when that
	// waits, as an answer does that solved it. errs.NotFound
	// "matter.not_found".
	InsertReply(ctx context.Context, r Reply) error
	// WithdrawReply takes back the latest reply that an account gave on a
	// matter in its own name, and opens the matter again if that reply closed
	// it. errs.NotFound "reply.none" when there is none.
	WithdrawReply(ctx context.Context, matter MatterID, by org.AccountID, at time.Time) error
	// Replies gives those of a matter that stand, oldest first; none while its
	// message is locked, because they may say again what was locked.
	Replies(ctx context.Context, matter MatterID) ([]Reply, error)
	// AccusationOf gives whom a matter complains of.
	AccusationOf(ctx context.Context, m MatterID) (Accusation, error)
}

// Replies are what citizens were told. It is safe for concurrent use.
type Replies struct {
	store ReplyStore
	now   func() time.Time
}

// NewReplies makes Replies.
func NewReplies(store ReplyStore, now func() time.Time) *Replies {
	return &Replies{store: store, now: now}
}

// Note stores what was told: r.Matter, r.Text and, for a unit's public reply,
// r.Unit; the rest is filled in. The desk calls it for an agent who answered in
// the call, casework for the reply with which a unit closes a case.
// errs.Invalid for a text that is too short to say anything or too long,
// errs.Forbidden, errs.NotFound.
func (s *Replies) Note(ctx context.Context, actor org.Actor, r Reply) (Reply, error) {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return Reply{}, err
	}
	if !id.Valid(r.Matter) {
		return Reply{}, errs.New(errs.NotFound, "matter.not_found")
	}
	said := text.Normalise(r.Text)
	switch n := runes(strings.TrimSpace(said)); {
	case n < MinReplyRunes:
		return Reply{}, errs.New(errs.Invalid, "reply.short").In("text")
	case n > MaxReplyRunes:
		return Reply{}, errs.New(errs.Invalid, "field.too_long", "答复", MaxReplyRunes).In("text")
	}
	if err := s.refuse(ctx, actor, r.Matter); err != nil {
		return Reply{}, err
	}
	r.Text, _ = text.Mask(strings.TrimSpace(said))
	r.ID, r.By, r.ByName, r.At = id.New[ReplyID](), actor.Account, actor.Name, s.now()
	return r, s.store.InsertReply(ctx, r)
}

// TakeBack takes back the actor's own latest reply on a matter.
func (s *Replies) TakeBack(ctx context.Context, actor org.Actor, matter MatterID) error {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return err
	}
	if !id.Valid(matter) {
		return errs.New(errs.NotFound, "matter.not_found")
	}
	if err := s.refuse(ctx, actor, matter); err != nil {
		return err
	}
	return s.store.WithdrawReply(ctx, matter, actor.Account, s.now())
}

// Of gives the replies of a matter that stand, oldest first.
func (s *Replies) Of(ctx context.Context, actor org.Actor, matter MatterID) ([]Reply, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return nil, err
	}
	if !id.Valid(matter) {
		return nil, errs.New(errs.NotFound, "matter.not_found")
	}
	if err := s.refuse(ctx, actor, matter); err != nil {
		return nil, err
	}
	return s.store.Replies(ctx, matter)
}

// refuse tells whom a matter complains of that there is none.
func (s *Replies) refuse(ctx context.Context, actor org.Actor, matter MatterID) error {
	a, err := s.store.AccusationOf(ctx, matter)
	if err == nil && a.Shuns(actor) {
		err = errs.New(errs.NotFound, "matter.not_found")
	}
	return err
}
