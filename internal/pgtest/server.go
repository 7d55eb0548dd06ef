package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"huying/internal/assets"
	"huying/internal/localpg"
)

// server is this process's hold on the server.
type server struct {
	url       url.URL
	admin     *pgxpool.Pool
	users     *os.File // holds a shared flock; nil for an existing server
	strategy  string   // of CREATE DATABASE; see BenchmarkClone
	templates sync.Map // database name → *built
}

const (
	// maxConnections is for all test processes of a user together.
	maxConnections = 300
	// roomy is the free space from which on /dev/shm is used instead of the
	// disk: many times what the databases of a run take.
	roomy = 2 << 30
	// startWait bounds the start of the server, initdb included.
	startWait = 2 * time.Minute
	// pollEvery is the pace of waiting for it.
	pollEvery = 10 * time.Millisecond
)

// keeper is the parent of postgres. It waits for the lock that every test
// process holds a share of, and then for nothing more: postgres is to stop.
// Descriptor 3 is the lock of the living postgres (localpg), which the waiting
// part must not keep from the next one; 4 is the users' lock, through an open
// file of its own. flock(1) and sh are in every Debian.
const keeper = `"$@" & postgres=$!
(flock -x 4; kill -INT $postgres) 3>&- & waiting=$!
wait $postgres
kill $waiting`

// site is where a server lives.
type site struct {
	dir     string // made when missing
	version int
	install string
}

// connect gives the server that the environment asks for.
func connect(ctx context.Context, getenv func(string) string) (*server, error) {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	if text := getenv("HUYING_TEST_DATABASE_URL"); text != "" {
		return dial(ctx, text)
	}
	at, err := locate(getenv)
	if err != nil {
		return nil, err
	}
	return at.join(ctx)
}

// locate chooses version and directory.
func locate(getenv func(string) string) (site, error) {
	dirs, err := assets.Home(getenv)
	if err != nil {
		return site{}, err
	}
	paths, err := assets.Locate(dirs, assets.Postgres)
	if err != nil {
		return site{}, err
	}
	at := site{version: 18, install: paths.Postgres18}
	switch v := getenv("HUYING_TEST_PG"); v {
	case "", "18":
	case "16":
		at.version, at.install = 16, paths.Postgres16
	default:
		return site{}, fmt.Errorf("pgtest: HUYING_TEST_PG is %q, not 16 or 18", v)
	}
	base := os.TempDir()
	var st syscall.Statfs_t
	if syscall.Statfs("/dev/shm", &st) == nil && st.Bavail*uint64(st.Bsize) >= roomy {
		base = "/dev/shm"
	}
	at.dir = filepath.Join(base, fmt.Sprintf("huying-pgtest-%d-%d", os.Geteuid(), at.version))
	return at, nil
}

// join uses the running server of a site or starts it, and holds it for the
// rest of this process.
func (at site) join(ctx context.Context) (*server, error) {
	if err := os.Mkdir(at.dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	// In a directory that everybody can write to, somebody else may have been
	// there first.
	st, err := os.Lstat(at.dir)
	if err != nil {
		return nil, err
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); !ok || !st.IsDir() || int(sys.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("pgtest: %s belongs to somebody else", at.dir)
	}
	// The mutex is held while one process looks and starts.
	mutex, err := flock(filepath.Join(at.dir, "mutex"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer mutex.Close()
	// A server that is stopping holds this one alone, until it is gone.
	users, err := flock(filepath.Join(at.dir, "users"), syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	s, err := at.find(ctx)
	if err != nil {
		s, err = at.start(ctx)
	}
	if err != nil {
		users.Close()
		return nil, err
	}
	s.users = users
	return s, nil
}

// find connects to the running server.
func (at site) find(ctx context.Context) (*server, error) {
	text, err := os.ReadFile(filepath.Join(at.dir, "url"))
	if err != nil {
		return nil, err
	}
	return dial(ctx, string(text))
}

// start starts the server. A cluster that does not start, or that an earlier
// boot of the machine may have left half-written, is made anew: nothing in it
// is worth keeping.
func (at site) start(ctx context.Context) (*server, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, err
	}
	bootFile := filepath.Join(at.dir, "boot")
	if old, err := os.ReadFile(bootFile); err != nil || !bytes.Equal(old, boot) {
		if err := os.RemoveAll(at.data()); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(bootFile, boot, 0o600); err != nil {
		return nil, err
	}
	s, err := at.launch(ctx)
	if err != nil && ctx.Err() == nil {
		if err := os.RemoveAll(at.data()); err != nil {
			return nil, err
		}
		s, err = at.launch(ctx)
	}
	if err != nil {
		return nil, err
	}
	return s, s.sweep(ctx)
}

func (at site) data() string { return filepath.Join(at.dir, "data") }

// launch starts the keeper and postgres and waits until it answers.
func (at site) launch(ctx context.Context) (*server, error) {
	cmd, text, err := localpg.Prepare(ctx, localpg.Options{
		Install: at.install, Version: at.version, DataDir: at.data(), Holder: "tests", RunAs: "nobody",
		MaxConnections: maxConnections, Volatile: true, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	defer cmd.ExtraFiles[0].Close()
	users, err := os.Open(filepath.Join(at.dir, "users"))
	if err != nil {
		return nil, err
	}
	defer users.Close()
	logName := filepath.Join(at.dir, "postgres.log")
	log, err := os.Create(logName)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Args = append([]string{"sh", "-c", keeper, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = append(cmd.ExtraFiles, users)
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Setsid = false, true
	if err := os.WriteFile(filepath.Join(at.dir, "url"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s, err := await(ctx, cmd, text)
	if err != nil {
		said, _ := os.ReadFile(logName)
		return nil, fmt.Errorf("%w\n%s", err, said)
	}
	return s, nil
}

// await waits until the server answers or the keeper ends.
func await(ctx context.Context, cmd *exec.Cmd, text string) (*server, error) {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // also reaps it, when it ends before us
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		s, err := dial(ctx, text)
		if err == nil {
			return s, nil
		}
		select {
		case <-ended:
			return nil, fmt.Errorf("pgtest: postgres ended while starting: %w", err)
		case <-ctx.Done():
			return nil, fmt.Errorf("pgtest: postgres does not answer: %w", err)
		case <-tick.C:
		}
	}
}

// dial connects to a server that runs.
func dial(ctx context.Context, text string) (*server, error) {
	u, err := parseURL(text)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, text)
	if err != nil {
		return nil, err
	}
	if err := conn.Close(ctx); err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 4
	admin, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), cfg)
	if err != nil {
		return nil, err
	}
	return &server{url: u, admin: admin, strategy: "FILE_COPY"}, nil
}

// flock opens a file and waits for its lock.
func flock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("pgtest: flock %s: %w", path, err)
	}
	return f, nil
}
