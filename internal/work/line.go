// Package work holds what is done for a message, whoever calls: the request
// that brought it, or the job that finds it undone after a crash. It calls the
// stages and knows no queue.
package work

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/query"
	"huying/kb"
)

// Outcome is what the line made of one matter, stored in one transaction.
type Outcome struct {
	Matter     intake.MatterID
	Query      query.Query // its vectors are kept for learning
	Suggestion classifier.Suggestion
	Answer     kb.InstantAnswer
}

// Store is what the line reads and writes.
type Store interface {
	classifier.MatterStore
	// InsertOutcome stores vectors, suggestion and instant answer of a matter
	// in one transaction. stored is false, and nothing is written, when
	// another process was first.
	InsertOutcome(ctx context.Context, o Outcome) (stored bool, err error)
	// Unsuggested gives up to limit matters received before the time that have
	// no suggestion, oldest first.
	Unsuggested(ctx context.Context, before time.Time, limit int) ([]intake.MatterID, error)
}

// Answerer is the knowledge base as the line needs it.
type Answerer interface {
	Find(ctx context.Context, q query.Query, o kb.Options) (*kb.Found, error)
}

// Suggester is the classifier as the line needs it.
type Suggester interface {
	Suggest(ctx context.Context, q query.Query, o classifier.Options) (classifier.Suggestion, error)
	Part(ctx context.Context, q query.Query, o classifier.Options, text string) (classifier.Part, error)
}

// Line is the whole way from a delivery to a stored suggestion. It is safe for
// concurrent use.
type Line struct {
	intake  *intake.Intake
	queries *query.Builder
	answers Answerer
	suggest Suggester
	splits  *classifier.Splits
	store   Store
	now     func() time.Time
	log     *slog.Logger
}

// Parts is what a Line is made of; all are needed but Splits.
type Parts struct {
	Intake  *intake.Intake
	Queries *query.Builder
	Answers Answerer
	Suggest Suggester
	Splits  *classifier.Splits // nil: no matter is cut
	Store   Store
	Now     func() time.Time
	Log     *slog.Logger
}

// NewLine wires a Line.
func NewLine(p Parts) *Line {
	return &Line{
		intake: p.Intake, queries: p.Queries, answers: p.Answers, suggest: p.Suggest,
		splits: p.Splits, store: p.Store, now: p.Now, log: p.Log,
	}
}

// Receive stores a delivery and makes its suggestions at once. A message that
// is stored is never lost: when the suggestion fails (a dead model, say), the
// receipt comes back all the same and CatchUp does it later.
func (l *Line) Receive(ctx context.Context, actor org.Actor, d intake.Delivery) (intake.Receipt, error) {
	r, _, _, err := l.Take(ctx, actor, d)
	return r, err
}

// Take is Receive for a caller that shows at once what was made: the
// suggestions and instant answers as they were stored, each naming its matter.
// Those of a matter that was put off, that another process made, or that was
// known already are not among them; the store has them or will have them.
func (l *Line) Take(ctx context.Context, actor org.Actor, d intake.Delivery) (intake.Receipt, []classifier.Suggestion, []kb.InstantAnswer, error) {
	r, err := l.intake.Receive(ctx, actor, d)
	if err != nil || r.Message == nil || r.Duplicate {
		return r, nil, nil, err
	}
	var suggestions []classifier.Suggestion
	var answers []kb.InstantAnswer
	if r.Message.Secret.Shut() {
		return r, nil, nil, nil // nothing is made of its words before a person has looked
	}
	for _, m := range r.Message.Matters {
		o, stored, err := l.suggestFor(ctx, m, *r.Message)
		switch {
		case err != nil:
			l.log.WarnContext(ctx, "suggestion put off", "matter", m.ID, "error", err)
		case stored:
			suggestions, answers = append(suggestions, o.Suggestion), append(answers, o.Answer)
		}
	}
	return r, suggestions, answers, nil
}

// Suggest makes the suggestion and the instant answer of one matter, unless
// they are stored already. Repeating it is harmless.
func (l *Line) Suggest(ctx context.Context, matter intake.MatterID) error {
	m, msg, done, err := l.store.MatterToSuggest(ctx, matter)
	if err != nil || done {
		return err
	}
	_, _, err = l.suggestFor(ctx, m, msg)
	return err
}

// suggestFor makes and stores what a matter gets; stored is false when another
// process was first.
func (l *Line) suggestFor(ctx context.Context, m intake.Matter, msg intake.Message) (o Outcome, stored bool, err error) {
	q, err := l.queries.Build(ctx, m.Title, m.Text)
	if err != nil {
		return Outcome{}, false, err
	}
	now := l.now()
	var found *kb.Found
	var s classifier.Suggestion
	both, within := errgroup.WithContext(ctx)
	var parts []classifier.Part
	both.Go(func() error {
		parts = l.parts(within, m, msg, now)
		return nil
	})
	both.Go(func() (err error) {
		found, err = l.answers.Find(within, q, kb.Options{Area: msg.Area, Now: now, Build: l.queries.Build})
		return err
	})
	both.Go(func() (err error) {
		s, err = l.suggest.Suggest(within, q, classifier.Options{Area: msg.Area, Now: now})
		return err
	})
	if err := both.Wait(); err != nil {
		return Outcome{}, false, err
	}
	s.ID, s.Matter, s.At, s.Parts = id.New[classifier.SuggestionID](), m.ID, now, parts
	o = Outcome{Matter: m.ID, Query: q, Suggestion: s, Answer: Answer(m.ID, found.Decide(s.Type, s.Urgency), now)}
	stored, err = l.store.InsertOutcome(ctx, o)
	return o, stored, err
}

// Answer turns a result into the row that is kept of it.
func Answer(matter intake.MatterID, r kb.Result, now time.Time) kb.InstantAnswer {
	a := kb.InstantAnswer{
		ID:       id.New[kb.AnswerID](),
		Matter:   matter,
		At:       now,
		Answered: r.Answered,
		Silence:  r.Silence,
		Policy:   r.Policy,
		Matches:  r.Matches,
		Sight:    r.Sight,
	}
	if len(r.Matches) > 0 {
		best := r.Matches[0]
		a.Entry, a.EntryVersion, a.Score = best.Entry.ID, best.Entry.Version, best.Score
	}
	return a
}

// catchUpAge is how old a matter without a suggestion must be before CatchUp
// takes it: older than any request that may still be at it.
const catchUpAge = 30 * time.Second

// CatchUp makes the suggestions that are missing because a process died or a
// part was down. The matter's row without a suggestion is the job: it was
// committed together with the message. It stops at the first part that is
// unavailable, and returns how many it made.
func (l *Line) CatchUp(ctx context.Context) (int, error) {
	const batch = 100
	done := 0
	for {
		ids, err := l.store.Unsuggested(ctx, l.now().Add(-catchUpAge), batch)
		if err != nil || len(ids) == 0 {
			return done, err
		}
		before := done
		for _, m := range ids {
			err := l.Suggest(ctx, m)
			switch {
			case err == nil:
				done++
			case ctx.Err() != nil || errs.KindOf(err) == errs.Unavailable:
				return done, err
			default:
				l.log.ErrorContext(ctx, "suggestion failed", "matter", m, "error", err)
			}
		}
		if done == before {
			return done, nil
		}
	}
}
