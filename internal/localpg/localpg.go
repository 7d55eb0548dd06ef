// Package localpg runs the private PostgreSQL of the embedded default, so that
// Huying needs no database server to be installed.
//
// One process owns a data directory at a time. It holds the flock on the file
// "owner" there, makes the cluster when there is none, and runs postgres as
// its child, with a parent-death signal: when the owner is killed with -9,
// the kernel tells postgres to shut down. Postgres itself and all its workers
// hold a second lock, "postgres", through an inherited descriptor; whoever
// starts next waits for that lock, and so for the last of them, without ever
// looking at process numbers.
//
// Open is for the service: it refuses when another service owns the
// directory. Attach is for commands beside it: they use the owner's server,
// or own one for as long as they run; such an owner waits at its end for the
// commands that joined it (the lock "guests").
//
// Postgres listens on a Unix socket only. The socket's directory is closed to
// other users, and pg_hba.conf lets in, by peer authentication, nobody but
// the user that owns the cluster and root.
//
// Layout of a data directory:
//
//	owner, postgres, guests   lock files, see above
//	cluster/                  PGDATA
//	run/                      the socket, if its path is short enough
//	postgres.log[.1–.3]       what postgres says; no parameters, no row contents
package localpg

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"huying/internal/errs"
)

const (
	// superuser and database exist in every cluster that this package makes.
	superuser = "huying"
	database  = "huying"

	// commandWait is how long Open waits for a command that owns the data
	// directory: most commands take less.
	commandWait = 20 * time.Second
	// dyingWait is how long Open waits for a service that owns the data
	// directory: a killed one holds its locks until the kernel has freed its
	// memory.
	dyingWait = time.Second
	// stopWait is how long a start waits for postgres processes that an
	// earlier owner left behind: a shutdown checkpoint of 256 MB of dirty
	// buffers to a slow disk takes less.
	stopWait = 60 * time.Second
	// pollEvery is the pace of waiting for locks and for readiness.
	pollEvery = 20 * time.Millisecond
)

// Options say where a server lives and how it is started.
type Options struct {
	// Install is the directory of one PostgreSQL version, with bin, lib and
	// share in it, inside an unpacked wheel. As root it must be readable by
	// everybody. Required.
	Install string
	// Version is the major version that lies in Install, 16 or newer. Required.
	Version int
	// DataDir is the directory that the server lives in; made when missing,
	// refused when it holds something else. Required.
	DataDir string
	// Holder is what users call the program that asks, such as "huying serve";
	// whoever is kept out reads it. Default "huying".
	Holder string
	// RunAs is the system user that postgres runs as when we are root, made
	// when missing. An existing cluster keeps its owner instead. If the user
	// cannot be made, it is "nobody". Default "huying". Ignored if not root.
	RunAs string
	// MaxConnections is the limit of connections. Default 100.
	MaxConnections int
	// Volatile gives up durability for speed: a power failure may destroy the
	// cluster. For tests.
	Volatile bool
	// Log takes a record at every start, stop and fall. Required.
	Log *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Log == nil:
		return o, errors.New("localpg: Options.Log is missing")
	case o.DataDir == "" || o.Install == "":
		return o, errors.New("localpg: Options.DataDir or Options.Install is missing")
	case o.Version < 16:
		return o, errors.New("localpg: Options.Version must be 16 or newer")
	}
	if _, err := os.Stat(o.program("postgres")); err != nil {
		return o, errs.Wrap(err, errs.Unavailable, "localpg.not_installed", o.Install)
	}
	dir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return o, errs.Wrap(err, errs.Invalid, "localpg.data_dir", o.DataDir)
	}
	o.DataDir = dir
	if o.Holder == "" {
		o.Holder = "huying"
	}
	if o.RunAs == "" {
		o.RunAs = "huying"
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = 100
	}
	return o, nil
}

func (o Options) program(name string) string { return filepath.Join(o.Install, "bin", name) }

// Server is a running PostgreSQL, ours or another process's.
type Server struct {
	dir     *dataDir
	sockets string    // directory of the socket
	owner   *lock     // nil when another process owns the server
	guest   *lock     // held while we use another process's server
	post    *postgres // nil when another process owns the server
	command bool      // we own it for the duration of a command
}

// Open starts the server of a data directory and owns it until Close. It
// returns when the server answers; crash recovery may take minutes, ctx bounds
// it. ctx does not bound the server's life.
//
// A directory that another service owns gives Conflict (localpg.owned); one
// that a command owns is waited for, then gives Conflict (localpg.busy). A
// directory that is damaged, foreign, unreadable, full or of another major
// version gives an error whose sentence says how to mend it. Nothing is
// changed in these cases.
func Open(ctx context.Context, o Options) (*Server, error) {
	d, err := openDataDir(o)
	if err != nil {
		return nil, err
	}
	owner, err := d.own(ctx)
	if err != nil {
		d.Close()
		return nil, err
	}
	return d.serve(ctx, owner, false)
}

// serve starts the server under the owner lock, and gives both up when it
// fails.
func (d *dataDir) serve(ctx context.Context, owner *lock, command bool) (*Server, error) {
	s := &Server{dir: d, owner: owner, command: command}
	err := owner.describe(d.opts.Holder, command)
	if err == nil {
		s.sockets, s.post, err = d.start(ctx)
	}
	if err != nil {
		owner.Close()
		d.Close()
		return nil, err
	}
	return s, nil
}

// start makes the cluster when there is none, and runs postgres on it.
func (d *dataDir) start(ctx context.Context) (string, *postgres, error) {
	alive, err := d.quiet(ctx)
	if err != nil {
		return "", nil, err
	}
	defer alive.Close()
	if err := d.ensureCluster(ctx, alive); err != nil {
		return "", nil, err
	}
	sockets, err := d.configure()
	if err != nil {
		return "", nil, err
	}
	p, err := d.launch(ctx, sockets, alive)
	return sockets, p, err
}

// Owned reports whether this process runs the server, rather than using one
// that another process runs.
func (s *Server) Owned() bool { return s.post != nil }

// URL is the connection string of the database "huying" for pgx and libpq: a
// Unix socket and a superuser, no password.
func (s *Server) URL() string { return socketURL(s.sockets) }

func socketURL(sockets string) string {
	// PathEscape, because neither pgx nor libpq reads + as a space.
	return "postgres://" + superuser + "@/" + database + "?host=" + url.PathEscape(sockets) + "&port=" + socketPort
}

// Close lets go of the server. The owner stops it: connections are ended,
// running transactions rolled back, everything committed is on disk. A
// command that owns it first waits until the commands that joined have
// finished. When ctx ends before postgres does, postgres is killed; nothing
// committed is lost, the next start recovers it.
func (s *Server) Close(ctx context.Context) error {
	defer s.dir.Close()
	if !s.Owned() {
		return s.guest.Close()
	}
	defer s.owner.Close()
	if s.command {
		if guests := s.dir.awaitGuests(ctx); guests != nil {
			defer guests.Close()
		}
	}
	return s.post.stop(ctx)
}
