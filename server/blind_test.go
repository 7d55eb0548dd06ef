package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// decidedByColleague makes matters decided by somebody who is not the agent, and
// draws them.
func (w *world) decidedByColleague(matters ...intake.MatterID) {
	for _, m := range matters {
		f := w.fake.files[m]
		f.Matter.State = intake.MatterDecided
		f.Decisions = []classifier.Decision{{
			ID: "first", Matter: m, Kind: classifier.Correct, By: "colleague", At: w.fake.now,
			Category: w.leaf("露天烧烤").ID, Lead: w.fake.units[0].ID, Reason: "同事的理由",
		}}
		w.fake.files[m] = f
		w.fake.learned.drawn = append(w.fake.learned.drawn, m)
	}
}

func TestBlindPageShowsTheMessageAlone(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	if strings.Contains(w.get("/desk").body, "second-look") {
		t.Error("the desk offers blind readings while none wait")
	}
	w.says(w.get("/blind"), "没有等待复判的诉求", "回受理台")
	w.decidedByColleague(s.Sure, s.Several)
	w.says(w.get("/desk"), "复判 2 件")
	first := w.get("/blind")
	w.says(first, "复判 2", "楼下烧烤店油烟往家里灌", "松柏路 18 号", "华新区 松柏街道 松柏社区", "推荐和同事的决定都不显示", "跳过")
	for _, path := range []string{"/blind", "/blind/" + string(s.Sure), "/blind/" + string(s.Sure) + "/find?words=油烟"} {
		body, _, _ := strings.Cut(words(w.get(path).body), "快捷键 J K")
		for _, leak := range []string{"智能推荐", "71%", "把握", "露天烧烤", "同事的理由", "即时答复", "办理记录", "紧急"} {
			if strings.Contains(body, leak) {
				t.Errorf("%s shows %q", path, leak)
			}
		}
		if strings.Contains(w.get(path).body, "<mark>") {
			t.Errorf("%s underlines what speaks for the suggestion", path)
		}
	}
	if w.status(w.get("/blind/not-an-id"), http.StatusNotFound); strings.Contains(w.get("/blind/"+string(s.Long)).body, "占用人行道") {
		t.Error("a matter that does not wait is shown")
	}
}

func TestSecondPersonReadsBlind(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	w.decidedByColleague(s.Sure, s.Several, s.Long)
	before := len(w.fake.files[s.Sure].Decisions)
	path := "/blind/" + string(s.Sure)
	w.says(w.part(path+"/find?words=yyw"), "油烟污染 030401")
	w.says(w.part(path+"/find?words=zzz"), "没有名称、首字母或编码像“zzz”的末级事项", "按 X")
	fume := w.leaf("油烟污染")
	choice := w.get(path + "/find?category=" + string(fume.ID))
	w.says(choice, "油烟污染 030401", "主办单位（可不选）", "华新区城市管理和综合执法局 按“店内炉灶经营”", "记下")
	if strings.Count(choice.body, "checked") != 1 || !strings.Contains(choice.body, `name="by" value="" checked`) {
		t.Error("a unit is chosen from the start")
	}
	w.status(w.post(path, "category", ""), http.StatusUnprocessableEntity)
	w.status(w.post(path, "category", string(fume.ID), "by", "rule:none"), http.StatusUnprocessableEntity)
	r := w.post(path, "category", string(fume.ID), "by", "rule:"+string(fume.Rules[0].ID))
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已记下，换下一件", "晚上太吵睡不着", "复判 2")
	d := w.fake.learned.blind[0]
	if d.Purpose != classifier.Blind || d.Kind != classifier.Correct || d.Category != fume.ID || d.Lead != w.fake.units[0].ID || len(d.Co) != 0 || d.Suggestion != "" {
		t.Errorf("stored %+v", d)
	}
	if len(w.fake.files[s.Sure].Decisions) != before {
		t.Error("the chain has grown")
	}
	w.says(w.get(w.post(path, "category", string(fume.ID)).location), "那一件已不需要复判，换下一件") // sent twice
	w.says(w.get(w.post("/blind/"+string(s.Several)+"/skip").location), "已跳过，换下一件", "长期占用人行道")
	w.post("/blind/"+string(s.Long), "none", "1")
	if d := w.fake.learned.blind[1]; d.Kind != classifier.Decline || d.Reason != classifier.NoneFits || d.Category != "" {
		t.Errorf("stored %+v", d)
	}
	if len(w.fake.learned.blind) != 2 {
		t.Errorf("%d readings", len(w.fake.learned.blind))
	}
}

func TestBlindReadingIsForThoseWhoDecide(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.decidedByColleague(s.Sure)
	w.signIn(org.RoleEditor)
	w.status(w.get("/blind"), http.StatusForbidden)
	w.status(w.post("/blind/"+string(s.Sure), "none", "1"), http.StatusForbidden)
	if r := w.get("/desk"); r.status != http.StatusOK || strings.Contains(r.body, "second-look") {
		t.Errorf("an editor's desk: %d", r.status)
	}
	w.jar = map[string]string{}
	w.signIn(org.RoleAgent) // the agent decides: then it is not the agent's to read
	f := w.fake.files[s.Sure]
	for _, a := range w.fake.accounts {
		if a.Roles.Has(org.RoleAgent) {
			f.Decisions[0].By = a.ID
		}
	}
	w.fake.files[s.Sure] = f
	w.status(w.get("/blind/"+string(s.Sure)), http.StatusNotFound)
	w.says(w.get(w.post("/blind/"+string(s.Sure), "none", "1").location), "没有等待复判的诉求")
	if len(w.fake.learned.blind) != 0 {
		t.Error("the one who decided has read it blind")
	}
}

func TestPeopleAreComparedInSentences(t *testing.T) {
	w := newWorld(t)
	w.rates()
	w.signIn(org.RoleAgent)
	w.says(w.get("/accuracy"), "这段时间抽中 0 件请没看过推荐的第二个人再判，判了 0 件。还没有数，看不出什么。")
	w.fake.learned.agreement = classifier.Agreement{Drawn: 40, Read: 12, SameLeaf: 9, Shown: 12, Both: 8}
	w.says(w.get("/accuracy"), "抽中 40 件", "判了 12 件。不足 30 件，还太少，看不出。", "两个人定为同一事项 9 / 12 样本不足")
	w.morning()
	w.learn()
	w.says(w.get("/accuracy"),
		"同一件事由两个人判，有 80% 定为同一事项（多半在 72% 到 86% 之间）：人与人之间也只有这样，推荐再好也难超过。",
		"同样 118 件，看过推荐的人有 82% 用了首选，没看推荐的人有 69% 判得与首选一样，相差 13 个百分点（多半在 4 到 21 之间）：人有一部分是被推荐带着走的，上面的准确率偏高。",
		"两个人定为同一事项 97 / 121 80% 72%–86%", "两个人选同一主办单位 79 / 88 90% 82%–95%",
		"首选与看过推荐的人一致 97 / 118 82% 74%–88%", "首选与没看推荐的人一致 82 / 118 69% 61%–77%")
	for _, tc := range []struct {
		first, second int
		says          string
	}{
		{8, 7, "差别在偶然的范围内：看不出人被推荐带着走。"},
		{4, 22, "反而少 15 个百分点（多半在 7 到 23 之间）：人没有被推荐带着走。"},
	} {
		w.fake.learned.agreement.OnlyFirst, w.fake.learned.agreement.OnlySecond = tc.first, tc.second
		w.says(w.get("/accuracy"), tc.says)
	}
	w.fake.learned.agreement.Shown = 20
	w.says(w.get("/accuracy"), "其中看着推荐办理的只有 20 件，还太少，看不出人是不是被推荐带着走。")
}

func TestFallIsSaidFirst(t *testing.T) {
	w := newWorld(t)
	w.rates()
	w.morning()
	w.signIn(org.RoleAgent)
	if strings.Contains(w.get("/accuracy").body, "近 12 周") {
		t.Error("weeks are shown although nothing was decided")
	}
	w.learn()
	r := w.get("/accuracy")
	w.says(r, "▼ 上周（11月16日起）首选事项的采用率是 58%（182 件），此前各周合计 74%（1820 件），下降超出偶然的范围。",
		"▼ 其中热线：上周 58%（180 件），此前各周合计 75%（1800 件）。", "近 12 周的首选采用率", "9月7日起 132 / 182 73%", "11月23日起 本周未完 13 / 19 样本不足",
		"热线 1997 73% 180 58%", "信箱 24 12 件 2 1 件")
	if strings.Index(r.body, "▼") > strings.Index(r.body, `id="sentence"`) {
		t.Error("the alarm does not stand in front")
	}
	if strings.Count(r.body, "▼") != 2 {
		t.Errorf("%d alarms", strings.Count(r.body, "▼"))
	}
	weeks := w.fake.learned.weeks
	w.fake.learned.weeks = weeks[8:] // the service began four weeks later
	if r := w.get("/accuracy"); strings.Contains(r.body, "9月28日起") || !strings.Contains(r.body, "10月5日起") {
		t.Error("weeks before the first decision are shown")
	}
	w.fake.learned.weeks = weeks
	weeks[20].LeafRight = 133
	if strings.Contains(w.get("/accuracy").body, "▼") {
		t.Error("a week like the others alarms")
	}
}

func TestLeafPageTellsHowItDoes(t *testing.T) {
	w := newWorld(t)
	w.morning()
	w.signIn(org.RoleAgent)
	path := "/catalogue/" + string(w.leaf("油烟污染").ID)
	w.says(w.get(path), "近 90 天没有推荐过这个事项，也没有人把诉求定为它。", "有了决定，这里会列出")
	w.learn()
	r := w.get(path)
	w.says(r, "近 90 天首选推荐它的有 73 件已作决定，61 件被采用，占 84%；真实比例多半在 73% 到 90% 之间。",
		"推荐为本类，人改成 露天烧烤 9 件 社会生活噪声 3 件", "推荐为别的，人改成本类 露天烧烤 12 件 旧版清单中的事项 2 件",
		"承办单位退回的，最近 2 件", "华新区城市管理和综合执法局：职责不符，“无固定门店的才归城管” 建议改派云汀市生态环境局", "云汀市生态环境局：信息不足 没有提出应由谁办",
		"炒菜油烟排烟管道直吹窗户。 请管管。 曾推荐“露天烧烤”", "面馆锅炉整天冒着黑烟",
		"最常与 露天烧烤 混淆。比较了本类 12 件、“露天烧烤” 12 件已定诉求的用词。", "多见于本类：净化、油烟、管道；多见于“露天烧烤”：占道、支摊、炭火。")
	if strings.Count(r.body, "炒菜油烟") != 1 {
		t.Error("the same wording is drafted twice")
	}
	if !strings.Contains(r.body, "/catalogue/"+string(w.leaf("露天烧烤").ID)) {
		t.Error("no link to the other leaf")
	}
	w.says(w.get(path+"?days=7"), "近 7 天首选推荐它的")
	if strings.Contains(w.get("/catalogue/"+string(w.leaf("油烟污染").Parent)).body, "推荐得怎样") {
		t.Error("a node that is no leaf has a record")
	}
	w.fake.learned.texts = nil
	w.fake.learned.wordings = nil
	w.fake.learned.givenBack = nil
	w.fake.learned.away = w.fake.learned.away[:1]
	w.fake.learned.away[0].Count = 5
	w.says(w.get(path), "5 件被采用；不足 30 件，还看不出比例。", "没有被改成别的事项。", "这段时间没有单位退回过本类的诉求。", "两类各满 10 件后再比。", "还没有草稿")
	w.fake.learned.taken = nil
	w.fake.learned.away = append(w.fake.learned.away, classifier.LeafCount{Leaf: w.leaf("施工噪声").ID, Count: 2})
	w.says(w.get(path), "推荐为本类，人改成 施工噪声 2 件", "没有从别的事项改过来的。", "这段时间没有哪个事项与它混淆过 3 次以上，还没有草稿。")
}

// TestBlindReadingByKeyboard finds a category by its initials, names a unit,
// skips, and refuses.
func TestBlindReadingByKeyboard(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	s := b.morning()
	b.decidedByColleague(s.Sure, s.Several, s.Long)
	b.signIn(org.RoleAgent)
	b.open("/blind")
	b.reads("#message h1", "楼下烧烤店油烟往家里灌")
	b.press("yywr")
	b.reads("#modify-found .hits", "油烟污染")
	b.press(kb.Enter)
	b.reads("#correct", "主办单位（可不选）")
	b.press(kb.ArrowDown)
	b.press(kb.Enter)
	b.reads("p.undo", "已记下，换下一件")
	b.look("desk-blind-done")
	b.press(kb.Escape)
	b.press("s")
	b.reads("p.undo", "已跳过，换下一件")
	b.press(kb.Escape)
	b.press("e")
	b.reads("#modify", "属于哪个事项")
	b.press(kb.Escape)
	b.press("x")
	b.reads("h1", "没有等待复判的诉求")
	got := b.fake.learned.blind
	if len(got) != 2 || got[0].Category != b.leaf("油烟污染").ID || got[0].Lead != b.fake.units[0].ID || got[1].Kind != classifier.Decline {
		t.Errorf("read %+v", got)
	}
}
