package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"huying/internal/errs"
)

// workbookOf makes an XLSX file; fill sets its cells.
func workbookOf(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t testing.TB, f *excelize.File, sheet, cell string, v any) {
	t.Helper()
	if err := f.SetCellValue(sheet, cell, v); err != nil {
		t.Fatal(err)
	}
}

// styled sets a number in a number format.
func styled(t testing.TB, f *excelize.File, cell string, v any, format string) {
	t.Helper()
	set(t, f, "Sheet1", cell, v)
	id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellStyle("Sheet1", cell, cell, id); err != nil {
		t.Fatal(err)
	}
}

func heading(t testing.TB, f *excelize.File, sheet string) {
	t.Helper()
	for i, h := range []string{"编码", "名称", "备注"} {
		set(t, f, sheet, fmt.Sprintf("%c1", 'A'+i), h)
	}
}

func TestReadXLSX(t *testing.T) {
	wide := []Column{{Key: "code", Names: []string{"编码"}}, {Key: "name", Names: []string{"名称"}}, {Key: "note", Names: []string{"备注"}}}
	for _, c := range []struct {
		name string
		fill func(f *excelize.File)
		opts Options
		want string
	}{
		{"text and numbers", func(f *excelize.File) {
			set(t, f, "Sheet1", "A2", "0101")
			set(t, f, "Sheet1", "B2", 12.5)
			set(t, f, "Sheet1", "C2", true)
		}, Options{}, "2: 0101|12.5|TRUE\n"},
		{"long numbers keep their digits", func(f *excelize.File) {
			set(t, f, "Sheet1", "A2", 13800000021)
			set(t, f, "Sheet1", "B2", 138000000210)
			set(t, f, "Sheet1", "C2", "440101199001011234")
		}, Options{}, "2: 13800000021|138000000210|440101199001011234\n"},
		{"dates", func(f *excelize.File) {
			set(t, f, "Sheet1", "A2", time.Date(2024, 3, 15, 0, 0, 0, 0, time.UTC))
			set(t, f, "Sheet1", "B2", time.Date(2024, 3, 15, 8, 30, 0, 0, time.UTC))
			styled(t, f, "C2", 45366, `yyyy"年"m"月"d"日"`)
		}, Options{}, "2: 2024-03-15|2024-03-15 08:30:00|2024-03-15\n"},
		{"more dates", func(f *excelize.File) {
			styled(t, f, "A2", 45366.5, "yyyy/m/d h:mm")
			styled(t, f, "B2", 45366, "yyyy.mm.dd")
			styled(t, f, "C2", 45366, `m"月"d"日"`)
		}, Options{}, "2: 2024-03-15 12:00:00|2024-03-15|2024-03-15\n"},
		{"numbers that are no dates", func(f *excelize.File) {
			styled(t, f, "A2", 101, "000000")
			styled(t, f, "B2", 0.25, "0%")
			styled(t, f, "C2", 3.14159, "0.00")
		}, Options{}, "2: 000101|25%|3.14\n"},
		{"value stored with a formula", func(f *excelize.File) {
			set(t, f, "Sheet1", "A2", "1")
			set(t, f, "Sheet1", "B2", "上次的值")
			if err := f.SetCellFormula("Sheet1", "C2", "1+1"); err != nil {
				t.Fatal(err)
			}
		}, Options{}, "2: 1|上次的值|\n"},
		{"gaps", func(f *excelize.File) {
			set(t, f, "Sheet1", "B5", "a")
			set(t, f, "Sheet1", "A5", "1")
			set(t, f, "Sheet1", "C9", "x")
		}, Options{}, "5: 1|a|\n9: ||x\n"},
		{"newline in a cell", func(f *excelize.File) { set(t, f, "Sheet1", "A2", "a\nb") }, Options{}, "2: a\nb||\n"},
		{"named sheet", func(f *excelize.File) {
			if _, err := f.NewSheet("数据"); err != nil {
				t.Fatal(err)
			}
			heading(t, f, "数据")
			set(t, f, "数据", "A2", "1")
		}, Options{Sheet: "数据"}, "2: 1||\n"},
		{"no such sheet", func(*excelize.File) {}, Options{Sheet: "数据"}, "! 0:0 sheet.no_sheet\n"},
		{"cell without heading", func(f *excelize.File) {
			set(t, f, "Sheet1", "A2", "1")
			set(t, f, "Sheet1", "E2", "x")
		}, Options{}, "2: 1||\n  2:5 sheet.extra_cell\n"},
		{"too wide", func(f *excelize.File) { set(t, f, "Sheet1", "XFD2", "x") }, Options{}, "! 2:0 sheet.too_wide\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := workbookOf(t, func(f *excelize.File) { heading(t, f, "Sheet1"); c.fill(f) })
			if got := show(t, "a.xlsx", data, wide, c.opts); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestReadDate1904(t *testing.T) {
	yes := true
	data := workbookOf(t, func(f *excelize.File) {
		heading(t, f, "Sheet1")
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
			t.Fatal(err)
		}
		styled(t, f, "A2", 45366-1462, "yyyy-mm-dd")
	})
	want := "2: 2024-03-15||\n"
	cols := []Column{{Key: "code", Names: []string{"编码"}}, {Key: "name", Names: []string{"名称"}}, {Key: "note", Names: []string{"备注"}}}
	if got := show(t, "a.xlsx", data, cols, Options{}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// rezip copies a workbook and lets change replace the content of its entries;
// nil leaves an entry out.
func rezip(t testing.TB, data []byte, change func(name string, content []byte) []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range z.File {
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if content = change(e.Name, content); content == nil {
			continue
		}
		out, err := w.Create(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadBrokenXLSX(t *testing.T) {
	good := workbookOf(t, func(f *excelize.File) {
		heading(t, f, "Sheet1")
		set(t, f, "Sheet1", "A2", "1")
		set(t, f, "Sheet1", "B2", "a")
	})
	keep := func(_ string, c []byte) []byte { return c }
	damaged := bytes.Clone(good)
	for i := len(damaged) / 4; i < len(damaged)/2; i++ {
		damaged[i] ^= 0x55
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"whole", rezip(t, good, keep), "2: 1|a|\n"},
		{"cut off", good[:len(good)/2], "! 0:0 sheet.broken\n"},
		{"bytes changed", damaged, "! 0:0 sheet.broken\n"},
		{"only the signature", []byte("PK\x03\x04"), "! 0:0 sheet.broken\n"},
		{"text called xlsx", []byte(plain), "! 0:0 sheet.broken\n"},
		{"no workbook in the archive", rezip(t, good, func(n string, c []byte) []byte {
			if strings.HasSuffix(n, "workbook.xml") {
				return nil
			}
			return c
		}), "! 0:0 sheet.broken\n"},
		{"sheet breaks off", rezip(t, good, func(n string, c []byte) []byte {
			if strings.HasPrefix(n, "xl/worksheets/") {
				return c[:len(c)/2]
			}
			return c
		}), "! 0:0 sheet.broken\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := show(t, "a.xlsx", c.data, columns(), Options{}); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestInspectRefusesBombs proves that an archive is not believed: what it unpacks
// to is counted, and an entry beyond its stated size is broken.
func TestInspectRefusesBombs(t *testing.T) {
	const most = 1 << 20
	good := workbookOf(t, func(f *excelize.File) { heading(t, f, "Sheet1") })
	bomb := rezip(t, good, func(n string, c []byte) []byte {
		if n == "xl/styles.xml" {
			return make([]byte, most)
		}
		return c
	})
	if len(bomb) > most/10 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	lying := bytes.Clone(bomb)
	entry := bytes.LastIndex(lying, []byte("xl/styles.xml")) - 46 // its record in the central directory
	copy(lying[entry+24:], []byte{1, 0, 0, 0})                    // size when unpacked
	for name, c := range map[string]struct {
		data []byte
		code errs.Code
	}{"good": {good, ""}, "bomb": {bomb, "sheet.bomb"}, "small by its own account": {lying, "sheet.broken"}} {
		f, err := spool(bytes.NewReader(c.data), defaultMaxBytes)
		if err != nil {
			t.Fatal(err)
		}
		err = inspect(f, most)
		if c.code == "" && err != nil || c.code != "" && errs.CodeOf(err) != c.code {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzReadXLSX(f *testing.F) {
	f.Add("<row r=\"2\"><c r=\"A2\"><v>1</v></c></row>")
	f.Add("<row r=\"-1\"><c r=\"ZZZ9\" t=\"s\"><v>99</v></c></row>")
	f.Add("<row><c s=\"7\" t=\"d\"><v>x</v><f/></c>")
	good := workbookOf(f, func(b *excelize.File) { heading(f, b, "Sheet1") })
	f.Fuzz(func(t *testing.T, rows string) {
		data := rezip(t, good, func(n string, c []byte) []byte {
			if n == "xl/worksheets/sheet1.xml" {
				return bytes.Replace(c, []byte("</sheetData>"), []byte(rows+"</sheetData>"), 1)
			}
			return c
		})
		table, err := Read("a.xlsx", bytes.NewReader(data), columns(), Options{MaxRows: 1000, AllowUnknown: true})
		if err != nil {
			all(t, err)
			return
		}
		for row := range table.Rows() {
			if row.Line < 2 {
				t.Errorf("row on line %d", row.Line)
			}
		}
		if err := table.Err(); err != nil {
			all(t, err)
		}
		table.Close()
	})
}

// BenchmarkRead reads 20,000 rows of three columns.
func BenchmarkRead(b *testing.B) {
	const n = 20_000
	var text strings.Builder
	text.WriteString("编码,名称,备注\n")
	book := workbookOf(b, func(f *excelize.File) {
		w, err := f.NewStreamWriter("Sheet1")
		if err != nil {
			b.Fatal(err)
		}
		for i := range n + 1 {
			row := []any{"编码", "名称", "备注"}
			if i > 0 {
				row = []any{i % 1000, "夜间施工噪声扰民", "无"}
				fmt.Fprintf(&text, "%d,夜间施工噪声扰民,无\n", i%1000)
			}
			if err := w.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
	})
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	for name, data := range map[string][]byte{"UTF-8": []byte(text.String()), "GB18030": gb, "XLSX": book} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				table, err := Read("", bytes.NewReader(data), columns(), Options{})
				if err != nil {
					b.Fatal(err)
				}
				rows := 0
				for range table.Rows() {
					rows++
				}
				if err := table.Close(); err != nil || rows != n {
					b.Fatal(rows, err)
				}
			}
		})
	}
}
