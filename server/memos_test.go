package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/internal/org"
)

// TestAMemoIsWrittenReadAndAnswered: the hotline writes about a case, the unit
// acknowledges by name and answers.
func TestAMemoIsWrittenReadAndAnswered(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	number := w.fake.cases[id].Number
	w.signIn(org.RoleAgent)
	w.says(w.get("/memos"), "没有等着签收的提醒函", "发提醒函")
	w.says(w.get("/memos/new?case="+number), number, "按年编号，发出后不能改")
	r := w.post("/memos", "id", "01a21692-ee9f-7ee5-aefc-51b835ebd0bb", "cases", "990101-20261123-0099", "body", " ", "due", "2026-11-22")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有保存", "缺少“正文”", "答复的日期要晚于现在", "没有编号为“990101-20261123-0099”的工单")
	fields := []string{"id", "01a21692-ee9f-7ee5-aefc-51b835ebd0bb", "title", "关于油烟扰民的提醒函", "cases", number, "body", "同类投诉本月已有多起，请集中整治。\n联系人电话 13812340021", "due", "2026-11-27"}
	r = w.post("/memos", fields...)
	page, _, _ := strings.Cut(r.location, "?")
	w.says(w.get(r.location), "已发出，等单位签收", "关于油烟扰民的提醒函", "〔2026〕1 号", "华新区城市管理和综合执法局：", "〔电话〕", number, "11月27日 周五 17:30 前答复", "待签收", "还剩")
	if again := w.post("/memos", fields...); again.location != r.location || len(w.fake.answering.memos) != 1 {
		t.Errorf("sent twice: %q, %d memos", again.location, len(w.fake.answering.memos))
	}
	w.says(w.post("/memos", "cases", number, "body", "再发一封"), "现在不能发函")
	w.status(w.post(page+"/ack"), http.StatusForbidden)
	w.says(w.get("/memos?show=all"), "关于油烟扰民的提醒函", "〔2026〕1 号", "华新区城市管理和综合执法局")

	w.signInAs("unit2")
	w.status(w.get(page), http.StatusNotFound)
	w.says(w.get("/memos"), "没有等着签收的提醒函")
	w.signInAs("unit")
	w.status(w.get("/memos/new"), http.StatusForbidden)
	w.says(w.get("/alerts"), "提醒函，请签收")
	w.says(w.get("/memos"), "发给本单位的提醒函", "关于油烟扰民的提醒函", "1 件工单")
	w.says(w.get(w.post(page+"/ack").location), "已签收，请在期限前答复", "赵敏：签收")
	w.says(w.post(page+"/ack"), "提醒函现在是“已签收，待答复”，不能签收")
	w.says(w.post(page+"/answer", "text", ""), "缺少“答复”")
	w.says(w.get(w.post(page+"/answer", "text", "已约谈三家，今起每晚检查").location), "已答复", "赵敏：答复，已约谈三家，今起每晚检查")
	if w.fake.cases[id].Letter {
		t.Error("the case still waits for the memo to be acknowledged")
	}
	w.says(w.get(caseURL(id)), "看提醒函", "赵敏：签收提醒函")
	w.coUnit(id)
	w.signInAs("unit2")
	w.says(w.get(caseURL(id)), "华新区城市管理和综合执法局：", "赵敏：签收提醒函")
	if r := w.get(caseURL(id)); strings.Contains(r.body, "看提醒函") {
		t.Error("a co-unit is led to a letter that it may not read")
	}
	w.signIn(org.RoleEditor)
	w.status(w.get(page), http.StatusOK)
}

// TestMemosOverTheAPI is the same for programs.
func TestMemosOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	w.of(org.RoleUnit, w.fake.units[0].ID)
	refused(t, w.call(http.MethodPost, "/api/v1/memos", `{"body":"请办理","cases":["`+string(id)+`"]}`), http.StatusForbidden, "role.forbidden")
	w.of(org.RoleAgent, "")
	refused(t, w.call(http.MethodPost, "/api/v1/memos", `{"body":"请办理","cases":["990101-20261123-0099"]}`), http.StatusUnprocessableEntity, "memo.case")
	m := read[apiMemo](t, w.call(http.MethodPost, "/api/v1/memos", `{"body":"请办理","cases":["`+string(id)+`"]}`), http.StatusCreated)
	if m.Code != "〔2026〕1 号" || m.State != casework.MemoSent || !m.Due.After(m.AckDue) || m.Unit != w.fake.units[0].ID {
		t.Errorf("sent %+v", m)
	}
	path := "/api/v1/memos/" + string(m.ID)
	w.of(org.RoleUnit, w.fake.units[1].ID)
	refused(t, w.call(http.MethodGet, path, ""), http.StatusNotFound, "memo.not_found")
	w.of(org.RoleUnit, w.fake.units[0].ID)
	refused(t, w.call(http.MethodPost, path+"/moves", `{"move":"answer","text":"已办"}`), http.StatusConflict, "memo.state")
	if m = read[apiMemo](t, w.call(http.MethodPost, path+"/moves", `{"move":"ack"}`), http.StatusOK); m.State != casework.MemoAcked || len(m.Events) != 1 {
		t.Errorf("acknowledged %+v", m)
	}
	read[apiMemo](t, w.call(http.MethodPost, path+"/moves", `{"move":"answer","text":"已办"}`), http.StatusOK)
	list := read[struct{ Memos []apiMemo }](t, w.call(http.MethodGet, "/api/v1/memos?show=answered", ""), http.StatusOK)
	if len(list.Memos) != 1 || list.Memos[0].Events[1].Text != "已办" {
		t.Errorf("listed %+v", list)
	}
}

// TestMemosLook looks at the document, on paper too.
func TestMemosLook(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	id := w.dispatch(0)
	w.signIn(org.RoleAgent)
	r := w.post("/memos", "id", "01a21692-ee9f-7ee5-aefc-51b835ebd0bb", "title", "关于油烟扰民的提醒函", "cases", w.fake.cases[id].Number, "body", "同类投诉本月已有多起，请集中整治。\n请于本月底前报告整治情况。")
	page, _, _ := strings.Cut(r.location, "?")
	b.signIn(org.RoleAgent)
	b.open("/memos")
	b.look("memos")
	b.open("/memos/new?case=" + w.fake.cases[id].Number)
	b.look("memo-new")
	b.signOut()
	b.signIn(org.RoleUnit)
	b.open(page)
	b.look("memo")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.look("memo-narrow")
}
