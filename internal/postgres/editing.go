package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// Folder gives an entry in any state with what its editors must know, or
// errs.NotFound "entry.not_found".
func (db *DB) Folder(ctx context.Context, entry kb.EntryID) (kb.Folder, error) {
	var f kb.Folder
	var authors []string
	err := db.pool.QueryRow(ctx, `
		SELECT`+entryColumns+`,
		       e.due_at,
		       v.step,
		       v.remark,
		       coalesce(a.name, ''),
		       coalesce((
		           SELECT c.id::text
		           FROM entry AS c
		           WHERE c.replaces = e.id AND c.state IN ('draft', 'review')
		       ), ''),
		       coalesce((
		           SELECT array_agg(DISTINCT w.updated_by::text)
		           FROM entry_version AS w
		           WHERE w.entry_id = e.id
		             AND w.updated_by IS NOT NULL
		             AND w.step IN ('new', 'edit', 'rollback', 'import', 'send')
		             AND w.version > (
		                 SELECT coalesce(max(p.version), 0)
		                 FROM entry_version AS p
		                 WHERE p.entry_id = e.id AND p.state = 'published'
		             )
		       ), '{}')
		FROM entry AS e
		JOIN entry_version AS v ON v.entry_id = e.id AND v.version = e.version
		LEFT JOIN account AS a ON a.id = v.updated_by
		WHERE e.id = $1`, entry).
		Scan(append(entryTargets(&f.Entry), zeroable{&f.Due}, &f.Step, &f.Remark, &f.By, &f.Copy, &authors)...)
	if err != nil {
		return f, orNotFound(err, "entry.not_found")
	}
	for _, a := range authors {
		f.Authors = append(f.Authors, org.AccountID(a))
	}
	if f.Owners, err = db.owners(ctx, f.Entry.Unit); err != nil {
		return f, err
	}
	f.Variants, err = db.variants(ctx, f.Entry)
	return f, err
}

// owners gives the accounts of the unit of that name.
func (db *DB) owners(ctx context.Context, unit string) ([]org.Actor, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT a.id,
		       a.name,
		       a.roles
		FROM account AS a
		JOIN unit AS u ON u.id = a.unit_id
		WHERE u.name = $1 AND NOT a.disabled`, unit)
	if err != nil {
		return nil, fail(err)
	}
	owners, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o org.Actor, err error) {
		err = row.Scan(&o.Account, &o.Name, &o.Roles)
		return o, err
	})
	return owners, fail(err)
}

// variants gives the others in use that answer the same for other areas.
func (db *DB) variants(ctx context.Context, e kb.Entry) ([]kb.Entry, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+entryColumns+`
		FROM entry AS e
		WHERE coalesce(nullif(e.family, ''), e.code, e.question) = $1
		  AND e.id <> $2
		  AND e.replaces IS NULL
		  AND e.state <> 'retired'
		  AND e.id IS DISTINCT FROM $3::uuid
		ORDER BY e.area NULLS FIRST, e.id
		LIMIT 200`, e.FamilyKey(), e.ID, optional(e.Replaces))
	if err != nil {
		return nil, fail(err)
	}
	entries, err := pgx.CollectRows(rows, scanEntry)
	return entries, fail(err)
}

// Editions gives all versions of an entry, newest first.
func (db *DB) Editions(ctx context.Context, entry kb.EntryID) ([]kb.Edition, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+versionedColumns+`,
		       e.step,
		       e.remark,
		       coalesce(a.name, '')
		FROM entry_version AS e
		LEFT JOIN account AS a ON a.id = e.updated_by
		WHERE e.entry_id = $1
		ORDER BY e.version DESC`, entry)
	if err != nil {
		return nil, fail(err)
	}
	editions, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d kb.Edition, err error) {
		err = row.Scan(append(entryTargets(&d.Entry), &d.Step, &d.Remark, &d.By)...)
		return d, err
	})
	return editions, fail(err)
}

// ChangeEntry stores a version in one transaction. errs.Conflict "kb.changed"
// when another version stands by now, or another copy is in work; "kb.code"
// when another entry has the code, "kb.twin" when another in use asks the same
// question for the same area; errs.Invalid "kb.area" for an unknown area.
func (db *DB) ChangeEntry(ctx context.Context, c kb.Change) error {
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, entriesLock); err != nil {
			return err
		}
		if err := checkAreas(ctx, tx, []kb.Prepared{{Entry: c.Entry}}); err != nil {
			return err
		}
		if err := checkTwin(ctx, tx, c); err != nil {
			return err
		}
		w := writing{terms: map[string]int{}}
		if err := w.change(ctx, tx, c); err != nil {
			return err
		}
		if c.Ends != nil {
			if err := w.change(ctx, tx, kb.Change{Entry: *c.Ends, Step: kb.StepMerge}); err != nil {
				return err
			}
		}
		w.queueTerms()
		return tx.SendBatch(ctx, &w.batch).Close()
	})
	switch {
	case violates(err, uniqueViolation, "entry_code_key"):
		return errs.Wrap(err, errs.Conflict, "kb.code").In("code")
	case violates(err, uniqueViolation, "entry_copy"):
		return errs.Wrap(err, errs.Conflict, "kb.changed")
	}
	return err
}

// checkTwin refuses a text whose question another entry in use asks already
// for the same area: which of the two answers would be chance.
func checkTwin(ctx context.Context, tx pgx.Tx, c kb.Change) error {
	if c.Prepared == nil || c.Entry.Replaces != "" {
		return nil
	}
	var twin bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (
		    SELECT
		    FROM entry
		    WHERE question = $1
		      AND coalesce(area, '') = $2
		      AND id <> $3
		      AND replaces IS NULL
		      AND state <> 'retired'
		)`, c.Entry.Question, string(c.Entry.Area), c.Entry.ID).Scan(&twin)
	if err == nil && twin {
		err = errs.New(errs.Conflict, "kb.twin").In("question")
	}
	return err
}

// change queues the next version of an entry, if the one that it is made from
// still stands.
func (w *writing) change(ctx context.Context, tx pgx.Tx, c kb.Change) error {
	e := c.Entry
	var terms []string
	if e.Version > 0 {
		before := known{}
		err := tx.QueryRow(ctx, `
			SELECT`+entryColumns+`,
			       tsvector_to_array(e.terms)
			FROM entry AS e
			WHERE e.id = $1`, e.ID).Scan(append(entryTargets(&before.Entry), &before.terms)...)
		if err != nil {
			return orNotFound(err, "entry.not_found")
		}
		if before.Version != e.Version {
			return errs.New(errs.Conflict, "kb.changed")
		}
		w.count(before.Entry, before.terms, -1)
		terms = before.terms
	}
	if c.Prepared != nil {
		terms = termsOf(*c.Prepared)
		w.batch.Queue(`DELETE FROM entry_vector WHERE entry_id = $1`, e.ID)
	}
	e.Version++
	w.count(e, terms, 1)
	w.queueEntry(e, terms, c.Step, c.Remark)
	if c.Prepared != nil {
		w.queueVectors(e.ID, *c.Prepared)
	}
	return nil
}
