package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/internal/org"
)

// coUnit makes the second unit one that helps with a case.
func (w *world) coUnit(id casework.CaseID) {
	w.fake.cases[id].CoUnits = []org.UnitID{w.fake.units[1].ID}
}

// TestACoUnitWorksOnItsTask: the lead unit says what, the co-unit accepts and
// reports; the answer waits for it or says why not.
func TestACoUnitWorksOnItsTask(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.coUnit(id)
	co := string(w.fake.units[1].ID)
	w.signInAs("unit")
	w.moved(id, "accept")
	w.says(w.get(caseURL(id)), "派协办任务", "主办单位剩余时间的 60%")
	w.says(w.move(id, "set_task", "worker", co, "text", " "), "缺少“要办什么”")
	w.says(w.move(id, "set_task", "worker", string(w.fake.units[2].ID), "text", "检测"), "协办任务只能派给这件工单的协办单位")
	w.says(w.move(id, "set_task", "worker", co, "text", "检测油烟", "until", "2027-11-25"), "不能晚于主办单位的时限", "要办什么 检测油烟")
	w.says(w.moved(id, "set_task", "worker", co, "text", "检测油烟", "until", "2026-11-25"),
		"已派协办任务，协办单位能看到", "云汀市生态环境局 检测油烟待签收，11月25日 周三 17:30 前完成", "派协办任务给云汀市生态环境局，11月25日 17:30 前完成，检测油烟")
	w.says(w.move(id, "propose", "public", "已办结", "sure", "1"), "还有 1 个协办单位的任务没有完成", "协办任务还没有完成：云汀市生态环境局（待签收）")

	w.signInAs("unit2")
	w.says(w.get("/cases"), "协办任务 1", "协办超期 0")
	w.says(w.get("/cases?show=tasks"), "烧烤店油烟扰民", "协办任务待签收：检测油烟", "还剩")
	w.says(w.get("/cases?show=tasks_late"), "没有超期的协办任务")
	w.says(w.moved(id, "take_task"), "已签收协办任务", "云汀市生态环境局签收协办任务")
	w.says(w.move(id, "take_task"), "协办任务现在是“办理中”，做不了“签收协办任务”")
	w.says(w.move(id, "done_task", "text", ""), "缺少“办了什么”")
	w.status(w.move(id, "set_task", "worker", co, "text", "自己派"), http.StatusForbidden)
	w.says(w.moved(id, "done_task", "text", "已检测，超标两倍"), "已记下，主办单位答复时并入", "已完成", "云汀市生态环境局完成协办任务，已检测，超标两倍")
	if r := w.get(caseURL(id)); strings.Contains(r.body, "/done_task") {
		t.Error("what is done can be done again")
	}
	w.signInAs("unit")
	w.says(w.get("/alerts"), "协办单位完成了任务")
	w.moved(id, "set_task", "worker", co, "text", "再检测一次")
	w.signInAs("unit2")
	w.says(w.moved(id, "drop_task", "text", "设备在检修"), "已记下，主办单位能看到", "说协办任务办不了，设备在检修")
	w.signInAs("unit")
	w.says(w.move(id, "propose", "public", "已办结", "sure", "1"), "还有 1 个协办单位的任务没有完成")
	w.says(w.moved(id, "propose", "public", "已办结", "sure", "1", "text", "以第一次检测为准"), "已提交，等热线审核")
	w.signIn(org.RoleAgent)
	w.says(w.get("/cases/units"), "协办任务", "要办的")
}

// TestTasksOverTheAPI is the same for programs.
func TestTasksOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	w.coUnit(id)
	w.of(org.RoleUnit, w.fake.units[0].ID)
	type file struct {
		Case    apiCase
		History []apiCaseEvent
	}
	path := "/api/v1/cases/" + string(id)
	move := func(body string) file {
		t.Helper()
		return read[file](t, w.call(http.MethodPost, path+"/moves", body), http.StatusOK)
	}
	out := move(`{"move":"accept","seen":0}`)
	out = move(`{"move":"set_task","seen":` + fmt.Sprint(out.Case.Version) + `,"unit":"` + string(w.fake.units[1].ID) + `","text":"检测油烟"}`)
	if len(out.Case.Tasks) != 1 || out.Case.Tasks[0].State != casework.TaskWaits || !out.Case.Tasks[0].Due.After(w.fake.now) {
		t.Fatalf("set %+v", out.Case)
	}
	w.of(org.RoleUnit, w.fake.units[1].ID)
	list := read[struct{ Cases []apiCase }](t, w.call(http.MethodGet, "/api/v1/cases?show=tasks&own=true", ""), http.StatusOK)
	if len(list.Cases) != 1 || list.Cases[0].ID != id {
		t.Errorf("listed %+v", list)
	}
	out = move(`{"move":"done_task","seen":` + fmt.Sprint(out.Case.Version) + `,"text":"已检测"}`)
	if out.Case.Tasks[0].State != casework.TaskDone || out.Case.Tasks[0].EndedAt == nil {
		t.Errorf("done %+v", out.Case.Tasks)
	}
	refused(t, w.call(http.MethodPost, path+"/moves", `{"move":"take_task","seen":`+fmt.Sprint(out.Case.Version)+`}`), http.StatusConflict, "task.state")
}

// TestTasksLook looks at the case of both units.
func TestTasksLook(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	id := w.dispatch(0)
	w.coUnit(id)
	c := w.fake.cases[id]
	for _, e := range []casework.Event{{Move: casework.Accept}, {Move: casework.SetTask, Reason: string(w.fake.units[1].ID), Text: "到店里检测一次油烟浓度，晚上 20:00 以后，附检测报告"}} {
		e.At = w.fake.now
		step, err := casePlanner.Plan(c.Case, c.Subject, e, w.fake.now.Add(26*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		c.Case = keepNumber(c.Case, step.Case)
		c.history = append(c.history, step.Event)
	}
	b.signIn(org.RoleUnit)
	b.open(caseURL(id))
	b.look("case-tasks")
	b.signOut()
	co := w.fake.accounts["unit2"]
	co.Login = string(org.RoleUnit)
	w.fake.accounts[co.Login] = co
	b.signIn(org.RoleUnit)
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open(caseURL(id))
	b.look("case-task-narrow")
	b.open("/cases?show=tasks")
	b.look("cases-tasks-narrow")
}
