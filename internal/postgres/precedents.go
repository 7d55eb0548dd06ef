package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// queuePrecedent makes a decision that rules on a dispute a precedent. A matter that
// complains of somebody makes none: it goes round those who would have it.
func queuePrecedent(b *pgx.Batch, d classifier.Decision) {
	p, rules := d.Precedent()
	if !rules {
		return
	}
	b.Queue(`
		INSERT INTO precedent (
		    id,
		    decision_id,
		    category_id,
		    facts,
		    between,
		    ruled_unit_id,
		    kept,
		    clause,
		    reason,
		    by_account,
		    at
		)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
		WHERE NOT EXISTS (SELECT FROM accusation WHERE matter_id = $12)`,
		p.ID, p.Decision, p.Category, p.Facts, unitIDs(p.Between), p.Unit, p.Kept, p.Clause, p.Reason, p.By, p.At, d.Matter)
}

// Precedents lists how disputes were ruled, the latest first. What is locked by now,
// or complains of the reader, is left out.
func (db *DB) Precedents(ctx context.Context, f classifier.PrecedentFilter) ([]classifier.Precedent, error) {
	units, accounts, desk := shunArgs(f.Reader)
	leaf, pair := `$1::uuid IS NOT NULL AND p.category_id = ANY (`+categoriesBelow("$1")+`)`, `cardinality(ARRAY(SELECT unnest(p.between) INTERSECT SELECT unnest($2::uuid[]))) > 1`
	which := `($1::uuid IS NULL OR ` + leaf + `) AND $2::uuid[] IS NOT NULL`
	if f.Like {
		which = `(` + leaf + ` OR ` + pair + `)`
	}
	rows, err := db.pool.Query(ctx, `
		SELECT p.id,
		       p.decision_id,
		       coalesce(c.number, ''),
		       p.category_id,
		       p.facts,
		       p.between,
		       p.ruled_unit_id,
		       p.kept,
		       p.clause,
		       p.reason,
		       p.by_account,
		       b.name,
		       p.at,
		       coalesce(r.by_account::text, ''),
		       coalesce((SELECT name FROM account WHERE id = r.by_account), ''),
		       r.at,
		       coalesce(r.why, '')
		FROM precedent AS p
		JOIN account AS b ON b.id = p.by_account
		JOIN decision AS d ON d.id = p.decision_id
		JOIN matter AS m ON m.id = d.matter_id
		JOIN message AS s ON s.id = m.message_id AND s.secret <> 'locked'
		LEFT JOIN work_case AS c ON c.matter_id = m.id
		LEFT JOIN accusation AS x ON x.matter_id = m.id
		LEFT JOIN precedent_repeal AS r ON r.precedent_id = p.id
		WHERE `+which+`
		  AND ($3::uuid IS NULL OR p.ruled_unit_id = $3 OR $3 = ANY (p.between))
		  AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS w (word) WHERE position(word_fold(w.word) IN word_fold(p.facts || ' ' || p.clause || ' ' || p.reason)) = 0)
		  AND (NOT $5 OR r.precedent_id IS NULL)
		  AND ($6::uuid IS NULL OR p.id < $6)
		  AND `+unshunned(8)+`
		ORDER BY p.id DESC
		LIMIT $7`, optional(f.Category), unitIDs(f.Pair), optional(f.Unit), strings.Fields(f.Words), f.Standing, optional(f.Before), f.Limit, units, accounts, desk)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p classifier.Precedent, err error) {
		err = row.Scan(&p.ID, &p.Decision, &p.Case, &p.Category, &p.Facts, &p.Between, &p.Unit, &p.Kept, &p.Clause, &p.Reason, &p.By, &p.ByName, &p.At,
			&p.Repeal.By, &p.Repeal.ByName, zeroable{&p.Repeal.At}, &p.Repeal.Why)
		return p, err
	})
	return all, fail(err)
}

// RepealPrecedent marks one as holding no longer, with its audit line.
func (db *DB) RepealPrecedent(ctx context.Context, p classifier.PrecedentID, r classifier.Repeal, line org.Audit) error {
	err := db.execAudited(ctx, line, `
		INSERT INTO precedent_repeal (
		    precedent_id,
		    by_account,
		    at,
		    why
		) VALUES ($1, $2, $3, $4)`, p, r.By, r.At, r.Why)
	switch {
	case violates(err, uniqueViolation, "precedent_repeal_pkey"):
		return errs.Wrap(err, errs.Conflict, "precedent.repealed")
	case violates(err, foreignKeyViolation, "precedent_repeal_precedent_id_fkey"):
		return errs.Wrap(err, errs.NotFound, "precedent.not_found")
	}
	return err
}
