package server

import (
	"context"
	"net"
	"testing"
	"time"
)

// TestStopRightAfterTheStart: a server that is told to stop before it accepts
// anything stops, rather than serving for ever.
func TestStopRightAfterTheStart(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		w := newWorld(t)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- w.server.Serve(ctx, ln) }()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("stopped with %v", err)
			}
		case <-time.After(time.Minute):
			t.Fatal("it still serves")
		}
	}
}
