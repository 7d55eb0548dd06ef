package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// staffLock lets one account at a time be disabled: two that go at once could
// each take the other for whoever stays. The number is arbitrary, but must stay.
const staffLock = 4_812_345_052

// DisableAccount ends an account with its sessions and tokens, and refuses what
// its person has asked for and waits. errs.NotFound "account.not_found";
// errs.Conflict "account.last_admin", "account.last_of_unit" when its unit has
// open cases and nobody else, "account.has_tasks" when it was given some in
// person, "account.last_head" when answers wait for it and nobody else.
func (db *DB) DisableAccount(ctx context.Context, login string, line org.Audit) error {
	defer db.access.forget()
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, staffLock); err != nil {
			return err
		}
		id, roles, err := holdAccount(ctx, tx, login)
		if err != nil {
			return err
		}
		if err := leavesNothing(ctx, tx, id, roles); err != nil {
			return err
		}
		if err := lastAdmin(ctx, tx, id, roles); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`UPDATE account SET disabled = true WHERE id = $1`, id)
		b.Queue(`DELETE FROM session WHERE account_id = $1`, id)
		b.Queue(`UPDATE api_token SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL`, id, line.At)
		b.Queue(`DELETE FROM unit_head WHERE account_id = $1`, id)
		b.Queue(`DELETE FROM work_group_member WHERE account_id = $1`, id)
		b.Queue(`DELETE FROM reach WHERE account_id = $1`, id)
		b.Queue(`UPDATE alert SET waits = false WHERE account_id = $1 AND waits`, id)
		b.Queue(`UPDATE cover SET until_at = $2, from_at = least(from_at, $2) WHERE (absent = $1 OR substitute = $1) AND until_at > $2`, id, line.At)
		b.Queue(`
			UPDATE contact_request
			SET decided_at = $2,
			    remark = '申请人的账号已停用'
			WHERE by_account = $1 AND decided_at IS NULL`, id, line.At)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// holdAccount locks an account and gives what it is for.
func holdAccount(ctx context.Context, tx pgx.Tx, login string) (id org.AccountID, roles org.Roles, err error) {
	err = tx.QueryRow(ctx, `SELECT id, roles FROM account WHERE login = $1 FOR UPDATE`, login).Scan(&id, &roles)
	return id, roles, orNotFound(err, "account.not_found", login)
}

// leavesNothing refuses to let an account go from its unit while something would
// be nobody's.
func leavesNothing(ctx context.Context, tx pgx.Tx, id org.AccountID, roles org.Roles) error {
	var login, unit string
	var others, open, tasks, answers int
	err := tx.QueryRow(ctx, `
		SELECT a.login,
		       coalesce(u.name, ''),
		       (
		           SELECT count(*)
		           FROM account AS o
		           WHERE o.id <> a.id AND 'unit' = ANY (o.roles) AND o.unit_id = a.unit_id AND NOT o.disabled
		       ),
		       (SELECT count(*) FROM work_case AS c WHERE c.unit_id = a.unit_id AND `+caseLists[casework.ShowOpen]+`),
		       (SELECT count(*) FROM work_case AS c WHERE c.held_by <> '{}' AND `+openCase+` AND c.hands -> -1 ->> 'worker' = a.id::text),
		       (
		           SELECT count(*)
		           FROM work_case AS c
		           JOIN unit_head AS h ON h.unit_id = c.unit_id AND h.account_id = a.id
		           WHERE c.state = 'reviewing'
		             AND NOT EXISTS (
		                 SELECT
		                 FROM unit_head AS o
		                 JOIN account AS p ON p.id = o.account_id AND NOT p.disabled
		                 WHERE o.unit_id = c.unit_id AND o.account_id <> a.id
		             )
		       )
		FROM account AS a
		LEFT JOIN unit AS u ON u.id = a.unit_id
		WHERE a.id = $1`, id).Scan(&login, &unit, &others, &open, &tasks, &answers)
	switch {
	case err != nil:
		return err
	case roles.Has(org.RoleUnit) && others == 0 && open > 0:
		return errs.New(errs.Conflict, "account.last_of_unit", unit, open)
	case tasks > 0:
		return errs.New(errs.Conflict, "account.has_tasks", login, tasks)
	case answers > 0:
		return errs.New(errs.Conflict, "account.last_head", login, answers)
	}
	return nil
}

// lastAdmin refuses to end the last administrator, wherever that one works.
func lastAdmin(ctx context.Context, tx pgx.Tx, id org.AccountID, roles org.Roles) error {
	if !roles.Has(org.RoleAdmin) {
		return nil
	}
	var others int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM account WHERE id <> $1 AND 'admin' = ANY (roles) AND NOT disabled`, id).Scan(&others)
	if err == nil && others == 0 {
		err = errs.New(errs.Conflict, "account.last_admin")
	}
	return err
}

// SetRoles gives an account other roles, and a unit (empty: it keeps its own).
// Who leaves the unit whose cases it handles must leave nothing behind there,
// as who is disabled.
func (db *DB) SetRoles(ctx context.Context, login string, roles org.Roles, unit org.UnitID, line org.Audit) error {
	defer db.access.forget()
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, staffLock); err != nil {
			return err
		}
		id, before, err := holdAccount(ctx, tx, login)
		if err != nil {
			return err
		}
		var was org.UnitID
		if err := tx.QueryRow(ctx, `SELECT coalesce(unit_id::text, '') FROM account WHERE id = $1`, id).Scan(&was); err != nil {
			return err
		}
		if unit == "" {
			unit = was
		}
		if roles.Has(org.RoleUnit) && unit == "" {
			return errs.New(errs.Invalid, "account.unit_needed").In("unit")
		}
		b := &pgx.Batch{}
		b.Queue(`UPDATE account SET roles = $2, unit_id = $3 WHERE id = $1`, id, roles, optional(unit))
		if before.Has(org.RoleUnit) && (!roles.Has(org.RoleUnit) || unit != was) {
			if err := leavesNothing(ctx, tx, id, before); err != nil {
				return err
			}
			b.Queue(`DELETE FROM unit_head WHERE account_id = $1`, id)
		}
		if roles.Has(org.RolePrivacy) && !before.Has(org.RolePrivacy) {
			// Others have made what tokens there are: none of them becomes a privacy officer's.
			b.Queue(`UPDATE api_token SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL`, id, line.At)
		}
		if !roles.Has(org.RoleAdmin) {
			if err := lastAdmin(ctx, tx, id, before); err != nil {
				return err
			}
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			if violates(err, foreignKeyViolation, "account_unit_id_fkey") {
				return errs.New(errs.NotFound, "unit.not_found").In("unit")
			}
			return err
		}
		line.Detail = before.Label() + " → " + line.Detail
		return insertAudit(ctx, tx, line)
	})
}

// EnableAccount lets an account sign in again; its tokens stay revoked.
// errs.NotFound "account.not_found".
func (db *DB) EnableAccount(ctx context.Context, login string, line org.Audit) error {
	defer db.access.forget()
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE account SET disabled = false WHERE login = $1`, login)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "account.not_found", login)
		}
		return insertAudit(ctx, tx, line)
	})
}
