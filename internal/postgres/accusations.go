package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// accusationColumns are what accusationTargets takes, of accusation AS x, which
// may be missing.
const accusationColumns = `
		       coalesce(x.units, '{}'),
		       coalesce(x.persons, '{}'),
		       coalesce(x.hotline, false),
		       coalesce(x.why, ''),
		       coalesce(x.barred, '{}'),
		       coalesce(x.shut_out, '{}'),
		       coalesce(x.by_account::text, ''),
		       x.at`

func accusationTargets(a *intake.Accusation) []any {
	return []any{&a.Units, &a.Persons, &a.Hotline, &a.Why, &a.Barred, &a.ShutOut, &a.By, zeroable{&a.At}}
}

// unshunned is the condition that accusation AS x, which may be missing, does
// not keep out whoever asks: intake.Accusation.Shuns in SQL. Its arguments are
// those of shunArgs, the first of them numbered so.
func unshunned(first int) string {
	return fmt.Sprintf(`(x.matter_id IS NULL OR NOT (x.barred && $%d::uuid[] OR x.shut_out && $%d::uuid[] OR x.hotline AND $%d::boolean))`, first, first+1, first+2)
}

// shunsPerson is unshunned's opposite for an account AS a, where there is no
// actor: what they are told of, and what was decided at their desk.
const shunsPerson = `(a.id = ANY (x.shut_out) OR coalesce(a.unit_id = ANY (x.barred), false) OR x.hotline AND a.roles && ARRAY['agent', 'dispatcher', 'editor'] AND NOT a.roles && ARRAY['supervisor', 'admin'])`

// noPersons is the condition that a matter complains of nobody at the
// hotline's desks: for lists that all of them read.
func noPersons(matter string) string {
	return `NOT EXISTS (SELECT FROM accusation AS x WHERE x.matter_id = ` + matter + ` AND (x.hotline OR x.shut_out <> '{}'))`
}

// shunArgs are for whom unshunned asks: units, accounts, and whether they are at
// the hotline's desks without being a supervisor.
func shunArgs(actor org.Actor) (units, accounts []string, desk bool) {
	units, accounts = []string{}, []string{}
	for _, u := range []org.UnitID{actor.Unit, actor.Home} {
		if u != "" {
			units = append(units, string(u))
		}
	}
	for _, a := range []org.AccountID{actor.Account, actor.For} {
		if a != "" {
			accounts = append(accounts, string(a))
		}
	}
	return units, accounts, org.Can(actor, org.ActReadMessages) == nil && org.Can(actor, org.ActOversee) != nil
}

// AccusationOf gives that of a matter, the zero one when there is none.
func (db *DB) AccusationOf(ctx context.Context, m intake.MatterID) (intake.Accusation, error) {
	var a intake.Accusation
	err := db.pool.QueryRow(ctx, `
		SELECT`+accusationColumns+`
		FROM accusation AS x
		WHERE x.matter_id = $1`, m).Scan(accusationTargets(&a)...)
	if noRows(err) {
		return intake.Accusation{}, nil
	}
	return a, fail(err)
}

// AccusationOfMessage gives what shuts people out of any matter of a message.
func (db *DB) AccusationOfMessage(ctx context.Context, m intake.MessageID) ([]intake.Accusation, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+accusationColumns+`
		FROM accusation AS x
		JOIN matter AS m ON m.id = x.matter_id
		WHERE m.message_id = $1`, m)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a intake.Accusation, err error) {
		return a, row.Scan(accusationTargets(&a)...)
	})
	return all, fail(err)
}

// AccountsNamed gives the accounts of logins, in their order.
func (db *DB) AccountsNamed(ctx context.Context, logins []string) ([]org.AccountID, error) {
	if len(logins) == 0 {
		return nil, nil
	}
	rows, err := db.pool.Query(ctx, `
		SELECT n.login,
		       coalesce(a.id::text, '')
		FROM unnest($1::text[]) WITH ORDINALITY AS n (login, place)
		LEFT JOIN account AS a ON a.login = n.login
		ORDER BY n.place`, logins)
	if err != nil {
		return nil, fail(err)
	}
	var found []org.AccountID
	var login string
	var account org.AccountID
	_, err = pgx.ForEachRow(rows, []any{&login, &account}, func() error {
		if account == "" {
			return errs.New(errs.NotFound, "account.not_found", login).In("persons")
		}
		if !slices.Contains(found, account) {
			found = append(found, account)
		}
		return nil
	})
	return found, fail(err)
}

// NamesOf gives people's names, in their order.
func (db *DB) NamesOf(ctx context.Context, accounts []org.AccountID) ([]string, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT a.name
		FROM unnest($1::uuid[]) WITH ORDINALITY AS n (id, place)
		JOIN account AS a ON a.id = n.id
		ORDER BY n.place`, accounts)
	if err != nil {
		return nil, fail(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return names, fail(err)
}

// InsertAccusation replaces the accusation of a matter.
func (db *DB) InsertAccusation(ctx context.Context, m intake.MatterID, a intake.Accusation, seen time.Time, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockMatter(ctx, tx, m); err != nil {
			return err
		}
		var stands time.Time
		err := tx.QueryRow(ctx, `SELECT at FROM accusation WHERE matter_id = $1`, m).Scan(&stands)
		if err != nil && !noRows(err) {
			return err
		}
		if !stands.Equal(seen) {
			return errs.New(errs.Conflict, "accused.changed")
		}
		if err := accuse(ctx, tx, m, a); err != nil {
			return err
		}
		if err := accusedPartake(ctx, tx, m); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// accuse stores an accusation, the zero one by deleting what stands. It needs
// the matter locked. What is below an accused unit is a unit of its kind, or of
// any kind where it is a street's or smaller, in an area within its own.
func accuse(ctx context.Context, tx pgx.Tx, m intake.MatterID, a intake.Accusation) error {
	if !a.Stands() {
		_, err := tx.Exec(ctx, `DELETE FROM accusation WHERE matter_id = $1`, m)
		return err
	}
	var units, persons int
	err := tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM unit WHERE id = ANY ($1::uuid[])),
		       (SELECT count(*) FROM account WHERE id = ANY ($2::uuid[]))`, unitIDs(a.Units), accountIDs(a.Persons)).Scan(&units, &persons)
	switch {
	case err != nil:
		return err
	case units != len(distinct(a.Units)):
		return errs.New(errs.NotFound, "unit.not_found").In("accused")
	case persons != len(distinct(a.Persons)):
		return errs.New(errs.NotFound, "account.not_found", "").In("persons")
	}
	_, err = tx.Exec(ctx, `
		WITH RECURSIVE accused AS (
		    SELECT u.id,
		           u.kind,
		           u.area,
		           r.level IN ('street', 'community', 'grid') AS small
		    FROM unit AS u
		    JOIN area AS r ON r.code = u.area
		    WHERE u.id = ANY ($2::uuid[])
		       OR u.id IN (SELECT unit_id FROM account WHERE id = ANY ($3::uuid[]) AND 'unit' = ANY (roles))
		), within AS (
		    SELECT kind, area AS top, area AS code, small
		    FROM accused
		    UNION
		    SELECT w.kind, w.top, r.code, w.small
		    FROM within AS w
		    JOIN area AS r ON r.parent = w.code
		), by_area AS (
		    SELECT id FROM accused
		    UNION
		    SELECT u.id
		    FROM within AS w
		    JOIN unit AS u ON u.area = w.code
		    WHERE w.code <> w.top AND (u.kind = w.kind OR w.small)
		), barred AS (
		    SELECT id FROM by_area
		    UNION
		    SELECT u.id
		    FROM barred AS b
		    JOIN unit AS u ON u.parent_unit_id = b.id
		)
		INSERT INTO accusation (
		    matter_id,
		    units,
		    persons,
		    hotline,
		    barred,
		    shut_out,
		    why,
		    by_account,
		    at
		)
		SELECT $1, $2, $3, $4,
		       ARRAY (SELECT id FROM barred ORDER BY id),
		       $3::uuid[] || ARRAY (
		           SELECT t.by_account
		           FROM matter AS m
		           JOIN message AS g ON g.id = m.message_id
		           JOIN contact AS t ON t.id = g.contact_id
		           WHERE m.id = $1 AND $4 AND t.by_account IS NOT NULL AND t.by_account <> ALL ($3::uuid[])
		       ),
		       $5, $6, $7
		ON CONFLICT (matter_id) DO UPDATE SET
		    units = excluded.units,
		    persons = excluded.persons,
		    hotline = excluded.hotline,
		    barred = excluded.barred,
		    shut_out = excluded.shut_out,
		    why = excluded.why,
		    by_account = excluded.by_account,
		    at = excluded.at`, m, unitIDs(a.Units), accountIDs(a.Persons), a.Hotline, a.Why, a.By, a.At)
	if err != nil {
		return err
	}
	// What people complain of others is no example of what those would lead.
	_, err = tx.Exec(ctx, `DELETE FROM confirmed_example WHERE matter_id = $1`, m)
	return err
}

// inheritAccusation lets a matter that is cut off another keep out the same
// people: it is still what was said of them.
func inheritAccusation(b *pgx.Batch, of, part intake.MatterID) {
	b.Queue(`
		INSERT INTO accusation (
		    matter_id,
		    units,
		    persons,
		    hotline,
		    barred,
		    shut_out,
		    why,
		    by_account,
		    at
		)
		SELECT $2, units, persons, hotline, barred, shut_out, why, by_account, at
		FROM accusation
		WHERE matter_id = $1`, of, part)
}

// accusedPartake refuses what would leave the matter's case with somebody who
// is barred from it: its unit, a co-unit, or a unit down the tree. It needs the
// matter locked.
func accusedPartake(ctx context.Context, tx pgx.Tx, m intake.MatterID) error {
	var partakes bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (
		    SELECT
		    FROM accusation AS x
		    JOIN work_case AS c ON c.matter_id = x.matter_id AND c.state NOT IN ('closed', 'merged', 'void')
		    WHERE x.matter_id = $1
		      AND (c.unit_id = ANY (x.barred)
		           OR c.held_by && x.barred
		           OR EXISTS (SELECT FROM assignment AS a WHERE a.decision_id = c.decision_id AND a.unit_id = ANY (x.barred))
		           OR EXISTS (SELECT FROM jsonb_array_elements(coalesce(c.hands, '[]')) AS h WHERE h ->> 'worker' = ANY (x.shut_out::text[])))
		)`, m).Scan(&partakes)
	if err == nil && partakes {
		return errs.New(errs.Conflict, "accused.partakes")
	}
	return err
}

// refuseAccused refuses to hand a matter's case to a unit or a person whom it
// complains of. It needs the matter locked.
func refuseAccused(ctx context.Context, tx pgx.Tx, m intake.MatterID, to string) error {
	var accused bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM accusation WHERE matter_id = $1 AND ($2::uuid = ANY (barred) OR $2::uuid = ANY (shut_out)))`, m, to).Scan(&accused)
	if err == nil && accused {
		return errs.New(errs.Invalid, "accused.lead").In("unit")
	}
	return err
}

func accountIDs(all []org.AccountID) []org.AccountID {
	if all == nil {
		return []org.AccountID{}
	}
	return all
}

func distinct[T comparable](all []T) map[T]bool {
	seen := map[T]bool{}
	for _, one := range all {
		seen[one] = true
	}
	return seen
}
