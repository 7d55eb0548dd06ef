package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
)

// historiesAtOnce is how many cases' histories are read in one query.
const historiesAtOnce = 500

// Histories gives every case with its history, oldest event first, in the order
// of their making. It ends with the first error of each.
func (c *Cases) Histories(ctx context.Context, each func(casework.Docket, []casework.Event) error) error {
	after := casework.CaseID("")
	for {
		rows, err := c.pool.Query(ctx, `
			SELECT`+docketColumns+docketTables+`
			WHERE $1::uuid IS NULL OR c.id > $1
			ORDER BY c.id
			LIMIT $2`, optional(after), historiesAtOnce)
		if err != nil {
			return fail(err)
		}
		dockets, err := pgx.CollectRows(rows, scanDocket)
		if err != nil {
			return fail(err)
		}
		if len(dockets) == 0 {
			return nil
		}
		after = dockets[len(dockets)-1].ID
		events, err := c.eventsOf(ctx, dockets)
		if err != nil {
			return err
		}
		for _, d := range dockets {
			if err := each(d, events[d.ID]); err != nil {
				return err
			}
		}
	}
}

func (c *Cases) eventsOf(ctx context.Context, dockets []casework.Docket) (map[casework.CaseID][]casework.Event, error) {
	ids := make([]casework.CaseID, len(dockets))
	for i, d := range dockets {
		ids[i] = d.ID
	}
	rows, err := c.pool.Query(ctx, selectEvents+`
		WHERE e.case_id = ANY ($1::uuid[])
		ORDER BY e.case_id, e.ordinal`, ids)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[casework.Event])
	if err != nil {
		return nil, fail(err)
	}
	events := map[casework.CaseID][]casework.Event{}
	for _, e := range all {
		events[e.Case] = append(events[e.Case], e)
	}
	return events, nil
}

// SummonsHistories is Histories for summonses.
func (c *Cases) SummonsHistories(ctx context.Context, each func(casework.Summons, []casework.SummonsEvent) error) error {
	after := casework.SummonsID("")
	for {
		rows, err := c.pool.Query(ctx, selectSummons+`
			WHERE $1::uuid IS NULL OR s.id > $1
			ORDER BY s.id
			LIMIT $2`, optional(after), historiesAtOnce)
		if err != nil {
			return fail(err)
		}
		all, err := pgx.CollectRows(rows, scanSummons)
		if err != nil {
			return fail(err)
		}
		if len(all) == 0 {
			return nil
		}
		after = all[len(all)-1].ID
		ids := make([]casework.SummonsID, len(all))
		for i, s := range all {
			ids[i] = s.ID
		}
		if rows, err = c.pool.Query(ctx, selectSummonsEvents+` WHERE e.summons_id = ANY ($1::uuid[]) ORDER BY e.summons_id, e.ordinal`, ids); err != nil {
			return fail(err)
		}
		history, err := pgx.CollectRows(rows, scanSummonsEvent)
		if err != nil {
			return fail(err)
		}
		events := map[casework.SummonsID][]casework.SummonsEvent{}
		for _, e := range history {
			events[e.Summons] = append(events[e.Summons], e)
		}
		for _, s := range all {
			if err := each(s, events[s.ID]); err != nil {
				return err
			}
		}
	}
}

// Outcomes counts citizens' contacts by what came of them, and what people of
// units have found on patrol.
func (c *Cases) Outcomes(ctx context.Context) (citizens map[intake.Outcome]int, findings int, err error) {
	rows, err := c.pool.Query(ctx, `
		SELECT outcome,
		       patrol,
		       sum(n)::integer
		FROM (
		    SELECT outcome, channel = 'patrol' AS patrol, count(*) AS n FROM contact GROUP BY 1, 2
		    UNION ALL
		    SELECT outcome, channel = 'patrol', sum(contacts) FROM contact_tally GROUP BY 1, 2
		) AS c
		GROUP BY outcome, patrol`)
	if err != nil {
		return nil, 0, fail(err)
	}
	citizens = map[intake.Outcome]int{}
	var o intake.Outcome
	var patrol bool
	var n int
	_, err = pgx.ForEachRow(rows, []any{&o, &patrol, &n}, func() error {
		if patrol {
			findings += n
		} else {
			citizens[o] = n
		}
		return nil
	})
	return citizens, findings, fail(err)
}

// Told gives the effects of all notifications about cases, and of those that a
// message has come in, with what became of each.
func (c *Cases) Told(ctx context.Context, each func(effect string, state casework.NotificationState)) error {
	rows, err := c.pool.Query(ctx, `SELECT effect, state FROM notification WHERE starts_with(effect, 'case:') OR kind = 'accepted'`)
	if err != nil {
		return fail(err)
	}
	var effect string
	var state casework.NotificationState
	_, err = pgx.ForEachRow(rows, []any{&effect, &state}, func() error {
		each(effect, state)
		return nil
	})
	return fail(err)
}

// Ownerless counts open cases whose unit is out of service or has nobody who
// could work on them.
func (c *Cases) Ownerless(ctx context.Context) (n int, err error) {
	err = c.pool.QueryRow(ctx, `
		SELECT count(*)
		FROM work_case AS c
		JOIN unit AS u ON u.id = c.unit_id
		WHERE `+caseLists[casework.ShowOpen]+`
		  AND (u.retired OR NOT EXISTS (SELECT FROM account AS a WHERE a.unit_id = u.id AND 'unit' = ANY (a.roles) AND NOT a.disabled))`).Scan(&n)
	return n, fail(err)
}
