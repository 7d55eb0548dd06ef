package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
)

// Accuracy compares the decisions that stand and were made in [from, to) with
// what was suggested. Rows are named by the Monday of the week (2006-01-02,
// Shanghai), by channel and by doubt. A decision that was corrected or
// withdrawn later does not stand and does not count.
func (db *DB) Accuracy(ctx context.Context, from, to time.Time) (classifier.Accuracy, error) {
	a := classifier.Accuracy{From: from, To: to}
	b := &pgx.Batch{}
	b.Queue(`SELECT set_config('plan_cache_mode', 'force_custom_plan', true)`) // until the batch ends; see planned
	// All sums in one pass: the whole, and by each of three.
	b.Queue(`
		SELECT CASE
		           WHEN grouping(week) = 0 THEN 'week'
		           WHEN grouping(channel) = 0 THEN 'channel'
		           WHEN grouping(doubt) = 0 THEN 'doubt'
		           ELSE 'all'
		       END,
		       coalesce(to_char(week AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), channel, doubt, ''),
		       count(*) FILTER (WHERE counts),
		       count(*) FILTER (WHERE counts AND place = 1),
		       count(*) FILTER (WHERE counts AND place <= 3),
		       count(*) FILTER (WHERE counts AND place <= 5),
		       count(*) FILTER (WHERE counts AND lead_right),
		       count(*) FILTER (WHERE kind = 'decline')
		FROM (
		    SELECT date_trunc('week', at, 'Asia/Shanghai') AS week,
		           channel,
		           doubt,
		           kind,
		           place,
		           lead_right,
		           category_id IS NOT NULL AND doubt IS NOT NULL AS counts
		    FROM standing_decision
		    WHERE at >= $1
		      AND at < $2
		) AS judged
		GROUP BY GROUPING SETS ((), (week), (channel), (doubt))
		HAVING count(*) FILTER (WHERE counts) > 0 OR grouping(week, channel, doubt) = 7
		ORDER BY 1, 2`, from, to)
	b.Queue(`
		SELECT suggested.name,
		       decided.name,
		       sum(pair.n)::bigint
		FROM (
		    SELECT suggested_id,
		           category_id,
		           count(*) AS n
		    FROM standing_decision
		    WHERE category_id <> suggested_id
		      AND at >= $1
		      AND at < $2
		    GROUP BY 1, 2
		) AS pair
		JOIN category AS suggested ON suggested.id = pair.suggested_id
		JOIN category AS decided ON decided.id = pair.category_id
		GROUP BY 1, 2
		ORDER BY 3 DESC, 1, 2
		LIMIT 20`, from, to)
	r := db.pool.SendBatch(ctx, b)
	defer r.Close()
	if _, err := r.Exec(); err != nil {
		return classifier.Accuracy{}, fail(err)
	}
	if err := readAccuracyRows(r, &a); err != nil {
		return classifier.Accuracy{}, fail(err)
	}
	rows, err := r.Query()
	if err != nil {
		return classifier.Accuracy{}, fail(err)
	}
	a.Worst, err = pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.ConfusedPair])
	return a, fail(err)
}

func readAccuracyRows(r pgx.BatchResults, a *classifier.Accuracy) error {
	rows, err := r.Query()
	if err != nil {
		return err
	}
	var by string
	var row classifier.AccuracyRow
	var top3, top5, declined int
	into := []any{&by, &row.Name, &row.Decided, &row.LeafRight, &top3, &top5, &row.LeadRight, &declined}
	_, err = pgx.ForEachRow(rows, into, func() error {
		switch by {
		case "week":
			a.Weeks = append(a.Weeks, row)
		case "channel":
			a.Channels = append(a.Channels, row)
		case "doubt":
			a.Doubts = append(a.Doubts, row)
		default:
			a.Decided, a.LeafRight, a.LeadRight = row.Decided, row.LeafRight, row.LeadRight
			a.LeafTop3, a.LeafTop5, a.Declined = top3, top5, declined
		}
		return nil
	})
	return err
}
