package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/internal/org"
	"huying/internal/postgres"
)

// records gathers what is logged.
type records struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func TestJobsRunAtStart(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	session := org.Session{Hash: [32]byte{1}, Account: c.account, CSRF: "x", CreatedAt: start, ExpiresAt: start}
	c.must(c.RecordSignIn(t.Context(), &session, "", org.Audit{At: start, Actor: c.account, Action: "signin", Object: "login:li"}))
	m, s := c.suggest("a", 0, 0, 0.7)
	c.decide(c.confirm(m, s, 0)) // makes training due
	log := &records{}
	ran := make(chan string, 20)
	w, err := c.NewWorker(postgres.Jobs{
		CatchUp: func(context.Context) (int, error) { ran <- "catch_up"; return 3, errors.New("half of it") },
		Train:   func(context.Context) error { ran <- "train"; return nil },
		Reindex: func(context.Context) error { ran <- "reindex"; return nil },
		Use:     func(context.Context) error { ran <- "use_version"; return nil },
		Replay:  func(context.Context) error { ran <- "replay_draft"; return nil },
		Verify:  func(context.Context) (int, error) { ran <- "verify_entries"; return 2, nil },
		Remind:  func(context.Context) (int, error) { ran <- "remind_cases"; return 0, nil },
		Refit:   func(context.Context) error { ran <- "refit"; return nil },
		Drift:   func(context.Context) error { ran <- "drift"; return nil },
		Retain:  func(context.Context) (int, error) { ran <- "retain"; return 0, nil },
		Import:  func(context.Context) error { ran <- "import"; return nil },
		Gaps:    func(context.Context) error { ran <- "gaps"; return nil },
		Notify:  func(context.Context) (int, error) { ran <- "notify"; return 0, nil },
		Pay:     func(context.Context) (int, error) { ran <- "pay"; return 0, nil },
		Promote: func(context.Context) error { ran <- "promote"; return nil },
		Link:    func(context.Context) (int, error) { ran <- "link_audit"; return 1, nil },
		Now:     func() time.Time { return start },
		Log:     slog.New(slog.NewTextHandler(log, nil)),
	})
	c.must(err)
	c.must(w.Start(t.Context()))
	seen := map[string]bool{}
	for len(seen) < 6 {
		select {
		case job := <-ran:
			seen[job] = true
		case <-time.After(20 * time.Second):
			t.Fatalf("only %v ran", seen)
		}
	}
	c.must(w.Stop(t.Context()))
	if !strings.Contains(log.String(), "job=catch_up error=\"half of it\"") || !strings.Contains(log.String(), "count=3") {
		t.Errorf("log:\n%s", log)
	}
	if n := c.count(`SELECT count(*) FROM river_job WHERE state IN ('running', 'retryable')`); n != 0 {
		t.Errorf("%d jobs are left running or to be tried again", n)
	}
}

func TestTrainingRunsOnceInTheCluster(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		c.must(c.AloneForTest(t.Context(), func(context.Context) error {
			close(inside)
			<-leave
			return nil
		}))
	})
	<-inside
	c.must(c.AloneForTest(t.Context(), func(context.Context) error {
		t.Error("a second one ran at the same time")
		return nil
	}))
	close(leave)
	wg.Wait()
	again := false
	c.must(c.AloneForTest(t.Context(), func(context.Context) error { again = true; return nil }))
	if !again {
		t.Error("the lock was not given back")
	}
}
