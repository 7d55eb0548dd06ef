package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// centreOpen tells whether sub_centre AS s takes what is its own at the minute
// of the day that stands in front: in its hours, in service, with somebody there.
const centreOpen = `NOT s.closed
		      AND (s.opens = s.shuts
		           OR s.opens < s.shuts AND minute >= s.opens AND minute < s.shuts
		           OR s.opens > s.shuts AND (minute >= s.opens OR minute < s.shuts))
		      AND NOT EXISTS (SELECT FROM unit AS u WHERE u.id = s.unit_id AND u.retired)
		      AND EXISTS (SELECT FROM account AS p WHERE p.unit_id = s.unit_id AND p.roles && ARRAY['agent', 'dispatcher'] AND NOT p.disabled)`

// openCentres are the units of the sub-centres that are open, by the argument
// whose number follows, a time.
func openCentres(arg string) string {
	return `(
		    SELECT s.unit_id
		    FROM sub_centre AS s
		    CROSS JOIN LATERAL (SELECT extract(hour FROM ` + arg + `::timestamptz AT TIME ZONE 'Asia/Shanghai') * 60 + extract(minute FROM ` + arg + `::timestamptz AT TIME ZONE 'Asia/Shanghai') AS minute) AS now
		    WHERE ` + centreOpen + `
		)`
}

// inQueue narrows matter AS m to a queue. Of its four arguments, numbered from n,
// the first is now, then a sub-centre (none: any), whether only the city's, and
// a unit whose people see that of their own if it is a sub-centre.
func inQueue(n int) string {
	at, of, city, own := fmt.Sprintf("$%d", n), fmt.Sprintf("$%d::uuid", n+1), fmt.Sprintf("$%d::boolean", n+2), fmt.Sprintf("$%d::uuid", n+3)
	open := openCentres(at)
	return ` AND (` + of + ` IS NULL OR m.desk = ` + of + ` AND m.desk IN ` + open + `)
		  AND (NOT ` + city + ` OR m.desk IS NULL OR m.desk NOT IN ` + open + `)
		  AND (` + own + ` IS NULL OR NOT EXISTS (SELECT FROM sub_centre WHERE unit_id = ` + own + `) OR m.desk = ` + own + ` AND m.desk IN ` + open + `)`
}

// The conditions as the queue's statements number them.
var (
	inQueueOfReview, inQueueOfUnsure, inQueueByAge, inQueueCounted = inQueue(7), inQueue(6), inQueue(8), inQueue(1)
)

func queueArgs(f classifier.QueueFilter, first ...any) []any {
	return append(first, f.At, optional(f.Of), f.City, optional(f.Own))
}

// SubCentres gives all sub-centres with what they have to do at a time.
func (db *DB) SubCentres(ctx context.Context, at time.Time) ([]classifier.SubCentre, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT s.unit_id,
		       u.name,
		       s.areas,
		       s.channels,
		       s.opens,
		       s.shuts,
		       s.closed,
		       s.unit_id IN `+openCentres("$1")+`,
		       (SELECT count(*) FROM matter AS m WHERE m.desk = s.unit_id AND m.state = 'open'),
		       (
		           SELECT count(*)
		           FROM decision AS d
		           JOIN account AS p ON p.id = d.by_account
		           WHERE p.unit_id = s.unit_id AND d.purpose = 'effective' AND d.at > $1::timestamptz - interval '30 days'
		       ),
		       (SELECT count(*) FROM work_case AS c JOIN matter AS m ON m.id = c.matter_id WHERE m.desk = s.unit_id AND `+openCase+`),
		       (SELECT count(*) FROM work_case AS c JOIN matter AS m ON m.id = c.matter_id WHERE m.desk = s.unit_id AND `+openCase+` AND c.citizen_due <= $1)
		FROM sub_centre AS s
		JOIN unit AS u ON u.id = s.unit_id
		WHERE NOT u.retired
		ORDER BY u.ordinal, u.id`, at)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[classifier.SubCentre])
	return all, fail(err)
}

// centreLock lets one change of the rules at a time through, so that two
// sub-centres never have the same area. The number is arbitrary, but must stay.
const centreLock = 4_812_345_061

// SetSubCentre stores what a sub-centre decides on. What waits, and cases that are
// open, follow the rules as they are then unless they were put there by hand.
func (db *DB) SetSubCentre(ctx context.Context, c classifier.SubCentre, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, centreLock); err != nil {
			return err
		}
		var fits bool
		var unknown, taken int
		areas, channels := append([]org.AreaCode{}, c.Areas...), append([]string{}, c.Channels...)
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM unit WHERE id = $1 AND kind = $2 AND NOT retired),
			       (SELECT count(*) FROM unnest($3::text[]) AS a WHERE NOT EXISTS (SELECT FROM area WHERE code = a)),
			       (
			           SELECT count(*)
			           FROM sub_centre AS s
			           JOIN unit AS u ON u.id = s.unit_id AND NOT u.retired
			           WHERE s.unit_id <> $1 AND (s.areas && $3::text[] OR s.channels && $4::text[])
			       )`, c.Unit, classifier.KindSubCentre, areas, channels).Scan(&fits, &unknown, &taken)
		switch {
		case err != nil:
			return err
		case !fits:
			return errs.New(errs.Invalid, "centre.kind", string(classifier.KindSubCentre)).In("unit")
		case unknown > 0:
			return errs.New(errs.Invalid, "area.unknown").In("areas")
		case taken > 0:
			return errs.New(errs.Conflict, "centre.taken").In("areas")
		}
		b := &pgx.Batch{}
		b.Queue(`
			INSERT INTO sub_centre (
			    unit_id,
			    areas,
			    channels,
			    opens,
			    shuts,
			    closed
			) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (unit_id) DO UPDATE SET
			    areas = excluded.areas,
			    channels = excluded.channels,
			    opens = excluded.opens,
			    shuts = excluded.shuts,
			    closed = excluded.closed`, c.Unit, areas, channels, c.Opens, c.Shuts, c.Closed)
		b.Queue(`
			UPDATE matter AS m
			SET desk = sub_centre_of(m.message_id)
			WHERE (m.state = 'open' OR m.id IN (SELECT c.matter_id FROM work_case AS c WHERE ` + openCase + `)) AND m.desk_by IS NULL AND m.desk IS DISTINCT FROM sub_centre_of(m.message_id)`)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

// PutMatter moves an open matter from one queue to another.
func (db *DB) PutMatter(ctx context.Context, m intake.MatterID, from, to org.UnitID, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE matter
			SET desk = $3,
			    desk_by = $4
			WHERE id = $1 AND state = 'open' AND desk IS NOT DISTINCT FROM $2::uuid`, m, optional(from), optional(to), line.Actor)
		switch {
		case violates(err, foreignKeyViolation, "matter_desk_fkey"):
			return errs.New(errs.Invalid, "centre.unknown").In("to")
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "centre.moved")
		}
		return insertAudit(ctx, tx, line)
	})
}

// QueueOf gives the sub-centre in whose queue a matter is; empty: the city's.
func (db *DB) QueueOf(ctx context.Context, m intake.MatterID) (u org.UnitID, err error) {
	err = db.pool.QueryRow(ctx, `SELECT coalesce(desk::text, '') FROM matter WHERE id = $1`, m).Scan(&u)
	return u, orNotFound(err, "matter.not_found")
}
