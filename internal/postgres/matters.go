package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/work"
	"huying/kb"
)

// MatterToSuggest gives a matter and its message; done tells that it has a
// suggestion, or is to have none because it may be secret. errs.NotFound "matter.not_found" when there is none.
func (db *DB) MatterToSuggest(ctx context.Context, matter intake.MatterID) (intake.Matter, intake.Message, bool, error) {
	var m intake.Matter
	var done bool
	err := db.pool.QueryRow(ctx, `
		SELECT id,
		       message_id,
		       ordinal,
		       title,
		       body,
		       state,
		       suggested_at IS NOT NULL
		FROM matter
		WHERE id = $1`, matter).
		Scan(&m.ID, &m.Message, &m.Ordinal, &m.Title, &m.Text, &m.State, &done)
	if err != nil {
		return intake.Matter{}, intake.Message{}, false, orNotFound(err, "matter.not_found")
	}
	msg, err := db.Message(ctx, m.Message)
	return m, msg, done || msg.Secret.Shut(), err
}

// Unsuggested gives up to limit matters received before the time that have no
// suggestion, oldest first.
func (db *DB) Unsuggested(ctx context.Context, before time.Time, limit int) ([]intake.MatterID, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT id
		FROM matter
		WHERE suggested_at IS NULL AND received_at < $1
		  AND NOT EXISTS (SELECT FROM message AS g WHERE g.id = matter.message_id AND g.secret IN ('held', 'locked'))
		ORDER BY received_at, id
		LIMIT $2`, before, limit)
	if err != nil {
		return nil, fail(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[intake.MatterID])
	return ids, fail(err)
}

// InsertOutcome stores what the line made of a matter: vectors, suggestion and
// instant answer, in one statement. stored is false, and nothing is written,
// when the matter has a suggestion already: the row's update is the claim, and
// of two at once the second finds it taken.
//
// The commit does not wait for the disk. Should PostgreSQL crash within the
// next moments, the matter is there without its suggestion and gets another;
// whatever is decided on this one commits after it and brings it to the disk
// first. The message itself was committed for good before.
func (db *DB) InsertOutcome(ctx context.Context, o work.Outcome) (bool, error) {
	args, err := outcomeArgs(o)
	if err != nil {
		return false, err
	}
	var claimed int
	var ignored string
	err = db.pool.QueryRow(ctx, `
		WITH claimed AS (
		    UPDATE matter
		    SET suggested_at = $2, certainty = $9
		    WHERE id = $1 AND suggested_at IS NULL
		    RETURNING id
		), vectors AS (
		    INSERT INTO matter_vector (
		        matter_id,
		        model,
		        part,
		        v
		    )
		    SELECT c.id, $4, p.part, p.v
		    FROM claimed AS c,
		         (VALUES ('title', $14::halfvec), ('text', $15::halfvec)) AS p (part, v)
		    WHERE p.v IS NOT NULL
		), suggested AS (
		    INSERT INTO suggestion (
		        id,
		        matter_id,
		        at,
		        version_id,
		        model_id,
		        embedder,
		        candidates,
		        probability,
		        lead_unit_id,
		        urgency,
		        doubt,
		        body
		    )
		    SELECT $3, id, $2, $5, $6, $7, $8, $9, $10, $11, $12, $13
		    FROM claimed
		), answered AS (
		    INSERT INTO instant_answer (
		        id,
		        matter_id,
		        at,
		        answered,
		        entry_id,
		        entry_version,
		        score,
		        silence,
		        policy,
		        body,
		        sight
		    )
		    SELECT $16, id, $17, $18, $19, $20, $21, $22, $23, $24, $25::double precision[]
		    FROM claimed
		)
		SELECT count(*), set_config('synchronous_commit', 'off', true)
		FROM claimed`, args...).Scan(&claimed, &ignored)
	return claimed == 1, fail(err)
}

// outcomeArgs are the arguments of InsertOutcome's statement in order.
func outcomeArgs(o work.Outcome) ([]any, error) {
	s, a := o.Suggestion, o.Answer
	body, err := json.Marshal(s)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	matches, err := encodeMatches(a.Matches)
	if err != nil {
		return nil, err
	}
	candidates := make([]classifier.CategoryID, len(s.Candidates))
	var probability *float64
	var lead any
	for i, c := range s.Candidates {
		candidates[i] = c.Category
	}
	if len(s.Candidates) > 0 {
		first := s.Candidates[0]
		probability, lead = &first.Probability, optional(first.LeadUnit)
	}
	var version *int
	if a.Entry != "" {
		version = &a.EntryVersion
	}
	return []any{
		o.Matter, s.At, s.ID, o.Query.Model, s.Version, s.Model, s.Embedder,
		candidates, probability, lead, s.Urgency, s.Doubt, body,
		halfvec(titleVector(o.Query.TitleVector, o.Query.Vector)), halfvec(o.Query.Vector),
		a.ID, a.At, a.Answered, optional(a.Entry), version, a.Score, a.Silence, a.Policy, matches, a.Sight,
	}, nil
}

// halfvec makes a vector the database's, nil NULL.
func halfvec(v []float32) any {
	if v == nil {
		return nil
	}
	return pgvector.NewHalfVector(v)
}

// storedMatch is a match as instant_answer.body keeps it. The entry itself
// stands in entry_version, once for all who were shown it.
type storedMatch struct {
	Entry    kb.EntryID `json:"entry"`
	Version  int        `json:"version"`
	Score    float64    `json:"score"`
	Phrasing string     `json:"phrasing"`
	Parts    []kb.Part  `json:"parts"`
	Words    []string   `json:"words"`

	Differences []kb.Mismatch `json:"differences,omitempty"`
	Asked       string        `json:"asked,omitempty"`
}

func encodeMatches(matches []kb.Match) ([]byte, error) {
	stored := make([]storedMatch, len(matches))
	for i, m := range matches {
		stored[i] = storedMatch{
			Entry: m.Entry.ID, Version: m.Entry.Version, Score: m.Score,
			Phrasing: m.Phrasing, Parts: m.Parts, Words: m.Words, Differences: m.Differences, Asked: m.Asked,
		}
	}
	body, err := json.Marshal(stored)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	return body, nil
}
