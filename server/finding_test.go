package server

import (
	"bytes"
	"encoding/base64"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/intake"
	"huying/internal/org"
)

// finds sends the form of a finding with a picture.
func (w *world) finds(text, place string, picture []byte) reply {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, value := range map[string]string{"csrf": w.csrf(), "key": "k1", "text": text, "place": place} {
		m.WriteField(name, value)
	}
	part, err := m.CreateFormFile("file", "现场.png")
	if err != nil {
		w.t.Fatal(err)
	}
	part.Write(picture)
	m.Close()
	req := httptest.NewRequest(http.MethodPost, "/grid", &b)
	req.Header.Set("Content-Type", m.FormDataContentType())
	return w.do(req)
}

func TestAWorkerReportsWhatTheySee(t *testing.T) {
	w := newWorld(t)
	w.below()
	w.signInAs("grid")
	w.says(w.get("/grid"), "巡查上报：报一件看到的事")
	w.says(w.get("/grid/new"), "看到什么", "照片（可不附，不超过 4 MB）")
	w.says(w.finds(" ", "", png), "没有保存", "缺少“看到什么”", "缺少“在哪里”")
	r := w.finds("井盖松动", "松柏路口", []byte("MZ"))
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "附件只收照片")
	if len(w.fake.files) != 0 || !strings.Contains(r.body, "井盖松动</textarea>") {
		t.Errorf("%d taken in with a wrong picture", len(w.fake.files))
	}
	w.says(w.get(w.finds("井盖松动，车压过去响，联系人电话13812340021", "松柏路口", png).location), "已上报，热线决定由谁办理", "井盖松动", "松柏路口", "热线还没有决定由谁办理")
	if n := len(w.fake.files); n != 1 || len(w.fake.cases) != 0 {
		t.Fatalf("%d matters, %d cases", n, len(w.fake.cases))
	}
	var m intake.MatterID
	for k, f := range w.fake.files {
		m = k
		if f.Message.Channel != intake.Patrol || f.Message.Area != "990101" || strings.Contains(f.Matter.Text, "13812340021") {
			t.Errorf("taken in as %+v", f.Message)
		}
	}
	w.signIn(org.RoleAgent)
	picture := "/desk/" + string(m) + "/files/" + string(w.fake.answering.files[0].ID)
	page := w.get("/desk/" + string(m))
	w.says(page, "巡查", "井盖松动", "松柏街道办事处")
	if !strings.Contains(page.body, picture) {
		t.Error("the desk shows no picture")
	}
	if got := w.get(picture); got.status != http.StatusOK || got.body != string(png) {
		t.Errorf("%d", got.status)
	}
	w.signInAs("unit")
	w.status(w.get(picture), http.StatusForbidden)
	w.signIn(org.RoleEditor)
	w.status(w.finds("井盖", "路口", nil), http.StatusForbidden)
}

func TestFindingsOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	street := w.below()
	send := `{"key":"a-1","text":"井盖松动","place":"松柏路口","name":"现场.png","picture":"` + base64.StdEncoding.EncodeToString(png) + `"}`
	refused(t, w.call(http.MethodPost, "/api/v1/findings", send), http.StatusForbidden, "role.forbidden")
	w.of(org.RoleUnit, street.ID)
	refused(t, w.call(http.MethodPost, "/api/v1/findings", strings.Replace(send, "松柏路口", " ", 1)), http.StatusUnprocessableEntity, "field.required")
	got := read[struct{ Matter intake.MatterID }](t, w.call(http.MethodPost, "/api/v1/findings", send), http.StatusOK)
	if f := w.fake.answering.files; len(f) != 1 || f[0].Matter != got.Matter {
		t.Errorf("attached %+v", f)
	}
	all := read[struct{ Findings []apiFinding }](t, w.call(http.MethodGet, "/api/v1/findings", ""), http.StatusOK).Findings
	if len(all) != 1 || !all[0].Open || all[0].Place != "松柏路口" {
		t.Errorf("reported %+v", all)
	}
}

// TestFindingLook looks at the form on a phone.
func TestFindingLook(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	b.signIn(org.RoleUnit)
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	w.signInAs("unit")
	w.finds("井盖松动，车压过去响", "松柏路口", png)
	b.open("/grid/new")
	b.look("finding-narrow")
}
