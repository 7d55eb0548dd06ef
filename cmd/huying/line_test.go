package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/internal/demo"
)

// emptyCity starts the program on an empty home and brings everything in by
// its commands: areas, units, catalogue, knowledge, accounts.
func emptyCity(t *testing.T) *caller {
	t.Helper()
	table, ok := sharedFile("data/catalogue/db44t2479-2024.csv")
	starter, also := sharedFile("starter/db44_starter.jsonl")
	home := emptyHome(t)
	if !ok || !also {
		t.Log("../shared is missing: the demo city's own catalogue serves")
		home = cityHome(t)
		return serve(t, home).caller(t, "admin1")
	}
	c := serve(t, home)
	dir := t.TempDir()
	for _, name := range []string{"areas.csv", "units.csv", "entries.jsonl"} {
		raw, err := demo.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sayings(t, c.mustCommand(t, "import", "areas", filepath.Join(dir, "areas.csv")), "已导入")
	sayings(t, c.mustCommand(t, "import", "catalogue", table, starter), "已启用事项清单")
	sayings(t, c.mustCommand(t, "import", "units", filepath.Join(dir, "units.csv")), "已导入")
	sayings(t, c.mustCommand(t, "import", "entries", filepath.Join(dir, "entries.jsonl")), "新增 150 条")
	sayings(t, c.mustCommand(t, "account", "create", "first", "--role", "admin"), "密码：")
	sayings(t, c.mustCommand(t, "import", "catalogue", table, starter), "没有重复导入")
	return c.caller(t, "first")
}

// citizensTexts gives the texts of real citizens, or the demo city's.
func citizensTexts(t *testing.T) []delivery {
	t.Helper()
	path, ok := sharedFile("data/text/dongguan.jsonl")
	if !ok {
		rows, err := demo.Messages()
		if err != nil {
			t.Fatal(err)
		}
		var all []delivery
		for _, r := range rows {
			if r.Text != "" {
				all = append(all, delivery{Channel: "web", ExternalID: "e2e-" + r.ExternalID, Title: r.Title, Text: r.Text})
			}
		}
		return all
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []delivery
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row struct{ ID, Title, Text string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		all = append(all, delivery{Channel: "mail", ExternalID: row.ID, Title: row.Title, Text: row.Text})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// sendAll sends deliveries from several clients at once and gives the receipts
// in the same order.
func (c *caller) sendAll(t *testing.T, all []delivery, status int) []receipt {
	t.Helper()
	const clients = 8
	got := make([]receipt, len(all))
	next := make(chan int, len(all))
	for i := range all {
		next <- i
	}
	close(next)
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for i := range next {
				var err error
				if got[i], err = ask[receipt](t.Context(), c, status, http.MethodPost, "/api/v1/messages", all[i]); err != nil {
					t.Errorf("text %s: %v", all[i].ExternalID, err)
					return
				}
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return got
}

// TestTheWholeLine runs the main job on an empty home: everything imported,
// every text of a real city's mailbox received, a question asked, a suggestion
// confirmed, another corrected, and the next suggestion changed by that.
func TestTheWholeLine(t *testing.T) {
	c := emptyCity(t)
	before := must[queue](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters?limit=1", nil).Open
	texts := citizensTexts(t)
	started := time.Now()
	receipts := c.sendAll(t, texts, http.StatusCreated)
	t.Logf("%d texts in %v", len(texts), time.Since(started).Round(time.Second))
	seen := map[string]bool{}
	for i, r := range receipts {
		m := r.Message
		switch {
		case r.Duplicate || m == nil || len(m.Matters) == 0 || seen[m.ID]:
			t.Fatalf("text %s: %+v", texts[i].ExternalID, r)
		case m.Matters[0].Suggestion == nil || len(m.Matters[0].Suggestion.Candidates) != 5:
			t.Errorf("text %s has no five candidates", texts[i].ExternalID)
		case m.Matters[0].Answer == nil || m.Matters[0].Answer.Answered == (m.Matters[0].Answer.Silence != ""):
			t.Errorf("text %s has neither an answer nor a reason for silence, or both", texts[i].ExternalID)
		}
		seen[m.ID] = true
	}
	if now := must[queue](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters?limit=1", nil).Open; now != before+len(texts) {
		t.Errorf("%d wait for a person, want %d", now, before+len(texts))
	}
	again := c.sendAll(t, texts[:20], http.StatusOK)
	for i, r := range again {
		if !r.Duplicate || r.Message.ID != receipts[i].Message.ID || r.Message.Matters[0].Suggestion.ID != receipts[i].Message.Matters[0].Suggestion.ID {
			t.Errorf("text %s sent again: %+v", texts[i].ExternalID, r)
		}
	}
	c.asksKnowledge(t)
	c.confirmsOne(t, receipts[0].Message.Matters[0])
	c.correctsOne(t)
}

// asksKnowledge asks what the base knows and what it cannot know.
func (c *caller) asksKnowledge(t *testing.T) {
	t.Helper()
	known := must[asked](t, c, http.StatusOK, http.MethodPost, "/api/v1/ask", map[string]string{"text": "居住证到期了怎么续签"})
	if !known.Answered || known.Spoken == "" || !strings.Contains(known.Matches[0].Entry.Question, "居住证") {
		t.Errorf("居住证: %+v", known)
	}
	unknown := must[asked](t, c, http.StatusOK, http.MethodPost, "/api/v1/ask", map[string]string{"text": "月球上的房子怎么过户"})
	if unknown.Answered || unknown.Silence == "" {
		t.Errorf("the moon: %+v", unknown)
	}
}

// confirmsOne accepts what is suggested, once.
func (c *caller) confirmsOne(t *testing.T, m matter) {
	t.Helper()
	first := m.Suggestion.confirmation()
	first.Key = "one"
	if first.Lead == "" {
		first.Lead = c.unit(t, "公安局").ID
	}
	made := c.decide(t, m.ID, first)
	if repeated := c.decide(t, m.ID, first); repeated.ID != made.ID {
		t.Errorf("the same request made a second decision %s after %s", repeated.ID, made.ID)
	}
	first.Key = "two"
	if r, err := c.call(t.Context(), http.MethodPost, "/api/v1/matters/"+m.ID+"/decisions", first); err != nil || r.status != http.StatusConflict {
		t.Errorf("a decision on what is decided: %d %s %v", r.status, r.body, err)
	}
	if f := c.file(t, m.ID); f.Matter.State != "decided" || len(f.Decisions) != 1 || f.Decisions[0].ID != made.ID {
		t.Errorf("after a confirmation: %+v", f)
	}
}

// The same complaint in two wordings. It could go to several places.
const (
	oneWording     = "我们小区门口的人工湖里养的黑天鹅天天半夜叫唤，吵得人睡不着，物业说归你们管，请派人来看看。"
	anotherWording = "小区门口人工湖里养的黑天鹅每天半夜叫唤，吵得我们睡不着觉，物业说归你们管，麻烦派人来看看。"
)

// correctsOne puts a message where people want it, and sees the next like it
// suggested there.
func (c *caller) correctsOne(t *testing.T) {
	t.Helper()
	first := c.receive(t, delivery{Channel: "hotline", Text: oneWording}).Message.Matters[0]
	before, chosen := first.Suggestion.Candidates[0], first.Suggestion.Candidates[4]
	if found := c.leaf(t, chosen.Code); found.ID != chosen.Category {
		t.Errorf("by the code %s one finds %+v", chosen.Code, found)
	}
	c.decide(t, first.ID, decision{
		Kind: "correct", Suggestion: first.Suggestion.ID, Category: chosen.Category, Lead: c.unit(t, "城市管理").ID, Type: "投诉", Urgency: "C",
	})
	next := c.receive(t, delivery{Channel: "hotline", Text: anotherWording}).Message.Matters[0]
	now := next.Suggestion.Candidates[0]
	if now.Category != chosen.Category {
		t.Errorf("suggested %s before and %s after the correction to %s", before.Name, now.Name, chosen.Name)
	}
	if len(now.Examples) == 0 || !now.Examples[0].Confirmed || !strings.Contains(now.Examples[0].Text, "黑天鹅") {
		t.Errorf("the correction is not named as an example: %+v", now.Examples)
	}
	if f := c.file(t, first.ID); f.Matter.Suggestion.Candidates[0].Category != before.Category {
		t.Error("the first suggestion was changed afterwards")
	}
	c.keepsCitizenSecret(t)
}

// keepsCitizenSecret: name and number of a citizen appear in no answer.
func (c *caller) keepsCitizenSecret(t *testing.T) {
	t.Helper()
	r := c.receive(t, delivery{
		Channel: "hotline", Text: "我叫欧阳锦绣，电话13900000456，楼上装修到半夜", Name: "欧阳锦绣", Phone: "13900000456",
	})
	raw, err := c.call(t.Context(), http.MethodGet, "/api/v1/matters/"+r.Message.Matters[0].ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"欧阳锦绣", "13900000456"} {
		if strings.Contains(string(raw.body), secret) {
			t.Errorf("the API tells %q: %s", secret, raw.body)
		}
	}
}
