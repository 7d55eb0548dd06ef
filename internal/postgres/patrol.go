package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/org"
)

// Findings gives what an account has reported from the street, the latest first.
func (db *DB) Findings(ctx context.Context, by org.AccountID, limit int) ([]casework.Found, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT m.id,
		       m.received_at,
		       m.body,
		       s.place,
		       m.state = 'open',
		       coalesce(c.number, ''),
		       coalesce(c.state, '')
		FROM contact AS t
		JOIN message AS s ON s.contact_id = t.id
		JOIN matter AS m ON m.message_id = s.id
		LEFT JOIN work_case AS c ON c.matter_id = m.id
		WHERE t.by_account = $1 AND t.channel = 'patrol'
		ORDER BY t.id DESC, m.id
		LIMIT $2`, by, limit)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[casework.Found])
	return all, fail(err)
}
