package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/org"
)

// TestWaitingForTheCitizenPauses: two attempts, then the clocks stand, and run
// again when the citizen has answered.
func TestWaitingForTheCitizenPauses(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signInAs("unit")
	w.moved(id, "accept")
	w.says(w.move(id, "pause", "public", "哪一家店"), "联系诉求人至少 2 次没有接通，才能暂停计时")
	w.says(w.moved(id, "try", "text", "上午打电话，无人接听"), "联系诉求人，没有联系上，上午打电话，无人接听")
	w.says(w.move(id, "try", "text", "马上又打"), "请隔两小时再联系")
	w.fake.now = w.fake.now.Add(3 * time.Hour)
	w.moved(id, "try", "text", "下午打电话，无人接听")
	w.says(w.move(id, "pause", "public", "请打 13812340021"), "答复里像有个人信息", "已核对：没有个人信息")
	w.says(w.moved(id, "pause", "public", "请问是哪一家店"), "等诉求人，计时已暂停，最迟恢复", "至多 5 个工作日", "恢复计时")
	w.says(w.get("/receipt/ABCDEFGH23"), "正在等您补充情况", "承办单位想请您补充：请问是哪一家店", "时限已暂停，您补充后马上继续；最迟 2026年11月30日 恢复")
	w.fake.now = w.fake.now.AddDate(0, 0, 1)
	w.status(w.do(form("/receipt/ABCDEFGH23/supplement", "text", "松柏路口那一家")), http.StatusSeeOther)
	w.says(w.get("/receipt/ABCDEFGH23"), "正在办理", "您补充了情况，时限继续计算：松柏路口那一家", "最迟答复 2026年12月3日")
	w.signInAs("unit")
	w.says(w.get(caseURL(id)), "补充情况，恢复计时，松柏路口那一家")
}

// TestACitizenWithdraws: the unit sees it, the centre closes or goes on.
func TestACitizenWithdraws(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	page := "/receipt/ABCDEFGH23"
	w.says(w.do(form(page+"/withdraw", "text", " ")), "缺少“撤回的原因”")
	w.says(w.get(w.do(form(page+"/withdraw", "text", "店家已经整改")).location), "承办单位能看到，热线核对后结案", "您要求撤回：店家已经整改")
	w.says(w.do(form(page+"/withdraw", "text", "再说一次")), "已经要求撤回，请等热线处理")
	w.signInAs("unit")
	w.says(w.get(caseURL(id)), "诉求人要求撤回", "店家已经整改", "结案前仍由华新区城市管理和综合执法局办理")
	w.status(w.move(id, "let_go"), http.StatusForbidden)
	w.signIn(org.RoleAgent)
	w.says(w.move(id, "go_on"), "缺少“给诉求人的话”")
	w.says(w.moved(id, "go_on", "public", "其他住户也反映，继续办理"), "已告知诉求人继续办理")
	w.says(w.get(page), "没有撤回，继续办理：其他住户也反映，继续办理")
	w.do(form(page+"/withdraw", "text", "我要撤回"))
	w.says(w.moved(id, "let_go"), "已按诉求人的要求结案", "诉求人撤回，不计入三率")
	r := w.get(page)
	w.says(r, "已办结：诉求人撤回", "已按您的要求撤回")
	if strings.Contains(r.body, page+"/object") {
		t.Error("what was taken back can be objected to")
	}
}

// TestACitizenObjects: handled again twice, then the centre decides; a lawful
// refusal goes to the centre at once.
func TestACitizenObjects(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	page := "/receipt/ABCDEFGH23"
	w.signInAs("unit")
	w.moved(id, "accept")
	answer := func(ending string) {
		t.Helper()
		w.signInAs("unit")
		w.moved(id, "propose", "public", "已办。")
		w.signIn(org.RoleAgent)
		w.moved(id, "close", "reason", ending, "text", "依据第八条")
	}
	answer("solved")
	w.says(w.get(page), "对结果有异议", "2026年11月30日 以前可以提出")
	w.says(w.get(w.do(form(page+"/object", "text", "油烟还在，电话 13812340021")).location), "已收到您的异议", "您对结果有异议，已重新办理：油烟还在，电话〔电话〕", "正在办理")
	answer("refused")
	w.says(w.get(w.do(form(page+"/object", "text", "不同意")).location), "您对结果有异议，热线正在处理：不同意")
	w.says(w.do(form(page+"/object", "text", "不同意")), "已经提出过异议")
	w.says(w.get(caseURL(id)), "诉求人对结果有异议", "不同意")
	w.says(w.moved(id, "dismiss", "public", "依据第八条，不能满足"), "已向诉求人说明")
	w.says(w.get(page), "异议不成立：依据第八条，不能满足")
	w.moved(id, "reopen", "text", "再看一次")
	answer("solved")
	w.do(form(page+"/object", "text", "第三次没有解决"))
	w.says(w.moved(id, "uphold", "text", "请负责人到场"), "已转承办单位重办", "办理中", "重办 3 次")
	answer("solved")
	w.fake.now = w.fake.now.AddDate(0, 0, 20)
	w.says(w.do(form(page+"/object", "text", "又不同意")), "提出异议的时间已过")
}

// TestACitizenContestsARefusal on the page of its receipt.
func TestACitizenContestsARefusal(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(s.Sure)
	w.status(w.post(path+"/decline", append(seen(w.get(path).body), "why", casework.RefusalReasons()[2])...), http.StatusSeeOther)
	w.says(w.get(path), "不予受理。回执码 REFUSED222", "可查进度、申请复核")
	page := "/receipt/REFUSED222"
	w.says(w.get(page), "初步意见是不予受理，另一个人正在核对", "应申请行政复议，请向行政复议机关提出", "不同意，申请复核")
	w.says(w.do(form(page+"/contest", "text", "")), "缺少“哪里不同意”")
	w.says(w.get(w.do(form(page+"/contest", "text", "属于劳动监察，电话 13812340021")).location), "热线会另派人复核", "您已申请复核，热线正在核对", "属于劳动监察，电话〔电话〕")
	w.status(w.do(form(page+"/contest", "text", "再说")), http.StatusConflict)
	w.signIn(org.RoleAdmin)
	w.says(w.get("/cases/refusals"), "诉求人申请复核：属于劳动监察", "说明并维持")
	check := "/cases/refusals/" + string(w.last(s.Sure).ID)
	w.says(w.post(check, "agree", "1"), "缺少“给诉求人的说明”")
	w.says(w.post(check, "agree", "1", "why", "请打 13812340021"), "给诉求人的说明里像有个人信息")
	w.status(w.post(check, "agree", "1", "why", "应向仲裁委申请"), http.StatusSeeOther)
	w.says(w.get(page), "复核后仍不予受理", "热线的说明 应向仲裁委申请")
}

// TestACitizenRates by the link: not solved is handled again at once, and the
// unit does not read what was said of it before it is closed.
func TestACitizenRates(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	page := "/receipt/ABCDEFGH23"
	w.signInAs("unit")
	w.moved(id, "accept")
	answer := func() {
		t.Helper()
		w.signInAs("unit")
		w.moved(id, "propose", "public", "已办。")
		w.signIn(org.RoleAgent)
		w.moved(id, "close", "reason", "solved")
	}
	answer()
	w.says(w.get(page), "请您评价", "有人联系过您吗", "办理速度", "没有人联系、没有解决的，会马上重新办理")
	w.says(w.do(form(page+"/rate", "contacted", "1")), "缺少“三个问题的回答”")
	said := []string{"contacted", "1", "solved", "0", "satisfied", "0"}
	w.says(w.do(form(page+"/rate", append(said, "speed", "9")...)), "每项评价应为 1 到 5 分")
	w.says(w.get(w.do(form(page+"/rate", append(said, "speed", "2", "text", "电话 13812340021 没人回")...)).location),
		"谢谢，已记下", "您评价没有解决，已重新办理：电话〔电话〕没人回", "正在办理")
	w.says(w.get(caseURL(id)), "网上评价，有人联系，没有解决，不满意，办理速度 2 分，转重办")
	w.signInAs("unit")
	r := w.get(caseURL(id))
	w.says(r, "网上评价，转重办")
	for _, hidden := range []string{"不满意", "2 分"} {
		if strings.Contains(r.body, hidden) {
			t.Errorf("the unit reads %s before it is closed", hidden)
		}
	}
	answer()
	w.do(form(page+"/rate", "contacted", "1", "solved", "1", "satisfied", "0", "manner", "1"))
	w.says(w.do(form(page+"/rate", said...)), "已经回访过")
	w.signInAs("unit")
	w.says(w.get(caseURL(id)), "有人联系，已解决，不满意；服务态度 1 分", "计入三率", "对回访结果申诉")
	w.says(w.move(id, "plead"), "缺少“为什么不应计入”")
	w.says(w.moved(id, "plead", "text", "有录音为证"), "已申诉，等热线裁定", "等热线裁定")
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(id)), "单位申诉", "有录音为证")
	w.says(w.moved(id, "excuse", "text", "录音属实"), "单位申诉成立，不计入三率")
	w.signInAs("unit")
	if r := w.get(caseURL(id)); strings.Contains(r.body, caseURL(id)+"/plead") {
		t.Error("a unit may appeal twice")
	}
}

// TestACitizensPageOverTheAPI: what the holder of a receipt sees and may do.
func TestACitizensPageOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	w.dispatch(0)
	refused(t, w.call(http.MethodGet, "/api/v1/receipts/NOTHING222", ""), http.StatusNotFound, "case.receipt")
	p := read[apiProgress](t, w.call(http.MethodGet, "/api/v1/receipts/abcde-fgh23", ""), http.StatusOK)
	if p.Number != "990101-20261123-0001" || p.Unit != "华新区城市管理和综合执法局" || p.Due == nil || strings.Join(p.May, " ") != "chase supplement withdraw" {
		t.Errorf("sees %+v", p)
	}
	moves := "/api/v1/receipts/ABCDEFGH23/moves"
	p = read[apiProgress](t, w.call(http.MethodPost, moves, `{"do":"withdraw","text":"已经解决，电话 13812340021"}`), http.StatusOK)
	if len(p.Happened) != 2 || p.Happened[0].Text != "已经解决，电话 〔电话〕" || strings.Contains(strings.Join(p.May, " "), "withdraw") {
		t.Errorf("withdrawn %+v", p)
	}
	refused(t, w.call(http.MethodPost, moves, `{"do":"withdraw","text":"再说"}`), http.StatusConflict, "case.withdrawn")
	refused(t, w.call(http.MethodPost, moves, `{"do":"object","text":"不同意"}`), http.StatusConflict, "case.state")
	w.allow(w.token, org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: w.fake.units[0].ID})
	refused(t, w.call(http.MethodGet, "/api/v1/receipts/ABCDEFGH23", ""), http.StatusForbidden, "role.forbidden")
}

// TestADeliveryReportIsTaken over the API, by key or by the gateway's number.
func TestADeliveryReportIsTaken(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	letter := casework.Notification{
		ID: "01a21692-ee9f-7ee5-aefc-51b835ebd0bb", Receipt: w.fake.cases[id].Receipt, Kind: casework.NotifyDispatched, Via: "sms", Proof: "g-7",
		State: casework.NotificationSent, At: w.fake.now, Settled: w.fake.now, Text: "已交办",
	}
	w.fake.outbox.rows = append(w.fake.outbox.rows, letter)
	report := func(body string) reply { return w.call(http.MethodPost, "/api/v1/sms-reports", body) }
	refused(t, report(`{"delivered":true}`), http.StatusUnprocessableEntity, "field.required")
	refused(t, report(`{"key":"nothing","delivered":true}`), http.StatusNotFound, "report.unknown")
	got := read[struct{ ID, State string }](t, report(`{"proof":"g-7","delivered":false,"status":"停机"}`), http.StatusOK)
	if got.ID != string(letter.ID) || got.State != "failed" {
		t.Errorf("taken as %+v", got)
	}
	read[struct{ ID, State string }](t, report(`{"key":"`+string(letter.ID)+`","delivered":true}`), http.StatusOK)
	if n := w.fake.outbox.rows[0]; n.Arrived.IsZero() || n.Failure != "" {
		t.Errorf("kept %+v", n)
	}
	w.allow(w.token, org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: w.fake.units[0].ID})
	refused(t, report(`{"proof":"g-7","delivered":true}`), http.StatusForbidden, "role.forbidden")
}

// TestTheCaseSaysWhatTheCitizenWasTold to the hotline's people, and what did not
// reach them; a unit does not see it.
func TestTheCaseSaysWhatTheCitizenWasTold(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	id := w.dispatch(0)
	at := w.fake.now
	letter := casework.Notification{Receipt: w.fake.cases[id].Receipt, Kind: casework.NotifyDispatched, Via: "sms", State: casework.NotificationSent, At: at, Settled: at}
	failed, arrived := letter, letter
	failed.State, failed.Failure = casework.NotificationFailed, "对方报告没有送达：停机"
	arrived.Arrived = at
	w.fake.outbox.rows = []casework.Notification{letter, arrived}
	r := w.get("/cases/" + string(id))
	w.says(r, "告知诉求人", "短信已发", "短信已送达")
	if strings.Contains(r.body, "请用电话告知诉求人") {
		t.Error("asks to call whom everything has reached")
	}
	w.fake.outbox.rows = append(w.fake.outbox.rows, failed)
	w.says(w.get("/cases/"+string(id)), "没有发出，对方报告没有送达：停机", "有通知没有送到，请用电话告知诉求人。")
	w.fake.cases[id].Untold = 1 // the outbox has given up
	w.says(w.get("/cases/"+string(id)), "有 1 条通知没有送到，请用电话告知诉求人。")
	w.says(w.moved(id, "tell", "text", "已在电话里说明"), "已记下。", "已电话告知", "已在电话里说明")
	w.signInAs("unit")
	if r := w.get("/cases/" + string(id)); strings.Contains(r.body, "告知诉求人</h2>") {
		t.Error("a unit reads what the citizen was told")
	}
}

// TestASMSReplyRates a closed case, once; what cannot be read changes nothing.
func TestASMSReplyRates(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	letter := casework.Notification{ID: "01a21692-ee9f-7ee5-aefc-51b835ebd0bb", Receipt: "ABCDEFGH23"}
	w.fake.outbox.rows = append(w.fake.outbox.rows, letter)
	reply := func(key, text string) reply {
		return w.call(http.MethodPost, "/api/v1/sms-replies", `{"key":"`+key+`","text":"`+text+`"}`)
	}
	refused(t, reply("nothing", "111"), http.StatusNotFound, "sms.unknown")
	refused(t, reply(string(letter.ID), "谢谢"), http.StatusUnprocessableEntity, "sms.unread")
	refused(t, reply(string(letter.ID), "111"), http.StatusConflict, "case.state")
	c := w.fake.cases[id]
	c.State, c.Ending, c.Due.Object = casework.Closed, casework.Solved, w.fake.now.AddDate(0, 0, 7)
	read[apiProgress](t, reply(string(letter.ID)+"-1", "112"), http.StatusOK)
	if got := w.fake.cases[id]; got.Callback.Words() != "有人联系，已解决，不满意" || got.State != casework.Closed {
		t.Errorf("rated %+v", got.Case)
	}
	refused(t, reply(string(letter.ID), "111"), http.StatusConflict, "case.called")
}
