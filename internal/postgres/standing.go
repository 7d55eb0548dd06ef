package postgres

import (
	"github.com/jackc/pgx/v5"

	"huying/classifier"
)

// queueStanding makes d, whose assignments are stored, the decision that stands
// of its matter, beside what was suggested.
func queueStanding(b *pgx.Batch, d classifier.Decision) {
	b.Queue(`
		INSERT INTO standing_decision AS old (
		    matter_id,
		    decision_id,
		    at,
		    kind,
		    channel,
		    category_id,
		    doubt,
		    suggested_id,
		    place,
		    lead_right,
		    lot,
		    blind
		)
		SELECT d.matter_id,
		       d.id,
		       d.at,
		       d.kind,
		       c.channel,
		       d.category_id,
		       s.doubt,
		       s.candidates[1],
		       array_position(s.candidates[1:5], d.category_id),
		       a.unit_id = s.lead_unit_id,
		       blind_lot(d.matter_id),
		       EXISTS (SELECT FROM decision AS b WHERE b.matter_id = d.matter_id AND b.purpose = 'blind')
		FROM decision AS d
		JOIN matter AS m ON m.id = d.matter_id
		JOIN message AS g ON g.id = m.message_id
		JOIN contact AS c ON c.id = g.contact_id
		LEFT JOIN suggestion AS s ON s.id = d.suggestion_id
		LEFT JOIN assignment AS a ON a.decision_id = d.id AND a.ordinal = 0
		WHERE d.id = $1
		ON CONFLICT (matter_id) DO UPDATE
		SET decision_id = excluded.decision_id,
		    at = excluded.at,
		    kind = excluded.kind,
		    category_id = excluded.category_id,
		    doubt = excluded.doubt,
		    suggested_id = excluded.suggested_id,
		    place = excluded.place,
		    lead_right = excluded.lead_right`, d.ID)
}
