package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/text"
)

// Listing is a list of areas, kinds and units as it is imported.
type Listing struct {
	Areas []org.Area     // parents before children
	Kinds []org.UnitKind // kinds that duty rules may name; those of Units are added
	Units []org.Unit     // nil: units stay as they are; otherwise the whole list

	// Parents are the units above (上级单位) by the names of those below, for all of
	// Units that have one; nil: they stay as they are. None is above itself.
	Parents map[string]string
}

// SaveListing takes over a list in one transaction. Areas and kinds are added
// or renamed, never removed: old messages name them. Units are matched by
// name and keep their id; a unit that is no longer listed goes out of service,
// and out of the database when nothing refers to it. errs.Invalid
// "area.unknown" or "unit_kind.unknown" when a unit or a parent names what
// does not exist; errs.Conflict "unit.open_cases" when one that is no longer
// listed has open cases: they would be nobody's.
func (db *DB) SaveListing(ctx context.Context, l Listing, line org.Audit) error {
	defer db.access.forget()
	return db.inTx(ctx, func(tx pgx.Tx) error { return saveListing(ctx, tx, l, line) })
}

// CheckListing is SaveListing without effect: it fails as that would, and gives
// what would change.
func (db *DB) CheckListing(ctx context.Context, l Listing) (ListingChange, error) {
	var c ListingChange
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		before, above, err := unitNames(ctx, tx)
		if err != nil {
			return err
		}
		if err := saveListing(ctx, tx, l, org.Audit{Action: "import_listing", Object: "directory"}); err != nil {
			return err
		}
		after, now, err := unitNames(ctx, tx)
		if err != nil {
			return err
		}
		c = ListingChange{New: missing(after, before), Ended: missing(before, after)}
		for _, name := range after {
			if was, is := above[name], now[name]; was != is {
				c.Moved = append(c.Moved, Moved{name, was, is})
			}
		}
		return errDry
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return c, err
}

// errDry rolls back what was only tried.
var errDry = errors.New("only tried")

// ListingChange is what a list of units would change.
type ListingChange struct {
	New   []string // units that are in service only afterwards
	Ended []string // that are not any more
	Moved []Moved  // that have another unit above them
}

// Moved is a unit that gets another unit above it; empty: none is given.
type Moved struct{ Unit, From, To string }

// unitNames gives the units in service in the order of their list, and the units
// above them that are given.
func unitNames(ctx context.Context, tx pgx.Tx) (names []string, above map[string]string, err error) {
	rows, err := tx.Query(ctx, `
		SELECT u.name,
		       coalesce(p.name, '')
		FROM unit AS u
		LEFT JOIN unit AS p ON p.id = u.parent_unit_id AND NOT p.retired
		WHERE NOT u.retired
		ORDER BY u.ordinal, u.name`)
	if err != nil {
		return nil, nil, err
	}
	above = map[string]string{}
	var name, parent string
	_, err = pgx.ForEachRow(rows, []any{&name, &parent}, func() error {
		if names = append(names, name); parent != "" {
			above[name] = parent
		}
		return nil
	})
	return names, above, err
}

// missing are the names that the others lack.
func missing(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(others, n) })
}

func saveListing(ctx context.Context, tx pgx.Tx, l Listing, line org.Audit) error {
	b := &pgx.Batch{}
	for i, a := range l.Areas {
		queueArea(b, i, a)
	}
	for _, k := range l.Kinds {
		queueKind(b, k)
	}
	for i, u := range l.Units {
		queueKind(b, u.Kind)
		queueUnit(b, i, u)
	}
	if l.Parents != nil {
		queueParents(b, l)
	}
	b.Queue(`UPDATE directory_revision SET revision = revision + 1`)
	err := tx.SendBatch(ctx, b).Close()
	switch {
	case violates(err, foreignKeyViolation, "unit_area_fkey"),
		violates(err, foreignKeyViolation, "area_parent_fkey"):
		return errs.Wrap(err, errs.Invalid, "area.unknown")
	case err != nil:
		return err
	}
	if l.Units != nil {
		if err := retireUnits(ctx, tx, l.Units); err != nil {
			return err
		}
	}
	return insertAudit(ctx, tx, line)
}

func queueArea(b *pgx.Batch, ordinal int, a org.Area) {
	b.Queue(`
		INSERT INTO area (
		    code,
		    name,
		    level,
		    parent,
		    ordinal
		) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (code) DO UPDATE SET
		    name = excluded.name,
		    level = excluded.level,
		    parent = excluded.parent,
		    ordinal = excluded.ordinal`,
		a.Code, a.Name, a.Level, optional(a.Parent), ordinal)
}

func queueKind(b *pgx.Batch, k org.UnitKind) {
	b.Queue(`INSERT INTO unit_kind (name) VALUES ($1) ON CONFLICT DO NOTHING`, k)
}

func queueUnit(b *pgx.Batch, ordinal int, u org.Unit) {
	b.Queue(`
		INSERT INTO unit (
		    id,
		    name,
		    kind,
		    area,
		    ordinal,
		    initials,
		    reading
		) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (name) DO UPDATE SET
		    kind = excluded.kind,
		    area = excluded.area,
		    ordinal = excluded.ordinal,
		    initials = excluded.initials,
		    reading = excluded.reading,
		    retired = false`,
		u.ID, u.Name, u.Kind, u.Area, ordinal, text.PinyinInitials(u.Name), text.Pinyin(u.Name))
}

// queueParents puts each unit of a list below the one that the list names, or
// below none.
func queueParents(b *pgx.Batch, l Listing) {
	names, parents := make([]string, len(l.Units)), make([]string, len(l.Units))
	for i, u := range l.Units {
		names[i], parents[i] = u.Name, l.Parents[u.Name]
	}
	b.Queue(`
		UPDATE unit AS u
		SET parent_unit_id = p.id
		FROM unnest($1::text[], $2::text[]) AS x (name, parent)
		LEFT JOIN unit AS p ON p.name = x.parent
		WHERE u.name = x.name AND u.parent_unit_id IS DISTINCT FROM p.id`, names, parents)
}

// retireUnits takes out of service what is not listed, and removes it when
// nothing refers to it. The references named here are all there are; a schema
// test holds the list.
func retireUnits(ctx context.Context, tx pgx.Tx, units []org.Unit) error {
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.Name
	}
	var open string
	var n int
	err := tx.QueryRow(ctx, `
		WITH ended AS (
		    UPDATE unit
		    SET retired = true
		    WHERE name <> ALL ($1::text[]) AND NOT retired
		    RETURNING id, name
		)
		SELECT coalesce(string_agg(DISTINCT u.name, '、'), ''), count(*)
		FROM ended AS u
		JOIN work_case AS c ON c.unit_id = u.id
		WHERE `+caseLists[casework.ShowOpen], names).Scan(&open, &n)
	if err != nil {
		return err
	}
	if n > 0 { // only a person's decision gives them to another unit
		return errs.New(errs.Conflict, "unit.open_cases", open, n)
	}
	_, err = tx.Exec(ctx, `
		DELETE FROM unit AS u
		WHERE u.retired
		  AND NOT EXISTS (SELECT FROM account WHERE unit_id = u.id)
		  AND NOT EXISTS (SELECT FROM assignment WHERE unit_id = u.id)
		  AND NOT EXISTS (SELECT FROM blind_lead WHERE unit_id = u.id)
		  AND NOT EXISTS (SELECT FROM case_event WHERE unit_id = u.id)
		  AND NOT EXISTS (SELECT FROM matter_return WHERE from_unit_id = u.id OR proposed_unit_id = u.id)
		  AND NOT EXISTS (SELECT FROM sub_centre WHERE unit_id = u.id)
		  AND NOT EXISTS (SELECT FROM suggestion WHERE lead_unit_id = u.id)
		  AND NOT EXISTS (SELECT FROM summons WHERE unit_id = u.id)
		  AND NOT EXISTS (SELECT FROM summons_event WHERE unit_id = u.id)
		  AND NOT EXISTS (SELECT FROM summons WHERE called @> ARRAY[u.id])
		  AND NOT EXISTS (SELECT FROM work_case WHERE order_unit_id = u.id)
		  AND NOT EXISTS (SELECT FROM work_group WHERE unit_id = u.id)`)
	return err
}

// UnitKinds gives the kinds that duty rules may name.
func (db *DB) UnitKinds(ctx context.Context) ([]org.UnitKind, error) {
	rows, err := db.pool.Query(ctx, `SELECT name FROM unit_kind ORDER BY name`)
	if err != nil {
		return nil, fail(err)
	}
	kinds, err := pgx.CollectRows(rows, pgx.RowTo[org.UnitKind])
	return kinds, fail(err)
}

// Areas gives all areas in the order of their list.
func (db *DB) Areas(ctx context.Context) ([]org.Area, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT code,
		       name,
		       level,
		       coalesce(parent, '')
		FROM area
		ORDER BY ordinal, code`)
	if err != nil {
		return nil, fail(err)
	}
	areas, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a org.Area, err error) {
		err = row.Scan(&a.Code, &a.Name, &a.Level, &a.Parent)
		return a, err
	})
	return areas, fail(err)
}

// Units gives the units in service in the order of their list.
func (db *DB) Units(ctx context.Context) ([]org.Unit, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT id,
		       name,
		       kind,
		       area,
		       coalesce(parent_unit_id::text, '')
		FROM unit
		WHERE NOT retired
		ORDER BY ordinal, id`)
	if err != nil {
		return nil, fail(err)
	}
	units, err := pgx.CollectRows(rows, scanUnit)
	return units, fail(err)
}

func scanUnit(row pgx.CollectableRow) (u org.Unit, err error) {
	err = row.Scan(&u.ID, &u.Name, &u.Kind, &u.Area, &u.Parent)
	return u, err
}

// knownDirectory is the directory as it was at a revision.
type knownDirectory struct {
	revision  int64
	directory *org.Directory
}

// Directory gives areas and units as they are now. It is asked for with every
// suggestion, so what was built is kept: until a change is heard of or, while
// changes are not heard of, until the number that each of them raises is another.
func (db *DB) Directory(ctx context.Context) (*org.Directory, error) {
	d, round := db.heard().directory()
	if d != nil {
		return d, nil
	}
	// The revision is read first: a change between the two makes the next call
	// read again, never keep what is old.
	var revision int64
	if err := db.pool.QueryRow(ctx, `SELECT revision FROM directory_revision`).Scan(&revision); err != nil {
		return nil, fail(err)
	}
	known := db.directory.Load()
	if known == nil || known.revision != revision {
		areas, err := db.Areas(ctx)
		if err != nil {
			return nil, err
		}
		units, err := db.Units(ctx)
		if err != nil {
			return nil, err
		}
		known = &knownDirectory{revision: revision, directory: org.NewDirectory(areas, units)}
		db.directory.Store(known)
	}
	db.access.keepDirectory(round, known.directory)
	return known.directory, nil
}

// SearchUnits finds units in service by a part of their name or of its pinyin
// initials, those that begin with it first, then by pinyin. An empty term
// gives the first units by pinyin.
func (db *DB) SearchUnits(ctx context.Context, term string, limit int) ([]org.Unit, error) {
	term = strings.ToLower(text.Normalise(term))
	rows, err := db.pool.Query(ctx, `
		SELECT id,
		       name,
		       kind,
		       area,
		       coalesce(parent_unit_id::text, '')
		FROM unit
		WHERE NOT retired
		  AND (strpos(lower(name), $1) > 0 OR strpos(initials, $1) > 0 OR strpos(replace(reading, ' ', ''), $1) > 0)
		ORDER BY NOT (starts_with(lower(name), $1) OR starts_with(initials, $1)),
		         reading,
		         name
		LIMIT $2`, term, limit)
	if err != nil {
		return nil, fail(err)
	}
	units, err := pgx.CollectRows(rows, scanUnit)
	return units, fail(err)
}
