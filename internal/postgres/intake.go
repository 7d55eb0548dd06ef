package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// insertParcel stores a delivery, or finds the contact of its number that its
// snapshot sees. The arguments are parcelArgs.
const insertParcel = `
		WITH new_contact AS (
		    INSERT INTO contact (
		        id,
		        channel,
		        external_id,
		        at,
		        received_at,
		        outcome,
		        by_account
		    ) VALUES ($1, $2, $3, $4, $5, $6, $7)
		    ON CONFLICT (channel, external_id) WHERE external_id IS NOT NULL DO NOTHING
		    RETURNING id
		), new_message AS (
		    INSERT INTO message (
		        id,
		        contact_id,
		        title,
		        body,
		        phone_hint,
		        phone_hash,
		        anonymous,
		        consent,
		        area,
		        place,
		        need,
		        turns,
		        secret
		    )
		    SELECT $8, id, $9, $10, $11, $12, $13, $14, $15, $16, $17, $25, $26
		    FROM new_contact
		    WHERE $8::uuid IS NOT NULL
		), new_original AS (
		    INSERT INTO original (
		        message_id,
		        key_id,
		        sealed
		    )
		    SELECT $8, $18, $19
		    FROM new_contact
		    WHERE $8::uuid IS NOT NULL
		), new_matter AS (
		    INSERT INTO matter (
		        id,
		        message_id,
		        ordinal,
		        title,
		        body,
		        state,
		        received_at
		    )
		    SELECT m.id, $8, m.ordinal, m.title, m.body, m.state, $5
		    FROM new_contact,
		         unnest($20::uuid[], $21::integer[], $22::text[], $23::text[], $24::text[])
		             AS m (id, ordinal, title, body, state)
		), new_receipt AS (
		    INSERT INTO refusal_receipt (
		        matter_id,
		        code
		    )
		    SELECT r.id, r.code
		    FROM new_contact,
		         unnest($20::uuid[], $27::text[]) AS r (id, code)
		), new_notification AS (
		    INSERT INTO notification (
		        id,
		        effect,
		        kind,
		        message_id,
		        receipt,
		        urgent,
		        body,
		        at,
		        state,
		        due_at
		    )
		    SELECT $28, $29, $30, $8, $31, false, $32, $5, 'queued', $5
		    FROM new_contact
		    WHERE $28::uuid IS NOT NULL
		)
		SELECT id, true
		FROM new_contact
		UNION ALL
		SELECT id, false
		FROM contact
		WHERE channel = $2 AND external_id = $3 AND NOT EXISTS (SELECT FROM new_contact)`

// InsertParcel stores what one delivery leaves, in one statement and so in one
// round trip and one commit. A delivery that is known by the channel's number
// stores nothing and gives the first contact's id. errs.Invalid "area.unknown"
// in field area for an area that does not exist; errs.Unavailable
// "seal.key_dropped" when what seals it was dropped meanwhile.
//
// Two deliveries of one number at once: the unique index lets one in; the
// other waits for it, stores nothing, and finds the first either here or,
// because its own snapshot is older, in the query that follows.
func (db *DB) InsertParcel(ctx context.Context, p intake.Parcel) (intake.ContactID, bool, error) {
	var first intake.ContactID
	var created bool
	args, err := parcelArgs(p)
	if err != nil {
		return "", false, err
	}
	err = db.pool.QueryRow(ctx, insertParcel, args...).Scan(&first, &created)
	switch {
	case violates(err, foreignKeyViolation, "message_area_fkey"):
		return "", false, errs.Wrap(err, errs.Invalid, "area.unknown").In("area")
	case violates(err, checkViolation, "original_key_dropped"):
		return "", false, errs.Wrap(err, errs.Unavailable, "seal.key_dropped", p.KeyID)
	case errors.Is(err, pgx.ErrNoRows):
		return db.firstContact(ctx, p.Contact)
	case err != nil:
		return "", false, fail(err)
	}
	return first, created, nil
}

// parcelArgs are the arguments of InsertParcel's statement in order.
func parcelArgs(p intake.Parcel) ([]any, error) {
	c := p.Contact
	m := intake.Message{}
	if p.Message != nil {
		m = *p.Message
	}
	n := len(m.Matters)
	ids, ordinals := make([]intake.MatterID, n), make([]int, n)
	titles, bodies, states, codes := make([]string, n), make([]string, n), make([]intake.MatterState, n), make([]string, n)
	for i, t := range m.Matters {
		ids[i], ordinals[i], titles[i], bodies[i], states[i], codes[i] = t.ID, t.Ordinal, t.Title, t.Text, t.State, casework.NewReceipt()
	}
	told, err := acceptance(p, codes)
	if err != nil {
		return nil, err
	}
	return []any{
		c.ID, c.Channel, optional(c.ExternalID), c.At, c.ReceivedAt, c.Outcome, optional(c.By),
		optional(m.ID), m.Title, m.Text, m.PhoneHint, p.PhoneHash, m.Anonymous, m.Consent,
		optional(m.Area), m.Place, m.Need,
		p.KeyID, p.Sealed,
		ids, ordinals, titles, bodies, states,
		writeTurns(p.Turns), m.Secret,
		codes, optional(told.ID), told.Effect, told.Kind, told.Receipt, told.Text,
	}, nil
}

// storedTurn is a turn as it is stored.
type storedTurn struct {
	Speaker intake.Speaker `json:"speaker"`
	Text    string         `json:"text"`
	Start   int64          `json:"start_ms"`
	End     int64          `json:"end_ms"`
	Partial bool           `json:"partial,omitempty"`
}

// writeTurns gives nil, which is NULL, for none.
func writeTurns(turns []intake.Turn) []storedTurn {
	var out []storedTurn
	for _, t := range turns {
		out = append(out, storedTurn{t.Speaker, t.Text, t.Start.Milliseconds(), t.End.Milliseconds(), t.Partial})
	}
	return out
}

// MessageTurns gives a message's turns; none for what was no call.
func (db *DB) MessageTurns(ctx context.Context, message intake.MessageID) ([]intake.Turn, error) {
	var stored []storedTurn
	err := db.pool.QueryRow(ctx, `SELECT turns FROM message WHERE id = $1`, message).Scan(&stored)
	if err != nil {
		return nil, orNotFound(err, "message.not_found")
	}
	var out []intake.Turn
	for _, t := range stored {
		out = append(out, intake.Turn{
			Speaker: t.Speaker, Text: t.Text, Start: time.Duration(t.Start) * time.Millisecond, End: time.Duration(t.End) * time.Millisecond, Partial: t.Partial,
		})
	}
	return out, nil
}

func (db *DB) firstContact(ctx context.Context, c intake.Contact) (intake.ContactID, bool, error) {
	var first intake.ContactID
	err := db.pool.QueryRow(ctx, `
		SELECT id
		FROM contact
		WHERE channel = $1 AND external_id = $2`, c.Channel, c.ExternalID).Scan(&first)
	return first, false, fail(err)
}

// messageColumns are what scanMessage reads, of message AS g and contact AS c.
const messageColumns = `
		       g.id,
		       c.id,
		       c.channel,
		       coalesce(c.external_id, ''),
		       c.at,
		       c.received_at,
		       g.title,
		       g.body,
		       g.phone_hint,
		       g.anonymous,
		       g.consent,
		       coalesce(g.area, ''),
		       g.place,
		       g.need,
		       g.secret`

func messageTargets(m *intake.Message) []any {
	return []any{
		&m.ID, &m.Contact, &m.Channel, &m.ExternalID, &m.At, &m.ReceivedAt, &m.Title, &m.Text,
		&m.PhoneHint, &m.Anonymous, &m.Consent, &m.Area, &m.Place, &m.Need, &m.Secret,
	}
}

// mattersOf is the SQL of a message's matters, for scanMatter.
const mattersOf = `
		SELECT id,
		       message_id,
		       ordinal,
		       title,
		       body,
		       state
		FROM matter
		WHERE message_id = $1
		ORDER BY ordinal`

func scanMatter(row pgx.CollectableRow) (m intake.Matter, err error) {
	err = row.Scan(&m.ID, &m.Message, &m.Ordinal, &m.Title, &m.Text, &m.State)
	return m, err
}

// MessageOfContact gives a contact's message with its matters; errs.NotFound
// when nothing was said.
func (db *DB) MessageOfContact(ctx context.Context, contact intake.ContactID) (intake.Message, error) {
	var m intake.Message
	err := db.pool.QueryRow(ctx, `
		SELECT`+messageColumns+`
		FROM message AS g
		JOIN contact AS c ON c.id = g.contact_id
		WHERE c.id = $1`, contact).Scan(messageTargets(&m)...)
	if err != nil {
		return intake.Message{}, orNotFound(err, "message.not_found")
	}
	m.Matters, err = db.matters(ctx, m.ID)
	return m, err
}

// Message gives a message with its matters, or errs.NotFound.
func (db *DB) Message(ctx context.Context, message intake.MessageID) (intake.Message, error) {
	var m intake.Message
	err := db.pool.QueryRow(ctx, `
		SELECT`+messageColumns+`
		FROM message AS g
		JOIN contact AS c ON c.id = g.contact_id
		WHERE g.id = $1`, message).Scan(messageTargets(&m)...)
	if err != nil {
		return intake.Message{}, orNotFound(err, "message.not_found")
	}
	if m.Matters, err = db.matters(ctx, m.ID); err != nil {
		return m, err
	}
	m.Accused, err = db.AccusationOfMessage(ctx, m.ID)
	return m, err
}

func (db *DB) matters(ctx context.Context, message intake.MessageID) ([]intake.Matter, error) {
	rows, err := db.pool.Query(ctx, mattersOf, message)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanMatter)
	return all, fail(err)
}

// SealedOriginal gives the sealed words and writes the audit line, in one
// statement: no look without its line. errs.NotFound when there are none, or
// none for whom they are locked or who is accused in them.
func (db *DB) SealedOriginal(ctx context.Context, message intake.MessageID, look org.Audit) ([]byte, error) {
	var sealed []byte
	err := db.pool.QueryRow(ctx, `
		WITH found AS (
		    SELECT sealed
		    FROM original
		    WHERE message_id = $1
		      AND sealed IS NOT NULL
		      AND NOT EXISTS (SELECT FROM secret_lock AS l WHERE l.message_id = $1 AND NOT coalesce((SELECT $3::uuid) = ANY (l.readers), false))
		      AND NOT EXISTS (
		          SELECT
		          FROM accusation AS x
		          JOIN matter AS m ON m.id = x.matter_id
		          JOIN account AS a ON a.id = (SELECT $3::uuid)
		          WHERE m.message_id = $1
		            AND `+shunsPerson+`
		      )
		), line AS (
		    INSERT INTO audit (
		        at,
		        actor,
		        action,
		        object,
		        detail
		    )
		    SELECT $2, $3, $4, $5, $6
		    FROM found
		)
		SELECT sealed
		FROM found`,
		message, look.At, optional(look.Actor), look.Action, look.Object, look.Detail).Scan(&sealed)
	return sealed, orNotFound(err, "message.not_found")
}
