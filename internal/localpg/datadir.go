package localpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"huying/internal/errs"
)

// Names inside a data directory.
const (
	ownerLock    = "owner"
	postgresLock = "postgres"
	guestsLock   = "guests"
	clusterName  = "cluster"
	freshName    = "cluster.new" // a cluster that initdb has not finished
	socketsName  = "run"
	logName      = "postgres.log"
)

// dataDir is an opened data directory. Its files are reached through an
// os.Root: when we are root the directory belongs to a user with less power,
// who must not be able to lead us elsewhere by a symbolic link.
type dataDir struct {
	opts Options
	user account
	path string // absolute, without symbolic links
	root *os.Root
}

// openDataDir checks the options, finds the user and opens the directory,
// making it when it is missing.
func openDataDir(o Options) (*dataDir, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	user, err := findAccount(o)
	if err != nil {
		return nil, err
	}
	if err := makeDataDir(o.DataDir, user); err != nil {
		return nil, err
	}
	path, err := filepath.EvalSymlinks(o.DataDir)
	if err != nil {
		return nil, dirError(err, o.DataDir, user)
	}
	if user.drop {
		for _, p := range []string{filepath.Dir(path), o.program("postgres")} {
			if at := user.shutOutAt(p); at != "" {
				return nil, errs.New(errs.Forbidden, "localpg.unreachable", user.name, at)
			}
		}
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, dirError(err, path, user)
	}
	d := &dataDir{opts: o, user: user, path: path, root: root}
	if err := d.claim(); err != nil {
		root.Close()
		return nil, err
	}
	return d, nil
}

// makeDataDir makes the directory, open to its user alone, and its parents.
func makeDataDir(path string, user account) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return dirError(err, path, user)
	}
	err := os.Mkdir(path, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return dirError(err, path, user)
	}
	return nil
}

// claim makes sure that the directory is ours to use: empty, or made by an
// earlier start, and belonging to our user.
func (d *dataDir) claim() error {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return dirError(err, d.path, d.user)
	}
	ours := len(entries) == 0
	for _, e := range entries {
		ours = ours || e.Name() == ownerLock || e.Name() == clusterName
	}
	if !ours {
		return errs.New(errs.Invalid, "localpg.foreign_dir", d.path)
	}
	st, err := d.root.Stat(".")
	if err != nil {
		return dirError(err, d.path, d.user)
	}
	switch {
	case ownerOf(st) == d.user.uid:
	case d.user.drop:
		if err := d.root.Chown(".", d.user.uid, d.user.gid); err != nil {
			return dirError(err, d.path, d.user)
		}
	default:
		return errs.New(errs.Forbidden, "localpg.not_permitted", d.path, d.user.name)
	}
	if st.Mode().Perm() != 0o700 {
		if err := d.root.Chmod(".", 0o700); err != nil {
			return dirError(err, d.path, d.user)
		}
	}
	return nil
}

// dirError classifies a failure to make, open or write something in a data
// directory.
func dirError(err error, path string, user account) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return errs.Wrap(err, errs.Forbidden, "localpg.not_permitted", path, user.name)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errs.Wrap(err, errs.Unavailable, "localpg.disk_full", path, runMB)
	case errors.Is(err, syscall.EROFS):
		return errs.Wrap(err, errs.Unavailable, "localpg.read_only", path)
	}
	return errs.Wrap(err, errs.Invalid, "localpg.data_dir", path)
}

// Close releases the handle on the directory; locks are separate.
func (d *dataDir) Close() { d.root.Close() }

func (d *dataDir) join(name string) string { return filepath.Join(d.path, name) }

// create opens a file of the directory, making it, readable by our user only.
func (d *dataDir) create(name string, flags int) (*os.File, error) {
	f, err := d.root.OpenFile(name, flags|os.O_CREATE, 0o600)
	if err != nil {
		return nil, dirError(err, d.path, d.user)
	}
	if d.user.drop {
		if err := f.Chown(d.user.uid, d.user.gid); err != nil {
			f.Close()
			return nil, dirError(err, d.path, d.user)
		}
	}
	return f, nil
}

// writeFile replaces a small file as a whole, so that a crash leaves the old
// one or the new one.
func (d *dataDir) writeFile(name, text string) error {
	f, err := d.create(name+".new", os.O_WRONLY|os.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = d.root.Rename(name+".new", name)
	}
	if err != nil {
		return dirError(err, d.path, d.user)
	}
	return nil
}

// own takes the owner lock for a service.
func (d *dataDir) own(ctx context.Context) (*lock, error) {
	patience := dyingWait
	if l, err := d.tryLock(ownerLock, false); !errors.Is(err, errHeld) {
		return l, err
	}
	if h := d.holder(); h.command {
		d.opts.Log.Info("waiting for a command that uses the data directory", "command", h.name, "pid", h.pid)
		patience = commandWait
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	l, err := d.waitLock(waiting, ownerLock)
	if !errors.Is(err, errHeld) {
		return l, err
	}
	h := d.holder()
	if h.command {
		return nil, errs.New(errs.Conflict, "localpg.busy", h.name, h.pid, d.path)
	}
	return nil, errs.New(errs.Conflict, "localpg.owned", d.path, h.pid)
}

// quiet waits until no postgres process of an earlier owner is left, and gives
// the lock that the next postgres is to inherit.
func (d *dataDir) quiet(ctx context.Context) (*lock, error) {
	waiting, cancel := context.WithTimeout(ctx, stopWait)
	defer cancel()
	l, err := d.waitLock(waiting, postgresLock)
	if errors.Is(err, errHeld) {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("localpg: waiting for an earlier postgres: %w", ctx.Err())
		}
		return nil, errs.New(errs.Unavailable, "localpg.leftover", d.path)
	}
	return l, err
}

// awaitGuests waits until no command uses our server any more, and keeps out
// new ones until the lock it gives is closed. It gives nil when ctx ends first.
func (d *dataDir) awaitGuests(ctx context.Context) *lock {
	l, err := d.tryLock(guestsLock, false)
	if errors.Is(err, errHeld) {
		d.opts.Log.Info("waiting for other commands that use the database")
		l, err = d.waitLock(ctx, guestsLock)
	}
	if err != nil {
		d.opts.Log.Warn("other commands lose their database", "error", err)
		return nil
	}
	return l
}

// freeMB is the space that our user can still fill on the directory's disk.
func (d *dataDir) freeMB() (int, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(d.path, &st); err != nil {
		return 0, fmt.Errorf("localpg: statfs: %w", err)
	}
	return int(st.Bavail * uint64(st.Bsize) >> 20), nil
}

// needMB refuses a disk with less than so much space.
func (d *dataDir) needMB(need int) error {
	free, err := d.freeMB()
	if err != nil {
		return err
	}
	if free < need {
		return errs.New(errs.Unavailable, "localpg.disk_full", d.path, need)
	}
	return nil
}

// lastLines is the last part of a program's output, without empty lines.
func lastLines(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[max(0, len(kept)-tailLines):], "\n")
}

// tailLines is how much of the log a user is shown when a start fails: enough
// for the reason, few enough for a terminal.
const tailLines = 8
