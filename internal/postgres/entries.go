package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"huying/internal/errs"
	"huying/kb"
)

// entryColumns are what entryTargets take, of entry or entry_version AS e;
// versionedColumns differ in the id alone.
const (
	entryColumns = `
		       e.id,` + wordingColumns
	versionedColumns = `
		       e.entry_id,` + wordingColumns
	wordingColumns = `
		       coalesce(e.code, ''),
		       e.version,
		       e.state,
		       e.question,
		       e.phrasings,
		       e.answer,
		       e.short,
		       e.unit,
		       coalesce(e.area, ''),
		       e.topic,
		       e.basis,
		       e.valid_from,
		       e.valid_until,
		       e.updated_at,
		       coalesce(e.updated_by::text, ''),
		       e.negatives,
		       e.audience,
		       e.family,
		       e.clauses,
		       e.files,
		       coalesce(e.replaces::text, '')`
)

func entryTargets(e *kb.Entry) []any {
	return []any{
		&e.ID, &e.Code, &e.Version, &e.State, &e.Question, &e.Phrasings, &e.Answer, &e.Short, &e.Unit, &e.Area,
		&e.Topic, &e.Basis, zeroable{&e.ValidFrom}, zeroable{&e.ValidUntil}, &e.UpdatedAt, &e.UpdatedBy,
		&e.Negatives, &e.Audience, &e.Family, &e.Clauses, &e.Files, &e.Replaces,
	}
}

// zeroable scans NULL as the zero time.
type zeroable struct{ t *time.Time }

// ScanTimestamptz is pgtype.TimestamptzScanner.
func (z zeroable) ScanTimestamptz(v pgtype.Timestamptz) error {
	*z.t = time.Time{}
	if v.Valid {
		*z.t = v.Time
	}
	return nil
}

func scanEntry(row pgx.CollectableRow) (e kb.Entry, err error) {
	err = row.Scan(entryTargets(&e)...)
	return e, err
}

// indexable drops what cannot be a lexeme.
func indexable(terms []string) []string {
	kept := make([]string, 0, len(terms))
	for _, t := range terms {
		if t != "" && !strings.ContainsRune(t, 0) {
			kept = append(kept, t)
		}
	}
	return kept
}

// Entry gives an entry in any state, or errs.NotFound "entry.not_found".
func (db *DB) Entry(ctx context.Context, entry kb.EntryID) (kb.Entry, error) {
	var e kb.Entry
	err := db.pool.QueryRow(ctx, `
		SELECT`+entryColumns+`
		FROM entry AS e
		WHERE e.id = $1`, entry).Scan(entryTargets(&e)...)
	return e, orNotFound(err, "entry.not_found")
}

// Entries gives published entries, newest change first, paged by key.
func (db *DB) Entries(ctx context.Context, f kb.EntryFilter) ([]kb.Entry, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+entryColumns+`
		FROM entry AS e
		WHERE e.state = 'published'
		  AND ($1 = '' OR e.topic = $1)
		  AND (e.updated_at, e.id) < (
		      SELECT coalesce(max(b.updated_at), 'infinity'),
		             coalesce($2::uuid, $4::uuid)
		      FROM entry AS b
		      WHERE b.id = $2::uuid
		  )
		ORDER BY e.updated_at DESC, e.id DESC
		LIMIT $3`, f.Topic, optional(f.Before), f.Limit, lastID)
	if err != nil {
		return nil, fail(err)
	}
	entries, err := pgx.CollectRows(rows, scanEntry)
	return entries, fail(err)
}

// Topics gives the topics of published entries, most entries first.
func (db *DB) Topics(ctx context.Context) ([]kb.Topic, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT topic,
		       count(*)
		FROM entry
		WHERE state = 'published'
		GROUP BY topic
		ORDER BY count(*) DESC, topic`)
	if err != nil {
		return nil, fail(err)
	}
	topics, err := pgx.CollectRows(rows, pgx.RowToStructByPos[kb.Topic])
	return topics, fail(err)
}

// AllEntries gives up to limit entries of every state after the one named
// (empty: from the first), by id; copies in work are not among them.
func (db *DB) AllEntries(ctx context.Context, after kb.EntryID, limit int) ([]kb.Entry, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+entryColumns+`
		FROM entry AS e
		WHERE ($1::uuid IS NULL OR e.id > $1)
		  AND e.replaces IS NULL
		ORDER BY e.id
		LIMIT $2`, optional(after), limit)
	if err != nil {
		return nil, fail(err)
	}
	entries, err := pgx.CollectRows(rows, scanEntry)
	return entries, fail(err)
}

// Alike gives the entries in any state, copies in work left out, that have one
// of the codes or one of the questions.
func (db *DB) Alike(ctx context.Context, codes, questions []string) ([]kb.Entry, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+entryColumns+`
		FROM entry AS e
		WHERE e.replaces IS NULL
		  AND (e.code = ANY ($1::text[]) OR e.question = ANY ($2::text[]))`, codes, questions)
	if err != nil {
		return nil, fail(err)
	}
	entries, err := pgx.CollectRows(rows, scanEntry)
	return entries, fail(err)
}

// Unprepared gives up to limit entries that lack a vector of the embedding
// model, after the one named (empty: from the first), by id: preparing
// them and AddEntryVectors gives it to them.
func (db *DB) Unprepared(ctx context.Context, model string, after kb.EntryID, limit int) ([]kb.Entry, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+entryColumns+`
		FROM entry AS e
		WHERE ($2::uuid IS NULL OR e.id > $2)
		  AND NOT EXISTS (SELECT FROM entry_vector AS x WHERE x.entry_id = e.id AND x.model = $1)
		ORDER BY e.id
		LIMIT $3`, model, optional(after), limit)
	if err != nil {
		return nil, fail(err)
	}
	entries, err := pgx.CollectRows(rows, scanEntry)
	return entries, fail(err)
}

// ActiveNotices gives the notices with Starts <= now < Ends, the one that
// began last first, with the contacts that were joined to each.
func (db *DB) ActiveNotices(ctx context.Context, now time.Time) ([]kb.Notice, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT n.id,
		       n.title,
		       n.body,
		       coalesce(n.area, ''),
		       n.starts_at,
		       n.ends_at,
		       coalesce(n.by_account::text, ''),
		       (SELECT count(*) FROM notice_contact WHERE notice_id = n.id)
		FROM notice AS n
		WHERE n.starts_at <= $1 AND n.ends_at > $1
		ORDER BY n.starts_at DESC, n.id DESC`, now)
	if err != nil {
		return nil, fail(err)
	}
	notices, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n kb.Notice, err error) {
		err = row.Scan(&n.ID, &n.Title, &n.Text, &n.Area, &n.Starts, &n.Ends, &n.By, &n.Calls)
		return n, err
	})
	return notices, fail(err)
}

// InsertNotice stores a notice; errs.Invalid "kb.area" for an unknown area.
func (db *DB) InsertNotice(ctx context.Context, n kb.Notice) error {
	_, err := db.pool.Exec(ctx, `
		INSERT INTO notice (
		    id,
		    title,
		    body,
		    area,
		    starts_at,
		    ends_at,
		    by_account
		) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		n.ID, n.Title, n.Text, optional(n.Area), n.Starts, n.Ends, optional(n.By))
	if violates(err, foreignKeyViolation, "notice_area_fkey") {
		return errs.New(errs.Invalid, "kb.area", string(n.Area)).In("area")
	}
	return fail(err)
}

// JoinNotice joins a contact to a notice; a second time changes nothing.
// errs.NotFound "notice.not_found" when the notice does not exist or does not
// hold at j.At, or the contact does not exist.
func (db *DB) JoinNotice(ctx context.Context, j kb.Join) error {
	var both bool
	err := db.pool.QueryRow(ctx, `
		WITH pair AS (
		    SELECT n.id AS notice_id,
		           c.id AS contact_id
		    FROM notice AS n,
		         contact AS c
		    WHERE n.id = $1 AND n.starts_at <= $3 AND n.ends_at > $3 AND c.id = $2
		), joined AS (
		    INSERT INTO notice_contact (
		        notice_id,
		        contact_id,
		        at,
		        by_account
		    )
		    SELECT notice_id, contact_id, $3, $4
		    FROM pair
		    ON CONFLICT DO NOTHING
		)
		SELECT true
		FROM pair`, j.Notice, j.Contact, j.At, optional(j.By)).Scan(&both)
	return orNotFound(err, "notice.not_found")
}
