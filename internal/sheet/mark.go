package sheet

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"strings"
)

// How text files carry the watermark of an export: in CSV a last row whose first
// cell begins with markCell and whose other cells are empty, in JSON lines a last
// object with the one member markField. Read and ReadJSONL leave both out, so
// that a marked file imports again to the same content; any other program sees a
// row of the right width, or an object.
const (
	markCell  = "# 导出标记："
	markField = "_export"
)

// WriteMarkedCSV is WriteCSV with a watermark (empty: none).
func WriteMarkedCSV(w io.Writer, mark string, headings []string, rows iter.Seq[[]string]) error {
	return WriteCSV(w, headings, func(yield func([]string) bool) {
		for row := range rows {
			if !yield(row) {
				return
			}
		}
		if mark == "" {
			return
		}
		last := make([]string, len(headings))
		last[0] = markCell + mark
		yield(last)
	})
}

// isMark reports whether a row is a watermark. Where there is one column only,
// nothing tells it from a row.
func (t *Table) isMark(cells []string) bool {
	if len(t.headings) < 2 || len(cells) == 0 || !strings.HasPrefix(clean(cells[0]), markCell) {
		return false
	}
	for _, c := range cells[1:] {
		if clean(c) != "" {
			return false
		}
	}
	return true
}

// WriteMark writes a watermark as the last of JSON lines; of an empty one
// nothing.
func WriteMark(w io.Writer, mark string) error {
	if mark == "" {
		return nil
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(map[string]string{markField: mark})
}

// isMarkLine reports whether a line of JSON is a watermark.
func isMarkLine(raw []byte) bool {
	if !bytes.HasPrefix(raw, []byte(`{"`+markField+`"`)) {
		return false
	}
	var members map[string]string
	return json.Unmarshal(raw, &members) == nil && len(members) == 1
}
