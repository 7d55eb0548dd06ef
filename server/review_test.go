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

// lost stores a matter of which the machine has no idea.
func (w *world) lost(title string, p float64) intake.MatterID {
	return w.matter(time.Minute, title, "就是那个事，你们知道的。", func(f *classifier.File) {
		f.Suggestion = w.suggest(classifier.Unsure, "油烟污染", p, "露天烧烤", p/2)
	})
}

// TestWhatNobodyKnowsGoesToTheReviewer follows a matter from the agent who has
// no idea to the reviewer who decides.
func TestWhatNobodyKnowsGoesToTheReviewer(t *testing.T) {
	w := newWorld(t)
	other := w.lost("还有一件", 0.05)
	m := w.lost("说不清的事", 0.11)
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(m)
	page := w.get(path)
	w.says(page, "无把握 最可能的事项也只有 11%，按 E 自己选；也可以请审核员看，接着办下一件。", "R 请审核员看", "待办 2")
	if strings.Contains(page.body, "审核 <small>") {
		t.Error("an agent sees the reviewer's queue")
	}
	w.status(w.get("/desk?show=review"), http.StatusForbidden)
	r := w.post(path + "/review")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已请审核员看“说不清的事”", "撤销", "待办 1", "还有一件")
	w.says(w.get(w.post(path+"/undo", "what", "review").location), "已取回，这件事回到待办", "待办 2")
	w.post(path + "/review")
	w.says(w.get(path), "11月23日 周一 09:30 我请审核员看，等审核员决定。", "取回")

	w.jar = map[string]string{}
	w.signIn(org.RoleAdmin)
	page = w.get("/desk?show=review")
	w.says(page, "待办 1", "审核 2", "把握最小的在前", "还有一件", "说不清的事 陈静 送审")
	if i, j := strings.Index(page.body, string(other)), strings.Index(page.body, string(m)); i < 0 || j < i {
		t.Error("the least certain does not come first")
	}
	page = w.get(path + "?show=review")
	w.says(page, "11月23日 周一 09:30 陈静请审核员看")
	r = w.post(path+"/confirm?show=review", append(seen(page.body), "pick", "1")...)
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "审核 1", "已确认“油烟污染”", "还有一件")
	if len(w.last(m).Lead) == 0 || len(w.fake.looks) != 3 {
		t.Errorf("decided %+v, %d lines in the log", w.last(m), len(w.fake.looks))
	}
	r = w.post(path + "/review")
	w.status(r, http.StatusConflict)
	w.says(r, "这件事已有决定，不用再请审核员看")
	w.jar = map[string]string{}
	w.signIn(org.RoleEditor)
	w.says(w.get("/desk?show=review"), "审核 1", "你的角色可以查看，不能确认推荐。")
	w.status(w.post("/desk/"+string(other)+"/review"), http.StatusForbidden)
}

func TestReviewersQueueIsEmptyForAReason(t *testing.T) {
	w := newWorld(t)
	w.matter(time.Minute, "空的", "123", func(f *classifier.File) { f.Suggestion = w.suggest(classifier.Unsure) })
	w.signIn(org.RoleAdmin)
	w.says(w.get("/desk?show=review"), "审核 1", "没有可推荐的事项，按 E 自己选")
	w.fake.files = map[intake.MatterID]classifier.File{}
	w.fake.order = nil
	w.says(w.get("/desk?show=review"), "没有等审核的诉求", "话务员拿不准送来的、推荐无把握的，会列在这里")
}

// TestSendingToTheReviewerByKeyboard: one key sends, one takes back.
func TestSendingToTheReviewerByKeyboard(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.lost("还有一件", 0.05)
	m := b.lost("说不清的事", 0.11)
	b.signIn(org.RoleAdmin)
	b.reads("#message h1", "说不清的事")
	b.look("desk-lost")
	b.press("r")
	b.reads("#undo", "已请审核员看“说不清的事”")
	b.reads("#message h1", "还有一件")
	b.press("u")
	b.reads("p.undo", "已取回")
	b.press("r")
	b.reads("#undo", "已请审核员看")
	b.open("/desk/" + string(m) + "?show=review")
	b.reads("#sent", "等审核员决定")
	b.look("desk-review")
	b.press(kb.Enter)
	b.reads("#undo", "已确认")
	b.reads("#queue [aria-current]", "审核 1")
}
