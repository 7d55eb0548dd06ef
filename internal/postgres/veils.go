package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// MatterWords gives a matter.
func (db *DB) MatterWords(ctx context.Context, m intake.MatterID) (intake.Matter, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT id,
		       message_id,
		       ordinal,
		       title,
		       body,
		       state
		FROM matter
		WHERE id = $1`, m)
	if err != nil {
		return intake.Matter{}, fail(err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, scanMatter)
	return found, orNotFound(err, "matter.not_found")
}

// VeilMatter replaces the words of a matter. Its vectors go, because they are of
// words that it no longer has; where it waits for a person its row without a
// suggestion is the job that makes another.
func (db *DB) VeilMatter(ctx context.Context, before, after intake.Matter, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE matter
			SET title = $2,
			    body = $3,
			    suggested_at = CASE WHEN state = 'open' THEN NULL ELSE suggested_at END,
			    certainty = CASE WHEN state = 'open' THEN NULL ELSE certainty END
			WHERE id = $1 AND title = $4 AND body = $5`, before.ID, after.Title, after.Text, before.Title, before.Text)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "veil.changed")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM matter_vector WHERE matter_id = $1`, before.ID); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}
