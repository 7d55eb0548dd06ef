package server

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

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
