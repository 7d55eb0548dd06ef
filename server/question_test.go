package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// unsure stores a matter with five candidates and a question.
func (w *world) unsure() intake.MatterID {
	return w.matter(time.Minute, "烧烤烟大", "晚上烧烤的烟飘进家里，还很吵。", func(f *classifier.File) {
		f.Suggestion = w.suggest(classifier.Unsure, "油烟污染", 0.44, "露天烧烤", 0.2, "社会生活噪声", 0.12, "施工噪声", 0.1, "社会保险办理", 0.08)
		asking(f.Suggestion)
	})
}

// TestQuestionIsAnsweredWithoutScript: plain links do what the script does, and
// what was answered is noted with the decision.
func TestQuestionIsAnsweredWithoutScript(t *testing.T) {
	w := newWorld(t)
	m := w.unsure()
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(m)
	page := w.get(path)
	w.says(page, "先问一句 是店里的炉灶，还是占道摆摊？ 6 店里的炉灶 油烟污染 7 占道摆摊 露天烧烤 8 都不是", "油烟污染 华新区城市管理和综合执法局 44%")
	page = w.get(path + "?answer=2")
	w.says(page, "1 露天烧烤 云汀市生态环境局 82% 按“经营场所” 协办 街道办", "其余 4 个候选", "撤回回答")
	if !strings.Contains(page.body, `value="2" data-key="1" checked`) {
		t.Error("the candidate in front is not chosen")
	}
	w.says(w.get(path+"?answer=9"), "油烟污染 华新区城市管理和综合执法局 44%")
	w.status(w.post(path+"/confirm", append(seen(page.body), "pick", "2", "answer", "2")...), http.StatusSeeOther)
	if d := w.last(m); d.Kind != classifier.Correct || d.Category != w.leaf("露天烧烤").ID || d.Reason != "问：是店里的炉灶，还是占道摆摊？答：占道摆摊" {
		t.Errorf("decided %+v", d)
	}
}

// TestAnswerNarrowsByKeyboard: an answer rearranges the candidates, another
// one does it anew, and the server is asked nothing until Enter, by the reasons
// neither.
func TestAnswerNarrowsByKeyboard(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	m := b.unsure()
	b.signIn(org.RoleAgent)
	b.reads("#question", "是店里的炉灶")
	b.look("desk-question")
	value[bool](b, `window.asked = 0, document.addEventListener("htmx:beforeRequest", e => { if (e.detail.elt.id !== "watch") window.asked++ }), true`)
	b.press("7")
	b.reads(".cands .cand:first-child", "1露天烧烤云汀市生态环境局82%按“经营场所”")
	b.reads("#rest summary", "其余 4 个候选")
	b.reads("#question [aria-current]", "占道摆摊")
	b.look("desk-question-answered")
	b.press("8")
	b.reads(".cands .cand:first-child", "1社会生活噪声云汀市公安局15%")
	b.reads("#rest summary", "其余 2 个候选")
	b.press("0")
	b.reads(".cands .cand:first-child", "1油烟污染华新区城市管理和综合执法局44%")
	b.reads(".cands .cand:nth-child(2)", "2露天烧烤华新区城市管理和综合执法局20%按“占道经营”")
	if !value[bool](b, `document.querySelector("#rest").hidden`) {
		t.Error("without an answer something stays back")
	}
	b.press("6")
	b.reads("[data-pick]", "1")
	b.press("2") // from those that stepped back
	b.reads("[data-pick]", "2")
	b.press("1")
	value[bool](b, `document.querySelector(".cand .why summary").click(), true`)
	b.reads(".cand .why[open]", "相近的例子")
	if n := value[int](b, `window.asked`); n != 0 {
		t.Errorf("answering and reading the reasons asked the server %d times", n)
	}
	b.press(kb.Enter)
	b.reads("#undo", "已确认“油烟污染”")
	if d := b.last(m); d.Kind != classifier.Confirm || d.Reason != "问：是店里的炉灶，还是占道摆摊？答：店里的炉灶" {
		t.Errorf("decided %+v", d)
	}
}
