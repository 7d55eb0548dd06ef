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

// MessagesOf gives the messages of a phone, oldest first.
func (db *DB) MessagesOf(ctx context.Context, phone [][]byte) ([]intake.MessageID, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT id
		FROM message
		WHERE phone_hash = ANY ($1)
		ORDER BY id`, phone)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[intake.MessageID])
	return all, fail(err)
}

// InsertSubjectRequest stores a request with its audit line.
func (db *DB) InsertSubjectRequest(ctx context.Context, r privacy.Request, line org.Audit) error {
	messages := r.Messages
	if messages == nil {
		messages = []intake.MessageID{}
	}
	return db.execAudited(ctx, line, `
		INSERT INTO subject_request (
		    id,
		    at,
		    by_account,
		    hint,
		    verified,
		    why,
		    messages
		) VALUES ($1, $2, $3, $4, $5, $6, $7)`, r.ID, r.At, r.By, r.Hint, r.Verified, r.Why, messages)
}

// selectRequests reads requests as scanRequest takes them.
const selectRequests = `
		SELECT r.id,
		       r.at,
		       r.by_account,
		       a.name,
		       r.hint,
		       r.verified,
		       r.why,
		       r.messages
		FROM subject_request AS r
		JOIN account AS a ON a.id = r.by_account`

// SubjectRequest gives a request.
func (db *DB) SubjectRequest(ctx context.Context, id privacy.RequestID) (privacy.Request, error) {
	rows, err := db.pool.Query(ctx, selectRequests+`
		WHERE r.id = $1`, id)
	if err != nil {
		return privacy.Request{}, fail(err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[privacy.Request])
	return r, orNotFound(err, "subject.not_found")
}

// SubjectRequests gives the latest requests.
func (db *DB) SubjectRequests(ctx context.Context, limit int) ([]privacy.Request, error) {
	rows, err := db.pool.Query(ctx, selectRequests+`
		ORDER BY r.id DESC
		LIMIT $1`, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[privacy.Request])
	return all, fail(err)
}

// SealedOf gives originals, in one statement with an audit line for each that
// is there: no look without its line.
func (db *DB) SealedOf(ctx context.Context, messages []intake.MessageID, line org.Audit) ([]privacy.SealedOriginal, error) {
	rows, err := db.pool.Query(ctx, `
		WITH found AS (
		    SELECT message_id,
		           sealed
		    FROM original
		    WHERE message_id = ANY ($1)
		      AND NOT EXISTS (SELECT FROM secret_lock AS l WHERE l.message_id = original.message_id) -- for those named there alone
		), lines AS (
		    INSERT INTO audit (at, actor, action, object, detail)
		    SELECT $2, $3, $4, 'message:' || message_id, $5
		    FROM found
		    WHERE sealed IS NOT NULL
		)
		SELECT message_id,
		       sealed
		FROM found`, messages, line.At, optional(line.Actor), line.Action, line.Detail)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[privacy.SealedOriginal])
	return all, fail(err)
}

// HeldOf gives what is held of messages, oldest first.
func (db *DB) HeldOf(ctx context.Context, messages []intake.MessageID) ([]privacy.Held, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+messageColumns+`,
		       `+unfinished+`,
		       `+held+`
		FROM message AS g
		JOIN contact AS c ON c.id = g.contact_id
		WHERE g.id = ANY ($1)
		ORDER BY g.id`, messages)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h privacy.Held, err error) {
		err = row.Scan(append(messageTargets(&h.Message), &h.Unfinished, &h.OnHold)...)
		return h, err
	})
	if err != nil {
		return nil, fail(err)
	}
	for i := range all {
		if err := db.addHeld(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// addHeld adds cases with their attachments, notifications and looks.
func (db *DB) addHeld(ctx context.Context, h *privacy.Held) error {
	b := &pgx.Batch{}
	b.Queue(`
		SELECT c.id,
		       c.number,
		       coalesce(u.name, ''),
		       c.state,
		       c.receipt,
		       c.citizen_due
		FROM work_case AS c
		JOIN matter AS m ON m.id = c.matter_id
		LEFT JOIN unit AS u ON u.id = c.unit_id
		WHERE m.message_id = $1
		ORDER BY c.id`, h.Message.ID).Query(func(rows pgx.Rows) (err error) {
		h.Cases, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (k privacy.HeldCase, err error) {
			err = row.Scan(&k.ID, &k.Number, &k.Unit, &k.State, &k.Receipt, &k.Due)
			return k, err
		})
		return err
	})
	b.Queue(`
		SELECT`+notificationColumns+`
		FROM notification AS n
		WHERE n.message_id = $1
		ORDER BY n.id`, h.Message.ID).Query(func(rows pgx.Rows) (err error) {
		h.Told, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (casework.Notification, error) { return scanNotification(row) })
		return err
	})
	b.Queue(`
		SELECT`+rewardColumns+`
		FROM reward AS r`+rewardTables+`
		WHERE r.message_id = $1 AND r.state <> 'declined'
		ORDER BY r.id`, h.Message.ID).Query(func(rows pgx.Rows) (err error) {
		h.Rewards, err = pgx.CollectRows(rows, scanReward)
		return err
	})
	b.Queue(selectLabels+`
		JOIN caller_label_message AS n ON n.label_id = b.id
		WHERE n.message_id = $1
		ORDER BY b.id`, h.Message.ID).Query(func(rows pgx.Rows) (err error) {
		h.Labels, err = pgx.CollectRows(rows, scanLabel)
		return err
	})
	if err := db.pool.SendBatch(ctx, b).Close(); err != nil {
		return fail(err)
	}
	objects := []string{"message:" + string(h.Message.ID)}
	for i := range h.Cases {
		files, err := db.Attachments(ctx, casework.Folder{Case: h.Cases[i].ID})
		if err != nil {
			return err
		}
		h.Cases[i].Files = files
		objects = append(objects, "case:"+string(h.Cases[i].ID))
	}
	looks, err := db.looksAt(ctx, objects)
	h.Looks = looks
	return err
}

// looksAt gives what the audit log says of objects, the latest first.
func (db *DB) looksAt(ctx context.Context, objects []string) ([]org.Look, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+lookColumns+`,
		       coalesce(c.number, '')
		FROM audit AS a`+lookTables+`
		LEFT JOIN work_case AS c ON 'case:' || c.id = a.object
		WHERE a.object = ANY ($1)
		ORDER BY a.id DESC
		LIMIT $2`, objects, org.LooksShown)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanLook)
	return all, fail(err)
}

// ReplaceOriginal puts another original in the place of one that is still the
// same.
func (db *DB) ReplaceOriginal(ctx context.Context, m intake.MessageID, before []byte, key string, after privacy.Resealed, hint string, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE original
			SET key_id = $3,
			    sealed = $4
			WHERE message_id = $1 AND sealed = $2`, m, before, key, after.Sealed)
		switch {
		case violates(err, checkViolation, "original_key_dropped"):
			return errs.Wrap(err, errs.Unavailable, "seal.key_dropped", key)
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "subject.changed")
		}
		if _, err := tx.Exec(ctx, `UPDATE message SET phone_hash = $2, phone_hint = $3 WHERE id = $1`, m, after.PhoneHash, hint); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// EraseMessage erases words, contact and attachments of a message of which
// everything is finished.
func (db *DB) EraseMessage(ctx context.Context, m intake.MessageID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, keepLock); err != nil {
			return err
		}
		var open, kept bool
		var days int
		err := tx.QueryRow(ctx, `
			SELECT `+unfinished+`,
			       `+held+`,
			       coalesce((SELECT days FROM retention_rule WHERE kind = $2), 0)
			FROM message AS g
			WHERE g.id = $1
			FOR UPDATE OF g`, m, privacy.KeepOriginals).Scan(&open, &kept, &days)
		switch {
		case err != nil:
			return orNotFound(err, "message.not_found")
		case open:
			return errs.New(errs.Conflict, "subject.unfinished", keptFor(days))
		case kept:
			return errs.New(errs.Conflict, "subject.on_hold")
		}
		tag, err := tx.Exec(ctx, eraseOriginals, []string{string(m)}, line.At, optional(line.Actor), line.Detail)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "subject.erased")
		}
		rows, err := tx.Query(ctx, `
			SELECT f.id
			FROM case_file AS f
			LEFT JOIN work_case AS c ON c.id = f.case_id
			JOIN matter AS m ON m.id = coalesce(c.matter_id, f.matter_id)
			WHERE m.message_id = $1 AND f.erased_at IS NULL`, m)
		if err != nil {
			return err
		}
		files, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(files) == 0 {
			return err
		}
		_, err = tx.Exec(ctx, erase[privacy.KeepFiles], files, line.At, optional(line.Actor), line.Detail)
		return err
	})
}

// keptFor says how long something is kept that cannot be erased yet.
func keptFor(days int) string {
	if days == 0 {
		return "可随时由本人要求删除"
	}
	return "再保存 " + privacy.Days(days) + "，之后自动删除；也可以由本人要求提前删除"
}
