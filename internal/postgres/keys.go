package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/privacy"
)

// KeyUse counts what is sealed and linked, by key.
func (db *DB) KeyUse(ctx context.Context) ([]privacy.KeyUse, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT u.id,
		       sum(u.originals)::integer,
		       sum(u.links)::integer,
		       max(u.at)
		FROM (
		    SELECT key_id AS id,
		           count(*) AS originals,
		           0 AS links,
		           NULL::timestamptz AS at
		    FROM original
		    WHERE sealed IS NOT NULL
		    GROUP BY key_id
		    UNION ALL
		    SELECT key_id, count(*), 0, NULL FROM reward_period WHERE sealed IS NOT NULL GROUP BY key_id
		    UNION ALL
		    SELECT key_id, count(*), 0, NULL FROM reach WHERE sealed IS NOT NULL GROUP BY key_id
		    UNION ALL
		    SELECT key_id, 0, count(*), NULL FROM audit_link GROUP BY key_id
		    UNION ALL
		    SELECT id, 0, 0, at FROM dropped_key
		) AS u
		GROUP BY u.id
		ORDER BY u.id`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (u privacy.KeyUse, err error) {
		err = row.Scan(&u.ID, &u.Originals, &u.Links, zeroable{&u.Dropped})
		return u, err
	})
	return all, fail(err)
}

// otherwise are up to $2 originals that are sealed with another key than $1,
// and all others of the same phones: one citizen's messages go over together,
// so that they are found as one citizen's at any moment.
const otherwise = `
		WITH batch AS (
		    SELECT o.message_id,
		           g.phone_hash
		    FROM original AS o
		    JOIN message AS g ON g.id = o.message_id
		    WHERE o.key_id <> $1 AND o.sealed IS NOT NULL
		    LIMIT $2
		)
		SELECT o.message_id,
		       o.sealed,
		       g.phone_hash
		FROM original AS o
		JOIN message AS g ON g.id = o.message_id
		WHERE o.key_id <> $1
		  AND o.sealed IS NOT NULL
		  AND (o.message_id IN (SELECT message_id FROM batch) OR g.phone_hash IN (SELECT phone_hash FROM batch))
		ORDER BY o.message_id
		FOR UPDATE OF o`

// Reseal stores originals under another key, with the fingerprints of their
// phones wherever these are kept.
func (db *DB) Reseal(ctx context.Context, key string, limit int, reseal func(intake.MessageID, []byte) (privacy.Resealed, error)) (int, error) {
	n := 0
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, otherwise, key, limit)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		var m intake.MessageID
		var sealed, before []byte
		_, err = pgx.ForEachRow(rows, []any{&m, &sealed, &before}, func() error {
			made, err := reseal(m, sealed)
			if err != nil {
				return err
			}
			n++
			b.Queue(`UPDATE original SET key_id = $2, sealed = $3 WHERE message_id = $1`, m, key, made.Sealed)
			b.Queue(`UPDATE message SET phone_hash = $2 WHERE id = $1`, m, made.PhoneHash)
			if before != nil && made.PhoneHash != nil {
				b.Queue(`UPDATE round SET caller = encode($2::bytea, 'hex') WHERE caller = encode($1::bytea, 'hex')`, before, made.PhoneHash)
			}
			return nil
		})
		if err != nil || n == 0 {
			return err
		}
		return tx.SendBatch(ctx, b).Close()
	})
	return n, err
}

// ResealSeeds stores the seeds of periods that are not revealed under another key.
func (db *DB) ResealSeeds(ctx context.Context, key string, reseal func(casework.RewardPeriodID, []byte) ([]byte, error)) (int, error) {
	n := 0
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id,
			       sealed
			FROM reward_period
			WHERE key_id <> $1 AND sealed IS NOT NULL
			FOR UPDATE`, key)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		var p casework.RewardPeriodID
		var sealed []byte
		_, err = pgx.ForEachRow(rows, []any{&p, &sealed}, func() error {
			made, err := reseal(p, sealed)
			if err != nil {
				return err
			}
			n++
			b.Queue(`UPDATE reward_period SET key_id = $2, sealed = $3 WHERE id = $1`, p, key, made)
			return nil
		})
		if err != nil || n == 0 {
			return err
		}
		return tx.SendBatch(ctx, b).Close()
	})
	return n, err
}

// ResealMeans stores by what means the staff is told under another key: what is in
// clear, and with others also what another key seals.
func (db *DB) ResealMeans(ctx context.Context, key string, others bool, reseal func(org.AccountID, casework.SealedReach) ([]byte, error)) (int, error) {
	n := 0
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT account_id,
			       sealed,
			       `+clearMeans+`
			FROM reach
			WHERE mobile || mail || wecom <> '' OR $2 AND key_id <> $1
			ORDER BY account_id
			FOR UPDATE`, key, others)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		var a org.AccountID
		var r casework.SealedReach
		_, err = pgx.ForEachRow(rows, []any{&a, &r.Sealed, &r.Plain}, func() error {
			made, err := reseal(a, r)
			if err != nil {
				return err
			}
			n++
			b.Queue(`UPDATE reach SET mobile = '', mail = '', wecom = '', key_id = $2, sealed = $3 WHERE account_id = $1`, a, key, made)
			return nil
		})
		if err != nil || n == 0 {
			return err
		}
		err = tx.SendBatch(ctx, b).Close()
		if violates(err, checkViolation, "original_key_dropped") { // at the start of a machine with an old file
			return errs.Wrap(err, errs.Unavailable, "seal.key_dropped", key)
		}
		return err
	})
	return n, err
}

// DropKey notes that a key is gone, unless something is sealed with it. Nobody
// seals anything meanwhile; whoever comes later with that key is refused by the
// table itself.
func (db *DB) DropKey(ctx context.Context, id string, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE original, reward_period, reach IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		var n int
		err := tx.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM original WHERE key_id = $1 AND sealed IS NOT NULL)
			     + (SELECT count(*) FROM reward_period WHERE key_id = $1 AND sealed IS NOT NULL)
			     + (SELECT count(*) FROM reach WHERE key_id = $1 AND sealed IS NOT NULL)`, id).Scan(&n)
		switch {
		case err != nil:
			return err
		case n > 0:
			return errs.New(errs.Conflict, "keys.in_use", n)
		}
		tag, err := tx.Exec(ctx, `INSERT INTO dropped_key (id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, id, line.At)
		if err != nil || tag.RowsAffected() == 0 {
			return err // its file was not written the time before
		}
		return insertAudit(ctx, tx, line)
	})
}

// NoteKeys writes a line of the audit log.
func (db *DB) NoteKeys(ctx context.Context, line org.Audit) error {
	return fail(insertAudit(ctx, db.pool, line))
}

// RotateAlone runs do unless another process rotates.
func (db *DB) RotateAlone(ctx context.Context, do func(context.Context) error) error {
	ran := false
	err := db.alone(ctx, rotateLock, func(ctx context.Context) error {
		ran = true
		return do(ctx)
	})
	if err == nil && !ran {
		return errs.New(errs.Conflict, "keys.busy")
	}
	return err
}
