package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
)

// holder is a citizen who holds a receipt of a case, or of one that is handled
// with it.
type holder struct {
	Matter  intake.MatterID
	Message intake.MessageID
	Receipt string
	Unit    string
	Urgent  bool // danger
}

// queueTold has those read who are to be told of a step (false: nobody is), and
// takes back what a recalled decision was about to tell them. What was seen on
// patrol has nobody who is told.
func queueTold(b *pgx.Batch, s casework.Step, told *[]holder) bool {
	switch {
	case s.Event.Move == casework.Recall:
		b.Queue(`
			UPDATE notification
			SET state = 'void',
			    failure = '派单已撤回',
			    settled_at = $2
			WHERE starts_with(effect, $1) AND state = 'queued' AND attempts = 0 AND message_id IN (
			    SELECT message_id FROM matter WHERE id = $3
			)`, effectsOf(s.Case), s.Event.At, s.Case.Matter)
	case s.Tells != "":
		if s.Tells == casework.NotifyDispatched { // says more than that it has come in, if nobody has said that yet
			b.Queue(`
			UPDATE notification
			SET state = 'void',
			    failure = '已随派单告知',
			    settled_at = $2
			WHERE effect = (SELECT 'message:' || message_id || ':accepted' FROM matter WHERE id = $1) AND state = 'queued' AND attempts = 0`,
				s.Case.Matter, s.Event.At)
		}
		b.Queue(`
			SELECT m.id,
			       m.message_id,
			       c.receipt,
			       u.name,
			       d.urgency = 'A'
			FROM (
			    SELECT (SELECT $1::uuid) AS id
			    UNION ALL
			    SELECT id FROM work_case WHERE into_case = (SELECT $1::uuid)
			) AS k -- OR, too, would be planned anew every time
			JOIN work_case AS c ON c.id = k.id
			JOIN decision AS d ON d.id = c.decision_id
			JOIN matter AS m ON m.id = c.matter_id
			JOIN unit AS u ON u.id = $2
			WHERE NOT c.patrol`, s.Case.ID, s.Case.Unit).Query(func(rows pgx.Rows) (err error) {
			*told, err = pgx.CollectRows(rows, pgx.RowToStructByPos[holder])
			return err
		})
		return true
	}
	return false
}

// effectsOf begins the effect of all that is told of a case.
func effectsOf(c casework.Case) string { return "case:" + string(c.ID) + ":" }

// queueLetters stores what a step tells the citizens of a case. What follows
// from a decision waits until it cannot be undone any more, and is not sent
// when it was.
func queueLetters(b *pgx.Batch, s casework.Step, told []holder) error {
	for _, h := range told {
		effect := fmt.Sprintf("%s%d:%s:%s", effectsOf(s.Case), s.Event.Ordinal, s.Tells, h.Matter)
		n, err := casework.NewNotification(s.Tells, effect, h.Message, s.Event.At, casework.NotifyFacts{
			Receipt: h.Receipt, Unit: h.Unit, Due: s.Case.Due.Citizen, Urgent: h.Urgent,
		})
		if err != nil {
			return err
		}
		if rule, _ := casework.RuleOf(s.Event.Move); rule.By == casework.ByDecision {
			n.DueAt = n.DueAt.Add(classifier.UndoWindow)
		}
		queueNotification(b, n)
	}
	return nil
}
