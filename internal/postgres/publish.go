package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/text"
)

// Publish stores a version with how the leaves of the one before continue in
// it, and makes it active with its model. Confirmed examples move as o says;
// the others wait at their old leaf. errs.Conflict "catalogue.exists" when a
// version has this content already, "catalogue.changed" when another version
// than o.Before serves by now, errs.Invalid "unit_kind.unknown" when a rule
// names a kind that does not exist.
func (db *DB) Publish(ctx context.Context, c *classifier.Catalogue, digest [32]byte, s classifier.Succession, o classifier.Changeover) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := patient(ctx, tx); err != nil {
			return err
		}
		if err := lockModels(ctx, tx); err != nil {
			return err
		}
		if err := storeVersion(ctx, tx, c, digest, s); err != nil {
			return err
		}
		return changeOver(ctx, tx, o)
	})
}

// Schedule stores a version that does not serve yet, with how the leaves of the
// active one continue in it, and the request that it shall. errs.Conflict
// "catalogue.exists" when a version has this content already, errs.Invalid
// "unit_kind.unknown" when a rule names a kind that does not exist.
func (db *DB) Schedule(ctx context.Context, c *classifier.Catalogue, digest [32]byte, s classifier.Succession, r classifier.UseRequest) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := patient(ctx, tx); err != nil {
			return err
		}
		return schedule(ctx, tx, c, digest, s, r)
	})
}

// schedule is Schedule in a transaction.
func schedule(ctx context.Context, tx pgx.Tx, c *classifier.Catalogue, digest [32]byte, s classifier.Succession, r classifier.UseRequest) error {
	if err := storeVersion(ctx, tx, c, digest, s); err != nil {
		return err
	}
	if err := insertRequest(ctx, tx, r); err != nil {
		return err
	}
	return insertAudit(ctx, tx, org.Audit{
		At: r.At, Actor: r.By, Action: "schedule_catalogue", Object: "catalogue:" + string(c.Version.ID), Detail: c.Version.Name,
	})
}

// storeVersion writes a version whole, with its succession.
func storeVersion(ctx context.Context, tx pgx.Tx, c *classifier.Catalogue, digest [32]byte, s classifier.Succession) error {
	if err := insertVersion(ctx, tx, c, digest); err != nil {
		return err
	}
	if err := copyCategories(ctx, tx, c); err != nil {
		return err
	}
	if err := copyRules(ctx, tx, c); err != nil {
		return err
	}
	if err := copyExamples(ctx, tx, c); err != nil {
		return err
	}
	return copySuccession(ctx, tx, s)
}

// modelsLock makes changes of what serves one after the other. The number is
// arbitrary, but must stay.
const modelsLock = 4_812_345_002

func lockModels(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, modelsLock)
	return err
}

func insertVersion(ctx context.Context, tx pgx.Tx, c *classifier.Catalogue, digest [32]byte) error {
	v := c.Version
	_, err := tx.Exec(ctx, `
		INSERT INTO catalogue_version (
		    id,
		    name,
		    digest,
		    leaves,
		    valid_from,
		    created_at,
		    created_by
		) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		v.ID, v.Name, digest[:], len(c.Leaves()), v.ValidFrom, v.CreatedAt, optional(v.CreatedBy))
	if violates(err, uniqueViolation, "catalogue_version_digest_key") {
		return errs.New(errs.Conflict, "catalogue.exists")
	}
	return err
}

func copyCategories(ctx context.Context, tx pgx.Tx, c *classifier.Catalogue) error {
	columns := []string{
		"id", "version_id", "parent_id", "ordinal", "code", "name", "path", "leaf",
		"scope", "description", "urgency", "ask", "basis", "time_limit", "closing", "initials",
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"category"}, columns,
		pgx.CopyFromSlice(len(c.Categories), func(i int) ([]any, error) {
			k := c.Categories[i]
			return []any{
				k.ID, c.Version.ID, optional(k.Parent), k.Ordinal, k.Code, k.Name, k.Path, k.Leaf,
				k.Scope, k.Description, k.Urgency, k.Ask, k.Basis, k.Limit, k.Closing, text.PinyinInitials(k.Name),
			}, nil
		}))
	return err
}

func copyRules(ctx context.Context, tx pgx.Tx, c *classifier.Catalogue) error {
	var rules, neighbours [][]any
	for _, k := range c.Categories {
		for i, r := range k.Rules {
			co := make([]string, len(r.Co))
			for j, kind := range r.Co {
				co[j] = string(kind)
			}
			rules = append(rules, []any{r.ID, k.ID, i, r.When, r.Lead, co})
		}
		for i, n := range k.Neighbours {
			neighbours = append(neighbours, []any{k.ID, i, optional(n.Category), n.Code, n.Tell})
		}
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"duty_rule"},
		[]string{"id", "category_id", "ordinal", "circumstance", "lead_kind", "co_kinds"}, pgx.CopyFromRows(rules))
	if violates(err, foreignKeyViolation, "duty_rule_lead_kind_fkey") {
		return errs.Wrap(err, errs.Invalid, "unit_kind.unknown")
	}
	if err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"neighbour"},
		[]string{"category_id", "ordinal", "other_id", "other_code", "tell"}, pgx.CopyFromRows(neighbours))
	return err
}

func copyExamples(ctx context.Context, tx pgx.Tx, c *classifier.Catalogue) error {
	var examples [][]any
	for _, k := range c.Categories {
		n := 0
		add := func(rule classifier.RuleID, bodies []string) {
			for _, body := range bodies {
				examples = append(examples, []any{k.ID, n, optional(rule), body})
				n++
			}
		}
		add("", k.Examples)
		for _, r := range k.Rules {
			add(r.ID, r.Examples)
		}
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"starter_example"},
		[]string{"category_id", "ordinal", "rule_id", "body"}, pgx.CopyFromRows(examples))
	return err
}
