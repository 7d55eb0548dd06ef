package llm_test

import (
	"strings"
	"sync"
	"testing"

	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/internal/text"
)

// segmenter is loaded once: it takes seconds.
var segmenter = sync.OnceValues(func() (*text.Segmenter, error) { return text.NewSegmenter() })

func contentWords(t testing.TB) func(string) []string {
	t.Helper()
	s, err := segmenter()
	if err != nil {
		t.Fatal(err)
	}
	return func(words string) []string { return s.Content(s.Tokens(words)) }
}

const (
	visited  = "2026年11月23日，华新区城市管理和综合执法局执法人员到现场检查，该店油烟净化器未清洗，已责令3个工作日内清洗并复查，依据《大气污染防治法》第八十一条，可处五千元以上五万元以下罚款。联系电话 0771-5671234。"
	standard = "居住证期满前30日内，可以在网上办理续签，不收费。未满16周岁的由监护人代办，不能委托他人。"
)

func TestSentenceRestsOnWhatItCites(t *testing.T) {
	t.Parallel()
	g := llm.Grounds{Words: contentWords(t), Names: []string{"华新区城市管理和综合执法局", "城东街道办事处"}}
	for _, c := range []struct {
		sentence, source, lacks string // lacks: what is named, empty: nothing
	}{
		{"11月23日，执法人员到现场检查。", visited, ""},
		{"2026年11月23日执法人员已到现场检查。", visited, ""},
		{"2026-11-23，执法人员到现场检查。", visited, ""},
		{"该店油烟净化器未清洗，已责令三个工作日内清洗并复查。", visited, ""},
		{"依据《大气污染防治法》第81条，可处5000元以上5万元以下罚款。", visited, ""},
		{"联系电话０７７１－５６７１２３４。", visited, ""},
		{"感谢您的反映。", visited, ""},
		{"您好！", "", ""},
		{"居住证期满前三十天内可以在网上办理续签。", standard, ""},
		{"未满16岁的由监护人代办。", standard, ""},

		{"11月24日，执法人员到现场检查。", visited, "日期“11月24日”"},
		{"2025年11月23日，执法人员到现场检查。", visited, "日期“2025年11月23日”"},
		{"已责令3天内清洗并复查。", visited, "数字“3天”"},
		{"已责令5个工作日内清洗并复查。", visited, "数字“5个工作日”"},
		{"可处五百元以上五万元以下罚款。", visited, "金额“五百元”"},
		{"依据《环境保护法》责令清洗。", visited, "法规“《环境保护法》”"},
		{"依据《大气污染防治法》第八十二条，责令清洗。", visited, "条款“第八十二条”"},
		{"城东街道办事处到现场检查。", visited, "单位“城东街道办事处”"},
		{"市公安局到现场检查。", visited, "单位“公安局”"},
		{"联系电话 0771-5671235。", visited, "数字“5671235”"},
		{"该店已经停业，老板表示以后不再经营烧烤。", visited, "出处里没有这些话"},
		{"该店油烟净化器已清洗。", visited, "出处里说的是相反的“清洗”"},
		{"续签收费。", standard, "出处里说的是相反的“收费”"},
		{"可以委托他人代办。", standard, "出处里说的是相反的“委托”"},
		{"居住证期满前30日内，不可以在网上办理续签。", standard, "出处里说的是相反的“可以”"},
		{"请与〔姓名9〕联系检查事宜。", visited, "编号“〔姓名9〕”"},
		{"执法人员到现场检查。", "", "没有写出处"},
	} {
		var cited []llm.Source
		if c.source != "" {
			cited = []llm.Source{{Text: c.source}}
		}
		var named []string
		for _, l := range g.Lacks(c.sentence, cited) {
			named = append(named, l.String())
		}
		got := strings.Join(named, "；")
		if c.lacks == "" && got != "" || !strings.Contains(got, c.lacks) {
			t.Errorf("%s: %q, want %q", c.sentence, got, c.lacks)
		}
	}
	// How another case was put tells no day and no unit of this one.
	pattern := []llm.Source{{Text: visited, Pattern: true}}
	if l := g.Lacks("该店油烟净化器未清洗，已责令清洗并复查。", pattern); len(l) != 0 {
		t.Errorf("words of a like case: %v", l)
	}
	if l := g.Lacks("11月23日，执法人员到现场检查。", pattern); len(l) != 1 || l[0].What != "日期" {
		t.Errorf("the day of a like case: %v", l)
	}
}

// A figure of a table belongs to its row.
func TestFiguresStayInTheirRows(t *testing.T) {
	t.Parallel()
	g := llm.Grounds{Words: contentWords(t)}
	table := []llm.Source{{Text: "热线：决定 1,200 件，首选采用率 72%\n网页：决定 80 件，首选采用率 65.5%", Table: true}, {Text: "统计期间 2026年10月24日 至 2026年11月23日，首选采用率按人的决定算"}}
	for sentence, supported := range map[string]bool{
		"热线决定 1200 件，首选采用率 72%。":                    true,
		"热线首选采用率 72%、网页 65.5%。":                     true,
		"热线首选采用率 65.5%、网页 72%。":                     false,
		"网页首选采用率 72%。":                              false,
		"首选采用率 72%。":                                false,
		"热线首选采用率比网页高 6.5 个百分点。":                     false,
		"热线决定 1300 件。":                              false,
		"10月24日至11月23日，热线决定 1200 件，首选采用率 72%。":      true,
		"10月24日至11月23日，热线决定 1200 件，首选采用率上升到 72.5%。": false,
	} {
		if lacks := g.Lacks(sentence, table); (len(lacks) == 0) != supported {
			t.Errorf("%s: %v", sentence, lacks)
		}
	}
}

// A writer's sentences come back with what they rest on; a second sentence in
// one is looked at by itself.
func TestWriterSaysWhatEachSentenceRestsOn(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t, llmtest.Say(`{"sentences":[
		{"text":"居住证期满前30日内可以在网上办理续签。","from":["s2","s2"]},
		{"text":"不收费。每人另发补贴500元。","from":["s2"]},
		{"text":"到现场检查。","from":["s1"]},
		{"text":"请耐心等待处理结果通知。","from":[]}]}`))
	model, store := server.Client(t, nil)
	w := llm.NewWriter(model, contentWords(t))
	brief := llm.Brief{
		Task: llm.Draft, Prompt: "test-1", Work: "写一份答复", About: "怎么续签", Most: 4,
		Sources: []llm.Source{{Name: "甲", Text: visited}, {Name: "乙", Text: standard}},
	}
	got, err := w.Write(t.Context(), brief)
	if err != nil || len(got) != 5 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, supported := range []bool{true, true, false, true, false} {
		if got[i].Supported() != supported {
			t.Errorf("%s: %v", got[i].Text, got[i].Lacks)
		}
	}
	if len(got[0].From) != 1 || got[0].From[0] != 1 || len(got[4].From) != 0 {
		t.Errorf("cites %v and %v", got[0].From, got[4].From)
	}
	brief.Most = 3
	if _, err := w.Write(t.Context(), brief); err == nil {
		t.Error("more sentences than asked for are taken")
	}
	brief.Sources = nil
	if got, err := w.Write(t.Context(), brief); err != nil || got != nil {
		t.Errorf("without sources: %v, %v", got, err)
	}
	if calls := store.Calls(); len(calls) != 2 || calls[0].Task != llm.Draft {
		t.Errorf("%d calls", len(calls))
	}
	server.Script(llmtest.Say(`{"sentences":[{"text":"有。","from":["s9"]}]}`))
	brief.Sources = []llm.Source{{Text: standard}}
	if _, err := w.Write(t.Context(), brief); err == nil {
		t.Error("a source that was not given is taken")
	}
}
