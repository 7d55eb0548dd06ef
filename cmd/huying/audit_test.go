package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"huying/internal/errs"
	"huying/internal/org"
)

// TestTheAnchorIsKeptInAFile: what is saved comes back, and a damaged file is
// said, not taken for none.
func TestTheAnchorIsKeptInAFile(t *testing.T) {
	t.Parallel()
	f := anchorFile(filepath.Join(t.TempDir(), "audit.head"))
	if l, err := f.Load(); err != nil || l.Ordinal != 0 {
		t.Errorf("before: %+v, %v", l, err)
	}
	for _, ordinal := range []int64{7, 1_000_000} {
		if err := f.Save(org.AuditLink{Ordinal: ordinal, Hash: []byte{1, 0, 255}}); err != nil {
			t.Fatal(err)
		}
		if l, err := f.Load(); err != nil || l.Ordinal != ordinal || !bytes.Equal(l.Hash, []byte{1, 0, 255}) {
			t.Errorf("%+v, %v", l, err)
		}
	}
	for _, damaged := range []string{"", "7", "seven 00", "7 zz"} {
		if err := os.WriteFile(string(f), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Load(); errs.CodeOf(err) != "audit.anchor" {
			t.Errorf("%q: %v", damaged, err)
		}
	}
	if err := anchorFile(filepath.Join(t.TempDir(), "none", "audit.head")).Save(org.AuditLink{Ordinal: 1}); errs.CodeOf(err) != "audit.anchor" {
		t.Errorf("a folder that is not there: %v", err)
	}
}
