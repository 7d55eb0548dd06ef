package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/org"
)

// linkLock lets one process at a time make links of the audit log. The number
// is arbitrary, but must stay.
const linkLock = 4_812_345_053

// lateLines is how far behind the newest linked line one without a link may
// stand: lines get their numbers when they are written, and are seen when their
// transaction ends. Verifying looks at all.
const lateLines = 10_000

const auditColumns = `
		       a.id,
		       a.at,
		       coalesce(a.actor::text, ''),
		       a.action,
		       a.object,
		       a.detail,
		       a.roles`

// LinkAudit makes links of at most limit lines that have none, oldest first, in
// one transaction. It gives how many and the last link of the chain.
func (db *DB) LinkAudit(ctx context.Context, limit int, link func(before []byte, line org.AuditLine) org.AuditLink) (n int, last org.AuditLink, err error) {
	err = db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, linkLock); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
			SELECT ordinal, audit_id, key_id, hash
			FROM audit_link
			ORDER BY ordinal DESC
			LIMIT 1`).Scan(&last.Ordinal, &last.Line, &last.Key, &last.Hash)
		if err != nil && !noRows(err) {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT`+auditColumns+`
			FROM audit AS a
			WHERE a.id > (SELECT coalesce(max(audit_id), 0) - $2::bigint FROM audit_link)
			  AND NOT EXISTS (SELECT FROM audit_link AS l WHERE l.audit_id = a.id)
			ORDER BY a.id
			LIMIT $1`, limit, lateLines)
		if err != nil {
			return err
		}
		lines, err := pgx.CollectRows(rows, scanAuditLine)
		if err != nil {
			return err
		}
		made := make([][]any, len(lines))
		for i, line := range lines {
			l := link(last.Hash, line)
			l.Ordinal = last.Ordinal + 1
			made[i], last = []any{l.Ordinal, l.Line, l.Key, l.Hash}, l
		}
		n = len(lines)
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"audit_link"}, []string{"ordinal", "audit_id", "key_id", "hash"}, pgx.CopyFromRows(made))
		return err
	})
	return n, last, err
}

func scanAuditLine(row pgx.CollectableRow) (l org.AuditLine, err error) {
	err = row.Scan(&l.ID, &l.At, &l.Actor, &l.Action, &l.Object, &l.Detail, &l.Roles)
	return l, err
}

// AuditLinkAt gives the link of an ordinal; the zero link when there is none.
func (db *DB) AuditLinkAt(ctx context.Context, ordinal int64) (l org.AuditLink, err error) {
	err = db.pool.QueryRow(ctx, `
		SELECT ordinal, audit_id, key_id, hash
		FROM audit_link
		WHERE ordinal = $1`, ordinal).Scan(&l.Ordinal, &l.Line, &l.Key, &l.Hash)
	if noRows(err) {
		return org.AuditLink{}, nil
	}
	return l, fail(err)
}

// AuditTrail gives the chain in order, each link with its line (nil: it is
// gone).
func (db *DB) AuditTrail(ctx context.Context, each func(org.AuditLink, *org.AuditLine)) error {
	rows, err := db.pool.Query(ctx, `
		SELECT l.ordinal,
		       l.audit_id,
		       l.key_id,
		       l.hash,
		       coalesce(a.id, 0),
		       coalesce(a.at, 'epoch'),
		       coalesce(a.actor::text, ''),
		       coalesce(a.action, ''),
		       coalesce(a.object, ''),
		       coalesce(a.detail, ''),
		       coalesce(a.roles, '{}')
		FROM audit_link AS l
		LEFT JOIN audit AS a ON a.id = l.audit_id
		ORDER BY l.ordinal`)
	if err != nil {
		return fail(err)
	}
	var l org.AuditLink
	var line org.AuditLine
	_, err = pgx.ForEachRow(rows, []any{&l.Ordinal, &l.Line, &l.Key, &l.Hash, &line.ID, &line.At, &line.Actor, &line.Action, &line.Object, &line.Detail, &line.Roles}, func() error {
		found := &line
		if line.ID == 0 {
			found = nil
		}
		each(l, found)
		l.Hash = nil // the caller may keep it
		return nil
	})
	return fail(err)
}

// UnlinkedAudit counts lines without a link: all, and those from before a time.
func (db *DB) UnlinkedAudit(ctx context.Context, before time.Time) (all, old int, err error) {
	err = db.pool.QueryRow(ctx, `
		SELECT count(*),
		       count(*) FILTER (WHERE a.at < $1)
		FROM audit AS a
		WHERE NOT EXISTS (SELECT FROM audit_link AS l WHERE l.audit_id = a.id)`, before).Scan(&all, &old)
	return all, old, fail(err)
}

// Looks gives what the audit log says of a citizen's messages and their cases,
// the latest first: of those with one of a phone's hashes (none: none), and
// of a case (empty: none).
func (db *DB) Looks(ctx context.Context, phone [][]byte, number string, limit int) ([]org.Look, error) {
	rows, err := db.pool.Query(ctx, `
		WITH asked AS (
		    SELECT id FROM message WHERE phone_hash = ANY ($1)
		    UNION
		    SELECT m.message_id
		    FROM work_case AS c
		    JOIN matter AS m ON m.id = c.matter_id
		    WHERE c.number = $2
		), about AS (
		    SELECT 'message:' || q.id AS object, '' AS number FROM asked AS q
		    UNION ALL
		    SELECT 'case:' || c.id, c.number
		    FROM asked AS q
		    JOIN matter AS m ON m.message_id = q.id
		    JOIN work_case AS c ON c.matter_id = m.id
		)
		SELECT`+lookColumns+`,
		       o.number
		FROM about AS o
		JOIN audit AS a ON a.object = o.object`+lookTables+`
		ORDER BY a.id DESC
		LIMIT $3`, phone, number, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanLook)
	return all, fail(err)
}

// lookColumns are what scanLook takes before the case's number, of audit AS a
// with lookTables.
const lookColumns = auditColumns + `,
		       coalesce(p.name, ''),
		       coalesce(u.name, '')`

const lookTables = `
		LEFT JOIN account AS p ON p.id = a.actor
		LEFT JOIN unit AS u ON u.id = p.unit_id`

func scanLook(row pgx.CollectableRow) (k org.Look, err error) {
	err = row.Scan(&k.ID, &k.At, &k.Actor, &k.Action, &k.Object, &k.Detail, &k.Roles, &k.Name, &k.Unit, &k.Case)
	return k, err
}

// NoteSearch writes the line of a search in the audit log.
func (db *DB) NoteSearch(ctx context.Context, line org.Audit) error {
	return fail(insertAudit(ctx, db.pool, line))
}
