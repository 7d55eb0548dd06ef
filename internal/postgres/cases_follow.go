package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// unitIDs gives an empty list for nil: the column is never NULL.
func unitIDs(all []org.UnitID) []org.UnitID {
	if all == nil {
		return []org.UnitID{}
	}
	return all
}

// InsertDecision is DB.InsertDecision, and what follows for the matter's case.
func (c *Cases) InsertDecision(ctx context.Context, d classifier.Decision, key string) (classifier.Decision, error) {
	return c.decide(ctx, d, key, func(ctx context.Context, tx pgx.Tx, b *pgx.Batch, d classifier.Decision) (*pgx.Batch, error) {
		stands, subject, from, err := caseBefore(ctx, tx, b, d)
		if err != nil {
			return nil, err
		}
		if err := giveReceipt(ctx, tx, d); err != nil {
			return nil, err
		}
		if d.Ruling, err = ruledAtDesk(ctx, tx, stands, d); err != nil {
			return nil, err
		}
		if err := endRefused(ctx, tx, d); err != nil {
			return nil, err
		}
		b = &pgx.Batch{}
		step, follows, err := c.planner.Follow(stands, subject, d)
		if err == nil && !follows && casework.Refuses(d) && (stands.State == "" || stands.State == casework.Void) {
			err = tellFirst(ctx, tx, d, stands.First, c.planner.ReadBy(d.At))
		}
		if err != nil || !follows {
			return b, err
		}
		queuePrecedent(b, d)
		begin := beginStep
		if stands.ID == "" {
			if err := fileCase(ctx, tx, b, step, d.Matter); err != nil {
				return nil, err
			}
			begin = beginRest
		}
		last, err := begin(ctx, tx, b, step)
		if err != nil || from == "" {
			return last, err
		}
		if err := tx.SendBatch(ctx, last).Close(); err != nil {
			return nil, err
		}
		return &pgx.Batch{}, c.noteStem(ctx, tx, step.Case, subject, d, from)
	})
}

// caseBefore holds the case of the matter that is decided on, as it stands before,
// and what it is about by the decision; of one that is about to be filed, who
// received the matter first, and, where it was cut off another case, that one and
// since when its clock runs. It is read after what b holds.
func caseBefore(ctx context.Context, tx pgx.Tx, b *pgx.Batch, d classifier.Decision) (c casework.Case, s casework.Subject, from casework.CaseID, err error) {
	var first org.AccountID
	var filed time.Time
	queueCase(b, d.Matter, &c, &s)
	queueFirst(b, d, &first)
	queueStem(b, d.Matter, &from, &filed)
	if d.Category != "" {
		b.Queue(`SELECT time_limit FROM category WHERE id = $1`, d.Category).QueryRow(func(row pgx.Row) error {
			s = casework.Subject{Type: d.Type, Urgency: d.Urgency}
			return row.Scan(&s.Limit)
		})
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return c, s, "", err
	}
	if c.First == "" {
		c.First = first
	}
	if c.ID != "" {
		return c, s, "", nil
	}
	c.Due.FiledAt = filed
	return c, s, from, nil
}

// ruledAtDesk is what a decision rules on a dispute: as it says, or, where it was
// made at the desk in the same category, on whose duty the matter is. What follows
// from units that end, or from other things, rules nothing.
func ruledAtDesk(ctx context.Context, tx pgx.Tx, stands casework.Case, d classifier.Decision) (*classifier.Ruling, error) {
	if d.Ruling != nil || !stands.Disputed() || d.Suggestion == "" || d.Category == "" {
		return d.Ruling, nil
	}
	r := classifier.Ruling{Between: stands.ReturnedBy, Kept: d.Lead == stands.Unit}
	var same bool
	err := tx.QueryRow(ctx, `
		SELECT left(m.title, $3),
		       p.category_id = $2
		FROM decision AS p
		JOIN matter AS m ON m.id = p.matter_id
		WHERE p.id = $1`, stands.Decision, d.Category, classifier.MaxFactsRunes).Scan(&r.Facts, &same)
	if err != nil || !same {
		return nil, err
	}
	return &r, nil
}

// queueFirst gives who sees a matter through: to whom it was handed on when it was
// refused, or the agent who took the call, or who of a unit saw it on patrol. What
// came without anybody in between, or from a file, is the one's who decides on it.
func queueFirst(b *pgx.Batch, d classifier.Decision, first *org.AccountID) {
	b.Queue(`
		SELECT a.id
		FROM matter AS m
		JOIN message AS s ON s.id = m.message_id
		JOIN contact AS t ON t.id = s.contact_id
		JOIN account AS a ON a.id = coalesce(m.first_asked, t.by_account) AND (a.id = m.first_asked OR a.roles && ARRAY['agent', 'unit']) AND NOT a.disabled
		WHERE m.id = $1`, d.Matter).QueryRow(func(row pgx.Row) error {
		err := row.Scan(first)
		if noRows(err) {
			*first = d.By
			return nil
		}
		return err
	})
}

// fileCase queues the row of a new case, with its number and receipt: the one
// that the citizen has already, if it was refused first.
func fileCase(ctx context.Context, tx pgx.Tx, b *pgx.Batch, s casework.Step, matter intake.MatterID) error {
	var number, place string
	read := &pgx.Batch{}
	queueNumber(read, matter, s.Event.At, &number)
	queuePlaceSaid(read, matter, &place)
	if err := tx.SendBatch(ctx, read).Close(); err != nil {
		return err
	}
	c := s.Case
	b.Queue(insertCase, append(stored(c), number, casework.NewReceipt(), matter, place, c.Due.FiledAt)...)
	return nil
}

// queueNumber gives the next case number of the day in the district where the
// matter happened, or in the city when that is not known: 990101-20261126-0001.
func queueNumber(b *pgx.Batch, matter intake.MatterID, at time.Time, number *string) {
	b.Queue(`
		WITH RECURSIVE up AS (
		    SELECT a.code, a.level, a.parent, 1 AS steps
		    FROM matter AS m
		    JOIN message AS s ON s.id = m.message_id
		    JOIN area AS a ON a.code = s.area
		    WHERE m.id = $1
		    UNION ALL
		    SELECT a.code, a.level, a.parent, up.steps + 1
		    FROM up
		    JOIN area AS a ON a.code = up.parent
		    WHERE up.level NOT IN ('district', 'city') AND up.steps < 8
		), place AS (
		    SELECT code
		    FROM (
		        SELECT code, 0 AS rank, -steps AS ordinal FROM up
		        UNION ALL
		        SELECT code, 1, ordinal FROM area WHERE parent IS NULL
		    ) AS found
		    ORDER BY rank, ordinal
		    LIMIT 1
		)
		INSERT INTO case_counter AS c (
		    area,
		    day,
		    last
		)
		SELECT code, ($2::timestamptz AT TIME ZONE 'Asia/Shanghai')::date, 1
		FROM place
		ON CONFLICT (area, day) DO UPDATE SET last = c.last + 1
		RETURNING area, day, last`, matter, at).QueryRow(func(row pgx.Row) error {
		var area string
		var day time.Time
		var n int
		err := row.Scan(&area, &day, &n)
		*number = fmt.Sprintf("%s-%s-%04d", area, day.Format("20060102"), n)
		return err
	})
}

// InsertReturn is DB.InsertReturn, and what follows for the matter's case.
func (c *Cases) InsertReturn(ctx context.Context, r classifier.Return, key string) (classifier.Return, error) {
	return c.noteReturn(ctx, r, key, func(ctx context.Context, tx pgx.Tx, r classifier.Return) error {
		stands, subject, err := lockCase(ctx, tx, r.Matter)
		if err != nil || stands.ID == "" {
			return err
		}
		step, follows, err := c.planner.GivenBack(stands, subject, r)
		if err != nil || !follows {
			return err
		}
		return storeStep(ctx, tx, step)
	})
}

// Strike takes one mark that was reached and stores the step that plan makes of
// it, in one transaction. Everything that changes marks locks the case first; one
// that somebody works on now is passed over and comes up the next time. The mark
// is locked with it, so that one that was struck a moment ago is not taken again.
func (c *Cases) Strike(ctx context.Context, now time.Time, plan func(casework.Case, casework.Subject, casework.Mark) (casework.Step, bool)) (bool, error) {
	struck := false
	var mark casework.Mark
	var k casework.Case
	var s casework.Subject
	b := beginning()
	b.Queue(`
		SELECT`+lockColumns+`,
		       m.kind,
		       m.due_at
		FROM case_mark AS m
		JOIN work_case AS c ON c.id = m.case_id
		JOIN decision AS d ON d.id = c.decision_id
		JOIN category AS k ON k.id = d.category_id
		WHERE m.struck_at IS NULL AND m.due_at <= $1
		ORDER BY m.due_at
		LIMIT 1
		FOR NO KEY UPDATE OF c, m SKIP LOCKED`, now).QueryRow(func(row pgx.Row) error {
		err := row.Scan(append(lockTargets(&k, &s), &mark.Kind, &mark.At)...)
		if noRows(err) {
			return nil
		}
		struck = err == nil
		return err
	})
	err := c.inBatches(ctx, b, func(tx pgx.Tx) (*pgx.Batch, error) {
		if !struck {
			return nil, nil
		}
		b := &pgx.Batch{}
		b.Queue(`
			UPDATE case_mark
			SET struck_at = $4
			WHERE case_id = $1 AND kind = $2 AND due_at = $3`, k.ID, mark.Kind, mark.At, now)
		step, means := plan(k, s, mark)
		if !means {
			return b, nil
		}
		return beginStep(ctx, tx, b, step)
	})
	return struck, err
}
