package sheet

import (
	"io"
	"iter"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"huying/internal/errs"
)

// WriteXLSX writes a table as a workbook with one sheet of that name, which
// may have up to 31 characters. Every cell is text, so nothing is run as a
// formula and a code keeps its leading zeros; cells that look like a formula
// are guarded as by WriteCSV all the same, because they may be saved as CSV
// later. The heading stays in sight. A cell longer than 32,767 characters is
// cut, as spreadsheets do.
func WriteXLSX(w io.Writer, name string, headings []string, rows iter.Seq[[]string]) error {
	return WriteMarkedXLSX(w, name, "", headings, rows)
}

// WriteMarkedXLSX is WriteXLSX with a watermark (empty: none): on every printed
// page and in the properties of the file, outside the table, so that it imports
// again to the same content.
func WriteMarkedXLSX(w io.Writer, name, mark string, headings []string, rows iter.Seq[[]string]) error {
	f := excelize.NewFile()
	defer f.Close()
	err := f.SetSheetName(f.GetSheetName(0), name)
	if err == nil && mark != "" {
		err = watermark(f, name, mark)
	}
	if err != nil {
		return errs.Wrap(err, errs.Internal, "internal")
	}
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return errs.Wrap(err, errs.Internal, "internal")
	}
	err = out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	line := 0
	put := func(cells []string) error {
		line++
		at, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		values := make([]any, len(cells))
		for i, c := range guard(cells) {
			values[i] = c
		}
		return out.SetRow(at, values)
	}
	if err == nil {
		err = put(headings)
	}
	for row := range rows {
		if err != nil {
			break
		}
		err = put(row)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return errs.Wrap(err, errs.Internal, "internal")
	}
	return f.Write(w)
}

// maxMark is how long a header of a printed page may be; an ampersand begins a
// code there.
const maxMark = 200

// watermark puts a mark on every printed page and into the properties.
func watermark(f *excelize.File, name, mark string) error {
	runes := []rune(strings.ReplaceAll(mark, "&", "＆"))
	err := f.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddHeader: "&C" + string(runes[:min(len(runes), maxMark)])})
	if err != nil {
		return err
	}
	return f.SetDocProps(&excelize.DocProperties{Description: mark})
}

// Mark is the watermark of an export: who made it, and when in China.
func Mark(who string, at time.Time) string {
	return "由" + who + "于 " + at.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("2006-01-02 15:04") + " 导出"
}
