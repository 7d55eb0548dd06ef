package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"huying/classifier"
	"huying/internal/errs"
)

// left are the confirmed examples that stand at leaves of versions that do not
// serve and were not set aside.
const left = `
		FROM confirmed_example AS e
		JOIN category AS c ON c.id = e.category_id
		WHERE NOT e.aside AND c.version_id <> (SELECT version_id FROM model WHERE active)`

// Left counts the confirmed examples that stand at leaves of versions that do
// not serve, without those set aside.
func (db *DB) Left(ctx context.Context) ([]classifier.LeftLeaf, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT c.version_id,
		       c.id,
		       count(*)`+left+`
		GROUP BY c.version_id, c.id
		ORDER BY c.version_id, c.id`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.LeftLeaf])
	return all, fail(err)
}

// LeftAt gives the latest of the examples at some leaves that was decided
// before the one named (empty: of all), with its vectors where there are any of
// the embedding model; errs.NotFound "leftover.none".
func (db *DB) LeftAt(ctx context.Context, embedder string, leaves []classifier.CategoryID, before classifier.DecisionID) (classifier.Past, error) {
	var p classifier.Past
	var title, body *pgvector.HalfVector
	err := db.pool.QueryRow(ctx, `
		SELECT e.decision_id,
		       e.matter_id,
		       e.category_id,
		       e.lead_kind,
		       e.at,
		       m.title,
		       m.body,
		       (SELECT v FROM example_vector WHERE decision_id = e.decision_id AND model = $1 AND part = 'title'),
		       (SELECT v FROM example_vector WHERE decision_id = e.decision_id AND model = $1 AND part = 'text')
		FROM confirmed_example AS e
		JOIN matter AS m ON m.id = e.matter_id
		WHERE e.category_id = ANY ($2::uuid[])
		  AND NOT e.aside
		  AND ($3::uuid IS NULL OR e.decision_id < $3)
		ORDER BY e.decision_id DESC
		LIMIT 1`, embedder, leaves, optional(before)).
		Scan(&p.Decision, &p.Matter, &p.Category, &p.Lead, &p.At, &p.Title, &p.Text, &title, &body)
	if err != nil {
		return p, orNotFound(err, "leftover.none")
	}
	if title == nil { // of what has none one vector is kept
		title = body
	}
	if body != nil {
		p.TitleVector, p.Vector = title.Slice(), body.Slice()
	}
	return p, nil
}

// PlaceExample moves an example to a leaf of the version that serves, and keeps
// that for when the version serves again. errs.Conflict "leftover.settled" when
// it does not stand at p.From any more, or another version serves by now.
func (db *DB) PlaceExample(ctx context.Context, p classifier.Placing) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockModels(ctx, tx); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE confirmed_example
			SET category_id = $3
			WHERE decision_id = $1
			  AND category_id = $2
			  AND EXISTS (
			      SELECT
			      FROM category
			      WHERE id = $3 AND version_id = (SELECT version_id FROM model WHERE active)
			  )`, p.Decision, p.From, p.To)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "leftover.settled")
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO example_placement (
			    decision_id,
			    category_id,
			    by_account,
			    at
			) VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING`, p.Decision, p.To, optional(p.Audit.Actor), p.Audit.At)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, p.Audit)
	})
}

// placeAgain puts the examples that still wait where a person put them when the
// version served before.
func placeAgain(ctx context.Context, tx pgx.Tx, version classifier.VersionID) error {
	_, err := tx.Exec(ctx, `
		UPDATE confirmed_example AS e
		SET category_id = p.category_id
		FROM example_placement AS p
		JOIN category AS c ON c.id = p.category_id
		WHERE p.decision_id = e.decision_id
		  AND c.version_id = $1
		  AND NOT EXISTS (SELECT FROM category AS s WHERE s.id = e.category_id AND s.version_id = $1)`, version)
	return err
}
