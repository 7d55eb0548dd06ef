package server

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"huying/internal/errs"
)

// serving serves the world until stop is called, which gives what Serve
// returned.
func serving(t *testing.T, w *world) (addr string, stop func() error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.server.Serve(ctx, ln) }()
	return ln.Addr().String(), func() error {
		t.Helper()
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(time.Minute):
			t.Fatal("it still serves")
			return nil
		}
	}
}

// TestStopRightAfterTheStart: a server that is told to stop before it accepts
// anything stops, rather than serving for ever.
func TestStopRightAfterTheStart(t *testing.T) {
	t.Parallel()
	for range 3 {
		if _, stop := serving(t, newWorld(t)); stop() != nil {
			t.Error("it was not a stop in order")
		}
	}
}

// TestStopDoesNotWaitForTheSilent: a connection that a browser opened in
// advance holds nothing up.
func TestStopDoesNotWaitForTheSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	addr, stop := serving(t, w)
	silent, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	res, err := http.Get("http://" + addr + "/healthz") // accepted after the silent one
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if err := stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
}

// TestStopSaysWhatItCutOff: a request that takes longer than the grace is cut
// off, and the stop says so.
func TestStopSaysWhatItCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.o.Grace = time.Millisecond
	begun, end := make(chan struct{}), make(chan struct{})
	w.server.o.Ready = func(context.Context) error { close(begun); <-end; return nil }
	addr, stop := serving(t, w)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if res, err := http.Get("http://" + addr + "/readyz"); err == nil {
			res.Body.Close()
		}
	}()
	<-begun
	if err := stop(); errs.CodeOf(err) != "serve.cut_off" {
		t.Errorf("stopped with %v", err)
	}
	close(end)
	<-answered
}
