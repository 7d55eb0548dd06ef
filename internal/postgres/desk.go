package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// queueColumns and queueJoins are the queue's lines, of matter AS m.
const (
	queueColumns = `
		       m.id,
		       m.message_id,
		       c.at,
		       c.channel,
		       CASE WHEN m.title <> '' THEN m.title ELSE left(m.body, 60) END,
		       g.place,
		       coalesce(s.urgency, ''),
		       coalesce(s.doubt, ''),
		       coalesce(k.name, ''),
		       coalesce(s.probability, 0),
		       m.review_at,
		       coalesce(m.review_by::text, ''),
		       coalesce((SELECT name FROM account WHERE id = m.review_by), '')`
	queueJoins = `
		JOIN message AS g ON g.id = m.message_id
		JOIN contact AS c ON c.id = g.contact_id
		LEFT JOIN LATERAL (
		    SELECT urgency,
		           doubt,
		           probability,
		           candidates
		    FROM suggestion
		    WHERE matter_id = m.id
		    ORDER BY id DESC
		    LIMIT 1
		) AS s ON true
		LEFT JOIN category AS k ON k.id = s.candidates[1]
		LEFT JOIN accusation AS x ON x.matter_id = m.id`
)

// lastID sorts after every identifier.
const lastID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

// Queue gives a page of the matters in f.State and how many are open. Newest
// first it pages by key, so a page costs the same however deep it lies and
// loses nothing when others are decided meanwhile. f.Unsure counts for open
// matters only: for the others certainty decides nothing any more. What was
// sent to a reviewer neither waits nor counts among the open ones. Of a queue of
// a sub-centre, or of the city, all that is of that.
func (db *DB) Queue(ctx context.Context, f classifier.QueueFilter) ([]classifier.QueueItem, int, error) {
	before := f.Before
	if before == "" {
		before = lastID
	}
	units, accounts, desk := shunArgs(f.Reader)
	b := &pgx.Batch{}
	switch {
	case f.Review:
		b.Queue(`
			SELECT`+queueColumns+`
			FROM matter AS m`+queueJoins+`
			WHERE `+forReview+` AND ($2::text[] IS NULL OR c.channel = ANY ($2))`+inQueueOfReview+` AND `+unshunned(4)+`
			ORDER BY m.certainty NULLS FIRST, m.id
			LIMIT $3`, queueArgs(f, f.Floor, f.Channels, f.Limit, units, accounts, desk)...)
	case f.Unsure && f.State == intake.MatterOpen:
		b.Queue(`
			SELECT`+queueColumns+`
			FROM matter AS m`+queueJoins+`
			WHERE m.state = 'open' AND m.review_at IS NULL AND ($2::text[] IS NULL OR c.channel = ANY ($2))`+inQueueOfUnsure+` AND `+unshunned(3)+`
			ORDER BY m.certainty, m.id
			LIMIT $1`, queueArgs(f, f.Limit, f.Channels, units, accounts, desk)...)
	default:
		b.Queue(`
			SELECT`+queueColumns+`
			FROM matter AS m`+queueJoins+`
			WHERE m.state = $1 AND m.id < $2 AND (m.review_at IS NULL OR m.state <> 'open') AND ($4::text[] IS NULL OR c.channel = ANY ($4))`+inQueueByAge+` AND `+unshunned(5)+`
			ORDER BY m.id DESC
			LIMIT $3`, queueArgs(f, f.State, before, f.Limit, f.Channels, units, accounts, desk)...)
	}
	b.Queue(`SELECT count(*) FROM matter AS m WHERE m.state = 'open' AND m.review_at IS NULL`+inQueueCounted, queueArgs(f)...)
	r := db.pool.SendBatch(ctx, b)
	defer r.Close()
	rows, err := r.Query()
	if err != nil {
		return nil, 0, fail(err)
	}
	items, err := pgx.CollectRows(rows, scanQueueItem)
	if err != nil {
		return nil, 0, fail(err)
	}
	var open int
	err = r.QueryRow().Scan(&open)
	return items, open, fail(err)
}

func scanQueueItem(row pgx.CollectableRow) (q classifier.QueueItem, err error) {
	var sent sentColumns
	err = row.Scan(&q.Matter, &q.Message, &q.At, &q.Channel, &q.Title, &q.Place,
		&q.Urgency, &q.Doubt, &q.Top, &q.Probability, &sent.at, &sent.by, &sent.name)
	q.Sent = sent.value()
	return q, err
}

// File gives all that a person needs to decide on a matter, in one round trip;
// errs.NotFound "matter.not_found" when there is none.
func (db *DB) File(ctx context.Context, matter intake.MatterID) (classifier.File, error) {
	b := &pgx.Batch{}
	b.Queue(`
		SELECT`+messageColumns+`
		FROM matter AS m
		JOIN message AS g ON g.id = m.message_id
		JOIN contact AS c ON c.id = g.contact_id
		WHERE m.id = $1`, matter)
	b.Queue(`
		SELECT id,
		       message_id,
		       ordinal,
		       title,
		       body,
		       state
		FROM matter
		WHERE message_id = (SELECT message_id FROM matter WHERE id = $1)
		ORDER BY ordinal`, matter)
	b.Queue(`
		SELECT s.body
		FROM suggestion AS s
		WHERE s.matter_id = $1
		  AND s.body <> '{}'
		  AND NOT EXISTS (SELECT FROM matter_split WHERE suggestion_id = s.id)
		ORDER BY s.id DESC
		LIMIT 1`, matter)
	b.Queue(`
		SELECT`+decisionColumns+`
		FROM decision AS d
		WHERE d.matter_id = (SELECT $1::uuid) AND d.purpose = 'effective'`, matter)
	b.Queue(`
		SELECT count(*)
		FROM matter AS m
		JOIN message AS g ON g.id = m.message_id
		JOIN contact AS c ON c.id = g.contact_id
		JOIN message AS o ON o.phone_hash = g.phone_hash AND o.id <> g.id
		JOIN contact AS oc ON oc.id = o.contact_id
		WHERE m.id = $1 AND oc.at BETWEEN c.at - interval '30 days' AND c.at + interval '30 days'`, matter)
	b.Queue(`
		SELECT m.review_at,
		       coalesce(m.review_by::text, ''),
		       coalesce(a.name, '')
		FROM matter AS m
		LEFT JOIN account AS a ON a.id = m.review_by
		WHERE m.id = $1`, matter)
	b.Queue(`
		SELECT`+accusationColumns+`
		FROM (SELECT) AS nothing
		LEFT JOIN accusation AS x ON x.matter_id = $1`, matter)
	r := db.pool.SendBatch(ctx, b)
	defer r.Close()
	return readFile(r, matter)
}

func readFile(r pgx.BatchResults, matter intake.MatterID) (classifier.File, error) {
	var f classifier.File
	if err := r.QueryRow().Scan(messageTargets(&f.Message)...); err != nil {
		return classifier.File{}, orNotFound(err, "matter.not_found")
	}
	rows, err := r.Query()
	if err != nil {
		return classifier.File{}, fail(err)
	}
	if f.Message.Matters, err = pgx.CollectRows(rows, scanMatter); err != nil {
		return classifier.File{}, fail(err)
	}
	for _, m := range f.Message.Matters {
		if m.ID == matter {
			f.Matter = m
		}
	}
	var body []byte
	switch err := r.QueryRow().Scan(&body); {
	case err == nil:
		if f.Suggestion, err = decodeSuggestion(body); err != nil {
			return classifier.File{}, err
		}
	case !noRows(err):
		return classifier.File{}, fail(err)
	}
	if rows, err = r.Query(); err != nil {
		return classifier.File{}, fail(err)
	}
	decisions, err := pgx.CollectRows(rows, scanDecision)
	if err != nil {
		return classifier.File{}, fail(err)
	}
	f.Decisions = chain(decisions)
	if err := r.QueryRow().Scan(&f.Recent); err != nil {
		return classifier.File{}, fail(err)
	}
	var sent sentColumns
	err = r.QueryRow().Scan(&sent.at, &sent.by, &sent.name)
	f.Sent = sent.value()
	if err != nil {
		return f, fail(err)
	}
	err = r.QueryRow().Scan(accusationTargets(&f.Accused)...)
	return f, fail(err)
}

func decodeSuggestion(body []byte) (*classifier.Suggestion, error) {
	var s classifier.Suggestion
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	return &s, nil
}

// InsertVerdict stores what came of a matter's latest instant answer and what
// follows: solved closes a matter that waits, unsolved opens it again; one
// that was decided stays decided. The contact counts as answered while all its
// matters are. errs.NotFound "answer.none" when nothing was asked.
func (db *DB) InsertVerdict(ctx context.Context, matter intake.MatterID, solved bool, by org.AccountID, at time.Time) error {
	verdict, state := "unsolved", intake.MatterOpen
	if solved {
		verdict, state = "solved", intake.MatterAnswered
	}
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockMatter(ctx, tx, matter); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE instant_answer
			SET verdict = $2, verdict_by = $3, verdict_at = $4
			WHERE id = (
			    SELECT id
			    FROM instant_answer
			    WHERE matter_id = $1
			    ORDER BY id DESC
			    LIMIT 1
			)`, matter, verdict, optional(by), at)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "answer.none")
		}
		return moveAnswered(ctx, tx, matter, state)
	})
}
