package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTrainingIsApart: training is a process of its own. Stopped midway it
// leaves nothing behind and the model before goes on serving; run to its end,
// the service takes the new model up by itself.
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
		settings: Settings{Home: home, PG: "18", Blind: "0"}, now: time.Now, log: slog.New(slog.DiscardHandler),
	}
	s, err := a.openSite(t.Context(), asGuest)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := a.trainApart(ctx, s)
		ended <- err
	}()
	eventually(t, time.Minute, "no training begins", func() bool { return training(t) })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || training(t) {
		t.Errorf("stopped with %v; still training: %v", err, training(t))
	}
	if got := serving(); got != m.Suggestion.Model {
		t.Errorf("half a training changed the model %s to %s", m.Suggestion.Model, got)
	}

	peak, err := a.trainApart(t.Context(), s)
	if err != nil || peak < 1<<20 {
		t.Fatalf("%d bytes, %v", peak, err)
	}
	if got := serving(); got == m.Suggestion.Model {
		t.Error("the new model does not serve")
	}
}

// training reports whether a process that trains was started by this one.
func training(t *testing.T) bool {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		children, _ := os.ReadFile(list) // a thread may be gone by now
		for _, pid := range strings.Fields(string(children)) {
			line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			if strings.HasSuffix(string(line), "\x00train\x00") {
				return true
			}
		}
	}
	return false
}
