package server

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"huying/casework"
	"huying/classifier"
	"huying/internal/org"
)

// of lets the token speak for somebody of a unit, or of the hotline.
func (w *apiWorld) of(role org.Role, unit org.UnitID) {
	account := w.fake.accounts["unit"].ID
	if role != org.RoleUnit {
		account = w.fake.accounts[string(role)].ID
	}
	roles := org.Roles{role}
	if role == org.RoleAgent { // as in newWorld
		roles = w.fake.accounts[string(role)].Roles
	}
	w.allow(w.token, org.Actor{Account: account, Login: "gateway", Roles: roles, Unit: unit})
}

func TestFilesOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	path := "/api/v1/cases/" + string(id) + "/files"
	send := func(body []byte) reply {
		return w.call(http.MethodPost, path, `{"name":"现场.png","content":"`+base64.StdEncoding.EncodeToString(body)+`"}`)
	}
	w.of(org.RoleEditor, "")
	refused(t, send(png), http.StatusForbidden, "case.not_yours")
	w.of(org.RoleUnit, w.fake.units[0].ID)
	refused(t, send([]byte("MZ")), http.StatusUnprocessableEntity, "file.kind")
	refused(t, send(nil), http.StatusUnprocessableEntity, "field.base64")
	refused(t, w.call(http.MethodPost, path, `{"name":"a.png","content":"不是 Base64"}`), http.StatusUnprocessableEntity, "field.base64")
	refused(t, send(append([]byte("%PDF-1.7"), make([]byte, casework.MaxFileBytes)...)), http.StatusUnprocessableEntity, "file.too_large")
	large := append([]byte("%PDF-1.7"), make([]byte, casework.MaxFileBytes-8)...)
	read[struct{ Files []apiAttachment }](t, send(png), http.StatusOK)
	all := read[struct{ Files []apiAttachment }](t, send(large), http.StatusOK).Files
	if len(all) != 2 || all[0].Kind != "image/png" || all[1].Size != casework.MaxFileBytes {
		t.Fatalf("attached %+v", all)
	}
	got := read[struct {
		File    apiAttachment
		Content []byte
	}](t, w.call(http.MethodGet, path+"/"+string(all[0].ID), ""), http.StatusOK)
	if string(got.Content) != string(png) || got.File.Name != "现场.png" {
		t.Errorf("read %q, %+v", got.Content, got.File)
	}
	w.of(org.RoleUnit, w.fake.units[1].ID)
	refused(t, w.call(http.MethodGet, path, ""), http.StatusNotFound, "case.not_found")
	refused(t, w.call(http.MethodGet, path+"/"+string(all[0].ID), ""), http.StatusNotFound, "case.not_found")
}

func TestWhatSurroundsACaseOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	leaf, unit := w.leaf("油烟污染").ID, w.fake.units[0].ID
	template := "/api/v1/templates/" + string(leaf)
	w.of(org.RoleAgent, "")
	if got := read[apiTemplate](t, w.call(http.MethodPost, template, `{"text":"{承办单位}已处理。"}`), http.StatusOK); got.Text != "{承办单位}已处理。" || got.Category != classifier.CategoryID(leaf) || got.At == nil {
		t.Errorf("kept %+v", got)
	}
	refused(t, w.call(http.MethodPost, template, `{"text":"{没有这一项}"}`), http.StatusUnprocessableEntity, "answer.placeholder")
	heads := "/api/v1/units/" + string(unit) + "/heads"
	refused(t, w.call(http.MethodPost, heads, `{"heads":[]}`), http.StatusForbidden, "role.forbidden")
	place := "/api/v1/matters/" + string(w.fake.cases[id].Matter) + "/place"
	if got := read[struct{ Place string }](t, w.call(http.MethodPost, place, `{"place":"人民路  12 号对面，电话 13812340021"}`), http.StatusOK); got.Place != "人民路 12 号对面，电话 〔电话〕" {
		t.Errorf("put %+v", got)
	}
	w.of(org.RoleAdmin, "")
	got := read[struct{ Members []apiMember }](t, w.call(http.MethodPost, heads, `{"heads":["`+string(w.fake.accounts["unit"].ID)+`"]}`), http.StatusOK).Members
	if len(got) != 1 || !got[0].Head {
		t.Errorf("heads %+v", got)
	}
	refused(t, w.call(http.MethodGet, "/api/v1/units/01a21692-ee9f-7ee5-aefc-51b835ebd0ff/heads", ""), http.StatusNotFound, "unit.not_found")
	w.of(org.RoleUnit, unit)
	refused(t, w.call(http.MethodPost, template, `{"text":""}`), http.StatusForbidden, "role.forbidden")
	refused(t, w.call(http.MethodPost, place, `{"place":"x"}`), http.StatusForbidden, "role.forbidden")
}

// TestACaseGoesDownTheTreeOverTheAPI: handed down, given to one person, and
// reported: whoever reports it is answered with what they do not see any more.
func TestACaseGoesDownTheTreeOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	street := w.below()
	worker := w.fake.accounts["grid"].ID
	path := "/api/v1/cases/" + string(id)
	move := func(body string) reply {
		return w.call(http.MethodPost, path+"/moves", strings.Replace(body, "{", fmt.Sprintf(`{"seen":%d,`, w.fake.cases[id].Version), 1))
	}
	w.of(org.RoleUnit, w.fake.units[0].ID)
	move(`{"move":"accept"}`)
	w.status(move(`{"move":"hand_down","unit":"`+string(street.ID)+`"}`), http.StatusOK)
	w.of(org.RoleUnit, street.ID)
	crew := read[struct{ Members []apiMember }](t, w.call(http.MethodGet, path+"/crew", ""), http.StatusOK).Members
	if len(crew) != 1 || crew[0].Account != worker {
		t.Fatalf("crew %+v", crew)
	}
	refused(t, move(`{"move":"assign","worker":"`+string(w.fake.accounts["unit2"].ID)+`"}`), http.StatusUnprocessableEntity, "hand.stranger")
	w.status(move(`{"move":"assign","worker":"`+string(worker)+`"}`), http.StatusOK)
	if got := w.fake.cases[id].Worker(); got != worker {
		t.Errorf("given to %s", got)
	}
	refused(t, move(`{"move":"report"}`), http.StatusUnprocessableEntity, "field.required")
	type answer struct {
		Case    apiCase
		History []apiCaseEvent
	}
	if got := read[answer](t, move(`{"move":"report","text":"已清理"}`), http.StatusOK); got.Case.Holder != "" || got.Case.Version != w.fake.cases[id].Version || len(got.History) != 0 {
		t.Errorf("after the report %+v", got)
	}
	refused(t, w.call(http.MethodGet, path, ""), http.StatusNotFound, "case.not_found")
	refused(t, move(`{"move":"hand_back","text":"不归我们"}`), http.StatusNotFound, "case.not_found")
}

func TestSummonsesAndInstructionsOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	street := w.below()
	market := w.fake.units[1].ID
	type summons struct {
		Summons apiSummons
		History []apiSummonsEvent
	}
	call := `{"matter":"占道","place":"松柏路口","due":"2026-11-23T14:30:00+08:00","units":["` + string(market) + `"]}`
	refused(t, w.call(http.MethodPost, "/api/v1/summonses", call), http.StatusForbidden, "role.forbidden")
	w.of(org.RoleUnit, street.ID)
	refused(t, w.call(http.MethodPost, "/api/v1/summonses", strings.Replace(call, string(market), string(street.ID), 1)), http.StatusUnprocessableEntity, "summons.self")
	made := read[summons](t, w.call(http.MethodPost, "/api/v1/summonses", call), http.StatusOK)
	path := "/api/v1/summonses/" + string(made.Summons.ID)
	w.of(org.RoleUnit, market)
	read[summons](t, w.call(http.MethodPost, path+"/moves", `{"move":"arrive","text":"两人"}`), http.StatusOK)
	refused(t, w.call(http.MethodPost, path+"/moves", `{"move":"arrive","text":"两人"}`), http.StatusConflict, "summons.state")
	read[struct{ Files []apiAttachment }](t, w.call(http.MethodPost, path+"/files", `{"name":"a.png","content":"`+base64.StdEncoding.EncodeToString(png)+`"}`), http.StatusOK)
	got := read[summons](t, w.call(http.MethodPost, path+"/moves", `{"move":"report","text":"已清理"}`), http.StatusOK)
	if got.Summons.Calls[0].State != casework.CallReported || len(got.History) != 3 {
		t.Errorf("reported %+v", got)
	}
	w.of(org.RoleUnit, street.ID)
	refused(t, w.call(http.MethodPost, path+"/moves", `{"move":"score","unit":"`+string(market)+`","prompt":5}`), http.StatusUnprocessableEntity, "summons.marks")
	got = read[summons](t, w.call(http.MethodPost, path+"/moves", `{"move":"score","unit":"`+string(market)+`","prompt":5,"duty":4,"result":3}`), http.StatusOK)
	if got.Summons.Open || got.Summons.Calls[0].Result != 3 {
		t.Errorf("scored %+v", got.Summons)
	}
	w.of(org.RoleUnit, w.fake.units[3].ID)
	refused(t, w.call(http.MethodGet, path, ""), http.StatusNotFound, "summons.not_found")

	w.of(org.RoleLeader, "")
	if all := read[struct{ Summonses []apiSummons }](t, w.call(http.MethodGet, "/api/v1/summonses?show=ended", ""), http.StatusOK).Summonses; len(all) != 1 {
		t.Errorf("a leader sees %d", len(all))
	}
	instruct := `{"seen":0,"move":"instruct","text":"三天内报结果","until":"2026-11-26T17:30:00+08:00"}`
	w.status(w.call(http.MethodPost, "/api/v1/cases/"+string(id)+"/moves", instruct), http.StatusOK)
	if c := w.fake.cases[id]; !c.Instructed || c.OrderUnit != c.Unit {
		t.Errorf("instructed %+v", c.Case)
	}
	w.of(org.RoleAgent, "")
	refused(t, w.call(http.MethodPost, "/api/v1/cases/"+string(id)+"/moves", instruct), http.StatusForbidden, "case.not_yours")
}
