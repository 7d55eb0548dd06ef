package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// selectContacts reads requests as scanContact takes them.
const selectContacts = `
		SELECT r.id,
		       r.case_id,
		       c.number,
		       r.by_account,
		       a.name,
		       r.at,
		       r.why,
		       r.decided_at,
		       r.granted,
		       r.until,
		       r.remark,
		       r.at_once,
		       r.told_at,
		       r.told_how,
		       r.reviewed_at,
		       r.proper,
		       r.review_remark,
		       coalesce((
		           SELECT jsonb_agg(jsonb_build_object('by', w.by_account, 'name', p.name, 'at', w.at, 'answer', w.answer, 'words', w.words) ORDER BY w.id)
		           FROM contact_word AS w
		           JOIN account AS p ON p.id = w.by_account
		           WHERE w.request_id = r.id
		       ), '[]')
		FROM contact_request AS r
		JOIN account AS a ON a.id = r.by_account
		JOIN work_case AS c ON c.id = r.case_id`

// ContactRequests gives those of a case, the latest first.
func (db *DB) ContactRequests(ctx context.Context, c casework.CaseID) ([]casework.ContactRequest, error) {
	return db.contacts(ctx, selectContacts+`
		WHERE r.case_id = $1
		ORDER BY r.id DESC
		LIMIT 100`, c)
}

func (db *DB) contacts(ctx context.Context, sql string, args ...any) ([]casework.ContactRequest, error) {
	rows, err := db.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanContact)
	return all, fail(err)
}

func scanContact(row pgx.CollectableRow) (r casework.ContactRequest, err error) {
	err = row.Scan(&r.ID, &r.Case, &r.Number, &r.By, &r.ByName, &r.At, &r.Why, zeroable{&r.Decided}, &r.Granted, zeroable{&r.Until}, &r.Remark,
		&r.AtOnce, zeroable{&r.Told}, &r.ToldHow, zeroable{&r.Reviewed}, &r.Proper, &r.Review, &r.Words)
	return r, err
}

// ofReader leaves of contact requests those of cases that the reader, $2 to $5, sees.
var ofReader = `
		LEFT JOIN accusation AS x ON x.matter_id = c.matter_id
		WHERE ` + unshunned(2) + ` AND ` + inReadersQueue(5) + ` AND `

func (db *DB) contactsFor(ctx context.Context, reader org.Actor, which string, limit int) ([]casework.ContactRequest, error) {
	units, accounts, desk := shunArgs(reader)
	return db.contacts(ctx, selectContacts+ofReader+which+`
		ORDER BY r.id
		LIMIT $1`, limit, units, accounts, desk, optional(casework.QueueUnit(reader)))
}

// WaitingContacts gives requests that wait for a decision, the oldest first.
func (db *DB) WaitingContacts(ctx context.Context, reader org.Actor, limit int) ([]casework.ContactRequest, error) {
	return db.contactsFor(ctx, reader, `r.decided_at IS NULL`, limit)
}

// ContactsAtOnce gives what was opened at once and is not settled, the oldest
// first.
func (db *DB) ContactsAtOnce(ctx context.Context, reader org.Actor, limit int) ([]casework.ContactRequest, error) {
	return db.contactsFor(ctx, reader, `r.at_once AND (r.told_at IS NULL OR r.reviewed_at IS NULL)`, limit)
}

// InsertContactRequest stores a request and its audit line.
func (db *DB) InsertContactRequest(ctx context.Context, r casework.ContactRequest, line org.Audit) error {
	err := db.execAudited(ctx, line, `
		INSERT INTO contact_request (
		    id,
		    case_id,
		    by_account,
		    at,
		    why,
		    decided_at,
		    granted,
		    until,
		    at_once
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, r.ID, r.Case, r.By, r.At, r.Why, optionalTime(r.Decided), r.Granted, optionalTime(r.Until), r.AtOnce)
	if violates(err, uniqueViolation, "contact_request_waits") {
		return errs.Wrap(err, errs.Conflict, "contact.asked")
	}
	return err
}

// NoteContact stores what the citizen said to a request that waits.
func (db *DB) NoteContact(ctx context.Context, c casework.CaseID, r casework.ContactRequestID, w casework.ContactWord, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := contactWaits(ctx, tx, c, r); err != nil {
			return err
		}
		if err := insertContactWord(ctx, tx, r, w); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// contactWaits holds a request that waits, and gives what the citizen was heard
// to say last; empty: nothing.
func contactWaits(ctx context.Context, tx pgx.Tx, c casework.CaseID, r casework.ContactRequestID) (said casework.ContactAnswer, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce((SELECT answer FROM contact_word WHERE request_id = $1 AND answer <> 'unreached' ORDER BY id DESC LIMIT 1), '')
		FROM contact_request
		WHERE id = $1 AND case_id = $2 AND decided_at IS NULL
		FOR UPDATE`, r, c).Scan(&said)
	if noRows(err) {
		return "", errs.New(errs.Conflict, "contact.decided")
	}
	return said, err
}

func insertContactWord(ctx context.Context, tx pgx.Tx, r casework.ContactRequestID, w casework.ContactWord) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO contact_word (
		    id,
		    request_id,
		    by_account,
		    at,
		    answer,
		    words
		) VALUES ($1, $2, $3, $4, $5, $6)`, id.New[string](), r, w.By, w.At, w.Answer, w.Words)
	return err
}

// DecideContact stores the decision on a request that waits, and its audit
// line. One that is granted without a word of the citizen's on record records
// it: who grants says that they agree.
func (db *DB) DecideContact(ctx context.Context, r casework.ContactRequest, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		said, err := contactWaits(ctx, tx, r.Case, r.ID)
		switch {
		case err != nil:
			return err
		case r.Granted && said == casework.ContactNo:
			return errs.New(errs.Conflict, "contact.refused")
		case r.Granted && said == "":
			w := casework.ContactWord{By: line.Actor, At: r.Decided, Answer: casework.ContactYes, Words: r.Remark}
			if err := insertContactWord(ctx, tx, r.ID, w); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `
			UPDATE contact_request
			SET decided_at = $2,
			    granted = $3,
			    until = $4,
			    remark = $5
			WHERE id = $1`, r.ID, r.Decided, r.Granted, optionalTime(r.Until), r.Remark)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// TellContact stores that the citizen was told of what was opened at once.
func (db *DB) TellContact(ctx context.Context, r casework.ContactRequest, by org.AccountID, line org.Audit) error {
	return db.settleContact(ctx, line, `
		UPDATE contact_request
		SET told_at = $3,
		    told_by = $4,
		    told_how = $5
		WHERE id = $1 AND case_id = $2 AND at_once AND told_at IS NULL`, r.ID, r.Case, r.Told, by, r.ToldHow)
}

// ReviewContact stores whether it was right to open it at once.
func (db *DB) ReviewContact(ctx context.Context, r casework.ContactRequest, by org.AccountID, line org.Audit) error {
	return db.settleContact(ctx, line, `
		UPDATE contact_request
		SET reviewed_at = $3,
		    reviewed_by = $4,
		    proper = $5,
		    review_remark = $6
		WHERE id = $1 AND case_id = $2 AND at_once AND reviewed_at IS NULL`, r.ID, r.Case, r.Reviewed, by, r.Proper, r.Review)
}

func (db *DB) settleContact(ctx context.Context, line org.Audit, sql string, args ...any) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, args...)
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
