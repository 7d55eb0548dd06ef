package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
)

// earned are the rewards that count for limits: what was granted and is not
// given up.
const earned = `r.state NOT IN ('declined', 'void')`

// factColumns are what a case's reward is judged by, of factTables. $1 are the
// codes that earn, $2 and $3 begin day and month in China, $4 begins the days in
// which the same earns once, $5 is now.
const factColumns = `
		       c.id,
		       c.number,
		       c.receipt,
		       m.message_id,
		       m.title,
		       m.body,
		       ` + factPlace + `,
		       k.name,
		       (c.clocks ->> 'filed_at')::timestamptz,
		       d.type,
		       t.channel,
		       c.state,
		       c.ending,
		       cardinality($1::text[]) = 0 OR EXISTS (
		           WITH RECURSIVE above AS (
		               SELECT id, parent_id, code
		               FROM category
		               WHERE id = d.category_id
		               UNION ALL
		               SELECT n.id, n.parent_id, n.code
		               FROM above
		               JOIN category AS n ON n.id = above.parent_id
		           )
		           SELECT FROM above WHERE code = ANY ($1)
		       ),
		       g.phone_hash IS NOT NULL,
		       EXISTS (` + labelled + `),
		       EXISTS (SELECT FROM reward AS r WHERE r.case_id = c.id),
		       EXISTS (
		           WITH RECURSIVE joined AS (
		               SELECT id
		               FROM work_case
		               WHERE into_case = c.id
		               UNION
		               SELECT n.id
		               FROM joined
		               JOIN work_case AS n ON n.into_case = joined.id
		           )
		           SELECT
		           FROM joined
		           JOIN reward AS r ON r.case_id = joined.id AND r.state <> 'declined'
		       ),
		       own.today,
		       own.month,
		       own.fen,
		       own.words,
		       (
		           SELECT count(*)
		           FROM reward AS r
		           JOIN message AS o ON o.id = r.message_id
		           WHERE r.category_id = d.category_id
		             AND r.place = ` + factPlace + `
		             AND r.place <> ''
		             AND o.area IS NOT DISTINCT FROM g.area
		             AND ` + earned + `
		             AND r.at >= $4
		       )`

// factPlace is where it happened, as the case shows it.
const factPlace = `coalesce((SELECT p.place FROM matter_place AS p WHERE p.matter_id = m.id), nullif(g.place, ''), c.place)`

const factTables = `
		FROM work_case AS c
		JOIN decision AS d ON d.id = c.decision_id
		JOIN category AS k ON k.id = d.category_id
		JOIN matter AS m ON m.id = c.matter_id
		JOIN message AS g ON g.id = m.message_id
		JOIN contact AS t ON t.id = g.contact_id
		CROSS JOIN LATERAL (
		    SELECT count(*) FILTER (WHERE r.at >= $2) AS today,
		           count(*) FILTER (WHERE r.at >= $3) AS month,
		           coalesce(sum(r.fen) FILTER (WHERE r.at >= $3), 0) AS fen,
		           coalesce(array_agg(om.title || om.body) FILTER (WHERE r.at >= $4), '{}') AS words
		    FROM message AS o
		    JOIN reward AS r ON r.message_id = o.id
		    JOIN work_case AS oc ON oc.id = r.case_id
		    JOIN matter AS om ON om.id = oc.matter_id
		    WHERE o.phone_hash = g.phone_hash
		      AND ` + earned + `
		      AND r.at >= least($3::timestamptz, $4::timestamptz)
		) AS own`

// factArguments are the first five parameters of factColumns.
func factArguments(r casework.RewardRule, now time.Time) []any {
	china := now.In(time.FixedZone("Asia/Shanghai", 8*60*60))
	today := time.Date(china.Year(), china.Month(), china.Day(), 0, 0, 0, 0, china.Location())
	codes := r.Codes
	if codes == nil {
		codes = []string{}
	}
	return []any{codes, today, today.AddDate(0, 0, 1-today.Day()), now.AddDate(0, 0, -r.SameDays), now}
}

func scanFacts(row pgx.CollectableRow) (f casework.RewardFacts, err error) {
	err = row.Scan(&f.Case, &f.Number, &f.Receipt, &f.Message, &f.Title, &f.Text, &f.Place, &f.Leaf, &f.FiledAt, &f.Type, &f.Channel, &f.State, &f.Ending,
		&f.Listed, &f.Phone, &f.Labelled, &f.Decided, &f.Earned, &f.Day, &f.Month, &f.MonthFen, &f.Before, &f.AtPlace)
	return f, err
}

// RewardCandidates gives the facts of cases on which somebody may decide. A
// case's time never ends before the case is filed, so the lists of cases by that
// time bound what is looked at.
func (db *DB) RewardCandidates(ctx context.Context, r casework.RewardRule, now time.Time, before casework.CaseID, limit int) ([]casework.RewardFacts, error) {
	ready := `c.state NOT IN ('merged', 'void')`
	if r.When == casework.RewardClosed {
		ready = `c.state = 'closed' AND c.ending IN ('solved', 'promised')`
	}
	if before == "" {
		before = lastID
	}
	args := append(factArguments(r, now), r.Types, before, limit)
	rows, err := db.pool.Query(ctx, `
		SELECT`+factColumns+factTables+`
		JOIN reward_period AS p
		  ON p.seed IS NULL
		 AND c.citizen_due >= p.from_at
		 AND (c.clocks ->> 'filed_at')::timestamptz >= p.from_at
		 AND (c.clocks ->> 'filed_at')::timestamptz < p.until_at
		WHERE `+ready+`
		  AND d.type = ANY ($6)
		  AND t.channel <> 'patrol'
		  AND c.id < $7
		  AND NOT EXISTS (SELECT FROM reward AS r WHERE r.case_id = c.id)
		  AND `+noPersons("c.matter_id")+`
		ORDER BY c.id DESC
		LIMIT $8`, args...)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanFacts)
	return all, fail(err)
}
