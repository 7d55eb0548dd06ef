package llm_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/internal/text"
)

// streaming is the room's client when the endpoint answers piece by piece.
func (r *room) streaming() *llm.Client {
	r.t.Helper()
	o := r.server.Options()
	o.Stream = true
	c, err := llm.New(llm.Options{Endpoint: o, Store: r.store, Conceal: llmtest.Conceal, Now: r.clock})
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// An answer that comes in pieces counts whole or not at all.
func TestPiecesAreAnAnswerOnlyWhole(t *testing.T) {
	t.Parallel()
	half := yes[:len(yes)/2]
	for name, c := range map[string]struct {
		answer  llmtest.Answer
		code    errs.Code // empty: taken
		outcome llm.Outcome
	}{
		"whole":                      {llmtest.Say(yes), "", llm.OutcomeOK},
		"out of tokens":              {llmtest.CutShort(yes), "llm.refused", llm.OutcomeRefused},
		"does not say why it stops":  {llmtest.Unended(yes), "llm.refused", llm.OutcomeRefused},
		"[DONE] is missing":          {llmtest.Undone(yes), "llm.refused", llm.OutcomeRefused},
		"half, and [DONE]":           {llmtest.Unended(half), "llm.refused", llm.OutcomeRefused},
		"connection breaks at half":  {llmtest.Dropped(half), "llm.refused", llm.OutcomeRefused},
		"connection breaks at once":  {llmtest.Dropped(""), "llm.down", llm.OutcomeDown},
		"connection breaks at [DONE": {llmtest.Dropped(yes), "llm.refused", llm.OutcomeRefused},
		"fails in the middle":        {llmtest.Failing(half), "llm.down", llm.OutcomeDown},
		"more than anybody reads":    {llmtest.Unended(strings.Repeat("很长", 60_000)), "llm.refused", llm.OutcomeRefused},
		"busy":                       {llmtest.Status(429, ""), "llm.busy", llm.OutcomeBusy},
		"failing":                    {llmtest.Status(500, ""), "llm.down", llm.OutcomeDown},
		"no stream at all":           {llmtest.Raw(`<html>`), "llm.refused", llm.OutcomeRefused},
		"a whole answer, no stream":  {llmtest.Raw(`{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`), "llm.refused", llm.OutcomeRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t, c.answer)
			var v verdict
			err := r.streaming().Ask(t.Context(), about("路灯不亮"), &v, nil)
			if c.code != "" {
				r.refused(err, c.code)
			} else if err != nil || v.Word != "是" {
				t.Errorf("%v, %v", v, err)
			}
			if n := r.outcomes(); n[c.outcome] != 1 {
				t.Errorf("noted %v", n)
			}
			if n := len(r.server.Received()); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// The deadline holds to the last piece: what has come until then is not used.
func TestStuckStreamEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Stuck(yes))
	rules := llmtest.On()
	rules.Deadline = 100 * time.Millisecond
	r.allow(rules)
	var v verdict
	r.refused(r.streaming().Ask(t.Context(), about("路灯不亮"), &v, nil), "llm.late")
	if n := r.outcomes(); n[llm.OutcomeLate] != 1 {
		t.Errorf("noted %v", n)
	}
}

// What writes is waited for longer than what only gives its view.
func TestWritingHasItsOwnPatience(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Never)
	rules := llmtest.On()
	rules.Deadline, rules.Patience = 50*time.Millisecond, 300*time.Millisecond
	r.allow(rules)
	for task, least := range map[llm.Task]time.Duration{llm.Rank: 0, llm.Draft: 290 * time.Millisecond} {
		q := about("路灯不亮")
		q.Task = task
		began := time.Now()
		var v verdict
		r.refused(r.Ask(t.Context(), q, &v, nil), "llm.late")
		if took := time.Since(began); took < least {
			t.Errorf("%s gave up after %v", task, took)
		}
	}
}

// Each task goes to its own endpoint, once that one is on record; a failing one
// does not silence the other.
func TestTaskHasItsOwnEndpoint(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Say(yes))
	beside := llmtest.New(t, llmtest.Status(400, ""))
	other := beside.Options()
	other.Model = "large"
	c, err := llm.New(llm.Options{
		Endpoint: r.server.Options(), Others: map[llm.Task]llm.EndpointOptions{llm.Draft: other},
		Store: r.store, Conceal: llmtest.Conceal, Now: r.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	drafting := about("路灯不亮")
	drafting.Task = llm.Draft
	var v verdict
	r.refused(c.Ask(t.Context(), drafting, &v, nil), "llm.off")
	if may, err := c.Allows(t.Context(), llm.Draft); may || err != nil {
		t.Errorf("an endpoint without record may be asked: %v", err)
	}
	rules := llmtest.On()
	rules.Others = []llm.Record{{Endpoint: other.Place(), Approval: "备案2号", Place: "云上", Operator: "某公司"}}
	r.allow(rules)
	if stored, err := r.store.Rules(t.Context()); err != nil || len(stored.Others) != 1 || stored.Others[0] != rules.Others[0] {
		t.Fatalf("stored %+v, %v", stored.Others, err)
	}
	for i := range 6 {
		drafting.Input = lamp{strings.Repeat("灯", i+1)}
		err = c.Ask(t.Context(), drafting, &v, nil)
	}
	r.refused(err, "llm.paused")
	if err := c.Ask(t.Context(), about("路灯不亮"), &v, nil); err != nil {
		t.Errorf("the other endpoint is left alone too: %v", err)
	}
	if len(beside.Received()) != 5 || !strings.Contains(beside.Received()[0], `"model":"large"`) || len(r.server.Received()) != 1 {
		t.Errorf("asked %d and %d times", len(beside.Received()), len(r.server.Received()))
	}
}

// What was recorded answers again without an endpoint; what was not is refused,
// and no personal data is in the folder.
func TestRecordedAnswersAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t, llmtest.Say(`{"word":"是","why":"〔电话1〕"}`))
	dir := t.TempDir()
	phone := func(t string, _ ...string) []text.Concealed {
		if at := strings.Index(t, "13912345678"); at >= 0 {
			return []text.Concealed{{Start: at, End: at + 11, What: "电话"}}
		}
		return nil
	}
	made := func(o llm.Options) *llm.Client {
		t.Helper()
		o.Store, o.Conceal, o.Now = &llmtest.Store{}, phone, r.clock
		o.Store.(*llmtest.Store).Allow(llmtest.On())
		c, err := llm.New(o)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var v verdict
	if err := made(llm.Options{Endpoint: r.server.Options(), Record: dir}).Ask(t.Context(), about("路灯不亮 13912345678"), &v, nil); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil || strings.Contains(string(raw), "13912345678") || !strings.Contains(string(raw), "〔电话1〕") {
		t.Errorf("recorded %s, %v", raw, err)
	}
	again := made(llm.Options{Endpoint: llm.EndpointOptions{Model: "scripted"}, Replay: dir})
	v = verdict{}
	if err := again.Ask(t.Context(), about("路灯不亮 13912345678"), &v, nil); err != nil || v.Why != "13912345678" {
		t.Errorf("%+v, %v", v, err)
	}
	r.refused(again.Ask(t.Context(), about("别的"), &v, nil), "llm.missing")
	if err := os.WriteFile(files[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.refused(again.Ask(t.Context(), about("路灯不亮 13912345678"), &v, nil), "llm.record")
	r.refused(made(llm.Options{Endpoint: r.server.Options(), Record: filepath.Join(dir, "none")}).Ask(t.Context(), about("路灯"), &v, nil), "llm.record")
	if n := len(r.server.Received()); n != 2 {
		t.Errorf("asked %d times", n)
	}
}
