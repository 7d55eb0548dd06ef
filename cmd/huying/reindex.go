package main

import (
	"context"

	"huying/classifier"
	"huying/internal/postgres"
	"huying/kb"
)

// reindexBatch is how many rows are read at a time.
const reindexBatch = 200

// reindex makes everything comparable with the vectors that this process
// makes: the indexes of its embedding model, vectors for confirmed examples
// and knowledge entries that have none of it, and a trained model for it, which
// is in memory then.
// Repeating it costs a few queries when nothing is missing.
func (a *app) reindex(ctx context.Context, s *site) error {
	m := s.embedder.Model()
	err := s.DB.RecordEmbedder(ctx, postgres.Embedder{Model: m.Name, Dim: m.Dim, Runtime: m.Runtime, CPU: m.CPU}, a.now())
	if err != nil {
		return err
	}
	if err := s.DB.EnsureVectorIndexes(ctx, m.Name, m.Dim); err != nil {
		return err
	}
	if err := reindexEntries(ctx, s); err != nil {
		return err
	}
	if err := a.reindexExamples(ctx, s); err != nil {
		return err
	}
	return s.trainer.Follow(ctx, s.suggest)
}

func reindexEntries(ctx context.Context, s *site) error {
	var after kb.EntryID
	for {
		entries, err := s.DB.Unprepared(ctx, s.queries.Model(), after, reindexBatch)
		if err != nil || len(entries) == 0 {
			return err
		}
		ready := make([]kb.Prepared, len(entries))
		for i, e := range entries {
			if ready[i], err = kb.Prepare(ctx, s.queries, e); err != nil {
				return err
			}
			after = e.ID
		}
		if err := s.DB.AddEntryVectors(ctx, ready); err != nil {
			return err
		}
	}
}

func (a *app) reindexExamples(ctx context.Context, s *site) error {
	var after classifier.DecisionID
	for {
		rows, err := s.DB.UnembeddedExamples(ctx, s.queries.Model(), after, reindexBatch)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			q, err := s.queries.Build(ctx, row.Title, row.Text)
			if err != nil {
				return err
			}
			if q.Vector != nil {
				err = s.DB.InsertExampleVectors(ctx, row.Decision, q.Model, q.TitleVector, q.Vector)
			}
			if err != nil {
				return err
			}
			after = row.Decision
		}
	}
}
