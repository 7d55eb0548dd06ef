package kb

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"

	"huying/internal/errs"
	"huying/internal/sheet"
)

// entryLine is an entry as a line of JSON. id is another name of code.
type entryLine struct {
	ID         string   `json:"id,omitempty"`
	Code       string   `json:"code,omitempty"`
	Question   string   `json:"question"`
	Phrasings  []string `json:"phrasings,omitempty"`
	Negatives  []string `json:"negatives,omitempty"`
	Answer     string   `json:"answer"`
	Short      string   `json:"short,omitempty"`
	Unit       string   `json:"unit,omitempty"`
	Area       string   `json:"area,omitempty"`
	Audience   string   `json:"audience,omitempty"`
	Topic      string   `json:"topic,omitempty"`
	Family     string   `json:"family,omitempty"`
	Basis      string   `json:"basis,omitempty"`
	Clauses    string   `json:"clauses,omitempty"` // as WriteClauses writes them
	ValidFrom  string   `json:"valid_from,omitempty"`
	ValidUntil string   `json:"valid_until,omitempty"`
	State      string   `json:"state,omitempty"`
	Files      []File   `json:"files,omitempty"` // for the reader: importing leaves an entry's files as they are
}

func (l entryLine) get(key string) string {
	switch key {
	case "code":
		if l.Code == "" {
			return strings.TrimSpace(l.ID)
		}
		return strings.TrimSpace(l.Code)
	case "question":
		return strings.TrimSpace(l.Question)
	case "answer":
		return strings.TrimSpace(l.Answer)
	case "short":
		return strings.TrimSpace(l.Short)
	case "unit":
		return strings.TrimSpace(l.Unit)
	case "area":
		return strings.TrimSpace(l.Area)
	case "topic":
		return strings.TrimSpace(l.Topic)
	case "audience":
		return strings.TrimSpace(l.Audience)
	case "family":
		return strings.TrimSpace(l.Family)
	case "basis":
		return strings.TrimSpace(l.Basis)
	case "clauses":
		return strings.TrimSpace(l.Clauses)
	case "valid_from":
		return strings.TrimSpace(l.ValidFrom)
	case "valid_until":
		return strings.TrimSpace(l.ValidUntil)
	case "state":
		return strings.TrimSpace(l.State)
	}
	return ""
}

// beginsWithBrace tells JSON lines from a table by the first character that is
// neither white space nor a byte order mark, and goes back to the beginning.
func beginsWithBrace(r io.ReadSeeker) (bool, error) {
	head := make([]byte, 64)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, errs.Wrap(err, errs.Invalid, "kb.unreadable")
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return false, errs.Wrap(err, errs.Invalid, "kb.unreadable")
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf")), " \t\r\n")
	return len(start) > 0 && start[0] == '{', nil
}

// lines reads JSON lines: entries, or service items when the first line is one.
func (in *reader) lines(r io.ReadSeeker) error {
	items, err := holdsItems(r)
	if err != nil {
		return err
	}
	if items {
		in.Format = "政务服务事项"
		in.Faults = append(in.Faults, sheet.ReadJSONL(r, func(line int, i serviceItem) *errs.Error {
			in.add(line, in.item(line, i))
			return nil
		})...)
	} else {
		in.Faults = append(in.Faults, sheet.ReadJSONL(r, func(line int, l entryLine) *errs.Error {
			in.add(line, cells{get: l.get, fault: faultAt(line), phrasings: l.Phrasings, negatives: l.Negatives})
			return nil
		})...)
	}
	slices.SortStableFunc(in.Faults, func(x, y *errs.Error) int { return cmp.Compare(x.Line, y.Line) })
	return nil
}

// faultAt makes the faults of a line that has keys instead of columns.
func faultAt(line int) func(key string, code errs.Code, args ...any) *errs.Error {
	return func(key string, code errs.Code, args ...any) *errs.Error {
		return errs.New(errs.Invalid, code, args...).In(key).At(line, 0)
	}
}
