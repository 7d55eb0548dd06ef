package server

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

var seenVersion = regexp.MustCompile(`name="seen" value="(\d+)"`)

// move sends a form of a case's page as it stands.
func (w *world) move(id casework.CaseID, move string, fields ...string) reply {
	w.t.Helper()
	url := caseURL(id)
	seen := "0"
	if m := seenVersion.FindStringSubmatch(w.get(url).body); m != nil {
		seen = m[1]
	}
	return w.post(url+"/"+move, append(fields, "seen", seen)...)
}

// moved makes a move that works, and gives the page after it.
func (w *world) moved(id casework.CaseID, move string, fields ...string) reply {
	w.t.Helper()
	r := w.move(id, move, fields...)
	if r.status != http.StatusSeeOther {
		w.t.Fatalf("%s gives %d: %s", move, r.status, words(r.body))
	}
	return w.get(r.location)
}

func TestAUnitWorksOnItsCase(t *testing.T) {
	w := newWorld(t)
	w.signInAs("unit")
	if r := w.get("/"); r.location != "/cases" {
		t.Errorf("a unit begins at %q", r.location)
	}
	w.says(w.get("/cases"), "本单位的工单", "没有等着签收的工单")
	id := w.dispatch(0)
	r := w.get("/cases")
	w.says(r, "待签收 1", "烧烤店油烟扰民", "990101-20261123-0001", "还剩")
	for _, hidden := range []string{"受理台", "问知识库", "登记来电"} {
		if strings.Contains(words(r.body), hidden) {
			t.Errorf("a unit is shown %s", hidden)
		}
	}
	r = w.get(caseURL(id))
	w.says(r, "待签收", "楼下烧烤店每晚油烟很大", "清单规定“油烟污染”", "由城市管理和综合执法局主办", "签收", "答复诉求人，从立案起", "立案，派给华新区城市管理和综合执法局")
	if strings.Contains(r.body, "ABCDEFGH23") {
		t.Error("the citizen's receipt is shown to the unit")
	}
	w.says(w.moved(id, "accept"), "已签收，请在时限内办理并答复", "办理中", "单位办理，从签收起")
	w.says(w.get("/cases"), "烧烤店油烟扰民") // nothing waits to be accepted: what comes next is shown
	w.says(w.get("/cases?show=waiting"), "没有等着签收的工单")
	r = w.move(id, "ask_more", "days", "0")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有保存", "延长的天数应为 1 到 15 个工作日", "缺少“理由”")
	w.says(w.moved(id, "ask_more", "days", "3", "text", "要等检测报告"), "已申请，等热线审批", "申请延长 3 个工作日：要等检测报告")
	r = w.move(id, "propose", "public", "请联系 13812340021", "text", "内部情况")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "答复里像有个人信息：13812340021")
	if !strings.Contains(r.body, "内部情况</textarea>") || !strings.Contains(r.body, `id="answer" open`) {
		t.Error("the form forgets what was typed")
	}
	w.says(w.moved(id, "propose", "public", "已责令商户清洗净化器，复查达标。", "text", "内部情况"), "已提交，等热线审核", "结案待审核")
	w.status(w.get("/desk"), http.StatusForbidden)
	w.signInAs("unit2")
	w.status(w.get(caseURL(id)), http.StatusNotFound)
	w.status(w.post(caseURL(id)+"/accept", "seen", "0"), http.StatusNotFound)
}

func TestTheCentreDecides(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signInAs("unit")
	w.says(w.moved(id, "return", "reason", "duty", "text", "无证经营归市场监管", "unit", "云汀市生态环境局"), "已退单，等热线裁定")
	if got := w.fake.learned.returns; len(got) != 1 || got[0].Proposed != w.fake.units[1].ID || got[0].From != w.fake.units[0].ID {
		t.Errorf("the classifier hears %+v", got)
	}
	w.signIn(org.RoleAgent)
	w.says(w.get("/cases"), "退单待裁定 1", "华新区城市管理和综合执法局")
	r := w.get(caseURL(id))
	w.says(r, "华新区城市管理和综合执法局怎么说", "职责不符", "无证经营归市场监管", "建议由云汀市生态环境局办理", "清单怎么说", "回执码", "ABCDEFGH23")
	r = w.move(id, "redirect", "unit", "华新区城市管理和综合执法局")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "这就是现在的承办单位")
	w.says(w.moved(id, "redirect", "unit", "云汀市生态环境局", "text", "按清单"), "已改派", "改派给云汀市生态环境局", "待签收")
	w.signInAs("unit2")
	w.moved(id, "accept")
	w.moved(id, "propose", "public", "已处理。")
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(id)), "结案审核", "已处理。", "对照", "依法不能满足")
	w.says(w.moved(id, "send_back", "text", "请写明日期"), "已退回承办单位重办", "请写明日期")
	w.signInAs("unit2")
	w.moved(id, "propose", "public", "11 月 23 日已处理。")
	w.signIn(org.RoleAdmin)
	r = w.move(id, "close", "reason", "promised")
	w.says(r, "请填写承诺解决的日期")
	w.says(w.move(id, "close", "reason", "promised", "until", "明天"), errs.Sentence(errs.New(errs.Invalid, "field.invalid", "承诺解决的日期", "明天")))
	w.says(w.moved(id, "close", "reason", "promised", "until", "2026-12-01"), "已办结", "承诺限期解决", "12月1日 周二 17:30")
	w.signIn(org.RoleEditor)
	if r := w.get(caseURL(id)); strings.Contains(r.body, `action="`+caseURL(id)) {
		t.Error("an editor may act on a case")
	}
	w.status(w.post(caseURL(id)+"/reopen", "seen", "9", "text", "x"), http.StatusForbidden)
}

// TestADisputeIsRuledOn: two units give a case back, both speak, the centre
// rules, and nobody gives it back again.
func TestADisputeIsRuledOn(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signInAs("unit")
	w.moved(id, "return", "reason", "duty", "text", "不归城管")
	w.signIn(org.RoleAgent)
	w.moved(id, "redirect", "unit", "云汀市生态环境局")
	w.signInAs("unit2")
	w.says(w.moved(id, "return", "reason", "duty", "text", "也不归环保"), "职责争议：已有 2 个单位退单", "裁定前由云汀市生态环境局先行处置")
	w.says(w.moved(id, "statement", "text", "露天烧烤归城管"), "已记下意见", "露天烧烤归城管")
	w.signInAs("unit")
	w.says(w.get("/cases?show=disputed"), "职责争议")
	w.says(w.moved(id, "statement", "text", "店内经营归环保"), "店内经营归环保", "露天烧烤归城管")
	w.status(w.move(id, "accept"), http.StatusForbidden)
	w.signIn(org.RoleAgent)
	green := string(w.fake.units[1].ID)
	w.says(w.move(id, "record", "text", "两家到场，商定由环保办理"), "缺少“哪些单位到场”", "缺少“依据的条款”", "缺少“由哪个单位主办”", "缺少“由谁决定”")
	w.says(w.moved(id, "record", "text", "两家到场，商定由环保办理", "unit", w.fake.units[1].Name, "clause", "三定方案第四条", "decided", "值班长", "who-"+green, "大气科", "said-"+green, "可以办"),
		"会商记录：到场云汀市生态环境局（大气科）；商定由云汀市生态环境局主办；依据三定方案第四条；值班长决定，两家到场，商定由环保办理")
	w.says(w.moved(id, "keep", "text", "会商商定"), "已维持原派", "办理中")
	w.signInAs("unit2")
	w.says(w.post(caseURL(id)+"/return", "seen", "4", "reason", "duty", "text", "x"), "没有保存")
	if r := w.get(caseURL(id)); strings.Contains(r.body, caseURL(id)+"/return") {
		t.Error("after the ruling it can be given back")
	}
}

func TestDuplicatesAreMergedOnThePage(t *testing.T) {
	w := newWorld(t)
	first := w.dispatch(0)
	second := w.dispatch(0)
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(second)), "并案：有 1 件可能是同一件事", "990101-20261123-0001")
	w.says(w.move(second, "merge", "number", "nothing"), "没有编号为“nothing”的其他工单")
	w.says(w.moved(second, "merge", "number", "990101-20261123-0001"), "已并案", "与 990101-20261123-0001", "与较早的一件合并办理")
	w.says(w.get(caseURL(first)), "另一件诉求并入办理")
	w.says(w.get("/receipt/ABCDEFGH24"), "与反映同一件事的较早诉求合并办理", "工单编号 990101-20261123-0001", "催一催")
}

func TestAUnitAsksForTheContact(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signInAs("unit")
	w.says(w.get(caseURL(id)), "诉求人没有同意公开")
	w.status(w.post(caseURL(id)+"/contact/open"), http.StatusForbidden)
	w.says(w.post(caseURL(id)+"/contact", "why", ""), "没有保存", "缺少“为什么需要联系方式”")
	r := w.post(caseURL(id)+"/contact", "why", "约上门时间")
	w.says(w.get(r.location), "已申请", "赵敏", "约上门时间 等热线审批")
	request := caseURL(id) + "/contact/" + string(w.fake.cases[id].asks[0].ID)
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(id)), "诉求人同意的，可看几天（1–30）")
	w.says(w.post(request, "grant", "0"), "缺少“不同意的理由”")
	r = w.post(request, "grant", "1", "days", "3")
	w.says(w.get(r.location), "已审批", "可看到 11月26日 周四 09:30")
	w.signInAs("unit")
	if page := w.get(caseURL(id)); strings.Contains(page.body, "13812340021") {
		t.Error("the contact stands on the page before it is opened")
	}
	w.says(w.post(caseURL(id)+"/contact/open"), "王女士 13812340021", "已记录是您看的")
	if n := len(w.fake.looks); n != 1 || w.fake.looks[0].Actor != w.fake.accounts["unit"].ID || !strings.Contains(w.fake.looks[0].Detail, "约上门时间") {
		t.Errorf("on record %+v", w.fake.looks)
	}
}

func TestARefusalIsCheckedByAnother(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(s.Sure)
	w.says(w.get(path), "不予受理：应申请行政复议，请向行政复议机关提出", "由另一个人复核后生效")
	w.status(w.post(path+"/decline", append(seen(w.get(path).body), "why", casework.RefusalReasons()[2])...), http.StatusSeeOther)
	w.says(w.get("/cases/refusals"), "不予受理：应申请行政复议", "这是您自己的决定")
	check := "/cases/refusals/" + string(w.last(s.Sure).ID)
	w.status(w.post(check, "agree", "1"), http.StatusForbidden)
	w.signIn(org.RoleAdmin)
	w.says(w.post(check, "why", ""), "没有保存", "缺少“不同意的理由”")
	r := w.post(check, "why", "属于劳动监察")
	w.says(w.get(r.location), "已退回受理台，重新决定", "没有等着复核的不予受理")
	w.status(w.post(check, "agree", "1"), http.StatusConflict)
	w.signIn(org.RoleEditor)
	w.status(w.get("/cases/refusals"), http.StatusForbidden)
}

func TestCallbackAndOrders(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signIn(org.RoleAgent)
	w.says(w.move(id, "order", "text", "三天内办结"), "请填写反馈的日期")
	w.says(w.moved(id, "order", "text", "三天内办结", "until", "2026-11-26"), "已督办", "督办待反馈", "督办反馈", "三天内办结")
	w.signInAs("unit")
	w.moved(id, "accept")
	w.says(w.moved(id, "feedback", "text", "已约商户"), "已反馈，等督办人销号", "督办已反馈，待销号")
	w.signIn(org.RoleAgent)
	w.says(w.moved(id, "strike_off"), "已销号")
	answer := func() {
		w.signInAs("unit")
		w.moved(id, "propose", "public", "已办。")
		w.signIn(org.RoleAgent)
		w.says(w.moved(id, "close", "reason", "solved"), "还没有回访，暂不计入三率")
	}
	answer()
	page := w.post(caseURL(id)+"/call_back", append(seen(w.get(caseURL(id)).body), "reached", "1", "contacted", "1")...)
	w.status(page, http.StatusUnprocessableEntity)
	w.says(page, "缺少“三个问题的回答”")
	w.says(w.moved(id, "call_back", "reached", "0"), "回访未接通", "1 次未接通")
	w.says(w.moved(id, "call_back", "reached", "1", "contacted", "1", "solved", "0", "satisfied", "0"), "回访：有人联系，没有解决，不满意，转华新区城市管理和综合执法局重办", "办理中", "重办 1 次")
	answer()
	w.says(w.moved(id, "call_back", "reached", "1", "contacted", "1", "solved", "1", "satisfied", "1"), "已记下回访", "有人联系，已解决，满意", "计入三率")
	w.says(w.get("/cases/units"), "各单位的办理情况", "华新区城市管理和综合执法局", "95%（19 / 20）", "80%（8 / 10）")
	w.signInAs("unit")
	w.status(w.get("/cases/units"), http.StatusForbidden)
}

// TestTheSecondIsToldWhatTheFirstDid: two people have the page open.
func TestTheSecondIsToldWhatTheFirstDid(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signInAs("unit")
	w.status(w.post(caseURL(id)+"/accept", "seen", "0"), http.StatusSeeOther)
	r := w.post(caseURL(id)+"/return", "seen", "0", "reason", "duty", "text", "不归我们")
	w.status(r, http.StatusConflict)
	w.says(r, "赵敏：华新区城市管理和综合执法局已签收", "这件工单刚刚有了变化，您的操作没有生效")
	if !strings.Contains(r.body, "不归我们</textarea>") {
		t.Error("what the second wrote is lost")
	}
}

func TestACitizenFollowsTheCase(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.says(w.get("/receipt"), "查办理进度", "回执码")
	w.status(w.do(form("/receipt", "code", "nothing")), http.StatusNotFound)
	r := w.do(form("/receipt", "code", "abcde-fgh23"))
	if r.location != "/receipt/ABCDEFGH23" {
		t.Fatalf("%d %q: %s", r.status, r.location, words(r.body))
	}
	page := r.location
	w.says(w.get(page), "已受理，正在安排办理", "承办单位 华新区城市管理和综合执法局", "最迟答复 2026年12月2日", "催一催")
	r = w.do(form(page + "/chase"))
	w.says(w.get(r.location), "已转告承办单位和热线。办理时限不变", "您催了一次")
	w.status(w.do(form(page+"/chase")), http.StatusConflict)
	r = w.do(form(page+"/supplement", "text", "我的电话 13812340021，晚上最严重"))
	w.says(w.get(r.location), "已记下", "您补充了情况：我的电话〔电话〕，晚上最严重")
	w.says(w.do(form(page+"/supplement", "text", " ")), "缺少“补充的情况”")

	w.signInAs("unit")
	w.says(w.get(caseURL(id)), "诉求人催了 1 次", "诉求人：补充情况，我的电话〔电话〕，晚上最严重")
	w.moved(id, "accept")
	w.moved(id, "propose", "public", "已责令整改。", "text", "内部情况")
	if r := w.get(page); strings.Contains(r.body, "已责令整改") || !strings.Contains(r.body, "热线正在核对") {
		t.Error("an answer that nobody has checked is shown")
	}
	w.signIn(org.RoleAgent)
	w.says(w.get("/desk/"+string(w.fake.cases[id].Matter)), "工单 990101-20261123-0001", "回执码 ABCDEFGH23")
	w.moved(id, "close", "reason", "solved", "text", "内部核对")
	r = w.get(page)
	w.says(r, "已办结：已解决", "答复 已责令整改。")
	for _, hidden := range []string{"内部", "赵敏", "陈静"} {
		if strings.Contains(r.body, hidden) {
			t.Errorf("the citizen is shown %s", hidden)
		}
	}
	w.status(w.do(form(page+"/chase")), http.StatusConflict)
}

// TestCasesLook looks at the pages in a browser, wide and narrow.
func TestCasesLook(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	id := w.dispatch(0)
	b.signIn(org.RoleUnit)
	b.open("/cases")
	b.look("cases")
	b.open(caseURL(id))
	b.look("case-waiting")
	b.press("a")
	b.reads("#case-state", "办理中")
	b.press("d")
	b.reads("#answer", "提交审核")
	b.look("case-answer")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.look("case-narrow")
	b.open("/cases?show=handling")
	b.look("cases-narrow")
	b.open("/receipt/ABCDEFGH23")
	b.look("receipt-narrow")
}
