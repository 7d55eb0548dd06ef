package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// Divide cuts a case. Its matter's row is locked first, as decisions do, the
// message's for the number of the new matter. What was suggested for the whole
// stays as it was shown; its vectors go, because they are of words that the
// matter no longer has.
func (c *Cases) Divide(ctx context.Context, cut casework.Cut, plan casework.Plan, line org.Audit) error {
	return c.inTx(ctx, func(tx pgx.Tx) error {
		after, err := moveIn(ctx, tx, cut.Case, cut.Seen, plan)
		if err != nil {
			return err
		}
		if err := lockMessageOf(ctx, tx, after.Matter); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`DELETE FROM matter_vector WHERE matter_id = $1`, after.Matter)
		queuePart(b, after.Matter, cut.Other, cut.Words)
		inheritAccusation(b, after.Matter, cut.Other)
		b.Queue(`
			UPDATE matter
			SET title = '', body = $2
			WHERE id = $1`, after.Matter, cut.Keep)
		b.Queue(`
			INSERT INTO case_split (
			    matter_id,
			    case_id,
			    by_account,
			    at
			) VALUES ($1, $2, $3, $4)`, cut.Other, cut.Case, line.Actor, line.At)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// Kin gives what was one case with another once.
func (c *Cases) Kin(ctx context.Context, id casework.CaseID) ([]casework.Kin, error) {
	rows, err := c.pool.Query(ctx, `
		WITH RECURSIVE kin (matter_id) AS (
		    SELECT matter_id
		    FROM work_case
		    WHERE id = $1
		    UNION
		    SELECT n.matter_id
		    FROM kin AS k
		    CROSS JOIN LATERAL (
		        SELECT s.matter_id
		        FROM work_case AS c
		        JOIN case_split AS s ON s.case_id = c.id
		        WHERE c.matter_id = k.matter_id
		        UNION ALL
		        SELECT c.matter_id
		        FROM case_split AS s
		        JOIN work_case AS c ON c.id = s.case_id
		        WHERE s.matter_id = k.matter_id
		    ) AS n
		)
		SELECT m.id,
		       m.title,
		       m.body,
		       m.state = 'open',
		       coalesce(c.id::text, '')
		FROM kin AS k
		JOIN matter AS m ON m.id = k.matter_id
		LEFT JOIN work_case AS c ON c.matter_id = m.id
		WHERE c.id IS DISTINCT FROM $1
		ORDER BY m.id
		LIMIT 20`, id)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k casework.Kin, err error) {
		return k, row.Scan(&k.Matter, &k.Title, &k.Text, &k.Open, &k.Case)
	})
	return all, fail(err)
}

// queueStem gives the case that a matter was cut off, and when that was filed:
// the clock of the citizen runs from there. Nothing for any other matter.
func queueStem(b *pgx.Batch, m intake.MatterID, from *casework.CaseID, filed *time.Time) {
	b.Queue(`
		SELECT c.id,
		       (c.clocks ->> 'filed_at')::timestamptz
		FROM case_split AS s
		JOIN work_case AS c ON c.id = s.case_id
		WHERE s.matter_id = $1`, m).QueryRow(func(row pgx.Row) error {
		err := row.Scan(from, filed)
		if noRows(err) {
			return nil
		}
		*filed = filed.UTC()
		return err
	})
}

// noteStem says in the history of a case that was just filed from which one it
// was cut.
func (c *Cases) noteStem(ctx context.Context, tx pgx.Tx, filed casework.Case, s casework.Subject, d classifier.Decision, from casework.CaseID) error {
	step, err := c.planner.Plan(filed, s, casework.Event{At: d.At, By: d.By, Move: casework.Stem, Reason: string(from)}, time.Time{})
	if err != nil {
		return err
	}
	return storeStep(ctx, tx, step)
}
