package server

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"huying/classifier"
	"huying/internal/org"
)

// TestPagesOfLearningInEachState looks at what an administrator sees of what
// the machine learns from: people's decisions, returns, and what the catalogue
// lacks.
func TestPagesOfLearningInEachState(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleAdmin)
	b.open("/catalogue/topics")
	b.reads("h1", "可能缺少的类别")
	b.look("gaps-empty")
	s := b.morning()
	b.rates()
	b.learn()
	b.missing()
	b.decidedByColleague(s.Sure)
	b.fake.learned.returns = []classifier.Return{{
		Matter: s.Sure, Decision: "first", From: b.fake.units[0].ID, Proposed: b.fake.units[1].ID, Reason: classifier.ReturnDuty,
		Clause: "店外油烟经现场核实来自相邻工业企业的锅炉，依大气污染防治法由生态环境部门监督管理", At: b.fake.now,
	}, {
		Matter: s.Sure, Decision: "before", From: b.fake.units[2].ID, Reason: classifier.ReturnIncomplete, At: b.fake.now.Add(-time.Hour),
	}}
	f := b.fake.files[s.Sure]
	f.Decisions[0].Co = []org.UnitID{b.fake.units[1].ID}
	look := func(suffix string) {
		t.Helper()
		b.open("/catalogue/topics")
		b.run(chromedp.Click("details.kind summary"))
		b.look("gaps" + suffix)
		b.open("/accuracy")
		b.run(chromedp.Click("#staff ~ table summary"))
		b.look("accuracy-staff" + suffix)
		b.open("/desk/" + string(s.Sure))
		b.run(chromedp.Click(".give-back summary"))
		b.look("desk-returned" + suffix)
	}
	look("-whole")
	b.dark(true)
	look("-whole-dark")
	b.dark(false)
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	look("-narrow")
}
