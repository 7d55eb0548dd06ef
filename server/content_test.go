package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

func TestCallIsTakenIn(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	w.says(w.get("/messages/new"), "登记来电", "诉求内容", "联系方式可否给承办单位", "无人说话", "中途挂断", "已转接", "松柏街道")
	r := w.post("/messages", "channel", "hotline", "text", "", "phone", "13812340021")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有保存：", "没有诉求内容。无人说话或中途挂断的来电，请按下面的“无人说话”或“中途挂断”")
	if !strings.Contains(r.body, `value="13812340021"`) {
		t.Error("the form forgets what was typed")
	}
	r = w.post("/messages", "channel", "hotline", "title", strings.Repeat("长", 201), "text", "路灯坏了", "place", strings.Repeat("远", 101))
	w.says(r, "“标题”超过 200 个字，请缩短", "“地点”超过 100 个字，请缩短")
	for _, outcome := range []string{"silent", "dropped", "transferred"} {
		r = w.post("/messages", "channel", "hotline", "outcome", outcome)
		if w.status(r, http.StatusSeeOther); r.location != "/desk?said=contact" {
			t.Errorf("%s leads to %q", outcome, r.location)
		}
	}
	w.says(w.get(r.location), "已记下这次来电，没有诉求需要办理")
	w.status(w.post("/messages", "channel", "hotline", "text", strings.Repeat("字", 20_000)), http.StatusSeeOther)
}

func TestHitTestTellsWhy(t *testing.T) {
	w := newWorld(t)
	w.asked()
	w.signIn(org.RoleAgent)
	w.says(w.get("/knowledge?q="+url.QueryEscape(question)), "会这样答复", "第一条的把握是 93%，达到门槛 62%。",
		"由相似问法“暂住证一年到了去哪里盖章”找到", "与问法的相似度 +2.41", "像是要办理的诉求 -0.12", "共有的字词", "暂住证")
	w.says(w.get("/knowledge?q="+url.QueryEscape("停水")), "不会答复", "有相近的条目，但把握不够。最接近的一条把握是 41%，门槛是 62%。")
	w.fake.result = func(string) kb.Result { return kb.Result{Silence: kb.SilentNothing, Threshold: 0.62} }
	w.says(w.get("/knowledge?q="+url.QueryEscape("外星人")), "不会答复", "知识库中没有相近的条目。")
}

func TestKnowledgeIsReadByTopic(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	w.says(w.get("/knowledge"), "全部条目", "居住证怎么续签？", "已过期", "户政居住 1")
	r := w.get("/knowledge?topic=" + url.QueryEscape("水电气"))
	w.says(r, "家里突然停水怎么报修？")
	if strings.Contains(r.body, "居住证怎么续签？") {
		t.Error("another topic's entry is listed")
	}
	w.says(w.get("/knowledge/"+string(w.fake.entries[0].ID)), "念读稿", "标准答复", "依据 居住证暂行条例第十条", "相似问法 3", "编号 kb-017，第 3 版，11月3日 周二 09:30 更新。", "有效至 2028年6月23日")
	w.says(w.get("/knowledge/"+string(w.fake.entries[2].ID)), "2026年11月20日已过期，不再用于答复")
	w.status(w.get("/knowledge/"+string(id.New[kb.EntryID]())), http.StatusNotFound)
	w.fake.entries = nil
	w.says(w.get("/knowledge"), "知识库还是空的。")
}

func TestNoticeIsPinned(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	w.says(w.get("/notices"), "现在没有生效的统一口径。", "发布一条")
	r := w.post("/notices", "title", "", "text", "正在抢修", "starts", "2026-11-23T09:30", "ends", "2026-11-23T08:00")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "缺少“标题”")
	if !strings.Contains(r.body, "正在抢修</textarea>") {
		t.Error("the form forgets what was typed")
	}
	w.says(w.post("/notices", "title", "停电", "text", "抢修", "starts", "soon", "ends", ""), "“开始时间”的内容“soon”不符合要求")
	r = w.post("/notices", "title", "松柏街道停电抢修", "text", "预计 18:00 前恢复", "area", "990101", "starts", "2026-11-23T09:00", "ends", "2026-11-23T18:00")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已发布，话务员现在就能看到。", "松柏街道停电抢修", "11月23日 周一 18:00")
}

func TestCatalogueIsBrowsed(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	w.says(w.get("/catalogue"), "环境保护 4", "社会保障 1", "DB44/T 2479-2024，5 个末级事项，2026年5月23日起有效。")
	w.says(w.get("/catalogue/"+string(w.leaf("油烟污染").ID)), "环境保护 › 大气污染", "油烟污染 030401", "时限 7 个工作日", "依据 大气污染防治法第八十一条",
		"范围 餐饮服务单位排放油烟影响周边的投诉", "追问 是店里的炉灶，还是路边摊？", "店内炉灶经营 城市管理和综合执法局", "未取得营业执照 市场监督管理局 云汀市市场监督管理局",
		"容易混淆的事项 露天烧烤 油烟污染在店内炉灶；露天烧烤是占道支摊。", "市民会怎么说 楼下烧烤店的烟天天往家里灌")
	w.says(w.get("/catalogue/"+string(w.leaf("油烟污染").Parent)), "大气污染", "露天烧烤 030402")
	w.says(w.get("/catalogue?words=yyw"), "油烟污染 030401 环境保护 › 大气污染")
	w.says(w.get("/catalogue?words=zzz"), "没有名称、首字母或编码像“zzz”的末级事项。")
	w.status(w.get("/catalogue/none"), http.StatusNotFound)
}

func TestAccuracyIsHonestWhenThereIsLittle(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	w.says(w.get("/accuracy"), "这段时间还没有人对推荐作出决定。")
	w.fake.rates = classifier.Accuracy{Decided: 11, LeafRight: 8, LeafTop3: 10, LeafTop5: 11, LeadRight: 9}
	r := w.get("/accuracy")
	w.says(r, "只有 11 件决定，样本不足", "首选即所定事项 8 / 11 样本不足")
	if strings.Contains(words(r.body), "73%") {
		t.Error("a share of eleven is shown as if it meant something")
	}
	w.rates()
	w.says(w.get("/accuracy?days=90"), "412 件决定中，289 件采用了首选事项，占 70%；同样条件下，真实比例多半在 66% 到 74% 之间。",
		"主办单位一致 311 / 412 75% 71%–79%", "信箱 12 9 件 9 件", "拿不准 71 32% 46%", "露天烧烤 油烟污染 9")
	w.status(w.get("/accuracy?days=abc"), http.StatusOK)
}

// TestWilson checks the interval at points that can be worked out by hand.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		right, of int
		low, high string
	}{{0, 0, "0%", "100%"}, {0, 10, "0%", "28%"}, {10, 10, "72%", "100%"}, {50, 100, "40%", "60%"}} {
		r := newRate("", c.right, c.of)
		if percent(r.Low) != c.low || percent(r.High) != c.high {
			t.Errorf("%d of %d: %s to %s, want %s to %s", c.right, c.of, percent(r.Low), percent(r.High), c.low, c.high)
		}
	}
}

func TestPercentIsWholeAndNeverCertain(t *testing.T) {
	for p, want := range map[float64]string{0: "0%", 0.004: "<1%", 0.705: "71%", 0.996: ">99%", 1: "100%"} {
		if got := percent(p); got != want {
			t.Errorf("%v is %s, want %s", p, got, want)
		}
	}
}

func TestTimesAreChinas(t *testing.T) {
	w := newWorld(t)
	late := w.fake.now.Add(14*time.Hour + 45*time.Minute)
	for got, want := range map[string]string{
		w.server.moment(w.fake.now):                       "11月23日 周一 09:30",
		w.server.moment(w.fake.now.AddDate(-1, 0, 0)):     "2025年11月23日 周日 09:30",
		w.server.moment(late):                             "11月24日 周二 00:15",
		w.server.day(time.Time{}):                         "",
		w.server.heading(w.fake.now.Add(-10 * time.Hour)): "昨天",
		w.server.heading(w.fake.now.Add(-9 * time.Hour)):  "今天",
		w.server.heading(w.fake.now.AddDate(0, 0, -5)):    "11月18日 周三",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSegmentsKeepEveryRune(t *testing.T) {
	for _, spans := range [][]span{nil, {{0, 2, 0}}, {{-3, 1, 1}, {4, 99, 2}}, {{5, 7, 0}, {1, 3, 1}, {2, 4, 2}}, {{3, 3, 0}}} {
		joined := ""
		for _, s := range segments("油烟太大，孩子咳嗽", 1, spans) {
			joined += s.Text
		}
		if joined != "油烟太大，孩子咳嗽" {
			t.Errorf("%v gives %q", spans, joined)
		}
	}
}

// TestFormsWorkWithoutScript walks through the panel as a plain browser does.
func TestFormsWorkWithoutScript(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	r := w.do(httptest.NewRequest(http.MethodGet, "/desk/"+string(s.Several)+"/modify?words=yyw", nil))
	w.says(r, "晚上太吵睡不着", "油烟污染 030401")
	if strings.Contains(r.body, `aria-labelledby="modify-title" hidden`) {
		t.Error("the panel is shut")
	}
	w.says(w.part("/desk/"+string(s.Several)+"/modify?words=zzz"), "没有名称、首字母或编码像“zzz”的末级事项")
	w.says(w.part("/desk/units?unit=水务"), "云汀市水务集团有限公司")
	w.says(w.part("/desk/units?unit=火星"), "没有名称像“火星”的单位。")
	w.status(w.part("/desk/"+string(s.Several)+"/modify?category="+string(id.New[classifier.CategoryID]())), http.StatusNotFound)
}
