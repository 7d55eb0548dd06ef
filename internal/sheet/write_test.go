package sheet

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestWriteCSV(t *testing.T) {
	var b bytes.Buffer
	rows := [][]string{
		{"=1+1", "+86 138", "-5"},
		{"@SUM(A1)", "＝1", "-2+3"},
		{"a,b", "说\"好\"", "两\n行"},
		{"'=已有", "'x", "+12.5"},
	}
	if err := WriteCSV(&b, []string{"编码", "名称", "备注"}, slices.Values(rows)); err != nil {
		t.Fatal(err)
	}
	want := "\ufeff编码,名称,备注\r\n'=1+1,'+86 138,-5\r\n'@SUM(A1),'＝1,'-2+3\r\n\"a,b\",\"说\"\"好\"\"\",\"两\r\n行\"\r\n''=已有,'x,+12.5\r\n"
	if b.String() != want {
		t.Errorf("got\n%q\nwant\n%q", b.String(), want)
	}
	table, err := Read("a.csv", &b, []Column{{Key: "编码"}, {Key: "名称"}, {Key: "备注"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	n := 0
	for row := range table.Rows() {
		if got := []string{row.Get("编码"), row.Get("名称"), row.Get("备注")}; !slices.Equal(got, rows[n]) {
			t.Errorf("row %d comes back as %q, was %q", n, got, rows[n])
		}
		n++
	}
	if n != len(rows) {
		t.Errorf("%d rows come back", n)
	}
}

func TestWriteCSVFailingWriter(t *testing.T) {
	row := []string{strings.Repeat("x", 10_000)}
	if err := WriteCSV(full{}, row, slices.Values([][]string{row})); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
