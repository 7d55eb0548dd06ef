package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/internal/errs"
)

// AskReplay stores an open replay of a draft in place of the one before, whose
// lines go. errs.NotFound "draft.not_found", errs.Conflict "draft.published",
// "draft.replaying" while one is open.
func (db *DB) AskReplay(ctx context.Context, r classifier.ReplayRun) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if err := lockDraft(ctx, tx, r.Draft); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM catalogue_replay WHERE draft_id = $1`, r.Draft); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO catalogue_replay (
			    draft_id,
			    by_account,
			    asked_at
			) VALUES ($1, $2, $3)`, r.Draft, optional(r.By), r.At)
		return err
	})
}

// ReplayDue reports whether a replay is open.
func (db *DB) ReplayDue(ctx context.Context) (due bool, err error) {
	err = db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM catalogue_replay WHERE ended_at IS NULL)`).Scan(&due)
	return due, fail(err)
}

// NextReplay gives the open replay that was asked for first and counts that it
// is begun; errs.NotFound "draft.no_replay".
func (db *DB) NextReplay(ctx context.Context) (classifier.ReplayRun, error) {
	var r classifier.ReplayRun
	err := db.pool.QueryRow(ctx, `
		UPDATE catalogue_replay
		SET attempts = attempts + 1,
		    done = 0
		WHERE draft_id = (
		    SELECT draft_id
		    FROM catalogue_replay
		    WHERE ended_at IS NULL
		    ORDER BY asked_at, draft_id
		    LIMIT 1
		)
		RETURNING draft_id,
		          coalesce(by_account::text, ''),
		          asked_at,
		          attempts`).Scan(&r.Draft, &r.By, &r.At, &r.Attempts)
	return r, orNotFound(err, "draft.no_replay")
}

// ReplayProgress notes how far a replay is; errs.NotFound "draft.no_replay"
// when its draft is discarded or it has ended.
func (db *DB) ReplayProgress(ctx context.Context, draft classifier.DraftID, done, total int) error {
	tag, err := db.pool.Exec(ctx, `
		UPDATE catalogue_replay
		SET done = $2,
		    total = $3
		WHERE draft_id = $1 AND ended_at IS NULL`, draft, done, total)
	if err == nil && tag.RowsAffected() == 0 {
		err = errs.New(errs.NotFound, "draft.no_replay")
	}
	return fail(err)
}

// EndReplay stores what came of an open replay; nothing happens when it is not
// open any more.
func (db *DB) EndReplay(ctx context.Context, r classifier.ReplayRun, lines []classifier.RouteLine, at time.Time) error {
	f := r.Figures
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE catalogue_replay
			SET ended_at = $2,
			    fault = $3,
			    against = $4,
			    decisions = $5,
			    leaf = $6,
			    lead = $7,
			    split = $8,
			    ended = $9,
			    routed = $10,
			    right_now = $11,
			    right_then = $12
			WHERE draft_id = $1 AND ended_at IS NULL`,
			r.Draft, at, r.Fault, optional(f.Against), f.Decisions, f.Leaf, f.Lead, f.Split, f.Ended, f.Routed, f.RightNow, f.RightThen)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		columns := []string{
			"draft_id", "ordinal", "matter_id", "decided_at", "gist", "leaf_differs", "split", "ended",
			"decided", "old_leaf", "new_leaf", "part", "old_lead", "new_lead",
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"catalogue_reroute"}, columns, pgx.CopyFromSlice(len(lines), func(i int) ([]any, error) {
			l := lines[i]
			return []any{
				r.Draft, l.Ordinal, l.Matter, l.At, l.Gist, l.LeafDiffer, l.Split, l.Ended,
				leafName(l.Decided), leafName(l.OldLeaf), leafName(l.NewLeaf), leafName(l.Part), l.OldLead, l.NewLead,
			}, nil
		}))
		return err
	})
}

// leafName is a leaf as catalogue_reroute holds it.
func leafName(n classifier.LeafName) []string {
	if n == (classifier.LeafName{}) {
		return []string{}
	}
	return []string{n.Code, n.Trail}
}

// Routes gives lines of a replay in order, from f.From on, up to f.Limit.
func (db *DB) Routes(ctx context.Context, f classifier.RouteFilter) ([]classifier.RouteLine, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT ordinal,
		       matter_id,
		       decided_at,
		       gist,
		       leaf_differs,
		       split,
		       ended,
		       coalesce(decided[1], ''),
		       coalesce(decided[2], ''),
		       coalesce(old_leaf[1], ''),
		       coalesce(old_leaf[2], ''),
		       coalesce(new_leaf[1], ''),
		       coalesce(new_leaf[2], ''),
		       coalesce(part[1], ''),
		       coalesce(part[2], ''),
		       old_lead,
		       new_lead
		FROM catalogue_reroute
		WHERE draft_id = $1
		  AND ordinal >= $2
		  AND CASE $3
		          WHEN 'leaf' THEN leaf_differs
		          WHEN 'lead' THEN old_lead <> new_lead
		          WHEN 'split' THEN split
		          WHEN 'ended' THEN ended
		          ELSE true
		      END
		ORDER BY ordinal
		LIMIT $4`, f.Draft, f.From, f.Only, f.Limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l classifier.RouteLine, err error) {
		err = row.Scan(&l.Ordinal, &l.Matter, &l.At, &l.Gist, &l.LeafDiffer, &l.Split, &l.Ended,
			&l.Decided.Code, &l.Decided.Trail, &l.OldLeaf.Code, &l.OldLeaf.Trail, &l.NewLeaf.Code, &l.NewLeaf.Trail,
			&l.Part.Code, &l.Part.Trail, &l.OldLead, &l.NewLead)
		return l, err
	})
	return all, fail(err)
}
