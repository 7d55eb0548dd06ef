package seal

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"huying/internal/errs"
)

func ids(t *testing.T, r *Ring) []string {
	t.Helper()
	keys, err := r.Keys()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, k := range keys {
		out = append(out, k.ID())
	}
	return out
}

// TestANewKeyIsSeenByWhoeverHoldsTheFile: another process reads the file again
// when it has changed, seals with the new key and opens with both.
func TestANewKeyIsSeenByWhoeverHoldsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "originals.key")
	first, err := OpenRing(path)
	if err != nil {
		t.Fatal(err)
	}
	other, err := OpenRing(path)
	if err != nil {
		t.Fatal(err)
	}
	old := ids(t, first)[0]
	_, link, _ := other.LinkBy(old, nil, []byte("line"))
	made, err := first.Add()
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(t, other); len(got) != 2 || got[0] != made.ID() || got[1] != old {
		t.Fatalf("the other has %q", got)
	}
	if err := other.Drop(old); err != nil {
		t.Fatal(err)
	}
	if err := other.Drop(old); err != nil {
		t.Errorf("dropped twice: %v", err)
	}
	if got := ids(t, first); len(got) != 1 || got[0] != made.ID() || len(first.Dropped()) != 1 {
		t.Errorf("after dropping %q and %q", got, first.Dropped())
	}
	if id, again, ok := first.LinkBy(old, nil, []byte("line")); !ok || id != old || !bytes.Equal(link, again) {
		t.Error("the dropped key verifies no longer")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if n := strings.Count(string(raw), "\n"); n != 2 {
		t.Errorf("%d lines in the file", n)
	}
	if _, _, ok := first.LinkBy("ffffffff", nil, nil); ok {
		t.Error("a key that is nowhere makes links")
	}
}

func TestASettingMayNameSeveralKeys(t *testing.T) {
	key := func(fill byte) string {
		return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, KeySize))
	}
	r, err := ParseRing(key(2) + "," + key(1) + ", audit:0a0b0c0d:" + key(9))
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(t, r); len(got) != 2 || got[0] != newSealer(t, 2).ID() || got[1] != newSealer(t, 1).ID() {
		t.Errorf("keys %q", got)
	}
	if _, err := r.Add(); errs.CodeOf(err) != "seal.fixed" {
		t.Errorf("a setting was rewritten: %v", err)
	}
	for _, bad := range []string{"", ",", "short", key(1) + ",short", "audit:x:" + key(1), key(1) + ",audit:x"} {
		if _, err := ParseRing(bad); errs.CodeOf(err) != "seal.key_size" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAFileThatHoldsNoKeyIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "originals.key")
	if err := os.WriteFile(path, []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRing(path); errs.CodeOf(err) != "seal.key_size" {
		t.Errorf("got %v", err)
	}
}
