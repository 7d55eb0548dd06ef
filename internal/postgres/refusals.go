package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// refusals are those that stand and that no second person has agreed to.
const refusals = `
		SELECT d.id,
		       d.matter_id,
		       d.reason,
		       d.at,
		       d.by_account,
		       a.name,
		       m.title,
		       m.body
		FROM decision AS d
		JOIN matter AS m ON m.id = d.matter_id
		JOIN account AS a ON a.id = d.by_account
		WHERE d.kind = 'decline'
		  AND d.purpose = 'effective'
		  AND starts_with(d.reason, '` + casework.RefusalPrefix + `')
		  AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)
		  AND NOT EXISTS (SELECT FROM refusal_check AS c WHERE c.decision_id = d.id)`

// Refusals gives those that wait for a second person, the latest first.
func (db *DB) Refusals(ctx context.Context, limit int) ([]casework.Refusal, error) {
	rows, err := db.pool.Query(ctx, refusals+`
		ORDER BY d.id DESC
		LIMIT $1`, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[casework.Refusal])
	return all, fail(err)
}

// Refusal gives one that waits for a second person.
func (db *DB) Refusal(ctx context.Context, d classifier.DecisionID) (casework.Refusal, error) {
	rows, err := db.pool.Query(ctx, refusals+`
		  AND d.id = $1`, d)
	if err != nil {
		return casework.Refusal{}, fail(err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[casework.Refusal])
	if noRows(err) {
		return r, errs.New(errs.Conflict, "refusal.done")
	}
	return r, fail(err)
}

// AgreeToRefusal notes that a second person agrees, once.
func (db *DB) AgreeToRefusal(ctx context.Context, d classifier.DecisionID, by org.AccountID, at time.Time) error {
	tag, err := db.pool.Exec(ctx, `
		INSERT INTO refusal_check (
		    decision_id,
		    by_account,
		    at
		) VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`, d, by, at)
	if err == nil && tag.RowsAffected() == 0 {
		return errs.New(errs.Conflict, "refusal.done")
	}
	return fail(err)
}
