// Package sheet reads and writes tables that people exchange: CSV in the
// encodings and with the separators that office programs write, XLSX, and
// JSON lines. It knows headings, lines and cells, nothing of what they mean.
//
// A file is opened with Read, which recognises its format by its content and
// maps its headings to keys; Rows then streams the rows, each with the faults
// found in it. Every fault carries the line and column of the file, so that
// its user finds the cell.
package sheet

import (
	"errors"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"huying/internal/errs"
)

// Column describes one column that a file may have.
type Column struct {
	Key      string   // the name the program uses
	Names    []string // accepted headings; the first is shown in errors. The key itself is accepted too
	Required bool     // the heading must be there, and no cell of it may be empty
	MaxRunes int      // longest cell in characters; 0: no limit
}

// Options are the limits and choices of Read. The zero value is usable.
type Options struct {
	Mapping      map[string]string // heading of this file → key; wins over Column.Names
	AllowUnknown bool              // unknown headings become Warnings; otherwise they are errors
	Sheet        string            // name of the XLSX sheet; empty: the first
	MaxBytes     int64             // largest file; 0: 100 MB
	MaxRows      int               // most rows below the heading, blank ones not counted; 0: 1,000,000
}

const (
	defaultMaxBytes = 100 << 20
	defaultMaxRows  = 1_000_000
	// maxColumns is far beyond any table that is imported, and keeps a sheet
	// whose every row names its last column from eating the memory.
	maxColumns = 1000
)

// Table is an open file whose heading is understood. It is read once, by one
// goroutine, and must be closed.
type Table struct {
	cols     []Column
	at       []int    // position in the file of each of cols, from 0; -1: not there
	headings []string // as in the file
	warnings errs.List
	maxRows  int
	src      source
	closers  []io.Closer
	err      error
}

// source yields the rows of one format.
type source interface {
	// next gives the next row that is not blank. The error is io.EOF at the
	// end, or an *errs.Error that makes further reading impossible; a fault of
	// one row only is in the record.
	next() (record, error)
}

// record is a row as it stands in the file.
type record struct {
	line  int // of its first cell, from 1
	cells []string
	fault *errs.Error
}

// Read opens the table in r. name is the file's name and only helps to tell a
// broken XLSX file from text. The format is known by its content: XLSX, else
// text in UTF-8, UTF-16 with byte order mark, or GB18030 (anything that is not
// valid UTF-8), separated by comma, semicolon or tab.
//
// The error is an errs.List with all faults of the heading, or one *errs.Error
// (kind Invalid) when the file cannot be read as a table: wrong or mixed
// encoding, broken, encrypted, too big. Unless r can seek, files beyond 1 MB
// are copied to a temporary file until Close.
func Read(name string, r io.Reader, cols []Column, opts Options) (*Table, error) {
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = defaultMaxBytes
	}
	if opts.MaxRows <= 0 {
		opts.MaxRows = defaultMaxRows
	}
	t := &Table{cols: cols, maxRows: opts.MaxRows}
	if err := t.open(name, r, opts); err != nil {
		return nil, closing(t, err)
	}
	return t, nil
}

func (t *Table) open(name string, r io.Reader, opts Options) error {
	file, err := spool(r, opts.MaxBytes)
	if err != nil {
		return err
	}
	t.closers = append(t.closers, file)
	switch file.format(name) {
	case formatXLSX:
		x, err := openXLSX(file, opts.Sheet)
		if err != nil {
			return err
		}
		t.src, t.closers = x, append(t.closers, x)
	case formatText:
		if t.src, err = openText(file); err != nil {
			return err
		}
	case formatOLE:
		return invalid("sheet.old_xls")
	default:
		return invalid("sheet.not_table")
	}
	head, err := t.src.next()
	switch {
	case err == io.EOF:
		return invalid("sheet.empty")
	case err != nil:
		return err
	case head.fault != nil:
		return head.fault
	}
	return t.readHeading(head, opts)
}

// Close releases what the table holds. It may be called more than once.
func (t *Table) Close() error {
	var all []error
	for i := len(t.closers) - 1; i >= 0; i-- {
		all = append(all, t.closers[i].Close())
	}
	t.closers = nil
	return errors.Join(all...)
}

// Warnings gives the unknown headings that AllowUnknown let pass.
func (t *Table) Warnings() errs.List { return t.warnings }

// Has reports whether the file has a column for the key.
func (t *Table) Has(key string) bool { return t.position(key) >= 0 }

// Column gives the position of the key's column in the file, from 1; 0 when
// the file has none.
func (t *Table) Column(key string) int { return t.position(key) + 1 }

// Err gives the fault that ended Rows early, nil if all rows were read.
func (t *Table) Err() error { return t.err }

// Rows gives the rows below the heading in order, blank ones and the watermark
// of an export left out. A row
// with faults is given too, with Faults filled. When reading must stop before
// the end of the file, Err says why.
func (t *Table) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for n := 0; t.err == nil; n++ {
			rec, err := t.src.next()
			if err == io.EOF {
				return
			}
			if err == nil && t.isMark(rec.cells) {
				n--
				continue
			}
			if err == nil && n >= t.maxRows {
				err = invalid("sheet.too_many_rows", t.maxRows).At(rec.line, 0)
			}
			if err != nil {
				t.err = err
				return
			}
			if !yield(t.row(rec)) {
				return
			}
		}
	}
}

// row checks a record against the columns.
func (t *Table) row(rec record) Row {
	r := Row{Line: rec.line, table: t, cells: make([]string, len(t.cols))}
	if rec.fault != nil {
		r.Faults = errs.List{rec.fault}
		return r
	}
	for i, c := range t.cols {
		if p := t.at[i]; p >= 0 && p < len(rec.cells) {
			r.cells[i] = clean(rec.cells[p])
		}
		v := r.cells[i]
		switch {
		case v == "" && c.Required:
			r.fault(r.Err(c.Key, "field.required", t.heading(i)))
		case c.MaxRunes > 0 && utf8.RuneCountInString(v) > c.MaxRunes:
			r.fault(r.Err(c.Key, "field.too_long", t.heading(i), c.MaxRunes))
		case formulaError(v):
			r.fault(r.Err(c.Key, "sheet.formula", v))
		}
	}
	for p := len(t.headings); p < len(rec.cells); p++ {
		if clean(rec.cells[p]) != "" {
			r.fault(invalid("sheet.extra_cell").At(rec.line, p+1))
			break
		}
	}
	return r
}

// Row is one row of a table. It stays valid after the next one is read.
type Row struct {
	Line   int       // line of the file where the row begins, from 1
	Faults errs.List // what is wrong with it; empty when it is good
	cells  []string
	table  *Table
}

// Get gives the cell of a key without white space around it: "" when it is
// empty, when the file has no such column or when the key is unknown.
func (r Row) Get(key string) string {
	for i, c := range r.table.cols {
		if c.Key == key {
			return r.cells[i]
		}
	}
	return ""
}

// Column gives the position of the key's column in the file, from 1; 0 when
// the file has none.
func (r Row) Column(key string) int { return r.table.Column(key) }

// Err makes an error of kind Invalid that names line, column and heading of
// the key's cell.
func (r Row) Err(key string, code errs.Code, args ...any) *errs.Error {
	heading := key
	for i, c := range r.table.cols {
		if c.Key == key {
			heading = r.table.heading(i)
		}
	}
	return invalid(code, args...).In(heading).At(r.Line, r.Column(key))
}

func (r *Row) fault(e *errs.Error) { r.Faults = append(r.Faults, e) }

// position gives the place of the key's column from 0, -1 when there is none.
func (t *Table) position(key string) int {
	for i, c := range t.cols {
		if c.Key == key {
			return t.at[i]
		}
	}
	return -1
}

// heading gives the words over a column: the file's own, else the first
// accepted ones.
func (t *Table) heading(i int) string {
	if p := t.at[i]; p >= 0 {
		return clean(t.headings[p])
	}
	return t.cols[i].heading()
}

func (c Column) heading() string {
	if len(c.Names) > 0 {
		return c.Names[0]
	}
	return c.Key
}

// clean gives a cell without white space and invisible marks at its ends, with
// plain newlines, without NUL, and without the apostrophe that WriteCSV puts
// before what would be a formula.
func clean(s string) string {
	s = strings.Trim(s, " \t\r\n\v\f\u00a0\u3000\ufeff\u200b")
	if strings.ContainsAny(s, "\r\x00") {
		s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(s)
	}
	if rest, ok := strings.CutPrefix(s, "'"); ok && isFormula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return s
}

// formulaError reports the values that a spreadsheet shows for a formula that
// fails.
func formulaError(s string) bool {
	switch s {
	case "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!":
		return true
	}
	return false
}

func invalid(code errs.Code, args ...any) *errs.Error {
	return errs.New(errs.Invalid, code, args...)
}
