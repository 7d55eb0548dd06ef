package localpg

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"huying/internal/errs"
)

// account is the system user that postgres runs as.
type account struct {
	uid, gid int
	name     string
	drop     bool // we are root and must change to it
}

// findAccount gives the user of a data directory: ourselves, or, because
// postgres refuses to run as root, one without privileges. It must have a
// name: initdb and peer authentication both ask for it.
func findAccount(o Options) (account, error) {
	if uid := os.Geteuid(); uid != 0 {
		u, err := user.LookupId(strconv.Itoa(uid))
		if err != nil {
			return account{}, errs.Wrap(err, errs.Unavailable, "localpg.nameless_user", uid)
		}
		return account{uid: uid, gid: os.Getegid(), name: u.Username}, nil
	}
	if st, err := os.Lstat(filepath.Join(o.DataDir, clusterName)); err == nil && ownerOf(st) != 0 {
		if u, err := user.LookupId(strconv.Itoa(ownerOf(st))); err == nil {
			return dropTo(u)
		}
	}
	u, err := user.Lookup(o.RunAs)
	if err != nil {
		if u, err = makeUser(o.RunAs); err != nil {
			o.Log.Warn("cannot make the system user, postgres runs as nobody", "user", o.RunAs, "error", err)
			u, err = user.Lookup("nobody")
		}
	}
	if err != nil {
		return account{}, errs.Wrap(err, errs.Unavailable, "localpg.no_user", o.RunAs)
	}
	return dropTo(u)
}

func dropTo(u *user.User) (account, error) {
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, errs.Wrap(err, errs.Unavailable, "localpg.no_user", u.Username)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil || uid == 0 {
		return account{}, errs.Wrap(err, errs.Unavailable, "localpg.no_user", u.Username)
	}
	return account{uid: uid, gid: gid, name: u.Username, drop: true}, nil
}

// makeUser makes a system user that nobody can sign in as.
func makeUser(name string) (*user.User, error) {
	cmd := exec.CommandContext(context.Background(), "useradd", "--system", "--user-group", "--no-create-home",
		"--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name)
	failed := cmd.Run()
	// A second process may have made it meanwhile, so the answer is the lookup.
	u, err := user.Lookup(name)
	if err != nil && failed != nil {
		return nil, failed
	}
	return u, err
}

// attributes are how a child of ours is started: as the user, in a process
// group of its own, so that Ctrl-C reaches us alone, and with the signal that
// the kernel sends it when the thread that started it ends.
func (a account) attributes(death syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: death}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

// shutOutAt gives the first part of an absolute path that the user cannot
// pass or read, by the permission bits, or "" when the way is open. Access
// lists are not looked at.
func (a account) shutOutAt(path string) string {
	for p := path; ; p = filepath.Dir(p) {
		st, err := os.Stat(p)
		if err != nil || !a.enters(st) {
			return p
		}
		if p == filepath.Dir(p) {
			return ""
		}
	}
}

func (a account) enters(st fs.FileInfo) bool {
	mode := st.Mode().Perm()
	sys, ok := st.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return false
	case int(sys.Uid) == a.uid:
		return mode&0o100 != 0
	case int(sys.Gid) == a.gid:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}

// ownerOf gives the user id of a file.
func ownerOf(st fs.FileInfo) int {
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		return int(sys.Uid)
	}
	return -1
}
