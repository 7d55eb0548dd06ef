package org

import (
	"context"
	"regexp"
	"strings"
	"time"

	"huying/internal/errs"
)

// Look is one line of the audit log about a citizen's data, with who it was.
type Look struct {
	AuditLine
	Name string // of the account; empty: the service itself
	Unit string // empty: of the hotline
	Case string // number; empty: the line is about a message
}

// LookStore finds lines about a citizen.
type LookStore interface {
	// Looks gives those about messages with one of a phone's hashes (none: none)
	// or about a case (empty: none) and what belongs to it, the latest first.
	Looks(ctx context.Context, phone [][]byte, number string, limit int) ([]Look, error)
	// NoteSearch writes the line of the search itself.
	NoteSearch(ctx context.Context, line Audit) error
}

// Looks is where it is found who saw a person's data. It is safe for concurrent
// use.
type Looks struct {
	store LookStore
	hash  func(phone string) ([][]byte, error)
	now   func() time.Time
}

// NewLooks makes Looks. hash is by what a citizen is found again by phone, once
// for each key in use.
func NewLooks(store LookStore, hash func(phone string) ([][]byte, error), now func() time.Time) *Looks {
	return &Looks{store: store, hash: hash, now: now}
}

// caseNumber is the form of a case's number: area, day, and a count.
var caseNumber = regexp.MustCompile(`^\d{6,12}-\d{8}-\d{4,}$`)

// LooksShown is how many lines a search gives at most.
const LooksShown = 200

// Find gives who saw what was said under a phone number, or the case of a
// number such as 990101-20261126-0001. The search is itself on record, without
// the phone number. why is required.
func (s *Looks) Find(ctx context.Context, actor Actor, key, why string) ([]Look, error) {
	if err := Can(actor, ActReadLooks); err != nil {
		return nil, err
	}
	key, why = strings.TrimSpace(key), strings.TrimSpace(why)
	var faults errs.List
	if key == "" {
		faults = append(faults, errs.New(errs.Invalid, "field.required", "电话或工单编号").In("key"))
	}
	if why == "" {
		faults = append(faults, errs.New(errs.Invalid, "field.required", "查询原因").In("why"))
	}
	if len([]rune(key)) > 100 || len([]rune(why)) > 100 {
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", "电话、工单编号或查询原因", 100).In("key"))
	}
	if err := faults.OrNil(); err != nil {
		return nil, err
	}
	var phone [][]byte
	number, object := key, "looks:case:"+key
	if !caseNumber.MatchString(key) {
		var err error
		if phone, err = s.hash(key); err != nil {
			return nil, err
		}
		number, object = "", "looks:phone"
		if len(phone) == 0 {
			return nil, errs.New(errs.Invalid, "looks.key").In("key")
		}
	}
	err := s.store.NoteSearch(ctx, Audit{At: s.now(), Actor: actor.Account, Action: "search_looks", Object: object, Detail: why})
	if err != nil {
		return nil, err
	}
	return s.store.Looks(ctx, phone, number, LooksShown)
}
