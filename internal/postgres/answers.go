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
	a.Matches, err = db.decodeMatches(ctx, body)
	return a, err
}

func (db *DB) decodeMatches(ctx context.Context, body []byte) ([]kb.Match, error) {
	var stored []storedMatch
	if err := json.Unmarshal(body, &stored); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	var ids []kb.EntryID
	var versions []int
	for _, m := range stored {
		ids, versions = append(ids, m.Entry), append(versions, m.Version)
	}
	rows, err := db.pool.Query(ctx, `
		SELECT`+versionedColumns+`
		FROM unnest($1::uuid[], $2::integer[]) WITH ORDINALITY AS s (id, version, place)
		JOIN entry_version AS e ON e.entry_id = s.id AND e.version = s.version
		ORDER BY s.place`, ids, versions)
	if err != nil {
		return nil, fail(err)
	}
	entries, err := pgx.CollectRows(rows, scanEntry)
	if err != nil {
		return nil, fail(err)
	}
	if len(entries) != len(stored) {
		return nil, errs.New(errs.Internal, "internal")
	}
	matches := make([]kb.Match, len(stored))
	for i, m := range stored {
		matches[i] = kb.Match{Entry: entries[i], Score: m.Score, Phrasing: m.Phrasing, Parts: m.Parts, Words: m.Words}
	}
	return matches, nil
}
