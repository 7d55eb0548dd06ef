package postgres

import (
	"context"

	"huying/internal/org"
	"huying/kb"
)

// KeepFile stores what a file holds, with its audit line; the same content twice
// is one.
func (db *DB) KeepFile(ctx context.Context, f kb.File, body []byte, line org.Audit) error {
	return db.execAudited(ctx, line, `
		INSERT INTO entry_file (
		    digest,
		    at,
		    body
		) VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`, f.Digest, line.At, body)
}

// EntryFile gives a file that some version of an entry has, by its latest name.
func (db *DB) EntryFile(ctx context.Context, entry kb.EntryID, digest string) (kb.File, []byte, error) {
	var f kb.File
	var body []byte
	err := db.pool.QueryRow(ctx, `
		SELECT l.f,
		       x.body
		FROM entry_version AS v
		CROSS JOIN LATERAL jsonb_array_elements(v.files) AS l (f)
		JOIN entry_file AS x ON x.digest = $2
		WHERE v.entry_id = $1 AND l.f ->> 'digest' = $2
		ORDER BY v.version DESC
		LIMIT 1`, entry, digest).Scan(&f, &body)
	return f, body, orNotFound(err, "file.not_found")
}

// filesOf is what is stored of an entry's files; nil leaves them as they are.
func filesOf(e kb.Entry) any {
	if e.Files == nil {
		return nil
	}
	return e.Files
}
