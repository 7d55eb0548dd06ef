package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

func TestDeskSaysAllThatIsKnown(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	r := w.get("/desk/" + string(s.Sure))
	w.says(r, "待办 15", "楼下烧烤店油烟往家里灌", "热线", "11月23日 周一 09:28", "来电 138****0021", "可把联系方式给承办单位", "此人近 30 天另有 1 件",
		"华新区 松柏街道 松柏社区", "无可靠答案：这像是需要办理的诉求，不是咨询。", "把握较高", "油烟污染 华新区城市管理和综合执法局 71%",
		"按“店内炉灶经营” 协办 云汀市生态环境局", "为何不是“露天烧烤” 油烟污染在店内炉灶；露天烧烤是占道支摊。", "追问 是店里的炉灶，还是路边摊？",
		"10月20日人工确认，主办 华新区城市管理和综合执法局", "清单示例", "类型 投诉", "紧急程度 一般", "时限 7 个工作日", "其余 4 个候选",
		"统一口径 松柏街道停电抢修，预计今晚 18:00 前恢复")
	for _, marked := range []string{"<mark>油烟</mark>", "<mark>排烟口</mark>"} {
		if !strings.Contains(r.body, marked) {
			t.Errorf("%s is not underlined", marked)
		}
	}
	w.says(w.get("/desk/"+string(s.Danger)), "▲紧急 说到煤气泄漏，有老人在场", "匿名", "没有对应的单位，需另选")
	w.says(w.get("/desk/"+string(s.Card)), "即时答复", "电话 138****0021", "居住证怎么续签？", "云汀市公安局 · 全市 · 有效至 2028年6月23日 · 依据 居住证暂行条例第十条")
	w.says(w.get("/desk/"+string(s.Silent)), "先问一句 问的是公积金缴存，还是公积金贷款？", "最接近的 3 条", "拿不准")
	w.says(w.get("/desk/"+string(s.Waiting)), "正在生成推荐，好了会自动出现。", "待推荐")
	w.status(w.get("/desk/"+string(id.New[intake.MatterID]())), http.StatusNotFound)
	w.status(w.get("/desk/not-an-id"), http.StatusNotFound)
}

func TestMarkupInAMessageStaysText(t *testing.T) {
	w := newWorld(t)
	m := w.matter(time.Minute, `<script>alert(1)</script>`, `<img src=x onerror=alert(1)> "引号"`, func(f *classifier.File) {
		f.Message.Place = `"><b>松柏路`
	})
	w.signIn(org.RoleAgent)
	r := w.get("/desk/" + string(m))
	if strings.Contains(r.body, "<script>alert") || strings.Contains(r.body, "<img src=x") || strings.Contains(r.body, `<b>松柏路`) {
		t.Errorf("markup comes through: %s", r.body)
	}
}

func TestSameRequestDecidesOnce(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	fields := append(seen(w.get("/desk/"+string(s.Sure)).body), "pick", "1")
	for range 2 {
		r := w.post("/desk/"+string(s.Sure)+"/confirm", fields...)
		if w.status(r, http.StatusSeeOther); !strings.HasPrefix(r.location, "/desk/"+string(s.Waiting)+"?undo=") {
			t.Errorf("the next matter is %q", r.location)
		}
	}
	if n := len(w.fake.files[s.Sure].Decisions); n != 1 {
		t.Errorf("%d decisions", n)
	}
	fields[5] = id.New[string]() // a new request on what was seen before
	r := w.post("/desk/"+string(s.Sure)+"/confirm", fields...)
	w.status(r, http.StatusConflict)
	w.says(r, "这件事已有人先作了决定", "我确认：环境保护 › 大气污染 › 油烟污染", "与您选的相同，不用再办。")
}

func TestConfirmWithoutAUnitAsksForOne(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	r := w.post("/desk/"+string(s.Danger)+"/confirm", append(seen(w.get("/desk/"+string(s.Danger)).body), "pick", "1")...)
	w.status(r, http.StatusSeeOther)
	page := w.get(r.location)
	w.says(page, "施工噪声 030502", "住房和城乡建设局（没有对应的单位）", "确认修改")
	r = w.post("/desk/"+string(s.Danger)+"/correct", append(seen(page.body), "category", string(w.leaf("施工噪声").ID), "urgency", "A")...)
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "请选择主办单位")
}

func TestCorrectingToTheSameIsConfirming(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	fume := w.leaf("油烟污染")
	fields := append(seen(w.get("/desk/"+string(s.Sure)).body), "category", string(fume.ID), "by", "rule:"+string(fume.Rules[0].ID), "urgency", "C", "type", "投诉")
	w.status(w.post("/desk/"+string(s.Sure)+"/correct", fields...), http.StatusSeeOther)
	if d := w.last(s.Sure); d.Kind != classifier.Confirm {
		t.Errorf("kind %s", d.Kind)
	}
}

func TestUndoIsOfferedForTenSeconds(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	r := w.post("/desk/"+string(s.Sure)+"/decline", append(seen(w.get("/desk/"+string(s.Sure)).body), "why", "没有诉求内容", "more", "试音")...)
	w.says(w.get(r.location), "已不采纳，原因：没有诉求内容：试音", "撤销")
	w.fake.now = w.fake.now.Add(classifier.UndoWindow + time.Second)
	if strings.Contains(w.get(r.location).body, `id="undo"`) {
		t.Error("undo is still offered")
	}
	r = w.post("/desk/" + string(s.Sure) + "/undo")
	w.status(r, http.StatusConflict)
	w.says(r, "已超过 10 秒，不能撤销，请改为修改")
	w.says(w.get("/desk/"+string(s.Sure)+"?show=decided"), "办理记录", "我不采纳：没有诉求内容：试音")
}

func TestOriginalIsShownForAReasonAndLogged(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	r := w.post("/messages", "channel", "hotline", "text", "我叫王建国，电话 13812340021，家门口路灯坏了。", "name", "王建国", "phone", "13812340021", "consent", "yes")
	w.status(r, http.StatusSeeOther)
	page := w.get(r.location)
	w.says(page, "已登记", "138****0021")
	if strings.Contains(page.body, "王建国") || strings.Contains(page.body, "13812340021") {
		t.Error("the desk shows personal data")
	}
	path := strings.Split(r.location, "?")[0] + "/original"
	w.status(w.post(path, "why", " "), http.StatusUnprocessableEntity)
	w.says(w.post(path, "why", "回拨核实"), "姓名 王建国", "电话 13812340021", "家门口路灯坏了", "这次查看已记入日志")
	if len(w.fake.looks) != 1 || w.fake.looks[0].Detail != "回拨核实" {
		t.Errorf("the log says %+v", w.fake.looks)
	}
	if strings.Contains(w.log.String(), "路灯") || strings.Contains(w.log.String(), "王建国") {
		t.Errorf("the program's log holds what was said: %s", w.log)
	}
}

func TestRolesSeeWhatTheyMayDo(t *testing.T) {
	for _, c := range []struct {
		role                    org.Role
		decides, looks, publish bool
	}{{org.RoleAgent, true, true, false}, {org.RoleEditor, false, false, true}, {org.RoleAdmin, true, true, true}} {
		w := newWorld(t)
		s := w.morning()
		w.signIn(c.role)
		desk, notices := w.get("/desk/"+string(s.Sure)).body, w.get("/notices").body
		if got := strings.Contains(desk, `form="pick"`); got != c.decides {
			t.Errorf("%s: confirm is shown: %v", c.role, got)
		}
		if got := strings.Contains(desk, "查看原文"); got != c.looks {
			t.Errorf("%s: the original is offered: %v", c.role, got)
		}
		if got := strings.Contains(notices, `id="pin"`); got != c.publish {
			t.Errorf("%s: pinning is offered: %v", c.role, got)
		}
		want := http.StatusForbidden
		if c.decides {
			want = http.StatusSeeOther
		}
		w.status(w.post("/desk/"+string(s.Sure)+"/confirm", append(seen(desk), "pick", "1")...), want)
	}
}

func TestQueuePagesByKeyAndFilters(t *testing.T) {
	w := newWorld(t)
	for i := range queuePage + 3 {
		w.matter(time.Duration(100-i)*time.Minute, "第 "+strings.Repeat("一", i%5+1)+" 件", "请处理。")
	}
	w.signIn(org.RoleAgent)
	first := w.get("/desk")
	w.says(first, "待办 53", "更早的")
	older := first.body[strings.Index(first.body, `class="more" href="`)+19:]
	older = strings.ReplaceAll(older[:strings.Index(older, `"`)], "&amp;", "&")
	if n := strings.Count(w.get(older).body, `class="row"`); n != 3 {
		t.Errorf("the second page has %d rows", n)
	}
	w.says(w.get(older), "回到最新的")
	w.says(w.get("/desk?show=decided"), "还没有办过的诉求")
	w.says(w.get("/desk?show=answered"), "还没有当场答复的来件")
	w.says(w.get("/desk?show=unsure"), "把握最小的在前")
}

func TestWatchingTellsOnlyWhatIsNew(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	w.status(w.part("/desk/newer?newest="+string(s.Sure)), http.StatusNoContent)
	f := w.fake.files[s.Sure]
	same := "/desk/" + string(s.Sure) + "/watch?suggestion=" + string(f.Suggestion.ID) + "&head="
	w.status(w.part(same), http.StatusNoContent)
	f.Decisions = []classifier.Decision{{ID: "x", Kind: classifier.Decline, Reason: "重复"}}
	w.fake.files[s.Sure] = f
	w.says(w.part(same), "这件事刚刚有了新的决定")
	w.matter(0, "新来的", "又停水了。")
	w.says(w.part("/desk/newer?newest="+string(s.Sure)), "有新来件")
}

func TestVerdictAndNotice(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(s.Card)
	w.says(w.get(w.post(path+"/verdict", "solved", "0").location), "已记为没有解决，请按推荐转办", "没有解决，按推荐转办")
	r := w.post(path+"/verdict", "solved", "1")
	w.says(w.get(r.location), "已记为当场解决", "撤销")
	if w.fake.answers[s.Card].Verdict != kb.VerdictSolved {
		t.Error("not solved")
	}
	w.says(w.get(w.post(path+"/undo", "what", "verdict").location), "已撤销，这件事回到待办")
	w.says(w.get(w.post(path+"/notice", "notice", string(w.fake.notices[0].ID)).location), "已归入统一口径")
	w.status(w.post(path+"/notice", "notice", "none"), http.StatusNotFound)
}

func TestManyNoticesFold(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	for _, title := range []string{"大风降温", "计划停水", "封路施工"} {
		w.fake.notices = append(w.fake.notices, kb.Notice{ID: id.New[kb.NoticeID](), Title: title, Text: "请留意。", Ends: w.fake.now.Add(time.Hour)})
	}
	w.fake.notices = append(w.fake.notices, kb.Notice{Title: "别处的事", Area: "9902", Ends: w.fake.now.Add(time.Hour)})
	w.signIn(org.RoleAgent)
	r := w.get("/desk/" + string(s.Sure))
	w.says(r, "另有 2 条统一口径")
	if strings.Contains(r.body, "别处的事") {
		t.Error("a notice of another district is shown")
	}
	w.says(w.get("/desk/"+string(s.Card)), "另有 3 条统一口径", "别处的事", "电话 138****0021") // no area: all of them
}

// TestWhatWasRetiredMeanwhileIsSaid: the answer stays readable as it was
// shown, and says that it is out of use.
func TestWhatWasRetiredMeanwhileIsSaid(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	url := "/desk/" + string(s.Card)
	if r := w.get(url); strings.Contains(r.body, "已停用") {
		t.Error("an entry in use is called retired")
	}
	for state, says := range map[kb.EntryState]string{kb.EntryRetired: "停用，请不要再念", kb.EntryToVerify: "待核实，请核对后再念"} {
		w.fake.entries[0].State = state
		w.says(w.get(url), says, "居住证怎么续签？")
	}
}
