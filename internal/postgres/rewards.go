package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// rewardLock lets one reward be decided after the other: the limits of a person
// and the budget rest on all that were decided before. The number is arbitrary,
// but must stay.
const rewardLock = 4_812_345_071

// DecideReward holds a case and all that limits rest on, plans on the facts as
// they stand, and stores what comes of it.
func (db *DB) DecideReward(ctx context.Context, c casework.CaseID, now time.Time, plan casework.RewardPlan, line org.Audit) (casework.Reward, error) {
	var out casework.Reward
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, rewardLock); err != nil {
			return err
		}
		// Nobody merges it meanwhile.
		if _, err := tx.Exec(ctx, `SELECT FROM work_case WHERE id = $1 FOR NO KEY UPDATE`, c); err != nil {
			return err
		}
		rule, err := rewardRule(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT`+factColumns+factTables+`
			WHERE c.id = $6`, append(factArguments(rule, now), c)...)
		if err != nil {
			return err
		}
		f, err := pgx.CollectExactlyOneRow(rows, scanFacts)
		if err != nil {
			return orNotFound(err, "case.not_found")
		}
		var p casework.RewardPeriod
		err = tx.QueryRow(ctx, selectPeriods+`
			WHERE p.from_at <= $1 AND p.until_at > $1 AND p.seed IS NULL
			FOR NO KEY UPDATE OF p`, f.FiledAt).Scan(periodTargets(&p)...)
		switch {
		case noRows(err):
			return errs.New(errs.Conflict, "reward.no_period")
		case err != nil:
			return err
		}
		r, told, err := plan(rule, p, f)
		if err != nil {
			return err
		}
		out = r
		return storeReward(ctx, tx, r, told, line)
	})
	return out, err
}

// storeReward stores what was decided about a case, takes it out of the budget,
// and tells the citizen.
func storeReward(ctx context.Context, tx pgx.Tx, r casework.Reward, told *casework.Notification, line org.Audit) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO reward (
		    id,
		    case_id,
		    period_id,
		    message_id,
		    category_id,
		    place,
		    by_account,
		    at,
		    state,
		    fen,
		    reason,
		    due_at,
		    settled_at,
		    settled_by
		)
		SELECT $1, $2, $3, $4, d.category_id, $5, $6, $7, $8, $9, $10, $11, $12, $13
		FROM work_case AS c
		JOIN decision AS d ON d.id = c.decision_id
		WHERE c.id = $2`,
		r.ID, r.Case, r.Period, r.Message, r.Place, r.By, r.At, r.State, r.Fen, r.Reason, r.DueAt, optionalTime(r.Settled), optional(r.SetBy))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE reward_period SET committed = committed + $2 WHERE id = $1`, r.Period, r.Fen); err != nil {
		return err
	}
	if told != nil {
		if err := insertNotification(ctx, tx, *told); err != nil {
			return err
		}
	}
	return insertAudit(ctx, tx, line)
}

// rewardColumns are what scanReward takes, of reward AS r with rewardTables.
const rewardColumns = `
		       r.id,
		       r.case_id,
		       r.period_id,
		       r.message_id,
		       r.by_account,
		       r.at,
		       r.state,
		       r.fen,
		       r.reason,
		       r.due_at,
		       r.attempts,
		       r.round,
		       r.unsure,
		       r.via,
		       r.proof,
		       r.failure,
		       r.settled_at,
		       coalesce(r.settled_by::text, ''),
		       c.number,
		       c.receipt,
		       k.name,
		       r.place,
		       a.name`

const rewardTables = `
		JOIN work_case AS c ON c.id = r.case_id
		JOIN category AS k ON k.id = r.category_id
		JOIN account AS a ON a.id = r.by_account`

func rewardTargets(r *casework.Reward) []any {
	return []any{
		&r.ID, &r.Case, &r.Period, &r.Message, &r.By, &r.At, &r.State, &r.Fen, &r.Reason, &r.DueAt, &r.Attempts, &r.Round, &r.Unsure, &r.Via, &r.Proof,
		&r.Failure, zeroable{&r.Settled}, &r.SetBy, &r.Number, &r.Receipt, &r.Leaf, &r.Place, &r.ByName,
	}
}

func scanReward(row pgx.CollectableRow) (r casework.Reward, err error) {
	return r, row.Scan(rewardTargets(&r)...)
}

// Rewards lists, the latest first; without a limit all.
func (db *DB) Rewards(ctx context.Context, f casework.RewardFilter) ([]casework.Reward, error) {
	var limit *int
	if f.Limit > 0 {
		limit = &f.Limit
	}
	rows, err := db.pool.Query(ctx, `
		SELECT`+rewardColumns+`
		FROM reward AS r`+rewardTables+`
		WHERE (r.state = $1 OR $1::text IS NULL AND r.state <> 'declined')
		  AND ($2::uuid IS NULL OR r.period_id = $2)
		  AND ($3::uuid IS NULL OR r.id < $3)
		ORDER BY r.id DESC
		LIMIT $4`, optional(f.State), optional(f.Period), optional(f.Before), limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanReward)
	return all, fail(err)
}

// RewardCounts counts rewards by state.
func (db *DB) RewardCounts(ctx context.Context) (map[casework.RewardState]int, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT state,
		       count(*)
		FROM reward
		GROUP BY state`)
	if err != nil {
		return nil, fail(err)
	}
	out := map[casework.RewardState]int{}
	var s casework.RewardState
	var n int
	_, err = pgx.ForEachRow(rows, []any{&s, &n}, func() error {
		out[s] = n
		return nil
	})
	return out, fail(err)
}

// RewardOf gives the reward of a receipt's case with its period.
func (db *DB) RewardOf(ctx context.Context, receipt string) (casework.Reward, casework.RewardPeriod, error) {
	var r casework.Reward
	var p casework.RewardPeriod
	err := db.pool.QueryRow(ctx, `
		SELECT`+rewardColumns+`
		FROM reward AS r`+rewardTables+`
		WHERE c.receipt = $1`, receipt).Scan(rewardTargets(&r)...)
	if err != nil {
		return r, p, orNotFound(err, "reward.not_found")
	}
	err = db.pool.QueryRow(ctx, selectPeriods+`
		WHERE p.id = $1`, r.Period).Scan(periodTargets(&p)...)
	return r, p, fail(err)
}

// ClaimReward lends the caller the reward that is due longest, as
// ClaimNotification does.
func (db *DB) ClaimReward(ctx context.Context, now, lease time.Time) (casework.Reward, error) {
	var r casework.Reward
	err := db.pool.QueryRow(ctx, `
		WITH r AS (
		    UPDATE reward
		    SET leased_until = $2,
		        attempts = attempts + 1
		    WHERE id = (
		        SELECT id
		        FROM reward
		        WHERE state = 'queued'
		          AND due_at <= $1
		          AND (leased_until IS NULL OR leased_until <= $1)
		        ORDER BY due_at, id
		        LIMIT 1
		        FOR UPDATE SKIP LOCKED
		    )
		    RETURNING *
		)
		SELECT`+rewardColumns+`
		FROM r`+rewardTables, now, lease).Scan(rewardTargets(&r)...)
	return r, orNotFound(err, "reward.not_found")
}

// SettleReward stores what became of a claimed reward. A claim that somebody
// else has taken over since changes nothing, except that what was paid is paid.
func (db *DB) SettleReward(ctx context.Context, r casework.Reward) error {
	_, err := db.pool.Exec(ctx, `
		UPDATE reward
		SET state = $4,
		    due_at = $5,
		    leased_until = NULL,
		    unsure = $6,
		    via = $7,
		    proof = $8,
		    failure = $9,
		    settled_at = $10
		WHERE id = $1
		  AND state = 'queued'
		  AND round = $2
		  AND (attempts = $3 OR $4 = 'paid')`,
		r.ID, r.Round, r.Attempts, r.State, r.DueAt, r.Unsure, r.Via, r.Proof, r.Failure, optionalTime(r.Settled))
	return fail(err)
}

// PauseRewards gives a claimed reward back and lets none be claimed until a
// time.
func (db *DB) PauseRewards(ctx context.Context, r casework.Reward, until time.Time, why string) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE reward
			SET leased_until = NULL,
			    attempts = attempts - 1,
			    failure = $3
			WHERE id = $1 AND state = 'queued' AND attempts = $2`, r.ID, r.Attempts, why)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE reward SET due_at = greatest(due_at, $1) WHERE state = 'queued'`, until)
		return err
	})
}

// MoveReward holds a reward and stores what is planned on it; what is not paid
// after all goes back to its budget.
func (db *DB) MoveReward(ctx context.Context, id casework.RewardID, plan func(casework.Reward) (casework.Reward, error), line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		var stands casework.Reward
		err := tx.QueryRow(ctx, `
			SELECT`+rewardColumns+`
			FROM reward AS r`+rewardTables+`
			WHERE r.id = $1
			FOR UPDATE OF r`, id).Scan(rewardTargets(&stands)...)
		if err != nil {
			return orNotFound(err, "reward.not_found")
		}
		r, err := plan(stands)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE reward
			SET state = $2,
			    reason = $3,
			    due_at = $4,
			    attempts = $5,
			    round = $6,
			    unsure = $7,
			    via = $8,
			    proof = $9,
			    failure = $10,
			    settled_at = $11,
			    settled_by = $12,
			    leased_until = NULL
			WHERE id = $1`,
			r.ID, r.State, r.Reason, r.DueAt, r.Attempts, r.Round, r.Unsure, r.Via, r.Proof, r.Failure, optionalTime(r.Settled), optional(r.SetBy))
		if err == nil && r.State == casework.RewardVoid && stands.State != casework.RewardVoid {
			_, err = tx.Exec(ctx, `UPDATE reward_period SET committed = committed - $2 WHERE id = $1`, r.Period, r.Fen)
		}
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// ListRewards puts rewards on a list for payment by hand. One that a process is
// paying, or that may have been paid, stays off it.
func (db *DB) ListRewards(ctx context.Context, from casework.RewardState, limit int, line org.Audit) ([]casework.Reward, error) {
	var all []casework.Reward
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			WITH r AS (
			    UPDATE reward
			    SET state = 'listed',
			        settled_at = NULL,
			        settled_by = NULL,
			        failure = ''
			    WHERE id IN (
			        SELECT id
			        FROM reward
			        WHERE state = $1
			          AND NOT unsure
			          AND ($1 <> 'queued' OR attempts = 0 AND leased_until IS NULL)
			        ORDER BY id
			        LIMIT $2
			        FOR UPDATE SKIP LOCKED
			    )
			    RETURNING *
			)
			SELECT`+rewardColumns+`
			FROM r`+rewardTables+`
			ORDER BY r.id`, from, limit)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, scanReward)
		if err != nil || len(all) == 0 {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
	return all, err
}

// NoteRewards writes a line of the audit log.
func (db *DB) NoteRewards(ctx context.Context, line org.Audit) error {
	return fail(insertAudit(ctx, db.pool, line))
}
