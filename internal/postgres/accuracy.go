package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
)

// judged are the decisions that stand and were made in [$1, $2), beside what
// was suggested. A decision that was corrected or withdrawn later is not a
// head and does not count.
const judged = `
		WITH judged AS (
		    SELECT d.kind,
		           to_char(date_trunc('week', d.at AT TIME ZONE 'Asia/Shanghai'), 'YYYY-MM-DD') AS week,
		           c.channel,
		           s.doubt,
		           s.candidates[1] AS suggested_id,
		           d.category_id,
		           d.category_id IS NOT NULL AND s.id IS NOT NULL AS counts,
		           d.category_id = s.candidates[1] AS leaf_right,
		           d.category_id = ANY (s.candidates[1:3]) AS leaf_top3,
		           d.category_id = ANY (s.candidates[1:5]) AS leaf_top5,
		           a.unit_id = s.lead_unit_id AS lead_right
		    FROM decision AS d
		    JOIN matter AS m ON m.id = d.matter_id
		    JOIN message AS g ON g.id = m.message_id
		    JOIN contact AS c ON c.id = g.contact_id
		    LEFT JOIN suggestion AS s ON s.id = d.suggestion_id
		    LEFT JOIN assignment AS a ON a.decision_id = d.id AND a.ordinal = 0
		    WHERE d.purpose = 'effective'
		      AND d.at >= $1
		      AND d.at < $2
		      AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)
		)`

// Accuracy compares the decisions that stand and were made in [from, to) with
// what was suggested. Rows are named by the Monday of the week (2006-01-02,
// Shanghai), by channel and by doubt.
func (db *DB) Accuracy(ctx context.Context, from, to time.Time) (classifier.Accuracy, error) {
	a := classifier.Accuracy{From: from, To: to}
	b := &pgx.Batch{}
	b.Queue(`SELECT set_config('plan_cache_mode', 'force_custom_plan', true)`) // until the batch ends; see planned
	b.Queue(judged+`
		SELECT count(*) FILTER (WHERE counts),
		       count(*) FILTER (WHERE counts AND leaf_right),
		       count(*) FILTER (WHERE counts AND leaf_top3),
		       count(*) FILTER (WHERE counts AND leaf_top5),
		       count(*) FILTER (WHERE counts AND lead_right),
		       count(*) FILTER (WHERE kind = 'decline')
		FROM judged`, from, to)
	b.Queue(judged+`
		SELECT CASE
		           WHEN grouping(week) = 0 THEN 'week'
		           WHEN grouping(channel) = 0 THEN 'channel'
		           ELSE 'doubt'
		       END,
		       coalesce(week, channel, doubt),
		       count(*),
		       count(*) FILTER (WHERE leaf_right),
		       count(*) FILTER (WHERE lead_right)
		FROM judged
		WHERE counts
		GROUP BY GROUPING SETS ((week), (channel), (doubt))
		ORDER BY 1, 2`, from, to)
	b.Queue(judged+`
		SELECT suggested.name,
		       decided.name,
		       count(*)
		FROM judged
		JOIN category AS suggested ON suggested.id = judged.suggested_id
		JOIN category AS decided ON decided.id = judged.category_id
		WHERE counts AND NOT leaf_right
		GROUP BY 1, 2
		ORDER BY 3 DESC, 1, 2
		LIMIT 20`, from, to)
	r := db.pool.SendBatch(ctx, b)
	defer r.Close()
	if _, err := r.Exec(); err != nil {
		return classifier.Accuracy{}, fail(err)
	}
	err := r.QueryRow().Scan(&a.Decided, &a.LeafRight, &a.LeafTop3, &a.LeafTop5, &a.LeadRight, &a.Declined)
	if err != nil {
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
	_, err = pgx.ForEachRow(rows, []any{&by, &row.Name, &row.Decided, &row.LeafRight, &row.LeadRight}, func() error {
		switch by {
		case "week":
			a.Weeks = append(a.Weeks, row)
		case "channel":
			a.Channels = append(a.Channels, row)
		default:
			a.Doubts = append(a.Doubts, row)
		}
		return nil
	})
	return err
}
