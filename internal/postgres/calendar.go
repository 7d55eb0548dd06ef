package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/workday"
)

const importedDays = `
		SELECT day,
		       work,
		       name
		FROM calendar_day
		ORDER BY day`

func scanDay(row pgx.CollectableRow) (d workday.Day, err error) {
	var day time.Time // midnight UTC
	err = row.Scan(&day, &d.Work, &d.Name)
	d.Date = workday.NewDate(day.Date())
	return d, err
}

// ImportedDays gives the days that were imported, by date.
func (db *DB) ImportedDays(ctx context.Context) ([]workday.Day, error) {
	rows, err := db.pool.Query(ctx, importedDays)
	if err != nil {
		return nil, fail(err)
	}
	days, err := pgx.CollectRows(rows, scanDay)
	return days, fail(err)
}

// MergeDays merges days into what was imported before. Two imports at once are
// done one after the other.
func (db *DB) MergeDays(ctx context.Context, days []workday.Day, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE calendar_day IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, importedDays)
		if err != nil {
			return err
		}
		stored, err := pgx.CollectRows(rows, scanDay)
		if err != nil {
			return err
		}
		if err := replaceDays(ctx, tx, workday.Merge(stored, days)); err != nil {
			return err
		}
		return insertAudit(ctx, tx, line)
	})
}

func replaceDays(ctx context.Context, tx pgx.Tx, days []workday.Day) error {
	if _, err := tx.Exec(ctx, `DELETE FROM calendar_day`); err != nil {
		return err
	}
	dates, work, names := make([]string, len(days)), make([]bool, len(days)), make([]string, len(days))
	for i, d := range days {
		dates[i], work[i], names[i] = d.Date.String(), d.Work, d.Name
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO calendar_day (
		    day,
		    work,
		    name
		)
		SELECT day::date,
		       work,
		       name
		FROM unnest($1::text[], $2::boolean[], $3::text[]) AS d (day, work, name)`, dates, work, names)
	return err
}

// DeleteDay takes one imported day away; errs.NotFound "workday.not_found".
func (db *DB) DeleteDay(ctx context.Context, day workday.Date, line org.Audit) error {
	return db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			DELETE FROM calendar_day
			WHERE day = $1::text::date`, day.String())
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.NotFound, "workday.not_found")
		}
		return insertAudit(ctx, tx, line)
	})
}
