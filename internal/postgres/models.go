package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/internal/errs"
)

// modelsKept is how many models keep their data: the one that serves and two
// before it, which a process may be loading just as a newer one takes over.
const modelsKept = 3

// Model gives a trained model; errs.NotFound "model.not_found" when it is
// unknown or was dropped because newer ones took over.
func (db *DB) Model(ctx context.Context, model classifier.ModelID) (classifier.StoredModel, error) {
	var m classifier.StoredModel
	var figures []byte
	err := db.pool.QueryRow(ctx, `
		SELECT id,
		       version_id,
		       embedder,
		       decisions,
		       made_at,
		       figures,
		       data
		FROM model
		WHERE id = $1 AND data IS NOT NULL`, model).
		Scan(&m.ID, &m.Version, &m.Embedder, &m.Decisions, &m.MadeAt, &figures, &m.Data)
	if err != nil {
		return classifier.StoredModel{}, orNotFound(err, "model.not_found")
	}
	if err := json.Unmarshal(figures, &m.Figures); err != nil {
		return classifier.StoredModel{}, errs.Wrap(err, errs.Internal, "internal")
	}
	return m, nil
}

// InsertModel stores a model of the active version and makes it active;
// errs.Conflict "model.outdated" when another version is active by now.
func (db *DB) InsertModel(ctx context.Context, m classifier.StoredModel) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockModels(ctx, tx); err != nil {
			return err
		}
		var version classifier.VersionID
		err := tx.QueryRow(ctx, `SELECT version_id FROM model WHERE active`).Scan(&version)
		switch {
		case noRows(err) || err == nil && version != m.Version:
			return errs.New(errs.Conflict, "model.outdated")
		case err != nil:
			return err
		}
		return activate(ctx, tx, m)
	})
}

// activate stores a model, lets it serve, and drops the data of old ones. It
// needs lockModels.
func activate(ctx context.Context, tx pgx.Tx, m classifier.StoredModel) error {
	figures := m.Figures
	if figures == nil {
		figures = map[string]float64{}
	}
	encoded, err := json.Marshal(figures)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE model SET active = false WHERE active`); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO model (
		    id,
		    version_id,
		    embedder,
		    decisions,
		    made_at,
		    active,
		    figures,
		    data
		) VALUES ($1, $2, $3, $4, $5, true, $6, $7)`,
		m.ID, m.Version, m.Embedder, m.Decisions, m.MadeAt, encoded, m.Data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE model
		SET data = NULL
		WHERE data IS NOT NULL
		  AND NOT active
		  AND id NOT IN (
		      SELECT id
		      FROM model
		      WHERE data IS NOT NULL
		      ORDER BY active DESC, made_at DESC, id DESC
		      LIMIT $1
		  )`, modelsKept)
	return err
}
