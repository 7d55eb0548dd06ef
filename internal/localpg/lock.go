package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lock is an open file that this process holds a flock on. Closing the file
// releases it, and so does the end of the process, however it ends.
type lock struct{ *os.File }

// errHeld is what tryLock gives when another process holds the lock.
var errHeld = errors.New("localpg: another process holds the lock")

// tryLock opens name in the data directory and locks it, shared or for us
// alone, or fails at once with errHeld.
func (d *dataDir) tryLock(name string, shared bool) (*lock, error) {
	f, err := d.create(name, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	for {
		err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return &lock{f}, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errHeld
	}
	return nil, fmt.Errorf("localpg: flock %s: %w", name, err)
}

// waitLock is tryLock for us alone, repeated until ctx ends; then it gives
// errHeld.
func (d *dataDir) waitLock(ctx context.Context, name string) (*lock, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		l, err := d.tryLock(name, false)
		if !errors.Is(err, errHeld) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, errHeld
		case <-tick.C:
		}
	}
}

// holder is what an owner writes into the lock file, for those it keeps out.
type holder struct {
	pid     int
	name    string // such as "huying serve"
	command bool   // it will be gone soon
}

// describe writes who holds the lock.
func (l *lock) describe(name string, command bool) error {
	kind := "service"
	if command {
		kind = "command"
	}
	text := fmt.Sprintf("%d\n%s\n%s\n", os.Getpid(), kind, strings.ReplaceAll(name, "\n", " "))
	if err := l.Truncate(0); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	if _, err := l.WriteAt([]byte(text), 0); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	return nil
}

// holder reads who holds the owner lock. An owner that has only just taken it
// is described as a service without a name: the file may be old or empty.
func (d *dataDir) holder() holder {
	b, err := d.root.ReadFile(ownerLock)
	if err != nil {
		return holder{}
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) < 3 {
		return holder{}
	}
	pid, err := strconv.Atoi(lines[0])
	if err != nil {
		return holder{}
	}
	return holder{pid: pid, command: lines[1] == "command", name: lines[2]}
}
