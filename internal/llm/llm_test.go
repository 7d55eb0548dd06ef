package llm_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/internal/org"
	"huying/internal/pgtest"
	"huying/internal/postgres"
	"huying/internal/text"
)

// noon is when the tests' day is in its middle.
var noon = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)

// room is a client on a scripted service and a real database.
type room struct {
	*llm.Client
	t      testing.TB
	server *llmtest.Server
	store  postgres.LLM
	mu     sync.Mutex
	now    time.Time
	pauses []time.Duration
}

func newRoom(t testing.TB, script ...llmtest.Answer) *room {
	t.Helper()
	url := pgtest.Clone(t, pgtest.Template{Key: "postgres " + postgres.MigrationsDigest(), Build: postgres.Migrate})
	db, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 8, AppName: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	r := &room{t: t, server: llmtest.New(t, script...), store: db.LLM(), now: noon}
	r.Client = r.client(llmtest.Conceal)
	r.allow(llmtest.On())
	return r
}

// client is another process on the same database.
func (r *room) client(conceal func(string, ...string) []text.Concealed) *llm.Client {
	r.t.Helper()
	o := r.server.Options()
	o.Wait = func(ctx context.Context, d time.Duration) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.pauses = append(r.pauses, d)
		return ctx.Err()
	}
	c, err := llm.New(llm.Options{Endpoint: o, Store: r.store, Conceal: conceal, Now: r.clock})
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *room) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *room) allow(rules llm.Rules) {
	r.t.Helper()
	rules.At = noon
	if err := r.store.SetRules(r.t.Context(), rules, org.Audit{At: noon, Action: "set_llm", Object: "llm"}); err != nil {
		r.t.Fatal(err)
	}
}

// outcomes counts today's calls.
func (r *room) outcomes() map[llm.Outcome]int {
	r.t.Helper()
	all, err := r.store.Usage(r.t.Context(), noon.Add(-12*time.Hour))
	if err != nil {
		r.t.Fatal(err)
	}
	n := map[llm.Outcome]int{}
	for _, u := range all {
		n[u.Outcome] += u.Calls
	}
	return n
}

// lamp is a question whose answer is one of two words.
type lamp struct {
	Text string `json:"text"`
}

type verdict struct {
	Word string `json:"word"`
	Why  string `json:"why"`
}

func about(words string) llm.Question {
	return llm.Question{
		Task: llm.Rank, Prompt: "test-1", System: "回答。", Tokens: 50, Input: lamp{words},
		Schema: llm.Object(map[string]llm.Schema{"word": llm.OneOf("是", "否"), "why": llm.Text("理由")}),
	}
}

func (r *room) ask(words string) (verdict, error) {
	var v verdict
	err := r.Ask(r.t.Context(), about(words), &v, nil)
	return v, err
}

func (r *room) refused(err error, code errs.Code) {
	r.t.Helper()
	if err == nil || errs.KindOf(err) != errs.Unavailable || errs.CodeOf(err) != code {
		r.t.Errorf("got %v, want %s", err, code)
	}
}

const yes = `{"word":"是","why":"路灯"}`

func TestAnswerIsAskedOnceAndKept(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Say(yes))
	for range 3 {
		v, err := r.ask("路灯不亮")
		if err != nil || v.Word != "是" {
			t.Fatalf("%v, %v", v, err)
		}
	}
	if n := len(r.server.Received()); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if n := r.outcomes(); n[llm.OutcomeOK] != 1 || n[llm.OutcomeCached] != 2 {
		t.Errorf("noted %v", n)
	}
	if _, err := r.ask("路灯亮了"); err != nil || len(r.server.Received()) != 2 {
		t.Errorf("another text was not asked: %v", err)
	}
	body := r.server.Received()[0]
	for _, want := range []string{`"strict":true`, `"type":"json_schema"`, `"additionalProperties":false`, `"max_tokens":50`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

// What a service may answer, in every way in which it fails: valid by the
// schema or refused, and each noted as what it was.
func TestAnswerIsValidOrRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script []llmtest.Answer
		code   errs.Code // empty: taken
		asked  int
	}{
		"good":                     {[]llmtest.Answer{llmtest.Say(yes)}, "", 1},
		"malformed":                {[]llmtest.Answer{llmtest.Say(`{"word":"是"`)}, "llm.refused", 1},
		"words around":             {[]llmtest.Answer{llmtest.Say("```json\n" + yes + "\n```")}, "llm.refused", 1},
		"two answers":              {[]llmtest.Answer{llmtest.Say(yes + yes)}, "llm.refused", 1},
		"a field is missing":       {[]llmtest.Answer{llmtest.Say(`{"word":"是"}`)}, "llm.refused", 1},
		"a field too many":         {[]llmtest.Answer{llmtest.Say(`{"word":"是","why":"","unit":"公安局"}`)}, "llm.refused", 1},
		"another type":             {[]llmtest.Answer{llmtest.Say(`{"word":1,"why":""}`)}, "llm.refused", 1},
		"null":                     {[]llmtest.Answer{llmtest.Say(`{"word":null,"why":""}`)}, "llm.refused", 1},
		"an invented value":        {[]llmtest.Answer{llmtest.Say(`{"word":"也许","why":""}`)}, "llm.refused", 1},
		"a list":                   {[]llmtest.Answer{llmtest.Say(`[` + yes + `]`)}, "llm.refused", 1},
		"nothing":                  {[]llmtest.Answer{llmtest.Say("")}, "llm.refused", 1},
		"out of tokens":            {[]llmtest.Answer{llmtest.CutShort(yes)}, "llm.refused", 1},
		"no choice":                {[]llmtest.Answer{llmtest.Raw(`{"choices":[]}`)}, "llm.refused", 1},
		"not of the protocol":      {[]llmtest.Answer{llmtest.Raw(`<html>`)}, "llm.refused", 1},
		"huge":                     {[]llmtest.Answer{llmtest.Huge}, "llm.refused", 1},
		"cut off for ever":         {[]llmtest.Answer{llmtest.Broken}, "llm.down", 3},
		"cut off once":             {[]llmtest.Answer{llmtest.Broken, llmtest.Say(yes)}, "", 2},
		"failing once":             {[]llmtest.Answer{llmtest.Status(503, ""), llmtest.Say(yes)}, "", 2},
		"failing":                  {[]llmtest.Answer{llmtest.Status(500, "")}, "llm.down", 3},
		"no such model":            {[]llmtest.Answer{llmtest.Status(404, "")}, "llm.down", 1},
		"busy, and says till when": {[]llmtest.Answer{llmtest.Status(429, "1"), llmtest.Say(yes)}, "", 2},
		"busy for ever":            {[]llmtest.Answer{llmtest.Status(429, "")}, "llm.busy", 3},
		"busy beyond patience":     {[]llmtest.Answer{llmtest.Status(429, "3600")}, "llm.busy", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t, c.script...)
			r.now = time.Now() // retries look at the deadline
			v, err := r.ask("路灯不亮 13912345678")
			if c.code != "" {
				r.refused(err, c.code)
				if err != nil && strings.Contains(err.Error(), "13912345678") {
					t.Errorf("the error quotes the text: %v", err)
				}
			} else if err != nil || v.Word != "是" {
				t.Errorf("%v, %v", v, err)
			}
			if n := len(r.server.Received()); n != c.asked {
				t.Errorf("asked %d times, want %d", n, c.asked)
			}
			for _, d := range r.pauses {
				if strings.HasPrefix(name, "busy, ") && d != time.Second {
					t.Errorf("paused %v", d)
				}
			}
		})
	}
}

func TestSlowAnswerEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Never)
	rules := llmtest.On()
	rules.Deadline = 50 * time.Millisecond
	r.allow(rules)
	_, err := r.ask("路灯不亮")
	r.refused(err, "llm.late")
	if n := r.outcomes(); n[llm.OutcomeLate] != 1 {
		t.Errorf("noted %v", n)
	}
	// Nobody knows what it cost: it counts with all that was reserved.
	rules.Budget = 100
	r.allow(rules)
	_, err = r.ask("路灯不亮了")
	r.refused(err, "llm.budget")
}

func TestCheckOfTheStageRefuses(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Say(yes))
	var v verdict
	for range 2 { // the second is not answered from what was refused
		err := r.Ask(t.Context(), about("路灯"), &v, func() error { return errors.New("not this one") })
		r.refused(err, "llm.refused")
	}
	if n := r.outcomes(); n[llm.OutcomeRefused] != 2 {
		t.Errorf("noted %v", n)
	}
}

func TestNothingIsAskedUnlessAllowed(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Say(yes))
	off := llmtest.On()
	off.Off = []llm.Task{llm.Rank}
	for _, rules := range []llm.Rules{llm.DefaultRules(), off} {
		r.allow(rules)
		_, err := r.ask("路灯不亮")
		r.refused(err, "llm.off")
	}
	if n := len(r.server.Received()); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// The switch holds at once in another process, also for a question that is
// being answered.
func TestKillSwitchHoldsAtOnce(t *testing.T) {
	t.Parallel()
	var r *room
	r = newRoom(t, func(w http.ResponseWriter, q *http.Request, a llmtest.Asked) {
		off := llmtest.On()
		off.On = false
		r.allow(off)
		llmtest.Say(yes)(w, q, a)
	})
	_, err := r.ask("路灯不亮")
	r.refused(err, "llm.off")
	var v verdict
	r.refused(r.client(llmtest.Conceal).Ask(t.Context(), about("路灯"), &v, nil), "llm.off")
	if n := len(r.server.Received()); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// Two processes that ask at once never go beyond the day's budget together,
// and a new day begins with a new one.
func TestBudgetHoldsAcrossProcesses(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Say(yes))
	rules := llmtest.On()
	rules.Budget = 1000 // a question is reserved 50 for the answer and costs 100 for itself
	r.allow(rules)
	clients := []*llm.Client{r.Client, r.client(llmtest.Conceal)}
	var wg sync.WaitGroup
	var mu sync.Mutex
	told := map[errs.Code]int{}
	for i := range 40 {
		wg.Go(func() {
			var v verdict
			err := clients[i%2].Ask(t.Context(), about(strings.Repeat("灯", i+1)), &v, nil)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				told[errs.CodeOf(err)]++
			}
		})
	}
	wg.Wait()
	all, err := r.store.Usage(t.Context(), noon.Add(-12*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	spent := 0
	for _, u := range all {
		spent += u.In + u.Out
	}
	asked := len(r.server.Received())
	// What a call turns out to cost above what was reserved is known afterwards.
	if asked == 0 || told["llm.budget"] != 40-asked || spent > 2*rules.Budget {
		t.Errorf("asked %d, %v, spent %d", asked, told, spent)
	}
	_, err = r.ask("还有路灯")
	r.refused(err, "llm.budget")
	r.now = noon.Add(12*time.Hour + time.Second) // past midnight in China
	if _, err = r.ask("还有路灯"); err != nil {
		t.Error(err)
	}
}

func TestRateHolds(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Say(yes))
	rules := llmtest.On()
	rules.Rate = 2
	r.allow(rules)
	for _, words := range []string{"一", "二"} {
		if _, err := r.ask(words); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.ask("三")
	r.refused(err, "llm.rate")
	r.now = noon.Add(time.Minute + time.Second)
	if _, err = r.ask("三"); err != nil {
		t.Error(err)
	}
}

func TestFailingServiceIsLeftAlone(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Status(400, ""))
	for i := range 5 {
		_, err := r.ask(strings.Repeat("灯", i+1))
		r.refused(err, "llm.down")
	}
	_, err := r.ask("路灯不亮")
	r.refused(err, "llm.paused")
	if n := len(r.server.Received()); n != 5 {
		t.Errorf("asked %d times", n)
	}
	if n := r.outcomes(); n[llm.OutcomePaused] != 1 || n[llm.OutcomeDown] != 5 {
		t.Errorf("noted %v", n)
	}
}

func TestTooLongIsNotSent(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Say(yes))
	_, err := r.ask(strings.Repeat("灯", 12_001))
	r.refused(err, "llm.too_long")
	if n := len(r.server.Received()); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

func TestRulesAreAnAdministrators(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Say(yes))
	c := llm.NewControl(r.store, r.server.Options(), nil, r.clock)
	for _, role := range []org.Role{org.RoleAgent, org.RoleEditor, org.RoleUnit, org.RoleBot} {
		if _, err := c.Standing(t.Context(), org.Actor{Roles: org.Roles{role}}); err == nil || errs.KindOf(err) != errs.Forbidden {
			t.Errorf("%s sees the rules: %v", role, err)
		}
		if err := c.Switch(t.Context(), org.Actor{Roles: org.Roles{role}}, false); err == nil || errs.KindOf(err) != errs.Forbidden {
			t.Errorf("%s switches: %v", role, err)
		}
	}
	admin := org.Actor{Roles: org.Roles{org.RoleAdmin}}
	err := c.Set(t.Context(), admin, llm.Rules{On: true, Budget: 0, Rate: 1, Deadline: time.Minute})
	list, ok := errors.AsType[errs.List](err)
	if !ok || len(list) != 6 { // budget, deadline, patience, and the three that must be on record
		t.Errorf("got %v", err)
	}
	if err := c.Switch(t.Context(), admin, false); err != nil {
		t.Fatal(err)
	}
	s, err := c.Standing(t.Context(), admin)
	if err != nil || s.Rules.On || s.Rules.Approval == "" || s.Model != "scripted" {
		t.Errorf("%+v, %v", s, err)
	}
}
