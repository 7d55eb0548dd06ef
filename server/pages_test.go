package server

import (
	"testing"

	"github.com/chromedp/chromedp"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// TestPagesInEachState looks at every page, empty, full, with long words, in
// error, narrow and dark.
func TestPagesInEachState(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.open("/signin?expired=1")
	b.look("signin-expired")
	b.run(chromedp.SendKeys("#login", "agent"), chromedp.SendKeys("#password", "不对的密码\r"))
	b.reads("#fault", "登录名或密码不对")
	b.look("signin-fault")
	b.signIn(org.RoleAgent)
	b.reads("h1", "待办已清空")
	b.look("desk-empty")
	b.open("/accuracy")
	b.reads("#sentence", "还没有人")
	b.look("accuracy-empty")

	s := b.morning()
	b.asked()
	double, asked, lost := b.double(), b.unsure(), b.lost("说不清的事", 0.11)
	for name, m := range map[string]string{
		"sure": string(s.Sure), "several": string(s.Several), "unsure": string(s.Silent), "danger": string(s.Danger),
		"answer": string(s.Card), "waiting": string(s.Waiting), "long": string(s.Long),
	} {
		b.open("/desk/" + m)
		b.look("desk-" + name)
	}
	for name, path := range map[string]string{
		"knowledge": "/knowledge", "knowledge-answer": "/knowledge?q=" + question, "knowledge-silence": "/knowledge?q=停水",
		"entry": "/knowledge/" + string(b.fake.entries[0].ID), "entry-expired": "/knowledge/" + string(b.fake.entries[2].ID),
		"catalogue": "/catalogue", "catalogue-leaf-whole": "/catalogue/" + string(b.leaf("油烟污染").ID), "catalogue-found": "/catalogue?words=噪声",
		"catalogue-none": "/catalogue?words=不存在", "new": "/messages/new", "notices": "/notices", "missing": "/nothing-here",
	} {
		b.open(path)
		b.look(name)
	}
	b.lookAtEditing()
	b.fake.rates = classifier.Accuracy{Decided: 11, LeafRight: 8, LeafTop3: 10, LeafTop5: 11, LeadRight: 9, Declined: 1}
	b.open("/accuracy")
	b.look("accuracy-few")
	b.rates()
	b.open("/blind")
	b.look("desk-blind-empty")
	b.learn()
	b.open("/accuracy")
	b.look("accuracy-whole")
	b.open("/catalogue/" + string(b.leaf("油烟污染").ID))
	b.look("catalogue-leaf-record-whole")
	b.decidedByColleague(s.Sure, s.Several, s.Long)
	b.open("/desk/" + string(s.Silent))
	b.look("desk-with-blind")
	b.open("/blind/" + string(s.Long))
	b.look("desk-blind-long")
	b.open("/blind/" + string(s.Sure) + "/find?category=" + string(b.leaf("油烟污染").ID))
	b.look("desk-blind-choice")
	b.fake.down = errs.New(errs.Unavailable, "database.unavailable")
	b.open("/desk")
	b.reads("h1", "暂时用不了")
	b.look("down")
	b.fake.down = nil

	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	for name, path := range map[string]string{
		"desk-split": "/desk/" + string(double), "desk-question": "/desk/" + string(asked) + "?answer=2", "desk-lost": "/desk/" + string(lost),
		"desk-sure": "/desk/" + string(s.Sure), "desk-long": "/desk/" + string(s.Long), "new": "/messages/new", "knowledge": "/knowledge?q=" + question,
		"catalogue": "/catalogue/" + string(b.leaf("油烟污染").ID), "accuracy": "/accuracy", "notices": "/notices", "desk-blind": "/blind",
	} {
		b.open(path)
		b.look(name + "-narrow")
	}
	b.run(chromedp.EmulateViewport(1366, 768))
	b.dark(true)
	for name, path := range map[string]string{
		"desk-split": "/desk/" + string(double), "desk-question": "/desk/" + string(asked) + "?answer=2", "desk-lost": "/desk/" + string(lost),
		"desk-sure": "/desk/" + string(s.Sure), "desk-answer": "/desk/" + string(s.Card), "knowledge": "/knowledge?q=" + question, "accuracy": "/accuracy", "new": "/messages/new",
		"desk-blind": "/blind", "catalogue": "/catalogue/" + string(b.leaf("油烟污染").ID),
	} {
		b.open(path)
		b.look(name + "-dark")
	}
}
