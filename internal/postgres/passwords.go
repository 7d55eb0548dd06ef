package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
	"huying/internal/org"
)

// forgiving are the actions after which failed sign-ins from before count no
// more.
var forgiving = []string{"lift_lockout", "reset_password"}

// ResetPassword gives an account a password for once, and ends its sessions.
// Who signs in meanwhile waits for it: the row is held.
func (db *DB) ResetPassword(ctx context.Context, login, hash string, until time.Time, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		id, _, err := holdAccount(ctx, tx, login)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE account
			SET password_hash = $2,
			    once_until = $3
			WHERE id = $1 AND NOT disabled`, id, hash, until)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "account.disabled", login)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM session WHERE account_id = $1`, id); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// ChangePassword gives an account its own password, and ends all its sessions
// but keep. Of two that change it at once the second finds another hash than it
// has checked.
func (db *DB) ChangePassword(ctx context.Context, a org.AccountID, was, hash string, keep [32]byte, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE account
			SET password_hash = $3,
			    once_until = NULL
			WHERE id = $1 AND password_hash = $2 AND NOT disabled`, a, was, hash)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "account.password_moved")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM session WHERE account_id = $1 AND hash <> $2`, a, keep[:]); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// lockedOut finds which of some logins have failed so often since a time, and
// the failure from which the lock-out runs: the last but as many as are too
// many.
const lockedOut = `
		SELECT a.login,
		       (array_agg(l.at ORDER BY l.at DESC))[$3]
		FROM account AS a
		JOIN audit AS l ON l.object = 'login:' || a.login
		WHERE a.login = ANY ($1) AND l.at >= $2 AND l.action = 'signin_failed'
		  AND l.id > (SELECT coalesce(max(f.id), 0) FROM audit AS f WHERE f.object = l.object AND f.at >= $2 AND f.action = ANY ($4))
		GROUP BY a.login
		HAVING count(*) >= $3`

// LockOuts gives the failures from which those of the logins are locked out that
// have failed so often since a time.
func (db *DB) LockOuts(ctx context.Context, logins []string, since time.Time, failures int) (map[string]time.Time, error) {
	rows, err := db.pool.Query(ctx, lockedOut, logins, since, failures, forgiving)
	if err != nil {
		return nil, fail(err)
	}
	out := map[string]time.Time{}
	var login string
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&login, &at}, func() error {
		out[login] = at
		return nil
	})
	return out, fail(err)
}

// LiftLockOut ends a lock-out before its time. Of two who do so at once the
// second is told that there is none any more: the account's row is held.
func (db *DB) LiftLockOut(ctx context.Context, login string, since time.Time, failures int, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, _, err := holdAccount(ctx, tx, login); err != nil {
			return err
		}
		var at time.Time
		err := tx.QueryRow(ctx, lockedOut, []string{login}, since, failures, forgiving).Scan(&login, &at)
		if noRows(err) {
			return errs.New(errs.Conflict, "account.not_locked", login)
		}
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// SessionsOf gives an account's open sessions, the newest first.
func (db *DB) SessionsOf(ctx context.Context, a org.AccountID, current [32]byte, at time.Time) ([]org.OwnSession, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT id,
		       device,
		       created_at,
		       expires_at,
		       hash = $2
		FROM session
		WHERE account_id = $1 AND expires_at > $3
		ORDER BY created_at DESC, id
		LIMIT 100`, a, current[:], at)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s org.OwnSession, err error) {
		err = row.Scan(&s.ID, &s.Device, &s.CreatedAt, &s.ExpiresAt, &s.Current)
		return s, err
	})
	return all, fail(err)
}

// EndSession ends one of an account's sessions.
func (db *DB) EndSession(ctx context.Context, a org.AccountID, s org.SessionID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM session WHERE account_id = $1 AND id = $2`, a, s)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "session.over")
		}
		return insertAudit(ctx, tx, line)
	})
}

// EndSessions ends all of an account's sessions but keep.
func (db *DB) EndSessions(ctx context.Context, a org.AccountID, keep [32]byte, line org.Audit) (int, error) {
	var n int
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM session WHERE account_id = $1 AND hash <> $2`, a, keep[:])
		if n = int(tag.RowsAffected()); err != nil || n == 0 {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
	return n, err
}
