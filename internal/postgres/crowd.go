package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"huying/classifier"
	"huying/intake"
	"huying/internal/id"
	"huying/internal/org"
)

// CopyExamples stores n confirmed examples of the embedding model with all
// that they hang on (contact, message, matter, decision), as if an account had
// decided so often. It takes a hundredth of the time that n decisions take,
// checks nothing, and is meant for throw-away databases whose size is measured.
func (db *DB) CopyExamples(ctx context.Context, by org.AccountID, embedder string, n int, example func(i int) classifier.Example) error {
	const block = 2000 // each example is made once and held until all tables have it
	return db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '0', true)`); err != nil {
			return err
		}
		for from := 0; from < n; from += block {
			ids := make([]crowdIDs, min(block, n-from))
			examples := make([]classifier.Example, len(ids))
			for i := range ids {
				ids[i] = crowdIDs{
					id.New[intake.ContactID](), id.New[intake.MessageID](), id.New[intake.MatterID](), id.New[classifier.DecisionID](),
				}
				examples[i] = example(from + i)
			}
			for _, t := range crowdTables(by, embedder) {
				source := pgx.CopyFromSlice(len(ids)*t.each, func(row int) ([]any, error) {
					return t.row(ids[row/t.each], examples[row/t.each], row%t.each), nil
				})
				if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, source); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

type crowdIDs struct {
	contact  intake.ContactID
	message  intake.MessageID
	matter   intake.MatterID
	decision classifier.DecisionID
}

// crowdTable says what rows of a table an example makes.
type crowdTable struct {
	name    string
	columns []string
	each    int // rows an example
	row     func(at crowdIDs, e classifier.Example, part int) []any
}

func crowdTables(by org.AccountID, embedder string) []crowdTable {
	return []crowdTable{
		{"contact", []string{"id", "channel", "at", "received_at", "outcome"}, 1,
			func(at crowdIDs, e classifier.Example, _ int) []any {
				return []any{string(at.contact), string(intake.Mail), e.At, e.At, string(intake.Received)}
			}},
		{"message", []string{"id", "contact_id", "title", "body", "phone_hint", "anonymous", "consent", "place", "need"}, 1,
			func(at crowdIDs, e classifier.Example, _ int) []any {
				return []any{string(at.message), string(at.contact), e.Title, e.Text, "", true, "", "", ""}
			}},
		{"matter", []string{"id", "message_id", "ordinal", "title", "body", "state", "received_at", "suggested_at"}, 1,
			func(at crowdIDs, e classifier.Example, _ int) []any {
				return []any{string(at.matter), string(at.message), 1, e.Title, e.Text, string(intake.MatterDecided), e.At, e.At}
			}},
		{"decision", []string{"id", "matter_id", "purpose", "kind", "category_id", "type", "urgency", "reason", "by_account", "at"}, 1,
			func(at crowdIDs, e classifier.Example, _ int) []any {
				return []any{string(at.decision), string(at.matter), string(classifier.Effective), string(classifier.Correct),
					string(e.Category), string(e.Type), string(e.Urgency), "", string(by), e.At}
			}},
		{"confirmed_example", []string{"decision_id", "matter_id", "category_id", "lead_kind", "at"}, 1,
			func(at crowdIDs, e classifier.Example, _ int) []any {
				return []any{string(at.decision), string(at.matter), string(e.Category), string(e.Lead), e.At}
			}},
		{"example_vector", []string{"decision_id", "model", "part", "v"}, 2,
			func(at crowdIDs, e classifier.Example, part int) []any {
				if part == 0 {
					return []any{string(at.decision), embedder, "title", halfvec(e.TitleVector)}
				}
				return []any{string(at.decision), embedder, "text", halfvec(e.Vector)}
			}},
	}
}
