package seal

import (
	"bytes"
	"path/filepath"
	"testing"
)

func newSealer(t *testing.T, fill byte) *Sealer {
	t.Helper()
	s, err := New(bytes.Repeat([]byte{fill}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOpensOnlyWithSameKeyAndContextAndBytes(t *testing.T) {
	s := newSealer(t, 1)
	sealed := s.Seal([]byte("我叫某某"), "message-1")
	if bytes.Contains(sealed, []byte("某某")) {
		t.Fatal("the text is readable in its sealed form")
	}
	plain, err := s.Open(sealed, "message-1")
	if err != nil || string(plain) != "我叫某某" {
		t.Fatalf("Open = %q, %v", plain, err)
	}
	if _, err := s.Open(sealed, "message-2"); err == nil {
		t.Error("opened in another row's place")
	}
	if _, err := newSealer(t, 2).Open(sealed, "message-1"); err == nil {
		t.Error("opened with another key")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := s.Open(sealed, "message-1"); err == nil {
		t.Error("opened after a byte had changed")
	}
	if _, err := s.Open([]byte("short"), "message-1"); err == nil {
		t.Error("opened something too short to be sealed")
	}
}

func TestSameTextIsSealedDifferentlyEachTime(t *testing.T) {
	s := newSealer(t, 1)
	if bytes.Equal(s.Seal([]byte("停水"), "m"), s.Seal([]byte("停水"), "m")) {
		t.Error("two seals of one text are equal")
	}
}

func TestFingerprintIsStableAndKeyed(t *testing.T) {
	a, b := newSealer(t, 1), newSealer(t, 2)
	if !bytes.Equal(a.Fingerprint("13800000001"), a.Fingerprint("13800000001")) {
		t.Error("one number has two fingerprints")
	}
	if bytes.Equal(a.Fingerprint("13800000001"), b.Fingerprint("13800000001")) {
		t.Error("the fingerprint does not depend on the key")
	}
	if a.Fingerprint("") != nil {
		t.Error("no number has a fingerprint")
	}
}

func TestKeyFileIsMadeOnceAndReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "key")
	first, err := LoadOrCreateKey(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := LoadOrCreateKey(path)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("second load differs (%v)", err)
	}
	if err := writeKey(path, first); err == nil {
		t.Error("an existing key was overwritten")
	}
}
