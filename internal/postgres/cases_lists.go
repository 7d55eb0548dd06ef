package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
)

// repeated says that a case was asked for again: chased twice, handled again, or
// by other citizens too.
const repeated = `(c.chased >= 2 OR c.reopened > 0 OR c.joined > 0)`

// caseLists are the conditions of the lists; $2 is now.
var caseLists = map[casework.Show]string{
	casework.ShowWaiting:  `c.state = 'waiting'`,
	casework.ShowHandling: `c.state = 'handling'`,
	casework.ShowSoon:     `c.state NOT IN ('closed', 'merged', 'void') AND c.soon_at <= $2 AND c.citizen_due > $2`,
	casework.ShowLate:     `c.state NOT IN ('closed', 'merged', 'void') AND (c.citizen_due <= $2 OR c.state = 'waiting' AND c.accept_due <= $2)`,
	casework.ShowCo:       `c.state NOT IN ('closed', 'merged', 'void') AND NOT $1 = ANY (c.parts)`,
	casework.ShowReturned: `c.state = 'returned'`,
	casework.ShowDisputed: `c.state = 'returned' AND cardinality(c.returned_by) >= 2`,
	casework.ShowAsked:    `c.state = 'handling' AND c.asked > 0`,
	casework.ShowChecking: `c.state = 'checking'`,
	casework.ShowOrdered:  `c.state NOT IN ('closed', 'merged', 'void') AND c.ordered <> ''`,
	casework.ShowCalls: `c.id IN (
		    SELECT k.id FROM work_case AS k WHERE k.state = 'closed' AND k.callback = '' AND k.calls < 3 AND k.ending <> 'withdrawn' AND NOT (k.patrol AND k.joined = 0)
		    UNION ALL
		    SELECT k.id FROM work_case AS k WHERE k.untold > 0
		)`, // two indexes; one condition for both would read every case that was ever closed
	casework.ShowReview:   `c.state = 'reviewing'`,
	casework.ShowBelow:    `c.state = 'handling'`,
	casework.ShowAppeals:  `c.state = 'closed' AND c.appeal = 'waits'`,
	casework.ShowAccount:  `c.state NOT IN ('closed', 'merged', 'void') AND c.orders >= 2`,
	casework.ShowPaused:   `c.state = 'handling' AND c.clocks ? 'paused_at'`,
	casework.ShowAway:     `c.state NOT IN ('closed', 'merged', 'void') AND c.withdrawn`,
	casework.ShowObjected: `c.state = 'closed' AND c.objection = 'waits'`,
	casework.ShowKey:      `c.state NOT IN ('closed', 'merged', 'void') AND (c.flagged OR c.ordered <> '' OR c.citizen_due <= $2 OR ` + repeated + `)`,
	casework.ShowFlagged:  `c.state NOT IN ('closed', 'merged', 'void') AND c.flagged`,
	casework.ShowRepeated: `c.state NOT IN ('closed', 'merged', 'void') AND ` + repeated,
	casework.ShowLeader:   `c.state NOT IN ('closed', 'merged', 'void') AND c.ordered <> '' AND c.instructed`,
	casework.ShowOpen:     `c.state NOT IN ('closed', 'merged', 'void')`,
	casework.ShowClosed:   `c.state = 'closed'`,
}

// ofUnit narrows a list to what a unit, $1, answers for, disputes, has a part in,
// or was handed.
func ofUnit(show casework.Show) string {
	switch show {
	case casework.ShowDisputed:
		return `$1 = ANY (c.returned_by) AND `
	case casework.ShowCo:
		return `c.decision_id IN (SELECT a.decision_id FROM assignment AS a WHERE a.unit_id = $1 AND a.ordinal > 0) AND `
	case casework.ShowBelow:
		return `c.held_by @> ARRAY[$1::uuid] AND `
	}
	return `c.unit_id = $1 AND `
}

// ofAll leaves a list as it is; what a unit has a part in, or was handed, is
// nobody else's.
func ofAll(show casework.Show) string {
	if show == casework.ShowCo || show == casework.ShowBelow {
		return `$1::uuid IS NOT NULL AND `
	}
	return `$1::uuid IS NULL AND `
}

// countedShows are the lists whose length is told; what is closed grows for ever.
var countedShows = []casework.Show{
	casework.ShowWaiting, casework.ShowHandling, casework.ShowSoon, casework.ShowLate, casework.ShowReturned, casework.ShowDisputed, casework.ShowCo,
	casework.ShowAsked, casework.ShowChecking, casework.ShowOrdered, casework.ShowCalls, casework.ShowOpen, casework.ShowReview, casework.ShowBelow, casework.ShowAppeals, casework.ShowAccount, casework.ShowPaused, casework.ShowAway, casework.ShowObjected,
	casework.ShowKey, casework.ShowFlagged, casework.ShowRepeated, casework.ShowLeader,
}

// countUnit and countAll count them; $1 is the unit or none, $2 now. They are
// two, so that each reads what is open by its index: one condition for both is
// planned once and reads every case that was ever closed.
var (
	countUnit = countCases(ofUnit, `c.unit_id = $1`)
	countAll  = countCases(ofAll, `$1::uuid IS NULL`)
)

func countCases(of func(casework.Show) string, whose string) string {
	filters := make([]string, len(countedShows))
	for i, show := range countedShows {
		switch show {
		case casework.ShowCo, casework.ShowBelow, casework.ShowCalls, casework.ShowObjected, casework.ShowAppeals, casework.ShowDisputed: // not among what is counted together
			filters[i] = `(SELECT count(*) FROM work_case AS c WHERE ` + of(show) + caseLists[show] + `)`
		default:
			filters[i] = `count(*) FILTER (WHERE ` + caseLists[show] + `)`
		}
	}
	return `
		SELECT ` + strings.Join(filters, `,
		       `) + `
		FROM work_case AS c
		WHERE ` + whose + ` AND $2::timestamptz IS NOT NULL AND ` + caseLists[casework.ShowOpen]
}

// Dockets lists cases, what is due first on top (of closed ones: last), and
// counts all lists.
func (c *Cases) Dockets(ctx context.Context, f casework.Filter) ([]casework.Docket, map[casework.Show]int, error) {
	order, behind := `c.citizen_due, c.id`, `>`
	if f.Show == casework.ShowClosed {
		order, behind = `c.citizen_due DESC, c.id DESC`, `<`
	}
	of, count := ofUnit, countUnit
	if f.Unit == "" {
		of, count = ofAll, countAll
	}
	b := &pgx.Batch{}
	var found []casework.Docket
	b.Queue(`
		SELECT`+docketColumns+docketTables+`
		WHERE `+of(f.Show)+caseLists[f.Show]+`
		  AND $2::timestamptz IS NOT NULL
		  AND ($3::uuid IS NULL OR (c.citizen_due, c.id) `+behind+` (SELECT a.citizen_due, a.id FROM work_case AS a WHERE a.id = $3))
		ORDER BY `+order+`
		LIMIT $4`, optional(f.Unit), f.Now, optional(f.After), f.Limit).
		Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, scanDocket)
			return err
		})
	numbers := make([]int, len(countedShows))
	targets := make([]any, len(countedShows))
	for i := range numbers {
		targets[i] = &numbers[i]
	}
	b.Queue(count, optional(f.Unit), f.Now).QueryRow(func(row pgx.Row) error { return row.Scan(targets...) })
	if err := c.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, nil, fail(err)
	}
	counts := map[casework.Show]int{}
	for i, show := range countedShows {
		counts[show] = numbers[i]
	}
	return found, counts, nil
}

// CaseLoads sums up per unit what is open now and what was closed since a time,
// the unit with most late cases first.
func (c *Cases) CaseLoads(ctx context.Context, now, since time.Time) ([]casework.Load, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT c.unit_id,
		       count(*) FILTER (WHERE `+caseLists[casework.ShowOpen]+`),
		       count(*) FILTER (WHERE `+caseLists[casework.ShowSoon]+`),
		       count(*) FILTER (WHERE `+caseLists[casework.ShowLate]+`),
		       count(*) FILTER (WHERE `+caseLists[casework.ShowOrdered]+`),
		       count(*) FILTER (WHERE `+caseLists[casework.ShowOpen]+` AND c.orders >= 2),
		       count(*) FILTER (WHERE k.closed),
		       count(*) FILTER (WHERE k.closed AND (c.clocks ->> 'answered_at')::timestamptz <= c.citizen_due),
		       count(*) FILTER (WHERE k.closed AND c.callback <> '' AND c.appeal <> 'granted'),
		       count(*) FILTER (WHERE k.closed AND c.callback LIKE '%contacted%' AND c.appeal <> 'granted'),
		       count(*) FILTER (WHERE k.closed AND c.callback <> '' AND c.ending <> 'refused' AND c.appeal <> 'granted'),
		       count(*) FILTER (WHERE k.closed AND c.callback LIKE '%solved%' AND c.ending <> 'refused' AND c.appeal <> 'granted'),
		       count(*) FILTER (WHERE k.closed AND c.callback LIKE '%satisfied%' AND c.ending <> 'refused' AND c.appeal <> 'granted')
		FROM work_case AS c
		CROSS JOIN LATERAL (SELECT c.state = 'closed' AND (c.clocks ->> 'closed_at')::timestamptz >= $1 AND c.ending <> 'withdrawn' AS closed) AS k
		WHERE ($2::timestamptz) IS NOT NULL
		  AND (c.state NOT IN ('closed', 'merged', 'void') OR k.closed)
		GROUP BY c.unit_id
		ORDER BY 4 DESC, 3 DESC, 2 DESC, c.unit_id
		LIMIT 2000`, since, now)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[casework.Load])
	return all, fail(err)
}
