package server

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/internal/org"
)

// TestModelsViewComesInTimeOrWaits lets the model answer when the test says:
// before the agent has acted its order takes effect, afterwards it waits behind
// a button.
func TestModelsViewComesInTimeOrWaits(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	s := b.morning()
	gate := make(chan bool)
	answers := each(map[llm.Task]string{
		llm.Rank: `{"order":["c2","c3"],"reason":"炉子摆在路边，占道经营，不在店内"}`,
		llm.Extract: `{"found":[{"field":"gist","text":"楼下店铺晚上油烟大，影响孩子","span":"每天晚上"},{"field":"object","text":"","span":"音响"},
			{"field":"emotion","text":"气愤","span":"请管一管"},{"field":"danger","text":"","span":"有烟味"},{"field":"danger","text":"","span":"有时候还有烟味"}]}`,
		llm.Check: `{"fits":"differs","condition":"下个月到期"}`,
	})
	b.helped(func(w http.ResponseWriter, r *http.Request, a llmtest.Asked) {
		select {
		case <-gate:
			answers(w, r, a)
		case <-r.Context().Done():
		}
	})
	first := `document.querySelector("#pick .cand .name").textContent`
	b.signIn(org.RoleAgent)
	b.open("/desk/" + string(s.Several))
	b.reads("#pick", "社会生活噪声")
	if b.look("desk-assist-waiting"); value[string](b, first) != "社会生活噪声" {
		t.Error("the suggestion is not there at once")
	}
	b.run(chromedp.Evaluate[chromedp.Void](`window.sent = 0;
		document.addEventListener("submit", e => { window.sent++; e.preventDefault(); e.stopImmediatePropagation(); }, true);
		new MutationObserver(() => {
			window.changed = performance.now();
			document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
		}).observe(document.querySelector("#pick .cands"), { childList: true });undefined`))
	close(gate)
	b.reads("#assist", "占道经营")
	b.reads("#gleaned", "楼下店铺晚上油烟大，影响孩子由大模型摘出")
	if got := value[string](b, first); got != "露天烧烤" {
		t.Errorf("%s is first", got)
	}
	b.look("desk-assist")
	b.dark(true)
	b.look("desk-assist-dark")
	b.dark(false)
	// A key that comes at the very moment was meant for what stood there before;
	// a later one is taken.
	if n := value[int](b, `window.sent`); n != 0 {
		t.Errorf("%d confirmations at the moment of the change", n)
	}
	b.waits(`performance.now() - window.changed > 1000`)
	b.press("\r")
	if !b.waits(`window.sent === 1`) {
		t.Error("the confirm key is not taken any more")
	}

	b.open("/desk/" + string(s.Card))
	b.reads("#fit", "条件可能不符")
	if value[bool](b, `document.querySelector("#answer > .short").checkVisibility()`) {
		t.Error("the doubted answer is read out")
	}
	b.look("desk-assist-answer")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/desk/" + string(s.Several))
	b.reads("#assist", "占道经营")
	b.look("desk-assist-narrow")
}

func TestModelsViewWaitsForWhoeverHasActed(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	s := b.morning()
	gate := make(chan bool)
	b.helped(func(w http.ResponseWriter, r *http.Request, a llmtest.Asked) {
		select {
		case <-gate:
			each(map[llm.Task]string{llm.Rank: `{"order":["c2"],"reason":"占道"}`})(w, r, a)
		case <-r.Context().Done():
		}
	})
	first := `document.querySelector("#pick .cand .name").textContent`
	b.signIn(org.RoleAgent)
	b.open("/desk/" + string(s.Several))
	b.reads("#pick", "社会生活噪声")
	b.press("1")
	close(gate)
	b.reads("#assist", "按这个看法排序")
	if got := value[string](b, first); got != "社会生活噪声" {
		t.Errorf("%s is first under the agent's hand", got)
	}
	b.look("desk-assist-late")
	b.run(chromedp.Click(`[data-arrange]`))
	if !b.waits(first + ` === "露天烧烤"`) {
		t.Error("the button does nothing")
	}
	// On the next one the agent has not acted yet.
	b.run(chromedp.Click(`[data-matter="` + string(s.Sure) + `"]`))
	b.reads("#message h1", "楼下烧烤店油烟往家里灌")
	b.reads("#assist", "占道")
	if !b.waits(first + ` === "露天烧烤" || document.querySelector("[data-arranged]").checkVisibility()`) {
		t.Error("the model's view does not take effect on the next matter")
	}
}

func TestModelPageLooksAsItShould(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	_, store := b.helped(llmtest.Never)
	store.Allow(llm.Rules{})
	b.signIn(org.RoleAdmin)
	b.open("/llm")
	b.look("llm-off-whole")
	rules := llmtest.On()
	rules.At = b.fake.now
	store.Allow(rules)
	for i, o := range []llm.Outcome{llm.OutcomeOK, llm.OutcomeCached, llm.OutcomeRefused, llm.OutcomeLate} {
		if err := store.Finish(t.Context(), llm.Call{Task: llm.Tasks()[i%3], Outcome: o, In: 700 * i, Out: 40 * i, Latency: 1_400_000_000}); err != nil {
			t.Fatal(err)
		}
	}
	b.open("/llm")
	b.look("llm-whole")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/llm")
	b.look("llm-narrow")
}
