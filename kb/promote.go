package kb

import (
	"context"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/query"
)

// ProposalState is where a proposal stands.
type ProposalState string

// The states.
const (
	ProposalReady    ProposalState = "ready"    // waits for an editor
	ProposalBlocked  ProposalState = "blocked"  // replies contradict each other, or an entry: an editor must choose
	ProposalTaken    ProposalState = "taken"    // became a draft, or phrasings of an entry
	ProposalRejected ProposalState = "rejected" // by an editor; comes back only with new evidence
)

// newEvidence is how many more callers than at its rejection bring a proposal
// back: as many as were needed at first.
const newEvidence = MinCallers

// Proposal is a group of rounds that is worth an entry.
type Proposal struct {
	ID        GroupID
	State     ProposalState
	Callers   int // different people in its group, whatever they were told
	Weighed   Weighed
	MadeAt    time.Time
	Entry     EntryID // that it went into
	DecidedBy string  // name of the account
	DecidedAt time.Time
}

// ProposalStore keeps what groups propose.
type ProposalStore interface {
	// ChangedGroups gives up to limit groups of answered rounds that changed
	// since they were weighed last, longest ago first.
	ChangedGroups(ctx context.Context, limit int) ([]GroupID, error)
	// GroupRounds gives up to limit latest rounds of a group, each of another
	// caller, with their vectors of the model.
	GroupRounds(ctx context.Context, group GroupID, model string, limit int) ([]Round, error)
	// SaveWeighed stores what a group proposes, nil: nothing, and that it was
	// weighed at the time. A decided proposal stays as it was decided; a
	// rejected one is ready or blocked again once again more callers are
	// behind it.
	SaveWeighed(ctx context.Context, group GroupID, w *Weighed, again int, at time.Time) error
	// Proposals gives those of the states, most callers first.
	Proposals(ctx context.Context, states []ProposalState, limit int) ([]Proposal, error)
	// Proposal gives one, or errs.NotFound "proposal.not_found".
	Proposal(ctx context.Context, group GroupID) (Proposal, error)
}

// Asker is the knowledge base as promotion needs it.
type Asker interface {
	Ask(ctx context.Context, q query.Query, o Options) (Result, error)
}

// Promoter proposes what is asked and answered again and again as entries. It
// publishes nothing. One run at a time, in the whole cluster.
type Promoter struct {
	rounds  *Rounds
	store   ProposalStore
	entries Asker
	now     func() time.Time
}

// NewPromoter makes a Promoter.
func NewPromoter(rounds *Rounds, store ProposalStore, entries Asker, now func() time.Time) *Promoter {
	return &Promoter{rounds: rounds, store: store, entries: entries, now: now}
}

// weighedRounds is how many callers' rounds of a group are weighed: the latest
// say how it is answered now.
const weighedRounds = 40

// Run takes in what is new on the stream and weighs the groups that it
// changed. It returns how many groups it weighed. Repeating it is harmless.
func (p *Promoter) Run(ctx context.Context) (int, error) {
	if _, err := p.rounds.Run(ctx); err != nil {
		return 0, err
	}
	done := 0
	for {
		groups, err := p.store.ChangedGroups(ctx, roundBatch)
		if err != nil || len(groups) == 0 {
			return done, err
		}
		for _, g := range groups {
			if err := p.weigh(ctx, g); err != nil {
				return done, err
			}
			done++
		}
	}
}

// weigh looks at one group and stores what it proposes.
func (p *Promoter) weigh(ctx context.Context, group GroupID) error {
	at := p.now()
	rounds, err := p.store.GroupRounds(ctx, group, p.rounds.queries.Model(), weighedRounds)
	if err != nil {
		return err
	}
	w, lead, ok := p.rounds.same.weigh(rounds)
	if ok {
		ok, err = p.compare(ctx, &w, lead, at)
		if err != nil {
			return err
		}
	}
	if !ok {
		return p.store.SaveWeighed(ctx, group, nil, newEvidence, at)
	}
	return p.store.SaveWeighed(ctx, group, &w, newEvidence, at)
}

// compare looks whether an entry answers the question already. Then the
// proposal is of phrasings that it lacks, and ok is false when it lacks none;
// one that contradicts the replies blocks the proposal.
func (p *Promoter) compare(ctx context.Context, w *Weighed, lead camp, at time.Time) (ok bool, err error) {
	first := medoid(questionsOf(lead))
	round := lead[first].round
	q, err := p.rounds.queries.Build(ctx, round.Title, round.Body)
	if err != nil {
		return false, err
	}
	result, err := p.entries.Ask(ctx, q, Options{Now: at})
	if err != nil {
		return false, err
	}
	for _, m := range result.Matches {
		entry, err := p.entryOf(ctx, m.Entry)
		if err != nil {
			return false, err
		}
		switch entry.stands(lead) {
		case agree:
			w.Existing = m.Entry.ID
			if !w.Blocked() {
				w.Sentences = nil
			}
			w.Phrasings = entry.lacks(append([]string{w.Question}, w.Phrasings...), lead)
			return len(w.Phrasings) > 0 || w.Blocked(), nil
		case against:
			if len(w.Versions) == 0 {
				w.Versions = []Version{versionOf(lead, nil)}
			}
			w.Versions = append(w.Versions, Version{
				Answer: m.Entry.Answer, Unit: m.Entry.Unit, Entry: m.Entry.ID,
				Conflicts: lead[0].answer.facts.conflicts(entry.answer.facts),
			})
			w.Existing = m.Entry.ID
			return true, nil
		}
	}
	return true, nil
}

// known is an entry taken apart.
type known struct {
	answer   compared
	wordings []compared
}

func (p *Promoter) entryOf(ctx context.Context, e Entry) (known, error) {
	q, err := p.rounds.queries.Build(ctx, "", e.Answer)
	if err != nil {
		return known{}, err
	}
	k := known{answer: p.rounds.same.reply(e.Answer, q.Vector)}
	for _, text := range append([]string{e.Question}, e.Phrasings...) {
		if q, err = p.rounds.queries.Build(ctx, "", text); err != nil {
			return known{}, err
		}
		k.wordings = append(k.wordings, compared{text: text, vector: q.Vector, asked: p.rounds.same.weights.take(text)})
	}
	return k, nil
}

// stands tells whether the entry gives the answer of a camp, contradicts it on
// the same question, or is about something else.
func (k known) stands(c camp) agreement {
	a := k.answer.agrees(c[0].answer)
	if a >= agree {
		return agree
	}
	for _, w := range k.wordings {
		for _, g := range c {
			if a == against && w.alike(g.question) >= linkAgainst {
				return against
			}
		}
	}
	return apart
}

// lacks gives those wordings of a camp that the entry does not have, nor
// anything near.
func (k known) lacks(wordings []string, c camp) []string {
	var out []string
	for _, text := range wordings {
		for _, g := range c {
			if clip(flat(g.question.text), MaxQuestionRunes) == text && nearest(g.question, k.wordings) < newPhrasing {
				out = append(out, text)
				break
			}
		}
	}
	return out
}

// ProposalDesk stores what people decide on proposals.
type ProposalDesk interface {
	ProposalStore
	// DecideProposal stores a decision on a proposal that is ready or blocked:
	// taken into an entry, or, without one, rejected. errs.Conflict
	// "proposal.decided" when somebody was faster.
	DecideProposal(ctx context.Context, group GroupID, entry EntryID, line org.Audit) error
	// EntryAsking gives the entry in any state that is asked by exactly these words in an area;
	// errs.NotFound "entry.not_found" when there is none.
	EntryAsking(ctx context.Context, question string, area org.AreaCode) (EntryID, error)
}

// Proposals are what may be taken into the knowledge base, for editors. It is
// safe for concurrent use.
type Proposals struct {
	store   ProposalDesk
	library *Library
	model   func() string
	now     func() time.Time
}

// NewProposals makes Proposals.
func NewProposals(store ProposalDesk, library *Library, now func() time.Time) *Proposals {
	return &Proposals{store: store, library: library, model: library.queries.Model, now: now}
}

// proposalsListed is how many proposals a list holds at most.
const proposalsListed = 100

// List gives the proposals that wait for an editor, most callers first, or
// those that editors have decided on, latest first.
func (p *Proposals) List(ctx context.Context, actor org.Actor, decided bool) ([]Proposal, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return nil, err
	}
	states := []ProposalState{ProposalReady, ProposalBlocked}
	if decided {
		states = []ProposalState{ProposalTaken, ProposalRejected}
	}
	return p.store.Proposals(ctx, states, proposalsListed)
}

// Open gives a proposal with the rounds behind it, one of each caller, latest
// first.
func (p *Proposals) Open(ctx context.Context, actor org.Actor, group GroupID) (Proposal, []Round, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return Proposal{}, nil, err
	}
	if !id.Valid(group) {
		return Proposal{}, nil, errs.New(errs.NotFound, "proposal.not_found")
	}
	found, err := p.store.Proposal(ctx, group)
	if err != nil {
		return Proposal{}, nil, err
	}
	rounds, err := p.store.GroupRounds(ctx, group, p.model(), weighedRounds)
	return found, rounds, err
}

// Take makes a draft of the proposal as the editor left it. It is not
// published. errs.Conflict "proposal.question" when an entry has the question
// already, "proposal.decided" when somebody was faster; an errs.List names each
// faulty field.
func (p *Proposals) Take(ctx context.Context, actor org.Actor, group GroupID, e Entry) (EntryID, error) {
	found, _, err := p.Open(ctx, actor, group)
	if err != nil {
		return "", err
	}
	if found.State == ProposalTaken || found.State == ProposalRejected {
		return "", errs.New(errs.Conflict, "proposal.decided")
	}
	e.ID = EntryID(group) // an id of its own: taken twice, it is one draft
	entry, err := p.library.draft(ctx, actor, e, p.store)
	if err != nil {
		return "", err
	}
	return entry, p.store.DecideProposal(ctx, group, entry, p.line(actor, group, "take_proposal", e.Question))
}

// Extend writes the phrasings, and nothing else, into the copy in work of a
// proposal's existing entry: a second person reviews it like any other.
func (p *Proposals) Extend(ctx context.Context, actor org.Actor, group GroupID, phrasings []string) (EntryID, error) {
	found, _, err := p.Open(ctx, actor, group)
	if err != nil {
		return "", err
	}
	if found.State == ProposalTaken || found.State == ProposalRejected || found.Weighed.Existing == "" {
		return "", errs.New(errs.Conflict, "proposal.decided")
	}
	e, err := p.library.Entry(ctx, actor, found.Weighed.Existing)
	if err != nil {
		return "", err
	}
	e.State, e.Phrasings = EntryDraft, tidyPhrasings(e.Question, append(e.Phrasings, phrasings...))
	if _, err := p.library.Save(ctx, actor, []Entry{e}, nil); err != nil {
		return "", err
	}
	return e.ID, p.store.DecideProposal(ctx, group, e.ID, p.line(actor, group, "extend_entry", e.Question))
}

// Reject puts a proposal away, until three more people have asked.
func (p *Proposals) Reject(ctx context.Context, actor org.Actor, group GroupID) error {
	found, _, err := p.Open(ctx, actor, group)
	if err != nil {
		return err
	}
	return p.store.DecideProposal(ctx, group, "", p.line(actor, group, "reject_proposal", found.Weighed.Question))
}

func (p *Proposals) line(actor org.Actor, group GroupID, action, detail string) org.Audit {
	return org.Audit{At: p.now(), Actor: actor.Account, Action: action, Object: "proposal:" + string(group), Detail: clip(detail, maxFieldRunes)}
}
