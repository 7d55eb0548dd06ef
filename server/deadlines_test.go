package server

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/internal/id"
	"huying/internal/org"
)

// ruleForm is the form of the page, with some fields typed anew.
func ruleForm(seen int, why string, typed ...string) []string {
	values := map[string]string{}
	for _, f := range casework.UsualRules().Fields() {
		values[f.Key] = f.Value
	}
	for i := 0; i < len(typed); i += 2 {
		values[typed[i]] = typed[i+1]
	}
	form := []string{"seen", strconv.Itoa(seen), "why", why}
	for key, value := range values {
		form = append(form, key, value)
	}
	return form
}

// TestRulesAreChangedAndTakenBack: the page shows every figure, names what cannot
// be and keeps what was typed, and says what each version changed.
func TestRulesAreChangedAndTakenBack(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	r := w.get("/deadlines")
	w.says(r, "现行的是随产品带来的规则，还没有改过。", "投诉", "超期后逐级催办", "随产品带来 ● 现行")
	for _, f := range casework.UsualRules().Fields() {
		if !strings.Contains(r.body, `name="`+f.Key+`"`) {
			t.Errorf("%s is not on the page", f.Label)
		}
	}

	r = w.post("/deadlines", ruleForm(0, "", "complaint_handle", "尽快", "half", "90")...)
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "“投诉（一般）办理时限”写的“尽快”看不懂", "缺少“理由”")
	if !strings.Contains(r.body, `value="尽快" required autocomplete="off" size="10" aria-label="投诉（一般）办理时限" aria-invalid="true"`) {
		t.Error("the form forgets what was typed, or does not say what is wrong with it")
	}
	w.says(w.post("/deadlines", ruleForm(0, "试行", "half", "90")...), "“第一次临期提醒（%）”应早于“第二次临期提醒（%）”")
	w.says(w.post("/deadlines", ruleForm(0, "试行")...), "与现在的规则相同，没有保存")
	if len(w.fake.rules.stored) != 0 {
		t.Fatal("what cannot be was stored")
	}

	w.status(w.post("/deadlines", ruleForm(0, "市府办〔2026〕7 号", "complaint_handle", "5个工作日", "pauses", "2")...), http.StatusSeeOther)
	w.says(w.get("/deadlines?said=saved"), "已保存，立即生效。已经给出的期限不变", "现行第 1 版。", "周远 市府办〔2026〕7 号 投诉（一般）办理时限：7 个工作日 → 5 个工作日", "至多暂停几次：1 → 2")
	r = w.post("/deadlines", ruleForm(0, "也改", "pauses", "3")...)
	w.status(r, http.StatusConflict)
	w.says(r, "期限规则刚被别人改过，这次没有保存")

	w.status(w.post("/deadlines/back", "seen", "1", "to", "7"), http.StatusNotFound)
	w.status(w.post("/deadlines/back", "seen", "1", "to", "x"), http.StatusNotFound)
	w.status(w.post("/deadlines/back", "seen", "0", "to", "0"), http.StatusConflict)
	w.status(w.post("/deadlines/back", "seen", "1", "to", "0"), http.StatusSeeOther)
	w.says(w.get("/deadlines?said=back"), "已恢复，立即生效", "现行第 2 版。", "恢复随产品带来的规则 投诉（一般）办理时限：5 个工作日 → 7 个工作日")
	w.status(w.post("/deadlines/back", "seen", "2", "to", "1"), http.StatusSeeOther)
	w.says(w.get("/deadlines"), "恢复第 1 版")
	if lines := w.fake.rules.lines; len(lines) != 3 || lines[0].Action != "set_deadline_rules" || lines[0].Detail != "第 1 版：投诉（一般）办理时限 7 个工作日 → 5 个工作日；至多暂停几次 1 → 2" {
		t.Errorf("audit: %+v", lines)
	}
}

// TestOnlyAnAdministratorChangesRules: others who see cases may read them.
func TestOnlyAnAdministratorChangesRules(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	r := w.get("/deadlines")
	w.says(r, "由管理员修改。")
	if strings.Contains(r.body, "保存为新的一版") || strings.Contains(r.body, "/deadlines/back") {
		t.Error("an agent is offered what only administrators may do")
	}
	w.status(w.post("/deadlines", ruleForm(0, "试行", "pauses", "2")...), http.StatusForbidden)
	w.status(w.post("/deadlines/back", "seen", "0", "to", "0"), http.StatusForbidden)
	if len(w.fake.rules.stored) != 0 {
		t.Error("an agent has changed the rules")
	}
}

// TestRulesOverTheAPI: the same, by the same description.
func TestRulesOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	type answer struct {
		Version  int
		Rules    []apiDeadlineRule
		Versions []apiRuleVersion
	}
	const path = "/api/v1/deadline-rules"
	a := read[answer](t, w.call(http.MethodGet, path, ""), http.StatusOK)
	if a.Version != 0 || len(a.Rules) != len(casework.UsualRules().Fields()) || len(a.Versions) != 0 {
		t.Errorf("before: %+v", a)
	}
	refused(t, w.call(http.MethodPost, path, `{"version":0,"why":"试行","rules":[{"key":"pauses","value":"2"}]}`), http.StatusForbidden, "role.forbidden") // an agent's token
	w.allow("hy_admin", org.Actor{Account: id.New[org.AccountID](), Login: "admin", Name: "周远", Roles: org.Roles{org.RoleAdmin}})
	w.token = "hy_admin"
	a = read[answer](t, w.call(http.MethodPost, path, `{"version":0,"why":"试行","rules":[{"key":"pauses","value":"2"}]}`), http.StatusOK)
	if a.Version != 1 || len(a.Versions) != 1 || len(a.Versions[0].Changes) != 1 || a.Versions[0].Changes[0] != (apiRuleChange{"至多暂停几次", "1", "2"}) {
		t.Errorf("after: %+v", a)
	}
	refused(t, w.call(http.MethodPost, path, `{"version":0,"why":"试行","rules":[{"key":"pauses","value":"3"}]}`), http.StatusConflict, "rules.moved")
	refused(t, w.call(http.MethodPost, path, `{"version":1,"why":"试行","rules":[{"key":"pauses","value":"许多"}]}`), http.StatusUnprocessableEntity, "rules.count")
	refused(t, w.call(http.MethodPost, path+"/restore", `{"version":1,"to":9}`), http.StatusNotFound, "rules.not_found")
	a = read[answer](t, w.call(http.MethodPost, path+"/restore", `{"version":1,"to":0}`), http.StatusOK)
	if a.Version != 2 || a.Versions[0].Why != "恢复随产品带来的规则" {
		t.Errorf("restored: %+v", a)
	}
}

// TestAMissingYearIsSaidWhereUnitsAreWatched: with a way to where it is mended.
func TestAMissingYearIsSaidWhereUnitsAreWatched(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	r := w.get("/cases/units")
	w.says(r, "工作日历缺少 2027 年的放假安排", "看工作日历")
	if !strings.Contains(r.body, `<a href="/calendar">看工作日历</a>`) {
		t.Error("nothing leads to the calendar")
	}
	w.status(w.post("/calendar", "text", newYear), http.StatusSeeOther)
	if strings.Contains(w.get("/cases/units").body, `id="missing"`) {
		t.Error("the year is still missing")
	}
}

func TestRulesLookAsTheyShould(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleAdmin)
	b.open("/deadlines")
	b.look("deadlines")
	b.run(chromedp.SetValue("#complaint_handle", "5 个工作日"), chromedp.SendKeys("#why", "市府办〔2026〕7 号"), chromedp.Click("#rules .main"))
	b.reads("#sentence", "第 1 版")
	b.look("deadlines-changed")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/deadlines")
	b.look("deadlines-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.open("/deadlines")
	b.dark(true)
	b.look("deadlines-dark")
}
