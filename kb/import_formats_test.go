package kb

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"huying/internal/org"
)

func TestSheetsOfOtherSystemsAreKnownByTheirHeadings(t *testing.T) {
	for _, tt := range []struct {
		format, text string
		want         Entry
	}{
		{
			"WeKnora", "分类(必填),问题(必填),相似问题(选填-多个用##分隔),反例问题(选填-多个用##分隔),机器人回答(必填-多个用##分隔),是否停用(选填)\n户政,居住证怎么续签,居住证到期##暂住证续签,居住证丢了##居住证首次办,到派出所。##也可网办。,FALSE\n",
			Entry{Topic: "户政", Question: "居住证怎么续签", Phrasings: []string{"居住证到期", "暂住证续签"}, Negatives: []string{"居住证丢了", "居住证首次办"}, Answer: "到派出所。\n也可网办。"},
		},
		{
			"WeKnora", "分类,问题,相似问题,反例问题,回答\n,居住证怎么续签,,居住证丢了,到派出所。\n",
			Entry{Question: "居住证怎么续签", Negatives: []string{"居住证丢了"}, Answer: "到派出所。"},
		},
		{
			"MaxKB", "分段标题,分段内容,问题\n居住证续签,到派出所。,\"怎么续签\n到期怎么办\"\n",
			Entry{Question: "居住证续签", Phrasings: []string{"怎么续签", "到期怎么办"}, Answer: "到派出所。"},
		},
		{
			"MaxKB", "分段标题,分段内容,问题\n,到派出所。,\"怎么续签\n到期怎么办\"\n",
			Entry{Question: "怎么续签", Phrasings: []string{"到期怎么办"}, Answer: "到派出所。"},
		},
		{"Dify", "question,answer\n怎么续签,到派出所。\n", Entry{Question: "怎么续签", Answer: "到派出所。"}},
		{
			"FastGPT", "q,a,indexes\n怎么续签,到派出所。,\"[\"\"到期怎么办\"\",\"\"续签要什么\"\"]\"\n",
			Entry{Question: "怎么续签", Phrasings: []string{"到期怎么办", "续签要什么"}, Answer: "到派出所。"},
		},
		{
			"FastGPT", "q,a,indexes\n怎么续签,到派出所。,\"[{\"\"text\"\":\"\"到期怎么办\"\"}]\"\n",
			Entry{Question: "怎么续签", Phrasings: []string{"到期怎么办"}, Answer: "到派出所。"},
		},
	} {
		gb, err := simplifiedchinese.GB18030.NewEncoder().String(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		for encoding, text := range map[string]string{"UTF-8": tt.text, "with mark": "\ufeff" + tt.text, "GB18030": gb} {
			t.Run(tt.format+" "+encoding, func(t *testing.T) {
				r := read(t, text)
				if r.Format != tt.format || len(r.Entries) != 1 || len(r.Faults) != 0 {
					t.Fatalf("format %q, %d entries, %v", r.Format, len(r.Entries), r.Faults)
				}
				e := r.Entries[0]
				if changed := Changed(tt.want, e); len(changed) != 0 || e.State != EntryDraft {
					t.Errorf("%+v, want %+v", e, tt.want)
				}
			})
		}
		published, err := ReadEntries("x.csv", strings.NewReader(tt.text), ReadOptions{Publish: true})
		if err != nil || len(published.Entries) != 1 || published.Entries[0].State != EntryPublished {
			t.Errorf("%s, published at once: %+v, %v", tt.format, published, err)
		}
	}
}

func TestBadRowsOfOtherSystemsAreNamed(t *testing.T) {
	r := read(t, "分段标题,分段内容,问题\n,到派出所。,\n标题,,问\n好的,好的。,\n好的,另一种。,\n")
	var got []string
	for _, f := range r.Faults {
		got = append(got, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Code))
	}
	if want := []string{"2:1 field.required", "3:2 field.required", "5:1 kb.duplicate"}; !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
}

func TestConflictingRowsAreNamed(t *testing.T) {
	r := read(t, "编号,问题,相似问法,答案,属地\n"+
		"k-1,居住证怎么续签,续签,到派出所。,\n"+
		"k-2,居住证怎么续签,,到窗口。,\n"+
		"k-3,居住证怎么续签,,到区里。,汀城区\n"+
		"k-4,身份证怎么换,续签,到派出所办。,\n"+
		"k-5,火星怎么去,,坐船。,火星区\n"+
		"k-6,太长,,"+strings.Repeat("长", 50_000)+",\n")
	var got []string
	for _, f := range slices.Concat(r.Faults, r.Warnings) {
		got = append(got, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Code))
	}
	want := []string{"3:2 kb.conflict", "6:5 kb.area", "7:4 field.too_long", "5:0 kb.shared_phrasing"}
	if !slices.Equal(got, want) || len(r.Entries) != 3 || !slices.Equal(r.Lines, []int{2, 4, 5}) {
		t.Errorf("%q, want %q; lines %v", got, want, r.Lines)
	}
}

// TestExportedEntriesComeBackTheSame holds for every field, whatever stands in
// it, in each form.
func TestExportedEntriesComeBackTheSame(t *testing.T) {
	day := time.Date(2027, 12, 31, 15, 59, 59, 0, time.UTC)
	all := []Entry{
		{Question: "=1+1 怎么算？", Answer: "得二。\n\n<script>alert(1)</script>，“引号”,逗号\t制表", State: EntryPublished},
		{
			Code: "007", Question: "居住证怎么续签？", Phrasings: []string{"'到期了", "-5 天内", "+续签"}, Negatives: []string{"@丢了", "首次办"},
			Answer: strings.Repeat("很长的答复。\n", 2800), Short: "短", Unit: "公安局", Area: "990101", Audience: "个人", Topic: "户政", Family: "k-1",
			Basis: "条例", Clauses: []Clause{{Law: "居住证暂行条例", Text: "第十条", Until: day}, {Law: "办法"}},
			ValidFrom: day.AddDate(-1, 0, 0), ValidUntil: day.Add(-time.Hour), State: EntryToVerify,
		},
		{Question: "草稿", Answer: "2026-01-01", State: EntryDraft, ValidUntil: day.Add(time.Microsecond)},
		{Question: "停用的", Answer: "0.10", State: EntryRetired, Code: "1e5"},
		{Question: "等审核", Answer: "TRUE", State: EntryReview, ValidFrom: day.Add(time.Second)},
	}
	for i := range all {
		all[i] = all[i].Tidy()
	}
	for _, form := range []string{"csv", "xlsx", "jsonl"} {
		t.Run(form, func(t *testing.T) {
			var b bytes.Buffer
			err := Export(&b, "知识."+form, "由系统管理员于 2026-11-27 13:00 导出", func(yield func(Entry, error) bool) {
				for _, e := range all {
					if !yield(e, nil) {
						return
					}
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			r, err := ReadEntries("知识."+form, &b, ReadOptions{Area: areas})
			if err != nil || len(r.Entries) != len(all) || len(r.Faults)+len(r.Warnings) != 0 || r.Format != "" {
				t.Fatalf("%d entries, %v, %v, %v", len(r.Entries), r.Faults, r.Warnings, err)
			}
			for i, e := range r.Entries {
				for _, f := range Changed(all[i], e) {
					t.Errorf("%s of %d is %.60q, was %.60q", f.Label, i, f.Text(e), f.Text(all[i]))
				}
				if e.State != all[i].State {
					t.Errorf("state of %d is %s, was %s", i, e.State, all[i].State)
				}
			}
		})
	}
}

// TestServiceItemsBecomeDrafts reads the real items of a province.
func TestServiceItemsBecomeDrafts(t *testing.T) {
	f, err := os.Open("../../shared/data/kb/gd_service_items.jsonl")
	if err != nil {
		t.Skip("no recorded service items: ../shared/data/kb/gd_service_items.jsonl")
	}
	defer f.Close()
	guangzhou := func(s string) (org.AreaCode, bool) { return "4401", s == "广州市" || s == "4401" }
	r, err := ReadEntries("gd_service_items.jsonl", f, ReadOptions{Area: guangzhou})
	if err != nil || r.Format != "政务服务事项" || len(r.Entries) != 2262 || len(r.Faults) != 0 {
		t.Fatalf("%q, %d entries, %v, %v", r.Format, len(r.Entries), r.Faults[:min(3, len(r.Faults))], err)
	}
	local := 0
	for _, e := range r.Entries {
		if e.State != EntryDraft || e.Code == "" || e.Unit == "" || !strings.Contains(e.Answer, "办理地点：") || strings.Contains(e.Answer, "。。") {
			t.Fatalf("%+v", e)
		}
		if e.Area == "4401" {
			local++
		}
	}
	if first := r.Entries[0]; first.Question != "临时价格干预范围事项提价申报怎么办理？" || !strings.HasSuffix(first.Answer, "办理地点：广州市越秀区东风中路305号5号楼808房。\n办结时限：7 个工作日。") {
		t.Errorf("first %+v", first)
	}
	if local != 238 {
		t.Errorf("%d are of the city alone, want 238", local)
	}
}

func TestServiceItemsOfAnotherCityAreFaults(t *testing.T) {
	const item = `{"id":"1","name":"保安员证","unit":"公安局","area":"%s","kind":"行政许可","conditions":"","materials":"","place":"某路","time_limit":"1(工作日)"}` + "\n"
	for area, faults := range map[string]int{"": 0, "广东省": 0, "990101": 0, "广东省火星市": 1} {
		r := read(t, "\ufeff"+fmt.Sprintf(item, area))
		if len(r.Faults) != faults || len(r.Entries) != 1-faults || r.Format == "" {
			t.Errorf("%q: %v, %d entries", area, r.Faults, len(r.Entries))
		}
	}
}
