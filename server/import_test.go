package server

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// fakeUpload is an uploaded file.
type fakeUpload struct {
	kb.FileImport
	body []byte
}

// uploadStore keeps uploaded files by the rules of the database.
type uploadStore struct{ *fake }

func (f *fake) importing() *kb.Imports {
	areas := func(context.Context) (kb.FindArea, error) {
		return func(name string) (org.AreaCode, bool) {
			for _, a := range f.areas {
				if a.Name == name || string(a.Code) == name {
					return a.Code, true
				}
			}
			return "", false
		}, f.down
	}
	return kb.NewImports(uploadStore{f}, uploadStore{f}, nil, areas, f.clock)
}

func (f uploadStore) Alike(_ context.Context, codes, questions []string) ([]kb.Entry, error) {
	var out []kb.Entry
	for _, e := range f.entries {
		if slices.Contains(codes, e.Code) || slices.Contains(questions, e.Question) {
			out = append(out, e)
		}
	}
	return out, f.down
}

func (f uploadStore) InsertImport(_ context.Context, u kb.FileImport, body []byte, _ time.Time) error {
	f.uploads = append(f.uploads, fakeUpload{u, body})
	return f.down
}

func (f uploadStore) Import(_ context.Context, file kb.ImportID) (kb.FileImport, []byte, error) {
	for _, u := range f.uploads {
		if u.ID == file {
			return u.FileImport, u.body, f.down
		}
	}
	return kb.FileImport{}, nil, errs.New(errs.NotFound, "import.not_found")
}

func (f uploadStore) Imports(context.Context, int) ([]kb.FileImport, error) {
	var out []kb.FileImport
	for _, u := range f.uploads {
		out = append([]kb.FileImport{u.FileImport}, out...)
	}
	return out, f.down
}

func (f uploadStore) MoveImport(_ context.Context, u kb.FileImport, from kb.ImportState, _ *org.Audit) error {
	for i := range f.uploads {
		if f.uploads[i].ID == u.ID && f.uploads[i].State == from {
			f.uploads[i].FileImport = u
			return f.down
		}
	}
	return errs.New(errs.Conflict, "import.settled")
}

func (f uploadStore) WaitingImport(context.Context) (kb.ImportID, error) {
	return "", errs.New(errs.NotFound, "import.not_found")
}

// upload sends a file with fields given as name, value.
func (w *world) uploadFile(name, text string, fields ...string) reply {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		m.WriteField(fields[i], fields[i+1])
	}
	m.WriteField("csrf", w.csrf())
	if name != "" {
		part, err := m.CreateFormFile("file", name)
		if err != nil {
			w.t.Fatal(err)
		}
		part.Write([]byte(text))
	}
	m.Close()
	req := httptest.NewRequest(http.MethodPost, importPath, &b)
	req.Header.Set("Content-Type", m.FormDataContentType())
	return w.do(req)
}

const importHead = "编号,问题,标准答复,适用地区,状态\n"

// TestAFileIsLookedAtBeforeItIsImported: the page says what a file would do,
// line by line, keeps what was chosen, and imports nothing before it is told to.
func TestAFileIsLookedAtBeforeItIsImported(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	w.says(w.get(importPath), "还没有人上传过文件。", "导入的条目都是草稿", "xlsx csv jsonl")
	known := w.fake.entries[0]
	text := importHead + "n-1,公园几点开门？,六点开门。,松柏街道,已发布\n" +
		known.Code + "," + known.Question + ",答复改了。,,已发布\n" +
		"n-2,月亮上怎么办证？,不能办。,月球,\n" + "n-3," + known.Question + ",另一种答复。,,\n"
	r := w.uploadFile("知识.csv", text)
	w.status(r, http.StatusSeeOther)
	page := r.location
	r = w.get(page)
	w.says(r, "知识.csv", "按本系统的列名读取。现在还没有写入。", "新增 1 条", "更新 1 条", "有误或冲突 2 处",
		"第 4 行第 4 列：没有编码为“月球”的地区", "第 5 行第 2 列：与第 3 行问题和地区相同，答复却不同",
		"公园几点开门？", "○ 草稿", "六点开门。", "松柏街道", "导入 2 条", "在用的条目不会直接改动")
	r = w.post(page, "go", "import")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有导入：", "有 2 处错误或冲突，没有导入")
	w.status(w.post(page, "go", "look", "skip", "1"), http.StatusSeeOther)
	if r = w.get(page); !strings.Contains(r.body, `name="skip" value="1" checked`) {
		t.Error("what was chosen is forgotten")
	}
	w.status(w.post(page, "go", "import", "skip", "1", "publish", "1"), http.StatusForbidden)
	for range 2 { // sent twice, it is imported once
		w.status(w.post(page, "go", "import", "skip", "1"), http.StatusSeeOther)
	}
	r = w.get(page)
	w.says(r, "正在导入", "刷新看进展")
	if u := w.fake.uploads[0]; u.State != kb.ImportWaiting || !u.SkipBad || u.Total != 2 {
		t.Errorf("%+v", u.FileImport)
	}
	u := &w.fake.uploads[0]
	u.State, u.Saved = kb.ImportDone, kb.Saved{Created: 1, Changed: 1}
	w.says(w.get(page), "已导入：新增 1，更新 1，未变 0", "它们是草稿")
	w.says(w.get(importPath), "知识.csv", "已导入：新增 1")
	u.State, u.Failure = kb.ImportFailed, "这条知识正在审核"
	w.says(w.get(page), "没有导入", "这条知识正在审核。一条也没有存入")

	w.signIn(org.RoleAdmin)
	r = w.uploadFile("知识.csv", importHead+"n-1,公园几点开门？,六点开门。,松柏街道,\n", "publish", "1")
	w.says(w.get(r.location), "● 已发布")
}

// TestOddFilesAreRefusedInWords: each in a sentence, and none is kept.
func TestOddFilesAreRefusedInWords(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(importHead + "n-1,公园几点开门？,六点开门。,,\n")
	if err != nil {
		t.Fatal(err)
	}
	known := w.fake.entries[0]
	good := []struct{ name, file, text, says string }{
		{"GB18030", "知识.csv", gb, "公园几点开门？"},
		{"byte order mark", "知识.csv", "\ufeff" + importHead + "n-1,公园几点开门？,六点开门。,,\n", "公园几点开门？"},
		{"WeKnora", "w.csv", "分类,问题,相似问题,反例问题,回答\n车管,指标能转让吗,给家人吗##过户,怎么延期,不能转让。\n", "认出是 WeKnora 的格式。"},
		{"MaxKB", "m.csv", "分段标题,分段内容,问题\n公园,六点开门。,公园几点开门\n", "认出是 MaxKB 的格式。"},
		{"Dify", "d.csv", "question,answer\n公园几点开门,六点开门。\n", "认出是 Dify 的格式。"},
		{"FastGPT", "f.csv", "q,a,indexes\n公园几点开门,六点开门。,[]\n", "认出是 FastGPT 的格式。"},
		{"service items", "s.jsonl", `{"id":"1","name":"居住证签注","conditions":"已领证","materials":"居住证","place":"派出所","time_limit":"1(工作日)"}`, "认出是 政务服务事项 的格式。"},
		{"unknown column", "知识.csv", "问题,答案,星座\n公园几点开门,六点开门。,白羊\n", "不认识的列“星座”"},
		{"long answer", "知识.csv", "问题,答案\n公园几点开门," + strings.Repeat("长", 50_000) + "\n", "第 2 行第 2 列：“答案”超过 20000 个字"},
		{"same again", "知识.csv", fmt.Sprintf("编号,问题,答案\n%s,%s,%q\n", known.Code, known.Question, known.Answer), "更新 1 条"},
		{"markup", "知识.csv", "问题,答案\n公园几点开门,<script>alert(1)</script>六点\n", "<script>alert(1)</script>六点"},
	}
	for _, tt := range good {
		r := w.uploadFile(tt.file, tt.text)
		if w.status(r, http.StatusSeeOther); r.status != http.StatusSeeOther {
			t.Errorf("%s", tt.name)
			continue
		}
		r = w.get(r.location)
		if w.says(r, tt.says); strings.Contains(r.body, "<script>alert") {
			t.Errorf("%s: markup of an entry is markup of the page", tt.name)
		}
	}
	n := len(w.fake.uploads)
	for _, tt := range []struct{ file, text, says string }{
		{"", "", "还没有选文件"},
		{"空.csv", "", "文件是空的"},
		{"只有表头.csv", importHead, "文件里没有可以导入的条目"},
		{"别的.csv", "甲,乙\n1,2\n", "缺少必需的列“问题”"},
		{"坏.xlsx", "PK\x03\x04坏", "XLSX 文件已损坏"},
		{"乱码.csv", importHead + "n-1,公园\xff\xff,六点\xff,,\n", "编码不对"},
		{"大.csv", importHead + strings.Repeat("长", kb.MaxImportBytes/3+100), "文件超过 4 MB"},
	} {
		r := w.uploadFile(tt.file, tt.text)
		w.status(r, http.StatusUnprocessableEntity)
		w.says(r, "文件没有收下：", tt.says)
	}
	if len(w.fake.uploads) != n {
		t.Error("a refused file is kept")
	}
	w.status(w.get(importPath+"/nothing"), http.StatusNotFound)
	w.signIn(org.RoleAgent)
	w.status(w.get(importPath), http.StatusForbidden)
	w.status(w.uploadFile("知识.csv", importHead), http.StatusForbidden)
}

// TestAFileIsImportedByKeyboard uploads a file in a browser, confirms it by
// keys alone, and looks at the pages, wide, narrow and dark.
func TestAFileIsImportedByKeyboard(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleAdmin)
	b.open(importPath)
	b.look("imports-empty-whole")
	file := filepath.Join(t.TempDir(), strings.Repeat("很长的文件名", 8)+".csv")
	text := importHead + "n-1,公园几点开门？," + strings.Repeat("六点开门。", 60) + ",松柏街道,已发布\n" +
		b.fake.entries[0].Code + "," + b.fake.entries[0].Question + ",答复改了。,,已发布\nn-2,月亮上怎么办证？,不能办。,月球,\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.SetUploadFiles("#file", []string{file}), chromedp.Focus("#sheet"))
	b.press("\r")
	b.reads("#plan", "有误或冲突 1 处")
	b.look("import-look-whole")
	page := b.fake.uploads[0]
	b.run(chromedp.Focus("[name=skip]"))
	b.press(" ")
	b.press("\r")
	b.reads("#result", "正在导入")
	b.look("import-waiting")
	if u := b.fake.uploads[0]; u.State != kb.ImportWaiting || !u.SkipBad {
		t.Errorf("%+v", u.FileImport)
	}
	b.fake.mu.Lock()
	b.fake.uploads[0].State, b.fake.uploads[0].Saved = kb.ImportDone, kb.Saved{Created: 1, Changed: 1}
	b.fake.mu.Unlock()
	b.reads("#result", "已导入：新增 1") // the page looks by itself
	b.fake.uploads[0].State = kb.ImportLookedAt
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	for name, path := range map[string]string{"imports": importPath, "import-look": importURL(page.ID)} {
		b.open(path)
		b.look(name + "-narrow")
	}
	b.dark(true)
	b.open(importURL(page.ID))
	b.look("import-look-dark")
}
