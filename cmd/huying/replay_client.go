package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"huying/casework"
	"huying/internal/errs"
)

// What the simulation sends to the API and reads of its answers.
type (
	replayDelivery struct {
		Channel    string `json:"channel"`
		ExternalID string `json:"external_id,omitempty"`
		Outcome    string `json:"outcome,omitempty"`
		Title      string `json:"title,omitempty"`
		Text       string `json:"text,omitempty"`
		Name       string `json:"name,omitempty"`
		Phone      string `json:"phone,omitempty"`
		Consent    string `json:"consent,omitempty"`
		Area       string `json:"area,omitempty"`
		Place      string `json:"place,omitempty"`
	}
	replayMessage struct {
		Receipt string `json:"receipt"`
		Message struct {
			Matters []replayMatter `json:"matters"`
		} `json:"message"`
	}
	replayMatter struct {
		ID         string            `json:"id"`
		Suggestion *replaySuggestion `json:"suggestion"`
	}
	replaySuggestion struct {
		ID         string `json:"id"`
		Candidates []struct {
			Category string `json:"category"`
			Lead     struct {
				Unit string `json:"unit"`
			} `json:"lead"`
		} `json:"candidates"`
	}
	replayDecision struct {
		Kind       string `json:"kind"`
		Suggestion string `json:"suggestion,omitempty"`
		Category   string `json:"category"`
		Lead       string `json:"lead"`
		Type       string `json:"type,omitempty"`
		Urgency    string `json:"urgency"`
	}
	replayDivision struct {
		Seen  int    `json:"seen"`
		Keep  string `json:"keep"`
		Other string `json:"other"`
		Text  string `json:"text"`
	}
	replayCase struct {
		ID         string    `json:"id"`
		Number     string    `json:"number"`
		Matter     string    `json:"matter"`
		Unit       string    `json:"unit"`
		State      string    `json:"state"`
		Ending     string    `json:"ending"`
		Version    int       `json:"version"`
		FiledAt    time.Time `json:"filed_at"`
		AcceptDue  time.Time `json:"accept_due"`
		ReturnDue  time.Time `json:"return_due"`
		CitizenDue time.Time `json:"citizen_due"`
	}
	replayMove struct {
		Move    string         `json:"move"`
		Seen    int            `json:"seen"`
		Reason  string         `json:"reason,omitempty"`
		Text    string         `json:"text,omitempty"`
		Public  string         `json:"public,omitempty"`
		Sure    bool           `json:"sure,omitempty"`
		Days    int            `json:"days,omitempty"`
		Until   time.Time      `json:"until,omitzero"`
		Answers *replayAnswers `json:"answers,omitempty"`
		Unit    string         `json:"unit,omitempty"`
		Number  string         `json:"number,omitempty"`
	}
	replayAnswers struct {
		Reached   bool `json:"reached,omitempty"`
		Contacted bool `json:"contacted,omitempty"`
		Solved    bool `json:"solved,omitempty"`
		Satisfied bool `json:"satisfied,omitempty"`
	}
)

// send makes one request of the API with a token and reads its answer into out
// (nil: it does not matter). Whatever the API refuses ends the simulation.
func (s *simulation) send(ctx context.Context, method, path, token string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Prefer", "return=minimal") // nobody reads a case's history after each move
	from := s.wall.now()
	resp, err := s.http.Do(req)
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "replay.refused", path, err.Error())
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "replay.refused", path, err.Error())
	}
	s.wall.call(kindOf(method, path, in), s.wall.now().Sub(from))
	if resp.StatusCode >= http.StatusBadRequest {
		var problem struct {
			Detail string `json:"detail"`
		}
		if json.Unmarshal(raw, &problem) != nil || problem.Detail == "" {
			problem.Detail = resp.Status
		}
		kind := errs.Internal
		if resp.StatusCode == http.StatusConflict { // somebody was faster
			kind = errs.Conflict
		}
		return errs.New(kind, "replay.refused", path+moveOf(in), problem.Detail)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// kindOf names requests that cost the same.
func kindOf(method, path string, in any) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	return method + " " + parts[len(parts)-1] + moveOf(in)
}

func moveOf(in any) string {
	switch m := in.(type) {
	case replayMove:
		return " " + m.Move
	case replayCallMove:
		return " " + m.Move
	}
	return ""
}

// post sends an empty form to a page and gives its status.
func (s *simulation) post(ctx context.Context, path string) (int, error) {
	return s.postForm(ctx, path, nil)
}

// postForm sends a form to a page and gives its status.
func (s *simulation) postForm(ctx context.Context, path string, form url.Values) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, errs.Wrap(err, errs.Unavailable, "replay.refused", path, err.Error())
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// move makes a move on the life's case, as its unit or (with none) as the
// centre, and takes over how it stands then.
func (l *life) move(ctx context.Context, unit string, m replayMove) error {
	return l.moveAs(ctx, l.token(unit), m)
}

// moveAs is move by whoever has a token.
func (l *life) moveAs(ctx context.Context, token string, m replayMove) error {
	m.Seen = l.kase.Version
	var out struct {
		Case replayCase `json:"case"`
	}
	if err := l.send(ctx, http.MethodPost, "/cases/"+l.kase.ID+"/moves", token, m, &out); err != nil {
		return err
	}
	l.kase = out.Case
	l.count(m.Move)
	return nil
}

// count notes a move that the city has made.
func (s *simulation) count(move string) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.moved[move]++
}

// refresh reads how the case stands after the clock has moved it.
func (l *life) refresh(ctx context.Context) error {
	var out struct {
		Case replayCase `json:"case"`
	}
	err := l.send(ctx, http.MethodGet, "/cases/"+l.kase.ID, l.token(""), nil, &out)
	l.kase = out.Case
	return err
}

// phones are the citizens' phones: the service's gateway for SMS. It fails as
// real ones do: some letters are refused, of some it is not known whether they
// arrived, and what comes again with the same key is not delivered again.
type phones struct {
	mu       sync.Mutex
	dice     dice
	lives    map[string]*life
	keys     map[string]bool // delivered
	letters  map[string]int  // by what they tell whom: delivered how often
	receipts map[string]string
	news     []heardOf
	failures int
}

func newPhones(seed uint64) *phones {
	return &phones{
		dice: newDice(seed, 0), lives: map[string]*life{}, keys: map[string]bool{}, letters: map[string]int{}, receipts: map[string]string{},
	}
}

// of notes whose phone it is.
func (p *phones) of(number string, l *life) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lives[number] = l
}

// Via is the means.
func (p *phones) Via() string { return "sms" }

// NeedsPhone is true.
func (p *phones) NeedsPhone() bool { return true }

// NeedsEmail is false.
func (p *phones) NeedsEmail() bool { return false }

// Send delivers a letter, or fails.
func (p *phones) Send(_ context.Context, l casework.Letter) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dice.hits(0.02) {
		p.failures++
		return "", errs.New(errs.Unavailable, "notify.unreachable")
	}
	if !p.keys[l.Key] {
		p.keys[l.Key] = true
		p.letters[l.Receipt+" "+l.Kind+" "+l.At.UTC().Format(time.RFC3339Nano)]++
		p.receipts[l.Phone] = l.Receipt
		if life := p.lives[l.Phone]; life != nil {
			p.news = append(p.news, heardOf{life, casework.NotificationKind(l.Kind)})
		}
	}
	if p.dice.hits(0.01) { // it arrived, but its answer did not
		p.failures++
		return "", errs.New(errs.Unavailable, "notify.unreachable")
	}
	return l.Key, nil
}

// heard gives whose phone rang since the last time.
func (p *phones) heard() []heardOf {
	p.mu.Lock()
	defer p.mu.Unlock()
	news := p.news
	p.news = nil
	return news
}

// receipt is the code that a phone was sent.
func (p *phones) receipt(number string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.receipts[number]
}
