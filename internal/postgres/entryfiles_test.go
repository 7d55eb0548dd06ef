package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// TestFilesGoWithTheVersions of an entry: from the draft through review to what
// answers, back with an old version, and untouched by text and by imports; what
// they hold is kept once.
func TestFilesGoWithTheVersions(t *testing.T) {
	t.Parallel()
	c := newNewsroom(t)
	ctx, editing, writer, reader := t.Context(), c.kb, c.first, c.next
	files := kb.NewFiles(c, editing)
	pdf, png := []byte("%PDF-1.4 申请表"), []byte("\x89PNG\r\n\x1a\n示意图")
	e, err := editing.Write(ctx, writer, kb.Entry{Question: "残疾证怎么办", Answer: "到街道办理。", Unit: "市残联"})
	c.must(err)
	if _, err := files.Attach(ctx, writer, e.ID, e.Version+1, "a.pdf", pdf); !errors.Is(err, errs.New(errs.Conflict, "kb.outdated")) {
		t.Errorf("on what was not seen: %v", err)
	}
	e, err = files.Attach(ctx, writer, e.ID, e.Version, `C:\表\申请表.pdf`, pdf)
	c.must(err)
	if len(e.Files) != 1 || e.Files[0].Name != "申请表.pdf" || e.Files[0].Kind != "application/pdf" || e.Files[0].Size != len(pdf) || e.Version != 2 {
		t.Fatalf("attached %+v", e)
	}
	same, err := files.Attach(ctx, writer, e.ID, e.Version, "又一次.pdf", pdf)
	if err != nil || same.Version != e.Version {
		t.Errorf("the same content twice: %+v, %v", same, err)
	}
	if _, err := files.Attach(ctx, writer, e.ID, e.Version, "x.html", []byte("<script>alert(1)</script>")); !errors.Is(err, errs.New(errs.Invalid, "file.kind")) {
		t.Errorf("what a browser would run: %v", err)
	}
	text := e
	text.Answer, text.Files = "到街道或区残联办理。", nil
	e, err = editing.Write(ctx, writer, text)
	c.must(err)
	if len(e.Files) != 1 {
		t.Error("new text loses the file")
	}
	for _, step := range []struct {
		by org.Actor
		kb.Step
	}{{writer, kb.StepSend}, {reader, kb.StepApprove}} {
		e, err = editing.Move(ctx, step.by, e.ID, e.Version, step.Step, "")
		c.must(err)
	}
	published := e.Version
	draft, err := files.Attach(ctx, writer, e.ID, e.Version, "图.png", png)
	c.must(err)
	if draft.ID == e.ID || draft.Replaces != e.ID || len(draft.Files) != 2 {
		t.Fatalf("what answers is changed by a copy: %+v", draft)
	}
	draft, err = files.Detach(ctx, writer, draft.ID, draft.Version, draft.Files[0].Digest)
	c.must(err)
	for _, step := range []struct {
		by org.Actor
		kb.Step
	}{{writer, kb.StepSend}, {reader, kb.StepApprove}} {
		draft, err = editing.Move(ctx, step.by, draft.ID, draft.Version, step.Step, "")
		c.must(err)
	}
	f, err := c.Folder(ctx, e.ID)
	c.must(err)
	if len(f.Entry.Files) != 1 || f.Entry.Files[0].Name != "图.png" || draft.ID != e.ID {
		t.Errorf("after the approval %+v", f.Entry.Files)
	}
	old := e.Files[0].Digest
	if got, body, err := files.Read(ctx, reader, e.ID, old); err != nil || string(body) != string(pdf) || got.Name != "申请表.pdf" {
		t.Errorf("an older version's file: %+v, %v", got, err)
	}
	for _, digest := range []string{"x", strings.Repeat("0", 64)} {
		if _, _, err := files.Read(ctx, reader, e.ID, digest); !errors.Is(err, errs.New(errs.NotFound, "file.not_found")) {
			t.Errorf("%s: %v", digest, err)
		}
	}
	back, err := editing.Rollback(ctx, writer, e.ID, published)
	if err != nil || len(back.Files) != 1 || back.Files[0].Digest != old {
		t.Errorf("rolled back to %+v, %v", back.Files, err)
	}
	if n := c.count(`SELECT count(*) FROM entry_file`); n != 2 {
		t.Errorf("%d contents are kept", n)
	}
	if _, err := files.Attach(ctx, org.Actor{Roles: org.Roles{org.RoleAgent}}, e.ID, 1, "a.pdf", pdf); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an agent attaches: %v", err)
	}
	if lines := kb.WriteFiles(f.Entry.Files); !strings.HasPrefix(lines, "图.png（1 KB，") {
		t.Errorf("reads %q", lines)
	}
	again := c.entry("", f.Entry.Question, c.vector())
	again.Entry.Answer = "到区残联办理。"
	again.Entry.State, again.Entry.Unit = kb.EntryPublished, "市残联"
	saved, err := c.SaveEntries(ctx, []kb.Prepared{again})
	c.must(err)
	if f, err = c.Folder(ctx, e.ID); err != nil || saved.Changed != 1 || f.Entry.Answer != "到区残联办理。" || len(f.Entry.Files) != 1 {
		t.Errorf("an import touches the files: %+v, %+v, %v", saved, f.Entry, err)
	}
}
