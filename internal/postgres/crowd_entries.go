package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"huying/kb"
)

// CopyEntries fills the knowledge base up to n entries with numbered copies of
// those it holds, each with so many wordings of the embedding model beside the
// whole; near(v, i) makes the i-th copied vector of its original's. Words,
// answers and what they hang on are the originals'. It checks nothing, and is
// meant for throw-away databases whose size is measured.
func (db *DB) CopyEntries(ctx context.Context, model string, n, wordings int, near func(v []float32, i int) []float32) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '0', true)`); err != nil {
			return err
		}
		originals, err := readOriginals(ctx, tx, model)
		if err != nil || len(originals) == 0 {
			return err
		}
		copies, err := copyWords(ctx, tx, n, wordings-1)
		if err != nil {
			return err
		}
		vectors := wordings + 1 // and the whole
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"entry_vector"}, []string{"entry_id", "ordinal", "model", "v"},
			pgx.CopyFromSlice(len(copies)*vectors, func(i int) ([]any, error) {
				c, ordinal := copies[i/vectors], i%vectors-1
				original := originals[c.original].question
				if ordinal == kb.WholeOrdinal {
					original = originals[c.original].whole
				}
				return []any{string(c.id), ordinal, model, halfvec(near(original, i))}, nil
			}))
		return err
	})
}

// original is what copies' vectors are made of.
type original struct{ question, whole []float32 }

func readOriginals(ctx context.Context, tx pgx.Tx, model string) (map[kb.EntryID]original, error) {
	rows, err := tx.Query(ctx, `
		SELECT q.entry_id,
		       q.v,
		       w.v
		FROM entry_vector AS q
		JOIN entry_vector AS w ON w.entry_id = q.entry_id AND w.model = q.model AND w.ordinal = -1
		WHERE q.model = $1 AND q.ordinal = 0`, model)
	if err != nil {
		return nil, err
	}
	all := map[kb.EntryID]original{}
	var entry kb.EntryID
	var question, whole pgvector.HalfVector
	_, err = pgx.ForEachRow(rows, []any{&entry, &question, &whole}, func() error {
		all[entry] = original{question.Slice(), whole.Slice()}
		return nil
	})
	return all, err
}

// copied is a copy and what it was made of.
type copied struct{ id, original kb.EntryID }

// copyWords makes the copies without their vectors. Their phrasings are the
// numbered question again.
func copyWords(ctx context.Context, tx pgx.Tx, n, phrasings int) ([]copied, error) {
	rows, err := tx.Query(ctx, `
		WITH original AS (
		    SELECT e.*,
		           row_number() OVER (ORDER BY e.id) AS place,
		           count(*) OVER () AS originals
		    FROM entry AS e
		), made AS (
		    SELECT gen_random_uuid() AS copy,
		           o.*,
		           o.question || '（第' || k || '份）' AS numbered
		    FROM original AS o
		    CROSS JOIN LATERAL generate_series(1, ($1 - o.place) / o.originals) AS k
		), entries AS (
		    INSERT INTO entry (
		        id, version, state, question, phrasings, answer, short, unit, area, topic, basis,
		        valid_from, valid_until, updated_at, terms
		    )
		    SELECT copy, 1, state, numbered, array_fill(numbered, ARRAY[$2::integer]), answer, short, unit, area, topic, basis,
		           valid_from, valid_until, updated_at, terms
		    FROM made
		), versions AS (
		    INSERT INTO entry_version (
		        entry_id, version, state, question, phrasings, answer, short, unit, area, topic, basis,
		        valid_from, valid_until, updated_at
		    )
		    SELECT copy, 1, state, numbered, array_fill(numbered, ARRAY[$2::integer]), answer, short, unit, area, topic, basis,
		           valid_from, valid_until, updated_at
		    FROM made
		)
		SELECT copy,
		       id
		FROM made`, n, phrasings)
	if err != nil {
		return nil, err
	}
	made, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c copied, err error) {
		err = row.Scan(&c.id, &c.original)
		return c, err
	})
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `
		UPDATE term
		SET entries = t.entries
		FROM (SELECT word, ndoc FROM ts_stat('SELECT terms FROM entry WHERE state = ''published''')) AS t (term, entries)
		WHERE t.term = term.term`)
	return made, err
}
