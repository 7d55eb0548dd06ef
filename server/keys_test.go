package server

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// last is the decision that stands on a matter.
func (w *world) last(m intake.MatterID) classifier.Decision {
	w.t.Helper()
	f, err := w.fake.File(w.t.Context(), m)
	if err != nil || len(f.Decisions) == 0 {
		w.t.Fatalf("no decision on %s: %v", f.Matter.Title, err)
	}
	return f.Decisions[len(f.Decisions)-1]
}

// TestKeyboardOnly works through a morning without touching the mouse.
func TestKeyboardOnly(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	s := b.morning()
	b.signIn(org.RoleAgent)
	b.reads("#message h1", "楼下烧烤店油烟往家里灌")

	b.press("j")
	b.reads("#message h1", "什么时候能修好水管")
	b.press("k")
	b.reads("#message h1", "楼下烧烤店油烟往家里灌")
	b.press(kb.Enter)
	b.reads("#undo", "已确认“油烟污染”，主办 华新区城市管理和综合执法局")
	b.look("desk-undo")
	if d := b.last(s.Sure); d.Kind != classifier.Confirm || len(d.Co) != 1 || d.Urgency != intake.UrgencyC {
		t.Errorf("confirmed as %+v", d)
	}
	b.press("u")
	b.reads("p.undo", "已撤销")
	b.reads("#message h1", "楼下烧烤店油烟往家里灌")
	if d := b.last(s.Sure); d.Kind != classifier.Withdraw {
		t.Errorf("undone as %+v", d)
	}

	b.press("2")
	b.reads("[data-pick]", "2")
	b.look("desk-picked")
	b.press(kb.Enter)
	b.reads("#undo", "已改为“露天烧烤”")
	if d := b.last(s.Sure); d.Kind != classifier.Correct || d.Category != b.leaf("露天烧烤").ID {
		t.Errorf("picked as %+v", d)
	}
	b.reads("#message h1", "什么时候能修好水管")

	b.open("/desk/" + string(s.Card))
	b.press("a")
	b.reads(".aloud .short", "到期前")
	b.look("desk-aloud")
	b.press("g")
	b.reads("p.undo", "已归入统一口径")
	b.press("y")
	b.reads("#undo", "已记为当场解决")
	if len(b.fake.joined) != 1 || b.fake.answers[s.Card].Verdict != "solved" {
		t.Errorf("joined %v, verdict %q", b.fake.joined, b.fake.answers[s.Card].Verdict)
	}
	b.press("?")
	b.reads("#keys[open]", "下一件、上一件")
	b.look("desk-keys")
}

// TestModifyByKeyboard finds a category by pinyin initials and a unit by its
// name, and declines, with keys alone.
func TestModifyByKeyboard(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	s := b.morning()
	b.signIn(org.RoleAgent)
	b.open("/desk/" + string(s.Several))
	b.press("e")
	b.look("desk-modify")
	b.press("yyw") // Y and the digits are letters here, not keys
	b.reads("#modify-found[data-words=yyw]", "油烟污染")
	b.look("desk-modify-found")
	b.press(kb.Enter)
	b.reads("#correct", "店内炉灶经营")
	b.look("desk-choice")
	b.press(kb.ArrowDown)
	b.press(kb.Enter)
	b.reads("#undo", "已改为“油烟污染”，主办 云汀市市场监督管理局")
	if d := b.last(s.Several); d.Type != intake.Complaint || len(d.Co) != 1 {
		t.Errorf("corrected as %+v", d)
	}

	b.open("/desk/" + string(s.Danger))
	b.press("e")
	b.press("0305")
	b.reads("#modify-found[data-words='0305']", "社会生活噪声")
	b.press(kb.ArrowDown)
	b.press(kb.Enter)
	b.reads("#correct", "公共场所娱乐")
	value[bool](b, `document.querySelector("#unit").focus(), true`) // finding the field first could lose it to a swap
	b.press("水务")
	b.reads("#unit-found[data-words='水务']", "云汀市水务集团有限公司")
	b.look("desk-choice-unit")
	b.press(kb.Enter)
	b.reads("#undo", "主办 云汀市水务集团有限公司")
	if d := b.last(s.Danger); d.Urgency != intake.UrgencyA {
		t.Errorf("what the text says raised the urgency, the correction lost it: %+v", d)
	}

	b.open("/desk/" + string(s.Silent))
	b.press("x")
	b.look("desk-decline")
	b.press(kb.ArrowDown + kb.Enter)
	b.reads("#undo", "已不采纳，原因：不予受理：应通过诉讼解决")
}

// TestNewSuggestionWaits: what arrives while the agent works does not move the
// column under the cursor, and takes one key to see.
func TestNewSuggestionWaits(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	s := b.morning()
	b.signIn(org.RoleAgent)
	b.open("/desk/" + string(s.Waiting))
	b.reads("#suggestion", "正在生成推荐")
	b.press("e")
	b.press(kb.Escape)
	file, err := b.fake.File(t.Context(), s.Waiting)
	if err != nil {
		t.Fatal(err)
	}
	file.Suggestion = b.suggest(classifier.Sure, "油烟污染", 0.9)
	b.fake.mu.Lock()
	b.fake.files[s.Waiting] = file
	b.fake.mu.Unlock()
	b.reads("#fresh", "有新推荐")
	b.look("desk-fresh")
	b.press(kb.Enter)
	b.reads("#suggestion", "油烟污染")
	if len(file.Decisions) > 0 {
		t.Error("Enter decided instead of showing what is new")
	}
}

// TestFailureIsSaid: a decision that meets a dead database, or somebody who
// was faster, is answered with a sentence on the page that stands.
func TestFailureIsSaid(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	s := b.morning()
	b.signIn(org.RoleAgent)
	b.open("/desk/" + string(s.Sure))
	b.fake.mu.Lock()
	b.fake.down = errs.New(errs.Unavailable, "database.unavailable")
	b.fake.mu.Unlock()
	b.press(kb.Enter)
	b.reads("#bar", "数据库暂时连接不上，内容没有保存，请稍后再试。")
	b.look("desk-bar")
	b.fake.mu.Lock()
	b.fake.down = nil
	file := b.fake.files[s.Sure]
	file.Decisions = []classifier.Decision{{ID: "0192d3b4-0000-7000-8000-0000000000aa", Kind: classifier.Decline, Reason: "重复", At: b.fake.now}}
	b.fake.files[s.Sure] = file
	b.fake.mu.Unlock()
	b.press(kb.Escape)
	b.press(kb.Enter)
	b.reads("#conflict", "11月23日 周一 09:30 同事 不采纳：重复")
	b.reads("#conflict", "您选的 确认：环境保护 › 大气污染 › 油烟污染，主办 华新区城市管理和综合执法局")
	b.look("desk-conflict")
	b.press("m")
	b.reads("#undo", "已改为“油烟污染”")
	if d := b.last(s.Sure); d.Kind != classifier.Correct || d.Previous != "0192d3b4-0000-7000-8000-0000000000aa" {
		t.Errorf("mine is %+v", d)
	}
}
