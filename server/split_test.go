package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// double stores a message that names two matters.
func (w *world) double() intake.MatterID {
	return w.matter(time.Minute, "", "小区门口路灯不亮。另外楼下烧烤店油烟很大。", func(f *classifier.File) {
		f.Suggestion = w.suggest(classifier.Several, "油烟污染", 0.4, "施工噪声", 0.3)
		f.Suggestion.Parts = []classifier.Part{
			{Text: "小区门口路灯不亮。", Name: "路灯", LeadName: "云汀市供电公司", Probability: 0.8},
			{Text: "另外楼下烧烤店油烟很大。", Name: "油烟污染", LeadName: "华新区城市管理和综合执法局", Probability: 0.74},
		}
	})
}

// TestTwoMattersAreTakenApart: the proposal is shown, one button takes it up
// once, and the whole stays to be read.
func TestTwoMattersAreTakenApart(t *testing.T) {
	w := newWorld(t)
	m := w.double()
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(m)
	page := w.get(path)
	w.says(page, "像是两件事", "推荐 路灯 云汀市供电公司 80%", "推荐 油烟污染 华新区城市管理和综合执法局 74%", "S 分成两件")
	fields := seen(page.body)
	for range 2 { // a double click
		r := w.post(path+"/split", fields...)
		w.status(r, http.StatusSeeOther)
		page = w.get(r.location)
	}
	w.says(page, "已分开，每件各有推荐", "待办 2", "这次来件有 2 件事 1 小区门口路灯不亮。 2 另外楼下烧烤店油烟很大。", "这次来件的全文 小区门口路灯不亮。另外楼下烧烤店油烟很大。")
	if strings.Contains(page.body, `id="split"`) {
		t.Error("what was cut is proposed again")
	}
	other := w.double()
	r := w.post("/desk/"+string(other)+"/split", "suggestion", fields[1][:8])
	w.status(r, http.StatusConflict)
	w.says(r, "没有再分，请打开它看最新的")
	w.jar = map[string]string{}
	w.signIn(org.RoleEditor)
	if strings.Contains(w.get("/desk/"+string(other)).body, `id="split"`) {
		t.Error("somebody who cannot decide is offered to cut")
	}
}

func TestTakingApartByKeyboard(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.double()
	b.signIn(org.RoleAgent)
	b.reads("#split", "像是两件事")
	b.look("desk-split")
	b.press("s")
	b.reads("p.undo", "已分开")
	b.reads(".siblings", "这次来件有 2 件事")
	b.look("desk-split-done")
}
