package kb

import (
	"context"
	"time"

	"huying/intake"
	"huying/internal/query"
)

// The identifiers of rounds.
type (
	RoundID string
	GroupID string
)

// RoundKind says whether a round had an answer.
type RoundKind string

// The kinds.
const (
	Answered   RoundKind = "answered"   // an entry that solved it, or what an agent or a unit replied
	Unanswered RoundKind = "unanswered" // silence, or an entry that did not help
)

// Round is a matter as it was asked, with the answer that was given to it, or
// without one.
type Round struct {
	ID           RoundID
	Kind         RoundKind
	Matter       intake.MatterID
	Group        GroupID // empty: not compared with the others yet
	Caller       string  // the same for the same person; for counting only
	At           time.Time
	Title, Body  string // of the matter, masked
	Answer       string // masked; empty when unanswered
	Unit         string // whose answer it is; may be empty
	Entry        EntryID
	EntryVersion int       // the entry that was given; of one unanswered the nearest, or the one that did not help
	Unsolved     bool      // an answer was given and did not help
	Vector       []float32 // of the question
	AnswerVector []float32 // nil when unanswered
}

// Question is what was asked, as one text.
func (r Round) Question() string { return query.Join(r.Title, r.Body) }

// Placement says where a round belongs. The groups in Merge are one with it,
// and end.
type Placement struct {
	Round        RoundID
	Kind         RoundKind
	Group        GroupID
	New          bool // the group is made with it
	Merge        []GroupID
	Model        string
	Vector       []float32
	AnswerVector []float32
	At           time.Time
}

// RoundStore keeps the rounds.
type RoundStore interface {
	// GatherRounds brings in up to limit rounds of what was answered, judged
	// and replied since it did so last, of what was not answered no longer ago
	// than GapLife, and takes out those whose answer was taken back or replaced. It returns how many it changed; 0: all are there.
	GatherRounds(ctx context.Context, limit int, at time.Time) (int, error)
	// UnplacedRounds gives up to limit rounds that have no group, or no vector
	// of the model, oldest first; Vector is set where the matter has one.
	UnplacedRounds(ctx context.Context, model string, limit int) ([]Round, error)
	// NearRounds gives up to members latest rounds, each of another caller, of
	// every group in which one of the nearest rounds to r lies, by question or
	// by answer; all with their vectors.
	NearRounds(ctx context.Context, model string, r Round, nearest, members int) ([]Round, error)
	// PlaceRound stores a placement: vectors, group, and the end of the groups
	// that were merged. A group with a decided proposal outlives one without;
	// two such groups stay two.
	PlaceRound(ctx context.Context, p Placement) error
	// ForgetUnanswered drops the unanswered rounds before a time and the
	// groups that are empty then.
	ForgetUnanswered(ctx context.Context, before time.Time) error
}

// GapLife is how long an unanswered round is kept.
const GapLife = 90 * 24 * time.Hour

// Sizes of a run.
const (
	roundBatch   = 200
	nearestKept  = 30     // rounds nearest to one by question, and as many by answer, whose groups it is compared with
	membersKept  = 12     // rounds of a group that stand for it
	maxRoundsRun = 20_000 // of one run: the rest is for the next one
)

// Rounds finds what is asked again and again. It is not safe for concurrent
// use: one run at a time, in the whole cluster.
type Rounds struct {
	store   RoundStore
	queries *query.Builder
	same    sameness
	now     func() time.Time
}

// NewRounds makes Rounds.
func NewRounds(store RoundStore, queries *query.Builder, now func() time.Time) (*Rounds, error) {
	w, err := readWeights(speech)
	if err != nil {
		return nil, err
	}
	return &Rounds{store: store, queries: queries, same: sameness{w}, now: now}, nil
}

// Run brings in what is new and puts each round to its like. Each is compared
// with a bounded number of others, whatever the history holds. It returns how
// many were placed; a run that ends early is completed by the next.
func (r *Rounds) Run(ctx context.Context) (int, error) {
	for {
		n, err := r.store.GatherRounds(ctx, 10*roundBatch, r.now())
		if err != nil {
			return 0, err
		}
		if n == 0 {
			break
		}
	}
	if err := r.store.ForgetUnanswered(ctx, r.now().Add(-GapLife)); err != nil {
		return 0, err
	}
	placed, seen := 0, map[RoundID]bool{}
	for placed < maxRoundsRun {
		rounds, err := r.store.UnplacedRounds(ctx, r.queries.Model(), roundBatch)
		if err != nil {
			return placed, err
		}
		before := placed
		for _, round := range rounds {
			if seen[round.ID] {
				continue // nothing in it can be embedded
			}
			if err := r.place(ctx, round); err != nil {
				return placed, err
			}
			seen[round.ID] = true
			placed++
		}
		if placed == before {
			break
		}
	}
	return placed, nil
}

// place finds the group of one round and stores it.
func (r *Rounds) place(ctx context.Context, round Round) error {
	if round.Vector == nil {
		q, err := r.queries.Build(ctx, round.Title, round.Body)
		if err != nil {
			return err
		}
		round.Vector = q.Vector
	}
	if round.Answer != "" {
		q, err := r.queries.Build(ctx, "", round.Answer)
		if err != nil {
			return err
		}
		round.AnswerVector = q.Vector
	}
	p := Placement{
		Round: round.ID, Kind: round.Kind, Group: round.Group, Model: r.queries.Model(),
		Vector: round.Vector, AnswerVector: round.AnswerVector, At: r.now(),
	}
	if p.Group == "" && round.Vector != nil {
		near, err := r.store.NearRounds(ctx, p.Model, round, nearestKept, membersKept)
		if err != nil {
			return err
		}
		p.Group, p.Merge = r.same.join(round, near)
	}
	if p.Group == "" {
		p.Group, p.New = newGroup(), true
	}
	return r.store.PlaceRound(ctx, p)
}
