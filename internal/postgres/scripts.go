package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// Scripts gives the newest words of callbacks of each type that has some.
func (db *DB) Scripts(ctx context.Context) ([]casework.Script, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT DISTINCT ON (type)
		       type,
		       version,
		       opening,
		       uncontacted,
		       unsolved,
		       unsatisfied,
		       closing,
		       by_account,
		       at
		FROM callback_script
		ORDER BY type, version DESC`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s casework.Script, err error) {
		err = row.Scan(&s.Type, &s.Version, &s.Opening, &s.Uncontacted, &s.Unsolved, &s.Unsatisfied, &s.Closing, &s.By, &s.At)
		return s, err
	})
	return all, fail(err)
}

// KeepScript stores the next version of a type's words: of two at once the
// second finds its version taken.
func (db *DB) KeepScript(ctx context.Context, s casework.Script, seen int, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO callback_script (
			    type,
			    version,
			    opening,
			    uncontacted,
			    unsolved,
			    unsatisfied,
			    closing,
			    by_account,
			    at
			)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
			WHERE $10 = (SELECT coalesce(max(version), 0) FROM callback_script WHERE type = $1)`,
			s.Type, s.Version, s.Opening, s.Uncontacted, s.Unsolved, s.Unsatisfied, s.Closing, s.By, s.At, seen)
		if violates(err, uniqueViolation, "callback_script_pkey") || err == nil && tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "script.moved")
		}
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}
