package main

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"unicode"
)

// TestBackupAndRestore backs the demo city up while it serves, restores it
// into an empty home with the key, and finds messages, decisions and originals
// again. A file that was cut short is refused and leaves nothing behind.
func TestBackupAndRestore(t *testing.T) {
	c := serve(t, cityHome(t)).caller(t, "agent1")
	const name, phone = "欧阳锦绣", "13900000456"
	made := c.receive(t, delivery{Channel: "hotline", Text: "我是欧阳锦绣，楼下的路灯坏了，请尽快来修", Name: name, Phone: phone}).Message.Matters[0]
	decided := c.decide(t, made.ID, decision{
		Kind: "correct", Suggestion: made.Suggestion.ID, Category: made.Suggestion.Candidates[1].Category,
		Lead: c.unit(t, "城市管理").ID, Type: "求助", Urgency: "C",
	})
	before := countStates(t, c)
	path := filepath.Join(t.TempDir(), "备份.huying")
	sayings(t, c.mustCommand(t, "backup", path), "已备份", "密钥")

	home := emptyHome(t)
	cutShort(t, path, home)
	if err := os.MkdirAll(filepath.Join(home, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", filepath.Join(c.home, "data", "originals.key"), filepath.Join(home, "data")).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v\n%s", err, out)
	}
	out, code := runCommand(t, home, "restore", path)
	if code != exitOK {
		t.Fatalf("restore: exit %d\n%s", code, out)
	}
	sayings(t, out, "已恢复")
	if out, code := runCommand(t, home, "restore", path); code == exitOK {
		t.Errorf("a database with content was restored over:\n%s", out)
	}
	restored := serve(t, home)
	api := &caller{city: restored, token: c.token, http: c.http}
	if after := countStates(t, api); after != before {
		t.Errorf("%+v before, %+v restored", before, after)
	}
	f := api.file(t, made.ID)
	if len(f.Decisions) != 1 || f.Decisions[0].ID != decided.ID || f.Decisions[0].Category != decided.Category {
		t.Errorf("decision %+v became %+v", decided, f.Decisions)
	}
	v := restored.visitor(t, "admin1")
	v.get(t, "/desk/"+made.ID)
	original := v.post(t, "/desk/"+made.ID+"/original", url.Values{"why": {"核对恢复的内容"}})
	if original.status != http.StatusOK {
		t.Errorf("the original: %d", original.status)
	}
	sayings(t, string(original.body), name, phone)
	if again := api.receive(t, delivery{Channel: "hotline", Text: "楼下的路灯又坏了"}); again.Message.Matters[0].Suggestion == nil {
		t.Error("the restored city suggests nothing")
	}
}

// counts are how many matters are in each state.
type counts struct{ open, answered, decided int }

func countStates(t *testing.T, c *caller) counts {
	t.Helper()
	return counts{len(c.everyMatter(t, "open")), len(c.everyMatter(t, "answered")), len(c.everyMatter(t, "decided"))}
}

// cutShort restores half of the file: refused in Chinese. That nothing was
// left behind shows when the whole file is restored afterwards, which an empty
// database only takes.
func cutShort(t *testing.T, path, home string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, code := runCommand(t, home, "restore", writeTemp(t, "半截.huying", raw[:len(raw)/2]))
	if code == exitOK {
		t.Errorf("half a backup was restored:\n%s", out)
	}
	words := regexp.MustCompile(`(?m)^time=.*$`).ReplaceAllString(out, "")
	for _, r := range words {
		if unicode.Is(unicode.Han, r) {
			return
		}
	}
	t.Errorf("no Chinese in %q", out)
}
