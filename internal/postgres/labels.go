package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// labelLock lets one label be proposed after the other: a caller has one at
// most. The number is arbitrary, but must stay.
const labelLock = 4_812_345_072

// ofCaller are the labels of who left message g. A caller is found by the
// messages that a label rests on, so a label follows the phone's fingerprint
// when keys are replaced or a number is corrected, and is nobody's once these
// messages are erased.
const ofCaller = `
		           SELECT b.id
		           FROM message AS e
		           JOIN caller_label_message AS n ON n.message_id = e.id
		           JOIN caller_label AS b ON b.id = n.label_id
		           WHERE e.phone_hash = g.phone_hash`

// labelled tells that the caller of message g has a label in force at $5.
const labelled = ofCaller + `
		             AND b.state = 'active'
		             AND b.until_at > $5`

// selectLabels reads labels as scanLabel takes them.
const selectLabels = `
		SELECT b.id,
		       b.by_account,
		       a.name,
		       b.at,
		       b.why,
		       b.days,
		       b.state,
		       coalesce(b.decided_by::text, ''),
		       coalesce((SELECT name FROM account WHERE id = b.decided_by), ''),
		       b.decided_at,
		       b.remark,
		       b.until_at,
		       coalesce(b.lifted_by::text, ''),
		       coalesce((SELECT name FROM account WHERE id = b.lifted_by), ''),
		       b.lifted_at,
		       b.lifted_why
		FROM caller_label AS b
		JOIN account AS a ON a.id = b.by_account`

func scanLabel(row pgx.CollectableRow) (l casework.Label, err error) {
	err = row.Scan(&l.ID, &l.By, &l.ByName, &l.At, &l.Why, &l.Days, &l.State, &l.Decider, &l.DecName, zeroable{&l.Decided}, &l.Remark, &l.Until,
		&l.Lifter, &l.LiftName, zeroable{&l.Lifted}, &l.LiftWhy)
	return l, err
}

// InsertLabel stores a proposal with what it rests on.
func (db *DB) InsertLabel(ctx context.Context, l casework.Label, about intake.MatterID, evidence []intake.MessageID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, labelLock); err != nil {
			return err
		}
		var known, exists bool
		var same int
		err := tx.QueryRow(ctx, `
			SELECT g.phone_hash IS NOT NULL,
			       (SELECT count(*) FROM message AS o WHERE o.id = ANY ($2) AND o.phone_hash = g.phone_hash),
			       EXISTS (`+ofCaller+` AND b.state IN ('proposed', 'active') AND b.until_at > $3)
			FROM matter AS m
			JOIN message AS g ON g.id = m.message_id
			WHERE m.id = $1`, about, evidence, l.At).Scan(&known, &same, &exists)
		switch {
		case err != nil:
			return orNotFound(err, "matter.not_found")
		case !known:
			return errs.New(errs.Invalid, "label.no_phone")
		case same != len(evidence):
			return errs.New(errs.Invalid, "label.evidence").In("evidence")
		case exists:
			return errs.New(errs.Conflict, "label.exists")
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO caller_label (
			    id,
			    by_account,
			    at,
			    why,
			    days,
			    state,
			    until_at
			) VALUES ($1, $2, $3, $4, $5, $6, $7)`, l.ID, l.By, l.At, l.Why, l.Days, l.State, l.Until)
		if err == nil {
			_, err = tx.Exec(ctx, `
				INSERT INTO caller_label_message (
				    label_id,
				    message_id
				)
				SELECT $1, unnest($2::uuid[])`, l.ID, evidence)
		}
		if err != nil {
			return err
		}
		return auditLabel(ctx, tx, l.ID, line)
	})
}

// auditLabel writes a line about each message of a label, so that it is found
// among what was done with a person's data.
func auditLabel(ctx context.Context, tx pgx.Tx, l casework.LabelID, line org.Audit) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO audit (at, actor, action, object, detail)
		SELECT $2, $3, $4, 'message:' || message_id, $5
		FROM caller_label_message
		WHERE label_id = $1
		ORDER BY message_id`, l, line.At, optional(line.Actor), line.Action, line.Detail)
	return err
}

// ChangeLabel holds a label and stores what is planned on it.
func (db *DB) ChangeLabel(ctx context.Context, id casework.LabelID, plan func(casework.Label) (casework.Label, error), line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectLabels+`
			WHERE b.id = $1
			FOR UPDATE OF b`, id)
		if err != nil {
			return err
		}
		stands, err := pgx.CollectExactlyOneRow(rows, scanLabel)
		if err != nil {
			return orNotFound(err, "label.not_found")
		}
		l, err := plan(stands)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE caller_label
			SET state = $2,
			    decided_by = $3,
			    decided_at = $4,
			    remark = $5,
			    until_at = $6,
			    lifted_by = $7,
			    lifted_at = $8,
			    lifted_why = $9
			WHERE id = $1`,
			l.ID, l.State, optional(l.Decider), optionalTime(l.Decided), l.Remark, l.Until, optional(l.Lifter), optionalTime(l.Lifted), l.LiftWhy)
		if err != nil {
			return err
		}
		return auditLabel(ctx, tx, l.ID, line)
	})
}

// CallerLabels gives those of a state with what they rest on, the latest first.
func (db *DB) CallerLabels(ctx context.Context, s casework.LabelState, before casework.LabelID, limit int) ([]casework.Label, error) {
	rows, err := db.pool.Query(ctx, selectLabels+`
		WHERE b.state = $1 AND ($2::uuid IS NULL OR b.id < $2)
		ORDER BY b.id DESC
		LIMIT $3`, s, optional(before), limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanLabel)
	if err != nil {
		return nil, fail(err)
	}
	return all, fail(db.addEvidence(ctx, all))
}

// LabelsOf gives the labels of a matter's caller that hold or wait.
func (db *DB) LabelsOf(ctx context.Context, m intake.MatterID, now time.Time) ([]casework.Label, error) {
	rows, err := db.pool.Query(ctx, selectLabels+`
		WHERE b.state IN ('proposed', 'active')
		  AND b.until_at > $2
		  AND b.id IN (
		      SELECT n.label_id
		      FROM matter AS m
		      JOIN message AS g ON g.id = m.message_id
		      JOIN message AS e ON e.phone_hash = g.phone_hash
		      JOIN caller_label_message AS n ON n.message_id = e.id
		      WHERE m.id = $1
		  )
		ORDER BY b.id DESC`, m, now)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanLabel)
	return all, fail(err)
}

// evidenceColumns are what scanEvidence takes, of message AS e, contact AS t.
const evidenceColumns = `
		       e.id,
		       (SELECT id FROM matter WHERE message_id = e.id ORDER BY ordinal LIMIT 1),
		       t.at,
		       CASE WHEN e.title <> '' THEN e.title ELSE left(e.body, 60) END,
		       CASE WHEN e.phone_hash IS NULL THEN '' ELSE e.phone_hint END`

func evidenceTargets(e *casework.LabelEvidence) []any {
	return []any{&e.Message, &e.Matter, &e.At, &e.Title, &e.Hint}
}

// addEvidence gives labels the messages they rest on, oldest first.
func (db *DB) addEvidence(ctx context.Context, all []casework.Label) error {
	at := map[casework.LabelID]*casework.Label{}
	ids := make([]casework.LabelID, len(all))
	for i := range all {
		ids[i], at[all[i].ID] = all[i].ID, &all[i]
	}
	rows, err := db.pool.Query(ctx, `
		SELECT n.label_id,`+evidenceColumns+`
		FROM caller_label_message AS n
		JOIN message AS e ON e.id = n.message_id
		JOIN contact AS t ON t.id = e.contact_id
		WHERE n.label_id = ANY ($1)
		ORDER BY e.id`, ids)
	if err != nil {
		return err
	}
	var l casework.LabelID
	var e casework.LabelEvidence
	_, err = pgx.ForEachRow(rows, append([]any{&l}, evidenceTargets(&e)...), func() error {
		at[l].Evidence = append(at[l].Evidence, e)
		return nil
	})
	return err
}

// SaidBy gives messages of a matter's caller, the latest first.
func (db *DB) SaidBy(ctx context.Context, m intake.MatterID, limit int) ([]casework.LabelEvidence, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+evidenceColumns+`
		FROM matter AS m
		JOIN message AS g ON g.id = m.message_id
		JOIN message AS e ON e.phone_hash = g.phone_hash
		JOIN contact AS t ON t.id = e.contact_id
		WHERE m.id = $1
		ORDER BY e.id DESC
		LIMIT $2`, m, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e casework.LabelEvidence, err error) {
		return e, row.Scan(evidenceTargets(&e)...)
	})
	return all, fail(err)
}

// EndLabels marks what is over and deletes what ended before a time.
func (db *DB) EndLabels(ctx context.Context, now, before time.Time) (ended, deleted int, err error) {
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE caller_label
			SET state = 'expired'
			WHERE state IN ('proposed', 'active') AND until_at <= $1`, now)
		if err != nil {
			return err
		}
		ended = int(tag.RowsAffected())
		rows, err := tx.Query(ctx, `
			SELECT id
			FROM caller_label
			WHERE state NOT IN ('proposed', 'active') AND until_at < $1
			FOR UPDATE`, before)
		if err != nil {
			return err
		}
		old, err := pgx.CollectRows(rows, pgx.RowTo[casework.LabelID])
		if err != nil || len(old) == 0 {
			return err
		}
		deleted = len(old)
		for _, l := range old {
			if err := auditLabel(ctx, tx, l, org.Audit{At: now, Action: "delete_label", Detail: "到期或解除已久"}); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM caller_label_message WHERE label_id = ANY ($1)`, old); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM caller_label WHERE id = ANY ($1)`, old)
		return err
	})
	return ended, deleted, err
}
