package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/org"
)

// storeStep appends an event and stores what the case has become by it. It
// needs the case locked.
func storeStep(ctx context.Context, tx pgx.Tx, s casework.Step) error {
	last, err := beginStep(ctx, tx, &pgx.Batch{}, s)
	if err != nil {
		return err
	}
	return tx.SendBatch(ctx, last).Close()
}

// beginStep is storeStep after what b holds, up to the last batch, which whoever
// ends the transaction sends.
func beginStep(ctx context.Context, tx pgx.Tx, b *pgx.Batch, s casework.Step) (last *pgx.Batch, err error) {
	b.Queue(updateCase, append(stored(s.Case), s.Climbs())...)
	return beginRest(ctx, tx, b, s)
}

// beginRest is beginStep after the case itself.
func beginRest(ctx context.Context, tx pgx.Tx, b *pgx.Batch, s casework.Step) (last *pgx.Batch, err error) {
	queueEvent(b, s.Event)
	queueMarks(b, s)
	queueAlerts(b, s)
	var told []holder
	if !queueTold(b, s, &told) {
		return b, nil
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	last = &pgx.Batch{}
	return last, queueLetters(last, s, told)
}

// storedColumns are what stored gives, in order.
var storedColumns = []string{
	"id", "decision_id", "unit_id", "state", "ending", "clocks", "accept_due", "soon_at", "citizen_due", "asked",
	"extensions", "reopened", "returned_by", "chased", "version", "last", "calls", "callback", "orders", "ordered",
	"into_case", "parts", "tried", "pauses", "withdrawn", "objection", "hands", "held_by", "rating", "appeal",
	"appeals", "way", "police", "letter", "letters", "order_unit_id", "instructed", "flagged", "joined", "outside",
	"delegate", "group_id", "taken_by", "handler", "chasing", "fruitless", "order_vain", "supervised", "explaining",
	"blamed_at", "untold", "invited", "shares", "superior", "first_asked", "tasks", "task_units",
}

// updateCase stores a case that has been filed, by what stored gives, and how far
// up its step has told people.
var updateCase = func() string {
	var set strings.Builder
	for i, name := range storedColumns[1:] {
		fmt.Fprintf(&set, "%s = $%d,\n		    ", name, i+2)
	}
	return fmt.Sprintf(`
		UPDATE work_case
		SET %sclimbed = CASE WHEN unit_id = $3 THEN greatest(climbed, $%d) ELSE 0 END
		WHERE id = $1`, set.String(), len(storedColumns)+1)
}()

// insertCase files a case, by what stored gives and then its number, receipt and
// matter, where it is and since when its clock runs. Who was refused first keeps
// the receipt of that.
var insertCase = func() string {
	values := make([]string, len(storedColumns))
	for i := range values {
		values[i] = fmt.Sprintf("$%d", i+1)
	}
	n := len(values)
	return fmt.Sprintf(`
		INSERT INTO work_case (
		    %s,
		    number,
		    receipt,
		    matter_id,
		    place,
		    filed_at,
		    patrol
		) VALUES (%s, $%d, coalesce((SELECT code FROM refusal_receipt WHERE matter_id = $%[5]d), $%[4]d), $%[5]d, $%[6]d, $%[7]d,
		    EXISTS (
		        SELECT FROM matter AS m
		        JOIN message AS s ON s.id = m.message_id
		        JOIN contact AS t ON t.id = s.contact_id
		        WHERE m.id = $%[5]d AND t.channel = 'patrol'
		    ))`, strings.Join(storedColumns, ",\n		    "), strings.Join(values, ", "), n+1, n+2, n+3, n+4, n+5)
}()

// queueMarks lets the marks that were not struck follow the clocks. Those that
// stay as they are, most of them, are not written again. A chase that was struck
// is not due again from the moment that it was counted from, also where a calendar
// that was imported since would have it at another time.
func queueMarks(b *pgx.Batch, s casework.Step) {
	if rule, _ := casework.RuleOf(s.Event.Move); rule.KeepsMarks() {
		return
	}
	kinds, times, from := make([]string, len(s.Marks)), make([]time.Time, len(s.Marks)), make([]*time.Time, len(s.Marks))
	for i, m := range s.Marks {
		kinds[i], times[i], from[i] = string(m.Kind), m.At, optionalTime(s.Case.CountedFrom(m.Kind))
	}
	b.Queue(`
		DELETE FROM case_mark AS k
		WHERE k.case_id = (SELECT $1::uuid)
		  AND coalesce(k.struck_at, 'infinity') = 'infinity' -- IS NULL has the index of all that are due read through, too
		  AND NOT EXISTS (
		      SELECT
		      FROM unnest((SELECT $2::text[]), (SELECT $3::timestamptz[]), (SELECT $4::timestamptz[])) AS m (kind, due_at, counted_from)
		      WHERE m.kind = k.kind AND m.due_at = k.due_at AND m.counted_from IS NOT DISTINCT FROM k.counted_from
		  )`, s.Case.ID, kinds, times, from)
	b.Queue(`
		INSERT INTO case_mark (
		    case_id,
		    kind,
		    due_at,
		    counted_from
		)
		SELECT $1, m.kind, m.due_at, m.counted_from
		FROM unnest((SELECT $2::text[]), (SELECT $3::timestamptz[]), (SELECT $4::timestamptz[])) AS m (kind, due_at, counted_from)
		WHERE NOT EXISTS (
		    SELECT
		    FROM case_mark AS k
		    WHERE k.case_id = (SELECT $1::uuid) AND k.kind = m.kind AND k.counted_from = m.counted_from AND k.struck_at IS NOT NULL
		)
		ON CONFLICT DO NOTHING`, s.Case.ID, kinds, times, from)
}

// queueEvent appends a line to a case's history.
func queueEvent(b *pgx.Batch, e casework.Event) {
	b.Queue(`
		INSERT INTO case_event (
		    case_id,
		    ordinal,
		    at,
		    by_account,
		    move,
		    from_state,
		    to_state,
		    unit_id,
		    decision_id,
		    reason,
		    days,
		    words,
		    public,
		    clocks,
		    facts
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		e.Case, e.Ordinal, e.At, optional(e.By), e.Move, e.From, e.To, e.Unit, e.Decision, e.Reason, e.Days, e.Text, e.Public, e.Due, e.Facts)
}

// stored are what an update of a case writes, in order.
func stored(c casework.Case) []any {
	return []any{
		c.ID, c.Decision, c.Unit, c.State, c.Ending, c.Due, c.Due.Accept, c.Due.Soon, c.Due.Citizen, c.Asked, c.Extensions,
		c.Reopened, unitIDs(c.ReturnedBy), c.Chased, c.Version, c.Last, c.Calls, c.Callback, c.Orders, c.Ordered, optional(c.Into), unitIDs(c.Parts),
		c.Tried, c.Pauses, c.Withdrawn, c.Objection, c.Hands, holders(c), c.Rating, c.Appeal, c.Appeals, c.Way, c.Police, c.Letter, c.Letters,
		optional(c.OrderUnit), c.Instructed, c.Flagged, c.Joined, c.Outside, c.Delegate, optional(c.Group), optional(c.Taker),
		optional(c.Handler), c.Chasing, c.Fruitless, c.OrderVain, c.Supervised, c.Explaining, optionalTime(c.Due.Blamed), c.Untold,
		c.Invited, c.Shares, optional(c.Superior), optional(c.First), c.Tasks, taskUnits(c),
	}
}

// taskUnits are the co-units that still have to do something.
func taskUnits(c casework.Case) []org.UnitID {
	out := []org.UnitID{}
	for _, t := range c.OpenTasks() {
		out = append(out, t.Unit)
	}
	return out
}

// holders are the units to which a case was handed down.
func holders(c casework.Case) []org.UnitID {
	out := make([]org.UnitID, len(c.Hands))
	for i, h := range c.Hands {
		out[i] = h.Unit
	}
	return out
}
