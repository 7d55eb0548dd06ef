package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"huying/intake"
	"huying/internal/errs"
	"huying/kb"
)

// LatestAnswer gives the latest instant answer or silence of a matter, its
// matches in the wording in which they were shown; errs.NotFound "answer.none"
// while nothing was asked for it.
func (db *DB) LatestAnswer(ctx context.Context, matter intake.MatterID) (kb.InstantAnswer, error) {
	a := kb.InstantAnswer{Matter: matter}
	var body []byte
	err := db.pool.QueryRow(ctx, `
		SELECT id,
		       at,
		       answered,
		       coalesce(entry_id::text, ''),
		       coalesce(entry_version, 0),
		       score,
		       silence,
		       policy,
		       verdict,
		       body
		FROM instant_answer
		WHERE matter_id = $1
		ORDER BY id DESC
		LIMIT 1`, matter).
		Scan(&a.ID, &a.At, &a.Answered, &a.Entry, &a.EntryVersion, &a.Score, &a.Silence, &a.Policy, &a.Verdict, &body)
	if err != nil {
		return kb.InstantAnswer{}, orNotFound(err, "answer.none")
	}
	if a.Matches, err = db.decodeMatches(ctx, body); err != nil {
		return a, err
	}
	return a, db.statesNow(ctx, a.Matches)
}

// statesNow notes what has become of the entries since they were shown.
func (db *DB) statesNow(ctx context.Context, matches []kb.Match) error {
	if len(matches) == 0 {
		return nil
	}
	ids := make([]kb.EntryID, len(matches))
	for i, m := range matches {
		ids[i] = m.Entry.ID
	}
	rows, err := db.pool.Query(ctx, `
		SELECT s.place,
		       e.state
		FROM unnest($1::uuid[]) WITH ORDINALITY AS s (id, place)
		JOIN entry AS e ON e.id = s.id`, ids)
	if err != nil {
		return fail(err)
	}
	var place int
	var state kb.EntryState
	_, err = pgx.ForEachRow(rows, []any{&place, &state}, func() error {
		matches[place-1].Now = state
		return nil
	})
	return fail(err)
}

func (db *DB) decodeMatches(ctx context.Context, body []byte) ([]kb.Match, error) {
	var stored []storedMatch
	if err := json.Unmarshal(body, &stored); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	wanted := make([]edition, len(stored))
	for i, m := range stored {
		wanted[i] = edition{m.Entry, m.Version}
	}
	entries, err := db.editions(ctx, wanted)
	if err != nil {
		return nil, err
	}
	matches := make([]kb.Match, len(stored))
	for i, m := range stored {
		matches[i] = kb.Match{Entry: entries[i], Score: m.Score, Phrasing: m.Phrasing, Parts: m.Parts, Words: m.Words, Differences: m.Differences, Asked: m.Asked}
	}
	return matches, nil
}
