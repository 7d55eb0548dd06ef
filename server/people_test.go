package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/internal/id"
	"huying/internal/org"
)

// TestWhoStandsInSeesTheOthersWork: both see it, the substitute acts for the
// absent person and goes back, and it ends by itself.
func TestWhoStandsInSeesTheOthersWork(t *testing.T) {
	w := newWorld(t)
	c := string(w.dispatch(0)) // of the unit of "unit"
	w.signInAs("unit2")
	w.status(w.get("/staff"), http.StatusForbidden)
	w.status(w.get("/cases/"+c), http.StatusNotFound)
	w.says(w.get("/covers"), "没有安排您代班")
	w.signIn(org.RoleAdmin)
	cover := func(absent, substitute, until string) reply {
		return w.post("/staff/covers", "absent", absent, "substitute", substitute, "until", until)
	}
	r := cover("unit", "unit", "2026-11-30T18:00")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "不能自己给自己代班")
	w.says(cover("unit", "unit2", "明天"), "“到何时止”的内容“明天”不符合要求")
	w.says(cover("谁", "unit2", "2026-11-30T18:00"), "没有登录名为“谁”的账号")
	if r = cover("unit", "unit2", "2026-11-30T18:00"); r.location != "/staff?said=cover" {
		t.Fatalf("%d %s", r.status, words(r.body))
	}
	w.says(w.get("/staff"), "孙立 代 赵敏", "进行中")
	w.signInAs("unit")
	w.says(w.get("/cases"), "您的工作现由孙立代办")
	w.signInAs("unit2")
	w.says(w.get("/covers"), "代 赵敏", "开始代办")
	w.status(w.get("/cases/"+c), http.StatusNotFound)
	act := string(w.fake.roster.covers[0].ID)
	w.status(w.post("/covers", "cover", act), http.StatusSeeOther)
	w.says(w.get("/cases/"+c), "正在代赵敏办理", "回到本人", "签收")
	w.status(w.post("/cases/"+c+"/accept", "seen", "0"), http.StatusSeeOther)
	w.status(w.post("/covers"), http.StatusSeeOther)
	w.status(w.get("/cases/"+c), http.StatusNotFound)
	w.status(w.post("/covers", "cover", act), http.StatusSeeOther)
	w.fake.now = w.fake.now.AddDate(0, 0, 8)
	w.signInAs("unit2")
	w.status(w.get("/cases/"+c), http.StatusNotFound)
	w.status(w.post("/covers", "cover", "nothing"), http.StatusConflict)
}

// TestLeavingAndEnding: an account with tasks is not ended without a successor,
// and an abolished unit's cases go on.
func TestLeavingAndEnding(t *testing.T) {
	w := newWorld(t)
	c := w.dispatch(0)
	w.signIn(org.RoleAdmin)
	a := w.fake.accounts["unit"]
	w.fake.roster.tasks = map[org.AccountID][]casework.CaseID{a.ID: {c}}
	r := w.post("/staff/accounts/unit/disable")
	w.status(r, http.StatusConflict)
	w.says(r, "还有 1 件下级任务，请写明移交给本单位的谁")
	w.says(w.post("/staff/accounts/unit/disable", "to", "unit2"), "不能移交给“unit2”")
	colleague := org.Account{ID: id.New[org.AccountID](), Login: "colleague", Name: "钱程", Roles: org.Roles{org.RoleUnit}, Unit: a.Unit}
	w.fake.accounts["colleague"] = colleague
	if r = w.post("/staff/accounts/unit/disable", "to", "colleague"); r.location != "/staff?said=disabled" {
		t.Fatalf("%d %s", r.status, words(r.body))
	}
	w.says(w.get("/staff?q=unit"), "已停用", "恢复")
	w.status(w.post("/staff/accounts/unit/enable"), http.StatusSeeOther)

	abolish := func(unit, next, why string) reply {
		return w.post("/staff/units/abolish", "unit", unit, "next", next, "why", why)
	}
	old, next := w.fake.units[0], w.fake.units[1]
	w.says(abolish("没有这个单位", next.Name, "机构改革"), "没有名称为“没有这个单位”的单位")
	w.says(abolish(old.Name, old.Name, "机构改革"), "请选择由哪个单位承接")
	r = abolish(old.Name, next.Name, "")
	w.says(r, "缺少“撤并的依据”")
	if !strings.Contains(r.body, `value="`+old.Name+`"`) {
		t.Error("what was typed is gone")
	}
	if r = abolish(old.Name, next.Name, "机构改革"); r.location != "/staff?said=abolished" {
		t.Fatalf("%d %s", r.status, words(r.body))
	}
	if got := w.fake.cases[c]; got.Unit != next.ID || len(w.fake.roster.retired) != 1 {
		t.Errorf("the case is %s's", got.Unit)
	}
}

// TestStaffOverTheAPI: what the page does, by operation.
func TestStaffOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	c := w.dispatch(0)
	refused(t, w.call(http.MethodGet, "/api/v1/accounts", ""), http.StatusForbidden, "role.forbidden")
	w.allow(w.token, org.Actor{Account: w.fake.accounts["admin"].ID, Roles: org.Roles{org.RoleAdmin}})
	type accounts struct{ Accounts []apiStaff }
	if got := read[accounts](t, w.call(http.MethodGet, "/api/v1/accounts?q=unit2", ""), http.StatusOK); len(got.Accounts) != 1 || got.Accounts[0].Login != "unit2" {
		t.Errorf("accounts %+v", got)
	}
	until := w.fake.now.Add(48 * time.Hour).Format(time.RFC3339)
	made := read[apiCover](t, w.call(http.MethodPost, "/api/v1/covers", `{"absent":"unit","substitute":"unit2","until":"`+until+`"}`), http.StatusCreated)
	type covers struct{ Covers []apiCover }
	if got := read[covers](t, w.call(http.MethodGet, "/api/v1/covers", ""), http.StatusOK); len(got.Covers) != 1 || got.Covers[0] != made {
		t.Errorf("covers %+v", got)
	}
	w.status(w.call(http.MethodPost, "/api/v1/covers/"+string(made.ID)+"/end", ""), http.StatusNoContent)
	refused(t, w.call(http.MethodPost, "/api/v1/covers/"+string(made.ID)+"/end", ""), http.StatusConflict, "cover.over")
	type ended struct{ Handed int }
	read[ended](t, w.call(http.MethodPost, "/api/v1/accounts/unit2/disable", `{}`), http.StatusOK)
	w.status(w.call(http.MethodPost, "/api/v1/accounts/unit2/enable", ""), http.StatusNoContent)
	type over struct{ Moved, Left int }
	path := "/api/v1/units/" + string(w.fake.units[0].ID) + "/abolish"
	refused(t, w.call(http.MethodPost, path, `{"to":"`+string(w.fake.units[0].ID)+`","why":"机构改革"}`), http.StatusUnprocessableEntity, "unit.successor")
	if got := read[over](t, w.call(http.MethodPost, path, `{"to":"`+string(w.fake.units[1].ID)+`","why":"机构改革"}`), http.StatusOK); got.Moved != 1 || got.Left != 0 || w.fake.cases[c].Unit != w.fake.units[1].ID {
		t.Errorf("abolished %+v", got)
	}
}

func TestStaffLooksAsItShould(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleAdmin)
	b.open("/staff")
	b.look("staff")
	if rows := value[float64](b, `Math.max(...[...document.querySelectorAll("#accounts tbody tr")].map(r => r.offsetHeight))`); rows > 40 {
		b.t.Errorf("a row is %v px high", rows)
	}
	const acts = `document.querySelector("#accounts tr:nth-child(2) .rowacts")`
	b.run(chromedp.SendKeys("#accounts tr:nth-child(2) .rowacts > summary", "\r"), chromedp.SendKeys("#accounts tr:nth-child(2) .rowacts details summary", "\r"))
	b.look("staff-acts")
	b.run(chromedp.SendKeys("#accounts tr:nth-child(2) .rowacts details summary", "\x1b"))
	if !b.waits(`!` + acts + `.open && document.activeElement === ` + acts + `.firstElementChild`) {
		b.t.Error("Escape does not close what is open in a row")
	}
	b.run(chromedp.SendKeys("#absent", "unit"), chromedp.SendKeys("#substitute", "unit2"), chromedp.SetValue("#until", "2026-11-30T18:00"), chromedp.Click("#cover-form button"))
	b.reads("#covers .pair b", "孙立")
	b.run(chromedp.Click("#accounts details summary"))
	b.look("staff-cover")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.run(chromedp.Click("#accounts .rowacts details summary"))
	b.look("staff-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.signOut()
	b.signIn("unit2")
	b.dispatch(0)
	b.open("/covers")
	b.look("covers")
	b.run(chromedp.Click(".card .button"))
	b.reads(".standing span", "正在代赵敏办理")
	b.look("covers-acting")
}

// TestAnAccountHasSeveralRoles: given on the page and over the API; menus and
// pages are those of all of them.
func TestAnAccountHasSeveralRoles(t *testing.T) {
	w := newAPIWorld(t)
	w.dispatch(0)
	w.signIn(org.RoleAdmin)
	r := w.post("/staff/accounts/agent/roles", "role", "agent", "role", "unit")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "承办人员不能同时是话务员：职责要分开")
	w.says(w.post("/staff/accounts/agent/roles"), "缺少“角色”")
	w.status(w.post("/staff/accounts/admin/roles", "role", "admin"), http.StatusForbidden)
	w.says(w.post("/staff/accounts/unit/roles", "role", "editor", "role", "unit", "of", "没有这个单位"), "没有名称为“没有这个单位”的单位")
	if r = w.post("/staff/accounts/unit/roles", "role", "editor", "role", "unit"); r.location != "/staff?said=roles" {
		t.Fatalf("%d %s", r.status, words(r.body))
	}
	w.says(w.get("/staff?q=unit"), "知识采编员、承办人员")
	w.jar = map[string]string{}
	w.signInAs("unit")
	w.says(w.get("/cases"), "知识采编员、承办人员", "本单位的工单", "知识", "受理台", "全部单位的", "签收")
	w.says(w.get("/cases?all=1&show=open"), "工单", "承办单位")
	if r = w.get("/"); r.location != "/cases" {
		t.Errorf("home is %s", r.location)
	}
	w.status(w.get("/staff"), http.StatusForbidden)

	w.allow(w.token, org.Actor{Account: w.fake.accounts["admin"].ID, Login: "admin", Roles: org.Roles{org.RoleAdmin, org.RoleEditor}})
	roles := func(login, body string) reply {
		return w.call(http.MethodPost, "/api/v1/accounts/"+login+"/roles", body)
	}
	refused(t, roles("agent", `{"roles":["agent","privacy"]}`), http.StatusUnprocessableEntity, "role.apart")
	refused(t, roles("nobody", `{"roles":["agent"]}`), http.StatusNotFound, "account.not_found")
	refused(t, roles("admin", `{"roles":["agent"]}`), http.StatusForbidden, "role.own")
	w.status(roles("agent", `{"roles":["leader","agent"]}`), http.StatusNoContent)
	type accounts struct{ Accounts []apiStaff }
	got := read[accounts](t, w.call(http.MethodGet, "/api/v1/accounts?q=agent", ""), http.StatusOK)
	if len(got.Accounts) != 1 || !slices.Equal(got.Accounts[0].Roles, []org.Role{org.RoleAgent, org.RoleLeader}) {
		t.Errorf("accounts %+v", got)
	}
	if me := read[apiActor](t, w.call(http.MethodGet, "/api/v1/me", ""), http.StatusOK); !slices.Equal(me.Roles, []org.Role{org.RoleAdmin, org.RoleEditor}) {
		t.Errorf("me %+v", me)
	}
	if n := len(w.fake.roster.lines); n != 2 || w.fake.roster.lines[1].Detail != "话务员、领导" {
		t.Errorf("on record %+v", w.fake.roster.lines)
	}
}
