package classifier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Blind readings measure what the suggestion does to people. Of all matters a
// small share is drawn; once one is decided, a second person who has not seen
// its suggestion says where it belongs. The reading changes nothing: no unit is
// assigned by it and no example made of it.

// MaxBlind is the largest share that can be drawn. The store's index of what
// waits (standing_decision_drawn) holds what can be drawn at this share, so a
// larger one needs another index.
const MaxBlind = 0.05

// BlindWithin is how long after its decision a matter waits for a blind
// reading. It bounds the list: what nobody read by then is left.
const BlindWithin = 14 * 24 * time.Hour

// MaxWaiting is up to how many waiting matters are counted: the count stands on
// every desk page, and beyond a hundred it says no more.
const MaxWaiting = 100

// lots is how many lots there are: three bytes of a digest.
const lots = 1 << 24

// Lot is the matter's lot in [0, 2^24): the first three bytes of the SHA-256 of
// its id, the same in every process and in the store (blind_lot). A matter is
// drawn when its lot is below share × 2^24. The id must be valid.
func Lot(matter intake.MatterID) int {
	raw, err := hex.DecodeString(strings.ReplaceAll(string(matter), "-", ""))
	if err != nil {
		return lots
	}
	d := sha256.Sum256(raw)
	return int(d[0])<<16 | int(d[1])<<8 | int(d[2])
}

// BlindFilter says for whom to look for matters that wait for a blind reading.
type BlindFilter struct {
	Reader org.AccountID
	Below  int             // lots below it are drawn
	Since  time.Time       // decided since
	Matter intake.MatterID // only this one; empty: all
	Limit  int             // of what is listed; 0: they are only counted
}

// BlindItem is one matter that waits for a blind reading. It says nothing of
// what was suggested or decided.
type BlindItem struct {
	Matter  intake.MatterID
	At      time.Time
	Channel intake.Channel
	Title   string // masked; the title, or the beginning of the text
}

// Pass is why somebody is not asked for a blind reading.
type Pass string

// The reasons.
const (
	PassSeen    Pass = "seen"    // has seen the suggestion
	PassSkipped Pass = "skipped" // did not want to say
)

// BlindStore is what blind readings are kept in.
type BlindStore interface {
	// Waiting gives matters whose decision names a category, that are drawn,
	// were read blind by nobody, were decided on by others only and not passed
	// by the reader, oldest decision first, and how many there are in all,
	// counted up to MaxWaiting.
	Waiting(ctx context.Context, f BlindFilter) ([]BlindItem, int, error)
	// File gives the matter, or errs.NotFound.
	File(ctx context.Context, matter intake.MatterID) (File, error)
	// InsertDecision stores a blind decision beside the matter's chain;
	// errs.Conflict "blind.taken" when there is one, errs.Forbidden "blind.own"
	// for whoever decided on the matter.
	InsertDecision(ctx context.Context, d Decision, key string) (Decision, error)
	// InsertPass notes that the account is not to be asked about the matter;
	// the first reason stays.
	InsertPass(ctx context.Context, matter intake.MatterID, by org.AccountID, why Pass, at time.Time) error
	// Agreement compares the blind readings made in [from, to) with what stood
	// when they were made, and counts the decisions of that time on matters
	// that are drawn.
	Agreement(ctx context.Context, from, to time.Time, below int) (Agreement, error)
}

// BlindDesk is where second people read without the suggestion. It is safe for
// concurrent use.
type BlindDesk struct {
	store BlindStore
	below int
	now   func() time.Time
}

// NewBlindDesk makes a BlindDesk that draws the share of all matters, in
// [0, MaxBlind]; 0 draws none.
func NewBlindDesk(store BlindStore, share float64, now func() time.Time) *BlindDesk {
	return &BlindDesk{store: store, below: int(min(max(share, 0), MaxBlind) * lots), now: now}
}

// On reports whether any matters are drawn.
func (b *BlindDesk) On() bool { return b.below > 0 }

// Waiting gives up to limit matters that the actor may read blind, oldest
// decision first, and how many there are, counted up to MaxWaiting.
func (b *BlindDesk) Waiting(ctx context.Context, actor org.Actor, limit int) ([]BlindItem, int, error) {
	if err := org.Can(actor, org.ActDecide); err != nil || !b.On() {
		return nil, 0, err
	}
	return b.store.Waiting(ctx, b.filter(actor, "", limit))
}

func (b *BlindDesk) filter(actor org.Actor, matter intake.MatterID, limit int) BlindFilter {
	return BlindFilter{Reader: actor.Account, Below: b.below, Since: b.now().Add(-BlindWithin), Matter: matter, Limit: limit}
}

// Read gives what a blind reader may see of a matter: the message, without
// suggestion, answer and decisions. errs.NotFound "blind.not_waiting" when the
// matter does not wait for this reader.
func (b *BlindDesk) Read(ctx context.Context, actor org.Actor, matter intake.MatterID) (intake.Message, intake.Matter, error) {
	if err := b.waits(ctx, actor, matter); err != nil {
		return intake.Message{}, intake.Matter{}, err
	}
	f, err := b.store.File(ctx, matter)
	if err != nil {
		return intake.Message{}, intake.Matter{}, err
	}
	f.Message.Matters = nil // their states tell what was decided
	return f.Message, f.Matter, org.CanOn(actor, org.ActDecide, string(f.Message.Channel))
}

// waits fails unless the matter waits for this reader.
func (b *BlindDesk) waits(ctx context.Context, actor org.Actor, matter intake.MatterID) error {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return err
	}
	if !b.On() || !id.Valid(matter) {
		return errs.New(errs.NotFound, "blind.not_waiting")
	}
	found, _, err := b.store.Waiting(ctx, b.filter(actor, matter, 1))
	if err == nil && len(found) == 0 {
		err = errs.New(errs.NotFound, "blind.not_waiting")
	}
	return err
}

// NoneFits is the reason of a blind reading that found no category.
const NoneFits = "复判：没有合适的事项"

// Decide stores what the actor read: a category with or without a lead, or no
// category when none fits. errs.NotFound "blind.not_waiting" when the matter
// does not wait for this reader (any more), and the errors of
// BlindStore.InsertDecision.
func (b *BlindDesk) Decide(ctx context.Context, actor org.Actor, matter intake.MatterID, category CategoryID, lead org.UnitID) error {
	d := Decision{
		ID: id.New[DecisionID](), Matter: matter, Purpose: Blind, Kind: Correct,
		Category: category, Lead: lead, By: actor.Account, At: b.now(),
	}
	if category == "" {
		d.Kind, d.Lead, d.Reason = Decline, "", NoneFits
	}
	if err := d.Validate(); err != nil {
		return err
	}
	if err := b.waits(ctx, actor, matter); err != nil {
		return err
	}
	_, err := b.store.InsertDecision(ctx, d, "")
	return err
}

// Skip notes that the actor does not want to say: another person is asked.
func (b *BlindDesk) Skip(ctx context.Context, actor org.Actor, matter intake.MatterID) error {
	if err := b.waits(ctx, actor, matter); err != nil {
		return err
	}
	return b.store.InsertPass(ctx, matter, actor.Account, PassSkipped, b.now())
}

// Agreement tells how far people agree with each other and with the machine,
// by the blind readings made in [from, to).
func (b *BlindDesk) Agreement(ctx context.Context, actor org.Actor, from, to time.Time) (Agreement, error) {
	if err := org.Can(actor, org.ActReadAccuracy); err != nil {
		return Agreement{}, err
	}
	return b.store.Agreement(ctx, from, to, b.below)
}

// saw notes that the actor has seen the matter's suggestion, if the matter is
// drawn: then the actor is not asked to read it blind. So the pages need not
// hide a suggestion from those who work with it.
func (b *BlindDesk) saw(ctx context.Context, actor org.Actor, matter intake.MatterID) error {
	if b == nil || Lot(matter) >= b.below || actor.Account == "" {
		return nil
	}
	return b.store.InsertPass(ctx, matter, actor.Account, PassSeen, b.now())
}
