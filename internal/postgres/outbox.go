package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// insertNotification stores what a citizen is told, in the transaction of what
// it tells of. The same effect a second time stores nothing.
func insertNotification(ctx context.Context, tx pgx.Tx, n casework.Notification) error {
	b := &pgx.Batch{}
	queueNotification(b, n)
	return tx.SendBatch(ctx, b).Close()
}

func queueNotification(b *pgx.Batch, n casework.Notification) {
	b.Queue(`
		INSERT INTO notification (
		    id,
		    effect,
		    kind,
		    message_id,
		    receipt,
		    urgent,
		    body,
		    at,
		    state,
		    due_at,
		    account_id,
		    step,
		    chain
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10, $11, $12)
		ON CONFLICT (effect) DO NOTHING`,
		n.ID, n.Effect, n.Kind, optional(n.Message), n.Receipt, n.Urgent, n.Text, n.At, n.DueAt, optional(n.Account), n.Step, optional(n.Chain))
}

// QueueNotification is insertNotification in a transaction of its own.
func (db *DB) QueueNotification(ctx context.Context, n casework.Notification) error {
	return db.inTx(ctx, func(tx pgx.Tx) error { return insertNotification(ctx, tx, n) })
}

// notificationColumns are what notificationTargets reads, of notification AS n.
const notificationColumns = `
		       n.id,
		       n.effect,
		       n.kind,
		       coalesce(n.message_id::text, ''),
		       coalesce(n.account_id::text, ''),
		       n.receipt,
		       n.urgent,
		       n.body,
		       n.at,
		       n.state,
		       n.due_at,
		       n.attempts,
		       n.round,
		       n.via,
		       n.proof,
		       n.failure,
		       n.settled_at,
		       n.delivered_at,
		       n.step,
		       coalesce(n.chain::text, '')`

func scanNotification(row pgx.Row) (casework.Notification, error) {
	var n casework.Notification
	var settled, arrived *time.Time
	err := row.Scan(&n.ID, &n.Effect, &n.Kind, &n.Message, &n.Account, &n.Receipt, &n.Urgent, &n.Text, &n.At,
		&n.State, &n.DueAt, &n.Attempts, &n.Round, &n.Via, &n.Proof, &n.Failure, &settled, &arrived, &n.Step, &n.Chain)
	if settled != nil {
		n.Settled = *settled
	}
	if arrived != nil {
		n.Arrived = *arrived
	}
	return n, err
}

// ClaimNotification lends the caller the notification that is due longest. Of
// two that claim at once each gets another: a row that is being claimed is
// skipped.
func (db *DB) ClaimNotification(ctx context.Context, c casework.Claim) (casework.Notification, error) {
	b := &pgx.Batch{}
	n := queueClaim(b, c)
	err := db.pool.SendBatch(ctx, b).Close()
	return *n, orNotFound(err, "notification.none")
}

func queueClaim(b *pgx.Batch, c casework.Claim) *casework.Notification {
	var n casework.Notification
	b.Queue(`
		UPDATE notification AS n
		SET leased_until = $2,
		    attempts = n.attempts + 1
		WHERE n.id = (
		    SELECT id
		    FROM notification
		    WHERE state = 'queued'
		      AND due_at <= $1
		      AND (leased_until IS NULL OR leased_until <= $1)
		      AND urgent >= $3 -- as OR it would not be looked for by the index
		      AND (step < $4 OR due_at <= $5)
		      AND step NOT IN (SELECT p.step FROM notification_pause AS p WHERE p.until > $1)
		    ORDER BY urgent DESC, due_at, id
		    LIMIT 1
		    FOR UPDATE SKIP LOCKED
		)
		RETURNING`+notificationColumns, c.Now, c.Lease, c.UrgentOnly, c.Means, c.Stale).QueryRow(func(row pgx.Row) (err error) {
		n, err = scanNotification(row)
		return err
	})
	return &n
}

// SettleNotification stores what became of a claimed notification, and what
// follows. A claim that somebody else has taken over since changes nothing,
// except that what was sent is sent.
func (db *DB) SettleNotification(ctx context.Context, s casework.Settlement) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		var held bool
		b := &pgx.Batch{}
		queueSettlement(b, s.Notification).Exec(func(tag pgconn.CommandTag) error {
			held = tag.RowsAffected() > 0
			return nil
		})
		if err := tx.SendBatch(ctx, b).Close(); err != nil || !held {
			return err
		}
		return followUp(ctx, tx, s)
	})
}

// SettleAndClaim is both, mostly in one round trip.
func (db *DB) SettleAndClaim(ctx context.Context, s casework.Settlement, c casework.Claim) (casework.Notification, error) {
	if s.Next != nil || s.Call != nil {
		if err := db.SettleNotification(ctx, s); err != nil {
			return casework.Notification{}, err
		}
		return db.ClaimNotification(ctx, c)
	}
	b := &pgx.Batch{}
	queueSettlement(b, s.Notification)
	n := queueClaim(b, c)
	err := db.pool.SendBatch(ctx, b).Close()
	return *n, orNotFound(err, "notification.none")
}

func queueSettlement(b *pgx.Batch, n casework.Notification) *pgx.QueuedQuery {
	return b.Queue(`
		UPDATE notification
		SET state = $4,
		    due_at = $5,
		    leased_until = NULL,
		    via = $6,
		    proof = $7,
		    failure = $8,
		    settled_at = $9
		WHERE id = $1
		  AND state = 'queued'
		  AND round = $2
		  AND (attempts = $3 OR $4 = 'sent')`,
		n.ID, n.Round, n.Attempts, n.State, n.DueAt, n.Via, n.Proof, n.Failure, optionalTime(n.Settled))
}

// followUp stores what follows from a notification that has not reached its
// citizen. A case that has meanwhile come to an end has nobody called.
func followUp(ctx context.Context, tx pgx.Tx, s casework.Settlement) error {
	if s.Next != nil {
		return insertNotification(ctx, tx, *s.Next)
	}
	if s.Call == nil {
		return nil
	}
	var c casework.CaseID
	err := tx.QueryRow(ctx, `
		SELECT coalesce(into_case, id)
		FROM work_case
		WHERE receipt = $1`, s.Receipt).Scan(&c)
	if noRows(err) {
		return nil
	}
	if err == nil {
		_, err = moveIn(ctx, tx, c, casework.AnySeen, s.Call)
	}
	if err != nil && errs.KindOf(err) == errs.Conflict {
		return nil
	}
	return err
}

// PauseNotifications gives a claimed notification back and lets none of its
// means be claimed until the time.
func (db *DB) PauseNotifications(ctx context.Context, n casework.Notification, until time.Time, why string) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE notification
			SET leased_until = NULL,
			    attempts = attempts - 1
			WHERE id = $1 AND state = 'queued' AND attempts = $2`, n.ID, n.Attempts)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO notification_pause (
			    one,
			    step,
			    until,
			    why
			) VALUES (CASE WHEN $3 = 0 THEN true END, $3, $1, $2)
			ON CONFLICT (step) DO UPDATE
			SET until = greatest(notification_pause.until, excluded.until),
			    why = excluded.why`, until, why, n.Step)
		return err
	})
}

// Notifications gives those of a state, newest first, paged by key.
func (db *DB) Notifications(ctx context.Context, f casework.NotificationFilter) ([]casework.Notification, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+notificationColumns+`
		FROM notification AS n
		WHERE n.state = $1 AND ($2::uuid IS NULL OR n.id < $2)
		ORDER BY n.id DESC
		LIMIT $3`, f.State, optional(f.Before), f.Limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (casework.Notification, error) { return scanNotification(row) })
	return all, fail(err)
}

// NotificationsOf gives those of a receipt, oldest first.
func (db *DB) NotificationsOf(ctx context.Context, receipt string) ([]casework.Notification, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+notificationColumns+`
		FROM notification AS n
		WHERE n.receipt = $1 AND n.account_id IS NULL
		ORDER BY n.id`, receipt)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (casework.Notification, error) { return scanNotification(row) })
	return all, fail(err)
}

// NotificationChains gives all that was tried of some, in the order of the means.
func (db *DB) NotificationChains(ctx context.Context, firsts []casework.NotificationID) ([]casework.Notification, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+notificationColumns+`
		FROM notification AS n
		WHERE n.id = ANY ($1::uuid[]) OR n.chain = ANY ($1::uuid[])
		ORDER BY n.step`, firsts)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (casework.Notification, error) { return scanNotification(row) })
	return all, fail(err)
}

// ReportDelivery notes what the receiving service says has become of a letter.
func (db *DB) ReportDelivery(
	ctx context.Context, r casework.DeliveryReport, follow func(casework.Notification) casework.Settlement, line org.Audit,
) (casework.Notification, error) {
	var n casework.Notification
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		sql, key := `n.id = $1`, any(optional(r.Notification))
		if r.Notification == "" {
			sql, key = `n.proof = $1 AND n.proof <> '' ORDER BY n.id DESC LIMIT 1`, r.Proof
		}
		var err error
		n, err = scanNotification(tx.QueryRow(ctx, `
			SELECT`+notificationColumns+`
			FROM notification AS n
			WHERE `+sql+`
			FOR UPDATE OF n`, key))
		if err != nil {
			return orNotFound(err, "report.unknown")
		}
		if r.Notification == "" {
			r.Round = n.Round
		}
		after, changes, err := n.Reported(r)
		if err != nil || !changes {
			return err
		}
		n = after
		_, err = tx.Exec(ctx, `
			UPDATE notification
			SET state = $2,
			    failure = $3,
			    delivered_at = $4,
			    settled_at = $5,
			    leased_until = NULL
			WHERE id = $1`, n.ID, n.State, n.Failure, optionalTime(n.Arrived), n.Settled)
		if err != nil {
			return err
		}
		line.Object = "notification:" + string(n.ID)
		if err := insertAudit(ctx, tx, line); err != nil {
			return err
		}
		if n.State == casework.NotificationFailed {
			return followUp(ctx, tx, follow(n))
		}
		return takeBackNext(ctx, tx, n, r.At)
	})
	return n, err
}

// takeBackNext lets what has arrived after all not go out by the next means,
// unless that was tried already.
func takeBackNext(ctx context.Context, tx pgx.Tx, n casework.Notification, at time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE notification
		SET state = 'void',
		    failure = '已由前一种方式送达',
		    settled_at = $3
		WHERE chain = $1 AND step > $2 AND state = 'queued' AND attempts = 0`, n.First(), n.Step, at)
	return err
}

// NotificationStanding counts notifications by state and gives the pause.
func (db *DB) NotificationStanding(ctx context.Context) (casework.NotificationStanding, error) {
	s := casework.NotificationStanding{Counts: map[casework.NotificationState]int{}}
	rows, err := db.pool.Query(ctx, `
		SELECT state,
		       count(*)
		FROM notification
		GROUP BY state`)
	if err != nil {
		return s, fail(err)
	}
	var state casework.NotificationState
	var count int
	_, err = pgx.ForEachRow(rows, []any{&state, &count}, func() error {
		s.Counts[state] = count
		return nil
	})
	if err != nil {
		return s, fail(err)
	}
	err = db.pool.QueryRow(ctx, `
		SELECT until,
		       step,
		       why
		FROM notification_pause
		ORDER BY until DESC
		LIMIT 1`).Scan(&s.PausedUntil, &s.Paused, &s.Why)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return s, fail(err)
}

// RequeueNotification queues one again that failed or was void, and ends a
// pause: whoever asks has mended what was wrong.
func (db *DB) RequeueNotification(ctx context.Context, n casework.NotificationID, now time.Time, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		var stored casework.Notification
		err := tx.QueryRow(ctx, `
			SELECT state,
			       attempts
			FROM notification
			WHERE id = $1
			FOR UPDATE`, n).Scan(&stored.State, &stored.Attempts)
		switch {
		case err != nil:
			return orNotFound(err, "notification.not_found")
		case stored.Withdrawn():
			return errs.New(errs.Conflict, "notification.withdrawn")
		case stored.State == casework.NotificationQueued || stored.State == casework.NotificationSent:
			return errs.New(errs.Conflict, "notification.settled")
		}
		_, err = tx.Exec(ctx, `
			UPDATE notification
			SET state = 'queued',
			    due_at = $2,
			    leased_until = NULL,
			    attempts = 0,
			    round = round + 1,
			    settled_at = NULL
			WHERE id = $1`, n, now)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM notification_pause`); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// ReceiptOf gives the receipt that a notification told of.
func (db *DB) ReceiptOf(ctx context.Context, n casework.NotificationID) (string, error) {
	var receipt string
	err := db.pool.QueryRow(ctx, `SELECT receipt FROM notification WHERE id = $1`, n).Scan(&receipt)
	return receipt, orNotFound(err, "sms.unknown")
}
