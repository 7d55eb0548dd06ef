package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// RuleVersions gives all versions of the rules of deadlines, the newest first.
func (db *DB) RuleVersions(ctx context.Context) ([]casework.RuleVersion, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT r.version,
		       r.at,
		       coalesce(r.by_account::text, ''),
		       coalesce(a.name, ''),
		       r.why,
		       r.body
		FROM deadline_rules AS r
		LEFT JOIN account AS a ON a.id = r.by_account
		ORDER BY r.version DESC`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v casework.RuleVersion, err error) {
		var version int
		var body map[string]string
		err = row.Scan(&version, &v.At, &v.By, &v.ByName, &v.Why, &body)
		v.Rules = casework.StoredRules(version, body)
		return v, err
	})
	return all, fail(err)
}

// InsertRules stores the next version with its audit line. Of two who make one at
// once, the second waits for the first and is told.
func (db *DB) InsertRules(ctx context.Context, v casework.RuleVersion, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE deadline_rules IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO deadline_rules (
			    version,
			    at,
			    by_account,
			    why,
			    body
			)
			SELECT $1, $2, $3, $4, $5
			WHERE (SELECT coalesce(max(version), 0) FROM deadline_rules) = $1 - 1`,
			v.Rules.Version, v.At, optional(v.By), v.Why, v.Body())
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "rules.moved")
		}
		return insertAudit(ctx, tx, line)
	})
}
