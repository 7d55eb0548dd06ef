package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"huying/internal/errs"
)

// columns is the table that most tests read.
func columns() []Column {
	return []Column{
		{Key: "code", Names: []string{"事项编码", "编码"}, Required: true, MaxRunes: 6},
		{Key: "name", Names: []string{"事项名称", "名称"}, Required: true},
		{Key: "note", Names: []string{"备注"}, MaxRunes: 5},
	}
}

// show writes a table as lines "3: code|name|note" and its faults as
// "3:1 code"; errors of Read as "! ...".
func show(t *testing.T, name string, data []byte, cols []Column, opts Options) string {
	t.Helper()
	var b strings.Builder
	table, err := Read(name, onlyReader{bytes.NewReader(data)}, cols, opts)
	if err != nil {
		for _, e := range all(t, err) {
			fmt.Fprintf(&b, "! %d:%d %s\n", e.Line, e.Column, e.Code)
		}
		return b.String()
	}
	defer table.Close()
	for _, w := range table.Warnings() {
		fmt.Fprintf(&b, "? %d:%d %s\n", w.Line, w.Column, w.Code)
	}
	for row := range table.Rows() {
		fmt.Fprintf(&b, "%d: %s|%s|%s\n", row.Line, row.Get("code"), row.Get("name"), row.Get("note"))
		for _, e := range row.Faults {
			fmt.Fprintf(&b, "  %d:%d %s\n", e.Line, e.Column, e.Code)
			checkSentence(t, e)
		}
	}
	if err := table.Err(); err != nil {
		e := all(t, err)[0]
		fmt.Fprintf(&b, "! %d:%d %s\n", e.Line, e.Column, e.Code)
	}
	return b.String()
}

// onlyReader hides that a reader can seek.
type onlyReader struct{ io.Reader }

// all gives the single faults of an error, each with a Chinese sentence.
func all(t *testing.T, err error) errs.List {
	t.Helper()
	list, ok := errors.AsType[errs.List](err)
	if !ok {
		e, ok := errors.AsType[*errs.Error](err)
		if !ok {
			t.Fatalf("not classified: %v", err)
		}
		list = errs.List{e}
	}
	for _, e := range list {
		checkSentence(t, e)
	}
	return list
}

func checkSentence(t *testing.T, e *errs.Error) {
	t.Helper()
	if s := errs.Sentence(e); !errs.Has(e.Code) || strings.Contains(s, "%!") {
		t.Errorf("%v: no good sentence: %q", e, s)
	}
}

func gb(t *testing.T, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func utf16le(t *testing.T, s string) []byte {
	t.Helper()
	b, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const plain = "事项编码,事项名称,备注\n0101,油烟,无\n0102,噪声,\n"

func TestReadText(t *testing.T) {
	const want = "2: 0101|油烟|无\n3: 0102|噪声|\n"
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"UTF-8", []byte(plain), want},
		{"byte order mark", []byte("\ufeff" + plain), want},
		{"GB18030", gb(t, plain), want},
		{"GB18030 with a rare character", gb(t, "事项编码,事项名称\n1,㐀𠀀街\n"), "2: 1|㐀𠀀街|\n"},
		{"UTF-16", utf16le(t, plain), want},
		{"CR LF", []byte(strings.ReplaceAll(plain, "\n", "\r\n")), want},
		{"CR alone", []byte(strings.ReplaceAll(plain, "\n", "\r")), want},
		{"semicolon", []byte(strings.ReplaceAll(plain, ",", ";")), want},
		{"tab", []byte(strings.ReplaceAll(plain, ",", "\t")), want},
		{"tab with empty first cell", []byte("编码\t名称\n\t油烟\n"), "2: |油烟|\n  2:1 field.required\n"},
		{"sep line", []byte("sep=;\n编码;名称\n1;a,b\n"), "3: 1|a,b|\n"},
		{"no newline at the end", []byte("编码,名称\n1,a"), "2: 1|a|\n"},
		{"quoted newline keeps file lines", []byte("编码,名称\n1,\"a\n\nb\"\n\n2,c\n"), "2: 1|a\n\nb|\n6: 2|c|\n"},
		{"quotes in quotes", []byte("编码,名称\n1,\"说\"\"好\"\"，对\"\n"), "2: 1|说\"好\"，对|\n"},
		{"comma in quotes of the heading", []byte("\"编码\";\"名称\";\"备注\"\n1;a;b\n"), "2: 1|a|b\n"},
		{"blank lines", []byte("\n\n编码,名称\n,\n \n1,a\n,,\n"), "6: 1|a|\n"},
		{"spaces around cells", []byte("编码,名称\n 1 ,　a　\n"), "2: 1|a|\n"},
		{"heading in any spelling", []byte(" ＊编 码 ,事项名称（必填）,Note：\n1,a,b\n"), "2: 1|a|b\n"},
		{"keys as headings", []byte("CODE,name\n1,a\n"), "2: 1|a|\n"},
		{"short row", []byte("编码,名称,备注\n1,a\n"), "2: 1|a|\n"},
		{"unnamed columns at the end", []byte("编码,名称,,\n1,a,,\n"), "2: 1|a|\n"},
		{"cell without heading", []byte("编码,名称\n1,a,,x\n"), "2: 1|a|\n  2:4 sheet.extra_cell\n"},
		{"missing cell", []byte("编码,名称\n1,\n,b\n"), "2: 1||\n  2:2 field.required\n3: |b|\n  3:1 field.required\n"},
		{"too long cell", []byte("编码,名称,备注\n1,a,一二三四五六\n"), "2: 1|a|一二三四五六\n  2:3 field.too_long\n"},
		{"formula error", []byte("编码,名称\n1,#REF!\n"), "2: 1|#REF!|\n  2:2 sheet.formula\n"},
		{"bare quote spoils its line", []byte("编码,名称\n1,a\"b\n2,c\n"), "2: ||\n  2:0 sheet.quote\n3: 2|c|\n"},
		{"open quote", []byte("编码,名称\n1,a\n2,\"c\n3,d\n"), "2: 1|a|\n3: ||\n  3:0 sheet.quote\n"},
		{"empty", nil, "! 0:0 sheet.empty\n"},
		{"only blank lines", []byte("\n \n,,\n"), "! 0:0 sheet.empty\n"},
		{"only a heading", []byte("编码,名称\n"), ""},
		{"binary", []byte("\x00\x01\x02abc"), "! 0:0 sheet.not_table\n"},
		{"PDF", []byte("%PDF-1.7 abc"), "! 0:0 sheet.not_table\n"},
		{"old XLS", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest"), "! 0:0 sheet.old_xls\n"},
		{"no UTF-8 behind the mark", append([]byte("\ufeff编码,名称\n1,"), 0xff, '\n'), "! 2:0 sheet.encoding\n"},
		{"damaged UTF-8", append([]byte(strings.Repeat(plain, 3)+"x,"), 0xff, '\n'), "! 10:0 sheet.encoding\n"},
		{"neither UTF-8 nor GB18030", append(gb(t, "编码,名称\n1,油\n2,"), 0xff, 0xff, '\n'), "! 3:0 sheet.encoding\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := show(t, "a.csv", c.data, columns(), Options{}); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestReadHeading(t *testing.T) {
	for _, c := range []struct {
		name, data string
		opts       Options
		want       string
	}{
		{"unknown is an error", "编码,名称,颜色\n1,a,b\n", Options{}, "! 1:3 sheet.heading_unknown\n"},
		{"unknown is a warning", "编码,名称,颜色\n1,a,b\n", Options{AllowUnknown: true}, "? 1:3 sheet.heading_unknown\n2: 1|a|\n"},
		{"missing", "编码,备注\n1,a\n", Options{}, "! 1:0 sheet.heading_missing\n"},
		{"twice", "编码,名称,事项编码\n1,a,b\n", Options{}, "! 1:3 sheet.heading_twice\n"},
		{"all faults at once", "x,y,备注,备注\n1,2,3,4\n", Options{},
			"! 1:1 sheet.heading_unknown\n! 1:2 sheet.heading_unknown\n! 1:4 sheet.heading_twice\n! 1:0 sheet.heading_missing\n! 1:0 sheet.heading_missing\n"},
		{"mapping", "甲,乙\n1,a\n", Options{Mapping: map[string]string{"甲": "code", " 乙 ": "name"}}, "2: 1|a|\n"},
		{"mapping wins over names", "编码,旧编码,名称\n1,2,a\n", Options{Mapping: map[string]string{"旧编码": "code"}, AllowUnknown: true},
			"? 1:1 sheet.heading_unknown\n2: 2|a|\n"},
		{"mapping to no key", "甲,编码,名称\n1,2,a\n", Options{Mapping: map[string]string{"甲": "color"}}, "! 0:0 sheet.mapping_unknown\n! 1:1 sheet.heading_unknown\n"},
		{"mapping of no heading", "编码,名称\n1,a\n", Options{Mapping: map[string]string{"丙": "note"}}, "! 1:0 sheet.mapping_absent\n"},
		{"too many rows", "编码,名称\n1,a\n2,b\n3,c\n", Options{MaxRows: 2}, "2: 1|a|\n3: 2|b|\n! 4:0 sheet.too_many_rows\n"},
		{"exactly as many rows", "编码,名称\n1,a\n2,b\n", Options{MaxRows: 2}, "2: 1|a|\n3: 2|b|\n"},
		{"too big", plain, Options{MaxBytes: 20}, "! 0:0 sheet.too_big\n"},
		{"too wide", "编码,名称\n1,a" + strings.Repeat(",", maxColumns) + "\n", Options{}, "! 2:0 sheet.too_wide\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := show(t, "a.csv", []byte(c.data), columns(), c.opts); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestRowErr(t *testing.T) {
	table, err := Read("a.csv", strings.NewReader("备注,编码,名称\nx,1,a\n"), columns(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	for row := range table.Rows() {
		e := row.Err("code", "field.invalid", "编码", row.Get("code"))
		if e.Kind != errs.Invalid || e.Field != "编码" || e.Line != 2 || e.Column != 2 {
			t.Errorf("got %+v", e)
		}
		if got, want := errs.Sentence(e), "第 2 行第 2 列：“编码”的内容“1”不符合要求"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if row.Column("name") != 3 || row.Column("none") != 0 || row.Get("none") != "" {
			t.Error("wrong position")
		}
	}
	if !table.Has("note") || table.Has("none") {
		t.Error("Has is wrong")
	}
}

// TestRowsStayValid proves that a row kept by the caller does not change when
// the next ones are read.
func TestRowsStayValid(t *testing.T) {
	table, err := Read("a.csv", strings.NewReader("编码,名称\n1,a\n2,b\n3,c\n"), columns(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	var kept []string
	rows := slices.Collect(table.Rows())
	for _, r := range rows {
		kept = append(kept, r.Get("code")+r.Get("name"))
	}
	if !slices.Equal(kept, []string{"1a", "2b", "3c"}) {
		t.Errorf("got %v", kept)
	}
}

// TestReadBigStream proves that a long stream goes through a temporary file,
// which is gone after Close, and is not held in memory.
func TestReadBigStream(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var b bytes.Buffer
	b.WriteString("编码,名称\n")
	const n = 100_000
	for i := range n {
		fmt.Fprintf(&b, "%d,夜间施工噪声扰民\n", i%100)
	}
	table, err := Read("a.csv", onlyReader{&b}, columns(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d temporary files, want 1", len(files))
	}
	rows := 0
	for row := range table.Rows() {
		rows++
		if row.Line != rows+1 {
			t.Fatalf("row %d is on line %d", rows, row.Line)
		}
	}
	if rows != n || table.Err() != nil {
		t.Errorf("%d rows, %v", rows, table.Err())
	}
	if err := table.Close(); err != nil {
		t.Error(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%d temporary files are left", len(files))
	}
}

func TestReadFailingReader(t *testing.T) {
	_, err := Read("a.csv", io.MultiReader(strings.NewReader(plain), failing{}), columns(), Options{})
	if errs.KindOf(err) != errs.Unavailable {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestReadOpenFile reads a file from where it stands, as an upload is given.
func TestReadOpenFile(t *testing.T) {
	name := t.TempDir() + "/a.csv"
	if err := os.WriteFile(name, []byte(plain), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := Read(name, f, columns(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if rows := slices.Collect(table.Rows()); len(rows) != 2 {
		t.Errorf("%d rows", len(rows))
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a.csv", []byte(plain))
	f.Add("a.csv", []byte("sep=;\n编码;名称\n1;\"a\n"))
	f.Add("a.xlsx", []byte("PK\x03\x04rest"))
	f.Add("a.csv", []byte("\xff\xfea\x00,\x00\n\x00"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		table, err := Read(name, bytes.NewReader(data), columns(), Options{MaxRows: 1000, AllowUnknown: true})
		if err != nil {
			all(t, err)
			return
		}
		last := 1
		for row := range table.Rows() {
			if row.Line < last {
				t.Errorf("line %d after %d", row.Line, last)
			}
			last = row.Line
		}
		if err := table.Close(); err != nil {
			t.Error(err)
		}
	})
}
