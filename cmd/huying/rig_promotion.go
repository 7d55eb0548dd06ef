package main

import (
	"context"
	"time"

	"huying/eval"
	"huying/intake"
	"huying/internal/id"
	"huying/kb"
)

// promoteEvery is after how many asks of a stream the job runs.
const promoteEvery = 100

// Promote stores asks and replies as calls leave them and runs the job of the
// service on what has come in, again and again.
func (m *measured) Promote(ctx context.Context, stream []eval.Heard) ([][]int, error) {
	rounds, err := kb.NewRounds(m.db, m.queries, m.app.now)
	if err != nil {
		return nil, err
	}
	promoter := kb.NewPromoter(rounds, m.db, m.base, m.app.now)
	rows := map[intake.MatterID]int{}
	for i, h := range stream {
		matter, err := m.hear(ctx, h, m.app.now().Add(time.Duration(i-len(stream))*time.Minute))
		if err != nil {
			return nil, err
		}
		rows[matter] = i
		if (i+1)%promoteEvery == 0 || i+1 == len(stream) {
			if _, err := promoter.Run(ctx); err != nil {
				return nil, err
			}
		}
	}
	return m.drafts(ctx, rows)
}

// hear stores one ask and what was replied to it.
func (m *measured) hear(ctx context.Context, h eval.Heard, at time.Time) (intake.MatterID, error) {
	matter, err := m.receive(ctx, eval.Confirmed{Query: h.Query, At: at})
	if err != nil || h.Reply == "" {
		return matter, err
	}
	return matter, m.db.InsertReply(ctx, intake.Reply{
		ID: id.New[intake.ReplyID](), Matter: matter, Text: h.Reply, By: m.judge, At: at,
	})
}

// drafts gives the rows behind each proposal that is ready to become a draft.
func (m *measured) drafts(ctx context.Context, rows map[intake.MatterID]int) ([][]int, error) {
	found, err := m.db.Proposals(ctx, []kb.ProposalState{kb.ProposalReady}, len(rows))
	if err != nil {
		return nil, err
	}
	out := make([][]int, len(found))
	for i, p := range found {
		behind, err := m.db.GroupRounds(ctx, p.ID, m.queries.Model(), len(rows))
		if err != nil {
			return nil, err
		}
		for _, r := range behind {
			out[i] = append(out[i], rows[r.Matter])
		}
	}
	return out, nil
}
