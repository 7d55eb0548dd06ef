// Package pgtest gives every database test a database of its own, cloned from
// a template, on one PostgreSQL that all test processes of a user share.
//
// The server is private and not durable. The first test process starts it;
// it stops by itself when the last one is gone, however that one ended (see
// server.go). Its directory stays, so that the next run finds the cluster and
// the templates again.
//
// Environment:
//
//	HUYING_TEST_PG            16 or 18 (default): the version to test on
//	HUYING_TEST_DATABASE_URL  an existing server is used instead, as a role
//	                          that may create databases; a URL, not key=value
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"huying/internal/errs"
)

// Template is a database that tests start from.
type Template struct {
	// Key stands for everything that Build does, such as a hash of all
	// migrations: a template is built once for a key, and kept.
	Key string
	// Build fills the empty database at url and leaves no connection open.
	Build func(ctx context.Context, url string) error
}

// shared is the connection of this test process to the server. It is a
// variable of the package because it must outlive every single test and Go
// gives a library no end of the test process to close it at.
var shared = sync.OnceValues(func() (*server, error) {
	return connect(context.Background(), os.Getenv)
})

// cleanupWait bounds the dropping of a database.
const cleanupWait = 30 * time.Second

// URL gives a new, empty database, dropped at the end of the test.
func URL(t testing.TB) string {
	t.Helper()
	return clone(t, "template1")
}

// Clone gives a new database that is a copy of the template, dropped at the
// end of the test.
func Clone(t testing.TB, template Template) string {
	t.Helper()
	name, err := need(t).template(t.Context(), template)
	if err != nil {
		t.Fatalf("building the template database: %v", err)
	}
	return clone(t, name)
}

// New is Clone with a pool on the database, closed at the end of the test.
func New(t testing.TB, template Template) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), Clone(t, template))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func need(t testing.TB) *server {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("no PostgreSQL for tests: %s (%v)", errs.Sentence(err), err)
	}
	return s
}

func clone(t testing.TB, template string) string {
	t.Helper()
	s := need(t)
	name := fmt.Sprintf("t_%d_%s", os.Getpid(), strings.ToLower(rand.Text()[:10]))
	if err := s.create(t.Context(), name, template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupWait)
		defer cancel()
		if err := s.drop(ctx, name); err != nil {
			t.Errorf("dropping the test's database: %v", err)
		}
	})
	return s.database(name)
}

// database gives the URL of a database on the server.
func (s *server) database(name string) string {
	u := s.url
	u.Path = "/" + name
	return u.String()
}

// parseURL is url.Parse that takes nothing but a URL with a scheme.
func parseURL(text string) (url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" {
		return url.URL{}, fmt.Errorf("pgtest: not a database URL: %w", err)
	}
	return *u, nil
}
