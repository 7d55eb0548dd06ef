package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
)

// planned makes PostgreSQL plan a query for the parameters it comes with. Kept
// statements are planned for any parameters from their sixth run on: for a time
// of unknown length that is an index step per row, four times as slow over
// 40,000 decisions of three months.
const planned = pgx.QueryExecModeCacheDescribe

// Weeks counts the decisions that stand, were made in [from, to), name a
// category and had a suggestion, by week and channel, and how many took the
// first candidate.
func (db *DB) Weeks(ctx context.Context, from, to time.Time) ([]classifier.WeekCount, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT date_trunc('week', at, 'Asia/Shanghai') AS monday,
		       channel,
		       count(*),
		       count(*) FILTER (WHERE place = 1)
		FROM standing_decision
		WHERE category_id IS NOT NULL
		  AND doubt IS NOT NULL
		  AND at >= $1
		  AND at < $2
		GROUP BY 1, 2`, planned, from, to)
	if err != nil {
		return nil, fail(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.WeekCount])
	return out, fail(err)
}
