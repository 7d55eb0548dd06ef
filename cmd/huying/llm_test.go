package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huying/internal/llm/llmtest"
)

// doctorSays is what doctor says of a language model.
func doctorSays(t *testing.T, s LLMSettings) (out string, faults int) {
	t.Helper()
	var b bytes.Buffer
	c := &checkup{out: &b}
	(&app{settings: Settings{LLMSettings: s}, now: time.Now}).checkLLM(t.Context(), c)
	return b.String(), c.faults
}

func TestDoctorTriesTheModel(t *testing.T) {
	t.Parallel()
	if out, faults := doctorSays(t, LLMSettings{}); out != "" || faults != 0 {
		t.Errorf("without a model doctor says %q", out)
	}
	for name, c := range map[string]struct {
		answer llmtest.Answer
		says   string
		faults int
	}{
		"good":           {llmtest.Say(`{"id":"路灯","reason":"说的是灯不亮"}`), "scripted，支持给定的格式，中文回答，用时", 0},
		"another schema": {llmtest.Say(`{"answer":"路灯"}`), "回答不合给定的格式", 1},
		"in words":       {llmtest.Say(`这是路灯问题`), "回答不合给定的格式", 1},
		"in English":     {llmtest.Say(`{"id":"路灯","reason":"The lamp is broken"}`), "没有用中文回答", 1},
		"no such path":   {llmtest.Status(404, ""), "大模型服务出错或连不上", 1},
		"no key":         {llmtest.Status(401, ""), "大模型服务出错或连不上", 1},
		"busy":           {llmtest.Status(429, "3600"), "大模型服务正忙", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := llmtest.New(t, c.answer)
			out, faults := doctorSays(t, LLMSettings{LLMURL: server.URL + "/v1", LLMModel: "scripted"})
			if faults != c.faults || !strings.Contains(out, c.says) {
				t.Errorf("doctor says %q", out)
			}
		})
	}
}

func TestModelSettingsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]LLMSettings{
		"llm.settings":    {LLMURL: "ftp://x", LLMModel: "m"},
		"HUYING_LLM_URL":  {LLMModel: "m"},
		"HUYING_LLM_URL ": {LLMKey: "k"},
		"--llm-model":     {LLMURL: "http://127.0.0.1:1/v1"},
	} {
		if err := s.check(); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("%+v: %v, want %s", s, err, want)
		}
	}
	if err := (LLMSettings{LLMURL: "http://127.0.0.1:1/v1", LLMModel: "m", LLMKey: "k"}).check(); err != nil {
		t.Error(err)
	}
}

// spanData are two letters with their spans.
func spanData(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, lines := range map[string][]string{
		"text/dongguan.jsonl": {
			`{"title":"黑网吧","text":"我叫王小明，那家没有招牌的铺子天天让学生上网，就在老菜场拐角那里。"}`,
			`{"title":"停水","text":"昨天开始停水，请尽快恢复供水。"}`,
		},
		"intake/spans.jsonl": {
			`{"row":0,"spans":[{"field":"place","text":"老菜场拐角"},{"field":"counterpart","text":"没有招牌的铺子"}]}`,
			`{"row":1,"spans":[{"field":"time","text":"昨天"}]}`,
		},
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestEvalTellsTheModelsGain measures with and without, side by side, and
// sends nobody's name.
func TestEvalTellsTheModelsGain(t *testing.T) {
	server := llmtest.New(t, llmtest.By(func(a llmtest.Asked) string {
		if strings.Contains(a.Messages[1].Content, "老菜场") {
			return `{"found":[{"field":"place","text":"","span":"老菜场拐角"},{"field":"counterpart","text":"","span":"没有招牌的铺子"}]}`
		}
		return `{"found":[]}`
	}))
	home, data := emptyHome(t), spanData(t)
	report := filepath.Join(t.TempDir(), "figures.json")
	cmd := newCommand(t, home, "eval", data, "--only", "extract", "--llm", "--json", report)
	cmd.Env = append(cmd.Env, "HUYING_LLM_URL="+server.URL+"/v1", "HUYING_LLM_MODEL=scripted")
	out, code := finished(t, cmd)
	if code != exitOK {
		t.Fatalf("exit %d\n%s", code, out)
	}
	raw, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var figures map[string]any
	if err := json.Unmarshal(raw, &figures); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"extract.llm.place.gain": 1, "extract.llm.place.overlap": 1, "extract.llm.time.gain": 0, "extract.llm.answered": 1} {
		if got, ok := figures[name].(float64); !ok || math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v, want %v\n%s", name, figures[name], want, out)
		}
	}
	bodies, err := json.Marshal(server.Received())
	if err != nil || len(server.Received()) != 2 || strings.Contains(string(bodies), "王小明") {
		t.Errorf("received %s, %v", bodies, err)
	}
	for _, args := range [][]string{{"eval", data, "--llm"}, {"eval", data, "--llm", "--llm-url", server.URL, "--llm-model", "m", "--golden", report}} {
		if out, code := runCommand(t, home, args...); code != exitUsage {
			t.Errorf("%q: exit %d\n%s", args, code, out)
		}
	}
}
