package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// MatterPlace gives the place that was put for a matter; empty: none.
func (db *DB) MatterPlace(ctx context.Context, m intake.MatterID) (string, error) {
	var place string
	err := db.pool.QueryRow(ctx, `SELECT coalesce((SELECT place FROM matter_place WHERE matter_id = $1), '')`, m).Scan(&place)
	return place, fail(err)
}

// SetMatterPlace stores the place of a matter, with its audit line.
func (db *DB) SetMatterPlace(ctx context.Context, m intake.MatterID, place string, line org.Audit) error {
	err := db.execAudited(ctx, line, `
		INSERT INTO matter_place (
		    matter_id,
		    place
		) VALUES ($1, $2)
		ON CONFLICT (matter_id) DO UPDATE SET place = excluded.place`, m, place)
	if violates(err, foreignKeyViolation, "matter_place_matter_id_fkey") {
		return errs.Wrap(err, errs.NotFound, "matter.not_found")
	}
	return err
}

// queuePlaceSaid gives the first place that the words of a matter name, when its
// message was delivered without one; empty when they name none.
func queuePlaceSaid(b *pgx.Batch, m intake.MatterID, place *string) {
	b.Queue(`
		SELECT s.place,
		       m.title,
		       m.body,
		       CASE WHEN s.place = '' THEN (SELECT coalesce(array_agg(name), '{}') FROM area WHERE level <> 'grid') ELSE '{}' END
		FROM matter AS m
		JOIN message AS s ON s.id = m.message_id
		WHERE m.id = $1`, m).QueryRow(func(row pgx.Row) error {
		var given, title, body string
		var names []string
		err := row.Scan(&given, &title, &body, &names)
		if err != nil || given != "" {
			return err
		}
		for _, f := range intake.NewFactFinder(names).Facts(title, body) {
			if f.Field == intake.FactPlace {
				*place = f.Text
				return nil
			}
		}
		return nil
	})
}
