package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// Template gives the latest template of a leaf, or of one that it continues in
// an older version of the catalogue, its own first.
func (db *DB) Template(ctx context.Context, c classifier.CategoryID) (casework.Template, error) {
	var t casework.Template
	err := db.pool.QueryRow(ctx, `
		WITH RECURSIVE line AS (
		    SELECT $1::uuid AS id, 0 AS steps
		    UNION
		    SELECT s.old_id, line.steps + 1
		    FROM line
		    JOIN category_succession AS s ON s.new_id = line.id
		    WHERE line.steps < 50
		)
		SELECT line.id,
		       t.body,
		       t.by_account,
		       a.name,
		       t.at
		FROM line
		JOIN answer_template AS t ON t.category_id = line.id
		JOIN account AS a ON a.id = t.by_account
		ORDER BY line.steps, t.id DESC
		LIMIT 1`, c).Scan(&t.Category, &t.Text, &t.By, &t.ByName, &t.At)
	if noRows(err) {
		return casework.Template{Category: c}, nil
	}
	return t, fail(err)
}

// InsertTemplate stores a new text for a leaf, and its audit line.
func (db *DB) InsertTemplate(ctx context.Context, t casework.Template, line org.Audit) error {
	err := db.execAudited(ctx, line, `
		INSERT INTO answer_template (
		    category_id,
		    body,
		    by_account,
		    at
		) VALUES ($1, $2, $3, $4)`, t.Category, t.Text, t.By, t.At)
	if violates(err, foreignKeyViolation, "answer_template_category_id_fkey") {
		return errs.Wrap(err, errs.NotFound, "category.not_found")
	}
	return err
}

// LikeClosed gives solved cases of the same leaf (or of what it continues) with
// their answers: those whose words are nearest first, then the latest.
func (c *Cases) LikeClosed(ctx context.Context, id casework.CaseID, limit int) ([]casework.Like, error) {
	rows, err := c.pool.Query(ctx, `
		WITH own AS (
		    SELECT c.matter_id,
		           d.category_id,
		           v.model,
		           v.v
		    FROM work_case AS c
		    JOIN decision AS d ON d.id = c.decision_id
		    LEFT JOIN LATERAL (
		        SELECT model, v FROM matter_vector WHERE matter_id = c.matter_id AND part = 'text' ORDER BY model DESC LIMIT 1
		    ) AS v ON true
		    WHERE c.id = $1
		)
		SELECT c.id,
		       c.number,
		       m.title,
		       e.public
		FROM own
		JOIN decision AS d
		  ON d.category_id = own.category_id
		  OR d.category_id IN (SELECT old_id FROM category_succession WHERE new_id = own.category_id)
		JOIN work_case AS c ON c.decision_id = d.id AND c.state = 'closed' AND c.ending = 'solved' AND c.id <> $1
		JOIN matter AS m ON m.id = c.matter_id
		JOIN message AS g ON g.id = m.message_id AND g.secret NOT IN ('held', 'locked')
		JOIN LATERAL (
		    SELECT public
		    FROM case_event
		    WHERE case_id = c.id AND move IN ('propose', 'submit', 'approve') AND public <> ''
		    ORDER BY ordinal DESC
		    LIMIT 1
		) AS e ON true
		LEFT JOIN matter_vector AS v ON v.matter_id = c.matter_id AND v.part = 'text' AND v.model = own.model
		WHERE NOT EXISTS (SELECT FROM accusation AS x WHERE x.matter_id = c.matter_id) -- whoever reads this may be whom it complains of
		ORDER BY v.v <=> own.v NULLS LAST, c.id DESC
		LIMIT $2`, id, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[casework.Like])
	return all, fail(err)
}
