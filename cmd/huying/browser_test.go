package main

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"huying/internal/assets"
)

// browser is Chromium in front of a running program.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string
	mu   sync.Mutex
	said []string // errors on the console, violations of the policy
	away []string // addresses outside the program that were asked for
}

// newBrowser opens a browser for the program.
func newBrowser(t *testing.T, c *city) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no chromium: run make fetch")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	for _, name := range []string{"disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"} {
		options = append(options, chromedp.Flag(name, true))
	}
	alloc, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	tab, shut := chromedp.NewContext(alloc)
	if err := chromedp.Do(tab); err != nil { // the browser lives as long as this context
		t.Fatal(err)
	}
	limited, end := context.WithTimeout(tab, 5*time.Minute)
	t.Cleanup(func() {
		end()
		shut()
		stop()
	})
	b := &browser{t: t, ctx: limited, base: "http://" + c.addr}
	if err := chromedp.Listen(limited, b.listen); err != nil {
		t.Fatal(err)
	}
	b.window(1366, 768)
	return b
}

// listen keeps what must not happen: scripts that fail, content that the
// policy refused, requests to other hosts.
func (b *browser) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" {
			b.said = append(b.said, e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || u.Scheme != "data" && "http://"+u.Host != b.base {
			b.away = append(b.away, e.Request.URL)
		}
	}
}

func (b *browser) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// open goes to a page.
func (b *browser) open(path string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.base + path))
}

// press sends keys to whatever has the focus.
func (b *browser) press(keys string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(keys))
}

// window sets the size of what one sees.
func (b *browser) window(width, height int64) {
	b.t.Helper()
	b.run(chromedp.EmulateViewport(width, height))
}

// value gives what an expression comes to in the page.
func value[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// text gives what an element reads, without spaces; empty when it is not there
// or the page is not complete: a key pressed before its script ran is lost.
func (b *browser) text(selector string) string {
	script := `(e => e && document.readyState === "complete" ? e.textContent.replace(/\s+/g, "") : "")(document.querySelector(` + quoted(selector) + `))`
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script))
	if err != nil {
		return ""
	}
	return v
}

// reads waits until an element reads a text.
func (b *browser) reads(selector, text string) {
	b.t.Helper()
	last := ""
	ok := func() bool {
		last = b.text(selector)
		return strings.Contains(last, strings.Join(strings.Fields(text), ""))
	}
	eventually(b.t, 20*time.Second, selector+" does not read "+text, ok)
}

// quoted writes a Go string as one of JavaScript.
func quoted(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(raw)
}

// dark sets the colour scheme. Nothing moves, so that no colour is caught half
// way to another.
func (b *browser) dark(on bool) {
	b.t.Helper()
	scheme := "light"
	if on {
		scheme = "dark"
	}
	features := []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatal(err)
	}
}

// quiet fails the test when the browser complained, or asked another host.
func (b *browser) quiet(where string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.said) > 0 {
		b.t.Errorf("%s: the browser says %q", where, b.said)
	}
	if len(b.away) > 0 {
		b.t.Errorf("%s: asked for %q", where, b.away)
	}
	b.said, b.away = nil, nil
}

// axe is the accessibility checker.
func axe(t *testing.T) string {
	t.Helper()
	dirs, err := assets.Home(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := assets.Locate(dirs, assets.Axe)
	if err != nil {
		t.Fatalf("no axe-core: run make fetch: %v", err)
	}
	raw, err := os.ReadFile(paths.Axe)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// violation is what axe-core found.
type violation struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Nodes  []string `json:"nodes"`
}

// violations runs axe-core on the page as it stands. The page's policy lets no
// foreign script in; the debugger's own are not subject to it.
func (b *browser) violations(script string) []violation {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[chromedp.Void](script+";undefined")); err != nil {
		b.t.Fatal(err)
	}
	const run = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations
		.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => ({id: v.id, impact: v.impact, nodes: v.nodes.map(n => n.html.slice(0, 160))})))`
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]violation](run, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

// picture takes one of the whole page, wide and narrow, into the folder that
// HUYING_SCREENSHOTS names; without it none.
func (b *browser) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("HUYING_SCREENSHOTS")
	if dir == "" {
		return
	}
	for suffix, width := range map[string]int64{"": 1366, "-narrow": 390} {
		b.window(width, 768)
		raw, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+suffix+".png"), raw, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	b.window(1366, 768)
}

// look checks the page as it stands in light and dark, wide and narrow.
func (b *browser) look(name, script string) {
	b.t.Helper()
	for _, as := range []struct {
		name  string
		width int64
		dark  bool
	}{{"light", 1366, false}, {"dark", 1366, true}, {"narrow", 390, false}, {"narrow dark", 390, true}} {
		b.window(as.width, 768)
		b.dark(as.dark)
		for _, v := range b.violations(script) {
			b.t.Errorf("%s, %s: %s (%s): %s", name, as.name, v.ID, v.Impact, strings.Join(v.Nodes, "\n"))
		}
		if value[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
			b.t.Errorf("%s, %s: wider than the window", name, as.name)
		}
	}
	b.window(1366, 768)
	b.dark(false)
	b.quiet(name)
}
