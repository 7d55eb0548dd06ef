package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"huying/intake"
	"huying/internal/id"
	"huying/kb"
)

// heard is what becomes a round: of each source, what came after the last
// round of its kind and up to a day before it, because what is committed late
// carries an earlier time. Of a matter the latest answer counts.
const heard = `
		WITH last AS (
		    SELECT (SELECT coalesce(max(heard_at), '-infinity') FROM round WHERE kind = 'answered') - interval '1 day' AS answered,
		           greatest((SELECT max(heard_at) FROM round WHERE kind = 'unanswered') - interval '1 day', $3) AS unanswered
		), heard AS (
		    SELECT 'answered' AS kind,
		           a.matter_id,
		           a.verdict_at AS at,
		           NULL::uuid AS reply_id,
		           a.entry_id,
		           a.entry_version,
		           false AS unsolved
		    FROM instant_answer AS a
		    WHERE a.verdict_at > (SELECT answered FROM last) AND a.verdict = 'solved' AND a.answered AND a.entry_id IS NOT NULL
		    UNION ALL
		    SELECT 'answered', p.matter_id, p.at, p.id, NULL, NULL, false
		    FROM reply AS p
		    WHERE p.at > (SELECT answered FROM last) AND ` + notWithdrawn + `
		      AND NOT EXISTS (SELECT FROM reply AS l
		                      WHERE l.matter_id = p.matter_id AND l.id > p.id
		                        AND NOT EXISTS (SELECT FROM reply_withdrawal WHERE reply_id = l.id))
		    UNION ALL
		    SELECT 'unanswered', a.matter_id, a.at, NULL, a.entry_id, a.entry_version, false
		    FROM instant_answer AS a
		    WHERE NOT a.answered AND a.at > (SELECT unanswered FROM last) AND a.silence <> ALL ($2)
		    UNION ALL
		    SELECT 'unanswered', a.matter_id, a.verdict_at, NULL, a.entry_id, a.entry_version, true
		    FROM instant_answer AS a
		    WHERE a.verdict_at > (SELECT unanswered FROM last) AND a.verdict = 'unsolved' AND a.answered
		)
		SELECT h.kind,
		       h.matter_id,
		       coalesce(encode(g.phone_hash, 'hex'), g.contact_id::text),
		       h.at,
		       h.reply_id,
		       h.entry_id,
		       h.entry_version,
		       h.unsolved
		FROM heard AS h
		JOIN matter AS m ON m.id = h.matter_id
		JOIN message AS g ON g.id = m.message_id
		WHERE NOT EXISTS (SELECT FROM round AS r WHERE r.matter_id = h.matter_id AND r.kind = h.kind)
		  AND g.secret NOT IN ('held', 'locked')
		  AND NOT EXISTS (SELECT FROM accusation AS x WHERE x.matter_id = h.matter_id) -- a unit's editors read what is proposed
		ORDER BY h.at, h.matter_id
		LIMIT $1`

// outdated are the rounds whose answer no longer stands, of changes made in the
// last week before the newest round.
const outdated = `
		WITH last AS (
		    SELECT coalesce(max(heard_at), '-infinity') - interval '7 days' AS at FROM round
		)
		SELECT r.id
		FROM instant_answer AS a
		JOIN round AS r ON r.matter_id = a.matter_id
		WHERE a.verdict_at > (SELECT at FROM last)
		  AND (a.verdict = 'unsolved' AND r.kind = 'answered' AND r.reply_id IS NULL
		       OR a.verdict = 'solved' AND r.kind = 'unanswered' AND r.unsolved)
		UNION
		SELECT r.id
		FROM reply_withdrawal AS w
		JOIN round AS r ON r.reply_id = w.reply_id
		WHERE w.at > (SELECT at FROM last)
		UNION
		SELECT r.id
		FROM reply AS p
		JOIN round AS r ON r.matter_id = p.matter_id AND r.kind = 'answered'
		WHERE p.at > (SELECT at FROM last) AND p.at > r.heard_at AND r.reply_id IS DISTINCT FROM p.id AND ` + notWithdrawn

// noGaps are the silences that no entry could have filled.
var noGaps = []kb.Silence{kb.SilentCase, kb.SilentDanger}

// GatherRounds brings in up to limit rounds of what was answered, judged and
// replied since it did so last, and takes out those whose answer was taken back
// or replaced; their groups are to be weighed anew. It returns how many it
// changed; 0: all are there.
func (db *DB) GatherRounds(ctx context.Context, limit int, at time.Time) (int, error) {
	changed := 0
	err := db.inTx(ctx, func(tx pgx.Tx) error {
		dropped, err := dropOutdated(ctx, tx, at)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, heard, limit, noGaps, at.Add(-kb.GapLife))
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		var r heardRound
		_, err = pgx.ForEachRow(rows, r.targets(), func() error {
			b.Queue(`
				INSERT INTO round (
				    id,
				    kind,
				    matter_id,
				    caller,
				    heard_at,
				    reply_id,
				    entry_id,
				    entry_version,
				    unsolved
				) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
				ON CONFLICT DO NOTHING`,
				id.New[kb.RoundID](), r.kind, r.matter, r.caller, r.at, r.reply, r.entry, r.version, r.unsolved)
			return nil
		})
		changed = dropped + b.Len()
		if err != nil || b.Len() == 0 {
			return err
		}
		return tx.SendBatch(ctx, b).Close()
	})
	return changed, err
}

// heardRound is a line of heard.
type heardRound struct {
	kind     kb.RoundKind
	matter   intake.MatterID
	caller   string
	at       time.Time
	reply    *intake.ReplyID
	entry    *kb.EntryID
	version  *int
	unsolved bool
}

func (r *heardRound) targets() []any {
	return []any{&r.kind, &r.matter, &r.caller, &r.at, &r.reply, &r.entry, &r.version, &r.unsolved}
}

func dropOutdated(ctx context.Context, tx pgx.Tx, at time.Time) (int, error) {
	var dropped int
	err := tx.QueryRow(ctx, `
		WITH gone AS (
		    DELETE FROM round
		    WHERE id IN (`+outdated+`)
		    RETURNING group_id
		), touched AS (
		    UPDATE round_group
		    SET changed_at = $1, weighed_at = NULL
		    WHERE id IN (SELECT group_id FROM gone)
		)
		SELECT count(*)
		FROM gone`, at).Scan(&dropped)
	return dropped, err
}

// roundColumns are what scanRound reads besides vectors, of round AS r joined
// by roundJoins.
const (
	roundColumns = `
		       r.id,
		       r.kind,
		       r.matter_id,
		       coalesce(r.group_id::text, ''),
		       r.caller,
		       r.heard_at,
		       m.title,
		       m.body,
		       CASE WHEN r.kind = 'answered' THEN coalesce(p.body, e.answer) ELSE '' END,
		       CASE WHEN r.kind = 'answered' THEN coalesce(p.unit, e.unit) ELSE '' END,
		       coalesce(r.entry_id::text, ''),
		       coalesce(r.entry_version, 0),
		       r.unsolved`
	roundJoins = `
		JOIN matter AS m ON m.id = r.matter_id
		LEFT JOIN reply AS p ON p.id = r.reply_id
		LEFT JOIN entry_version AS e ON e.entry_id = r.entry_id AND e.version = r.entry_version`
)

func scanRound(row pgx.CollectableRow) (r kb.Round, err error) {
	var question, answer *pgvector.HalfVector
	err = row.Scan(&r.ID, &r.Kind, &r.Matter, &r.Group, &r.Caller, &r.At, &r.Title, &r.Body, &r.Answer, &r.Unit,
		&r.Entry, &r.EntryVersion, &r.Unsolved, &question, &answer)
	if question != nil {
		r.Vector = question.Slice()
	}
	if answer != nil {
		r.AnswerVector = answer.Slice()
	}
	return r, err
}

func (db *DB) rounds(ctx context.Context, sql string, args ...any) ([]kb.Round, error) {
	rows, err := db.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanRound)
	return all, fail(err)
}

// UnplacedRounds gives up to limit rounds without a group, oldest first, with
// the vectors that their matters have; or, when all have one, rounds that lack
// a vector of the model.
func (db *DB) UnplacedRounds(ctx context.Context, model string, limit int) ([]kb.Round, error) {
	const columns = `
		SELECT` + roundColumns + `,
		       v.v,
		       NULL::halfvec
		FROM round AS r` + roundJoins + `
		LEFT JOIN matter_vector AS v ON v.matter_id = r.matter_id AND v.model = $1 AND v.part = 'text'`
	found, err := db.rounds(ctx, columns+`
		WHERE r.group_id IS NULL
		ORDER BY r.heard_at, r.id
		LIMIT $2`, model, limit)
	if err != nil || len(found) > 0 {
		return found, err
	}
	return db.rounds(ctx, columns+`
		WHERE NOT EXISTS (SELECT FROM round_vector AS x WHERE x.round_id = r.id AND x.model = $1 AND x.part <> 'answer')
		ORDER BY r.heard_at, r.id
		LIMIT $2`, model, limit)
}

// vectorParts are the parts under which the vectors of questions stand.
var vectorParts = map[kb.RoundKind]string{kb.Answered: "question", kb.Unanswered: "gap"}

// nearRounds finds the nearest by question and by answer, each by a partial
// index, or a plain scan while the table is small, and then reads their groups'
// latest rounds by caller. Without an answer the second part finds nothing.
const nearRounds = `
		WITH by_question AS (
		    SELECT r.group_id
		    FROM round_vector AS x
		    JOIN round AS r ON r.id = x.round_id
		    WHERE x.model = '{model}' AND x.part = '{part}' AND r.group_id IS NOT NULL
		    ORDER BY x.v::halfvec({dim}) <=> $1
		    LIMIT $2
		), by_answer AS (
		    SELECT r.group_id
		    FROM round_vector AS x
		    JOIN round AS r ON r.id = x.round_id
		    WHERE x.model = '{model}' AND x.part = 'answer' AND r.group_id IS NOT NULL
		    ORDER BY x.v::halfvec({dim}) <=> $4
		    LIMIT CASE WHEN $4::halfvec IS NULL THEN 0 ELSE $2 END
		)
		SELECT` + roundColumns + `,
		       q.v,
		       a.v
		FROM (SELECT group_id FROM by_question UNION SELECT group_id FROM by_answer) AS g
		CROSS JOIN LATERAL (
		    SELECT DISTINCT ON (l.caller) l.*
		    FROM (SELECT * FROM round WHERE group_id = g.group_id ORDER BY heard_at DESC LIMIT 4 * $3) AS l
		    ORDER BY l.caller, l.heard_at DESC
		    LIMIT $3
		) AS r` + roundJoins + `
		JOIN round_vector AS q ON q.round_id = r.id AND q.model = '{model}' AND q.part = '{part}'
		LEFT JOIN round_vector AS a ON a.round_id = r.id AND a.model = '{model}' AND a.part = 'answer'`

// NearRounds gives up to members latest rounds, each of another caller, of
// every group in which one of the nearest rounds to r lies, by question or by
// answer.
func (db *DB) NearRounds(ctx context.Context, model string, r kb.Round, nearest, members int) ([]kb.Round, error) {
	sql, err := forModel(strings.ReplaceAll(nearRounds, "{part}", vectorParts[r.Kind]), model, len(r.Vector))
	if err != nil {
		return nil, err
	}
	return db.rounds(ctx, sql, halfvec(r.Vector), nearest, members, halfvec(r.AnswerVector))
}

// PlaceRound stores where a round belongs, and puts together what is one.
func (db *DB) PlaceRound(ctx context.Context, p kb.Placement) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if p.New {
			_, err := tx.Exec(ctx, `
				INSERT INTO round_group (
				    id,
				    kind,
				    changed_at
				) VALUES ($1, $2, $3)`, p.Group, p.Kind, p.At)
			if err != nil {
				return err
			}
		}
		if err := insertRoundVectors(ctx, tx, p); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE round
			SET group_id = $2
			WHERE id = $1 AND group_id IS NULL`, p.Round, p.Group)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		keep, err := mergeGroups(ctx, tx, p.Group, p.Merge)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE round_group
			SET changed_at = $2, weighed_at = NULL
			WHERE id = $1`, keep, p.At)
		return err
	})
}

func insertRoundVectors(ctx context.Context, tx pgx.Tx, p kb.Placement) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO round_vector (
		    round_id,
		    model,
		    part,
		    v
		)
		SELECT $1, $2, x.part, x.v
		FROM (VALUES ($3, $4::halfvec), ('answer', $5::halfvec)) AS x (part, v)
		WHERE x.v IS NOT NULL
		ON CONFLICT DO NOTHING`, p.Round, p.Model, vectorParts[p.Kind], halfvec(p.Vector), halfvec(p.AnswerVector))
	return err
}

// mergeGroups makes one group of several and gives the one that stays: one with
// a decided proposal, else the first. Two with a decided proposal stay two.
func mergeGroups(ctx context.Context, tx pgx.Tx, first kb.GroupID, others []kb.GroupID) (kb.GroupID, error) {
	if len(others) == 0 {
		return first, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT group_id
		FROM proposal
		WHERE group_id = ANY ($1::uuid[]) AND decided_at IS NOT NULL
		ORDER BY group_id = $2 DESC, decided_at`, append([]kb.GroupID{first}, others...), first)
	if err != nil {
		return "", err
	}
	decided, err := pgx.CollectRows(rows, pgx.RowTo[kb.GroupID])
	if err != nil {
		return "", err
	}
	keep := first
	if len(decided) > 0 {
		keep = decided[0]
	}
	b := &pgx.Batch{}
	for _, g := range append([]kb.GroupID{first}, others...) {
		if g == keep || isDecided(decided, g) {
			continue
		}
		b.Queue(`UPDATE round SET group_id = $2 WHERE group_id = $1`, g, keep)
		b.Queue(`DELETE FROM proposal WHERE group_id = $1`, g)
		b.Queue(`DELETE FROM round_group WHERE id = $1`, g)
	}
	return keep, tx.SendBatch(ctx, b).Close()
}

func isDecided(decided []kb.GroupID, g kb.GroupID) bool {
	for _, d := range decided {
		if d == g {
			return true
		}
	}
	return false
}

// ForgetUnanswered drops the unanswered rounds before a time, and the groups
// that are empty then.
func (db *DB) ForgetUnanswered(ctx context.Context, before time.Time) error {
	_, err := db.pool.Exec(ctx, `
		WITH gone AS (
		    DELETE FROM round
		    WHERE kind = 'unanswered' AND heard_at < $1
		    RETURNING id, group_id
		)
		DELETE FROM round_group AS g
		WHERE g.id IN (SELECT group_id FROM gone)
		  AND NOT EXISTS (SELECT FROM round AS r WHERE r.group_id = g.id AND r.id NOT IN (SELECT id FROM gone))`, before)
	if err != nil {
		return fail(err)
	}
	return nil
}
