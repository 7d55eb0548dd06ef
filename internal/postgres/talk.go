package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/intake"
	"huying/internal/errs"
	"huying/kb"
)

// InsertTurn stores a turn and, with its first, the conversation c, which is
// known by its account, channel and external name. When the ask is known
// already, nothing is stored and the first turn comes back. errs.Invalid
// "area.unknown" for an area that does not exist.
func (db *DB) InsertTurn(ctx context.Context, c kb.Conversation, r kb.Turn) (kb.Turn, error) {
	body, err := encodeMatches(r.Matches)
	if err != nil {
		return kb.Turn{}, err
	}
	var first kb.TurnID
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		// An update that changes nothing gives the row back and lets two
		// first asks of one conversation wait for each other.
		err := tx.QueryRow(ctx, `
			INSERT INTO conversation (
			    id,
			    by_account,
			    channel,
			    external_id,
			    at
			) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (by_account, channel, external_id) DO UPDATE SET
			    channel = excluded.channel
			RETURNING id`, c.ID, optional(c.By), c.Channel, c.External, r.At).Scan(&r.Conversation)
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			INSERT INTO turn (
			    id,
			    conversation_id,
			    external_id,
			    at,
			    ask,
			    area,
			    told,
			    chosen,
			    entry_id,
			    entry_version,
			    score,
			    silence,
			    policy,
			    body,
			    sight
			) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::double precision[])
			ON CONFLICT (conversation_id, external_id) DO UPDATE SET
			    external_id = excluded.external_id
			RETURNING id`,
			r.ID, r.Conversation, r.External, r.At, r.Ask, optional(r.Area), r.Told, r.Chosen,
			optional(r.Entry), optionalVersion(r.Entry, r.EntryVersion), r.Score, r.Silence, r.Policy, body, r.Sight).Scan(&first)
	})
	switch {
	case violates(err, foreignKeyViolation, "turn_area_fkey"):
		return kb.Turn{}, errs.Wrap(err, errs.Invalid, "area.unknown").In("area")
	case err != nil:
		return kb.Turn{}, err
	case first != r.ID:
		return db.Turn(ctx, c, first)
	}
	return r, nil
}

// optionalVersion is the version of an entry, if there is one.
func optionalVersion(entry kb.EntryID, version int) *int {
	if entry == "" {
		return nil
	}
	return &version
}

// turnColumns are what scanTurn reads, of turn AS r.
const turnColumns = `
		       r.id,
		       r.conversation_id,
		       r.external_id,
		       r.at,
		       r.ask,
		       coalesce(r.area, ''),
		       r.told,
		       r.chosen,
		       coalesce(r.entry_id::text, ''),
		       coalesce(r.entry_version, 0),
		       r.score,
		       r.silence,
		       r.policy,
		       r.sight::double precision[],
		       r.verdict,
		       coalesce(r.message_id::text, ''),
		       r.body`

// keptTurn is a turn with its matches still encoded.
type keptTurn struct {
	kb.Turn
	body []byte
}

func scanTurn(row pgx.CollectableRow) (k keptTurn, err error) {
	err = row.Scan(&k.ID, &k.Conversation, &k.External, &k.At, &k.Ask, &k.Area, &k.Told, &k.Chosen, &k.Entry, &k.EntryVersion,
		&k.Score, &k.Silence, &k.Policy, &k.Sight, &k.Verdict, &k.Message, &k.body)
	return k, err
}

// Turn gives a turn of the conversation named by account, channel and
// external name, or errs.NotFound "turn.not_found".
func (db *DB) Turn(ctx context.Context, c kb.Conversation, reply kb.TurnID) (kb.Turn, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+turnColumns+`
		FROM turn AS r
		JOIN conversation AS c ON c.id = r.conversation_id
		WHERE r.id = $1
		  AND c.by_account IS NOT DISTINCT FROM $2::uuid
		  AND c.channel = $3
		  AND c.external_id = $4`, reply, optional(c.By), c.Channel, c.External)
	if err != nil {
		return kb.Turn{}, fail(err)
	}
	k, err := pgx.CollectExactlyOneRow(rows, scanTurn)
	if err != nil {
		return kb.Turn{}, orNotFound(err, "turn.not_found")
	}
	k.Matches, err = db.decodeMatches(ctx, k.body)
	return k.Turn, err
}

// TalkOf gives the replies of the conversation that became a message, the
// first ask first; none for a message that came otherwise.
func (db *DB) TalkOf(ctx context.Context, message intake.MessageID) ([]kb.Turn, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+turnColumns+`
		FROM turn AS r
		WHERE r.conversation_id = (SELECT conversation_id FROM turn WHERE message_id = $1 LIMIT 1)
		ORDER BY r.id`, message)
	if err != nil {
		return nil, fail(err)
	}
	kept, err := pgx.CollectRows(rows, scanTurn)
	if err != nil {
		return nil, fail(err)
	}
	replies := make([]kb.Turn, len(kept))
	for i, k := range kept {
		if k.Matches, err = db.decodeMatches(ctx, k.body); err != nil {
			return nil, err
		}
		replies[i] = k.Turn
	}
	return replies, nil
}

// SettleTurn stores what came of a turn: the verdict, unless it is empty,
// and the message, unless it is. errs.NotFound "turn.not_found".
func (db *DB) SettleTurn(ctx context.Context, reply kb.TurnID, v kb.Verdict, m intake.MessageID, at time.Time) error {
	tag, err := db.pool.Exec(ctx, `
		UPDATE turn
		SET verdict = CASE WHEN $2 = '' THEN verdict ELSE $2 END,
		    verdict_at = CASE WHEN $2 = '' THEN verdict_at ELSE $4::timestamptz END,
		    message_id = coalesce($3::uuid, message_id)
		WHERE id = $1`, reply, v, optional(m), at)
	if err == nil && tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "turn.not_found")
	}
	return fail(err)
}

// Standing counts how an entry has fared with those who were given it as the
// answer, at the desk and in talks, in all its versions.
func (db *DB) Standing(ctx context.Context, entry kb.EntryID) (kb.Standing, error) {
	var s kb.Standing
	err := db.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE verdict = 'solved'),
		       count(*) FILTER (WHERE verdict = 'unsolved')
		FROM (
		    SELECT verdict
		    FROM instant_answer
		    WHERE entry_id = $1 AND answered
		    UNION ALL
		    SELECT verdict
		    FROM turn
		    WHERE entry_id = $1 AND told = 'answer' AND verdict <> ''
		) AS given`, entry).Scan(&s.Solved, &s.Unsolved)
	return s, fail(err)
}
