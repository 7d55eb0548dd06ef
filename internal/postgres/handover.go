package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// openTask are open cases whose last hand is a person's, $1.
const openTask = `c.held_by <> '{}' AND ` + openCase + ` AND c.hands -> -1 ->> 'worker' = $1::text`

// openCase are the open cases, of work_case AS c.
const openCase = `c.state NOT IN ('closed', 'merged', 'void')`

// TasksOf gives the open cases that were given to a person, down the unit tree or
// as the handler.
func (db *DB) TasksOf(ctx context.Context, a org.AccountID) ([]casework.CaseID, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT c.id
		FROM work_case AS c
		WHERE `+openTask+` OR c.handler = $1::uuid AND `+openCase+`
		ORDER BY c.citizen_due, c.id`, a)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[casework.CaseID])
	return all, fail(err)
}

// FirstOf gives the open cases that a person received first.
func (db *DB) FirstOf(ctx context.Context, a org.AccountID) ([]casework.CaseID, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT c.id
		FROM work_case AS c
		WHERE c.first_asked = $1 AND `+openCase+`
		ORDER BY c.citizen_due, c.id`, a)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[casework.CaseID])
	return all, fail(err)
}

// ReplaceHead puts one person in the place of another who heads their unit.
// Where that one heads nothing, only the line is written.
func (db *DB) ReplaceHead(ctx context.Context, from, to org.AccountID, line org.Audit) error {
	return db.execAudited(ctx, line, `
		WITH was AS (
		    DELETE FROM unit_head
		    WHERE account_id = $1
		    RETURNING unit_id, kind
		)
		INSERT INTO unit_head (unit_id, account_id, kind)
		SELECT unit_id, $2, kind
		FROM was
		ON CONFLICT DO NOTHING`, from, to)
}

// touched are the open cases that a unit, $1, has something of.
const touched = `
		FROM work_case AS c
		WHERE ` + openCase + `
		  AND (c.unit_id = $1
		       OR c.held_by @> ARRAY[$1::uuid]
		       OR EXISTS (
		           SELECT
		           FROM assignment AS a
		           WHERE a.decision_id = c.decision_id AND a.unit_id = $1 AND a.ordinal > 0 AND NOT $1 = ANY (c.parts)
		       ))`

// Touched gives open cases that a unit has something of, and how many.
func (db *DB) Touched(ctx context.Context, u org.UnitID, limit int) ([]casework.CaseID, int, error) {
	var n int
	if err := db.pool.QueryRow(ctx, `SELECT count(*)`+touched, u).Scan(&n); err != nil {
		return nil, 0, fail(err)
	}
	rows, err := db.pool.Query(ctx, `SELECT c.id`+touched+`
		ORDER BY c.citizen_due, c.id
		LIMIT $2`, u, limit)
	if err != nil {
		return nil, 0, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[casework.CaseID])
	return all, n, fail(err)
}

// RetireUnit takes a unit out of service that has nothing open; its people go
// to the successor, and head nothing there. Whoever complains of the unit
// complains of the successor from then on: errs.Conflict "accused.partakes" while that has such a case.
func (db *DB) RetireUnit(ctx context.Context, from, to org.UnitID, line org.Audit) error {
	defer db.access.forget()
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE unit SET retired = true WHERE id = $1 AND NOT retired`, from)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.NotFound, "unit.not_found")
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*)`+touched, from).Scan(&n); err != nil {
			return err
		}
		if n > 0 { // filed meanwhile
			return errs.New(errs.Conflict, "unit.left", n)
		}
		if err := inheritBars(ctx, tx, from, to); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`DELETE FROM unit_head WHERE unit_id = $1`, from)
		b.Queue(`UPDATE account SET unit_id = $2 WHERE unit_id = $1`, from, to)
		b.Queue(`UPDATE work_group SET unit_id = $2 WHERE unit_id = $1`, from, to)
		b.Queue(inheritPlace, from, to)
		b.Queue(`UPDATE directory_revision SET revision = revision + 1`)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// inheritPlace puts what was given to be below the unit $1 below its successor $2.
// One that was below it itself comes to where it was: nothing is above itself.
const inheritPlace = `
		WITH RECURSIVE below AS (
		    SELECT id FROM unit WHERE parent_unit_id = $1
		    UNION
		    SELECT u.id FROM below AS b JOIN unit AS u ON u.parent_unit_id = b.id
		)
		UPDATE unit
		SET parent_unit_id = CASE WHEN id = $2 THEN (SELECT parent_unit_id FROM unit WHERE id = $1) ELSE $2 END
		WHERE id = $2 AND id IN (SELECT id FROM below) OR parent_unit_id = $1 AND id <> $2`

// inheritBars shuts the successor of a unit out of what complains of that unit.
func inheritBars(ctx context.Context, tx pgx.Tx, from, to org.UnitID) error {
	rows, err := tx.Query(ctx, `
		SELECT matter_id
		FROM accusation
		WHERE $1 = ANY (barred) AND NOT $2 = ANY (barred)
		ORDER BY matter_id`, from, to)
	if err != nil {
		return err
	}
	matters, err := pgx.CollectRows(rows, pgx.RowTo[intake.MatterID])
	if err != nil {
		return err
	}
	for _, m := range matters {
		if err := lockMatter(ctx, tx, m); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			UPDATE accusation
			SET barred = barred || $2::uuid,
			    units = CASE WHEN $3 = ANY (units) THEN units || $2::uuid ELSE units END
			WHERE matter_id = $1 AND NOT $2 = ANY (barred)`, m, to, from)
		if err != nil {
			return err
		}
		if err := accusedPartake(ctx, tx, m); err != nil {
			return err
		}
	}
	return nil
}
