package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// LockMessage locks a message. Its matters are held against every foreign key
// that refers to them before anything is deleted, so that whoever stores a
// vector, an example or an answer at that moment either has committed, and it is
// deleted here, or waits and then finds the message locked (trigger
// skip_secret).
func (db *DB) LockMessage(ctx context.Context, l intake.SecretLock, reseal intake.Reseal, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		sealed, state, err := holdMessage(ctx, tx, l.Message)
		switch {
		case err != nil:
			return err
		case state == intake.SecretLocked:
			return errs.New(errs.Conflict, "secret.locked")
		}
		words, err := wordsOf(ctx, tx, l.Message)
		if err != nil {
			return err
		}
		key, resealed, _, err := reseal(l.Message, sealed, &words)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`UPDATE original SET key_id = $2, sealed = $3 WHERE message_id = $1`, l.Message, key, resealed)
		b.Queue(`
			INSERT INTO secret_lock (
			    message_id,
			    why,
			    readers,
			    by_account,
			    at
			) VALUES ($1, $2, $3, $4, $5)`, l.Message, l.Why, l.Readers, l.By, l.At)
		b.Queue(`
			UPDATE message
			SET title = $2, body = $3, place = '', turns = NULL, secret = 'locked'
			WHERE id = $1`, l.Message, intake.LockedTitle, intake.LockedText)
		b.Queue(`
			UPDATE matter
			SET title = $2, body = $3
			WHERE message_id = $1`, l.Message, intake.LockedTitle, intake.LockedText)
		for _, forget := range forgetSecret {
			b.Queue(forget, l.Message)
		}
		// Kept answers of language models are found by a hash alone: whichever may
		// rest on these words goes with all others, and is asked for anew.
		b.Queue(`DELETE FROM llm_answer`)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// forgetSecret takes the words of message $1 out of what was made of them. What
// is decided on, and by whom, stays.
var forgetSecret = []string{
	`DELETE FROM matter_vector WHERE matter_id IN (SELECT id FROM matter WHERE message_id = $1)`,
	`DELETE FROM confirmed_example WHERE matter_id IN (SELECT id FROM matter WHERE message_id = $1)`,
	`DELETE FROM matter_place WHERE matter_id IN (SELECT id FROM matter WHERE message_id = $1)`,
	`UPDATE precedent SET facts = '', clause = '', reason = '' WHERE decision_id IN (
	    SELECT d.id FROM decision AS d JOIN matter AS m ON m.id = d.matter_id WHERE m.message_id = $1)`,
	`UPDATE work_case SET place = '' WHERE matter_id IN (SELECT id FROM matter WHERE message_id = $1)`,
	`DELETE FROM gap_matter WHERE matter_id IN (SELECT id FROM matter WHERE message_id = $1)`,
	`UPDATE suggestion SET body = '{}' WHERE matter_id IN (SELECT id FROM matter WHERE message_id = $1) AND body <> '{}'`,
	`UPDATE instant_answer SET body = '[]' WHERE matter_id IN (SELECT id FROM matter WHERE message_id = $1)`,
	`UPDATE refusal_contest SET words = '` + intake.LockedText + `' WHERE decision_id IN (
	    SELECT d.id FROM decision AS d JOIN matter AS m ON m.id = d.matter_id WHERE m.message_id = $1)`,
	`UPDATE turn SET ask = '` + intake.LockedText + `', body = '[]' WHERE message_id = $1`,
	// What a group proposes shows how it was asked: it is weighed again without.
	`DELETE FROM proposal WHERE state IN ('ready', 'blocked') AND group_id IN (
	    SELECT r.group_id FROM round AS r JOIN matter AS m ON m.id = r.matter_id WHERE m.message_id = $1)`,
	`UPDATE proposal SET body = '{}' WHERE group_id IN (
	    SELECT r.group_id FROM round AS r JOIN matter AS m ON m.id = r.matter_id WHERE m.message_id = $1)`,
	`UPDATE round_group SET weighed_at = NULL WHERE id IN (
	    SELECT r.group_id FROM round AS r JOIN matter AS m ON m.id = r.matter_id WHERE m.message_id = $1)`,
	`DELETE FROM round WHERE matter_id IN (SELECT id FROM matter WHERE message_id = $1)`,
}

// holdMessage locks a message, its matters and its original until the
// transaction ends, the matters first, as decisions do.
func holdMessage(ctx context.Context, tx pgx.Tx, m intake.MessageID) (sealed []byte, state intake.Secrecy, err error) {
	if _, err = tx.Exec(ctx, `SELECT FROM matter WHERE message_id = $1 ORDER BY id FOR UPDATE`, m); err != nil {
		return nil, "", err
	}
	err = tx.QueryRow(ctx, `
		SELECT o.sealed,
		       g.secret
		FROM message AS g
		JOIN original AS o ON o.message_id = g.id
		WHERE g.id = $1 AND o.sealed IS NOT NULL
		FOR UPDATE`, m).Scan(&sealed, &state)
	return sealed, state, orNotFound(err, "message.not_found")
}

// wordsOf gives the masked words of a message.
func wordsOf(ctx context.Context, tx pgx.Tx, m intake.MessageID) (intake.LockedWords, error) {
	var w intake.LockedWords
	var turns *string
	err := tx.QueryRow(ctx, `SELECT title, body, place, turns::text FROM message WHERE id = $1`, m).Scan(&w.Title, &w.Text, &w.Place, &turns)
	if err != nil {
		return w, err
	}
	if turns != nil {
		w.Turns = json.RawMessage(*turns)
	}
	rows, err := tx.Query(ctx, `
		SELECT m.id,
		       m.title,
		       m.body,
		       coalesce(p.place, '')
		FROM matter AS m
		LEFT JOIN matter_place AS p ON p.matter_id = m.id
		WHERE m.message_id = $1
		ORDER BY m.ordinal`, m)
	if err != nil {
		return w, err
	}
	w.Matters, err = pgx.CollectRows(rows, pgx.RowToStructByPos[intake.LockedMatter])
	return w, err
}

// AskUnlock notes who asks for a message to be unlocked.
func (db *DB) AskUnlock(ctx context.Context, l intake.SecretLock, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		asked, err := lockStands(ctx, tx, l.Message)
		switch {
		case err != nil:
			return err
		case asked != "":
			return errs.New(errs.Conflict, "secret.asked")
		}
		if _, err := tx.Exec(ctx, `UPDATE secret_lock SET lift_by = $2, lift_why = $3, lift_at = $4 WHERE message_id = $1`, l.Message, l.LiftBy, l.LiftWhy, l.LiftAt); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// lockStands holds the lock of a message and gives who asks for it to go.
func lockStands(ctx context.Context, tx pgx.Tx, m intake.MessageID) (asked org.AccountID, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(lift_by::text, '') FROM secret_lock WHERE message_id = $1 FOR UPDATE`, m).Scan(&asked)
	return asked, orNotFound(err, "secret.not_locked")
}

// UnlockMessage gives a message its words back.
func (db *DB) UnlockMessage(ctx context.Context, m intake.MessageID, by org.AccountID, reseal intake.Reseal, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		sealed, _, err := holdMessage(ctx, tx, m)
		if err != nil {
			return err
		}
		asked, err := lockStands(ctx, tx, m)
		switch {
		case err != nil:
			return err
		case asked == "":
			return errs.New(errs.Conflict, "secret.not_asked")
		case asked == by:
			return errs.New(errs.Forbidden, "secret.own")
		}
		key, resealed, words, err := reseal(m, sealed, nil)
		if err != nil {
			return err
		}
		if words == nil {
			return errs.New(errs.Internal, "seal.open")
		}
		b := &pgx.Batch{}
		b.Queue(`UPDATE original SET key_id = $2, sealed = $3 WHERE message_id = $1`, m, key, resealed)
		b.Queue(`DELETE FROM secret_lock WHERE message_id = $1`, m)
		var turns any
		if len(words.Turns) > 0 {
			turns = string(words.Turns)
		}
		b.Queue(`
			UPDATE message
			SET title = $2, body = $3, place = $4, turns = $5::jsonb, secret = 'clear'
			WHERE id = $1`, m, words.Title, words.Text, words.Place, turns)
		for _, t := range words.Matters {
			b.Queue(`
				UPDATE matter
				SET title = $2, body = $3, suggested_at = NULL, certainty = NULL
				WHERE id = $1`, t.ID, t.Title, t.Text)
			if t.Place != "" {
				b.Queue(`INSERT INTO matter_place (matter_id, place) VALUES ($1, $2)`, t.ID, t.Place)
			}
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// ClearMessage notes that what is held is not secret.
func (db *DB) ClearMessage(ctx context.Context, m intake.MessageID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE message SET secret = 'clear' WHERE id = $1 AND secret = 'held'`, m)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "secret.not_held")
		}
		return insertAudit(ctx, tx, line)
	})
}

// SecretLocks gives what is locked, the latest first.
func (db *DB) SecretLocks(ctx context.Context, limit int) ([]intake.SecretLock, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT l.message_id,
		       (SELECT id FROM matter WHERE message_id = l.message_id ORDER BY ordinal LIMIT 1),
		       t.channel,
		       t.received_at,
		       l.why,
		       l.readers,
		       l.by_account,
		       l.at,
		       coalesce(l.lift_by::text, ''),
		       l.lift_why,
		       l.lift_at,
		       (SELECT jsonb_object_agg(a.id, a.name) FROM account AS a WHERE a.id = ANY (l.readers) OR a.id IN (l.by_account, l.lift_by))
		FROM secret_lock AS l
		JOIN message AS g ON g.id = l.message_id
		JOIN contact AS t ON t.id = g.contact_id
		ORDER BY l.at DESC, l.message_id
		LIMIT $1`, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l intake.SecretLock, err error) {
		err = row.Scan(&l.Message, &l.Matter, &l.Channel, &l.Received, &l.Why, &l.Readers, &l.By, &l.At, &l.LiftBy, &l.LiftWhy, zeroable{&l.LiftAt}, &l.Names)
		return l, err
	})
	return all, fail(err)
}
