package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/org"
)

// repeated says that a case was asked for again: chased twice, handled again, or
// by other citizens too.
const repeated = `(c.chased >= 2 OR c.reopened > 0 OR c.joined > 0)`

// unacted says that what was to be acted on at once was not, by the time $2.
const unacted = `c.way = 'immediate' AND NOT c.clocks ? 'acted_at' AND (c.clocks ->> 'act')::timestamptz <= $2`

// caseLists are the conditions of the lists; $2 is now, $3 who asks.
var caseLists = map[casework.Show]string{
	casework.ShowMine:     `c.state NOT IN ('closed', 'merged', 'void') AND (c.handler = ANY ($3::uuid[]) OR c.held_by <> '{}' AND c.hands -> -1 ->> 'worker' = ANY ($3::uuid[]::text[]))`,
	casework.ShowUngiven:  `c.state IN ('waiting', 'handling') AND c.handler IS NULL AND c.held_by = '{}'`,
	casework.ShowUnsolved: `c.state NOT IN ('closed', 'merged', 'void') AND c.supervised`,
	casework.ShowExplain:  `c.state = 'closed' AND c.explaining = 'waits'`,
	casework.ShowWaiting:  `c.state = 'waiting'`,
	casework.ShowHandling: `c.state = 'handling'`,
	casework.ShowSoon:     `c.state NOT IN ('closed', 'merged', 'void') AND c.soon_at <= $2 AND c.citizen_due > $2`,
	casework.ShowLate:     `c.state NOT IN ('closed', 'merged', 'void') AND (c.citizen_due <= $2 OR c.state = 'waiting' AND c.accept_due <= $2 OR ` + unacted + `)`,
	casework.ShowCo:       `c.state NOT IN ('closed', 'merged', 'void') AND NOT $1 = ANY (c.parts)`,
	casework.ShowTasks:    `c.state NOT IN ('closed', 'merged', 'void')`,
	casework.ShowTaskLate: `c.state NOT IN ('closed', 'merged', 'void') AND EXISTS (
		    SELECT
		    FROM jsonb_array_elements(c.tasks) AS k
		    WHERE k ->> 'unit' = $1::uuid::text AND k ->> 'state' IN ('waits', 'taken') AND (k ->> 'due')::timestamptz <= $2
		)`,
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
	casework.ShowAccount:  `c.blamed_at IS NOT NULL`,
	casework.ShowPaused:   `c.state = 'handling' AND c.clocks ? 'paused_at'`,
	casework.ShowAway:     `c.state NOT IN ('closed', 'merged', 'void') AND c.withdrawn`,
	casework.ShowObjected: `c.state = 'closed' AND c.objection = 'waits'`,
	casework.ShowKey:      `c.state NOT IN ('closed', 'merged', 'void') AND (c.flagged OR c.ordered <> '' OR c.citizen_due <= $2 OR ` + repeated + `)`,
	casework.ShowFlagged:  `c.state NOT IN ('closed', 'merged', 'void') AND c.flagged`,
	casework.ShowRepeated: `c.state NOT IN ('closed', 'merged', 'void') AND ` + repeated,
	casework.ShowLeader:   `c.state NOT IN ('closed', 'merged', 'void') AND c.ordered <> '' AND c.instructed`,
	casework.ShowOutside:  `c.state NOT IN ('closed', 'merged', 'void') AND c.outside IS NOT NULL`,
	casework.ShowDelegate: `c.state NOT IN ('closed', 'merged', 'void') AND c.delegate <> '{}'`,
	casework.ShowFirst:    `c.state NOT IN ('closed', 'merged', 'void') AND c.first_asked = ANY ($3::uuid[])`,
	casework.ShowOpen:     `c.state NOT IN ('closed', 'merged', 'void')`,
	casework.ShowClosed:   `c.state = 'closed'`,
	casework.ShowAll:      `true`,
}

// ofUnit narrows a list to what a unit, $1, answers for, disputes, has a part in,
// or was handed.
func ofUnit(show casework.Show) string {
	switch show {
	case casework.ShowDisputed:
		return `($1 = ANY (c.returned_by) OR $1 = ANY (c.invited)) AND NOT EXISTS (SELECT FROM accusation AS o WHERE o.matter_id = c.matter_id AND $1 = ANY (o.barred)) AND `
	case casework.ShowCo:
		return `c.decision_id IN (SELECT a.decision_id FROM assignment AS a WHERE a.unit_id = $1 AND a.ordinal > 0) AND `
	case casework.ShowTasks, casework.ShowTaskLate:
		return `c.task_units @> ARRAY[$1::uuid] AND `
	case casework.ShowBelow:
		return `c.held_by @> ARRAY[$1::uuid] AND `
	case casework.ShowFirst: // whoever has it by now
		return `$1::uuid IS NOT NULL AND `
	case casework.ShowAll:
		return allOfUnit
	case casework.ShowMine:
		return `(c.unit_id = $1 OR c.held_by @> ARRAY[$1::uuid]) AND `
	}
	return `c.unit_id = $1 AND `
}

// allOfUnit narrows to all that a unit has to do with, by one index each.
const allOfUnit = `c.id IN (
		      SELECT id FROM work_case WHERE unit_id = $1
		      UNION ALL
		      SELECT id FROM work_case WHERE held_by @> ARRAY[$1::uuid] AND held_by <> '{}'
		      UNION ALL
		      SELECT o.id FROM assignment AS a JOIN work_case AS o ON o.decision_id = a.decision_id WHERE a.unit_id = $1 AND a.ordinal > 0
		  ) AND `

// ofPerson narrows a list to what is with the work groups of an account, $1.
func ofPerson(show casework.Show) string { return personsGroups + ` AND ` }

const personsGroups = `c.group_id IN (SELECT g.group_id FROM work_group_member AS g WHERE g.account_id = $1)`

// ofCentre narrows a list to what came in the queue of a sub-centre, $1, but for
// what the reader has received first, which they see through wherever it is.
func ofCentre(show casework.Show) string {
	if show == casework.ShowFirst {
		return `$1::uuid IS NOT NULL AND `
	}
	return cameInQueue(1) + ` AND `
}

// inReadersQueue narrows work_case AS c to what came in the queue of the argument n, a
// unit, if that is a sub-centre: casework.QueueUnit.
func inReadersQueue(n int) string {
	return fmt.Sprintf(`($%d::uuid IS NULL OR NOT EXISTS (SELECT FROM sub_centre WHERE unit_id = $%d) OR %s)`, n, n, cameInQueue(n))
}

// cameInQueue is that work_case AS c came in the queue of the sub-centre that the
// argument n is.
func cameInQueue(n int) string {
	return fmt.Sprintf(`c.matter_id IN (SELECT q.id FROM matter AS q WHERE q.desk = $%d)`, n)
}

// ofAll leaves a list as it is; what a unit has a part in, or was handed, is
// nobody else's.
func ofAll(show casework.Show) string {
	if slices.Contains([]casework.Show{casework.ShowCo, casework.ShowTasks, casework.ShowTaskLate, casework.ShowBelow, casework.ShowMine}, show) {
		return `$1::uuid IS NOT NULL AND `
	}
	return `$1::uuid IS NULL AND `
}

// countedShows are the lists whose length is told; what is closed grows for ever.
var countedShows = []casework.Show{
	casework.ShowWaiting, casework.ShowHandling, casework.ShowSoon, casework.ShowLate, casework.ShowReturned, casework.ShowDisputed, casework.ShowCo,
	casework.ShowAsked, casework.ShowChecking, casework.ShowOrdered, casework.ShowCalls, casework.ShowOpen, casework.ShowReview, casework.ShowBelow, casework.ShowAppeals, casework.ShowAccount, casework.ShowPaused, casework.ShowAway, casework.ShowObjected,
	casework.ShowKey, casework.ShowFlagged, casework.ShowRepeated, casework.ShowLeader, casework.ShowOutside, casework.ShowDelegate,
	casework.ShowMine, casework.ShowUngiven, casework.ShowUnsolved, casework.ShowExplain, casework.ShowFirst, casework.ShowTasks, casework.ShowTaskLate,
}

// countUnit and countAll count them; $1 is the unit or none, $2 now, $3 who asks. They are
// two, so that each reads what is open by its index: one condition for both is
// planned once and reads every case that was ever closed.
var (
	countUnit = countCases(ofUnit, `c.unit_id = $1`)
	countAll  = countCases(ofAll, `$1::uuid IS NULL`)
	countOf   = countCases(ofPerson, personsGroups)
	countSub  = countCases(ofCentre, cameInQueue(1))
)

func countCases(of func(casework.Show) string, whose string) string {
	filters := make([]string, len(countedShows))
	for i, show := range countedShows {
		switch show {
		case casework.ShowCo, casework.ShowTasks, casework.ShowTaskLate, casework.ShowBelow, casework.ShowCalls, casework.ShowObjected, casework.ShowAppeals, casework.ShowDisputed, casework.ShowMine, casework.ShowExplain, casework.ShowAccount, casework.ShowFirst: // not among what is counted together
			filters[i] = `(SELECT count(*) FROM work_case AS c WHERE ` + of(show) + caseLists[show] + `)`
		default:
			filters[i] = `count(*) FILTER (WHERE ` + caseLists[show] + `)`
		}
	}
	return `
		SELECT ` + strings.Join(filters, `,
		       `) + `
		FROM work_case AS c
		WHERE ` + whose + ` AND $2::timestamptz IS NOT NULL AND $3::uuid[] IS NOT NULL AND ` + caseLists[casework.ShowOpen]
}

// Dockets lists cases, what is due first on top (of closed ones: last), and
// counts all lists, as they are without a search, unless one is wanted alone.
func (c *Cases) Dockets(ctx context.Context, f casework.Filter) ([]casework.Docket, map[casework.Show]int, error) {
	in, err := c.scopeOf(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	units, accounts, desk := shunArgs(f.Reader)
	key, direction, behind := orderOf(f.Show)
	b := &pgx.Batch{}
	var found []casework.Docket
	if !f.Search.Given() {
		b.Queue(`
		SELECT`+docketColumns+docketTables+`
		WHERE `+in.of(f.Show)+caseLists[f.Show]+`
		  AND $2::timestamptz IS NOT NULL
		  AND $3::uuid[] IS NOT NULL
		  AND ($4::uuid IS NULL OR (c.`+key+`, c.id) `+behind+` (SELECT a.`+key+`, a.id FROM work_case AS a WHERE a.id = $4))
		  AND ($6::uuid IS NULL OR c.handler = $6)
		  AND `+unshunned(7)+`
		ORDER BY c.`+key+direction+`, c.id`+direction+`
		LIMIT $5`, in.whose, f.Now, listOf(f.People), optional(f.After), f.Limit, optional(f.Handler), units, accounts, desk).
			Query(func(rows pgx.Rows) (err error) {
				found, err = pgx.CollectRows(rows, scanDocket)
				return err
			})
	}
	numbers := make([]int, len(countedShows))
	targets := make([]any, len(countedShows))
	for i := range numbers {
		targets[i] = &numbers[i]
	}
	if !f.Alone {
		b.Queue(in.count, in.whose, f.Now, listOf(f.People)).QueryRow(func(row pgx.Row) error { return row.Scan(targets...) })
	}
	if err := c.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, nil, fail(err)
	}
	counts := map[casework.Show]int{}
	for i, show := range countedShows {
		counts[show] = numbers[i]
	}
	if !f.Search.Given() {
		return found, counts, nil
	}
	found, err = c.search(ctx, f, in)
	return found, counts, err
}

// scope is whose cases are listed: the condition of a list, the count of all
// lists, and whom both mean by $1.
type scope struct {
	of    func(casework.Show) string
	count string
	whose any
}

func (c *Cases) scopeOf(ctx context.Context, f casework.Filter) (scope, error) {
	sub, err := c.isCentre(ctx, f.Centre)
	switch {
	case err != nil:
		return scope{}, err
	case f.Of != "":
		return scope{ofPerson, countOf, f.Of}, nil
	case f.Unit != "":
		return scope{ofUnit, countUnit, f.Unit}, nil
	case sub:
		return scope{ofCentre, countSub, f.Centre}, nil
	}
	return scope{ofAll, countAll, optional(f.Unit)}, nil
}

// isCentre reports whether a unit is a sub-centre.
func (c *Cases) isCentre(ctx context.Context, u org.UnitID) (is bool, err error) {
	if u == "" {
		return false, nil
	}
	err = c.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM sub_centre WHERE unit_id = $1)`, u).Scan(&is)
	return is, fail(err)
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
		       count(*) FILTER (WHERE c.blamed_at IS NOT NULL),
		       count(*) FILTER (WHERE k.closed),
		       count(*) FILTER (WHERE k.closed AND (c.clocks ->> 'answered_at')::timestamptz <= c.citizen_due),
		       count(*) FILTER (WHERE k.closed AND c.callback <> '' AND c.appeal <> 'granted'),
		       count(*) FILTER (WHERE k.closed AND c.callback LIKE '%contacted%' AND c.appeal <> 'granted'),
		       count(*) FILTER (WHERE k.closed AND c.callback <> '' AND c.ending <> 'refused' AND c.appeal <> 'granted'),
		       count(*) FILTER (WHERE k.closed AND c.callback LIKE '%solved%' AND c.ending <> 'refused' AND c.appeal <> 'granted'),
		       count(*) FILTER (WHERE k.closed AND c.callback LIKE '%satisfied%' AND c.ending <> 'refused' AND c.appeal <> 'granted'),
		       count(*) FILTER (WHERE k.closed AND c.ending = 'solved'),
		       count(*) FILTER (WHERE k.closed AND c.ending = 'promised'),
		       count(*) FILTER (WHERE k.closed AND c.ending = 'refused'),
		       count(*) FILTER (WHERE k.closed AND c.ending = 'unreached'),
		       0,
		       0,
		       coalesce(sum(cardinality(c.returned_by)) FILTER (WHERE k.closed), 0)::integer,
		       0,
		       0,
		       0,
		       0
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
	if err != nil {
		return nil, fail(err)
	}
	if all, err = c.addReturns(ctx, all, now, since); err != nil {
		return nil, err
	}
	return c.addTasks(ctx, all, now, since)
}

// addReturns adds to loads what each unit has given back since a time, and how
// long that took: from when it got the case until the next event that gave it to
// somebody, or told it to keep it, or now.
func (c *Cases) addReturns(ctx context.Context, all []casework.Load, now, since time.Time) ([]casework.Load, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT r.unit_id,
		       count(*)::integer,
		       round(sum(extract(epoch FROM greatest(
		           coalesce(
		               (
		                   SELECT min(n.at)
		                   FROM case_event AS n
		                   WHERE n.case_id = r.case_id AND n.ordinal > r.ordinal AND n.move IN ('redirect', 'keep', 'recall', 'merge')
		               ),
		               $1
		           ) - (r.clocks ->> 'handed_at')::timestamptz,
		           interval '0'
		       )) / 3600))::integer
		FROM case_event AS r
		WHERE r.move = 'return' AND r.at >= $2
		GROUP BY r.unit_id
		ORDER BY 2 DESC, r.unit_id`, now, since)
	if err != nil {
		return nil, fail(err)
	}
	var unit org.UnitID
	var returns, lost int
	_, err = pgx.ForEachRow(rows, []any{&unit, &returns, &lost}, func() error {
		l := loadOf(&all, unit)
		l.Returns, l.LostHours = returns, lost
		return nil
	})
	return all, fail(err)
}

// loadOf gives the load of a unit; one that has no case of its own is added.
func loadOf(all *[]casework.Load, unit org.UnitID) *casework.Load {
	at := slices.IndexFunc(*all, func(l casework.Load) bool { return l.Unit == unit })
	if at < 0 {
		at, *all = len(*all), append(*all, casework.Load{Unit: unit})
	}
	return &(*all)[at]
}

// addTasks adds to loads what each unit has to do as a co-unit, and what it has
// done since a time.
func (c *Cases) addTasks(ctx context.Context, all []casework.Load, now, since time.Time) ([]casework.Load, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT k ->> 'unit',
		       count(*) FILTER (WHERE k ->> 'state' IN ('waits', 'taken'))::integer,
		       count(*) FILTER (WHERE k ->> 'state' IN ('waits', 'taken') AND (k ->> 'due')::timestamptz <= $1)::integer,
		       count(*) FILTER (WHERE ended)::integer,
		       count(*) FILTER (WHERE ended AND (k ->> 'ended_at')::timestamptz <= (k ->> 'due')::timestamptz)::integer
		FROM work_case AS c
		CROSS JOIN LATERAL jsonb_array_elements(c.tasks) AS k
		CROSS JOIN LATERAL (SELECT k ->> 'state' IN ('done', 'dropped') AND (k ->> 'ended_at')::timestamptz >= $2 AS ended) AS e
		WHERE c.tasks IS NOT NULL AND (c.task_units <> '{}' OR e.ended)
		GROUP BY 1
		ORDER BY 3 DESC, 2 DESC, 1`, now, since)
	if err != nil {
		return nil, fail(err)
	}
	var unit org.UnitID
	var open, late, ended, inTime int
	_, err = pgx.ForEachRow(rows, []any{&unit, &open, &late, &ended, &inTime}, func() error {
		l := loadOf(&all, unit)
		l.CoOpen, l.CoLate, l.CoEnded, l.CoInTime = open, late, ended, inTime
		return nil
	})
	return all, fail(err)
}
