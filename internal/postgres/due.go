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

// Due tells in one round trip whether there is anything for Strike,
// StrikeSummons, StrikeMemos, StrikeUnread or Gather.
func (c *Cases) Due(ctx context.Context, now time.Time, l casework.Letters) (bool, error) {
	var due bool
	err := c.pool.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM case_mark WHERE struck_at IS NULL AND due_at <= $1)
		    OR EXISTS (SELECT FROM summons_mark WHERE struck_at IS NULL AND due_at <= $1)
		    OR EXISTS (SELECT FROM memo_mark WHERE struck_at IS NULL AND due_at <= $1)
		    OR EXISTS (SELECT FROM alert WHERE chase_at <= $1)
		    OR EXISTS (SELECT FROM reach AS r WHERE`+owedLetter+`)`, now, l.Made, l.Since).Scan(&due)
	return due, fail(err)
}
