package server

import (
	"testing"

	"github.com/chromedp/chromedp"

	"huying/internal/llm"
	"huying/internal/org"
)

// TestDraftsLookAsTheyShould walks from the case to a drafted answer in its
// form, and from a contradiction to the sentences behind it.
func TestDraftsLookAsTheyShould(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	_, clash, _ := b.proposed()
	ready := string(b.fake.proposals[0].ID)
	id := b.dispatch(0)
	b.helped(each(map[llm.Task]string{
		llm.Draft: drafted,
		llm.Merge: `{"sentences":[{"text":"登记当场办结，每只每年收费100元。","from":["s1"]},{"text":"未登记的罚款2000元。","from":["s1"]}]}`,
		llm.Clash: `{"clashes":[{"first":"年满65周岁可以办理","second":"年满60周岁可以办理","why":"年龄要求不同"}]}`,
	}))
	b.world.signInAs("unit")
	b.moved(id, "accept")
	b.signIn(org.RoleUnit)
	b.open(caseURL(id) + "#answer")
	b.run(chromedp.Click(`#answer summary`), chromedp.Click(`#compose`))
	b.reads("h1", "起草答复")
	b.look("compose-sources")
	b.run(chromedp.SendKeys(`#note`, "11月23日到现场，已责令该店清洗油烟净化器。"), chromedp.Click(`.compose form:last-of-type button`))
	b.reads("#drafted", "无出处")
	b.look("compose-whole")
	b.dark(true)
	b.look("compose-dark")
	b.dark(false)
	b.run(chromedp.Click(`#drafted button`))
	b.reads("#answer", "草稿，来自大模型")
	b.look("compose-taken")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open(caseURL(id) + "/draft")
	b.look("compose-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.signOut()
	b.signIn(org.RoleEditor)
	b.open("/knowledge/proposals/" + string(clash))
	b.run(chromedp.Click(`form[action$="/clash"] button`))
	b.reads(".clashes", "年龄要求不同")
	b.look("proposal-clash-whole")
	b.open("/knowledge/proposals/" + ready)
	b.run(chromedp.Click(`form[action$="/merge"] button`))
	b.reads("#merged", "无出处")
	b.look("proposal-merged-whole")
}
