package server

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// ask puts a question on the citizens' page by its form and script.
func (b *browser) ask(words string) {
	b.t.Helper()
	b.open("/ask")
	b.run(chromedp.SetValue("#text", words), chromedp.Click("#question button"))
}

// The citizens' page in each of its states, on a telephone; the same answer on
// the desk, changed and retired, with the talk beside it.
func TestCitizensPageInEachState(t *testing.T) {
	w := newAPIWorld(t)
	w.server.o.PublicAsk = true
	s := w.morning()
	w.asked()
	b := newBrowser(t, w.world)
	b.run(chromedp.EmulateViewport(390, 844))
	b.open("/ask")
	b.reads("h1", "请说说您遇到的事")
	b.look("ask-narrow")
	b.ask(question)
	b.reads("#short", "到期前 30 天内")
	if len(w.fake.talked) != 1 {
		t.Errorf("a question with a script is %d asks", len(w.fake.talked))
	}
	b.run(chromedp.Click("#unsolved > summary"))
	b.look("ask-answer-narrow")
	b.dark(true)
	b.look("ask-answer-dark-narrow")
	b.dark(false)
	b.run(chromedp.SetValue("#phone", "13812340021"), chromedp.Click("#unsolved button.main"))
	b.reads("#handed", "已转给工作人员")
	b.look("ask-handed-narrow")
	b.ask("证到期了")
	b.reads(".say", "您是不是想问")
	b.look("ask-offer-narrow")
	b.run(chromedp.Click(".offers button"))
	b.reads("#short", "到期前 30 天内")
	w.fake.result = func(string) kb.Result { return kb.Result{Silence: kb.SilentDanger} }
	b.ask("煤气味很大")
	b.reads(".danger", "120 急救")
	b.look("ask-danger-narrow")
	w.fake.result = func(string) kb.Result { return kb.Result{Silence: kb.SilentCase} }
	b.ask(strings.Repeat("楼下烧烤店油烟扰民", 40))
	b.reads(".say", "这件事需要有人办理")
	b.look("ask-submit-narrow")
	b.ask("hello")
	b.reads(".faults", "没有汉字")
	b.look("ask-fault-narrow")

	b.run(chromedp.EmulateViewport(1366, 768))
	b.signIn(org.RoleAgent)
	message := w.fake.files[s.Card].Message.ID
	w.fake.talks = map[intake.MessageID][]kb.Turn{message: {{
		Ask: "居住证怎么续签", At: w.fake.now, Told: kb.ToldAnswer, Matches: []kb.Match{{Entry: w.fake.entries[0]}}, Verdict: kb.VerdictUnsolved,
	}}}
	w.fake.entries[0].Version++
	b.open("/desk/" + string(s.Card))
	b.reads("#changed", "更新，下面是现在的答复")
	b.look("desk-talk")
	w.fake.entries[0].State = kb.EntryRetired
	b.open("/desk/" + string(s.Card))
	b.reads("#changed", "停用")
	b.look("desk-retired")
	w.fake.down = errs.New(errs.Unavailable, "database.unavailable")
	b.open("/ask")
	b.reads(".faults", "数据库暂时连接不上")
}
