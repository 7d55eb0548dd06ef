package kb

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"huying/internal/errs"
	"huying/internal/org"
)

// areas of the tests.
func areas(s string) (org.AreaCode, bool) {
	switch s {
	case "汀城区", "990101":
		return "990101", true
	}
	return "", false
}

func read(t *testing.T, text string) Reading {
	t.Helper()
	r, err := ReadEntries("条目.csv", strings.NewReader(text), ReadOptions{Area: areas})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const goodCSV = "编号,问题,相似问法,标准答复,适用地区,失效日期\n" +
	"k-1,居住证怎么续签？,居住证到期了##续签居住证要带什么,到派出所办理。,汀城区,2027-12-31\n"

func TestReadEntriesFromTables(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(goodCSV)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"UTF-8": goodCSV, "with byte order mark": "\ufeff" + goodCSV, "GB18030": gb,
		"JSON lines": `{"id":"k-1","question":"居住证怎么续签？","phrasings":["居住证到期了","续签居住证要带什么","居住证到期了"],"answer":"到派出所办理。","area":"990101","valid_until":"2027/12/31"}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := read(t, text)
			if len(r.Entries) != 1 || len(r.Faults) != 0 {
				t.Fatalf("%d entries, faults %v", len(r.Entries), r.Faults)
			}
			e := r.Entries[0]
			if e.Code != "k-1" || e.Area != "990101" || e.State != EntryPublished || e.Answer != "到派出所办理。" ||
				!slices.Equal(e.Phrasings, []string{"居住证到期了", "续签居住证要带什么"}) {
				t.Errorf("%+v", e)
			}
			if got := e.ValidUntil.UTC().Format("2006-01-02 15:04:05"); got != "2027-12-31 15:59:59" || !e.ValidFrom.IsZero() {
				t.Errorf("valid from %v until %v; want always, and the end of the day in China", e.ValidFrom, got)
			}
		})
	}
}

func TestReadEntriesNamesEveryBadRow(t *testing.T) {
	r := read(t, "编号,问题,答案,属地,生效日期,失效日期,状态\n"+
		"k-1,居住证怎么续签？,到派出所办理。,,,,\n"+
		"k-2,,到派出所办理。,,,,\n"+
		"k-3,问什么,答什么,火星,昨天,,\n"+
		"k-1,再问一次,再答一次,,,,\n"+
		"k-4,反着的日期,答,,2027-01-01,2026-01-01,\n"+
		"k-5,没有这种状态,答,,,,作废\n"+
		",没有编号,答,,,,草稿\n"+
		",没有编号,另答,,,,\n")
	type where struct {
		line, column int
		code         errs.Code
	}
	want := []where{
		{3, 2, "field.required"},
		{4, 4, "kb.area"}, {4, 5, "field.invalid"},
		{5, 1, "kb.duplicate"},
		{6, 6, "kb.validity"},
		{7, 7, "kb.state"},
		{9, 2, "kb.duplicate"},
	}
	var got []where
	for _, f := range r.Faults {
		got = append(got, where{f.Line, f.Column, f.Code})
		if !errs.Has(f.Code) {
			t.Errorf("no sentence for %s", f.Code)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults %v, want %v", got, want)
	}
	if len(r.Entries) != 2 || r.Entries[1].State != EntryDraft {
		t.Errorf("%d good entries, want 2, the second a draft", len(r.Entries))
	}
}

func TestReadEntriesNamesBadLinesOfJSON(t *testing.T) {
	r := read(t, `{"question":"问","answer":"答"}`+"\n"+`{"question":"问"`+"\n\n"+`{"question":"另问","answer":"答","area":"火星"}`+"\n"+`{"question":"缺答复"}`+"\n")
	var lines []int
	for _, f := range r.Faults {
		lines = append(lines, f.Line)
	}
	if !slices.Equal(lines, []int{2, 4, 5}) || len(r.Entries) != 1 {
		t.Errorf("faults %v, %d entries", r.Faults, len(r.Entries))
	}
}

func TestReadEntriesRefusesWhatIsNoTable(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no answer column": "问题\n居住证怎么续签\n", "binary": "\x00\x01\x02\x03",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadEntries("条目.csv", strings.NewReader(text), ReadOptions{Area: areas})
			if err == nil || errs.KindOf(err) != errs.Invalid {
				t.Errorf("error %v, want an invalid file", err)
			}
		})
	}
}

func TestUnknownColumnsAreWarnings(t *testing.T) {
	r := read(t, "问题,答案,浏览量\n居住证怎么续签？,到派出所办理。,17\n")
	if len(r.Entries) != 1 || len(r.Warnings) != 1 {
		t.Errorf("%d entries, warnings %v", len(r.Entries), r.Warnings)
	}
}
