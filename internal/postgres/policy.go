package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/org"
	"huying/kb"
)

// Labels gives the latest answers of which somebody said whether they were
// right, newest first: what an editor found, else what an agent noted, else
// what a citizen said. A citizen has one word on an entry in a talk, the last,
// and none on an answer that an editor has checked.
func (db *DB) Labels(ctx context.Context, limit int) ([]kb.Label, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT l.sight::double precision[],
		       l.correct,
		       e.id::text,
		       e.unit,
		       l.source
		FROM (
		    SELECT a.id, a.entry_id, a.sight, a.verdict = 'solved' AS correct, 'agent' AS source, a.verdict_at AS at
		    FROM instant_answer AS a
		    WHERE a.answered AND a.verdict <> '' AND a.sight IS NOT NULL
		      AND NOT EXISTS (SELECT FROM answer_check WHERE answer_id = a.id)
		    UNION ALL
		    SELECT c.id,
		           coalesce(a.entry_id, r.entry_id),
		           coalesce(a.sight, r.sight),
		           c.finding = 'right',
		           'editor',
		           c.at
		    FROM answer_check AS c
		    LEFT JOIN instant_answer AS a ON a.id = c.answer_id
		    LEFT JOIN turn AS r ON r.id = c.turn_id
		    WHERE coalesce(a.sight, r.sight) IS NOT NULL
		    UNION ALL
		    (
		        SELECT DISTINCT ON (r.conversation_id, r.entry_id)
		               r.id, r.entry_id, r.sight, r.verdict = 'solved', 'citizen', r.verdict_at
		        FROM turn AS r
		        WHERE r.told = 'answer' AND r.verdict <> '' AND r.sight IS NOT NULL
		          AND NOT EXISTS (SELECT FROM answer_check WHERE turn_id = r.id)
		        ORDER BY r.conversation_id, r.entry_id, r.verdict_at DESC
		    )
		) AS l
		JOIN entry AS e ON e.id = l.entry_id
		ORDER BY l.at DESC, l.id
		LIMIT $1`, limit)
	if err != nil {
		return nil, fail(err)
	}
	labels, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l kb.Label, err error) {
		err = row.Scan(&l.Sight, &l.Right, &l.Entry, &l.Unit, &l.By)
		return l, err
	})
	return labels, fail(err)
}

// Budgets gives the share of wrong answers that each unit allows, of those
// that have set it.
func (db *DB) Budgets(ctx context.Context) (map[string]float64, error) {
	rows, err := db.pool.Query(ctx, `SELECT unit, budget FROM answer_budget`)
	if err != nil {
		return nil, fail(err)
	}
	budgets := map[string]float64{}
	var unit string
	var budget float64
	_, err = pgx.ForEachRow(rows, []any{&unit, &budget}, func() error {
		budgets[unit] = budget
		return nil
	})
	return budgets, fail(err)
}

// SetBudget stores what a unit allows, with the audit line.
func (db *DB) SetBudget(ctx context.Context, unit string, budget float64, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO answer_budget (unit, budget, at, by_account)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT (unit) DO UPDATE
			SET budget = excluded.budget, at = excluded.at, by_account = excluded.by_account`,
			unit, budget, line.At, optional(line.Actor))
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// LatestPolicy gives the body of the latest policy; errs.NotFound
// "policy.none" when there is none, or it is the one known already.
func (db *DB) LatestPolicy(ctx context.Context, known string) ([]byte, error) {
	var body []byte
	err := db.pool.QueryRow(ctx, `
		SELECT body
		FROM answer_policy
		WHERE version = (SELECT version FROM answer_policy ORDER BY at DESC, version DESC LIMIT 1)
		  AND version <> $1`, known).Scan(&body)
	return body, orNotFound(err, "policy.none")
}

// InsertPolicy stores a policy; one of the same version stays as it is.
func (db *DB) InsertPolicy(ctx context.Context, p *kb.Policy) error {
	body, err := p.Encode()
	if err != nil {
		return err
	}
	_, err = db.pool.Exec(ctx, `
		INSERT INTO answer_policy (version, at, labels, body)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (version) DO NOTHING`, p.Version, p.At, p.Labels, body)
	return fail(err)
}

// PolicyDue tells whether a mark, a finding or a budget came after the latest
// policy.
func (db *DB) PolicyDue(ctx context.Context) (bool, error) {
	var due bool
	err := db.pool.QueryRow(ctx, `
		WITH latest AS (
		    SELECT coalesce(max(at), '-infinity') AS at
		    FROM answer_policy
		)
		SELECT EXISTS (
		           SELECT
		           FROM instant_answer
		           WHERE answered AND verdict <> '' AND sight IS NOT NULL
		             AND verdict_at > (SELECT at FROM latest)
		       )
		    OR EXISTS (
		           SELECT
		           FROM turn
		           WHERE told = 'answer' AND verdict <> '' AND sight IS NOT NULL
		             AND verdict_at > (SELECT at FROM latest)
		       )
		    OR EXISTS (SELECT FROM answer_check WHERE at > (SELECT at FROM latest))
		    OR EXISTS (SELECT FROM answer_budget WHERE at > (SELECT at FROM latest))`).Scan(&due)
	return due, fail(err)
}

// policyEvery is how often it is looked whether a policy is due.
const policyEvery = 5 * time.Minute

// refitWhenDue is the job that makes a new policy of what came since.
func (db *DB) refitWhenDue(j Jobs) func(context.Context) error {
	return func(ctx context.Context) error {
		return db.alone(ctx, refitLock, func(ctx context.Context) error {
			due, err := db.PolicyDue(ctx)
			if err != nil || !due {
				return err
			}
			return j.Refit(ctx)
		})
	}
}
