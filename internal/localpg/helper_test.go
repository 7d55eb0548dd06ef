package localpg

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"huying/internal/assets"
	"huying/internal/errs"
)

// helperEnv makes the test binary a second process of ours: its value is a
// helperJob.
const helperEnv = "HUYING_LOCALPG_HELPER"

type helperJob struct {
	Options Options
	Attach  bool
}

func TestMain(m *testing.M) {
	if text := os.Getenv(helperEnv); text != "" {
		os.Exit(helperMain(text))
	}
	code := m.Run()
	os.RemoveAll(workDir())
	os.Exit(code)
}

// helperMain opens a server, says so on stdout, and closes it when stdin ends.
func helperMain(text string) int {
	var job helperJob
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		fmt.Println("error", err)
		return 2
	}
	job.Options.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	open := Open
	if job.Attach {
		open = Attach
	}
	s, err := open(context.Background(), job.Options)
	if err != nil {
		fmt.Println(errs.CodeOf(err), err)
		return 1
	}
	fmt.Println("ready", s.URL())
	io.Copy(io.Discard, os.Stdin)
	if err := s.Close(context.Background()); err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("closed")
	return 0
}

// helper is a running second process.
type helper struct {
	*exec.Cmd
	input io.WriteCloser
	lines *bufio.Scanner
	said  string // the first line: "ready URL", or a code and an error
}

func startHelper(t *testing.T, job helperJob) *helper {
	t.Helper()
	job.Options.Log = nil
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	h := &helper{Cmd: exec.Command(os.Args[0])}
	h.Env = append(os.Environ(), helperEnv+"="+string(text))
	h.Stderr = t.Output()
	if h.input, err = h.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := h.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Process.Kill()
		h.Wait()
	})
	h.lines = bufio.NewScanner(out)
	h.said = h.next()
	return h
}

func (h *helper) next() string {
	h.lines.Scan()
	return h.lines.Text()
}

// url is where the helper's server is.
func (h *helper) url(t *testing.T) string {
	t.Helper()
	u, ok := strings.CutPrefix(h.said, "ready ")
	if !ok {
		t.Fatalf("the helper has no server: %s", h.said)
	}
	return u
}

// workDir is where the data directories of this test process lie. t.TempDir
// will not do: as root it is closed to the user that postgres runs as.
var workDir = sync.OnceValue(func() string {
	base := "/tmp"
	if _, shm := memoryMB(); shm > 2048 {
		base = "/dev/shm" // ten times faster when the disk is busy
	}
	dir, err := os.MkdirTemp(base, "huying-localpg-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		panic(err)
	}
	return dir
})

func newDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(workDir(), "t")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// options are for a fast server in an empty directory.
func options(t *testing.T, version int) Options {
	t.Helper()
	dirs, err := assets.Home(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := assets.Locate(dirs, assets.Postgres)
	if err != nil {
		t.Fatalf("PostgreSQL is not there, run make fetch: %v", err)
	}
	install := paths.Postgres18
	if version == 16 {
		install = paths.Postgres16
	}
	return Options{
		Install: install, Version: version, DataDir: filepath.Join(newDir(t), "data"), Holder: "huying test",
		RunAs: "nobody", Volatile: true, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// prepared is options with a cluster copied from one made once, which is
// faster than initdb.
func prepared(t *testing.T) Options {
	t.Helper()
	o := options(t, 18)
	copyDir(t, seed(), o.DataDir)
	return o
}

var seed = sync.OnceValue(func() string {
	dirs, err := assets.Home(os.Getenv)
	if err != nil {
		panic(err)
	}
	paths, err := assets.Locate(dirs, assets.Postgres)
	if err != nil {
		panic("PostgreSQL is not there, run make fetch: " + err.Error())
	}
	dir := filepath.Join(workDir(), "seed")
	s, err := Open(context.Background(), Options{
		Install: paths.Postgres18, Version: 18, DataDir: dir,
		RunAs: "nobody", Volatile: true, Log: slog.New(slog.DiscardHandler),
	})
	if err == nil {
		err = s.Close(context.Background())
	}
	if err != nil {
		panic(err)
	}
	return dir
})

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v %s", err, out)
	}
}

// mustOpen opens a server and closes it at the end of the test.
func mustOpen(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatalf("Open: %v\n%s", err, errs.Sentence(err))
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func exec1(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func queryInt(t *testing.T, conn *pgx.Conn, sql string) int {
	t.Helper()
	var n int
	if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// postmaster reads the process number of the running server.
func postmaster(t *testing.T, o Options) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(o.DataDir, clusterName, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(b), &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

// processes counts the processes that work in the cluster's directory, as all
// of a postgres's do.
func processes(t *testing.T, o Options) int {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, l := range links {
		if cwd, err := os.Readlink(l); err == nil && cwd == filepath.Join(o.DataDir, clusterName) {
			n++
		}
	}
	return n
}

// wantCode checks an error's kind and code and that users get a sentence.
func wantCode(t *testing.T, err error, kind errs.Kind, code errs.Code) {
	t.Helper()
	if !errors.Is(err, errs.New(kind, code)) {
		t.Fatalf("error %v, want kind %d %s", err, kind, code)
	}
	if s := errs.Sentence(err); !errs.Has(code) || strings.Contains(s, "%!") {
		t.Errorf("the sentence is not whole: %s", s)
	}
}

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

func kill(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}
