package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// InsertDecision appends d to its matter's chain after d.Previous, makes its
// assignments, keeps or drops the confirmed example and moves the matter's
// state. The same key of the same account gives the first decision again.
//
// The matter's row is locked first, so that of two people who decide at once
// the second sees the first's head and gets errs.Conflict "decision.conflict";
// the unique indexes on decision hold even against code that forgets the lock.
func (db *DB) InsertDecision(ctx context.Context, d classifier.Decision, key string) (classifier.Decision, error) {
	return db.decide(ctx, d, key, func(_ context.Context, _ pgx.Tx, b *pgx.Batch, _ classifier.Decision) (*pgx.Batch, error) {
		return b, nil
	})
}

// decide is InsertDecision; then is what follows in the same transaction from an
// effective decision, unless it was stored before: after what b holds, up to the
// last batch.
func (db *DB) decide(
	ctx context.Context, d classifier.Decision, key string,
	then func(ctx context.Context, tx pgx.Tx, b *pgx.Batch, d classifier.Decision) (last *pgx.Batch, err error),
) (classifier.Decision, error) {
	var f facts
	b := beginning()
	queueMatter(b, d.Matter)
	queueFacts(b, d, key, &f)
	err := db.inBatches(ctx, b, func(tx pgx.Tx) (_ *pgx.Batch, err error) {
		if f.repeated != "" {
			d, err = decisionByID(ctx, tx, f.repeated)
			return nil, err
		}
		if d.Ruling != nil && d.Ruling.Kept && d.Suggestion == "" {
			d.Suggestion = f.headSeen // what is confirmed is what was decided on that
		}
		if err := f.check(d); err != nil {
			return nil, err
		}
		if d.Accused != nil && d.Purpose == classifier.Effective {
			if err := accuse(ctx, tx, d.Matter, *d.Accused); err != nil {
				return nil, err
			}
			if f.accused, err = accusedIn(ctx, tx, d.Matter); err != nil {
				return nil, err
			}
		}
		if err := f.checkAccused(d); err != nil {
			return nil, err
		}
		if d.Kind == classifier.Decline && strings.HasPrefix(d.Reason, classifier.RefusedAsUnclear) {
			if may, err := clarified(ctx, tx, d.Matter); err != nil || !may {
				return nil, cmp.Or(err, error(errs.New(errs.Conflict, "refusal.call_first")))
			}
		}
		b := &pgx.Batch{}
		if d.Purpose == classifier.Blind {
			return b, queueBlind(ctx, tx, b, d, key)
		}
		queueEffective(b, d, key, f)
		last, err := then(ctx, tx, b, d)
		if err != nil || !f.accused.stands {
			return last, err
		}
		if err := tx.SendBatch(ctx, last).Close(); err != nil {
			return nil, err
		}
		return nil, accusedPartake(ctx, tx, d.Matter)
	})
	switch {
	case violates(err, uniqueViolation, "decision_first"),
		violates(err, uniqueViolation, "decision_next"),
		violates(err, uniqueViolation, "decision_request"):
		return classifier.Decision{}, errs.Wrap(err, errs.Conflict, "decision.conflict")
	case violates(err, uniqueViolation, "decision_blind"):
		return classifier.Decision{}, errs.Wrap(err, errs.Conflict, "blind.taken")
	case err != nil:
		return classifier.Decision{}, err
	}
	return d, nil
}

// lockMatter holds the matter's row until the transaction ends.
func lockMatter(ctx context.Context, tx pgx.Tx, matter intake.MatterID) error {
	b := &pgx.Batch{}
	queueMatter(b, matter)
	return tx.SendBatch(ctx, b).Close()
}

func queueMatter(b *pgx.Batch, matter intake.MatterID) {
	b.Queue(`
		SELECT state
		FROM matter
		WHERE id = $1
		FOR NO KEY UPDATE`, matter).QueryRow(func(row pgx.Row) error {
		var state intake.MatterState
		return orNotFound(row.Scan(&state), "matter.not_found")
	})
}

// facts are what a decision is checked against. An empty value means that
// there is none.
type facts struct {
	repeated   classifier.DecisionID // made earlier by the same request
	head       classifier.DecisionID
	headKind   classifier.Kind
	headSeen   classifier.SuggestionID // that the head was made on
	suggestion intake.MatterID         // whose the suggestion is
	leaf       *bool                   // of the category; nil: there is no such category
	units      int                     // how many of the units named are in service
	leadKind   org.UnitKind
	accused    accused
}

// accused is what an accusation says of a decision.
type accused struct {
	stands bool
	barred []org.UnitID
	shut   bool // who decides is kept out
}

func queueFacts(b *pgx.Batch, d classifier.Decision, key string, f *facts) {
	units := append([]org.UnitID{}, d.Co...)
	if d.Lead != "" {
		units = append(units, d.Lead)
	}
	b.Queue(`
		SELECT coalesce((SELECT id::text FROM decision WHERE by_account = $1 AND request_key = $2), ''),
		       coalesce(h.id::text, ''),
		       coalesce(h.kind, ''),
		       coalesce(h.suggestion_id::text, ''),
		       coalesce((SELECT matter_id::text FROM suggestion WHERE id = $4), ''),
		       (SELECT leaf FROM category WHERE id = $5),
		       (SELECT count(*) FROM unit WHERE id = ANY ($6::uuid[]) AND NOT retired),
		       coalesce((SELECT kind FROM unit WHERE id = $7), ''),
		       x.matter_id IS NOT NULL,
		       coalesce(x.barred, '{}'),
		       coalesce((
		           SELECT `+shunsPerson+`
		           FROM account AS a
		           WHERE a.id = $1
		       ), false)
		FROM (SELECT) AS nothing
		LEFT JOIN accusation AS x ON x.matter_id = $3
		LEFT JOIN decision AS h
		       ON h.matter_id = $3
		      AND h.purpose = 'effective'
		      AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = h.id)`,
		d.By, optional(key), d.Matter, optional(d.Suggestion), optional(d.Category), units, optional(d.Lead),
	).QueryRow(func(row pgx.Row) error {
		return row.Scan(&f.repeated, &f.head, &f.headKind, &f.headSeen, &f.suggestion, &f.leaf, &f.units, &f.leadKind,
			&f.accused.stands, &f.accused.barred, &f.accused.shut)
	})
}

// accusedIn gives the accusation that the transaction has just stored.
func accusedIn(ctx context.Context, tx pgx.Tx, m intake.MatterID) (accused, error) {
	var a accused
	err := tx.QueryRow(ctx, `SELECT true, barred FROM accusation WHERE matter_id = $1`, m).Scan(&a.stands, &a.barred)
	if noRows(err) {
		return accused{}, nil
	}
	return a, err
}

// checkAccused refuses a decision that gives a matter to whom it complains of,
// or that is made by somebody who is kept out of it.
func (f facts) checkAccused(d classifier.Decision) error {
	switch {
	case f.accused.shut:
		return errs.New(errs.Forbidden, "accused.shut")
	case slices.Contains(f.accused.barred, d.Lead):
		return errs.New(errs.Invalid, "accused.lead").In("lead")
	case slices.ContainsFunc(d.Co, func(u org.UnitID) bool { return slices.Contains(f.accused.barred, u) }):
		return errs.New(errs.Invalid, "accused.co").In("co")
	}
	return nil
}

// check tells whether d may be appended. It needs the matter locked.
func (f facts) check(d classifier.Decision) error {
	named := len(d.Co)
	if d.Lead != "" {
		named++
	}
	switch {
	case d.Kind == classifier.Withdraw && (d.Purpose == classifier.Blind || f.head == "" || f.headKind == classifier.Withdraw):
		return errs.New(errs.NotFound, "decision.none")
	case d.Purpose == classifier.Effective && d.Previous != f.head:
		return errs.New(errs.Conflict, "decision.conflict")
	case d.Suggestion != "" && d.Suggestion != f.headSeen && f.suggestion != d.Matter:
		return errs.New(errs.Invalid, "suggestion.mismatch").In("suggestion")
	case d.Category != "" && f.leaf == nil:
		return errs.New(errs.NotFound, "category.not_found").In("category")
	case d.Category != "" && !*f.leaf:
		return errs.New(errs.Invalid, "decision.category").In("category")
	case d.Lead != "" && f.leadKind == "":
		return errs.New(errs.NotFound, "unit.not_found").In("lead")
	case f.units != named:
		return errs.New(errs.NotFound, "unit.not_found").In("co")
	}
	return nil
}

func queueDecision(b *pgx.Batch, d classifier.Decision, key string) {
	b.Queue(`
		INSERT INTO decision (
		    id,
		    matter_id,
		    suggestion_id,
		    previous_id,
		    purpose,
		    kind,
		    category_id,
		    type,
		    urgency,
		    reason,
		    by_account,
		    at,
		    request_key
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		d.ID, d.Matter, optional(d.Suggestion), optional(d.Previous), d.Purpose, d.Kind,
		optional(d.Category), d.Type, d.Urgency, d.Reason, d.By, d.At, optional(key))
}

// queueEffective stores a decision with all that follows from it.
func queueEffective(b *pgx.Batch, d classifier.Decision, key string, f facts) {
	queueDecision(b, d, key)
	b.Queue(`DELETE FROM confirmed_example WHERE matter_id = $1`, d.Matter)
	if d.Category != "" {
		for i, u := range append([]org.UnitID{d.Lead}, d.Co...) {
			b.Queue(`
				INSERT INTO assignment (
				    decision_id,
				    purpose,
				    ordinal,
				    unit_id
				) VALUES ($1, 'effective', $2, $3)`, d.ID, i, u)
		}
		if !f.accused.stands { // it goes round those who would lead it
			queueExample(b, d, f.leadKind)
		}
	}
	queueStanding(b, d)
	b.Queue(`UPDATE matter SET state = $2 WHERE id = $1`, d.Matter, stateAfter(d.Kind))
}

// queueExample makes a decision an example, with the vectors that were kept
// when the matter was suggested for. A suggestion may be older than the version
// that serves: then the example stands at the leaf of that version which
// continues the one decided on, or which it continues, if there is one and only
// one.
func queueExample(b *pgx.Batch, d classifier.Decision, leadKind org.UnitKind) {
	b.Queue(`
		INSERT INTO confirmed_example (
		    decision_id,
		    matter_id,
		    category_id,
		    lead_kind,
		    at,
		    corrected,
		    aside
		)
		SELECT $1,
		       $2,
		       coalesce(
		           (
		               SELECT (array_agg(k.id))[1]
		               FROM (
		                   SELECT new_id AS id FROM category_succession WHERE old_id = $3
		                   UNION
		                   SELECT old_id AS id FROM category_succession WHERE new_id = $3
		               ) AS kin
		               JOIN category AS k ON k.id = kin.id
		               WHERE k.version_id = (SELECT version_id FROM model WHERE active)
		               HAVING count(*) = 1
		           ),
		           $3
		       ),
		       $4,
		       $5,
		       coalesce((SELECT candidates[1] <> $3 FROM suggestion WHERE id = $6), false),
		       `+isAside, d.ID, d.Matter, d.Category, leadKind, d.At, optional(d.Suggestion), d.By)
	b.Queue(`
		INSERT INTO example_vector (
		    decision_id,
		    model,
		    part,
		    v
		)
		SELECT $1, model, part, v
		FROM matter_vector
		WHERE matter_id = (SELECT $2::uuid)`, d.ID, d.Matter)
}

func stateAfter(k classifier.Kind) intake.MatterState {
	if k == classifier.Withdraw {
		return intake.MatterOpen
	}
	return intake.MatterDecided
}

// decisionColumns are what scanDecision reads, of decision AS d.
const decisionColumns = `
		       d.id,
		       d.matter_id,
		       coalesce(d.suggestion_id::text, ''),
		       coalesce(d.previous_id::text, ''),
		       d.purpose,
		       d.kind,
		       coalesce(d.category_id::text, ''),
		       ARRAY (SELECT unit_id FROM assignment WHERE decision_id = d.id ORDER BY ordinal),
		       coalesce((SELECT unit_id::text FROM blind_lead WHERE decision_id = d.id), ''),
		       d.type,
		       d.urgency,
		       d.reason,
		       d.by_account,
		       coalesce((SELECT name FROM account WHERE id = d.by_account), ''),
		       d.at`

func scanDecision(row pgx.CollectableRow) (classifier.Decision, error) {
	var d classifier.Decision
	var units []org.UnitID
	err := row.Scan(&d.ID, &d.Matter, &d.Suggestion, &d.Previous, &d.Purpose, &d.Kind, &d.Category,
		&units, &d.Lead, &d.Type, &d.Urgency, &d.Reason, &d.By, &d.ByName, &d.At)
	if len(units) > 0 {
		d.Lead, d.Co = units[0], units[1:]
	}
	return d, err
}

func decisionByID(ctx context.Context, tx pgx.Tx, decision classifier.DecisionID) (classifier.Decision, error) {
	rows, err := tx.Query(ctx, `
		SELECT`+decisionColumns+`
		FROM decision AS d
		WHERE d.id = $1`, decision)
	if err != nil {
		return classifier.Decision{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanDecision)
}

// chain puts the effective decisions of one matter in the order in which they
// follow each other. Times may be equal and clocks differ; the links do not.
func chain(decisions []classifier.Decision) []classifier.Decision {
	next := make(map[classifier.DecisionID]classifier.Decision, len(decisions))
	for _, d := range decisions {
		next[d.Previous] = d
	}
	ordered := make([]classifier.Decision, 0, len(decisions))
	for d, ok := next[""]; ok; d, ok = next[d.ID] {
		ordered = append(ordered, d)
	}
	return ordered
}

// noRows tells whether a query found nothing.
func noRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
