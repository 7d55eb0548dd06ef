package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/internal/errs"
)

// modelsKept is how many models keep their data: the one that serves, the one
// before it, which a process may be loading just as a newer one takes over,
// and the last one of an earlier day, because on a busy day there is a new one
// every few minutes and what is wrong may be noticed hours later.
const modelsKept = 3

// Model gives a trained model; errs.NotFound "model.not_found" when it is
// unknown, was refused, or was dropped because newer ones took over.
func (db *DB) Model(ctx context.Context, model classifier.ModelID) (classifier.StoredModel, error) {
	var m classifier.StoredModel
	var figures, trial []byte
	err := db.pool.QueryRow(ctx, `
		SELECT id,
		       version_id,
		       embedder,
		       decisions,
		       made_at,
		       figures,
		       trial,
		       data
		FROM model
		WHERE id = $1 AND data IS NOT NULL`, model).
		Scan(&m.ID, &m.Version, &m.Embedder, &m.Decisions, &m.MadeAt, &figures, &trial, &m.Data)
	if err != nil {
		return classifier.StoredModel{}, orNotFound(err, "model.not_found")
	}
	if err := json.Unmarshal(figures, &m.Figures); err != nil {
		return classifier.StoredModel{}, errs.Wrap(err, errs.Internal, "internal")
	}
	if trial != nil {
		if err := json.Unmarshal(trial, &m.Trial); err != nil {
			return classifier.StoredModel{}, errs.Wrap(err, errs.Internal, "internal")
		}
	}
	return m, nil
}

// InsertModel stores a model of the active version and, unless it was refused,
// makes it active. errs.Conflict "model.outdated" when another version is
// active by now, "model.overtaken" when another model is than the one it
// replaces.
func (db *DB) InsertModel(ctx context.Context, m classifier.StoredModel) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockModels(ctx, tx); err != nil {
			return err
		}
		var now classifier.Active
		err := tx.QueryRow(ctx, active).Scan(&now.Version, &now.Model)
		switch {
		case noRows(err) || err == nil && now.Version != m.Version:
			return errs.New(errs.Conflict, "model.outdated")
		case err != nil:
			return err
		case m.Replaces != "" && m.Replaces != now.Model:
			return errs.New(errs.Conflict, "model.overtaken")
		case m.Refused != "":
			return insertModel(ctx, tx, m)
		}
		return activate(ctx, tx, m)
	})
}

// activate stores a model, lets it serve, and drops the data of old ones. It
// needs lockModels.
func activate(ctx context.Context, tx pgx.Tx, m classifier.StoredModel) error {
	if err := retire(ctx, tx); err != nil {
		return err
	}
	if err := insertModel(ctx, tx, m); err != nil {
		return err
	}
	return dropOld(ctx, tx)
}

// retire lets the model that serves serve no more.
func retire(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		UPDATE model
		SET active = false,
		    pinned_at = NULL,
		    pinned_by = NULL
		WHERE active`)
	return err
}

func insertModel(ctx context.Context, tx pgx.Tx, m classifier.StoredModel) error {
	figures, err := json.Marshal(m.Figures)
	if err != nil {
		return err
	}
	var trial []byte
	if m.Trial != nil {
		if trial, err = json.Marshal(m.Trial); err != nil {
			return err
		}
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
		    trial,
		    refused,
		    data
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		m.ID, m.Version, m.Embedder, m.Decisions, m.MadeAt, m.Refused == "", figures, trial, m.Refused, m.Data)
	return err
}

// dropOld keeps the data of modelsKept models.
func dropOld(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		WITH ranked AS (
		    SELECT id,
		           row_number() OVER (ORDER BY active DESC, coalesce(served_at, made_at) DESC, id DESC) AS rank,
		           date_trunc('day', coalesce(served_at, made_at) AT TIME ZONE 'Asia/Shanghai') AS day
		    FROM model
		    WHERE data IS NOT NULL
		), kept AS (
		    SELECT id
		    FROM ranked
		    WHERE rank < $1
		    UNION ALL
		    (
		        SELECT id
		        FROM ranked
		        WHERE rank >= $1
		        ORDER BY day < (SELECT day FROM ranked WHERE rank = 1) DESC, rank
		        LIMIT 1
		    )
		)
		UPDATE model
		SET data = NULL,
		    trial = NULL
		WHERE data IS NOT NULL AND id NOT IN (SELECT id FROM kept)`, modelsKept)
	return err
}
