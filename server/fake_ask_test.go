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

func (f fakeTalk) Ask(_ context.Context, actor org.Actor, a kb.Ask) (kb.Reply, error) {
	leave, err := f.enter()
	defer leave()
	if err != nil {
		return kb.Reply{}, err
	}
	if err := org.CanOn(actor, org.ActConverse, string(a.Channel)); err != nil {
		return kb.Reply{}, err
	}
	if err := a.Validate(); err != nil {
		return kb.Reply{}, err
	}
	if i := slices.IndexFunc(f.talked, func(r kb.Reply) bool {
		return r.Conversation == kb.ConversationID(a.Conversation) && r.External == a.Message
	}); i >= 0 {
		return f.talked[i], nil
	}
	result := f.result(a.Text)
	r := kb.Reply{
		ID: id.New[kb.ReplyID](), Conversation: kb.ConversationID(a.Conversation), External: a.Message, At: f.now, Ask: a.Text,
		Told: result.Told(), Silence: result.Silence, Policy: "p", Matches: result.Matches,
	}
	if r.Danger() {
		r.Message = id.New[intake.MessageID]()
	}
	f.talked = append(f.talked, r)
	return r, nil
}

func (f fakeTalk) Choose(_ context.Context, _ org.Actor, _ intake.Channel, conversation string, reply kb.ReplyID, entry kb.EntryID) (kb.Reply, error) {
	r, err := f.talkedOf(conversation, reply)
	if err != nil {
		return kb.Reply{}, err
	}
	i := slices.IndexFunc(f.entries, func(e kb.Entry) bool { return e.ID == entry })
	if i < 0 || !f.entries[i].Holds(f.now) {
		return kb.Reply{}, errs.New(errs.Conflict, "reply.retired", "居住证怎么续签？")
	}
	chosen := kb.Reply{ID: id.New[kb.ReplyID](), Conversation: r.Conversation, Ask: r.Ask, Told: kb.ToldAnswer, Chosen: true,
		Matches: []kb.Match{{Entry: f.entries[i], Score: 0.4}}}
	f.talked = append(f.talked, chosen)
	return chosen, nil
}

func (f fakeTalk) Judge(_ context.Context, _ org.Actor, _ intake.Channel, conversation string, reply kb.ReplyID, v kb.Verdict, c kb.Contact) (kb.Reply, error) {
	r, err := f.talkedOf(conversation, reply)
	if err != nil {
		return kb.Reply{}, err
	}
	if r.Verdict = v; v == kb.VerdictUnsolved {
		r.Message = id.New[intake.MessageID]()
		f.handed = append(f.handed, c)
	}
	return r, nil
}

func (f fakeTalk) talkedOf(conversation string, reply kb.ReplyID) (kb.Reply, error) {
	for _, r := range f.talked {
		if r.ID == reply && r.Conversation == kb.ConversationID(conversation) {
			return r, nil
		}
	}
	return kb.Reply{}, errs.New(errs.NotFound, "reply.not_found")
}

func (f *fake) TalkOf(_ context.Context, _ org.Actor, message intake.MessageID) ([]kb.Reply, error) {
	return f.talks[message], f.down
}

func (f *fake) Standing(context.Context, org.Actor, kb.EntryID) (kb.Standing, error) {
	return kb.Standing{Solved: 12, Unsolved: 3}, f.down
}
