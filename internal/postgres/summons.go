package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// selectSummons reads summonses as scanSummons takes them.
const selectSummons = `
		SELECT s.id,
		       coalesce(s.case_id::text, ''),
		       coalesce(c.number, ''),
		       s.unit_id,
		       s.by_account,
		       a.name,
		       s.at,
		       s.matter,
		       s.place,
		       s.due_at,
		       s.calls,
		       s.last
		FROM summons AS s
		JOIN account AS a ON a.id = s.by_account
		LEFT JOIN work_case AS c ON c.id = s.case_id`

func summonsTargets(s *casework.Summons) []any {
	return []any{&s.ID, &s.Case, &s.Number, &s.Unit, &s.By, &s.ByName, &s.At, &s.Matter, &s.Place, &s.Due, &s.Calls, &s.Last}
}

func scanSummons(row pgx.CollectableRow) (s casework.Summons, err error) {
	return s, row.Scan(summonsTargets(&s)...)
}

// Summons gives one with its history.
func (c *Cases) Summons(ctx context.Context, id casework.SummonsID) (casework.Summons, []casework.SummonsEvent, error) {
	var s casework.Summons
	err := c.pool.QueryRow(ctx, selectSummons+` WHERE s.id = $1`, id).Scan(summonsTargets(&s)...)
	if err != nil {
		return s, nil, orNotFound(err, "summons.not_found")
	}
	rows, err := c.pool.Query(ctx, selectSummonsEvents+`
		WHERE e.summons_id = $1
		ORDER BY e.ordinal`, id)
	if err != nil {
		return s, nil, fail(err)
	}
	history, err := pgx.CollectRows(rows, scanSummonsEvent)
	return s, history, fail(err)
}

// selectSummonsEvents reads events as scanSummonsEvent takes them.
const selectSummonsEvents = `
		SELECT e.summons_id,
		       e.ordinal,
		       e.at,
		       coalesce(e.by_account::text, ''),
		       coalesce(a.name, ''),
		       e.unit_id,
		       e.move,
		       e.words,
		       e.marks
		FROM summons_event AS e
		LEFT JOIN account AS a ON a.id = e.by_account`

func scanSummonsEvent(row pgx.CollectableRow) (e casework.SummonsEvent, err error) {
	var marks string
	err = row.Scan(&e.Summons, &e.Ordinal, &e.At, &e.By, &e.ByName, &e.Unit, &e.Move, &e.Text, &marks)
	e.Marks = casework.ParseMarks(marks)
	return e, err
}

// summonsLists are the conditions of the lists; $1 is the unit, $2 now.
var summonsLists = map[casework.SummonsShow]string{
	casework.SummonsCalled: `s.open AND s.called @> ARRAY[$1::uuid]`,
	casework.SummonsSent:   `s.open AND s.unit_id = $1`,
	casework.SummonsOpen:   `s.open`,
	casework.SummonsMissed: `s.open AND s.awaited > 0 AND s.due_at <= $2`,
	casework.SummonsEnded:  `NOT s.open`,
}

// Summonses lists them, the latest first.
func (c *Cases) Summonses(ctx context.Context, f casework.SummonsFilter) ([]casework.Summons, error) {
	whose := `$1::uuid IS NULL`
	if f.Unit != "" {
		whose = `(s.unit_id = $1 OR s.called @> ARRAY[$1::uuid])`
	}
	rows, err := c.pool.Query(ctx, selectSummons+`
		WHERE `+summonsLists[f.Show]+`
		  AND `+whose+`
		  AND NOT EXISTS (SELECT FROM accusation AS x WHERE x.matter_id = c.matter_id AND $1 = ANY (x.barred))
		  AND $2::timestamptz IS NOT NULL
		  AND ($3::uuid IS NULL OR s.id < $3)
		ORDER BY s.id DESC
		LIMIT $4`, optional(f.Unit), f.Now, optional(f.Before), f.Limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanSummons)
	return all, fail(err)
}

// CallOut stores a new summons, with what it makes of its case.
func (c *Cases) CallOut(ctx context.Context, s casework.Summons, plan casework.Plan, line org.Audit) error {
	err := c.inTx(ctx, func(tx pgx.Tx) error {
		if s.Case != "" {
			if _, err := moveIn(ctx, tx, s.Case, casework.AnySeen, plan); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO summons (
			    id,
			    case_id,
			    unit_id,
			    by_account,
			    at,
			    matter,
			    place,
			    due_at,
			    calls,
			    called,
			    awaited,
			    open,
			    last
			) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, true, 0)`,
			s.ID, optional(s.Case), s.Unit, s.By, s.At, s.Matter, s.Place, s.Due, s.Calls, s.Called(), s.Awaited())
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		queueSummonsEvent(b, casework.SummonsEvent{Summons: s.ID, At: s.At, By: s.By, Unit: s.Unit, Move: casework.CallOut})
		for _, m := range s.Marks() {
			b.Queue(`
				INSERT INTO summons_mark (
				    summons_id,
				    kind,
				    due_at
				) VALUES ($1, $2, $3)`, s.ID, m.Kind, m.At)
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
	if violates(err, uniqueViolation, "summons_pkey") {
		return errs.Wrap(err, errs.Conflict, "summons.exists")
	}
	return err
}

func queueSummonsEvent(b *pgx.Batch, e casework.SummonsEvent) {
	b.Queue(`
		INSERT INTO summons_event (
		    summons_id,
		    ordinal,
		    at,
		    by_account,
		    unit_id,
		    move,
		    words,
		    marks
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.Summons, e.Ordinal, e.At, optional(e.By), e.Unit, e.Move, e.Text, e.Marks.Stored())
}

// MoveCall holds a summons, plans an event on it as it stands, and stores that.
func (c *Cases) MoveCall(
	ctx context.Context, id casework.SummonsID, plan func(casework.Summons) (casework.SummonsEvent, error), line org.Audit,
) error {
	return c.inTx(ctx, func(tx pgx.Tx) error {
		var s casework.Summons
		err := tx.QueryRow(ctx, selectSummons+` WHERE s.id = $1 FOR NO KEY UPDATE OF s`, id).Scan(summonsTargets(&s)...)
		if err != nil {
			return orNotFound(err, "summons.not_found")
		}
		e, err := plan(s)
		if err != nil {
			return err
		}
		if err := storeCalls(ctx, tx, s, e); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// storeCalls appends events and stores what the summons has become by them. It
// needs the summons locked.
func storeCalls(ctx context.Context, tx pgx.Tx, s casework.Summons, events ...casework.SummonsEvent) error {
	b := &pgx.Batch{}
	for _, e := range events {
		queueSummonsEvent(b, e)
		s = s.After(e)
	}
	b.Queue(`
		UPDATE summons
		SET calls = $2,
		    awaited = $3,
		    open = $4,
		    last = $5
		WHERE id = $1`, s.ID, s.Calls, s.Awaited(), s.Open(), s.Last)
	return tx.SendBatch(ctx, b).Close()
}

// StrikeSummons takes one mark of a summons that was reached, and stores the
// events that plan makes of it, in one transaction; as Strike for cases.
func (c *Cases) StrikeSummons(ctx context.Context, now time.Time, plan func(casework.Summons, casework.SummonsMark) []casework.SummonsEvent) (bool, error) {
	struck := false
	err := c.inTx(ctx, func(tx pgx.Tx) error {
		var id casework.SummonsID
		var mark casework.SummonsMark
		err := tx.QueryRow(ctx, `
			SELECT m.summons_id,
			       m.kind,
			       m.due_at
			FROM summons_mark AS m
			JOIN summons AS s ON s.id = m.summons_id
			WHERE m.struck_at IS NULL AND m.due_at <= $1
			ORDER BY m.due_at
			LIMIT 1
			FOR NO KEY UPDATE OF s SKIP LOCKED`, now).Scan(&id, &mark.Kind, &mark.At)
		if noRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		struck = true
		tag, err := tx.Exec(ctx, `
			UPDATE summons_mark
			SET struck_at = $4
			WHERE summons_id = $1 AND kind = $2 AND due_at = $3 AND struck_at IS NULL`, id, mark.Kind, mark.At, now)
		if err != nil || tag.RowsAffected() == 0 { // somebody was faster
			return err
		}
		var s casework.Summons
		if err := tx.QueryRow(ctx, selectSummons+` WHERE s.id = $1`, id).Scan(summonsTargets(&s)...); err != nil {
			return err
		}
		return storeCalls(ctx, tx, s, plan(s, mark)...)
	})
	return struck, err
}

// SummonsScores sums up per unit what was called since a time, who missed most
// first.
func (c *Cases) SummonsScores(ctx context.Context, now, since time.Time) ([]casework.SummonsScore, error) {
	rows, err := c.pool.Query(ctx, `
		WITH call AS (
		    SELECT (k ->> 'unit')::uuid AS unit,
		           k ->> 'state' AS state,
		           (k ->> 'arrived_at')::timestamptz AS arrived_at,
		           s.due_at,
		           k -> 'marks' AS marks
		    FROM summons AS s
		    CROSS JOIN LATERAL jsonb_array_elements(s.calls) AS k
		    WHERE s.at >= $1
		)
		SELECT unit::text,
		       count(*) FILTER (WHERE state <> 'off'),
		       count(*) FILTER (WHERE arrived_at <= due_at),
		       count(*) FILTER (WHERE state <> 'off' AND arrived_at IS NULL AND (due_at <= $2 OR state = 'scored')),
		       count(*) FILTER (WHERE state = 'scored'),
		       coalesce(avg((marks ->> 'prompt')::integer) FILTER (WHERE state = 'scored'), 0)::float8,
		       coalesce(avg((marks ->> 'duty')::integer) FILTER (WHERE state = 'scored'), 0)::float8,
		       coalesce(avg((marks ->> 'effect')::integer) FILTER (WHERE state = 'scored'), 0)::float8
		FROM call
		GROUP BY unit
		ORDER BY 4 DESC, 2 DESC, 1
		LIMIT 2000`, since, now)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s casework.SummonsScore, err error) {
		return s, row.Scan(&s.Unit, &s.Called, &s.InTime, &s.Missed, &s.Scored, &s.Average.Prompt, &s.Average.Duty, &s.Average.Effect)
	})
	return all, fail(err)
}
