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

// excludedViolation is the SQLSTATE of an exclusion constraint.
const excludedViolation = "23P01"

// RewardRule gives the rule that counts: the last that was set, or the shipped
// one.
func (db *DB) RewardRule(ctx context.Context) (casework.RewardRule, error) {
	r, err := rewardRule(ctx, db.pool)
	return r, fail(err)
}

func rewardRule(ctx context.Context, q querier) (r casework.RewardRule, err error) {
	err = q.QueryRow(ctx, `
		SELECT r.body,
		       r.at,
		       a.name
		FROM reward_rule AS r
		JOIN account AS a ON a.id = r.by_account
		ORDER BY r.id DESC
		LIMIT 1`).Scan(&r, &r.At, &r.ByName)
	if noRows(err) {
		return casework.ShippedRewardRule(), nil
	}
	return r, err
}

// SetRewardRule stores another rule, unless somebody else has meanwhile.
func (db *DB) SetRewardRule(ctx context.Context, r casework.RewardRule, seen time.Time, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, rewardLock); err != nil {
			return err
		}
		stands, err := rewardRule(ctx, tx)
		switch {
		case err != nil:
			return err
		case !stands.At.Equal(seen):
			return errs.New(errs.Conflict, "reward.rule_changed")
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO reward_rule (
			    body,
			    by_account,
			    at
			) VALUES ($1, $2, $3)`, r, line.Actor, r.At)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// selectPeriods reads periods as scanPeriod takes them.
const selectPeriods = `
		SELECT p.id,
		       p.from_at,
		       p.until_at,
		       p.reveal_at,
		       p.fen,
		       p.min_fen,
		       p.max_fen,
		       p.committed,
		       coalesce((SELECT sum(r.fen) FROM reward AS r WHERE r.period_id = p.id AND r.state = 'paid'), 0),
		       p.seed_hash,
		       p.key_id,
		       p.sealed,
		       p.seed,
		       p.at,
		       a.name,
		       p.revealed_at
		FROM reward_period AS p
		JOIN account AS a ON a.id = p.by_account`

func periodTargets(p *casework.RewardPeriod) []any {
	return []any{
		&p.ID, &p.From, &p.Until, &p.RevealAt, &p.Fen, &p.MinFen, &p.MaxFen, &p.Committed, &p.Paid, &p.Hash, &p.Key, &p.Sealed, &p.Seed, &p.At, &p.ByName,
		zeroable{&p.RevealedAt},
	}
}

// RewardPeriods gives all periods, the latest first.
func (db *DB) RewardPeriods(ctx context.Context) ([]casework.RewardPeriod, error) {
	rows, err := db.pool.Query(ctx, selectPeriods+`
		ORDER BY p.from_at DESC`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p casework.RewardPeriod, err error) {
		return p, row.Scan(periodTargets(&p)...)
	})
	return all, fail(err)
}

// OpenRewardPeriod stores a budget with its sealed seed.
func (db *DB) OpenRewardPeriod(ctx context.Context, p casework.RewardPeriod, by org.AccountID, line org.Audit) error {
	err := db.execAudited(ctx, line, `
		INSERT INTO reward_period (
		    id,
		    from_at,
		    until_at,
		    reveal_at,
		    fen,
		    min_fen,
		    max_fen,
		    seed_hash,
		    key_id,
		    sealed,
		    by_account,
		    at
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		p.ID, p.From, p.Until, p.RevealAt, p.Fen, p.MinFen, p.MaxFen, p.Hash, p.Key, p.Sealed, by, p.At)
	switch {
	case state(err) == excludedViolation:
		return errs.Wrap(err, errs.Conflict, "reward.overlap")
	case violates(err, checkViolation, "original_key_dropped"):
		return errs.Wrap(err, errs.Unavailable, "seal.key_dropped", p.Key)
	}
	return err
}

// RevealRewardPeriod publishes a seed, once. Nothing is being decided meanwhile.
func (db *DB) RevealRewardPeriod(ctx context.Context, p casework.RewardPeriodID, seed []byte, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, rewardLock); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE reward_period
			SET seed = $2,
			    sealed = NULL,
			    revealed_at = $3,
			    revealed_by = $4
			WHERE id = $1 AND seed IS NULL`, p, seed, line.At, optional(line.Actor))
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "reward.revealed")
		}
		return insertAudit(ctx, tx, line)
	})
}

// earned are the rewards that count for limits: what was granted and is not
// given up.
const earned = `r.state NOT IN ('declined', 'void')`

// factColumns are what a case's reward is judged by, of factTables. $1 are the
// codes that earn, $2 and $3 begin day and month in China, $4 begins the days in
// which the same earns once, $5 is now.
const factColumns = `
		       c.id,
		       c.number,
		       c.receipt,
		       m.message_id,
		       m.title,
		       m.body,
		       ` + factPlace + `,
		       k.name,
		       (c.clocks ->> 'filed_at')::timestamptz,
		       d.type,
		       t.channel,
		       c.state,
		       c.ending,
		       cardinality($1::text[]) = 0 OR EXISTS (
		           WITH RECURSIVE above AS (
		               SELECT id, parent_id, code
		               FROM category
		               WHERE id = d.category_id
		               UNION ALL
		               SELECT n.id, n.parent_id, n.code
		               FROM above
		               JOIN category AS n ON n.id = above.parent_id
		           )
		           SELECT FROM above WHERE code = ANY ($1)
		       ),
		       g.phone_hash IS NOT NULL,
		       EXISTS (` + labelled + `),
		       EXISTS (SELECT FROM reward AS r WHERE r.case_id = c.id),
		       EXISTS (
		           WITH RECURSIVE joined AS (
		               SELECT id
		               FROM work_case
		               WHERE into_case = c.id
		               UNION
		               SELECT n.id
		               FROM joined
		               JOIN work_case AS n ON n.into_case = joined.id
		           )
		           SELECT
		           FROM joined
		           JOIN reward AS r ON r.case_id = joined.id AND r.state <> 'declined'
		       ),
		       own.today,
		       own.month,
		       own.fen,
		       own.words,
		       (
		           SELECT count(*)
		           FROM reward AS r
		           JOIN message AS o ON o.id = r.message_id
		           WHERE r.category_id = d.category_id
		             AND r.place = ` + factPlace + `
		             AND r.place <> ''
		             AND o.area IS NOT DISTINCT FROM g.area
		             AND ` + earned + `
		             AND r.at >= $4
		       )`

// factPlace is where it happened, as the case shows it.
const factPlace = `coalesce((SELECT p.place FROM matter_place AS p WHERE p.matter_id = m.id), nullif(g.place, ''), c.place)`

const factTables = `
		FROM work_case AS c
		JOIN decision AS d ON d.id = c.decision_id
		JOIN category AS k ON k.id = d.category_id
		JOIN matter AS m ON m.id = c.matter_id
		JOIN message AS g ON g.id = m.message_id
		JOIN contact AS t ON t.id = g.contact_id
		CROSS JOIN LATERAL (
		    SELECT count(*) FILTER (WHERE r.at >= $2) AS today,
		           count(*) FILTER (WHERE r.at >= $3) AS month,
		           coalesce(sum(r.fen) FILTER (WHERE r.at >= $3), 0) AS fen,
		           coalesce(array_agg(om.title || om.body) FILTER (WHERE r.at >= $4), '{}') AS words
		    FROM message AS o
		    JOIN reward AS r ON r.message_id = o.id
		    JOIN work_case AS oc ON oc.id = r.case_id
		    JOIN matter AS om ON om.id = oc.matter_id
		    WHERE o.phone_hash = g.phone_hash
		      AND ` + earned + `
		      AND r.at >= least($3::timestamptz, $4::timestamptz)
		) AS own`

// factArguments are the first five parameters of factColumns.
func factArguments(r casework.RewardRule, now time.Time) []any {
	china := now.In(time.FixedZone("Asia/Shanghai", 8*60*60))
	today := time.Date(china.Year(), china.Month(), china.Day(), 0, 0, 0, 0, china.Location())
	codes := r.Codes
	if codes == nil {
		codes = []string{}
	}
	return []any{codes, today, today.AddDate(0, 0, 1-today.Day()), now.AddDate(0, 0, -r.SameDays), now}
}

func scanFacts(row pgx.CollectableRow) (f casework.RewardFacts, err error) {
	err = row.Scan(&f.Case, &f.Number, &f.Receipt, &f.Message, &f.Title, &f.Text, &f.Place, &f.Leaf, &f.FiledAt, &f.Type, &f.Channel, &f.State, &f.Ending,
		&f.Listed, &f.Phone, &f.Labelled, &f.Decided, &f.Earned, &f.Day, &f.Month, &f.MonthFen, &f.Before, &f.AtPlace)
	return f, err
}

// RewardCandidates gives the facts of cases on which somebody may decide. A
// case's time never ends before the case is filed, so the lists of cases by that
// time bound what is looked at.
func (db *DB) RewardCandidates(ctx context.Context, r casework.RewardRule, now time.Time, before casework.CaseID, limit int) ([]casework.RewardFacts, error) {
	ready := `c.state NOT IN ('merged', 'void')`
	if r.When == casework.RewardClosed {
		ready = `c.state = 'closed' AND c.ending IN ('solved', 'promised')`
	}
	if before == "" {
		before = lastID
	}
	args := append(factArguments(r, now), r.Types, before, limit)
	rows, err := db.pool.Query(ctx, `
		SELECT`+factColumns+factTables+`
		JOIN reward_period AS p
		  ON p.seed IS NULL
		 AND c.citizen_due >= p.from_at
		 AND (c.clocks ->> 'filed_at')::timestamptz >= p.from_at
		 AND (c.clocks ->> 'filed_at')::timestamptz < p.until_at
		WHERE `+ready+`
		  AND d.type = ANY ($6)
		  AND t.channel <> 'patrol'
		  AND c.id < $7
		  AND NOT EXISTS (SELECT FROM reward AS r WHERE r.case_id = c.id)
		  AND `+noPersons("c.matter_id")+`
		ORDER BY c.id DESC
		LIMIT $8`, args...)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanFacts)
	return all, fail(err)
}

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
