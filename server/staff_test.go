package server

import (
	"net/http"
	"strings"
	"testing"

	"huying/internal/org"
)

func TestAnAdministratorSetsAPersonsDecisionsAside(t *testing.T) {
	w := newWorld(t)
	w.rates()
	w.morning()
	w.signIn(org.RoleAdmin)
	if strings.Contains(w.get("/accuracy").body, "各人的决定") {
		t.Error("there is a list of nobody")
	}
	w.learn()
	page := w.get("/accuracy?days=90")
	w.says(page, "各人的决定", "全体 412 件决定中，59 件被主办单位以职责或属地不符退回，或被别人改判，占 14%。",
		"陈静 214 9 6 6% 4%–10% ●学习 不再学习", "罗小满 180 31 22 24% 19%–31% ●学习 明显高于全体",
		"何平 18 2 0 2 件 ◆不学习 11月14日 周六 09:30 周远：实习期间照单确认 恢复学习")
	if strings.Count(page.body, "明显高于全体</small>") != 1 {
		t.Error("who is like the others, or decided little, is marked")
	}
	luo := w.fake.learned.people[1].Account
	path := "/accuracy/people/" + string(luo)
	r := w.post(path, "aside", "1", "why", " ", "days", "90")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "缺少“原因”")
	r = w.post(path, "aside", "1", "why", "近期多次照单确认", "days", "90")
	w.status(r, http.StatusSeeOther)
	to, _, _ := strings.Cut(r.location, "#")
	w.says(w.get(to), "已不再从罗小满的决定中学习", "周远：近期多次照单确认")
	w.status(w.post(path, "aside", "0", "why", "已重新培训"), http.StatusSeeOther)
	if a := w.fake.learned.asides; len(a) != 2 || !a[0].Aside || a[1].Aside || a[1].Why != "已重新培训" || a[0].Account != luo {
		t.Errorf("events %+v", a)
	}
	w.status(w.post("/accuracy/people/nobody", "aside", "1", "why", "试"), http.StatusNotFound)

	w.jar = map[string]string{}
	w.signIn(org.RoleAgent)
	if strings.Contains(w.get("/accuracy").body, "罗小满") {
		t.Error("an agent reads what became of a colleague's decisions")
	}
	w.status(w.post(path, "aside", "1", "why", "试"), http.StatusForbidden)
}
