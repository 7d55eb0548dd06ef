// Package postgres keeps everything Huying stores, in PostgreSQL 16 or newer
// with pgvector 0.8 or newer. All SQL of the program is here, one file a
// subject, each statement beside the function that runs it.
//
// An exported method is one transaction: it is done whole or not at all.
// Where one statement can do the work it does, because a round trip costs more
// than most statements: a delivery is one statement, its outcome another.
// Driver errors stop here (errors.go); what comes out is of package errs.
//
// Some arguments stand as (SELECT $1), whose value the planner does not see.
// Where it sees it, PostgreSQL may think a plan for that value a little cheaper
// than the kept one, and make it anew each time: for what is found by its key
// that takes longer than the statement.
//
// What we doubt: the statement that stores an outcome commits asynchronously
// (matters.go). A crash of PostgreSQL itself may lose up to 0.6 seconds of
// suggestions that nobody has acted on yet; they are made again.
package postgres

import (
	"context"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxvector "github.com/pgvector/pgvector-go/pgx"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// The oldest servers that have what we need: halfvec and iterative index scans
// came with pgvector 0.8; PostgreSQL 16 is the oldest that we test.
const (
	minServer = 160000
	minVector = "0.8.0"
)

// Options say how the database is used. The zero value has good defaults.
type Options struct {
	// MaxConns bounds the connections of this process. Default: 4 for each
	// processor, at least 12, so that a few slow page queries do not hold up
	// the intake.
	MaxConns int
	// StatementTimeout ends a statement that runs longer. Default 30 s; import
	// and training set their own.
	StatementTimeout time.Duration
	// AppName is what pg_stat_activity shows. Default "huying".
	AppName string
}

func (o Options) withDefaults() Options {
	if o.MaxConns == 0 {
		o.MaxConns = max(12, 4*runtime.NumCPU())
	}
	if o.StatementTimeout == 0 {
		o.StatementTimeout = 30 * time.Second
	}
	if o.AppName == "" {
		o.AppName = "huying"
	}
	return o
}

// DB is the store of every stage. It is safe for concurrent use, and goes on
// by itself after PostgreSQL was away: meanwhile every method gives
// errs.Unavailable "database.unavailable".
type DB struct {
	pool      *pgxpool.Pool
	directory atomic.Pointer[knownDirectory]
	entries   *lru.Cache[edition, kb.Entry]
	access    access
	open      context.Context // until Close
	close     context.CancelFunc
}

// Open connects to the database at url, which must have been migrated
// (Migrate). It refuses a server or an extension that is too old and a schema
// older than this program; a newer schema is accepted, because migrations keep
// the release before them working.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	o = o.withDefaults()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errs.New(errs.Invalid, "database.url")
	}
	config.MaxConns = int32(o.MaxConns)
	config.MinIdleConns = 2
	config.MaxConnIdleTime = 5 * time.Minute
	config.PingTimeout = 5 * time.Second
	config.ConnConfig.ConnectTimeout = 10 * time.Second
	setParams(config.ConnConfig, o)
	config.AfterConnect = prepareConn
	pingAfterBreak(config)
	if err := checkDatabase(ctx, config.ConnConfig.Copy()); err != nil {
		return nil, err
	}
	entries, err := lru.New[edition, kb.Entry](editionsKept)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fail(err)
	}
	db := &DB{pool: pool, entries: entries}
	db.open, db.close = context.WithCancel(context.WithoutCancel(ctx))
	return db, nil
}

// pingAfterBreak has a connection asked whether it lives when it rested for a
// second, or since before another one broke: what broke that one, a restart of
// PostgreSQL, broke its sisters too, and none of them is to fail a call.
func pingAfterBreak(config *pgxpool.Config) {
	var broke atomic.Pointer[time.Time]
	config.BeforeClose = func(c *pgx.Conn) {
		if c.IsClosed() { // not by us
			now := time.Now()
			broke.Store(&now)
		}
	}
	config.ShouldPing = func(_ context.Context, p pgxpool.ShouldPingParams) bool {
		last := broke.Load()
		return p.IdleDuration > time.Second || last != nil && p.IdleDuration > time.Since(*last)
	}
}

// setParams sets what holds for each session. lock_timeout is below
// statement_timeout, so that a queue behind a lock is told apart from work.
func setParams(c *pgx.ConnConfig, o Options) {
	p := c.RuntimeParams
	p["application_name"] = o.AppName
	p["timezone"] = "UTC"
	p["statement_timeout"] = strconv.FormatInt(o.StatementTimeout.Milliseconds(), 10)
	p["lock_timeout"] = strconv.FormatInt((o.StatementTimeout / 3).Milliseconds(), 10)
	p["idle_in_transaction_session_timeout"] = "60000"
}

// prepareConn makes a connection ready for vectors. The search settings hold
// for the session, which costs nothing a query: with ef_search 100 the index
// finds 91 % of the true neighbours on 100,000 rows (76 % with the default
// 40); the iterative scan goes on until a filter leaves enough rows. JIT
// compiles for longer than our statements run. Suggestions and answers are kept
// compressed: where the server has LZ4, at a fifth of the time.
func prepareConn(ctx context.Context, conn *pgx.Conn) error {
	if err := pgxvector.RegisterTypes(ctx, conn); err != nil {
		return err
	}
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: idCodec{}})
	_, err := conn.Exec(ctx, `
		SELECT set_config('hnsw.ef_search', '100', false),
		       set_config('hnsw.iterative_scan', 'strict_order', false),
		       set_config('jit', 'off', false),
		       set_config('default_toast_compression',
		           CASE WHEN (SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression') THEN 'lz4' ELSE 'pglz' END, false)`)
	return err
}

// checkDatabase looks at server, extension and schema before the pool starts.
func checkDatabase(ctx context.Context, config *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fail(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := checkServer(ctx, conn); err != nil {
		return err
	}
	have, err := schemaVersion(ctx, conn)
	if err != nil {
		return err
	}
	if want := latestMigration(); have < want {
		return errs.New(errs.Unavailable, "database.schema_old", have, want)
	}
	return nil
}

// checkServer refuses a server or an extension that is too old. An extension
// that is not installed yet counts by the version that would be.
func checkServer(ctx context.Context, conn *pgx.Conn) error {
	var number int
	var server, vector string
	var enough bool
	err := conn.QueryRow(ctx, `
		SELECT current_setting('server_version_num')::integer,
		       current_setting('server_version'),
		       coalesce(e.installed_version, e.default_version, ''),
		       coalesce(string_to_array(coalesce(e.installed_version, e.default_version), '.')::integer[]
		                >= string_to_array($1, '.')::integer[], false)
		FROM (SELECT) AS nothing
		LEFT JOIN pg_available_extensions AS e ON e.name = 'vector'`, minVector).
		Scan(&number, &server, &vector, &enough)
	switch {
	case err != nil:
		return fail(err)
	case number < minServer:
		return errs.New(errs.Unavailable, "database.server_old", server)
	case vector == "":
		return errs.New(errs.Unavailable, "database.no_vector")
	case !enough:
		return errs.New(errs.Unavailable, "database.vector_old", vector)
	}
	return nil
}

// Close ends all connections, waiting for those in use.
func (db *DB) Close() {
	db.close()
	db.access.gone.Wait()
	db.pool.Close()
}

// Health is what `huying doctor` shows of the database.
type Health struct {
	Server  string // such as "18.4"
	Vector  string // version of pgvector, such as "0.8.5"
	Schema  int    // migrations applied
	Known   int    // migrations that this program knows
	Bytes   int64  // size of the database
	Skew    time.Duration
	Durable bool // fsync and synchronous_commit are on
}

// Health looks at the server. now is this machine's time; Skew is how far the
// server's is ahead of it.
func (db *DB) Health(ctx context.Context, now time.Time) (Health, error) {
	h := Health{Known: latestMigration()}
	var at time.Time
	err := db.pool.QueryRow(ctx, `
		SELECT current_setting('server_version'),
		       (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
		       (SELECT version FROM schema_version),
		       pg_database_size(current_database()),
		       clock_timestamp(),
		       current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off'`).
		Scan(&h.Server, &h.Vector, &h.Schema, &h.Bytes, &at, &h.Durable)
	h.Skew = at.Sub(now)
	return h, fail(err)
}

// execAudited runs one statement together with its audit line.
func (db *DB) execAudited(ctx context.Context, line org.Audit, sql string, args ...any) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}
