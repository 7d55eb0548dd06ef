package server

import (
	"net/http"
	"strings"
	"testing"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/internal/org"
)

const drafted = `{"sentences":[
	{"text":"11月23日已责令该店清洗油烟净化器。","from":["s1"]},
	{"text":"已处罚款5000元。","from":["s1"]},
	{"text":"您反映的油烟很大的问题已经核实。","from":["s2"]}]}`

// A draft shows what each sentence rests on; one that rests on nothing is not
// ticked, and taken all the same it cannot be sent before somebody has removed
// its mark.
func TestDraftedAnswerNamesItsSources(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signInAs("unit")
	w.moved(id, "accept")
	url := caseURL(id)
	if r := w.get(url); strings.Contains(r.body, "大模型") {
		t.Error("without an endpoint the case mentions one")
	}
	w.status(w.get(url+"/draft"), http.StatusNotFound)
	w.status(w.post(url+"/draft", "note", "已清洗"), http.StatusNotFound)
	server, store := w.helped(llmtest.Say(drafted))
	w.says(w.get(url), "起草：请大模型按这些资料逐句写")
	w.says(w.get(url+"/draft"), "资料 1 诉求人的话", "请大模型起草")
	if n := len(server.Received()); n != 0 {
		t.Errorf("looking at the sources asked the model %d times", n)
	}
	r := w.post(url+"/draft", "note", "11月23日到现场，已责令该店清洗油烟净化器。")
	w.status(r, http.StatusOK)
	w.says(r, "资料 1 办理情况", "资料 2 诉求人的话", "依据 资料 1", "无出处", "金额“5000元”", "没有人核对过")
	for text, ticked := range map[string]bool{"11月23日已责令该店清洗": true, "已处罚款5000元": false} {
		at := strings.Index(r.body, "> "+text) // behind its box
		if box := r.body[strings.LastIndex(r.body[:at], "<input"):at]; strings.Contains(box, "checked") != ticked {
			t.Errorf("%s: %s", text, box)
		}
	}
	r = w.post(url+"/draft/take", "text-1", "已责令该店清洗油烟净化器。", "take-1", "1", "text-2", "已处罚款5000元。", "bare-2", "1", "take-2", "1", "text-3", "没有选的。")
	w.status(r, http.StatusOK)
	want := "已责令该店清洗油烟净化器。〔无出处〕已处罚款5000元。"
	if !strings.Contains(r.body, ">"+want+"</textarea>") || strings.Contains(r.body, "没有选的") {
		t.Errorf("the form holds %s", words(r.body))
	}
	w.says(r, "草稿，来自大模型", "请逐句核对")
	w.says(w.move(id, "propose", "public", want), "答复里还有标着〔无出处〕的句子")
	if n := len(w.fake.cases[id].history); n != 2 {
		t.Errorf("a draft made %d events", n)
	}
	w.moved(id, "propose", "public", "已责令该店清洗油烟净化器。")
	w.status(w.post(url+"/draft", "note", "已清洗"), http.StatusForbidden) // it is not the unit's any more
	store.Allow(llm.Rules{})
	if r := w.get(url); strings.Contains(r.body, "大模型") {
		t.Error("switched off, the case mentions a model")
	}
}

func TestDraftFailsInWords(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signInAs("unit")
	w.moved(id, "accept")
	url := caseURL(id) + "/draft"
	w.helped(llmtest.Say(`{"sentences":[{"text":"已办。","from":["s99"]}]}`))
	r := w.post(url, "note", "已清洗")
	w.status(r, http.StatusOK)
	w.says(r, "大模型的回答不合要求，没有采用", "可以再试一次")
	if !strings.Contains(r.body, ">已清洗</textarea>") {
		t.Error("what was typed is lost")
	}
	r = w.post(url, "note", strings.Repeat("长", casework.MaxNoteRunes+1))
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "“办理情况”")
	w.signInAs("unit2")
	w.status(w.get(url), http.StatusNotFound)
	w.signIn(org.RoleAgent)
	w.status(w.get(url), http.StatusForbidden)
	w.signInAs("unit")
	w.fake.down = errs.New(errs.Unavailable, "database.unavailable")
	w.status(w.post(url, "note", "已清洗"), http.StatusServiceUnavailable)
}
