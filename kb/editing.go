package kb

import (
	"context"
	"errors"
	"slices"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Folder is an entry with what whoever looks after it must know.
type Folder struct {
	Entry    Entry
	Owners   []org.Actor     // the accounts of the unit that stands behind it
	Authors  []org.AccountID // who wrote or put forward what has not been published yet
	Due      time.Time       // by when somebody must act; zero: never
	Step     Step            // what made the present version
	Remark   string          // why, in the words of who did it
	By       string          // name of who did it; empty: the machine or the command line
	Copy     EntryID         // the copy in work that will replace it; empty: none
	Variants []Entry         // the others of its family that are in use, for other areas
}

// Edition is one version of an entry.
type Edition struct {
	Entry  Entry
	Step   Step
	Remark string
	By     string // name of who made it; empty: the machine or the command line
}

// Change is one new version of an entry, and what goes with it.
type Change struct {
	Entry    Entry     // as it shall stand; Version is what stood before, 0: it is new
	Prepared *Prepared // of Entry, when its wording may have changed; nil: only its state did
	Step     Step
	Remark   string
	Ends     *Entry // a copy whose work is done by this: it is retired; Version is what stood before
}

// EditStore keeps entries in work.
type EditStore interface {
	// Folder gives an entry in any state, or errs.NotFound "entry.not_found".
	Folder(ctx context.Context, entry EntryID) (Folder, error)
	// Editions gives all versions of an entry, newest first; none when it does
	// not exist.
	Editions(ctx context.Context, entry EntryID) ([]Edition, error)
	// ChangeEntry stores a version in one transaction. errs.Conflict
	// "kb.changed" when another version stands by now, or another copy is in
	// work; "kb.code" when another entry has the code, "kb.twin" when another in
	// use asks the same question for the same area; errs.Invalid "kb.area".
	ChangeEntry(ctx context.Context, c Change) error
}

// Preparer makes the wordings and vectors by which an entry is found;
// errs.Unavailable when the embedder does not answer.
type Preparer func(ctx context.Context, e Entry) (Prepared, error)

// Editing is the life of an entry for those who look after it: what they may
// do is in life.go. It is safe for concurrent use.
type Editing struct {
	store   EditStore
	prepare Preparer
	now     func() time.Time
}

// NewEditing makes an Editing.
func NewEditing(store EditStore, prepare Preparer, now func() time.Time) *Editing {
	return &Editing{store: store, prepare: prepare, now: now}
}

// Clash is what the second of two meets who edit at once: nothing of theirs is
// stored. It is errs.Conflict "kb.changed".
type Clash struct {
	Base Entry  // as the second knew it
	Now  Entry  // as it stands; it may be a copy in work of Base
	By   string // name of who made Now; empty: the machine or the command line
	err  error
}

// Error is the text for the log.
func (c *Clash) Error() string { return c.err.Error() }

// Unwrap gives the conflict.
func (c *Clash) Unwrap() error { return c.err }

// Folder gives an entry with the steps that its state offers this person;
// errs.NotFound when it does not exist.
func (l *Editing) Folder(ctx context.Context, actor org.Actor, entry EntryID) (Folder, []Choice, error) {
	if err := org.Can(actor, org.ActAsk); err != nil {
		return Folder{}, nil, err
	}
	s, err := l.situation(ctx, actor, entry)
	return s.folder, s.choices(), err
}

func (l *Editing) situation(ctx context.Context, actor org.Actor, entry EntryID) (situation, error) {
	s := situation{actor: actor, now: l.now()}
	if !id.Valid(entry) {
		return s, errs.New(errs.NotFound, "entry.not_found")
	}
	var err error
	s.folder, err = l.store.Folder(ctx, entry)
	return s, err
}

// Editions gives all versions of an entry, newest first, or errs.NotFound.
func (l *Editing) Editions(ctx context.Context, actor org.Actor, entry EntryID) ([]Edition, error) {
	if err := org.Can(actor, org.ActAsk); err != nil {
		return nil, err
	}
	if !id.Valid(entry) {
		return nil, errs.New(errs.NotFound, "entry.not_found")
	}
	all, err := l.store.Editions(ctx, entry)
	if err == nil && len(all) == 0 {
		err = errs.New(errs.NotFound, "entry.not_found")
	}
	return all, err
}

// Write stores what an editor wrote: a new draft when e has no id, else the
// next version of the draft that has it. The version that e names is the one
// that the editor had before them. What answers already is not touched: its
// copy in work gets the text, and replaces it when approved. It gives the
// draft as it stands; the same content again makes neither version nor copy,
// and gives the entry as it is.
//
// An errs.List names each faulty field. A *Clash when somebody changed it
// meanwhile. errs.Conflict "kb.in_review", "kb.is_retired".
func (l *Editing) Write(ctx context.Context, actor org.Actor, e Entry) (Entry, error) {
	return l.write(ctx, actor, e, StepEdit)
}

func (l *Editing) write(ctx context.Context, actor org.Actor, e Entry, step Step) (Entry, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return Entry{}, err
	}
	now := l.now()
	e = e.Tidy()
	e.State, e.UpdatedAt, e.UpdatedBy = EntryDraft, now, actor.Account
	base := e
	switch {
	case e.ID == "":
		e.ID, e.Version, e.Replaces, step = id.New[EntryID](), 0, "", StepNew
	default:
		f, err := l.store.Folder(ctx, e.ID)
		if err != nil {
			return Entry{}, err
		}
		if e.Files == nil {
			e.Files = f.Entry.Files
		}
		if e.Version == f.Entry.Version && SameContent(e, f.Entry) {
			return f.Entry, nil
		}
		if e, err = l.continues(ctx, f, e); err != nil {
			return f.Entry, err
		}
	}
	if err := e.Validate(); err != nil {
		return Entry{}, err
	}
	p, err := l.prepare(ctx, e)
	if err != nil {
		return Entry{}, err
	}
	err = l.store.ChangeEntry(ctx, Change{Entry: e, Prepared: &p, Step: step})
	if err != nil && base.ID != "" && errs.CodeOf(err) == "kb.changed" {
		return Entry{}, l.clash(ctx, base, err)
	}
	if err != nil {
		return Entry{}, err
	}
	e.Version++
	return e, nil
}

// continues makes of what an editor wrote on the entry of f what is stored:
// its next version, or a copy in work.
func (l *Editing) continues(ctx context.Context, f Folder, e Entry) (Entry, error) {
	before := f.Entry
	switch {
	case before.State == EntryReview:
		return e, errs.New(errs.Conflict, "kb.in_review")
	case before.State == EntryRetired:
		return e, errs.New(errs.Conflict, "kb.is_retired")
	case before.Version != e.Version || f.Copy != "":
		return e, l.clash(ctx, e, errs.New(errs.Conflict, "kb.changed"))
	case before.State == EntryDraft:
		e.Replaces = before.Replaces
	default:
		e.ID, e.Version, e.Replaces = id.New[EntryID](), 0, before.ID
	}
	if e.Replaces != "" {
		e.Code = "" // the entry that it replaces keeps its own
	}
	return e, nil
}

// clash says what an editor met whose text was based on the version that mine
// names.
func (l *Editing) clash(ctx context.Context, mine Entry, lost error) error {
	editions, err := l.store.Editions(ctx, mine.ID)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(editions, func(e Edition) bool { return e.Entry.Version == mine.Version })
	if at < 0 {
		return lost
	}
	c := &Clash{Base: editions[at].Entry, Now: editions[0].Entry, By: editions[0].By, err: lost}
	f, err := l.store.Folder(ctx, mine.ID)
	if err != nil {
		return err
	}
	if f.Copy == "" {
		return c
	}
	copied, err := l.store.Folder(ctx, f.Copy)
	if err != nil {
		return err
	}
	c.Now, c.By = copied.Entry, copied.By
	return c
}

// Move takes a step with an entry, of which the person had the version before
// them, and gives the entry as it stands then: for an approved copy the entry
// that it replaced. remark is needed where the rule says so, and kept.
//
// errs.Forbidden when the person may not (another unit's, their own text);
// errs.Conflict "kb.step" when the entry is in another state by now,
// "kb.outdated" when its text is another.
func (l *Editing) Move(ctx context.Context, actor org.Actor, entry EntryID, version int, step Step, remark string) (Entry, error) {
	s, err := l.situation(ctx, actor, entry)
	if err != nil {
		return Entry{}, err
	}
	before := s.folder.Entry
	r, err := ruleOf(step, before.State)
	if err != nil {
		return before, err
	}
	if err := r.allows(s); err != nil {
		return before, err
	}
	if remark = tidyText(remark); r.reasons && remark == "" {
		return before, errs.New(errs.Invalid, "field.required", "原因").In("remark")
	}
	if len([]rune(remark)) > MaxShortRunes {
		return before, errs.New(errs.Invalid, "field.too_long", "原因", MaxShortRunes).In("remark")
	}
	if before.Version != version {
		return before, errs.New(errs.Conflict, "kb.outdated")
	}
	after := before
	after.State, after.UpdatedAt, after.UpdatedBy = r.to, s.now, actor.Account
	c := Change{Entry: after, Step: step, Remark: remark}
	if step == StepApprove && before.Replaces != "" {
		if c, err = l.merge(ctx, c); err != nil {
			return before, err
		}
	}
	if err := l.store.ChangeEntry(ctx, c); err != nil {
		return before, err
	}
	c.Entry.Version++
	return c.Entry, nil
}

// merge makes of the approval of a copy the next version of the entry that it
// replaces.
func (l *Editing) merge(ctx context.Context, c Change) (Change, error) {
	copied := c.Entry
	f, err := l.store.Folder(ctx, copied.Replaces)
	if err != nil {
		return c, err
	}
	e := copied
	e.ID, e.Code, e.Version, e.Replaces = f.Entry.ID, f.Entry.Code, f.Entry.Version, ""
	if e.Files == nil {
		e.Files = []File{} // the copy has none any more
	}
	p, err := l.prepare(ctx, e)
	if err != nil {
		return c, err
	}
	copied.State = EntryRetired
	return Change{Entry: e, Prepared: &p, Step: c.Step, Remark: c.Remark, Ends: &copied}, nil
}

// Rollback writes what the version said as an editor's new text, to be
// reviewed like any other; it gives the draft. errs.NotFound "kb.no_version".
func (l *Editing) Rollback(ctx context.Context, actor org.Actor, entry EntryID, version int) (Entry, error) {
	editions, err := l.Editions(ctx, actor, entry)
	if err != nil {
		return Entry{}, err
	}
	at := slices.IndexFunc(editions, func(e Edition) bool { return e.Entry.Version == version })
	if at < 0 {
		return Entry{}, errs.New(errs.NotFound, "kb.no_version", version)
	}
	old := editions[at].Entry
	old.Version = editions[0].Entry.Version
	return l.write(ctx, actor, old, StepRollback)
}

// AsClash gives the clash in err, if there is one.
func AsClash(err error) (*Clash, bool) { return errors.AsType[*Clash](err) }
