package server

import (
	"net/http"
	"strings"
	"testing"

	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/internal/org"
)

func TestRepliesAreMergedAndExplained(t *testing.T) {
	w := newWorld(t)
	ready, blocked, _ := w.proposed()
	path, clash := "/knowledge/proposals/"+string(ready), "/knowledge/proposals/"+string(blocked)
	w.signIn(org.RoleEditor)
	w.status(w.post(path+"/merge"), http.StatusNotFound)
	server, store := w.helped(each(map[llm.Task]string{
		llm.Merge: `{"sentences":[{"text":"登记当场办结，每只每年收费100元。","from":["s1"]},{"text":"未登记的罚款2000元。","from":["s1"]}]}`,
		llm.Clash: `{"clashes":[{"first":"年满65周岁","second":"年满60周岁","why":"年龄不同"},{"first":"年满70周岁","second":"年满60周岁","why":"编的"}]}`,
	}))
	w.says(w.get(path), "请大模型把各份答复合成一份")
	w.says(w.get(clash), "请大模型指出哪句对哪句")
	if n := len(server.Received()); n != 0 {
		t.Errorf("looking asked the model %d times", n)
	}
	r := w.post(path + "/merge")
	w.status(r, http.StatusOK)
	w.says(r, "大模型合并的答复", "依据 资料 1", "无出处", "金额“2000元”")
	r = w.post(path+"/merge/take", "text-1", "登记当场办结，每只每年收费100元。", "take-1", "1", "text-2", "未登记的罚款2000元。", "take-2", "1", "bare-2", "1")
	w.says(r, "答复来自大模型")
	if !strings.Contains(r.body, "收费100元。〔无出处〕未登记的罚款2000元。</textarea>") {
		t.Errorf("the form holds %s", words(r.body))
	}
	r = w.post(clash + "/clash")
	w.says(r, "第 1 种与第 2 种，哪句对哪句", "“年满65周岁”", "“年满60周岁”", "年龄不同")
	if strings.Contains(r.body, "年满70周岁") {
		t.Error("a sentence that nobody said is shown")
	}
	w.status(w.post(clash+"/merge"), http.StatusServiceUnavailable)
	w.status(w.post(path+"/clash"), http.StatusServiceUnavailable)
	server.Script(llmtest.Status(500, "3600"))
	w.says(w.post(path+"/merge"), "大模型服务出错或连不上", "可以再试一次")
	w.signIn(org.RoleAgent)
	w.status(w.post(path+"/merge"), http.StatusForbidden)
	w.signIn(org.RoleEditor)
	store.Allow(llm.Rules{})
	if r := w.get(path); strings.Contains(r.body, "大模型") {
		t.Error("switched off, the page mentions a model")
	}
}
