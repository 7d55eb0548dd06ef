package upload

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestKindIsReadFromTheContent(t *testing.T) {
	t.Parallel()
	archive := func(name string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, tt := range []struct {
		name string
		body []byte
		kind string
	}{
		{"a picture", []byte("\x89PNG\r\n\x1a\n"), "image/png"},
		{"a document", []byte("%PDF-1.7"), "application/pdf"},
		{"a text", archive("word/document.xml"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"a sheet", archive("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{"another archive", archive("setup.exe"), ""},
		{"a page", []byte("<!DOCTYPE html><script>1</script>"), ""},
		{"a drawing that runs", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`), ""},
		{"an archive cut off", archive("word/document.xml")[:20], ""},
	} {
		if kind, ok := Kind(tt.body); kind != tt.kind || ok != (tt.kind != "") {
			t.Errorf("%s: %q, %v", tt.name, kind, ok)
		}
	}
}

func TestNameIsNoPath(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`C:\表\申请表.pdf`: "申请表.pdf", "../../etc/passwd": "passwd", "a\r\nb\".pdf": "ab.pdf", "": "附件", "/": "附件", "..": "..",
	} {
		if got := Name(given); got != want {
			t.Errorf("%q becomes %q", given, got)
		}
	}
	if got := Name(strings.Repeat("长", 200) + ".pdf"); utf8.RuneCountInString(got) != maxNameRunes || !strings.HasSuffix(got, ".pdf") {
		t.Errorf("a long name becomes %q", got)
	}
}
