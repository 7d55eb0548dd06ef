package server

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/internal/errs"
	"huying/internal/org"
)

// TestWhatWasWrongStandsInTheForm: on a long page the faults stand right above
// the form that was sent, what was typed is there, and the field that a fault
// names has the focus.
func TestWhatWasWrongStandsInTheForm(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	id := b.dispatch(0)
	b.signIn(org.RoleAgent)
	b.open("/memos/new")
	b.run(chromedp.SendKeys("#memo-title", "关于油烟的提醒函"), chromedp.Click("#memo-new button"))
	b.reads(".faults", "缺少“正文”")
	b.focuses("#memo-body")
	if kept := value[string](b, `document.getElementById("memo-title").value`); kept != "关于油烟的提醒函" {
		t.Errorf("the title is now %q", kept)
	}
	b.open(caseURL(id))
	b.run(chromedp.Click("#divide summary"), chromedp.SendKeys("#other", " "), chromedp.Click("#divide button"))
	b.reads("#divide .faults", "缺少“分出去的内容”")
	b.focuses("#other")
}

// TestListsOfCasesLeadWhereOneMayGo: each reader finds beside the list what
// they may open, and nothing else.
func TestListsOfCasesLeadWhereOneMayGo(t *testing.T) {
	link := regexp.MustCompile(`href="(/[^"]*)"`)
	for role, want := range map[org.Role]string{
		org.RoleAgent: "/cases/contacts", org.RoleUnit: "/grid", org.RoleLeader: "/cases/blamed",
		org.RoleEditor: "/precedents", org.RolePrivacy: "/cases/contacts", org.RoleAdmin: "/cases/refusals",
	} {
		t.Run(string(role), func(t *testing.T) {
			w := newWorld(t)
			w.signIn(role)
			_, beside, found := strings.Cut(w.get("/cases").body, `<nav class="also"`)
			beside, _, _ = strings.Cut(beside, "</nav>")
			if !found || !strings.Contains(beside, `"`+want+`"`) {
				t.Fatalf("no link to %s: %s", want, beside)
			}
			for _, l := range link.FindAllStringSubmatch(beside, -1) {
				if r := w.get(l[1]); r.status != http.StatusOK {
					t.Errorf("%s gives %d", l[1], r.status)
				}
			}
		})
	}
}

// TestWhatCouldNotBeSavedIsNotTypedTwice: when the database is away, the page
// that says so holds the form that was sent, but never a password.
func TestWhatCouldNotBeSavedIsNotTypedTwice(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	w.fake.down = errs.New(errs.Unavailable, "database.unavailable")
	r := w.post("/messages", "channel", "hotline", "text", "路灯坏了“三天”")
	w.status(r, http.StatusServiceUnavailable)
	w.says(r, "内容没有保存", "刚才填写的内容还在", "再试一次")
	if !strings.Contains(r.body, `<form class="actions" id="again" method="post" action="/messages">`) || !strings.Contains(r.body, `name="text" value="路灯坏了“三天”"`) {
		t.Errorf("the form is lost: %s", r.body)
	}
	r = w.post("/account/password", "old", "旧的密码-1", "new", "新的密码-2", "again", "新的密码-2")
	w.status(r, http.StatusServiceUnavailable)
	w.says(r, "请按浏览器的后退键")
	if strings.Contains(r.body, "密码-") {
		t.Error("a password stands in the page")
	}
}

// TestAddressOfAFormLeadsToItsPage: who reloads or keeps the address that a form
// was sent to finds the page that it stands on, also after signing in anew.
func TestAddressOfAFormLeadsToItsPage(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	matter := "/desk/" + string(s.Sure)
	for form, page := range map[string]string{
		matter + "/correct":              matter,
		"/account/sessions/end":          "/account",
		"/staff/accounts/agent1/disable": "/staff",
		"/messages":                      "/",
	} {
		if r := w.get(form); r.status != http.StatusSeeOther || r.location != page {
			t.Errorf("%s: %d to %s, want %s", form, r.status, r.location, page)
		}
	}
	w.status(w.get("/no/such/page"), http.StatusNotFound)
	w.fake.now = w.fake.now.Add(org.SessionLife)
	if r := w.post(matter + "/correct"); r.location != "/signin?expired=1&next="+url.QueryEscape(matter) {
		t.Errorf("without a session: to %s", r.location)
	}
}
