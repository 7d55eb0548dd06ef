package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// selectClarifications reads clarifications as scanClarification takes them.
const selectClarifications = `
		SELECT q.matter_id,
		       m.title,
		       m.body,
		       q.why,
		       q.by_account,
		       a.name,
		       q.at,
		       q.due_at,
		       q.done_at,
		       coalesce((
		           SELECT jsonb_agg(jsonb_build_object('by', k.by_account, 'name', p.name, 'at', k.at, 'outcome', k.outcome, 'words', k.words) ORDER BY k.id)
		           FROM clarification_call AS k
		           JOIN account AS p ON p.id = k.by_account
		           WHERE k.matter_id = q.matter_id
		       ), '[]')
		FROM clarification AS q
		JOIN matter AS m ON m.id = q.matter_id
		JOIN account AS a ON a.id = q.by_account
		LEFT JOIN accusation AS x ON x.matter_id = q.matter_id`

func scanClarification(row pgx.CollectableRow) (c intake.Clarification, err error) {
	err = row.Scan(&c.Matter, &c.Title, &c.Text, &c.Why, &c.By, &c.ByName, &c.At, &c.Due, zeroable{&c.Done}, &c.Calls)
	return c, err
}

// Clarifications gives those that wait, the first due first.
func (db *DB) Clarifications(ctx context.Context, reader org.Actor, limit int) ([]intake.Clarification, error) {
	units, accounts, desk := shunArgs(reader)
	rows, err := db.pool.Query(ctx, selectClarifications+`
		WHERE q.done_at IS NULL AND m.state = 'open' AND `+unshunned(2)+`
		ORDER BY q.due_at, q.matter_id
		LIMIT $1`, limit, units, accounts, desk)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanClarification)
	return all, fail(err)
}

// ClarificationOf gives that of a matter; false when there is none.
func (db *DB) ClarificationOf(ctx context.Context, m intake.MatterID) (intake.Clarification, bool, error) {
	rows, err := db.pool.Query(ctx, selectClarifications+`
		WHERE q.matter_id = $1`, m)
	if err != nil {
		return intake.Clarification{}, false, fail(err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanClarification)
	if noRows(err) {
		return intake.Clarification{}, false, nil
	}
	return c, err == nil, fail(err)
}

// InsertClarification puts an open matter among those about which somebody calls
// back.
func (db *DB) InsertClarification(ctx context.Context, c intake.Clarification, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockMatter(ctx, tx, c.Matter); err != nil {
			return err
		}
		var open, waits bool
		err := tx.QueryRow(ctx, `
			SELECT state = 'open',
			       EXISTS (SELECT FROM clarification WHERE matter_id = $1 AND done_at IS NULL)
			FROM matter
			WHERE id = $1`, c.Matter).Scan(&open, &waits)
		switch {
		case err != nil:
			return err
		case !open:
			return errs.New(errs.Conflict, "clarify.decided")
		case waits:
			return errs.New(errs.Conflict, "clarify.asked")
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO clarification (
			    matter_id,
			    why,
			    by_account,
			    at,
			    due_at
			) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (matter_id) DO UPDATE SET
			    why = excluded.why,
			    by_account = excluded.by_account,
			    at = excluded.at,
			    due_at = excluded.due_at,
			    done_at = NULL`, c.Matter, c.Why, c.By, c.At, c.Due)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// InsertClarifyCall stores a call, and what follows from it.
func (db *DB) InsertClarifyCall(ctx context.Context, m intake.MatterID, c intake.ClarifyCall, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockMatter(ctx, tx, m); err != nil {
			return err
		}
		var waits bool
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (
			    SELECT
			    FROM clarification AS q
			    JOIN matter AS m ON m.id = q.matter_id AND m.state = 'open'
			    WHERE q.matter_id = $1 AND q.done_at IS NULL
			)`, m).Scan(&waits)
		if err != nil {
			return err
		}
		if !waits {
			return errs.New(errs.Conflict, "clarify.done")
		}
		b := &pgx.Batch{}
		b.Queue(`
			INSERT INTO clarification_call (
			    id,
			    matter_id,
			    by_account,
			    at,
			    outcome,
			    words
			) VALUES ($1, $2, $3, $4, $5, $6)`, id.New[string](), m, c.By, c.At, c.Outcome, c.Words)
		b.Queue(`
			UPDATE clarification AS q
			SET done_at = $2
			WHERE q.matter_id = $1
			  AND ($3::text <> 'unreached'
			       OR (SELECT count(*) FROM clarification_call AS k WHERE k.matter_id = $1 AND k.at >= q.at) >= $4)`, m, c.At, c.Outcome, intake.ClarifyTries)
		if c.Outcome == intake.ClarifyClear {
			b.Queue(`DELETE FROM matter_vector WHERE matter_id = $1`, m)
			b.Queue(`
				UPDATE matter
				SET body = body || E'\n' || $2, suggested_at = NULL, certainty = NULL
				WHERE id = $1`, m, "回拨补充："+c.Words)
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// clarified tells whether a matter may be refused because it is not clear: the
// citizen was called back, and it is not for all that, or they were not reached.
func clarified(ctx context.Context, tx pgx.Tx, m intake.MatterID) (bool, error) {
	var may bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (
		    SELECT
		    FROM clarification AS q
		    WHERE q.matter_id = $1
		      AND q.done_at IS NOT NULL
		      AND (SELECT k.outcome FROM clarification_call AS k WHERE k.matter_id = $1 ORDER BY k.id DESC LIMIT 1) <> 'clear'
		)`, m).Scan(&may)
	return may, err
}
