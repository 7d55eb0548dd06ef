package eval

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// full is a report with something in every part.
func full() *Report {
	r := newReport(1)
	r.Meta.Model, r.Meta.Commit, r.Meta.Catalogue = "0123456789ab", "abcdef", "DB44/T 2479-2024"
	fig := func(name string, v float64) {
		r.Figures = append(r.Figures, Figure{Name: name, Value: v, Lo: v - 0.06, Hi: v + 0.05, Rows: 222})
	}
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"catalogue.leaf@1", 0.68}, {"catalogue.leaf@3", 0.87}, {"catalogue.leaf@5", 0.93}, {"catalogue.set.coverage", 0.91},
		{"catalogue.set.size", 4.2}, {"catalogue.ece", 0.05},
		{"catalogue.warm@50.leaf@1", 0.69}, {"catalogue.warm@100.leaf@1", 0.71}, {"catalogue.warm@150.leaf@1", 0.74},
		{"labels.acc@100", 0.78}, {"labels.acc@300", 0.84}, {"labels.acc@1000", 0.88}, {"labels.acc@3000", 0.9},
		{"labels.cold@25", 0.7}, {"labels.cold@50", 0.76}, {"labels.cold@100", 0.82}, {"labels.cold@200", 0.85}, {"labels.cold@400", 0.87},
		{"answers.gov.coverage@98", 0.6},
	} {
		fig(f.name, f.value)
	}
	r.Value("catalogue.ece.excess", -0.01)
	r.Value("speed.suggest.p50_ms", 19.2)
	r.Skip("events", "缺少文件 events/teddy_hot.jsonl")
	said, right := make([]float64, 200), make([]float64, 200)
	for i := range said {
		said[i] = float64(i) / 200
		right[i] = number(i%7 < i/30)
	}
	r.AddReliability("catalogue", said, right)
	r.AddMistakes("catalogue", []Mistake{
		{Text: "楼下<b>烧烤</b>店油烟太大", Want: "油烟污染", Got: "占道经营", Sure: 0.91, Why: "词：烧烤、油烟；应为的排在第 2"},
		{Text: "门口烧烤", Want: "油烟污染", Got: "占道经营", Sure: 0.4},
		{Text: "路灯", Want: "路灯不亮", Sure: 0.2, Why: "候选中没有应为的"},
	})
	return r
}

func html(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReportIsOnePageWithEverything: each part is there, what citizens wrote
// is text, and nothing is loaded or run.
func TestReportIsOnePageWithEverything(t *testing.T) {
	page := html(t, full())
	if dir := os.Getenv("HUYING_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(dir+"/report.html", []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"事项：前 3 个候选中有", "先确认 N 件，其余的首选正确（catalogue.warm@N.leaf@1）", "学 N 件后标签正确（labels.acc@N）",
		"只学 N 件，标签正确（labels.cold@N）", "事项推荐（catalogue）", "候选集中有正确事项（目标 90%）", "已跳过：缺少文件",
		"&lt;b&gt;烧烤", "应为的排在第 2", "最常混淆", "最有把握的错误", "150 件", "74.0%",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(page, `class="chart"`); n != 4 {
		t.Errorf("%d charts, want three curves and one diagram", n)
	}
	for _, bad := range []string{"<script", "http:", "https:", "src=", "url(", "@import", "NaN", "%!", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if strings.Index(page, "楼下") > strings.Index(page, "门口烧烤") {
		t.Error("the surest mistake is not first")
	}
}

func TestEmptyReportIsAPage(t *testing.T) {
	r := newReport(1)
	r.Value("catalogue.ece.excess", math.Inf(-1))
	if page := html(t, r); strings.Contains(page, "<h2 id=\"curves\"") || !strings.Contains(page, "准确率报告") {
		t.Errorf("page %s", page)
	}
}

func TestLearningCurvesAreOfAmountsOnly(t *testing.T) {
	var got []string
	for _, c := range full().learning() {
		got = append(got, c.name)
		if len(c.counts) != len(c.points) || !slices.IsSorted(c.counts) {
			t.Errorf("%s at %v", c.name, c.counts)
		}
	}
	want := []string{"catalogue.warm@K.leaf@1", "labels.acc@K", "labels.cold@K"}
	if !slices.Equal(got, want) {
		t.Errorf("curves %q, want %q", got, want)
	}
}

func TestWilsonHoldsTheShare(t *testing.T) {
	for _, tc := range []struct {
		share  float64
		n      int
		lo, hi float64
	}{
		{0.5, 20, 0.299, 0.701}, {1, 20, 0.839, 1}, {0, 20, 0, 0.161},
	} {
		lo, hi := wilson(tc.share, tc.n)
		if math.Abs(lo-tc.lo) > 0.001 || math.Abs(hi-tc.hi) > 0.001 {
			t.Errorf("wilson(%v, %d) = %.3f, %.3f", tc.share, tc.n, lo, hi)
		}
	}
}
