package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// Models gives the latest models up to limit, and all whose data is there,
// newest first.
func (db *DB) Models(ctx context.Context, limit int) ([]classifier.ModelLine, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT m.id,
		       m.version_id,
		       m.embedder,
		       m.decisions,
		       m.made_at,
		       m.figures,
		       m.refused,
		       v.name,
		       m.active,
		       m.data IS NOT NULL,
		       CASE WHEN m.active THEN m.pinned_at END,
		       coalesce(a.name, '')
		FROM model AS m
		JOIN catalogue_version AS v ON v.id = m.version_id
		LEFT JOIN account AS a ON a.id = m.pinned_by
		WHERE m.data IS NOT NULL
		   OR m.id IN (SELECT id FROM model ORDER BY made_at DESC, id DESC LIMIT $1)
		ORDER BY m.made_at DESC, m.id DESC`, limit)
	if err != nil {
		return nil, fail(err)
	}
	lines, err := pgx.CollectRows(rows, scanModelLine)
	return lines, fail(err)
}

func scanModelLine(row pgx.CollectableRow) (classifier.ModelLine, error) {
	var l classifier.ModelLine
	var figures []byte
	var pinned *time.Time
	err := row.Scan(&l.ID, &l.Version, &l.Embedder, &l.Decisions, &l.MadeAt, &figures, &l.Refused,
		&l.Catalogue, &l.Active, &l.Kept, &pinned, &l.PinnedBy)
	if err != nil {
		return l, err
	}
	if pinned != nil {
		l.PinnedAt = *pinned
	}
	return l, json.Unmarshal(figures, &l.Figures)
}

// UseModel makes a model that served before active, as line.Actor's choice
// from line.At on, and writes line; nothing when it is active already.
// errs.NotFound "model.not_found" when its data is not there, errs.Conflict
// "model.other" when it is of another version or embedding model than the
// active one.
func (db *DB) UseModel(ctx context.Context, model classifier.ModelID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockModels(ctx, tx); err != nil {
			return err
		}
		var serves, like bool
		err := tx.QueryRow(ctx, `
			SELECT m.active,
			       EXISTS (
			           SELECT
			           FROM model AS a
			           WHERE a.active AND a.version_id = m.version_id AND a.embedder = m.embedder
			       )
			FROM model AS m
			WHERE m.id = $1 AND m.data IS NOT NULL`, model).Scan(&serves, &like)
		switch {
		case err != nil:
			return orNotFound(err, "model.not_found")
		case serves:
			return nil
		case !like:
			return errs.New(errs.Conflict, "model.other")
		}
		if err := retire(ctx, tx); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE model
			SET active = true,
			    served_at = $2,
			    pinned_at = $2,
			    pinned_by = $3
			WHERE id = $1`, model, line.At, optional(line.Actor))
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// ResumeTraining lets training go on by itself and writes line; nothing when
// it does already.
func (db *DB) ResumeTraining(ctx context.Context, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE model
			SET pinned_at = NULL,
			    pinned_by = NULL
			WHERE active AND pinned_at IS NOT NULL`)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}
