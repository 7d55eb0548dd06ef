package postgres

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Split cuts a matter, once for each suggestion that proposed it. The matter's
// row is locked first, so of two at once the second finds it done; the message's
// row is locked for the numbers of the new matters.
//
// What was suggested for the whole stays as it was shown; its vectors go,
// because they are of words that the matter no longer has, and the matters'
// rows without a suggestion are the job that makes new ones.
func (db *DB) Split(ctx context.Context, s classifier.Split, line org.Audit) ([]intake.MatterID, error) {
	var made []intake.MatterID
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockMatter(ctx, tx, s.Matter); err != nil {
			return err
		}
		done, err := checkSplit(ctx, tx, s)
		if err != nil || done {
			return err
		}
		made, err = insertParts(ctx, tx, s)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO matter_split (
			    suggestion_id,
			    matter_id,
			    parts,
			    by_account,
			    at
			) VALUES ($1, $2, $3, $4, $5)`, s.Suggestion, s.Matter, len(s.Parts), line.Actor, line.At)
		if err != nil {
			return err
		}
		line.Detail = "分成 " + strconv.Itoa(len(s.Parts)) + " 件"
		if s.Edited {
			line.Detail += "，改过分法"
		}
		return insertAudit(ctx, tx, line)
	})
	return made, err
}

// checkSplit tells whether the matter was cut by this suggestion already, and
// otherwise refuses one that cannot be cut any more.
func checkSplit(ctx context.Context, tx pgx.Tx, s classifier.Split) (done bool, err error) {
	var fits bool
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM matter_split WHERE suggestion_id = $2 AND matter_id = $1),
		       m.state = 'open'
		           AND m.suggested_at IS NOT NULL
		           AND coalesce((SELECT id FROM suggestion WHERE matter_id = $1 ORDER BY id DESC LIMIT 1) = $2, false)
		FROM matter AS m
		WHERE m.id = $1`, s.Matter, s.Suggestion).Scan(&done, &fits)
	if err == nil && !done && (!fits || len(s.Parts) < 2) {
		return false, errs.New(errs.Conflict, "split.outdated")
	}
	return done, err
}

// insertParts gives the matter its part and makes the others; all of them are
// given back.
func insertParts(ctx context.Context, tx pgx.Tx, s classifier.Split) ([]intake.MatterID, error) {
	if err := lockMessageOf(ctx, tx, s.Matter); err != nil {
		return nil, err
	}
	made := []intake.MatterID{s.Matter}
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM matter_vector WHERE matter_id = $1`, s.Matter)
	b.Queue(`
		UPDATE matter
		SET title = '', body = $2, suggested_at = NULL, certainty = NULL
		WHERE id = $1`, s.Matter, s.Parts[0])
	for _, text := range s.Parts[1:] {
		matter := id.New[intake.MatterID]()
		made = append(made, matter)
		queuePart(b, s.Matter, matter, text)
		inheritAccusation(b, s.Matter, matter)
	}
	return made, tx.SendBatch(ctx, b).Close()
}

// lockMessageOf holds the message of a matter, so that its matters get their
// ordinals one after the other.
func lockMessageOf(ctx context.Context, tx pgx.Tx, matter intake.MatterID) error {
	var message intake.MessageID
	return tx.QueryRow(ctx, `
		SELECT id
		FROM message
		WHERE id = (SELECT message_id FROM matter WHERE id = $1)
		FOR NO KEY UPDATE`, matter).Scan(&message)
}

// queuePart makes an open matter of a part of another's words: the last of its
// message, which must be held.
func queuePart(b *pgx.Batch, of, part intake.MatterID, words string) {
	b.Queue(`
		INSERT INTO matter (
		    id,
		    message_id,
		    ordinal,
		    title,
		    body,
		    state,
		    received_at,
		    desk,
		    desk_by
		)
		SELECT $2, m.message_id, (SELECT max(ordinal) + 1 FROM matter WHERE message_id = m.message_id), '', $3, 'open', m.received_at, m.desk, m.desk_by
		FROM matter AS m
		WHERE m.id = $1`, of, part, words)
}
