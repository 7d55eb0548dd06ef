package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
)

// Merge holds two cases, plans a step on each, and stores both or neither. The
// matters are locked in the order of their ids, so that two merges the other
// way round do not wait for each other.
func (c *Cases) Merge(ctx context.Context, from casework.CaseID, seen int, into casework.CaseID, plan casework.MergePlan) error {
	return c.inTx(ctx, func(tx pgx.Tx) error {
		var first, second intake.MatterID
		err := tx.QueryRow(ctx, `
			SELECT f.matter_id,
			       i.matter_id
			FROM work_case AS f, work_case AS i
			WHERE f.id = $1 AND i.id = $2`, from, into).Scan(&first, &second)
		if err != nil {
			return orNotFound(err, "case.not_found")
		}
		matters := []intake.MatterID{first, second}
		slices.Sort(matters)
		for _, m := range matters {
			if err := lockMatter(ctx, tx, m); err != nil {
				return err
			}
		}
		merged, ofMerged, err := lockCase(ctx, tx, first)
		if err != nil {
			return err
		}
		if merged.Version != seen {
			return errs.New(errs.Conflict, "case.moved")
		}
		going, ofGoing, err := lockCase(ctx, tx, second)
		if err != nil {
			return err
		}
		merge, join, err := plan(merged, going, ofMerged, ofGoing)
		if err != nil {
			return err
		}
		if err := storeStep(ctx, tx, merge); err != nil {
			return err
		}
		return storeStep(ctx, tx, join)
	})
}

// Alike gives open cases of the same category, unit and area that were filed
// before one, the latest first.
func (c *Cases) Alike(ctx context.Context, k casework.Case, limit int) ([]casework.Docket, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT`+docketColumns+docketTables+`
		WHERE c.unit_id = $1
		  AND c.state NOT IN ('closed', 'merged', 'void')
		  AND c.id < $2
		  AND (d.category_id, coalesce(s.area, '')) = (
		      SELECT o.category_id, coalesce(n.area, '')
		      FROM decision AS o, matter AS r
		      JOIN message AS n ON n.id = r.message_id
		      WHERE o.id = $3 AND r.id = $4
		  )
		  AND m.received_at > $5
		ORDER BY c.id DESC
		LIMIT $6`, k.Unit, k.ID, k.Decision, k.Matter, k.Due.FiledAt.AddDate(0, 0, -30), limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanDocket)
	return all, fail(err)
}
