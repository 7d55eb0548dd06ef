package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// TestEntriesLiveByAPI walks an entry through its life with two tokens.
func TestEntriesLiveByAPI(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	editor := func(token string) org.Actor {
		return org.Actor{Account: id.New[org.AccountID](), Login: token, Name: token, Roles: org.Roles{org.RoleEditor}}
	}
	w.allow("hy_first", editor("first"))
	w.allow("hy_next", editor("next"))
	const text = `"question":"公园几点关门？","answer":"晚上九点。<b>","unit":"云汀市公安局","negatives":["公园几点开门"],"clauses":[{"law":"公园条例","clause":"第三条","until":"2027-12-31T23:59:59+08:00"}]`
	refused(t, w.call(http.MethodPost, "/api/v1/entries", "{"+text+"}"), http.StatusForbidden, "role.forbidden") // an agent's token
	w.token = "hy_first"
	e := read[apiEntry](t, w.call(http.MethodPost, "/api/v1/entries", "{"+text+"}"), http.StatusCreated)
	if e.State != kb.EntryDraft || e.Version != 1 || len(e.Negatives) != 1 || len(e.Clauses) != 1 || e.Clauses[0].Until == nil {
		t.Fatalf("written %+v", e)
	}
	path := "/api/v1/entries/" + string(e.ID)
	move := func(step string, version int, remark string) reply {
		return w.call(http.MethodPost, path+"/moves", fmt.Sprintf(`{"step":%q,"version":%d,"remark":%q}`, step, version, remark))
	}
	e = read[apiEntry](t, w.call(http.MethodPost, path+"/versions", `{"version":1,"entry":{`+strings.Replace(text, "九点", "八点", 1)+`}}`), http.StatusOK)
	refused(t, w.call(http.MethodPost, path+"/versions", `{"version":1,"entry":{`+text+`}}`), http.StatusConflict, "kb.changed")
	refused(t, w.call(http.MethodPost, path+"/versions", `{"version":2,"entry":{`+strings.Replace(text, "晚上", strings.Repeat("长", 50_000), 1)+`}}`), http.StatusUnprocessableEntity, "field.too_long")
	read[apiEntry](t, move("send", e.Version, ""), http.StatusOK)
	refused(t, move("approve", 3, ""), http.StatusForbidden, "kb.own_review")
	w.token = "hy_next"
	tasks := read[struct{ Tasks []apiTask }](t, w.call(http.MethodGet, "/api/v1/entry-tasks?list=review", ""), http.StatusOK).Tasks
	if len(tasks) != 1 || tasks[0].Entry.ID != e.ID || tasks[0].Due == nil {
		t.Errorf("tasks %+v", tasks)
	}
	refused(t, move("return", 3, ""), http.StatusUnprocessableEntity, "field.required")
	e = read[apiEntry](t, move("approve", 3, ""), http.StatusOK)
	if e.State != kb.EntryPublished || !strings.Contains(e.Answer, "<b>") {
		t.Errorf("published %+v", e)
	}
	refused(t, move("approve", 3, ""), http.StatusConflict, "kb.step")
	moved := read[struct{ Moved int }](t, w.call(http.MethodPost, "/api/v1/clause-marks", `{"law":"公园条例","note":"全文修订"}`), http.StatusOK)
	if moved.Moved != 1 {
		t.Errorf("%d moved", moved.Moved)
	}
	versions := read[struct{ Versions []apiEdition }](t, w.call(http.MethodGet, path+"/versions", ""), http.StatusOK).Versions
	if len(versions) != 4 || versions[0].Step != kb.StepApprove || versions[3].Step != kb.StepNew {
		t.Errorf("versions %+v", versions)
	}
	refused(t, w.call(http.MethodGet, "/api/v1/entries/"+id.New[string]()+"/versions", ""), http.StatusNotFound, "entry.not_found")
}
