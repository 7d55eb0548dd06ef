package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/id"
	"huying/internal/org"
)

// divided cuts a case on its page, and gives the matter that was cut off.
func (w *world) divided(c casework.CaseID) intake.MatterID {
	w.t.Helper()
	w.says(w.moved(c, "divide", "keep", "楼下烧烤店每晚油烟很大。", "other", "楼道的路灯也不亮，电话 13812340021", "text", "两件事"),
		"已分案", "同一诉求的另一件", "楼道的路灯也不亮，电话〔电话〕 在受理台，等人决定由谁办理", "分案：其中另一件事另行受理、派单，两件事")
	for m := range w.fake.answering.cuts {
		return m
	}
	w.t.Fatal("nothing was cut off")
	return ""
}

func TestACaseWithTwoThingsIsDivided(t *testing.T) {
	w := newWorld(t)
	c := w.dispatch(0)
	w.signInAs("unit")
	if r := w.get(caseURL(c)); strings.Contains(r.body, "/divide") {
		t.Error("a unit may divide")
	}
	w.status(w.move(c, "divide", "keep", "a", "other", "b"), http.StatusForbidden)
	w.signIn(org.RoleAgent)
	r := w.move(c, "divide", "keep", "只留这一件", "other", " ")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有保存", "缺少“分出去的内容”")
	if !strings.Contains(r.body, "只留这一件</textarea>") || !strings.Contains(r.body, `id="divide" open`) {
		t.Error("the form forgets what was typed")
	}
	m := w.divided(c)
	w.says(w.get("/receipt/ABCDEFGH23"), "您一起反映的另一件：楼道的路灯也不亮", "已受理，正在安排办理")
	w.status(w.get("/desk/"+string(m)), http.StatusOK)
	if len(w.fake.cases) != 1 {
		t.Error("a division files a case")
	}
	w.fake.follow(classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: m, Kind: classifier.Correct, Purpose: classifier.Effective, Category: w.leaf("油烟污染").ID,
		Lead: w.fake.units[1].ID, Type: intake.Complaint, Urgency: intake.UrgencyC, By: w.fake.accounts["agent"].ID, At: w.fake.now,
	})
	w.says(w.get(caseURL(c)), "工单 990101-20261123-0002，待签收")
	w.says(w.get("/receipt/ABCDEFGH23"), "由云汀市生态环境局办理", "看这一件")
	w.says(w.get("/receipt/ABCDEFGH24"), "您一起反映的另一件：楼下烧烤店每晚油烟很大", "由华新区城市管理和综合执法局办理")
}

// TestDivideOverTheAPI: as on the page.
func TestDivideOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	c := w.dispatch(0)
	path := "/api/v1/cases/" + string(c) + "/divisions"
	w.of(org.RoleUnit, w.fake.units[0].ID)
	refused(t, w.call(http.MethodPost, path, `{"seen":0,"keep":"油烟","other":"路灯"}`), http.StatusForbidden, "case.not_yours")
	w.of(org.RoleAgent, "")
	refused(t, w.call(http.MethodPost, path, `{"seen":0,"keep":"油烟","other":"油烟"}`), http.StatusUnprocessableEntity, "case.split_same")
	got := read[struct {
		Matter intake.MatterID
		Case   apiCase
	}](t, w.call(http.MethodPost, path, `{"seen":0,"keep":"油烟","other":"路灯不亮"}`), http.StatusOK)
	if got.Case.Text != "油烟" || w.fake.answering.cuts[got.Matter] != c {
		t.Errorf("divided %+v", got)
	}
	refused(t, w.call(http.MethodPost, path, `{"seen":0,"keep":"油烟","other":"电梯"}`), http.StatusConflict, "case.moved")
	p := read[apiProgress](t, w.call(http.MethodGet, "/api/v1/receipts/ABCDEFGH23", ""), http.StatusOK)
	if len(p.Others) != 1 || p.Others[0].About != "路灯不亮" || p.Others[0].Number != "" {
		t.Errorf("the citizen sees %+v", p.Others)
	}
}

// TestDivideLook looks at the case and the citizen's page.
func TestDivideLook(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	c := w.dispatch(0)
	b.signIn(org.RoleAgent)
	b.open(caseURL(c))
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#divide").open = true; undefined`))
	b.look("case-divide")
	w.signIn(org.RoleAgent)
	w.divided(c)
	b.open(caseURL(c))
	b.look("case-divided")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/receipt/ABCDEFGH23")
	b.look("receipt-divided-narrow")
}
