package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"huying/internal/errs"
	"huying/internal/org"
)

// execer is what a statement without rows needs: the pool or a transaction.
type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// optional turns an empty identifier or text into NULL.
func optional[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

// optionalTime turns the zero time into NULL.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// insertAudit writes one line of the log of who did what to whom; a trigger
// adds the roles that the actor has.
func insertAudit(ctx context.Context, tx execer, line org.Audit) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO audit (
		    at,
		    actor,
		    action,
		    object,
		    detail
		) VALUES ($1, $2, $3, $4, $5)`,
		line.At, optional(line.Actor), line.Action, line.Object, line.Detail)
	return err
}

// InsertAccount stores an account and its audit line; errs.Conflict
// "account.exists" when the login is taken, errs.NotFound "unit.not_found" for
// an unknown unit.
func (db *DB) InsertAccount(ctx context.Context, a org.Account, line org.Audit) error {
	return db.InsertAccounts(ctx, []org.Account{a}, []org.Audit{line})
}

// InsertAccounts stores accounts with their audit lines, all or none.
func (db *DB) InsertAccounts(ctx context.Context, all []org.Account, lines []org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		for i, a := range all {
			if err := insertAccount(ctx, tx, a); err != nil {
				return err
			}
			if err := insertAudit(ctx, tx, lines[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func insertAccount(ctx context.Context, tx pgx.Tx, a org.Account) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO account (
		    id,
		    login,
		    name,
		    roles,
		    unit_id,
		    password_hash,
		    once_until,
		    disabled,
		    created_at
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		a.ID, a.Login, a.Name, a.Roles, optional(a.Unit), a.PasswordHash, optionalTime(a.OnceUntil), a.Disabled, a.CreatedAt)
	switch {
	case violates(err, uniqueViolation, "account_login_key"):
		return errs.New(errs.Conflict, "account.exists", a.Login).In("login")
	case violates(err, foreignKeyViolation, "account_unit_id_fkey"):
		return errs.New(errs.NotFound, "unit.not_found").In("unit")
	}
	return err
}

// AccountByLogin gives an account, or errs.NotFound "account.not_found".
func (db *DB) AccountByLogin(ctx context.Context, login string) (org.Account, error) {
	var a org.Account
	var once *time.Time
	err := db.pool.QueryRow(ctx, `
		SELECT id,
		       login,
		       name,
		       roles,
		       coalesce(unit_id::text, ''),
		       password_hash,
		       once_until,
		       disabled,
		       created_at
		FROM account
		WHERE login = $1`, login).
		Scan(&a.ID, &a.Login, &a.Name, &a.Roles, &a.Unit, &a.PasswordHash, &once, &a.Disabled, &a.CreatedAt)
	if once != nil {
		a.OnceUntil = *once
	}
	return a, orNotFound(err, "account.not_found", login)
}

// Accounts gives all accounts without their password hashes, by login.
func (db *DB) Accounts(ctx context.Context) ([]org.Account, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT id,
		       login,
		       name,
		       roles,
		       coalesce(unit_id::text, ''),
		       disabled,
		       created_at
		FROM account
		ORDER BY login`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a org.Account, err error) {
		err = row.Scan(&a.ID, &a.Login, &a.Name, &a.Roles, &a.Unit, &a.Disabled, &a.CreatedAt)
		return a, err
	})
	return all, fail(err)
}

// SearchAccounts gives accounts by a part of login, name or unit, by login,
// without their password hashes.
func (db *DB) SearchAccounts(ctx context.Context, term string, limit int) ([]org.StaffLine, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT a.id,
		       a.login,
		       a.name,
		       a.roles,
		       coalesce(a.unit_id::text, ''),
		       a.disabled,
		       a.created_at,
		       coalesce(u.name, ''),
		       coalesce((SELECT h.kind FROM unit_head AS h WHERE h.account_id = a.id AND h.unit_id = a.unit_id), '')
		FROM account AS a
		LEFT JOIN unit AS u ON u.id = a.unit_id
		WHERE strpos(a.login, lower($1)) > 0 OR strpos(a.name, $1) > 0 OR strpos(coalesce(u.name, ''), $1) > 0
		ORDER BY a.login
		LIMIT $2`, term, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a org.StaffLine, err error) {
		err = row.Scan(&a.ID, &a.Login, &a.Name, &a.Roles, &a.Unit, &a.Disabled, &a.CreatedAt, &a.UnitName, &a.Heads)
		return a, err
	})
	return all, fail(err)
}

// RecordSignIn writes the audit line of a sign-in and, when it succeeded, the
// session and the password's new hash (empty: it stays).
func (db *DB) RecordSignIn(ctx context.Context, s *org.Session, hash string, line org.Audit) error {
	if s == nil {
		return fail(insertAudit(ctx, db.pool, line))
	}
	return db.inTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO session (
			    hash,
			    account_id,
			    csrf,
			    device,
			    created_at,
			    expires_at
			) VALUES ($1, $2, $3, $4, $5, $6)`,
			s.Hash[:], s.Account, s.CSRF, s.Device, s.CreatedAt, s.ExpiresAt)
		if err != nil {
			return err
		}
		if hash != "" {
			if _, err := tx.Exec(ctx, `UPDATE account SET password_hash = $2 WHERE id = $1`, s.Account, hash); err != nil {
				return err
			}
		}
		return insertAudit(ctx, tx, line)
	})
}

// FailedSignIns counts the failed sign-ins on the object since the time, and
// since the last line that forgives them.
func (db *DB) FailedSignIns(ctx context.Context, object string, since time.Time) (int, error) {
	var n int
	err := db.pool.QueryRow(ctx, `
		SELECT count(*)
		FROM audit
		WHERE object = $1 AND at >= $2 AND action = 'signin_failed'
		  AND id > (SELECT coalesce(max(id), 0) FROM audit WHERE object = $1 AND at >= $2 AND action = ANY ($3))`, object, since, forgiving).Scan(&n)
	return n, fail(err)
}

// ActorOfSession gives who acts by the hash of a cookie, and for whom; errs.NotFound when
// the session is unknown or expired, or its account disabled.
func (db *DB) ActorOfSession(ctx context.Context, hash [32]byte, now time.Time) (org.Actor, org.Session, error) {
	s := org.Session{Hash: hash}
	var a org.Actor
	err := db.pool.QueryRow(ctx, `
		SELECT s.csrf,
		       s.created_at,
		       s.expires_at,
		       a.id,
		       a.login,
		       a.name,
		       CASE WHEN f.id IS NULL THEN a.roles ELSE `+commonRoles+` END,
		       coalesce(CASE WHEN f.id IS NULL THEN a.unit_id ELSE f.unit_id END::text, ''),
		       coalesce(f.id::text, ''),
		       coalesce(f.name, ''),
		       coalesce(CASE WHEN f.id IS NOT NULL THEN a.unit_id END::text, ''),
		       a.once_until IS NOT NULL,
		       EXISTS (SELECT FROM cover WHERE substitute = a.id AND from_at <= $2 AND until_at > $2),
		       coalesce((
		           SELECT p.name
		           FROM cover AS c
		           JOIN account AS p ON p.id = c.substitute
		           WHERE c.absent = a.id AND c.from_at <= $2 AND c.until_at > $2
		       ), ''),
		       (SELECT count(*) FROM (SELECT FROM alert WHERE account_id = a.id AND read_at IS NULL AND NOT over LIMIT $3) AS n)
		FROM session AS s
		JOIN account AS a ON a.id = s.account_id
		LEFT JOIN cover AS v ON v.id = s.cover_id AND v.from_at <= $2 AND v.until_at > $2
		LEFT JOIN account AS f ON f.id = v.absent AND NOT f.disabled AND `+commonRoles+` <> '{}'
		WHERE s.hash = $1 AND s.expires_at > $2 AND NOT a.disabled`, hash[:], now, org.MaxUnread).
		Scan(&s.CSRF, &s.CreatedAt, &s.ExpiresAt, &a.Account, &a.Login, &a.Name, &a.Roles, &a.Unit, &a.For, &a.ForName, &a.Home, &s.Once, &s.Stands, &s.Away, &s.Unread)
	if err != nil {
		return org.Actor{}, org.Session{}, orNotFound(err, "session.expired")
	}
	s.Account = a.Account
	return a, s, nil
}

// DeleteSession ends a session; one that is gone already is no error.
func (db *DB) DeleteSession(ctx context.Context, hash [32]byte) error {
	_, err := db.pool.Exec(ctx, `DELETE FROM session WHERE hash = $1`, hash[:])
	return fail(err)
}

// DeleteExpiredSessions drops the sessions that ended before now.
func (db *DB) DeleteExpiredSessions(ctx context.Context, now time.Time) error {
	_, err := db.pool.Exec(ctx, `DELETE FROM session WHERE expires_at <= $1`, now)
	return fail(err)
}

// InsertToken stores a token and its audit line; errs.Conflict "token.exists"
// when one of the name is in force, errs.Invalid "token.privacy" when the account has
// become a privacy officer's meanwhile and another makes it.
func (db *DB) InsertToken(ctx context.Context, t org.Token, line org.Audit) error {
	channels := t.Channels
	if channels == nil {
		channels = []string{}
	}
	return db.inTx(ctx, func(tx pgx.Tx) error {
		var officer bool
		err := tx.QueryRow(ctx, `SELECT 'privacy' = ANY (roles) FROM account WHERE id = $1 FOR SHARE`, t.Account).Scan(&officer)
		switch {
		case err != nil:
			return orNotFound(err, "account.not_found", string(t.Account))
		case officer && line.Actor != t.Account:
			return errs.New(errs.Invalid, "token.privacy").In("login")
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO api_token (
			    id,
			    name,
			    hash,
			    account_id,
			    channels,
			    created_at,
			    expires_at
			) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			t.ID, t.Name, t.Hash[:], t.Account, channels, t.CreatedAt, optionalTime(t.ExpiresAt))
		if violates(err, uniqueViolation, "api_token_name") {
			return errs.New(errs.Conflict, "token.exists", t.Name).In("name")
		}
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// Tokens gives the tokens of an account, or of all, that are not revoked, by name,
// from after a name.
func (db *DB) Tokens(ctx context.Context, of org.AccountID, after string, limit int) ([]org.TokenLine, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT t.id,
		       t.name,
		       a.id,
		       a.login,
		       a.name,
		       a.roles,
		       t.channels,
		       t.created_at,
		       t.expires_at,
		       t.used_at
		FROM api_token AS t
		JOIN account AS a ON a.id = t.account_id
		WHERE t.revoked_at IS NULL AND t.name > $1 AND ($3::uuid IS NULL OR t.account_id = $3)
		ORDER BY t.name
		LIMIT $2`, after, limit, optional(of))
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t org.TokenLine, err error) {
		err = row.Scan(&t.ID, &t.Name, &t.Account, &t.Login, &t.Owner, &t.Roles, &t.Channels, &t.CreatedAt, zeroable{&t.ExpiresAt}, zeroable{&t.UsedAt})
		return t, err
	})
	return all, fail(err)
}

// RevokeToken ends the token of that name; errs.NotFound when none is in
// force.
func (db *DB) RevokeToken(ctx context.Context, name string, of org.AccountID, line org.Audit) error {
	defer db.access.forget()
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE api_token
			SET revoked_at = $2
			WHERE name = $1 AND revoked_at IS NULL AND ($3::uuid IS NULL OR account_id = $3)`, name, line.At, optional(of))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "token.not_found", name)
		}
		return insertAudit(ctx, tx, line)
	})
}

// ActorOfToken gives who acts by a token's hash, and notes that it was used unless
// that was noted just before; errs.NotFound when it is unknown, revoked or expired,
// or its account disabled.
func (db *DB) ActorOfToken(ctx context.Context, hash [32]byte, now time.Time) (org.Actor, error) {
	k, err := db.knownActor(ctx, hash)
	if err != nil {
		return org.Actor{}, orNotFound(err, "token.invalid")
	}
	if !k.expires.IsZero() && !k.expires.After(now) {
		return org.Actor{}, errs.New(errs.NotFound, "token.invalid")
	}
	if stale := now.Add(-org.TokenNoted); k.used.Before(stale) {
		// Of many calls at once one writes, and waits for no disk: what a crash takes
		// away is when a token was used last.
		_, err = db.pool.Exec(ctx, `
			WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
			UPDATE api_token
			SET used_at = $2
			FROM quick
			WHERE hash = $1 AND (used_at IS NULL OR used_at < $3)`, hash[:], now, stale)
		if err == nil {
			db.access.used(hash, now)
		}
	}
	return k.Actor, fail(err)
}

// knownActor gives who acts by a token in force, from the database unless that is
// remembered.
func (db *DB) knownActor(ctx context.Context, hash [32]byte) (knownActor, error) {
	k, round, known := db.heard().find(hash)
	if known {
		return k, nil
	}
	err := db.pool.QueryRow(ctx, `
		SELECT a.id,
		       a.login,
		       a.name,
		       a.roles,
		       coalesce(a.unit_id::text, ''),
		       t.channels,
		       t.expires_at,
		       t.used_at
		FROM api_token AS t
		JOIN account AS a ON a.id = t.account_id
		WHERE t.hash = $1 AND t.revoked_at IS NULL AND NOT a.disabled`, hash[:]).
		Scan(&k.Account, &k.Login, &k.Name, &k.Roles, &k.Unit, &k.Channels, zeroable{&k.expires}, zeroable{&k.used})
	if err == nil {
		db.access.keep(round, hash, k)
	}
	return k, err
}
