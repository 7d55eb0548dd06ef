package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// InsertReply stores a reply. An agent's own closes its matter when that waits,
// and its contact counts as answered while all matters are. errs.NotFound
// "matter.not_found".
func (db *DB) InsertReply(ctx context.Context, r intake.Reply) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockMatter(ctx, tx, r.Matter); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO reply (
			    id,
			    matter_id,
			    unit,
			    body,
			    by_account,
			    at
			) VALUES ($1, $2, $3, $4, $5, $6)`, r.ID, r.Matter, r.Unit, r.Text, r.By, r.At)
		if err != nil || r.Unit != "" {
			return err
		}
		return moveAnswered(ctx, tx, r.Matter, intake.MatterAnswered)
	})
}

// moveAnswered makes a matter that nobody has decided open or answered, and its
// contact's outcome with it.
func moveAnswered(ctx context.Context, tx pgx.Tx, matter intake.MatterID, to intake.MatterState) error {
	_, err := tx.Exec(ctx, `
		UPDATE matter
		SET state = $2
		WHERE id = $1 AND state IN ('open', 'answered')`, matter, to)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE contact AS c
		SET outcome = CASE
		        WHEN EXISTS (SELECT FROM matter WHERE message_id = g.id AND state <> 'answered') THEN 'received'
		        ELSE 'answered'
		    END
		FROM message AS g
		WHERE g.contact_id = c.id
		  AND g.id = (SELECT message_id FROM matter WHERE id = $1)
		  AND c.outcome IN ('received', 'answered')`, matter)
	return err
}

// notWithdrawn is the condition that a reply AS p was not taken back.
const notWithdrawn = `NOT EXISTS (SELECT FROM reply_withdrawal WHERE reply_id = p.id)`

// WithdrawReply takes back the latest reply that an account gave on a matter in
// its own name, and opens the matter again unless something else answers it.
// errs.NotFound "reply.none".
func (db *DB) WithdrawReply(ctx context.Context, matter intake.MatterID, by org.AccountID, at time.Time) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockMatter(ctx, tx, matter); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO reply_withdrawal (
			    reply_id,
			    by_account,
			    at
			)
			SELECT p.id, $2, $3
			FROM reply AS p
			WHERE p.matter_id = $1 AND p.by_account = $2 AND p.unit = '' AND `+notWithdrawn+`
			ORDER BY p.id DESC
			LIMIT 1`, matter, by, at)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "reply.none")
		}
		var answered bool
		err = tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM reply AS p WHERE p.matter_id = $1 AND p.unit = '' AND `+notWithdrawn+`)
			    OR coalesce((SELECT verdict = 'solved' FROM instant_answer WHERE matter_id = $1 ORDER BY id DESC LIMIT 1), false)`,
			matter).Scan(&answered)
		if err != nil || answered {
			return err
		}
		return moveAnswered(ctx, tx, matter, intake.MatterOpen)
	})
}

// lockedMatter is the condition that the message of a matter is locked.
func lockedMatter(matter string) string {
	return `EXISTS (SELECT FROM matter AS lm JOIN message AS lg ON lg.id = lm.message_id WHERE lm.id = ` + matter + ` AND lg.secret = 'locked')`
}

// Replies gives the replies of a matter that stand, oldest first; none of one
// that is locked.
func (db *DB) Replies(ctx context.Context, matter intake.MatterID) ([]intake.Reply, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT p.id,
		       p.matter_id,
		       p.unit,
		       p.body,
		       p.by_account,
		       a.name,
		       p.at
		FROM reply AS p
		JOIN account AS a ON a.id = p.by_account
		WHERE p.matter_id = $1 AND `+notWithdrawn+` AND NOT `+lockedMatter(`p.matter_id`)+`
		ORDER BY p.id`, matter)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r intake.Reply, err error) {
		err = row.Scan(&r.ID, &r.Matter, &r.Unit, &r.Text, &r.By, &r.ByName, &r.At)
		return r, err
	})
	return all, fail(err)
}
