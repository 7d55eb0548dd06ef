package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
	"huying/kb"
)

// Unchecked gives up to limit answers given since a time that nobody has
// checked, the latest first, those before the one named (empty: from the
// latest). An id is a time (UUIDv7), of both tables alike. An answer that a
// citizen chose is left out: its ask stands in the turn with the offer.
func (db *DB) Unchecked(ctx context.Context, since time.Time, before kb.GivenID, limit int) ([]kb.Given, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT g.id,
		       g.talk,
		       g.told,
		       g.at,
		       g.ask,
		       g.body
		FROM (
		    (
		        SELECT r.id, true AS talk, r.told, r.at, r.ask, r.body
		        FROM turn AS r
		        WHERE r.told IN ('answer', 'offer')
		          AND NOT r.chosen
		          AND r.sight IS NOT NULL
		          AND r.at >= $1
		          AND ($2::uuid IS NULL OR r.id < $2)
		          AND NOT EXISTS (SELECT FROM answer_check WHERE turn_id = r.id)
		        ORDER BY r.id DESC
		        LIMIT $3
		    )
		    UNION ALL
		    (
		        SELECT a.id, false, 'answer', a.at, concat_ws(E'\n', nullif(m.title, ''), nullif(m.body, '')), a.body
		        FROM instant_answer AS a
		        JOIN matter AS m ON m.id = a.matter_id
		        WHERE a.answered
		          AND a.sight IS NOT NULL
		          AND a.at >= $1
		          AND ($2::uuid IS NULL OR a.id < $2)
		          AND NOT EXISTS (SELECT FROM answer_check WHERE answer_id = a.id)
		        ORDER BY a.id DESC
		        LIMIT $3
		    )
		) AS g
		ORDER BY g.id DESC
		LIMIT $3`, since, optional(before), limit)
	if err != nil {
		return nil, fail(err)
	}
	found, err := pgx.CollectRows(rows, scanUnchecked)
	if err != nil {
		return nil, fail(err)
	}
	var out []kb.Given
	for _, u := range found {
		matches, err := db.decodeMatches(ctx, u.body)
		if err != nil {
			return nil, err
		}
		if len(matches) > 0 {
			u.Match = matches[0]
			out = append(out, u.Given)
		}
	}
	return out, nil
}

// unchecked is a line of what Unchecked reads.
type unchecked struct {
	kb.Given
	body []byte
}

func scanUnchecked(row pgx.CollectableRow) (u unchecked, err error) {
	err = row.Scan(&u.ID, &u.Talk, &u.Told, &u.At, &u.Ask, &u.body)
	return u, err
}

// InsertCheck stores an editor's finding, of which an answer has one;
// errs.Conflict "check.done", errs.NotFound "check.not_found".
func (db *DB) InsertCheck(ctx context.Context, c kb.Check) error {
	var answer, turn *kb.GivenID
	if c.Talk {
		turn = &c.Given
	} else {
		answer = &c.Given
	}
	_, err := db.pool.Exec(ctx, `
		INSERT INTO answer_check (
		    id,
		    answer_id,
		    turn_id,
		    finding,
		    by_account,
		    at
		) VALUES ($1, $2, $3, $4, $5, $6)`, c.ID, answer, turn, c.Finding, c.By, c.At)
	switch {
	case violates(err, uniqueViolation, "answer_check_answer_id_key"), violates(err, uniqueViolation, "answer_check_turn_id_key"):
		return errs.Wrap(err, errs.Conflict, "check.done")
	case violates(err, foreignKeyViolation, "answer_check_answer_id_fkey"), violates(err, foreignKeyViolation, "answer_check_turn_id_fkey"):
		return errs.Wrap(err, errs.NotFound, "check.not_found")
	}
	return fail(err)
}

// CheckTally counts the findings since a time.
func (db *DB) CheckTally(ctx context.Context, since time.Time) (kb.CheckTally, error) {
	var t kb.CheckTally
	err := db.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE finding = 'right'),
		       count(*) FILTER (WHERE finding = 'wrong'),
		       count(*) FILTER (WHERE finding = 'case')
		FROM answer_check
		WHERE at >= $1`, since).Scan(&t.Right, &t.Wrong, &t.Case)
	return t, fail(err)
}
