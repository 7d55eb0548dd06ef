package main

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visitor goes through the pages with a cookie jar, as a browser without
// scripts does.
type visitor struct {
	*city
	http *http.Client
	csrf string
}

var hiddenCSRF = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// visitor signs a demo account in.
func (c *city) visitor(t *testing.T, login string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{city: c, http: &http.Client{Jar: jar, Timeout: time.Minute}}
	v.get(t, "/signin")
	r := v.post(t, "/signin", url.Values{"login": {login}, "password": {demoPassword}})
	if r.status != http.StatusOK || !strings.Contains(string(r.body), "退出登录") {
		t.Fatalf("%s cannot sign in: %d %s", login, r.status, r.body)
	}
	return v
}

// get reads a page and remembers its token for the next form.
func (v *visitor) get(t *testing.T, path string) reply {
	t.Helper()
	return v.send(t, http.MethodGet, path, nil)
}

// post sends a form of the page read last.
func (v *visitor) post(t *testing.T, path string, form url.Values) reply {
	t.Helper()
	form.Set("csrf", v.csrf)
	return v.send(t, http.MethodPost, path, form)
}

func (v *visitor) send(t *testing.T, method, path string, form url.Values) reply {
	t.Helper()
	r, err := v.try(t.Context(), method, path, form)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// try is send for who does not mind a failure.
func (v *visitor) try(ctx context.Context, method, path string, form url.Values) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+v.addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		return reply{}, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if m := hiddenCSRF.FindSubmatch(body); m != nil {
		v.csrf = html.UnescapeString(string(m[1]))
	}
	return reply{status: resp.StatusCode, header: resp.Header, body: body}, err
}
