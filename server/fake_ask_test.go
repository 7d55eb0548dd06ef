package server

import (
	"context"
	"slices"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// fakeTalk answers as the fake's result says, keeps what was asked, and hands
// over by noting it.
type fakeTalk struct{ *fake }

func (f fakeTalk) Ask(_ context.Context, actor org.Actor, a kb.Ask) (kb.Turn, error) {
	leave, err := f.enter()
	defer leave()
	if err != nil {
		return kb.Turn{}, err
	}
	if err := org.CanOn(actor, org.ActConverse, string(a.Channel)); err != nil {
		return kb.Turn{}, err
	}
	if err := a.Validate(); err != nil {
		return kb.Turn{}, err
	}
	if i := slices.IndexFunc(f.talked, func(r kb.Turn) bool {
		return r.Conversation == kb.ConversationID(a.Conversation) && r.External == a.Message
	}); i >= 0 {
		return f.talked[i], nil
	}
	result := f.result(a.Text)
	r := kb.Turn{
		ID: id.New[kb.TurnID](), Conversation: kb.ConversationID(a.Conversation), External: a.Message, At: f.now, Ask: a.Text,
		Told: result.Told(), Silence: result.Silence, Policy: "p", Matches: result.Matches,
	}
	if r.Danger() {
		r.Message = id.New[intake.MessageID]()
	}
	f.talked = append(f.talked, r)
	return r, nil
}

func (f fakeTalk) Choose(_ context.Context, _ org.Actor, _ intake.Channel, conversation string, reply kb.TurnID, entry kb.EntryID) (kb.Turn, error) {
	r, err := f.talkedOf(conversation, reply)
	if err != nil {
		return kb.Turn{}, err
	}
	i := slices.IndexFunc(f.entries, func(e kb.Entry) bool { return e.ID == entry })
	if i < 0 || !f.entries[i].Holds(f.now) {
		return kb.Turn{}, errs.New(errs.Conflict, "reply.retired", "居住证怎么续签？")
	}
	chosen := kb.Turn{ID: id.New[kb.TurnID](), Conversation: r.Conversation, Ask: r.Ask, Told: kb.ToldAnswer, Chosen: true,
		Matches: []kb.Match{{Entry: f.entries[i], Score: 0.4}}}
	f.talked = append(f.talked, chosen)
	return chosen, nil
}

func (f fakeTalk) Judge(_ context.Context, _ org.Actor, _ intake.Channel, conversation string, reply kb.TurnID, v kb.Verdict, c kb.Contact) (kb.Turn, error) {
	r, err := f.talkedOf(conversation, reply)
	if err != nil {
		return kb.Turn{}, err
	}
	if r.Verdict = v; v == kb.VerdictUnsolved {
		r.Message = id.New[intake.MessageID]()
		f.handed = append(f.handed, c)
	}
	return r, nil
}

func (f fakeTalk) talkedOf(conversation string, reply kb.TurnID) (kb.Turn, error) {
	for _, r := range f.talked {
		if r.ID == reply && r.Conversation == kb.ConversationID(conversation) {
			return r, nil
		}
	}
	return kb.Turn{}, errs.New(errs.NotFound, "turn.not_found")
}

func (f *fake) TalkOf(_ context.Context, _ org.Actor, message intake.MessageID) ([]kb.Turn, error) {
	return f.talks[message], f.down
}

func (f *fake) Standing(context.Context, org.Actor, kb.EntryID) (kb.Standing, error) {
	return kb.Standing{Solved: 12, Unsolved: 3}, f.down
}
