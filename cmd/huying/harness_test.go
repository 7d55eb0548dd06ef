package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"huying/internal/assets"
)

// binary is the real program, built once for the tests of this package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "huying-e2e-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "huying")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// demoHome is a home in which the demo city was loaded once; tests copy it.
var demoHome = sync.OnceValues(func() (string, error) {
	path, err := binary()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(path), "demo")
	if err := makeHome(dir); err != nil {
		return "", err
	}
	c := &city{home: dir, args: []string{"serve", "--demo"}}
	if err := c.start(path); err != nil {
		return "", err
	}
	return dir, c.stop(syscall.SIGTERM)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
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

// emptyHome gives a home with nothing in it but the cache.
func emptyHome(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "home")
	if err := makeHome(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// cityHome gives a copy of the home with the demo city.
func cityHome(t *testing.T) string {
	t.Helper()
	from, err := demoHome()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "home")
	if out, err := exec.Command("cp", "-a", from, dir).CombinedOutput(); err != nil {
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

// serve starts the program on the home and stops it when the test ends.
func serve(t *testing.T, home string, args ...string) *city {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := &city{home: home, args: append([]string{"serve"}, args...)}
	if err := c.start(path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("the program said:\n%s", c.log)
		}
	})
	return c
}

// startWithin bounds a start: the demo city's import embeds 8,000 texts.
const startWithin = 8 * time.Minute

// start runs the program and waits until it says where it listens.
func (c *city) start(path string) error {
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
	c.done = make(chan error, 1)
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(io.TeeReader(pipe, c.log))
		for lines.Scan() {
			if _, addr, ok := strings.Cut(lines.Text(), "呼应已启动：http://"); ok {
				ready <- strings.Replace(strings.TrimSpace(addr), "localhost", "127.0.0.1", 1)
			}
		}
		c.done <- c.cmd.Wait()
	}()
	select {
	case c.addr = <-ready:
		return nil
	case err := <-c.done:
		return fmt.Errorf("the program ended at start: %v\n%s", err, c.log)
	case <-time.After(startWithin):
		c.cmd.Process.Kill()
		return fmt.Errorf("the program did not start\n%s", c.log)
	}
}

// stop ends the program with a signal and waits for it.
func (c *city) stop(sig os.Signal) error {
	if err := c.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := <-c.done
	c.done <- err
	if sig == syscall.SIGKILL {
		return nil
	}
	return err
}

// command runs another command of the program on the home and gives what it
// printed and its exit code.
func (c *city) command(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	return runCommand(t, c.home, "", args...)
}

func runCommand(t *testing.T, home, stdin string, args ...string) (out string, code int) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "HUYING_HOME="+home)
	cmd.Stdin = strings.NewReader(stdin)
	raw, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(raw), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), 0
}

// token makes an API token of a demo account.
func (c *city) token(t *testing.T, login string) string {
	t.Helper()
	out, code := c.command(t, "token", "create", t.Name()+"-"+login, "--account", login)
	if code != 0 {
		t.Fatalf("token create: exit %d\n%s", code, out)
	}
	lines := strings.Fields(out)
	return lines[len(lines)-1]
}

// api calls the JSON API. into may be nil.
func (c *city) api(ctx context.Context, token, method, path string, body, into any) (int, error) {
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.addr+path, reader)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			return resp.StatusCode, fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, raw)
		}
	}
	return resp.StatusCode, nil
}
