package server

import (
	"testing"

	"github.com/chromedp/chromedp"

	"huying/internal/org"
)

// TestPagesOfLearningInEachState looks at what an administrator sees of what
// the machine learns: people's decisions, and what the catalogue lacks.
func TestPagesOfLearningInEachState(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleAdmin)
	b.open("/catalogue/topics")
	b.reads("h1", "可能缺少的类别")
	b.look("gaps-empty")
	b.morning()
	b.rates()
	b.learn()
	b.missing()
	look := func(suffix string) {
		t.Helper()
		b.open("/catalogue/topics")
		b.run(chromedp.Click("details.kind summary"))
		b.look("gaps" + suffix)
		b.open("/accuracy")
		b.run(chromedp.Click("#staff ~ table summary"))
		b.look("accuracy-staff" + suffix)
	}
	look("-whole")
	b.dark(true)
	look("-whole-dark")
	b.dark(false)
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	look("-narrow")
}
