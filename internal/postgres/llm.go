package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/llm"
	"huying/internal/org"
)

// LLM is the store of the language model's rules, calls and answers.
type LLM struct{ db *DB }

// LLM gives the store of the language model.
func (db *DB) LLM() LLM { return LLM{db} }

// Rules gives what a language model is allowed; nothing, while nobody has set
// it.
func (l LLM) Rules(ctx context.Context) (llm.Rules, error) {
	var r llm.Rules
	var off []string
	var others []llmRecord
	var deadline, patience int64
	err := l.db.pool.QueryRow(ctx, `
		SELECT r.switched_on,
		       r.off,
		       r.budget,
		       r.rate,
		       r.deadline_ms,
		       r.patience_ms,
		       r.approval,
		       r.place,
		       r.operator,
		       r.others,
		       r.at,
		       coalesce(a.name, '')
		FROM llm_rules AS r
		LEFT JOIN account AS a ON a.id = r.by_account`).Scan(
		&r.On, &off, &r.Budget, &r.Rate, &deadline, &patience, &r.Approval, &r.Place, &r.Operator, &others, &r.At, &r.By)
	if errors.Is(err, pgx.ErrNoRows) {
		return llm.Rules{}, nil
	}
	for _, t := range off {
		r.Off = append(r.Off, llm.Task(t))
	}
	for _, o := range others {
		r.Others = append(r.Others, llm.Record{Endpoint: llm.Place{URL: o.URL, Model: o.Model}, Approval: o.Approval, Place: o.Place, Operator: o.Operator})
	}
	r.Deadline = time.Duration(deadline) * time.Millisecond
	r.Patience = time.Duration(patience) * time.Millisecond
	return r, fail(err)
}

// llmRecord is an endpoint beside the main one as it is stored.
type llmRecord struct {
	URL      string `json:"url"`
	Model    string `json:"model"`
	Approval string `json:"approval"`
	Place    string `json:"place"`
	Operator string `json:"operator"`
}

// SetRules replaces the rules, with the audit line.
func (l LLM) SetRules(ctx context.Context, r llm.Rules, line org.Audit) error {
	off := make([]string, len(r.Off))
	for i, t := range r.Off {
		off[i] = string(t)
	}
	others := make([]llmRecord, len(r.Others))
	for i, o := range r.Others {
		others[i] = llmRecord{o.Endpoint.URL, o.Endpoint.Model, o.Approval, o.Place, o.Operator}
	}
	return l.db.execAudited(ctx, line, `
		INSERT INTO llm_rules (
		    switched_on,
		    off,
		    budget,
		    rate,
		    deadline_ms,
		    patience_ms,
		    approval,
		    place,
		    operator,
		    others,
		    at,
		    by_account
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (single) DO UPDATE
		SET switched_on = excluded.switched_on,
		    off = excluded.off,
		    budget = excluded.budget,
		    rate = excluded.rate,
		    deadline_ms = excluded.deadline_ms,
		    patience_ms = excluded.patience_ms,
		    approval = excluded.approval,
		    place = excluded.place,
		    operator = excluded.operator,
		    others = excluded.others,
		    at = excluded.at,
		    by_account = excluded.by_account`,
		r.On, off, r.Budget, r.Rate, r.Deadline.Milliseconds(), r.Patience.Milliseconds(), r.Approval, r.Place, r.Operator, others, r.At, optional(line.Actor))
}

// Reserve notes a call that begins. Two that begin at once count each other:
// the sums are taken under one lock, which is held for one index read. A call
// whose answer nobody waited for may cost all that was reserved for it.
func (l LLM) Reserve(ctx context.Context, c llm.Call, since time.Time, r llm.Rules) (llm.Outcome, error) {
	c.Outcome = llm.OutcomePending
	err := l.db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, llmLock); err != nil {
			return err
		}
		var spent int64
		var minute int
		err := tx.QueryRow(ctx, `
			SELECT coalesce(sum(CASE WHEN outcome IN ('pending', 'late', 'gone') THEN reserved ELSE tokens_in + tokens_out END), 0),
			       count(*) FILTER (WHERE at > $2 AND outcome NOT IN ('cached', 'budget', 'rate'))
			FROM llm_call
			WHERE at >= $1`, since, c.At.Add(-time.Minute)).Scan(&spent, &minute)
		switch {
		case err != nil:
			return err
		case spent+int64(c.Reserved) > int64(r.Budget):
			c.Outcome, c.Reserved = llm.OutcomeBudget, 0
		case minute >= r.Rate:
			c.Outcome, c.Reserved = llm.OutcomeRate, 0
		}
		return saveCall(ctx, tx, c)
	})
	return c.Outcome, err
}

// Finish notes how a call ended; one that was not reserved is noted whole.
func (l LLM) Finish(ctx context.Context, c llm.Call) error {
	return fail(saveCall(ctx, l.db.pool, c))
}

func saveCall(ctx context.Context, x execer, c llm.Call) error {
	_, err := x.Exec(ctx, `
		INSERT INTO llm_call (
		    id,
		    at,
		    task,
		    prompt,
		    model,
		    outcome,
		    reserved,
		    tokens_in,
		    tokens_out,
		    latency_ms
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id) DO UPDATE
		SET outcome = excluded.outcome,
		    tokens_in = excluded.tokens_in,
		    tokens_out = excluded.tokens_out,
		    latency_ms = excluded.latency_ms`,
		c.ID, c.At, c.Task, c.Prompt, c.Model, c.Outcome, c.Reserved, c.In, c.Out, c.Latency.Milliseconds())
	return err
}

// Answer gives what was answered before, or errs.NotFound.
func (l LLM) Answer(ctx context.Context, key [32]byte) ([]byte, error) {
	var body []byte
	err := l.db.pool.QueryRow(ctx, `SELECT body FROM llm_answer WHERE key = $1`, key[:]).Scan(&body)
	return body, orNotFound(err, "llm.unasked")
}

// Keep stores an answer and forgets the old ones.
func (l LLM) Keep(ctx context.Context, key [32]byte, answer []byte, at, before time.Time) error {
	_, err := l.db.pool.Exec(ctx, `
		WITH gone AS (
		    DELETE FROM llm_answer
		    WHERE at < $4
		)
		INSERT INTO llm_answer (key, body, at)
		VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE
		SET body = excluded.body, at = excluded.at`, key[:], answer, at, before)
	return fail(err)
}

// Usage counts the calls since a time by task and outcome.
func (l LLM) Usage(ctx context.Context, since time.Time) ([]llm.Usage, error) {
	rows, err := l.db.pool.Query(ctx, `
		SELECT task,
		       outcome,
		       count(*),
		       sum(tokens_in),
		       sum(tokens_out),
		       percentile_disc(0.5) WITHIN GROUP (ORDER BY latency_ms)
		FROM llm_call
		WHERE at >= $1
		GROUP BY task, outcome
		ORDER BY task, outcome`, since)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (u llm.Usage, err error) {
		var ms int64
		err = row.Scan(&u.Task, &u.Outcome, &u.Calls, &u.In, &u.Out, &ms)
		u.Typical = time.Duration(ms) * time.Millisecond
		return u, err
	})
	return all, fail(err)
}
