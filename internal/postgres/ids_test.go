package postgres_test

import (
	"testing"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
)

// TestWhatIsNoIdentifierIsNotFound: an identifier goes as bytes, what is none
// as text, and PostgreSQL refuses that as it refuses one that is unknown.
func TestWhatIsNoIdentifierIsNotFound(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, _ := c.suggest("a", 0, 0, 0.7)
	for _, no := range []intake.MatterID{"", "1", "{" + m[1:35] + "}", m + " ", "0192d3b4-0000-7000-8000-0000000000aa"} {
		_, err := c.File(t.Context(), no)
		wants(t, err, errs.NotFound, "matter.not_found")
	}
	f, err := c.File(t.Context(), m)
	if c.must(err); f.Matter.ID != m {
		t.Errorf("%s came back as %s", m, f.Matter.ID)
	}
	if n := c.count(`SELECT count(*) FROM matter WHERE id = ANY ($1)`, []intake.MatterID{m, "0192d3b4-0000-7000-8000-0000000000aa"}); n != 1 {
		t.Errorf("%d of a list of identifiers", n)
	}
	if err := c.ExecForTest(t.Context(), `SELECT $1::uuid[]`, []classifier.DecisionID{"no"}); stateOf(err) != "22P02" {
		t.Errorf("a list with what is none: %v", err)
	}
}
