package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// storedEntry is as much of an entry as these tests read.
type storedEntry struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	State   string `json:"state"`
}

// askResult is what the knowledge base says to a question.
type askResult struct {
	Answered bool   `json:"answered"`
	Silence  string `json:"silence"`
	Matches  []struct {
		Entry storedEntry `json:"entry"`
	} `json:"matches"`
}

// TestAnEntryLivesInTheProgram walks an entry through its life in the real
// program: written, reviewed, answering, silent for its negative phrasing and
// while its law is in doubt, and out again as a file that changes nothing.
func TestAnEntryLivesInTheProgram(t *testing.T) {
	c := serve(t, cityHome(t))
	first, second := c.caller(t, "editor1"), c.caller(t, "editor2")
	e := must[storedEntry](t, first, http.StatusCreated, http.MethodPost, "/api/v1/entries", map[string]any{
		"question": "云汀市摇号买的新能源车牌照在哪里领？", "answer": "中签后 30 日内，带身份证和中签通知到市车管所一楼领取，不收费。", "unit": "云汀市公安局",
		"phrasings": []string{"新能源摇号中签了去哪拿车牌"}, "negatives": []string{"新能源摇号没中签怎么办"},
		"clauses": []map[string]string{{"law": "云汀市小客车调控办法", "clause": "第九条"}},
	})
	path := "/api/v1/entries/" + e.ID + "/moves"
	move := func(by *caller, status int, step string) storedEntry {
		t.Helper()
		return must[storedEntry](t, by, status, http.MethodPost, path, map[string]any{"step": step, "version": e.Version, "remark": "测试"})
	}
	ask := func(text string) askResult {
		t.Helper()
		return must[askResult](t, first, http.StatusOK, http.MethodPost, "/api/v1/ask", map[string]any{"text": text})
	}
	const question, unlike = "新能源摇号中签了去哪拿车牌？", "新能源摇号没中签怎么办"
	for _, m := range ask(question).Matches {
		if m.Entry.ID == e.ID {
			t.Error("a draft is found")
		}
	}
	e = move(first, http.StatusOK, "send")
	move(first, http.StatusForbidden, "approve")
	e = move(second, http.StatusOK, "approve")
	if a := ask(question); len(a.Matches) == 0 || a.Matches[0].Entry.ID != e.ID {
		t.Errorf("published, asked: %+v", a)
	}
	if a := ask(unlike); a.Answered && a.Matches[0].Entry.ID == e.ID {
		t.Errorf("what it is not for is answered by it: %+v", a)
	}
	moved := must[struct {
		Moved int `json:"moved"`
	}](t, first, http.StatusOK, http.MethodPost, "/api/v1/clause-marks", map[string]any{"law": "云汀市小客车调控办法", "note": "时限改为 60 日"})
	if a := ask(question); moved.Moved == 0 || a.Answered || len(a.Matches) == 0 || a.Matches[0].Entry.State != "to_verify" {
		t.Errorf("%d moved, asked: %+v", moved.Moved, a)
	}

	for _, form := range []string{"jsonl", "xlsx", "csv"} {
		file := filepath.Join(t.TempDir(), "知识."+form)
		sayings(t, first.mustCommand(t, "export", "knowledge", file), "知识条目已写入")
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			t.Fatalf("%s: %v", file, err)
		}
		sayings(t, first.mustCommand(t, "import", "entries", file, "--dry-run"), "新增 0 条，更新 0 条", "没有写入")
	}
	sheet := writeTemp(t, "问答.csv", []byte("分类,问题,相似问题,反例问题,回答\n车管,摇号指标能转让吗,指标可以给家人吗##指标过户,指标怎么延期,不能转让。\n"))
	out := first.mustCommand(t, "import", "entries", sheet)
	sayings(t, out, "WeKnora", "成为草稿", "新增 1 条")
	bad := writeTemp(t, "冲突.csv", []byte(fmt.Sprintf("编号,问题,答案\nx-1,%s,另一种答复。\n", "云汀市摇号买的新能源车牌照在哪里领？")))
	if out, code := first.command(t, "import", "entries", bad); code != exitUsage && code != exitFailed {
		t.Errorf("exit %d: %s", code, out)
	} else {
		sayings(t, out, "第 2 行", "问题完全相同", "没有导入")
	}
}
