package server

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/classifier"
	"huying/internal/id"
	"huying/internal/org"
)

// trained gives the fake four models: one that serves, one refused, and two
// that served, of which one can be gone back to. It gives that one's id.
func (w *world) trained() classifier.ModelID {
	before := classifier.Figures{Decisions: 212, Leaf1: 0.71, Leaf3: 0.86, Lead1: 0.75}
	line := func(days, decisions int, f classifier.Figures) classifier.ModelLine {
		return classifier.ModelLine{
			StoredModel: classifier.StoredModel{
				ID: id.New[classifier.ModelID](), Version: "v", Embedder: "e", Decisions: decisions,
				MadeAt: w.fake.now.AddDate(0, 0, -days), Figures: f,
			},
			Catalogue: "DB44/T 2479-2024",
		}
	}
	refused := line(0, 1240, classifier.Figures{Decisions: 212, Leaf1: 0.62, Leaf3: 0.8, Lead1: 0.74, Before: &before})
	refused.Refused = classifier.RefusedLeaf
	active := line(1, 1210, classifier.Figures{Decisions: 205, Leaf1: 0.72, Leaf3: 0.88, Lead1: 0.76, Before: &before})
	active.Active, active.Kept = true, true
	earlier := line(3, 960, classifier.Figures{Decisions: 160, Leaf1: 0.7, Leaf3: 0.85, Lead1: 0.73})
	earlier.Kept = true
	w.fake.models = []classifier.ModelLine{refused, active, earlier, line(40, 0, classifier.Figures{})}
	return earlier.ID
}

func TestOneCanGoBackToAModel(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	w.says(w.get("/models"), "还没有推荐模型。导入事项清单时会训练第一个。")
	earlier := w.trained()
	r := w.get("/models")
	w.says(r, "现用的模型训练于11月22日 周日 09:30，见过 1210 件决定。",
		"11月23日 周一 09:30 DB44/T 2479-2024 1240 212 62% 原 71% 80% 原 86% 74% 原 75% ▲ 未启用：比现用的差 差在首选事项",
		"1210 205 72% 原 71% 88% 原 86% 76% 原 75% ● 使用中",
		"960 160 未比较 70% 85% 73% ○ 曾用 换回这个模型 推荐马上改由它给出，自动训练暂停，直到有人恢复。由谁、何时换回，记入审计日志。 确定换回",
		"0 决定还少，未比较 ○ 曾用")
	w.says(w.get("/accuracy"), "推荐模型")
	if w.status(w.do(form("/models/"+string(earlier)+"/use", "csrf", "")), http.StatusForbidden); len(w.fake.used) > 0 {
		t.Error("a post from elsewhere changes what serves")
	}
	r = w.post("/models/" + string(earlier) + "/use")
	if w.status(r, http.StatusSeeOther); len(w.fake.used) != 1 || w.fake.used[0] != earlier {
		t.Errorf("used %v", w.fake.used)
	}
	w.says(w.get(r.location), "已换回，推荐现在由这个模型给出。", "现用的模型训练于11月20日 周五 09:30",
		"周远于11月23日 周一 09:30换回了这个模型，自动训练已暂停；新的决定仍作为相近的例子影响推荐。", "恢复自动训练")
	r = w.post("/models/resume")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已恢复自动训练，有新的决定时会重新训练。")
	if w.fake.resumed != 1 {
		t.Errorf("resumed %d times", w.fake.resumed)
	}
	r = w.post("/models/" + string(id.New[classifier.ModelID]()) + "/use")
	w.status(r, http.StatusNotFound)
	w.says(r, "没有找到这个训练结果，可能已被更新的取代")
}

func TestModelsAreForAdministrators(t *testing.T) {
	w := newWorld(t)
	earlier := w.trained()
	for _, role := range []org.Role{org.RoleAgent, org.RoleEditor} {
		clear(w.jar)
		w.signIn(role)
		w.status(w.get("/models"), http.StatusForbidden)
		w.status(w.post("/models/"+string(earlier)+"/use"), http.StatusForbidden)
		w.status(w.post("/models/resume"), http.StatusForbidden)
	}
	if len(w.fake.used) > 0 || w.fake.resumed > 0 {
		t.Error("what serves was changed")
	}
}

func TestModelsLookAsTheyShould(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleAdmin)
	b.open("/models")
	b.look("models-empty")
	earlier := b.trained()
	b.open("/models")
	b.look("models")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/models")
	b.look("models-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.open("/models")
	b.run(chromedp.Focus(`.models summary`))
	b.press("\r")
	b.look("models-asked")
	b.run(chromedp.Click(`.models details[open] .button`))
	b.reads("#paused", "自动训练已暂停")
	b.look("models-paused")
	b.dark(true)
	b.look("models-dark")
	if len(b.fake.used) != 1 || b.fake.used[0] != earlier {
		t.Errorf("used %v", b.fake.used)
	}
}
