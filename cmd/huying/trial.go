package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/valyala/fasthttp"

	"huying/internal/demo"
	"huying/internal/embed"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/postgres"
	"huying/server"
)

// trial is the whole service on a throw-away database, and a client of it.
type trial struct {
	client
	rig  *rig
	name string
	site *site
	end  func()
}

// openTrial starts the service with the demo city's areas, catalogue and
// knowledge base, and with the embedder given.
func (a *app) openTrial(ctx context.Context, r *rig, e embed.Embedder) (*trial, error) {
	t, err := a.openTrialWith(ctx, r, e, a.demoCatalogue)
	if err != nil {
		return nil, err
	}
	m := e.Model()
	if err := t.site.DB.EnsureVectorIndexes(ctx, m.Name, m.Dim); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// openTrialWith is openTrial with another catalogue, and without the indexes of
// vectors: they are made faster once all vectors are there.
func (a *app) openTrialWith(ctx context.Context, r *rig, e embed.Embedder, catalogue func(context.Context, *site) error) (*trial, error) {
	return a.openTrialOn(ctx, r, e, r.made.NewDurable, catalogue, &serveCmd{}, overLoopback)
}

// openTrialOn is openTrialWith on a database that is made as given, served as
// set.
func (a *app) openTrialOn(
	ctx context.Context, r *rig, e embed.Embedder, database func(context.Context) (string, string, error),
	catalogue func(context.Context, *site) error, c *serveCmd, by reach,
) (*trial, error) {
	name, url, err := database(ctx)
	if err != nil {
		return nil, err
	}
	t := &trial{rig: r, name: name, end: func() {}}
	t.site = &site{store: &store{url: url, dirs: r.server.dirs}, embedder: e, segmenter: r.segments}
	if err := a.fillTrial(ctx, t, catalogue, c, by); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (a *app) fillTrial(ctx context.Context, t *trial, catalogue func(context.Context, *site) error, c *serveCmd, by reach) error {
	var err error
	if t.site.DB, err = postgres.Open(ctx, t.site.url, postgres.Options{AppName: "huying bench"}); err != nil {
		return err
	}
	if err := a.wire(t.site); err != nil {
		return err
	}
	for _, step := range []func(context.Context, *site) error{a.demoListing, a.demoAccounts, catalogue, a.demoEntries} {
		if err := step(ctx, t.site); err != nil {
			return err
		}
	}
	token, err := t.site.accounts.CreateToken(ctx, org.Actor{}, org.NewToken{Name: "bench", Login: "agent1"})
	if err != nil {
		return err
	}
	pages, err := a.pages(t.site, c)
	if err != nil {
		return err
	}
	t.client = newClient(token)
	t.end, err = by(ctx, &t.client, pages)
	return err
}

func (t *trial) close() {
	t.end()
	if t.site.DB != nil {
		t.site.DB.Close()
	}
	t.rig.made.Drop(context.Background(), t.name)
}

// client talks to a server of this process.
type client struct {
	http  *http.Client
	token string
	base  string // scheme, host and port
}

func newClient(token string) client {
	return client{token: token, http: &http.Client{
		Timeout:       time.Minute,
		Transport:     &http.Transport{MaxIdleConnsPerHost: benchClients},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reach lets a client reach a service, and gives how to end it.
type reach func(ctx context.Context, c *client, pages *server.Server) (end func(), err error)

// overLoopback serves on a free port.
func overLoopback(ctx context.Context, c *client, pages *server.Server) (end func(), err error) {
	return c.serve(ctx, pages.Serve)
}

// inProcess hands requests to the service without a connection, which takes a
// tenth less of a simulated city's time than a socket.
func inProcess(_ context.Context, c *client, pages *server.Server) (end func(), err error) {
	c.base, c.http.Transport = "http://localhost", handler(pages.App().Handler())
	return func() {}, nil
}

// handler is a service of this process as an http.RoundTripper: everything but
// the connection is as from outside.
type handler fasthttp.RequestHandler

// RoundTrip answers one request.
func (h handler) RoundTrip(r *http.Request) (*http.Response, error) {
	var c fasthttp.RequestCtx
	c.Init2(unconnected{}, nil, false)
	c.Request.Header.SetMethod(r.Method)
	c.Request.Header.SetHost(r.URL.Host)
	c.Request.SetRequestURI(r.URL.RequestURI())
	for name, values := range r.Header {
		for _, v := range values {
			c.Request.Header.Add(name, v)
		}
	}
	if r.Body != nil {
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		c.Request.SetBodyRaw(body)
	}
	h(&c)
	status := c.Response.StatusCode()
	header := http.Header{}
	for name, v := range c.Response.Header.All() {
		header.Add(string(name), string(v))
	}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(c.Response.Body())), Request: r,
	}, nil
}

// unconnected is what a handler is told of the connection that there is not.
type unconnected struct{ net.Conn }

// LocalAddr is no address.
func (unconnected) LocalAddr() net.Addr { return &net.TCPAddr{} }

// RemoteAddr is no address.
func (unconnected) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// SetReadDeadline has nothing to wait for: a body is there as a whole.
func (unconnected) SetReadDeadline(time.Time) error { return nil }

// serve starts a server on a free port that the client reaches, and gives how to
// end it.
func (c *client) serve(ctx context.Context, run func(context.Context, net.Listener) error) (end func(), err error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return func() {}, err
	}
	c.base = "http://" + ln.Addr().String()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- run(ctx, ln) }()
	return func() {
		cancel()
		<-done
	}, nil
}

// send posts one message as new.
func (c *client) send(ctx context.Context, m demo.Message) error {
	body, err := json.Marshal(map[string]string{"channel": m.Channel, "title": m.Title, "text": m.Text, "area": m.Area})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/api/v1/messages", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "bench.failed")
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return errs.New(errs.Internal, "bench.failed")
	}
	return nil
}

// openBare starts the least service there is on the trial's database: it
// decodes a message and inserts one row durably.
func (t *trial) openBare(ctx context.Context) (*trial, error) {
	pool, err := pgxpool.New(ctx, t.site.url)
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "database.unavailable")
	}
	if _, err := pool.Exec(ctx, `CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL)`); err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "database.unavailable")
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Post("/api/v1/messages", func(c *fiber.Ctx) error {
		var m struct{ Text string }
		if err := c.BodyParser(&m); err != nil {
			return err
		}
		if _, err := pool.Exec(c.UserContext(), `INSERT INTO bare (body) VALUES ($1)`, m.Text); err != nil {
			return err
		}
		return c.Status(http.StatusCreated).JSON(fiber.Map{})
	})
	bare := &trial{client: newClient("")}
	stop, err := bare.client.serve(ctx, func(ctx context.Context, ln net.Listener) error {
		context.AfterFunc(ctx, func() { app.Shutdown() })
		return app.Listener(ln)
	})
	bare.end = func() {
		stop()
		pool.Close()
	}
	return bare, err
}
