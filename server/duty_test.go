package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/classifier"
	"huying/internal/id"
	"huying/internal/org"
)

// disputed gives a case that the first unit and then the second have given back,
// and adds an account of a third unit, "unit3".
func (w *world) disputed() casework.CaseID {
	w.t.Helper()
	third := w.fake.accounts["unit"]
	third.ID, third.Login, third.Name, third.Unit = id.New[org.AccountID](), "unit3", "郑凯", w.fake.units[2].ID
	w.fake.accounts["unit3"] = third
	c := w.dispatch(0)
	w.signInAs("unit")
	w.moved(c, "return", "reason", "duty", "text", "店内经营归环保")
	w.signIn(org.RoleAgent)
	w.moved(c, "redirect", "unit", w.fake.units[1].Name)
	w.signInAs("unit2")
	w.moved(c, "return", "reason", "duty", "text", "露天烧烤归城管")
	return c
}

// TestAMeetingOnThePages: a unit that never had the case is invited, finds it in its
// inbox, and speaks; the record is kept in parts; the ruling is a precedent that is
// shown beside the next return of the like, until it is repealed.
func TestAMeetingOnThePages(t *testing.T) {
	w := newWorld(t)
	c := w.disputed()
	first, second, third := w.fake.units[0], w.fake.units[1], w.fake.units[2]
	w.signInAs("unit3")
	w.status(w.get(caseURL(c)), http.StatusNotFound)
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(c)), "边办边议：裁定前由"+second.Name+"先行处置", "还没有邀请会商")
	w.says(w.move(c, "invite", "units", second.Name, "at", "2026-11-23T09:00"), "会商的时间要晚于现在", "“"+second.Name+"”是争议的一方", "缺少“在哪里或以什么方式”", "缺少“要商定什么”")
	w.says(w.moved(c, "invite", "units", third.Name, "at", "2026-11-24T15:00", "where", "视频会议", "text", "由谁主办"),
		"已邀请", "11月24日 周二 15:00", "视频会议", "要商定：由谁主办", "另请："+third.Name, "邀请会商，11月24日 15:00，视频会议，另请"+third.Name)
	w.signInAs("unit3")
	w.says(w.get("/alerts"), "会商邀请，请陈述意见")
	page := w.get(caseURL(c))
	w.says(page, "职责争议", "陈述本单位的意见")
	for _, hidden := range []string{"/accept", "/return", "/contact", "/rule", w.fake.cases[c].Receipt} {
		if strings.Contains(page.body, hidden) {
			t.Errorf("who was invited finds %q", hidden)
		}
	}
	w.says(w.moved(c, "statement", "text", "占道部分归街道"), third.Name+"陈述意见，占道部分归街道")
	w.signIn(org.RoleAgent)
	w.says(w.move(c, "record", "text", "x", "unit", "没有这个单位"), "没有")
	w.moved(c, "record", "text", "城管主办", "unit", first.Name, "co", third.Name, "clause", "条例第八条", "decided", "分管副主任", "from", "2026-11-24",
		"who-"+string(first.ID), "法规科", "said-"+string(first.ID), "可以办", "who-"+string(third.ID), "城管办")
	page = w.get(caseURL(c))
	w.says(page, "会商记录", "法规科：可以办", "商定 "+first.Name+"主办，"+third.Name+"协办，从2026年11月24日起", "决定 分管副主任")
	if !strings.Contains(page.body, `name="clause" maxlength="300" autocomplete="off" value="条例第八条"`) {
		t.Error("the ruling does not begin with what the meeting settled")
	}
	w.says(w.move(c, "rule", "unit", first.Name, "co", third.Name, "facts", "露天烧烤油烟"), "缺少“裁定的理由”")
	w.says(w.moved(c, "rule", "unit", first.Name, "co", third.Name, "facts", "露天烧烤油烟 13812340021", "text", "按属责在先"), "已裁定，记为判例", "改派给"+first.Name+"，按属责在先", "待签收")
	w.signInAs("unit3")
	w.says(w.get("/precedents"), "露天烧烤油烟 〔电话〕", "由"+first.Name+"办理，改派", "依据 条例第八条", "按属责在先")

	next := w.dispatch(1)
	w.signInAs("unit2")
	w.says(w.get(caseURL(next)), "判例：同一事项或同样单位之间，以前怎样裁定", "由"+first.Name+"办理（改派）") // beside the form that gives back
	w.moved(next, "return", "reason", "duty", "text", "归城管")
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(next)), "退单待裁定", "由"+first.Name+"办理（改派）")
	w.says(w.get("/desk/"+string(w.fake.cases[next].Matter)), "由"+first.Name+"办理（改派）")
	w.says(w.get("/precedents?q=油烟+属责"), "露天烧烤油烟")
	w.says(w.get("/precedents?q=噪声"), "没有符合条件的判例")
	w.says(w.get("/precedents?unit="+second.Name), "露天烧烤油烟")
	w.says(w.get("/precedents?category=没有的事项"), "没有查找")
	which := "/precedents/" + string(w.fake.rulings[0].ID) + "/repeal"
	w.status(w.post(which, "why", "x"), http.StatusForbidden)
	w.signIn(org.RoleAdmin)
	w.says(w.post(which, "why", " "), "缺少“废止的理由”")
	w.status(w.post(which, "why", "条例已修订"), http.StatusSeeOther)
	w.says(w.post(which, "why", "再废一次"), "这个判例已经废止")
	w.says(w.get("/precedents"), "已废止", "周远", "条例已修订")
	if page := w.get(caseURL(next)); strings.Contains(page.body, "判例：同一事项") {
		t.Error("a repealed precedent is shown beside a return")
	}
}

// shared gives a case of the first unit with the second as its co-unit.
func (w *world) shared() casework.CaseID {
	w.t.Helper()
	c := w.dispatch(0)
	k := w.fake.cases[c]
	k.CoUnits = []org.UnitID{w.fake.units[1].ID}
	return c
}

func TestSharesOnThePages(t *testing.T) {
	w := newWorld(t)
	c := w.shared()
	first, second := string(w.fake.units[0].ID), string(w.fake.units[1].ID)
	w.signInAs("unit")
	w.says(w.move(c, "allot", "part-"+first, "清理", "until-"+first, "2026-11-20"), "完成时间要晚于现在", "缺少“"+w.fake.units[1].Name+"”的分工")
	w.says(w.moved(c, "allot", "part-"+first, "清理占道", "until-"+first, "2026-11-27", "part-"+second, "检测油烟", "until-"+second, "2026-11-25"),
		"已拟定，等各单位答复", "拟定，都同意才生效", "清理占道", "已同意", "检测油烟", "待答复", "拟定分工："+w.fake.units[0].Name+"清理占道（11月27日前）")
	w.signInAs("unit2")
	w.says(w.get("/alerts"), "拟定了分工，请答复是否同意")
	w.says(w.move(c, "refuse_share"), "缺少“不同意的理由”")
	w.says(w.moved(c, "refuse_share", "text", "检测要三天"), "不同意：检测要三天")
	if page := w.get(caseURL(c)); strings.Contains(page.body, "/agree_share") {
		t.Error("it may answer again")
	}
	w.signIn(org.RoleAgent)
	w.moved(c, "allot", "part-"+first, "清理占道", "until-"+first, "2026-11-27", "part-"+second, "检测油烟", "until-"+second, "2026-11-27")
	for _, login := range []string{"unit", "unit2"} {
		w.signInAs(login)
		w.moved(c, "agree_share")
	}
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(c)), "各单位已商定", "派单方式 商定办", "重新拟定")
}

func TestASuperiorNamesTheUnitOnThePages(t *testing.T) {
	w := newWorld(t)
	c := w.dispatch(0)
	w.signIn(org.RoleAgent)
	if page := w.get(caseURL(c)); strings.Contains(page.body, `id="appoint"`) {
		t.Error("an agent is no superior")
	}
	w.status(w.post(caseURL(c)+"/appoint", "seen", "0", "unit", w.fake.units[1].Name, "text", "x"), http.StatusForbidden)
	w.signIn(org.RoleLeader)
	w.says(w.get("/leader/"+string(c)), "指定承办单位")
	w.says(w.move(c, "appoint", "unit", w.fake.units[1].Name), "缺少“指定的理由”")
	w.says(w.moved(c, "appoint", "unit", w.fake.units[1].Name, "text", "区里定由环保办"), "已指定", "高岚：指定由"+w.fake.units[1].Name+"办理，区里定由环保办", "指定办，高岚指定")
	w.signInAs("unit2")
	page := w.get(caseURL(c))
	w.says(page, "这件是上级指定办的，承办单位不能自行退单；确有不当的，请高岚同意退单")
	if strings.Contains(page.body, caseURL(c)+"/return") {
		t.Error("it may be given back")
	}
	w.signIn(org.RoleAdmin)
	w.says(w.moved(c, "unappoint", "text", "情况有变"), "同意"+w.fake.units[1].Name+"退单")
	w.signInAs("unit2")
	w.moved(c, "return", "reason", "duty", "text", "归城管")
}

func TestWhatIsDoneAtOnceOnThePages(t *testing.T) {
	w := newWorld(t)
	c := w.dispatch(0)
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(c)), "10 分钟内签收，60 分钟内先行处置，昼夜都算")
	w.says(w.move(c, "hurry"), "缺少“为什么要马上处置”")
	w.says(w.moved(c, "hurry", "text", "路面塌陷"), "已转立即办", "立即办，还没有先行处置", "立即办：华新区城市管理和综合执法局 09:40 前签收，10:30 前先行处置，路面塌陷")
	w.signInAs("unit")
	w.says(w.get("/alerts"), "立即办，请马上签收、先行处置")
	w.moved(c, "accept")
	page := w.get(caseURL(c))
	if w.says(page, "立即办：先行处置"); strings.Contains(page.body, caseURL(c)+"/return") || strings.Contains(page.body, caseURL(c)+"/ask_more") {
		t.Error("it may be given back, or put off, before anybody has acted")
	}
	w.says(w.post(caseURL(c)+"/return", "seen", fmt.Sprint(w.fake.cases[c].Version), "reason", "duty", "text", "x"), "立即办的请先行处置")
	w.says(w.moved(c, "act", "text", "已围挡"), "已先行处置，已围挡")
	w.moved(c, "return", "reason", "duty", "text", "管线单位的")
}

func TestWhoReceivedItFirstOnThePages(t *testing.T) {
	w := newWorld(t)
	c := w.dispatch(0)
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(c)), "首问责任人 陈静", "移交首问")
	w.says(w.get("/cases?show=first"), "我首问的", "烧烤店油烟扰民")
	w.signInAs("unit")
	w.says(w.get(caseURL(c)), "首问责任人 陈静")
	w.status(w.post(caseURL(c)+"/pass_first", "seen", "0", "worker", "unit"), http.StatusForbidden)
	w.moved(c, "return", "reason", "duty", "text", "归环保")
	w.signIn(org.RoleAgent)
	w.says(w.get("/alerts"), "您首问的诉求被单位退单")
	w.says(w.move(c, "pass_first", "worker", "unit2"), "首问只能移交给在用的话务员、派单员或管理员")
	w.says(w.moved(c, "pass_first", "worker", "admin"), "首问已移交", "首问责任人 周远", "移交首问，首问移交周远")
}

// TestDutyOverTheAPI: what the pages do, by operation.
func TestDutyOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	c := w.shared()
	units := w.fake.units
	type caseFile struct {
		Case    apiCase
		History []apiCaseEvent
	}
	seen := 0
	move := func(body string) reply {
		t.Helper()
		return w.call(http.MethodPost, "/api/v1/cases/"+string(c)+"/moves", fmt.Sprintf(body, seen))
	}
	do := func(body string) caseFile {
		t.Helper()
		got := read[caseFile](t, move(body), http.StatusOK)
		seen = got.Case.Version
		return got
	}
	as := func(login string) {
		a := w.fake.accounts[login]
		w.allow(w.token, org.Actor{Account: a.ID, Login: a.Login, Name: a.Name, Roles: a.Roles, Unit: a.Unit})
	}
	w.of(org.RoleAgent, "")
	as("agent")
	refused(t, move(`{"move":"allot","seen":%d}`), http.StatusUnprocessableEntity, "share.missing")
	got := do(`{"move":"allot","seen":%d,"shares":[{"unit":"` + string(units[0].ID) + `","part":"清理","due":"2026-11-27T09:00:00Z"},{"unit":"` + string(units[1].ID) + `","part":"检测","due":"2026-11-26T09:00:00Z"}]}`)
	if len(got.Case.Proposed) != 2 || len(got.History[len(got.History)-1].Shares) != 2 {
		t.Errorf("proposed %+v", got.Case)
	}
	as("unit")
	do(`{"move":"agree_share","seen":%d}`)
	as("unit2")
	if got = do(`{"move":"agree_share","seen":%d}`); len(got.Case.Agreed) != 2 || got.Case.Way != casework.Agreed || got.Case.Agreed[1].Answer != casework.ShareAgreed {
		t.Errorf("agreed %+v", got.Case)
	}
	as("agent")
	if got = do(`{"move":"hurry","seen":%d,"text":"塌陷"}`); got.Case.ActDue == nil || got.Case.ActedAt != nil {
		t.Errorf("at once %+v", got.Case)
	}
	if got = do(`{"move":"calm","seen":%d,"text":"已处置"}`); got.Case.ActDue != nil {
		t.Errorf("as usual %+v", got.Case)
	}
	as("unit")
	do(`{"move":"return","seen":%d,"reason":"duty","text":"归环保"}`)
	as("agent")
	refused(t, move(`{"move":"invite","seen":%d,"text":"x","meeting":{"at":"2026-11-24T07:00:00Z","where":"视频"}}`), http.StatusConflict, "case.no_dispute")
	do(`{"move":"redirect","seen":%d,"unit":"` + string(units[1].ID) + `"}`)
	as("unit2")
	do(`{"move":"return","seen":%d,"reason":"duty","text":"归城管"}`)
	as("agent")
	refused(t, move(`{"move":"invite","seen":%d,"text":"x"}`), http.StatusUnprocessableEntity, "field.required")
	if got = do(`{"move":"invite","seen":%d,"text":"由谁办","meeting":{"units":["` + string(units[2].ID) + `"],"at":"2026-11-24T07:00:00Z","where":"视频"}}`); len(got.Case.Invited) != 1 || got.History[len(got.History)-1].Meeting == nil {
		t.Errorf("invited %+v", got.Case)
	}
	refused(t, move(`{"move":"record","seen":%d,"text":"x"}`), http.StatusUnprocessableEntity, "field.required")
	got = do(`{"move":"record","seen":%d,"text":"环保办","minutes":{"present":[{"unit":"` + string(units[1].ID) + `","who":"大气科"}],"clause":"第四条","lead":"` + string(units[1].ID) + `","decided":"值班长"}}`)
	if m := got.History[len(got.History)-1].Minutes; m == nil || len(m.Present) != 1 || m.Lead != units[1].ID {
		t.Errorf("on record %+v", m)
	}
	before := got.Case.Decision
	if got = do(`{"move":"rule","seen":%d,"unit":"` + string(units[1].ID) + `","facts":"店内油烟","text":"按条款"}`); got.Case.State != casework.Handling || got.Case.Decision == before || got.History[len(got.History)-1].Move != casework.Keep {
		t.Errorf("ruled %+v", got.Case)
	}
	type list struct{ Precedents []apiPrecedent }
	all := read[list](t, w.call(http.MethodGet, "/api/v1/precedents?q=%E6%B2%B9%E7%83%9F", ""), http.StatusOK).Precedents
	if len(all) != 1 || !all[0].Kept || all[0].Clause != "第四条" || all[0].Unit != units[1].ID {
		t.Fatalf("precedents %+v", all)
	}
	if like := read[list](t, w.call(http.MethodGet, "/api/v1/precedents?case="+string(c), ""), http.StatusOK).Precedents; len(like) != 1 {
		t.Errorf("like it %+v", like)
	}
	repeal := "/api/v1/precedents/" + string(all[0].ID) + "/repeal"
	refused(t, w.call(http.MethodPost, repeal, `{"why":"修订"}`), http.StatusForbidden, "role.forbidden")
	as("admin")
	w.status(w.call(http.MethodPost, repeal, `{"why":"修订"}`), http.StatusNoContent)
	refused(t, w.call(http.MethodPost, repeal, `{"why":"修订"}`), http.StatusConflict, "precedent.repealed")
	if all = read[list](t, w.call(http.MethodGet, "/api/v1/precedents", ""), http.StatusOK).Precedents; all[0].Repealed == nil {
		t.Error("it holds still")
	}
	if got = do(`{"move":"appoint","seen":%d,"unit":"` + string(units[0].ID) + `","text":"定了"}`); got.Case.Superior == "" || got.Case.Unit != units[0].ID || got.Case.Way != casework.Appointed {
		t.Errorf("appointed %+v", got.Case)
	}
	if got = do(`{"move":"unappoint","seen":%d,"text":"同意"}`); got.Case.Superior != "" {
		t.Errorf("released %+v", got.Case)
	}
	if got = do(`{"move":"pass_first","seen":%d,"login":"admin"}`); got.Case.First != w.fake.accounts["admin"].ID {
		t.Errorf("handed over %+v", got.Case)
	}
	type cases struct{ Cases []apiCase }
	if mine := read[cases](t, w.call(http.MethodGet, "/api/v1/cases?show=first", ""), http.StatusOK); len(mine.Cases) != 1 {
		t.Errorf("received first %+v", mine)
	}
}

func TestDutyLooksAsItShould(t *testing.T) {
	w := newWorld(t)
	c := w.disputed()
	b := newBrowser(t, w)
	w.fake.rulings = []classifier.Precedent{
		{ID: "01a21692-ee9f-7ee5-aefc-51b835ebd037", Case: "990101-20261101-0007", Category: w.leaf("油烟污染").ID, Facts: "夜市摊点油烟直排，占用人行道", Between: []org.UnitID{w.fake.units[0].ID, w.fake.units[1].ID}, Unit: w.fake.units[0].ID, Clause: "《大气污染防治法》第一百一十八条", Reason: "露天烧烤由城管查处，环保配合检测", By: w.fake.accounts["agent"].ID, ByName: "陈静", At: w.fake.now.AddDate(0, 0, -20)},
		{ID: "01a21692-ee9f-7ee5-aefc-51b835ebd036", Category: w.leaf("油烟污染").ID, Facts: "店内炉灶油烟扰民", Between: []org.UnitID{w.fake.units[0].ID, w.fake.units[1].ID}, Unit: w.fake.units[1].ID, Kept: true, Reason: "店内经营由环保查处", ByName: "陈静", At: w.fake.now.AddDate(0, 0, -40), Repeal: classifier.Repeal{At: w.fake.now, ByName: "周远", Why: "条例已修订"}},
	}
	third := string(w.fake.units[2].ID)
	w.signIn(org.RoleAgent)
	w.moved(c, "invite", "units", w.fake.units[2].Name, "at", "2026-11-24T15:00", "where", "热线 3 号会议室", "text", "店内店外都有，由谁主办、谁配合")
	w.signInAs("unit3")
	w.moved(c, "statement", "text", "占道部分由街道清理，油烟归主管部门")
	b.signIn(org.RoleAgent)
	b.open(caseURL(c))
	b.look("case-dispute")
	w.signIn(org.RoleAgent)
	w.moved(c, "record", "text", "城管主办，环保检测，街道清理", "unit", w.fake.units[0].Name, "co", w.fake.units[1].Name, "clause", "《大气污染防治法》第一百一十八条", "decided", "热线分管副主任", "from", "2026-11-24",
		"who-"+third, "城管办", "said-"+third, "占道部分由街道清理")
	b.open(caseURL(c) + "#rule")
	b.look("case-ruling")
	b.open("/precedents")
	b.look("precedents")
	b.open("/precedents?q=没有的词")
	b.look("precedents-none")
	s := w.shared()
	first, second := string(w.fake.units[0].ID), string(w.fake.units[1].ID)
	w.signInAs("unit")
	w.moved(s, "allot", "part-"+first, "清理占道经营，每晚巡查", "until-"+first, "2026-11-27", "part-"+second, "检测油烟排放", "until-"+second, "2026-11-25")
	w.signIn(org.RoleAgent)
	w.moved(s, "hurry", "text", "燃气味明显")
	b.open(caseURL(s))
	b.look("case-shares")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open(caseURL(c))
	b.look("case-dispute-narrow")
	b.open("/precedents")
	b.look("precedents-narrow")
}
