package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"huying/internal/errs"
)

// textTable reads separated text.
type textTable struct {
	csv   *csv.Reader
	skips int // lines before the one the reader calls the first
}

// openText finds encoding and separator.
func openText(f *spooled) (*textTable, error) {
	decoded, err := decode(f)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(plainLines{bufio.NewReader(decoded)}, 1<<16)
	t := &textTable{}
	comma, err := separator(in, &t.skips)
	if err != nil {
		return nil, unreadable(err)
	}
	t.csv = csv.NewReader(in)
	t.csv.Comma = comma
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	t.csv.TrimLeadingSpace = comma != '\t' // a tab is itself a space
	return t, nil
}

// separator looks at the first line that is not blank: the sign of comma,
// semicolon and tab that stands there most often outside quotes; a comma when
// there is none. Excel's line "sep=;" is obeyed and skipped.
func separator(in *bufio.Reader, skips *int) (rune, error) {
	ahead, err := in.Peek(1 << 15)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	first := bytes.TrimLeft(ahead, " \r\n\t")
	line, _, _ := bytes.Cut(first, []byte("\n"))
	line = bytes.TrimRight(line, "\r ")
	if sign, ok := strings.CutPrefix(strings.ToLower(string(line)), "sep="); ok && len(sign) == 1 && strings.Contains(",;\t", sign) {
		skipped := len(ahead) - len(first) + len(line)
		*skips = bytes.Count(ahead[:skipped], []byte("\n"))
		_, err := in.Discard(skipped)
		return rune(sign[0]), err
	}
	best, most := ',', 0
	for _, sign := range ",;\t" {
		if n := outsideQuotes(string(line), sign); n > most {
			best, most = sign, n
		}
	}
	return best, nil
}

func outsideQuotes(line string, sign rune) int {
	n, quoted := 0, false
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case r == sign && !quoted:
			n++
		}
	}
	return n
}

// next implements source. A quote in the wrong place spoils its own line only,
// one that is never closed the rest of the file.
func (t *textTable) next() (record, error) {
	for {
		cells, err := t.csv.Read()
		if errors.Is(err, io.EOF) {
			return record{}, io.EOF
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			e := errs.Wrap(bad.Err, errs.Invalid, "sheet.quote").At(bad.StartLine+t.skips, 0)
			return record{line: bad.StartLine + t.skips, fault: e}, nil
		}
		if err != nil {
			return record{}, unreadable(err)
		}
		line, _ := t.csv.FieldPos(0)
		if len(cells) > maxColumns {
			return record{}, invalid("sheet.too_wide", maxColumns).At(line+t.skips, 0)
		}
		if !blank(cells) {
			return record{line: line + t.skips, cells: cells}, nil
		}
	}
}

// blank reports whether no cell holds anything.
func blank(cells []string) bool {
	for _, c := range cells {
		if clean(c) != "" {
			return false
		}
	}
	return true
}
