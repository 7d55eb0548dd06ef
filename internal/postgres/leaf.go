package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
)

// What the page of a leaf shows. Each query starts at an index that holds the
// leaf's own rows by time (suggestion_first, decision_category), newest first,
// and reads no more than classifier.MaxLeafRows of them, so that a page costs
// the same in a city with millions of decisions.

// LeafAway counts, by the category decided on, the standing decisions made in
// [from, to) with the leaf suggested first, the leaf itself included. What was
// suggested more than 30 days before from is left out: nothing waits that long.
func (db *DB) LeafAway(ctx context.Context, leaf classifier.CategoryID, from, to time.Time) ([]classifier.LeafCount, error) {
	return db.leafCounts(ctx, `
		SELECT d.category_id,
		       count(*)
		FROM (
		    SELECT id,
		           matter_id
		    FROM suggestion
		    WHERE candidates[1] = $1
		      AND at >= $2::timestamptz - interval '30 days'
		      AND at < $3
		    ORDER BY at DESC
		    LIMIT $4
		) AS s
		JOIN decision AS d ON d.matter_id = s.matter_id AND d.suggestion_id = s.id
		WHERE d.purpose = 'effective'
		  AND d.category_id IS NOT NULL
		  AND d.at >= $2
		  AND d.at < $3
		  AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)
		GROUP BY 1`, leaf, from, to, classifier.MaxLeafRows)
}

// LeafTaken counts, by the category suggested first, the standing decisions
// made in [from, to) for the leaf, the leaf itself included.
func (db *DB) LeafTaken(ctx context.Context, leaf classifier.CategoryID, from, to time.Time) ([]classifier.LeafCount, error) {
	return db.leafCounts(ctx, `
		SELECT s.candidates[1],
		       count(*)
		FROM (
		    SELECT id,
		           suggestion_id
		    FROM decision
		    WHERE purpose = 'effective'
		      AND category_id = $1
		      AND at >= $2
		      AND at < $3
		    ORDER BY at DESC
		    LIMIT $4
		) AS d
		JOIN suggestion AS s ON s.id = d.suggestion_id
		WHERE cardinality(s.candidates) > 0
		  AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)
		GROUP BY 1`, leaf, from, to, classifier.MaxLeafRows)
}

func (db *DB) leafCounts(ctx context.Context, sql string, args ...any) ([]classifier.LeafCount, error) {
	rows, err := db.pool.Query(ctx, sql, append([]any{planned}, args...)...)
	if err != nil {
		return nil, fail(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.LeafCount])
	return out, fail(err)
}

// LeafCorrections gives the wordings of standing decisions for the leaf, made
// in [from, to), with another leaf suggested first, newest first, up to limit.
func (db *DB) LeafCorrections(ctx context.Context, leaf classifier.CategoryID, from, to time.Time, limit int) ([]classifier.Wording, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT m.id,
		       CASE WHEN m.body <> '' THEN left(m.body, 120) ELSE m.title END,
		       d.at,
		       s.candidates[1]
		FROM (
		    SELECT id,
		           matter_id,
		           suggestion_id,
		           at
		    FROM decision
		    WHERE purpose = 'effective'
		      AND category_id = $1
		      AND at >= $2
		      AND at < $3
		    ORDER BY at DESC
		    LIMIT $5
		) AS d
		JOIN suggestion AS s ON s.id = d.suggestion_id
		JOIN matter AS m ON m.id = d.matter_id
		WHERE s.candidates[1] <> $1
		  AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)
		ORDER BY d.at DESC, d.id DESC
		LIMIT $4`, planned, leaf, from, to, limit, classifier.MaxLeafRows)
	if err != nil {
		return nil, fail(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.Wording])
	return out, fail(err)
}

// LeafTexts gives title and the first 200 characters of matters decided to be
// the leaf in [from, to), newest first, up to limit.
func (db *DB) LeafTexts(ctx context.Context, leaf classifier.CategoryID, from, to time.Time, limit int) ([]string, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT m.title || E'\n' || left(m.body, 200)
		FROM decision AS d
		JOIN matter AS m ON m.id = d.matter_id
		WHERE d.purpose = 'effective'
		  AND d.category_id = $1
		  AND d.at >= $2
		  AND d.at < $3
		  AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)
		ORDER BY d.at DESC
		LIMIT $4`, planned, leaf, from, to, limit)
	if err != nil {
		return nil, fail(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return out, fail(err)
}

// LeafReturns gives what units gave back in [from, to) that a decision for the
// leaf had given them, newest first, up to limit.
func (db *DB) LeafReturns(ctx context.Context, leaf classifier.CategoryID, from, to time.Time, limit int) ([]classifier.GivenBack, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT r.matter_id,
		       r.at,
		       u.name,
		       r.reason,
		       r.clause,
		       coalesce(p.name, '')
		FROM (
		    SELECT id
		    FROM decision
		    WHERE purpose = 'effective'
		      AND category_id = $1
		      AND at < $3
		    ORDER BY at DESC
		    LIMIT $5
		) AS d
		JOIN matter_return AS r ON r.decision_id = d.id
		JOIN unit AS u ON u.id = r.from_unit_id
		LEFT JOIN unit AS p ON p.id = r.proposed_unit_id
		WHERE r.at >= $2
		  AND r.at < $3
		ORDER BY r.at DESC, r.id DESC
		LIMIT $4`, planned, leaf, from, to, limit, classifier.MaxLeafRows)
	if err != nil {
		return nil, fail(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.GivenBack])
	return out, fail(err)
}
