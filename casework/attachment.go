package casework

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

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
	ID     AttachmentID
	Case   CaseID
	At     time.Time
	By     org.AccountID
	ByName string     // only in what the store gives
	Unit   org.UnitID // of who attached it; empty: the hotline
	Name   string
	Kind   string // media type, by its content
	Size   int
	Body   []byte // only in what is stored and in what AttachmentStore.Attachment gives
}

// Picture reports whether it may be shown in a page.
func (f Attachment) Picture() bool { return strings.HasPrefix(f.Kind, "image/") }

// Digest is the SHA-256 of its content.
func (f Attachment) Digest() [32]byte { return sha256.Sum256(f.Body) }

// AttachmentStore keeps what is attached.
type AttachmentStore interface {
	// Attachments gives those of a case without their bodies, oldest first.
	Attachments(ctx context.Context, c CaseID) ([]Attachment, error)
	// Attachment gives one with its body, or errs.NotFound "file.not_found".
	Attachment(ctx context.Context, c CaseID, f AttachmentID) (Attachment, error)
	// InsertAttachment stores one; the same content twice is one. errs.Conflict
	// "file.too_many" when the case has MaxFiles.
	InsertAttachment(ctx context.Context, f Attachment) error
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

// Of gives what is attached to a case that the actor sees.
func (s *Attachments) Of(ctx context.Context, actor org.Actor, c CaseID) ([]Attachment, error) {
	if _, err := s.cases.docket(ctx, actor, c); err != nil {
		return nil, err
	}
	return s.store.Attachments(ctx, c)
}

// MayAttach tells whether an actor may attach to a case as it stands.
func (s *Attachments) MayAttach(actor org.Actor, d Docket) bool {
	switch d.RelationOf(actor) {
	case Lead:
		return d.State.Open() || d.Allowed(Plead, time.Time{}) == nil // with evidence
	case Below, CoUnit, Disputant, Centre:
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
	case len(body) == 0:
		return errs.New(errs.Invalid, "field.required", "附件").In("file")
	case len(body) > MaxFileBytes:
		return errs.New(errs.Invalid, "file.too_large", MaxFileBytes>>20).In("file")
	}
	kind, ok := upload.Kind(body)
	if !ok {
		return errs.New(errs.Invalid, "file.kind").In("file")
	}
	return s.store.InsertAttachment(ctx, Attachment{
		ID: id.New[AttachmentID](), Case: c, At: s.cases.now(), By: actor.Account, Unit: actor.Unit, Name: upload.Name(name), Kind: kind, Size: len(body), Body: body,
	})
}

// Read gives one file with its content to whoever sees the case.
func (s *Attachments) Read(ctx context.Context, actor org.Actor, c CaseID, f AttachmentID) (Attachment, error) {
	if _, err := s.cases.docket(ctx, actor, c); err != nil {
		return Attachment{}, err
	}
	if !id.Valid(f) {
		return Attachment{}, errs.New(errs.NotFound, "file.not_found")
	}
	return s.store.Attachment(ctx, c, f)
}
