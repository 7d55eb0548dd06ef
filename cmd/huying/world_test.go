package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pollEvery is the pace of waiting for something.
const pollEvery = 50 * time.Millisecond

// eventually looks again and again until ok says yes, and fails the test when
// that takes longer than within.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	end := time.NewTimer(within)
	defer end.Stop()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !ok() {
		select {
		case <-end.C:
			t.Fatalf("%v passed: %s", within, what)
		case <-tick.C:
		}
	}
}

// processesIn gives the processes whose working directory lies in dir:
// PostgreSQL and each of its workers work in the cluster's folder.
func processesIn(t *testing.T, dir string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err == nil && strings.HasPrefix(cwd, dir) { // one that ended meanwhile, or is another user's, is none of ours
			name, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "comm"))
			found = append(found, filepath.Base(filepath.Dir(link))+" "+strings.TrimSpace(string(name)))
		}
	}
	return found
}

// nothingLeft waits until no process works on the home any more.
func nothingLeft(t *testing.T, home string) {
	t.Helper()
	eventually(t, time.Minute, "a database process is left over", func() bool { return len(processesIn(t, home)) == 0 })
}

// residentMemory gives the memory of a process in bytes.
func residentMemory(pid int) (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(raw), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) < 2 || fields[1] != "kB" {
		return 0, fmt.Errorf("no VmRSS in the status of %d", pid)
	}
	kb, err := strconv.ParseInt(fields[0], 10, 64)
	return kb * 1024, err
}

// writeTemp writes a file for a test and gives its path.
func writeTemp(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sharedFile gives a file of the data beside the repository; ok is false when
// it is missing.
func sharedFile(name string) (path string, ok bool) {
	path = filepath.Join("..", "..", "..", "shared", filepath.FromSlash(name))
	_, err := os.Stat(path)
	return path, err == nil
}

// sayings fails the test for each of the texts that out does not contain.
func sayings(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !strings.Contains(out, s) {
			t.Errorf("does not say %q:\n%s", s, out)
		}
	}
}
