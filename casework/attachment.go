package casework

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/upload"
)

// Limits of what may be attached to a case.
const (
	MaxFileBytes = upload.MaxBytes
	MaxFiles     = 20
)

// AttachmentID identifies an Attachment.
type AttachmentID string

// Attachment is a picture or a document that somebody attached to a case. It is
// stored as it came, shown to those who see the case, and never opened here.
type Attachment struct {
	ID AttachmentID
	Folder
	At     time.Time
	By     org.AccountID // empty: the citizen, by the receipt's page
	ByName string        // only in what the store gives
	Unit   org.UnitID    // of who attached it; empty: the hotline, or the citizen
	Name   string
	Kind   string // media type, by its content
	Size   int
	Shown  bool   // the citizen may see it; only in what the store gives
	Body   []byte // only in what is stored and in what AttachmentStore.Attachment gives
}

// Folder is what files are attached to: one of the three.
type Folder struct {
	Case    CaseID
	Summons SummonsID
	Matter  intake.MatterID // with which it came in; what becomes of that shows it too
}

// Picture reports whether it may be shown in a page.
func (f Attachment) Picture() bool { return strings.HasPrefix(f.Kind, "image/") }

// Erased reports whether its content was erased; who attached it when stays.
func (f Attachment) Erased() bool { return f.Name == "" && f.Size == 0 }

// Digest is the SHA-256 of its content.
func (f Attachment) Digest() [32]byte { return sha256.Sum256(f.Body) }

// AttachmentStore keeps what is attached.
type AttachmentStore interface {
	// Attachments gives those of a folder without their bodies, oldest first.
	Attachments(ctx context.Context, in Folder) ([]Attachment, error)
	// Attachment gives one with its body, or errs.NotFound "file.not_found".
	Attachment(ctx context.Context, in Folder, f AttachmentID) (Attachment, error)
	// InsertAttachment stores one; the same content twice is one. errs.Conflict
	// "file.too_many" when the folder has MaxFiles.
	InsertAttachment(ctx context.Context, f Attachment) error
	// ShareAttachment says whether the citizen may see a file of a case, with
	// its audit line; errs.NotFound "file.not_found".
	ShareAttachment(ctx context.Context, c CaseID, f AttachmentID, shown bool, line org.Audit) error
}

// Attachments is where people attach files to cases. It is safe for concurrent use.
type Attachments struct {
	store AttachmentStore
	cases *Cases
}

// NewAttachments makes Attachments.
func NewAttachments(store AttachmentStore, cases *Cases) *Attachments {
	return &Attachments{store: store, cases: cases}
}

// Of gives what is attached to a case that the actor sees, first what came in
// with it.
func (s *Attachments) Of(ctx context.Context, actor org.Actor, c CaseID) ([]Attachment, error) {
	d, err := s.cases.docket(ctx, actor, c)
	if err != nil {
		return nil, err
	}
	if d.Locked {
		return nil, nil // what was attached may show what was locked
	}
	came, err := s.store.Attachments(ctx, Folder{Matter: d.Matter})
	if err != nil {
		return nil, err
	}
	own, err := s.store.Attachments(ctx, Folder{Case: c})
	return append(came, own...), err
}

// MayAttach tells whether an actor may attach to a case as it stands.
func (s *Attachments) MayAttach(actor org.Actor, d Docket) bool {
	switch d.RelationOf(actor) {
	case Lead:
		return d.State.Open() || s.cases.planner.AllowedOn(d, Plead, time.Time{}) == nil // with evidence
	case Below, CoUnit, Disputant, InGroup, Centre, Overseer, Caller:
		return d.State.Open()
	}
	return false
}

// Attach stores a file with a case. errs.Invalid names what is wrong with it.
func (s *Attachments) Attach(ctx context.Context, actor org.Actor, c CaseID, name string, body []byte) error {
	d, err := s.cases.docket(ctx, actor, c)
	switch {
	case err != nil:
		return err
	case !s.MayAttach(actor, d):
		return errs.New(errs.Forbidden, "case.not_yours", "上传附件")
	}
	return s.cases.attach(ctx, s.store, actor, Folder{Case: c}, name, body)
}

// attach checks a file and stores it.
func (s *Cases) attach(ctx context.Context, store AttachmentStore, actor org.Actor, in Folder, name string, body []byte) error {
	if err := checkFile(body); err != nil {
		return err
	}
	kind, _ := upload.Kind(body)
	return store.InsertAttachment(ctx, Attachment{
		ID: id.New[AttachmentID](), Folder: in, At: s.now(), By: actor.Account, Unit: actor.Unit, Name: upload.Name(name), Kind: kind, Size: len(body), Body: body,
	})
}

// checkFile says what is wrong with a file; nil for one that is taken.
func checkFile(body []byte) *errs.Error {
	switch _, ok := upload.Kind(body); {
	case len(body) == 0:
		return errs.New(errs.Invalid, "field.required", "附件").In("file")
	case len(body) > MaxFileBytes:
		return errs.New(errs.Invalid, "file.too_large", MaxFileBytes>>20).In("file")
	case !ok:
		return errs.New(errs.Invalid, "file.kind").In("file")
	}
	return nil
}

// Read gives one file with its content to whoever sees the case.
func (s *Attachments) Read(ctx context.Context, actor org.Actor, c CaseID, f AttachmentID) (Attachment, error) {
	d, err := s.cases.docket(ctx, actor, c)
	if err != nil {
		return Attachment{}, err
	}
	if d.Locked {
		return Attachment{}, errs.New(errs.Forbidden, "secret.closed")
	}
	got, err := readFile(ctx, s.store, Folder{Case: c}, f)
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return readFile(ctx, s.store, Folder{Matter: d.Matter}, f)
	}
	return got, err
}

// MayShare tells whether an actor may say what the citizen sees.
func (s *Attachments) MayShare(actor org.Actor, d Docket) bool { return d.RelationOf(actor) == Centre }

// Share says whether the citizen may see a file of a case, once it is closed. The
// centre does, which also checks the answer; until then nobody outside sees any.
func (s *Attachments) Share(ctx context.Context, actor org.Actor, c CaseID, f AttachmentID, shown bool) error {
	d, err := s.cases.docket(ctx, actor, c)
	switch {
	case err != nil:
		return err
	case !s.MayShare(actor, d):
		return errs.New(errs.Forbidden, "case.not_yours", "附件给诉求人看")
	case !id.Valid(f):
		return errs.New(errs.NotFound, "file.not_found")
	}
	line := org.Audit{At: s.cases.now(), Actor: actor.Account, Action: "hide_file", Object: "file:" + string(f), Detail: "工单 " + d.Number}
	if shown {
		line.Action = "share_file"
	}
	return s.store.ShareAttachment(ctx, c, f, shown, line)
}

// OfReceipt gives the files that the holder of a receipt may see: those of a
// closed case that somebody has shared.
func (s *Attachments) OfReceipt(ctx context.Context, receipt string) ([]Attachment, error) {
	d, err := s.cases.goesOn(ctx, receipt)
	if err != nil || d.State != Closed {
		return nil, err
	}
	all, err := s.store.Attachments(ctx, Folder{Case: d.ID})
	return slices.DeleteFunc(all, func(f Attachment) bool { return !f.Shown }), err
}

// ReadByReceipt gives one of these with its content.
func (s *Attachments) ReadByReceipt(ctx context.Context, receipt string, f AttachmentID) (Attachment, error) {
	d, err := s.cases.goesOn(ctx, receipt)
	if err != nil {
		return Attachment{}, err
	}
	if d.State != Closed {
		return Attachment{}, errs.New(errs.NotFound, "file.not_found")
	}
	got, err := readFile(ctx, s.store, Folder{Case: d.ID}, f)
	if err == nil && !got.Shown {
		return Attachment{}, errs.New(errs.NotFound, "file.not_found")
	}
	return got, err
}

// MaxCitizenFiles is how many files a citizen may add to a case, so that there is
// room left for those who work on it.
const MaxCitizenFiles = 5

// AddByReceipt adds what the holder of a receipt has to say, with a picture or a
// document where there is one: both, or nothing when either is refused.
func (s *Attachments) AddByReceipt(ctx context.Context, receipt, words, name string, body []byte) error {
	if len(body) == 0 {
		return s.cases.Supplement(ctx, receipt, words)
	}
	if err := checkFile(body); err != nil {
		return err
	}
	d, err := s.cases.goesOn(ctx, receipt)
	if err != nil {
		return err
	}
	all, err := s.store.Attachments(ctx, Folder{Case: d.ID})
	if err != nil {
		return err
	}
	own := slices.DeleteFunc(slices.Clone(all), func(f Attachment) bool { return f.By != "" })
	if len(own) >= MaxCitizenFiles || len(all) >= MaxFiles {
		return errs.New(errs.Conflict, "file.too_many", MaxCitizenFiles)
	}
	if err := s.cases.Supplement(ctx, receipt, words); err != nil {
		return err
	}
	return s.cases.attach(ctx, s.store, org.Actor{}, Folder{Case: d.ID}, name, body)
}

func readFile(ctx context.Context, store AttachmentStore, in Folder, f AttachmentID) (Attachment, error) {
	if !id.Valid(f) {
		return Attachment{}, errs.New(errs.NotFound, "file.not_found")
	}
	found, err := store.Attachment(ctx, in, f)
	if err == nil && found.Erased() {
		err = errs.New(errs.NotFound, "file.erased")
	}
	return found, err
}
