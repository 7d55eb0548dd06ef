package server

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/classifier"
	"huying/internal/id"
	"huying/internal/org"
)

// TestSubCentresOnThePages: an administrator says what one decides on, the desk
// shows the queues, and a matter is taken from one.
func TestSubCentresOnThePages(t *testing.T) {
	w := newAPIWorld(t)
	m := string(w.morning().Sure)
	unit := org.Unit{ID: id.New[org.UnitID](), Name: "华新区分中心", Kind: classifier.KindSubCentre, Area: w.fake.units[0].Area}
	w.fake.units = append(w.fake.units, unit)
	w.signIn(org.RoleAdmin)
	w.says(w.get("/centres"), "还没有分中心", "设置分中心")
	w.says(w.post("/centres", "unit", "没有这个单位", "areas", "华新区"), "没有名称为“没有这个单位”的单位")
	w.says(w.post("/centres", "unit", unit.Name, "areas", "没有这个区"), "没有名称或编码为“没有这个区”的区域")
	w.says(w.post("/centres", "unit", unit.Name), "请写分中心负责的区域或渠道")
	w.says(w.post("/centres", "unit", unit.Name, "channels", "微信", "opens", "八点"), "开放时间须是一天中的时刻")
	if r := w.post("/centres", "unit", unit.Name, "channels", "微信", "opens", "08:30", "shuts", "20:00"); r.location != "/centres?said=set" {
		t.Fatalf("%d %s", r.status, words(r.body))
	}
	w.says(w.get("/centres"), unit.Name, "微信", "08:30–20:00", "开放")
	w.says(w.get("/desk/"+m), "全部", "市中心", unit.Name, "打开的这件在市中心的队列，转走")
	r := w.post("/desk/"+m+"/queue", "from", "", "to", string(unit.ID), "why", "")
	w.status(r, http.StatusUnprocessableEntity)
	w.status(w.post("/desk/"+m+"/queue", "from", "", "to", string(unit.ID), "why", "归区里"), http.StatusSeeOther)
	r = w.post("/desk/"+m+"/queue", "from", "", "to", string(unit.ID), "why", "归区里")
	w.says(w.get(r.location), "刚刚被取走、转走或已有决定")
	w.says(w.get("/desk/"+m), "打开的这件在"+unit.Name+"的队列，转走")
	w.jar = map[string]string{}
	w.signIn(org.RoleEditor)
	w.status(w.post("/centres", "unit", unit.Name, "channels", "微信"), http.StatusForbidden)

	w.of(org.RoleAdmin, "")
	type centres struct{ Centres []apiCentre }
	got := read[centres](t, w.call(http.MethodGet, "/api/v1/sub-centres", ""), http.StatusOK)
	if len(got.Centres) != 1 || got.Centres[0].Unit != unit.ID || got.Centres[0].Opens != 510 {
		t.Errorf("sub-centres %+v", got)
	}
	refused(t, w.call(http.MethodPost, "/api/v1/units/"+string(unit.ID)+"/sub-centre", `{}`), http.StatusUnprocessableEntity, "centre.nothing")
	w.status(w.call(http.MethodPost, "/api/v1/units/"+string(unit.ID)+"/sub-centre", `{"channels":["app"]}`), http.StatusNoContent)
	refused(t, w.call(http.MethodPost, "/api/v1/matters/"+m+"/queue", `{"why":"取回"}`), http.StatusUnprocessableEntity, "centre.same")
	w.status(w.call(http.MethodPost, "/api/v1/matters/"+m+"/queue", `{"from":"`+string(unit.ID)+`","why":"取回"}`), http.StatusNoContent)
	refused(t, w.call(http.MethodPost, "/api/v1/matters/"+m+"/queue", `{"from":"`+string(unit.ID)+`","why":"取回"}`), http.StatusConflict, "centre.moved")
}

func TestSubCentresLookAsTheyShould(t *testing.T) {
	w := newWorld(t)
	m := string(w.morning().Sure)
	w.fake.units = append(w.fake.units, org.Unit{ID: id.New[org.UnitID](), Name: "华新区分中心", Kind: classifier.KindSubCentre, Area: w.fake.units[0].Area})
	w.signIn(org.RoleAdmin)
	b := newBrowser(t, w)
	b.signIn(org.RoleAdmin)
	b.open("/centres")
	b.look("centres-empty")
	w.post("/centres", "unit", "华新区分中心", "channels", "微信", "opens", "08:30", "shuts", "20:00")
	b.open("/centres")
	b.look("centres")
	b.open("/desk/" + m)
	b.look("desk-centres")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/centres")
	b.look("centres-narrow")
}
