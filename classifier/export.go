package classifier

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/sheet"
)

// Mark is the watermark of what somebody exports.
func Mark(actor org.Actor, at time.Time) string { return sheet.Mark(actor.Name, at) }

// Export writes a version as a file that imports again to the same content, in
// the form that the name's ending tells: .xlsx, .csv or .jsonl, with the
// watermark mark (empty: none). The file is read back and compared before anything is written. errs.Invalid
// "catalogue.export_form" for another ending, "catalogue.export_lossy" when a
// table cannot hold what the version has.
func Export(w io.Writer, name, mark string, c *Catalogue) error {
	var b bytes.Buffer
	var err error
	switch form := strings.ToLower(filepath.Ext(name)); form {
	case ".jsonl":
		if err = exportLines(&b, c); err == nil {
			err = sheet.WriteMark(&b, mark)
		}
	case ".csv":
		err = sheet.WriteMarkedCSV(&b, mark, tableHeadings(c), tableRows(c))
	case ".xlsx":
		err = sheet.WriteMarkedXLSX(&b, "事项清单", mark, tableHeadings(c), tableRows(c))
	default:
		return errs.New(errs.Invalid, "catalogue.export_form", form)
	}
	if err != nil {
		return err
	}
	if same, err := readsBack(name, b.Bytes(), c); err != nil || !same {
		return errs.Wrap(err, errs.Invalid, "catalogue.export_lossy")
	}
	_, err = w.Write(b.Bytes())
	return err
}

// readsBack reports whether a file has the content of the version.
func readsBack(name string, file []byte, c *Catalogue) (bool, error) {
	var kinds []org.UnitKind
	for _, leaf := range c.leaves {
		for _, r := range leaf.Rules {
			kinds = append(append(kinds, r.Lead), r.Co...)
		}
	}
	whole, again := NewBuilder(kinds), NewBuilder(kinds)
	whole.Extend(c)
	if err := ReadRows(name, bytes.NewReader(file), nil, again.Add); err != nil {
		return false, err
	}
	_, want, _, err := whole.Build(c.Version)
	if err != nil {
		return false, err
	}
	_, got, _, err := again.Build(c.Version)
	return got == want, err
}

func exportLines(w io.Writer, c *Catalogue) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, leaf := range c.leaves {
		if err := enc.Encode(record(leaf)); err != nil {
			return err
		}
	}
	return nil
}

// record is the leaf as a line of a file.
func record(leaf *Category) LeafRecord {
	l := LeafRecord{
		Code: leaf.Code, Names: leaf.Path, Scope: leaf.Scope, Description: leaf.Description, Examples: leaf.Examples,
		Urgency: leaf.Urgency, Ask: leaf.Ask, Basis: leaf.Basis, Limit: leaf.Limit, Closing: leaf.Closing,
	}
	for _, r := range leaf.Rules {
		l.Duty = append(l.Duty, DutyRecord{When: r.When, Lead: string(r.Lead), Co: kindNames(r.Co), Examples: r.Examples})
	}
	for _, n := range leaf.Neighbours {
		l.Confused = append(l.Confused, TellRecord{Code: n.Code, Tell: n.Tell})
	}
	return l
}

// depth is how many levels the deepest leaf has.
func depth(c *Catalogue) int {
	most := 1
	for _, leaf := range c.leaves {
		most = max(most, len(leaf.Path))
	}
	return most
}

func tableHeadings(c *Catalogue) []string {
	out := []string{"事项编码"}
	for i := range depth(c) {
		out = append(out, string([]rune("一二三四五六七八九十")[min(i, 9)])+"级事项")
	}
	return append(out, "范围", "描述", "紧急程度", "追问", "依据", "时限", closingHeading, dutyHeading, neighboursHeading, examplesHeading)
}

func tableRows(c *Catalogue) iter.Seq[[]string] {
	levels := depth(c)
	return func(yield func([]string) bool) {
		for _, leaf := range c.leaves {
			row := append([]string{leaf.Code}, leaf.Path...)
			for len(row) < 1+levels {
				row = append(row, noLevel)
			}
			row = append(row, leaf.Scope, leaf.Description, string(leaf.Urgency), leaf.Ask, leaf.Basis, leaf.Limit, leaf.Closing,
				writeRules(leaf.Rules), writeNeighbours(leaf.Neighbours), writeExamples(leaf.Examples))
			if !yield(row) {
				return
			}
		}
	}
}
