package server

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/intake"
	"huying/internal/id"
	"huying/internal/org"
)

// strike lets a mark of a case be reached.
func (w *world) strike(id casework.CaseID, kind casework.MarkKind) {
	w.t.Helper()
	c := w.fake.cases[id]
	step, means := casePlanner.Strike(c.Case, c.Subject, casework.Mark{Kind: kind}, w.fake.now)
	if !means {
		w.t.Fatalf("%s means nothing", kind)
	}
	c.Case = keepNumber(c.Case, step.Case)
	c.history = append(c.history, step.Event)
	w.fake.tell(step)
}

// colleague lets somebody more of a unit sign in.
func (w *world) colleague(login, name string, unit int) org.AccountID {
	w.t.Helper()
	a, err := w.server.o.Accounts.Create(w.t.Context(), org.Actor{}, org.Account{Login: login, Name: name, Roles: org.Roles{org.RoleUnit}, Unit: w.fake.units[unit].ID}, password)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.ID
}

func TestTheInbox(t *testing.T) {
	w := newWorld(t)
	w.signInAs("unit")
	w.says(w.get("/alerts"), "没有未读的提醒")
	id := w.dispatch(0)
	r := w.get("/cases")
	w.says(r, "提醒 1 条未读")
	r = w.get("/alerts")
	w.says(r, "未读 1", "新派单，请签收", "烧烤店油烟扰民 990101-20261123-0001", "承办单位", "全部标为已读")
	w.strike(id, casework.MarkSoon)
	w.strike(id, casework.MarkLate)
	w.says(w.get("/alerts"), "未读 3", "已超期，催办经办人", "即将超期")
	r = w.get("/alerts/3")
	w.status(r, http.StatusSeeOther)
	if r.location != caseURL(id) {
		t.Errorf("an alert leads to %q", r.location)
	}
	w.says(w.get("/alerts"), "未读 2")
	w.says(w.get("/alerts?all=1"), "已超期，催办经办人", "新派单，请签收")
	w.status(w.post("/alerts/read"), http.StatusUnprocessableEntity)
	w.says(w.get(w.post("/alerts/read", "up_to", "3").location), "已标为已读", "没有未读的提醒")
	if strings.Contains(words(w.get("/cases").body), "条未读") {
		t.Error("what was read is still counted")
	}
	for _, path := range []string{"/alerts/999", "/alerts/x", "/alerts/0"} {
		w.status(w.get(path), http.StatusNotFound)
	}
	w.signInAs("unit2") // another's alert is not theirs
	w.status(w.get("/alerts/1"), http.StatusNotFound)
	w.strike(id, casework.MarkLateTop)
	w.jar = map[string]string{}
	w.signIn(org.RoleLeader)
	w.says(w.get("/alerts"), "超期仍未办结，已报领导", "领导")
	if r := w.get("/alerts/5"); r.location != leaderURL(id) {
		t.Errorf("a leader's alert leads to %q", r.location)
	}
}

func TestByWhatMeansOneIsTold(t *testing.T) {
	w := newWorld(t)
	w.signInAs("unit")
	w.says(w.get("/alerts/reach"), "提醒方式", "没有设置通知方式")
	r := w.post("/alerts/reach", "mobile", "12345", "mail", "x", "wecom", "李", "supervises", "1")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "手机号要是 11 位的大陆手机号", "邮箱的写法不对", "企业微信的成员账号只能有字母、数字")
	if !strings.Contains(r.body, `value="12345"`) {
		t.Error("the form forgets what was typed")
	}
	w.says(w.get(w.post("/alerts/reach", "mobile", "138 0000 0021", "supervises", "1").location), "已保存")
	if got := w.fake.alerts.reach[w.fake.accounts["unit"].ID]; got != (casework.Reach{Mobile: "13800000021"}) {
		t.Errorf("stored %+v", got)
	}
	if line := w.fake.alerts.lines[0]; line.Action != "set_reach" || strings.Contains(line.Detail, "138") {
		t.Errorf("on record %+v", line)
	}
	w.status(w.get("/staff/accounts/agent/reach"), http.StatusForbidden)
	w.jar = map[string]string{}
	w.signIn(org.RoleAdmin)
	w.says(w.get("/staff"), "提醒方式")
	w.says(w.post("/staff/accounts/unit/reach", "supervises", "1"), "督办员要是热线的话务员或管理员")
	w.status(w.post("/staff/accounts/agent/reach", "supervises", "1", "mail", "chen@example.gov.cn"), http.StatusSeeOther)
	if got := w.fake.alerts.reach[w.fake.accounts["agent"].ID]; got != (casework.Reach{Mail: "chen@example.gov.cn", Supervises: true}) {
		t.Errorf("stored %+v", got)
	}
	w.says(w.get("/staff/accounts/agent/reach"), "agent 的提醒方式", "督办员：超期、催单、督办没有反馈时通知")
	w.fake.alerts.unopened = true // sealed with a key that is not here: said, and set anew
	page := w.get("/staff/accounts/agent/reach")
	w.status(page, http.StatusOK)
	w.says(page, "留下的提醒方式打不开", "重新填写")
	if strings.Contains(page.body, "chen@example.gov.cn") {
		t.Error("what cannot be opened is shown")
	}
	w.says(w.post("/staff/accounts/agent/reach", "supervises", "1", "mail", "x"), "邮箱的写法不对")
	w.status(w.post("/staff/accounts/agent/reach", "supervises", "1", "mail", "jing@example.gov.cn"), http.StatusSeeOther)
	w.signIn(org.RoleAgent)
	w.status(w.post("/alerts/reach", "mobile", "13800000022"), http.StatusSeeOther)
	if got := w.fake.alerts.reach[w.fake.accounts["agent"].ID]; got != (casework.Reach{Mobile: "13800000022", Supervises: true}) {
		t.Errorf("set anew %+v", got)
	}
}

func TestACaseIsGivenToOneOfTheUnit(t *testing.T) {
	w := newWorld(t)
	zhao, qian := w.fake.accounts["unit"].ID, w.colleague("unit3", "钱进", 0)
	id := w.dispatch(0)
	w.signIn(org.RoleAdmin)
	unit := headsURL(w.fake.units[0].ID)
	w.says(w.post(unit, "head", string(zhao), "deputy", string(zhao)), "同一个人不能既是负责人又是副职")
	w.status(w.post(unit, "deputy", string(zhao)), http.StatusSeeOther)
	if !strings.Contains(w.get(unit).body, `name="deputy" value="`+string(zhao)+`" checked`) {
		t.Error("the deputy is not ticked")
	}
	w.says(w.get("/cases/units"), "赵敏（副职）", "办结方式和退单", "合计 12 4 3 1 2 31 5")
	w.signInAs("unit3")
	r := w.get(caseURL(id))
	w.says(r, "经办人：还没有交给谁", "领办")
	if strings.Contains(words(r.body), "交给本单位的谁办理") {
		t.Error("who is neither head nor deputy gives it to others")
	}
	w.says(w.moved(id, "give", "worker", string(qian)), "已安排经办人", "经办人 钱进", "交经办人，钱进")
	w.says(w.get("/cases?show=mine"), "我的 1", "烧烤店油烟扰民", "经办 钱进")
	w.signInAs("unit")
	w.says(w.get(caseURL(id)), "交给本单位的谁办理", "退回本单位")
	w.says(w.moved(id, "give", "worker", string(zhao)), "经办人 赵敏")
	w.says(w.get("/alerts?all=1"), "新派单，请签收") // who gives it to themselves is told nothing new
	w.says(w.get("/cases?show=waiting&handler="+string(zhao)), "烧烤店油烟扰民")
	if strings.Contains(words(w.get("/cases?show=waiting&handler="+string(qian)).body), "烧烤店油烟扰民") {
		t.Error("the filter lists what somebody else has")
	}
	w.says(w.moved(id, "give"), "退回本单位，重新安排经办人")
	r = w.post(caseURL(id)+"/give", "worker", string(qian), "seen", "0")
	w.status(r, http.StatusConflict)
	w.says(r, "这件工单刚刚有了变化")
}

func TestWhoWasChased(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.fake.now = w.fake.now.AddDate(0, 0, 40)
	w.strike(id, casework.MarkLate)
	w.strike(id, casework.MarkLateHead)
	w.strike(id, casework.MarkLateBoss)
	w.signIn(org.RoleAgent)
	w.says(w.get("/cases/chased"), "催办情况", "全部 1", "已催到督办员 1", "已催到领导 0", "烧烤店油烟扰民", "督办员 周远", "未看")
	w.says(w.get("/cases/chased?level=head"), "没有催办中的工单")
	w.status(w.get("/cases/chased?level=mayor"), http.StatusUnprocessableEntity)
	w.signInAs("unit")
	w.status(w.get("/cases/chased"), http.StatusForbidden)
	w.fake.answering.heads[w.fake.units[0].ID] = []org.AccountID{w.fake.accounts["unit"].ID}
	w.says(w.get("/cases/chased"), "本单位的催办情况", "烧烤店油烟扰民")
	w.says(w.get("/cases"), "催办情况")
}

func TestTheAccountabilityList(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signIn(org.RoleAgent)
	w.says(w.get("/cases/blamed"), "没有列入问责名单的工单")
	for range 2 {
		w.moved(id, "order", "text", "请办", "until", "2026-12-30")
		w.signInAs("unit")
		w.moved(id, "feedback", "text", "在办")
		w.jar = map[string]string{}
		w.signIn(org.RoleAgent)
		w.says(w.move(id, "strike_off", "reason", "half"), "督办的效果")
		w.says(w.moved(id, "strike_off", "reason", "fruitless"), "已销号", "销号：督办没有效果")
	}
	w.says(w.get(caseURL(id)), "已列入问责名单")
	w.says(w.get("/cases/blamed?from=2026-11-01&to=2026-11-30"), "华新区城市管理和综合执法局 1 件", "烧烤店油烟扰民", "2 / 2")
	w.says(w.get("/cases/blamed?to=2026-11-01"), "没有列入问责名单的工单")
	r := w.get("/cases/blamed?from=2026-12-01&to=2026-11-01")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "开始的日期要早于结束的日期")
	r = w.get("/cases/blamed?from=昨天")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "“列入日期从”的内容“昨天”不符合要求")
	w.says(w.move(w.dispatch(0), "order", "text", "请办", "until", "明天"), "“反馈日期”的内容“明天”不符合要求")
	w.signInAs("unit")
	w.status(w.get("/cases/blamed"), http.StatusForbidden)
}

func TestTheThirdTimeGoesToTheSupervisor(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.fake.cases[id].State, w.fake.cases[id].Ending, w.fake.cases[id].Reopened = casework.Closed, casework.Solved, casework.UsualRules().Reopened
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(id)), "仍没有解决，转督办")
	w.says(w.moved(id, "call_back", "reached", "1", "contacted", "1", "solved", "0", "satisfied", "0"), "办理中", "屡办未决", "督办待反馈", "重办两次仍没有解决，转督办")
	w.jar = map[string]string{}
	w.signInAs("unit")
	w.says(w.get("/alerts"), "多次没有解决，转督办")
	w.fake.cases[id].State, w.fake.cases[id].Ending = casework.Closed, casework.Lawful
	w.fake.cases[id].Explaining = casework.ToExplain
	w.says(w.get("/cases?show=explain"), "待说明 1", "烧烤店油烟扰民")
	w.says(w.move(id, "explain", "text", " "), "缺少“何时、怎样说明的”")
	w.says(w.moved(id, "explain", "text", "已上门说明依据"), "已记下说明", "已上门说明依据")
}

func TestAlertsOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	unit := w.fake.units[0].ID
	w.of(org.RoleUnit, unit)
	type inbox struct {
		Alerts []apiAlert
		Unread int
		Next   casework.AlertID
	}
	got := read[inbox](t, w.call(http.MethodGet, "/api/v1/alerts?unread=true", ""), http.StatusOK)
	if got.Unread != 1 || len(got.Alerts) != 1 || got.Alerts[0].Kind != "file" || got.Alerts[0].Words == "" || got.Alerts[0].Case != id {
		t.Fatalf("inbox %+v", got)
	}
	refused(t, w.call(http.MethodPost, "/api/v1/alerts/read", `{}`), http.StatusUnprocessableEntity, "field.required")
	if n := read[struct{ Read int }](t, w.call(http.MethodPost, "/api/v1/alerts/read", `{"alerts":[1]}`), http.StatusOK).Read; n != 1 {
		t.Errorf("%d read", n)
	}
	if r := read[apiReach](t, w.call(http.MethodPost, "/api/v1/alerts/reach", `{"mobile":"13800000021","mail":"","wecom":"","supervises":true}`), http.StatusOK); r != (apiReach{Mobile: "13800000021"}) {
		t.Errorf("reach %+v", r)
	}
	refused(t, w.call(http.MethodPost, "/api/v1/alerts/reach", `{"mobile":"1","mail":"","wecom":""}`), http.StatusUnprocessableEntity, "reach.mobile")
	refused(t, w.call(http.MethodGet, "/api/v1/accounts/unit/reach", ""), http.StatusForbidden, "role.forbidden")
	refused(t, w.call(http.MethodGet, "/api/v1/chases", ""), http.StatusForbidden, "role.forbidden")
	refused(t, w.call(http.MethodGet, "/api/v1/caseloads", ""), http.StatusForbidden, "role.forbidden")
	given := read[struct {
		Case    apiCase
		History []apiCaseEvent
	}](t, w.call(http.MethodPost, "/api/v1/cases/"+string(id)+"/moves", `{"move":"give","seen":0,"worker":"`+string(w.fake.accounts["unit"].ID)+`"}`), http.StatusOK)
	if given.Case.Handler != w.fake.accounts["unit"].ID {
		t.Errorf("given to %q", given.Case.Handler)
	}
	w.strike(id, casework.MarkLate)
	w.of(org.RoleAgent, "")
	chases := read[struct {
		Cases  []apiChased
		Counts map[casework.Level]int
		Next   casework.CaseID
	}](t, w.call(http.MethodGet, "/api/v1/chases?level=handler", ""), http.StatusOK)
	if len(chases.Cases) != 1 || chases.Counts[casework.ToHandler] != 1 || chases.Cases[0].Case.Chasing != casework.ToHandler || len(chases.Cases[0].Told) == 0 {
		t.Errorf("chases %+v", chases)
	}
	loads := read[struct {
		Units []apiCaseload
		Total apiCaseload
	}](t, w.call(http.MethodGet, "/api/v1/caseloads", ""), http.StatusOK)
	if len(loads.Units) != 1 || loads.Total.Endings != (apiEndings{12, 4, 3, 1}) || loads.Total.Returns != 2 || loads.Total.LostHours != 31 || loads.Total.Unit != "" {
		t.Errorf("loads %+v", loads)
	}
	blamed := read[struct {
		Cases  []apiCase
		Counts map[org.UnitID]int
		Next   casework.CaseID
	}](t, w.call(http.MethodGet, "/api/v1/accountability?from="+url.QueryEscape("2026-01-01T00:00:00Z"), ""), http.StatusOK)
	if len(blamed.Cases) != 0 {
		t.Errorf("blamed %+v", blamed)
	}
	refused(t, w.call(http.MethodGet, "/api/v1/accountability?from=2026-12-01T00:00:00Z&to=2026-11-01T00:00:00Z", ""), http.StatusUnprocessableEntity, "blame.period")
	w.of(org.RoleAdmin, "")
	if r := read[apiReach](t, w.call(http.MethodPost, "/api/v1/accounts/agent/reach", `{"mobile":"","mail":"","wecom":"","supervises":true}`), http.StatusOK); !r.Supervises {
		t.Errorf("reach %+v", r)
	}
	w.of(org.RoleBot, "")
	refused(t, w.call(http.MethodGet, "/api/v1/alerts", ""), http.StatusForbidden, "role.forbidden")
}

// TestAlertsLook looks at the inbox, the means and the lists of who was chased in
// a browser, wide and narrow.
func TestAlertsLook(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	b.signIn(org.RoleUnit)
	b.open("/alerts")
	b.look("alerts-empty")
	id := w.dispatch(0)
	w.strike(id, casework.MarkLate)
	b.open("/alerts")
	b.reads("#alerts", "已超期，催办经办人")
	b.look("alerts")
	b.open("/alerts/reach")
	b.look("alerts-reach")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/alerts")
	b.look("alerts-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.signOut()
	b.signIn(org.RoleAdmin)
	b.open("/cases/chased")
	b.reads("#chased", "经办人 赵敏")
	b.look("chased")
	b.open("/cases/blamed")
	b.look("blamed-empty")
	b.open("/cases/units")
	b.look("caseloads")
}

// TestWhoReceivedARefusedMatterReadsOfIt: on the page and over the API, and is led
// to the desk: there is no case.
func TestWhoReceivedARefusedMatterReadsOfIt(t *testing.T) {
	w := newWorld(t)
	matter := w.matter(time.Hour, "要求改判", "对法院的判决不服，要求热线改判。")
	w.signIn(org.RoleAgent)
	w.fake.alerts.rows = append(w.fake.alerts.rows, casework.Alert{
		ID: 1, Matter: matter, To: w.fake.accounts["agent"].ID, Level: casework.ToFirst, Kind: casework.AlertKind(casework.Recall), At: w.fake.now,
	})
	w.says(w.get("/alerts"), "您首问的诉求不予受理", "首问责任人", "没有立案")
	if to := w.get("/alerts/1").header.Get("Location"); to != "/desk/"+string(matter) {
		t.Errorf("it leads to %q", to)
	}
	a := newAPIWorld(t)
	a.of(org.RoleAgent, "")
	matter = id.New[intake.MatterID]()
	a.fake.alerts.rows = append(a.fake.alerts.rows, casework.Alert{
		ID: 1, Matter: matter, To: a.fake.accounts["agent"].ID, Level: casework.ToFirst, Kind: casework.AlertKind(casework.Recall), At: a.fake.now,
	})
	got := read[struct {
		Alerts []apiAlert
		Unread int
	}](t, a.call(http.MethodGet, "/api/v1/alerts", ""), http.StatusOK).Alerts
	if len(got) != 1 || got[0].Case != "" || got[0].Matter != matter || got[0].Words != "您首问的诉求不予受理" || got[0].Level != casework.ToFirst {
		t.Errorf("told %+v", got)
	}
}

// TestARefusedMattersFirstReceiverIsHandedOn: from the inbox and over the API, to
// somebody who may have it, by whose it is.
func TestARefusedMattersFirstReceiverIsHandedOn(t *testing.T) {
	w := newAPIWorld(t)
	matter := w.matter(time.Hour, "要求改判", "对法院的判决不服，要求热线改判。")
	w.signIn(org.RoleAgent)
	w.fake.alerts.rows = append(w.fake.alerts.rows, casework.Alert{
		ID: 1, Matter: matter, To: w.fake.accounts["agent"].ID, Level: casework.ToFirst, Kind: casework.AlertKind(casework.Recall), At: w.fake.now,
	})
	w.says(w.get("/alerts"), "移交首问")
	for _, login := range []string{"agent", "editor", "没有这个人"} {
		r := w.post("/alerts/first", "alert", "1", "matter", string(matter), "worker", login)
		w.status(r, http.StatusUnprocessableEntity)
		w.says(r, "首问只能移交给在用的话务员、派单员或管理员，请核对登录名“"+login+"”")
		if !strings.Contains(r.body, `value="`+login+`" aria-invalid="true"`) {
			t.Errorf("what was typed is gone: %s", words(r.body))
		}
	}
	w.status(w.post("/alerts/first", "matter", "x", "worker", "admin"), http.StatusNotFound)
	r := w.post("/alerts/first", "alert", "1", "matter", string(matter), "worker", " Admin")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "首问已移交，对方已收到提醒")
	w.status(w.post("/alerts/first", "alert", "1", "matter", string(matter), "worker", "admin"), http.StatusForbidden)
	w.signIn(org.RoleAdmin)
	w.says(w.get("/alerts"), "您首问的诉求不予受理", "首问责任人", "移交首问")

	path := "/api/v1/matters/" + string(matter) + "/first"
	w.of(org.RoleEditor, "")
	refused(t, w.call(http.MethodPost, path, `{"login":"agent"}`), http.StatusForbidden, "first.not_yours")
	w.of(org.RoleAdmin, "")
	refused(t, w.call(http.MethodPost, path, `{"login":"editor"}`), http.StatusUnprocessableEntity, "first.account")
	w.status(w.call(http.MethodPost, path, `{"login":"agent"}`), http.StatusNoContent)
	refused(t, w.call(http.MethodPost, "/api/v1/matters/"+id.New[string]()+"/first", `{"login":"agent"}`), http.StatusNotFound, "first.none")
	if last := w.fake.roster.lines[len(w.fake.roster.lines)-1]; last.Action != "pass_first" || last.Object != "matter:"+string(matter) {
		t.Errorf("on record %+v", last)
	}
}
