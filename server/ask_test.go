package server

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

var field = regexp.MustCompile(`name="(conversation|message|reply|entry)" value="([^"]*)"`)

// fields gives the hidden fields of a citizens' page, the last of each name.
func fields(page string, more ...string) []string {
	last := map[string]string{}
	for _, m := range field.FindAllStringSubmatch(page, -1) {
		last[m[1]] = m[2]
	}
	var out []string
	for name, value := range last {
		out = append(out, name, value)
	}
	return append(out, more...)
}

func TestCitizenAsks(t *testing.T) {
	w := newWorld(t)
	w.asked()
	first := w.get("/ask")
	w.status(first, http.StatusOK)
	w.says(first, "请说说您遇到的事", "您想问什么")
	if p := first.header.Get("Content-Security-Policy"); !strings.Contains(p, "frame-ancestors 'self' https://city.example") || first.header.Get("X-Frame-Options") != "" {
		t.Errorf("it may not stand in a frame of the city's: %q", p)
	}
	if len(w.jar) != 0 {
		t.Errorf("it sets cookies: %v", w.jar)
	}
	asked := w.do(form("/ask", fields(first.body, "text", question)...))
	w.says(asked, "您问 "+question, "居住证怎么续签？", "到期前 30 天内", "完整答复", "答复单位 云汀市公安局", "适用地区 全市",
		"依据 居住证暂行条例第十条", "有效至 2028年6月23日", "解决了", "没有解决", "您的电话 可不填")
	again := w.do(form("/ask", fields(first.body, "text", question)...))
	if len(w.fake.talked) != 1 {
		t.Errorf("one ask sent twice is %d asks", len(w.fake.talked))
	}
	w.says(w.do(form("/ask/verdict", fields(again.body, "verdict", "solved")...)), "已记下，问题解决了。")
	r := w.do(form("/ask/verdict", fields(asked.body, "verdict", "unsolved", "case", "去了窗口，说系统里没有我", "phone", "13812340021", "consent", "yes")...))
	w.says(r, "已转给工作人员，连同这次问答一起。")
	if strings.Contains(r.body, `id="unsolved"`) {
		t.Error("it can be handed over a second time")
	}
	if len(w.fake.handed) != 1 || w.fake.handed[0].Phone != "13812340021" || w.fake.handed[0].Text != "去了窗口，说系统里没有我" {
		t.Errorf("handed over: %+v", w.fake.handed)
	}
}

func TestCitizenIsOfferedAndChooses(t *testing.T) {
	w := newWorld(t)
	w.asked()
	offered := w.do(form("/ask", "text", "证到期了", "conversation", "c", "message", "1"))
	w.says(offered, "您是不是想问：", "居住证怎么续签？", "转给工作人员")
	if strings.Contains(offered.body, `id="short"`) || strings.Contains(words(offered.body), "养老保险") {
		t.Error("something is answered, or what is not near is offered")
	}
	choice := fields(offered.body, "entry", string(w.fake.entries[0].ID))
	w.says(w.do(form("/ask/choice", choice...)), "到期前 30 天内", "没有解决")
	w.fake.entries[0].State = kb.EntryRetired
	r := w.do(form("/ask/choice", choice...))
	w.status(r, http.StatusConflict)
	w.says(r, "“居住证怎么续签？”这一条已停用或过期，请重新提问")
	w.status(w.do(form("/ask/verdict", "conversation", "another", "reply", string(w.fake.talked[0].ID), "verdict", "unsolved")), http.StatusNotFound)
}

func TestCitizenInDanger(t *testing.T) {
	w := newWorld(t)
	w.fake.result = func(string) kb.Result { return kb.Result{Silence: kb.SilentDanger} }
	r := w.do(form("/ask", "text", "煤气味很大，有人晕倒了"))
	w.says(r, "请马上拨打 110（报警）、119（火警）或 120（急救）。您说的已经转给工作人员")
	if !strings.Contains(r.body, `href="tel:120"`) || !strings.Contains(r.body, `role="alert"`) {
		t.Error("the numbers cannot be called at once")
	}
}

func TestCitizenIsToldWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		text, says string
		status     int
	}{
		{"  ", "缺少“问题”", http.StatusUnprocessableEntity},
		{"hello", "“问题”里没有汉字，请用中文再说一遍", http.StatusUnprocessableEntity},
		{strings.Repeat("字", 2001), "“问题”超过 2000 个字，请缩短", http.StatusUnprocessableEntity},
		{strings.Repeat("字", 400_000), "一次提交的内容超过 1 MB", http.StatusRequestEntityTooLarge},
	} {
		r := w.do(form("/ask", "text", c.text))
		w.status(r, c.status)
		w.says(r, c.says)
	}
	w.fake.down = errs.New(errs.Unavailable, "database.unavailable")
	r := w.do(form("/ask", "text", "居住证"))
	w.status(r, http.StatusServiceUnavailable)
	w.says(r, "数据库暂时连接不上")
	w.fake.down = nil
	for range asksAMinute {
		r = w.do(form("/ask", "text", "居住证"))
	}
	w.status(r, http.StatusTooManyRequests)
	w.says(r, "问得太快，请过一分钟再问")
	w.fake.now = w.fake.now.Add(60_000_000_000)
	w.status(w.do(form("/ask", "text", "居住证")), http.StatusOK)
	w.server.o.PublicAsk = false
	w.status(w.get("/ask"), http.StatusNotFound)
	w.status(w.get("/widget.js"), http.StatusNotFound)
}

func TestWidgetIsServed(t *testing.T) {
	w := newWorld(t)
	r := w.get("/widget.js")
	w.status(r, http.StatusOK)
	if !strings.HasPrefix(r.header.Get("Content-Type"), "text/javascript") || !strings.Contains(r.body, "iframe") {
		t.Errorf("%s: %s", r.header.Get("Content-Type"), r.body)
	}
}

// The address that counts is the one that the proxy next to us names, not the
// one that the caller claims.
func TestLimitCountsAddresses(t *testing.T) {
	var l limiter
	w := newWorld(t)
	now := w.fake.now
	for range asksAMinute {
		if !l.take("a", now) {
			t.Fatal("refused too early")
		}
	}
	if l.take("a", now) || !l.take("b", now) {
		t.Error("one address's asks count for another, or not at all")
	}
	for i := range asksAMinute + 1 {
		req := form("/ask", "text", "居住证")
		req.Header.Set("X-Forwarded-For", strings.Repeat("9", i%3+1)+".1.1.1, 203.0.113.7")
		w.do(req)
	}
	req := form("/ask", "text", "居住证")
	req.Header.Set("X-Forwarded-For", "203.0.113.7")
	w.status(w.do(req), http.StatusTooManyRequests)
}

// What the desk shows of an answer is the entry as it is now; a verdict on an
// entry that has changed since is not taken before the agent has seen it.
func TestDeskShowsTheEntryAsItIsNow(t *testing.T) {
	w := newWorld(t)
	s := w.morning().Card
	w.signIn(org.RoleAgent)
	e := &w.fake.entries[0]
	w.answered(s, 0, 0.93)
	path := "/desk/" + string(s)
	page := w.get(path)
	w.says(page, "到期前 30 天内", "完整答复", "没有解决")
	if strings.Contains(page.body, `id="changed"`) {
		t.Error("it says that something changed")
	}
	shown := shownEntry.FindStringSubmatch(page.body)[1]

	e.Version, e.Short, e.UpdatedAt = 4, "现在全程网上办。", w.fake.now
	r := w.post(path+"/verdict", "solved", "1", "shown", shown)
	if w.fake.answers[s].Verdict != "" || !strings.Contains(r.location, "said=changed") {
		t.Errorf("a verdict on what has changed is taken: %q leads to %q", w.fake.answers[s].Verdict, r.location)
	}
	page = w.get(r.location)
	w.says(page, "这条答复刚刚有变化，没有记下", "这条已于11月23日 周一 09:30更新，下面是现在的答复。", "现在全程网上办。")
	e.State = kb.EntryRetired
	page = w.get(path)
	w.says(page, "这条已于11月23日 周一 09:30停用，请不要再念。")
	if strings.Contains(page.body, `data-aloud`) {
		t.Error("a retired answer can be read out")
	}
	r = w.post(path+"/verdict", "solved", "0", "shown", shownEntry.FindStringSubmatch(page.body)[1])
	if !strings.Contains(r.location, "said=unsolved") {
		t.Errorf("the verdict leads to %q", r.location)
	}
	e.State, e.ValidUntil = kb.EntryPublished, w.fake.now.AddDate(0, 0, -1)
	w.says(w.get(path), "这条已于2026年11月22日过期，请不要再念。")
}

var shownEntry = regexp.MustCompile(`name="shown" value="([^"]+)"`)

// A message that came of a talk shows the talk, and that its answer did not
// help; one whose answer is still to come is looked up by words alone.
func TestDeskShowsTheTalkAndWhatWordsFind(t *testing.T) {
	w := newWorld(t)
	s := w.morning().Card
	w.signIn(org.RoleAgent)
	w.answered(s, 0, 0.93)
	message := w.fake.files[s].Message.ID
	w.fake.talks = map[intake.MessageID][]kb.Turn{message: {{
		Ask: "居住证怎么续签", At: w.fake.now, Told: kb.ToldAnswer, Matches: []kb.Match{{Entry: w.fake.entries[0]}}, Verdict: kb.VerdictUnsolved,
	}, {Ask: "还有别的吗", At: w.fake.now, Told: kb.ToldSilent, Silence: kb.SilentNothing}}}
	path := "/desk/" + string(s)
	w.says(w.get(path), "来件前的对话", "问 居住证怎么续签", "（第 3 版）到期前 30 天内", "诉求人说没有解决", "没有答复：知识库中没有相近的条目",
		"诉求人在对话里看过这条，说没有解决。")
	delete(w.fake.answers, s)
	file := w.fake.files[s]
	file.Message.ReceivedAt = w.fake.now
	w.fake.files[s] = file
	w.fake.now = w.fake.now.Add(time.Minute)
	w.says(w.get(path), "语义检索暂时不可用，只按字词找到，请核对后再答复", "最接近的 1 条", "居住证怎么续签？")
}
