package sheet

import (
	"encoding/csv"
	"io"
	"iter"
	"strconv"
	"strings"
)

// WriteCSV writes a table in the form that office programs open correctly:
// UTF-8 with byte order mark, commas, CR LF. A cell that a spreadsheet would
// take for a formula (it begins with =, +, -, @, a tab or a carriage return,
// and is no number) gets an apostrophe in front; Read takes it away again.
//
// The first error of w ends the writing; what was written then stays.
func WriteCSV(w io.Writer, headings []string, rows iter.Seq[[]string]) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(guard(headings)); err != nil {
		return err
	}
	for row := range rows {
		if err := out.Write(guard(row)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// guard gives a copy of the cells that no spreadsheet runs as a formula.
func guard(cells []string) []string {
	safe := make([]string, len(cells))
	for i, c := range cells {
		// An apostrophe that is there already is doubled, or Read would take
		// it for ours.
		if isFormula(strings.TrimLeft(c, "'")) {
			c = "'" + c
		}
		safe[i] = c
	}
	return safe
}

// isFormula reports whether a spreadsheet may run s.
func isFormula(s string) bool {
	if s == "" || !strings.ContainsAny(s[:1], "=+-@\t\r") && !strings.HasPrefix(s, "＝") && !strings.HasPrefix(s, "＋") && !strings.HasPrefix(s, "－") && !strings.HasPrefix(s, "＠") {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err != nil
}
