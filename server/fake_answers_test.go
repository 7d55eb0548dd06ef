package server

import (
	"context"
	"slices"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// answering is what fakeCases keeps of answers, attachments and heads.
type answering struct {
	templates map[classifier.CategoryID]casework.Template
	files     []casework.Attachment
	heads     map[org.UnitID][]org.AccountID
	places    map[intake.MatterID]string
	summons   map[casework.SummonsID]*fakeSummons
	cuts      map[intake.MatterID]casework.CaseID // what was cut off which case
	memos     []casework.Memo                     // the latest first
	known     casework.Known                      // the nearest entry; the zero one: there is none
}

func (f fakeCases) Template(_ context.Context, c classifier.CategoryID) (casework.Template, error) {
	t := f.answering.templates[c]
	t.Category = c
	return t, f.down
}

func (f fakeCases) InsertTemplate(_ context.Context, t casework.Template, _ org.Audit) error {
	t.ByName = f.nameOf(t.By)
	f.answering.templates[t.Category] = t
	return f.down
}

func (f fakeCases) LikeClosed(_ context.Context, id casework.CaseID, _ int) ([]casework.Like, error) {
	var out []casework.Like
	for _, c := range f.cases {
		if c.ID != id && c.Ending == casework.Solved {
			out = append(out, casework.Like{Case: c.ID, Number: c.Number, Title: c.Title, Answer: c.history[2].Public})
		}
	}
	return out, f.down
}

func (f fakeCases) Best(context.Context, string, org.AreaCode) (casework.Known, bool, error) {
	return f.answering.known, f.answering.known.Answer != "", f.down
}

func (f fakeCases) Attachments(_ context.Context, in casework.Folder) ([]casework.Attachment, error) {
	var out []casework.Attachment
	for _, a := range f.answering.files {
		if a.Folder == in {
			out = append(out, a)
		}
	}
	return out, f.down
}

func (f fakeCases) Attachment(_ context.Context, in casework.Folder, id casework.AttachmentID) (casework.Attachment, error) {
	i := slices.IndexFunc(f.answering.files, func(a casework.Attachment) bool { return a.Folder == in && a.ID == id })
	if i < 0 {
		return casework.Attachment{}, errs.New(errs.NotFound, "file.not_found")
	}
	return f.answering.files[i], f.down
}

func (f fakeCases) InsertAttachment(_ context.Context, a casework.Attachment) error {
	a.ByName = f.nameOf(a.By)
	f.answering.files = append(f.answering.files, a)
	return f.down
}

func (f fakeCases) ShareAttachment(_ context.Context, c casework.CaseID, id casework.AttachmentID, shown bool, _ org.Audit) error {
	i := slices.IndexFunc(f.answering.files, func(a casework.Attachment) bool { return a.Case == c && a.ID == id })
	if i < 0 {
		return errs.New(errs.NotFound, "file.not_found")
	}
	f.answering.files[i].Shown = shown
	return f.down
}

func (f fakeCases) Heads(_ context.Context, u org.UnitID) ([]casework.Member, error) {
	var out []casework.Member
	for _, a := range f.accounts {
		if a.Unit == u && a.Roles.Has(org.RoleUnit) {
			out = append(out, casework.Member{Account: a.ID, Name: a.Name, Head: slices.Contains(f.answering.heads[u], a.ID), Deputy: slices.Contains(f.alerts.deputies[u], a.ID)})
		}
	}
	return out, f.down
}

func (f fakeCases) Away(_ context.Context, u org.UnitID, at time.Time) (map[org.AccountID]string, error) {
	out := map[org.AccountID]string{}
	for _, c := range f.roster.covers {
		if c.Absent.Unit == u && c.Holds(at) {
			out[c.Absent.ID] = c.Substitute.Name
		}
	}
	return out, f.down
}

func (f fakeCases) AllHeads(ctx context.Context) (map[org.UnitID][]casework.Member, error) {
	out := map[org.UnitID][]casework.Member{}
	for _, u := range f.units {
		all, _ := f.Heads(ctx, u.ID)
		out[u.ID] = slices.DeleteFunc(all, func(m casework.Member) bool { return !m.Leads() })
	}
	return out, f.down
}

func (f fakeCases) SetHeads(_ context.Context, u org.UnitID, heads, deputies []org.AccountID, _ org.Audit) error {
	f.answering.heads[u], f.alerts.deputies[u] = heads, deputies
	for _, c := range f.cases {
		if c.Unit == u {
			c.Docket.Heads = slices.Concat(heads, deputies)
		}
	}
	return f.down
}

func (f fakeCases) MatterPlace(_ context.Context, m intake.MatterID) (string, error) {
	return f.answering.places[m], f.down
}

func (f fakeCases) SetMatterPlace(_ context.Context, m intake.MatterID, place string, _ org.Audit) error {
	f.answering.places[m] = place
	return f.down
}

func (f fakeCases) ReceiptOf(_ context.Context, n casework.NotificationID) (string, error) {
	for _, row := range f.outbox.rows {
		if row.ID == n {
			return row.Receipt, f.down
		}
	}
	return "", errs.New(errs.NotFound, "sms.unknown")
}

// Findings are the files that came in by somebody on patrol.
func (f fakeCases) Findings(context.Context, org.AccountID, int) ([]casework.Found, error) {
	var out []casework.Found
	for m, file := range f.files {
		if file.Message.Channel != intake.Patrol {
			continue
		}
		found := casework.Found{Matter: m, At: file.Message.At, Text: file.Matter.Text, Place: file.Message.Place, Open: len(file.Decisions) == 0}
		for _, c := range f.cases {
			if c.Matter == m {
				found.Number, found.State = c.Number, c.State
			}
		}
		out = append(out, found)
	}
	return out, f.down
}
