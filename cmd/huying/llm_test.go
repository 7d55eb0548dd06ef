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

	"huying/internal/llm"
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

// What was recorded measures again without an endpoint, and gives the same.
func TestEvalRepeatsARecording(t *testing.T) {
	server := llmtest.New(t, llmtest.Say(`{"found":[{"field":"place","text":"","span":"老菜场拐角"}]}`))
	home, data, recorded := emptyHome(t), spanData(t), t.TempDir()
	figures := func(args ...string) string {
		t.Helper()
		report := filepath.Join(t.TempDir(), "figures.json")
		out, code := runCommand(t, home, append([]string{"eval", data, "--only", "extract", "--llm", "--json", report, "--llm-model", "scripted"}, args...)...)
		if code != exitOK {
			t.Fatalf("%q: exit %d\n%s", args, code, out)
		}
		raw, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		asked, _ := json.Marshal([]any{got["extract.llm.place.gain"], got["extract.llm.answered"]})
		return string(asked)
	}
	first := figures("--llm-url", server.URL+"/v1", "--llm-record", recorded)
	files, err := filepath.Glob(filepath.Join(recorded, "*.json"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if raw, err := os.ReadFile(f); err != nil || strings.Contains(string(raw), "王小明") {
			t.Errorf("recorded %s, %v", raw, err)
		}
	}
	asked := len(server.Received())
	if again := figures("--llm-replay", recorded); again != first || !strings.HasSuffix(first, ",1]") || len(server.Received()) != asked {
		t.Errorf("recorded %s, replayed %s", first, again)
	}
	if nothing := figures("--llm-replay", t.TempDir()); !strings.HasSuffix(nothing, ",0]") {
		t.Errorf("from nothing: %s", nothing)
	}
	for _, args := range [][]string{{"--llm-replay", filepath.Join(recorded, "none")}, {"--llm-price", "2"}, {"--llm-price", "2,8,9"}, {"--llm-tasks", `{"dance":{}}`}, {"--llm-tasks", "{"}, {"--llm-tasks", "@none"}, {"--llm-tasks", `{"draft":{"url":"ftp://x"}}`}} {
		if out, code := runCommand(t, home, append([]string{"eval", data, "--llm", "--llm-url", server.URL + "/v1", "--llm-model", "m"}, args...)...); code != exitUsage {
			t.Errorf("%q: exit %d\n%s", args, code, out)
		}
	}
}

// A task that has an endpoint of its own inherits what is not said of it, but
// for the key of another place.
func TestTasksHaveEndpointsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := LLMSettings{LLMURL: "http://a/v1", LLMModel: "m", LLMKey: "k", LLMPrice: "2,8", LLMTasks: `{"draft":{"url":"http://b/v1","model":"large","stream":true},"report":{"model":"small","price_out":1}}`}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	o, err := s.client()
	if err != nil {
		t.Fatal(err)
	}
	if d := o.Others[llm.Draft]; d.URL != "http://b/v1" || d.Model != "large" || d.Key != "" || !d.Stream || d.Price.In != 2 {
		t.Errorf("draft: %+v", d)
	}
	if r := o.Others[llm.Report]; r.URL != "http://a/v1" || r.Model != "small" || r.Key != "k" || r.Price != (llm.Price{In: 2, Out: 1}) {
		t.Errorf("report: %+v", r)
	}
}
