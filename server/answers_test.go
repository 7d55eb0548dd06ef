package server

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"huying/casework"
	"huying/internal/org"
)

// attach sends one file of a form, with other fields.
func (w *world) attach(url, name string, body []byte, fields ...string) reply {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	m.WriteField("csrf", w.csrf())
	for i := 0; i+1 < len(fields); i += 2 {
		m.WriteField(fields[i], fields[i+1])
	}
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		w.t.Fatal(err)
	}
	part.Write(body)
	m.Close()
	req := httptest.NewRequest(http.MethodPost, url, &b)
	req.Header.Set("Content-Type", m.FormDataContentType())
	return w.do(req)
}

// png is the beginning of a picture, as far as its kind is looked at.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")

func TestTheHeadReviewsTheAnswer(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	unit := w.fake.accounts["unit"]
	boss := unit
	boss.ID, boss.Login, boss.Name = "01a21692-ee9f-7ee5-aefc-51b835ebd0aa", "boss", "孙立"
	w.fake.accounts["boss"] = boss
	w.signIn(org.RoleAgent)
	w.status(w.get(headsURL(unit.Unit)), http.StatusForbidden)
	w.signIn(org.RoleAdmin)
	w.says(w.get("/cases/units"), "设负责人审核答复")
	w.says(w.get(headsURL(unit.Unit)), "华新区城市管理和综合执法局的负责人", "孙立", "赵敏")
	w.says(w.get(w.post(headsURL(unit.Unit), "head", string(boss.ID)).location), "已保存")
	w.signInAs("unit")
	w.moved(id, "accept")
	w.says(w.get(caseURL(id)), "送负责人审核")
	w.says(w.moved(id, "propose", "public", "已清洗。"), "负责人审核", "等本单位负责人审核")
	w.status(w.move(id, "approve", "public", "已清洗。"), http.StatusForbidden)
	w.signInAs("boss")
	w.says(w.get("/cases?show=reviewing"), "烧烤店油烟扰民")
	w.says(w.move(id, "rework"), "缺少“哪里要改”")
	w.moved(id, "rework", "text", "写明日期")
	w.signInAs("unit")
	w.moved(id, "propose", "public", "11 月 23 日已清洗。")
	w.signInAs("boss")
	w.says(w.get(caseURL(id)), "11 月 23 日已清洗。")
	w.says(w.moved(id, "approve", "public", "11 月 23 日已清洗，复查达标。"), "已提交，等热线审核", "负责人审核通过，申请办结", "结案待审核")
	w.signIn(org.RoleAgent)
	w.says(w.get(caseURL(id)), "11 月 23 日已清洗，复查达标。")
	w.moved(id, "close", "reason", "solved")
	w.says(w.get("/receipt/ABCDEFGH23"), "答复 11 月 23 日已清洗，复查达标。")
}

// TestAnAnswerIsDrafted from the template, the knowledge base and like cases;
// nothing is sent by it.
func TestAnAnswerIsDrafted(t *testing.T) {
	w := newWorld(t)
	old := w.dispatch(0)
	w.signInAs("unit")
	w.moved(old, "accept")
	w.moved(old, "propose", "public", "已责令停业整改。")
	w.signIn(org.RoleAgent)
	w.moved(old, "close", "reason", "solved")
	id := w.dispatch(0)
	leaf := w.leaf("油烟污染").ID
	w.says(w.get(caseURL(id)), "答复模板")
	w.says(w.post(templateURL(leaf), "text", "您好，{姓名}"), "模板中的“{姓名}”不能填，可用的有：工单编号")
	r := w.post(templateURL(leaf), "text", "您反映的{事项}问题，{承办单位}已于{日期}核实（工单{工单编号}）。")
	w.says(w.get(r.location), "已保存", "您反映的{事项}问题")
	w.signInAs("unit")
	w.status(w.get(templateURL(leaf)), http.StatusForbidden)
	w.moved(id, "accept")
	w.fake.answering.known = casework.Known{Question: "油烟怎么投诉", Answer: "餐饮油烟由城管处理。"}
	w.says(w.get(caseURL(id)+"?draft=all"), "用这份草稿", "本事项的答复模板", "知识库：油烟怎么投诉", "相近的已办工单 990101-20261123-0001")
	r = w.get(caseURL(id) + "?draft=template")
	w.says(r, "草稿，来自本事项的答复模板。请逐句核对")
	if !strings.Contains(r.body, "华新区城市管理和综合执法局已于2026年11月23日核实（工单990101-20261123-0002）。</textarea>") {
		t.Errorf("the draft is not in the form: %s", words(r.body))
	}
	w.says(w.get(caseURL(id)+"?draft=like-1"), "草稿，来自相近的已办工单", "已责令停业整改。")
	if n := len(w.fake.cases[id].history); n != 2 {
		t.Errorf("a draft made %d events", n)
	}
}

func TestFilesAreAttached(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signInAs("unit")
	url := caseURL(id) + "/files"
	for _, tt := range []struct {
		name, file string
		body       []byte
		want       string
	}{
		{"nothing", "a.png", nil, "缺少“附件”"},
		{"a page that calls itself a picture", "a.png", []byte("<html><script>alert(1)</script>"), "附件只收照片"},
		{"an archive", "a.zip", []byte("PK\x03\x04rest"), "附件只收照片"},
		{"too large", "a.png", append(bytes.Clone(png), make([]byte, casework.MaxFileBytes)...), "附件不能超过 4 MB"},
	} {
		t.Run(tt.name, func(t *testing.T) { w.says(w.attach(url, tt.file, tt.body), tt.want) })
	}
	w.says(w.get(w.attach(url, `..\..\现场"照片.png`, png).location), "已上传", "附件", "华新区城市管理和综合执法局")
	f := w.fake.answering.files[0]
	if f.Name != "现场照片.png" || f.Kind != "image/png" {
		t.Errorf("stored %q as %s", f.Name, f.Kind)
	}
	r := w.get(url + "/" + string(f.ID))
	if r.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(r.header.Get("Content-Disposition"), "inline") ||
		!strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") || r.body != string(png) {
		t.Errorf("sent as %v", r.header)
	}
	w.says(w.get(w.attach(url, "报告.pdf", []byte("%PDF-1.7 text")).location), "报告.pdf")
	r = w.get(url + "/" + string(w.fake.answering.files[1].ID))
	if !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("a document is shown: %v", r.header)
	}
	w.signInAs("unit2")
	w.status(w.get(url+"/"+string(f.ID)), http.StatusNotFound)
	w.status(w.attach(url, "b.png", png), http.StatusNotFound)
}

// TestACitizenSeesOnlyWhatWasShared: nothing by default, nothing before closing,
// and then what the hotline has chosen.
func TestACitizenSeesOnlyWhatWasShared(t *testing.T) {
	w := newWorld(t)
	c := w.dispatch(0)
	w.signInAs("unit")
	w.moved(c, "accept")
	w.attach(caseURL(c)+"/files", "整改后.png", png)
	w.attach(caseURL(c)+"/files", "内部.pdf", []byte("%PDF-1.7"))
	picture, inside := string(w.fake.answering.files[0].ID), string(w.fake.answering.files[1].ID)
	share := caseURL(c) + "/files/" + picture
	w.status(w.post(share, "shown", "1"), http.StatusForbidden)
	w.moved(c, "propose", "public", "已整改。")
	w.signIn(org.RoleAgent)
	if r := w.get(caseURL(c)); strings.Contains(words(r.body), "办结后诉求人能看到 ") {
		t.Error("a file is shared by default")
	}
	w.says(w.get(w.post(share, "shown", "1").location), "办结后诉求人能看到这个附件", "不给诉求人看")
	w.status(w.post(caseURL(c)+"/files/01a21692-ee9f-7ee5-aefc-51b835ebd0ff", "shown", "1"), http.StatusNotFound)
	receipt := "/receipt/ABCDEFGH23"
	if r := w.get(receipt); strings.Contains(r.body, picture) {
		t.Error("a file is shown before the case is closed")
	}
	w.status(w.get(receipt+"/files/"+picture), http.StatusNotFound)
	w.moved(c, "close", "reason", "solved")
	r := w.get(receipt)
	if !strings.Contains(r.body, receipt+"/files/"+picture) || strings.Contains(r.body, inside) {
		t.Errorf("the citizen sees %s", words(r.body))
	}
	got := w.get(receipt + "/files/" + picture)
	if got.status != http.StatusOK || got.body != string(png) || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %q", got.status, got.header)
	}
	w.status(w.get(receipt+"/files/"+inside), http.StatusNotFound)
	w.status(w.get("/receipt/NOTHING222/files/"+picture), http.StatusNotFound)
	w.post(share, "shown", "0")
	w.status(w.get(receipt+"/files/"+picture), http.StatusNotFound)
}
