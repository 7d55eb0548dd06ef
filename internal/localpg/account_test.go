package localpg

import (
	"context"
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

// TestOrdinaryUser runs the important tests again as a user without
// privileges, in a copy of the test binary that this user can read.
func TestOrdinaryUser(t *testing.T) {
	asRoot(t)
	o := options(t, 18)
	dir := newDir(t)
	home := filepath.Join(dir, "home")
	binary := filepath.Join(dir, "localpg.test")
	copyDir(t, os.Args[0], binary)
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	user, err := findAccount(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, user.uid, user.gid); err != nil {
		t.Fatal(err)
	}
	// The user has no cache of its own: what root has fetched is read.
	root, err := filepath.Abs(o.Install)
	if err != nil {
		t.Fatal(err)
	}
	cache, _, ok := strings.Cut(root, "/cache/")
	if !ok {
		t.Skipf("the cache is not where it can be handed on: %s", root)
	}
	cmd := exec.Command(binary, "-test.v", "-test.run",
		"^(TestOwnerKilled.*|TestSecondOwner.*|TestAttachUses.*|TestUnusable.*|TestInterrupted.*|TestDirectoryOfAnotherUser)$")
	cmd.Dir, cmd.Env = home, []string{"HOME=" + home, "HUYING_HOME=" + cache, "PATH=/usr/bin:/bin"}
	cmd.SysProcAttr = user.attributes(syscall.SIGKILL)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := strings.Count(string(out), "\n--- PASS"); n < 6 {
		t.Errorf("only %d tests ran:\n%s", n, out)
	}
}

func TestDirectoryOfAnotherUser(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("needs an ordinary user; TestOrdinaryUser runs it")
	}
	for _, dir := range []string{"/etc", "/proc/1", "/etc/huying-test/data"} {
		o := options(t, 18)
		o.DataDir = dir
		if _, err := Open(t.Context(), o); errs.KindOf(err) != errs.Forbidden && errs.KindOf(err) != errs.Invalid {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestDirectoryClosedToTheServersUser(t *testing.T) {
	asRoot(t)
	o := options(t, 18)
	closed := filepath.Dir(o.DataDir)
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), o)
	wantCode(t, err, errs.Forbidden, "localpg.unreachable")
	if s := errs.Sentence(err); !strings.Contains(s, closed) {
		t.Errorf("the sentence does not name %s: %s", closed, s)
	}
}

// TestOnlyRootAndTheOwnerGetIn tries the socket as another user, first past
// its directory's permissions, then past those of the socket itself.
func TestOnlyRootAndTheOwnerGetIn(t *testing.T) {
	asRoot(t)
	o := prepared(t)
	s := mustOpen(t, o)
	if err := ping(t.Context(), s.sockets); err != nil {
		t.Fatalf("root: %v", err)
	}
	try := func() string {
		cmd := exec.Command(filepath.Join(o.Install, "bin", "psql"), s.URL(), "-c", "SELECT 1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 2, Gid: 2}}
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Error("another user got in")
		}
		return string(out)
	}
	if out := try(); !strings.Contains(out, "Permission denied") {
		t.Errorf("at the directory: %s", out)
	}
	for _, p := range []string{o.DataDir, s.sockets, filepath.Join(s.sockets, socketFile)} {
		if err := os.Chmod(p, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if out := try(); !strings.Contains(out, "eer authentication failed") {
		t.Errorf("at the server: %s", out)
	}
}

func TestSocketDirectoryThatSomebodyElseMadeIsRefused(t *testing.T) {
	asRoot(t)
	o := prepared(t)
	long := filepath.Join(filepath.Dir(o.DataDir), strings.Repeat("n", 100))
	if err := os.Rename(o.DataDir, long); err != nil {
		t.Fatal(err)
	}
	o.DataDir = long
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.sockets); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.sockets, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(s.sockets) })
	_, err = Open(t.Context(), o)
	wantCode(t, err, errs.Forbidden, "localpg.socket_dir")
}

func TestRootFollowsNoLinkOutOfTheDirectory(t *testing.T) {
	asRoot(t)
	o := prepared(t)
	outside := filepath.Join(newDir(t), "outside")
	log := filepath.Join(o.DataDir, logName)
	if err := errors.Join(os.Remove(log), os.Symlink(outside, log)); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), o); err == nil {
		s.Close(context.Background())
		t.Error("a link out of the directory was followed")
	}
	if _, err := os.Lstat(outside); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s was made (%v)", outside, err)
	}
}

func TestClusterOfRootIsGivenAdvice(t *testing.T) {
	asRoot(t)
	o := prepared(t)
	if err := os.Chown(filepath.Join(o.DataDir, clusterName), 0, 0); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), o)
	wantCode(t, err, errs.Forbidden, "localpg.not_permitted")
	if s := errs.Sentence(err); !strings.Contains(s, fmt.Sprintf("“%s”", "nobody")) {
		t.Errorf("the sentence does not name the user: %s", s)
	}
}
