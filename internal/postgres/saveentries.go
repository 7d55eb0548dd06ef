package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
	"huying/internal/id"
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
// vectors that it lacks. A draft never takes the place of what is used
// already: it becomes the copy in work that may replace it, unless it says the
// same. errs.Invalid "kb.area" for an unknown area, errs.Conflict "kb.code"
// when another entry has the code, "kb.row_in_review" when a draft meets one that
// is being reviewed.
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
		s := saving{standing: standing, writing: writing{terms: map[string]int{}}}
		for _, p := range entries {
			if err := s.add(p); err != nil {
				return err
			}
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
	byText map[textKey]*known    // without a code
	copies map[kb.EntryID]*known // in work, by the entry that they replace
}

type textKey struct {
	question string
	area     org.AreaCode
}

func (s standing) add(k *known) {
	s.byID[k.ID] = k
	switch {
	case k.Replaces != "":
		if k.State == kb.EntryDraft || k.State == kb.EntryReview {
			s.copies[k.Replaces] = k
		}
	case k.Code != "":
		s.byCode[k.Code] = k
	default:
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
	s := standing{map[kb.EntryID]*known{}, map[string]*known{}, map[textKey]*known{}, map[kb.EntryID]*known{}}
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
	// The copies are looked for apart: an OR with them would read the whole table.
	rows, err := tx.Query(ctx, `
		WITH held AS (
		    SELECT id
		    FROM entry
		    WHERE id = ANY ($1::uuid[])
		       OR code = ANY ($2::text[])
		       OR (code IS NULL AND replaces IS NULL AND question = ANY ($3::text[]))
		)
		SELECT`+entryColumns+`,
		       tsvector_to_array(e.terms)
		FROM (
		    SELECT id
		    FROM held
		    UNION
		    SELECT c.id
		    FROM held AS h
		    JOIN entry AS c ON c.replaces = h.id AND c.state IN ('draft', 'review')
		) AS f
		JOIN entry AS e ON e.id = f.id`, ids, codes, questions)
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
	writing
	standing standing
	saved    kb.Saved
}

func (s *saving) add(p kb.Prepared) error {
	e := p.Entry
	terms := termsOf(p)
	before := s.standing.find(e)
	if before != nil && e.Files == nil {
		e.Files = before.Files
		p.Entry.Files = e.Files
	}
	if before != nil && e.State == kb.EntryDraft && before.State != kb.EntryDraft {
		return s.propose(before, p, terms)
	}
	switch {
	case before == nil:
		e.Version = 0
		s.saved.Created++
	case stands(before.State, e.State) && kb.SameContent(before.Entry, e) && slices.Equal(before.terms, terms):
		s.saved.Unchanged++
		s.queueVectors(before.ID, p)
		return nil
	default:
		e.ID, e.Version, e.Replaces = before.ID, before.Version, before.Replaces
		s.saved.Changed++
	}
	s.put(before, e, terms, p)
	return nil
}

// stands tells whether an entry keeps its state when a file says the same with
// the other. What must be verified is not verified by importing it again.
func stands(now, said kb.EntryState) bool {
	return now == said || now == kb.EntryToVerify && said == kb.EntryPublished
}

// propose makes of a draft that meets an entry in use the copy that may
// replace it.
func (s *saving) propose(before *known, p kb.Prepared, terms []string) error {
	e := p.Entry
	e.Code = before.Code // the copy has none, which is no difference
	if kb.SameContent(before.Entry, e) {
		s.saved.Unchanged++
		return nil
	}
	if before.State == kb.EntryReview {
		return errs.New(errs.Conflict, "kb.row_in_review", e.Question)
	}
	e.Code, e.Replaces = "", before.ID
	copied := s.standing.copies[before.ID]
	if copied != nil {
		e.Files = copied.Files
	}
	switch {
	case copied == nil:
		e.ID, e.Version = id.New[kb.EntryID](), 0
		s.saved.Created++
	case kb.SameContent(copied.Entry, e):
		s.saved.Unchanged++
		return nil
	case copied.State == kb.EntryReview:
		return errs.New(errs.Conflict, "kb.row_in_review", e.Question)
	default:
		e.ID, e.Version = copied.ID, copied.Version
		s.saved.Changed++
	}
	s.put(copied, e, terms, p)
	return nil
}

// put queues one version of an entry with its vectors; before is nil when the
// entry is new.
func (s *saving) put(before *known, e kb.Entry, terms []string, p kb.Prepared) {
	if before != nil {
		s.count(before.Entry, before.terms, -1)
		s.batch.Queue(`DELETE FROM entry_vector WHERE entry_id = $1`, e.ID)
	}
	e.Version++
	s.count(e, terms, 1)
	s.queueEntry(e, terms, kb.StepImport, "")
	s.queueVectors(e.ID, p)
	s.standing.add(&known{e, terms})
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
