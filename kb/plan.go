package kb

import (
	"cmp"
	"context"
	"strings"

	"huying/internal/errs"
)

// PlanStore finds what an import would meet.
type PlanStore interface {
	// Alike gives the entries in any state, copies in work left out, that have
	// one of the codes or one of the questions.
	Alike(ctx context.Context, codes, questions []string) ([]Entry, error)
}

// Plan is what importing a reading would do.
type Plan struct {
	Created, Unchanged int
	Changes            []PlannedChange
	Conflicts          errs.List // rows whose question another stored entry answers, each with its line
	Good               []Entry   // the rows without a conflict
}

// PlannedChange is a stored entry that a row would change.
type PlannedChange struct {
	Line   int
	Stored Entry
	Fields string // their names; a state is among them
	Hand   bool   // a person changed it last, so the import overwrites their work
}

// NewPlan compares a reading with what is stored. The error is the store's.
func NewPlan(ctx context.Context, store PlanStore, r Reading) (Plan, error) {
	var p Plan
	for start := 0; start < len(r.Entries); start += batch {
		end := min(start+batch, len(r.Entries))
		if err := p.compare(ctx, store, r.Entries[start:end], r.Lines[start:end]); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *Plan) compare(ctx context.Context, store PlanStore, entries []Entry, lines []int) error {
	var codes, questions []string
	for _, e := range entries {
		questions = append(questions, e.Question)
		if e.Code != "" {
			codes = append(codes, e.Code)
		}
	}
	stored, err := store.Alike(ctx, codes, questions)
	if err != nil {
		return err
	}
	byCode, byText := map[string]Entry{}, map[asking][]Entry{}
	for _, s := range stored {
		if s.Code != "" {
			byCode[s.Code] = s
		}
		at := asking{s.Question, s.Area}
		byText[at] = append(byText[at], s)
	}
	for i, e := range entries {
		p.row(lines[i], e, byCode, byText[asking{e.Question, e.Area}])
	}
	return nil
}

// row plans one row; twins are the stored entries with its question and area.
func (p *Plan) row(line int, e Entry, byCode map[string]Entry, twins []Entry) {
	same, known := byCode[e.Code]
	for _, t := range twins {
		switch {
		case e.Code == "" && t.Code == "":
			same, known = t, true
		case t.ID != same.ID && t.State != EntryRetired:
			p.Conflicts = append(p.Conflicts, errs.New(errs.Conflict, "kb.twin_row", cmp.Or(t.Code, "无编号")).In("question").At(line, 0))
			return
		}
	}
	p.Good = append(p.Good, e)
	if !known {
		p.Created++
		return
	}
	var names []string
	e.Files = same.Files // no file of entries brings any
	for _, f := range Changed(same, e) {
		names = append(names, f.Label)
	}
	if same.State != e.State && (same.State != EntryToVerify || e.State != EntryPublished) && e.State != EntryDraft {
		names = append(names, "状态")
	}
	if len(names) == 0 {
		p.Unchanged++
		return
	}
	if same.State == EntryReview && e.State == EntryDraft {
		p.Good = p.Good[:len(p.Good)-1]
		p.Conflicts = append(p.Conflicts, errs.New(errs.Conflict, "kb.row_in_review", e.Question).In("question").At(line, 0))
		return
	}
	p.Changes = append(p.Changes, PlannedChange{line, same, strings.Join(names, "、"), same.UpdatedBy != ""})
}
