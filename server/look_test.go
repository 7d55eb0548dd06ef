package server

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"huying/internal/org"
)

// browser is Chromium in front of a served world.
type browser struct {
	*world
	ctx  context.Context
	base string
	dir  string // where pictures go; empty: none are taken
	said []string
}

// newBrowser serves the world and opens a browser. HUYING_SCREENSHOTS names a
// folder for pictures of everything the tests look at.
func newBrowser(t *testing.T, w *world) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium: apt-get install chromium fonts-noto-cjk")
	}
	base := newServed(t, w)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
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
	b := &browser{world: w, ctx: limited, base: base, dir: os.Getenv("HUYING_SCREENSHOTS")}
	b.run(chromedp.EmulateViewport(1366, 768))
	if err := chromedp.Listen(limited, b.listen); err != nil {
		t.Fatal(err)
	}
	return b
}

// listen keeps what the browser complains about: scripts that fail, content
// that the policy refused.
func (b *browser) listen(ev any) {
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && !strings.Contains(e.Entry.Text, "status of") {
			b.said = append(b.said, e.Entry.Text)
		}
	}
}

func (b *browser) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
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

func (b *browser) open(path string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.base + path))
}

func (b *browser) signIn(role org.Role) {
	b.t.Helper()
	b.open("/signin")
	b.run(chromedp.SendKeys("#login", string(role)), chromedp.SendKeys("#password", password+"\r"))
	b.reads("header.top", "退出登录")
}

// signOut ends the session in the browser.
func (b *browser) signOut() {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('form[action="/signout"]').submit();undefined`))
	b.reads("h1", "民生诉求受理")
}

// press sends keys to the page, as the keyboard does.
func (b *browser) press(keys string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(keys))
}

// reads waits until the element shows the text.
func (b *browser) reads(selector, text string) {
	b.t.Helper()
	e := `document.querySelector(` + quote(selector) + `)`
	if !b.waits(e + ` && ` + e + `.textContent.replace(/\s+/g, "").includes(` + quote(strings.ReplaceAll(text, " ", "")) + `)`) {
		b.t.Fatalf("%s does not read %q:\n%s", selector, text, value[string](b, `document.body.innerText`))
	}
}

// focuses waits until the element has the focus: a key before that is lost.
func (b *browser) focuses(selector string) {
	b.t.Helper()
	if !b.waits(`document.activeElement.matches(` + quote(selector) + `)`) {
		b.t.Fatalf("%s does not get the focus", selector)
	}
}

// waits reports whether a condition comes true on a page that is complete. The
// page looks by itself at every frame; when it goes to another page meanwhile,
// that one is asked.
func (b *browser) waits(condition string) bool {
	script := `new Promise(done => { const until = performance.now() + 8000; const look = () => {
		if (document.readyState === "complete" && ` + condition + `) done(true);
		else if (performance.now() > until) done(false); else requestAnimationFrame(look) }; look() })`
	for range 5 {
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
		if found || err == nil {
			return found
		}
	}
	return false
}

func quote(s string) string { return "`" + strings.ReplaceAll(s, "`", "\\`") + "`" }

// look checks a page as it stands: nothing wider than the window, no complaint
// of the browser; and takes its picture.
func (b *browser) look(name string) {
	b.t.Helper()
	wide := value[bool](b, `document.documentElement.scrollWidth > innerWidth`)
	tall := value[bool](b, `document.documentElement.scrollHeight > innerHeight + 1`)
	odd := value[string](b, `[...document.querySelectorAll("[style]")].map(e => e.outerHTML.slice(0, 80)).join()`)
	if wide {
		b.t.Errorf("%s is wider than the window", name)
	}
	if tall && strings.HasPrefix(name, "desk-") && !strings.Contains(name, "narrow") {
		b.t.Errorf("%s scrolls as a page", name)
	}
	if odd != "" {
		b.t.Errorf("%s has inline style: %s", name, odd)
	}
	if len(b.said) > 0 {
		b.t.Errorf("%s: the browser says %q", name, b.said)
		b.said = nil
	}
	if b.dir == "" {
		return
	}
	shot := chromedp.CaptureScreenshot()
	if strings.Contains(name, "narrow") || strings.Contains(name, "whole") {
		shot = chromedp.FullScreenshot(100)
	}
	picture, err := chromedp.Run(b.ctx, shot)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, name+".png"), picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// dark sets the browser's colour scheme.
func (b *browser) dark(on bool) {
	b.t.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatal(err)
	}
}
