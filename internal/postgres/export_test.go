package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// CountForTest asks for one number, for what no method tells.
func (db *DB) CountForTest(ctx context.Context, sql string, args ...any) (int, error) {
	var n int
	err := db.pool.QueryRow(ctx, sql, args...).Scan(&n)
	return n, err
}

// ExecForTest runs a statement that no method runs; the driver's error comes
// back as it is.
func (db *DB) ExecForTest(ctx context.Context, sql string, args ...any) error {
	_, err := db.pool.Exec(ctx, sql, args...)
	return err
}

// StateForTest is the SQLSTATE of an error.
func StateForTest(err error) string { return state(err) }

// BackedUpForTest are the tables of a backup.
func BackedUpForTest() []string { return backedUp }

// ListForTest gives the text in the first column of each row.
func (db *DB) ListForTest(ctx context.Context, sql string, args ...any) ([]string, error) {
	rows, err := db.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// AloneForTest runs do as a job of which one runs in the whole cluster.
func (db *DB) AloneForTest(ctx context.Context, do func(context.Context) error) error {
	return db.alone(ctx, trainLock, do)
}

// NumberedForTest are the tables whose rows the database numbers.
func NumberedForTest() []string { return numbered }

// MigrateToForTest brings a database to the schema of a version.
func MigrateToForTest(ctx context.Context, url string, version int) error {
	return migrateTo(ctx, url, version)
}

// InBatchesForTest runs a transaction of three statements: its first, one in
// between, and its last.
func (db *DB) InBatchesForTest(ctx context.Context, first, between, last string) error {
	b := beginning()
	b.Queue(first)
	return db.inBatches(ctx, b, func(tx pgx.Tx) (*pgx.Batch, error) {
		if _, err := tx.Exec(ctx, between); err != nil {
			return nil, err
		}
		if last == "" {
			return nil, nil
		}
		b := &pgx.Batch{}
		b.Queue(last)
		return b, nil
	})
}

// RemembersForTest reports whether it is remembered who acts by a token.
func (db *DB) RemembersForTest(hash [32]byte) bool {
	_, _, known := db.access.find(hash)
	return known
}

// RemembersDirectoryForTest reports whether areas and units are remembered.
func (db *DB) RemembersDirectoryForTest() bool {
	d, _ := db.access.directory()
	return d != nil
}

// NewThrowawayForTest is NewThrowaway in the process of a number.
func NewThrowawayForTest(ctx context.Context, server string, process int) (*Throwaway, error) {
	return newThrowaway(ctx, server, process)
}
