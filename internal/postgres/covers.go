package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
	"huying/internal/org"
)

// commonRoles are the roles in which account AS a stands in for account AS f:
// those of people, not of offices, that both have. Whoever stands in acts by
// no other meanwhile.
const commonRoles = `ARRAY(
		           SELECT r
		           FROM unnest(ARRAY['agent', 'dispatcher', 'supervisor', 'editor', 'unit']) AS r
		           WHERE r = ANY (a.roles) AND r = ANY (f.roles)
		       )`

// InsertCover stores who stands in for whom. Both accounts are found by login
// and held, so that two covers of one person at once are one after the other.
func (db *DB) InsertCover(ctx context.Context, c org.Cover, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT FROM account WHERE login = ANY ($1) ORDER BY login FOR UPDATE`, []string{c.Absent.Login, c.Substitute.Login})
		if err != nil {
			return err
		}
		for _, a := range []*org.Account{&c.Absent, &c.Substitute} {
			err := tx.QueryRow(ctx, `SELECT id FROM account WHERE login = $1 AND NOT disabled`, a.Login).Scan(&a.ID)
			if err != nil {
				return orNotFound(err, "account.not_found", a.Login)
			}
		}
		var same, overlaps bool
		err = tx.QueryRow(ctx, `
			SELECT `+commonRoles+` <> '{}',
			       EXISTS (SELECT FROM cover WHERE absent = f.id AND from_at < $4 AND until_at > $3)
			FROM account AS f
			JOIN account AS a ON a.id = $2
			WHERE f.id = $1`,
			c.Absent.ID, c.Substitute.ID, c.From, c.Until).Scan(&same, &overlaps)
		switch {
		case err != nil:
			return err
		case !same:
			return errs.New(errs.Invalid, "cover.role").In("substitute")
		case overlaps:
			return errs.New(errs.Conflict, "cover.overlaps", c.Absent.Login)
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO cover (
			    id,
			    absent,
			    substitute,
			    from_at,
			    until_at,
			    by_account,
			    at
			) VALUES ($1, $2, $3, $4, $5, $6, $7)`, c.ID, c.Absent.ID, c.Substitute.ID, c.From, c.Until, c.By, c.At)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// EndCover ends a cover before its time; one that was to come never begins.
func (db *DB) EndCover(ctx context.Context, c org.CoverID, line org.Audit) error {
	return db.endEarly(ctx, "cover", string(c), "cover.over", line)
}

// endEarly ends the row of a table that holds from one time to another, at the time of
// its audit line; what was to come never begins. errs.Conflict over where it has ended.
func (db *DB) endEarly(ctx context.Context, table, id string, over errs.Code, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE `+table+`
			SET until_at = $2,
			    from_at = least(from_at, $2)
			WHERE id = $1 AND until_at > $2`, id, line.At)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, over)
		}
		return insertAudit(ctx, tx, line)
	})
}

// Covers gives covers that are not over, the first to end first.
func (db *DB) Covers(ctx context.Context, substitute org.AccountID, at time.Time) ([]org.Cover, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT c.id,
		       a.id,
		       a.login,
		       a.name,
		       coalesce(a.unit_id::text, ''),
		       s.id,
		       s.login,
		       s.name,
		       coalesce(s.unit_id::text, ''),
		       c.from_at,
		       c.until_at,
		       c.by_account,
		       c.at
		FROM cover AS c
		JOIN account AS a ON a.id = c.absent
		JOIN account AS s ON s.id = c.substitute
		WHERE c.until_at > $2 AND ($1::uuid IS NULL OR c.substitute = $1)
		ORDER BY c.until_at, c.id
		LIMIT 500`, optional(substitute), at)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c org.Cover, err error) {
		a, s := &c.Absent, &c.Substitute
		err = row.Scan(&c.ID, &a.ID, &a.Login, &a.Name, &a.Unit, &s.ID, &s.Login, &s.Name, &s.Unit, &c.From, &c.Until, &c.By, &c.At)
		return c, err
	})
	return all, fail(err)
}

// ActFor lets a session act for the absent person of a cover.
func (db *DB) ActFor(ctx context.Context, session [32]byte, c org.CoverID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE session AS s
			SET cover_id = $2
			WHERE s.hash = $1
			  AND ($2::uuid IS NULL OR EXISTS (
			      SELECT
			      FROM cover AS c
			      WHERE c.id = $2 AND c.substitute = s.account_id AND c.from_at <= $3 AND c.until_at > $3
			  ))`, session[:], optional(c), line.At)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "cover.over")
		}
		return insertAudit(ctx, tx, line)
	})
}

// ActorFor gives who an account is while it stands in for somebody: under its own
// name, of their unit, in the roles that both have.
func (db *DB) ActorFor(ctx context.Context, account org.AccountID, absent string, at time.Time, line org.Audit) (org.Actor, error) {
	var a org.Actor
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			SELECT a.id,
			       a.login,
			       a.name,
			       `+commonRoles+`,
			       coalesce(f.unit_id::text, ''),
			       f.id,
			       f.name,
			       coalesce(a.unit_id::text, '')
			FROM cover AS v
			JOIN account AS a ON a.id = v.substitute AND NOT a.disabled
			JOIN account AS f ON f.id = v.absent AND NOT f.disabled
			WHERE v.substitute = $1 AND f.login = $2 AND v.from_at <= $3 AND v.until_at > $3 AND `+commonRoles+` <> '{}'`, account, absent, at).
			Scan(&a.Account, &a.Login, &a.Name, &a.Roles, &a.Unit, &a.For, &a.ForName, &a.Home)
		if noRows(err) {
			return errs.New(errs.Conflict, "cover.over")
		}
		if err != nil {
			return err
		}
		var noted bool
		err = tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM audit WHERE object = $1 AND action = $2 AND actor = $3 AND at > $4)`, line.Object, line.Action, account, at.Add(-time.Hour)).Scan(&noted)
		if err != nil || noted {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
	return a, err
}
