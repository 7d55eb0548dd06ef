package org

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"huying/internal/errs"
)

// AuditLine is a line of the audit log as it is stored.
type AuditLine struct {
	ID int64
	Audit
	Roles Roles // that the actor had then: the store adds them
}

// AuditLink is one link of the chain that is made of the lines: a keyed hash of
// the link before and of its line. Ordinals count from 1.
type AuditLink struct {
	Ordinal int64
	Line    int64  // id of its line
	Key     string // id of the key
	Hash    []byte
}

// LinkKeys make links; the keys lie outside the database.
type LinkKeys interface {
	// LinkBy makes a link with the key of an id; the empty id stands for the
	// newest, whose id comes back. False for a key that is not here.
	LinkBy(id string, before, content []byte) (key string, hash []byte, ok bool)
}

// TrailStore keeps the audit log and its chain.
type TrailStore interface {
	// LinkAudit makes links of at most limit lines that have none, in one
	// transaction, one process at a time. It gives how many, and the last link of
	// the chain.
	LinkAudit(ctx context.Context, limit int, link func(before []byte, line AuditLine) AuditLink) (int, AuditLink, error)
	// AuditLinkAt gives the link of an ordinal; the zero link when there is none.
	AuditLinkAt(ctx context.Context, ordinal int64) (AuditLink, error)
	// AuditTrail gives the chain in order, each link with its line (nil: it is
	// gone).
	AuditTrail(ctx context.Context, each func(AuditLink, *AuditLine)) error
	// UnlinkedAudit counts lines without a link: all, and those from before a
	// time.
	UnlinkedAudit(ctx context.Context, before time.Time) (all, old int, err error)
}

// Anchor remembers the last link outside the database: without it, whoever cuts
// the end off the chain leaves a shorter one that fits. The zero link: none was
// remembered.
type Anchor interface {
	Load() (AuditLink, error)
	Save(AuditLink) error
}

// Trail makes and verifies the chain. It is safe for concurrent use.
type Trail struct {
	store  TrailStore
	keys   LinkKeys
	anchor Anchor
	now    func() time.Time
}

// NewTrail makes a Trail.
func NewTrail(store TrailStore, keys LinkKeys, anchor Anchor, now func() time.Time) *Trail {
	return &Trail{store: store, keys: keys, anchor: anchor, now: now}
}

// linkedAtOnce bounds a transaction that makes links.
const linkedAtOnce = 1000

// Extend makes links of all lines that have none, and remembers the last.
func (t *Trail) Extend(ctx context.Context) (int, error) {
	made := 0
	for {
		n, last, err := t.store.LinkAudit(ctx, linkedAtOnce, t.link)
		made += n
		if err != nil {
			return made, err
		}
		if n < linkedAtOnce {
			return made, t.remember(ctx, last)
		}
	}
}

// remember moves the anchor forward along the chain that it lies on. Where it
// is not in the chain any more, that was cut or replaced: Verify says so until
// somebody accepts it.
func (t *Trail) remember(ctx context.Context, last AuditLink) error {
	known, err := t.anchor.Load()
	if err != nil || last.Ordinal <= known.Ordinal {
		return err
	}
	if known.Ordinal > 0 {
		stands, err := t.store.AuditLinkAt(ctx, known.Ordinal)
		if err != nil || !bytes.Equal(stands.Hash, known.Hash) {
			return err
		}
	}
	return t.anchor.Save(last)
}

func (t *Trail) link(before []byte, line AuditLine) AuditLink {
	key, hash, _ := t.keys.LinkBy("", before, line.content())
	return AuditLink{Line: line.ID, Key: key, Hash: hash}
}

// fits reports whether a link is the one of its line; known is false when its
// key is not here.
func (t *Trail) fits(l AuditLink, line *AuditLine, before []byte) (fits, known bool) {
	if line == nil || l.Key == "" {
		return false, false
	}
	_, hash, known := t.keys.LinkBy(l.Key, before, line.content())
	return bytes.Equal(l.Hash, hash), known
}

// content is what a link vouches for: everything that the line says.
func (l AuditLine) content() []byte {
	said := []string{
		fmt.Sprint(l.ID), l.At.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano), string(l.Actor), l.Action, l.Object, l.Detail,
	}
	said = append(said, l.Roles.Codes()...) // lines from before roles were written have none, and fit their links
	raw, err := json.Marshal(said)
	if err != nil {
		panic("org: strings do not marshal: " + err.Error())
	}
	return raw
}

// Verdict is what Verify found.
type Verdict struct {
	Links   int64
	Waiting int // lines of the last minutes that have no link yet
	Faults  []string
	More    int // faults beyond those listed
}

// Accept takes the chain's present end for the right one: after a restore, when
// it is known why the end that was remembered is gone.
func (t *Trail) Accept(ctx context.Context) error {
	var last AuditLink
	err := t.store.AuditTrail(ctx, func(l AuditLink, _ *AuditLine) { last = l })
	if err != nil {
		return err
	}
	return t.anchor.Save(last)
}

// linkedWithin is how soon after its writing a line must have its link. The job
// comes every few seconds while the service runs.
const linkedWithin = 10 * time.Minute

const faultsListed = 20

// Verify goes through the chain and names every line that was changed, taken
// out or put in between, and a chain that was cut. It trusts the key and the
// anchor, nothing in the database.
func (t *Trail) Verify(ctx context.Context) (Verdict, error) {
	var v Verdict
	fault := func(code errs.Code, args ...any) {
		if len(v.Faults) == faultsListed {
			v.More++
			return
		}
		v.Faults = append(v.Faults, errs.Sentence(errs.New(errs.Internal, code, args...)))
	}
	anchor, err := t.anchor.Load()
	if err != nil {
		return v, err
	}
	anchored := anchor.Ordinal == 0
	var before []byte
	err = t.store.AuditTrail(ctx, func(l AuditLink, line *AuditLine) {
		v.Links++
		fits, known := t.fits(l, line, before)
		switch {
		case l.Ordinal != v.Links:
			fault("audit.gap", v.Links)
			v.Links = l.Ordinal
		case line == nil:
			fault("audit.gone", l.Line)
		case !known:
			fault("audit.key", l.Line)
		case !fits:
			fault("audit.changed", l.Line, line.At.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("2006-01-02 15:04"))
		}
		before = l.Hash
		if l.Ordinal == anchor.Ordinal {
			anchored = bytes.Equal(l.Hash, anchor.Hash)
		}
	})
	if err != nil {
		return v, err
	}
	if !anchored {
		fault("audit.cut", anchor.Ordinal)
	}
	all, old, err := t.store.UnlinkedAudit(ctx, t.now().Add(-linkedWithin))
	v.Waiting = all - old
	if old > 0 {
		fault("audit.unlinked", old, int(linkedWithin.Minutes()))
	}
	return v, err
}
