package server

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// newBotWorld is an API world whose token is a bot's.
func newBotWorld(t *testing.T) *apiWorld {
	t.Helper()
	w := newAPIWorld(t)
	w.asked()
	w.allow(w.token, org.Actor{Account: id.New[org.AccountID](), Login: "bot", Name: "小程序", Roles: org.Roles{org.RoleBot}, Channels: []string{"mini"}})
	return w
}

func TestABotAsks(t *testing.T) {
	t.Parallel()
	w := newBotWorld(t)
	ask := `{"channel":"mini","conversation":"c1","message":"1","text":"` + question + `"}`
	first := read[apiResult](t, w.call(http.MethodPost, "/api/v1/ask", ask), http.StatusOK)
	if first.Outcome != kb.ToldAnswer || first.Reply == "" || first.Answer == nil || first.Answer.Basis != "居住证暂行条例第十条" ||
		first.Answer.AreaName != "全市" || first.Next != "" || len(first.Matches) != 0 {
		t.Errorf("answer %+v", first)
	}
	again := read[apiResult](t, w.call(http.MethodPost, "/api/v1/ask", ask), http.StatusOK)
	if again.Reply != first.Reply {
		t.Error("the same ask twice gives two replies")
	}
	offer := read[apiResult](t, w.call(http.MethodPost, "/api/v1/ask", `{"channel":"mini","conversation":"c1","message":"2","text":"证到期了"}`), http.StatusOK)
	if offer.Outcome != kb.ToldOffer || offer.Say != "您是不是想问" || len(offer.Offers) != 1 || offer.Answer != nil || offer.Answered || offer.Next != "agent" {
		t.Fatalf("offer %+v", offer)
	}
	path := "/api/v1/ask/" + string(offer.Reply)
	chosen := read[apiResult](t, w.call(http.MethodPost, path+"/choice",
		`{"channel":"mini","conversation":"c1","entry":"`+string(offer.Offers[0].Entry)+`"}`), http.StatusOK)
	if chosen.Answer == nil || chosen.Answer.Entry != offer.Offers[0].Entry {
		t.Errorf("chosen %+v", chosen)
	}
	judged := read[apiResult](t, w.call(http.MethodPost, path+"/verdict",
		`{"channel":"mini","conversation":"c1","verdict":"unsolved","phone":"13812340021","consent":"yes"}`), http.StatusOK)
	if judged.Message == "" || judged.Verdict != kb.VerdictUnsolved || len(w.fake.handed) != 1 || w.fake.handed[0].Consent != intake.ConsentYes {
		t.Errorf("judged %+v, handed %+v", judged, w.fake.handed)
	}
	for _, silent := range []struct {
		why  kb.Silence
		next string
	}{{kb.SilentDanger, "emergency"}, {kb.SilentCase, "submit"}, {kb.SilentNothing, "agent"}} {
		w.fake.result = func(string) kb.Result { return kb.Result{Silence: silent.why} }
		r := read[apiResult](t, w.call(http.MethodPost, "/api/v1/ask", `{"channel":"mini","conversation":"`+silent.next+`","message":"1","text":"问"}`), http.StatusOK)
		if r.Outcome != kb.ToldSilent || r.Next != silent.next || r.Say == "" || (r.Message != "") != (silent.why == kb.SilentDanger) {
			t.Errorf("silent %+v", r)
		}
	}
}

// When vectors are not to be had, nothing is answered, and it says why.
func TestABotIsToldThatVectorsAreDown(t *testing.T) {
	t.Parallel()
	w := newBotWorld(t)
	w.fake.result = func(string) kb.Result {
		return kb.Result{Silence: kb.SilentWords, Matches: []kb.Match{{Entry: w.fake.entries[0], Score: 0.01}}}
	}
	r := read[apiResult](t, w.call(http.MethodPost, "/api/v1/ask", `{"channel":"mini","conversation":"c","message":"1","text":"居住证"}`), http.StatusOK)
	if r.Outcome != kb.ToldOffer || r.Answer != nil || !strings.Contains(r.Say, "只能按字词查找，不能直接答复") || len(r.Offers) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestABotIsRefused(t *testing.T) {
	t.Parallel()
	w := newBotWorld(t)
	for _, c := range []struct {
		name, path, body string
		status           int
		code             errs.Code
		fields           string
	}{
		{"everything missing", "/ask", `{"channel":"mini","text":"  "}`, 422, "field.required", "conversation message text"},
		{"not Chinese", "/ask", `{"channel":"mini","conversation":"c","message":"1","text":"hello"}`, 422, "ask.no_chinese", "text"},
		{"empty", "/ask", `{"channel":"mini","conversation":"c","message":"1","text":""}`, 422, "", "text"},
		{"long", "/ask", `{"channel":"mini","conversation":"c","message":"1","text":"` + strings.Repeat("字", 2001) + `"}`, 422, "field.too_long", "text"},
		{"1 MB", "/ask", `{"channel":"mini","conversation":"c","message":"1","text":"` + strings.Repeat("字", 400_000) + `"}`, 413, "request.too_large", ""},
		{"another channel", "/ask", `{"channel":"web","conversation":"c","message":"1","text":"问"}`, 403, "token.channel", ""},
		{"a reply of nobody's", "/ask/00000000-0000-7000-8000-000000000000/verdict", `{"channel":"mini","conversation":"c","verdict":"solved"}`, 404, "turn.not_found", ""},
		{"streamed and missing", "/ask/stream", `{"channel":"mini","text":"问"}`, 422, "field.required", "conversation message"},
		{"streamed and broken", "/ask/stream", `{`, 400, "", ""},
	} {
		r := w.call(http.MethodPost, "/api/v1"+c.path, c.body)
		p := read[apiProblem](t, r, c.status)
		var named []string
		for _, f := range p.Errors {
			named = append(named, f.Field)
		}
		if c.code != "" && p.Code != c.code && (len(p.Errors) == 0 || p.Errors[0].Code != c.code) || strings.Join(named, " ") != c.fields {
			t.Errorf("%s: %s", c.name, r.body)
		}
	}
	if r := w.call(http.MethodGet, "/api/v1/entries/"+string(w.fake.entries[0].ID)+"/standing", ""); r.status == http.StatusOK && !strings.Contains(r.body, `"unsolved":3`) {
		t.Errorf("standing %s", r.body)
	}
	w.token = ""
	refused(t, w.call(http.MethodPost, "/api/v1/ask", `{"text":"问"}`), http.StatusUnauthorized, "token.missing")
	w.server.o.PublicAsk = true
	open := `{"conversation":"c","message":"1","text":"证到期了"}`
	read[apiResult](t, w.call(http.MethodPost, "/api/v1/ask", open), http.StatusOK)
	refused(t, w.call(http.MethodGet, "/api/v1/matters", ""), http.StatusUnauthorized, "token.missing")
	for range asksAMinute {
		w.call(http.MethodPost, "/api/v1/ask", open)
	}
	r := w.call(http.MethodPost, "/api/v1/ask/stream", open)
	refused(t, r, http.StatusTooManyRequests, "ask.too_often")
	if r.header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
}

// events gives the names of a stream's events in order, and their data.
func events(body string) (names, data []string) {
	for block := range strings.SplitSeq(strings.TrimSpace(body), "\n\n") {
		name, rest, _ := strings.Cut(block, "\n")
		names, data = append(names, strings.TrimPrefix(name, "event: ")), append(data, strings.TrimPrefix(rest, "data: "))
	}
	return names, data
}

func TestABotAsksByEvents(t *testing.T) {
	t.Parallel()
	w := newBotWorld(t)
	r := w.call(http.MethodPost, "/api/v1/ask/stream", `{"channel":"mini","conversation":"c1","message":"1","text":"`+question+`"}`)
	names, data := events(r.body)
	if r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Type"), "text/event-stream") || strings.Join(names, " ") != "received answer done" {
		t.Fatalf("%d %s: %s", r.status, r.header.Get("Content-Type"), r.body)
	}
	answer := read[apiResult](t, reply{status: 200, body: data[1]}, http.StatusOK)
	if answer.Answer == nil || answer.Reply == "" {
		t.Errorf("answer %+v", answer)
	}
	w.fake.down = errs.New(errs.Unavailable, "database.unavailable")
	if r = w.call(http.MethodPost, "/api/v1/ask/stream", `{"channel":"mini","conversation":"c1","message":"2","text":"问"}`); r.status != http.StatusServiceUnavailable {
		t.Errorf("status %d: %s", r.status, r.body) // the token cannot be looked up
	}
}

// A stream that is under way when the service stops comes to its end.
func TestAStreamEndsAtAStop(t *testing.T) {
	w := newAPIWorld(t)
	w.server.o.PublicAsk = true
	reached, goOn := make(chan struct{}), make(chan struct{})
	w.fake.result = func(string) kb.Result {
		close(reached)
		<-goOn
		return kb.Result{Silence: kb.SilentNothing}
	}
	addr, stop := serving(t, w.world)
	got := make(chan string, 1)
	go func() {
		req, _ := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, "http://"+addr+"/api/v1/ask/stream",
			strings.NewReader(`{"conversation":"c","message":"1","text":"问"}`))
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		got <- string(body)
		if err != nil {
			t.Error(err)
		}
	}()
	<-reached
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	close(goOn)
	names, _ := events(<-got)
	if strings.Join(names, " ") != "received silent done" {
		t.Errorf("events %q", names)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
