package server

import (
	"net/http"
	"strings"
	"testing"

	"huying/classifier"
	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/internal/org"
)

// The figures of a page in words: a sentence with a figure that its row does
// not have is left out, and that is said.
func TestFiguresAreToldAsTheyStand(t *testing.T) {
	w := newWorld(t)
	w.fake.rates = classifier.Accuracy{Decided: 100, LeafRight: 80, LeafTop3: 90, LeafTop5: 95, LeadRight: 85}
	w.dispatch(0)
	w.signIn(org.RoleAdmin)
	w.status(w.post("/accuracy/prose"), http.StatusNotFound)
	w.status(w.post("/cases/units/prose"), http.StatusNotFound)
	server, store := w.helped(llmtest.Say(`{"sentences":[
		{"text":"首选即所定事项：100 件中 80 件。","from":["s2"]},
		{"text":"首选即所定事项：100 件中 90 件。","from":["s2"]}]}`))
	w.says(w.get("/accuracy"), "请大模型写成一段说明")
	if n := len(server.Received()); n != 0 {
		t.Errorf("the figures asked the model %d times", n)
	}
	r := w.post("/accuracy/prose?days=30")
	w.status(r, http.StatusOK)
	w.says(r, "没有人核对过", "有 1 句因为数字或说法在表里对不上，已经删去", "数字“90件”")
	if told := r.body[strings.Index(r.body, `id="prose"`):strings.Index(r.body, `id="dropped"`)]; !strings.Contains(told, "80 件") || strings.Contains(told, "90 件") {
		t.Errorf("told %s", words(told))
	}
	server.Script(llmtest.Say(`{"sentences":[{"text":"华新区城市管理和综合执法局在办 1 件。","from":["s1"]},{"text":"云汀市公安局在办 1 件。","from":["s1"]}]}`))
	r = w.post("/cases/units/prose")
	w.says(r, "华新区城市管理和综合执法局在办 1 件", "有 1 句因为数字或说法在表里对不上")
	server.Script(llmtest.Status(500, "3600"))
	w.says(w.post("/cases/units/prose"), "大模型服务出错或连不上", "所依据的数字")
	store.Allow(llm.Rules{})
	if r := w.get("/accuracy"); strings.Contains(r.body, "请大模型") {
		t.Error("switched off, the page mentions a model")
	}
	w.signIn(org.RoleUnit)
	w.status(w.post("/accuracy/prose"), http.StatusForbidden)
	w.status(w.post("/cases/units/prose"), http.StatusForbidden)
}
