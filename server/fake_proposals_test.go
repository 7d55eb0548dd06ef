package server

import (
	"context"
	"slices"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// fakeProposals keeps proposals as kb.Proposals does.
type fakeProposals struct{ *fake }

func (f fakeProposals) List(_ context.Context, actor org.Actor, decided bool) ([]kb.Proposal, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return nil, err
	}
	var out []kb.Proposal
	for _, p := range f.proposals {
		if decided == (p.DecidedBy != "") {
			out = append(out, p)
		}
	}
	return out, f.down
}

func (f fakeProposals) Open(_ context.Context, actor org.Actor, group kb.GroupID) (kb.Proposal, []kb.Round, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return kb.Proposal{}, nil, err
	}
	i := slices.IndexFunc(f.proposals, func(p kb.Proposal) bool { return p.ID == group })
	if i < 0 {
		return kb.Proposal{}, nil, errs.New(errs.NotFound, "proposal.not_found")
	}
	return f.proposals[i], f.rounds[group], f.down
}

func (f fakeProposals) decide(actor org.Actor, group kb.GroupID, state kb.ProposalState, entry kb.EntryID) error {
	i := slices.IndexFunc(f.proposals, func(p kb.Proposal) bool { return p.ID == group && p.DecidedBy == "" })
	if i < 0 {
		return errs.New(errs.Conflict, "proposal.decided")
	}
	f.proposals[i].State, f.proposals[i].Entry = state, entry
	f.proposals[i].DecidedBy, f.proposals[i].DecidedAt = actor.Name, f.now
	return nil
}

func (f fakeProposals) Take(_ context.Context, actor org.Actor, group kb.GroupID, e kb.Entry) (kb.EntryID, error) {
	e.ID, e.State = id.New[kb.EntryID](), kb.EntryDraft
	if err := e.Validate(); err != nil {
		return "", err
	}
	if slices.ContainsFunc(f.entries, func(o kb.Entry) bool { return o.Question == e.Question }) {
		return "", errs.New(errs.Conflict, "proposal.question")
	}
	f.entries = append(f.entries, e)
	return e.ID, f.decide(actor, group, kb.ProposalTaken, e.ID)
}

func (f fakeProposals) Extend(_ context.Context, actor org.Actor, group kb.GroupID, phrasings []string) (kb.EntryID, error) {
	p, _, err := f.Open(context.Background(), actor, group)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(f.entries, func(e kb.Entry) bool { return e.ID == p.Weighed.Existing })
	f.entries[i].Phrasings = append(f.entries[i].Phrasings, phrasings...)
	return p.Weighed.Existing, f.decide(actor, group, kb.ProposalTaken, p.Weighed.Existing)
}

func (f fakeProposals) Reject(_ context.Context, actor org.Actor, group kb.GroupID) error {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return err
	}
	return f.decide(actor, group, kb.ProposalRejected, "")
}

// The replies of the desk.

func (f *fake) InsertReply(_ context.Context, r intake.Reply) error {
	leave, err := f.enter()
	defer leave()
	r.ByName = f.nameOf(r.By)
	f.replies = append(f.replies, r)
	f.moveTo(r.Matter, intake.MatterAnswered)
	return err
}

func (f *fake) WithdrawReply(_ context.Context, m intake.MatterID, by org.AccountID, _ time.Time) error {
	leave, err := f.enter()
	defer leave()
	i := slices.IndexFunc(f.replies, func(r intake.Reply) bool { return r.Matter == m && r.By == by })
	if i < 0 {
		return errs.New(errs.NotFound, "reply.none")
	}
	f.replies = slices.Delete(f.replies, i, i+1)
	f.moveTo(m, intake.MatterOpen)
	return err
}

func (f *fake) Replies(_ context.Context, m intake.MatterID) ([]intake.Reply, error) {
	leave, err := f.enter()
	defer leave()
	var out []intake.Reply
	for _, r := range f.replies {
		if r.Matter == m {
			out = append(out, r)
		}
	}
	return out, err
}

func (f *fake) moveTo(m intake.MatterID, state intake.MatterState) {
	file := f.files[m]
	file.Matter.State = state
	f.files[m] = file
}
