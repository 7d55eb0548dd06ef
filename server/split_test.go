package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

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

// TestCutIsChangedWithoutScript: the sentences are a plain form; one is moved,
// and a part left with nothing is refused with what was chosen still there.
func TestCutIsChangedWithoutScript(t *testing.T) {
	w := newWorld(t)
	m := w.triple()
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(m)
	w.says(w.get(path), "D 改分法")
	page := w.get(path + "/split")
	w.says(page, "像是两件事", "小区门口路灯不亮。 第 1 件 第 2 件 每件都要", "晚上看不清路。", "另外楼下烧烤店油烟很大。", "这样分成两件")
	for _, name := range []string{"in0", "in1"} {
		if !strings.Contains(page.body, `name="`+name+`" value="1" checked`) {
			t.Errorf("%s is not in the first part:\n%s", name, page.body)
		}
	}
	fields := append(seen(page.body), "pieces", "3")
	r := w.post(path+"/split", append(fields, "in0", "2", "in1", "0", "in2", "2")...)
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "第 1 件没有自己的话，请至少留一句给它；如果本是一件事，不分就行。")
	if !strings.Contains(r.body, `name="in1" value="0" checked`) {
		t.Error("what was chosen is lost")
	}
	w.status(w.post(path+"/split", append(fields, "in0", "1", "in1", "7", "in2", "2")...), http.StatusConflict)
	r = w.post(path+"/split", append(fields, "in0", "1", "in1", "2", "in2", "2")...)
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已分开", "1 小区门口路灯不亮。 2 晚上看不清路。")
	r = w.get(path + "/split") // there is nothing to cut any more
	if w.status(r, http.StatusSeeOther); r.location != path {
		t.Errorf("leads to %s", r.location)
	}
}

// triple stores a message of three sentences that names two matters.
func (w *world) triple() intake.MatterID {
	return w.matter(time.Minute, "", "小区门口路灯不亮。晚上看不清路。另外楼下烧烤店油烟很大。", func(f *classifier.File) {
		f.Suggestion = w.suggest(classifier.Several, "油烟污染", 0.4, "施工噪声", 0.3)
		f.Suggestion.Parts = []classifier.Part{
			{Text: "小区门口路灯不亮。晚上看不清路。", Name: "路灯", LeadName: "云汀市供电公司", Probability: 0.8},
			{Text: "另外楼下烧烤店油烟很大。", Name: "油烟污染", LeadName: "华新区城市管理和综合执法局", Probability: 0.74},
		}
	})
}

// TestCutIsChangedByKeyboard: a number puts the sentence and goes on, Enter
// cuts.
func TestCutIsChangedByKeyboard(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	m := b.triple()
	b.signIn(org.RoleAgent)
	b.reads("#split", "改分法")
	b.press("d")
	b.reads("#recut", "小区门口路灯不亮")
	b.look("recut")
	b.press("1")
	b.press("2")
	if got := value[string](b, `[...document.querySelectorAll("#recut input:checked")].map(e => e.value).join("")`); got != "122" {
		t.Fatalf("chosen %s", got)
	}
	b.press(kb.Enter)
	b.reads("p.undo", "已分开")
	b.reads(".siblings", "2晚上看不清路。")
	f, err := b.fake.File(t.Context(), m)
	if err != nil || f.Matter.Text != "小区门口路灯不亮。" {
		t.Errorf("the first part reads %q, %v", f.Matter.Text, err)
	}
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/desk/" + string(b.triple()) + "/split")
	b.look("recut-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.dark(true)
	b.open("/desk/" + string(b.triple()) + "/split")
	b.look("recut-dark")
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
