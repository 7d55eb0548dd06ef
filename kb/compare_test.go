package kb

import (
	"strings"
	"testing"
	"time"
)

// drawn writes pieces as a reader would mark them: [-gone-] {+added+}.
func drawn(all []Piece) string {
	var b strings.Builder
	for _, p := range all {
		switch {
		case p.Gone:
			b.WriteString("[-" + p.Text + "-]")
		case p.Added:
			b.WriteString("{+" + p.Text + "+}")
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestCompareShowsSentences(t *testing.T) {
	a := Entry{Question: "问", Answer: "带身份证。到窗口。三天办结。", Phrasings: []string{"甲", "乙"}}
	b := a
	b.Answer, b.Phrasings, b.Unit = "带身份证。带照片！到窗口。五天办结。", []string{"甲", "丙"}, "公安局"
	b.Clauses = []Clause{{Law: "条例", Text: "第一条"}}
	b.ValidUntil = time.Date(2027, 12, 31, 15, 59, 59, 0, time.UTC)
	want := map[string]string{
		"标准答复": "带身份证。{+带照片！+}到窗口。[-三天办结。-]{+五天办结。+}",
		"相似问法": "甲\n[-乙-]{+丙+}",
		"答复单位": "{+公安局+}",
		"法规条款": "{+条例｜第一条+}",
		"失效日期": "{+2027-12-31+}",
	}
	got := Compare(a, b)
	if len(got) != len(want) || len(Compare(a, a)) != 0 {
		t.Errorf("%d fields differ: %+v", len(got), got)
	}
	for _, d := range got {
		if s := drawn(d.Pieces); s != want[d.Label] {
			t.Errorf("%s: %s, want %s", d.Label, s, want[d.Label])
		}
	}
}

// TestPiecesGiveBothTextsBack: nothing is lost, however the texts differ.
func TestPiecesGiveBothTextsBack(t *testing.T) {
	texts := []string{"", "甲。", "甲。乙。丙。", "丙。乙。甲。", "甲。\n\n乙", "没有句号", strings.Repeat("长。", 3000), strings.Repeat("长。", 2500) + "短。"}
	for _, a := range texts {
		for _, b := range texts {
			var before, after string
			for _, p := range pieces(a, b) {
				if !p.Added {
					before += p.Text
				}
				if !p.Gone {
					after += p.Text
				}
			}
			if before != a || after != b {
				t.Errorf("%.20q to %.20q gives %.20q and %.20q", a, b, before, after)
			}
		}
	}
}

func TestCombineKeepsWhatEachChanged(t *testing.T) {
	base := Entry{Question: "问", Answer: "答。", Topic: "旧", Unit: "甲"}
	theirs, mine := base, base
	theirs.Answer, theirs.Topic, theirs.Unit = "他的答。", "新", "乙"
	mine.Answer, mine.Short, mine.Unit = "我的答。", "短", "乙"
	joined, both := Combine(base, theirs, mine)
	if joined.Answer != "我的答。" || joined.Topic != "新" || joined.Short != "短" || joined.Unit != "乙" {
		t.Errorf("joined %+v", joined)
	}
	if len(both) != 1 || both[0].Key != "answer" {
		t.Errorf("both changed %+v", both)
	}
}

func TestClausesAndTimesReadAsTheyAreWritten(t *testing.T) {
	day := time.Date(2027, 12, 31, 15, 59, 59, 0, time.UTC)
	all := []Clause{{Law: "条例", Text: "第八条", Until: day}, {Law: "办法"}, {Law: "法", Until: day.Add(-time.Hour)}, {Law: "法二", Text: "第一条"}}
	text := WriteClauses(all)
	if text != "条例｜第八条｜2027-12-31\n办法\n法｜｜2027-12-31 22:59:59\n法二｜第一条" {
		t.Errorf("written %q", text)
	}
	back, err := ReadClauses(strings.ReplaceAll("《"+text, "条例｜", "条例》 | "))
	if err != nil || WriteClauses(back) != text {
		t.Errorf("read %+v, %v", back, err)
	}
	for _, bad := range []string{"｜第八条", "条例｜第八条｜不久｜", "条例｜第八条｜不久"} {
		if _, err := ReadClauses("好\n" + bad); err == nil || !strings.Contains(err.Error(), "kb.clause_cell") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, at := range []time.Time{day, day.Add(time.Second), day.Add(-90 * time.Minute), day.Add(1500 * time.Microsecond), {}} {
		for _, end := range []bool{true, false} {
			if got, ok := ReadTime(WriteTime(at, end), end); !ok || !got.Equal(at) {
				t.Errorf("%v becomes %v by %q", at, got, WriteTime(at, end))
			}
		}
	}
}
