// Package seal encrypts what a citizen said and who the citizen is, with a key
// that lies outside the database: whoever has only the database or a backup of
// it reads nothing. Keys are replaced by newer ones (Ring); each row names the
// key that sealed it.
//
// The form is AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce in
// front. A city's few million messages stay far below the 2^32 messages for
// which one key may be used with random nonces.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"huying/internal/errs"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// Sealer seals and opens. It is safe for concurrent use.
type Sealer struct {
	aead cipher.AEAD
	mac  []byte // key of Fingerprint, derived from the sealing key
	link []byte // key of Link, derived as well
	id   string
	text string // the key itself, to be written to its file again
}

// New makes a Sealer from a key of KeySize bytes.
func New(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, errs.New(errs.Invalid, "seal.key_size", KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte("huying key id:"), key...))
	mac := sha256.Sum256(append([]byte("huying fingerprint:"), key...))
	link := sha256.Sum256(append([]byte("huying audit:"), key...))
	return &Sealer{aead: aead, mac: mac[:], link: link[:], id: hexSum(sum)}, nil
}

// ID tells keys apart (8 hex digits of a hash) without giving them away; it is
// stored beside what was sealed.
func (s *Sealer) ID() string { return s.id }

// Seal encrypts plain. The context (such as the message's id) is not stored,
// but Open needs the same one: a sealed text moved to another row does not
// open.
func (s *Sealer) Seal(plain []byte, context string) []byte {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		panic("seal: no randomness: " + err.Error())
	}
	return s.aead.Seal(nonce, nonce, plain, []byte(context))
}

// Open decrypts what Seal made. It returns errs.Internal "seal.open" when key
// or context differ or a byte has changed.
func (s *Sealer) Open(sealed []byte, context string) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errs.New(errs.Internal, "seal.open")
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(context))
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "seal.open")
	}
	return plain, nil
}

// ParseKey reads a key from its base64 form (standard alphabet).
func ParseKey(s string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil || len(key) != KeySize {
		return nil, errs.New(errs.Invalid, "seal.key_size", KeySize)
	}
	return key, nil
}

// LoadOrCreateKey reads the key file, or makes one (mode 0600) when there is
// none. Losing the file means losing the originals for good, so a backup of
// the service carries it apart from the database.
func LoadOrCreateKey(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		return ParseKey(string(raw))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, errs.Wrap(err, errs.Unavailable, "seal.key_file", path)
	}
	key := make([]byte, KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return key, writeKey(path, key)
}

// writeKey puts the key in place whole or not at all; if another process was
// first, the error says that the file exists.
func writeKey(path string, key []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return errs.Wrap(err, errs.Unavailable, "seal.key_file", path)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "seal.key_file", path)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return errs.Wrap(err, errs.Unavailable, "seal.key_file", path)
	}
	if err := os.Link(tmp.Name(), path); err != nil {
		return errs.Wrap(err, errs.Unavailable, "seal.key_file", path)
	}
	return nil
}

// Fingerprint is a keyed hash (HMAC-SHA-256) of s: the same person is found
// again by phone without the database knowing the number. The empty string
// has no fingerprint.
func (s *Sealer) Fingerprint(v string) []byte {
	if v == "" {
		return nil
	}
	mac := hmac.New(sha256.New, s.mac)
	mac.Write([]byte(v))
	return mac.Sum(nil)
}

// Link is a link of a chain: a keyed hash (HMAC-SHA-256) of the link before
// (nil: it is the first) and of its content. Without the key nobody makes one
// that fits.
func (s *Sealer) Link(before, content []byte) []byte { return linkWith(s.link, before, content) }

func linkWith(key, before, content []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte{byte(len(before))})
	mac.Write(before)
	mac.Write(content)
	return mac.Sum(nil)
}
