package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"huying/internal/errs"
)

func TestWrongPartIsRefused(t *testing.T) {
	err := run(t.Context(), []string{"-what", "everything"}, func(string) string { return "" }, output{w: io.Discard})
	if errs.CodeOf(err) != "field.invalid" {
		t.Errorf("got %v", err)
	}
}

// TestPlace: the copy is written once and then left alone, so that the build
// cache stays valid; a changed one is replaced.
func TestPlace(t *testing.T) {
	from := filepath.Join(t.TempDir(), "a.js")
	to := filepath.Join(t.TempDir(), "vendor", "b.js")
	for _, body := range []string{"one", "two"} {
		if err := os.WriteFile(from, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := place(from, to); err != nil {
			t.Fatal(err)
		}
		before, err := os.Stat(to)
		if err != nil {
			t.Fatal(err)
		}
		if err := place(from, to); err != nil {
			t.Fatal(err)
		}
		after, err := os.Stat(to)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(to); string(got) != body || !os.SameFile(before, after) {
			t.Errorf("copy is %q, want %q; rewritten: %v", got, body, !os.SameFile(before, after))
		}
	}
}
