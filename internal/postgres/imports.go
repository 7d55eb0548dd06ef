package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// InsertImport stores an uploaded file, and deletes those from before forget
// that nobody confirmed.
func (db *DB) InsertImport(ctx context.Context, f kb.FileImport, body []byte, forget time.Time) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM entry_import WHERE state = 'looked_at' AND at < $1`, forget)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO entry_import (
			    id,
			    at,
			    by_account,
			    name,
			    sheet,
			    publish,
			    skip_bad,
			    body,
			    state,
			    total
			) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			f.ID, f.At, f.By, f.Name, f.Sheet, f.Publish, f.SkipBad, body, f.State, f.Total)
		return err
	})
}

// importColumns are what scanImport reads, of entry_import AS i and account AS a.
const importColumns = `
		       i.id,
		       i.at,
		       i.by_account,
		       a.name,
		       i.name,
		       i.sheet,
		       i.publish,
		       i.skip_bad,
		       i.state,
		       i.prepared,
		       i.total,
		       i.created,
		       i.changed,
		       i.unchanged,
		       i.failure`

func importTargets(f *kb.FileImport) []any {
	return []any{
		&f.ID, &f.At, &f.By, &f.Author, &f.Name, &f.Sheet, &f.Publish, &f.SkipBad, &f.State, &f.Prepared, &f.Total,
		&f.Saved.Created, &f.Saved.Changed, &f.Saved.Unchanged, &f.Failure,
	}
}

// Import gives an uploaded file with its body, which is empty once it is done;
// errs.NotFound "import.not_found".
func (db *DB) Import(ctx context.Context, file kb.ImportID) (kb.FileImport, []byte, error) {
	var f kb.FileImport
	var body []byte
	err := db.pool.QueryRow(ctx, `
		SELECT`+importColumns+`,
		       i.body
		FROM entry_import AS i
		JOIN account AS a ON a.id = i.by_account
		WHERE i.id = $1`, file).Scan(append(importTargets(&f), &body)...)
	return f, body, orNotFound(err, "import.not_found")
}

// Imports gives the latest uploaded files, newest first.
func (db *DB) Imports(ctx context.Context, limit int) ([]kb.FileImport, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+importColumns+`
		FROM entry_import AS i
		JOIN account AS a ON a.id = i.by_account
		ORDER BY i.id DESC
		LIMIT $1`, limit)
	if err != nil {
		return nil, fail(err)
	}
	files, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f kb.FileImport, err error) {
		err = row.Scan(importTargets(&f)...)
		return f, err
	})
	return files, fail(err)
}

// MoveImport stores what became of a file that is in the state from, with the
// audit line unless it is nil. errs.Conflict "import.settled" when it is in
// another.
func (db *DB) MoveImport(ctx context.Context, f kb.FileImport, from kb.ImportState, line *org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE entry_import
			SET by_account = $3,
			    sheet = $4,
			    publish = $5,
			    skip_bad = $6,
			    state = $7,
			    prepared = $8,
			    total = $9,
			    created = $10,
			    changed = $11,
			    unchanged = $12,
			    failure = $13,
			    body = CASE WHEN $7 IN ('done', 'failed') THEN NULL ELSE body END
			WHERE id = $1 AND state = $2`,
			f.ID, from, f.By, f.Sheet, f.Publish, f.SkipBad, f.State, f.Prepared, f.Total,
			f.Saved.Created, f.Saved.Changed, f.Saved.Unchanged, f.Failure)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "import.settled")
		case line == nil:
			return nil
		}
		return insertAudit(ctx, tx, *line)
	})
}

// WaitingImport gives the file that waits longest; errs.NotFound
// "import.not_found" when none does.
func (db *DB) WaitingImport(ctx context.Context) (kb.ImportID, error) {
	var file kb.ImportID
	err := db.pool.QueryRow(ctx, `
		SELECT id
		FROM entry_import
		WHERE state = 'waiting'
		ORDER BY id
		LIMIT 1`).Scan(&file)
	return file, orNotFound(err, "import.not_found")
}
