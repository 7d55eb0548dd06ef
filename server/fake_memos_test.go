package server

import (
	"context"
	"slices"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

func (f fakeCases) SendMemo(ctx context.Context, m casework.Memo, plan func(casework.Memo, int) casework.Plan, _ org.Audit) (casework.Memo, error) {
	if slices.ContainsFunc(f.answering.memos, func(known casework.Memo) bool { return known.ID == m.ID }) {
		return m, errs.New(errs.Conflict, "memo.exists")
	}
	m.Number, m.ByName = len(f.answering.memos)+1, f.nameOf(m.By)
	for i, k := range m.Cases {
		if _, err := f.Move(ctx, k.ID, casework.AnySeen, plan(m, i)); err != nil {
			return m, err
		}
	}
	f.answering.memos = append([]casework.Memo{m}, f.answering.memos...)
	return m, f.down
}

func (f fakeCases) Memo(_ context.Context, id casework.MemoID, _ org.Actor) (casework.Memo, error) {
	for _, m := range f.answering.memos {
		if m.ID == id {
			return m, f.down
		}
	}
	return casework.Memo{}, errs.New(errs.NotFound, "memo.not_found")
}

func (f fakeCases) Memos(_ context.Context, q casework.MemoFilter) ([]casework.Memo, error) {
	var out []casework.Memo
	for _, m := range f.answering.memos {
		show := q.Show == casework.MemoAll || q.Show == casework.MemoShow(m.State()) || q.Show == casework.MemoOverdue && m.Late(q.Now)
		about := q.Case == "" || slices.ContainsFunc(m.Cases, func(k casework.MemoCase) bool { return k.ID == q.Case })
		if show && about && (q.Unit == "" || q.Unit == m.Unit) {
			out = append(out, m)
		}
	}
	return out, f.down
}

func (f fakeCases) MoveMemo(ctx context.Context, id casework.MemoID, event func(casework.Memo) (casework.MemoEvent, error), plan casework.Plan, _ org.Audit) error {
	for i, m := range f.answering.memos {
		if m.ID != id {
			continue
		}
		e, err := event(m)
		if err != nil {
			return err
		}
		e.ByName = f.nameOf(e.By)
		f.answering.memos[i].Events = append(slices.Clone(m.Events), e)
		for _, k := range m.Cases {
			if _, err := f.Move(ctx, k.ID, casework.AnySeen, plan); err != nil && errs.KindOf(err) != errs.Conflict {
				return err
			}
		}
		return f.down
	}
	return errs.New(errs.NotFound, "memo.not_found")
}

// AccusationOf gives whom a matter of the fake city complains of.
func (f *fake) AccusationOf(_ context.Context, m intake.MatterID) (intake.Accusation, error) {
	return f.files[m].Accused, f.down
}
