package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// leaderLock lets one draw at a time be made: two at once could draw one case.
// The number is arbitrary, but must stay.
const leaderLock = 4_812_345_061

// DrawForLeader lets choose draw from the cases that may be drawn, and stores
// what it has drawn.
func (c *Cases) DrawForLeader(ctx context.Context, actor org.Actor, since time.Time, choose func([]casework.Candidate) (casework.LeaderDraw, error), line org.Audit) error {
	return c.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, leaderLock); err != nil {
			return err
		}
		units, accounts, desk := shunArgs(actor)
		rows, err := tx.Query(ctx, `
			SELECT c.id,
			       c.number
			FROM work_case AS c
			LEFT JOIN accusation AS x ON x.matter_id = c.matter_id
			WHERE c.state = 'closed'
			  AND c.ending <> 'withdrawn'
			  AND NOT (c.patrol AND c.joined = 0)
			  AND (c.clocks ->> 'closed_at')::timestamptz >= $1
			  AND NOT EXISTS (SELECT FROM leader_call AS l WHERE l.case_id = c.id)
			  AND NOT EXISTS (SELECT FROM matter AS m JOIN message AS g ON g.id = m.message_id WHERE m.id = c.matter_id AND (g.anonymous OR g.phone_hint = ''))
			  AND `+unshunned(2)+`
			ORDER BY c.number`, since, units, accounts, desk)
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[casework.Candidate])
		if err != nil {
			return err
		}
		d, err := choose(all)
		if err != nil {
			return err
		}
		if err := insertLeaderDraw(ctx, tx, d); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

func insertLeaderDraw(ctx context.Context, tx pgx.Tx, d casework.LeaderDraw) error {
	b := &pgx.Batch{}
	b.Queue(`
		INSERT INTO leader_draw (
		    id,
		    by_account,
		    at,
		    since,
		    seed,
		    candidates
		) VALUES ($1, $2, $3, $4, $5, $6)`, d.ID, d.By, d.At, d.Since, d.Seed, d.Candidates)
	for i, call := range d.Calls {
		b.Queue(`INSERT INTO leader_call (draw_id, ordinal, case_id) VALUES ($1, $2, $3)`, d.ID, i, call.Case)
	}
	return tx.SendBatch(ctx, b).Close()
}

// LeaderDraws gives somebody's draws, the newest first.
func (c *Cases) LeaderDraws(ctx context.Context, by org.AccountID, limit int) ([]casework.LeaderDraw, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT d.id,
		       d.at,
		       d.since,
		       d.seed,
		       d.candidates,
		       l.case_id,
		       w.number,
		       l.outcome,
		       l.answers,
		       l.rating,
		       l.remark,
		       l.called_at
		FROM (SELECT * FROM leader_draw WHERE by_account = $1 ORDER BY at DESC, id LIMIT $2) AS d
		JOIN leader_call AS l ON l.draw_id = d.id
		JOIN work_case AS w ON w.id = l.case_id
		ORDER BY d.at DESC, d.id, l.ordinal`, by, limit)
	if err != nil {
		return nil, fail(err)
	}
	var all []casework.LeaderDraw
	d, call := casework.LeaderDraw{By: by}, casework.LeaderCall{}
	var rating string
	var at *time.Time
	_, err = pgx.ForEachRow(rows, []any{&d.ID, &d.At, &d.Since, &d.Seed, &d.Candidates, &call.Case, &call.Number, &call.Outcome, &call.Answers, &rating, &call.Text, &at}, func() error {
		one := call
		one.ReadRating(rating)
		if at != nil {
			one.At = *at
		}
		if len(all) == 0 || all[len(all)-1].ID != d.ID {
			all = append(all, d)
		}
		last := &all[len(all)-1]
		last.Calls = append(last.Calls, one)
		return nil
	})
	return all, fail(err)
}

// RecordLeaderCall stores what came of a call: of two records at once the second
// finds the first's.
func (c *Cases) RecordLeaderCall(ctx context.Context, by org.AccountID, draw casework.DrawID, call casework.LeaderCall, line org.Audit) error {
	return c.inTx(ctx, func(tx pgx.Tx) error {
		var outcome casework.CallOutcome
		err := tx.QueryRow(ctx, `
			SELECT l.outcome
			FROM leader_call AS l
			JOIN leader_draw AS d ON d.id = l.draw_id
			WHERE d.id = $1 AND d.by_account = $2 AND l.case_id = $3
			FOR UPDATE OF l`, draw, by, call.Case).Scan(&outcome)
		if err != nil {
			return orNotFound(err, "leader_call.not_found")
		}
		if outcome == casework.CallAnswered {
			return errs.New(errs.Conflict, "leader_call.done")
		}
		_, err = tx.Exec(ctx, `
			UPDATE leader_call
			SET outcome = $3,
			    answers = $4,
			    rating = $5,
			    remark = $6,
			    called_at = $7
			WHERE draw_id = $1 AND case_id = $2`, draw, call.Case, call.Outcome, call.Answers, call.StoredRating(), call.Text, call.At)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// LeaderRates counts what was drawn since a time.
func (c *Cases) LeaderRates(ctx context.Context, since time.Time) (casework.LeaderRates, error) {
	var r casework.LeaderRates
	err := c.pool.QueryRow(ctx, `
		SELECT count(*),
		       count(*) FILTER (WHERE l.outcome <> ''),
		       count(*) FILTER (WHERE l.outcome = 'answered'),
		       count(*) FILTER (WHERE 'contacted' = ANY (string_to_array(l.answers, '+'))),
		       count(*) FILTER (WHERE 'solved' = ANY (string_to_array(l.answers, '+'))),
		       count(*) FILTER (WHERE 'satisfied' = ANY (string_to_array(l.answers, '+')))
		FROM leader_draw AS d
		JOIN leader_call AS l ON l.draw_id = d.id
		WHERE d.at >= $1`, since).Scan(&r.Drawn, &r.Called, &r.Answered, &r.Contacted, &r.Solved, &r.Satisfied)
	return r, fail(err)
}
