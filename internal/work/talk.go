package work

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/query"
	"huying/kb"
)

// TalkStore keeps what was asked without a person in between.
type TalkStore interface {
	// InsertTurn stores a reply and, with its first, the conversation. When
	// the ask is known already, nothing is stored and the first reply comes
	// back. errs.Invalid "area.unknown" for an area that does not exist.
	InsertTurn(ctx context.Context, c kb.Conversation, r kb.Turn) (kb.Turn, error)
	// Reply gives a reply of the conversation named, or errs.NotFound
	// "turn.not_found".
	Turn(ctx context.Context, c kb.Conversation, reply kb.TurnID) (kb.Turn, error)
	// SettleTurn stores what came of a reply: the verdict, unless it is empty,
	// and the message, unless it is.
	SettleTurn(ctx context.Context, reply kb.TurnID, v kb.Verdict, m intake.MessageID, at time.Time) error
	// Entry gives an entry in any state, or errs.NotFound.
	Entry(ctx context.Context, entry kb.EntryID) (kb.Entry, error)
}

// Talk answers citizens without a person in between, and hands what it cannot
// answer to one. It is safe for concurrent use.
type Talk struct {
	line    *Line
	queries *query.Builder
	answers Answerer
	store   TalkStore
	check   Check // nil: nobody reads answers
	now     func() time.Time
	log     *slog.Logger
}

// Check gives what is known of an answer before a citizen gets it; false: nothing.
// It may only lower it, and keeps nobody waiting.
type Check func(ctx context.Context, asked string, e kb.Entry) (kb.FitReading, bool)

// WithCheck lets answers be read, before the Talk is used.
func (t *Talk) WithCheck(check Check) { t.check = check }

// NewTalk makes a Talk whose messages go down the line.
func NewTalk(line *Line, store TalkStore) *Talk {
	return &Talk{line: line, queries: line.queries, answers: line.answers, store: store, now: line.now, log: line.log}
}

// conversation names the conversation of an actor.
func conversation(actor org.Actor, channel intake.Channel, external string) kb.Conversation {
	return kb.Conversation{By: actor.Account, Channel: channel, External: external}
}

// Ask answers a question, or offers what may be meant, or is silent. What
// tells of danger becomes a message at once. The same ask a second time gives
// the first reply. It returns an errs.List that names each faulty field,
// errs.Forbidden or errs.Unavailable.
func (t *Talk) Ask(ctx context.Context, actor org.Actor, a kb.Ask) (kb.Turn, error) {
	if err := org.CanOn(actor, org.ActConverse, string(a.Channel)); err != nil {
		return kb.Turn{}, err
	}
	if err := a.Validate(); err != nil {
		return kb.Turn{}, err
	}
	r, err := t.reply(ctx, a)
	if err != nil {
		return kb.Turn{}, err
	}
	r, err = t.store.InsertTurn(ctx, t.opened(actor, a), r)
	if err != nil || !r.Danger() || r.Message != "" {
		return r, err
	}
	r.Message, err = t.handOver(ctx, actor, a.Channel, r, kb.Contact{Text: a.Text})
	return r, err
}

// opened is the conversation of an ask, with an id in case it is the first.
func (t *Talk) opened(actor org.Actor, a kb.Ask) kb.Conversation {
	c := conversation(actor, a.Channel, a.Conversation)
	c.ID = id.New[kb.ConversationID]()
	return c
}

// reply asks the knowledge base. When the embedder does not answer, it is
// asked by words alone, and then never answers by itself.
func (t *Talk) reply(ctx context.Context, a kb.Ask) (kb.Turn, error) {
	masked := intake.Masked(a.Text)
	q, down, err := kb.QueryOf(ctx, t.queries, masked)
	if err != nil {
		return kb.Turn{}, err
	}
	if down != nil {
		t.log.WarnContext(ctx, "asked by words alone", "error", down)
	}
	now := t.now()
	found, err := t.answers.Find(ctx, q, kb.Options{Area: a.Area, Now: now, Build: t.queries.Build})
	if err != nil {
		return kb.Turn{}, err
	}
	result := found.Decide("", "")
	r := kb.Turn{
		ID: id.New[kb.TurnID](), External: a.Message, At: now, Ask: masked, Area: a.Area,
		Told: result.Told(), Silence: result.Silence, Policy: result.Policy, Matches: result.Matches,
	}
	if result.Fitted {
		r.Sight = result.Sight
	}
	if len(r.Matches) > 0 {
		best := r.Matches[0]
		r.Entry, r.EntryVersion, r.Score = best.Entry.ID, best.Entry.Version, best.Score
	}
	return t.read(ctx, r), nil
}

// read lowers an answer of which something is known. Whoever reads may fail, or
// not have read it yet: then it is as without.
func (t *Talk) read(ctx context.Context, r kb.Turn) kb.Turn {
	best, ok := r.Answer()
	if !ok || t.check == nil {
		return r
	}
	reading, ok := t.check(ctx, r.Ask, best.Entry)
	if !ok {
		return r
	}
	return reading.Settle(r)
}

// Choose gives the entry that a citizen chose among those of a reply, as it
// stands now. errs.Conflict "reply.retired" when it does not hold any more.
func (t *Talk) Choose(ctx context.Context, actor org.Actor, channel intake.Channel, external string, reply kb.TurnID, entry kb.EntryID) (kb.Turn, error) {
	first, err := t.find(ctx, actor, channel, external, reply)
	if err != nil {
		return kb.Turn{}, err
	}
	chosen := kb.Match{}
	var others []kb.Match
	for _, m := range first.Matches {
		if m.Entry.ID == entry {
			chosen = m
		} else {
			others = append(others, m)
		}
	}
	if chosen.Entry.ID == "" || first.Told == kb.ToldSilent {
		return kb.Turn{}, errs.New(errs.NotFound, "reply.not_offered")
	}
	now := t.now()
	if chosen.Entry, err = t.store.Entry(ctx, entry); err != nil {
		return kb.Turn{}, err
	}
	if !chosen.Entry.Holds(now) {
		return kb.Turn{}, errs.New(errs.Conflict, "reply.retired", chosen.Entry.Question)
	}
	r := kb.Turn{
		ID: id.New[kb.TurnID](), External: string(reply) + " " + string(entry), At: now, Ask: first.Ask, Area: first.Area,
		Told: kb.ToldAnswer, Chosen: true, Entry: entry, EntryVersion: chosen.Entry.Version, Score: chosen.Score,
		Policy: first.Policy, Matches: append([]kb.Match{chosen}, others...),
	}
	if first.Entry == entry {
		r.Sight = first.Sight // the policy judged this entry, so what comes of it is a label
	}
	c := conversation(actor, channel, external)
	c.ID = first.Conversation
	return t.store.InsertTurn(ctx, c, r)
}

// Judge notes what came of a reply. Not solved, it becomes a message, once,
// which is in what comes back. errs.NotFound "turn.not_found" when the
// conversation has no such reply, an errs.List for a contact that cannot be.
func (t *Talk) Judge(ctx context.Context, actor org.Actor, channel intake.Channel, external string, reply kb.TurnID, v kb.Verdict, c kb.Contact) (kb.Turn, error) {
	if v != kb.VerdictSolved && v != kb.VerdictUnsolved {
		return kb.Turn{}, errs.New(errs.Invalid, "field.invalid", "结果", string(v)).In("verdict")
	}
	r, err := t.find(ctx, actor, channel, external, reply)
	if err != nil {
		return kb.Turn{}, err
	}
	if v == kb.VerdictUnsolved && r.Message == "" {
		if r.Message, err = t.handOver(ctx, actor, channel, r, c); err != nil {
			return kb.Turn{}, err
		}
	}
	r.Verdict = v
	return r, t.store.SettleTurn(context.WithoutCancel(ctx), r.ID, v, "", t.now())
}

func (t *Talk) find(ctx context.Context, actor org.Actor, channel intake.Channel, external string, reply kb.TurnID) (kb.Turn, error) {
	if err := org.CanOn(actor, org.ActConverse, string(channel)); err != nil {
		return kb.Turn{}, err
	}
	if !id.Valid(reply) {
		return kb.Turn{}, errs.New(errs.NotFound, "turn.not_found")
	}
	return t.store.Turn(ctx, conversation(actor, channel, external), reply)
}

// handOverWithin is how long a citizen waits while the suggestion is made of
// the message that is stored by then; later it is made without the citizen.
const handOverWithin = 4 * time.Second

// handOver makes a message of a reply's ask. The reply's id is the message's
// number on its channel, so that it becomes one message however often it is
// handed over.
func (t *Talk) handOver(ctx context.Context, actor org.Actor, channel intake.Channel, r kb.Turn, c kb.Contact) (intake.MessageID, error) {
	if strings.TrimSpace(c.Text) == "" {
		c.Text = r.Ask
	}
	within, cancel := context.WithTimeout(ctx, handOverWithin)
	defer cancel()
	receipt, err := t.line.Receive(within, actor, intake.Delivery{
		Channel: channel, ExternalID: string(r.ID), Text: c.Text, Name: c.Name, Phone: c.Phone,
		Anonymous: c.Name == "" && c.Phone == "", Consent: c.Consent, Area: r.Area,
	})
	if err != nil {
		return "", err
	}
	// What was taken in must be known as such, also to who has left meanwhile.
	return receipt.Message.ID, t.store.SettleTurn(context.WithoutCancel(ctx), r.ID, "", receipt.Message.ID, t.now())
}
