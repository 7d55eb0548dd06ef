package kb

import (
	"cmp"
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/query"
)

// How far back the page of gaps looks.
const (
	GapDays  = 30  // what could not be answered, and what entries saved
	DeadDays = 180 // without being found by anybody
)

// Gap is a topic that people ask about and nobody could answer.
type Gap struct {
	Group    GroupID
	Asks     int // in the last GapDays: so many calls would be saved in as long
	Week     int // of them in the last 7 days
	Callers  int
	Unsolved int // of the asks: an entry was given and did not help
	Last     time.Time
	Words    []string // what the topic is about, the most telling first
	Wordings []string // typical ones, masked
	Nearest  *Match   // the entry that is nearest to it now; nil: none is near
	Closed   bool     // the first of Wordings would be answered now
}

// EntryUse is what an entry did for callers.
type EntryUse struct {
	Entry    EntryID
	Question string
	Unit     string
	Answered int       // times given and not marked as no help: calls saved
	At       time.Time // when it was given last; of a dead entry, when it was changed last
}

// Rivals are two entries that an ask can hardly tell apart.
type Rivals struct {
	First, Second EntryUse
	Asks          int    // for which both were nearly as likely
	Wording       string // that both have; empty: none
}

// GapStore reads what is missing and what lies idle.
type GapStore interface {
	// GapGroups gives the groups of unanswered rounds with their counts since
	// the time (Week: since the other), most asks first.
	GapGroups(ctx context.Context, since, week time.Time, limit int) ([]Gap, error)
	// GroupRounds gives up to limit latest rounds of a group, each of another
	// caller, with their vectors of the model.
	GroupRounds(ctx context.Context, group GroupID, model string, limit int) ([]Round, error)
	// EntryUses gives the entries that were given most since the time.
	EntryUses(ctx context.Context, since time.Time, limit int) ([]EntryUse, error)
	// DeadEntries gives the published entries that neither changed nor were
	// nearest to any ask since the time, longest unchanged first.
	DeadEntries(ctx context.Context, since time.Time, limit int) ([]EntryUse, error)
	// Rivals gives the pairs of published entries of which both were likely for
	// the same asks, and those that have a wording in common, most asks first.
	Rivals(ctx context.Context, limit int) ([]Rivals, error)
}

// Sizes of the page.
const (
	gapsListed  = 30
	gapWordings = 4
	gapRounds   = 20
	gapWords    = 4
	linesListed = 20
)

// Gaps tells editors what to write. It is safe for concurrent use.
type Gaps struct {
	store   GapStore
	asking  entryAsker
	library *Library
	same    sameness
	now     func() time.Time
}

// entryAsker finds an entry by exactly its question.
type entryAsker interface {
	EntryAsking(ctx context.Context, question string, area org.AreaCode) (EntryID, error)
}

// GapDesk is everything that Gaps reads.
type GapDesk interface {
	GapStore
	entryAsker
}

// NewGaps makes Gaps.
func NewGaps(store GapDesk, library *Library, now func() time.Time) (*Gaps, error) {
	w, err := readWeights(speech)
	if err != nil {
		return nil, err
	}
	return &Gaps{store: store, asking: store, library: library, same: sameness{w}, now: now}, nil
}

// Overview is the page of gaps.
type Overview struct {
	Gaps   []Gap // what saves most calls first; those that are answered by now last
	Used   []EntryUse
	Dead   []EntryUse
	Rivals []Rivals
}

// Overview gathers what could not be answered and how the entries do.
func (g *Gaps) Overview(ctx context.Context, actor org.Actor) (Overview, error) {
	var o Overview
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return o, err
	}
	now := g.now()
	since := now.AddDate(0, 0, -GapDays)
	var err error
	if o.Gaps, err = g.store.GapGroups(ctx, since, now.AddDate(0, 0, -7), gapsListed); err != nil {
		return o, err
	}
	for i := range o.Gaps {
		if err := g.describe(ctx, &o.Gaps[i], now); err != nil {
			return o, err
		}
	}
	slices.SortStableFunc(o.Gaps, func(a, b Gap) int {
		if a.Closed != b.Closed {
			if a.Closed {
				return 1
			}
			return -1
		}
		return 0
	})
	if o.Used, err = g.store.EntryUses(ctx, since, linesListed); err != nil {
		return o, err
	}
	if o.Dead, err = g.store.DeadEntries(ctx, now.AddDate(0, 0, -DeadDays), linesListed); err != nil {
		return o, err
	}
	o.Rivals, err = g.store.Rivals(ctx, linesListed)
	return o, err
}

// Open gives one gap, or errs.NotFound "unanswered.not_found".
func (g *Gaps) Open(ctx context.Context, actor org.Actor, group GroupID) (Gap, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return Gap{}, err
	}
	if !id.Valid(group) {
		return Gap{}, errs.New(errs.NotFound, "unanswered.not_found")
	}
	gap := Gap{Group: group}
	err := g.describe(ctx, &gap, g.now())
	if err == nil && len(gap.Wordings) == 0 {
		err = errs.New(errs.NotFound, "unanswered.not_found")
	}
	return gap, err
}

// Write makes a draft of what an editor wrote for a gap. errs.Conflict
// "proposal.question" when an entry has the question already; an errs.List
// names each faulty field.
func (g *Gaps) Write(ctx context.Context, actor org.Actor, e Entry) (EntryID, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return "", err
	}
	e.ID = ""
	return g.library.draft(ctx, actor, e, g.asking)
}

// describe fills in what a gap is about and whether it is still one.
func (g *Gaps) describe(ctx context.Context, gap *Gap, now time.Time) error {
	rounds, err := g.store.GroupRounds(ctx, gap.Group, g.library.queries.Model(), gapRounds)
	if err != nil || len(rounds) == 0 {
		return err
	}
	var all camp
	for _, r := range rounds {
		all = append(all, g.same.take(r))
	}
	question, others := wordingsOf(all)
	gap.Wordings = append([]string{question}, others[:min(len(others), gapWordings-1)]...)
	gap.Words = g.words(rounds)
	first := rounds[medoid(questionsOf(all))]
	q, err := g.library.queries.Build(ctx, first.Title, first.Body)
	if err != nil {
		return err
	}
	result, err := g.library.base.Ask(ctx, q, Options{Now: now})
	if err != nil {
		return err
	}
	if len(result.Matches) > 0 && result.Matches[0].Score >= remote {
		gap.Nearest = &result.Matches[0]
	}
	gap.Closed = result.Answered
	return nil
}

// words gives what rounds are about: the words that most of them have and that
// people do not say in every call.
func (g *Gaps) words(rounds []Round) []string {
	counts := map[string]int{}
	for _, r := range rounds {
		for _, w := range words(g.library.queries.Tokens(r.Question())) {
			counts[w]++
		}
	}
	type told struct {
		word   string
		weight float64
	}
	var all []told
	for w, n := range counts {
		weight := 0.0
		g.same.weights.eachGram(query.Fold(w), func(x gram) { weight = max(weight, g.same.weights.weight(x)) })
		if utf8.RuneCountInString(w) > 1 && (n > 1 || len(rounds) == 1) {
			all = append(all, told{w, weight * float64(n)})
		}
	}
	slices.SortFunc(all, func(a, b told) int { return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.word, b.word)) })
	var out []string
	for _, t := range all[:min(gapWords, len(all))] {
		out = append(out, t.word)
	}
	return out
}

// draft stores an entry as a draft. errs.Conflict "proposal.question" when
// another entry, whatever its state, has the question in that area: saving
// would overwrite it.
func (l *Library) draft(ctx context.Context, actor org.Actor, e Entry, asking entryAsker) (EntryID, error) {
	e.State = EntryDraft
	e = l.tidy(actor, e)
	if err := e.Validate(); err != nil {
		return "", err
	}
	switch other, err := asking.EntryAsking(ctx, e.Question, e.Area); {
	case err == nil && other != e.ID:
		return "", errs.New(errs.Conflict, "proposal.question").In("question")
	case err != nil && errs.KindOf(err) != errs.NotFound:
		return "", err
	}
	_, err := l.Save(ctx, actor, []Entry{e}, nil)
	return e.ID, err
}
