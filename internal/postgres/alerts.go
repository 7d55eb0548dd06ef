package postgres

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// hasMeans is the condition that somebody has left, in reach AS r, by what means
// they are told outside the pages: sealed, or from before means were sealed.
const hasMeans = `(r.sealed IS NOT NULL OR r.mobile || r.mail || r.wecom <> '')`

// supervises is the condition that account AS a, of which reach AS r says what they
// have left, is told as a supervisor (督办员): by their role, or marked as one.
const supervises = `('supervisor' = ANY (a.roles) OR r.supervises AND a.roles && ARRAY['agent', 'dispatcher', 'admin'])`

// toldAbove are the units above the one that answers for work_case AS c (上级单位)
// that were told that it is late, the nearest first; as MarkKind.climbs has it.
const toldAbove = `CASE WHEN c.climbed > 0 THEN units_above(c.unit_id, c.climbed) ELSE '{}' END`

// Who is meant by each level, in parts: most steps tell a unit alone, and what does
// not occur is not looked for.
const (
	ofUnits = `
		    SELECT w.level,
		           w.rank,
		           a.id,
		           CASE w.level
		               WHEN 'handler' THEN a.id = w.account_id
		               ELSE EXISTS (SELECT FROM unit_head AS h WHERE h.unit_id = w.unit_id AND h.account_id = a.id)
		           END AS theirs
		    FROM wanted AS w
		    JOIN account AS a ON a.unit_id = w.unit_id AND 'unit' = ANY (a.roles) AND NOT a.disabled
		    WHERE w.level IN ('unit', 'handler', 'head', 'above')`
	ofSupervisors = `
		    SELECT w.level, w.rank, a.id, true AS theirs
		    FROM wanted AS w
		    CROSS JOIN account AS a
		    LEFT JOIN reach AS r ON r.account_id = a.id
		    WHERE w.level = 'supervisor' AND NOT a.disabled
		      AND NOT EXISTS (SELECT FROM elsewhere AS q WHERE q.unit_id = a.unit_id)
		      AND ` + supervises
	ofLeaders = `
		    SELECT w.level, w.rank, a.id, w.level = 'leader' AS theirs
		    FROM wanted AS w
		    JOIN account AS a ON CASE w.level WHEN 'supervisor' THEN 'admin' ELSE 'leader' END = ANY (a.roles) AND a.roles && ARRAY['admin', 'leader'] AND NOT a.disabled
		    WHERE w.level IN ('supervisor', 'leader')
		      AND (w.level = 'leader' OR NOT EXISTS (SELECT FROM elsewhere AS q WHERE q.unit_id = a.unit_id))`
	ofFirst = `
		    SELECT w.level, w.rank, a.id, true AS theirs
		    FROM wanted AS w
		    JOIN account AS a ON a.id = w.account_id AND NOT a.disabled
		    WHERE w.level = 'first'`
)

// meant are the parts that addresses need.
func meant(to []casework.Address) string {
	var parts []string
	part := func(sql string, levels ...casework.Level) {
		if slices.ContainsFunc(to, func(a casework.Address) bool { return slices.Contains(levels, a.Level) }) {
			parts = append(parts, sql)
		}
	}
	part(ofUnits, casework.ToUnit, casework.ToHandler, casework.ToHead, casework.ToAbove)
	part(ofSupervisors, casework.ToSupervisor)
	part(ofLeaders, casework.ToSupervisor, casework.ToLeader)
	part(ofFirst, casework.ToFirst)
	return strings.Join(parts, `
		    UNION ALL`)
}

// tellStaff finds the people whom the levels $4 mean, of the units $5 or, $9 steps
// up, of the one above, where the accounts $6 have the case in person, and tells
// each of the event $2 of the case $1 once: $3 is what, $7 when, $8 who made it, who
// is not told. Who is on leave is stood in for. Who supervises at a sub-centre is told
// of what came in its queue alone, as they see no other case. Nobody is told where no
// unit is that far above.
func tellStaff(to []casework.Address) string {
	return `
		WITH wanted AS (
		    SELECT w.level,
		           CASE w.up WHEN 0 THEN w.unit_id ELSE (units_above(w.unit_id, w.up))[w.up] END AS unit_id,
		           w.account_id,
		           w.rank
		    FROM unnest($4::text[], $5::uuid[], $6::uuid[], $9::integer[]) WITH ORDINALITY AS w (level, unit_id, account_id, up, rank)
		), elsewhere AS (
		    SELECT q.unit_id
		    FROM sub_centre AS q
		    JOIN work_case AS k ON k.id = $1
		    JOIN matter AS m ON m.id = k.matter_id
		    WHERE m.desk IS DISTINCT FROM q.unit_id
		), meant AS (` + meant(to) + `
		), chosen AS (
		    SELECT m.level,
		           m.rank,
		           coalesce(v.substitute, m.id) AS account_id,
		           CASE WHEN v.id IS NOT NULL THEN m.id END AS for_account
		    FROM (SELECT *, bool_or(coalesce(theirs, false)) OVER (PARTITION BY rank) AS someone FROM meant) AS m
		    LEFT JOIN cover AS v ON v.absent = m.id AND v.from_at <= $7 AND v.until_at > $7
		    WHERE coalesce(m.theirs, false) OR NOT m.someone
		)
		INSERT INTO alert (
		    case_id,
		    ordinal,
		    account_id,
		    for_account,
		    level,
		    kind,
		    at,
		    urgent,
		    waits
		)
		SELECT DISTINCT ON (c.account_id)
		       $1,
		       $2,
		       c.account_id,
		       c.for_account,
		       c.level,
		       $3,
		       $7,
		       d.urgency = 'A',
		       EXISTS (SELECT FROM reach AS r WHERE r.account_id = c.account_id AND ` + hasMeans + `)
		FROM chosen AS c
		JOIN work_case AS k ON k.id = $1
		JOIN decision AS d ON d.id = k.decision_id
		WHERE c.account_id IS DISTINCT FROM $8::uuid
		  AND NOT EXISTS (SELECT FROM accusation AS x JOIN account AS a ON a.id = c.account_id WHERE x.matter_id = k.matter_id AND ` + shunsPerson + `)
		ORDER BY c.account_id, c.rank, c.for_account NULLS FIRST
		ON CONFLICT (case_id, ordinal, account_id) DO NOTHING`
}

// queueAlerts tells the staff of a step, in the batch that stores its event.
func queueAlerts(b *pgx.Batch, s casework.Step) {
	if s.EndsAlerts() {
		b.Queue(`
			WITH before AS (
			    SELECT id
			    FROM alert
			    WHERE case_id = (SELECT $1::uuid) AND ordinal < (SELECT $2::integer) AND NOT over
			    ORDER BY id
			    FOR NO KEY UPDATE
			)
			UPDATE alert
			SET over = true,
			    waits = false
			WHERE id IN (SELECT id FROM before)`, s.Case.ID, s.Event.Ordinal)
	}
	kind, to := s.Alerts()
	if len(to) == 0 {
		return
	}
	levels, units, people, up := make([]casework.Level, len(to)), make([]*org.UnitID, len(to)), make([]*org.AccountID, len(to)), make([]int, len(to))
	for i, a := range to {
		levels[i], units[i], people[i], up[i] = a.Level, optional(a.Unit), optional(a.Account), a.Up
	}
	b.Queue(tellStaff(to), s.Case.ID, s.Event.Ordinal, kind, levels, units, people, s.Event.At, optional(s.Event.By), up)
}

// Alerts gives those of somebody, newest first, and how many are unread.
func (db *DB) Alerts(ctx context.Context, f casework.AlertFilter) ([]casework.Alert, int, error) {
	b := &pgx.Batch{}
	var all []casework.Alert
	unread := 0
	b.Queue(`
		SELECT n.id,
		       coalesce(n.case_id::text, ''),
		       m.id,
		       n.account_id,
		       coalesce(p.name, ''),
		       n.level,
		       n.kind,
		       n.at,
		       n.read_at,
		       n.over,
		       coalesce(c.number, ''),
		       CASE WHEN m.title <> '' THEN m.title ELSE left(m.body, 60) END,
		       coalesce(c.unit_id::text, ''),
		       n.urgent
		FROM alert AS n
		LEFT JOIN work_case AS c ON c.id = n.case_id
		LEFT JOIN decision AS d ON d.id = n.decision_id
		JOIN matter AS m ON m.id = coalesce(c.matter_id, d.matter_id)
		LEFT JOIN account AS p ON p.id = n.for_account
		WHERE n.account_id = $1
		  AND NOT EXISTS (SELECT FROM accusation AS x JOIN account AS a ON a.id = $1 WHERE x.matter_id = m.id AND `+shunsPerson+`)
		  AND (NOT $2 OR n.read_at IS NULL AND NOT n.over)
		  AND ($3::bigint = 0 OR n.id < $3)
		ORDER BY n.id DESC
		LIMIT $4`, f.To, f.Unread, f.Before, f.Limit).Query(func(rows pgx.Rows) (err error) {
		all, err = pgx.CollectRows(rows, scanAlert)
		return err
	})
	b.Queue(`SELECT count(*) FROM alert WHERE account_id = $1 AND read_at IS NULL AND NOT over`, f.To).
		QueryRow(func(row pgx.Row) error { return row.Scan(&unread) })
	err := db.pool.SendBatch(ctx, b).Close()
	return all, unread, fail(err)
}

func scanAlert(row pgx.CollectableRow) (casework.Alert, error) {
	var a casework.Alert
	var read *time.Time
	err := row.Scan(&a.ID, &a.Case, &a.Matter, &a.To, &a.For, &a.Level, &a.Kind, &a.At, &read, &a.Over, &a.Number, &a.Heading, &a.Unit, &a.Urgent)
	if read != nil {
		a.ReadAt = *read
	}
	return a, err
}

// ReadAlerts marks somebody's alerts read.
func (db *DB) ReadAlerts(ctx context.Context, to org.AccountID, ids []casework.AlertID, upTo casework.AlertID, at time.Time) (int, error) {
	tag, err := db.pool.Exec(ctx, `
		UPDATE alert
		SET read_at = $4,
		    waits = false,
		    chase_at = NULL
		WHERE account_id = $1
		  AND read_at IS NULL
		  AND CASE WHEN cardinality($2::bigint[]) > 0 THEN id = ANY ($2::bigint[]) ELSE id <= $3 END`, to, listOf(ids), upTo, at)
	return int(tag.RowsAffected()), fail(err)
}

// clearMeans is what a row of reach from before means were sealed has in clear, in
// the form of what is sealed now; NULL when it has nothing. A program from then
// that runs beside writes such rows still.
const clearMeans = `CASE WHEN mobile || mail || wecom <> '' THEN json_build_object('mobile', mobile, 'mail', mail, 'wecom', wecom)::text END`

// SealedReach gives by what means somebody is told.
func (db *DB) SealedReach(ctx context.Context, a org.AccountID) (casework.SealedReach, error) {
	var r casework.SealedReach
	err := db.pool.QueryRow(ctx, `
		SELECT supervises,
		       coalesce(key_id, ''),
		       sealed,
		       `+clearMeans+`
		FROM reach
		WHERE account_id = $1`, a).Scan(&r.Supervises, &r.KeyID, &r.Sealed, &r.Plain)
	if noRows(err) {
		return casework.SealedReach{}, nil
	}
	return r, fail(err)
}

// SetSealedReach stores by what means somebody is told, with its audit line. What
// they were not told by then is not told now.
func (db *DB) SetSealedReach(ctx context.Context, a org.AccountID, r casework.SealedReach, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		var roles org.Roles
		if err := tx.QueryRow(ctx, `SELECT roles FROM account WHERE id = $1 FOR NO KEY UPDATE`, a).Scan(&roles); err != nil {
			return orNotFound(err, "account.not_found", string(a))
		}
		if r.Supervises && !slices.ContainsFunc(roles, org.Roles{org.RoleAgent, org.RoleDispatcher, org.RoleSupervisor, org.RoleAdmin}.Has) {
			return errs.New(errs.Invalid, "reach.role").In("supervises")
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO reach (
			    account_id,
			    mobile,
			    mail,
			    wecom,
			    supervises,
			    key_id,
			    sealed
			) VALUES ($1, '', '', '', $2, $3, $4)
			ON CONFLICT (account_id) DO UPDATE
			SET mobile = '',
			    mail = '',
			    wecom = '',
			    supervises = excluded.supervises,
			    key_id = excluded.key_id,
			    sealed = excluded.sealed`, a, r.Supervises, optional(r.KeyID), r.Sealed)
		if violates(err, checkViolation, "original_key_dropped") {
			return errs.Wrap(err, errs.Unavailable, "seal.key_dropped", r.KeyID)
		}
		if err != nil {
			return err
		}
		if r.Sealed == nil {
			if _, err := tx.Exec(ctx, `UPDATE alert SET waits = false WHERE account_id = $1 AND waits`, a); err != nil {
				return err
			}
		}
		return insertAudit(ctx, tx, line)
	})
}

// gatheredAtOnce bounds what one letter sums up.
const gatheredAtOnce = 5000

// Gather makes one letter of what one of the staff is still to be told. Their
// row is locked, so that two processes never write to one person at once; a
// clock that was set back leaves nobody alone for longer.
func (c *Cases) Gather(ctx context.Context, now time.Time, l casework.Letters, compose func([]casework.Alert) (casework.Notification, error)) (bool, error) {
	made := false
	err := c.inTx(ctx, func(tx pgx.Tx) error {
		var to org.AccountID
		err := tx.QueryRow(ctx, `
			SELECT r.account_id
			FROM reach AS r
			WHERE`+owedLetter+`
			LIMIT 1
			FOR NO KEY UPDATE OF r SKIP LOCKED`, now, l.Made, l.Since).Scan(&to)
		if noRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		all, err := takeAlerts(ctx, tx, to, l.Made)
		if err != nil || len(all) == 0 {
			return err
		}
		n, err := compose(all)
		if err != nil {
			return err
		}
		if err := insertNotification(ctx, tx, n); err != nil {
			return err
		}
		made = true
		_, err = tx.Exec(ctx, `UPDATE reach SET told_at = $2 WHERE account_id = $1`, to, now)
		return err
	})
	return made, err
}

// takeAlerts takes what somebody is still to be told of what was made by a time,
// oldest first.
func takeAlerts(ctx context.Context, tx pgx.Tx, to org.AccountID, made time.Time) ([]casework.Alert, error) {
	rows, err := tx.Query(ctx, `
		WITH told AS (
		    SELECT id,
		           case_id
		    FROM alert
		    WHERE account_id = $1 AND waits AND at <= $2
		    ORDER BY id
		    LIMIT $3
		    FOR NO KEY UPDATE
		)
		UPDATE alert AS n
		SET waits = false
		FROM told
		LEFT JOIN work_case AS c ON c.id = told.case_id
		WHERE n.id = told.id AND n.waits
		RETURNING n.id,
		          coalesce(n.case_id::text, ''),
		          '',
		          n.account_id,
		          '',
		          n.level,
		          n.kind,
		          n.at,
		          n.read_at,
		          n.over,
		          coalesce(c.number, ''),
		          '',
		          coalesce(c.unit_id::text, ''),
		          n.urgent`, to, made, gatheredAtOnce)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, scanAlert)
	slices.SortFunc(all, func(a, b casework.Alert) int { return cmp.Compare(a.ID, b.ID) })
	return all, err
}

// DeleteOldAlerts drops alerts and letters to the staff from before a time, the
// oldest first and some at a time: the next run goes on.
func (db *DB) DeleteOldAlerts(ctx context.Context, before time.Time) error {
	b := &pgx.Batch{}
	b.Queue(`
		DELETE FROM alert
		WHERE id IN (SELECT o.id FROM (SELECT id, at FROM alert ORDER BY id LIMIT $2) AS o WHERE o.at < $1)`, before, gatheredAtOnce)
	b.Queue(`
		DELETE FROM notification
		WHERE id IN (
		    SELECT o.id
		    FROM (SELECT id, settled_at FROM notification WHERE account_id IS NOT NULL ORDER BY id LIMIT $2) AS o
		    WHERE o.settled_at < $1
		)`, before, gatheredAtOnce)
	return fail(db.pool.SendBatch(ctx, b).Close())
}
