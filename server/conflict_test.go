package server

import (
	"html"
	"net/http"
	"regexp"
	"testing"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

var conflictField = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// mine is what the conflict's form sends.
func mine(page string) []string {
	start := regexp.MustCompile(`(?s)<form id="conflict".*?</form>`).FindString(page)
	var out []string
	for _, m := range conflictField.FindAllStringSubmatch(start, -1) {
		if m[1] != "csrf" {
			out = append(out, m[1], html.UnescapeString(m[2]))
		}
	}
	return out
}

// TestTheSecondIsToldAndAsked: two people have the same matter before them. The
// second is told what the first decided, when and who; keeping it changes
// nothing, insisting corrects it.
func TestTheSecondIsToldAndAsked(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(s.Sure)
	second, jar := seen(w.get(path).body), w.jar

	w.jar = map[string]string{}
	w.signIn(org.RoleAdmin)
	w.status(w.post(path+"/confirm", append(seen(w.get(path).body), "pick", "1")...), http.StatusSeeOther)

	w.jar = jar
	fume := w.leaf("油烟污染")
	choices := []struct {
		path   string
		fields []string
		says   string
	}{
		{"/confirm", []string{"pick", "2"}, "您选的 修改：环境保护 › 大气污染 › 露天烧烤，主办 华新区城市管理和综合执法局，一般"},
		{"/correct", []string{"category", string(fume.ID), "by", "rule:" + string(fume.Rules[1].ID), "urgency", "B", "type", "投诉"},
			"您选的 修改：环境保护 › 大气污染 › 油烟污染，主办 云汀市市场监督管理局，协办 华新区城市管理和综合执法局，较急"},
		{"/decline", []string{"why", "没有诉求内容", "more", "试音"}, "您选的 不采纳：没有诉求内容：试音"},
	}
	for _, choice := range choices {
		r := w.post(path+choice.path+"?show=unsure", append(second, choice.fields...)...)
		w.status(r, http.StatusConflict)
		w.says(r, "这件事已有人先作了决定", "11月23日 周一 09:30 周远 确认：环境保护 › 大气污染 › 油烟污染，主办 华新区城市管理和综合执法局，协办 云汀市生态环境局，一般",
			choice.says, "保留", "改为我的")
	}
	if n := len(w.fake.files[s.Sure].Decisions); n != 1 {
		t.Fatalf("%d decisions before anybody insisted", n)
	}
	kept := w.get(path + "/next")
	w.status(kept, http.StatusSeeOther)
	if kept.location != "/desk/"+string(s.Waiting) {
		t.Errorf("keeping leads to %q", kept.location)
	}

	r := w.post(path+"/correct", append(second, choices[1].fields...)...)
	again := mine(r.body)
	for range 2 { // a double click
		w.status(w.post(path+"/correct", again...), http.StatusSeeOther)
	}
	chain := w.fake.files[s.Sure].Decisions
	if len(chain) != 2 || chain[1].Kind != classifier.Correct || chain[1].Previous != chain[0].ID || chain[1].Urgency != intake.UrgencyB {
		t.Errorf("the chain is %+v", chain)
	}
	w.says(w.get(path+"?show=decided"), "我修改：环境保护 › 大气污染 › 油烟污染，主办 云汀市市场监督管理局", "周远 确认")

	r = w.post(path+"/confirm", append(second, "pick", "1")...)
	w.says(r, "我修改", "您选的 确认：环境保护 › 大气污染 › 油烟污染")
	w.status(w.post(path+"/confirm", mine(r.body)...), http.StatusSeeOther)
	if d := w.last(s.Sure); d.Kind != classifier.Correct || d.Category != fume.ID {
		t.Errorf("what confirms the suggestion over somebody's decision corrects that: %+v", d)
	}
}
