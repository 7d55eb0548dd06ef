package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/internal/id"
	"huying/internal/org"
)

// below adds a unit of the street with one worker, and gives it.
func (w *world) below() org.Unit {
	street := org.Unit{ID: id.New[org.UnitID](), Name: "松柏街道办事处", Kind: "街道办事处", Area: "990101"}
	w.fake.units = append(w.fake.units, street)
	worker := w.fake.accounts["unit"]
	worker.ID, worker.Login, worker.Name, worker.Unit = id.New[org.AccountID](), "grid", "周强", street.ID
	w.fake.accounts["grid"] = worker
	return street
}

func TestAUnitHandsDownAndAWorkerReports(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.below()
	w.signInAs("unit")
	w.moved(id, "accept")
	w.says(w.move(id, "hand_down", "unit", "云汀市生态环境局"), "只能转派给下级单位")
	w.says(w.moved(id, "hand_down", "unit", "松柏街道办事处", "until", "2026-11-25", "text", "请到现场看一看"),
		"已转派，下级能看到；本单位仍然负责", "松柏街道办事处 待签收，11月25日 周三 17:30前上报", "收回，自己办理", "转派给下级松柏街道办事处，请到现场看一看")
	w.signInAs("grid")
	w.says(w.get("/cases?show=below"), "上级转来 1", "烧烤店油烟扰民", "街面任务")
	w.says(w.get("/grid"), "街面任务 华新区 松柏街道", "烧烤店油烟扰民", "华新街道松柏路 18 号对面", "还剩")
	w.says(w.moved(id, "assign", "worker", string(w.fake.accounts["grid"].ID)), "已交给个人办理", "周强")
	w.says(w.get("/grid"), "交给我的")
	page := gridURL(id)
	seen := func() string { return seenVersion.FindStringSubmatch(w.get(page).body)[1] }
	w.says(w.get(w.post(page+"/take_up", "seen", seen()).location), "已签收", "办好了", "照片")
	w.status(w.post(page+"/propose", "seen", seen(), "public", "已办"), http.StatusNotFound)
	w.says(w.post(page+"/report", "seen", seen(), "text", " "), "缺少“办了什么”")
	w.says(w.get(w.post(page+"/report", "seen", seen(), "text", "店家已熄火，请求复查").location), "已上报", "现在没有任务")
	w.status(w.get(page), http.StatusNotFound)
	w.signInAs("unit")
	w.says(w.get(caseURL(id)), "周强：办好上报，店家已熄火，请求复查", "答复并申请办结")
	if d := w.fake.cases[id]; d.Unit != w.fake.units[0].ID || d.State != casework.Handling {
		t.Errorf("after the report %+v", d.Case)
	}
	w.signInAs("unit2")
	if r := w.get("/grid"); strings.Contains(r.body, "油烟") {
		t.Error("another unit sees the task")
	}
}

// TestGridLook looks at a worker's phone.
func TestGridLook(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	id := w.dispatch(0)
	street := w.below()
	for _, e := range []casework.Event{
		{Move: casework.Accept}, {Move: casework.HandDown, Reason: string(street.ID)}, {Move: casework.Assign, Reason: string(w.fake.accounts["grid"].ID)},
	} {
		c := w.fake.cases[id]
		e.At = w.fake.now
		step, err := casePlanner.Plan(c.Case, c.Subject, e, w.fake.now)
		if err != nil {
			t.Fatal(err)
		}
		c.Case = keepNumber(c.Case, step.Case)
	}
	unit := w.fake.accounts["grid"]
	unit.Login = string(org.RoleUnit)
	w.fake.accounts[unit.Login] = unit
	b.signIn(org.RoleUnit)
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/grid")
	b.look("grid-narrow")
	b.open(gridURL(id))
	b.look("task-narrow")
	b.open(caseURL(id))
	b.look("case-hands-narrow")
}

func TestWaysOfDispatchAndThePolice(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signIn(org.RoleAgent)
	w.says(w.move(id, "set_way", "reason", "agreed"), "缺少“理由”")
	w.says(w.move(id, "set_way", "reason", "other", "text", "x"), "缺少“派单方式”")
	for _, way := range []string{"agreed", "appointed", "immediate"} {
		w.says(w.move(id, "set_way", "reason", way, "text", "城管六成，市场监管四成"), "商定办要各单位同意分工，指定办要上级指定，立即办另有按钮")
	}
	w.says(w.moved(id, "set_way", "reason", "statutory", "text", "清单第 12 条"), "派单方式 法定办", "派单方式：法定办，清单第 12 条")
	w.says(w.move(id, "to_police", "reason", " "), "缺少“110 的接警单号”")
	w.says(w.moved(id, "to_police", "reason", "JJ2026-77"), "已移交 110 对方单号 JJ2026-77，本工单 990101-20261123-0001", "移交 110，对方单号 JJ2026-77")
	w.says(w.move(id, "from_police"), "缺少“110 转回：为什么”")
	w.says(w.moved(id, "from_police", "text", "属于民事纠纷"), "110 转回，属于民事纠纷")
	w.signInAs("unit")
	w.says(w.get(caseURL(id)), "派单方式 法定办")
	w.status(w.move(id, "to_police", "reason", "1"), http.StatusForbidden)
}

func TestALetterIsAcknowledged(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signIn(org.RoleAgent)
	w.says(w.move(id, "urge"), "缺少“正文”")
	w.says(w.moved(id, "urge", "text", "同类油烟投诉本月已有多起，请集中整治"), "已发出，等承办单位签收", "提醒函 华新区城市管理和综合执法局： 同类油烟投诉本月已有多起")
	w.signInAs("unit")
	w.says(w.get(caseURL(id)), "签收提醒函")
	w.says(w.moved(id, "confirm"), "已签收提醒函", "赵敏：签收提醒函")
	if r := w.get(caseURL(id)); strings.Contains(r.body, caseURL(id)+"/confirm") {
		t.Error("a letter can be acknowledged twice")
	}
	w.signIn(org.RoleAgent)
	w.says(w.get("/cases?show=account"), "没有列入问责名单的工单")
}

// TestAGridUnitGetsACaseStraight: where the duty is clear the decision names the
// grid itself, and its worker goes from acceptance to the answer on the phone.
func TestAGridUnitGetsACaseStraight(t *testing.T) {
	w := newWorld(t)
	w.below()
	grid := org.Unit{ID: id.New[org.UnitID](), Name: "松柏社区网格站", Kind: "网格", Area: "99010101"}
	w.fake.units = append(w.fake.units, grid)
	worker := w.fake.accounts["grid"]
	worker.Unit = grid.ID
	w.fake.accounts["grid"] = worker
	c := w.dispatch(len(w.fake.units) - 1)
	w.signInAs("unit")
	w.status(w.get(gridURL(c)), http.StatusNotFound)
	w.signInAs("grid")
	w.says(w.get("/grid"), "松柏社区", "烧烤店油烟扰民", "还剩")
	page := gridURL(c)
	seen := func() string { return seenVersion.FindStringSubmatch(w.get(page).body)[1] }
	w.says(w.get(page), "签收", "到工单页退单")
	w.says(w.get(w.post(page+"/accept", "seen", seen()).location), "已签收", "办好了", "给诉求人的答复")
	r := w.post(page+"/propose", "seen", seen(), "public", "已请店家熄火，电话 13812340021")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "13812340021", "办好了")
	r = w.attach(page+"/propose", "现场.png", png, "seen", seen(), "public", "已请店家加装净化设备，今晚复查。", "sure", "1")
	w.says(w.get(r.location), "已提交，等审核", "现在没有任务")
	if files := w.fake.answering.files; len(files) != 1 || files[0].Unit != grid.ID {
		t.Errorf("pictures %+v", files)
	}
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(c)), "松柏社区网格站的答复", "已请店家加装净化设备")
	w.says(w.moved(c, "close", "reason", "solved"), "已办结")
	if d := w.fake.cases[c]; d.Unit != grid.ID || d.State != casework.Closed {
		t.Errorf("closed %+v", d.Case)
	}
}

// TestWhatIsNearComesFirst: from where a worker says they are, along the tree of
// areas; without that what is due first.
func TestWhatIsNearComesFirst(t *testing.T) {
	w := newWorld(t)
	street := w.below()
	var cases []casework.CaseID
	for _, at := range []struct{ title, place string }{{"路灯不亮", "松柏路"}, {"垃圾没人清", "松柏社区 3 栋"}} {
		c := w.dispatch(0)
		d := w.fake.cases[c]
		d.Title, d.Area, d.Place = at.title, "990101", at.place
		for _, e := range []casework.Event{{Move: casework.Accept}, {Move: casework.HandDown, Reason: string(street.ID)}} {
			e.At = w.fake.now
			step, err := casePlanner.Plan(d.Case, d.Subject, e, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			d.Case = keepNumber(d.Case, step.Case)
		}
		cases = append(cases, c)
	}
	w.fake.cases[cases[1]].Hands[0].Due = w.fake.cases[cases[0]].Hands[0].Due.Add(time.Hour)
	w.signInAs("grid")
	order := func(path string, first, second string) {
		t.Helper()
		body := w.get(path).body
		if a, b := strings.Index(body, first), strings.Index(body, second); a < 0 || b < a {
			t.Errorf("%s: %q at %d, %q at %d", path, first, a, second, b)
		}
	}
	order("/grid", "路灯不亮", "垃圾没人清")
	order("/grid?at=99010101", "垃圾没人清", "路灯不亮")
	order("/grid?at=990101", "路灯不亮", "垃圾没人清")
	order("/grid?at=9902", "路灯不亮", "垃圾没人清") // of another unit: as without
	w.says(w.get("/grid?at=99010101"), "我在哪里", "松柏社区（就在这里）", "松柏街道")
}
