package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// refusalColumns are every casework.Refusal there was.
const refusalColumns = `
		SELECT d.id,
		       d.matter_id,
		       d.reason,
		       d.at,
		       d.by_account,
		       a.name,
		       m.title,
		       m.body,
		       coalesce(r.code, ''),
		       NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id),
		       coalesce(c.by_account::text, ''),
		       coalesce(o.words, ''),
		       o.at,
		       coalesce(o.answer, ''),
		       o.answered_at
		FROM decision AS d
		JOIN matter AS m ON m.id = d.matter_id
		JOIN account AS a ON a.id = d.by_account
		LEFT JOIN refusal_receipt AS r ON r.matter_id = d.matter_id
		LEFT JOIN refusal_check AS c ON c.decision_id = d.id
		LEFT JOIN refusal_contest AS o ON o.decision_id = d.id
		WHERE d.kind = 'decline'
		  AND d.purpose = 'effective'
		  AND starts_with(d.reason, '` + casework.RefusalPrefix + `')`

// refusals are those that stand, and that wait for a second person or for an
// answer to the citizen.
const refusals = refusalColumns + `
		  AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)
		  AND (c.decision_id IS NULL OR o.words IS NOT NULL AND o.answered_at IS NULL)`

func scanRefusal(row pgx.CollectableRow) (r casework.Refusal, err error) {
	err = row.Scan(&r.Decision, &r.Matter, &r.Reason, &r.At, &r.By, &r.ByName, &r.Title, &r.Text,
		&r.Receipt, &r.Stands, &r.AgreedBy, &r.Contest, zeroable{&r.ContestAt}, &r.Answer, zeroable{&r.AnsweredAt})
	return r, err
}

// Refusals gives those that wait for a second person, the latest first.
func (db *DB) Refusals(ctx context.Context, limit int) ([]casework.Refusal, error) {
	rows, err := db.pool.Query(ctx, refusals+`
		ORDER BY d.id DESC
		LIMIT $1`, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanRefusal)
	return all, fail(err)
}

// Refusal gives one that waits for a second person.
func (db *DB) Refusal(ctx context.Context, d classifier.DecisionID) (casework.Refusal, error) {
	rows, err := db.pool.Query(ctx, refusals+`
		  AND d.id = $1`, d)
	if err != nil {
		return casework.Refusal{}, fail(err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRefusal)
	if noRows(err) {
		return r, errs.New(errs.Conflict, "refusal.done")
	}
	return r, fail(err)
}

// AgreeToRefusal notes that a second person agrees, once; the citizen is told.
func (db *DB) AgreeToRefusal(ctx context.Context, d classifier.DecisionID, by org.AccountID, at time.Time) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO refusal_check (
			    decision_id,
			    by_account,
			    at
			) VALUES ($1, $2, $3)
			ON CONFLICT DO NOTHING`, d, by, at)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "refusal.done")
		}
		return tellRefused(ctx, tx, d, at)
	})
}

// RefusalOf gives the last refusal of a receipt's matter, or of a matter.
func (db *DB) RefusalOf(ctx context.Context, receipt string, m intake.MatterID) (casework.Refusal, error) {
	rows, err := db.pool.Query(ctx, refusalColumns+`
		  AND (r.code = $1 OR d.matter_id = $2)
		ORDER BY d.id DESC
		LIMIT 1`, optional(receipt), optional(m))
	if err != nil {
		return casework.Refusal{}, fail(err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRefusal)
	return r, orNotFound(err, "case.receipt")
}

// ContestRefusal stores what a citizen says against a refusal, once.
func (db *DB) ContestRefusal(ctx context.Context, d classifier.DecisionID, words string, at time.Time) error {
	tag, err := db.pool.Exec(ctx, `
		INSERT INTO refusal_contest (
		    decision_id,
		    words,
		    at
		) VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`, d, words, at)
	if err == nil && tag.RowsAffected() == 0 {
		return errs.New(errs.Conflict, "refusal.contested")
	}
	return fail(err)
}

// AnswerContest stores the answer, and the second person's agreement if nobody
// had looked yet, together.
func (db *DB) AnswerContest(ctx context.Context, d classifier.DecisionID, answer string, by org.AccountID, at time.Time) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE refusal_contest
			SET answer = $2,
			    answered_by = $3,
			    answered_at = $4
			WHERE decision_id = $1 AND answered_at IS NULL`, d, answer, by, at)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "refusal.done")
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO refusal_check (
			    decision_id,
			    by_account,
			    at
			) VALUES ($1, $2, $3)
			ON CONFLICT DO NOTHING`, d, by, at)
		if err != nil {
			return err
		}
		return tellRefused(ctx, tx, d, at)
	})
}

// Reasons gives the grounds for refusing that were added, oldest first.
func (db *DB) Reasons(ctx context.Context) ([]casework.Reason, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT id,
		       words
		FROM refusal_reason
		WHERE gone_at IS NULL
		ORDER BY id`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[casework.Reason])
	return all, fail(err)
}

// InsertReason adds one.
func (db *DB) InsertReason(ctx context.Context, r casework.Reason, line org.Audit) error {
	err := db.execAudited(ctx, line, `
		INSERT INTO refusal_reason (
		    id,
		    words,
		    by_account,
		    at
		) VALUES ($1, $2, $3, $4)`, r.ID, r.Words, line.Actor, line.At)
	if violates(err, uniqueViolation, "refusal_reason_words") {
		return errs.Wrap(err, errs.Conflict, "refusal.reason_known")
	}
	return err
}

// DropReason lets one be offered no longer.
func (db *DB) DropReason(ctx context.Context, r casework.ReasonID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE refusal_reason SET gone_at = $2 WHERE id = $1 AND gone_at IS NULL`, r, line.At)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.NotFound, "refusal.reason_gone")
		}
		return insertAudit(ctx, tx, line)
	})
}

// giveReceipt gives the citizen of a matter that is refused a code, if it came
// in before all of them had one at once; the same one however often it is.
func giveReceipt(ctx context.Context, tx pgx.Tx, d classifier.Decision) error {
	if !casework.Refuses(d) {
		return nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO refusal_receipt (
		    matter_id,
		    code
		)
		SELECT $1, coalesce((SELECT receipt FROM work_case WHERE matter_id = $1), $2)
		ON CONFLICT DO NOTHING`, d.Matter, casework.NewReceipt())
	return err
}
