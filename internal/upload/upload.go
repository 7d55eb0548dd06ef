// Package upload looks at the files that people upload to be kept and shown:
// pictures and documents, by their content, whatever their name says. Nothing is
// opened or run here.
package upload

import (
	"archive/zip"
	"bytes"
	"net/http"
	"path"
	"strings"
)

// MaxBytes is the largest file that is kept.
const MaxBytes = 4 << 20

const maxNameRunes = 80

// Kind finds the media type in the content, whatever the name says; false for
// one that is not taken: what a browser would run, and what nobody here opens.
func Kind(body []byte) (string, bool) {
	switch kind := http.DetectContentType(body); kind {
	case "image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf":
		return kind, true
	case "application/zip":
		return officeKind(body)
	}
	return "", false
}

// officeKind tells a text or a sheet from other archives. Only the list of
// names is read, nothing is unpacked.
func officeKind(body []byte) (string, bool) {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return "", false
	}
	for _, f := range z.File {
		switch f.Name {
		case "word/document.xml":
			return "application/vnd.openxmlformats-officedocument.wordprocessingml.document", true
		case "xl/workbook.xml":
			return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", true
		}
	}
	return "", false
}

// Name is the last part of a file's name without what could be taken for a
// path or a line.
func Name(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`"<>|:*?`, r) {
			return -1
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > maxNameRunes {
		name = string(runes[len(runes)-maxNameRunes:])
	}
	if name == "" || name == "." || name == "/" {
		return "附件"
	}
	return name
}
