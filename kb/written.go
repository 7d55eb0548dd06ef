package kb

import (
	"strings"
	"time"

	"huying/internal/errs"
)

// china is the zone in which people write dates.
var china = time.FixedZone("CST", 8*3600)

// ReadTime reads a day in China, or a time, in the usual forms; end asks for
// the day's last second. An empty text is the zero time. False when s is none.
func ReadTime(s string, end bool) (time.Time, bool) { return parseDate(tidyText(s), end) }

// WriteTime writes a time so that ReadTime reads the same: a day alone where
// it is a whole day's first or (end) last second in China. The zero time is
// empty.
func WriteTime(t time.Time, end bool) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(china)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, china)
	if end {
		day = day.AddDate(0, 0, 1).Add(-time.Second)
	}
	switch {
	case t.Equal(day):
		return t.Format(time.DateOnly)
	case t.Nanosecond() == 0:
		return t.Format(time.DateTime)
	}
	return t.Format(time.RFC3339Nano)
}

// WriteClauses writes one clause a line: law, clause and last day, with ｜
// between them; what is empty at the end is left out.
func WriteClauses(all []Clause) string {
	lines := make([]string, len(all))
	for i, c := range all {
		lines[i] = strings.TrimRight(c.Law+"｜"+c.Text+"｜"+WriteTime(c.Until, true), "｜")
	}
	return strings.Join(lines, "\n")
}

// ReadClauses reads what WriteClauses writes; | does as well, and so does 《》
// around the law. errs.Invalid "kb.clause_cell" names the line that is not
// understood.
func ReadClauses(text string) ([]Clause, error) {
	var out []Clause
	for i, line := range strings.Split(tidyText(text), "\n") {
		if line = tidyText(line); line == "" {
			continue
		}
		parts := strings.Split(strings.ReplaceAll(line, "|", "｜"), "｜")
		c := Clause{Law: strings.Trim(tidyText(parts[0]), "《》")}
		if len(parts) > 1 {
			c.Text = tidyText(parts[1])
		}
		ok := len(parts) < 4 && c.Law != ""
		if len(parts) == 3 && ok {
			c.Until, ok = parseDate(tidyText(parts[2]), true)
		}
		if !ok {
			return nil, errs.New(errs.Invalid, "kb.clause_cell", i+1).In("clauses")
		}
		out = append(out, c)
	}
	return out, nil
}
