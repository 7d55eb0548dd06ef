package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/kb"
)

// lists are the conditions of the task lists; $1 is now and $2 what counts as
// soon. What is overdue stays in the list of its state too.
var lists = map[kb.TaskList]string{
	kb.ListReview:  `e.state = 'review' AND $1::timestamptz IS NOT NULL AND $2::timestamptz IS NOT NULL`,
	kb.ListVerify:  `e.state = 'to_verify' AND $1::timestamptz IS NOT NULL AND $2::timestamptz IS NOT NULL`,
	kb.ListOverdue: `e.due_at < $1 AND $2::timestamptz IS NOT NULL`,
	kb.ListSoon:    `e.state = 'published' AND e.due_at >= $1 AND e.due_at < $2`,
	kb.ListDraft:   `e.state = 'draft' AND $1::timestamptz IS NOT NULL AND $2::timestamptz IS NOT NULL`,
	kb.ListRetired: `e.state = 'retired' AND e.replaces IS NULL AND $1::timestamptz IS NOT NULL AND $2::timestamptz IS NOT NULL`,
}

// Tasks gives a list, what is due first on top, paged by key.
func (db *DB) Tasks(ctx context.Context, f kb.TaskFilter) ([]kb.Task, error) {
	condition, ok := lists[f.List]
	if !ok {
		condition = lists[kb.ListOverdue]
	}
	rows, err := db.pool.Query(ctx, `
		SELECT`+entryColumns+`,
		       e.due_at,
		       v.remark,
		       coalesce(a.name, '')
		FROM entry AS e
		JOIN entry_version AS v ON v.entry_id = e.id AND v.version = e.version
		LEFT JOIN account AS a ON a.id = v.updated_by
		WHERE `+condition+`
		  AND ($3 = '' OR e.unit = $3)
		  AND ($4::uuid IS NULL OR (coalesce(e.due_at, 'infinity'), e.id) > (
		      SELECT coalesce(b.due_at, 'infinity'),
		             b.id
		      FROM entry AS b
		      WHERE b.id = $4::uuid
		  ))
		ORDER BY coalesce(e.due_at, 'infinity'), e.id
		LIMIT $5`, f.Now, f.Soon, f.Unit, optional(f.Before), f.Limit)
	if err != nil {
		return nil, fail(err)
	}
	tasks, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t kb.Task, err error) {
		err = row.Scan(append(entryTargets(&t.Entry), zeroable{&t.Due}, &t.Remark, &t.By)...)
		return t, err
	})
	return tasks, fail(err)
}

// Loads gives what each unit has to do, the unit with most overdue first.
func (db *DB) Loads(ctx context.Context, now, soon time.Time) ([]kb.Load, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT e.unit,
		       count(*) FILTER (WHERE e.state IN ('published', 'to_verify')),
		       count(*) FILTER (WHERE e.due_at < $1),
		       count(*) FILTER (WHERE e.state = 'published' AND e.due_at >= $1 AND e.due_at < $2),
		       count(*) FILTER (WHERE e.state = 'review'),
		       count(*) FILTER (WHERE e.state = 'to_verify'),
		       count(*) FILTER (WHERE e.state = 'draft')
		FROM entry AS e
		WHERE e.state <> 'retired'
		GROUP BY e.unit
		ORDER BY 3 DESC, 4 DESC, 6 DESC, e.unit
		LIMIT 2000`, now, soon)
	if err != nil {
		return nil, fail(err)
	}
	loads, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l kb.Load, err error) {
		var overdue, ending, review, verify, draft int
		err = row.Scan(&l.Unit, &l.Entries, &overdue, &ending, &review, &verify, &draft)
		l.Counts = map[kb.TaskList]int{
			kb.ListOverdue: overdue, kb.ListSoon: ending, kb.ListReview: review, kb.ListVerify: verify, kb.ListDraft: draft,
		}
		return l, err
	})
	return loads, fail(err)
}

// Clauses gives the clauses that entries in use rest on, by law.
func (db *DB) Clauses(ctx context.Context) ([]kb.CitedClause, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT c.law,
		       coalesce(c.clause, ''),
		       min(c.until),
		       count(*),
		       count(*) FILTER (WHERE e.state = 'published')
		FROM entry AS e,
		     jsonb_to_recordset(e.clauses) AS c (law text, clause text, until timestamptz)
		WHERE e.state IN ('published', 'to_verify')
		GROUP BY c.law, c.clause
		ORDER BY c.law, c.clause
		LIMIT 2000`)
	if err != nil {
		return nil, fail(err)
	}
	clauses, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c kb.CitedClause, err error) {
		err = row.Scan(&c.Clause.Law, &c.Clause.Text, zeroable{&c.Clause.Until}, &c.Entries, &c.Published)
		return c, err
	})
	return clauses, fail(err)
}

// MarkClause stores that a clause has changed; MoveDue does the rest.
func (db *DB) MarkClause(ctx context.Context, m kb.ClauseMark) error {
	_, err := db.pool.Exec(ctx, `
		INSERT INTO clause_mark (
		    id,
		    law,
		    clause,
		    note,
		    by_account,
		    at
		) VALUES ($1, $2, $3, $4, $5, $6)`, m.ID, m.Law, m.Text, m.Note, optional(m.By), m.At)
	return fail(err)
}

// moved is an entry that is to be verified now, and why.
type moved struct {
	entry  kb.EntryID
	step   kb.Step
	remark string
	due    time.Time
}

// restsOn tells whether the entry e rests on the marked clause k.
const restsOn = `e.clauses @> CASE
			          WHEN k.clause = '' THEN jsonb_build_array(jsonb_build_object('law', k.law))
			          ELSE jsonb_build_array(jsonb_build_object('law', k.law, 'clause', k.clause))
			      END`

// MoveDue puts up to limit entries to verify whose end has come or whose
// clause is marked as changed, in one transaction, and gives how many; fewer
// than limit when nothing is left. An entry that is to be verified already
// stays as it is, so each moves once. Neither its words nor its vectors
// change: those who ask find it as before, marked.
func (db *DB) MoveDue(ctx context.Context, now time.Time, limit int) (int, error) {
	n := 0
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, entriesLock); err != nil {
			return err
		}
		due, err := dueEntries(ctx, tx, now, limit)
		if err != nil {
			return err
		}
		n = len(due)
		var b pgx.Batch
		for _, m := range due {
			b.Queue(`
				UPDATE entry
				SET state = 'to_verify',
				    version = version + 1,
				    updated_at = $2,
				    updated_by = NULL,
				    due_at = $3
				WHERE id = $1`, m.entry, now, m.due)
			b.Queue(keepVersion, m.entry, m.step, m.remark)
		}
		b.Queue(`
			UPDATE clause_mark AS k
			SET done_at = $1
			WHERE k.done_at IS NULL
			  AND NOT EXISTS (
			      SELECT
			      FROM entry AS e
			      WHERE e.state = 'published' AND `+restsOn+`
			  )`, now)
		return tx.SendBatch(ctx, &b).Close()
	})
	return n, err
}

// dueEntries finds what has run out, and what rests on a clause with an open
// mark; where both are true, the clause is the reason that is kept.
func dueEntries(ctx context.Context, tx pgx.Tx, now time.Time, limit int) ([]moved, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT ON (d.id)
		       d.id,
		       d.step,
		       d.remark,
		       d.due_at
		FROM (
		    SELECT e.id,
		           'expire' AS step,
		           '' AS remark,
		           e.due_at,
		           1 AS place
		    FROM entry AS e
		    WHERE e.state = 'published' AND e.due_at < $1
		    UNION ALL
		    SELECT e.id,
		           'law',
		           '《' || k.law || '》' || k.clause || '：' || k.note,
		           $1::timestamptz + $3::interval,
		           0
		    FROM clause_mark AS k
		    JOIN entry AS e ON `+restsOn+`
		    WHERE k.done_at IS NULL AND e.state = 'published'
		) AS d
		ORDER BY d.id, d.place
		LIMIT $2`, now, limit, kb.VerifyWithin)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m moved, err error) {
		err = row.Scan(&m.entry, &m.step, &m.remark, &m.due)
		return m, err
	})
}
