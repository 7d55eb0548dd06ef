package intake

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"huying/internal/errs"
	"huying/internal/org"
)

// options are those of a file that lies in the reader's own time zone and
// knows one area.
func options(change func(*ImportOptions)) ImportOptions {
	o := ImportOptions{
		Name:     "来件.csv",
		Channel:  Mail,
		Location: time.FixedZone("Asia/Shanghai", 8*60*60),
		Area: func(v string) (org.AreaCode, bool) {
			return "990101", v == "990101" || v == "华新区"
		},
	}
	if change != nil {
		change(&o)
	}
	return o
}

// read imports and shows what came of it: "rows good stored known", then
// "line:column code" of each fault.
func read(t *testing.T, in *Intake, file []byte, o ImportOptions) string {
	t.Helper()
	report, err := in.Import(t.Context(), agent(), bytes.NewReader(file), o)
	var list errs.List
	if err != nil && !errors.As(err, &list) {
		t.Fatal(err)
	}
	show := fmt.Sprintf("%d %d %d %d", report.Rows, report.Good, report.Stored, report.Known)
	if len(report.Faults) == 0 {
		report.Faults = list
	}
	for _, f := range report.Faults {
		show += fmt.Sprintf(", %d:%d %s", f.Line, f.Column, f.Code)
		if s := errs.Sentence(f); strings.Contains(s, "%!") || !errs.Has(f.Code) {
			t.Errorf("sentence %q", s)
		}
	}
	return show
}

const simple = "渠道,编号,时间,内容,电话,属地\n" +
	"热线,T1,2026-11-24 09:30,路灯不亮,13800000021,华新区\n" +
	",M1,2026/11/24,井盖没了,,990101\n"

func TestImportReadsWhatOfficesWrite(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(simple)
	if err != nil {
		t.Fatal(err)
	}
	book := excelize.NewFile()
	defer book.Close()
	for i, line := range strings.Split(strings.TrimSpace(simple), "\n") {
		for j, cell := range strings.Split(line, ",") {
			name, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := book.SetCellStr("Sheet1", name, cell); err != nil {
				t.Fatal(err)
			}
		}
	}
	var xlsx bytes.Buffer
	if err := book.Write(&xlsx); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		file []byte
	}{
		{"UTF-8", []byte(simple)},
		{"with BOM", []byte("\ufeff" + simple)},
		{"CRLF", []byte(strings.ReplaceAll(simple, "\n", "\r\n"))},
		{"GB18030", []byte(gb)},
		{"XLSX", xlsx.Bytes()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, store := newIntake(t)
			if got := read(t, in, tt.file, options(nil)); got != "2 2 2 0" {
				t.Fatal(got)
			}
			one, two := store.parcels[0], store.parcels[1]
			nine := time.Date(2026, 11, 24, 1, 30, 0, 0, time.UTC)
			if one.Contact.Channel != Hotline || one.Contact.ExternalID != "T1" || !one.Contact.At.Equal(nine) ||
				one.Message.Text != "路灯不亮" || one.Message.Area != "990101" || one.Message.PhoneHint != "138****0021" {
				t.Errorf("first %+v %+v", one.Contact, one.Message)
			}
			if two.Contact.Channel != Mail || two.Message.Text != "井盖没了" || two.Message.Area != "990101" {
				t.Errorf("second %+v %+v", two.Contact, two.Message)
			}
		})
	}
}

func TestImportMapsHeadings(t *testing.T) {
	file := []byte("市民的话,谁\n路灯不亮,欧阳小满\n")
	in, store := newIntake(t)
	if got := read(t, in, file, options(nil)); got != "0 0 0 0, 1:0 import.no_text" {
		t.Errorf("without a mapping: %s", got)
	}
	report, err := in.Import(t.Context(), agent(), bytes.NewReader(file), options(func(o *ImportOptions) {
		o.Mapping = map[string]string{"市民的话": "text"}
	}))
	if err != nil || report.Stored != 1 || store.parcels[0].Message.Text != "路灯不亮" {
		t.Fatalf("with a mapping: %+v, %v", report, err)
	}
	if len(report.Warnings) != 1 || report.Warnings[0].Column != 2 {
		t.Errorf("the column that is not used is not named: %v", report.Warnings)
	}
}

const flawed = "编号,时间,匿名,联系意愿,属地,内容,结果\n" +
	"1,2026-11-24,是,是,华新区,路灯不亮,\n" +
	"2,昨天,也许,看情况,天边,井盖没了,\n" +
	"3,2026-11-24,否,否,华新区,,\n" +
	"4,2026-12-24,否,否,华新区,停水,lost\n" +
	"5,2026-11-24,否,否,华新区,下水道堵了,received\n"

const flaws = ", 3:2 field.invalid, 3:3 field.invalid, 3:4 field.invalid, 3:5 area.unknown_named" +
	", 4:6 message.empty, 5:7 field.invalid, 5:2 message.future"

func TestImportNamesEveryBadCellAndStoresNothing(t *testing.T) {
	tests := []struct {
		name   string
		change func(*ImportOptions)
		want   string
		stored []string
	}{
		{"refused whole", nil, "5 2 0 0" + flaws, nil},
		{"dry run", func(o *ImportOptions) { o.DryRun = true }, "5 2 0 0" + flaws, nil},
		{"dry run past bad lines", func(o *ImportOptions) { o.DryRun, o.SkipBad = true, true }, "5 2 0 0" + flaws, nil},
		{"bad lines left out", func(o *ImportOptions) { o.SkipBad = true }, "5 2 2 0" + flaws, []string{"1", "5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, store := newIntake(t)
			if got := read(t, in, []byte(flawed), options(tt.change)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			var stored []string
			for _, p := range store.parcels {
				stored = append(stored, p.Contact.ExternalID)
			}
			if !slices.Equal(stored, tt.stored) {
				t.Errorf("stored %v", stored)
			}
		})
	}
}

func TestImportOfTooLongTextNamesTheCell(t *testing.T) {
	in, _ := newIntake(t)
	file := "标题,内容\n短,好\n" + strings.Repeat("长", MaxTitleRunes+1) + ",好\n短," + strings.Repeat("长", MaxTextRunes+1) + "\n"
	got := read(t, in, []byte(file), options(nil))
	if want := "3 1 0 0, 3:1 field.too_long, 4:2 field.too_long"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestRepeatedImportStoresNothingTwice: also rows without a number, of which
// two may be equal because two people said the same.
func TestRepeatedImportStoresNothingTwice(t *testing.T) {
	file := []byte("编号,时间,内容\nA1,2026-11-24,路灯不亮\n,2026-11-24,停水\n,2026-11-24,停水\n,2026-11-24,停电\n")
	in, store := newIntake(t)
	for i, want := range []string{"4 4 4 0", "4 4 0 4"} {
		if got := read(t, in, file, options(nil)); got != want {
			t.Errorf("import %d: %s, want %s", i+1, got, want)
		}
	}
	longer := append(slices.Clone(file), []byte(",2026-11-24,停水\n")...)
	if got := read(t, in, longer, options(nil)); got != "5 5 1 4" {
		t.Errorf("with one more equal row: %s", got)
	}
	if len(store.parcels) != 5 {
		t.Errorf("%d parcels", len(store.parcels))
	}
}

// TestInterruptedImportIsCompletedByTheNext: the store fails in the middle,
// and time goes on before the file is imported again.
func TestInterruptedImportIsCompletedByTheNext(t *testing.T) {
	file := []byte("内容\n停水\n停水\n停电\n停气\n")
	in, store := newIntake(t)
	told := 0
	_, err := in.Import(t.Context(), agent(), bytes.NewReader(file), options(func(o *ImportOptions) {
		o.Stored = func(Receipt) {
			if told++; told == 2 {
				store.failures = 1
			}
		}
	}))
	if errs.KindOf(err) != errs.Unavailable || len(store.parcels) != 2 {
		t.Fatalf("%d stored, %v", len(store.parcels), err)
	}
	in.now = func() time.Time { return morning.Add(time.Hour) }
	if got := read(t, in, file, options(nil)); got != "4 4 2 2" {
		t.Errorf("again: %s", got)
	}
}

func TestWhoMayImport(t *testing.T) {
	in, store := newIntake(t)
	if _, err := in.Import(t.Context(), org.Actor{}, strings.NewReader(simple), options(nil)); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("nobody: %v", err)
	}
	bound := agent()
	bound.Channels = []string{"mail"}
	if _, err := in.Import(t.Context(), bound, strings.NewReader(simple), options(nil)); errs.CodeOf(err) != "token.channel" {
		t.Errorf("a row of another channel: %v", err)
	}
	if len(store.parcels) != 0 {
		t.Errorf("%d stored", len(store.parcels))
	}
}
