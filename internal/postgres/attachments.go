package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// fileColumns are a casework.Attachment without its body.
const fileColumns = `
		       f.id,
		       coalesce(f.case_id::text, ''),
		       coalesce(f.summons_id::text, ''),
		       coalesce(f.matter_id::text, ''),
		       f.at,
		       coalesce(f.by_account::text, ''),
		       coalesce(a.name, ''),
		       coalesce(f.unit_id::text, ''),
		       f.name,
		       f.kind,
		       length(f.body),
		       coalesce((SELECT s.shown FROM file_share AS s WHERE s.file_id = f.id ORDER BY s.id DESC LIMIT 1), false)`

func fileTargets(f *casework.Attachment) []any {
	return []any{&f.ID, &f.Case, &f.Summons, &f.Matter, &f.At, &f.By, &f.ByName, &f.Unit, &f.Name, &f.Kind, &f.Size, &f.Shown}
}

// inFolder gives the condition on case_file AS f for a folder, $1 the value for
// it, and the table whose row is the folder's. The texts are several, so that each
// is looked up by its index.
func inFolder(in casework.Folder) (where, value, table string) {
	switch {
	case in.Summons != "":
		return `f.summons_id = $1`, string(in.Summons), `summons`
	case in.Matter != "":
		return `f.matter_id = $1`, string(in.Matter), `matter`
	}
	return `f.case_id = $1`, string(in.Case), `work_case`
}

// fileOpen is the condition that a case_file AS f is of nothing that is locked:
// what was attached may show what was.
var fileOpen = `NOT ` + lockedMatter(`coalesce(
		    f.matter_id,
		    (SELECT c.matter_id FROM work_case AS c WHERE c.id = f.case_id),
		    (SELECT c.matter_id FROM summons AS s JOIN work_case AS c ON c.id = s.case_id WHERE s.id = f.summons_id)
		)`)

// Attachments gives what is in a folder, oldest first, without bodies; nothing
// while that is locked.
func (db *DB) Attachments(ctx context.Context, in casework.Folder) ([]casework.Attachment, error) {
	where, value, _ := inFolder(in)
	rows, err := db.pool.Query(ctx, `
		SELECT`+fileColumns+`
		FROM case_file AS f
		LEFT JOIN account AS a ON a.id = f.by_account
		WHERE `+where+`
		  AND `+fileOpen+`
		ORDER BY f.id`, value)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f casework.Attachment, err error) {
		return f, row.Scan(fileTargets(&f)...)
	})
	return all, fail(err)
}

// Attachment gives one file with its body; errs.NotFound while it is locked.
func (db *DB) Attachment(ctx context.Context, in casework.Folder, id casework.AttachmentID) (casework.Attachment, error) {
	var f casework.Attachment
	where, value, _ := inFolder(in)
	err := db.pool.QueryRow(ctx, `
		SELECT`+fileColumns+`,
		       f.body
		FROM case_file AS f
		LEFT JOIN account AS a ON a.id = f.by_account
		WHERE `+where+` AND f.id = $2
		  AND `+fileOpen, value, id).Scan(append(fileTargets(&f), &f.Body)...)
	return f, orNotFound(err, "file.not_found")
}

// InsertAttachment stores a file; the same content twice is one. What it
// is attached to is held, so that two at once do not exceed the number.
func (db *DB) InsertAttachment(ctx context.Context, f casework.Attachment) error {
	// Two statements: the second sees what was stored while the first waited.
	where, value, table := inFolder(f.Folder)
	n := 0
	b := beginning()
	b.Queue(`SELECT FROM `+table+` WHERE id = $1 FOR NO KEY UPDATE`, value)
	b.Queue(`SELECT count(*) FROM case_file AS f WHERE `+where, value).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
	return db.inBatches(ctx, b, func(pgx.Tx) (*pgx.Batch, error) {
		if n >= casework.MaxFiles {
			return nil, errs.New(errs.Conflict, "file.too_many", casework.MaxFiles)
		}
		digest := f.Digest()
		last := &pgx.Batch{}
		last.Queue(`
			INSERT INTO case_file (
			    id,
			    case_id,
			    at,
			    by_account,
			    unit_id,
			    name,
			    kind,
			    digest,
			    body,
			    summons_id,
			    matter_id
			) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT DO NOTHING`, f.ID, optional(f.Case), f.At, optional(f.By), optional(f.Unit), f.Name, f.Kind, digest[:], f.Body, optional(f.Summons), optional(f.Matter))
		return last, nil
	})
}

// ShareAttachment says whether the citizen may see a file of a case, with its
// audit line. The case is held, so that of two at once the later counts.
func (db *DB) ShareAttachment(ctx context.Context, c casework.CaseID, id casework.AttachmentID, shown bool, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM work_case WHERE id = $1 FOR NO KEY UPDATE`, c); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO file_share (
			    file_id,
			    shown,
			    by_account,
			    at
			)
			SELECT id, $3, $4, $5
			FROM case_file
			WHERE case_id = $1 AND id = $2`, c, id, shown, line.Actor, line.At)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.NotFound, "file.not_found")
		}
		return insertAudit(ctx, tx, line)
	})
}

// Heads gives the people of a unit who may sign in, and who of them head it.
func (db *DB) Heads(ctx context.Context, u org.UnitID) ([]casework.Member, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT a.id,
		       a.name,
		       coalesce(h.kind = 'head', false),
		       coalesce(h.kind = 'deputy', false),
		       ''
		FROM account AS a
		LEFT JOIN unit_head AS h ON h.account_id = a.id AND h.unit_id = a.unit_id
		WHERE a.unit_id = $1 AND 'unit' = ANY (a.roles) AND NOT a.disabled
		ORDER BY a.login`, u)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[casework.Member])
	return all, fail(err)
}

// Away gives who of a unit is on leave, with the name of who stands in for them.
func (db *DB) Away(ctx context.Context, u org.UnitID, at time.Time) (map[org.AccountID]string, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT v.absent,
		       s.name
		FROM cover AS v
		JOIN account AS a ON a.id = v.absent AND a.unit_id = $1
		JOIN account AS s ON s.id = v.substitute
		WHERE v.from_at <= $2 AND v.until_at > $2`, u, at)
	if err != nil {
		return nil, fail(err)
	}
	out := map[org.AccountID]string{}
	var absent org.AccountID
	var name string
	_, err = pgx.ForEachRow(rows, []any{&absent, &name}, func() error {
		out[absent] = name
		return nil
	})
	return out, fail(err)
}

// AllHeads gives the heads and deputies of all units, heads first.
func (db *DB) AllHeads(ctx context.Context) (map[org.UnitID][]casework.Member, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT h.unit_id,
		       a.id,
		       a.name,
		       h.kind = 'head'
		FROM unit_head AS h
		JOIN account AS a ON a.id = h.account_id AND NOT a.disabled
		ORDER BY h.unit_id, h.kind DESC, a.login`)
	if err != nil {
		return nil, fail(err)
	}
	all := map[org.UnitID][]casework.Member{}
	var u org.UnitID
	var m casework.Member
	_, err = pgx.ForEachRow(rows, []any{&u, &m.Account, &m.Name, &m.Head}, func() error {
		m.Deputy = !m.Head
		all[u] = append(all[u], m)
		return nil
	})
	return all, fail(err)
}

// SetHeads replaces the heads and deputies of a unit, with its audit line.
func (db *DB) SetHeads(ctx context.Context, u org.UnitID, heads, deputies []org.AccountID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM unit_head WHERE unit_id = $1`, u); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO unit_head (
			    unit_id,
			    account_id,
			    kind
			)
			SELECT unit_id, id, CASE WHEN id = ANY ($3::uuid[]) THEN 'deputy' ELSE 'head' END
			FROM account
			WHERE unit_id = $1 AND 'unit' = ANY (roles) AND (id = ANY ($2::uuid[]) OR id = ANY ($3::uuid[]))`, u, listOf(heads), listOf(deputies))
		switch {
		case err != nil:
			return err
		case int(tag.RowsAffected()) != len(heads)+len(deputies):
			return errs.New(errs.Invalid, "head.stranger").In("head")
		}
		return insertAudit(ctx, tx, line)
	})
}
