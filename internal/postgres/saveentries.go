package postgres

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// entriesLock makes savings one after the other: two that bring the same new
// entry must not both make it, and both count the same terms. The number is
// arbitrary, but must stay.
const entriesLock = 4_812_345_006

// SaveEntries stores entries in one transaction. An entry is the one that
// stands already when its id does, else its code, else, without a code, its
// question and area: that one keeps its id, and its version rises when
// anything a reader sees has changed. One that did not change only gets the
// vectors that it lacks. errs.Invalid "kb.area" for an unknown area,
// errs.Conflict "kb.code" when another entry has the code.
func (db *DB) SaveEntries(ctx context.Context, entries []kb.Prepared) (kb.Saved, error) {
	var saved kb.Saved
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, entriesLock); err != nil {
			return err
		}
		if err := checkAreas(ctx, tx, entries); err != nil {
			return err
		}
		standing, err := readStanding(ctx, tx, entries)
		if err != nil {
			return err
		}
		s := saving{standing: standing, terms: map[string]int{}}
		for _, p := range entries {
			s.add(p)
		}
		s.queueTerms()
		saved = s.saved
		return tx.SendBatch(ctx, &s.batch).Close()
	})
	switch {
	case violates(err, uniqueViolation, "entry_code_key"):
		return kb.Saved{}, errs.Wrap(err, errs.Conflict, "kb.code").In("code")
	case err != nil:
		return kb.Saved{}, err
	}
	return saved, nil
}

// checkAreas names the first area that does not exist. Areas are never
// removed, so what is found stays.
func checkAreas(ctx context.Context, tx pgx.Tx, entries []kb.Prepared) error {
	areas := make([]org.AreaCode, 0, len(entries))
	for _, p := range entries {
		if p.Entry.Area != "" {
			areas = append(areas, p.Entry.Area)
		}
	}
	var unknown string
	err := tx.QueryRow(ctx, `
		SELECT a.code
		FROM unnest($1::text[]) WITH ORDINALITY AS a (code, place)
		WHERE NOT EXISTS (SELECT FROM area WHERE code = a.code)
		ORDER BY a.place
		LIMIT 1`, areas).Scan(&unknown)
	switch {
	case noRows(err):
		return nil
	case err != nil:
		return err
	}
	return errs.New(errs.Invalid, "kb.area", unknown).In("area")
}

// known is an entry that stands already, with its terms.
type known struct {
	kb.Entry
	terms []string
}

// standing finds the entries that stand already.
type standing struct {
	byID   map[kb.EntryID]*known
	byCode map[string]*known
	byText map[textKey]*known // without a code
}

type textKey struct {
	question string
	area     org.AreaCode
}

func (s standing) add(k *known) {
	s.byID[k.ID] = k
	if k.Code != "" {
		s.byCode[k.Code] = k
	} else {
		s.byText[textKey{k.Question, k.Area}] = k
	}
}

func (s standing) find(e kb.Entry) *known {
	if k := s.byID[e.ID]; k != nil {
		return k
	}
	if e.Code != "" {
		return s.byCode[e.Code]
	}
	return s.byText[textKey{e.Question, e.Area}]
}

func readStanding(ctx context.Context, tx pgx.Tx, entries []kb.Prepared) (standing, error) {
	s := standing{map[kb.EntryID]*known{}, map[string]*known{}, map[textKey]*known{}}
	var ids []kb.EntryID
	var codes, questions []string
	for _, p := range entries {
		ids = append(ids, p.Entry.ID)
		if p.Entry.Code != "" {
			codes = append(codes, p.Entry.Code)
		} else {
			questions = append(questions, p.Entry.Question)
		}
	}
	rows, err := tx.Query(ctx, `
		SELECT`+entryColumns+`,
		       tsvector_to_array(e.terms)
		FROM entry AS e
		WHERE e.id = ANY ($1::uuid[])
		   OR e.code = ANY ($2::text[])
		   OR (e.code IS NULL AND e.question = ANY ($3::text[]))`, ids, codes, questions)
	if err != nil {
		return s, err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*known, error) {
		var k known
		err := row.Scan(append(entryTargets(&k.Entry), &k.terms)...)
		return &k, err
	})
	for _, k := range found {
		s.add(k)
	}
	return s, err
}

// saving gathers the statements of one SaveEntries.
type saving struct {
	standing standing
	saved    kb.Saved
	terms    map[string]int // change of the number of published entries with the term
	batch    pgx.Batch
}

func (s *saving) add(p kb.Prepared) {
	e := p.Entry
	terms := indexable(p.Terms)
	slices.Sort(terms)
	terms = slices.Compact(terms)
	before := s.standing.find(e)
	switch {
	case before == nil:
		e.Version = 1
		s.saved.Created++
	case sameEntry(before.Entry, e) && slices.Equal(before.terms, terms):
		s.saved.Unchanged++
		s.queueVectors(before.ID, p)
		return
	default:
		e.ID, e.Version = before.ID, before.Version+1
		s.count(before.Entry, before.terms, -1)
		s.batch.Queue(`DELETE FROM entry_vector WHERE entry_id = $1`, e.ID)
		s.saved.Changed++
	}
	s.count(e, terms, 1)
	s.queueEntry(e, terms)
	s.queueVectors(e.ID, p)
	s.standing.add(&known{e, terms})
}

// sameEntry tells whether a reader would see no difference.
func sameEntry(a, b kb.Entry) bool {
	return a.Code == b.Code && a.State == b.State && a.Question == b.Question &&
		slices.Equal(a.Phrasings, b.Phrasings) && a.Answer == b.Answer && a.Short == b.Short &&
		a.Unit == b.Unit && a.Area == b.Area && a.Topic == b.Topic && a.Basis == b.Basis &&
		a.ValidFrom.Equal(b.ValidFrom) && a.ValidUntil.Equal(b.ValidUntil)
}

// count notes how the terms of published entries change.
func (s *saving) count(e kb.Entry, terms []string, by int) {
	if e.State != kb.EntryPublished {
		return
	}
	for _, t := range terms {
		s.terms[t] += by
	}
}

func (s *saving) queueEntry(e kb.Entry, terms []string) {
	phrasings := e.Phrasings
	if phrasings == nil {
		phrasings = []string{}
	}
	s.batch.Queue(`
		INSERT INTO entry (
		    id,
		    code,
		    version,
		    state,
		    question,
		    phrasings,
		    answer,
		    short,
		    unit,
		    area,
		    topic,
		    basis,
		    valid_from,
		    valid_until,
		    updated_at,
		    updated_by,
		    terms
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, array_to_tsvector($17::text[]))
		ON CONFLICT (id) DO UPDATE SET
		    code = excluded.code,
		    version = excluded.version,
		    state = excluded.state,
		    question = excluded.question,
		    phrasings = excluded.phrasings,
		    answer = excluded.answer,
		    short = excluded.short,
		    unit = excluded.unit,
		    area = excluded.area,
		    topic = excluded.topic,
		    basis = excluded.basis,
		    valid_from = excluded.valid_from,
		    valid_until = excluded.valid_until,
		    updated_at = excluded.updated_at,
		    updated_by = excluded.updated_by,
		    terms = excluded.terms`,
		e.ID, optional(e.Code), e.Version, e.State, e.Question, phrasings, e.Answer, e.Short, e.Unit, optional(e.Area),
		e.Topic, e.Basis, optionalTime(e.ValidFrom), optionalTime(e.ValidUntil), e.UpdatedAt, optional(e.UpdatedBy), terms)
	s.batch.Queue(`
		INSERT INTO entry_version (
		    entry_id,
		    version,
		    code,
		    state,
		    question,
		    phrasings,
		    answer,
		    short,
		    unit,
		    area,
		    topic,
		    basis,
		    valid_from,
		    valid_until,
		    updated_at,
		    updated_by
		)
		SELECT id, version, code, state, question, phrasings, answer, short, unit, area,
		       topic, basis, valid_from, valid_until, updated_at, updated_by
		FROM entry
		WHERE id = $1`, e.ID)
}

// AddEntryVectors gives entries the vectors of a model that they lack. Nothing
// else changes: an entry that has another version by now, because somebody
// edited it while it was prepared, is passed over.
func (db *DB) AddEntryVectors(ctx context.Context, entries []kb.Prepared) error {
	b := &pgx.Batch{}
	for _, p := range entries {
		ordinals, vectors := vectorsOf(p)
		b.Queue(`
			INSERT INTO entry_vector (
			    entry_id,
			    model,
			    ordinal,
			    v
			)
			SELECT e.id, $2, w.ordinal, w.v
			FROM (SELECT id FROM entry WHERE id = $1 AND version = $5 FOR KEY SHARE) AS e,
			     unnest($3::integer[], $4::halfvec[]) AS w (ordinal, v)
			ON CONFLICT DO NOTHING`, p.Entry.ID, p.Model, ordinals, vectors, p.Entry.Version)
	}
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, entriesLock); err != nil {
			return err
		}
		return tx.SendBatch(ctx, b).Close()
	})
}

func vectorsOf(p kb.Prepared) (ordinals []int, vectors []pgvector.HalfVector) {
	for _, w := range p.Wordings {
		if len(w.Vector) > 0 {
			ordinals = append(ordinals, w.Ordinal)
			vectors = append(vectors, pgvector.NewHalfVector(w.Vector))
		}
	}
	return ordinals, vectors
}

func (s *saving) queueVectors(entry kb.EntryID, p kb.Prepared) {
	ordinals, vectors := vectorsOf(p)
	s.batch.Queue(`
		INSERT INTO entry_vector (
		    entry_id,
		    model,
		    ordinal,
		    v
		)
		SELECT $1, $2, w.ordinal, w.v
		FROM unnest($3::integer[], $4::halfvec[]) AS w (ordinal, v)
		ON CONFLICT DO NOTHING`, entry, p.Model, ordinals, vectors)
}

// queueTerms brings the counts of terms up to date.
func (s *saving) queueTerms() {
	terms := slices.Sorted(maps.Keys(s.terms))
	changes := make([]int, len(terms))
	for i, t := range terms {
		changes[i] = s.terms[t]
	}
	s.batch.Queue(`
		INSERT INTO term (
		    term,
		    entries
		)
		SELECT t.term, t.change
		FROM unnest($1::text[], $2::integer[]) AS t (term, change)
		WHERE t.change <> 0
		ON CONFLICT (term) DO UPDATE SET
		    entries = term.entries + excluded.entries`, terms, changes)
}
