package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// ChangedGroups gives up to limit groups of answered rounds that changed since
// they were weighed last, longest ago first.
func (db *DB) ChangedGroups(ctx context.Context, limit int) ([]kb.GroupID, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT id
		FROM round_group
		WHERE kind = 'answered' AND weighed_at IS NULL
		ORDER BY changed_at, id
		LIMIT $1`, limit)
	if err != nil {
		return nil, fail(err)
	}
	groups, err := pgx.CollectRows(rows, pgx.RowTo[kb.GroupID])
	return groups, fail(err)
}

// GroupRounds gives up to limit latest rounds of a group, each of another
// caller, latest first, with their vectors of the model.
func (db *DB) GroupRounds(ctx context.Context, group kb.GroupID, model string, limit int) ([]kb.Round, error) {
	return db.rounds(ctx, `
		SELECT`+roundColumns+`,
		       q.v,
		       a.v
		FROM (
		    SELECT DISTINCT ON (l.caller) l.*
		    FROM (SELECT * FROM round WHERE group_id = $1 ORDER BY heard_at DESC LIMIT 10 * $3) AS l
		    ORDER BY l.caller, l.heard_at DESC
		) AS r`+roundJoins+`
		LEFT JOIN round_vector AS q ON q.round_id = r.id AND q.model = $2 AND q.part <> 'answer'
		LEFT JOIN round_vector AS a ON a.round_id = r.id AND a.model = $2 AND a.part = 'answer'
		ORDER BY r.heard_at DESC, r.id
		LIMIT $3`, group, model, limit)
}

// SaveWeighed stores what a group proposes, nil: nothing, and that it was
// weighed at the time. A decided proposal stays as it was decided; a rejected
// one waits again once `again` more callers are behind it than then.
func (db *DB) SaveWeighed(ctx context.Context, group kb.GroupID, w *kb.Weighed, again int, at time.Time) error {
	var body []byte
	state := kb.ProposalReady
	if w != nil {
		var err error
		if body, err = json.Marshal(w); err != nil {
			return errs.Wrap(err, errs.Internal, "internal")
		}
		if w.Blocked() {
			state = kb.ProposalBlocked
		}
	}
	b := &pgx.Batch{}
	b.Queue(`UPDATE round_group SET weighed_at = $2 WHERE id = $1`, group, at)
	if w == nil {
		b.Queue(`DELETE FROM proposal WHERE group_id = $1 AND decided_at IS NULL`, group)
	} else {
		b.Queue(`
			INSERT INTO proposal (
			    group_id,
			    state,
			    callers,
			    body,
			    made_at
			)
			SELECT $1, $2, count(DISTINCT caller), $3, $4
			FROM round
			WHERE group_id = $1
			ON CONFLICT (group_id) DO UPDATE SET
			    state = excluded.state,
			    callers = excluded.callers,
			    body = excluded.body,
			    decided_by = NULL,
			    decided_at = NULL,
			    decided_callers = NULL
			WHERE proposal.decided_at IS NULL
			   OR proposal.state = 'rejected' AND excluded.callers >= proposal.decided_callers + $5`,
			group, state, body, at, again)
	}
	return db.inTx(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, b).Close() })
}

const proposalColumns = `
		SELECT p.group_id,
		       p.state,
		       p.callers,
		       p.body,
		       p.made_at,
		       coalesce(p.entry_id::text, ''),
		       coalesce(a.name, ''),
		       p.decided_at
		FROM proposal AS p
		LEFT JOIN account AS a ON a.id = p.decided_by`

func scanProposal(row pgx.CollectableRow) (p kb.Proposal, err error) {
	var body []byte
	err = row.Scan(&p.ID, &p.State, &p.Callers, &body, &p.MadeAt, &p.Entry, &p.DecidedBy, zeroable{&p.DecidedAt})
	if err == nil {
		err = json.Unmarshal(body, &p.Weighed)
	}
	return p, err
}

// Proposals gives those of the states: the undecided with most callers first,
// the decided latest first.
func (db *DB) Proposals(ctx context.Context, states []kb.ProposalState, limit int) ([]kb.Proposal, error) {
	rows, err := db.pool.Query(ctx, proposalColumns+`
		WHERE p.state = ANY ($1)
		ORDER BY p.decided_at DESC NULLS FIRST, p.callers DESC, p.group_id
		LIMIT $2`, states, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanProposal)
	return all, fail(err)
}

// Proposal gives one, or errs.NotFound "proposal.not_found".
func (db *DB) Proposal(ctx context.Context, group kb.GroupID) (kb.Proposal, error) {
	rows, err := db.pool.Query(ctx, proposalColumns+`
		WHERE p.group_id = $1`, group)
	if err != nil {
		return kb.Proposal{}, fail(err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanProposal)
	return p, orNotFound(err, "proposal.not_found")
}

// DecideProposal stores a decision on a proposal that waits, with its line in
// the log: taken into an entry, or, without one, rejected. errs.Conflict
// "proposal.decided" when there is none that waits.
func (db *DB) DecideProposal(ctx context.Context, group kb.GroupID, entry kb.EntryID, line org.Audit) error {
	state := kb.ProposalRejected
	if entry != "" {
		state = kb.ProposalTaken
	}
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE proposal
			SET state = $2,
			    entry_id = $3,
			    decided_by = $4,
			    decided_at = $5,
			    decided_callers = callers
			WHERE group_id = $1 AND decided_at IS NULL`, group, state, optional(entry), line.Actor, line.At)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "proposal.decided")
		}
		return insertAudit(ctx, tx, line)
	})
}

// EntryAsking gives the entry, in any state, that is asked by exactly these
// words in an area; errs.NotFound "entry.not_found" when there is none.
func (db *DB) EntryAsking(ctx context.Context, question string, area org.AreaCode) (kb.EntryID, error) {
	var e kb.EntryID
	err := db.pool.QueryRow(ctx, `
		SELECT id
		FROM entry
		WHERE question = $1 AND area IS NOT DISTINCT FROM $2
		ORDER BY id
		LIMIT 1`, question, optional(area)).Scan(&e)
	return e, orNotFound(err, "entry.not_found")
}
