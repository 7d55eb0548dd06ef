package server

import (
	"context"
	"io"
	"slices"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// fakeLife is what the fake city knows of entries besides what they say now.
type fakeLife struct {
	editions map[kb.EntryID][]kb.Edition // newest first; without a row: it was imported
	marks    []kb.ClauseMark
	files    map[string][]byte // what was uploaded, by digest
}

// lifeStore keeps entries in work, by the same rules as the database: a
// version that does not stand any more is refused, and there is one copy.
type lifeStore struct{ *fake }

func (f *fake) editing() *kb.Editing {
	f.life.editions, f.life.files = map[kb.EntryID][]kb.Edition{}, map[string][]byte{}
	prepare := func(_ context.Context, e kb.Entry) (kb.Prepared, error) { return kb.Prepared{Entry: e}, f.down }
	return kb.NewEditing(lifeStore{f}, prepare, f.clock)
}

func (f *fake) upkeep() *kb.Upkeep { return kb.NewUpkeep(lifeStore{f}, fakePlaces{f}, f.clock) }

func (f lifeStore) at(entry kb.EntryID) int {
	return slices.IndexFunc(f.entries, func(e kb.Entry) bool { return e.ID == entry })
}

func (f lifeStore) Folder(_ context.Context, entry kb.EntryID) (kb.Folder, error) {
	i := f.at(entry)
	if f.down != nil || i < 0 {
		return kb.Folder{}, orDown(f.down, errs.New(errs.NotFound, "entry.not_found"))
	}
	r := kb.Folder{Entry: f.entries[i], Due: f.entries[i].Due(), Step: kb.StepImport}
	for n, d := range f.life.editions[entry] {
		if n == 0 {
			r.Step, r.Remark, r.By = d.Step, d.Remark, d.By
		}
		if d.Entry.State == kb.EntryPublished {
			break
		}
		if d.Step == kb.StepNew || d.Step == kb.StepEdit || d.Step == kb.StepSend {
			r.Authors = append(r.Authors, d.Entry.UpdatedBy)
		}
	}
	for _, e := range f.entries {
		switch {
		case e.Replaces == entry && (e.State == kb.EntryDraft || e.State == kb.EntryReview):
			r.Copy = e.ID
		case e.ID != entry && e.Replaces == "" && e.FamilyKey() == r.Entry.FamilyKey():
			r.Variants = append(r.Variants, e)
		}
	}
	return r, nil
}

func orDown(down, otherwise error) error {
	if down != nil {
		return down
	}
	return otherwise
}

func (f lifeStore) Editions(_ context.Context, entry kb.EntryID) ([]kb.Edition, error) {
	i := f.at(entry)
	all := slices.Clone(f.life.editions[entry])
	if i >= 0 && len(all) == 0 {
		all = []kb.Edition{{Entry: f.entries[i], Step: kb.StepImport}}
	}
	return all, f.down
}

func (f lifeStore) ChangeEntry(ctx context.Context, c kb.Change) error {
	if f.down != nil {
		return f.down
	}
	e := c.Entry
	if i := f.at(e.ID); i >= 0 {
		if f.entries[i].Version != e.Version {
			return errs.New(errs.Conflict, "kb.changed")
		}
		f.life.editions[e.ID], _ = f.Editions(ctx, e.ID)
		f.entries = slices.Delete(f.entries, i, i+1)
	}
	e.Version++
	f.entries = append(f.entries, e)
	f.life.editions[e.ID] = append([]kb.Edition{{Entry: e, Step: c.Step, Remark: c.Remark, By: f.nameOf(e.UpdatedBy)}}, f.life.editions[e.ID]...)
	if c.Ends != nil {
		return f.ChangeEntry(ctx, kb.Change{Entry: *c.Ends, Step: kb.StepMerge})
	}
	return nil
}

func (f lifeStore) KeepFile(_ context.Context, file kb.File, body []byte, _ org.Audit) error {
	f.life.files[file.Digest] = slices.Clone(body)
	return f.down
}

func (f lifeStore) EntryFile(ctx context.Context, entry kb.EntryID, digest string) (kb.File, []byte, error) {
	all, err := f.Editions(ctx, entry)
	for _, d := range all {
		for _, file := range d.Entry.Files {
			if file.Digest == digest {
				return file, f.life.files[digest], err
			}
		}
	}
	return kb.File{}, nil, orDown(err, errs.New(errs.NotFound, "file.not_found"))
}

func (f lifeStore) Tasks(_ context.Context, q kb.TaskFilter) ([]kb.Task, error) {
	fits := map[kb.TaskList]func(kb.Entry) bool{
		kb.ListReview:  func(e kb.Entry) bool { return e.State == kb.EntryReview },
		kb.ListVerify:  func(e kb.Entry) bool { return e.State == kb.EntryToVerify },
		kb.ListOverdue: func(e kb.Entry) bool { return !e.Due().IsZero() && e.Due().Before(q.Now) },
		kb.ListDraft:   func(e kb.Entry) bool { return e.State == kb.EntryDraft },
		kb.ListRetired: func(e kb.Entry) bool { return e.State == kb.EntryRetired },
		kb.ListSoon: func(e kb.Entry) bool {
			return e.State == kb.EntryPublished && e.Due().After(q.Now) && e.Due().Before(q.Soon)
		},
	}[q.List]
	var out []kb.Task
	for _, e := range f.entries {
		if fits(e) && (q.Unit == "" || q.Unit == e.Unit) {
			t := kb.Task{Entry: e, Due: e.Due()}
			if d := f.life.editions[e.ID]; len(d) > 0 {
				t.Remark, t.By = d[0].Remark, d[0].By
			}
			out = append(out, t)
		}
	}
	return out[:min(len(out), q.Limit)], f.down
}

func (f lifeStore) Loads(_ context.Context, now, soon time.Time) ([]kb.Load, error) {
	var out []kb.Load
	for _, e := range f.entries {
		i := slices.IndexFunc(out, func(l kb.Load) bool { return l.Unit == e.Unit })
		if i < 0 {
			out, i = append(out, kb.Load{Unit: e.Unit, Counts: map[kb.TaskList]int{}}), len(out)
		}
		out[i].Entries++
		for state, list := range map[kb.EntryState]kb.TaskList{kb.EntryReview: kb.ListReview, kb.EntryToVerify: kb.ListVerify, kb.EntryDraft: kb.ListDraft} {
			if e.State == state {
				out[i].Counts[list]++
			}
		}
		switch due := e.Due(); {
		case due.IsZero():
		case due.Before(now):
			out[i].Counts[kb.ListOverdue]++
		case due.Before(soon):
			out[i].Counts[kb.ListSoon]++
		}
	}
	return out, f.down
}

func (f lifeStore) Clauses(context.Context) ([]kb.CitedClause, error) {
	var out []kb.CitedClause
	for _, e := range f.entries {
		for _, c := range e.Clauses {
			out = append(out, kb.CitedClause{Clause: c, Entries: 1, Published: 1})
		}
	}
	return out, f.down
}

func (f lifeStore) MarkClause(_ context.Context, m kb.ClauseMark) error {
	f.life.marks = append(f.life.marks, m)
	return f.down
}

func (f lifeStore) MoveDue(context.Context, time.Time, int) (int, error) {
	moved := 0
	for i, e := range f.entries {
		for _, m := range f.life.marks {
			if e.State == kb.EntryPublished && slices.ContainsFunc(e.Clauses, func(c kb.Clause) bool { return c.Law == m.Law && (m.Text == "" || c.Text == m.Text) }) {
				f.entries[i].State = kb.EntryToVerify
				moved++
			}
		}
	}
	f.life.marks = nil
	return moved, f.down
}

func (f fakeKnowledge) Export(_ context.Context, actor org.Actor, w io.Writer, name string) error {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return err
	}
	return kb.Export(w, name, "", func(yield func(kb.Entry, error) bool) {
		for _, e := range f.entries {
			if !yield(e, f.down) {
				return
			}
		}
	})
}

// second makes a second editor, and lets them sign in as "editor2".
func (w *world) second() {
	w.t.Helper()
	a := w.fake.accounts["editor"]
	a.ID, a.Login, a.Name = id.New[org.AccountID](), "editor2", "周敏"
	w.fake.accounts["editor2"] = a
}
