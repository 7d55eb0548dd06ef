package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// helperEnv makes the test binary a second test process, which joins the
// server of the directory it names.
const helperEnv = "HUYING_PGTEST_HELPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperEnv); dir != "" {
		os.Exit(helperMain(dir))
	}
	os.Exit(m.Run())
}

func helperMain(dir string) int {
	at, err := locate(os.Getenv)
	if err == nil {
		at.dir = dir
		var s *server
		if s, err = at.join(context.Background()); err == nil {
			fmt.Println(s.url.String())
			io.Copy(io.Discard, os.Stdin)
			return 0
		}
	}
	fmt.Println(err)
	return 1
}

// people is a template with one table and some rows.
func people(builds *atomic.Int32) Template {
	return Template{Key: "people 1", Build: func(ctx context.Context, url string) error {
		builds.Add(1)
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, `CREATE EXTENSION vector;
			CREATE TABLE person AS SELECT i AS id, '[1,2,3]'::halfvec AS v FROM generate_series(1, 1000) i`)
		return err
	}}
}

func TestEveryTestHasItsOwnCopyOfTheTemplate(t *testing.T) {
	var builds atomic.Int32
	template := people(&builds)
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			pool := New(t, template)
			tag, err := pool.Exec(t.Context(), `DELETE FROM person`)
			if err != nil || tag.RowsAffected() != 1000 {
				t.Errorf("%v rows (%v), want 1000", tag.RowsAffected(), err)
			}
		})
	}
	t.Cleanup(func() {
		if n := builds.Load(); n > 1 {
			t.Errorf("the template was built %d times", n)
		}
	})
}

func TestDatabaseIsDroppedAtTheEnd(t *testing.T) {
	var url string
	t.Run("user", func(t *testing.T) {
		url = URL(t)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		// A connection that the test forgets does not matter.
		if _, err := conn.Exec(t.Context(), `CREATE TABLE n ()`); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("the database is still there")
	}
}

func TestFailedBuildIsNotTakenForATemplate(t *testing.T) {
	s := need(t)
	broken := errors.New("broken")
	fails := Template{Key: "fails", Build: func(context.Context, string) error { return broken }}
	if _, err := s.template(t.Context(), fails); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	var builds atomic.Int32
	works := Template{Key: "fails", Build: people(&builds).Build}
	again := &server{url: s.url, admin: s.admin, strategy: s.strategy} // as the next process
	name, err := again.template(t.Context(), works)
	if err != nil || builds.Load() != 1 {
		t.Errorf("built %d times (%v), want once", builds.Load(), err)
	}
	if err := s.drop(t.Context(), name); err != nil {
		t.Error(err)
	}
}

// TestServerLivesAsLongAsItsUsers runs two other test processes and kills
// them.
func TestServerLivesAsLongAsItsUsers(t *testing.T) {
	at, err := locate(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	if at.dir, err = os.MkdirTemp(filepath.Dir(at.dir), "huying-pgtest-life-"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(at.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(at.dir) })
	first, url := startHelper(t, at.dir)
	second, other := startHelper(t, at.dir)
	if url != other {
		t.Fatalf("two servers, %s and %s", url, other)
	}
	kill := func(c *exec.Cmd) {
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		c.Wait()
	}
	kill(first) // it started the server
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("the server went with the first user: %v", err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	kill(second)
	// The lock that postgres and its workers hold is free when all are gone.
	lock, err := flock(filepath.Join(at.data(), "postgres"), syscall.LOCK_EX)
	if err != nil {
		t.Fatal(err)
	}
	lock.Close()
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("the server outlived its users")
	}
	_, again := startHelper(t, at.dir)
	if _, err := pgx.Connect(t.Context(), again); err != nil {
		t.Errorf("the next server: %v", err)
	}
}

func startHelper(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+dir)
	cmd.Stderr = t.Output()
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	lines.Scan()
	if _, err := parseURL(lines.Text()); err != nil {
		t.Fatal(lines.Text())
	}
	return cmd, lines.Text()
}

// BenchmarkClone measures a test's database, made and dropped, by strategy
// and by how many tests run at once.
func BenchmarkClone(b *testing.B) {
	s := need(b)
	var builds atomic.Int32
	template, err := s.template(b.Context(), people(&builds))
	if err != nil {
		b.Fatal(err)
	}
	for _, strategy := range []string{"FILE_COPY", "WAL_LOG"} {
		b.Run(strategy, func(b *testing.B) {
			by := &server{url: s.url, admin: s.admin, strategy: strategy}
			for b.Loop() {
				if err := by.create(b.Context(), "bench", template); err != nil {
					b.Fatal(err)
				}
				if err := by.drop(b.Context(), "bench"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
