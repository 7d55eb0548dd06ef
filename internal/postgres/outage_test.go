package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"huying/internal/assets"
	"huying/internal/errs"
	"huying/internal/localpg"
	"huying/internal/postgres"
)

// private starts a PostgreSQL that the test may stop.
func private(t *testing.T, dir string) *localpg.Server {
	t.Helper()
	dirs, err := assets.Home(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := assets.Locate(dirs, assets.Postgres)
	if err != nil {
		t.Skipf("PostgreSQL is not fetched: %s", errs.Sentence(err))
	}
	s, err := localpg.Open(t.Context(), localpg.Options{
		Install: paths.Postgres18, Version: 18, DataDir: dir, Holder: "test", Volatile: true, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStoreGoesOnAfterPostgresWasAway(t *testing.T) {
	t.Parallel()
	base, err := os.MkdirTemp("", "hy") // short: the socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(base, "pg")
	server := private(t, dir)
	if err := postgres.Migrate(t.Context(), server.URL()); err != nil {
		t.Fatal(err)
	}
	c := fill(t, openDB(t, server.URL()))
	c.receive("before", 0)

	// Load from four sides while the server stops: each call succeeds or says
	// that the database is away, and what was said to be stored is stored.
	var stored atomic.Int64
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for i := 0; ; i++ {
				_, created, err := c.InsertParcel(t.Context(), parcel("", i))
				switch {
				case err == nil && created:
					stored.Add(1)
				case err != nil && errs.KindOf(err) == errs.Unavailable && errs.CodeOf(err) == "database.unavailable":
					return
				default:
					t.Errorf("while it stops: %v, %v", created, err)
					return
				}
			}
		})
	}
	for stored.Load() < 50 {
		if _, err := c.FailedSignIns(t.Context(), "x", start); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	load.Wait()
	_, _, err = c.InsertParcel(t.Context(), parcel("away", 0))
	wants(t, err, errs.Unavailable, "database.unavailable")
	_, _, err = c.Queue(t.Context(), queueOpen)
	wants(t, err, errs.Unavailable, "database.unavailable")

	server = private(t, dir)
	t.Cleanup(func() { server.Close(context.WithoutCancel(t.Context())) })
	for i := range 20 { // every connection of the pool
		if _, _, err := c.InsertParcel(t.Context(), parcel(name("after", i), i)); err != nil {
			t.Fatalf("call %d after it came back: %v", i, err)
		}
	}
	if n := c.count(`SELECT count(*) FROM contact WHERE external_id IS NULL`); n < int(stored.Load()) {
		t.Errorf("%d contacts, %d were acknowledged", n, stored.Load())
	}
}

func TestCancelledCallStaysCancelled(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := c.InsertParcel(ctx, parcel("a", 0))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, err = c.Active(ctx)
	wants(t, err, errs.Unavailable, "database.unavailable")
}

func TestTextThatTheDatabaseCannotHold(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	p := parcel("a", 0)
	p.Message.Title = "坏\x00字"
	_, _, err := c.InsertParcel(t.Context(), p)
	wants(t, err, errs.Invalid, "text.encoding")
}
