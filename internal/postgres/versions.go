package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"huying/classifier"
	"huying/internal/errs"
)

// Steps gives what is stored about how versions continue each other, in the
// order in which they were published.
func (db *DB) Steps(ctx context.Context) ([]classifier.Step, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT o.version_id,
		       n.version_id,
		       o.id,
		       n.id
		FROM category_succession AS s
		JOIN category AS o ON o.id = s.old_id
		JOIN category AS n ON n.id = s.new_id
		ORDER BY n.version_id, o.version_id, o.ordinal, n.ordinal`)
	if err != nil {
		return nil, fail(err)
	}
	var steps []classifier.Step
	var from, to classifier.VersionID
	var before, after classifier.CategoryID
	_, err = pgx.ForEachRow(rows, []any{&from, &to, &before, &after}, func() error {
		if n := len(steps); n == 0 || steps[n-1].From != from || steps[n-1].To != to {
			steps = append(steps, classifier.Step{From: from, To: to, Succession: classifier.Succession{}})
		}
		s := steps[len(steps)-1].Succession
		s[before] = append(s[before], after)
		return nil
	})
	return steps, fail(err)
}

// Placements counts confirmed examples by where they stand, what was decided
// and who led, of all versions; those are ready that have vectors of the
// embedding model and are not set aside.
func (db *DB) Placements(ctx context.Context, embedder string) ([]classifier.Placement, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT c.version_id,
		       c.id,
		       k.version_id,
		       k.id,
		       e.lead_kind,
		       count(*),
		       count(*) FILTER (
		           WHERE NOT e.aside AND EXISTS (
		               SELECT
		               FROM example_vector AS x
		               WHERE x.decision_id = e.decision_id AND x.model = $1 AND x.part = 'text'
		           )
		       )
		FROM `+taught+` AS e
		JOIN category AS c ON c.id = e.category_id
		JOIN decision AS d ON d.id = e.decision_id
		JOIN category AS k ON k.id = d.category_id
		GROUP BY c.version_id, c.id, c.ordinal, k.version_id, k.id, k.ordinal, e.lead_kind
		ORDER BY c.version_id, c.ordinal, k.version_id, k.ordinal, e.lead_kind`, embedder)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.Placement])
	return all, fail(err)
}

// past reads the newest $1 examples of each leaf with their vectors, whatever
// version they stand at.
const past = `
		SELECT` + exampleColumns + `,
		       d.category_id,
		       e.matter_id,
		       coalesce(g.area, '')
		FROM (
		    SELECT e.*,
		           row_number() OVER (PARTITION BY e.category_id ORDER BY e.at DESC, e.decision_id DESC) AS nth
		    FROM ` + taught + ` AS e
		    WHERE NOT e.aside
		) AS e` + exampleJoins + `
		JOIN message AS g ON g.id = m.message_id
		WHERE e.nth <= $1
		ORDER BY e.at, e.decision_id`

// Past streams confirmed examples that have vectors of the embedding model and
// are not set aside, of all versions, of each leaf the newest perLeaf, oldest
// first, to each; an error of each ends it. It may take as long as it needs.
func (db *DB) Past(ctx context.Context, embedder string, perLeaf int, each func(classifier.Past) error) error {
	sql, err := forModel(past, embedder, 1)
	if err != nil {
		return err
	}
	return db.unhurried(ctx, sql, perLeaf, func(rows pgx.Rows) error {
		var p classifier.Past
		var title, body pgvector.HalfVector
		targets := []any{
			&p.Category, &p.Lead, &p.Title, &p.Text, &p.Decision, &p.Type, &p.Urgency, &p.At, &p.Corrected, &title, &body,
			&p.Decided, &p.Matter, &p.Area,
		}
		_, err := pgx.ForEachRow(rows, targets, func() error {
			p.TitleVector, p.Vector = title.Slice(), body.Slice()
			return each(p)
		})
		return err
	})
}

// Activate makes a stored version serve: first every example whose decision
// was made under it goes back to the leaf decided on, then the others move as
// o says. errs.Conflict "catalogue.changed" when another version than o.Before
// serves by now.
func (db *DB) Activate(ctx context.Context, o classifier.Changeover) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := patient(ctx, tx); err != nil {
			return err
		}
		if err := lockModels(ctx, tx); err != nil {
			return err
		}
		return changeOver(ctx, tx, o)
	})
}

// patient lets the statements of a transaction take longer than a page may: a
// whole catalogue or all examples are at stake.
func patient(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '300000', true)`)
	return err
}

// changeOver lets a version serve whose rows are there, and moves the examples.
// It needs lockModels.
func changeOver(ctx context.Context, tx pgx.Tx, o classifier.Changeover) error {
	var serving classifier.VersionID
	err := tx.QueryRow(ctx, `SELECT version_id FROM model WHERE active`).Scan(&serving)
	if err != nil && !noRows(err) {
		return err
	}
	if serving != o.Before {
		return errs.New(errs.Conflict, "catalogue.changed")
	}
	if err := activate(ctx, tx, o.Model); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE confirmed_example AS e
		SET category_id = d.category_id
		FROM decision AS d
		JOIN category AS c ON c.id = d.category_id
		WHERE d.id = e.decision_id
		  AND c.version_id = $1
		  AND e.category_id <> d.category_id`, o.Model.Version)
	if err != nil {
		return err
	}
	var from, to []string
	for old, next := range o.Moves {
		from, to = append(from, string(old)), append(to, string(next))
	}
	_, err = tx.Exec(ctx, `
		UPDATE confirmed_example AS e
		SET category_id = f.new_id
		FROM unnest($1::uuid[], $2::uuid[]) AS f (old_id, new_id)
		WHERE e.category_id = f.old_id`, from, to)
	if err != nil {
		return err
	}
	if err := placeAgain(ctx, tx, o.Model.Version); err != nil {
		return err
	}
	return insertAudit(ctx, tx, o.Audit)
}

// copySuccession stores how the leaves of the version before continue.
func copySuccession(ctx context.Context, tx pgx.Tx, s classifier.Succession) error {
	var pairs [][]any
	for from, next := range s {
		for _, to := range next {
			pairs = append(pairs, []any{from, to})
		}
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"category_succession"}, []string{"old_id", "new_id"}, pgx.CopyFromRows(pairs))
	return err
}

// RequestUse stores an open request; a version that has one gets the earlier
// of both times.
func (db *DB) RequestUse(ctx context.Context, r classifier.UseRequest) error {
	return fail(insertRequest(ctx, db.pool, r))
}

func insertRequest(ctx context.Context, to execer, r classifier.UseRequest) error {
	_, err := to.Exec(ctx, `
		INSERT INTO version_request AS v (
		    id,
		    version_id,
		    by_account,
		    asked_at,
		    due_at
		) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (version_id) WHERE ended_at IS NULL
		DO UPDATE SET due_at = least(v.due_at, excluded.due_at)`, r.ID, r.Version, optional(r.By), r.At, r.Due)
	return err
}

// Requests gives the latest request of every version that has one.
func (db *DB) Requests(ctx context.Context) ([]classifier.UseRequest, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT DISTINCT ON (version_id)
		       id,
		       version_id,
		       coalesce(by_account::text, ''),
		       asked_at,
		       due_at,
		       ended_at IS NOT NULL,
		       failed
		FROM version_request
		ORDER BY version_id, id DESC`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.UseRequest])
	return all, fail(err)
}

// EndRequest ends an open request; nothing happens when it is not open.
func (db *DB) EndRequest(ctx context.Context, request classifier.RequestID, failed bool, at time.Time) error {
	_, err := db.pool.Exec(ctx, `
		UPDATE version_request
		SET ended_at = $2,
		    failed = $3
		WHERE id = $1 AND ended_at IS NULL`, request, at, failed)
	return fail(err)
}
