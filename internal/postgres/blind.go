package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// waiting are the matters that wait for a blind reading by $1: decided on since
// $2 with a lot below $3, or only matter $4. The first bound is that of the
// index standing_decision_drawn (5 % of the lots); of those, the second leaves
// what is drawn at the share that is set.
const waiting = `
		FROM standing_decision AS d
		WHERE d.category_id IS NOT NULL
		  AND NOT d.blind
		  AND d.lot < 838861
		  AND d.lot < $3
		  AND d.at >= $2
		  AND ($4::uuid IS NULL OR d.matter_id = $4)
		  AND NOT EXISTS (SELECT FROM accusation AS x WHERE x.matter_id = d.matter_id) -- and whoever reads blind may be at whose desk it was taken
		  AND NOT EXISTS (SELECT FROM blind_pass AS p WHERE p.matter_id = d.matter_id AND p.account_id = $1)
		  AND NOT EXISTS (SELECT FROM decision AS o WHERE o.matter_id = d.matter_id AND o.by_account = $1)`

// Waiting gives the matters that wait for a blind reading by f.Reader, oldest
// decision first, and how many there are, counted up to classifier.MaxWaiting.
func (db *DB) Waiting(ctx context.Context, f classifier.BlindFilter) ([]classifier.BlindItem, int, error) {
	args := []any{f.Reader, f.Since, f.Below, optional(f.Matter)}
	b := &pgx.Batch{}
	b.Queue(`
		SELECT m.id,
		       c.at,
		       c.channel,
		       CASE WHEN m.title <> '' THEN m.title ELSE left(m.body, 60) END
		FROM (
		    SELECT d.matter_id,
		           d.at`+waiting+`
		    ORDER BY d.at, d.matter_id
		    LIMIT $5
		) AS w
		JOIN matter AS m ON m.id = w.matter_id
		JOIN message AS g ON g.id = m.message_id
		JOIN contact AS c ON c.id = g.contact_id
		ORDER BY w.at, w.matter_id`, append(args, f.Limit)...)
	b.Queue(`
		SELECT count(*)
		FROM (
		    SELECT`+waiting+`
		    LIMIT $5
		) AS w`, append(args, classifier.MaxWaiting)...)
	r := db.pool.SendBatch(ctx, b)
	defer r.Close()
	rows, err := r.Query()
	if err != nil {
		return nil, 0, fail(err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.BlindItem])
	if err != nil {
		return nil, 0, fail(err)
	}
	var n int
	err = r.QueryRow().Scan(&n)
	return items, n, fail(err)
}

// InsertPass notes that the account is not asked for the blind reading of a
// matter. The first reason stays.
func (db *DB) InsertPass(ctx context.Context, matter intake.MatterID, by org.AccountID, why classifier.Pass, at time.Time) error {
	_, err := db.pool.Exec(ctx, `
		INSERT INTO blind_pass (
		    matter_id,
		    account_id,
		    why,
		    at
		) VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`, matter, by, why, at)
	return fail(err)
}

// queueBlind stores a decision that only measures: it assigns nothing, moves
// nothing and teaches nothing. It needs the matter locked. errs.Forbidden
// "blind.own" when its maker decided on the matter, errs.Conflict
// "blind.taken" when it was read blind before.
func queueBlind(ctx context.Context, tx pgx.Tx, b *pgx.Batch, d classifier.Decision, key string) error {
	var own, taken bool
	err := tx.QueryRow(ctx, `
		SELECT coalesce(bool_or(purpose = 'effective' AND by_account = $2), false),
		       coalesce(bool_or(purpose = 'blind'), false)
		FROM decision
		WHERE matter_id = $1`, d.Matter, d.By).Scan(&own, &taken)
	switch {
	case err != nil:
		return err
	case own:
		return errs.New(errs.Forbidden, "blind.own")
	case taken:
		return errs.New(errs.Conflict, "blind.taken")
	}
	d.Previous = ""
	queueDecision(b, d, key)
	b.Queue(`UPDATE standing_decision SET blind = true WHERE matter_id = $1`, d.Matter)
	if d.Lead != "" {
		b.Queue(`
			INSERT INTO blind_lead (
			    decision_id,
			    purpose,
			    unit_id
			) VALUES ($1, 'blind', $2)`, d.ID, d.Lead)
	}
	return nil
}

// Agreement compares the blind readings made in [from, to) with the decision
// that stood when each was made, and with the suggestion which that decision
// was made on. A later decision changes nothing here: it may be the second
// person's own. Readings under another version of the catalogue are left out,
// for their categories cannot be the same.
func (db *DB) Agreement(ctx context.Context, from, to time.Time, below int) (classifier.Agreement, error) {
	var a classifier.Agreement
	err := db.pool.QueryRow(ctx, `
		WITH pair AS (
		    SELECT b.category_id = e.category_id AS same,
		           l.unit_id IS NOT NULL AS named,
		           l.unit_id = u.unit_id AS same_lead,
		           s.id IS NOT NULL AS shown,
		           e.category_id = s.candidates[1] AS by_first,
		           coalesce(b.category_id = s.candidates[1], false) AS by_second
		    FROM decision AS b
		    JOIN LATERAL (
		        SELECT d.id,
		               d.category_id,
		               d.suggestion_id
		        FROM decision AS d
		        WHERE d.matter_id = b.matter_id
		          AND d.purpose = 'effective'
		          AND d.at <= b.at
		          AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id AND n.at <= b.at)
		        ORDER BY d.at DESC, d.id DESC
		        LIMIT 1
		    ) AS e ON e.category_id IS NOT NULL
		    JOIN category AS first ON first.id = e.category_id
		    LEFT JOIN category AS second ON second.id = b.category_id
		    LEFT JOIN suggestion AS s ON s.id = e.suggestion_id
		         AND s.version_id = first.version_id
		         AND cardinality(s.candidates) > 0
		    LEFT JOIN blind_lead AS l ON l.decision_id = b.id
		    LEFT JOIN assignment AS u ON u.decision_id = e.id AND u.ordinal = 0
		    WHERE b.purpose = 'blind'
		      AND b.at >= $1
		      AND b.at < $2
		      AND (second.id IS NULL OR second.version_id = first.version_id)
		)
		SELECT (
		           SELECT count(*)
		           FROM standing_decision AS d
		           WHERE d.category_id IS NOT NULL
		             AND d.lot < $3
		             AND d.at >= $1
		             AND d.at < $2
		       ),
		       count(*),
		       count(*) FILTER (WHERE same),
		       count(*) FILTER (WHERE named),
		       count(*) FILTER (WHERE named AND same_lead),
		       count(*) FILTER (WHERE shown),
		       count(*) FILTER (WHERE shown AND by_first AND by_second),
		       count(*) FILTER (WHERE shown AND by_first AND NOT by_second),
		       count(*) FILTER (WHERE shown AND NOT by_first AND by_second)
		FROM pair`, planned, from, to, below).
		Scan(&a.Drawn, &a.Read, &a.SameLeaf, &a.Leads, &a.SameLead, &a.Shown, &a.Both, &a.OnlyFirst, &a.OnlySecond)
	return a, fail(err)
}
