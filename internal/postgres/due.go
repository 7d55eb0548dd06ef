package postgres

import (
	"context"
	"time"

	"huying/casework"
)

// owedLetter tells of reach AS r that a letter is to be written by $1, of alerts
// made by $2, to whoever was not written to after $3.
const owedLetter = `
			EXISTS (
			    SELECT
			    FROM alert AS n
			    WHERE n.account_id = r.account_id
			      AND n.waits
			      AND n.at <= $2
			      AND (n.urgent OR r.told_at IS NULL OR r.told_at <= $3 OR r.told_at > $1)
			)`

// Due tells in one round trip for which of Strike, StrikeSummons, StrikeMemos,
// StrikeUnread and Gather there is anything. The earliest of each is looked for
// by its index: EXISTS would read a table through, for a plan that does not know
// the time expects many to be due.
func (c *Cases) Due(ctx context.Context, now time.Time, l casework.Letters) (casework.DueKinds, error) {
	var d casework.DueKinds
	err := c.pool.QueryRow(ctx, `
		SELECT coalesce((SELECT due_at FROM case_mark WHERE struck_at IS NULL ORDER BY due_at LIMIT 1) <= $1, false),
		       coalesce((SELECT due_at FROM summons_mark WHERE struck_at IS NULL ORDER BY due_at LIMIT 1) <= $1, false),
		       coalesce((SELECT due_at FROM memo_mark WHERE struck_at IS NULL ORDER BY due_at LIMIT 1) <= $1, false),
		       coalesce((SELECT chase_at FROM alert WHERE chase_at IS NOT NULL ORDER BY chase_at LIMIT 1) <= $1, false),
		       coalesce((SELECT true FROM reach AS r WHERE`+owedLetter+` LIMIT 1), false)`, now, l.Made, l.Since).
		Scan(&d.Cases, &d.Summonses, &d.Memos, &d.Unread, &d.Letters)
	return d, fail(err)
}
