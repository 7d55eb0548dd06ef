package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"huying/internal/errs"
)

const (
	// maxUnzipped is the most that a workbook may unpack to: six times the
	// largest file. A sheet of a million rows with ten short cells takes about
	// 400 MB.
	maxUnzipped = 600 << 20
	// maxEntries is the most files a workbook may hold; a plain one has about
	// ten, one with a picture a row a few thousand.
	maxEntries = 10_000
	// sheetInMemory is the size from which excelize unpacks a sheet to disk.
	sheetInMemory = 8 << 20
)

// workbook reads one sheet of an XLSX file. Two readers run over the sheet in
// step: one gives cells as they are shown, one as they are stored. Dates need
// both, the shown form to know that a number is a date, the stored number to
// write it in one way.
type workbook struct {
	file          *excelize.File
	shown, stored *excelize.Rows
	line          int
	date1904      bool
}

// openXLSX checks the archive, then opens the named sheet, or the first.
func openXLSX(f *spooled, sheet string) (w *workbook, err error) {
	defer refuse(&err)
	if err := inspect(f, maxUnzipped); err != nil {
		return nil, err
	}
	file, err := excelize.OpenReader(f.all(), excelize.Options{
		UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: sheetInMemory,
	})
	if err != nil {
		return nil, broken(err)
	}
	w = &workbook{file: file}
	if err := w.open(sheet); err != nil {
		return nil, closing(w, err)
	}
	return w, nil
}

func (w *workbook) open(sheet string) error {
	all := w.file.GetSheetList()
	if len(all) == 0 {
		return broken(nil)
	}
	if sheet == "" {
		sheet = all[0]
	} else if !slices.Contains(all, sheet) {
		return invalid("sheet.no_sheet", sheet, strings.Join(all, "、"))
	}
	props, err := w.file.GetWorkbookProps()
	if err == nil && props.Date1904 != nil {
		w.date1904 = *props.Date1904
	}
	if w.shown, err = w.file.Rows(sheet); err != nil {
		return broken(err)
	}
	if w.stored, err = w.file.Rows(sheet); err != nil {
		return broken(err)
	}
	return nil
}

// inspect unpacks every entry once, into nothing, to see that they have at most
// the given number of bytes together, checksums right and sheets whole; excelize believes the sizes that the
// archive states, and takes a sheet that breaks off for a short one.
func inspect(f *spooled, most int64) error {
	z, err := zip.NewReader(f, f.size)
	if err != nil {
		return broken(err)
	}
	if len(z.File) > maxEntries {
		return invalid("sheet.bomb")
	}
	left := most
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			return broken(err)
		}
		var end tail
		n, err := io.Copy(&end, io.LimitReader(r, left+1))
		r.Close()
		left -= n
		switch {
		case left < 0:
			return invalid("sheet.bomb")
		case err != nil:
			return broken(err)
		case strings.HasPrefix(entry.Name, "xl/worksheets/sheet") && !end.closes("worksheet>"):
			return broken(nil)
		}
	}
	return nil
}

// tail keeps the last bytes written to it.
type tail struct{ last []byte }

func (t *tail) Write(b []byte) (int, error) {
	const keep = 64
	t.last = append(t.last, b[max(0, len(b)-keep):]...)
	t.last = t.last[max(0, len(t.last)-keep):]
	return len(b), nil
}

func (t *tail) closes(tag string) bool {
	return bytes.HasSuffix(bytes.TrimSpace(t.last), []byte(tag))
}

// next implements source.
func (w *workbook) next() (rec record, err error) {
	defer refuse(&err)
	for {
		if !w.shown.Next() || !w.stored.Next() {
			if err := w.shown.Error(); err != nil {
				return record{}, broken(err)
			}
			return record{}, io.EOF
		}
		w.line++
		cells, err := w.shown.Columns()
		if err != nil {
			return record{}, broken(err)
		}
		raw, err := w.stored.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return record{}, broken(err)
		}
		if len(cells) > maxColumns {
			return record{}, invalid("sheet.too_wide", maxColumns).At(w.line, 0)
		}
		for i := range min(len(cells), len(raw)) {
			cells[i] = w.value(cells[i], raw[i])
		}
		if !blank(cells) {
			return record{line: w.line, cells: cells}, nil
		}
	}
}

// shownDate matches the ways in which a date is shown.
var shownDate = regexp.MustCompile(`^\d{1,4}[-/.年]\d{1,2}([-/.月]\d{0,4}日?)?([ T]\d{1,2}:\d{2}.*)?$|^\d{1,2}月\d{1,2}日$|^\d{1,2}-[A-Z][a-z]{2}(-\d{2,4})?$|^[A-Z][a-z]{2}-\d{2}$`)

// lastDate is the serial number of 31 December 9999.
const lastDate = 2958465

// value gives the text of a cell: dates as 2024-03-15, with a time of day as
// 2024-03-15 08:30:00, long numbers with all their digits, anything else as it
// is shown. A formula has the value that was stored with it.
func (w *workbook) value(shown, raw string) string {
	if shown == raw || raw == "" {
		return shown
	}
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return shown
	}
	if n >= 1 && n <= lastDate && shownDate.MatchString(shown) && !isDecimal(shown) {
		at, err := excelize.ExcelDateToTime(n, w.date1904)
		if err != nil {
			return shown
		}
		if at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0 {
			return at.Format("2006-01-02")
		}
		return at.Format("2006-01-02 15:04:05")
	}
	if strings.Contains(shown, "E+") {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return shown
}

// isDecimal reports a plain number, which has the shape of 3.15 for a date.
func isDecimal(s string) bool {
	return strings.Trim(s, "0123456789.") == "" && strings.Count(s, ".") < 2
}

// Close releases the workbook and its temporary files.
func (w *workbook) Close() error {
	var all []error
	for _, r := range []*excelize.Rows{w.shown, w.stored} {
		if r != nil {
			all = append(all, r.Close())
		}
	}
	return errors.Join(append(all, w.file.Close())...)
}

// refuse turns a panic of the workbook library on a malformed file into the
// error of a broken file: files come from strangers.
func refuse(err *error) {
	if p := recover(); p != nil {
		*err = broken(fmt.Errorf("panic: %v", p))
	}
}

// broken is the error of a workbook that cannot be read.
func broken(err error) error { return errs.Wrap(err, errs.Invalid, "sheet.broken") }
