package server

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

func TestFaultsOfAMessageAreNamedInChinese(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	const path = "/api/v1/messages"
	for _, c := range []struct {
		name, body string
		status     int
		code       errs.Code
		fields     string // of each fault, joined by a space
	}{
		{"nothing at all", "", 422, "request.empty", ""},
		{"no channel", `{"text":"停水"}`, 422, "field.required", "channel"},
		{"an empty channel", `{"channel":"","text":"停水"}`, 422, "field.too_short", "channel"},
		{"no words", `{"channel":"web"}`, 422, "message.empty", "text"},
		{"a field we do not know", `{"channel":"web","text":"停水","txet":"x"}`, 422, "field.unknown", "txet"},
		{"several faults", `{"channel":7,"outcome":"lost","anonymous":"yes","at":"yesterday","phone":"` + strings.Repeat("1", 101) + `"}`, 422, "field.kind", "anonymous at channel outcome phone"},
		{"too long a text", `{"channel":"web","text":"` + strings.Repeat("停", 20_001) + `"}`, 422, "field.too_long", "text"},
		{"a list", `[]`, 422, "field.kind", ""},
		{"null", `null`, 422, "field.kind", ""},
		{"not JSON", "{\"channel\":\"web\",\n  \"text\":停水}", 400, "request.json", ""},
		{"half of it", `{"channel":"web"`, 400, "request.json", ""},
		{"not UTF-8", "{\"channel\":\"web\",\"text\":\"\xcd\xff\"}", 400, "request.encoding", ""},
		{"a clock that runs ahead", `{"channel":"web","text":"停水","at":"2030-01-01T00:00:00Z"}`, 422, "message.future", "at"},
		{"a clock that was never set", `{"channel":"web","text":"停水","at":"0000-01-01T00:00:00Z"}`, 422, "message.past", "at"},
		{"two of one name", `{"channel":"web","text":"停水","Text":5}`, 422, "field.refused", ""},
		{"more than is taken", `{"channel":"web","text":"` + strings.Repeat("a", bodyLimit) + `"}`, 413, "request.too_large", ""},
		{"very deep", `{"channel":` + strings.Repeat("[", 20_000), 400, "request.json", ""},
	} {
		r := w.call(http.MethodPost, path, c.body)
		p := refused(t, r, c.status, c.code)
		var fields []string
		for _, f := range p.Errors {
			if f.Field != "" {
				fields = append(fields, f.Field)
			}
		}
		if got := strings.Join(fields, " "); got != c.fields {
			t.Errorf("%s: fields %q, want %q: %s", c.name, got, c.fields, r.body)
		}
		if english := regexp.MustCompile(`expected|invalid |unexpected|property|"value"|停停停`).FindString(r.body); english != "" {
			t.Errorf("%s: says %q: %s", c.name, english, r.body)
		}
	}
	p := refused(t, w.call(http.MethodPost, path, "{\"channel\":\"web\",\n  \"text\":停水}"), 400, "request.json")
	if f := p.Errors[0]; f.Line != 2 || f.Column != 10 {
		t.Errorf("the fault is at %d:%d", f.Line, f.Column)
	}
}

func TestATextAsLongAsAllowedIsTakenHoweverItIsEscaped(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	escaped := strings.Repeat(`\ud842\udfb7`, 20_000)
	if r := w.call(http.MethodPost, "/api/v1/messages", `{"channel":"web","text":"`+escaped+`"}`); r.status != http.StatusCreated {
		t.Errorf("%d %.200s", r.status, r.body)
	}
}

func TestRequestsThatNobodyCanRead(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	some := id.New[string]()
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code                     errs.Code
	}{
		{"another type", "POST", "/ask", `a=b`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "request.media_type"},
		{"another character set", "POST", "/ask", `{}`, []string{"Content-Type", "application/json; charset=gb18030"}, 415, "request.media_type"},
		{"a broken type", "POST", "/ask", `{}`, []string{"Content-Type", ";+;"}, 415, "request.media_type"},
		{"compressed", "POST", "/ask", `{}`, []string{"Content-Encoding", "gzip"}, 415, "request.compressed"},
		{"no identifier", "GET", "/matters/7", "", nil, 422, "field.id"},
		{"an identifier in another form", "GET", "/entries/urn:uuid:" + some, "", nil, 422, "field.id"},
		{"an unknown matter", "GET", "/matters/" + some, "", nil, 404, "matter.not_found"},
		{"an unknown message", "GET", "/messages/" + some, "", nil, 404, "message.not_found"},
		{"an unknown parameter", "GET", "/matters?limt=3", "", nil, 422, "param.unknown"},
		{"no number", "GET", "/matters?limit=many", "", nil, 422, "field.kind"},
		{"too many", "GET", "/matters?limit=100000", "", nil, 422, "field.too_big"},
		{"too few", "GET", "/matters?limit=0", "", nil, 422, "field.too_small"},
		{"another state", "GET", "/matters?state=lost", "", nil, 422, "field.choice"},
		{"no time", "GET", "/accuracy?from=monday", "", nil, 422, "field.time"},
		{"nothing to look for", "GET", "/catalogue/search", "", nil, 422, "field.required"},
		{"bytes that are no text", "GET", "/units?q=%CD%FF", "", nil, 422, "text.encoding"},
		{"a NUL", "GET", "/units?q=%00", "", nil, 422, "text.encoding"},
		{"no such operation", "GET", "/nothing", "", nil, 404, "api.not_found"},
		{"no such method", "DELETE", "/me", "", nil, 405, "api.method"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, w.call(c.method, "/api/v1"+c.path, c.body, c.headers...), c.status, c.code)
		})
	}
}

func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	w.token = ""
	p := w.call(http.MethodGet, "/api/v1/me", "")
	refused(t, p, http.StatusUnauthorized, "token.missing")
	if p.header.Get("WWW-Authenticate") == "" {
		t.Error("the answer does not say how to authenticate")
	}
	for _, header := range []string{"Bearer", "Bearer  ", "Basic abc", "x"} {
		refused(t, w.call(http.MethodGet, "/api/v1/me", "", "Authorization", header), http.StatusUnauthorized, "token.missing")
	}
	refused(t, w.call(http.MethodGet, "/api/v1/me", "", "Authorization", "Bearer hy_"+strings.Repeat("x", 2000)), http.StatusUnauthorized, "token.invalid")

	w.allow("hy_web", org.Actor{Account: id.New[org.AccountID](), Roles: org.Roles{org.RoleAgent}, Channels: []string{"web"}})
	w.allow("hy_editor", org.Actor{Account: id.New[org.AccountID](), Roles: org.Roles{org.RoleEditor}})
	w.token = "hy_web"
	refused(t, w.call(http.MethodPost, "/api/v1/messages", fumes), http.StatusForbidden, "token.channel")
	w.token = "hy_editor"
	refused(t, w.call(http.MethodPost, "/api/v1/matters/"+id.New[string]()+"/verdict", `{"solved":true}`), http.StatusForbidden, "role.forbidden")
}

func TestAPageMayCallWithItsSession(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	w.token = ""
	w.signIn(org.RoleAgent)
	if got := read[apiActor](t, w.call(http.MethodGet, "/api/v1/me", ""), http.StatusOK); got.Name != "陈静" {
		t.Errorf("%+v calls", got)
	}
	refused(t, w.call(http.MethodPost, "/api/v1/ask", `{"text":"社保"}`), http.StatusForbidden, "session.forged")
	refused(t, w.call(http.MethodPost, "/api/v1/ask", `{"text":"社保"}`, csrfHeader, "guess"), http.StatusForbidden, "session.forged")
	if r := w.call(http.MethodPost, "/api/v1/ask", `{"text":"社保"}`, csrfHeader, w.csrf()); r.status != http.StatusOK {
		t.Errorf("with the session's token: %d %s", r.status, r.body)
	}
	w.jar[sessionCookie] = "gone"
	refused(t, w.call(http.MethodGet, "/api/v1/me", ""), http.StatusUnauthorized, "session.expired")
}

func TestFailuresOfOursAreSaidAndLoggedOnce(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	w.fake.down = errs.Wrap(errors.New("connection refused"), errs.Unavailable, "database.unavailable")
	r := w.call(http.MethodGet, "/api/v1/me", "")
	refused(t, r, http.StatusServiceUnavailable, "database.unavailable")
	if r.header.Get("Retry-After") == "" {
		t.Error("the answer does not say when to try again")
	}
	if n := strings.Count(w.log.String(), "connection refused"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	w.fake.down = nil
	w.fake.list = nil // a panic in the middle of an operation
	r = w.call(http.MethodGet, "/api/v1/catalogue", "")
	refused(t, r, http.StatusInternalServerError, "internal")
	if strings.Contains(r.body, "nil") || !strings.Contains(w.log.String(), "panic") {
		t.Errorf("a panic gives %s", r.body)
	}
}
