package seal

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"huying/internal/errs"
)

// Ring is the keys in use. The first seals; all open what they sealed. Of a key
// that was dropped only what verifies the audit log is left.
//
// The keys lie in a file, one a line, the newest first, or are set as a text of
// the same form with commas for line ends:
//
//	the key itself in base64
//	audit:ID:BASE64, the audit key of a dropped one
//
// A file that changes is read again at the next use, so that a running service
// follows a rotation. A Ring is safe for concurrent use.
type Ring struct {
	path string // empty: set as a text, never changes

	mu    sync.Mutex
	stamp fs.FileInfo // of the file that was read
	keys  []*Sealer
	audit []auditKey
}

// auditKey is what is left of a key that was dropped.
type auditKey struct {
	id   string
	link []byte
}

// ParseRing makes a ring of a setting's text.
func ParseRing(s string) (*Ring, error) {
	r := &Ring{}
	return r, r.parse(strings.ReplaceAll(s, ",", "\n"))
}

// OpenRing reads the file of keys, or makes one with one key (mode 0600) when
// there is none. Losing the file means losing the originals for good, so a
// backup of the service carries it apart from the database.
func OpenRing(path string) (*Ring, error) {
	key, err := LoadOrCreateKey(path)
	if errors.Is(err, os.ErrExist) {
		key, err = LoadOrCreateKey(path) // another process made it meanwhile
	}
	if err != nil && !errors.Is(err, errs.New(errs.Invalid, "seal.key_size")) {
		return nil, err // several keys are no key; what is neither is named below
	}
	clear(key)
	r := &Ring{path: path}
	return r, r.refresh()
}

// File is where the keys lie; empty when they are set as a text.
func (r *Ring) File() string { return r.path }

// refresh reads the file again when it has changed. It needs r alone or locked.
func (r *Ring) refresh() error {
	if r.path == "" {
		return nil
	}
	info, err := os.Stat(r.path)
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "seal.key_file", r.path)
	}
	if r.stamp != nil && os.SameFile(info, r.stamp) && info.ModTime().Equal(r.stamp.ModTime()) && info.Size() == r.stamp.Size() {
		return nil
	}
	raw, err := os.ReadFile(r.path)
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "seal.key_file", r.path)
	}
	if err := r.parse(string(raw)); err != nil {
		return err
	}
	r.stamp = info
	return nil
}

// parse takes the keys of a text.
func (r *Ring) parse(text string) error {
	var keys []*Sealer
	var audit []auditKey
	in := bufio.NewScanner(strings.NewReader(text))
	for in.Scan() {
		line := strings.TrimSpace(in.Text())
		if rest, dropped := strings.CutPrefix(line, "audit:"); dropped {
			id, raw, _ := strings.Cut(rest, ":")
			link, err := ParseKey(raw)
			if err != nil {
				return err
			}
			audit = append(audit, auditKey{id, link})
			continue
		}
		if line == "" {
			continue
		}
		key, err := ParseKey(line)
		if err != nil {
			return err
		}
		s, err := New(key)
		if err != nil {
			return err
		}
		s.text = line
		keys = append(keys, s)
	}
	if len(keys) == 0 {
		return errs.New(errs.Invalid, "seal.key_size", KeySize)
	}
	r.keys, r.audit = keys, audit
	return nil
}

// Keys gives the keys that open, the one that seals first.
func (r *Ring) Keys() ([]*Sealer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.refresh() // first: it may change the keys
	return r.keys, err
}

// Dropped gives the ids of keys of which only the audit key is left.
func (r *Ring) Dropped() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]string, len(r.audit))
	for i, a := range r.audit {
		ids[i] = a.id
	}
	return ids
}

// LinkBy makes a link of the audit log with the key of an id; the empty id
// stands for the newest, whose id comes back. False for a key that is not here.
func (r *Ring) LinkBy(id string, before, content []byte) (key string, hash []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.refresh() // what was read before still links
	for _, s := range r.keys {
		if id == "" || id == s.id {
			return s.id, linkWith(s.link, before, content), true
		}
	}
	for _, a := range r.audit {
		if id == a.id {
			return id, linkWith(a.link, before, content), true
		}
	}
	return "", nil, false
}

// Add puts a new key in front: from then on it seals. errs.Conflict
// "seal.fixed" when the keys are set as a text.
func (r *Ring) Add() (*Sealer, error) {
	raw := make([]byte, KeySize)
	if _, err := rand.Read(raw); err != nil {
		return nil, err
	}
	s, err := New(raw)
	if err != nil {
		return nil, err
	}
	s.text = base64.StdEncoding.EncodeToString(raw)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refresh(); err != nil {
		return nil, err
	}
	keys := append([]*Sealer{s}, r.keys...)
	return s, r.write(keys, r.audit)
}

// Drop forgets a key but for what verifies the audit log. One that is not here
// any more is no error.
func (r *Ring) Drop(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refresh(); err != nil {
		return err
	}
	var keys []*Sealer
	audit := r.audit
	for _, s := range r.keys {
		if s.id == id {
			audit = append(audit, auditKey{id, s.link})
			continue
		}
		keys = append(keys, s)
	}
	if len(keys) == len(r.keys) {
		return nil
	}
	return r.write(keys, audit)
}

// write replaces the file whole or not at all.
func (r *Ring) write(keys []*Sealer, audit []auditKey) error {
	if r.path == "" {
		return errs.New(errs.Conflict, "seal.fixed")
	}
	var b bytes.Buffer
	for _, s := range keys {
		b.WriteString(s.text + "\n")
	}
	for _, a := range audit {
		b.WriteString("audit:" + a.id + ":" + base64.StdEncoding.EncodeToString(a.link) + "\n")
	}
	tmp, err := os.CreateTemp(filepath.Dir(r.path), ".key-*")
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "seal.key_file", r.path)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b.Bytes())
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), r.path)
	}
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "seal.key_file", r.path)
	}
	r.stamp = nil
	return r.refresh()
}

// Keys makes a Sealer a ring of its own.
func (s *Sealer) Keys() ([]*Sealer, error) { return []*Sealer{s}, nil }

// LinkBy is Ring.LinkBy of a single key.
func (s *Sealer) LinkBy(id string, before, content []byte) (key string, hash []byte, ok bool) {
	if id != "" && id != s.id {
		return "", nil, false
	}
	return s.id, s.Link(before, content), true
}

// hexSum is the first bytes of a hash as an id.
func hexSum(sum [32]byte) string { return hex.EncodeToString(sum[:4]) }
