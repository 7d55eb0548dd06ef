package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/internal/org"
)

// isAside tells whether the decisions of the account $7 are set aside.
const isAside = `coalesce(
		           (
		               SELECT aside
		               FROM set_aside
		               WHERE account_id = $7
		               ORDER BY at DESC, id DESC
		               LIMIT 1
		           ),
		           false
		       )`

// SetAside stores that a person's decisions are left out of what is learned
// from, or taken back in, and lets the examples follow. Nothing is written when
// it is so already. errs.NotFound "people.not_found".
//
// The account's row is locked for update: a decision refers to it and so waits
// here, or was committed before and is among the examples that follow.
func (db *DB) SetAside(ctx context.Context, e classifier.SetAside, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := patient(ctx, tx); err != nil {
			return err
		}
		var known string
		err := tx.QueryRow(ctx, `SELECT id FROM account WHERE id = $1 FOR UPDATE`, e.Account).Scan(&known)
		if err != nil {
			return orNotFound(err, "people.not_found")
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO set_aside (
			    id,
			    account_id,
			    aside,
			    why,
			    by_account,
			    at
			)
			SELECT $1, $7, $2, $3, $4, $5
			WHERE $6::boolean IS DISTINCT FROM `+isAside, e.ID, e.Aside, e.Why, e.By, e.At, e.Aside, e.Account)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE confirmed_example AS e
			SET aside = $2
			FROM decision AS d
			WHERE d.id = e.decision_id AND d.by_account = $1 AND e.aside <> $2`, e.Account, e.Aside)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// PersonRecords gives what became of the decisions made in [from, to), by
// person, and everybody who is set aside, most decisions first. A decision that
// was withdrawn does not count.
func (db *DB) PersonRecords(ctx context.Context, from, to time.Time) ([]classifier.PersonRecord, error) {
	rows, err := db.pool.Query(ctx, `
		WITH made AS (
		    SELECT d.by_account,
		           EXISTS (
		               SELECT
		               FROM matter_return AS r
		               WHERE r.decision_id = d.id AND r.from_unit_id = a.unit_id AND r.reason IN ('duty', 'area')
		           ) AS returned,
		           n.id IS NOT NULL
		               AND n.by_account <> d.by_account
		               AND (n.category_id IS DISTINCT FROM d.category_id OR b.unit_id IS DISTINCT FROM a.unit_id) AS overruled
		    FROM decision AS d
		    JOIN assignment AS a ON a.decision_id = d.id AND a.ordinal = 0
		    LEFT JOIN decision AS n ON n.previous_id = d.id
		    LEFT JOIN assignment AS b ON b.decision_id = n.id AND b.ordinal = 0
		    WHERE d.purpose = 'effective'
		      AND d.at >= $1
		      AND d.at < $2
		      AND n.kind IS DISTINCT FROM 'withdraw'
		), sums AS (
		    SELECT by_account,
		           count(*) AS decided,
		           count(*) FILTER (WHERE returned) AS returned,
		           count(*) FILTER (WHERE overruled) AS overruled,
		           count(*) FILTER (WHERE returned OR overruled) AS either
		    FROM made
		    GROUP BY by_account
		), latest AS (
		    SELECT DISTINCT ON (account_id)
		           account_id,
		           aside,
		           why,
		           by_account,
		           at
		    FROM set_aside
		    ORDER BY account_id, at DESC, id DESC
		), asides AS (
		    SELECT *
		    FROM latest
		    WHERE aside
		)
		SELECT p.id,
		       p.name,
		       coalesce(s.decided, 0),
		       coalesce(s.returned, 0),
		       coalesce(s.overruled, 0),
		       coalesce(s.either, 0),
		       coalesce(o.why, ''),
		       coalesce((SELECT name FROM account WHERE id = o.by_account), ''),
		       o.at
		FROM sums AS s
		FULL JOIN asides AS o ON o.account_id = s.by_account
		JOIN account AS p ON p.id = coalesce(s.by_account, o.account_id)
		ORDER BY s.decided DESC NULLS LAST, p.name, p.id`, planned, from, to)
	if err != nil {
		return nil, fail(err)
	}
	defer rows.Close()
	var out []classifier.PersonRecord
	for rows.Next() {
		var p classifier.PersonRecord
		var a classifier.Aside
		var at *time.Time
		if err := rows.Scan(&p.Account, &p.Name, &p.Decided, &p.Returned, &p.Overruled, &p.Either, &a.Why, &a.ByName, &at); err != nil {
			return nil, fail(err)
		}
		if at != nil {
			a.At = *at
			p.Aside = &a
		}
		out = append(out, p)
	}
	return out, fail(rows.Err())
}
