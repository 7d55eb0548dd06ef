package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
)

// Arrival gives what a code was given for.
func (db *DB) Arrival(ctx context.Context, receipt string) (casework.Arrival, error) {
	a := casework.Arrival{Receipt: receipt}
	err := db.pool.QueryRow(ctx, `
		SELECT m.title,
		       m.body,
		       m.received_at,
		       m.state
		FROM refusal_receipt AS r
		JOIN matter AS m ON m.id = r.matter_id
		WHERE r.code = $1`, receipt).Scan(&a.Title, &a.Text, &a.At, &a.State)
	return a, orNotFound(err, "case.receipt")
}

// CodeOf gives the code of a message's first matter.
func (db *DB) CodeOf(ctx context.Context, message intake.MessageID) (code string, err error) {
	err = db.pool.QueryRow(ctx, `
		SELECT r.code
		FROM matter AS m
		JOIN refusal_receipt AS r ON r.matter_id = m.id
		WHERE m.message_id = $1
		ORDER BY m.ordinal
		LIMIT 1`, message).Scan(&code)
	return code, orNotFound(err, "case.receipt")
}

// CodeOfMatter gives the code of one matter.
func (db *DB) CodeOfMatter(ctx context.Context, matter intake.MatterID) (code string, err error) {
	err = db.pool.QueryRow(ctx, `
		SELECT code
		FROM refusal_receipt
		WHERE matter_id = $1`, matter).Scan(&code)
	return code, orNotFound(err, "case.receipt")
}

// acceptance makes the notification that a parcel has come in; the zero value
// when nobody is to be told.
func acceptance(p intake.Parcel, codes []string) (casework.Notification, error) {
	if !p.Tell || p.Message == nil || len(codes) == 0 {
		return casework.Notification{}, nil
	}
	return casework.NewNotification(casework.NotifyAccepted, casework.AcceptedEffect(p.Message.ID), p.Message.ID, p.Contact.ReceivedAt,
		casework.NotifyFacts{Receipt: codes[0]})
}

// tellRefused stores what a citizen is told of a refusal that a second person
// has agreed to, once.
func tellRefused(ctx context.Context, tx pgx.Tx, d classifier.DecisionID, at time.Time) error {
	var message intake.MessageID
	var code, reason string
	err := tx.QueryRow(ctx, `
		SELECT m.message_id,
		       r.code,
		       d.reason
		FROM decision AS d
		JOIN matter AS m ON m.id = d.matter_id
		JOIN refusal_receipt AS r ON r.matter_id = m.id
		WHERE d.id = $1`, d).Scan(&message, &code, &reason)
	if noRows(err) {
		return nil // from before there were receipts
	}
	if err != nil {
		return err
	}
	n, err := casework.NewNotification(casework.NotifyRefused, "refusal:"+string(d), message, at,
		casework.NotifyFacts{Receipt: code, Way: casework.RightWay(reason)})
	if err != nil {
		return err
	}
	return insertNotification(ctx, tx, n)
}
