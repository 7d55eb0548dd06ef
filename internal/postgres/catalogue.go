package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/text"
)

// versionColumns are what scanVersion reads, of catalogue_version AS v.
const versionColumns = `
		       v.id,
		       v.name,
		       v.valid_from,
		       v.created_at,
		       coalesce(v.created_by::text, ''),
		       coalesce((SELECT a.name FROM account AS a WHERE a.id = v.created_by), ''),
		       v.leaves,
		       EXISTS (SELECT FROM model AS m WHERE m.version_id = v.id)`

func versionTargets(v *classifier.Version) []any {
	return []any{&v.ID, &v.Name, &v.ValidFrom, &v.CreatedAt, &v.CreatedBy, &v.Author, &v.Leaves, &v.Used}
}

// VersionByDigest gives the version with this content, or errs.NotFound.
func (db *DB) VersionByDigest(ctx context.Context, digest [32]byte) (classifier.Version, error) {
	var v classifier.Version
	err := db.pool.QueryRow(ctx, `
		SELECT`+versionColumns+`
		FROM catalogue_version AS v
		WHERE v.digest = $1`, digest[:]).Scan(versionTargets(&v)...)
	return v, orNotFound(err, "catalogue.not_found")
}

// Versions gives all versions, the latest first.
func (db *DB) Versions(ctx context.Context) ([]classifier.Version, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT`+versionColumns+`
		FROM catalogue_version AS v
		ORDER BY v.created_at DESC, v.id DESC`)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v classifier.Version, err error) {
		err = row.Scan(versionTargets(&v)...)
		return v, err
	})
	return all, fail(err)
}

// active is the SQL of what serves now.
const active = `
		SELECT version_id,
		       id
		FROM model
		WHERE active`

// Active gives the version and model that serve now; errs.Unavailable
// "catalogue.none" while no catalogue was imported.
func (db *DB) Active(ctx context.Context) (classifier.Active, error) {
	var a classifier.Active
	err := db.pool.QueryRow(ctx, active).Scan(&a.Version, &a.Model)
	if noRows(err) {
		return classifier.Active{}, errs.New(errs.Unavailable, "catalogue.none")
	}
	return a, fail(err)
}

// Catalogue gives a version whole, with rules, neighbours and examples, or
// errs.NotFound "catalogue.not_found".
func (db *DB) Catalogue(ctx context.Context, version classifier.VersionID) (*classifier.Catalogue, error) {
	var v classifier.Version
	err := db.pool.QueryRow(ctx, `
		SELECT`+versionColumns+`
		FROM catalogue_version AS v
		WHERE v.id = $1`, version).Scan(versionTargets(&v)...)
	if err != nil {
		return nil, orNotFound(err, "catalogue.not_found")
	}
	b := &pgx.Batch{}
	b.Queue(`
		SELECT`+categoryColumns+`
		FROM category AS c
		WHERE c.version_id = $1
		ORDER BY c.ordinal`, version)
	b.Queue(`
		SELECT r.category_id,
		       r.id,
		       r.circumstance,
		       r.lead_kind,
		       r.co_kinds
		FROM duty_rule AS r
		JOIN category AS c ON c.id = r.category_id
		WHERE c.version_id = $1
		ORDER BY c.ordinal, r.ordinal`, version)
	b.Queue(`
		SELECT n.category_id,
		       coalesce(n.other_id::text, ''),
		       n.other_code,
		       n.tell
		FROM neighbour AS n
		JOIN category AS c ON c.id = n.category_id
		WHERE c.version_id = $1
		ORDER BY c.ordinal, n.ordinal`, version)
	b.Queue(`
		SELECT e.category_id,
		       coalesce(e.rule_id::text, ''),
		       e.body
		FROM starter_example AS e
		JOIN category AS c ON c.id = e.category_id
		WHERE c.version_id = $1
		ORDER BY c.ordinal, e.ordinal`, version)
	r := db.pool.SendBatch(ctx, b)
	defer r.Close()
	categories, err := readCategories(r)
	if err != nil {
		return nil, fail(err)
	}
	return classifier.NewCatalogue(v, categories), nil
}

// categoryColumns are what scanCategory reads, of category AS c.
const categoryColumns = `
		       c.id,
		       c.version_id,
		       coalesce(c.parent_id::text, ''),
		       c.code,
		       c.name,
		       c.path,
		       c.ordinal,
		       c.leaf,
		       c.scope,
		       c.description,
		       c.urgency,
		       c.ask,
		       c.basis,
		       c.time_limit,
		       c.closing`

func scanCategory(row pgx.CollectableRow) (c classifier.Category, err error) {
	err = row.Scan(&c.ID, &c.Version, &c.Parent, &c.Code, &c.Name, &c.Path, &c.Ordinal, &c.Leaf,
		&c.Scope, &c.Description, &c.Urgency, &c.Ask, &c.Basis, &c.Limit, &c.Closing)
	return c, err
}

// readCategories puts together what Catalogue's batch gives.
func readCategories(r pgx.BatchResults) ([]classifier.Category, error) {
	rows, err := r.Query()
	if err != nil {
		return nil, err
	}
	categories, err := pgx.CollectRows(rows, scanCategory)
	if err != nil {
		return nil, err
	}
	at := make(map[classifier.CategoryID]*classifier.Category, len(categories))
	for i := range categories {
		at[categories[i].ID] = &categories[i]
	}
	if rows, err = r.Query(); err != nil {
		return nil, err
	}
	var category classifier.CategoryID
	var rule classifier.Rule
	_, err = pgx.ForEachRow(rows, []any{&category, &rule.ID, &rule.When, &rule.Lead, &rule.Co}, func() error {
		at[category].Rules = append(at[category].Rules, rule)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if rows, err = r.Query(); err != nil {
		return nil, err
	}
	var neighbour classifier.Neighbour
	_, err = pgx.ForEachRow(rows, []any{&category, &neighbour.Category, &neighbour.Code, &neighbour.Tell}, func() error {
		at[category].Neighbours = append(at[category].Neighbours, neighbour)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return categories, readStarterExamples(r, at)
}

func readStarterExamples(r pgx.BatchResults, at map[classifier.CategoryID]*classifier.Category) error {
	rows, err := r.Query()
	if err != nil {
		return err
	}
	var category classifier.CategoryID
	var rule classifier.RuleID
	var body string
	_, err = pgx.ForEachRow(rows, []any{&category, &rule, &body}, func() error {
		c := at[category]
		if rule == "" {
			c.Examples = append(c.Examples, body)
			return nil
		}
		for i := range c.Rules {
			if c.Rules[i].ID == rule {
				c.Rules[i].Examples = append(c.Rules[i].Examples, body)
			}
		}
		return nil
	})
	return err
}

// SearchCategories finds leaves of a version (empty: the active one) by what a
// person types: Chinese, pinyin initials, or a code; several words separated
// by spaces must all occur in path, scope or description. Best first: code,
// name, initials, path, the rest. They come without rules, neighbours and
// examples. An empty term finds nothing.
func (db *DB) SearchCategories(ctx context.Context, version classifier.VersionID, term string, limit int) ([]classifier.Category, error) {
	term = strings.ToLower(text.Normalise(term))
	words := strings.Fields(term)
	if len(words) == 0 {
		return nil, nil
	}
	term = strings.Join(words, " ")
	rows, err := db.pool.Query(ctx, `
		SELECT`+categoryColumns+`
		FROM category AS c,
		     lower(array_to_string(c.path, ' ')) AS way,
		     lower(c.name) AS title,
		     lower(c.code) AS number
		WHERE c.leaf
		  AND c.version_id = coalesce($1, (SELECT version_id FROM model WHERE active))
		  AND (starts_with(number, $2)
		       OR strpos(c.initials, $2) > 0
		       OR NOT EXISTS (
		           SELECT
		           FROM unnest($3::text[]) AS word
		           WHERE strpos(concat_ws(' ', way, lower(c.scope), lower(c.description)), word) = 0
		       ))
		ORDER BY CASE
		             WHEN number = $2 OR title = $2 THEN 0
		             WHEN starts_with(number, $2) OR starts_with(title, $2) THEN 1
		             WHEN c.initials = $2 THEN 2
		             WHEN strpos(title, $2) > 0 THEN 3
		             WHEN starts_with(c.initials, $2) THEN 4
		             WHEN strpos(c.initials, $2) > 0 THEN 5
		             WHEN NOT EXISTS (SELECT FROM unnest($3::text[]) AS word WHERE strpos(way, word) = 0) THEN 6
		             ELSE 7
		         END,
		         c.ordinal
		LIMIT $4`, optional(version), term, words, limit)
	if err != nil {
		return nil, fail(err)
	}
	found, err := pgx.CollectRows(rows, scanCategory)
	return found, fail(err)
}
