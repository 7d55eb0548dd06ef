package postgres

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/tern/v2/migrate"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"huying/internal/errs"
)

// migrations holds one change a file, NNN_name.sql. Released files never
// change: a correction is a new file, and the release before it keeps working
// on the new schema.
//
//go:embed migrations/*.sql
var migrations embed.FS

// versionTable is where tern notes how many migrations were applied.
const versionTable = "public.schema_version"

// Migrate brings the database at url to the newest schema, ours and the
// queue's. It may run in several processes at once (an advisory lock lets one
// go first) and on a database that is newer already, which it leaves alone. A
// migration that fails leaves those before it applied and nothing of itself.
func Migrate(ctx context.Context, url string) error {
	return migrateTo(ctx, url, latestMigration())
}

// migrateTo is Migrate up to a version.
func migrateTo(ctx context.Context, url string, version int) error {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return errs.New(errs.Invalid, "database.url")
	}
	config.ConnConfig.RuntimeParams["application_name"] = "huying migrate"
	config.MaxConns = 2
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fail(err)
	}
	defer pool.Close()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fail(err)
	}
	defer conn.Release()
	if err := checkServer(ctx, conn.Conn()); err != nil {
		return err
	}
	if err := migrateOurs(ctx, conn.Conn(), version); err != nil {
		return fail(err)
	}
	return fail(migrateQueue(ctx, conn.Conn(), pool))
}

func migrateOurs(ctx context.Context, conn *pgx.Conn, version int) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	m, err := migrate.NewMigrator(ctx, conn, versionTable)
	if err != nil {
		return err
	}
	if err := m.LoadMigrations(files); err != nil {
		return err
	}
	have, err := m.GetCurrentVersion(ctx)
	if err != nil || int(have) >= version {
		return err
	}
	return m.MigrateTo(ctx, int32(version))
}

// queueLock is the advisory lock around the queue's own migrations, which take
// none. The number is arbitrary, but must stay.
const queueLock = 4_812_345_001

func migrateQueue(ctx context.Context, conn *pgx.Conn, pool *pgxpool.Pool) error {
	// The connection ends with the pool, and the lock with it.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, queueLock); err != nil {
		return err
	}
	m, err := queueMigrator(pool)
	if err != nil {
		return err
	}
	// Each of its steps is a transaction: in one together, PostgreSQL 16
	// refuses a state that an earlier step has added.
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func queueMigrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	return rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
}

// latestMigration is the number of the newest migration of this program.
func latestMigration() int {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		panic("postgres: migrations are not embedded: " + err.Error())
	}
	return len(files)
}

// schemaVersion gives how many of our migrations were applied, 0 on a fresh
// database.
func schemaVersion(ctx context.Context, conn *pgx.Conn) (int, error) {
	var exists bool
	err := conn.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, versionTable).Scan(&exists)
	if err != nil || !exists {
		return 0, fail(err)
	}
	var version int
	err = conn.QueryRow(ctx, `SELECT version FROM public.schema_version`).Scan(&version)
	return version, fail(err)
}

// MigrationsDigest names the schema that Migrate makes: equal digests, equal
// schemas. Tests name their template database after it.
func MigrationsDigest() string {
	h := sha256.New()
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		panic("postgres: migrations are not embedded: " + err.Error())
	}
	for _, f := range files {
		data, err := migrations.ReadFile("migrations/" + f.Name())
		if err != nil {
			panic("postgres: migrations are not embedded: " + err.Error())
		}
		fmt.Fprintf(h, "%s\x00%s\x00", f.Name(), data)
	}
	if m, err := queueMigrator(nil); err == nil {
		all := m.AllVersions()
		fmt.Fprintf(h, "river %d", all[len(all)-1].Version)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
