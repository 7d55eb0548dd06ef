package classifier

import (
	"context"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// ReplayRun is a replay of a draft as a job does it: asked for, under way, or
// ended with what came of it.
type ReplayRun struct {
	Draft    DraftID
	By       org.AccountID
	At       time.Time // when it was asked for
	Attempts int       // how often it was begun
	Done     int       // rounds of Total
	Total    int       // 0: not known yet
	Ended    bool
	Fault    string // why it came to nothing, in Chinese; empty: it did not
	Figures  Replay // without Routes
}

// Open reports whether a replay is still to be done; none is not.
func (r *ReplayRun) Open() bool { return r != nil && !r.Ended }

// LeafName is a leaf of any version, as people read it.
type LeafName struct {
	Code, Trail string // both empty: no leaf
}

// RouteLine is a Rerouting as it is stored and listed.
type RouteLine struct {
	Ordinal    int // from 0
	Matter     intake.MatterID
	At         time.Time
	Gist       string
	LeafDiffer bool
	Split      bool
	Ended      bool
	Decided    LeafName
	OldLeaf    LeafName
	NewLeaf    LeafName
	Part       LeafName // proposed for a split leaf
	OldLead    org.UnitKind
	NewLead    org.UnitKind
}

// LeadDiffer reports whether another kind of unit would lead.
func (l RouteLine) LeadDiffer() bool { return l.OldLead != l.NewLead }

// RouteFilter says which lines are asked for.
type RouteFilter struct {
	Draft DraftID
	Only  RouteKind
	From  int // the smallest Ordinal
	Limit int
}

// RouteKind is in what a decision would go differently.
type RouteKind string

// The kinds; a decision may be of several.
const (
	AnyRoute   RouteKind = ""
	LeafRoute  RouteKind = "leaf"
	LeadRoute  RouteKind = "lead"
	SplitRoute RouteKind = "split"
	EndedRoute RouteKind = "ended"
)

// ReplayStore keeps replays.
type ReplayStore interface {
	ReplayQueue
	// Routes gives lines in order.
	Routes(ctx context.Context, f RouteFilter) ([]RouteLine, error)
}

// ReplayQueue holds the replays that are still to be done.
type ReplayQueue interface {
	// AskReplay stores an open replay in place of the one before;
	// errs.Conflict "draft.replaying" when that one is open.
	AskReplay(ctx context.Context, r ReplayRun) error
	// ReplayDue reports whether one is open.
	ReplayDue(ctx context.Context) (bool, error)
	// NextReplay gives the open replay that was asked for first and counts that
	// it is begun; errs.NotFound "draft.no_replay".
	NextReplay(ctx context.Context) (ReplayRun, error)
	// ReplayProgress notes how far it is; errs.NotFound "draft.no_replay" when
	// its draft is discarded or it has ended.
	ReplayProgress(ctx context.Context, draft DraftID, done, total int) error
	// EndReplay stores what came of an open replay; nothing happens when it is
	// not open any more.
	EndReplay(ctx context.Context, r ReplayRun, lines []RouteLine, at time.Time) error
}

// Replays runs past decisions through drafts.
type Replays struct {
	store  ReplayStore
	drafts *Drafts
}

// NewReplays makes Replays.
func NewReplays(store ReplayStore, drafts *Drafts) *Replays {
	return &Replays{store: store, drafts: drafts}
}

// Ask asks that a draft be replayed; a job does it. errs.Conflict
// "draft.replaying", "draft.published"; errs.Unavailable "catalogue.none" while
// nothing serves.
func (s *Replays) Ask(ctx context.Context, actor org.Actor, draft DraftID) error {
	d, err := s.drafts.stored(ctx, actor, draft)
	switch {
	case err != nil:
		return err
	case d.Version != "":
		return errs.New(errs.Conflict, "draft.published")
	}
	if _, err := s.drafts.trainer.store.Active(ctx); err != nil {
		return err
	}
	return s.store.AskReplay(ctx, ReplayRun{Draft: draft, By: actor.Account, At: s.drafts.now()})
}

// Status gives a draft as it is stored, without reading its files.
func (s *Replays) Status(ctx context.Context, actor org.Actor, draft DraftID) (StoredDraft, error) {
	return s.drafts.stored(ctx, actor, draft)
}

// Routes gives a part of the list of what a draft would route differently.
func (s *Replays) Routes(ctx context.Context, actor org.Actor, f RouteFilter) ([]RouteLine, error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return nil, err
	}
	return s.store.Routes(ctx, f)
}

// Due reports whether there is anything for RunNext to do.
func (s *Replays) Due(ctx context.Context) (bool, error) { return s.store.ReplayDue(ctx) }

// replayAttempts is how often a replay is begun: a stop of the service in the
// middle of one is no reason to give it up, a process that dies each time is.
const replayAttempts = 4

// RunNext does the replay that was asked for first; nothing happens when there
// is none. One that cannot be done now stays open, until it was begun
// replayAttempts times; one that can never be is ended with the reason.
func (s *Replays) RunNext(ctx context.Context) error {
	run, err := s.store.NextReplay(ctx)
	switch {
	case err != nil && errs.KindOf(err) == errs.NotFound:
		return nil
	case err != nil:
		return err
	}
	var lines []RouteLine
	if run.Attempts > replayAttempts {
		err = errs.New(errs.Internal, "draft.replay_died")
	} else {
		run.Figures, err = s.run(ctx, run)
	}
	if err != nil && (ctx.Err() != nil || errs.KindOf(err) == errs.Unavailable || errs.CodeOf(err) == "draft.no_replay") {
		return err
	}
	if err != nil {
		run.Fault = errs.Sentence(err)
	}
	for i, r := range run.Figures.Routes {
		lines = append(lines, lineOf(i, r))
	}
	if stored := s.store.EndReplay(ctx, run, lines, s.drafts.now()); stored != nil {
		return stored
	}
	return err
}

func (s *Replays) run(ctx context.Context, run ReplayRun) (Replay, error) {
	d, err := s.drafts.store.Draft(ctx, run.Draft)
	if err != nil {
		return Replay{}, err
	}
	built, _, err := s.drafts.build(ctx, d)
	if err != nil {
		return Replay{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	// Who asked was allowed to when asking.
	actor := org.Actor{Account: run.By, Roles: org.Roles{org.RoleAdmin}}
	out, err := s.drafts.trainer.Replay(ctx, actor, built, ReplayMost, func(done, total int) {
		if err := s.store.ReplayProgress(ctx, run.Draft, done, total); err != nil && errs.CodeOf(err) == "draft.no_replay" {
			stop(err) // it was discarded: the rest would be for nothing
		}
	})
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return out, err
}

// lineOf is a Rerouting as it is stored.
func lineOf(ordinal int, r Rerouting) RouteLine {
	name := func(c *Category) LeafName {
		if c == nil {
			return LeafName{}
		}
		return LeafName{Code: c.Code, Trail: c.Trail()}
	}
	return RouteLine{
		Ordinal: ordinal, Matter: r.Matter, At: r.At, Gist: r.Gist, LeafDiffer: r.LeafDiffer, Split: r.Split, Ended: r.Ended,
		Decided: name(r.Decided), OldLeaf: name(r.OldLeaf), NewLeaf: name(r.NewLeaf), Part: name(r.Proposal),
		OldLead: r.OldLead, NewLead: r.NewLead,
	}
}
