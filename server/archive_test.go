package server

import (
	"archive/zip"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// CasesClosed, CategoryTrail and NoteExport keep what archives are made of.
func (f fakeCases) CasesClosed(_ context.Context, from, to time.Time, after casework.CaseID, limit int) ([]casework.CaseID, error) {
	var all []casework.CaseID
	for id, c := range f.cases {
		if at := c.Due.ClosedAt; c.State == casework.Closed && !at.Before(from) && at.Before(to) && id > after {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return all[:min(limit, len(all))], f.down
}

func (f fakeCases) CategoryTrail(context.Context, classifier.CategoryID) (string, error) {
	return "090705 油烟污染", f.down
}

func (f fakeCases) NoteExport(_ context.Context, line org.Audit) error {
	f.looks = append(f.looks, line)
	return f.down
}

// archived are the files of a reply, by name.
func archived(t *testing.T, r reply) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(r.body), int64(len(r.body)))
	if err != nil {
		t.Fatalf("%v: %.200s", err, r.body)
	}
	files := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(body)
	}
	return files
}

// TestAnAdministratorTakesCasesOut: one from its page, or those closed in a
// period, with a purpose; what is wrong stands in the form, and nobody else may.
func TestAnAdministratorTakesCasesOut(t *testing.T) {
	w := newWorld(t)
	id := w.dispatch(0)
	w.signIn(org.RoleAgent)
	w.status(w.get("/archive"), http.StatusForbidden)
	w.status(w.post("/archive", "case", string(id), "purpose", "归档"), http.StatusForbidden)
	if r := w.get(caseURL(id)); strings.Contains(r.body, `action="/archive"`) {
		t.Error("an agent is offered what they may not")
	}
	w.signIn(org.RoleAdmin)
	w.says(w.get("/archive"), "工单归档", "从哪天办结的", "用途")
	w.says(w.get(caseURL(id)), "导出这件的档案")
	r := w.post("/archive", "from", "2026-11-30", "to", "2026-11-01")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有导出：", "用途", "填写从哪天到哪天，结束不早于开始")
	w.says(w.post("/archive", "from", "2026-11-01", "to", "2026-11-30", "purpose", "年度归档"), "这段时间没有办结的工单")
	r = w.post("/archive", "case", string(id), "purpose", "年度归档")
	w.status(r, http.StatusOK)
	files := archived(t, r)
	number := w.fake.cases[id].Number
	if body := files[number+"/工单.json"]; !strings.Contains(body, "用途：年度归档") || strings.Contains(body, "13812340021") {
		t.Errorf("files %v", files)
	}
	if n := len(w.fake.looks); n != 1 || w.fake.looks[0].Action != "export_cases" || w.fake.looks[0].Object != "case:"+string(id) {
		t.Errorf("on record %+v", w.fake.looks)
	}
	r = w.post("/archive", "case", string(id), "purpose", "信访复查", "clear", "1")
	if body := archived(t, r)[number+"/工单.json"]; !strings.Contains(body, "13812340021") || len(w.fake.looks) != 3 {
		t.Errorf("in clear %s, on record %+v", body, w.fake.looks)
	}
	w.status(w.post("/archive", "case", "x", "purpose", "归档"), http.StatusNotFound)
}

func TestCasesAreArchivedOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	id := w.dispatch(0)
	send := `{"case":"` + string(id) + `","purpose":"归档"}`
	refused(t, w.call(http.MethodPost, "/api/v1/archives", send), http.StatusForbidden, "role.forbidden")
	w.allow(w.token, org.Actor{Roles: org.Roles{org.RoleAdmin}, Name: "管理员"})
	refused(t, w.call(http.MethodPost, "/api/v1/archives", `{"purpose":"归档"}`), http.StatusUnprocessableEntity, "archive.period")
	refused(t, w.call(http.MethodPost, "/api/v1/archives", `{`), http.StatusBadRequest, "request.json")
	r := w.call(http.MethodPost, "/api/v1/archives", send)
	if files := archived(t, r); r.status != http.StatusOK || !strings.Contains(files["说明.txt"], "由管理员于") || files["SHA256SUMS"] == "" {
		t.Errorf("%d: %v", r.status, files)
	}
	w.fake.down = errs.New(errs.Unavailable, "database.unavailable")
	refused(t, w.call(http.MethodPost, "/api/v1/archives", send), http.StatusServiceUnavailable, "database.unavailable")
}

// TestArchiveLook looks at the form with a fault, the chain of a notification and
// the case that waits for a call, wide and on a phone.
func TestArchiveLook(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	id := w.dispatch(0)
	at := w.fake.now
	first := casework.Notification{
		ID: "0197a5c0-0000-7000-8000-000000000001", Receipt: w.fake.cases[id].Receipt, Kind: casework.NotifyExtended, Via: "sms", State: casework.NotificationFailed,
		Text: "您的诉求（回执码 ABCDEFGH23）需要更多时间，改为11月30日17:30前答复。", Failure: "对方报告没有送达：停机", At: at, Settled: at,
	}
	second := first
	second.ID, second.Chain, second.Step, second.Via, second.Failure = "0197a5c0-0000-7000-8000-000000000002", first.ID, 1, "smtp", "诉求人没有留邮箱"
	second.State = casework.NotificationVoid
	w.fake.outbox.means, w.fake.outbox.rows = "sms", []casework.Notification{first, second}
	w.fake.cases[id].Untold = 1
	b.signIn(org.RoleAdmin)
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"", 1366, 768}, {"-narrow", 390, 844}} {
		b.run(chromedp.EmulateViewport(size.width, size.height))
		b.open("/notifications?state=failed")
		b.look("notifications-chain" + size.name)
		b.open(caseURL(id))
		b.reads("#to-tell", "有 1 条通知没有送到，请用电话告知诉求人。")
		b.look("case-untold" + size.name)
		b.open("/archive")
		b.look("archive" + size.name)
	}
}
