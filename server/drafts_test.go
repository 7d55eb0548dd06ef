package server

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"huying/classifier"
	"huying/internal/org"
)

// newList is fakeList a year on: 施工噪声 is split, 露天烧烤 is gone, 犬只扰民 is new.
const newList = `事项编码,一级事项,二级事项,三级事项,范围,主办单位
030401,环境保护,大气污染,油烟污染,餐饮服务单位排放油烟影响周边的投诉,城市管理和综合执法局
030501,环境保护,噪声污染,社会生活噪声,商业经营、文体娱乐等产生的噪声,公安局
030503,环境保护,噪声污染,夜间施工噪声,夜间施工,住房和城乡建设局
030504,环境保护,噪声污染,昼间施工噪声,白天施工,生态环境局
030601,环境保护,动物,犬只扰民,狗叫,公安局
060201,社会保障,社会保险,社会保险办理,参保、缴费、转移、待遇领取的咨询与办理,人力资源和社会保障局
`

const newCodes = "原编码,新编码\n030502,030503\n030502,030504\n"

// sending makes a post with files, given as field, name, content; fields of
// text have an empty name.
func (w *world) sending(fields ...string) *http.Request {
	w.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 3 {
		if fields[i+1] == "" {
			m.WriteField(fields[i], fields[i+2])
			continue
		}
		part, err := m.CreateFormFile(fields[i], fields[i+1])
		if err != nil {
			w.t.Fatal(err)
		}
		part.Write([]byte(fields[i+2]))
	}
	m.WriteField("csrf", w.csrf())
	m.Close()
	req := httptest.NewRequest(http.MethodPost, uploadPath, &body)
	req.Header.Set("Content-Type", m.FormDataContentType())
	return req
}

// upload brings the new list in and gives the address of its page.
func (w *world) upload(more ...string) string {
	w.t.Helper()
	r := w.do(w.sending(append([]string{"list", "新清单.csv", newList, "codes", "对照.csv", newCodes}, more...)...))
	w.status(r, http.StatusSeeOther)
	return r.location
}

func TestNewVersionIsUploadedComparedReplayedAndPublished(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	w.says(w.get("/catalogue/versions"), "导入新版本")
	w.says(w.get("/catalogue/drafts/new"), "清单文件", "编码对照表 可不选", "从何时起有效")
	page := w.upload()
	w.says(w.get(page), "新清单 6 个末级事项，由周远于11月23日 周一 09:30从“新清单.csv”和对照表“对照.csv”导入。还没有启用。", "取消 1 项", "拆分 1 项",
		"030502 环境保护 › 噪声污染 › 施工噪声 030503 环境保护 › 噪声污染 › 夜间施工噪声；030504 环境保护 › 噪声污染 › 昼间施工噪声 7 件", "新增 1 项", "对应多个事项，等人决定 7 件",
		"还没有试跑过，不知道哪些诉求会改派。")
	w.says(w.get("/catalogue/versions"), "还没有启用的清单 新清单 6 个末级事项，周远 11月23日 周一 09:30导入")

	// While it is replayed nothing can be published; the page watches.
	for range 2 {
		r := w.post(page + "/replay")
		w.status(r, http.StatusSeeOther)
	}
	r := w.get(page)
	w.says(r, "已排队，通常几秒内开始")
	if !strings.Contains(r.body, `hx-get="`+page+`/watch"`) || strings.Contains(r.body, page+"/publish") {
		t.Error("the page does not watch, or offers to publish")
	}
	run := w.fake.uploaded[0].Replay
	run.Attempts, run.Done, run.Total = 1, 1, 3
	w.says(w.part(page+"/watch"), "正在试跑，已做完 1 轮，共 3 轮。")
	w.status(w.post(page+"/publish", "serving", string(w.fake.list.Version.ID)), http.StatusConflict)
	w.says(w.get("/catalogue/versions"), "正在试跑")
	w.replayed()
	if r := w.part(page + "/watch"); r.header.Get("HX-Refresh") != "true" {
		t.Error("the page does not hear that the replay has ended")
	}
	r = w.get(page)
	w.says(r, "用最近 412 件已确认的决定试跑", "首选事项会变 60 件 15%", "主办单位会变 30 件 7%", "首选与人的决定一致：新版本 300 件 73%", "全部 60", "事项已拆分 20",
		"夜里打桩吵人 0 11月23日 周一 09:30", "环境保护 › 噪声污染 › 施工噪声 030502 ◆ 已拆分，建议归入环境保护 › 噪声污染 › 夜间施工噪声", "住房和城乡建设局", "重新试跑")
	if n := strings.Count(r.body, "夜里打桩吵人"); n != linesShown || !strings.Contains(r.body, "from=50#routes") {
		t.Errorf("%d lines are listed, or no way leads on", n)
	}
	if rest := w.get(page + "?from=50"); strings.Count(rest.body, "夜里打桩吵人") != 10 || !strings.Contains(rest.body, "回到最新的") {
		t.Error("the second part of the list is wrong")
	}
	if part := w.get(page + "?only=split"); strings.Count(part.body, "夜里打桩吵人") != 20 {
		t.Errorf("%d split ones", strings.Count(part.body, "夜里打桩吵人"))
	}
	w.says(w.get(page+"?only=ended"), "没有这样的决定。")

	// Publishing is asked for, and refused when something else serves by now.
	w.says(r, "现在改用这份清单吗", "确定启用", "确定放弃")
	w.status(w.post(page+"/publish", "serving", string(w.fake.older().Version.ID)), http.StatusConflict)
	r = w.post(page+"/publish", "serving", string(w.fake.list.Version.ID))
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已记下。后台正在为这个版本训练推荐模型")
	r = w.get(page)
	w.says(r, "已经存为一个版本。", "用最近 412 件已确认的决定试跑")
	if strings.Contains(r.body, "/discard") || strings.Contains(r.body, "/publish") {
		t.Error("a published draft can be published or discarded")
	}
}

// replayed ends the replay of the only draft: 60 decisions go elsewhere, a
// third of them were decided for a leaf that was split.
func (w *world) replayed() {
	run := w.fake.uploaded[0].Replay
	run.Ended, run.Figures = true, classifier.Replay{
		Against: w.fake.list.Version.ID, Decisions: 412, Leaf: 60, Lead: 30, Split: 20, Routed: 60, RightNow: 290, RightThen: 300,
	}
	site := classifier.LeafName{Code: "030502", Trail: "环境保护 › 噪声污染 › 施工噪声"}
	night := classifier.LeafName{Code: "030503", Trail: "环境保护 › 噪声污染 › 夜间施工噪声"}
	for i := range 60 {
		line := classifier.RouteLine{
			Ordinal: i, Matter: "01a21692-ee9f-7ee5-aefc-51b835ebd037", At: w.fake.now.Add(-time.Duration(i) * time.Hour), Gist: fmt.Sprintf("夜里打桩吵人 %d", i),
			LeafDiffer: true, Decided: site, OldLeaf: site, NewLeaf: night, OldLead: "住房和城乡建设局", NewLead: "住房和城乡建设局",
		}
		if i%2 == 0 {
			line.NewLead = "生态环境局"
		}
		if i%3 == 0 {
			line.Split, line.Part = true, night
		}
		w.fake.routes = append(w.fake.routes, line)
	}
}

func TestFaultsOfAnUploadAreNamedAndWhatWasTypedStays(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	typed := []string{"name", "", "二〇二七版", "from", "", "2027-01-01T00:00"}
	cases := []struct {
		name   string
		fields []string
		says   []string
	}{
		{"no file", nil, []string{"没有导入。", "缺少“清单文件”"}},
		{"an empty file", []string{"list", "空.csv", ""}, []string{"文件“空.csv”里要改的", "文件是空的，第一行应当是列名"}},
		{"a heading alone", []string{"list", "空.csv", "事项编码,一级事项\n"}, []string{"文件中没有末级事项"}},
		{"other columns", []string{"list", "表.csv", "编号,名字\n1,路灯\n"}, []string{"不认识的列“编号”", "缺少必需的列“事项编码”"}},
		{"another encoding", []string{"list", "表.csv", "事项编码,一级事项\n01," + strings.Repeat("路灯照明与维修养护管理", 5) + "\xff\xff\n"}, []string{"第 2 行：这一行的文字编码不对，请把文件另存为 UTF-8 后再导入"}},
		{"not a table", []string{"list", "照片.jpg", "\x89PNG\r\n\x1a\n\x00\x00\x00"}, []string{"这不是 CSV 或 XLSX 表格文件"}},
		{"faults in cells", []string{"list", "表.csv", "事项编码,一级事项,二级事项,主办单位,紧急程度\n01,城管,路灯,天文台,C\n02,城管,占道,公安局,Z\n03,,停水,公安局,B\n"},
			[]string{"第 2 行第 4 列：单位类型“天文台”不存在", "第 3 行第 5 列：“紧急程度”的内容“Z”不符合要求", "第 4 行第 2 列：缺少第 1 级事项名称"}},
		{"a broken line about headings", []string{"list", "表.csv", "编号,名字\n1,路灯\n", "headings", "", "编号 事项编码"}, []string{"列名对照的第 1 行写法不对"}},
		{"headings that are not there", []string{"list", "表.csv", "编号,名字\n1,路灯\n", "headings", "", "号=事项编码\n名字=星座"}, []string{"列名对照里写的列“号”在文件中没有", "列名对照里的“星座”不是可以导入的内容"}},
		{"broken JSON", []string{"list", "表.jsonl", "{\"code\":\"01\",\n"}, []string{"第 1 行", "JSON 格式有误"}},
		{"a code map of other codes", []string{"list", "新.csv", newList, "codes", "对照.csv", "原编码,新编码\n999,030503\n030502,888\n"},
			[]string{"文件“对照.csv”里要改的", "第 2 行第 1 列：原编码“999”不在现行清单中", "第 3 行第 2 列：新编码“888”不在新清单中"}},
		{"files that are too large", []string{"list", "新.csv", newList + strings.Repeat(" ", classifier.MaxDraftBytes)}, []string{"两个文件合计超过 4 MB，没有读取"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			r := w.do(w.sending(append(c.fields, typed...)...))
			w.status(r, http.StatusUnprocessableEntity)
			w.says(r, append(c.says, "改好后请重新选择文件。")...)
			if !strings.Contains(r.body, `value="二〇二七版"`) || !strings.Contains(r.body, `value="2027-01-01T00:00"`) {
				t.Error("the form forgets what was typed")
			}
		})
	}
	w.t = t
	r := w.do(w.sending("list", "新.csv", newList, "from", "", "2020-01-01T00:00", "name", "", strings.Repeat("长", 101)))
	w.says(r, "生效时间要晚于现在；想马上启用的，请留空", "“版本名称”超过 100 个字，请缩短")
	many := "事项编码,一级事项,紧急程度\n" + strings.Repeat("01,路灯,Z\n", 130)
	w.says(w.do(w.sending("list", "新.csv", many)), "第 101 行第 3 列", "另有 30 处没有列出")
	r = w.do(w.sending("list", "新.csv", "编号,名字\n", "headings", "", "编号=事项编码\n名字＝一级事项"))
	if w.says(r, "文件中没有末级事项"); !strings.Contains(r.body, "名字＝一级事项</textarea>") {
		t.Error("the form forgets the headings")
	}
	if len(w.fake.uploaded) > 0 {
		t.Errorf("stored %+v", w.fake.uploaded)
	}
	w.status(w.do(form(uploadPath, "csrf", "x")), http.StatusForbidden)
	w.says(w.get(w.upload("from", "", "2027-01-01T00:00")), "启用后从2027年1月1日 周五 00:00起有效。", "从2027年1月1日 周五 00:00起改用这份清单吗")
}

func TestVersionWaitsForItsDateOrIsDiscarded(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	page := w.upload("from", "", "2027-01-01T00:00")
	r := w.post(page+"/publish", "serving", string(w.fake.list.Version.ID))
	w.says(w.get(r.location), "已存下，到时由后台自动启用；在此之前可以在下面取消。")
	if !w.fake.asked.Due.Equal(time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("due %v", w.fake.asked.Due)
	}
	w.fake.uploaded = nil
	page = w.upload()
	r = w.post(page + "/discard")
	w.says(w.get(r.location), "已放弃，上传的文件和试跑结果已删除。")
	w.status(w.get(page), http.StatusNotFound)
	w.says(w.post(page+"/discard"), "没有找到这份待启用的清单，可能已被放弃")
	if r := w.part(page + "/watch"); r.header.Get("HX-Refresh") != "true" {
		t.Error("whoever watches a replay is not told that it was discarded")
	}
}

func TestOnlyWhoMayEditTheCatalogueBringsVersionsIn(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	page := w.upload()
	for _, role := range []org.Role{org.RoleAgent, org.RoleEditor} {
		w.signIn(role)
		for _, path := range []string{"/catalogue/drafts/new", page, page + "/watch"} {
			w.status(w.get(path), http.StatusForbidden)
		}
		for _, path := range []string{"/replay", "/publish", "/discard"} {
			w.status(w.post(page+path), http.StatusForbidden)
		}
		w.status(w.do(w.sending("list", "新清单.csv", newList)), http.StatusForbidden)
		if r := w.get("/catalogue/versions"); strings.Contains(r.body, uploadPath) {
			t.Errorf("%s is led to the drafts", role)
		}
	}
	if len(w.fake.uploaded) != 1 || w.fake.uploaded[0].Replay != nil || w.fake.asked != nil {
		t.Error("something was changed")
	}
}

func TestDraftsLook(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleAdmin)
	b.open("/catalogue/drafts/new")
	b.look("upload")
	dir := t.TempDir()
	send := func(content string) {
		path := filepath.Join(dir, "很长名称的二〇二七年全市热线事项清单修订稿.csv")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		b.run(chromedp.SetUploadFiles("#list", []string{path}), chromedp.Click("#upload .main"))
	}
	b.open("/catalogue/drafts/new")
	send(newList + strings.Repeat(" ", classifier.MaxDraftBytes))
	if !value[bool](b, `document.querySelector("#list").validationMessage.includes("4 MB")`) {
		t.Error("a file that is too large is sent")
	}
	b.open("/catalogue/drafts/new")
	send("事项编码,一级事项,紧急程度\n01,路灯,Z\n")
	b.reads(".faults", "第 2 行第 3 列")
	b.look("upload-faults")
	send(newList)
	b.reads("h1", "很长名称")
	b.look("draft")
	page := value[string](b, `location.pathname`)
	b.run(chromedp.Click("#acts form[action$=replay] button"))
	b.reads("#watch", "已排队")
	b.look("draft-replaying")
	b.replayed()
	b.reads("#routes", "会改派")
	b.look("draft-replayed")
	b.run(chromedp.Focus("#acts summary"))
	b.press("\r")
	b.reads("#acts details[open]", "现在改用这份清单吗")
	b.look("draft-publish")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	for name, path := range map[string]string{"draft-narrow": page, "upload-narrow": "/catalogue/drafts/new", "versions-drafts-narrow": "/catalogue/versions"} {
		b.open(path)
		b.look(name)
	}
	b.run(chromedp.EmulateViewport(1366, 768))
	b.open("/catalogue/versions")
	b.look("versions-drafts")
	b.dark(true)
	b.open(page)
	b.look("draft-dark")
}
