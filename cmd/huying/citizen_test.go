package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// asks puts a question on the citizens' page.
func (b *browser) asks(words string) {
	b.t.Helper()
	b.run(chromedp.SetValue("#text", words), chromedp.Click("#question button"))
}

// TestCitizenIsAnsweredAndHandedOn: a citizen asks and is offered the right question, says that
// it did not help, and the message stands on the desk with the talk; a second
// one chooses it too, reads it and says that it helped; one in danger is told to
// call at once, and is on the desk too.
func TestCitizenIsAnsweredAndHandedOn(t *testing.T) {
	c := serve(t, cityHome(t), "--demo").caller(t, "admin1")
	b := newBrowser(t, c.city)
	b.window(390, 768)
	b.open("/ask")
	b.asks("居住证到期了怎么续签？")
	b.run(chromedp.Click(".offers button")) // nobody has shown yet that its unit answers well enough
	b.reads("#short", "每年签注一次")
	b.run(chromedp.Click("#unsolved > summary"))
	b.run(chromedp.SetValue("#case", "我去了窗口，说系统里没有我的居住证，办不了。"), chromedp.SetValue("#phone", "13812340021"))
	b.run(chromedp.Click("#unsolved button.main"))
	b.reads("#handed", "已转给工作人员")
	b.quiet("citizen")

	b.asks("居住证到期了怎么续签？")
	b.run(chromedp.Click(".offers button")) // nobody has shown yet that its unit answers well enough
	b.reads("#short", "每年签注一次")
	b.run(chromedp.Click("#solved button"))
	b.reads("#thanks", "问题解决了")
	b.asks("楼道里煤气泄漏味道很大，有人晕倒了")
	b.reads(".danger", "120急救")
	b.quiet("citizen in danger")

	b.window(1366, 768)
	b.signsIn("agent1")
	b.reads("#message", "有人晕倒了")
	b.press("j")
	b.reads("#message", "系统里没有我的居住证")
	b.reads("#message", "138****0021")
	b.reads("#talk", "诉求人说没有解决")
	b.reads("#talk", "居住证到期了怎么续签")
	b.quiet("desk")

	var queue struct {
		Matters []struct{ Title string } `json:"matters"`
	}
	queue = must[struct {
		Matters []struct{ Title string } `json:"matters"`
	}](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters?limit=5", nil)
	if len(queue.Matters) < 2 || !strings.Contains(queue.Matters[1].Title, "系统里没有") {
		t.Errorf("the queue holds %+v", queue.Matters)
	}
}

// TestAgentReadsOutAnAnswer: the short form is read out large; one that did not
// help leaves the matter to be decided.
func TestAgentReadsOutAnAnswer(t *testing.T) {
	c := serve(t, cityHome(t)).caller(t, "admin1")
	question := c.receive(t, delivery{Channel: "hotline", Text: "请问居住证到期了怎么续签？", Area: "990101001"}).Message.Matters[0]
	b := newBrowser(t, c.city)
	b.signsIn("agent1")
	b.reads("#message", "居住证到期")
	b.reads("#answer", "每年签注一次")
	b.press("a")
	b.reads(".aloud .short", "每年签注一次")
	if size := value[string](b, `getComputedStyle(document.querySelector(".aloud .short")).fontSize`); size != "20px" {
		t.Errorf("it is read out in %s", size)
	}
	b.press("a")
	b.press("n")
	b.reads("#answer", "没有解决，按推荐转办")
	b.reads("p.undo", "已记为没有解决")
	eventually(t, 20*time.Second, "the matter does not wait for a decision", func() bool {
		return c.file(t, question.ID).Matter.State == "open"
	})
	b.press(kb.Enter)
	b.becomes(c, question.ID, "confirm")
}
