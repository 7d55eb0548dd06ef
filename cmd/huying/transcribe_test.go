package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A call of two recordings comes out turn by turn, in the form of the API; what
// cannot be is refused in words.
func TestCallIsWrittenDown(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, _, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		sound, _ := io.ReadAll(file)
		io.WriteString(w, map[string]string{
			"agent":   `{"text":"","segments":[{"id":0,"start":0,"end":1,"text":"您好，请讲。"},{"id":1,"start":6,"end":7,"text":"在哪里？"}]}`,
			"citizen": `{"text":"","segments":[{"id":0,"start":1.5,"end":5,"text":"嗯，路灯不亮。"}]}`,
			"mixed":   `{"text":"","segments":[{"id":0,"start":0,"end":1,"text":"您好","speaker":7}]}`,
		}[string(sound)])
	}))
	t.Cleanup(service.Close)
	dir := t.TempDir()
	for _, name := range []string{"agent", "citizen", "mixed"} {
		if err := os.WriteFile(filepath.Join(dir, name+".wav"), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name+".wav") }
	home := emptyHome(t)
	out, code := runCommand(t, home, "transcribe", "--asr-url", service.URL+"/v1", "citizen="+at("citizen"), "agent="+at("agent"))
	if code != exitOK {
		t.Fatalf("exit %d\n%s", code, out)
	}
	order := []string{"您好，请讲。", "嗯，路灯不亮。", "在哪里？"}
	for i := range order[1:] {
		if strings.Index(out, order[i]) > strings.Index(out, order[i+1]) || !strings.Contains(out, order[i]) {
			t.Errorf("not in order: %s", out)
		}
	}
	for want, args := range map[string][]string{
		"说话人“7”不知道是谁": {"--asr-url", service.URL + "/v1", at("mixed")},
		"--speakers":  {"--asr-url", service.URL + "/v1", "--speakers", "7=dog", at("mixed")},
		"地址不能用":       {"--asr-url", "ftp://x", at("mixed")},
		"none.wav":    {"--asr-url", service.URL + "/v1", at("none")},
	} {
		if out, code := runCommand(t, home, append([]string{"transcribe"}, args...)...); code == exitOK || !strings.Contains(out, want) {
			t.Errorf("%q: exit %d\n%s", args, code, out)
		}
	}
	if out, code = runCommand(t, home, "transcribe", "--asr-url", service.URL+"/v1", "--speakers", "7=agent", at("mixed")); code != exitOK || !strings.Contains(out, `"agent"`) {
		t.Errorf("exit %d\n%s", code, out)
	}
}
