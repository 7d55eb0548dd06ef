package llmtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/llm"
	"huying/internal/org"
	"huying/internal/text"
)

// Store stands for the database where a test is about what is done with
// answers. It counts and keeps nothing but the rules.
type Store struct {
	mu    sync.Mutex
	rules llm.Rules
	calls []llm.Call
}

// Allow sets the rules.
func (s *Store) Allow(r llm.Rules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = r
}

// Rules implements llm.Store.
func (s *Store) Rules(context.Context) (llm.Rules, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules, nil
}

// SetRules implements llm.ControlStore.
func (s *Store) SetRules(_ context.Context, r llm.Rules, _ org.Audit) error {
	s.Allow(r)
	return nil
}

// Usage implements llm.ControlStore.
func (s *Store) Usage(context.Context, time.Time) ([]llm.Usage, error) {
	var out []llm.Usage
	for _, c := range s.Calls() {
		out = append(out, llm.Usage{Task: c.Task, Outcome: c.Outcome, Calls: 1, In: c.In, Out: c.Out, Typical: c.Latency})
	}
	return out, nil
}

// Reserve implements llm.Store.
func (s *Store) Reserve(context.Context, llm.Call, time.Time, llm.Rules) (llm.Outcome, error) {
	return llm.OutcomePending, nil
}

// Finish implements llm.Store.
func (s *Store) Finish(_ context.Context, c llm.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
	return nil
}

// Calls gives what was finished.
func (s *Store) Calls() []llm.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]llm.Call(nil), s.calls...)
}

// Answer implements llm.Store.
func (s *Store) Answer(context.Context, [32]byte) ([]byte, error) {
	return nil, errs.New(errs.NotFound, "llm.unasked")
}

// Keep implements llm.Store.
func (s *Store) Keep(context.Context, [32]byte, []byte, time.Time, time.Time) error { return nil }

// Client makes a client of the server on a Store that allows everything;
// conceal nil: texts go out as they are.
func (s *Server) Client(t testing.TB, conceal func(string, ...string) []text.Concealed) (*llm.Client, *Store) {
	t.Helper()
	if conceal == nil {
		conceal = Conceal
	}
	store := &Store{rules: On()}
	c, err := llm.New(llm.Options{Endpoint: s.Options(), Store: store, Conceal: conceal, Now: time.Now, Failures: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	return c, store
}
