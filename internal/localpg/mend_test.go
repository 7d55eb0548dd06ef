package localpg

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"huying/internal/errs"
)

func TestUnusableDirectoriesAreRefusedWithAdvice(t *testing.T) {
	remove := func(name string) func(*testing.T, *Options) {
		return func(t *testing.T, o *Options) {
			if err := os.Remove(filepath.Join(o.DataDir, clusterName, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(name, text string) func(*testing.T, *Options) {
		return func(t *testing.T, o *Options) {
			if err := os.WriteFile(filepath.Join(o.DataDir, clusterName, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name    string
		prepare func(*testing.T, *Options)
		kind    errs.Kind
		code    errs.Code
		says    string
	}{
		{"another major version", write("PG_VERSION", "16\n"), errs.Conflict, "localpg.wrong_version", "huying backup"},
		{"no version", remove("PG_VERSION"), errs.Unavailable, "localpg.damaged", "huying restore"},
		{"not a version", write("PG_VERSION", "?\n"), errs.Unavailable, "localpg.damaged", "huying restore"},
		{"no control file", remove("global/pg_control"), errs.Unavailable, "localpg.damaged", "huying restore"},
		{"a damaged control file", write("global/pg_control", strings.Repeat("?", 8192)), errs.Unavailable, "localpg.start_failed", "FATAL"},
		{"files of somebody else", func(t *testing.T, o *Options) {
			o.DataDir = filepath.Join(filepath.Dir(o.DataDir), "other")
			if err := os.MkdirAll(filepath.Join(o.DataDir, "photos"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, errs.Invalid, "localpg.foreign_dir", "空目录"},
		{"a file", func(t *testing.T, o *Options) {
			o.DataDir = filepath.Join(o.DataDir, clusterName, "PG_VERSION")
		}, errs.Invalid, "localpg.data_dir", "PG_VERSION"},
		{"no installation", func(t *testing.T, o *Options) { o.Install = newDir(t) }, errs.Unavailable, "localpg.not_installed", "make fetch"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := prepared(t)
			tt.prepare(t, &o)
			_, err := Open(t.Context(), o)
			wantCode(t, err, tt.kind, tt.code)
			if s := errs.Sentence(err); !strings.Contains(s, tt.says) {
				t.Errorf("the sentence does not say %q: %s", tt.says, s)
			}
			if n := processes(t, o); n != 0 {
				t.Errorf("%d processes are left", n)
			}
		})
	}
}

func TestInterruptedInitdbIsBegunAnew(t *testing.T) {
	o := options(t, 18)
	half := filepath.Join(o.DataDir, freshName, "base")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.DataDir, ownerLock), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	exec1(t, connect(t, mustOpen(t, o).URL()), "SELECT 1")
}

func TestFullDiskIsRefusedWithAdvice(t *testing.T) {
	asRoot(t)
	small := newDir(t)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=100m", "huying-test", small).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a small file system: %s", out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", small).Run() })
	o := options(t, 18)
	o.DataDir = filepath.Join(small, "data")
	_, err := Open(t.Context(), o)
	wantCode(t, err, errs.Unavailable, "localpg.disk_full")

	copyDir(t, seed(), o.DataDir)
	fill(t, filepath.Join(small, "fill"))
	_, err = Open(t.Context(), o)
	wantCode(t, err, errs.Unavailable, "localpg.disk_full")
	if err := os.Remove(filepath.Join(small, "fill")); err != nil {
		t.Fatal(err)
	}
}

// fill writes until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 1<<20))
	}
}

func TestLogIsRotatedAndItsEndKept(t *testing.T) {
	o := prepared(t)
	d, err := openDataDir(o)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	l, err := d.openLog()
	if err != nil {
		t.Fatal(err)
	}
	line := append(bytes.Repeat([]byte("x"), 1<<20-1), '\n')
	for range 5 * logSize / len(line) {
		if _, err := l.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	l.Write([]byte("the last\nlines\n"))
	if got := l.Tail(); got != "the last\nlines" {
		t.Errorf("tail %q", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(o.DataDir, logName+"*"))
	if err != nil || len(logs) != 1+logsKept {
		t.Errorf("logs %v (%v), want %d", logs, err, 1+logsKept)
	}
	for _, name := range logs {
		if st, err := os.Stat(name); err != nil || st.Size() > logSize || st.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v (%v)", name, st, err)
		}
	}
}

func TestLogHoldsNoCitizensData(t *testing.T) {
	o := prepared(t)
	s := mustOpen(t, o)
	conn := connect(t, s.URL())
	exec1(t, conn, "CREATE TABLE n (phone text PRIMARY KEY, other text NOT NULL)")
	const secret = "13800001111"
	for range 2 { // the second fails, and so does the cast
		conn.Exec(t.Context(), "INSERT INTO n VALUES ($1, 'a')", secret)
	}
	if _, err := conn.Exec(t.Context(), "INSERT INTO n VALUES ($1, NULL)", secret+"2"); err == nil {
		t.Fatal("the row should be refused")
	}
	b, err := os.ReadFile(filepath.Join(o.DataDir, logName))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte(secret)) {
		t.Errorf("the log holds a phone number:\n%s", b)
	}
}
