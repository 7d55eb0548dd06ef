package classifier

import (
	"context"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// QueueItem is one line of the agent's queue: a matter that waits, with what
// the machine thinks of it.
type QueueItem struct {
	Matter      intake.MatterID
	Message     intake.MessageID
	At          time.Time
	Channel     intake.Channel
	Title       string // masked; the title, or the beginning of the text
	Place       string
	Urgency     intake.Urgency // empty: no suggestion yet
	Doubt       Doubt
	Top         string  // name of the first candidate; empty: no suggestion yet
	Probability float64 // of the first candidate
	Sent        *Sent   // to a reviewer; nil: not sent
}

// QueueFilter says what part of the queue to give.
type QueueFilter struct {
	State    intake.MatterState // MatterOpen or MatterDecided …; empty: open
	Before   intake.MatterID    // key paging: only older ones; empty: from the newest
	Limit    int                // 1–200; 0: 50
	Channels []string           // only these; nil: all. An actor bound to channels sees no others
	Unsure   bool               // least certain first instead of newest first, without paging
	Review   bool               // what waits for a reviewer, least certain first, without paging; otherwise what was sent to one is left out
	Of       org.UnitID         // only the queue of this sub-centre, while it is open; empty: all
	City     bool               // only what no open sub-centre has
	Own      org.UnitID         // the actor's unit: if it is a sub-centre, only its queue
	At       time.Time          // now, by which a sub-centre is open
	Reader   org.Actor          // whom the matter must not complain of
	Floor    float64            // of Review: the probability below which a matter is in it by itself
}

// File is everything about one matter that a person needs to decide.
type File struct {
	Message    intake.Message
	Matter     intake.Matter
	Suggestion *Suggestion // the latest; nil while there is none
	Decisions  []Decision  // the chain, oldest first
	Recent     int         // other messages of the same citizen within 30 days
	Sent       *Sent       // to a reviewer; nil: not sent
	Accused    intake.Accusation
	Lost       bool // the suggestion's first candidate is below the floor, or there is none
}

// Accusing says whom matters complain of.
type Accusing interface {
	// AccusationOf gives that of a matter; the zero one when there is none.
	AccusationOf(ctx context.Context, m intake.MatterID) (intake.Accusation, error)
}

// DeskStore is what the desk reads and writes.
type DeskStore interface {
	Accusing
	Queue(ctx context.Context, f QueueFilter) (items []QueueItem, open int, err error)
	// File gives the matter, or errs.NotFound.
	File(ctx context.Context, matter intake.MatterID) (File, error)
	// InsertDecision appends d to its matter's chain after d.Previous, makes
	// its assignments, keeps or drops the confirmed example, and moves the
	// matter's state, in one transaction. The same key of the same account
	// gives back the first decision. errs.Conflict "decision.conflict" when
	// d.Previous is not the head; errs.NotFound for an unknown category, unit
	// or matter.
	InsertDecision(ctx context.Context, d Decision, key string) (Decision, error)
	// InsertVerdict stores what came of the matter's instant answer and moves
	// the matter's state: solved closes it, unsolved opens it again.
	InsertVerdict(ctx context.Context, matter intake.MatterID, solved bool, by org.AccountID, at time.Time) error
	// Accuracy compares decisions made in [from, to) with what was suggested.
	Accuracy(ctx context.Context, from, to time.Time) (Accuracy, error)
}

// Accuracy is how often people kept what was suggested.
type Accuracy struct {
	From, To  time.Time
	Decided   int // effective decisions that name a category and had a suggestion
	LeafRight int // the first candidate was the category decided on
	LeafTop3  int
	LeafTop5  int
	LeadRight int // the lead suggested was the lead decided on
	Declined  int
	Weeks     []AccuracyRow // by week of decision, oldest first
	Channels  []AccuracyRow
	Doubts    []AccuracyRow
	Worst     []ConfusedPair // what was suggested and what was decided, most frequent first, up to 20
}

// AccuracyRow is one line of a break-down.
type AccuracyRow struct {
	Name      string
	Decided   int
	LeafRight int
	LeadRight int
}

// ConfusedPair is a suggestion that people corrected to something else.
type ConfusedPair struct {
	Suggested string
	Decided   string
	Count     int
}

// MaxKeyBytes bounds the client's own name for a request.
const MaxKeyBytes = 100

// Desk is where people decide. It is safe for concurrent use.
type Desk struct {
	store DeskStore
	now   func() time.Time
	blind *BlindDesk // nil: nothing is read blind
	floor float64
}

// NewDesk makes a Desk with the DefaultFloor.
func NewDesk(store DeskStore, now func() time.Time) *Desk {
	return &Desk{store: store, now: now, floor: DefaultFloor}
}

// WithFloor gives a Desk with another floor, in [0,1]; 0: only a matter without
// any candidate is below it.
func (d *Desk) WithFloor(floor float64) *Desk {
	other := *d
	other.floor = floor
	return &other
}

// Beside gives the desk beside one where matters are read blind: whoever sees
// a suggestion here is not asked for that matter there.
func (d *Desk) Beside(b *BlindDesk) *Desk {
	other := *d
	other.blind = b
	return &other
}

// Queue gives the matters that wait, and how many there are in all.
func (d *Desk) Queue(ctx context.Context, actor org.Actor, f QueueFilter) ([]QueueItem, int, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return nil, 0, err
	}
	if f.Review {
		if err := org.Can(actor, org.ActReview); err != nil {
			return nil, 0, err
		}
		f.Floor = d.floor
	}
	f.Reader = actor
	if f.State == "" {
		f.State = intake.MatterOpen
	}
	if len(actor.Channels) > 0 {
		f.Channels = actor.Channels
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	if f.Of != "" && !id.Valid(f.Of) {
		return nil, 0, errs.New(errs.Invalid, "centre.unknown").In("centre")
	}
	f.Own, f.At = actor.Unit, d.now()
	if f.Before != "" && !id.Valid(f.Before) {
		return nil, 0, errs.New(errs.Invalid, "field.invalid", "页码", string(f.Before)).In("before")
	}
	return d.store.Queue(ctx, f)
}

// File gives one matter with all that is known of it.
func (d *Desk) File(ctx context.Context, actor org.Actor, matter intake.MatterID) (File, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return File{}, err
	}
	if !id.Valid(matter) {
		return File{}, errs.New(errs.NotFound, "matter.not_found")
	}
	f, err := d.store.File(ctx, matter)
	if err != nil {
		return File{}, err
	}
	if err := org.CanOn(actor, org.ActReadMessages, string(f.Message.Channel)); err != nil {
		return File{}, err
	}
	if f.Accused.Shuns(actor) {
		return File{}, errs.New(errs.NotFound, "matter.not_found")
	}
	s := f.Suggestion
	if s == nil {
		return f, nil
	}
	f.Lost = len(s.Candidates) == 0 || s.Candidates[0].Probability < d.floor
	return f, d.blind.saw(ctx, actor, matter)
}

// canTouch answers whether the actor may decide on the matter: errs.NotFound, as
// File gives it, for whoever it complains of. Only an actor bound to channels costs
// a look at all of it.
func (d *Desk) canTouch(ctx context.Context, actor org.Actor, matter intake.MatterID) error {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return err
	}
	if len(actor.Channels) > 0 {
		_, err := d.File(ctx, actor, matter)
		return err
	}
	if !id.Valid(matter) {
		return errs.New(errs.NotFound, "matter.not_found")
	}
	a, err := d.store.AccusationOf(ctx, matter)
	if err == nil && a.Shuns(actor) {
		err = errs.New(errs.NotFound, "matter.not_found")
	}
	return err
}

// Decide makes a person's decision take effect. d.Previous must be the head of
// the chain that the person saw (empty: none), otherwise somebody was faster:
// errs.Conflict. key is the client's own name for the request (may be empty);
// repeating it changes nothing and gives the first decision back.
func (d *Desk) Decide(ctx context.Context, actor org.Actor, dec Decision, key string) (Decision, error) {
	if err := d.canTouch(ctx, actor, dec.Matter); err != nil {
		return Decision{}, err
	}
	dec.Appointed = false
	return d.commit(ctx, actor, dec, key)
}

// commit stores a decision by somebody who may make it.
func (d *Desk) commit(ctx context.Context, actor org.Actor, dec Decision, key string) (Decision, error) {
	dec.ID = id.New[DecisionID]()
	dec.By = actor.Account
	dec.At = d.now()
	dec.Purpose = Effective
	if a := dec.Accused; a != nil {
		if a.Hotline && org.Can(actor, org.ActOversee) != nil {
			return Decision{}, errs.New(errs.Forbidden, "accused.oversee")
		}
		said := *a
		said.By, said.At = dec.By, dec.At.UTC().Truncate(time.Microsecond)
		dec.Accused = &said
	}
	if len(key) > MaxKeyBytes {
		return Decision{}, errs.New(errs.Invalid, "field.too_long", "请求编号", MaxKeyBytes).In("key")
	}
	if err := dec.Validate(); err != nil {
		return Decision{}, err
	}
	return d.store.InsertDecision(ctx, dec, key)
}

// Undo takes back the actor's own last decision on the matter, within
// UndoWindow.
func (d *Desk) Undo(ctx context.Context, actor org.Actor, matter intake.MatterID) (Decision, error) {
	f, err := d.File(ctx, actor, matter)
	if err != nil {
		return Decision{}, err
	}
	if len(f.Decisions) == 0 {
		return Decision{}, errs.New(errs.NotFound, "decision.none")
	}
	last := f.Decisions[len(f.Decisions)-1]
	switch {
	case last.Kind == Withdraw:
		return Decision{}, errs.New(errs.NotFound, "decision.none")
	case last.By != actor.Account:
		return Decision{}, errs.New(errs.Conflict, "decision.conflict")
	case d.now().Sub(last.At) > UndoWindow:
		return Decision{}, errs.New(errs.Conflict, "decision.too_late", int(UndoWindow.Seconds()))
	}
	return d.Decide(ctx, actor, Decision{Matter: matter, Previous: last.ID, Kind: Withdraw, Suggestion: last.Suggestion}, "")
}

// Verdict stores whether the instant answer solved the matter.
func (d *Desk) Verdict(ctx context.Context, actor org.Actor, matter intake.MatterID, solved bool) error {
	if err := d.canTouch(ctx, actor, matter); err != nil {
		return err
	}
	return d.store.InsertVerdict(ctx, matter, solved, actor.Account, d.now())
}

// Accuracy tells how often the machine was right, by people's decisions in
// [from, to).
func (d *Desk) Accuracy(ctx context.Context, actor org.Actor, from, to time.Time) (Accuracy, error) {
	if err := org.Can(actor, org.ActReadAccuracy); err != nil {
		return Accuracy{}, err
	}
	return d.store.Accuracy(ctx, from, to)
}
