package classifier

import (
	"context"
	"slices"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Part is what a text says of one matter when it seems to name several.
type Part struct {
	Text        string // of the matter that it would become
	Category    CategoryID
	Name        string // of the category
	Lead        org.UnitKind
	LeadName    string
	Probability float64      // of the category, calibrated
	possible    []CategoryID // all candidates; not stored
}

// partFloor is the probability that the first category of each part must have.
// Of 0.3, 0.4, 0.45, 0.5, 0.55 and 0.6, it is the least with which no more than
// one of 22 messages that only look double is cut; all of 22 that are double
// are (cmd/huying's split_test.go; written for it). Of 222 real
// messages with one label each, one is cut; of 30 spoken questions with a second
// matter 7, because most of them stay in one unit or mark nothing, and of 100
// others none.
const partFloor = 0.5

// Matters tells whether segments of one text are matters of their own, given
// what would be suggested for each, in order. Two are one matter when they go
// to the same lead, or when what is likeliest for the one is possible for the
// other; one of which nothing can be said belongs to the one before it (the
// first to the one after). Nil when fewer than two are left.
func Matters(segments []Part) []Part {
	var out []Part
	vague := "" // the beginning, while nothing can be said of it
	for _, s := range segments {
		if s.Category == "" || s.Probability < partFloor {
			if len(out) == 0 {
				vague = Joined(vague, s.Text)
			} else {
				last := &out[len(out)-1]
				last.Text = Joined(last.Text, s.Text)
			}
			continue
		}
		if same := slices.IndexFunc(out, s.sameMatter); same >= 0 {
			out[same].Text = Joined(out[same].Text, s.Text)
			continue
		}
		if len(out) == 0 {
			s.Text = Joined(vague, s.Text)
		}
		out = append(out, s)
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

func (p Part) sameMatter(other Part) bool {
	return p.Lead == other.Lead || slices.Contains(p.possible, other.Category) || slices.Contains(other.possible, p.Category)
}

// Joined is two pieces of a text, one above the other.
func Joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "\n" + b
}

// Split cuts a matter into parts.
type Split struct {
	Matter     intake.MatterID
	Suggestion SuggestionID // that proposed it
	Parts      []string     // texts of the matters; the first stays with Matter
	Edited     bool         // a person changed where it is cut
}

// SplitStore is what cutting a matter writes.
type SplitStore interface {
	// Split gives the matter the first part's text and makes a matter of the
	// same message of each other part, all of them to be suggested for anew,
	// with the audit line, in one transaction; it gives their ids. A suggestion
	// that was taken up already changes nothing and gives none. errs.NotFound
	// "matter.not_found"; errs.Conflict "split.outdated" when the matter is
	// decided or the suggestion is not its latest.
	Split(ctx context.Context, s Split, line org.Audit) ([]intake.MatterID, error)
}

// Splits cuts matters that name several things. It is safe for concurrent use.
type Splits struct {
	store SplitStore
	desk  *Desk
}

// NewSplits makes Splits over the desk.
func NewSplits(store SplitStore, desk *Desk) *Splits { return &Splits{store: store, desk: desk} }

// Accept takes up what a suggestion proposed, once: the matters it gives are
// still to be suggested for. The message keeps the whole text. in says for each
// of the proposal's Pieces which part it goes to; nil: as proposed. Errors of
// Recut.
func (s *Splits) Accept(ctx context.Context, actor org.Actor, matter intake.MatterID, suggestion SuggestionID, in []int) ([]intake.MatterID, error) {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return nil, err
	}
	f, err := s.desk.File(ctx, actor, matter)
	if err != nil {
		return nil, err
	}
	if !id.Valid(suggestion) {
		return nil, errs.New(errs.Conflict, "split.outdated")
	}
	cut := Split{Matter: matter, Suggestion: suggestion}
	if f.Suggestion != nil && f.Suggestion.ID == suggestion {
		for _, p := range f.Suggestion.Parts {
			cut.Parts = append(cut.Parts, p.Text)
		}
		if in != nil {
			if cut.Parts, err = Recut(Pieces(f.Suggestion.Parts), in, len(cut.Parts)); err != nil {
				return nil, err
			}
			cut.Edited = true
		}
	}
	return s.store.Split(ctx, cut, org.Audit{
		At: s.desk.now(), Actor: actor.Account, Action: "split_matter", Object: "matter:" + string(matter),
	})
}
