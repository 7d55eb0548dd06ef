package sheet

import (
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"huying/internal/errs"
)

// Headings gives the headings of the table in r as they stand in the file, for
// whoever chooses by them how to read it; the errors are those of Read.
func Headings(name string, r io.Reader, opts Options) ([]string, error) {
	t, err := Read(name, r, nil, Options{AllowUnknown: true, Sheet: opts.Sheet, MaxBytes: opts.MaxBytes})
	if err != nil {
		return nil, err
	}
	defer t.Close()
	out := make([]string, len(t.headings))
	for i, h := range t.headings {
		out[i] = clean(h)
	}
	return out, nil
}

// readHeading maps the headings of the file to the columns.
func (t *Table) readHeading(head record, opts Options) error {
	t.headings = slices.Clone(head.cells)
	for len(t.headings) > 0 && clean(t.headings[len(t.headings)-1]) == "" {
		t.headings = t.headings[:len(t.headings)-1]
	}
	t.at = make([]int, len(t.cols))
	for i := range t.at {
		t.at[i] = -1
	}
	known, faults := t.accepted(opts.Mapping)
	seen := map[string]bool{}
	for p, h := range t.headings {
		name := headingKey(h)
		if name == "" {
			continue
		}
		seen[name] = true
		i, ok := known[name]
		switch {
		case !ok:
			e := invalid("sheet.heading_unknown", clean(h)).In(clean(h)).At(head.line, p+1)
			if opts.AllowUnknown {
				t.warnings = append(t.warnings, e)
			} else {
				faults = append(faults, e)
			}
		case t.at[i] >= 0:
			faults = append(faults, invalid("sheet.heading_twice", clean(h)).In(clean(h)).At(head.line, p+1))
		default:
			t.at[i] = p
		}
	}
	for _, h := range slices.Sorted(maps.Keys(opts.Mapping)) {
		if !seen[headingKey(h)] {
			faults = append(faults, invalid("sheet.mapping_absent", h).In(h).At(head.line, 0))
		}
	}
	for i, c := range t.cols {
		if c.Required && t.at[i] < 0 {
			faults = append(faults, invalid("sheet.heading_missing", c.heading()).In(c.heading()).At(head.line, 0))
		}
	}
	return faults.OrNil()
}

// accepted gives the index in cols for every heading that is understood, in
// the form of headingKey. A key that the user's mapping gives to a heading is
// no longer looked for under its usual names.
func (t *Table) accepted(mapping map[string]string) (map[string]int, errs.List) {
	known := map[string]int{}
	var faults errs.List
	mapped := map[string]bool{}
	for _, h := range slices.Sorted(maps.Keys(mapping)) {
		key := mapping[h]
		i := slices.IndexFunc(t.cols, func(c Column) bool { return c.Key == key })
		if i < 0 {
			faults = append(faults, invalid("sheet.mapping_unknown", key).In(h))
			continue
		}
		known[headingKey(h)] = i
		mapped[key] = true
	}
	for i, c := range t.cols {
		if mapped[c.Key] {
			continue
		}
		for _, n := range append([]string{c.Key}, c.Names...) {
			if _, taken := known[headingKey(n)]; !taken {
				known[headingKey(n)] = i
			}
		}
	}
	return known, faults
}

// headingKey is the form in which headings are compared: half width, lower
// case, without spaces, the star or the word that marks a required column, and
// a colon at the end.
func headingKey(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc) || r == '*' || r == '＊' || r == '_' {
			return -1
		}
		return unicode.ToLower(r)
	}, width.Fold.String(s))
	s = strings.TrimSuffix(s, "(必填)")
	return strings.TrimSuffix(s, ":")
}
