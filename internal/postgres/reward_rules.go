package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

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
