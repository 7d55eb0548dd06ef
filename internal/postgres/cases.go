package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
)

// Cases is the store of casework. It is a DB in which decisions and returns
// move cases, in the transaction that stores them.
type Cases struct {
	*DB
	planner *casework.Planner
}

// Cases makes the store of casework on the database.
func (db *DB) Cases(planner *casework.Planner) *Cases { return &Cases{DB: db, planner: planner} }

// caseColumns are what caseTargets takes, of work_case AS c.
const caseColumns = `
		       c.id,
		       c.number,
		       c.matter_id,
		       c.decision_id,
		       c.unit_id,
		       c.state,
		       c.clocks,
		       c.ending,
		       coalesce(c.into_case::text, ''),
		       c.asked,
		       c.extensions,
		       c.reopened,
		       c.returned_by,
		       c.parts,
		       c.tasks,
		       c.chased,
		       c.calls,
		       c.callback,
		       c.orders,
		       c.ordered,
		       coalesce(c.order_unit_id::text, ''),
		       c.instructed,
		       c.flagged,
		       c.joined,
		       c.untold,
		       c.letter,
		       c.letters,
		       c.way,
		       c.police,
		       c.outside,
		       c.delegate,
		       c.rating,
		       c.appeal,
		       c.appeals,
		       c.hands,
		       c.tried,
		       c.pauses,
		       c.withdrawn,
		       c.objection,
		       coalesce(c.group_id::text, ''),
		       coalesce(c.taken_by::text, ''),
		       coalesce(c.handler::text, ''),
		       c.chasing,
		       c.fruitless,
		       c.order_vain,
		       c.supervised,
		       c.explaining,
		       c.invited,
		       c.shares,
		       coalesce(c.superior::text, ''),
		       coalesce(c.first_asked::text, ''),
		       c.version,
		       c.last`

func caseTargets(c *casework.Case) []any {
	return []any{
		&c.ID, &c.Number, &c.Matter, &c.Decision, &c.Unit, &c.State, &c.Due, &c.Ending, &c.Into, &c.Asked, &c.Extensions,
		&c.Reopened, &c.ReturnedBy, &c.Parts, &c.Tasks, &c.Chased, &c.Calls, &c.Callback, &c.Orders, &c.Ordered, &c.OrderUnit, &c.Instructed, &c.Flagged, &c.Joined, &c.Untold,
		&c.Letter, &c.Letters, &c.Way, &c.Police, &c.Outside, &c.Delegate, &c.Rating, &c.Appeal, &c.Appeals, &c.Hands, &c.Tried, &c.Pauses, &c.Withdrawn, &c.Objection, &c.Group, &c.Taker, &c.Handler, &c.Chasing, &c.Fruitless, &c.OrderVain, &c.Supervised, &c.Explaining, &c.Invited, &c.Shares, &c.Superior, &c.First, &c.Version, &c.Last,
	}
}

// docketColumns are what scanDocket takes, of docketTables.
const docketColumns = caseColumns + `,` + besideCase + `,` + namesInCase

const docketTables = `
		FROM work_case AS c
		JOIN decision AS d ON d.id = c.decision_id` + besideTables

// besideTables joins what besideCase is of to work_case AS c and its decision.
const besideTables = `
		JOIN category AS k ON k.id = d.category_id
		JOIN matter AS m ON m.id = c.matter_id
		JOIN message AS s ON s.id = m.message_id
		JOIN contact AS t ON t.id = s.contact_id
		LEFT JOIN accusation AS x ON x.matter_id = c.matter_id`

// besideCase is what a docket has besides the case itself.
const besideCase = `
		       d.type,
		       d.urgency,
		       k.time_limit,
		       d.category_id,
		       ARRAY (SELECT a.unit_id FROM assignment AS a WHERE a.decision_id = c.decision_id AND a.ordinal > 0 ORDER BY a.ordinal),
		       ARRAY (SELECT h.account_id FROM unit_head AS h WHERE h.unit_id = c.unit_id ORDER BY h.account_id),
		       ARRAY (SELECT g.account_id FROM work_group_member AS g WHERE g.group_id = c.group_id ORDER BY g.account_id),
		       coalesce(m.desk::text, ''),
		       ARRAY (SELECT q.unit_id FROM sub_centre AS q),
		       ` + toldAbove + `,
		       c.receipt,
		       t.channel,
		       m.title,
		       m.body,
		       coalesce(s.area, ''),
		       coalesce((SELECT p.place FROM matter_place AS p WHERE p.matter_id = m.id), nullif(s.place, ''), c.place),
		       s.consent,
		       s.secret = 'locked',` + accusationColumns

// namesInCase are the names of people, which are looked up for who reads a case.
const namesInCase = `
		       coalesce((SELECT h.name FROM account AS h WHERE h.id = c.handler), ''),
		       coalesce((SELECT h.name FROM account AS h WHERE h.id = c.first_asked), ''),
		       coalesce((SELECT h.name FROM account AS h WHERE h.id = c.superior), '')`

// oneDocket reads docketColumns of one case, of which the condition follows, with
// the names given. What is beside the case is joined apart from it: each join
// hands on all that is read of what it joins, and a case has 56 columns.
func oneDocket(names string) string {
	return `
		SELECT` + caseColumns + `,
		       f.*
		FROM work_case AS c
		CROSS JOIN LATERAL (
		    SELECT` + besideCase + `,` + names + `
		    FROM decision AS d` + besideTables + `
		    WHERE d.id = c.decision_id
		    OFFSET 0
		) AS f
		WHERE `
}

func scanDocket(row pgx.CollectableRow) (d casework.Docket, err error) {
	targets := append(caseTargets(&d.Case), &d.Type, &d.Urgency, &d.Limit, &d.Category, &d.CoUnits, &d.Heads, &d.Team, &d.Desk, &d.Centres, &d.Over, &d.Receipt,
		&d.Channel, &d.Title, &d.Text, &d.Area, &d.Place, &d.Consent, &d.Locked)
	targets = append(append(targets, accusationTargets(&d.Accused)...), &d.Has, &d.Asker, &d.Above)
	return d, row.Scan(targets...)
}

// Docket gives a case by what identifies it, or errs.NotFound. Each kind of key
// is a query of its own: one for all of them would be planned anew every time.
func (c *Cases) Docket(ctx context.Context, key casework.Key) (casework.Docket, error) {
	all := oneDocket(namesInCase)
	sql, value := all+`c.id = $1`, string(key.ID)
	switch {
	case key.Receipt != "":
		sql, value = all+`c.receipt = $1`, key.Receipt
	case key.Matter != "":
		sql, value = all+`c.matter_id = $1`, string(key.Matter)
	case key.Number != "":
		sql, value = all+`c.number = $1`, key.Number
	}
	rows, err := c.pool.Query(ctx, sql, optional(value))
	if err != nil {
		return casework.Docket{}, fail(err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, scanDocket)
	return d, orNotFound(err, "case.not_found")
}

// selectEvents reads events as pgx.RowToStructByPos[casework.Event] takes them.
const selectEvents = `
		SELECT e.case_id,
		       e.ordinal,
		       e.at,
		       coalesce(e.by_account::text, ''),
		       coalesce(a.name, ''),
		       e.move,
		       e.from_state,
		       e.to_state,
		       e.unit_id,
		       e.decision_id,
		       e.reason,
		       e.days,
		       e.words,
		       e.public,
		       e.clocks,
		       e.facts
		FROM case_event AS e
		LEFT JOIN account AS a ON a.id = e.by_account`

const eventsOf = selectEvents + `
		WHERE e.case_id = (SELECT $1::uuid)
		ORDER BY e.ordinal`

// History gives the events of a case, oldest first.
func (c *Cases) History(ctx context.Context, id casework.CaseID) ([]casework.Event, error) {
	rows, err := c.pool.Query(ctx, eventsOf, id)
	if err != nil {
		return nil, fail(err)
	}
	history, err := pgx.CollectRows(rows, pgx.RowToStructByPos[casework.Event])
	return history, fail(err)
}

// CaseFile gives a case with its events in one round trip. An event that is stored
// between the two is among the events only.
func (c *Cases) CaseFile(ctx context.Context, id casework.CaseID) (casework.Docket, []casework.Event, error) {
	var d casework.Docket
	var history []casework.Event
	b := &pgx.Batch{}
	b.Queue(oneDocket(namesInCase)+`c.id = $1`, id).Query(func(rows pgx.Rows) (err error) {
		d, err = pgx.CollectExactlyOneRow(rows, scanDocket)
		return err
	})
	b.Queue(eventsOf, id).Query(func(rows pgx.Rows) (err error) {
		history, err = pgx.CollectRows(rows, pgx.RowToStructByPos[casework.Event])
		return err
	})
	err := c.pool.SendBatch(ctx, b).Close()
	return d, history, orNotFound(err, "case.not_found")
}

// Move holds the case, plans a step on it as it stands, and stores that whole
// or not at all.
func (c *Cases) Move(ctx context.Context, id casework.CaseID, seen int, plan casework.Plan) (casework.Case, error) {
	var l locked
	var after casework.Case
	b := beginning()
	l.queue(b, id)
	err := c.inBatches(ctx, b, func(tx pgx.Tx) (last *pgx.Batch, err error) {
		after, last, err = l.move(ctx, tx, seen, plan)
		return last, err
	})
	return after, err
}

// Act holds the case, plans a step on all of it as it stands but the names of
// people, and stores that whole or not at all.
func (c *Cases) Act(ctx context.Context, id casework.CaseID, plan func(casework.Docket) (casework.Step, error)) (casework.Docket, error) {
	var d casework.Docket
	b := beginning()
	queueMatterOf(b, id)
	b.Queue(`SELECT FROM work_case WHERE id = $1 FOR NO KEY UPDATE`, id)
	b.Queue(oneDocket(` '', '', ''`)+`c.id = $1`, id).Query(func(rows pgx.Rows) (err error) {
		d, err = pgx.CollectExactlyOneRow(rows, scanDocket)
		return orNotFound(err, "case.not_found")
	})
	err := c.inBatches(ctx, b, func(tx pgx.Tx) (*pgx.Batch, error) {
		step, err := plan(d)
		if err != nil {
			return nil, err
		}
		d.Case = step.Case
		return carryOut(ctx, tx, step)
	})
	return d, err
}

// moveIn is Cases.Move within a transaction.
func moveIn(ctx context.Context, tx pgx.Tx, id casework.CaseID, seen int, plan casework.Plan) (casework.Case, error) {
	var l locked
	b := &pgx.Batch{}
	l.queue(b, id)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return casework.Case{}, err
	}
	after, last, err := l.move(ctx, tx, seen, plan)
	if err == nil {
		err = tx.SendBatch(ctx, last).Close()
	}
	return after, err
}

// locked is a case that a transaction holds.
type locked struct {
	stands  casework.Case
	subject casework.Subject
}

// queue holds a case and reads it.
func (l *locked) queue(b *pgx.Batch, id casework.CaseID) {
	queueMatterOf(b, id)
	b.Queue(lockCaseBy+`c.id = $1
		FOR NO KEY UPDATE OF c`, id).QueryRow(func(row pgx.Row) error {
		return orNotFound(row.Scan(lockTargets(&l.stands, &l.subject)...), "case.not_found")
	})
}

// move stores the step that plan makes, up to the last batch.
func (l *locked) move(ctx context.Context, tx pgx.Tx, seen int, plan casework.Plan) (after casework.Case, last *pgx.Batch, err error) {
	if seen != casework.AnySeen && seen != l.stands.Version {
		return after, nil, errs.New(errs.Conflict, "case.moved")
	}
	step, err := plan(l.stands, l.subject)
	if err != nil {
		return after, nil, err
	}
	last, err = carryOut(ctx, tx, step)
	return step.Case, last, err
}

// queueMatterOf holds the matter of a case, before the case, as decisions do.
func queueMatterOf(b *pgx.Batch, id casework.CaseID) {
	b.Queue(`
		SELECT
		FROM matter
		WHERE id = (SELECT matter_id FROM work_case WHERE id = $1)
		FOR NO KEY UPDATE`, id)
}

// carryOut stores a step of somebody's on a case that is locked, with what goes
// with it, up to the last batch.
func carryOut(ctx context.Context, tx pgx.Tx, step casework.Step) (last *pgx.Batch, err error) {
	if e := step.Event; e.Move == casework.HandDown || e.Move == casework.Assign || e.Move == casework.SetTask {
		if err := refuseAccused(ctx, tx, step.Case.Matter, e.Reason); err != nil {
			return nil, err
		}
	}
	if step.Return != nil {
		if _, err := insertReturn(ctx, tx, *step.Return, ""); err != nil {
			return nil, err
		}
	}
	return beginStep(ctx, tx, &pgx.Batch{}, step)
}

// lockCaseBy begins the statement that holds a case and reads lockTargets.
const lockCaseBy = `
		SELECT` + lockColumns + `
		FROM work_case AS c
		JOIN decision AS d ON d.id = c.decision_id
		JOIN category AS k ON k.id = d.category_id
		WHERE `

// lockColumns are what lockTargets takes.
const lockColumns = caseColumns + `,
		       d.type,
		       d.urgency,
		       k.time_limit`

func lockTargets(c *casework.Case, s *casework.Subject) []any {
	return append(caseTargets(c), &s.Type, &s.Urgency, &s.Limit)
}

// lockCase holds the case of a matter until the transaction ends and gives it
// with its subject; the zero Case when none was filed.
func lockCase(ctx context.Context, tx pgx.Tx, matter intake.MatterID) (casework.Case, casework.Subject, error) {
	var c casework.Case
	var s casework.Subject
	b := &pgx.Batch{}
	queueCase(b, matter, &c, &s)
	err := tx.SendBatch(ctx, b).Close()
	return c, s, err
}

func queueCase(b *pgx.Batch, matter intake.MatterID, c *casework.Case, s *casework.Subject) {
	b.Queue(lockCaseBy+`c.matter_id = $1
		FOR NO KEY UPDATE OF c`, matter).QueryRow(func(row pgx.Row) error {
		err := row.Scan(lockTargets(c, s)...)
		if noRows(err) {
			*c = casework.Case{Matter: matter}
			return nil
		}
		return err
	})
}
