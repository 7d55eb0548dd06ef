package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"huying/internal/assets"
)

// workDir is where everything the tests of this package make lies: the
// binary, and homes. It is open to the system user that PostgreSQL runs as
// when we are root, which t.TempDir is not.
var workDir = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "huying-e2e-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
})

// binary is the real program, built once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := workDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "huying")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// demoRun is what loading the demo city once gave: the home it lies in, the
// program's memory right after it, and what the program said.
type demoRun struct {
	home string
	rss  int64 // bytes
	said string
}

// demoCity loads the demo city once; tests work on copies of its home.
var demoCity = sync.OnceValues(func() (demoRun, error) {
	dir, err := workDir()
	if err != nil {
		return demoRun{}, err
	}
	home := filepath.Join(dir, "demo")
	if err := makeHome(home); err != nil {
		return demoRun{}, err
	}
	c := &city{home: home, args: []string{"serve", "--demo", "--demo-cases", "0"}}
	if err := c.start(); err != nil {
		return demoRun{}, err
	}
	rss, err := residentMemory(c.cmd.Process.Pid)
	if err != nil {
		return demoRun{}, err
	}
	err = c.stop(syscall.SIGTERM)
	return demoRun{home: home, rss: rss, said: c.log.String()}, err
})

// TestMain runs the tests, or a command where the program would start itself
// anew (trainApart).
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "train" {
		main()
	}
	code := m.Run()
	if dir, err := workDir(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// makeHome makes an empty home whose cache is this machine's.
func makeHome(dir string) error {
	dirs, err := assets.Home(os.Getenv)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.Symlink(dirs.Cache, filepath.Join(dir, "cache"))
}

// newDir gives a folder for one test that PostgreSQL's user can enter.
func newDir(t *testing.T) string {
	t.Helper()
	dir, err := workDir()
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = os.MkdirTemp(dir, "t"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// emptyHome gives a home with nothing in it but the cache.
func emptyHome(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(newDir(t), "home")
	if err := makeHome(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// cityHome gives a copy of the home with the demo city.
func cityHome(t *testing.T) string {
	t.Helper()
	demo, err := demoCity()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(newDir(t), "home")
	if out, err := exec.Command("cp", "-a", demo.home, dir).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v\n%s", err, out)
	}
	return dir
}

// city is a running program.
type city struct {
	home string
	args []string
	env  []string
	cmd  *exec.Cmd
	log  *lockedBuffer
	addr string // host:port
	done chan error
}

// lockedBuffer collects what the program says.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// without gives what was said but for the lines with a word.
func (l *lockedBuffer) without(word string) string {
	lines := slices.DeleteFunc(strings.Split(l.String(), "\n"), func(line string) bool { return strings.Contains(line, word) })
	return strings.Join(lines, "\n")
}

// serve starts the program on the home and stops it when the test ends.
func serve(t *testing.T, home string, args ...string) *city {
	t.Helper()
	return serveWith(t, home, nil, args...)
}

// serveWith is serve with environment variables more.
func serveWith(t *testing.T, home string, env []string, args ...string) *city {
	t.Helper()
	c := &city{home: home, args: append([]string{"serve"}, args...), env: env}
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.stop(syscall.SIGTERM); err != nil {
			t.Errorf("the program ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the program said:\n%s", c.log.without("msg=request"))
		}
	})
	return c
}

// startWithin bounds a start: the demo city's import embeds 13,000 texts.
const startWithin = 8 * time.Minute

// start runs the program and waits until it says where it listens. A city
// that ended may be started again.
func (c *city) start() error {
	path, err := binary()
	if err != nil {
		return err
	}
	c.cmd = exec.Command(path, append(c.args, "--listen", "127.0.0.1:0")...)
	c.cmd.Env = append(os.Environ(), append([]string{"HUYING_HOME=" + c.home}, c.env...)...)
	c.log = &lockedBuffer{}
	pipe, err := c.cmd.StderrPipe()
	if err != nil {
		return err
	}
	c.cmd.Stdout = c.log
	if err := c.cmd.Start(); err != nil {
		return err
	}
	cmd, said, done := c.cmd, c.log, make(chan error, 1)
	c.done = done
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(io.TeeReader(pipe, said))
		for lines.Scan() {
			if _, addr, ok := strings.Cut(lines.Text(), "呼应已启动：http://"); ok {
				ready <- strings.Replace(strings.TrimSpace(addr), "localhost", "127.0.0.1", 1)
			}
		}
		done <- cmd.Wait()
	}()
	select {
	case c.addr = <-ready:
		return nil
	case err := <-c.done:
		c.done <- err
		return fmt.Errorf("the program ended at start: %v\n%s", err, c.log)
	case <-time.After(startWithin):
		c.cmd.Process.Kill()
		return fmt.Errorf("the program did not start\n%s", c.log)
	}
}

// stopWithin bounds a stop: requests under way may take 10 s, jobs and the
// database as long again.
const stopWithin = time.Minute

// stop ends the program with a signal, unless it has ended, and waits for it.
// One that does not stop is made to say where it stands.
func (c *city) stop(sig os.Signal) error {
	if err := c.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	var err error
	select {
	case err = <-c.done:
	case <-time.After(stopWithin):
		c.cmd.Process.Signal(syscall.SIGQUIT)
		c.done <- <-c.done
		return fmt.Errorf("it did not stop within %v:\n%s", stopWithin, c.log)
	}
	c.done <- err
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
			return nil // as the test wanted it
		}
	}
	return err
}

// command runs another command of the program on the city's home, with its
// settings, and gives what it printed and its exit code.
func (c *city) command(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	cmd := newCommand(t, c.home, args...)
	cmd.Env = append(cmd.Env, c.env...)
	return finished(t, cmd)
}

// mustCommand is command for what has to work.
func (c *city) mustCommand(t *testing.T, args ...string) string {
	t.Helper()
	out, code := c.command(t, args...)
	if code != exitOK {
		t.Fatalf("huying %s: exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// runCommand runs a command of the program on a home.
func runCommand(t *testing.T, home string, args ...string) (out string, code int) {
	t.Helper()
	return finished(t, newCommand(t, home, args...))
}

// newCommand prepares a command of the program on a home.
func newCommand(t *testing.T, home string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "HUYING_HOME="+home)
	return cmd
}

// finished runs a command to its end.
func finished(t *testing.T, cmd *exec.Cmd) (out string, code int) {
	t.Helper()
	raw, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(raw), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), exitOK
}
