package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"huying/internal/errs"
)

const (
	// restartAfter is the pause before a postgres that fell is started again:
	// long enough that one which falls at once costs little, short enough
	// that a request's retry finds it up.
	restartAfter = time.Second
	// killWait is how long an immediate shutdown, which writes nothing, may
	// take before the process is killed.
	killWait = 5 * time.Second
	// recoveryNews is how often a long recovery is reported.
	recoveryNews = 10 * time.Second
)

// postgres is the server process and the goroutine that keeps it running.
type postgres struct {
	dir     *dataDir
	sockets string
	log     *logFile
	stopped chan struct{}      // closed when the process is gone for good
	cancel  context.CancelFunc // ends the pause before a restart

	mu      sync.Mutex
	process *os.Process // nil while none runs
	ready   bool        // it has answered once: when it falls it is started again
	closing bool
	exit    error // how it last ended; valid when stopped is closed
}

// launch starts postgres and waits until it answers. The process inherits the
// postgres lock.
func (d *dataDir) launch(ctx context.Context, sockets string, alive *lock) (*postgres, error) {
	log, err := d.openLog()
	if err != nil {
		return nil, err
	}
	keeping, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &postgres{dir: d, sockets: sockets, log: log, stopped: make(chan struct{}), cancel: cancel}
	started := make(chan error, 1)
	go p.keep(keeping, alive, started)
	if err := <-started; err != nil {
		cancel()
		return nil, p.startError(err)
	}
	if err := p.awaitReady(ctx); err != nil {
		// ctx may be over, and postgres must not stay.
		end, cancel := context.WithTimeout(keeping, killWait)
		defer cancel()
		if stopErr := p.stop(end); stopErr != nil {
			d.opts.Log.Warn("postgres did not stop cleanly", "error", stopErr)
		}
		return nil, err
	}
	d.opts.Log.Info("the database is running", "dir", d.path, "version", d.opts.Version, "sockets", sockets)
	return p, nil
}

// keep runs postgres until it is told to stop, and starts it again when it
// falls. It sends on started once, when the first process runs or could not
// be made. Its thread is locked for good: the kernel sends the parent-death
// signal when the thread that started the child ends.
func (p *postgres) keep(ctx context.Context, alive *lock, started chan<- error) {
	runtime.LockOSThread()
	defer p.log.Close()
	defer close(p.stopped)
	err := p.run(alive, started)
	for p.fell(err) {
		p.dir.opts.Log.Error("postgres has fallen and is started again", "error", err, "output", p.log.Tail())
		select {
		case <-ctx.Done():
			return
		case <-time.After(restartAfter):
		}
		err = p.rerun(ctx)
	}
}

// rerun is run after the last process of the fallen postgres is gone.
func (p *postgres) rerun(ctx context.Context) error {
	alive, err := p.dir.quiet(ctx)
	if err != nil {
		return err
	}
	defer alive.Close()
	if err := p.dir.clearPIDFile(); err != nil {
		return err
	}
	return p.run(alive, make(chan error, 1))
}

// run starts one postgres, says so, and waits for its end.
func (p *postgres) run(alive *lock, started chan<- error) error {
	cmd := p.dir.command(p.sockets)
	cmd.Stdout, cmd.Stderr = p.log, p.log
	cmd.ExtraFiles = []*os.File{alive.File}
	cmd.WaitDelay = killWait // a worker may outlive postgres and keep the pipe open
	err := cmd.Start()
	if err == nil {
		p.mu.Lock()
		p.process = cmd.Process
		if p.closing {
			p.signal(syscall.SIGINT)
		}
		p.mu.Unlock()
	}
	started <- err
	if err != nil {
		return err
	}
	return cmd.Wait()
}

// command is how postgres is started: directly and in the foreground. SIGINT,
// which it also gets when we die, is its fast shutdown: it ends all
// connections, writes a checkpoint and needs no recovery.
func (d *dataDir) command(sockets string) *exec.Cmd {
	cmd := exec.Command(d.opts.program("postgres"), d.settings(sockets)...)
	cmd.Dir, cmd.Env = d.path, environment()
	cmd.SysProcAttr = d.user.attributes(syscall.SIGINT)
	return cmd
}

// fell notes that the process has ended and reports whether to start another.
func (p *postgres) fell(exit error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.process, p.exit = nil, exit
	return p.ready && !p.closing
}

// awaitReady waits until postgres answers a connection.
func (p *postgres) awaitReady(ctx context.Context) error {
	tick, news := time.NewTicker(pollEvery), time.NewTicker(recoveryNews)
	defer tick.Stop()
	defer news.Stop()
	for {
		_, err := p.dir.probe(ctx)
		if err == nil {
			p.mu.Lock()
			p.ready = true
			p.mu.Unlock()
			return nil
		}
		if !errors.Is(err, errNotReady) {
			return p.startError(err)
		}
		select {
		case <-p.stopped:
			return p.startError(p.exit)
		case <-ctx.Done():
			return fmt.Errorf("localpg: waiting for the database to start: %w", ctx.Err())
		case <-news.C:
			p.dir.opts.Log.Info("the database is still recovering", "dir", p.dir.path)
		case <-tick.C:
		}
	}
}

// startError says why postgres did not start, with the end of its log.
func (p *postgres) startError(err error) error {
	d := p.dir
	switch {
	case d.user.drop && errors.Is(err, syscall.EPERM):
		return errs.Wrap(err, errs.Unavailable, "localpg.cannot_drop", d.user.name)
	case errors.Is(err, fs.ErrPermission):
		return errs.Wrap(err, errs.Forbidden, "localpg.not_executable", d.opts.program("postgres"), d.user.name)
	}
	if full := d.needMB(runMB / 2); full != nil {
		return full
	}
	return errs.Wrap(err, errs.Unavailable, "localpg.start_failed", d.join(logName), p.log.Tail())
}

// stop shuts postgres down: fast, then, when ctx ends, by force.
func (p *postgres) stop(ctx context.Context) error {
	p.mu.Lock()
	p.closing = true
	p.signal(syscall.SIGINT)
	p.mu.Unlock()
	p.cancel()
	select {
	case <-p.stopped:
		if p.exit != nil {
			return fmt.Errorf("localpg: postgres ended: %w", p.exit)
		}
		p.dir.opts.Log.Info("the database has stopped", "dir", p.dir.path)
		return nil
	case <-ctx.Done():
	}
	for _, sig := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		p.mu.Lock()
		p.signal(sig)
		p.mu.Unlock()
		select {
		case <-p.stopped:
			return fmt.Errorf("localpg: postgres was ended by %v: %w", sig, ctx.Err())
		case <-time.After(killWait):
		}
	}
	return fmt.Errorf("localpg: postgres does not end: %w", ctx.Err())
}

// signal sends to the process, if one runs; one that has just ended is no
// failure. The caller holds mu.
func (p *postgres) signal(sig syscall.Signal) {
	if p.process == nil {
		return
	}
	if err := p.process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.dir.opts.Log.Warn("cannot signal postgres", "signal", sig.String(), "error", err)
	}
}
