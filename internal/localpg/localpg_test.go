package localpg

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"huying/internal/errs"
)

func TestServerKeepsDataInBothVersions(t *testing.T) {
	for _, version := range []int{16, 18} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			o := options(t, version)
			o.Volatile = false
			s, err := Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			conn := connect(t, s.URL())
			if got := queryInt(t, conn, "SELECT current_setting('server_version_num')::int / 10000"); got != version {
				t.Errorf("version %d, want %d", got, version)
			}
			exec1(t, conn, "CREATE EXTENSION vector")
			exec1(t, conn, "CREATE TABLE n (v halfvec(3), s text)")
			exec1(t, conn, "INSERT INTO n VALUES ('[1,2,3]', 'É供暖'), ('[3,2,1]', 'a')")
			exec1(t, conn, "CREATE INDEX ON n USING hnsw (v halfvec_cosine_ops)")
			if got := queryInt(t, conn, "SELECT count(*)::int FROM n WHERE lower(s) = 'é供暖'"); got != 1 {
				t.Errorf("lower does not know É")
			}
			for name, want := range map[string]string{
				"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
				"listen_addresses": "", "server_encoding": "UTF8", "max_connections": "100",
			} {
				var got string
				if err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got); err != nil || got != want {
					t.Errorf("%s is %q (%v), want %q", name, got, err, want)
				}
			}
			if err := s.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := processes(t, o); n != 0 {
				t.Errorf("%d processes are left after Close", n)
			}
			conn = connect(t, mustOpen(t, o).URL())
			if got := queryInt(t, conn, "SELECT count(*)::int FROM n"); got != 2 {
				t.Errorf("%d rows after a restart, want 2", got)
			}
		})
	}
}

func TestOwnerKilledLeavesNoPostgresAndLosesNothing(t *testing.T) {
	o := prepared(t)
	o.Volatile = false
	h := startHelper(t, helperJob{Options: o})
	conn := connect(t, h.url(t))
	exec1(t, conn, "CREATE TABLE n AS SELECT i FROM generate_series(1, 100000) i")
	old := postmaster(t, o)
	kill(t, h.Process.Pid, syscall.SIGKILL)

	s := mustOpen(t, o) // at once: the old postgres is still shutting down
	if pid := postmaster(t, o); pid == old {
		t.Errorf("postgres %d is the one whose owner was killed", pid)
	}
	if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", old)); err == nil {
		t.Errorf("postgres %d is still there, in %s", old, cwd)
	}
	if got := queryInt(t, connect(t, s.URL()), "SELECT count(*)::int FROM n"); got != 100000 {
		t.Errorf("%d rows, want 100000", got)
	}
}

func TestKilledTogetherWithPostgresRecovers(t *testing.T) {
	o := prepared(t)
	o.Volatile = false
	h := startHelper(t, helperJob{Options: o})
	exec1(t, connect(t, h.url(t)), "CREATE TABLE n AS SELECT i FROM generate_series(1, 1000) i")
	kill(t, postmaster(t, o), syscall.SIGKILL)
	kill(t, h.Process.Pid, syscall.SIGKILL)
	if got := queryInt(t, connect(t, mustOpen(t, o).URL()), "SELECT count(*)::int FROM n"); got != 1000 {
		t.Errorf("%d rows, want 1000", got)
	}
}

func TestKilledDuringInitdbLeavesNothing(t *testing.T) {
	o := options(t, 18)
	cmd := exec.Command(os.Args[0])
	text, err := json.Marshal(helperJob{Options: withoutLog(o)})
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), helperEnv+"="+string(text))
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() && !strings.Contains(lines.Text(), "making the database cluster") {
	}
	kill(t, cmd.Process.Pid, syscall.SIGKILL)
	cmd.Wait()
	if _, err := os.Stat(filepath.Join(o.DataDir, clusterName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a cluster that nobody finished (%v)", err)
	}
	exec1(t, connect(t, mustOpen(t, o).URL()), "SELECT 1")
	if _, err := os.Stat(filepath.Join(o.DataDir, freshName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the half-made cluster is still there (%v)", err)
	}
}

func withoutLog(o Options) Options {
	o.Log = nil
	return o
}

func TestPIDFileWithAnothersProcessNumberIsStale(t *testing.T) {
	o := prepared(t)
	pid := filepath.Join(o.DataDir, clusterName, "postmaster.pid")
	// The parent of this process is alive, as a recycled number would be.
	if err := os.WriteFile(pid, fmt.Appendf(nil, "%d\n", os.Getppid()), 0o600); err != nil {
		t.Fatal(err)
	}
	connect(t, mustOpen(t, o).URL())
}

func TestSecondOwnerIsRefused(t *testing.T) {
	o := prepared(t)
	h := startHelper(t, helperJob{Options: o})
	_, err := Open(t.Context(), o)
	wantCode(t, err, errs.Conflict, "localpg.owned")
	if s := errs.Sentence(err); !strings.Contains(s, fmt.Sprint(h.Process.Pid)) {
		t.Errorf("the sentence does not name process %d: %s", h.Process.Pid, s)
	}
	if got := queryInt(t, connect(t, h.url(t)), "SELECT 1"); got != 1 {
		t.Error("the first server was damaged")
	}
}

func TestFallenPostgresIsStartedAgain(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			o := prepared(t)
			o.Volatile = false
			s := mustOpen(t, o)
			exec1(t, connect(t, s.URL()), "CREATE TABLE n ()")
			old := postmaster(t, o)
			kill(t, old, sig)
			// A second start waits for the answer as a pool would.
			guest, err := Attach(t.Context(), o)
			for err == nil && postmasterIs(o, old) {
				guest.Close(t.Context())
				guest, err = Attach(t.Context(), o)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer guest.Close(context.Background())
			exec1(t, connect(t, guest.URL()), "SELECT * FROM n")
		})
	}
}

func postmasterIs(o Options, pid int) bool {
	b, err := os.ReadFile(filepath.Join(o.DataDir, clusterName, "postmaster.pid"))
	return err != nil || strings.HasPrefix(string(b), fmt.Sprint(pid, "\n"))
}

func TestCloseEndsPostgresWhenTimeIsUp(t *testing.T) {
	o := prepared(t)
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	s.Close(over) // an error or not: a fast shutdown may have been fast enough
	if n := processes(t, o); n != 0 {
		t.Errorf("%d processes are left", n)
	}
	connect(t, mustOpen(t, o).URL())
}

func TestOpenGivesUpWithItsContext(t *testing.T) {
	o := options(t, 18)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(over, o); err == nil {
		t.Fatal("Open succeeded after its context was over")
	}
	if n := processes(t, o); n != 0 {
		t.Errorf("%d processes are left", n)
	}
	connect(t, mustOpen(t, o).URL()) // what was begun is no obstacle
}

func TestAnyPathWillDo(t *testing.T) {
	long := strings.Repeat("很长的目录", 12)
	for _, name := range []string{"数据 目录", `a,b%20"c'd`, long} {
		t.Run(name[:min(len(name), 15)], func(t *testing.T) {
			o := options(t, 18)
			o.DataDir = filepath.Join(filepath.Dir(o.DataDir), name)
			copyDir(t, seed(), o.DataDir)
			s := mustOpen(t, o)
			if len(filepath.Join(s.sockets, socketFile)) > socketPath {
				t.Errorf("the socket's path is too long: %s", s.sockets)
			}
			exec1(t, connect(t, s.URL()), "SELECT 1")
			guest, err := Attach(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer guest.Close(context.Background())
			if guest.Owned() || guest.URL() != s.URL() {
				t.Errorf("the guest is at %s, the owner at %s", guest.URL(), s.URL())
			}
		})
	}
}
