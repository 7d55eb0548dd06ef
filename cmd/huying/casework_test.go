package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// handler makes an account of a handling unit, with the password of the demo's.
func (c *city) handler(t *testing.T, login, unit string) {
	t.Helper()
	cmd := newCommand(t, c.home, "account", "create", login, "--role", "unit", "--unit", unit, "--password-stdin")
	cmd.Stdin = strings.NewReader(demoPassword + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// signsOut ends the session in the browser.
func (b *browser) signsOut() {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('form[action="/signout"]').submit();undefined`))
	b.reads("h1", "民生诉求受理")
}

// writes fills a field, as typing does.
func (b *browser) writes(selector, words string) {
	b.t.Helper()
	b.run(chromedp.SendKeys(selector, words))
}

// What the API says of cases, as far as this test reads it.
type (
	caseState struct {
		ID      string `json:"id"`
		Matter  string `json:"matter"`
		State   string `json:"state"`
		Ending  string `json:"ending"`
		Version int    `json:"version"`
	}
	caseFile struct {
		Case    caseState `json:"case"`
		History []struct {
			Move string `json:"move"`
		} `json:"history"`
	}
	caseList struct {
		Cases []caseState `json:"cases"`
	}
)

var receiptCode = regexp.MustCompile(`回执码 <b>([A-Z2-7]{10})</b>`)

// TestACaseFromTheDeskToTheCitizen: an agent confirms by keyboard, the unit
// accepts and answers, the centre checks and closes, and the citizen's page
// says so. A second case goes the same way over the API, and what was not seen
// is refused.
func TestACaseFromTheDeskToTheCitizen(t *testing.T) {
	c := serve(t, cityHome(t), "--public-ask").caller(t, "admin1")
	m := c.receive(t, delivery{Channel: "hotline", Text: "楼下烧烤店的油烟天天往我家灌，窗户不敢开", Area: "990101001"}).Message.Matters[0]
	lead := m.Suggestion.Candidates[0].Lead
	c.handler(t, "handler", lead.Name)
	b := newBrowser(t, c.city)
	b.signsIn("agent1")
	b.reads("#message", "烧烤店的油烟")
	b.press(kb.Enter)
	b.reads("#undo", "已确认")
	b.open("/desk/" + m.ID)
	b.reads("#case", "待签收")
	code := receiptCode.FindStringSubmatch(value[string](b, `document.querySelector("#case").innerHTML`))
	if code == nil {
		t.Fatal("the desk shows no receipt to read out")
	}
	b.signsOut()

	b.signsIn("handler")
	b.reads("h1", "本单位的工单")
	b.reads("#cases", "烧烤店的油烟")
	b.run(chromedp.Click("#cases a"))
	b.reads("#case-state", "待签收")
	b.press("a")
	b.reads("#case-state", "办理中")
	b.press("d")
	b.writes("#public", "已责令商户清洗净化设备，复查达标。")
	b.press(kb.Tab + kb.Tab + " " + kb.Tab + kb.Enter) // the co-units are not waited for
	b.reads("#case-state", "结案待审核")
	b.quiet("the unit's case")
	page := value[string](b, `location.pathname`)
	b.signsOut()

	b.signsIn("agent4")
	b.open("/cases?show=checking")
	b.reads("#cases", lead.Name)
	b.open(page)
	b.reads("#check", "已责令商户清洗净化设备")
	b.run(chromedp.Click(`#check input[value="solved"]`), chromedp.Click(`#check form[action$="/close"] .main`))
	b.reads("#case-state", "已办结")
	b.quiet("the centre's case")
	b.signsOut()

	b.open("/receipt")
	b.writes("#code", strings.ToLower(code[1])+kb.Enter)
	b.reads("#state", "已办结：已解决")
	b.reads("#progress", "已责令商户清洗净化设备，复查达标")
	b.quiet("the citizen's page")

	c.aCaseByAPI(t, c.caller(t, "handler"), lead.Unit)
}

// aCaseByAPI takes a case from the decision to its closing.
func (c *caller) aCaseByAPI(t *testing.T, unit *caller, lead string) {
	t.Helper()
	m := c.receive(t, delivery{Channel: "web", Text: "楼下烧烤店的油烟天天往我家灌", Area: "990101001"}).Message.Matters[0]
	d := m.Suggestion.confirmation()
	d.Lead, d.Kind = lead, "correct"
	c.decide(t, m.ID, d)
	waiting := must[caseList](t, unit, http.StatusOK, http.MethodGet, "/api/v1/cases?show=waiting", nil).Cases
	if len(waiting) != 1 || waiting[0].Matter != m.ID {
		t.Fatalf("waiting %+v", waiting)
	}
	path := "/api/v1/cases/" + waiting[0].ID + "/moves"
	move := func(who *caller, status int, body map[string]any) caseFile {
		t.Helper()
		body["seen"] = must[caseFile](t, c, http.StatusOK, http.MethodGet, "/api/v1/cases/"+waiting[0].ID, nil).Case.Version
		return must[caseFile](t, who, status, http.MethodPost, path, body)
	}
	move(c, http.StatusForbidden, map[string]any{"move": "accept"})
	move(unit, http.StatusConflict, map[string]any{"move": "propose", "public": "已处理"})
	move(unit, http.StatusOK, map[string]any{"move": "accept"})
	must[caseFile](t, unit, http.StatusConflict, http.MethodPost, path, map[string]any{"move": "return", "reason": "duty", "text": "不归我们", "seen": 0})
	move(unit, http.StatusUnprocessableEntity, map[string]any{"move": "propose", "public": "请联系王建国 13812340021"})
	move(unit, http.StatusOK, map[string]any{"move": "propose", "public": "已处理", "sure": true})
	f := move(c, http.StatusOK, map[string]any{"move": "close", "reason": "solved"})
	if f.Case.State != "closed" || f.Case.Ending != "solved" || len(f.History) != 4 {
		t.Errorf("closed %+v", f)
	}
}
