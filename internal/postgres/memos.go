package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// selectMemos reads memos as scanMemo takes them. What is locked of a case is not
// read in a letter about it either.
var selectMemos = `
		SELECT o.id,
		       o.year,
		       o.number,
		       o.unit_id,
		       o.title,
		       CASE WHEN EXISTS (SELECT FROM memo_case AS k JOIN work_case AS c ON c.id = k.case_id WHERE k.memo_id = o.id AND ` + lockedMatter(`c.matter_id`) + `) THEN '` + intake.LockedText + `' ELSE o.body END,
		       o.by_account,
		       a.name,
		       o.at,
		       o.ack_due,
		       o.due_at,
		       (
		           SELECT jsonb_agg(jsonb_build_object('id', c.id, 'number', c.number) ORDER BY c.number)
		           FROM memo_case AS k
		           JOIN work_case AS c ON c.id = k.case_id
		           WHERE k.memo_id = o.id
		       ),
		       coalesce((
		           SELECT jsonb_agg(jsonb_build_object(
		               'ordinal', e.ordinal, 'at', e.at, 'by', coalesce(e.by_account::text, ''), 'by_name', coalesce(p.name, ''), 'move', e.move, 'text', e.words
		           ) ORDER BY e.ordinal)
		           FROM memo_event AS e
		           LEFT JOIN account AS p ON p.id = e.by_account
		           WHERE e.memo_id = o.id
		       ), '[]')
		FROM memo AS o
		JOIN account AS a ON a.id = o.by_account`

func memoTargets(m *casework.Memo) []any {
	return []any{&m.ID, &m.Year, &m.Number, &m.Unit, &m.Title, &m.Body, &m.By, &m.ByName, &m.At, &m.AckDue, &m.Due, &m.Cases, &m.Events}
}

func scanMemo(row pgx.CollectableRow) (m casework.Memo, err error) {
	return m, row.Scan(memoTargets(&m)...)
}

// memoShown is the condition that none of a memo's cases complains of whoever
// reads it; its arguments are those of shunArgs.
func memoShown(first int) string {
	return `NOT EXISTS (
		    SELECT
		    FROM memo_case AS k
		    JOIN work_case AS c ON c.id = k.case_id
		    JOIN accusation AS x ON x.matter_id = c.matter_id
		    WHERE k.memo_id = o.id AND NOT ` + unshunned(first) + `
		)`
}

// Memo gives one to a reader.
func (c *Cases) Memo(ctx context.Context, id casework.MemoID, reader org.Actor) (casework.Memo, error) {
	units, accounts, desk := shunArgs(reader)
	var m casework.Memo
	err := c.pool.QueryRow(ctx, selectMemos+`
		WHERE o.id = $1
		  AND `+memoShown(2), id, units, accounts, desk).Scan(memoTargets(&m)...)
	return m, orNotFound(err, "memo.not_found")
}

// memoLists are the conditions of the lists; $1 is now.
var memoLists = map[casework.MemoShow]string{
	casework.MemoToAck:    `NOT ` + memoDid + `'ack')`,
	casework.MemoToAnswer: memoDid + `'ack') AND NOT ` + memoDid + `'answer')`,
	casework.MemoOverdue: `NOT ` + memoDid + `'answer')
		  AND CASE WHEN ` + memoDid + `'ack') THEN o.due_at ELSE o.ack_due END <= $1`,
	casework.MemoDone: memoDid + `'answer')`,
	casework.MemoAll:  `true`,
}

// memoDid begins the condition that a move was made on a memo.
const memoDid = `EXISTS (SELECT FROM memo_event AS e WHERE e.memo_id = o.id AND e.move = `

// Memos lists them, the latest first.
func (c *Cases) Memos(ctx context.Context, f casework.MemoFilter) ([]casework.Memo, error) {
	units, accounts, desk := shunArgs(f.Reader)
	rows, err := c.pool.Query(ctx, selectMemos+`
		WHERE `+memoLists[f.Show]+`
		  AND $1::timestamptz IS NOT NULL
		  AND ($2::uuid IS NULL OR o.unit_id = $2)
		  AND ($3::uuid IS NULL OR EXISTS (SELECT FROM memo_case AS k WHERE k.memo_id = o.id AND k.case_id = $3))
		  AND ($4::uuid IS NULL OR o.id < $4)
		  AND `+memoShown(6)+`
		ORDER BY o.id DESC
		LIMIT $5`, f.Now, optional(f.Unit), optional(f.Case), optional(f.Before), f.Limit, units, accounts, desk)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanMemo)
	return all, fail(err)
}

// SendMemo stores a new memo under the next number of its year, with what it
// makes of its cases. The number's row is held until all of that is stored, so
// that none is left out when it fails.
func (c *Cases) SendMemo(ctx context.Context, m casework.Memo, plan func(casework.Memo, int) casework.Plan, line org.Audit) (casework.Memo, error) {
	err := c.inTx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			INSERT INTO memo_year AS y (year, last)
			VALUES ($1, 1)
			ON CONFLICT (year) DO UPDATE SET last = y.last + 1
			RETURNING last`, m.Year).Scan(&m.Number)
		if err != nil {
			return err
		}
		for i, k := range m.Cases {
			if _, err := moveIn(ctx, tx, k.ID, casework.AnySeen, plan(m, i)); err != nil {
				return err
			}
		}
		b := &pgx.Batch{}
		b.Queue(`
			INSERT INTO memo (
			    id,
			    year,
			    number,
			    unit_id,
			    title,
			    body,
			    by_account,
			    at,
			    ack_due,
			    due_at
			) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			m.ID, m.Year, m.Number, m.Unit, m.Title, m.Body, m.By, m.At, m.AckDue, m.Due)
		for _, k := range m.Cases {
			b.Queue(`
				INSERT INTO memo_case (memo_id, case_id)
				VALUES ($1, $2)`, m.ID, k.ID)
		}
		for _, k := range m.Marks() {
			b.Queue(`
				INSERT INTO memo_mark (memo_id, kind, due_at)
				VALUES ($1, $2, $3)`, m.ID, k.Kind, k.At)
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		line.Detail = m.Code() + " " + line.Detail
		return insertAudit(ctx, tx, line)
	})
	if violates(err, uniqueViolation, "memo_pkey") {
		return m, errs.Wrap(err, errs.Conflict, "memo.exists")
	}
	return m, err
}

func insertMemoEvent(ctx context.Context, tx pgx.Tx, e casework.MemoEvent) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO memo_event (
		    memo_id,
		    ordinal,
		    at,
		    by_account,
		    move,
		    words
		) VALUES ($1, $2, $3, $4, $5, $6)`, e.Memo, e.Ordinal, e.At, optional(e.By), e.Move, e.Text)
	return err
}

// lockMemo holds a memo and reads it. The lock comes first, and the memo by a
// statement of its own: what happened to it while another waited is read too.
func lockMemo(ctx context.Context, tx pgx.Tx, id casework.MemoID) (casework.Memo, error) {
	var m casework.Memo
	if _, err := tx.Exec(ctx, `SELECT FROM memo WHERE id = $1 FOR NO KEY UPDATE`, id); err != nil {
		return m, err
	}
	err := tx.QueryRow(ctx, selectMemos+` WHERE o.id = $1`, id).Scan(memoTargets(&m)...)
	return m, orNotFound(err, "memo.not_found")
}

// MoveMemo stores what happens to a memo and, where it can, to its cases.
func (c *Cases) MoveMemo(
	ctx context.Context, id casework.MemoID, event func(casework.Memo) (casework.MemoEvent, error), plan casework.Plan, line org.Audit,
) error {
	return c.inTx(ctx, func(tx pgx.Tx) error {
		m, err := lockMemo(ctx, tx, id)
		if err != nil {
			return err
		}
		e, err := event(m)
		if err != nil {
			return err
		}
		if err := insertMemoEvent(ctx, tx, e); err != nil {
			return err
		}
		for _, k := range m.Cases {
			if _, err := moveIn(ctx, tx, k.ID, casework.AnySeen, plan); err != nil && errs.KindOf(err) != errs.Conflict {
				return err
			}
		}
		return insertAudit(ctx, tx, line)
	})
}

// StrikeMemos takes one mark of a memo that was reached, and stores the event
// that chase makes of it, in one transaction; as Strike for cases. People are
// told by a step on the first of its cases that its unit still has.
func (c *Cases) StrikeMemos(
	ctx context.Context, now time.Time, chase func(casework.Memo, casework.MarkKind) (casework.MemoEvent, bool), late func(casework.MarkKind) casework.Plan,
) (bool, error) {
	struck := false
	err := c.inTx(ctx, func(tx pgx.Tx) error {
		var id casework.MemoID
		var kind casework.MarkKind
		err := tx.QueryRow(ctx, `
			SELECT k.memo_id,
			       k.kind
			FROM memo_mark AS k
			JOIN memo AS o ON o.id = k.memo_id
			WHERE k.struck_at IS NULL AND k.due_at <= $1
			ORDER BY k.due_at, k.memo_id
			LIMIT 1
			FOR NO KEY UPDATE OF o SKIP LOCKED`, now).Scan(&id, &kind)
		if noRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		struck = true
		tag, err := tx.Exec(ctx, `
			UPDATE memo_mark
			SET struck_at = $3
			WHERE memo_id = $1 AND kind = $2 AND struck_at IS NULL`, id, kind, now)
		if err != nil || tag.RowsAffected() == 0 { // somebody was faster
			return err
		}
		m, err := lockMemo(ctx, tx, id)
		if err != nil {
			return err
		}
		e, owes := chase(m, kind)
		if !owes {
			return nil
		}
		if err := insertMemoEvent(ctx, tx, e); err != nil {
			return err
		}
		return tellOfMemo(ctx, tx, m, late(kind))
	})
	return struck, err
}

// tellOfMemo makes a step on the first open case of a memo that its unit has.
func tellOfMemo(ctx context.Context, tx pgx.Tx, m casework.Memo, plan casework.Plan) error {
	var first casework.CaseID
	err := tx.QueryRow(ctx, `
		SELECT c.id
		FROM memo_case AS k
		JOIN work_case AS c ON c.id = k.case_id
		WHERE k.memo_id = $1 AND c.unit_id = $2 AND c.state NOT IN ('closed', 'merged', 'void')
		ORDER BY c.number
		LIMIT 1`, m.ID, m.Unit).Scan(&first)
	if noRows(err) {
		return nil // the memo's own list says that it is late
	}
	if err != nil {
		return err
	}
	_, err = moveIn(ctx, tx, first, casework.AnySeen, plan)
	if err != nil && errs.KindOf(err) == errs.Conflict { // closed by now
		return nil
	}
	return err
}
