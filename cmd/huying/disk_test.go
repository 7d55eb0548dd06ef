package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// smallDisk copies a home to a file system of its own with little room; ok is
// false where one may not mount.
func smallDisk(t *testing.T, home string, size int) (moved string, ok bool) {
	t.Helper()
	dir := filepath.Join(newDir(t), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=755", size)); err != nil {
		t.Logf("no small disk to fill: %v", err)
		return "", false
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	moved = filepath.Join(dir, "home")
	if out, err := exec.Command("cp", "-a", home, moved).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v\n%s", err, out)
	}
	return moved, true
}

// fill takes the room that is left on the disk of a folder, whatever the
// program takes of it meanwhile, and gives the file that does.
func fill(t *testing.T, dir string) string {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	eventually(t, time.Minute, "the disk's room is never known", func() bool {
		var fs unix.Statfs_t
		if err := unix.Statfs(dir, &fs); err != nil {
			t.Fatal(err)
		}
		err := unix.Fallocate(int(f.Fd()), 0, 0, int64(fs.Bavail)*fs.Bsize)
		if err != nil && !errors.Is(err, unix.ENOSPC) {
			t.Fatal(err)
		}
		return err == nil
	})
	return f.Name()
}

// TestFullDisk: when the disk is full, messages are refused with 503 in
// Chinese; with room again it works without a restart, and what was
// acknowledged is there.
func TestFullDisk(t *testing.T) {
	home, ok := smallDisk(t, cityHome(t), 400)
	if !ok {
		return
	}
	c := serve(t, home).caller(t, "agent1")
	var kept []string
	send := func(n int) reply {
		r, err := c.call(t.Context(), http.MethodPost, "/api/v1/messages",
			delivery{Channel: "web", ExternalID: fmt.Sprint("d", n), Text: fmt.Sprint("楼下第", n, "根路灯不亮")})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := send(0); r.status != http.StatusCreated {
		t.Fatalf("%d %s", r.status, r.body)
	}
	filler := fill(t, home)
	n := 0
	eventually(t, 2*time.Minute, "the full disk is not noticed", func() bool {
		n++
		r := send(n)
		if r.status == http.StatusCreated {
			kept = append(kept, r.header.Get("Location"))
			return false
		}
		awayProblem(t, r)
		return true
	})
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, 2*time.Minute, "it does not work again", func() bool {
		n++
		return send(n).status == http.StatusCreated
	})
	for _, path := range kept {
		must[message](t, c, http.StatusOK, http.MethodGet, path, nil)
	}
	t.Logf("%d messages went in before the disk was seen to be full", len(kept))
}
