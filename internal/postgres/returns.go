package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
)

// taught are the confirmed examples as training sees them. One whose lead gave
// it back for lack of duty, and on which nobody has decided since (then it
// would not be the example any more), is led by the kind of unit proposed, or
// by none (”): nobody has said yet who else leads.
const taught = `(
		    SELECT e.decision_id,
		           e.matter_id,
		           e.category_id,
		           e.at,
		           e.corrected,
		           e.aside,
		           coalesce(
		               (
		                   SELECT coalesce(u.kind, '')
		                   FROM matter_return AS r
		                   JOIN assignment AS a ON a.decision_id = r.decision_id AND a.ordinal = 0 AND a.unit_id = r.from_unit_id
		                   LEFT JOIN unit AS u ON u.id = r.proposed_unit_id
		                   WHERE r.decision_id = e.decision_id AND r.reason = 'duty'
		               ),
		               e.lead_kind
		           ) AS lead_kind
		    FROM confirmed_example AS e
		)`

// InsertReturn stores that a unit gave a matter back. The matter's row is
// locked first, so that the decision which it names stands. The same key of
// the same account gives the first return again.
func (db *DB) InsertReturn(ctx context.Context, r classifier.Return, key string) (classifier.Return, error) {
	return db.noteReturn(ctx, r, key, func(context.Context, pgx.Tx, classifier.Return) error { return nil })
}

// noteReturn is InsertReturn; then is what follows in the same transaction,
// unless the return was stored before.
func (db *DB) noteReturn(
	ctx context.Context, r classifier.Return, key string, then func(context.Context, pgx.Tx, classifier.Return) error,
) (classifier.Return, error) {
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockMatter(ctx, tx, r.Matter); err != nil {
			return err
		}
		fresh := r.ID
		var err error
		if r, err = insertReturn(ctx, tx, r, key); err != nil || r.ID != fresh {
			return err
		}
		return then(ctx, tx, r)
	})
	if violates(err, uniqueViolation, "matter_return_request") { // the same key for two matters at once
		return classifier.Return{}, errs.Wrap(err, errs.Conflict, "return.outdated")
	}
	return r, err
}

// insertReturn stores a return, or gives the one that the same request stored
// before. It needs the matter locked.
func insertReturn(ctx context.Context, tx pgx.Tx, r classifier.Return, key string) (classifier.Return, error) {
	first, err := returnOf(ctx, tx, `r.by_account = $1 AND r.request_key = $2`, r.By, optional(key))
	if err == nil || !noRows(err) {
		return first, err
	}
	if err := checkReturn(ctx, tx, r); err != nil {
		return r, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO matter_return (
		    id,
		    matter_id,
		    decision_id,
		    from_unit_id,
		    proposed_unit_id,
		    reason,
		    clause,
		    by_account,
		    at,
		    request_key
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.ID, r.Matter, r.Decision, r.From, optional(r.Proposed), r.Reason, r.Clause, r.By, r.At, optional(key))
	return r, err
}

// checkReturn tells whether r may be stored. It needs the matter locked.
func checkReturn(ctx context.Context, tx pgx.Tx, r classifier.Return) error {
	var stands, assigned, before, known bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (
		           SELECT
		           FROM decision AS d
		           WHERE d.id = $1
		             AND d.matter_id = $2
		             AND d.purpose = 'effective'
		             AND d.category_id IS NOT NULL
		             AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)
		       ),
		       EXISTS (SELECT FROM assignment WHERE decision_id = $1 AND unit_id = $3),
		       EXISTS (SELECT FROM matter_return WHERE decision_id = $1 AND from_unit_id = $3),
		       $4::uuid IS NULL OR EXISTS (SELECT FROM unit WHERE id = $4 AND NOT retired)`,
		r.Decision, r.Matter, r.From, optional(r.Proposed)).Scan(&stands, &assigned, &before, &known)
	switch {
	case err != nil:
		return err
	case !stands:
		return errs.New(errs.Conflict, "return.outdated")
	case !assigned:
		return errs.New(errs.Invalid, "return.from").In("from")
	case before:
		return errs.New(errs.Conflict, "return.twice")
	case !known:
		return errs.New(errs.NotFound, "unit.not_found").In("proposed")
	}
	return nil
}

// returnColumns are what scanReturn reads, of matter_return AS r.
const returnColumns = `
		       r.id,
		       r.matter_id,
		       r.decision_id,
		       r.from_unit_id,
		       r.reason,
		       r.clause,
		       coalesce(r.proposed_unit_id::text, ''),
		       r.by_account,
		       coalesce((SELECT name FROM account WHERE id = r.by_account), ''),
		       r.at`

func returnOf(ctx context.Context, tx pgx.Tx, where string, args ...any) (classifier.Return, error) {
	rows, err := tx.Query(ctx, `
		SELECT`+returnColumns+`
		FROM matter_return AS r
		WHERE `+where, args...)
	if err != nil {
		return classifier.Return{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[classifier.Return])
}

// Returns gives the returns of a matter, oldest first.
func (db *DB) Returns(ctx context.Context, matter intake.MatterID) ([]classifier.Return, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+returnColumns+`
		FROM matter_return AS r
		WHERE r.matter_id = $1
		ORDER BY r.id`, matter)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.Return])
	return all, fail(err)
}

// Upheld counts the returns for lack of duty by leads that people followed: the
// matter's example was decided in the same category and is led by another kind.
func (db *DB) Upheld(ctx context.Context) ([]classifier.Upheld, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT e.category_id,
		       u.kind,
		       count(*),
		       d.category_id
		FROM matter_return AS r
		JOIN assignment AS a ON a.decision_id = r.decision_id AND a.ordinal = 0 AND a.unit_id = r.from_unit_id
		JOIN unit AS u ON u.id = r.from_unit_id
		JOIN decision AS f ON f.id = r.decision_id
		JOIN confirmed_example AS e ON e.matter_id = r.matter_id AND e.decision_id <> r.decision_id
		JOIN decision AS d ON d.id = e.decision_id AND d.category_id = f.category_id
		WHERE r.reason = 'duty'
		  AND e.lead_kind <> u.kind
		GROUP BY e.category_id, u.kind, d.category_id
		ORDER BY e.category_id, u.kind, d.category_id`)
	if err != nil {
		return nil, fail(err)
	}
	defer rows.Close()
	var all []classifier.Upheld
	for rows.Next() {
		var u classifier.Upheld
		if err := rows.Scan(&u.Category, &u.Lead, &u.Count, &u.Decided); err != nil {
			return nil, fail(err)
		}
		all = append(all, u)
	}
	return all, fail(rows.Err())
}

// ReturnMap sums up the returns of [from, to) by who gave back and who was
// proposed, most frequent first, and counts the decisions of that time that
// gave a matter to a unit.
func (db *DB) ReturnMap(ctx context.Context, from, to time.Time, limit int) (classifier.ReturnMap, error) {
	var m classifier.ReturnMap
	b := &pgx.Batch{}
	b.Queue(`
		SELECT (
		           SELECT count(*)
		           FROM decision
		           WHERE purpose = 'effective' AND category_id IS NOT NULL AND at >= $1 AND at < $2
		       ),
		       (SELECT count(*) FROM matter_return WHERE at >= $1 AND at < $2)`, from, to).
		QueryRow(func(row pgx.Row) error { return row.Scan(&m.Decisions, &m.Returns) })
	b.Queue(`
		SELECT f.name,
		       coalesce(p.name, ''),
		       count(*),
		       mode() WITHIN GROUP (ORDER BY r.reason)
		FROM matter_return AS r
		JOIN unit AS f ON f.id = r.from_unit_id
		LEFT JOIN unit AS p ON p.id = r.proposed_unit_id
		WHERE r.at >= $1 AND r.at < $2
		GROUP BY f.id, p.id
		ORDER BY count(*) DESC, f.name, p.name
		LIMIT $3`, from, to, limit).
		Query(func(rows pgx.Rows) (err error) {
			m.Pairs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.ReturnedPair])
			return err
		})
	err := db.pool.SendBatch(ctx, b).Close()
	return m, fail(err)
}
