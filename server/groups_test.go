package server

import (
	"fmt"
	"net/http"
	"testing"

	"huying/casework"
	"huying/internal/org"
)

// TestAWorkGroupOnThePages: the hotline forms one across units, the unit gives it
// a case, somebody of the other unit takes it up and answers.
func TestAWorkGroupOnThePages(t *testing.T) {
	w := newWorld(t)
	c := string(w.dispatch(0)) // of the unit of "unit"
	w.signIn(org.RoleAgent)
	w.says(w.get("/groups"), "现在没有专班")
	form := func(lead, members, until string) reply {
		return w.post("/groups", "name", "油烟整治专班", "purpose", "老城区油烟", "lead", lead, "members", members, "until", until)
	}
	w.says(form("unit", "agent", "2026-12-30T18:00"), "“agent”不是可以进这个专班的承办人员")
	w.says(form("unit", "unit2", ""), "缺少“到何时止”")
	if r := form("unit", "unit2", "2026-12-30T18:00"); r.location != "/groups?said=formed" {
		t.Fatalf("%d %s", r.status, words(r.body))
	}
	w.says(w.get("/groups"), "油烟整治专班", "跨单位", "赵敏", "孙立", "进行中", "0 件工单", "结束专班", "结束的专班不能恢复")
	group := string(w.fake.groups[0].ID)

	w.signInAs("unit2")
	w.status(w.get("/cases/"+c), http.StatusNotFound)
	w.says(w.get("/cases?group=mine"), "我的专班的工单", "没有在办的工单")
	w.signInAs("unit")
	w.says(w.get("/cases/"+c), "交专班", "油烟整治专班（2 人）")
	w.says(w.post("/cases/"+c+"/give_group", "seen", "0", "group", "没有"), "请选择正在进行、有主办单位的人参加的专班")
	w.status(w.post("/cases/"+c+"/give_group", "seen", "0", "group", group, "text", "本周内"), http.StatusSeeOther)
	w.says(w.get("/cases/"+c), "油烟整治专班：本周内", "还没有人接办", "从专班收回")
	w.signInAs("unit2")
	w.says(w.get("/cases?group=mine"), "我的专班的工单", "待签收")
	seen := fmt.Sprint(w.fake.cases[casework.CaseID(c)].Version)
	w.status(w.post("/cases/"+c+"/engage", "seen", seen), http.StatusSeeOther)
	again := w.post("/cases/"+c+"/engage", "seen", seen)
	w.status(again, http.StatusConflict)
	w.says(again, "孙立：专班接办")
	w.signInAs("unit")
	w.says(w.get("/cases/"+c), "孙立已接办", "由我接着办")
	w.signIn(org.RoleAgent)
	w.says(w.get("/cases/"+c), "孙立已接办")
	w.says(w.get("/groups"), "调整人员")
	w.says(w.post("/groups/"+group+"/members", "remove", "unit"), "“unit”是专班负责人，请先换负责人再退出", "退出：登录名")
	w.says(w.post("/groups/"+group+"/members", "add", "agent"), "“agent”不是可以进这个专班的承办人员")
	w.says(w.get(w.post("/groups/"+group+"/members", "remove", "unit2").location), "专班的人已调整", "人员变动 1 次", "陈静：孙立退出")
	w.says(w.get("/cases/"+c), "还没有人接办", "接办人退出专班")
	w.says(w.get(w.post("/groups/"+group+"/members", "add", "unit2").location), "人员变动 2 次", "陈静：孙立加入")
	w.status(w.post("/groups/"+group+"/end"), http.StatusSeeOther)
	w.signInAs("unit2")
	w.status(w.get("/cases/"+c), http.StatusNotFound)
	w.signInAs("unit")
	w.says(w.get("/cases/"+c), "从专班收回", "签收")
}

// TestWorkGroupsOverTheAPI: what the pages do, by operation.
func TestWorkGroupsOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	c := string(w.dispatch(0))
	w.of(org.RoleAdmin, "")
	body := `{"name":"专班","purpose":"整治","lead":"unit","members":["unit2"],"until":"2026-12-30T10:00:00Z"}`
	made := read[struct{ ID string }](t, w.call(http.MethodPost, "/api/v1/groups", body), http.StatusCreated)
	type groups struct{ Groups []apiGroup }
	if got := read[groups](t, w.call(http.MethodGet, "/api/v1/groups", ""), http.StatusOK); len(got.Groups) != 1 || len(got.Groups[0].Members) != 2 || string(got.Groups[0].ID) != made.ID {
		t.Errorf("groups %+v", got)
	}
	move := func(body string) reply { return w.call(http.MethodPost, "/api/v1/cases/"+c+"/moves", body) }
	type caseFile struct {
		Case    apiCase
		History []apiCaseEvent
	}
	got := read[caseFile](t, move(`{"move":"give_group","seen":0,"group":"`+made.ID+`"}`), http.StatusOK)
	if string(got.Case.Group) != made.ID || got.Case.Taker != "" {
		t.Errorf("given %+v", got.Case)
	}
	two := w.fake.accounts["unit2"]
	w.allow(w.token, org.Actor{Account: two.ID, Login: two.Login, Name: two.Name, Roles: two.Roles, Unit: two.Unit})
	type list struct{ Cases []apiCase }
	if mine := read[list](t, w.call(http.MethodGet, "/api/v1/cases?mine=true", ""), http.StatusOK); len(mine.Cases) != 1 {
		t.Errorf("with my groups %+v", mine)
	}
	if got = read[caseFile](t, move(fmt.Sprintf(`{"move":"engage","seen":%d}`, got.Case.Version)), http.StatusOK); got.Case.Taker != two.ID {
		t.Errorf("taken up %+v", got.Case)
	}
	refused(t, w.call(http.MethodPost, "/api/v1/groups/"+made.ID+"/end", ""), http.StatusForbidden, "group.not_yours")
	w.of(org.RoleAdmin, "")
	w.status(w.call(http.MethodPost, "/api/v1/groups/"+made.ID+"/end", ""), http.StatusNoContent)
	refused(t, w.call(http.MethodPost, "/api/v1/groups/"+made.ID+"/end", ""), http.StatusNotFound, "group.not_found")
}

func TestWorkGroupsLookAsTheyShould(t *testing.T) {
	w := newWorld(t)
	c := w.dispatch(0)
	w.signIn(org.RoleAgent)
	b := newBrowser(t, w)
	b.signIn(org.RoleAgent)
	b.open("/groups")
	b.look("groups-empty")
	w.post("/groups", "name", "油烟整治专班", "purpose", "老城区油烟", "lead", "unit", "members", "unit2", "until", "2026-12-30T18:00")
	b.open("/groups")
	b.look("groups")
	b.open("/cases/" + string(c))
	b.look("case-give-group")
}
