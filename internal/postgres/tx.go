package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"huying/internal/errs"
)

// inTx runs do in one transaction, which is rolled back when do fails.
func (db *DB) inTx(ctx context.Context, do func(tx pgx.Tx) error) error {
	return ended(pgx.BeginFunc(ctx, db.pool, do))
}

// beginning is a batch that begins a transaction, for inBatches.
func beginning() *pgx.Batch {
	b := &pgx.Batch{}
	b.BeginTx(pgx.TxOptions{})
	return b
}

// inBatches is inTx for a transaction that begins with the statements of first,
// which beginning made, and ends with those that do gives, if any. Begin and
// commit go with them, because a round trip costs more than most statements.
func (db *DB) inBatches(ctx context.Context, first *pgx.Batch, do func(tx pgx.Tx) (last *pgx.Batch, err error)) error {
	return ended(db.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		begun := conn.SendBatch(ctx, first)
		tx := begun.Tx()
		if tx == nil {
			return begun.Close()
		}
		done := false
		defer func() {
			if !done {
				_ = tx.Rollback(ctx) // where that fails the connection is closed
			}
		}()
		if err := begun.Close(); err != nil {
			return err
		}
		last, err := do(tx)
		switch {
		case err != nil:
			return err
		case last == nil:
			err = tx.Commit(ctx)
		default:
			last.Queue("commit").Exec(func(tag pgconn.CommandTag) error {
				if tag.String() == "ROLLBACK" {
					return pgx.ErrTxCommitRollback
				}
				return nil
			})
			err = conn.SendBatch(ctx, last).Close()
		}
		done = err == nil
		return err
	}))
}

// ended is what became of a transaction.
func ended(err error) error {
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return errs.Wrap(err, errs.Unavailable, "database.unavailable")
	}
	return fail(err)
}
