package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

func TestSignInLeadsBackToWhereOneWas(t *testing.T) {
	w := newWorld(t)
	r := w.get("/catalogue?words=噪声")
	w.status(r, http.StatusSeeOther)
	if !strings.HasPrefix(r.location, "/signin?next=") {
		t.Fatalf("sent to %q", r.location)
	}
	w.get(r.location)
	r = w.do(form("/signin", "csrf", w.jar[formCookie], "login", "agent", "password", password, "next", "/catalogue?words=噪声"))
	if w.status(r, http.StatusSeeOther); r.location != "/catalogue?words=噪声" {
		t.Errorf("sent on to %q", r.location)
	}
	for _, c := range r.header["Set-Cookie"] {
		if strings.HasPrefix(c, sessionCookie) && (!strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax")) {
			t.Errorf("the session's cookie is open: %s", c)
		}
	}
}

func TestNobodyIsSentElsewhere(t *testing.T) {
	for _, target := range []string{"https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)", "desk", ""} {
		if got := localPath(target); got != "/" {
			t.Errorf("%q leads to %q", target, got)
		}
	}
	if got := localPath("/desk?show=unsure"); got != "/desk?show=unsure" {
		t.Errorf("a path of ours leads to %q", got)
	}
}

func TestGuessingPasswordsEnds(t *testing.T) {
	w := newWorld(t)
	w.get("/signin")
	try := func() reply {
		return w.do(form("/signin", "csrf", w.jar[formCookie], "login", "agent", "password", "不是这个密码"))
	}
	w.says(try(), "登录名或密码不对")
	w.fake.failed["login:agent"] = 8
	r := try()
	w.status(r, http.StatusTooManyRequests)
	w.says(r, "连续多次密码不对，请 15 分钟后再试")
	r = w.do(form("/signin", "csrf", "from another site", "login", "agent", "password", password))
	w.status(r, http.StatusForbidden)
}

func TestSessionEnds(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	w.status(w.get("/desk"), http.StatusOK)
	w.fake.now = w.fake.now.Add(org.SessionLife)
	r := w.part("/desk")
	if w.status(r, http.StatusUnauthorized); !strings.HasPrefix(r.header.Get("HX-Redirect"), "/signin?") {
		t.Errorf("htmx is sent to %q", r.header.Get("HX-Redirect"))
	}
	w.signIn(org.RoleAgent)
	w.status(w.post("/signout"), http.StatusSeeOther)
	w.status(w.get("/desk"), http.StatusSeeOther)
}

// TestEveryPostNeedsTheToken tries each post without it, and with a wrong one.
// Citizens have no session that another site could use.
func TestEveryPostNeedsTheToken(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAdmin)
	tried := 0
	for _, route := range w.server.App().GetRoutes(true) {
		if route.Method != http.MethodPost || route.Path == "/signin" || strings.HasPrefix(route.Path, "/api") || strings.HasPrefix(route.Path, "/ask") ||
			strings.HasPrefix(route.Path, "/receipt") {
			continue
		}
		tried++
		path := strings.ReplaceAll(route.Path, ":matter", string(s.Sure))
		for _, token := range []string{"", "forged"} {
			r := w.do(form(path, "csrf", token, "pick", "1", "text", "停水", "solved", "1"))
			if w.status(r, http.StatusForbidden); !strings.Contains(r.body, "页面已失效，请刷新后再试") {
				t.Errorf("%s with token %q: %s", path, token, words(r.body))
			}
		}
	}
	if tried < 9 {
		t.Errorf("only %d posts tried", tried)
	}
	if n := len(w.fake.files[s.Sure].Decisions); n != 0 {
		t.Errorf("%d decisions came through", n)
	}
}

func TestHeadersKeepOthersOut(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/signin", "/nothing", "/static/app.css", "/healthz"} {
		h := w.get(path).header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: headers %v", path, h)
		}
	}
	if got := w.get("/signin").header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("pages may be kept: %q", got)
	}
}

func TestStaticFilesAreKeptByTheirTag(t *testing.T) {
	w := newWorld(t)
	r := w.get(w.server.staticURL("app.css"))
	if w.status(r, http.StatusOK); !strings.Contains(r.header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(r.header.Get("Content-Type"), "text/css") {
		t.Errorf("headers %v", r.header)
	}
	w.status(w.get("/static/../server.go"), http.StatusNotFound)
	w.status(w.get("/static/none.js"), http.StatusNotFound)
}

// TestErrorsAreSaidInChinese: one table from kind to status, for pages and for parts.
func TestErrorsAreSaidInChinese(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	for kind, want := range map[errs.Kind]int{
		errs.Invalid: 422, errs.NotFound: 404, errs.Conflict: 409, errs.Forbidden: 403, errs.Unavailable: 503, errs.Internal: 500,
	} {
		w.fake.down = nil
		w.fake.result = func(string) kb.Result { panic(errs.New(kind, "field.required", "标题")) }
		if kind != errs.Internal {
			w.fake.rates, w.fake.down = classifier.Accuracy{}, nil
			w.server.o.Knowledge = failing{fakeKnowledge{w.fake}, errs.New(kind, "field.required", "标题")}
		} else {
			w.server.o.Knowledge = fakeKnowledge{w.fake} // and the result panics
		}
		r := w.get("/knowledge?q=停水")
		w.status(r, want)
		sentence := "缺少“标题”。"
		if kind == errs.Internal {
			sentence = "系统出了问题，已记录在日志中。"
		}
		w.says(r, sentence)
		if r = w.part("/knowledge?q=停水"); r.header.Get("HX-Retarget") != "#bar" || !strings.Contains(r.body, `role="alert"`) {
			t.Errorf("%d to htmx: %v %s", want, r.header, r.body)
		}
		w.status(r, want)
	}
	if !strings.Contains(w.log.String(), "panic") || strings.Contains(w.log.String(), "停水") {
		t.Errorf("the log misses the panic, or holds what was asked: %s", w.log)
	}
}

// failing gives an error on every ask.
type failing struct {
	fakeKnowledge
	err error
}

func (f failing) AskText(context.Context, org.Actor, string, org.AreaCode) (kb.Result, error) {
	return kb.Result{}, f.err
}

func TestDeadDatabaseIsSaidAndGetsWell(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	w.fake.down = errs.New(errs.Unavailable, "database.unavailable")
	for _, path := range []string{"/desk", "/blind", "/knowledge", "/catalogue", "/accuracy", "/messages/new", "/notices", "/signin"} {
		r := w.get(path)
		w.status(r, http.StatusServiceUnavailable)
		w.says(r, "数据库暂时连接不上，请稍后再试。")
		if r.header.Get("Retry-After") == "" {
			t.Errorf("%s does not say when to try again", path)
		}
	}
	w.status(w.get("/readyz"), http.StatusServiceUnavailable)
	w.status(w.get("/healthz"), http.StatusOK)
	w.fake.down = nil
	w.status(w.get("/desk"), http.StatusOK)
	w.status(w.get("/readyz"), http.StatusOK)
}

func TestTooLargeIsRefusedInChinese(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	b := newServed(t, w)
	res, err := http.Post(b+"/messages", "application/x-www-form-urlencoded", strings.NewReader(strings.Repeat("a", bodyLimit+1)))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", res.StatusCode)
	}
	page := make([]byte, 4096)
	n, _ := res.Body.Read(page)
	w.says(reply{body: string(page[:n])}, "一次提交的内容超过 1 MB，没有保存")
}

func TestRequestsHaveADeadline(t *testing.T) {
	w := newWorld(t)
	w.server.o.Timeout = time.Nanosecond
	w.server.o.Ready = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	w.status(w.get("/readyz"), http.StatusServiceUnavailable)
	if err := classified(context.DeadlineExceeded); errs.KindOf(err) != errs.Unavailable || !strings.HasPrefix(errs.Sentence(err), "处理时间太长") {
		t.Errorf("a passed deadline is %v", err)
	}
}

func TestServerNeedsItsParts(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a server without parts starts")
	}
}

// TestEveryPageHasContent: each page file fills the layout, and each sentence
// that this package names exists.
func TestEveryPageHasContent(t *testing.T) {
	w := newWorld(t)
	for name, page := range w.server.pages {
		if name == "ask" || name == "receipt" || name == "draws" { // the citizens' pages are whole by themselves
			continue
		}
		if page.Lookup("content") == nil || page.Lookup("layout") == nil {
			t.Errorf("%s has no content", name)
		}
	}
	for _, code := range []errs.Code{"page.not_found", "request.malformed", "request.slow", "request.too_large"} {
		if !errs.Has(code) {
			t.Errorf("no sentence for %s", code)
		}
	}
}

func TestUnknownPageIsSaid(t *testing.T) {
	w := newWorld(t)
	r := w.do(httptest.NewRequest(http.MethodGet, "/nothing", nil))
	w.status(r, http.StatusNotFound)
	w.says(r, "没有这个页面，请检查地址，或从上方菜单重新进入。")
}
