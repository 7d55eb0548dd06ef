package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// caller calls the JSON API as an outside channel does.
type caller struct {
	*city
	token string
	http  *http.Client
}

// caller makes an API token of an account and a caller that uses it.
func (c *city) caller(t *testing.T, login string) *caller {
	t.Helper()
	if login == "privacy1" { // who makes it themselves
		r := c.visitor(t, login).post(t, "/tokens", url.Values{"name": {t.Name() + "-" + login}, "login": {login}})
		made := ownToken.FindSubmatch(r.body)
		if made == nil {
			t.Fatalf("no token of %s: %d %s", login, r.status, r.body)
		}
		return &caller{city: c, token: string(made[1]), http: &http.Client{Timeout: time.Minute}}
	}
	out := c.mustCommand(t, "token", "create", t.Name()+"-"+login, "--account", login)
	lines := strings.Fields(out)
	return &caller{city: c, token: lines[len(lines)-1], http: &http.Client{Timeout: time.Minute}}
}

// ownToken is a token that a page shows once.
var ownToken = regexp.MustCompile(`value="(hy_[A-Za-z0-9_-]{43})"`)

// reply is what the API answered.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// call sends one request; body may be nil.
func (c *caller) call(ctx context.Context, method, path string, body any) (reply, error) {
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return reply{}, err
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.addr+path, reader)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return reply{status: resp.StatusCode, header: resp.Header, body: raw}, err
}

// ask sends a request that has to be answered with the status, and reads the
// answer as a T.
func ask[T any](ctx context.Context, c *caller, status int, method, path string, body any) (T, error) {
	var into T
	r, err := c.call(ctx, method, path, body)
	if err != nil {
		return into, err
	}
	if r.status != status {
		return into, fmt.Errorf("%s %s: %d, want %d: %s", method, path, r.status, status, r.body)
	}
	return into, json.Unmarshal(r.body, &into)
}

// must is ask in a test that cannot go on without the answer.
func must[T any](t *testing.T, c *caller, status int, method, path string, body any) T {
	t.Helper()
	into, err := ask[T](t.Context(), c, status, method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return into
}

// What the API says, as far as these tests read it.
type (
	delivery struct {
		Channel    string `json:"channel"`
		ExternalID string `json:"external_id,omitempty"`
		Title      string `json:"title,omitempty"`
		Text       string `json:"text"`
		Name       string `json:"name,omitempty"`
		Phone      string `json:"phone,omitempty"`
		Area       string `json:"area,omitempty"`
	}
	receipt struct {
		Contact   string   `json:"contact"`
		Duplicate bool     `json:"duplicate"`
		Message   *message `json:"message"`
	}
	message struct {
		ID      string   `json:"id"`
		Title   string   `json:"title"`
		Text    string   `json:"text"`
		Matters []matter `json:"matters"`
	}
	matter struct {
		ID         string      `json:"id"`
		State      string      `json:"state"`
		Suggestion *suggestion `json:"suggestion"`
		Answer     *struct {
			Answered bool   `json:"answered"`
			Silence  string `json:"silence"`
		} `json:"answer"`
	}
	suggestion struct {
		ID         string      `json:"id"`
		Model      string      `json:"model"`
		Doubt      string      `json:"doubt"`
		Type       string      `json:"type"`
		Urgency    string      `json:"urgency"`
		Candidates []candidate `json:"candidates"`
	}
	candidate struct {
		Category    string  `json:"category"`
		Code        string  `json:"code"`
		Name        string  `json:"name"`
		Probability float64 `json:"probability"`
		Lead        struct {
			Kind string `json:"kind"`
			Unit string `json:"unit"`
			Name string `json:"name"`
		} `json:"lead"`
		Examples []struct {
			Confirmed bool   `json:"confirmed"`
			Text      string `json:"text"`
		} `json:"examples"`
	}
	decision struct {
		ID         string `json:"id,omitempty"`
		Matter     string `json:"matter,omitempty"`
		Kind       string `json:"kind"`
		Suggestion string `json:"suggestion,omitempty"`
		Previous   string `json:"previous,omitempty"`
		Category   string `json:"category,omitempty"`
		Lead       string `json:"lead,omitempty"`
		Type       string `json:"type,omitempty"`
		Urgency    string `json:"urgency,omitempty"`
		Reason     string `json:"reason,omitempty"`
		Key        string `json:"key,omitempty"`
	}
	file struct {
		Message   message    `json:"message"`
		Matter    matter     `json:"matter"`
		Decisions []decision `json:"decisions"`
	}
	queue struct {
		Matters []queued `json:"matters"`
		Open    int      `json:"open"`
		Next    string   `json:"next"`
	}
	queued struct {
		Matter  string `json:"matter"`
		Message string `json:"message"`
		Title   string `json:"title"`
		Doubt   string `json:"doubt"`
		Top     string `json:"top"`
	}
	leaf struct {
		ID   string `json:"id"`
		Code string `json:"code"`
		Name string `json:"name"`
	}
	unit struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	asked struct {
		Answered bool   `json:"answered"`
		Spoken   string `json:"spoken"`
		Silence  string `json:"silence"`
		Matches  []struct {
			Entry struct {
				Code     string `json:"code"`
				Question string `json:"question"`
			} `json:"entry"`
		} `json:"matches"`
	}
	problem struct {
		Code   string `json:"code"`
		Title  string `json:"title"`
		Detail string `json:"detail"`
	}
)

// receive sends a message and gives the receipt.
func (c *caller) receive(t *testing.T, d delivery) receipt {
	t.Helper()
	return must[receipt](t, c, http.StatusCreated, http.MethodPost, "/api/v1/messages", d)
}

// file reads everything about a matter.
func (c *caller) file(t *testing.T, matter string) file {
	t.Helper()
	return must[file](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters/"+matter, nil)
}

// decide makes a decision.
func (c *caller) decide(t *testing.T, matter string, d decision) decision {
	t.Helper()
	return must[decision](t, c, http.StatusCreated, http.MethodPost, "/api/v1/matters/"+matter+"/decisions", d)
}

// leaf finds a leaf by words or code.
func (c *caller) leaf(t *testing.T, words string) leaf {
	t.Helper()
	type found struct {
		Leaves []leaf `json:"leaves"`
	}
	all := must[found](t, c, http.StatusOK, http.MethodGet, "/api/v1/catalogue/search?q="+url.QueryEscape(words), nil).Leaves
	if len(all) == 0 {
		t.Fatalf("no leaf is called %q", words)
	}
	return all[0]
}

// unit finds a unit by words.
func (c *caller) unit(t *testing.T, words string) unit {
	t.Helper()
	type found struct {
		Units []unit `json:"units"`
	}
	all := must[found](t, c, http.StatusOK, http.MethodGet, "/api/v1/units?q="+url.QueryEscape(words), nil).Units
	if len(all) == 0 {
		t.Fatalf("no unit is called %q", words)
	}
	return all[0]
}

// everyMatter pages through the queue of a state.
func (c *caller) everyMatter(t *testing.T, state string) []queued {
	t.Helper()
	var all []queued
	before := ""
	for {
		path := "/api/v1/matters?limit=200&state=" + state
		if before != "" {
			path += "&before=" + before
		}
		page := must[queue](t, c, http.StatusOK, http.MethodGet, path, nil)
		all = append(all, page.Matters...)
		if before = page.Next; before == "" {
			return all
		}
	}
}

// confirmation accepts a suggestion's first candidate.
func (s *suggestion) confirmation() decision {
	first := s.Candidates[0]
	return decision{
		Kind: "confirm", Suggestion: s.ID, Category: first.Category, Lead: first.Lead.Unit,
		Type: s.Type, Urgency: s.Urgency,
	}
}
