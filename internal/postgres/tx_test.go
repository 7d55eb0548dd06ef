package postgres_test

import (
	"testing"
)

// TestATransactionInBatches: whichever statement fails, nothing is stored, and the
// connection can be used again.
func TestATransactionInBatches(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.ExecForTest(t.Context(), `CREATE TABLE step (n integer PRIMARY KEY, after integer REFERENCES step (n) DEFERRABLE INITIALLY DEFERRED)`))
	const one, two, three = `INSERT INTO step VALUES (1)`, `INSERT INTO step VALUES (2)`, `INSERT INTO step VALUES (3, 1)`
	for _, c := range []struct {
		name, first, between, last string
		stored                     int
	}{
		{"first", `INSERT INTO step VALUES (NULL)`, two, three, 0},
		{"between", one, `INSERT INTO step VALUES (1)`, three, 0},
		{"last", one, two, `INSERT INTO step VALUES (2)`, 0},
		{"commit with the last", one, two, `INSERT INTO step VALUES (3, 9)`, 0},
		{"commit alone", one, `INSERT INTO step VALUES (2, 9)`, "", 0},
		{"unknown column", `INSERT INTO step (m) VALUES (1)`, two, three, 0},
		{"none, two statements", `INSERT INTO step VALUES (7)`, `INSERT INTO step VALUES (8, 7)`, "", 2},
		{"none", one, two, three, 5},
	} {
		err := db.InBatchesForTest(t.Context(), c.first, c.between, c.last)
		if (err == nil) != (c.stored > 0) {
			t.Errorf("%s: %v", c.name, err)
		}
		n, err := db.CountForTest(t.Context(), `SELECT count(*) FROM step`)
		must(err)
		if n != c.stored {
			t.Errorf("%s: %d rows, want %d", c.name, n, c.stored)
		}
	}
}
