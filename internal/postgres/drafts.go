package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// InsertDraft stores a new draft.
func (db *DB) InsertDraft(ctx context.Context, d classifier.StoredDraft, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO catalogue_draft (
			    id,
			    name,
			    list_name,
			    list,
			    codes_name,
			    codes,
			    headings,
			    valid_from,
			    leaves,
			    by_account,
			    made_at
			) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			d.ID, d.Name, d.List.Name, d.List.Body, d.Codes.Name, d.Codes.Body, d.Headings, optionalTime(d.From), d.Leaves, optional(d.By), d.At)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// draftColumns are what scanDraft reads before the bodies, of catalogue_draft
// AS d and catalogue_replay AS r.
const draftColumns = `
		       d.id,
		       d.name,
		       d.list_name,
		       d.codes_name,
		       d.headings,
		       d.valid_from,
		       d.leaves,
		       coalesce(d.by_account::text, ''),
		       coalesce((SELECT name FROM account WHERE id = d.by_account), ''),
		       d.made_at,
		       coalesce(d.version_id::text, ''),
		       r.draft_id IS NOT NULL,
		       coalesce(r.asked_at, 'epoch'),
		       coalesce(r.attempts, 0),
		       coalesce(r.done, 0),
		       coalesce(r.total, 0),
		       r.ended_at IS NOT NULL,
		       coalesce(r.fault, ''),
		       coalesce(r.against::text, ''),
		       coalesce(r.decisions, 0),
		       coalesce(r.leaf, 0),
		       coalesce(r.lead, 0),
		       coalesce(r.split, 0),
		       coalesce(r.ended, 0),
		       coalesce(r.routed, 0),
		       coalesce(r.right_now, 0),
		       coalesce(r.right_then, 0)`

func scanDraft(row pgx.Row, more ...any) (classifier.StoredDraft, error) {
	var d classifier.StoredDraft
	var r classifier.ReplayRun
	var from *time.Time
	var replayed bool
	f := &r.Figures
	targets := []any{
		&d.ID, &d.Name, &d.List.Name, &d.Codes.Name, &d.Headings, &from, &d.Leaves, &d.By, &d.Author, &d.At, &d.Version,
		&replayed, &r.At, &r.Attempts, &r.Done, &r.Total, &r.Ended, &r.Fault,
		&f.Against, &f.Decisions, &f.Leaf, &f.Lead, &f.Split, &f.Ended, &f.Routed, &f.RightNow, &f.RightThen,
	}
	err := row.Scan(append(targets, more...)...)
	if from != nil {
		d.From = *from
	}
	if replayed {
		r.Draft = d.ID
		d.Replay = &r
	}
	return d, err
}

// Drafts gives the drafts that are not published, and those that are and were
// replayed, newest first, without their files' content.
func (db *DB) Drafts(ctx context.Context) ([]classifier.StoredDraft, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+draftColumns+`
		FROM catalogue_draft AS d
		LEFT JOIN catalogue_replay AS r ON r.draft_id = d.id
		WHERE d.version_id IS NULL OR r.draft_id IS NOT NULL
		ORDER BY d.id DESC`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (classifier.StoredDraft, error) { return scanDraft(row) })
	return all, fail(err)
}

// Draft gives a draft whole; errs.NotFound "draft.not_found".
func (db *DB) Draft(ctx context.Context, draft classifier.DraftID) (classifier.StoredDraft, error) {
	var list, codes []byte
	d, err := scanDraft(db.pool.QueryRow(ctx, `
		SELECT`+draftColumns+`,
		       d.list,
		       d.codes
		FROM catalogue_draft AS d
		LEFT JOIN catalogue_replay AS r ON r.draft_id = d.id
		WHERE d.id = $1`, draft), &list, &codes)
	d.List.Body, d.Codes.Body = list, codes
	return d, orNotFound(err, "draft.not_found")
}

// DeleteDraft deletes a draft that is not published, with its replay;
// errs.NotFound "draft.not_found".
func (db *DB) DeleteDraft(ctx context.Context, draft classifier.DraftID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM catalogue_draft WHERE id = $1 AND version_id IS NULL`, draft)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "draft.not_found")
		}
		return insertAudit(ctx, tx, line)
	})
}

// PublishDraft stores the version of a draft with the request that it shall
// serve, and the kinds of units that its rules name, for a catalogue may come
// before the units do. errs.Conflict "draft.published" when that was done
// already, "draft.replaying" while a replay is open, "catalogue.exists" when a
// version has this content.
func (db *DB) PublishDraft(ctx context.Context, p classifier.PublishedDraft) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := patient(ctx, tx); err != nil {
			return err
		}
		if err := lockDraft(ctx, tx, p.Draft); err != nil {
			return err
		}
		b := &pgx.Batch{}
		for _, k := range p.Kinds {
			queueKind(b, k)
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		if err := schedule(ctx, tx, p.Catalogue, p.Digest, p.Succession, p.Request); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			UPDATE catalogue_draft
			SET version_id = $2,
			    list = NULL,
			    codes = NULL
			WHERE id = $1`, p.Draft, p.Catalogue.Version.ID)
		return err
	})
}

// lockDraft holds a draft that can be published or replayed until the
// transaction ends. errs.NotFound "draft.not_found", errs.Conflict
// "draft.published", "draft.replaying".
func lockDraft(ctx context.Context, tx pgx.Tx, draft classifier.DraftID) error {
	var published bool
	err := tx.QueryRow(ctx, `
		SELECT version_id IS NOT NULL
		FROM catalogue_draft
		WHERE id = $1
		FOR UPDATE`, draft).Scan(&published)
	switch {
	case err != nil:
		return orNotFound(err, "draft.not_found")
	case published:
		return errs.New(errs.Conflict, "draft.published")
	}
	var replaying bool
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (
		    SELECT
		    FROM catalogue_replay
		    WHERE draft_id = $1 AND ended_at IS NULL
		)`, draft).Scan(&replaying)
	if err == nil && replaying {
		err = errs.New(errs.Conflict, "draft.replaying")
	}
	return err
}
