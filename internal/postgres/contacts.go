package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// selectContacts reads requests as scanContact takes them.
const selectContacts = `
		SELECT r.id,
		       r.case_id,
		       r.by_account,
		       a.name,
		       r.at,
		       r.why,
		       r.decided_at,
		       r.granted,
		       r.until,
		       r.remark
		FROM contact_request AS r
		JOIN account AS a ON a.id = r.by_account`

// ContactRequests gives those of a case, the latest first.
func (db *DB) ContactRequests(ctx context.Context, c casework.CaseID) ([]casework.ContactRequest, error) {
	rows, err := db.pool.Query(ctx, selectContacts+`
		WHERE r.case_id = $1
		ORDER BY r.id DESC
		LIMIT 100`, c)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanContact)
	return all, fail(err)
}

func scanContact(row pgx.CollectableRow) (r casework.ContactRequest, err error) {
	err = row.Scan(&r.ID, &r.Case, &r.By, &r.ByName, &r.At, &r.Why, zeroable{&r.Decided}, &r.Granted, zeroable{&r.Until}, &r.Remark)
	return r, err
}

// WaitingContacts gives requests that wait for a decision, the oldest first.
func (db *DB) WaitingContacts(ctx context.Context, limit int) ([]casework.ContactRequest, error) {
	rows, err := db.pool.Query(ctx, selectContacts+`
		WHERE r.decided_at IS NULL
		ORDER BY r.id
		LIMIT $1`, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanContact)
	return all, fail(err)
}

// InsertContactRequest stores a request and its audit line.
func (db *DB) InsertContactRequest(ctx context.Context, r casework.ContactRequest, line org.Audit) error {
	err := db.execAudited(ctx, line, `
		INSERT INTO contact_request (
		    id,
		    case_id,
		    by_account,
		    at,
		    why
		) VALUES ($1, $2, $3, $4, $5)`, r.ID, r.Case, r.By, r.At, r.Why)
	if violates(err, uniqueViolation, "contact_request_waits") {
		return errs.Wrap(err, errs.Conflict, "contact.asked")
	}
	return err
}

// DecideContact stores the decision on a request that waits, and its audit line.
func (db *DB) DecideContact(ctx context.Context, r casework.ContactRequest, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE contact_request
			SET decided_at = $3,
			    granted = $4,
			    until = $5,
			    remark = $6
			WHERE id = $1 AND case_id = $2 AND decided_at IS NULL`, r.ID, r.Case, r.Decided, r.Granted, optionalTime(r.Until), r.Remark)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "contact.decided")
		}
		return insertAudit(ctx, tx, line)
	})
}

// MessageOf gives the message of a case's matter.
func (db *DB) MessageOf(ctx context.Context, c casework.CaseID) (intake.MessageID, error) {
	var m intake.MessageID
	err := db.pool.QueryRow(ctx, `
		SELECT m.message_id
		FROM work_case AS c
		JOIN matter AS m ON m.id = c.matter_id
		WHERE c.id = $1`, c).Scan(&m)
	return m, orNotFound(err, "case.not_found")
}
