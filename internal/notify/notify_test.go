package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"huying/internal/errs"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// letter has everything in it that could break a form.
func letter() Letter {
	return Letter{
		Key: "0193-key", Kind: "dispatched", Receipt: "ABCDEFGHIJ", Phone: "13812340021",
		Text: "您的诉求\"{phone}\"\n已交市公安局办理。", At: noon,
	}
}

// scripted is a service that answers as told and keeps what it got.
type scripted struct {
	*httptest.Server
	got    []*http.Request
	bodies []string
	answer func(w http.ResponseWriter)
}

func newScripted(t *testing.T) *scripted {
	t.Helper()
	s := &scripted{answer: func(w http.ResponseWriter) { io.WriteString(w, `{"code":0,"data":{"msgid":77}}`) }}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.got, s.bodies = append(s.got, r), append(s.bodies, string(body))
		s.answer(w)
	}))
	t.Cleanup(s.Close)
	return s
}

// adapters gives each adapter that talks HTTP, on a service.
func adapters(t *testing.T, url string) map[string]Sender {
	t.Helper()
	g, err1 := NewGateway(GatewayOptions{URL: url, Key: "token", OK: "code=0", Proof: "data.msgid"}, clock)
	r, err2 := NewRobot(url, clock)
	w, err3 := NewWebhook(url, "secret", clock)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return map[string]Sender{"gateway": g, "robot": r, "webhook": w}
}

func TestGatewayFillsTheBodyInAndReadsTheNumber(t *testing.T) {
	s := newScripted(t)
	g, err := NewGateway(GatewayOptions{
		URL: s.URL, Key: "token", OK: "code=0", Proof: "data.msgid",
		Body: `{"to":["{phone}"],"sign":"12345","vars":{"text":"{text}","n":3},"sn":"{key}"}`,
	}, clock)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := g.Send(t.Context(), letter())
	if err != nil || proof != "77" {
		t.Fatalf("%q, %v", proof, err)
	}
	var body struct {
		To   []string
		Vars struct {
			Text string
			N    int
		}
		SN string
	}
	if err := json.Unmarshal([]byte(s.bodies[0]), &body); err != nil {
		t.Fatal(err)
	}
	if body.To[0] != "13812340021" || body.Vars.Text != letter().Text || body.Vars.N != 3 || body.SN != "0193-key" {
		t.Errorf("posted %s", s.bodies[0])
	}
	if h := s.got[0].Header; h.Get("Idempotency-Key") != "0193-key" || h.Get("Authorization") != "Bearer token" {
		t.Errorf("headers %v", h)
	}
	s.answer = func(w http.ResponseWriter) { io.WriteString(w, `{"code":1009}`) }
	if _, err := g.Send(t.Context(), letter()); errs.CodeOf(err) != "notify.answer" || errs.Sentence(err) != "通知服务没有收下（code=1009）" {
		t.Errorf("a code that is no success: %v", err)
	}
}

func TestRobotTellsTheGroupNoNumber(t *testing.T) {
	s := newScripted(t)
	s.answer = func(w http.ResponseWriter) { io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`) }
	r := adapters(t, s.URL)["robot"]
	if _, err := r.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.bodies[0], "13812340021") || !strings.Contains(s.bodies[0], "请转告诉求人") {
		t.Errorf("posted %s", s.bodies[0])
	}
	var busy *Busy
	s.answer = func(w http.ResponseWriter) { io.WriteString(w, `{"errcode":45009}`) }
	if _, err := r.Send(t.Context(), letter()); !errors.As(err, &busy) || busy.RetryAfter() != usualPause {
		t.Errorf("too often: %v", err)
	}
	s.answer = func(w http.ResponseWriter) { io.WriteString(w, `{"errcode":93000}`) }
	if _, err := r.Send(t.Context(), letter()); errs.KindOf(err) != errs.Unavailable {
		t.Errorf("a wrong robot: %v", err)
	}
}

func TestWebhookSignsWhatItPosts(t *testing.T) {
	s := newScripted(t)
	s.answer = func(w http.ResponseWriter) { io.WriteString(w, `{"id":"p-1"}`) }
	proof, err := adapters(t, s.URL)["webhook"].Send(t.Context(), letter())
	if err != nil || proof != "p-1" {
		t.Fatalf("%q, %v", proof, err)
	}
	h := s.got[0].Header
	stamp := fmt.Sprint(noon.Unix())
	if h.Get("X-Huying-Timestamp") != stamp || h.Get("X-Huying-Signature") != signature([]byte("secret"), stamp, []byte(s.bodies[0])) {
		t.Errorf("headers %v", h)
	}
	if signature([]byte("other"), stamp, []byte(s.bodies[0])) == h.Get("X-Huying-Signature") {
		t.Error("the key does not matter")
	}
}

// TestAnswersSayWhatToDo: of every adapter, for every kind of bad answer.
func TestAnswersSayWhatToDo(t *testing.T) {
	tests := []struct {
		name   string
		answer func(w http.ResponseWriter)
		kind   errs.Kind
		code   errs.Code
		after  time.Duration
	}{
		{"broken", status(500), errs.Unavailable, "notify.status", 0},
		{"forbidden", status(403), errs.Unavailable, "notify.status", 0},
		{"bad number", status(400), errs.Invalid, "notify.refused", 0},
		{"somewhere else", func(w http.ResponseWriter) { w.Header().Set("Location", "/other"); w.WriteHeader(307) }, errs.Unavailable, "notify.status", 0},
		{"too often", status(429), errs.Unavailable, "notify.busy", usualPause},
		{"too often for a while", status(429, "120"), errs.Unavailable, "notify.busy", 2 * time.Minute},
		{"until a time", status(429, noon.Add(time.Hour).Format(http.TimeFormat)), errs.Unavailable, "notify.busy", time.Hour},
		{"until a time that has passed", status(429, noon.Add(-time.Hour).Format(http.TimeFormat)), errs.Unavailable, "notify.busy", time.Second},
		{"forever", status(503, "99999999999"), errs.Unavailable, "notify.busy", longestPause},
		{"away without a time", status(503), errs.Unavailable, "notify.status", 0},
		{"cut off", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"code":0`)
		}, errs.Unavailable, "notify.cut_off", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScripted(t)
			s.answer = tt.answer
			for name, a := range adapters(t, s.URL) {
				_, err := a.Send(t.Context(), letter())
				if err == nil || errs.KindOf(err) != tt.kind || errs.CodeOf(err) != tt.code {
					t.Errorf("%s: %v", name, err)
				}
				var after time.Duration
				if busy, ok := errors.AsType[*Busy](err); ok {
					after = busy.RetryAfter()
				}
				if after != tt.after {
					t.Errorf("%s waits for %v", name, after)
				}
				if strings.Contains(fmt.Sprint(err), "1381234") {
					t.Errorf("%s: the number is in the error: %v", name, err)
				}
			}
			if len(s.got) != 3 {
				t.Errorf("%d requests", len(s.got))
			}
		})
	}
}

func status(code int, retryAfter ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for _, v := range retryAfter {
			w.Header().Set("Retry-After", v)
		}
		w.WriteHeader(code)
	}
}

// TestASlowOrMissingServiceDoesNotHoldUp: the caller's deadline ends the wait,
// and the address, which may hold a key, is not in the error.
func TestASlowOrMissingServiceDoesNotHoldUp(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer s.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for url, ctx := range map[string]context.Context{s.URL: ctx, gone.URL: t.Context()} {
		for name, a := range adapters(t, url+"/send?key=geheim") {
			_, err := a.Send(ctx, letter())
			if errs.CodeOf(err) != "notify.unreachable" || strings.Contains(err.Error(), "geheim") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for name, a := range adapters(t, gone.URL) {
		if err := a.Check(t.Context()); errs.CodeOf(err) != "notify.unreachable" {
			t.Errorf("%s finds what is gone: %v", name, err)
		}
	}
	for name, a := range adapters(t, s.URL) {
		if err := a.Check(t.Context()); err != nil {
			t.Errorf("%s does not find its service: %v", name, err)
		}
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	_, noURL := NewRobot("wecom", clock)
	_, noKey := NewWebhook("https://example.gov.cn", "", clock)
	_, noPhone := NewGateway(GatewayOptions{URL: "https://example.gov.cn", Body: `{"text":"{text}"}`}, clock)
	_, noJSON := NewGateway(GatewayOptions{URL: "https://example.gov.cn", Body: `{phone}{text}`}, clock)
	_, noOK := NewGateway(GatewayOptions{URL: "https://example.gov.cn", OK: "success"}, clock)
	_, noServer := NewMail(MailOptions{URL: "https://example.gov.cn", From: "a@b.cn", To: "a@b.cn"})
	_, noSender := NewMail(MailOptions{URL: "smtp://example.gov.cn", From: "hotline", To: "a@b.cn"})
	_, injected := NewMail(MailOptions{URL: "smtp://example.gov.cn", From: "a@b.cn", To: "{phone}@b.cn\r\nBcc: x@y.cn"})
	for err, code := range map[error]errs.Code{
		noURL: "notify.url", noKey: "notify.key", noPhone: "notify.body", noJSON: "notify.body", noOK: "notify.ok",
		noServer: "notify.url", noSender: "notify.address", injected: "notify.address",
	} {
		if errs.CodeOf(err) != code || errs.KindOf(err) != errs.Invalid {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}

// failing is a Sender that fails until it is mended, and counts.
type failing struct {
	Sender
	err   error
	calls atomic.Int64
}

func (f *failing) Via() string { return "sms" }

func (f *failing) Send(context.Context, Letter) (string, error) {
	f.calls.Add(1)
	return "p", f.err
}

// TestGuardLeavesAFailingServiceAlone over a day: five failures, then one try
// at a time with longer and longer pauses, and one success ends it.
func TestGuardLeavesAFailingServiceAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &failing{err: errs.New(errs.Unavailable, "notify.status", "500")}
		g := NewGuard(f, GuardOptions{})
		begun := time.Now()
		for time.Since(begun) < 24*time.Hour {
			_, err := g.Send(t.Context(), letter())
			if busy, ok := errors.AsType[*Busy](err); ok {
				time.Sleep(busy.RetryAfter())
			}
		}
		if n := f.calls.Load(); n < 90 || n > 120 {
			t.Errorf("the service was called %d times in a day", n)
		}
		f.err = nil
		for range 100 {
			if _, err := g.Send(t.Context(), letter()); err == nil {
				break
			}
			time.Sleep(time.Minute)
		}
		if proof, err := g.Send(t.Context(), letter()); proof != "p" || err != nil {
			t.Errorf("after it is back: %q, %v", proof, err)
		}
	})
}

// TestGuardCountsOnlyWhatMeansDown: a refused letter, a busy service and our
// own stop do not.
func TestGuardCountsOnlyWhatMeansDown(t *testing.T) {
	for _, err := range []error{errs.New(errs.Invalid, "notify.refused", "400"), &Busy{errs.New(errs.Unavailable, "notify.busy"), time.Minute},
		errs.Wrap(context.Canceled, errs.Unavailable, "notify.unreachable")} {
		f := &failing{err: err}
		g := NewGuard(f, GuardOptions{})
		for range 20 {
			g.Send(t.Context(), letter())
		}
		if n := f.calls.Load(); n != 20 {
			t.Errorf("%v stops the service after %d letters", err, n)
		}
	}
}
