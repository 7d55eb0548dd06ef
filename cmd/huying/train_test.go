package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"huying/internal/errs"
)

// TestTrainingIsApart: training is a process of its own. Stopped or killed
// midway it leaves nothing behind and the model before goes on serving; run to
// its end, the service takes the new model up by itself.
func TestTrainingIsApart(t *testing.T) {
	home := cityHome(t)
	c := serve(t, home).caller(t, "agent1")
	lamp := delivery{Channel: "hotline", Text: "解放路三根路灯坏了一个月没人修，晚上看不见路"}
	m := c.receive(t, lamp).Message.Matters[0]
	c.decide(t, m.ID, m.Suggestion.confirmation())
	serving := func() string {
		t.Helper()
		return c.receive(t, lamp).Message.Matters[0].Suggestion.Model
	}
	a := &app{
		console:  console{Getenv: os.Getenv, Out: &bytes.Buffer{}, Err: &bytes.Buffer{}},
		settings: Settings{Home: home, PG: "18", Blind: "0", NotifySettings: NotifySettings{Quiet: "off"}}, now: time.Now, log: slog.New(slog.DiscardHandler),
	}
	s, err := a.openSite(t.Context(), asGuest)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	for _, end := range []struct {
		name string
		stop func(pid int, cancel func()) error
		ok   func(err error) bool
	}{
		{"stopped", func(_ int, cancel func()) error { cancel(); return nil }, func(err error) bool { return errors.Is(err, context.Canceled) }},
		{"killed", func(pid int, _ func()) error { return syscall.Kill(pid, syscall.SIGKILL) }, func(err error) bool { return errs.CodeOf(err) == "train.failed" }},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() {
			_, err := a.trainApart(ctx, s)
			ended <- err
		}()
		pid := 0
		eventually(t, time.Minute, "no training begins", func() bool {
			pid = training(t)
			return pid != 0
		})
		if err := end.stop(pid, cancel); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !end.ok(err) || training(t) != 0 {
			t.Errorf("%s with %v; still training: %d", end.name, err, training(t))
		}
		if got := serving(); got != m.Suggestion.Model {
			t.Errorf("%s: half a training changed the model %s to %s", end.name, m.Suggestion.Model, got)
		}
	}

	peak, err := a.trainApart(t.Context(), s)
	if err != nil || peak < 1<<20 {
		t.Fatalf("%d bytes, %v", peak, err)
	}
	if got := serving(); got == m.Suggestion.Model {
		t.Error("the new model does not serve")
	}
}

// training gives the process that trains and was started by this one; 0: there
// is none.
func training(t *testing.T) int {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		children, _ := os.ReadFile(list) // a thread may be gone by now
		for _, pid := range strings.Fields(string(children)) {
			line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			if !strings.HasSuffix(string(line), "\x00train\x00") {
				continue
			}
			n, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return 0
}
