package postgres

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"huying/kb"
)

// holds is the filter that every entry passes: published, valid at $1, and in
// the area $2, in one above it, or in the whole city. What is to be verified
// passes too, also when its date is why: a person may read it.
const holds = `
		e.state IN ('published', 'to_verify')
		          AND (e.valid_from IS NULL OR e.valid_from <= $1)
		          AND (e.valid_until IS NULL OR e.valid_until >= $1 OR e.state = 'to_verify')
		          AND ($2::text IS NULL OR e.area IS NULL OR e.area IN (SELECT code FROM up))`

// upwards are the areas above $2, with it.
const upwards = `
		up AS (
		    SELECT code,
		           parent
		    FROM area
		    WHERE code = $2
		    UNION
		    SELECT a.code,
		           a.parent
		    FROM area AS a
		    JOIN up ON a.code = up.parent
		)`

// byWords are the parts of Near that need no vector: the areas above, and the
// 20 entries that hold most of the 8 rarest of the words $3; when fewer than 4
// of them are known, the rarest of the pairs $4 fill up. Each is looked for by
// itself and the findings are counted: to rank entries by their terms would
// read these, which lie out of line, at four times the cost. Each entry that
// holds one is read, so of the rarest only so many are taken as stand in 1,000
// entries together; where the very rarest stands in more, it says little, and
// any 1,000 of its entries will do. Numbers stand in the text, not in
// parameters, so that the plan made without parameters is as good as any and is
// kept: planning takes as long as searching.
const byWords = upwards + `, known AS (
		    SELECT term,
		           entries
		    FROM term
		    WHERE term = ANY ($3::text[]) AND entries > 0
		    ORDER BY entries, term
		    LIMIT 8
		), pairs AS (
		    SELECT term,
		           entries
		    FROM term
		    WHERE term = ANY ($4::text[])
		      AND entries > 0
		      AND (SELECT count(*) FROM known) < 4
		    ORDER BY entries, term
		    LIMIT 8 - (SELECT count(*) FROM known)
		), rare AS (
		    SELECT term,
		           row_number() OVER rising AS place,
		           sum(entries) OVER rising AS held
		    FROM (SELECT term, entries FROM known UNION SELECT term, entries FROM pairs) AS either
		    WINDOW rising AS (ORDER BY entries, term)
		), hit AS (
		    SELECT e.id,
		           e.version,
		           e.area
		    FROM rare
		    CROSS JOIN LATERAL (
		        SELECT e.id,
		               e.version,
		               e.area
		        FROM entry AS e
		        WHERE e.terms @@ ('''' || replace(replace(rare.term, '\', '\\'), '''', '''''') || '''')::tsquery
		          AND ` + holds + `
		        LIMIT 1000
		    ) AS e
		    WHERE rare.place = 1 OR rare.held <= 1000
		    GROUP BY e.id, e.version, e.area
		    ORDER BY count(*) DESC, e.id
		    LIMIT 20`

// hitByVector are the wordings, or the wholes, nearest to $3. A partial index serves
// each, or a plain scan while the table is small; both skip entries that do not
// hold and go on (iterative scan).
const hitByVector = `
		    SELECT e.id,
		           e.version,
		           e.area
		    FROM entry_vector AS x
		    JOIN entry AS e ON e.id = x.entry_id
		    WHERE x.model = '{model}'
		          AND ` + holds

// compared gives what was hit, each entry once: whether it holds in the whole
// city, and its exact cosines with the vector of asked, 0 without one of its
// own. The fence (OFFSET) has each computed once; the greatest of arrays is the
// wording with the greatest cosine, and of several the first.
const compared = `
		)
		SELECT h.id,
		       h.version,
		       h.area IS NULL OR (SELECT parent IS NULL FROM area WHERE code = h.area),
		       coalesce(max(c.cosine) FILTER (WHERE c.ordinal >= 0), 0),
		       coalesce(- (max(ARRAY[c.cosine, - c.ordinal]) FILTER (WHERE c.ordinal >= 0))[2], -1)::integer,
		       coalesce(max(c.cosine) FILTER (WHERE c.ordinal = -1), 0),
		       coalesce(max(c.cosine) FILTER (WHERE c.ordinal < -1), 0)
		FROM (SELECT DISTINCT id, version, area FROM hit) AS h
		CROSS JOIN asked
		LEFT JOIN LATERAL (
		    SELECT x.ordinal,
		           1 - (x.v::halfvec({dim}) <=> asked.v) AS cosine
		    FROM entry_vector AS x
		    WHERE x.entry_id = h.id AND x.model = '{model}'
		    OFFSET 0
		) AS c ON true
		GROUP BY h.id, h.version, h.area`

// The searches of Near. Of wordings 60 are taken, because an entry has several;
// ef_search (prepareConn) must not be below that.
const (
	nearByVector = `
		WITH RECURSIVE` + upwards + `, asked AS (SELECT $3::halfvec AS v), hit AS (
		    (` + hitByVector + `
		          AND x.ordinal >= 0
		    ORDER BY x.v::halfvec({dim}) <=> $3
		    LIMIT 60)
		    UNION ALL
		    (` + hitByVector + `
		          AND x.ordinal = -1
		    ORDER BY x.v::halfvec({dim}) <=> $3
		    LIMIT 30)` + compared
	nearByWords = `
		WITH RECURSIVE asked AS (SELECT $5::halfvec AS v), ` + byWords + compared
)

// nearByWordsAlone finds without a vector.
const nearByWordsAlone = `
		WITH RECURSIVE` + byWords + `
		)
		SELECT h.id,
		       h.version,
		       h.area IS NULL OR (SELECT parent IS NULL FROM area WHERE code = h.area),
		       0::double precision,
		       -1,
		       0::double precision,
		       0::double precision
		FROM hit AS h`

// Near gives the entries that may answer, each once, in any order: the nearest
// by question or phrasing, the nearest by question and answer, and those that
// hold the rarest words; each with its exact cosines, 0 where it has no
// vector. Without a vector it searches by words alone. It searches by vectors and
// by words at once, each on a connection of its own that also compares what it
// found: one takes about as long as the other. Of what was found the nearest by
// both cosines are given: to take apart the wording of all takes longer than to
// find them, and the one that comes first in the end was always among these.
func (db *DB) Near(ctx context.Context, s kb.Search) ([]kb.Candidate, error) {
	area := optional(s.Area)
	words, pairs := indexable(s.Words), indexable(s.Grams)
	searches := []search{{nearByWordsAlone, []any{s.Now, area, words, pairs}}}
	if len(s.Vector) > 0 {
		ask := halfvec(s.Vector)
		searches = []search{
			{nearByVector, []any{s.Now, area, ask}},
			{nearByWords, []any{s.Now, area, words, pairs, ask}},
		}
	}
	found, err := db.searchAll(ctx, s, searches)
	if err != nil {
		return nil, err
	}
	return db.candidates(ctx, likeliest(found, s))
}

// candidatesKept is how many entries are compared word by word. Of 1,878
// recorded asks none had its first entry behind the 32nd by cosines alone.
const candidatesKept = 40

// likeliest keeps those that lie nearest by both cosines, and all that have no
// vector of the asked model yet.
func likeliest(found []foundEntry, s kb.Search) []foundEntry {
	if len(s.Vector) == 0 {
		return found
	}
	bare := func(f foundEntry) int {
		if f.ordinal < 0 && f.whole == 0 {
			return 0
		}
		return 1
	}
	slices.SortFunc(found, func(a, b foundEntry) int {
		return cmp.Or(bare(a)-bare(b), cmp.Compare(b.question+b.whole, a.question+a.whole), cmp.Compare(a.edition.entry, b.edition.entry))
	})
	return found[:min(len(found), candidatesKept)]
}

// search is a statement that gives lines for scanFound.
type search struct {
	sql  string
	args []any
}

// forSearch is forModel for the vectors of s, if it has any.
func forSearch(sql string, s kb.Search) (string, error) {
	if len(s.Vector) == 0 {
		return sql, nil
	}
	return forModel(sql, s.Model, len(s.Vector))
}

// searchAll runs searches at once and gives what they find, each entry once. An
// entry that was edited in between is the later one.
func (db *DB) searchAll(ctx context.Context, s kb.Search, searches []search) ([]foundEntry, error) {
	found, failed := make([][]foundEntry, len(searches)), make([]error, len(searches))
	var group sync.WaitGroup
	for i, one := range searches {
		sql, err := forSearch(one.sql, s)
		if err != nil {
			return nil, err
		}
		group.Go(func() {
			rows, err := db.pool.Query(ctx, sql, one.args...)
			if err == nil {
				found[i], err = pgx.CollectRows(rows, scanFound)
			}
			failed[i] = err
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, fail(err)
		}
	}
	all := slices.Concat(found...)
	slices.SortFunc(all, func(a, b foundEntry) int {
		return cmp.Or(cmp.Compare(a.edition.entry, b.edition.entry), cmp.Compare(b.edition.version, a.edition.version))
	})
	return slices.CompactFunc(all, func(a, b foundEntry) bool { return a.edition.entry == b.edition.entry }), nil
}

// foundEntry is a line of what Near finds.
type foundEntry struct {
	edition  edition
	citywide bool
	question float64
	ordinal  int // of the wording nearest to the ask; -1: none has a vector
	whole    float64
	negative float64
}

func scanFound(row pgx.CollectableRow) (f foundEntry, err error) {
	err = row.Scan(&f.edition.entry, &f.edition.version, &f.citywide, &f.question, &f.ordinal, &f.whole, &f.negative)
	return f, err
}

// candidates puts the entries to what was found.
func (db *DB) candidates(ctx context.Context, found []foundEntry) ([]kb.Candidate, error) {
	wanted := make([]edition, len(found))
	for i, f := range found {
		wanted[i] = f.edition
	}
	entries, err := db.editions(ctx, wanted)
	if err != nil {
		return nil, err
	}
	out := make([]kb.Candidate, len(found))
	for i, f := range found {
		c := kb.Candidate{Entry: entries[i], Question: f.question, Whole: f.whole, Negative: f.negative, Citywide: f.citywide}
		switch {
		case f.ordinal == 0:
			c.Phrasing = c.Entry.Question
		case f.ordinal > 0 && f.ordinal <= len(c.Entry.Phrasings):
			c.Phrasing = c.Entry.Phrasings[f.ordinal-1]
		}
		out[i] = c
	}
	return out, nil
}
