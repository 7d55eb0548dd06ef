package assets

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"huying/internal/errs"
)

// Fetch brings the parts (none given: RunParts) that the cache lacks or that
// are damaged there. Parts already in the cache need no client and no network.
// Several processes may call it at once: one fetches, the others wait for it.
// progress (may be nil) hears of every step from the calling goroutine or one
// other, never from two at a time.
//
// Errors: errs.Unavailable with a sentence that says what is missing (a
// client, the network, disk) or that a package is not the pinned one;
// ctx.Err() when ctx ended. The parts fetched before an error stay.
func Fetch(ctx context.Context, dirs Dirs, progress func(Step), parts ...Part) error {
	s, err := newStore(dirs)
	if err != nil {
		return err
	}
	return s.fetch(ctx, progress, parts)
}

func (s store) fetch(ctx context.Context, progress func(Step), parts []Part) error {
	if len(parts) == 0 {
		parts = RunParts()
	}
	if progress == nil {
		progress = func(Step) {}
	}
	if _, err := s.locate(parts, cheap); err == nil {
		return nil
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.sweep(); err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.disk", s.cache)
	}
	var todo []source
	for _, part := range parts { // again, now that we hold the lock
		src, err := s.source(part)
		if err != nil {
			return err
		}
		if verifyDir(filepath.Join(s.cache, src.dir), src, cheap) != nil {
			todo = append(todo, src)
		}
	}
	for i, src := range todo {
		step := Step{Title: src.title, Number: i + 1, Of: len(todo), Total: src.bytes}
		if err := s.fetchOne(ctx, src, step, progress); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
	return nil
}

// lock takes the cache's lock, waiting for another process that has it.
func (s store) lock(ctx context.Context) (unlock func(), err error) {
	if err := mkdirAll(s.cache); err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "assets.disk", s.cache)
	}
	l := flock.New(filepath.Join(s.cache, "lock"))
	if _, err := l.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, errs.Wrap(err, errs.Unavailable, "assets.disk", s.cache)
	}
	return func() { l.Unlock() }, nil
}

// tmpPrefix marks folders that a running or interrupted fetch works in.
const tmpPrefix = "tmp-"

// sweep removes what interrupted runs left. The lock must be held.
func (s store) sweep() error {
	left, err := filepath.Glob(filepath.Join(s.cache, tmpPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

// fetchOne brings one part. The lock must be held.
func (s store) fetchOne(ctx context.Context, src source, step Step, progress func(Step)) error {
	work, err := os.MkdirTemp(s.cache, tmpPrefix)
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.disk", s.cache)
	}
	defer os.RemoveAll(work)
	progress(step)
	archive, err := s.download(ctx, src, work, step, progress)
	if err != nil {
		return err
	}
	sum, err := fileSHA256(archive)
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.disk", s.cache)
	}
	if sum != src.sha256 {
		return errs.Wrap(fmt.Errorf("%s has SHA-256 %s, want %s", filepath.Base(archive), sum, src.sha256),
			errs.Unavailable, "assets.hash", src.title)
	}
	fresh := filepath.Join(work, "unpacked")
	if err := mkdirAll(fresh); err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.disk", s.cache)
	}
	if err := unpack(archive, fresh, src); err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.unpack", src.title)
	}
	if err := s.install(fresh, src, work); err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.disk", s.cache)
	}
	step.Bytes, step.Done = step.Total, true
	progress(step)
	return nil
}

// install puts the unpacked folder in its place. A damaged one that stands
// there is moved into the work folder first, which the caller removes.
func (s store) install(fresh string, src source, work string) error {
	place := filepath.Join(s.cache, src.dir)
	if _, err := os.Lstat(place); err == nil {
		if err := os.Rename(place, filepath.Join(work, "damaged")); err != nil {
			return err
		}
	}
	if err := os.Rename(fresh, place); err != nil {
		return err
	}
	if d, err := os.Open(s.cache); err == nil { // make the rename durable; not every file system can
		d.Sync()
		d.Close()
	}
	return nil
}

// download runs the client with its files in work/package and reports the
// growth of work meanwhile. It gives the path of the one file fetched.
func (s store) download(ctx context.Context, src source, work string, step Step, progress func(Step)) (string, error) {
	into := filepath.Join(work, "package")
	if err := mkdirAll(into); err != nil {
		return "", errs.Wrap(err, errs.Unavailable, "assets.disk", s.cache)
	}
	watch, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		watchGrowth(watch, work, step, progress)
	}()
	err := s.run(ctx, src, work, into)
	stop()
	<-stopped
	if err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(into, "*"))
	if err != nil || len(files) != 1 {
		return "", errs.Wrap(fmt.Errorf("%s left %d files", src.client, len(files)),
			errs.Unavailable, "assets.download", src.title)
	}
	return files[0], nil
}

// watchGrowth reports the bytes below dir twice a second until ctx ends.
func watchGrowth(ctx context.Context, dir string, step Step, progress func(Step)) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if n := min(bytesBelow(dir), step.Total); n > step.Bytes {
				step.Bytes = n
				progress(step)
			}
		}
	}
}

// bytesBelow adds up the sizes of the files below dir; those that vanish while
// it looks do not count.
func bytesBelow(dir string) int64 {
	var n int64
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
