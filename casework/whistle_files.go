package casework

import (
	"context"

	"huying/internal/errs"
	"huying/internal/org"
)

// Files gives what is attached to a summons that the actor sees.
func (w *Whistles) Files(ctx context.Context, actor org.Actor, s SummonsID) ([]Attachment, error) {
	if _, _, err := w.Get(ctx, actor, s); err != nil {
		return nil, err
	}
	return w.files.Attachments(ctx, Folder{Summons: s})
}

// MayAttach tells whether an actor may attach to a summons as it stands.
func (w *Whistles) MayAttach(actor org.Actor, s Summons) bool {
	part := s.PartOf(actor)
	return s.Open() && (part == SummonsCaller || part == SummonsCallee)
}

// Attach stores a picture or a document with a summons.
func (w *Whistles) Attach(ctx context.Context, actor org.Actor, s SummonsID, name string, body []byte) error {
	got, _, err := w.Get(ctx, actor, s)
	switch {
	case err != nil:
		return err
	case !w.MayAttach(actor, got):
		return errs.New(errs.Forbidden, "summons.not_yours", "上传附件")
	}
	return w.cases.attach(ctx, w.files, actor, Folder{Summons: s}, name, body)
}

// ReadFile gives one file with its content to whoever sees the summons.
func (w *Whistles) ReadFile(ctx context.Context, actor org.Actor, s SummonsID, f AttachmentID) (Attachment, error) {
	if _, _, err := w.Get(ctx, actor, s); err != nil {
		return Attachment{}, err
	}
	return readFile(ctx, w.files, Folder{Summons: s}, f)
}
