package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// signsIn signs an account in by keyboard.
func (b *browser) signsIn(login string) {
	b.t.Helper()
	b.open("/signin")
	eventually(b.t, 20*time.Second, "the field for the login has no focus", func() bool {
		return value[string](b, `document.activeElement.id`) == "login"
	})
	b.press(login + kb.Tab + demoPassword + kb.Enter)
	b.reads("header.top", "退出登录")
}

// shown gives the matter on the desk.
func (b *browser) shown() string {
	return value[string](b, `(e => e ? e.getAttribute("data-matter") : "")(document.querySelector("#queue .row[aria-current]"))`)
}

// TestAgentWorksByKeyboardOnly: an agent signs in, takes a matter from the
// queue, reads the answer and decides, without touching the mouse.
func TestAgentWorksByKeyboardOnly(t *testing.T) {
	c := serve(t, cityHome(t)).caller(t, "admin1")
	// The latest matter comes first: a question that the knowledge base answers,
	// above a complaint.
	complaint := c.receive(t, delivery{Channel: "hotline", Text: "楼下烧烤店的油烟天天往我家灌，窗户不敢开", Area: "990101001"}).Message.Matters[0]
	question := c.receive(t, delivery{Channel: "hotline", Text: "请问居住证到期了怎么续签？", Area: "990101001"}).Message.Matters[0]
	b := newBrowser(t, c.city)
	b.signsIn("agent1")
	b.reads("#message", "居住证到期")
	if b.shown() != question.ID {
		t.Fatalf("the desk shows %s, want %s", b.shown(), question.ID)
	}
	b.reads("#answer", "每年签注一次")
	b.press("a")
	b.reads(".aloud .short", "每年签注一次")

	b.press("j")
	b.reads("#message", "烧烤店的油烟")
	b.press("k")
	b.reads("#message", "居住证到期")
	b.press(kb.Enter)
	b.reads("#undo", "已确认")
	b.becomes(c, question.ID, "confirm")
	b.press("u")
	b.reads("p.undo", "已撤销")
	b.becomes(c, question.ID, "withdraw")

	b.press("j")
	b.reads("#message", "烧烤店的油烟")
	b.press("2")
	b.reads("[data-pick]", "2")
	b.press(kb.Enter)
	b.reads("#undo", complaint.Suggestion.Candidates[1].Name)
	if d := b.becomes(c, complaint.ID, "correct"); d.Category != complaint.Suggestion.Candidates[1].Category {
		t.Errorf("chosen: %+v", d)
	}
	b.quiet("the desk")
}

// TestAgentModifiesByKeyboard finds another category by the initials of its
// pinyin, and asks the knowledge base, by keyboard.
func TestAgentModifiesByKeyboard(t *testing.T) {
	c := serve(t, cityHome(t)).caller(t, "admin1")
	made := c.receive(t, delivery{Channel: "hotline", Text: "楼上天天半夜装修，电钻吵得人睡不着", Area: "990101001"}).Message.Matters[0]
	b := newBrowser(t, c.city)
	b.signsIn("agent1")
	b.reads("#message", "半夜装修")
	b.press("e")
	b.reads("#modify:not([hidden])", "修改")
	b.press("zswr") // 噪声污染; letters here, not keys
	b.reads("#modify-found[data-words=zswr]", "噪声污染")
	b.press(kb.Enter)
	b.reads("#correct", "主办单位")
	b.press(kb.Enter)
	b.reads("#undo", "噪声污染")
	f := c.file(t, made.ID)
	if len(f.Decisions) != 1 || f.Decisions[0].Category != c.leaf(t, "噪声污染").ID {
		t.Errorf("decided: %+v", f.Decisions)
	}
	b.press("/")
	b.press("医保卡丢了怎么办" + kb.Enter)
	b.reads("body[data-page=knowledge] main", "医保")
	b.quiet("the knowledge base")
}

// becomes waits until the last decision on a matter is of a kind.
func (b *browser) becomes(c *caller, matter, kind string) decision {
	b.t.Helper()
	var last decision
	eventually(b.t, 20*time.Second, "the last decision is no "+kind, func() bool {
		all := c.file(b.t, matter).Decisions
		if len(all) > 0 {
			last = all[len(all)-1]
		}
		return last.Kind == kind
	})
	return last
}

// TestPagesAreAccessible: axe-core finds nothing serious on any page, in light
// and dark, wide and narrow; nothing is wider than a telephone; the browser
// complains of nothing and asks no other host.
func TestPagesAreAccessible(t *testing.T) {
	c := serve(t, cityHome(t), "--demo").caller(t, "admin1")
	script := axe(t)
	made := c.receive(t, delivery{Channel: "hotline", Text: "请问居住证到期了怎么续签？", Name: "王女士", Phone: "13800000123"}).Message.Matters[0]
	other := c.receive(t, delivery{Channel: "hotline", Text: "楼下烧烤店的油烟天天往我家灌"}).Message.Matters[0]
	c.decide(t, other.ID, other.Suggestion.confirmation())
	entry := must[struct {
		Entries []struct{ ID string } `json:"entries"`
	}](t, c, http.StatusOK, http.MethodGet, "/api/v1/entries?limit=1", nil).Entries[0].ID
	filed := must[struct{ Cases []struct{ ID string } }](t, c, http.StatusOK, http.MethodGet, "/api/v1/cases?limit=1", nil).Cases[0].ID
	b := newBrowser(t, c.city)
	b.open("/signin")
	b.look("sign-in", script)
	b.open("/ask")
	b.look("citizen", script)
	b.asks("居住证到期了怎么续签？")
	b.run(chromedp.Click(".offers button"))
	b.reads("#short", "每年签注一次")
	b.run(chromedp.Click("#unsolved > summary"))
	b.look("citizen answered", script)
	b.signsIn("admin1")
	for _, p := range []struct{ name, path string }{
		{"desk", "/desk"},
		{"matter", "/desk/" + made.ID},
		{"decided matter", "/desk/" + other.ID},
		{"modify", "/desk/" + made.ID + "/modify?words=zs"},
		{"new", "/messages/new"},
		{"knowledge", "/knowledge"},
		{"knowledge asked", "/knowledge?q=%E5%B1%85%E4%BD%8F%E8%AF%81"},
		{"entry", "/knowledge/" + entry},
		{"entry's form", "/knowledge/" + entry + "/edit"},
		{"entry's versions", "/knowledge/" + entry + "/versions"},
		{"tasks", "/knowledge/tasks?list=soon"},
		{"units", "/knowledge/units"},
		{"clauses", "/knowledge/clauses"},
		{"notices", "/notices"},
		{"catalogue", "/catalogue"},
		{"leaf", "/catalogue/" + made.Suggestion.Candidates[0].Category},
		{"accuracy", "/accuracy"},
		{"API documentation", "/api/docs"},
		{"case", "/cases/" + filed},
		{"summonses", "/summons"},
		{"staff", "/staff"},
		{"tokens", "/tokens"},
		{"sub-centres", "/centres"},
		{"case as a leader reads it", "/leader/" + filed},
	} {
		b.open(p.path)
		b.look(p.name, script)
	}
	b.signsOut()
	b.signsIn("leader1")
	b.open("/leader")
	b.look("important cases", script)
}
