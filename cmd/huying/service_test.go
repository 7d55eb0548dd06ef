package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"huying/internal/demo"
)

// TestSecondStartIsRefused: a second service on the same home says so in one
// sentence and harms nothing; commands work beside the first; Ctrl-C ends it
// in order.
func TestSecondStartIsRefused(t *testing.T) {
	home := cityHome(t)
	c := serve(t, home).caller(t, "agent1")
	before := must[queue](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters?limit=1", nil)
	out, code := c.command(t, "serve", "--listen", "127.0.0.1:0")
	if code != exitFailed || strings.Count(strings.TrimSpace(out), "\n") != 0 {
		t.Errorf("exit %d, more or less than one sentence: %s", code, out)
	}
	sayings(t, out, "呼应已在数据目录", "不能重复启动")
	if after := must[queue](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters?limit=1", nil); after.Open != before.Open {
		t.Errorf("%d matters before, %d after", before.Open, after.Open)
	}
	worksBeside(t, c)
	if err := c.stop(os.Interrupt); err != nil {
		t.Errorf("Ctrl-C: %v\n%s", err, c.log)
	}
	sayings(t, c.log.String(), "正在停止")
	nothingLeft(t, home)
}

// worksBeside runs doctor, import and eval while the service serves.
func worksBeside(t *testing.T, c *caller) {
	t.Helper()
	sayings(t, c.mustCommand(t, "doctor"), "各部件正常")
	table := writeTemp(t, "来件.csv", []byte("渠道编号,标题,内容\nb-1,井盖丢了,解放路和人民路口井盖丢了，晚上很危险\n"))
	sayings(t, c.mustCommand(t, "import", "messages", table), "新存 1 条")
	sayings(t, c.mustCommand(t, "import", "messages", table), "新存 0 条", "已有 1 条")
	page := must[queue](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters?limit=200", nil)
	var imported *queued
	for i, q := range page.Matters {
		if q.Title == "井盖丢了" {
			imported = &page.Matters[i]
		}
	}
	if imported == nil || imported.Top == "" {
		t.Errorf("the service does not see what was imported beside it: %+v", imported)
	}
	out := c.mustCommand(t, "eval", "--only", "answers.faq", evalData(t))
	sayings(t, out, "answers.faq.r@1")
	if r := must[queue](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters?limit=1", nil); r.Open != page.Open {
		t.Errorf("eval touched the city: %d matters before, %d after", page.Open, r.Open)
	}
}

// evalData makes a small folder that eval can measure: the demo's questions,
// asked in other words.
func evalData(t *testing.T) string {
	t.Helper()
	entries, err := demo.Entries()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "kb"), 0o755); err != nil {
		t.Fatal(err)
	}
	type question struct {
		ID       string `json:"id"`
		Question string `json:"question"`
	}
	type query struct {
		Query  string `json:"query"`
		Answer string `json:"answer"`
	}
	var questions []question
	queries := []query{{Query: "月球上的房子怎么过户"}}
	for _, e := range entries[:20] {
		questions = append(questions, question{e.ID, e.Question})
		queries = append(queries, query{e.Phrasings[0], e.ID})
	}
	writeLines(t, filepath.Join(dir, "kb", "faq_covid_questions.jsonl"), questions)
	writeLines(t, filepath.Join(dir, "kb", "faq_covid_queries.jsonl"), queries)
	return dir
}

// writeLines writes rows as lines of JSON.
func writeLines[T any](t *testing.T, path string, rows []T) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, r := range rows {
		if err := json.NewEncoder(f).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
}

// TestProgramIsSmall: right after the demo import the process, without its
// PostgreSQL, takes less than 700 MB.
func TestProgramIsSmall(t *testing.T) {
	run, err := demoCity()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MB after the demo import", run.rss>>20)
	if run.rss >= 700<<20 {
		t.Errorf("%d MB after the demo import, the limit is 700", run.rss>>20)
	}
	sayings(t, run.said, "诉求 209/209", "示范账号", "admin1")
}
