package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/privacy"
)

// keepLock lets what is deleted by rule and a hold on it come one after the
// other: a hold that was acknowledged keeps. The number is arbitrary, but must
// stay.
const keepLock = 4_812_345_062

// RetentionRules gives the rules that were set.
func (db *DB) RetentionRules(ctx context.Context) ([]privacy.Rule, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT r.kind,
		       r.days,
		       r.at,
		       coalesce(a.name, '')
		FROM retention_rule AS r
		LEFT JOIN account AS a ON a.id = r.by_account`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r privacy.Rule, err error) {
		err = row.Scan(&r.Kind, &r.Days, &r.At, &r.ByName)
		return r, err
	})
	return all, fail(err)
}

// SetRetention stores rules with their audit line.
func (db *DB) SetRetention(ctx context.Context, days map[privacy.Kind]int, by org.AccountID, at time.Time, line org.Audit) error {
	kinds, values := make([]string, 0, len(days)), make([]int, 0, len(days))
	for k, d := range days {
		kinds, values = append(kinds, string(k)), append(values, d)
	}
	return db.execAudited(ctx, line, `
		INSERT INTO retention_rule (
		    kind,
		    days,
		    at,
		    by_account
		)
		SELECT k.kind, k.days, $3, $4
		FROM unnest($1::text[], $2::integer[]) AS k (kind, days)
		ON CONFLICT (kind) DO UPDATE SET
		    days = excluded.days,
		    at = excluded.at,
		    by_account = excluded.by_account
		WHERE retention_rule.days <> excluded.days`, kinds, values, at, optional(by))
}

// chained are the cases of message g, and of each what it was merged into.
const chained = `
		    WITH RECURSIVE chain AS (
		        SELECT c.id, c.into_case
		        FROM matter AS m
		        JOIN work_case AS c ON c.matter_id = m.id
		        WHERE m.message_id = g.id
		        UNION
		        SELECT n.id, n.into_case
		        FROM chain
		        JOIN work_case AS n ON n.id = chain.into_case
		    )`

// unfinished tells that something is still to be done about the cases and
// matters of message g: an open matter or case, an objection, an appeal, a
// promise, a refusal that is contested, a reward that is to be paid, a label on
// its caller that waits or holds.
const unfinished = `
		  (EXISTS (SELECT FROM matter AS m WHERE m.message_id = g.id AND m.state = 'open')
		   OR EXISTS (
		    SELECT
		    FROM matter AS m
		    JOIN decision AS d ON d.matter_id = m.id
		    JOIN refusal_contest AS r ON r.decision_id = d.id
		    WHERE m.message_id = g.id AND r.answered_at IS NULL
		   )
		   OR EXISTS (SELECT FROM reward AS r WHERE r.message_id = g.id AND r.state IN ('queued', 'listed', 'failed'))
		   OR EXISTS (
		    SELECT
		    FROM caller_label_message AS n
		    JOIN caller_label AS b ON b.id = n.label_id
		    WHERE n.message_id = g.id AND b.state IN ('proposed', 'active')
		   )
		   OR EXISTS (` + chained + `
		    SELECT
		    FROM chain
		    JOIN work_case AS c ON c.id = chain.id
		    WHERE c.state NOT IN ('closed', 'merged', 'void')
		       OR c.objection = 'waits'
		       OR c.appeal = 'waits'
		       OR EXISTS (SELECT FROM case_mark AS k WHERE k.case_id = c.id AND k.struck_at IS NULL)
		   ))`

// held tells that a case of message g is under a hold.
const held = `
		  EXISTS (` + chained + `
		    SELECT
		    FROM chain
		    JOIN legal_hold AS h ON h.case_id = chain.id AND h.released_at IS NULL
		  )`

// since tells that something happened to the matters or cases of message g at
// or after $1.
const since = `
		  (EXISTS (SELECT FROM matter AS m JOIN decision AS d ON d.matter_id = m.id WHERE m.message_id = g.id AND d.at >= $1)
		   OR EXISTS (` + chained + `
		    SELECT
		    FROM chain
		    JOIN case_event AS e ON e.case_id = chain.id AND e.at >= $1
		   ))`

// pastDate are the conditions under which message g, of contact t, is past its date.
const pastDate = `t.received_at < $1 AND NOT ` + unfinished + ` AND NOT ` + held + ` AND NOT ` + since

// due are, for each kind, the ids of what is past its date; $1 is the date.
var due = map[privacy.Kind]string{
	privacy.KeepOriginals: `
		SELECT o.message_id AS id
		FROM original AS o
		JOIN message AS g ON g.id = o.message_id
		JOIN contact AS t ON t.id = g.contact_id
		WHERE o.sealed IS NOT NULL AND ` + pastDate,
	privacy.KeepFiles: `
		SELECT f.id
		FROM case_file AS f
		LEFT JOIN work_case AS k ON k.id = f.case_id
		JOIN matter AS b ON b.id = coalesce(k.matter_id, f.matter_id)
		JOIN message AS g ON g.id = b.message_id
		JOIN contact AS t ON t.id = g.contact_id
		WHERE f.erased_at IS NULL AND f.at < $1 AND ` + pastDate + `
		UNION ALL
		SELECT f.id
		FROM case_file AS f
		JOIN summons AS s ON s.id = f.summons_id
		WHERE f.erased_at IS NULL AND f.at < $1 AND NOT s.open
		  AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.case_id = s.case_id AND h.released_at IS NULL)`,
	privacy.KeepCalls: `
		SELECT t.id
		FROM contact AS t
		WHERE t.received_at < $1
		  AND NOT EXISTS (SELECT FROM message AS m WHERE m.contact_id = t.id)
		  AND NOT EXISTS (SELECT FROM notice_contact AS n WHERE n.contact_id = t.id)`,
	privacy.KeepCallsToModels: `
		SELECT l.id
		FROM llm_call AS l
		WHERE l.at < $1`,
	privacy.KeepNotifications: `
		SELECT n.id
		FROM notification AS n
		JOIN message AS g ON g.id = n.message_id
		WHERE n.state <> 'queued' AND n.settled_at < $1 AND NOT ` + unfinished + ` AND NOT ` + held,
}

// erase are, for each kind, how the ids $1 are deleted, with lines of the audit
// log at $2 by $3 for $4 where they are about a message or a case.
var erase = map[privacy.Kind]string{
	privacy.KeepOriginals: eraseOriginals,
	privacy.KeepFiles: `
		WITH gone AS (
		    UPDATE case_file
		    SET body = '',
		        name = '',
		        erased_at = $2
		    WHERE id = ANY ($1::uuid[]) AND erased_at IS NULL
		    RETURNING case_id, matter_id, summons_id
		)
		INSERT INTO audit (at, actor, action, object, detail)
		SELECT $2, $3, 'erase_file', coalesce('case:' || case_id, 'matter:' || matter_id, 'summons:' || summons_id), $4
		FROM gone`,
	privacy.KeepCalls: `
		WITH gone AS (
		    DELETE FROM contact
		    WHERE id = ANY ($1::uuid[]) AND $2::timestamptz IS NOT NULL AND $3::uuid IS NULL AND $4::text IS NOT NULL
		    RETURNING at, channel, outcome
		)
		INSERT INTO contact_tally (day, channel, outcome, contacts)
		SELECT (at AT TIME ZONE 'Asia/Shanghai')::date, channel, outcome, count(*)
		FROM gone
		GROUP BY 1, 2, 3
		ON CONFLICT (day, channel, outcome) DO UPDATE SET contacts = contact_tally.contacts + excluded.contacts`,
	privacy.KeepCallsToModels: `
		DELETE FROM llm_call
		WHERE id = ANY ($1::uuid[]) AND $2::timestamptz IS NOT NULL AND $3::uuid IS NULL AND $4::text IS NOT NULL`,
	privacy.KeepNotifications: `
		DELETE FROM notification
		WHERE id = ANY ($1::uuid[]) AND state <> 'queued' AND $2::timestamptz IS NOT NULL AND $3::uuid IS NULL AND $4::text IS NOT NULL`,
}

// eraseOriginals takes words and contact of messages away, and by what their
// citizen is found again: fingerprint, hint, and who called in the rounds, which
// becomes the contact's own.
const eraseOriginals = `
		WITH gone AS (
		    UPDATE original
		    SET sealed = NULL
		    WHERE message_id = ANY ($1::uuid[]) AND sealed IS NOT NULL
		    RETURNING message_id
		), nameless AS (
		    UPDATE message AS g
		    SET phone_hash = NULL,
		        phone_hint = ''
		    FROM gone
		    WHERE g.id = gone.message_id
		    RETURNING g.id, g.contact_id
		), rounds AS (
		    UPDATE round AS r
		    SET caller = n.contact_id::text
		    FROM nameless AS n
		    JOIN matter AS m ON m.message_id = n.id
		    WHERE r.matter_id = m.id
		)
		INSERT INTO audit (at, actor, action, object, detail)
		SELECT $2, $3, 'erase_original', 'message:' || message_id, $4
		FROM gone`

// CountDue counts what of a kind is past its date, up to most.
func (db *DB) CountDue(ctx context.Context, k privacy.Kind, before time.Time, most int) (int, error) {
	var n int
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		if err := patient(ctx, tx); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT count(*) FROM (`+due[k]+`
		LIMIT $2) AS d`, before, most).Scan(&n)
	})
	return n, err
}

// DeleteDue deletes up to limit of what is past its date.
func (db *DB) DeleteDue(ctx context.Context, k privacy.Kind, before time.Time, limit int, line org.Audit) (int, error) {
	n := 0
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, keepLock); err != nil {
			return err
		}
		if err := patient(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, due[k]+`
		LIMIT $2`, before, limit)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(ids) == 0 {
			return err
		}
		n = len(ids)
		_, err = tx.Exec(ctx, erase[k], ids, line.At, optional(line.Actor), line.Detail)
		return err
	})
	return n, err
}

// InsertRun stores what a run deleted.
func (db *DB) InsertRun(ctx context.Context, r privacy.Run, line org.Audit) error {
	return db.execAudited(ctx, line, `
		INSERT INTO retention_run (
		    at,
		    counts
		) VALUES ($1, $2)`, r.At, r.Counts)
}

// Runs gives the latest runs.
func (db *DB) Runs(ctx context.Context, limit int) ([]privacy.Run, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT at,
		       counts
		FROM retention_run
		ORDER BY id DESC
		LIMIT $1`, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[privacy.Run])
	return all, fail(err)
}

// Holds gives the holds in force, the latest first.
func (db *DB) Holds(ctx context.Context) ([]privacy.Hold, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT h.id,
		       c.number,
		       c.id,
		       h.at,
		       h.by_account,
		       a.name,
		       h.why
		FROM legal_hold AS h
		JOIN work_case AS c ON c.id = h.case_id
		JOIN account AS a ON a.id = h.by_account
		WHERE h.released_at IS NULL
		ORDER BY h.at DESC, h.id DESC`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[privacy.Hold])
	return all, fail(err)
}

// OnHold reports whether a case is held.
func (db *DB) OnHold(ctx context.Context, c string) (on bool, err error) {
	err = db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM legal_hold WHERE case_id = $1 AND released_at IS NULL)`, c).Scan(&on)
	return on, fail(err)
}

// InsertHold keeps what belongs to a case.
func (db *DB) InsertHold(ctx context.Context, h privacy.Hold, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, keepLock); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO legal_hold (
			    id,
			    case_id,
			    at,
			    by_account,
			    why
			)
			SELECT $1, id, $3, $4, $5
			FROM work_case
			WHERE number = $2`, h.ID, h.Number, h.At, h.By, h.Why)
		switch {
		case violates(err, uniqueViolation, "legal_hold_case"):
			return errs.New(errs.Conflict, "hold.exists", h.Number)
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Invalid, "hold.no_case", strings.TrimSpace(h.Number)).In("number")
		}
		return insertAudit(ctx, tx, line)
	})
}

// ReleaseHold ends a hold.
func (db *DB) ReleaseHold(ctx context.Context, h privacy.HoldID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE legal_hold
			SET released_at = $2,
			    released_by = $3
			WHERE id = $1 AND released_at IS NULL`, h, line.At, line.Actor)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "hold.released")
		}
		return insertAudit(ctx, tx, line)
	})
}
