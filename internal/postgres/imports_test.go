package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"huying/internal/embed"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/query"
	"huying/kb"
)

// restingVector is anyVector, which can be away.
type restingVector struct {
	anyVector
	away bool
}

func (v *restingVector) Embed(ctx context.Context, s string) ([]float32, error) {
	if v.away {
		return nil, errs.Wrap(errors.New("refused"), errs.Unavailable, "embed.endpoint")
	}
	return v.anyVector.Embed(ctx, s)
}

var _ embed.Embedder = (*restingVector)(nil)

// TestAnUploadedFileIsImportedWholeOrNotAtAll: through the job, as drafts, once,
// and what the page exports changes nothing when it comes back.
func TestAnUploadedFileIsImportedWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	s, err := segmenter()
	n.must(err)
	vectors := &restingVector{}
	base, err := kb.New(n.DB)
	n.must(err)
	now := func() time.Time { return start }
	library := kb.NewLibrary(n.DB, base, query.NewBuilder(s, vectors), now)
	areas := func(context.Context) (kb.FindArea, error) {
		return func(string) (org.AreaCode, bool) { return "", false }, nil
	}
	imports := kb.NewImports(n.DB, n.DB, library, areas, now)
	log := slog.New(slog.DiscardHandler)
	editor := org.Actor{Account: n.account, Roles: org.Roles{org.RoleEditor}}
	known := n.published(kb.Entry{Code: "kb-1", Question: "医保怎么报销", Answer: "到窗口办理。"})

	take := func(name, text string, o kb.ImportChoice) kb.ImportID {
		t.Helper()
		file, err := imports.Take(t.Context(), editor, name, []byte(text), o)
		n.must(err)
		return file
	}
	opened := func(file kb.ImportID) kb.ImportView {
		t.Helper()
		v, err := imports.Open(t.Context(), editor, file)
		n.must(err)
		return v
	}
	const text = "编号,问题,答案,单位\nkb-1,医保怎么报销,改为网上办理。,市医保局\nkb-2,公园几点开门,六点开门。,园林局\n"
	file := take("知识.csv", text, kb.ImportChoice{})
	if v := opened(file); v.Plan.Created != 1 || len(v.Plan.Changes) != 1 || v.Author == "" || v.Total != 2 {
		t.Fatalf("looked at: %+v", v)
	}
	n.must(imports.Run(t.Context(), log))
	if got := n.count(`SELECT count(*) FROM entry`); got != 1 {
		t.Fatalf("%d entries before it is confirmed", got)
	}
	n.must(imports.Confirm(t.Context(), editor, file, kb.ImportChoice{}))
	wants(t, imports.Confirm(t.Context(), editor, file, kb.ImportChoice{}), errs.Conflict, "import.settled")
	vectors.away = true
	wants(t, imports.Run(t.Context(), log), errs.Unavailable, "embed.endpoint")
	if v := opened(file); v.State != kb.ImportWaiting || v.Failure == "" || n.count(`SELECT count(*) FROM entry`) != 1 {
		t.Errorf("while the embedder is away: %+v", v.FileImport)
	}
	vectors.away = false
	n.must(imports.Run(t.Context(), log))
	if v := opened(file); v.State != kb.ImportDone || v.Saved != (kb.Saved{Created: 2}) || v.Failure != "" {
		t.Errorf("done: %+v", v.FileImport)
	}
	if e, err := n.Entry(t.Context(), known.ID); err != nil || e.Answer != "到窗口办理。" || e.State != kb.EntryPublished {
		t.Errorf("what answered is overwritten: %+v, %v", e, err)
	}
	if got := n.count(`SELECT count(*) FROM entry WHERE state = 'draft'`); got != 2 {
		t.Errorf("%d drafts, want the new entry and the copy", got)
	}
	if got := n.count(`SELECT count(*) FROM entry_import WHERE body IS NULL AND state = 'done'`); got != 1 {
		t.Errorf("%d files without their body", got)
	}
	if got := n.count(`SELECT count(*) FROM audit WHERE action = 'import_entries'`); got != 1 {
		t.Errorf("%d audit lines", got)
	}

	// The copy goes to review meanwhile: then nothing of the file is stored, the
	// good row neither.
	file = take("知识.csv", strings.Replace(text, "网上", "现场", 1)+"kb-3,图书馆几点开门,八点开门。,文旅局\n", kb.ImportChoice{})
	n.must(imports.Confirm(t.Context(), editor, file, kb.ImportChoice{}))
	f, err := n.Folder(t.Context(), known.ID)
	n.must(err)
	c, err := n.Entry(t.Context(), f.Copy)
	n.must(err)
	n.move(n.first, c, kb.StepSend, "")
	n.must(imports.Run(t.Context(), log))
	if v := opened(file); v.State != kb.ImportFailed || !strings.Contains(v.Failure, "“医保怎么报销”正在审核") {
		t.Errorf("a copy under review: %+v", v.FileImport)
	}
	if got := n.count(`SELECT count(*) FROM entry WHERE code = 'kb-3'`); got != 0 {
		t.Error("half of a file is stored")
	}

	for _, form := range []string{"csv", "xlsx", "jsonl"} {
		var out bytes.Buffer
		n.must(library.Export(t.Context(), editor, &out, "知识."+form))
		if v := opened(take("知识."+form, out.String(), kb.ImportChoice{})); v.Plan.Unchanged != 2 || len(v.Plan.Good) != 2 || len(v.Bad()) > 0 {
			t.Errorf("%s comes back as %+v, %v", form, v.Plan, v.Bad())
		}
	}
	if files, err := imports.Latest(t.Context(), editor); err != nil || len(files) != 5 {
		t.Errorf("%d files, %v", len(files), err)
	}
	wants(t, imports.Choose(t.Context(), editor, file, kb.ImportChoice{Publish: true}), errs.Forbidden, "role.forbidden")
}
