package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// tellFirst tells who received a matter first, or stands in for them, that it is
// refused before there is a case, and nobody of what was refused and is decided
// on anew. first is who that was, and has read it by a time.
func tellFirst(ctx context.Context, tx pgx.Tx, d classifier.Decision, first org.AccountID, readBy time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO alert (
		    decision_id,
		    account_id,
		    for_account,
		    level,
		    kind,
		    at,
		    urgent,
		    waits,
		    chase_at
		)
		SELECT $1,
		       a.id,
		       CASE WHEN a.id <> f.id THEN f.id END,
		       $2,
		       $3,
		       $4,
		       false,
		       EXISTS (SELECT FROM reach AS r WHERE r.account_id = a.id AND `+hasMeans+`),
		       $8
		FROM account AS f
		LEFT JOIN cover AS v ON v.absent = f.id AND v.from_at <= $4 AND v.until_at > $4
		JOIN account AS a ON a.id = coalesce(v.substitute, f.id)
		WHERE f.id = $5
		  AND NOT f.disabled
		  AND a.id IS DISTINCT FROM $6::uuid
		  AND NOT EXISTS (SELECT FROM accusation AS x WHERE x.matter_id = $7 AND `+shunsPerson+`)
		ON CONFLICT (decision_id, account_id) DO UPDATE SET -- handed on, and back
		    for_account = excluded.for_account,
		    level = excluded.level,
		    kind = excluded.kind,
		    at = excluded.at,
		    waits = excluded.waits,
		    chase_at = excluded.chase_at,
		    over = false,
		    read_at = NULL`,
		d.ID, casework.ToFirst, casework.AlertKind(casework.Recall), d.At, optional(first), optional(d.By), d.Matter, readBy)
	return err
}

// endRefused makes void what was told of a refusal that is decided on anew.
func endRefused(ctx context.Context, tx pgx.Tx, d classifier.Decision) error {
	if d.Previous == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `
		UPDATE alert
		SET over = true,
		    waits = false,
		    chase_at = NULL
		WHERE decision_id = $1 AND NOT over`, d.Previous)
	return err
}

// refusedFirst are the alerts by which somebody sees a refused matter through, alert
// AS n of decision AS d. Where there was a case, the case says who does.
const refusedFirst = `
		FROM alert AS n
		JOIN decision AS d ON d.id = n.decision_id
		WHERE n.level = 'first'
		  AND NOT n.over
		  AND NOT EXISTS (SELECT FROM work_case AS c WHERE c.matter_id = d.matter_id)`

// RefusedFirst gives who was told that a matter is refused, and sees it through.
func (db *DB) RefusedFirst(ctx context.Context, m intake.MatterID) (casework.Refused, error) {
	var r casework.Refused
	err := db.pool.QueryRow(ctx, `
		SELECT coalesce(n.for_account, n.account_id)`+refusedFirst+`
		  AND d.matter_id = $1`, m).Scan(&r.First)
	if err != nil {
		return r, orNotFound(err, "first.none")
	}
	r.Accused, err = db.AccusationOf(ctx, m)
	return r, err
}

// RefusedOf gives the refused matters that a person sees through, the oldest first.
func (db *DB) RefusedOf(ctx context.Context, a org.AccountID) ([]intake.MatterID, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT d.matter_id`+refusedFirst+`
		  AND coalesce(n.for_account, n.account_id) = $1
		ORDER BY n.id`, a)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[intake.MatterID])
	return all, fail(err)
}

// PassRefused gives a refused matter to another to see through: what was told of it is
// over, and the other is told.
func (db *DB) PassRefused(ctx context.Context, p casework.FirstPassed) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockMatter(ctx, tx, p.Matter); err != nil {
			return err
		}
		told := classifier.Decision{Matter: p.Matter, By: p.Line.Actor, At: p.Line.At}
		err := tx.QueryRow(ctx, `
			SELECT d.id`+refusedFirst+`
			  AND d.matter_id = $1
			  AND coalesce(n.for_account, n.account_id) = $2`, p.Matter, p.From).Scan(&told.ID)
		if noRows(err) {
			return errs.New(errs.Conflict, "first.moved")
		}
		if err != nil {
			return err
		}
		if err := endRefused(ctx, tx, classifier.Decision{Previous: told.ID}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE matter SET first_asked = $2 WHERE id = $1`, p.Matter, p.To); err != nil {
			return err
		}
		if err := tellFirst(ctx, tx, told, p.To, p.ReadBy); err != nil {
			return err
		}
		return insertAudit(ctx, tx, p.Line)
	})
}

// StrikeUnread tells the supervisors, or where there are none the administrators, of
// one refusal that was not read in time.
func (c *Cases) StrikeUnread(ctx context.Context, now time.Time) (bool, error) {
	struck := false
	err := c.inTx(ctx, func(tx pgx.Tx) error {
		var alert casework.AlertID
		err := tx.QueryRow(ctx, `
			SELECT id
			FROM alert
			WHERE chase_at <= $1
			ORDER BY chase_at, id
			LIMIT 1
			FOR NO KEY UPDATE SKIP LOCKED`, now).Scan(&alert)
		if noRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		struck = true
		b := &pgx.Batch{}
		b.Queue(`UPDATE alert SET chase_at = NULL WHERE id = $1`, alert)
		b.Queue(tellUnread, alert, now, casework.ToSupervisor, casework.UnreadRefusal)
		return tx.SendBatch(ctx, b).Close()
	})
	return struck, err
}

// tellUnread tells supervisors, level $3, at $2 of what $4 is, of the matter of the
// alert $1. Nobody is told of what complains of them, or twice of one refusal.
const tellUnread = `
		WITH supervisors AS (
		    SELECT a.id
		    FROM account AS a
		    LEFT JOIN reach AS r ON r.account_id = a.id
		    WHERE NOT a.disabled AND ` + supervises + `
		), meant AS (
		    SELECT id FROM supervisors
		    UNION ALL
		    SELECT id FROM account WHERE 'admin' = ANY (roles) AND NOT disabled AND NOT EXISTS (SELECT FROM supervisors)
		), chosen AS (
		    SELECT DISTINCT ON (coalesce(v.substitute, m.id))
		           coalesce(v.substitute, m.id) AS account_id,
		           CASE WHEN v.id IS NOT NULL THEN m.id END AS for_account
		    FROM meant AS m
		    LEFT JOIN cover AS v ON v.absent = m.id AND v.from_at <= $2 AND v.until_at > $2
		    ORDER BY coalesce(v.substitute, m.id), v.id NULLS FIRST
		)
		INSERT INTO alert (
		    decision_id,
		    account_id,
		    for_account,
		    level,
		    kind,
		    at,
		    urgent,
		    waits
		)
		SELECT n.decision_id,
		       a.id,
		       s.for_account,
		       $3,
		       $4,
		       $2,
		       false,
		       EXISTS (SELECT FROM reach AS r WHERE r.account_id = a.id AND ` + hasMeans + `)
		FROM alert AS n
		JOIN decision AS d ON d.id = n.decision_id
		CROSS JOIN chosen AS s
		JOIN account AS a ON a.id = s.account_id
		WHERE n.id = $1
		  AND NOT EXISTS (SELECT FROM accusation AS x WHERE x.matter_id = d.matter_id AND ` + shunsPerson + `)
		ON CONFLICT (decision_id, account_id) DO NOTHING`
