package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/upload"
)

// MaxFiles is how many files an entry may have.
const MaxFiles = 10

// File is a picture or a document that belongs to an entry: a form to fill in, a
// map. It is part of the content, so each version has its own; what it holds is
// kept once, under its digest.
type File struct {
	Digest string `json:"digest"` // SHA-256 in hexadecimal
	Name   string `json:"name"`
	Kind   string `json:"kind"` // media type, by its content
	Size   int    `json:"size"` // bytes
}

// Picture reports whether it may be shown in a page.
func (f File) Picture() bool { return strings.HasPrefix(f.Kind, "image/") }

// KB is its size, rounded up.
func (f File) KB() int { return (f.Size + 1023) / 1024 }

// digestForm is how a digest is written.
var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// WriteFiles writes one file a line: name, size and digest.
func WriteFiles(all []File) string {
	lines := make([]string, len(all))
	for i, f := range all {
		lines[i] = fmt.Sprintf("%s（%d KB，%s）", f.Name, f.KB(), f.Digest[:min(12, len(f.Digest))])
	}
	return strings.Join(lines, "\n")
}

// FileStore keeps what files hold.
type FileStore interface {
	// KeepFile stores a file's content with its audit line; the same content
	// twice is one.
	KeepFile(ctx context.Context, f File, body []byte, line org.Audit) error
	// EntryFile gives a file that some version of an entry has, with its content;
	// errs.NotFound "file.not_found".
	EntryFile(ctx context.Context, entry EntryID, digest string) (File, []byte, error)
}

// Files is where editors put files to entries. It is safe for concurrent use.
type Files struct {
	store   FileStore
	editing *Editing
}

// NewFiles makes Files.
func NewFiles(store FileStore, editing *Editing) *Files {
	return &Files{store: store, editing: editing}
}

// Attach puts a file to an entry of which the editor had the version before them,
// as Write does with text: what answers already gets it when the copy in work is
// approved. It gives the draft. errs.Invalid names what is wrong with the file;
// errs.Conflict "kb.changed" when somebody changed the entry meanwhile.
func (s *Files) Attach(ctx context.Context, actor org.Actor, entry EntryID, version int, name string, body []byte) (Entry, error) {
	e, err := s.standing(ctx, actor, entry, version)
	switch {
	case err != nil:
		return Entry{}, err
	case len(body) == 0:
		return Entry{}, errs.New(errs.Invalid, "field.required", "附件").In("file")
	case len(body) > upload.MaxBytes:
		return Entry{}, errs.New(errs.Invalid, "file.too_large", upload.MaxBytes>>20).In("file")
	}
	kind, ok := upload.Kind(body)
	if !ok {
		return Entry{}, errs.New(errs.Invalid, "file.kind").In("file")
	}
	digest := sha256.Sum256(body)
	f := File{Digest: hex.EncodeToString(digest[:]), Name: upload.Name(name), Kind: kind, Size: len(body)}
	if slices.ContainsFunc(e.Files, func(old File) bool { return old.Digest == f.Digest }) {
		return e, nil
	}
	if len(e.Files) >= MaxFiles {
		return Entry{}, errs.New(errs.Invalid, "kb.too_many_files", MaxFiles).In("file")
	}
	err = s.store.KeepFile(ctx, f, body, org.Audit{
		At: s.editing.now(), Actor: actor.Account, Action: "keep_entry_file", Object: "entry:" + string(entry), Detail: f.Name + " " + f.Digest,
	})
	if err != nil {
		return Entry{}, err
	}
	e.Files = append(slices.Clone(e.Files), f)
	return s.editing.write(ctx, actor, e, StepEdit)
}

// Detach takes a file from an entry; older versions keep it. It gives the draft.
func (s *Files) Detach(ctx context.Context, actor org.Actor, entry EntryID, version int, digest string) (Entry, error) {
	e, err := s.standing(ctx, actor, entry, version)
	if err != nil {
		return Entry{}, err
	}
	left := slices.DeleteFunc(slices.Clone(e.Files), func(f File) bool { return f.Digest == digest })
	if len(left) == len(e.Files) {
		return Entry{}, errs.New(errs.NotFound, "file.not_found")
	}
	e.Files = append([]File{}, left...)
	return s.editing.write(ctx, actor, e, StepEdit)
}

// standing gives an entry as it stands, if that is what the editor saw.
func (s *Files) standing(ctx context.Context, actor org.Actor, entry EntryID, version int) (Entry, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return Entry{}, err
	}
	f, _, err := s.editing.Folder(ctx, actor, entry)
	if err == nil && f.Entry.Version != version {
		err = errs.New(errs.Conflict, "kb.outdated")
	}
	return f.Entry, err
}

// Read gives a file of an entry, of whatever version, to whoever reads entries.
func (s *Files) Read(ctx context.Context, actor org.Actor, entry EntryID, digest string) (File, []byte, error) {
	f, _, err := s.editing.Folder(ctx, actor, entry)
	if err != nil {
		return File{}, nil, err
	}
	if !digestForm.MatchString(digest) {
		return File{}, nil, errs.New(errs.NotFound, "file.not_found")
	}
	return s.store.EntryFile(ctx, f.Entry.ID, digest)
}
