package postgres

import (
	"context"
	"slices"
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
		ids, err := crewByLogin(ctx, tx, g.Unit, members)
		if err != nil {
			return err
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
			g.ID, g.Name, g.Purpose, optional(g.Unit), ids[slices.Index(members, lead)], g.From, g.Until, g.By, g.At)
		b.Queue(`
			INSERT INTO work_group_member (group_id, account_id)
			SELECT $1, unnest($2::uuid[])`, g.ID, ids)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// crewByLogin finds people who may be in a group of a unit (empty: of any), by
// their logins, and holds them, so that none of them leaves meanwhile.
func crewByLogin(ctx context.Context, tx pgx.Tx, unit org.UnitID, logins []string) ([]org.AccountID, error) {
	rows, err := tx.Query(ctx, `
		SELECT login,
		       id
		FROM account
		WHERE login = ANY ($1) AND NOT disabled AND 'unit' = ANY (roles) AND ($2::uuid IS NULL OR unit_id = $2)
		ORDER BY login
		FOR SHARE`, logins, optional(unit))
	if err != nil {
		return nil, err
	}
	found := map[string]org.AccountID{}
	var login string
	var id org.AccountID
	if _, err := pgx.ForEachRow(rows, []any{&login, &id}, func() error { found[login] = id; return nil }); err != nil {
		return nil, err
	}
	ids := make([]org.AccountID, len(logins))
	for i, l := range logins {
		if ids[i] = found[l]; ids[i] == "" {
			return nil, errs.New(errs.Invalid, "group.stranger", l).In("members")
		}
	}
	return ids, nil
}

// ChangeGroup lets people come into a work group and leave it. The group is
// held: of two who change it at once the second finds what the first has done.
func (db *DB) ChangeGroup(ctx context.Context, g casework.Group, change casework.GroupChange, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		var over bool
		err := tx.QueryRow(ctx, `SELECT until_at <= $2 FROM work_group WHERE id = $1 FOR NO KEY UPDATE`, g.ID, line.At).Scan(&over)
		switch {
		case err != nil:
			return orNotFound(err, "group.not_found")
		case over:
			return errs.New(errs.Conflict, "group.over")
		}
		ids, err := crewByLogin(ctx, tx, g.Unit, change.Add)
		if err != nil {
			return err
		}
		for i, a := range ids {
			tag, err := tx.Exec(ctx, `
				INSERT INTO work_group_member (group_id, account_id)
				VALUES ($1, $2)
				ON CONFLICT DO NOTHING`, g.ID, a)
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 0 {
				return errs.New(errs.Invalid, "group.member", change.Add[i]).In("add")
			}
		}
		if change.Lead != "" {
			if err := leadGroup(ctx, tx, g.ID, change.Lead); err != nil {
				return err
			}
		}
		left, err := leaveGroup(ctx, tx, g.ID, change.Remove)
		if err != nil {
			return err
		}
		for joined, people := range map[bool][]org.AccountID{true: ids, false: left} {
			_, err := tx.Exec(ctx, `
				INSERT INTO work_group_change (
				    group_id,
				    at,
				    by_account,
				    account_id,
				    joined
				)
				SELECT $1, $2, $3, unnest($4::uuid[]), $5`, g.ID, line.At, line.Actor, listOf(people), joined)
			if err != nil {
				return err
			}
		}
		return insertAudit(ctx, tx, line)
	})
}

// leadGroup puts somebody of a group at its head.
func leadGroup(ctx context.Context, tx pgx.Tx, g casework.GroupID, lead string) error {
	tag, err := tx.Exec(ctx, `
		UPDATE work_group
		SET lead = a.id
		FROM account AS a
		JOIN work_group_member AS m ON m.account_id = a.id AND m.group_id = $1
		WHERE work_group.id = $1 AND a.login = $2 AND NOT a.disabled`, g, lead)
	if err == nil && tag.RowsAffected() == 0 {
		return errs.New(errs.Invalid, "group.no_member", lead).In("lead")
	}
	return err
}

// leaveGroup takes people out of a group. Whoever leads it by now stays.
func leaveGroup(ctx context.Context, tx pgx.Tx, g casework.GroupID, logins []string) ([]org.AccountID, error) {
	var out []org.AccountID
	for _, l := range logins {
		var id org.AccountID
		var leads bool
		err := tx.QueryRow(ctx, `
			DELETE FROM work_group_member AS m
			USING account AS a, work_group AS g
			WHERE m.group_id = $1 AND a.id = m.account_id AND g.id = m.group_id AND a.login = $2
			RETURNING a.id, g.lead = a.id`, g, l).Scan(&id, &leads)
		switch {
		case noRows(err):
			return nil, errs.New(errs.Invalid, "group.no_member", l).In("remove")
		case err != nil:
			return nil, err
		case leads:
			return nil, errs.New(errs.Invalid, "group.lead", l).In("remove")
		}
		out = append(out, id)
	}
	return out, nil
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
		       ), '[]'),
		       coalesce((
		           SELECT jsonb_agg(jsonb_build_object('At', j.at, 'By', j.by_account, 'ByName', b.name, 'Name', a.name, 'Joined', j.joined) ORDER BY j.at, j.joined DESC, a.login)
		           FROM work_group_change AS j
		           JOIN account AS a ON a.id = j.account_id
		           JOIN account AS b ON b.id = j.by_account
		           WHERE j.group_id = g.id
		       ), '[]')
		FROM work_group AS g
		WHERE g.until_at > $1
		ORDER BY g.until_at, g.id
		LIMIT 1000`, at)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (g casework.Group, err error) {
		err = row.Scan(&g.ID, &g.Name, &g.Purpose, &g.Unit, &g.Lead, &g.From, &g.Until, &g.By, &g.At, &g.Open, &g.Members, &g.Changes)
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
	return db.endEarly(ctx, "work_group", string(g), "group.over", line)
}
