package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/internal/org"
)

// whistled lets the street call two units, and gives the address of that.
func (w *world) whistled() string {
	w.t.Helper()
	r := w.post("/summons", "matter", "夜市占道、油烟，需现场联合处置", "place", "松柏路口", "due", "2026-11-23T14:30", "units", "华新区城市管理和综合执法局\n云汀市生态环境局")
	if r.status != http.StatusSeeOther {
		w.t.Fatalf("%d: %s", r.status, words(r.body))
	}
	at, _, _ := strings.Cut(r.location, "?")
	return at
}

func TestAStreetWhistlesAndUnitsReport(t *testing.T) {
	w := newWorld(t)
	w.below()
	w.signInAs("unit")
	w.status(w.get("/summons/new"), http.StatusForbidden)
	w.says(w.get("/summons"), "现在没有叫到本单位的吹哨")
	w.signInAs("grid")
	w.says(w.get("/summons"), "吹哨 W")
	r := w.post("/summons", "matter", " ", "place", "", "due", "2026-11-22T14:30", "units", "")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有保存", "缺少“什么事”", "缺少“到哪里”", "报到时间要晚于现在，在 30 天以内", "缺少“叫哪些单位”")
	r = w.post("/summons", "matter", "占道经营", "place", "松柏路口", "due", "2026-11-23T14:30", "units", "华新区城市管理和综合执法局、没有这个单位")
	w.says(r, "没有名为“没有这个单位”的单位")
	if !strings.Contains(r.body, "没有这个单位</textarea>") {
		t.Error("the form forgets what was typed")
	}
	page := w.whistled()
	w.says(w.get(page+"?said=call"), "已吹哨，被叫的单位能看到", "夜市占道", "待确认", "周强", "还剩")

	w.signInAs("unit")
	w.says(w.get("/cases"), "吹哨报到，1 次等本单位到场")
	w.says(w.get("/summons"), "夜市占道", "松柏街道办事处", "0 / 2", "本单位待确认")
	w.says(w.get(w.post(page+"/ack").location), "已确认", "已确认，待到场")
	w.says(w.post(page+"/ack"), "这个单位现在是“已确认，待到场”，不能确认收到")
	w.says(w.post(page+"/arrive", "text", ""), "缺少“谁到了场”")
	w.says(w.get(w.post(page+"/arrive", "text", "执法中队 3 人").location), "已报到，时间已记下", "11月23日 周一 09:30到场：执法中队 3 人")
	w.says(w.get(w.attach(page+"/files", "现场.png", png).location), "已上传", "附件 华新区城市管理和综合执法局")
	w.says(w.get(w.post(page+"/report", "text", "已劝离 6 个摊位").location), "已反馈，等吹哨单位评价")
	w.status(w.post(page+"/score", "unit", string(w.fake.units[0].ID), "prompt", "5", "duty", "5", "effect", "5"), http.StatusForbidden)

	w.signInAs("grid")
	first := string(w.fake.units[0].ID)
	w.says(w.post(page+"/score", "unit", first, "prompt", "5"), "三项都要评，各 1 到 5 分")
	w.says(w.get(w.post(page+"/score", "unit", first, "prompt", "5", "duty", "4", "effect", "4", "text", "配合到位").location), "已评价", "到场及时 5 分，履职 4 分，效果 4 分", "配合到位")
	w.says(w.get(w.post(page+"/cancel", "unit", string(w.fake.units[1].ID), "text", "已处置完").location), "已取消", "不用云汀市生态环境局来了，已处置完")
	w.says(w.get("/summons?show=ended"), "夜市占道", "2 / 2")

	w.signIn(org.RoleAgent)
	w.says(w.get("/summons"), "没有到时未到的", "各单位近 90 天的报到情况", "75%（3 / 4）", "4.5")
	w.status(w.get(page), http.StatusOK)
	w.status(w.post(page+"/cancel", "unit", first, "text", "x"), http.StatusForbidden)
	w.signIn(org.RoleEditor)
	w.status(w.get("/summons"), http.StatusForbidden)
	w.status(w.get(page), http.StatusNotFound)
	w.signInAs("unit2")
	w.status(w.get(page), http.StatusOK)
}

// TestAWhistleFromACase: who works on it finds the form, and the case says so.
func TestAWhistleFromACase(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.below()
	w.signInAs("unit")
	w.moved(id, "accept")
	if r := w.get(caseURL(id)); strings.Contains(r.body, "/summons/new") {
		t.Error("a unit of a district may whistle")
	}
	w.moved(id, "hand_down", "unit", "松柏街道办事处")
	w.signInAs("grid")
	form := "/summons/new?case=" + string(id)
	w.says(w.get(caseURL(id)), "吹哨，叫部门到场")
	w.says(w.get(form), "为工单：烧烤店油烟扰民", "只叫到场，不改变工单由谁办理")
	fields := []string{"id", "01a21692-ee9f-7ee5-aefc-51b835ebd0bb", "case", string(id), "matter", "油烟", "place", "松柏路 18 号对面", "due", "2026-11-23T14:30", "units", "云汀市生态环境局"}
	first := w.post("/summons", fields...)
	if again := w.post("/summons", fields...); again.status != http.StatusSeeOther || again.location != first.location || len(w.fake.answering.summons) != 1 {
		t.Errorf("sent twice: %d %q, %d called", again.status, again.location, len(w.fake.answering.summons))
	}
	w.says(w.get(caseURL(id)), "周强：吹哨，叫部门到场，云汀市生态环境局")
	w.signInAs("unit2")
	r := w.get(strings.Split(first.location, "?")[0])
	w.says(r, "工单 990101-20261123-0001")
	if strings.Contains(r.body, caseURL(id)) {
		t.Error("a unit that is called is led to the case, which is not its own")
	}
	w.status(w.get(caseURL(id)), http.StatusNotFound)
	w.says(w.get("/summons"), "油烟")
	if d := w.fake.cases[id]; d.Unit != w.fake.units[0].ID {
		t.Errorf("the whistle moved the case to %s", d.Unit)
	}
}

// TestALeaderReadsAndInstructs: what is important, without the citizen, and the
// order that comes of it.
func TestALeaderReadsAndInstructs(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signIn(org.RoleAgent)
	w.says(w.moved(id, "flag"), "已标为重点", "重点")
	w.status(w.get("/leader/"+string(id)), http.StatusOK)
	w.status(w.post("/leader/"+string(id)+"/instruct", "seen", "0", "text", "x", "until", "2026-11-26"), http.StatusForbidden)
	w.signIn(org.RoleLeader)
	if r := w.get("/"); r.location != "/leader" {
		t.Errorf("a leader begins at %q", r.location)
	}
	w.says(w.get("/leader"), "重要工单", "重要 1", "烧烤店油烟扰民", "重点", "待签收")
	page := leaderURL(id)
	r := w.get(page)
	w.says(r, "楼下烧烤店每晚油烟很大", "主办单位 华新区城市管理和综合执法局", "批示内容", "由谁反馈")
	for _, hidden := range []string{"ABCDEFGH23", "联系方式", "受理台", "问知识库", "登记来电"} {
		if strings.Contains(r.body, hidden) || strings.Contains(w.get(caseURL(id)).body, hidden) {
			t.Errorf("a leader is shown %s", hidden)
		}
	}
	seen := func() string { return seenVersion.FindStringSubmatch(w.get(page).body)[1] }
	r = w.post(page+"/instruct", "seen", seen(), "text", " ", "unit", string(w.fake.units[0].ID))
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有保存", "缺少“批示内容”", "请填写反馈的日期")
	w.says(w.post(page+"/instruct", "seen", seen(), "text", "x", "until", "2026-11-26", "unit", string(w.fake.units[5].ID)), "批示只能交给主办、协办或已转派到的下级单位")
	w.status(w.post(page+"/close", "seen", seen(), "reason", "solved"), http.StatusNotFound)
	w.status(w.post(caseURL(id)+"/close", "seen", seen(), "reason", "solved"), http.StatusForbidden)
	r = w.post(page+"/instruct", "seen", seen(), "text", "三天内办结并回复群众", "until", "2026-11-26", "unit", string(w.fake.units[0].ID))
	w.says(w.get(r.location), "已批示，作为督办单办理", "批示待反馈", "高岚：批示，由华新区城市管理和综合执法局反馈，三天内办结并回复群众", "督办反馈 11月26日 周四 17:30")

	w.signInAs("unit")
	w.moved(id, "accept")
	w.says(w.get(caseURL(id)), "领导批示", "三天内办结并回复群众", "反馈督办")
	w.says(w.moved(id, "feedback", "text", "已约商户整改"), "已反馈，等督办人销号")
	w.signIn(org.RoleAgent)
	w.says(w.moved(id, "strike_off"), "已销号")
	w.signInAs("unit")
	w.status(w.post(page+"/instruct", "seen", "0", "text", "x"), http.StatusForbidden)
}

// TestLeaderLook looks at a leader's phone, and at a street's.
func TestLeaderLook(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	id := w.dispatch(0)
	w.fake.cases[id].Flagged = true
	w.fake.cases[id].Chased = casework.ChasedAgain
	w.below()
	w.signInAs("grid")
	page := w.whistled()
	b.signIn(org.RoleLeader)
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/leader")
	b.look("leader-narrow")
	b.open(leaderURL(id))
	b.look("brief-narrow")
	b.open("/summons?show=open")
	b.look("summonses-narrow")
	b.signOut()
	b.signIn(org.RoleUnit)
	b.open(page)
	b.look("summons-narrow")
	b.signOut()
	b.run(chromedp.EmulateViewport(1366, 768))
	unit := w.fake.accounts["grid"]
	unit.Login = "unit"
	w.fake.accounts["unit"] = unit
	b.signIn(org.RoleUnit)
	b.open("/summons/new")
	b.look("call")
	b.open("/summons?show=sent")
	b.look("summonses")
	b.open(page)
	b.look("summons")
}
