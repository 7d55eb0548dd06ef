package server

import (
	"net/http"
	"strings"
	"testing"

	"huying/classifier"
	"huying/internal/id"
	"huying/internal/org"
)

func TestAUnitsReturnIsNotedOnTheDesk(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(s.Sure)
	if strings.Contains(w.get(path).body, "记单位退回") {
		t.Error("what nobody has decided can be given back")
	}
	w.post(path+"/confirm", append(seen(w.get(path).body), "pick", "1")...)
	page := w.get(path)
	w.says(page, "记单位退回", "职责不符", "属地不符", "权属不清", "信息不足", "只记下退回，不改派")
	d := w.last(s.Sure)
	fields := []string{"decision", string(d.ID), "from", string(d.Lead), "reason", "duty", "key", "k"}
	r := w.post(path+"/return", fields...)
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "请写明退回的依据")
	fields = append(fields, "clause", "露天烧烤以外的油烟归生态环境部门", "proposed")
	r = w.post(path+"/return", append(fields, "没有这个局")...)
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "建议的单位有误：请写单位全称")
	w.says(w.post(path+"/return", append(fields, "华新区城市管理和综合执法局")...), "不能是退回的单位自己")
	r = w.post(path+"/return", append(fields, "云汀市生态环境局")...)
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已记下退回，等人改派", "华新区城市管理和综合执法局 退回：职责不符，露天烧烤以外的油烟归生态环境部门，建议 云汀市生态环境局", "等人改派：按 E 修改")
	got := w.fake.learned.returns
	if len(got) != 1 || got[0].From != d.Lead || got[0].Proposed != w.fake.units[1].ID || got[0].Reason != classifier.ReturnDuty || !got[0].At.Equal(w.fake.now) {
		t.Errorf("noted %+v", got)
	}
	if n := len(w.fake.files[s.Sure].Decisions); n != 1 {
		t.Errorf("%d decisions: a return assigns nothing", n)
	}
	w.says(w.post(path+"/return", "decision", string(id.New[classifier.DecisionID]()), "from", string(d.Co[0]), "reason", "area"), "这件事已另有决定，没有记退回")

	w.jar = map[string]string{}
	w.signIn(org.RoleEditor)
	if r := w.get(path); strings.Contains(r.body, "记单位退回") || !strings.Contains(r.body, "建议 云汀市生态环境局") {
		t.Error("an editor reads returns and notes none")
	}
	w.status(w.post(path+"/return", fields[:8]...), http.StatusForbidden)
}

func TestReturnsBetweenUnitsAreCounted(t *testing.T) {
	w := newWorld(t)
	w.rates()
	w.morning()
	w.signIn(org.RoleAgent)
	w.says(w.get("/accuracy"), "退回最多的单位之间", "这段时间没有单位退回。")
	w.learn()
	w.says(w.get("/accuracy"), "这段时间记了 23 次退回；同期有 412 件决定派给了单位。",
		"华新区城市管理和综合执法局 云汀市生态环境局 14 职责不符", "云汀市公安局 没有提出 9 权属不清")
}

func TestAReturnComesOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	m := read[apiReceipt](t, w.call(http.MethodPost, "/api/v1/messages", fumes), http.StatusCreated).Message.Matters[0]
	top, path := m.Suggestion.Candidates[0], "/api/v1/matters/"+string(m.ID)
	d := read[apiDecision](t, w.call(http.MethodPost, path+"/decisions", `{"kind":"confirm","suggestion":"`+string(m.Suggestion.ID)+
		`","category":"`+string(top.Category)+`","lead":"`+string(top.Lead.Unit)+`","urgency":"C"}`), http.StatusCreated)
	body := `{"decision":"` + string(d.ID) + `","from":"` + string(d.Lead) + `","reason":"duty","clause":"三定方案第四条","proposed":"` + string(w.fake.units[2].ID) + `"}`
	got := read[apiReturn](t, w.call(http.MethodPost, path+"/returns", body), http.StatusCreated)
	if got.From != d.Lead || got.Decision != d.ID || got.Reason != classifier.ReturnDuty || got.Clause != "三定方案第四条" {
		t.Errorf("noted %+v", got)
	}
	list := read[struct {
		Returns []apiReturn `json:"returns"`
	}](t, w.call(http.MethodGet, path+"/returns", ""), http.StatusOK)
	if len(list.Returns) != 1 || list.Returns[0] != got {
		t.Errorf("listed %+v", list)
	}
	refused(t, w.call(http.MethodPost, path+"/returns", strings.Replace(body, `"clause":"三定方案第四条",`, "", 1)), http.StatusUnprocessableEntity, "return.clause")
	refused(t, w.call(http.MethodPost, path+"/returns", strings.Replace(body, string(d.ID), string(id.New[classifier.DecisionID]()), 1)), http.StatusConflict, "return.outdated")
	w.allow(w.token, org.Actor{Account: id.New[org.AccountID](), Roles: org.Roles{org.RoleEditor}})
	refused(t, w.call(http.MethodPost, path+"/returns", body), http.StatusForbidden, "role.forbidden")
}
