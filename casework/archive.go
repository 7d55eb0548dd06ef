package casework

import (
	"context"
	"fmt"
	"strings"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// maxPurposeRunes bounds what an archive is for.
const maxPurposeRunes = 100

// ArchiveStore is what archives of cases are made of.
type ArchiveStore interface {
	// CaseFile is Store.CaseFile.
	CaseFile(ctx context.Context, c CaseID) (Docket, []Event, error)
	// CasesClosed gives cases that were closed from a time up to without another,
	// in the order of their ids, after one (empty: from the first).
	CasesClosed(ctx context.Context, from, to time.Time, after CaseID, limit int) ([]CaseID, error)
	// CategoryTrail gives a category's code and name, whatever its version.
	CategoryTrail(ctx context.Context, c classifier.CategoryID) (string, error)
	// MessageOf gives the message of a case's matter.
	MessageOf(ctx context.Context, c CaseID) (intake.MessageID, error)
	// NoteExport puts an export on record.
	NoteExport(ctx context.Context, line org.Audit) error
}

// Archives gives cases to be kept elsewhere (归档). It is safe for concurrent use.
type Archives struct {
	store     ArchiveStore
	files     AttachmentStore
	places    Places
	originals NotifyContacts
	mask      Masker
	now       func() time.Time
}

// NewArchives makes Archives.
func NewArchives(store ArchiveStore, files AttachmentStore, places Places, originals NotifyContacts, cases *Cases) *Archives {
	return &Archives{store: store, files: files, places: places, originals: originals, mask: cases.mask, now: cases.now}
}

// ArchiveRequest says what is archived: one case, or those closed in a period.
type ArchiveRequest struct {
	Case     CaseID
	From, To time.Time // To excluded; not used with Case
	Purpose  string    // on every copy, and on record
	Clear    bool      // with the words and the contact as received; each opening is on record
	Most     int       // the most cases at once; 0: any number
}

// Archive is what somebody may have and has been put on record.
type Archive struct {
	*Archives
	actor org.Actor
	r     ArchiveRequest
	at    time.Time
	dir   *org.Directory
}

// Open checks a request, puts it on record and gives what Write then writes. An
// errs.List names each faulty field; errs.NotFound "case.not_found" or
// "archive.none" when there is nothing.
func (a *Archives) Open(ctx context.Context, actor org.Actor, r ArchiveRequest) (*Archive, error) {
	if err := org.Can(actor, org.ActArchive); err != nil {
		return nil, err
	}
	if r.Clear {
		if err := org.Can(actor, org.ActReadOriginal); err != nil {
			return nil, err
		}
	}
	r.Purpose = strings.Join(strings.Fields(r.Purpose), " ")
	if err := r.check(); err != nil {
		return nil, err
	}
	what, err := a.find(ctx, r)
	if err != nil {
		return nil, err
	}
	dir, err := a.places.Directory(ctx)
	if err != nil {
		return nil, err
	}
	detail, _ := a.mask(r.Purpose)
	if r.Clear {
		detail = "含原话和联系方式，" + detail
	}
	now := a.now()
	line := org.Audit{At: now, Actor: actor.Account, Action: "export_cases", Object: what, Detail: detail}
	return &Archive{Archives: a, actor: actor, r: r, at: now, dir: dir}, a.store.NoteExport(ctx, line)
}

// check reports every fault at once.
func (r ArchiveRequest) check() error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	switch n := len([]rune(r.Purpose)); {
	case n == 0:
		bad("purpose", "field.required", "用途")
	case n > maxPurposeRunes:
		bad("purpose", "field.too_long", "用途", maxPurposeRunes)
	}
	switch {
	case r.Case != "" && !id.Valid(r.Case):
		return errs.New(errs.NotFound, "case.not_found")
	case r.Case == "" && (r.From.IsZero() || !r.To.After(r.From)):
		bad("from", "archive.period")
	}
	return faults.OrNil()
}

// find makes sure that there is something, and not too much of it, and gives how
// it is named in the audit log.
func (a *Archives) find(ctx context.Context, r ArchiveRequest) (string, error) {
	if r.Case != "" {
		_, _, err := a.store.CaseFile(ctx, r.Case)
		return "case:" + string(r.Case), err
	}
	some, err := a.store.CasesClosed(ctx, r.From, r.To, "", max(r.Most, 0)+1)
	switch {
	case err != nil:
		return "", err
	case len(some) == 0:
		return "", errs.New(errs.NotFound, "archive.none")
	case r.Most > 0 && len(some) > r.Most:
		return "", errs.New(errs.Invalid, "archive.too_many", r.Most).In("from")
	}
	return fmt.Sprintf("cases:%s/%s", r.From.In(chinaTime()).Format("2006-01-02"), r.To.Add(-time.Second).In(chinaTime()).Format("2006-01-02")), nil
}

func chinaTime() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// Name is what its file is best called, without anybody's data.
func (a *Archive) Name() string {
	return "cases-" + a.at.In(chinaTime()).Format("20060102-150405") + ".zip"
}

// Mark is the watermark: who, when, for what.
func (a *Archive) Mark() string {
	return "由" + a.actor.Name + "于 " + a.at.In(chinaTime()).Format("2006-01-02 15:04") + " 导出，用途：" + a.r.Purpose
}
