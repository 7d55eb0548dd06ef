package postgres

import (
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"huying/kb"
)

// writing gathers the statements that store versions of entries, whoever made
// them.
type writing struct {
	terms map[string]int // change of the number of findable entries with the term
	batch pgx.Batch
}

// termsOf gives what an entry is found by, as the database keeps it.
func termsOf(p kb.Prepared) []string {
	terms := indexable(p.Terms)
	slices.Sort(terms)
	return slices.Compact(terms)
}

// findable tells whether those who ask find the entry (see holds).
func findable(s kb.EntryState) bool { return s == kb.EntryPublished || s == kb.EntryToVerify }

// count notes how the terms of findable entries change.
func (w *writing) count(e kb.Entry, terms []string, by int) {
	if !findable(e.State) {
		return
	}
	for _, t := range terms {
		w.terms[t] += by
	}
}

// queueEntry stores an entry as it is now, and keeps that as a version.
func (w *writing) queueEntry(e kb.Entry, terms []string, step kb.Step, remark string) {
	w.batch.Queue(upsertEntry,
		e.ID, optional(e.Code), e.Version, e.State, e.Question, listOf(e.Phrasings), e.Answer, e.Short, e.Unit, optional(e.Area),
		e.Topic, e.Basis, optionalTime(e.ValidFrom), optionalTime(e.ValidUntil), e.UpdatedAt, optional(e.UpdatedBy), terms,
		listOf(e.Negatives), e.Audience, e.Family, listOf(e.Clauses), optional(e.Replaces), optionalTime(e.Due()), filesOf(e))
	w.batch.Queue(keepVersion, e.ID, step, remark)
}

// listOf gives an empty list for none.
func listOf[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

const upsertEntry = `
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
		    terms,
		    negatives,
		    audience,
		    family,
		    clauses,
		    replaces,
		    due_at,
		    files
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, array_to_tsvector($17::text[]), $18, $19, $20, $21, $22, $23, coalesce($24::jsonb, '[]'))
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
		    terms = excluded.terms,
		    negatives = excluded.negatives,
		    audience = excluded.audience,
		    family = excluded.family,
		    clauses = excluded.clauses,
		    replaces = excluded.replaces,
		    due_at = excluded.due_at,
		    files = coalesce($24::jsonb, entry.files)`

// keepVersion copies the entries $1 as they stand.
const keepVersion = `
		INSERT INTO entry_version (` + sharedColumns + `,
		    entry_id,
		    step,
		    remark
		)
		SELECT` + sharedColumns + `,
		       id,
		       $2,
		       $3
		FROM entry
		WHERE id = $1`

// sharedColumns are what entry and entry_version have in common.
const sharedColumns = `
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
		    updated_by,
		    negatives,
		    audience,
		    family,
		    clauses,
		    files,
		    replaces`

func vectorsOf(p kb.Prepared) (ordinals []int, vectors []pgvector.HalfVector) {
	for _, w := range p.Wordings {
		if len(w.Vector) > 0 {
			ordinals = append(ordinals, w.Ordinal)
			vectors = append(vectors, pgvector.NewHalfVector(w.Vector))
		}
	}
	return ordinals, vectors
}

func (w *writing) queueVectors(entry kb.EntryID, p kb.Prepared) {
	ordinals, vectors := vectorsOf(p)
	w.batch.Queue(`
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
func (w *writing) queueTerms() {
	terms := slices.Sorted(maps.Keys(w.terms))
	changes := make([]int, len(terms))
	for i, t := range terms {
		changes[i] = w.terms[t]
	}
	w.batch.Queue(`
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
