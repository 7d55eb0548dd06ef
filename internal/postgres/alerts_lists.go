package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/org"
)

// chasedCases are the open cases of a unit, $1, or of all that were chased up to
// some level; of AS c. $2 says that what the unit was told of as the one above are
// the unit's, too.
const chasedCases = `c.state NOT IN ('closed', 'merged', 'void') AND c.chasing <> '' AND ($1::uuid IS NULL OR c.unit_id = $1 OR $2::boolean AND $1 = ANY (` + toldAbove + `))`

// Chased lists what is late by up to whom it was chased, what is due first on top,
// with who was told, and counts by level.
func (db *DB) Chased(ctx context.Context, f casework.ChaseFilter) ([]casework.Chased, map[casework.Level]int, error) {
	counts := map[casework.Level]int{}
	var dockets []casework.Docket
	units, accounts, desk := shunArgs(f.Reader)
	queue := optional(casework.QueueUnit(f.Reader))
	b := &pgx.Batch{}
	b.Queue(`
		SELECT`+docketColumns+docketTables+`
		WHERE `+chasedCases+`
		  AND `+unshunned(6)+`
		  AND `+inReadersQueue(9)+`
		  AND ($3::text = '' OR c.chasing = $3)
		  AND ($4::uuid IS NULL OR (c.citizen_due, c.id) > (SELECT a.citizen_due, a.id FROM work_case AS a WHERE a.id = $4))
		ORDER BY c.citizen_due, c.id
		LIMIT $5`, optional(f.Unit), f.Below, f.Level, optional(f.After), f.Limit, units, accounts, desk, queue).Query(func(rows pgx.Rows) (err error) {
		dockets, err = pgx.CollectRows(rows, scanDocket)
		return err
	})
	b.Queue(`
		SELECT c.chasing,
		       count(*)
		FROM work_case AS c
		WHERE `+chasedCases+` AND `+inReadersQueue(3)+`
		GROUP BY c.chasing`, optional(f.Unit), f.Below, queue).Query(func(rows pgx.Rows) error {
		var level casework.Level
		var n int
		_, err := pgx.ForEachRow(rows, []any{&level, &n}, func() error {
			counts[level] = n
			return nil
		})
		return err
	})
	if err := db.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, nil, fail(err)
	}
	told, err := db.toldOf(ctx, dockets)
	all := make([]casework.Chased, len(dockets))
	for i, d := range dockets {
		all[i] = casework.Chased{Docket: d, Told: told[d.ID]}
	}
	return all, counts, err
}

// toldOf gives who was told that cases are late, the latest first.
func (db *DB) toldOf(ctx context.Context, dockets []casework.Docket) (map[casework.CaseID][]casework.Told, error) {
	ids := make([]casework.CaseID, len(dockets))
	for i, d := range dockets {
		ids[i] = d.ID
	}
	rows, err := db.pool.Query(ctx, `
		SELECT n.case_id,
		       a.name,
		       n.level,
		       n.at,
		       n.read_at
		FROM alert AS n
		JOIN account AS a ON a.id = n.account_id
		WHERE n.case_id = ANY ($1::uuid[])
		  AND n.kind IN ('late', 'late_head', 'late_boss', 'late_top', 'unaccepted', 'untaken', 'untaken_top', 'unacted', 'unacted_head', 'unacted_boss', 'unacted_top')
		  AND n.level <> 'first'
		  AND NOT n.over
		ORDER BY n.id DESC`, ids)
	if err != nil {
		return nil, fail(err)
	}
	out := map[casework.CaseID][]casework.Told{}
	var id casework.CaseID
	var t casework.Told
	var read *time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &t.Name, &t.Level, &t.At, &read}, func() error {
		if t.ReadAt = (time.Time{}); read != nil {
			t.ReadAt = *read
		}
		out[id] = append(out[id], t)
		return nil
	})
	return out, fail(err)
}

// Blamed gives the accountability list of a period, the latest first, and how
// many of it each unit has.
func (db *DB) Blamed(ctx context.Context, f casework.BlameFilter) ([]casework.Docket, map[org.UnitID]int, error) {
	var dockets []casework.Docket
	counts := map[org.UnitID]int{}
	units, accounts, desk := shunArgs(f.Reader)
	queue := optional(casework.QueueUnit(f.Reader))
	b := &pgx.Batch{}
	b.Queue(`
		SELECT`+docketColumns+docketTables+`
		WHERE c.blamed_at >= $1
		  AND c.blamed_at < $2
		  AND ($3::uuid IS NULL OR c.unit_id = $3)
		  AND `+unshunned(6)+`
		  AND `+inReadersQueue(9)+`
		  AND ($4::uuid IS NULL OR (c.blamed_at, c.id) < (SELECT a.blamed_at, a.id FROM work_case AS a WHERE a.id = $4))
		ORDER BY c.blamed_at DESC, c.id DESC
		LIMIT $5`, f.From, f.To, optional(f.Unit), optional(f.After), f.Limit, units, accounts, desk, queue).Query(func(rows pgx.Rows) (err error) {
		dockets, err = pgx.CollectRows(rows, scanDocket)
		return err
	})
	b.Queue(`
		SELECT c.unit_id,
		       count(*)
		FROM work_case AS c
		WHERE c.blamed_at >= $1 AND c.blamed_at < $2 AND `+inReadersQueue(3)+`
		GROUP BY c.unit_id`, f.From, f.To, queue).Query(func(rows pgx.Rows) error {
		var unit org.UnitID
		var n int
		_, err := pgx.ForEachRow(rows, []any{&unit, &n}, func() error {
			counts[unit] = n
			return nil
		})
		return err
	})
	err := db.pool.SendBatch(ctx, b).Close()
	return dockets, counts, fail(err)
}
