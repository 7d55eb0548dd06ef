package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// forReview is what waits for a reviewer, of matter AS m, with the floor as
// $1: what was sent, what is below the floor, and what has no candidate. Each
// has an index of open matters.
const forReview = `m.state = 'open' AND (
			    m.review_at IS NOT NULL
			    OR m.certainty < $1::real
			    OR m.suggested_at IS NOT NULL AND m.certainty IS NULL
			)`

// sentColumns are review_at, review_by and its account's name.
type sentColumns struct {
	at   *time.Time
	by   org.AccountID
	name string
}

func (s sentColumns) value() *classifier.Sent {
	if s.at == nil {
		return nil
	}
	return &classifier.Sent{By: s.by, Name: s.name, At: *s.at}
}

// SetReview puts a matter that waits before a reviewer, or takes it back, with
// its audit line. Nothing is written when it is so already. errs.NotFound
// "matter.not_found"; errs.Conflict "review.decided" for one that does not wait.
func (db *DB) SetReview(ctx context.Context, matter intake.MatterID, sent bool, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		var state intake.MatterState
		var was bool
		err := tx.QueryRow(ctx, `
			SELECT state,
			       review_at IS NOT NULL
			FROM matter
			WHERE id = $1
			FOR NO KEY UPDATE`, matter).Scan(&state, &was)
		switch {
		case err != nil:
			return orNotFound(err, "matter.not_found")
		case state != intake.MatterOpen:
			return errs.New(errs.Conflict, "review.decided")
		case was == sent:
			return nil
		}
		_, err = tx.Exec(ctx, `
			UPDATE matter
			SET review_at = CASE WHEN $2 THEN $3::timestamptz END,
			    review_by = CASE WHEN $2 THEN $4::uuid END
			WHERE id = $1`, matter, sent, line.At, line.Actor)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// CountReview is how many matters Queue gives with Review set, in all.
func (db *DB) CountReview(ctx context.Context, floor float64, channels []string) (int, error) {
	var n int
	err := db.pool.QueryRow(ctx, `
		SELECT count(*)
		FROM matter AS m
		WHERE `+forReview+`
		  AND ($2::text[] IS NULL OR EXISTS (
		      SELECT
		      FROM message AS g
		      JOIN contact AS c ON c.id = g.contact_id
		      WHERE g.id = m.message_id AND c.channel = ANY ($2)
		  ))`, floor, channels).Scan(&n)
	return n, fail(err)
}
