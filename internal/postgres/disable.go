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
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, staffLock); err != nil {
			return err
		}
		id, role, err := leavesNothing(ctx, tx, login)
		if err != nil {
			return err
		}
		if err := lastAdmin(ctx, tx, id, role); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`UPDATE account SET disabled = true WHERE id = $1`, id)
		b.Queue(`DELETE FROM session WHERE account_id = $1`, id)
		b.Queue(`UPDATE api_token SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL`, id, line.At)
		b.Queue(`DELETE FROM unit_head WHERE account_id = $1`, id)
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

// leavesNothing holds an account and refuses to let it go while something would
// be nobody's.
func leavesNothing(ctx context.Context, tx pgx.Tx, login string) (id org.AccountID, role org.Role, err error) {
	var unit string
	var others, open, tasks, answers int
	err = tx.QueryRow(ctx, `
		SELECT a.id,
		       a.role,
		       coalesce(u.name, ''),
		       (
		           SELECT count(*)
		           FROM account AS o
		           WHERE o.id <> a.id AND o.role = a.role AND o.unit_id IS NOT DISTINCT FROM a.unit_id AND NOT o.disabled
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
		WHERE a.login = $1
		FOR UPDATE OF a`, login).Scan(&id, &role, &unit, &others, &open, &tasks, &answers)
	if err != nil {
		return "", "", orNotFound(err, "account.not_found", login)
	}
	if role == org.RoleUnit && others == 0 && open > 0 {
		return "", "", errs.New(errs.Conflict, "account.last_of_unit", unit, open)
	}
	if tasks > 0 {
		return "", "", errs.New(errs.Conflict, "account.has_tasks", login, tasks)
	}
	if answers > 0 {
		return "", "", errs.New(errs.Conflict, "account.last_head", login, answers)
	}
	return id, role, nil
}

// lastAdmin refuses to end the last administrator, wherever that one works.
func lastAdmin(ctx context.Context, tx pgx.Tx, id org.AccountID, role org.Role) error {
	if role != org.RoleAdmin {
		return nil
	}
	var others int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM account WHERE id <> $1 AND role = 'admin' AND NOT disabled`, id).Scan(&others)
	if err == nil && others == 0 {
		err = errs.New(errs.Conflict, "account.last_admin")
	}
	return err
}

// EnableAccount lets an account sign in again; its tokens stay revoked.
// errs.NotFound "account.not_found".
func (db *DB) EnableAccount(ctx context.Context, login string, line org.Audit) error {
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
