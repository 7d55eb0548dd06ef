package classifier

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// DraftID identifies a StoredDraft.
type DraftID string

// DraftFile is a file as it was uploaded.
type DraftFile struct {
	Name string // empty: there is none
	Body []byte
}

// StoredDraft is a version that somebody uploaded and that takes no effect
// yet. Its files are read again whenever it is looked at: what it changes
// depends on what serves then.
type StoredDraft struct {
	ID    DraftID
	Name  string    // of the version
	List  DraftFile // the catalogue; without Body in a list, and once published
	Codes DraftFile // the code map
	From  time.Time // since when it shall serve; zero: from when it is published
	// Headings says what headings of a table stand for that are not known, a
	// line each: 类目=一级事项.
	Headings string
	Leaves   int
	By       org.AccountID
	Author   string // By's name
	At       time.Time
	Version  VersionID  // as which it was published; empty: not yet
	Replay   *ReplayRun // the latest; nil: none was asked for
}

// Limits of what is uploaded.
const (
	MaxDraftBytes     = 4 << 20 // of both files: some 2,500 leaves with ten examples each as JSON lines
	maxDraftNameRunes = 100
	maxHeadingsRunes  = 2000
)

// PublishedDraft is what publishing a draft stores in one transaction.
type PublishedDraft struct {
	Draft      DraftID
	Catalogue  *Catalogue
	Digest     [32]byte
	Succession Succession     // from the version that serves; nil: none does
	Kinds      []org.UnitKind // that its rules name
	Request    UseRequest
}

// DraftStore keeps drafts.
type DraftStore interface {
	// InsertDraft stores a new draft.
	InsertDraft(ctx context.Context, d StoredDraft, line org.Audit) error
	// Drafts gives those that are not published, and those that are and were
	// replayed, newest first, without bodies.
	Drafts(ctx context.Context) ([]StoredDraft, error)
	// Draft gives one whole; errs.NotFound "draft.not_found".
	Draft(ctx context.Context, draft DraftID) (StoredDraft, error)
	// DeleteDraft deletes one that is not published, with its replay;
	// errs.NotFound "draft.not_found".
	DeleteDraft(ctx context.Context, draft DraftID, line org.Audit) error
	// PublishDraft stores the version with the request that it shall serve, and
	// notes it at the draft. errs.Conflict "draft.published" when that was done
	// already, "catalogue.exists" when a version has this content.
	PublishDraft(ctx context.Context, p PublishedDraft) error
}

// FileFault says which uploaded file is at fault.
type FileFault struct {
	File string
	Err  error // an errs.List or an *errs.Error
}

func (f *FileFault) Error() string { return f.File + ": " + f.Err.Error() }

// Unwrap gives the faults.
func (f *FileFault) Unwrap() error { return f.Err }

// Drafts lets people bring a new version in on a page: look at what it
// changes, replay decisions, then publish it or discard it.
type Drafts struct {
	store   DraftStore
	trainer *Trainer
	now     func() time.Time
}

// NewDrafts makes Drafts.
func NewDrafts(store DraftStore, trainer *Trainer, now func() time.Time) *Drafts {
	return &Drafts{store: store, trainer: trainer, now: now}
}

// Upload checks a draft (Name, List, Codes, Headings and From are read) and stores it.
// Nothing takes effect. A *FileFault holds every fault of a file with line and
// column; errs.Invalid with the field "list" or "from" what is wrong beside
// them; errs.Conflict "draft.exists" when a version has this content.
func (s *Drafts) Upload(ctx context.Context, actor org.Actor, d StoredDraft) (DraftID, error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return "", err
	}
	d.ID, d.By, d.At = id.New[DraftID](), actor.Account, s.now()
	if err := d.validate(); err != nil {
		return "", err
	}
	d.Name = cmp.Or(d.Name, strings.TrimSuffix(d.List.Name, extension(d.List.Name)))
	draft, _, err := s.build(ctx, d)
	if err != nil {
		return "", err
	}
	same, err := s.trainer.store.VersionByDigest(ctx, draft.Digest)
	switch {
	case err == nil:
		return "", errs.New(errs.Conflict, "draft.exists", same.Name)
	case errs.KindOf(err) != errs.NotFound:
		return "", err
	}
	if _, err := s.plan(ctx, d, draft); err != nil {
		return "", err
	}
	d.Leaves = len(draft.Catalogue.Leaves())
	return d.ID, s.store.InsertDraft(ctx, d, s.audit(actor, "upload_catalogue", d))
}

// validate checks what was typed and the size of the files.
func (d StoredDraft) validate() error {
	var faults errs.List
	if d.List.Name == "" {
		faults = append(faults, errs.New(errs.Invalid, "field.required", "清单文件").In("list"))
	}
	if len(d.List.Body)+len(d.Codes.Body) > MaxDraftBytes {
		faults = append(faults, errs.New(errs.Invalid, "draft.too_large", MaxDraftBytes>>20).In("list"))
	}
	if utf8.RuneCountInString(d.Name) > maxDraftNameRunes {
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", "版本名称", maxDraftNameRunes).In("name"))
	}
	if utf8.RuneCountInString(d.Headings) > maxHeadingsRunes {
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", "列名对照", maxHeadingsRunes).In("headings"))
	}
	if !d.From.IsZero() && !d.From.After(d.At) {
		faults = append(faults, errs.New(errs.Invalid, "draft.from_past").In("from"))
	}
	return faults.OrNil()
}

// extension is a file name's ending with the dot; a name that is nothing else
// has none.
func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[i:]
	}
	return ""
}

// build reads the files of a draft. What a table without names adds, it adds to
// the version that serves.
func (s *Drafts) build(ctx context.Context, d StoredDraft) (Draft, []Warning, error) {
	kinds, err := s.trainer.store.UnitKinds(ctx)
	if err != nil {
		return Draft{}, nil, err
	}
	mapping, err := readMapping(d.Headings)
	if err != nil {
		return Draft{}, nil, err
	}
	var rows []Row
	err = ReadRows(d.List.Name, bytes.NewReader(d.List.Body), mapping, func(r Row) { rows = append(rows, r) })
	if err != nil {
		return Draft{}, nil, faultOf(d.List.Name, err)
	}
	b := NewBuilder(append(kinds, StarterKinds()...))
	if len(rows) > 0 && len(rows[0].Names) == 0 {
		active, err := s.trainer.store.Active(ctx)
		if err != nil {
			return Draft{}, nil, err
		}
		current, err := s.trainer.store.Catalogue(ctx, active.Version)
		if err != nil {
			return Draft{}, nil, err
		}
		b.Extend(current)
	}
	for _, r := range rows {
		b.Add(r)
	}
	now := s.now()
	v := Version{Name: d.Name, ValidFrom: now, CreatedAt: now, CreatedBy: d.By}
	if d.From.After(now) {
		v.ValidFrom = d.From
	}
	c, digest, warnings, err := b.Build(v)
	if err != nil {
		return Draft{}, warnings, faultOf(d.List.Name, err)
	}
	out := Draft{Catalogue: c, Digest: digest}
	if d.Codes.Name != "" {
		if out.Moves, err = ReadCodeMap(d.Codes.Name, bytes.NewReader(d.Codes.Body)); err != nil {
			return Draft{}, warnings, faultOf(d.Codes.Name, err)
		}
	}
	return out, warnings, nil
}

// plan is planFor with the code map named when it does not fit.
func (s *Drafts) plan(ctx context.Context, d StoredDraft, draft Draft) (*plan, error) {
	p, err := s.trainer.planFor(ctx, draft.Catalogue, draft.Moves)
	if errs.CodeOf(err) == "catalogue.map_first" && err != nil {
		err = errs.New(errs.Invalid, "draft.map_first")
	}
	return p, faultOf(d.Codes.Name, err)
}

// faultOf names the file of an error that is the input's fault.
func faultOf(file string, err error) error {
	if err == nil || errs.KindOf(err) != errs.Invalid {
		return err
	}
	return &FileFault{File: file, Err: err}
}

// DraftView is a draft as one looks at it now.
type DraftView struct {
	StoredDraft
	Warnings   []Warning
	Difference *Difference // against what serves now; nil: nothing does, or Fault
	Fault      error       // why it cannot be published any more as it is; nil: it can
}

// List gives the drafts that are not published, and those that are and were
// replayed, newest first.
func (s *Drafts) List(ctx context.Context, actor org.Actor) ([]StoredDraft, error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return nil, err
	}
	return s.store.Drafts(ctx)
}

// Open gives a draft with what it would change now; one that is published as it
// is stored. errs.NotFound "draft.not_found".
func (s *Drafts) Open(ctx context.Context, actor org.Actor, draft DraftID) (DraftView, error) {
	d, err := s.stored(ctx, actor, draft)
	view := DraftView{StoredDraft: d}
	if err != nil || d.Version != "" {
		return view, err
	}
	built, warnings, err := s.build(ctx, d)
	view.Warnings = warnings
	var p *plan
	if err == nil {
		p, err = s.plan(ctx, d, built)
	}
	switch {
	case err != nil && errs.KindOf(err) == errs.Invalid:
		view.Fault = err
	case err != nil:
		return view, err
	case p.from != nil:
		diff := Diff(p.from, p.to, p.succession, p.decisions)
		view.Difference = &diff
	}
	return view, nil
}

// stored gives a draft to those who may edit the catalogue.
func (s *Drafts) stored(ctx context.Context, actor org.Actor, draft DraftID) (StoredDraft, error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return StoredDraft{}, err
	}
	if !id.Valid(draft) {
		return StoredDraft{}, errs.New(errs.NotFound, "draft.not_found")
	}
	return s.store.Draft(ctx, draft)
}

// Publish stores a draft as a version and asks that it shall serve: a job
// trains its model and makes it active, at once or when its time has come
// (due). seen is the version against which the difference was read, empty when
// nothing served. errs.Conflict "catalogue.changed" when another serves by now,
// "draft.published", "draft.replaying".
func (s *Drafts) Publish(ctx context.Context, actor org.Actor, draft DraftID, seen VersionID) (due time.Time, err error) {
	d, err := s.stored(ctx, actor, draft)
	switch {
	case err != nil:
		return due, err
	case d.Version != "":
		return due, errs.New(errs.Conflict, "draft.published")
	case d.Replay.Open():
		return due, errs.New(errs.Conflict, "draft.replaying")
	}
	built, _, err := s.build(ctx, d)
	if err != nil {
		return due, err
	}
	p, err := s.plan(ctx, d, built)
	switch {
	case err != nil:
		return due, err
	case p.before() != seen:
		return due, errs.New(errs.Conflict, "catalogue.changed")
	}
	v := built.Catalogue.Version
	return v.ValidFrom, s.store.PublishDraft(ctx, PublishedDraft{
		Draft: d.ID, Catalogue: built.Catalogue, Digest: built.Digest, Succession: p.succession, Kinds: kindsNamed(built.Catalogue),
		Request: UseRequest{ID: id.New[RequestID](), Version: v.ID, By: actor.Account, At: s.now(), Due: v.ValidFrom},
	})
}

// kindsNamed gives the kinds of units that a catalogue's rules name, each once.
func kindsNamed(c *Catalogue) []org.UnitKind {
	var out []org.UnitKind
	for _, leaf := range c.leaves {
		for _, r := range leaf.Rules {
			out = append(append(out, r.Lead), r.Co...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Discard deletes a draft that is not published. errs.NotFound
// "draft.not_found".
func (s *Drafts) Discard(ctx context.Context, actor org.Actor, draft DraftID) error {
	d, err := s.stored(ctx, actor, draft)
	if err != nil {
		return err
	}
	return s.store.DeleteDraft(ctx, draft, s.audit(actor, "discard_catalogue", d))
}

func (s *Drafts) audit(actor org.Actor, action string, d StoredDraft) org.Audit {
	return org.Audit{At: s.now(), Actor: actor.Account, Action: action, Object: "draft:" + string(d.ID), Detail: d.Name}
}
