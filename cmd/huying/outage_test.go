package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"huying/internal/assets"
	"huying/internal/localpg"
)

// ownPostgres starts PostgreSQL on the database of a home, apart from the
// program, which is then told of it by DATABASE_URL.
func ownPostgres(t *testing.T, home string) *localpg.Server {
	t.Helper()
	dirs, err := assets.Home(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := assets.Locate(dirs, assets.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	s, err := localpg.Open(t.Context(), localpg.Options{
		Install: paths.Postgres18, Version: 18, DataDir: filepath.Join(home, "data", "postgres-18"),
		Holder: "test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPostgresGoesAndComesBack stops PostgreSQL under load: requests fail with
// 503 in Chinese, pages show a page that says so, nothing fails in any other
// way; when it is back, everything works again without a restart.
func TestPostgresGoesAndComesBack(t *testing.T) {
	home := cityHome(t)
	server := ownPostgres(t, home)
	t.Cleanup(func() { server.Close(context.WithoutCancel(t.Context())) })
	c := serveWith(t, home, []string{"DATABASE_URL=" + server.URL()}).caller(t, "agent1")
	v := c.visitor(t, "agent1")
	l := startLoad(t, c)
	eventually(t, time.Minute, "no request came through", func() bool { return l.good.Load() > 20 })
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "no request failed", func() bool { return l.away.Load() > 20 })
	awayIsSaid(t, c, v)

	server = ownPostgres(t, home)
	soFar := l.good.Load()
	eventually(t, time.Minute, "it does not work again", func() bool { return l.good.Load() > soFar+20 })
	eventually(t, time.Minute, "it is not ready again", func() bool { return v.get(t, "/readyz").status == http.StatusOK })
	if r := v.get(t, "/desk"); r.status != http.StatusOK {
		t.Errorf("the desk afterwards: %d", r.status)
	}
	l.finish()
	for _, id := range l.matters {
		c.file(t, id)
	}
	t.Logf("%d requests were answered, %d refused, %d messages are all there", l.good.Load(), l.away.Load(), len(l.matters))
}

// awayIsSaid looks at what API, pages and probes say while the database is
// away.
func awayIsSaid(t *testing.T, c *caller, v *visitor) {
	t.Helper()
	r, err := c.call(t.Context(), http.MethodGet, "/api/v1/matters", nil)
	if err != nil {
		t.Fatal(err)
	}
	awayProblem(t, r)
	page := v.get(t, "/desk")
	if page.status != http.StatusServiceUnavailable || page.header.Get("Retry-After") == "" {
		t.Errorf("the desk: %d, Retry-After %q", page.status, page.header.Get("Retry-After"))
	}
	sayings(t, string(page.body), "<!doctype html>", "暂时用不了", "数据库暂时连接不上")
	if r := v.get(t, "/readyz"); r.status != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", r.status)
	}
	if r := v.get(t, "/healthz"); r.status != http.StatusOK {
		t.Errorf("/healthz: %d", r.status)
	}
}

// awayProblem checks the answer of the API while the database is away.
func awayProblem(t *testing.T, r reply) {
	t.Helper()
	var p problem
	if err := json.Unmarshal(r.body, &p); err != nil {
		t.Errorf("%v: %s", err, r.body)
		return
	}
	seconds, err := strconv.Atoi(r.header.Get("Retry-After"))
	if r.status != http.StatusServiceUnavailable || err != nil || seconds < 1 || !chinese(p.Detail) {
		t.Errorf("%d, Retry-After %q: %s", r.status, r.header.Get("Retry-After"), r.body)
	}
}

// setting is a name that one must be able to type.
var setting = regexp.MustCompile(`HUYING_[A-Z_]+`)

// chinese reports whether a text is Chinese, without a Latin word in it but
// the names of settings.
func chinese(s string) bool {
	han, latin := 0, 0
	for _, r := range setting.ReplaceAllString(s, "") {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.Is(unicode.Latin, r):
			latin++
		}
	}
	return han > 0 && latin == 0
}

// load is four clients that send messages and ask questions without end.
type load struct {
	t       *testing.T
	api     *caller
	good    atomic.Int64 // requests that were answered
	away    atomic.Int64 // requests that were refused with 503
	mu      sync.Mutex
	matters []string // of the messages that were acknowledged
	cancel  context.CancelFunc
	group   sync.WaitGroup
}

func startLoad(t *testing.T, api *caller) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{t: t, api: api, cancel: cancel}
	for worker := range 4 {
		l.group.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				l.one(ctx, worker, i)
			}
		})
	}
	t.Cleanup(l.finish)
	return l
}

// finish ends the load; a second call does nothing.
func (l *load) finish() {
	l.cancel()
	l.group.Wait()
}

// one sends a message, a question or a look at the queue.
func (l *load) one(ctx context.Context, worker, i int) {
	method, path, body := http.MethodGet, "/api/v1/matters?limit=20", any(nil)
	switch i % 3 {
	case 0:
		method, path = http.MethodPost, "/api/v1/messages"
		body = delivery{Channel: "web", ExternalID: "l" + strconv.Itoa(worker) + "-" + strconv.Itoa(i), Text: "楼下第" + strconv.Itoa(i) + "根路灯不亮"}
	case 1:
		method, path = http.MethodPost, "/api/v1/ask"
		body = map[string]string{"text": "第" + strconv.Itoa(i) + "次问：医保卡丢了怎么办"}
	}
	r, err := l.api.call(ctx, method, path, body)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		l.t.Errorf("%s %s: %v", method, path, err)
	case r.status == http.StatusServiceUnavailable:
		l.away.Add(1)
		awayProblem(l.t, r)
	case r.status >= 300:
		l.t.Errorf("%s %s: %d %s", method, path, r.status, r.body)
	default:
		l.good.Add(1)
		l.remember(r)
	}
}

// remember keeps the matter of a message that was acknowledged.
func (l *load) remember(r reply) {
	var got receipt
	if json.Unmarshal(r.body, &got) == nil && got.Message != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.matters = append(l.matters, got.Message.Matters[0].ID)
	}
}
