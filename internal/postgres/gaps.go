package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// strays are the matters received since $1 for which nobody has found a leaf:
// declined; open, and the machine unsure; or corrected, where the machine was
// below the floor ($2).
const strays = `
		SELECT m.id,
		       m.title,
		       m.body,
		       c.at,
		       coalesce(encode(g.phone_hash, 'hex'), ''),
		       coalesce(s.candidates[1]::text, ''),
		       v.v
		FROM matter AS m
		JOIN message AS g ON g.id = m.message_id
		JOIN contact AS c ON c.id = g.contact_id
		JOIN matter_vector AS v ON v.matter_id = m.id
		     AND v.part = 'text'
		     AND v.model = (SELECT embedder FROM model WHERE active)
		LEFT JOIN LATERAL (
		    SELECT doubt,
		           candidates
		    FROM suggestion
		    WHERE matter_id = m.id
		    ORDER BY id DESC
		    LIMIT 1
		) AS s ON true
		LEFT JOIN decision AS d ON d.matter_id = m.id
		     AND d.purpose = 'effective'
		     AND d.kind <> 'withdraw'
		     AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)
		WHERE m.received_at >= $1
		  AND m.suggested_at IS NOT NULL
		  AND CASE
		          WHEN d.kind = 'decline' THEN true
		          WHEN d.kind = 'correct' THEN m.certainty IS NULL OR m.certainty < $2::real
		          WHEN d.kind IS NULL THEN m.state = 'open' AND (m.certainty IS NULL OR m.certainty < $2::real OR s.doubt = 'unsure')
		          ELSE false
		      END
		ORDER BY m.received_at DESC, m.id DESC
		LIMIT $3`

// Strays gives messages that fit no leaf, newest first, up to limit, with
// vectors of the active model's embedder. It may take as long as it needs.
func (db *DB) Strays(ctx context.Context, floor float64, since time.Time, limit int) ([]classifier.Stray, error) {
	var out []classifier.Stray
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		if err := patient(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, strays, since, floor, limit)
		if err != nil {
			return err
		}
		var s classifier.Stray
		var v pgvector.HalfVector
		_, err = pgx.ForEachRow(rows, []any{&s.Matter, &s.Title, &s.Text, &s.At, &s.Caller, &s.Suggested, &v}, func() error {
			s.Vector = v.Slice()
			out = append(out, s)
			return nil
		})
		return err
	})
	return out, err
}

// GapMembers gives the matters of all gaps that are kept.
func (db *DB) GapMembers(ctx context.Context) (map[classifier.GapID][]intake.MatterID, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT gap_id,
		       matter_id
		FROM gap_matter
		ORDER BY gap_id, matter_id`)
	if err != nil {
		return nil, fail(err)
	}
	out := map[classifier.GapID][]intake.MatterID{}
	var gap classifier.GapID
	var matter intake.MatterID
	_, err = pgx.ForEachRow(rows, []any{&gap, &matter}, func() error {
		out[gap] = append(out[gap], matter)
		return nil
	})
	return out, fail(err)
}

// ReplaceGaps makes these the gaps of now. One that is no more is dropped,
// unless somebody has looked after it: then it stays, out of sight, to be
// recognised.
func (db *DB) ReplaceGaps(ctx context.Context, found []classifier.FoundGap, at time.Time) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`UPDATE gap SET present = false WHERE present`)
		for _, f := range found {
			b.Queue(`
				INSERT INTO gap (
				    id,
				    callers,
				    words,
				    nearest_id,
				    typical,
				    present,
				    found_at
				) VALUES ($1, $2, $3, $4, $5, true, $6)
				ON CONFLICT (id) DO UPDATE
				SET callers = excluded.callers,
				    words = excluded.words,
				    nearest_id = excluded.nearest_id,
				    typical = excluded.typical,
				    present = true,
				    found_at = excluded.found_at`, f.ID, f.Callers, append([]string{}, f.Words...), optional(f.Nearest), f.Typical, at)
			b.Queue(`DELETE FROM gap_matter WHERE gap_id = $1`, f.ID)
			b.Queue(`
				INSERT INTO gap_matter (
				    gap_id,
				    matter_id
				)
				SELECT $1, m
				FROM unnest($2::uuid[]) AS m`, f.ID, f.Members)
		}
		b.Queue(`
			DELETE FROM gap AS t
			WHERE NOT t.present AND NOT EXISTS (SELECT FROM gap_mark AS k WHERE k.gap_id = t.id)`)
		return tx.SendBatch(ctx, b).Close()
	})
}

// Gaps gives the gaps of now, largest first.
func (db *DB) Gaps(ctx context.Context, now time.Time) ([]classifier.Gap, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT t.id,
		       t.callers,
		       t.words,
		       coalesce(t.nearest_id::text, ''),
		       s.size,
		       s.first_at,
		       s.last_at,
		       s.recent,
		       s.before,
		       ARRAY (
		           SELECT m.id
		           FROM unnest(t.typical) WITH ORDINALITY AS y (id, n)
		           JOIN matter AS m ON m.id = y.id
		           ORDER BY y.n
		       ),
		       ARRAY (
		           SELECT CASE WHEN m.title = '' THEN m.body ELSE m.title || E'\n' || m.body END
		           FROM unnest(t.typical) WITH ORDINALITY AS y (id, n)
		           JOIN matter AS m ON m.id = y.id
		           ORDER BY y.n
		       ),
		       ARRAY (
		           SELECT m.received_at
		           FROM unnest(t.typical) WITH ORDINALITY AS y (id, n)
		           JOIN matter AS m ON m.id = y.id
		           ORDER BY y.n
		       ),
		       coalesce(k.what, ''),
		       coalesce(k.size, 0),
		       coalesce((SELECT name FROM account WHERE id = k.by_account), ''),
		       k.at
		FROM gap AS t
		CROSS JOIN LATERAL (
		    SELECT count(*) AS size,
		           min(m.received_at) AS first_at,
		           max(m.received_at) AS last_at,
		           count(*) FILTER (WHERE m.received_at >= $1) AS recent,
		           count(*) FILTER (WHERE m.received_at >= $2 AND m.received_at < $1) AS before
		    FROM gap_matter AS x
		    JOIN matter AS m ON m.id = x.matter_id
		    WHERE x.gap_id = t.id
		) AS s
		LEFT JOIN LATERAL (
		    SELECT *
		    FROM gap_mark
		    WHERE gap_id = t.id
		    ORDER BY id DESC
		    LIMIT 1
		) AS k ON true
		WHERE t.present
		ORDER BY s.size DESC, t.id`, now.AddDate(0, 0, -classifier.GapRecent), now.AddDate(0, 0, -2*classifier.GapRecent))
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanGap)
	return all, fail(err)
}

func scanGap(row pgx.CollectableRow) (classifier.Gap, error) {
	var t classifier.Gap
	var k classifier.GapMark
	var matters []intake.MatterID
	var texts []string
	var times []time.Time
	var marked *time.Time
	err := row.Scan(&t.ID, &t.Callers, &t.Words, &t.Nearest, &t.Size, &t.First, &t.Last, &t.Recent, &t.Before,
		&matters, &texts, &times, &k.What, &k.Size, &k.ByName, &marked)
	for i := range matters {
		t.Typical = append(t.Typical, classifier.GapMessage{Matter: matters[i], Text: texts[i], At: times[i]})
	}
	if marked != nil {
		k.At = *marked
		t.Mark = &k
	}
	return t, err
}

// MarkGap stores that somebody looked after a gap, with its size now.
// errs.NotFound "gap.not_found".
func (db *DB) MarkGap(ctx context.Context, gap classifier.GapID, what classifier.GapState, by org.AccountID, at time.Time) error {
	tag, err := db.pool.Exec(ctx, `
		INSERT INTO gap_mark (
		    id,
		    gap_id,
		    what,
		    size,
		    by_account,
		    at
		)
		SELECT $1,
		       t.id,
		       $3,
		       (SELECT count(*) FROM gap_matter WHERE gap_id = t.id),
		       $4,
		       $5
		FROM gap AS t
		WHERE t.id = $2 AND t.present
		FOR KEY SHARE`, id.New[string](), gap, what, by, at)
	if err != nil {
		return fail(err)
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "gap.not_found")
	}
	return nil
}
