package kb

import (
	"context"
	"time"

	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/query"
)

// WholeOrdinal is the ordinal of the wording that stands for question and
// answer together. The question has 0, the phrasings follow; the negative
// phrasings go down from -2.
const WholeOrdinal = -1

// Wording is one text by which an entry is found.
type Wording struct {
	Ordinal int
	Text    string
	Vector  []float32 // length 1
}

// Prepared is an entry with everything that finds it.
type Prepared struct {
	Entry    Entry
	Terms    []string // what a search by words finds it by, each once
	Model    string   // of the vectors
	Wordings []Wording
}

// EntryFilter says which entries to list.
type EntryFilter struct {
	Topic  string  // empty: all
	Before EntryID // key paging: only what follows this entry; empty: from the start
	Limit  int     // 1–200; 0: 40
}

// Topic is a subject of the knowledge base.
type Topic struct {
	Name    string // may be empty: entries without a topic
	Entries int    // published ones
}

// Saved counts what saving entries did.
type Saved struct {
	Created   int
	Changed   int
	Unchanged int
}

// LibraryStore keeps the entries.
type LibraryStore interface {
	// SaveEntries stores entries in one transaction. An entry is the one that
	// stands already when its code does, or, without a code, when question and
	// area do: it keeps its id, and its version rises when anything a reader
	// sees has changed. A draft never takes the place of an entry in use: it
	// becomes the copy in work that may replace it, unless it says the same.
	// errs.Invalid "kb.area" for an unknown area, errs.Conflict "kb.row_in_review"
	// when a draft meets an entry that is being reviewed.
	SaveEntries(ctx context.Context, entries []Prepared) (Saved, error)
	// Entry gives an entry in any state, or errs.NotFound "entry.not_found".
	Entry(ctx context.Context, entry EntryID) (Entry, error)
	// Entries gives published entries, newest change first.
	Entries(ctx context.Context, f EntryFilter) ([]Entry, error)
	// Topics gives the topics of published entries, most entries first.
	Topics(ctx context.Context) ([]Topic, error)
	// AllEntries gives up to limit entries of every state after the one named
	// (empty: from the first), by id; copies in work are not among them.
	AllEntries(ctx context.Context, after EntryID, limit int) ([]Entry, error)
}

// Library is the knowledge base for those who read and edit it. It is safe for
// concurrent use.
type Library struct {
	store   LibraryStore
	base    *Base
	queries *query.Builder
	now     func() time.Time
}

// NewLibrary makes a Library.
func NewLibrary(store LibraryStore, base *Base, queries *query.Builder, now func() time.Time) *Library {
	return &Library{store: store, base: base, queries: queries, now: now}
}

// AskText asks with a free text, as a message would: the same preparation,
// score and threshold. It is the hit test. When the embedder does not answer,
// it asks by words alone, which never answers. errs.Forbidden,
// errs.Unavailable.
func (l *Library) AskText(ctx context.Context, actor org.Actor, text string, area org.AreaCode) (Result, error) {
	if err := org.Can(actor, org.ActAsk); err != nil {
		return Result{}, err
	}
	q, _, err := QueryOf(ctx, l.queries, text)
	if err != nil {
		return Result{}, err
	}
	return l.base.Ask(ctx, q, Options{Area: area, Now: l.now(), Build: l.queries.Build})
}

// AskWords is AskText by words alone, for when the embedder is away: it never
// answers. errs.Forbidden, errs.Unavailable.
func (l *Library) AskWords(ctx context.Context, actor org.Actor, text string, area org.AreaCode) (Result, error) {
	if err := org.Can(actor, org.ActAsk); err != nil {
		return Result{}, err
	}
	return l.base.Ask(ctx, l.queries.Words("", text), Options{Area: area, Now: l.now()})
}

// Entry gives one entry in any state, or errs.NotFound.
func (l *Library) Entry(ctx context.Context, actor org.Actor, entry EntryID) (Entry, error) {
	if err := org.Can(actor, org.ActAsk); err != nil {
		return Entry{}, err
	}
	return l.store.Entry(ctx, entry)
}

// Entries gives a page of published entries, newest change first.
func (l *Library) Entries(ctx context.Context, actor org.Actor, f EntryFilter) ([]Entry, error) {
	if err := org.Can(actor, org.ActAsk); err != nil {
		return nil, err
	}
	if f.Limit <= 0 {
		f.Limit = 40
	}
	f.Limit = min(f.Limit, 200)
	return l.store.Entries(ctx, f)
}

// Topics gives the topics that published entries have, most entries first.
func (l *Library) Topics(ctx context.Context, actor org.Actor) ([]Topic, error) {
	if err := org.Can(actor, org.ActAsk); err != nil {
		return nil, err
	}
	return l.store.Topics(ctx)
}

// batch is how many entries are prepared and stored together: enough to make
// the transaction cheap, few enough that their vectors (5 each of 2 KB) are
// nothing.
const batch = 200

// Save validates, prepares and stores entries; progress (may be nil) is told
// how many are stored. All are checked before the first is stored. Entries are
// stored in batches: when a later one fails, the earlier ones stay, and saving
// the same entries again completes the work without doubles.
func (l *Library) Save(ctx context.Context, actor org.Actor, entries []Entry, progress func(done, total int)) (Saved, error) {
	if err := l.check(actor, entries); err != nil {
		return Saved{}, err
	}
	var sum Saved
	for start := 0; start < len(entries); start += batch {
		part := entries[start:min(start+batch, len(entries))]
		ready, err := l.prepareAll(ctx, part, nil)
		if err != nil {
			return sum, err
		}
		saved, err := l.store.SaveEntries(ctx, ready)
		if err != nil {
			return sum, err
		}
		sum.Created += saved.Created
		sum.Changed += saved.Changed
		sum.Unchanged += saved.Unchanged
		if progress != nil {
			progress(start+len(part), len(entries))
		}
	}
	return sum, nil
}

// SaveWhole is Save in one transaction: all entries are stored or none.
// progress is told how many are prepared; its error ends the work. The vectors
// of all are in memory meanwhile, some 2 KB a wording.
func (l *Library) SaveWhole(ctx context.Context, actor org.Actor, entries []Entry, progress func(done, total int) error) (Saved, error) {
	if err := l.check(actor, entries); err != nil {
		return Saved{}, err
	}
	ready, err := l.prepareAll(ctx, entries, progress)
	if err != nil {
		return Saved{}, err
	}
	return l.store.SaveEntries(ctx, ready)
}

// check fills in what entries lack and validates each, in place.
func (l *Library) check(actor org.Actor, entries []Entry) error {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return err
	}
	for i := range entries {
		entries[i] = l.tidy(actor, entries[i])
		if err := entries[i].Validate(); err != nil {
			return err
		}
	}
	return nil
}

func (l *Library) prepareAll(ctx context.Context, entries []Entry, progress func(done, total int) error) ([]Prepared, error) {
	ready := make([]Prepared, len(entries))
	for i, e := range entries {
		var err error
		if ready[i], err = Prepare(ctx, l.queries, e); err == nil && progress != nil {
			err = progress(i+1, len(entries))
		}
		if err != nil {
			return nil, err
		}
	}
	return ready, nil
}

// tidy fills in what an editor need not give.
func (l *Library) tidy(actor org.Actor, e Entry) Entry {
	e = e.Tidy()
	if e.ID == "" {
		e.ID = id.New[EntryID]()
	}
	if e.State == "" {
		e.State = EntryPublished
	}
	e.Version = max(e.Version, 1)
	e.UpdatedAt, e.UpdatedBy = l.now(), actor.Account
	return e
}

// Prepare makes the wordings of an entry with the library's own embedder.
func (l *Library) Prepare(ctx context.Context, e Entry) (Prepared, error) {
	return Prepare(ctx, l.queries, e)
}

// Prepare makes the wordings of an entry. A long answer counts by its
// beginning, since answers come to the point first: as much of it as is
// embedded of any text for the vector, indexedRunes for the words.
// errs.Unavailable when the embedder does not answer.
func Prepare(ctx context.Context, queries *query.Builder, e Entry) (Prepared, error) {
	whole, err := queries.Build(ctx, e.Question, clip(e.Answer, query.HeadRunes+query.TailRunes))
	if err != nil {
		return Prepared{}, err
	}
	indexed := queries.Words(e.Question, clip(e.Answer, indexedRunes))
	p := Prepared{Entry: e, Model: whole.Model, Wordings: []Wording{
		{WholeOrdinal, indexed.Text(), whole.Vector},
		{0, e.Question, whole.TitleVector},
	}}
	found := append(words(indexed.Tokens), pairs(queries.Tokens(e.Question))...)
	for i, text := range e.Phrasings {
		q, err := queries.Build(ctx, "", text)
		if err != nil {
			return Prepared{}, err
		}
		p.Wordings = append(p.Wordings, Wording{i + 1, text, q.Vector})
		found = append(found, words(q.Tokens)...)
		found = append(found, pairs(q.Tokens)...)
	}
	for i, text := range e.Negatives {
		q, err := queries.Build(ctx, "", text)
		if err != nil {
			return Prepared{}, err
		}
		p.Wordings = append(p.Wordings, Wording{WholeOrdinal - 1 - i, text, q.Vector})
	}
	p.Terms = once(found)
	return p, nil
}

// once gives each term once, in the order in which they come.
func once(terms []string) []string {
	seen := make(map[string]bool, len(terms))
	out := make([]string, 0, len(terms))
	for _, t := range terms {
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}
