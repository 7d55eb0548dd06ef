package postgres

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"huying/classifier"
	"huying/internal/errs"
)

// nearest finds the confirmed examples nearest to a title and to a text, up to
// {k} of each, by an index scan for each ({searches}, of nearestBy), and reads
// the vectors of what was found.
const nearest = `
		WITH active AS (
		    SELECT version_id
		    FROM model
		    WHERE active
		), found AS (
		    {searches}
		)
		SELECT` + exampleColumns + `
		FROM found AS f
		JOIN confirmed_example AS e ON e.decision_id = f.decision_id` + exampleJoins + `
		ORDER BY e.decision_id`

// nearestBy is one of the searches of nearest. Examples that wait for another
// version of the catalogue, or were set aside, are passed over while the scan
// goes on.
const nearestBy = `
		    (
		        SELECT x.decision_id
		        FROM example_vector AS x
		        JOIN confirmed_example AS e ON e.decision_id = x.decision_id
		        JOIN category AS c ON c.id = e.category_id
		        WHERE x.model = '{model}' AND x.part = '{part}' AND NOT e.aside AND c.version_id = (SELECT version_id FROM active)
		        ORDER BY x.v::halfvec({dim}) <=> {vector}
		        LIMIT {k}
		    )`

// nearestTo is nearest to a text ($1), or to a text and to a title ($2).
func nearestTo(embedder string, dim, k int, titled bool) (string, error) {
	searches := strings.NewReplacer("{part}", "text", "{vector}", "$1").Replace(nearestBy)
	if titled {
		searches += `
		    UNION` + strings.NewReplacer("{part}", "title", "{vector}", "$2").Replace(nearestBy)
	}
	sql := strings.Replace(nearest, "{searches}", searches, 1)
	return forModel(strings.ReplaceAll(sql, "{k}", strconv.Itoa(k)), embedder, dim)
}

// exampleColumns and exampleJoins are what scanExample reads, of
// confirmed_example AS e; they need {model}. An example without a title has the
// vector of its text alone, which counts as its title's.
const (
	exampleColumns = `
		       e.category_id,
		       e.lead_kind,
		       m.title,
		       m.body,
		       e.decision_id,
		       d.type,
		       d.urgency,
		       e.at,
		       e.corrected,
		       coalesce(t.v, b.v),
		       b.v`
	exampleJoins = `
		JOIN matter AS m ON m.id = e.matter_id
		JOIN decision AS d ON d.id = e.decision_id
		LEFT JOIN example_vector AS t ON t.decision_id = e.decision_id AND t.model = '{model}' AND t.part = 'title'
		JOIN example_vector AS b ON b.decision_id = e.decision_id AND b.model = '{model}' AND b.part = 'text'`
)

func scanExample(row pgx.CollectableRow) (classifier.Example, error) {
	var e classifier.Example
	var title, body pgvector.HalfVector
	err := row.Scan(&e.Category, &e.Lead, &e.Title, &e.Text, &e.Decision, &e.Type, &e.Urgency, &e.At, &e.Corrected, &title, &body)
	e.TitleVector, e.Vector = title.Slice(), body.Slice()
	return e, err
}

// Scene gives in one round trip what a suggestion needs: the version and model
// that serve, the directory, and up to k confirmed examples of the active
// version nearest to the text's vector and, where the title has its own, up to
// k nearest to that, without doubles, with their vectors, in the order of their
// decisions; none without vectors. errs.Unavailable "catalogue.none" while no
// catalogue was imported.
func (db *DB) Scene(ctx context.Context, embedder string, title, text []float32, k int) (classifier.Scene, error) {
	var s classifier.Scene
	b := &pgx.Batch{}
	b.Queue(active).QueryRow(func(row pgx.Row) error { return row.Scan(&s.Active.Version, &s.Active.Model) })
	if len(title) > 0 && len(text) > 0 {
		args := []any{halfvec(text)}
		title = titleVector(title, text)
		if title != nil {
			args = append(args, halfvec(title))
		}
		sql, err := nearestTo(embedder, len(text), k, title != nil)
		if err != nil {
			return s, err
		}
		// Half the session's effort: what decides is an example that is very
		// near, and those are found first. Without Memoize: it makes room for as
		// many rows as the index scan beside it could give, whatever LIMIT ends
		// that, and with 160,000 examples zeroing what nothing was put in took
		// nine tenths of the search. Both hold until the batch ends.
		b.Queue(`SELECT set_config('hnsw.ef_search', '48', true), set_config('enable_memoize', 'off', true)`)
		b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
			s.Examples, err = pgx.CollectRows(rows, scanExample)
			return err
		})
	}
	err := db.pool.SendBatch(ctx, b).Close()
	switch {
	case noRows(err):
		return s, errs.New(errs.Unavailable, "catalogue.none")
	case err != nil:
		return s, fail(err)
	}
	s.Units, err = db.Directory(ctx)
	return s, err
}

// Leads counts the confirmed examples of the active version that have vectors
// of the embedding model, by leaf and lead.
func (db *DB) Leads(ctx context.Context, embedder string) ([]classifier.LeadCount, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT e.category_id,
		       e.lead_kind,
		       count(*)
		FROM `+taught+` AS e
		JOIN category AS c ON c.id = e.category_id
		WHERE NOT e.aside
		  AND c.version_id = (SELECT version_id FROM model WHERE active)
		  AND EXISTS (
		      SELECT
		      FROM example_vector AS x
		      WHERE x.decision_id = e.decision_id AND x.model = $1 AND x.part = 'text'
		  )
		GROUP BY e.category_id, e.lead_kind
		ORDER BY e.category_id, e.lead_kind`, embedder)
	if err != nil {
		return nil, fail(err)
	}
	leads, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.LeadCount])
	return leads, fail(err)
}

// confirmed reads the newest $1 examples of each leaf, with their vectors.
const confirmed = `
		SELECT` + exampleColumns + `
		FROM (
		    SELECT e.*,
		           row_number() OVER (PARTITION BY e.category_id ORDER BY e.at DESC, e.decision_id DESC) AS nth
		    FROM ` + taught + ` AS e
		    JOIN category AS c ON c.id = e.category_id
		    WHERE NOT e.aside AND c.version_id = (SELECT version_id FROM model WHERE active)
		) AS e` + exampleJoins + `
		WHERE e.nth <= $1
		ORDER BY e.at, e.decision_id`

// Confirmed streams the confirmed examples of the active version that have
// vectors of the embedding model, of each leaf the newest perLeaf, oldest
// first, to each; an error of each ends it. It may take as long as it needs.
func (db *DB) Confirmed(ctx context.Context, embedder string, perLeaf int, each func(classifier.Example) error) error {
	sql, err := forModel(confirmed, embedder, 1)
	if err != nil {
		return err
	}
	return db.unhurried(ctx, sql, perLeaf, func(rows pgx.Rows) error {
		for rows.Next() {
			e, err := scanExample(rows)
			if err != nil {
				return err
			}
			if err := each(e); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// unhurried reads the rows of a statement that may take as long as it needs.
func (db *DB) unhurried(ctx context.Context, sql string, arg any, read func(pgx.Rows) error) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '0', true)`); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sql, arg)
		if err != nil {
			return err
		}
		defer rows.Close()
		return read(rows)
	})
}

// Judged gives the latest suggestions under a version of the catalogue that
// people confirmed or corrected, newest first, up to limit. Suggestions that
// were stored without what calibration needs are left out, and so is what was
// set aside.
func (db *DB) Judged(ctx context.Context, version classifier.VersionID, limit int) ([]classifier.Judged, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT s.body,
		       d.category_id
		FROM decision AS d
		JOIN suggestion AS s ON s.id = d.suggestion_id
		WHERE d.kind IN ('confirm', 'correct')
		  AND s.version_id = $1
		  AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)
		  AND NOT EXISTS (SELECT FROM confirmed_example AS e WHERE e.decision_id = d.id AND e.aside)
		ORDER BY d.at DESC, d.id DESC
		LIMIT $2`, version, limit)
	if err != nil {
		return nil, fail(err)
	}
	var out []classifier.Judged
	var body []byte
	var category classifier.CategoryID
	_, err = pgx.ForEachRow(rows, []any{&body, &category}, func() error {
		var s classifier.Suggestion
		if err := json.Unmarshal(body, &s); err != nil {
			return err
		}
		if j, ok := s.Judge(category); ok {
			out = append(out, j)
		}
		return nil
	})
	return out, fail(err)
}

// TrainingDue tells whether confirmed examples that can be learned from (those
// of the active version with vectors of the active model's embedder) came or
// went since that model was made: one in a hundred of them, or any at all
// within an hour; a return for lack of duty counts like a decision. So a small
// city learns from each decision within minutes, and a large one does not train
// all day. If another model was refused since,
// classifier.RetryAfter must have come or gone since then too. Never while the
// model was put back by a person who has not let training go on.
func (db *DB) TrainingDue(ctx context.Context, now time.Time) (bool, error) {
	var due bool
	err := db.pool.QueryRow(ctx, `
		SELECT EXISTS (
		    SELECT
		    FROM model AS m
		    CROSS JOIN LATERAL (
		        SELECT count(*) AS decisions,
		               max(e.at) AS last_at
		        FROM confirmed_example AS e
		        JOIN category AS c ON c.id = e.category_id
		        WHERE NOT e.aside
		          AND c.version_id = m.version_id
		          AND EXISTS (
		              SELECT
		              FROM example_vector AS x
		              WHERE x.decision_id = e.decision_id AND x.model = m.embedder AND x.part = 'text'
		          )
		    ) AS e
		    CROSS JOIN LATERAL (
		        SELECT count(*) AS events
		        FROM matter_return
		        WHERE reason = 'duty' AND at > m.made_at
		    ) AS r
		    WHERE m.active
		      AND m.pinned_at IS NULL
		      AND (e.decisions <> m.decisions OR e.last_at > m.made_at OR r.events > 0)
		      AND ((abs(e.decisions - m.decisions) + r.events) * 100 >= m.decisions OR m.made_at <= $2::timestamptz - interval '1 hour')
		      AND NOT EXISTS (
		          SELECT
		          FROM model AS o
		          WHERE o.refused <> ''
		            AND o.version_id = m.version_id
		            AND o.embedder = m.embedder
		            AND o.made_at >= coalesce(m.served_at, m.made_at)
		            AND abs(e.decisions - o.decisions) < $1
		      )
		)`, classifier.RetryAfter, now).Scan(&due)
	return due, fail(err)
}

// Unembedded is a confirmed example that has no vectors of a model yet.
type Unembedded struct {
	Decision classifier.DecisionID
	Title    string
	Text     string
}

// UnembeddedExamples gives up to limit confirmed examples without vectors of
// the embedding model, after the one named (empty: from the first), by
// decision.
func (db *DB) UnembeddedExamples(ctx context.Context, embedder string, after classifier.DecisionID, limit int) ([]Unembedded, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT e.decision_id,
		       m.title,
		       m.body
		FROM confirmed_example AS e
		JOIN matter AS m ON m.id = e.matter_id
		WHERE ($2::uuid IS NULL OR e.decision_id > $2)
		  AND NOT EXISTS (SELECT FROM example_vector AS x WHERE x.decision_id = e.decision_id AND x.model = $1)
		ORDER BY e.decision_id
		LIMIT $3`, embedder, optional(after), limit)
	if err != nil {
		return nil, fail(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Unembedded])
	return found, fail(err)
}

// InsertExampleVectors gives an example vectors of a model. It does nothing
// when the example is gone or has them already.
func (db *DB) InsertExampleVectors(ctx context.Context, decision classifier.DecisionID, embedder string, title, text []float32) error {
	_, err := db.pool.Exec(ctx, `
		INSERT INTO example_vector (
		    decision_id,
		    model,
		    part,
		    v
		)
		SELECT e.decision_id, $2, p.part, p.v
		FROM confirmed_example AS e,
		     (VALUES ('title', $3::halfvec), ('text', $4::halfvec)) AS p (part, v)
		WHERE e.decision_id = $1 AND p.v IS NOT NULL
		FOR KEY SHARE OF e
		ON CONFLICT DO NOTHING`, decision, embedder, halfvec(titleVector(title, text)), halfvec(text))
	return fail(err)
}
