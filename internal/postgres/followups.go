package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
)

// SameCaller gives matters of other messages from the phone of a matter's
// message, the latest first.
func (db *DB) SameCaller(ctx context.Context, matter intake.MatterID, limit int) ([]casework.SameCaller, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT n.id,
		       n.title,
		       n.body,
		       t.at,
		       t.channel,
		       n.state,
		       coalesce(k.id::text, '')
		FROM matter AS m
		JOIN message AS g ON g.id = m.message_id
		JOIN contact AS c ON c.id = g.contact_id
		JOIN message AS o ON o.phone_hash = g.phone_hash AND o.id <> g.id
		JOIN contact AS t ON t.id = o.contact_id
		JOIN matter AS n ON n.message_id = o.id
		LEFT JOIN work_case AS k ON k.matter_id = n.id
		WHERE m.id = $1 AND `+noPersons("n.id")+` AND t.at BETWEEN c.at - interval '30 days' AND c.at + interval '30 days'
		ORDER BY t.at DESC, n.id DESC
		LIMIT $2`, matter, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k casework.SameCaller, err error) {
		return k, row.Scan(&k.Matter, &k.Title, &k.Text, &k.At, &k.Channel, &k.State, &k.Case)
	})
	return all, fail(err)
}
