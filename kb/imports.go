package kb

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// ImportID names a file of entries that was uploaded.
type ImportID string

// ImportState is where an uploaded file stands.
type ImportState string

// The states. A file that was refused is never stored.
const (
	ImportLookedAt ImportState = "looked_at" // shown to who uploaded it; nothing is imported yet
	ImportWaiting  ImportState = "waiting"   // confirmed: the job has it, or will
	ImportDone     ImportState = "done"
	ImportFailed   ImportState = "failed" // nothing of it was stored; Failure says why
)

// ImportChoice is what the person chose for a file.
type ImportChoice struct {
	Sheet   string // of an XLSX file; empty: the first
	Publish bool   // the states that the file says hold; otherwise all become drafts, to be reviewed. For administrators
	SkipBad bool   // import the good rows although others are bad
}

// FileImport is a file of entries that was uploaded.
type FileImport struct {
	ID     ImportID
	At     time.Time
	By     org.AccountID
	Author string // their name
	Name   string // of the file
	ImportChoice
	State    ImportState
	Prepared int // entries that are ready to be stored, of Total
	Total    int
	Saved    Saved
	Failure  string // in Chinese; while it waits: why it could not be done yet
}

// ImportView is an uploaded file laid open.
type ImportView struct {
	FileImport
	Reading Reading // empty once it is done
	Plan    Plan
}

// Bad are the rows that cannot be imported, by line.
func (v ImportView) Bad() errs.List { return slices.Concat(v.Reading.Faults, v.Plan.Conflicts) }

// ImportStore keeps uploaded files.
type ImportStore interface {
	// InsertImport stores a file; files of before forget, that nobody confirmed,
	// are deleted.
	InsertImport(ctx context.Context, f FileImport, body []byte, forget time.Time) error
	// Import gives a file; its body is empty once it is done. errs.NotFound
	// "import.not_found".
	Import(ctx context.Context, file ImportID) (FileImport, []byte, error)
	// Imports gives the latest files, newest first.
	Imports(ctx context.Context, limit int) ([]FileImport, error)
	// MoveImport stores choice, state, numbers and failure of a file that is in
	// the state from, with the audit line unless it is nil; what is done or has
	// failed loses its body. errs.Conflict "import.settled".
	MoveImport(ctx context.Context, f FileImport, from ImportState, line *org.Audit) error
	// WaitingImport gives the file that waits longest; errs.NotFound
	// "import.not_found" when none does.
	WaitingImport(ctx context.Context) (ImportID, error)
}

// FindArea gives the code of an area that a file names by code or name.
type FindArea = func(nameOrCode string) (org.AreaCode, bool)

// Imports take files of entries in through a page: looked at first, then, when
// a person says so, imported whole or not at all by a job. It is safe for
// concurrent use.
type Imports struct {
	store   ImportStore
	plans   PlanStore
	library *Library
	areas   func(context.Context) (FindArea, error)
	now     func() time.Time
}

// NewImports makes Imports; areas gives how areas are found now.
func NewImports(store ImportStore, plans PlanStore, library *Library, areas func(context.Context) (FindArea, error), now func() time.Time) *Imports {
	return &Imports{store: store, plans: plans, library: library, areas: areas, now: now}
}

const (
	// MaxImportBytes is how large an uploaded file may be. It must lie below
	// what the server reads of a request.
	MaxImportBytes = 4 << 20
	// maxImportTexts is how many wordings a file may hold: the vectors of all
	// (2 KB each) are in memory until they are stored together.
	maxImportTexts = 20_000
	// importsListed is how many files the page lists.
	importsListed = 10
	// forgottenAfter is how long a file stays that nobody confirmed.
	forgottenAfter = 7 * 24 * time.Hour
	maxFileName    = 200
)

// Take reads a file and keeps it to be looked at; nothing is imported. What is
// no file of entries is refused and not kept: errs.Invalid "import.no_file",
// "import.too_large", "import.too_many", "import.nothing", the faults of the
// table; errs.Forbidden.
func (i *Imports) Take(ctx context.Context, actor org.Actor, name string, body []byte, o ImportChoice) (ImportID, error) {
	if err := mayImport(actor, o); err != nil {
		return "", err
	}
	switch {
	case name == "":
		return "", errs.New(errs.Invalid, "import.no_file")
	case len(body) == 0:
		return "", errs.New(errs.Invalid, "sheet.empty")
	case len(body) > MaxImportBytes:
		return "", errs.New(errs.Invalid, "import.too_large", MaxImportBytes>>20)
	}
	f := FileImport{
		ID: id.New[ImportID](), At: i.now(), By: actor.Account, Name: clip(filepath.Base(strings.ToValidUTF8(name, "")), maxFileName),
		ImportChoice: o, State: ImportLookedAt,
	}
	v, err := i.look(ctx, f, body)
	if err != nil {
		return "", err
	}
	if f.Total = len(v.Reading.Entries); f.Total == 0 && len(v.Reading.Faults) == 0 {
		return "", errs.New(errs.Invalid, "import.nothing")
	}
	if n := textsOf(v.Reading.Entries); n > maxImportTexts {
		return "", errs.New(errs.Invalid, "import.too_many", n, maxImportTexts)
	}
	return f.ID, i.store.InsertImport(ctx, f, body, f.At.Add(-forgottenAfter))
}

// mayImport: an editor's entries are read by a second person; who administers
// may import what was reviewed elsewhere.
func mayImport(actor org.Actor, o ImportChoice) error {
	if o.Publish {
		if err := org.Can(actor, org.ActManage); err != nil {
			return err
		}
	}
	return org.Can(actor, org.ActEditKnowledge)
}

func textsOf(entries []Entry) int {
	n := 0
	for _, e := range entries {
		n += 2 + len(e.Phrasings) + len(e.Negatives)
	}
	return n
}

// look reads a file as the command does and compares it with what is stored.
func (i *Imports) look(ctx context.Context, f FileImport, body []byte) (ImportView, error) {
	v := ImportView{FileImport: f}
	find, err := i.areas(ctx)
	if err != nil {
		return v, err
	}
	v.Reading, err = ReadEntries(f.Name, bytes.NewReader(body), ReadOptions{
		Area: find, Sheet: f.Sheet, Publish: f.Publish, Draft: !f.Publish,
	})
	if err != nil {
		return v, err
	}
	v.Plan, err = NewPlan(ctx, i.plans, v.Reading)
	return v, err
}

// Open gives a file with what importing it would do now, or what came of it.
// errs.NotFound "import.not_found", errs.Forbidden.
func (i *Imports) Open(ctx context.Context, actor org.Actor, file ImportID) (ImportView, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return ImportView{}, err
	}
	f, body, err := i.find(ctx, file)
	if err != nil || f.State != ImportLookedAt {
		return ImportView{FileImport: f}, err
	}
	return i.look(ctx, f, body)
}

func (i *Imports) find(ctx context.Context, file ImportID) (FileImport, []byte, error) {
	if !id.Valid(file) {
		return FileImport{}, nil, errs.New(errs.NotFound, "import.not_found")
	}
	return i.store.Import(ctx, file)
}

// Choose changes what was chosen for a file that is looked at. errs.Conflict
// "import.settled" once it is confirmed, the faults of the table, for instance
// when it has no such sheet; errs.Forbidden.
func (i *Imports) Choose(ctx context.Context, actor org.Actor, file ImportID, o ImportChoice) error {
	f, _, err := i.chosen(ctx, actor, file, o)
	if err != nil {
		return err
	}
	return i.store.MoveImport(ctx, f, ImportLookedAt, nil)
}

// chosen gives the file with the choice, read by it.
func (i *Imports) chosen(ctx context.Context, actor org.Actor, file ImportID, o ImportChoice) (FileImport, ImportView, error) {
	if err := mayImport(actor, o); err != nil {
		return FileImport{}, ImportView{}, err
	}
	f, body, err := i.find(ctx, file)
	if err != nil {
		return f, ImportView{}, err
	}
	if f.State != ImportLookedAt {
		return f, ImportView{}, errs.New(errs.Conflict, "import.settled")
	}
	f.ImportChoice = o
	v, err := i.look(ctx, f, body)
	f.Total = len(v.Plan.Good)
	return f, v, err
}

// Confirm gives a file to the job. errs.Invalid "import.bad_rows" when rows are
// bad and are not to be passed over, "import.nothing" when no row is left;
// errs.Conflict "import.settled" when it was confirmed before; errs.Forbidden.
func (i *Imports) Confirm(ctx context.Context, actor org.Actor, file ImportID, o ImportChoice) error {
	f, v, err := i.chosen(ctx, actor, file, o)
	if err == nil {
		err = v.ready()
	}
	if err != nil {
		return err
	}
	f.State, f.By = ImportWaiting, actor.Account
	return i.store.MoveImport(ctx, f, ImportLookedAt, &org.Audit{
		At: i.now(), Actor: actor.Account, Action: "import_entries", Object: "import:" + string(f.ID), Detail: f.Name,
	})
}

// ready tells whether what is planned may be done.
func (v ImportView) ready() error {
	switch bad := len(v.Bad()); {
	case bad > 0 && !v.SkipBad:
		return errs.New(errs.Invalid, "import.bad_rows", bad)
	case len(v.Plan.Good) == 0:
		return errs.New(errs.Invalid, "import.nothing")
	}
	return nil
}

// Latest gives the latest files, newest first. errs.Forbidden.
func (i *Imports) Latest(ctx context.Context, actor org.Actor) ([]FileImport, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return nil, err
	}
	return i.store.Imports(ctx, importsListed)
}

// Run imports what waits, one file after the other; it is the job, of which
// one may run at a time. A file is stored in one transaction. What fails for
// what is in it has failed; while a part that is needed is away, it waits, and
// the page says so. A process that dies leaves the file waiting, and the next
// run does it: entries that are stored by then are the same ones.
func (i *Imports) Run(ctx context.Context, log *slog.Logger) error {
	for {
		file, err := i.store.WaitingImport(ctx)
		if err != nil {
			if errs.KindOf(err) == errs.NotFound {
				return nil
			}
			return err
		}
		if err := i.do(ctx, file, log); err != nil {
			return err
		}
	}
}

func (i *Imports) do(ctx context.Context, file ImportID, log *slog.Logger) error {
	f, body, err := i.store.Import(ctx, file)
	if err != nil {
		return err
	}
	err = i.save(ctx, &f, body)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		f.State, f.Failure = ImportDone, ""
		log.InfoContext(ctx, "imported entries", "created", f.Saved.Created, "changed", f.Saved.Changed, "unchanged", f.Saved.Unchanged)
		return i.store.MoveImport(ctx, f, ImportWaiting, nil)
	case errs.KindOf(err) == errs.Unavailable:
		f.Failure = errs.Sentence(err)
		if failed := i.store.MoveImport(ctx, f, ImportWaiting, nil); failed != nil {
			return failed
		}
		return err // another run tries it again
	}
	log.WarnContext(ctx, "import failed", "error", err)
	f.State, f.Failure = ImportFailed, errs.Sentence(err)
	return i.store.MoveImport(ctx, f, ImportWaiting, nil)
}

// toldEvery is after how many prepared entries the page is told.
const toldEvery = 20

func (i *Imports) save(ctx context.Context, f *FileImport, body []byte) error {
	v, err := i.look(ctx, *f, body)
	if err == nil {
		err = v.ready()
	}
	if err != nil {
		return err
	}
	// Who confirmed was allowed to then.
	actor := org.Actor{Account: f.By, Name: f.Author, Roles: org.Roles{org.RoleEditor}}
	f.Total = len(v.Plan.Good)
	f.Saved, err = i.library.SaveWhole(ctx, actor, v.Plan.Good, func(done, _ int) error {
		if f.Prepared = done; done%toldEvery != 0 {
			return nil
		}
		return i.store.MoveImport(ctx, *f, ImportWaiting, nil)
	})
	return err
}
