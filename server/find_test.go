package server

import (
	"net/http"
	"strings"
	"testing"

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
