package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// InsertLeafNotes stores notes of one leaf with one audit line. Two who keep at
// once are counted together: the leaf's row is locked first.
func (db *DB) InsertLeafNotes(ctx context.Context, notes []classifier.LeafNote, most int, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		leaf := notes[0].Leaf
		var locked classifier.CategoryID
		err := tx.QueryRow(ctx, `SELECT id FROM category WHERE id = $1 FOR UPDATE`, leaf).Scan(&locked)
		if err != nil {
			return orNotFound(err, "category.not_found")
		}
		for _, n := range notes {
			_, err := tx.Exec(ctx, `
				INSERT INTO leaf_note (
				    id,
				    category_id,
				    rival_id,
				    body,
				    by_account,
				    at
				) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT DO NOTHING`, n.ID, n.Leaf, optional(n.Rival), n.Text, n.By, n.At)
			if err != nil {
				return err
			}
		}
		var kept int
		err = tx.QueryRow(ctx, `SELECT count(*) FROM leaf_note WHERE category_id = $1 AND gone_at IS NULL`, leaf).Scan(&kept)
		switch {
		case err != nil:
			return err
		case kept > most:
			return errs.New(errs.Conflict, "leaf.notes", most)
		}
		return insertAudit(ctx, tx, line)
	})
}

// DropLeafNote takes a note away, once.
func (db *DB) DropLeafNote(ctx context.Context, note classifier.LeafNoteID, by org.AccountID, at time.Time, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE leaf_note
			SET gone_by = $2,
			    gone_at = $3
			WHERE id = $1 AND gone_at IS NULL`, note, by, at)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "leaf.note_gone")
		}
		return insertAudit(ctx, tx, line)
	})
}

// LeafNotes gives the notes that stand for a version's leaves, oldest first; of
// one leaf where it is named.
func (db *DB) LeafNotes(ctx context.Context, version classifier.VersionID, leaf classifier.CategoryID) ([]classifier.LeafNote, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT n.id,
		       n.category_id,
		       coalesce(n.rival_id::text, ''),
		       n.body,
		       n.by_account,
		       a.name,
		       n.at
		FROM leaf_note AS n
		JOIN category AS c ON c.id = n.category_id
		JOIN account AS a ON a.id = n.by_account
		WHERE c.version_id = $1
		  AND ($2::uuid IS NULL OR n.category_id = $2)
		  AND n.gone_at IS NULL
		ORDER BY n.id`, version, optional(leaf))
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.LeafNote])
	return all, fail(err)
}
