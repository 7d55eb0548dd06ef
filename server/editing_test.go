package server

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// wrote posts the form of a new entry and gives its address.
func (w *world) wrote(fields ...string) string {
	w.t.Helper()
	r := w.post("/knowledge", append([]string{"version", "0", "question", "公园几点关门？", "answer", "晚上九点。", "unit", "云汀市公安局"}, fields...)...)
	w.status(r, http.StatusSeeOther)
	return strings.TrimSuffix(r.location, "?said=written")
}

// stands gives an entry as it is stored.
func (w *world) stands(url string) kb.Entry {
	w.t.Helper()
	i := lifeStore{w.fake}.at(kb.EntryID(strings.TrimPrefix(url, "/knowledge/")))
	if i < 0 {
		w.t.Fatalf("no entry at %s", url)
	}
	return w.fake.entries[i]
}

// step posts a step with an entry as its page shows it.
func (w *world) step(url, step, remark string) reply {
	w.t.Helper()
	return w.post(url+"/move", "version", formVersion(w.get(url).body), "step", step, "remark", remark)
}

// formVersion is the version that a page's forms send back.
func formVersion(page string) string {
	_, rest, _ := strings.Cut(page, `name="version" value="`)
	version, _, _ := strings.Cut(rest, `"`)
	return version
}

func TestEntryIsWrittenReviewedAndPublished(t *testing.T) {
	w := newWorld(t)
	w.second()
	w.signIn(org.RoleEditor)
	w.says(w.get("/knowledge/new"), "写一条知识", "反例问法", "法规条款", "松柏街道")
	url := w.wrote("phrasings", "公园关门时间\n\n公园开到几点", "negatives", "公园几点开门", "clauses", "公园条例｜第三条｜2027-12-31", "valid_until", "2027年6月30日")
	r := w.get(url + "?said=written")
	w.says(r, "已保存为草稿，还不会用于答复", "草稿", "反例问法 1", "《公园条例》第三条 有效至 2027年12月31日", "送审")
	e := w.stands(url)
	if len(e.Phrasings) != 2 || e.ValidUntil.UTC().Format(time.DateTime) != "2027-06-30 15:59:59" {
		t.Errorf("stored %+v", e)
	}
	w.status(w.step(url, "send", ""), http.StatusSeeOther)
	w.says(w.get("/knowledge/tasks"), "待审核 1", "公园几点关门？", "还剩 3 天")
	r = w.get(url)
	w.says(r, "待审核", "不能通过并发布：自己写的或送审的内容须由第二个人审核。")
	if strings.Contains(r.body, `value="approve"`) || strings.Contains(r.body, "/edit") {
		t.Error("the page offers what is refused")
	}
	r = w.post(url+"/move", "version", "2", "step", "approve")
	w.status(r, http.StatusForbidden)

	w.signInAs("editor2")
	r = w.step(url, "return", "")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "缺少“原因”")
	w.status(w.step(url, "return", "缺冬季时间"), http.StatusSeeOther)
	w.signInAs("editor")
	w.says(w.get(url), "周敏：缺冬季时间")
	r = w.post(url+"/move", "version", "1", "step", "send")
	w.status(r, http.StatusConflict)
	w.says(r, "这条知识刚刚被别人改过，请看过现在的内容再处理")
	r = w.post(url+"/edit", "version", formVersion(w.get(url+"/edit").body), "question", "公园几点关门？", "answer", "夏季九点，冬季八点。", "unit", "云汀市公安局")
	w.status(r, http.StatusSeeOther)
	w.status(w.step(url, "send", ""), http.StatusSeeOther)
	w.signInAs("editor2")
	r = w.step(url, "approve", "")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已发布，现在就用于答复。", "已发布")
	w.says(w.get(url+"/versions"), "第 6 版", "通过并发布", "缺冬季时间", "新建", "第 6 版与第 5 版的差异", "内容没有差异")
	w.says(w.get(url+"/versions?new=4&old=1"), "第 4 版与第 1 版的差异", "标准答复", "晚上九点。夏季九点，冬季八点。")
	w.signInAs("agent")
	w.status(w.get("/knowledge/new"), http.StatusForbidden)
	if r = w.get(url); strings.Contains(r.body, `name="step"`) || strings.Contains(r.body, "采编") {
		t.Error("an agent is offered an editor's steps")
	}
}

func TestWhatAnswersIsEditedBeside(t *testing.T) {
	w := newWorld(t)
	w.second()
	w.signIn(org.RoleEditor)
	url := entryURL(w.fake.entries[0].ID)
	before := w.stands(url)
	form := w.get(url + "/edit")
	w.says(form, "这条知识正在答复市民。保存后成为一份修改稿")
	r := w.post(url+"/edit", "version", formVersion(form.body), "question", before.Question, "answer", "改由社区办理。", "unit", before.Unit, "code", before.Code)
	w.status(r, http.StatusSeeOther)
	copied := strings.TrimSuffix(r.location, "?said=written")
	w.says(w.get(copied), "这是一份修改稿，通过后替换原条目", "与原条目的差异", "改由社区办理。")
	w.says(w.get(url), "这条知识有一份修改稿还没发布", "居住证每年签注一次")
	if r = w.get(url + "/edit"); r.location != copied+"/edit" {
		t.Errorf("a second edit leads to %q", r.location)
	}
	w.status(w.step(copied, "send", ""), http.StatusSeeOther)
	w.signInAs("editor2")
	r = w.step(copied, "approve", "")
	if w.status(r, http.StatusSeeOther); r.location != url+"?said=approve" {
		t.Errorf("approval leads to %q", r.location)
	}
	if e := w.stands(url); e.Answer != "改由社区办理。" || e.Code != "kb-017" || e.Version != 4 {
		t.Errorf("the entry %+v", e)
	}
	r = w.post(url+"/rollback", "version", "3")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已把旧版内容写成修改稿", "居住证每年签注一次")
}

func TestSecondOfTwoEditorsLosesNothing(t *testing.T) {
	w := newWorld(t)
	w.second()
	w.signIn(org.RoleEditor)
	url := w.wrote("topic", "公园")
	w.signInAs("editor2")
	w.status(w.post(url+"/edit", "version", "1", "question", "公园几点关门？", "answer", "夏季九点。", "unit", "云汀市公安局", "topic", "文旅"), http.StatusSeeOther)
	w.signInAs("editor")
	r := w.post(url+"/edit", "version", "1", "question", "公园几点关门？", "answer", "我的长长的改动。", "unit", "云汀市公安局", "topic", "公园", "short", "九点")
	w.status(r, http.StatusConflict)
	w.says(r, "周敏在您修改期间先保存了。您的内容都还在下面的表单里", "两人都改了：标准答复", "晚上九点。夏季九点。")
	for _, kept := range []string{">我的长长的改动。</textarea>", `name="topic" value="文旅"`, ">九点</textarea>", `name="version" value="2"`} {
		if !strings.Contains(r.body, kept) {
			t.Errorf("the form lacks %s", kept)
		}
	}
	w.status(w.post(url+"/edit", "version", "2", "question", "公园几点关门？", "answer", "我的长长的改动。", "unit", "云汀市公安局", "topic", "文旅"), http.StatusSeeOther)
	if e := w.stands(url); e.Answer != "我的长长的改动。" || e.Version != 3 {
		t.Errorf("stored %+v", e)
	}
	// Whatever else is in the way, the text stays too.
	for _, tt := range []struct {
		name   string
		fields []string
		down   error
		status int
		says   string
	}{
		{"faults", []string{"answer", "我的话", "question", "", "clauses", "｜第三条", "valid_until", "不久"}, nil, http.StatusUnprocessableEntity, "法规条款的第 1 行写法不对"},
		{"too long", []string{"answer", "我的话" + strings.Repeat("长", 50_000), "question", "问"}, nil, http.StatusUnprocessableEntity, "“标准答复”超过 20000 个字，请缩短"},
	} {
		w.fake.down = tt.down
		r := w.post(url+"/edit", append([]string{"version", "3"}, tt.fields...)...)
		w.status(r, tt.status)
		w.says(r, tt.says)
		if !strings.Contains(r.body, ">我的话") {
			t.Errorf("%s: the form forgets what was typed", tt.name)
		}
	}
	w.fake.down = errs.New(errs.Unavailable, "database.unavailable")
	w.status(w.post(url+"/edit", "version", "3", "answer", "x", "question", "y"), http.StatusServiceUnavailable)
}

func TestCodeInAnAnswerIsShownAsText(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	const evil = `<script>alert(1)</script><img src=x onerror=alert(2)><b>粗</b>`
	url := w.wrote("answer", "", "question", "页面会怎样？"+evil, "short", evil, "phrasings", evil, "clauses", evil+"｜第一条")
	w.fake.entries[lifeStore{w.fake}.at(kb.EntryID(strings.TrimPrefix(url, "/knowledge/")))].Answer = evil
	for _, path := range []string{url, url + "/edit", url + "/versions", "/knowledge/tasks?list=draft", "/knowledge/clauses"} {
		r := w.get(path)
		w.status(r, http.StatusOK)
		if strings.Contains(r.body, "<script>alert") || strings.Contains(r.body, "<img src=x") || strings.Contains(r.body, "<b>粗") {
			t.Errorf("%s runs what an entry says", path)
		}
	}
	w.says(w.get(url), evil)
}

func TestOwnersSeeWhatIsDue(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	w.says(w.get("/knowledge/tasks"), "没有等着审核的条目。", "逾期 1", "导出全部条目")
	w.says(w.get("/knowledge/tasks?list=overdue"), "家里突然停水怎么报修？", "超期 3 天")
	w.fake.entries[1].ValidUntil = w.fake.now.AddDate(0, 0, 12)
	w.says(w.get("/knowledge/tasks?list=soon"), "养老保险关系怎么转到外省？", "还剩 12 天")
	w.says(w.get("/knowledge/units"), "云汀市水务集团有限公司", "1 条", "30 天内到期")
	// Whoever belongs to a unit sees that unit's first.
	a := w.fake.accounts["editor"]
	a.Unit = w.fake.units[2].ID // the police, who stand behind the first entry
	w.fake.accounts["editor"] = a
	r := w.get("/knowledge/tasks?list=overdue")
	w.says(r, "云汀市公安局", "没有逾期的条目。", "看全部单位")
	w.says(w.get("/knowledge/tasks?list=overdue&all=1"), "家里突然停水怎么报修？", "只看我的单位：云汀市公安局")
	w.signInAs("agent")
	w.status(w.get("/knowledge/tasks"), http.StatusForbidden)
	w.status(w.get("/knowledge/export"), http.StatusForbidden)
}

func TestChangedClauseIsMarked(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	w.says(w.get("/knowledge/clauses"), "还没有条目写明法规条款。")
	w.fake.entries[0].Clauses = []kb.Clause{{Law: "居住证暂行条例", Text: "第十条"}}
	w.says(w.get("/knowledge/clauses"), "《居住证暂行条例》 第十条")
	r := w.post("/knowledge/clauses", "law", "居住证暂行条例", "clause", "第十条", "note", "")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "缺少“变化”")
	r = w.post("/knowledge/clauses", "law", "居住证暂行条例", "clause", "第十条", "note", "时限改为 15 日")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已记下，1 条知识转为待核实")
	url := entryURL(w.fake.entries[0].ID)
	w.says(w.get(url), "待核实，不会直接答复市民", "核实无误")
	w.status(w.step(url, "keep", ""), http.StatusSeeOther)
	w.says(w.get("/knowledge"), "居住证怎么续签？")
}

func TestExportedFileImportsAgain(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	for _, form := range []string{"xlsx", "csv", "jsonl"} {
		r := w.get("/knowledge/export?form=" + form)
		w.status(r, http.StatusOK)
		read, err := kb.ReadEntries("知识."+form, bytes.NewReader([]byte(r.body)), kb.ReadOptions{})
		if err != nil || len(read.Entries) != len(w.fake.entries) || len(read.Faults) > 0 {
			t.Errorf("%s: %d entries, %v, %v", form, len(read.Entries), read.Faults, err)
		}
		if d := r.header.Get("Content-Disposition"); !strings.Contains(d, url.PathEscape("知识条目")) {
			t.Errorf("%s: %q", form, d)
		}
	}
	w.status(w.get("/knowledge/export?form=exe"), http.StatusUnprocessableEntity)
}

func TestEntriesOfNobody(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	none := entryURL(id.New[kb.EntryID]())
	for _, path := range []string{none, none + "/edit", none + "/versions", "/knowledge/no-id", "/knowledge/new?from=x"} {
		w.status(w.get(path), http.StatusNotFound)
	}
	w.status(w.post(none+"/rollback", "version", "1"), http.StatusNotFound)
	url := entryURL(w.fake.entries[0].ID)
	w.status(w.post(url+"/move", "version", "x", "step", "retire"), http.StatusUnprocessableEntity)
	w.status(w.post(url+"/move", "version", "3", "step", "send"), http.StatusConflict)
	w.says(w.get("/knowledge/new?from="+string(w.fake.entries[0].ID)), "居住证每年签注一次")
}

// lookAtEditing takes the pages of editors in each state.
func (b *browser) lookAtEditing() {
	b.t.Helper()
	b.open("/knowledge")
	b.signOut()
	b.signIn(org.RoleEditor)
	b.open("/knowledge")
	b.focuses("#q")
	b.press("\u001b") // out of the field that asks
	b.press("l")
	b.reads("h1", "待处理的条目")
	b.look("tasks-empty")
	b.press("w")
	b.reads("h1", "写一条知识")
	b.look("write-whole")
	b.fake.entries[0].Clauses = []kb.Clause{{Law: "居住证暂行条例", Text: "第十条"}, {Law: strings.Repeat("很长的法规名称", 12), Until: b.fake.now.AddDate(0, 0, -1)}}
	b.fake.entries[0].Negatives = []string{"居住证丢了怎么补"}
	e := b.fake.entries[0]
	e.ID, e.Code, e.Replaces, e.State, e.Answer, e.UpdatedAt = id.New[kb.EntryID](), "", b.fake.entries[0].ID, kb.EntryReview, "改由社区办理。\n当场办结。", b.fake.now
	e.Question = strings.Repeat("很长的问题", 30)
	b.fake.entries = append(b.fake.entries, e)
	b.fake.life.editions[e.ID] = []kb.Edition{{Entry: e, Step: kb.StepSend, By: "林晓岚", Remark: "请尽快"}, {Entry: b.fake.entries[0], Step: kb.StepEdit, By: "林晓岚"}}
	pages := map[string]string{
		"tasks": "/knowledge/tasks", "tasks-overdue": "/knowledge/tasks?list=overdue", "loads": "/knowledge/units", "clauses": "/knowledge/clauses",
		"copy-whole": entryURL(e.ID), "editions-whole": entryURL(e.ID) + "/versions?new=3&old=3", "entry-edit-whole": entryURL(b.fake.entries[0].ID),
	}
	for _, width := range []int64{1366, 390} {
		b.run(chromedp.EmulateViewport(width, 768))
		for name, path := range pages {
			b.open(path)
			if width < 1000 {
				name += "-narrow"
			}
			b.look(name)
		}
	}
	b.open("/knowledge/new")
	b.look("write-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.fake.entries = b.fake.entries[:len(b.fake.entries)-1]
	b.signOut()
	b.signIn(org.RoleAgent)
}
