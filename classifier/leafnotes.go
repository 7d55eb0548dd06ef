package classifier

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/llm"
	"huying/internal/org"
)

// LeafNoteID identifies a LeafNote.
type LeafNoteID string

// LeafNote is an example or a clause that the catalogue's owner wants in the
// next version of a leaf. It changes nothing by itself: it goes with the
// version's export, and from there through the usual way of a new version.
type LeafNote struct {
	ID     LeafNoteID
	Leaf   CategoryID
	Rival  CategoryID // that a clause tells the leaf from; empty: it is an example
	Text   string
	By     org.AccountID
	ByName string // only in what the store gives
	At     time.Time
}

// Bounds of a leaf's notes.
const (
	MaxNoteRunes = 300
	MaxLeafNotes = 40
)

// LeafNoteStore keeps notes.
type LeafNoteStore interface {
	// InsertLeafNotes stores notes of one leaf with one audit line; those whose
	// text the leaf has already are left out. errs.Conflict "leaf.notes" when
	// there would be more than most.
	InsertLeafNotes(ctx context.Context, notes []LeafNote, most int, line org.Audit) error
	// DropLeafNote takes one away; errs.Conflict "leaf.note_gone" when it is
	// gone already.
	DropLeafNote(ctx context.Context, note LeafNoteID, by org.AccountID, at time.Time, line org.Audit) error
	// LeafNotes gives those of a version's leaves, oldest first; of one leaf
	// where it is named.
	LeafNotes(ctx context.Context, version VersionID, leaf CategoryID) ([]LeafNote, error)
}

// LeafNotes lets the catalogue's owner collect what the next version shall
// have, with proposals by a language model if there is one. It is safe for
// concurrent use.
type LeafNotes struct {
	store LeafNoteStore
	now   func() time.Time
}

// NewLeafNotes makes LeafNotes.
func NewLeafNotes(store LeafNoteStore, now func() time.Time) *LeafNotes {
	return &LeafNotes{store, now}
}

// Of gives the notes of a leaf.
func (n *LeafNotes) Of(ctx context.Context, actor org.Actor, leaf *Category) ([]LeafNote, error) {
	if err := org.Can(actor, org.ActReadCatalogue); err != nil {
		return nil, err
	}
	return n.store.LeafNotes(ctx, leaf.Version, leaf.ID)
}

// Keep stores examples and clauses for a leaf, all or none. An errs.List names
// what is wrong with each: empty, too long, personal data, the mark of a
// sentence without source.
func (n *LeafNotes) Keep(ctx context.Context, actor org.Actor, leaf *Category, examples, clauses []string, rival CategoryID) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	now := n.now()
	var notes []LeafNote
	var faults errs.List
	add := func(text string, rival CategoryID) {
		text = strings.Join(strings.Fields(text), " ")
		bad := func(code errs.Code, args ...any) {
			faults = append(faults, errs.New(errs.Invalid, code, args...).In("text"))
		}
		switch {
		case text == "":
			bad("field.required", "例子或条款")
		case utf8.RuneCountInString(text) > MaxNoteRunes:
			bad("field.too_long", "例子或条款", MaxNoteRunes)
		case strings.Contains(text, llm.Unsourced):
			bad("answer.unsourced", llm.Unsourced)
		case intake.Masked(text) != text || strings.Contains(text, "〔"):
			bad("leaf.personal", text)
		}
		notes = append(notes, LeafNote{ID: id.New[LeafNoteID](), Leaf: leaf.ID, Rival: rival, Text: text, By: actor.Account, At: now})
	}
	for _, t := range examples {
		add(t, "")
	}
	for _, t := range clauses {
		add(t, rival)
	}
	if len(clauses) > 0 && rival == "" {
		faults = append(faults, errs.New(errs.Invalid, "field.required", "与哪个事项区分").In("rival"))
	}
	if len(notes) == 0 {
		faults = append(faults, errs.New(errs.Invalid, "leaf.nothing").In("text"))
	}
	if len(faults) > 0 {
		return faults
	}
	return n.store.InsertLeafNotes(ctx, notes, MaxLeafNotes, org.Audit{At: now, Actor: actor.Account, Action: "keep_leaf_notes", Object: "category:" + string(leaf.ID)})
}

// Drop takes a note away.
func (n *LeafNotes) Drop(ctx context.Context, actor org.Actor, note LeafNoteID) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	if !id.Valid(note) {
		return errs.New(errs.Conflict, "leaf.note_gone")
	}
	now := n.now()
	return n.store.DropLeafNote(ctx, note, actor.Account, now, org.Audit{At: now, Actor: actor.Account, Action: "drop_leaf_note", Object: "leaf_note:" + string(note)})
}

// With gives a version with its notes written in: what its owner edits and
// imports as the next one.
func (n *LeafNotes) With(ctx context.Context, actor org.Actor, c *Catalogue) (*Catalogue, error) {
	if err := org.Can(actor, org.ActReadVersions); err != nil {
		return nil, err
	}
	notes, err := n.store.LeafNotes(ctx, c.Version.ID, "")
	if err != nil || len(notes) == 0 {
		return c, err
	}
	all := slices.Clone(c.Categories)
	for _, note := range notes {
		i, ok := c.byID[note.Leaf]
		if !ok {
			continue
		}
		leaf := &all[i]
		if note.Rival == "" {
			if !slices.Contains(leaf.Examples, note.Text) {
				leaf.Examples = append(slices.Clone(leaf.Examples), note.Text)
			}
			continue
		}
		rival, ok := c.Category(note.Rival)
		if !ok {
			continue
		}
		leaf.Neighbours = slices.Clone(leaf.Neighbours)
		at := slices.IndexFunc(leaf.Neighbours, func(x Neighbour) bool { return x.Category == note.Rival })
		if at < 0 {
			leaf.Neighbours = append(leaf.Neighbours, Neighbour{Category: rival.ID, Code: rival.Code, Tell: note.Text})
		} else if !strings.Contains(leaf.Neighbours[at].Tell, note.Text) {
			tell := leaf.Neighbours[at].Tell
			if tell != "" && !strings.HasSuffix(tell, "。") && !strings.HasSuffix(tell, "；") {
				tell += "；"
			}
			leaf.Neighbours[at].Tell = tell + note.Text
		}
	}
	return NewCatalogue(c.Version, all), nil
}
