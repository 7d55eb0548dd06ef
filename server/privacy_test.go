package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/privacy"
)

// TestPrivacyOfficersHaveTheirOwnPages: they come to them after signing in,
// find who saw whose data and decide on contacts, and neither see the desk nor
// dispatch; nobody else gives a citizen their data.
func TestPrivacyOfficersHaveTheirOwnPages(t *testing.T) {
	w := newWorld(t)
	c := w.dispatch(0)
	w.fake.cases[c].asks = []casework.ContactRequest{{ID: id.New[casework.ContactRequestID](), Case: c, By: "x", ByName: "赵敏", At: w.fake.now, Why: "约上门时间"}}
	for _, role := range []org.Role{org.RoleAgent, org.RoleEditor, org.RoleUnit} {
		w.signIn(role)
		w.status(w.get("/privacy"), http.StatusForbidden)
		w.status(w.get("/privacy/requests"), http.StatusForbidden)
	}
	w.signIn(org.RoleAdmin)
	w.says(w.get("/privacy"), "个人信息的保存", "没有留下诉求的来电来件")
	w.status(w.get("/privacy/requests"), http.StatusForbidden)
	w.signIn(org.RolePrivacy)
	if r := w.get("/"); r.location != "/privacy" {
		t.Errorf("comes to %q", r.location)
	}
	r := w.get("/privacy")
	w.says(r, "等待审批的联系方式申请", "赵敏", "约上门时间")
	if strings.Contains(r.body, `href="/desk"`) || !strings.Contains(r.body, `href="/privacy/requests"`) {
		t.Error("the menu is not a privacy officer's")
	}
	w.status(w.get("/desk"), http.StatusForbidden)
	w.says(w.get("/looks"), "谁看过")
	w.says(w.get("/cases/"+string(c)), "诉求人的联系方式", "约上门时间", "同意")
	request := string(w.fake.cases[c].asks[0].ID)
	w.status(w.post("/cases/"+string(c)+"/contact/"+request, "grant", "1", "days", "3"), http.StatusSeeOther)
	if !w.fake.cases[c].asks[0].Granted {
		t.Error("not granted")
	}
	w.status(w.post("/cases/"+string(c)+"/order", "text", "请尽快", "seen", "0"), http.StatusForbidden)
}

// TestHowLongThingsAreKept: a wrong number is named and keeps what was typed,
// and what would be deleted is said before anything is.
func TestHowLongThingsAreKept(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RolePrivacy)
	w.fake.vault.due = map[privacy.Kind]int{privacy.KeepOriginals: 42, privacy.KeepFiles: 20_000}
	rules := func(original string) reply {
		return w.post("/privacy/rules", "days-original", original, "days-file", "365", "days-contact", "0", "days-llm_call", "30", "days-notification", "0")
	}
	r := rules("很久")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有保存", "“原话和联系方式”的保存天数须为 30–36500")
	if !strings.Contains(r.body, `value="很久"`) {
		t.Error("what was typed is gone")
	}
	w.status(rules("7"), http.StatusUnprocessableEntity)
	if r = rules("1095"); r.location != "/privacy?said=rules" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	w.says(w.get("/privacy"), "42 条", "10000 以上 条", "不删除", "还没有按期限删除过", "许诺")
	w.status(w.post("/privacy/holds", "number", "没有这件", "why", "诉讼"), http.StatusUnprocessableEntity)
	w.status(w.post("/privacy/holds", "number", "990101-20261123-0001", "why", " "), http.StatusUnprocessableEntity)
	w.status(w.post("/privacy/holds", "number", "990101-20261123-0001", "why", "行政诉讼"), http.StatusSeeOther)
	w.says(w.get("/privacy"), "990101-20261123-0001", "行政诉讼")
	w.says(w.get("/cases/"+string(w.dispatch(0))), "法律保留中")
	release := "/privacy/holds/" + string(w.fake.vault.holds[0].ID) + "/release"
	w.status(w.post(release, "why", ""), http.StatusUnprocessableEntity)
	w.status(w.post(release, "why", "诉讼已结束"), http.StatusSeeOther)
	w.status(w.post(release, "why", "诉讼已结束"), http.StatusConflict)
	if n := len(w.fake.vault.lines); n != 3 {
		t.Errorf("%d lines on record", n)
	}
}

// TestACitizensOwnDataOnAPage: taken after a call back, opened, exported,
// corrected, erased; the number lies in no address.
func TestACitizensOwnDataOnAPage(t *testing.T) {
	w := newWorld(t)
	w.dispatch(0)
	closed := w.held()
	open := w.held(func(h *privacy.Held) { h.Unfinished = true })
	w.signIn(org.RolePrivacy)
	w.says(w.get("/privacy/requests"), "请先回拨", "还没有受理过")
	take := func(fields ...string) reply { return w.post("/privacy/requests", fields...) }
	r := take("phone", "13800000011", "verified", "10:20 回拨", "why", "本人查看")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有打开", "请先回拨这个电话，核实是本人")
	if strings.Contains(r.body, "13800000011") || !strings.Contains(r.body, "10:20 回拨") {
		t.Error("the form keeps the number, or nothing else")
	}
	r = take("phone", "13800000011", "called", "1", "verified", "10:20 回拨", "why", "本人查看")
	w.status(r, http.StatusSeeOther)
	if made := strings.TrimPrefix(r.location, "/privacy/requests/"); !id.Valid(made) {
		t.Errorf("the address %s says more than an identifier", r.location)
	}
	page := r.location
	w.says(w.get(page), "138****0011 的信息", "我叫欧阳锦绣", "13800000011", "990101-20261123-0001", "您的诉求已办结", "看了原话和联系方式", "还没有办完，办结以后才能删除")
	x := w.get(page + "/export?form=xlsx")
	w.status(x, http.StatusOK)
	if !strings.Contains(x.header.Get("Content-Disposition"), "subject.xlsx") || !strings.HasPrefix(x.body, "PK") {
		t.Error("no workbook")
	}
	if j := w.get(page + "/export?form=json"); !strings.Contains(j.body, "仅供本人查阅") || !strings.Contains(j.body, "欧阳锦绣") {
		t.Errorf("exported %s", j.body)
	}
	w.status(w.get(page+"/export?form=pdf"), http.StatusUnprocessableEntity)
	w.status(w.post(page+"/"+string(closed)+"/correct", "name", "欧阳锦秀", "phone", "13800000033", "why", ""), http.StatusUnprocessableEntity)
	w.status(w.post(page+"/"+string(closed)+"/correct", "name", "欧阳锦秀", "phone", "13800000033", "why", "写错"), http.StatusSeeOther)
	w.says(w.get(page), "欧阳锦秀", "13800000033")
	w.status(w.post(page+"/"+string(open)+"/erase", "why", "本人要求"), http.StatusConflict)
	w.status(w.post(page+"/"+string(closed)+"/erase", "why", "本人要求"), http.StatusSeeOther)
	w.says(w.get(page+"?said=erased"), "已删除原话、联系方式和附件", "原话和联系方式已删除")
	w.fake.now = w.fake.now.Add(privacy.RequestLife)
	w.signIn(org.RolePrivacy)
	w.status(w.get(page), http.StatusForbidden)
	w.says(w.get("/privacy/requests"), "138****0011", "本人查看", "2 件")
}

// TestPrivacyOverTheAPI: what the pages do, by operation.
func TestPrivacyOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	w.dispatch(0)
	m := w.held()
	refused(t, w.call(http.MethodPost, "/api/v1/looks", `{"key":"13800000011","why":"好奇"}`), http.StatusForbidden, "role.forbidden")
	refused(t, w.call(http.MethodGet, "/api/v1/privacy/retention", ""), http.StatusForbidden, "role.forbidden")
	w.allow(w.token, org.Actor{Account: id.New[org.AccountID](), Name: "许诺", Roles: org.Roles{org.RolePrivacy}})
	w.fake.book.rows = w.fake.vault.held[0].Looks
	type looks struct{ Looks []apiLook }
	if got := read[looks](t, w.call(http.MethodPost, "/api/v1/looks", `{"key":"990101-20261123-0001","why":"诉求人询问"}`), http.StatusOK); len(got.Looks) != 1 || got.Looks[0].What != "看了原话和联系方式" {
		t.Errorf("looks %+v", got)
	}
	refused(t, w.call(http.MethodPost, "/api/v1/privacy/retention", `{"rules":[{"kind":"original","days":3}]}`), http.StatusUnprocessableEntity, "retention.days")
	w.status(w.call(http.MethodPost, "/api/v1/privacy/retention", `{"rules":[{"kind":"original","days":1095}]}`), http.StatusNoContent)
	w.status(w.call(http.MethodPost, "/api/v1/privacy/holds", `{"number":"990101-20261123-0001","why":"诉讼"}`), http.StatusNoContent)
	type standing struct {
		Rules []apiKeepRule
		Holds []apiHold
		Runs  []apiRun
	}
	st := read[standing](t, w.call(http.MethodGet, "/api/v1/privacy/retention", ""), http.StatusOK)
	if len(st.Rules) != 5 || st.Rules[0].Days != 1095 || len(st.Holds) != 1 {
		t.Fatalf("standing %+v", st)
	}
	release := "/api/v1/privacy/holds/" + string(st.Holds[0].ID) + "/release"
	w.status(w.call(http.MethodPost, release, `{"why":"结束"}`), http.StatusNoContent)
	refused(t, w.call(http.MethodPost, release, `{"why":"结束"}`), http.StatusConflict, "hold.released")

	refused(t, w.call(http.MethodPost, "/api/v1/privacy/requests", `{"phone":"13800000011","called":false,"verified":"回拨","why":"查看"}`), http.StatusUnprocessableEntity, "subject.called")
	type taken struct {
		ID, Hint string
		Messages []string
	}
	r := read[taken](t, w.call(http.MethodPost, "/api/v1/privacy/requests", `{"phone":"13800000011","called":true,"verified":"回拨","why":"查看"}`), http.StatusOK)
	type data struct {
		Mark  string
		Lines []apiHeldLine
	}
	one := "/api/v1/privacy/requests/" + r.ID
	if d := read[data](t, w.call(http.MethodGet, one, ""), http.StatusOK); !strings.Contains(d.Mark, "许诺") || len(d.Lines) < 4 || !strings.Contains(d.Lines[0].Remark, "欧阳锦绣") {
		t.Errorf("data %+v", d)
	}
	w.status(w.call(http.MethodPost, one+"/corrections", `{"message":"`+string(m)+`","name":"欧阳锦秀","why":"写错"}`), http.StatusNoContent)
	w.status(w.call(http.MethodPost, one+"/erasures", `{"message":"`+string(m)+`","why":"本人要求"}`), http.StatusNoContent)
	refused(t, w.call(http.MethodPost, one+"/corrections", `{"message":"`+string(m)+`","why":"写错"}`), http.StatusConflict, "subject.erased")
}

func TestPrivacyLooksAsItShould(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.dispatch(0)
	b.held()
	b.held(func(h *privacy.Held) { h.Unfinished, h.Cases = true, nil })
	b.signIn(org.RolePrivacy)
	b.open("/privacy")
	b.look("privacy-empty")
	b.fake.vault.due = map[privacy.Kind]int{privacy.KeepOriginals: 42}
	b.run(chromedp.SetValue("#days-original", "1095"), chromedp.SendKeys("#number", "990101-20261123-0001"), chromedp.SendKeys("#hold-why", "行政诉讼\r"))
	b.reads("#holds article b", "990101-20261123-0001")
	b.fake.vault.runs = []privacy.Run{{At: b.fake.now, Counts: map[privacy.Kind]int{privacy.KeepOriginals: 12, privacy.KeepCalls: 340}}, {At: b.fake.now, Counts: map[privacy.Kind]int{}}}
	b.run(chromedp.SetValue("#days-original", "7"), chromedp.Click("#rules button"))
	b.reads(".faults", "保存天数须为")
	b.look("privacy-fault")
	b.open("/privacy")
	b.look("privacy")
	b.open("/privacy/requests")
	b.look("subjects-empty")
	b.run(chromedp.SendKeys("#phone", "13800000011"), chromedp.SendKeys("#why", "本人要求查看"), chromedp.SendKeys("#verified", "10:20 回拨，核对了内容"), chromedp.Click("[name=called]"), chromedp.Click("#subject-form button"))
	b.reads("h1", "138****0011 的信息")
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('article details').forEach(d => d.open = true);undefined`))
	b.look("subject")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.look("subject-narrow")
	b.open("/privacy")
	b.look("privacy-narrow")
	b.open("/privacy/requests")
	b.look("subjects-narrow")
}
