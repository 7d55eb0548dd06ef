package server

import (
	"net/http"
	"testing"

	"huying/casework"
	"huying/classifier"
	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/internal/org"
)

// What a model writes is there over the API as well, with what each sentence
// rests on; nothing is stored by it.
func TestWritingOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	w.signInAs("unit")
	w.moved(id, "accept")
	store := &fakeNotes{}
	o := w.server.o
	o.LeafNotes = classifier.NewLeafNotes(store, w.fake.clock)
	server := llmtest.New(t, llmtest.Say(drafted))
	model, _ := server.Client(t, nil)
	writer := llm.NewWriter(model, bigrams)
	o.Assist = &Assist{Model: model, Write: writer, Compose: casework.NewComposer(o.Answering, writer), Propose: classifier.NewProposer(writer)}
	var err error
	if w.server, err = New(o); err != nil {
		t.Fatal(err)
	}
	unit := w.fake.accounts["unit"]
	w.token = "hy_unit"
	w.allow(w.token, org.Actor{Account: unit.ID, Roles: org.Roles{org.RoleUnit}, Unit: unit.Unit})
	draft := read[apiWritten](t, w.call(http.MethodPost, "/api/v1/cases/"+string(id)+"/draft", `{"note":"11月23日到现场，已责令该店清洗油烟净化器。"}`), http.StatusOK)
	if len(draft.Sentences) != 3 || !draft.Sentences[0].Supported || draft.Sentences[1].Supported || len(draft.Sentences[1].Lacks) == 0 || draft.Sources[0].Name != "办理情况" {
		t.Errorf("%+v", draft)
	}
	if n := len(w.fake.cases[id].history); n != 2 {
		t.Errorf("a draft made %d events", n)
	}
	leaf := "/api/v1/catalogue/" + string(w.leaf("油烟污染").ID)
	w.status(w.call(http.MethodPost, leaf+"/notes", `{"examples":["楼下油烟大"]}`), http.StatusForbidden)
	w.token = "hy_admin"
	w.allow(w.token, org.Actor{Account: w.fake.accounts["admin"].ID, Roles: org.Roles{org.RoleAdmin}})
	server.Script(llmtest.Say(`{"sentences":[{"text":"油烟污染。","from":["s1"]}]}`))
	w.says(w.call(http.MethodPost, leaf+"/drafts", ""), `"examples":[{"text":"油烟污染。","from":[1],"supported":true,"lacks":[]}]`)
	if len(store.all) != 0 {
		t.Error("a proposal was kept")
	}
	w.says(w.call(http.MethodPost, leaf+"/notes", `{"examples":["打 13912345678 找他"]}`), "里像有个人信息")
	w.says(w.call(http.MethodPost, leaf+"/notes", `{"clauses":["有店面的归本类。"]}`), "缺少“与哪个事项区分”")
	w.says(w.call(http.MethodPost, leaf+"/notes", `{"examples":["楼下油烟大"]}`), "楼下油烟大")
	w.says(w.call(http.MethodGet, leaf+"/notes", ""), "楼下油烟大")
	server.Script(llmtest.Status(500, "3600"))
	w.status(w.call(http.MethodPost, leaf+"/drafts", ""), http.StatusServiceUnavailable)
}
