package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
)

// caseLists are the conditions of the lists; $2 is now.
var caseLists = map[casework.Show]string{
	casework.ShowWaiting:  `c.state = 'waiting'`,
	casework.ShowHandling: `c.state = 'handling'`,
	casework.ShowSoon:     `c.state NOT IN ('closed', 'void') AND c.soon_at <= $2 AND c.citizen_due > $2`,
	casework.ShowLate:     `c.state NOT IN ('closed', 'void') AND (c.citizen_due <= $2 OR c.state = 'waiting' AND c.accept_due <= $2)`,
	casework.ShowReturned: `c.state = 'returned'`,
	casework.ShowAsked:    `c.state = 'handling' AND c.asked > 0`,
	casework.ShowChecking: `c.state = 'checking'`,
	casework.ShowOpen:     `c.state NOT IN ('closed', 'void')`,
	casework.ShowClosed:   `c.state = 'closed'`,
}

// countedShows are the lists whose length is told; what is closed grows for ever.
var countedShows = []casework.Show{
	casework.ShowWaiting, casework.ShowHandling, casework.ShowSoon, casework.ShowLate, casework.ShowReturned,
	casework.ShowAsked, casework.ShowChecking, casework.ShowOpen,
}

// Dockets lists cases, what is due first on top (of closed ones: last), and
// counts all lists.
func (c *Cases) Dockets(ctx context.Context, f casework.Filter) ([]casework.Docket, map[casework.Show]int, error) {
	order, behind := `c.citizen_due, c.id`, `>`
	if f.Show == casework.ShowClosed {
		order, behind = `c.citizen_due DESC, c.id DESC`, `<`
	}
	b := &pgx.Batch{}
	var found []casework.Docket
	b.Queue(`
		SELECT`+docketColumns+docketTables+`
		WHERE ($1::uuid IS NULL OR c.unit_id = $1)
		  AND $2::timestamptz IS NOT NULL
		  AND `+caseLists[f.Show]+`
		  AND ($3::uuid IS NULL OR (c.citizen_due, c.id) `+behind+` (SELECT a.citizen_due, a.id FROM work_case AS a WHERE a.id = $3))
		ORDER BY `+order+`
		LIMIT $4`, optional(f.Unit), f.Now, optional(f.After), f.Limit).
		Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, scanDocket)
			return err
		})
	counts := map[casework.Show]int{}
	sql, numbers := `
		SELECT `, make([]int, len(countedShows))
	targets := make([]any, len(countedShows))
	for i, show := range countedShows {
		if i > 0 {
			sql += `,
		       `
		}
		sql += `count(*) FILTER (WHERE ` + caseLists[show] + `)`
		targets[i] = &numbers[i]
	}
	b.Queue(sql+`
		FROM work_case AS c
		WHERE ($1::uuid IS NULL OR c.unit_id = $1) AND c.state NOT IN ('closed', 'void')`, optional(f.Unit), f.Now).
		QueryRow(func(row pgx.Row) error { return row.Scan(targets...) })
	if err := c.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, nil, fail(err)
	}
	for i, show := range countedShows {
		counts[show] = numbers[i]
	}
	return found, counts, nil
}
