package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
	"huying/kb"
)

// edition is a version of an entry. What it says never changes, so it is read
// once and kept.
type edition struct {
	entry   kb.EntryID
	version int
}

// editionsKept is how many are kept, at some 3 KB each: those that are asked
// for again and again.
const editionsKept = 4096

// editions gives entries as they stood at the versions named, in that order.
// They share their phrasings with other callers, who must not change them.
// errs.Internal when there is none such.
func (db *DB) editions(ctx context.Context, wanted []edition) ([]kb.Entry, error) {
	out := make([]kb.Entry, len(wanted))
	var missing []int // places in out
	var ids []kb.EntryID
	var versions []int
	for i, w := range wanted {
		if e, ok := db.entries.Get(w); ok {
			out[i] = e
			continue
		}
		missing, ids, versions = append(missing, i), append(ids, w.entry), append(versions, w.version)
	}
	if len(missing) == 0 {
		return out, nil
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
	switch {
	case err != nil:
		return nil, fail(err)
	case len(entries) != len(missing):
		return nil, errs.New(errs.Internal, "internal")
	}
	for k, i := range missing {
		out[i] = entries[k]
		db.entries.Add(wanted[i], entries[k])
	}
	return out, nil
}
