package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/kb"
)

// GapGroups gives the groups of unanswered rounds with their counts since the
// time (the week's since the other), most asks first.
func (db *DB) GapGroups(ctx context.Context, since, week time.Time, limit int) ([]kb.Gap, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT group_id,
		       count(*),
		       count(*) FILTER (WHERE heard_at >= $2),
		       count(DISTINCT caller),
		       count(*) FILTER (WHERE unsolved),
		       max(heard_at)
		FROM round
		WHERE kind = 'unanswered' AND heard_at >= $1 AND group_id IS NOT NULL
		GROUP BY group_id
		ORDER BY count(*) DESC, max(heard_at) DESC, group_id
		LIMIT $3`, since, week, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (g kb.Gap, err error) {
		err = row.Scan(&g.Group, &g.Asks, &g.Week, &g.Callers, &g.Unsolved, &g.Last)
		return g, err
	})
	return all, fail(err)
}

// EntryUses gives the entries that were given most since the time and not
// marked as no help.
func (db *DB) EntryUses(ctx context.Context, since time.Time, limit int) ([]kb.EntryUse, error) {
	return db.entryUses(ctx, `
		SELECT e.id,
		       e.question,
		       e.unit,
		       u.answered,
		       u.last
		FROM (
		    SELECT entry_id,
		           count(*) AS answered,
		           max(at) AS last
		    FROM instant_answer
		    WHERE answered AND at >= $1 AND verdict <> 'unsolved'
		    GROUP BY entry_id
		) AS u
		JOIN entry AS e ON e.id = u.entry_id
		ORDER BY u.answered DESC, u.last DESC, e.id
		LIMIT $2`, since, limit)
}

// DeadEntries gives the published entries that neither changed nor were nearest
// to any ask since the time, longest unchanged first.
func (db *DB) DeadEntries(ctx context.Context, since time.Time, limit int) ([]kb.EntryUse, error) {
	return db.entryUses(ctx, `
		SELECT e.id,
		       e.question,
		       e.unit,
		       0,
		       e.updated_at
		FROM entry AS e
		WHERE e.state = 'published' AND e.updated_at < $1
		  AND NOT EXISTS (SELECT FROM instant_answer AS a WHERE a.entry_id = e.id AND a.at >= $1)
		ORDER BY e.updated_at, e.id
		LIMIT $2`, since, limit)
}

func (db *DB) entryUses(ctx context.Context, sql string, args ...any) ([]kb.EntryUse, error) {
	rows, err := db.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (u kb.EntryUse, err error) {
		err = row.Scan(&u.Entry, &u.Question, &u.Unit, &u.Answered, &u.At)
		return u, err
	})
	return all, fail(err)
}

// Rivals gives the pairs of published entries that an ask can hardly tell
// apart. Of the latest 5,000 asks with two matches those count for which the
// second was at least half as likely as the first, and the first likely enough
// to be about the matter at all; three such asks make a pair. A wording that
// two entries of one area have in common, but for its marks, makes one without.
func (db *DB) Rivals(ctx context.Context, limit int) ([]kb.Rivals, error) {
	rows, err := db.pool.Query(ctx, `
		WITH latest AS (
		    SELECT (body -> 0 ->> 'entry')::uuid AS one,
		           (body -> 1 ->> 'entry')::uuid AS two,
		           (body -> 0 ->> 'score')::float8 AS first,
		           (body -> 1 ->> 'score')::float8 AS second
		    FROM instant_answer
		    WHERE jsonb_array_length(body) > 1
		    ORDER BY id DESC
		    LIMIT 5000
		), likely AS (
		    SELECT least(one, two) AS one,
		           greatest(one, two) AS two,
		           count(*) AS asks
		    FROM latest
		    WHERE first >= 0.2 AND second >= first / 2
		    GROUP BY 1, 2
		    HAVING count(*) >= 3
		), said AS (
		    SELECT e.id,
		           coalesce(e.area, '') AS area,
		           w.text,
		           translate(w.text, '？?，,。.！!、；;：:“”"‘’ 　', '') AS bare
		    FROM entry AS e,
		         unnest(array_prepend(e.question, e.phrasings)) AS w (text)
		    WHERE e.state = 'published'
		), common AS (
		    SELECT (array_agg(id ORDER BY id))[1] AS one,
		           (array_agg(id ORDER BY id DESC))[1] AS two,
		           min(text) AS text
		    FROM said
		    GROUP BY bare, area
		    HAVING count(DISTINCT id) > 1
		), pairs AS (
		    SELECT one,
		           two,
		           max(asks) AS asks,
		           coalesce(min(text), '') AS text
		    FROM (
		        SELECT one, two, asks, NULL AS text FROM likely
		        UNION ALL
		        SELECT one, two, 0, text FROM common
		    ) AS every
		    GROUP BY one, two
		)
		SELECT a.id,
		       a.question,
		       a.unit,
		       b.id,
		       b.question,
		       b.unit,
		       p.asks,
		       p.text
		FROM pairs AS p
		JOIN entry AS a ON a.id = p.one AND a.state = 'published'
		JOIN entry AS b ON b.id = p.two AND b.state = 'published'
		ORDER BY p.asks DESC, a.id, b.id
		LIMIT $1`, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r kb.Rivals, err error) {
		err = row.Scan(&r.First.Entry, &r.First.Question, &r.First.Unit, &r.Second.Entry, &r.Second.Question, &r.Second.Unit, &r.Asks, &r.Wording)
		return r, err
	})
	return all, fail(err)
}
