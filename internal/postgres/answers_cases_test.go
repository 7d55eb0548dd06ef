package postgres_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

func TestTheHeadOfAUnitReviews(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	heads := casework.NewHeads(o, o.stage)
	admin := org.Actor{Account: o.account, Roles: org.Roles{org.RoleAdmin}}
	boss := org.Actor{Account: o.handler("boss", o.unit.Unit), Roles: org.Roles{org.RoleUnit}, Unit: o.unit.Unit}
	wants(t, heads.Set(t.Context(), o.agent, o.unit.Unit, nil, nil), errs.Forbidden, "role.forbidden")
	wants(t, heads.Set(t.Context(), admin, o.unit.Unit, []org.AccountID{o.other.Account}, nil), errs.Invalid, "head.stranger")
	o.must(heads.Set(t.Context(), admin, o.unit.Unit, []org.AccountID{boss.Account}, nil))
	members, err := heads.Of(t.Context(), admin, o.unit.Unit)
	if err != nil || len(members) != 2 || members[0].Name != "boss" || !members[0].Head || members[1].Head {
		t.Errorf("members %+v, %v", members, err)
	}
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Sure: true, Public: "已办"})
	if d.State != casework.Reviewing || !d.Due.AnsweredAt.IsZero() {
		t.Fatalf("answered %+v", d.Case)
	}
	_, err = o.stage.Do(t.Context(), o.unit, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Approve, Public: "已办"})
	wants(t, err, errs.Forbidden, "case.not_yours")
	d = o.do(boss, d, casework.Command{Move: casework.Approve, Public: "已办结"})
	if d.State != casework.Checking || d.Due.AnsweredAt.IsZero() {
		t.Errorf("approved %+v", d.Case)
	}
	o.rebuilds(d)
	o.must(heads.Set(t.Context(), admin, o.unit.Unit, nil, nil))
	if d = o.of(d.Matter); len(d.Heads) != 0 {
		t.Errorf("heads %v", d.Heads)
	}
}

// TestDraftsComeFromWhatIsThere: the leaf's template and closed cases of it,
// with co-units' parts.
func TestDraftsComeFromWhatIsThere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	drafts := casework.NewDrafts(o.cases, o.stage, nil)
	names := casework.Names{Unit: func(u org.UnitID) string { return "单位" }, Leaf: "油烟", Today: "3月2日"}
	closed := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	closed = o.do(o.unit, closed, casework.Command{Move: casework.Propose, Sure: true, Public: "已责令整改"})
	o.do(o.agent, closed, casework.Command{Move: casework.Close, Reason: "solved"})
	d := o.file("b", 1)
	co := org.Actor{Account: o.handler("co", o.units[2].ID), Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}
	o.do(co, d, casework.Command{Move: casework.Contribute, Text: "已清理占道"})
	wants(t, drafts.KeepTemplate(t.Context(), o.unit, d.Category, "x"), errs.Forbidden, "role.forbidden")
	wants(t, drafts.KeepTemplate(t.Context(), o.agent, d.Category, "{电话}"), errs.Invalid, "answer.placeholder")
	o.must(drafts.KeepTemplate(t.Context(), o.agent, d.Category, "旧的"))
	o.must(drafts.KeepTemplate(t.Context(), o.agent, d.Category, "{承办单位}已于{日期}核实{事项}。{协办意见}"))
	got, err := drafts.Of(t.Context(), o.unit, d.ID, names)
	o.must(err)
	if len(got) != 2 || got[0].Text != "单位已于3月2日核实油烟。单位：已清理占道" || got[1].Text != "已责令整改\n单位：已清理占道" {
		t.Errorf("drafts %+v", got)
	}
	_, err = drafts.Of(t.Context(), o.agent, d.ID, names)
	wants(t, err, errs.Forbidden, "case.not_yours")
	o.must(drafts.KeepTemplate(t.Context(), o.agent, d.Category, " "))
	if got, err = drafts.Of(t.Context(), o.unit, d.ID, names); err != nil || len(got) != 1 {
		t.Errorf("without a template %+v, %v", got, err)
	}
}

// TestFilesOfACaseAreBounded: also when many come at once.
func TestFilesOfACaseAreBounded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.file("a", 0)
	file := func(n int) casework.Attachment {
		return casework.Attachment{
			ID: id.New[casework.AttachmentID](), Folder: casework.Folder{Case: d.ID}, At: o.now, By: o.unit.Account, Unit: o.unit.Unit, Name: "现场.png", Kind: "image/png",
			Body: fmt.Appendf(bytes.Clone([]byte{0, 1}), "%d", n),
		}
	}
	o.must(o.InsertAttachment(t.Context(), file(0)))
	o.must(o.InsertAttachment(t.Context(), file(0)))
	var wg sync.WaitGroup
	outcomes := make([]error, casework.MaxFiles+4)
	for i := range outcomes {
		wg.Go(func() { outcomes[i] = o.InsertAttachment(t.Context(), file(i+1)) })
	}
	wg.Wait()
	stored := 1
	for _, err := range outcomes {
		if err == nil {
			stored++
			continue
		}
		wants(t, err, errs.Conflict, "file.too_many")
	}
	all, err := o.Attachments(t.Context(), casework.Folder{Case: d.ID})
	if err != nil || len(all) != casework.MaxFiles || stored != len(all) || all[0].Size != 3 || !all[0].At.Equal(o.now.UTC().Truncate(time.Microsecond)) {
		t.Errorf("%d stored, %d found, %v", stored, len(all), err)
	}
	whole, err := o.Attachment(t.Context(), casework.Folder{Case: d.ID}, all[0].ID)
	if err != nil || string(whole.Body) != "\x00\x010" {
		t.Errorf("read %q, %v", whole.Body, err)
	}
	_, err = o.Attachment(t.Context(), casework.Folder{Case: id.New[casework.CaseID]()}, all[0].ID)
	wants(t, err, errs.NotFound, "file.not_found")
}
