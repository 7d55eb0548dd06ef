package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// InsertGroup stores a work group; its people are found by their logins, and
// held, so that none of them leaves meanwhile.
func (db *DB) InsertGroup(ctx context.Context, g casework.Group, lead string, members []string, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		found := map[string]org.AccountID{}
		rows, err := tx.Query(ctx, `
			SELECT login,
			       id
			FROM account
			WHERE login = ANY ($1) AND NOT disabled AND 'unit' = ANY (roles) AND ($2::uuid IS NULL OR unit_id = $2)
			ORDER BY login
			FOR SHARE`, members, optional(g.Unit))
		if err != nil {
			return err
		}
		var login string
		var id org.AccountID
		if _, err := pgx.ForEachRow(rows, []any{&login, &id}, func() error { found[login] = id; return nil }); err != nil {
			return err
		}
		ids := make([]org.AccountID, len(members))
		for i, m := range members {
			if ids[i] = found[m]; ids[i] == "" {
				return errs.New(errs.Invalid, "group.stranger", m).In("members")
			}
		}
		b := &pgx.Batch{}
		b.Queue(`
			INSERT INTO work_group (
			    id,
			    name,
			    purpose,
			    unit_id,
			    lead,
			    from_at,
			    until_at,
			    by_account,
			    at
			) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			g.ID, g.Name, g.Purpose, optional(g.Unit), found[lead], g.From, g.Until, g.By, g.At)
		b.Queue(`
			INSERT INTO work_group_member (group_id, account_id)
			SELECT $1, unnest($2::uuid[])`, g.ID, ids)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// Groups gives the work groups that have not ended at a time, the first to end
// first.
func (db *DB) Groups(ctx context.Context, at time.Time) ([]casework.Group, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT g.id,
		       g.name,
		       g.purpose,
		       coalesce(g.unit_id::text, ''),
		       g.lead,
		       g.from_at,
		       g.until_at,
		       g.by_account,
		       g.at,
		       (SELECT count(*) FROM work_case AS c WHERE c.group_id = g.id),
		       coalesce((
		           SELECT jsonb_agg(jsonb_build_object('Account', a.id, 'Login', a.login, 'Name', a.name, 'Unit', coalesce(a.unit_id::text, '')) ORDER BY a.login)
		           FROM work_group_member AS m
		           JOIN account AS a ON a.id = m.account_id
		           WHERE m.group_id = g.id
		       ), '[]')
		FROM work_group AS g
		WHERE g.until_at > $1
		ORDER BY g.until_at, g.id
		LIMIT 1000`, at)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (g casework.Group, err error) {
		err = row.Scan(&g.ID, &g.Name, &g.Purpose, &g.Unit, &g.Lead, &g.From, &g.Until, &g.By, &g.At, &g.Open, &g.Members)
		return g, err
	})
	return all, fail(err)
}

// GroupCases gives the cases that are with a work group.
func (db *DB) GroupCases(ctx context.Context, g casework.GroupID) ([]casework.CaseID, error) {
	rows, err := db.pool.Query(ctx, `SELECT id FROM work_case WHERE group_id = $1 ORDER BY citizen_due, id`, g)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[casework.CaseID])
	return all, fail(err)
}

// EndGroup ends a work group before its time; one that was to come never begins.
func (db *DB) EndGroup(ctx context.Context, g casework.GroupID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE work_group
			SET until_at = $2,
			    from_at = least(from_at, $2)
			WHERE id = $1 AND until_at > $2`, g, line.At)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "group.over")
		}
		return insertAudit(ctx, tx, line)
	})
}
