package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/classifier"
	"huying/internal/org"
)

// CasesClosed gives cases that were closed in a period, in the order of their
// ids.
func (c *Cases) CasesClosed(ctx context.Context, from, to time.Time, after casework.CaseID, limit int) ([]casework.CaseID, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT c.id
		FROM work_case AS c
		WHERE c.state = 'closed'
		  AND (c.clocks ->> 'closed_at')::timestamptz >= $1
		  AND (c.clocks ->> 'closed_at')::timestamptz < $2
		  AND ($3::uuid IS NULL OR c.id > $3)
		ORDER BY c.id
		LIMIT $4`, from, to, optional(after), limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[casework.CaseID])
	return all, fail(err)
}

// CategoryTrail gives a category's code and name.
func (c *Cases) CategoryTrail(ctx context.Context, id classifier.CategoryID) (string, error) {
	var trail string
	err := c.pool.QueryRow(ctx, `SELECT trim(code || ' ' || name) FROM category WHERE id = $1`, id).Scan(&trail)
	return trail, fail(err)
}

// NoteExport puts an export on record.
func (c *Cases) NoteExport(ctx context.Context, line org.Audit) error {
	return fail(insertAudit(ctx, c.pool, line))
}
