package server

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"huying/casework"
	"huying/classifier"
	"huying/internal/org"
)

// TestCasesAreLookedFor: by words, number and filters, with the address as a
// bookmark.
func TestCasesAreLookedFor(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signIn(org.RoleAgent)
	r := w.get("/cases?q=油烟")
	w.says(r, "全部", "烧烤店油烟扰民", "清除条件")
	if !strings.Contains(r.body, `value="油烟"`) || !strings.Contains(r.body, "show=checking") {
		t.Error("the form or the lists have forgotten what is looked for")
	}
	w.says(w.get("/cases?q=路灯"), "没有符合条件的工单", "可以少写一个词")
	w.says(w.get("/cases?show=checking&q=油烟"), "“结案待审核”里没有符合条件的工单")
	w.says(w.get("/cases?category=油烟污染&urgency=C&from=2026-11-23&to=2026-11-23"), "烧烤店油烟扰民")
	w.says(w.get("/cases?to=2026-11-22"), "没有符合条件的工单")
	r = w.get("/cases?q=灯&category=没有的事项&unit=没有的单位&from=昨天")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "现行清单里没有名称或编码是“没有的事项”的事项", "没有找到叫“没有的单位”的单位", "“立案日期”的内容“昨天”不符合要求", "没有查找")
	w.says(w.get("/cases?q=灯"), "请至少写两个字，或完整的编号")

	for _, named := range []string{"990101-20261123-0001", "ABCDEFGH23", "abcde fgh23", "油烟"} {
		if r := w.get(link("/cases/find", "q", named)); r.location != caseURL(id) {
			t.Errorf("%q opens %q", named, r.location)
		}
	}
	if r := w.get(link("/cases/find", "q", "990101-20261123-0009")); !strings.HasPrefix(r.location, "/cases?") {
		t.Errorf("an unknown number opens %q", r.location)
	}
	w.signInAs("unit2")
	w.says(w.get("/cases?q=油烟"), "没有符合条件的工单")
}

// TestACallIsForACaseThatRuns: who calls again chases or adds, and no second
// case comes of it.
func TestACallIsForACaseThatRuns(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	call := w.matter(0, "", "还是油烟的事，怎么没人管", func(f *classifier.File) { f.Recent = 1 })
	w.signIn(org.RoleAgent)
	r := w.get("/desk/" + string(call))
	w.says(r, "此人近 30 天另有 1 件", "990101-20261123-0001", "待签收", "催这件", "记到这件，不另立案", "回执码 "+arrivedCode)
	path := "/desk/" + string(call) + "/follow"
	r = w.post(path, append(seen(r.body), "case", string(id), "add", "1", "text", " ")...)
	w.status(r, http.StatusUnprocessableEntity)
	r = w.post(path, append(seen(w.get("/desk/"+string(call)).body), "case", string(id), "add", "1", "text", "昨晚又是，电话 13812340021")...)
	w.status(r, http.StatusSeeOther)
	w.says(w.get("/desk/"+string(call)), "不采纳：与已登记的诉求重复，已记到工单 990101-20261123-0001")
	w.says(w.get(caseURL(id)), "诉求人（电话，陈静记）：补充情况，昨晚又是，电话 〔电话〕", "看这次来电")
	w.says(w.get("/receipt/ABCDEFGH23"), "您补充了情况：昨晚又是")

	w.says(w.get(caseURL(id)), "诉求人来电：催单、补充")
	w.says(w.post(caseURL(id)+"/calls", "add", "1", "text", ""), "缺少“补充的情况”")
	w.says(w.get(w.post(caseURL(id)+"/calls").location), "已记下，承办单位能看到；时限不变", "诉求人催了 1 次", "诉求人（电话，陈静记）：催单")
	w.says(w.post(caseURL(id)+"/calls"), "已经催过了")
	stranger := w.matter(0, "", "路灯不亮", func(f *classifier.File) { f.Message.PhoneHint = "139****0022" })
	r = w.post("/desk/"+string(stranger)+"/follow", append(seen(w.get("/desk/"+string(stranger)).body), "case", string(id))...)
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "不是用这个电话反映的")
	w.signInAs("unit")
	w.status(w.post(caseURL(id)+"/calls"), http.StatusForbidden)
	w.says(w.get("/cases"), "诉求人催了 1 次")
}

// TestACitizenSeesWhatWasHandedIn: from the first moment, whether citizens may
// ask or not.
func TestACitizenSeesWhatWasHandedIn(t *testing.T) {
	w := newWorld(t)
	w.server.o.PublicAsk = false
	w.matter(0, "", "楼下烧烤店油烟扰民")
	w.says(w.get("/receipt/arrived222"), "已收到，正在分派", "楼下烧烤店油烟扰民", "请记下回执码")
	w.says(w.get("/receipt/NOTHING222"), "没有这个回执码")
	id := w.dispatch(0)
	w.says(w.get("/receipt/ABCDEFGH23"), "为什么由它办", "清单规定“油烟污染”", "不同意由这个单位办", "照片或文件")

	send := func(text string, body []byte) reply {
		return w.attach("/receipt/ABCDEFGH23/supplement", "现场.png", body, "text", text)
	}
	w.status(send("昨晚的照片", []byte("no picture")), http.StatusUnprocessableEntity)
	if len(w.fake.answering.files) != 0 {
		t.Error("what is no picture was stored")
	}
	w.says(w.get(send("昨晚的照片", png).location), "已记下，承办单位能看到", "您补充了情况：昨晚的照片")
	w.says(send(" ", append(png, 1)), "缺少“补充的情况”")
	w.signInAs("unit")
	w.says(w.get(caseURL(id)), "诉求人", "昨晚的照片")
	if n := len(w.fake.answering.files); n != 1 {
		t.Errorf("%d files", n)
	}
}

// TestOtherPlatformsAndDelegates: numbers, deadlines and marks on the case and
// in the lists.
func TestOtherPlatformsAndDelegates(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signIn(org.RoleAgent)
	r := w.move(id, "link", "reason", "nation", "until", "2026-11-20")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "缺少“平台的编号”", "平台要求的时限应晚于现在")
	w.says(w.moved(id, "link", "reason", "nation", "number", "GJ 2026-7", "until", "2026-11-27"), "已记下，时限到前会提醒",
		"国家平台 编号 GJ2026-7，要求 11月27日 周五 17:30 前办结", "国家平台的编号，要求 11月27日 17:30 前办结，GJ2026-7")
	w.says(w.moved(id, "to_police", "reason", "110-5"), "已移交 110", "110 编号 110-5")
	w.says(w.moved(id, "from_police", "text", "不是警情"), "110 编号 110-5")
	w.says(w.get("/cases?show=open"), "国家平台时限11月27日")
	w.says(w.moved(id, "unlink", "reason", "nation", "number", "GJ2026-7"), "已删去", "删去国家平台的编号")

	w.says(w.move(id, "depute", "reason", "npc"), "缺少“提出者的身份”")
	w.says(w.moved(id, "depute", "reason", "npc", "text", "市人大代表，第 12 号建议", "worker", string(w.fake.accounts["unit"].ID)),
		"已标为代表委员件", "人大代表建议", "提出者：市人大代表，第 12 号建议 责任人：赵敏", "取消标记")
	w.says(w.get("/cases?show=open"), "人大代表建议（市人大代表，第 12 号建议）")
	w.signInAs("unit")
	r = w.get(caseURL(id))
	w.says(r, "人大代表建议", "责任人：赵敏", "110 编号 110-5")
	if strings.Contains(r.body, caseURL(id)+"/depute") || strings.Contains(r.body, caseURL(id)+"/link") {
		t.Error("a unit may mark")
	}
	w.status(w.move(id, "depute", "reason", "npc", "text", "代表"), http.StatusForbidden)
	w.signIn(org.RoleAgent)
	w.says(w.moved(id, "undepute"), "已取消")
}

// TestTheMergeFormKeepsItsField: what is offered may all be wrong; and a wrong
// merge is undone.
func TestTheMergeFormKeepsItsField(t *testing.T) {
	w := newWorld(t)
	first := w.dispatch(0)
	w.fake.now = w.fake.now.Add(2 * 60_000_000_000)
	other := w.dispatch(1)
	w.fake.now = w.fake.now.Add(2 * 60_000_000_000)
	second := w.dispatch(0)
	w.signIn(org.RoleAgent)
	r := w.get(caseURL(second))
	w.says(r, "有 1 件可能是同一件事", "都不是，或并入哪一件，写工单编号")
	w.says(w.moved(second, "merge", "number", w.fake.cases[first].Number, "other_number", w.fake.cases[other].Number), "已并案", w.fake.cases[other].Number, "并错了，撤销并案")
	w.says(w.move(second, "unmerge"), "缺少“理由”")
	w.says(w.moved(second, "unmerge", "text", "是另一家店"), "已撤销并案", "待签收", "撤销并案，是另一家店")
	w.says(w.get("/receipt/"+w.fake.cases[second].Receipt), "与另一件诉求分开，由华新区城市管理和综合执法局单独办理")
	w.says(w.get(caseURL(other)), "并入的一件撤出，单独办理")
}

// TestFrontOverTheAPI: looking for cases, numbers of other platforms, calls and
// what was just handed in.
func TestFrontOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	type list struct {
		Cases []apiCase
		Next  casework.CaseID
	}
	if got := read[list](t, w.call(http.MethodGet, "/api/v1/cases?q="+url.QueryEscape("油烟")+"&urgency=C", ""), http.StatusOK); len(got.Cases) != 1 || got.Cases[0].ID != id {
		t.Errorf("found %+v", got)
	}
	if got := read[list](t, w.call(http.MethodGet, "/api/v1/cases?q="+url.QueryEscape("路灯"), ""), http.StatusOK); len(got.Cases) != 0 {
		t.Errorf("found %+v", got)
	}
	refused(t, w.call(http.MethodGet, "/api/v1/cases?q="+url.QueryEscape("灯"), ""), http.StatusUnprocessableEntity, "search.short")
	moves := "/api/v1/cases/" + string(id) + "/moves"
	type file struct {
		Case    apiCase
		History []apiCaseEvent
	}
	got := read[file](t, w.call(http.MethodPost, moves, `{"move":"link","seen":0,"reason":"province","number":"S-1","until":"2026-11-27T09:00:00Z"}`), http.StatusOK)
	if len(got.Case.Outside) != 1 || got.Case.Outside[0].Number != "S-1" || got.Case.Outside[0].Due == nil {
		t.Errorf("numbers %+v", got.Case.Outside)
	}
	got = read[file](t, w.call(http.MethodPost, moves, `{"move":"depute","seen":1,"reason":"cppcc","text":"市政协委员"}`), http.StatusOK)
	if got.Case.Delegate == nil || got.Case.Delegate.From != "市政协委员" {
		t.Errorf("delegate %+v", got.Case.Delegate)
	}
	calls := "/api/v1/cases/" + string(id) + "/calls"
	if got = read[file](t, w.call(http.MethodPost, calls, `{}`), http.StatusOK); got.Case.Chased != 1 {
		t.Errorf("chased %d", got.Case.Chased)
	}
	refused(t, w.call(http.MethodPost, calls, `{}`), http.StatusConflict, "case.chased")
	call := w.matter(0, "", "还是油烟的事")
	same := read[struct{ Matters []apiSame }](t, w.call(http.MethodGet, "/api/v1/matters/"+string(call)+"/same-caller", ""), http.StatusOK)
	if len(same.Matters) != 1 || same.Matters[0].Case == nil || same.Matters[0].Case.ID != id {
		t.Errorf("of the same caller %+v", same)
	}
	read[file](t, w.call(http.MethodPost, calls, `{"matter":"`+string(call)+`","text":"昨晚又是"}`), http.StatusOK)
	p := read[apiProgress](t, w.call(http.MethodGet, "/api/v1/receipts/"+arrivedCode, ""), http.StatusOK)
	if !strings.HasPrefix(p.State, "已收到") && !strings.HasPrefix(p.State, "热线已经处理") || p.Number != "" {
		t.Errorf("handed in %+v", p)
	}
	r := read[apiReceipt](t, w.call(http.MethodPost, "/api/v1/messages", `{"channel":"web","text":"楼下烧烤店油烟扰民"}`), http.StatusCreated)
	if r.Receipt != arrivedCode {
		t.Errorf("the receipt %+v", r)
	}
	p = read[apiProgress](t, w.call(http.MethodPost, "/api/v1/receipts/ABCDEFGH23/moves",
		`{"do":"supplement","text":"照片","name":"现场.png","content":"`+base64.StdEncoding.EncodeToString(png)+`"}`), http.StatusOK)
	if len(w.fake.answering.files) != 1 || p.Why == "" {
		t.Errorf("%d files, %+v", len(w.fake.answering.files), p)
	}
}

// TestNothingNamedNarrowsNothing: branches of many lists have no code.
func TestNothingNamedNarrowsNothing(t *testing.T) {
	branch := classifier.Category{ID: "b", Name: "环境保护"}
	leaf := classifier.Category{ID: "l", Parent: "b", Code: "01", Name: "油烟污染", Leaf: true}
	list := classifier.NewCatalogue(classifier.Version{}, []classifier.Category{branch, leaf})
	for name, want := range map[string]classifier.CategoryID{"": "", "01": "l", "油烟污染": "l", "环境保护": "b"} {
		if got, known := categoryNamed(list, name); got != want || !known {
			t.Errorf("%q is %q, %v", name, got, known)
		}
	}
	if _, known := categoryNamed(list, "没有的"); known {
		t.Error("what is not there is known")
	}
}
