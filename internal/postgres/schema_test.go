package postgres_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"huying/internal/errs"
	"huying/internal/pgtest"
	"huying/internal/postgres"
)

// list gives what a query returns as lines of text.
func (c *city) list(sql string, args ...any) []string {
	c.t.Helper()
	lines, err := c.ListForTest(c.t.Context(), sql, args...)
	c.must(err)
	return lines
}

// Nothing gives a matter to a unit but a row of assignment, and no row of
// assignment is there without an effective decision. Every column that names
// a unit is listed with what it is for: a new one must be put here by someone
// who has thought about it.
func TestNoUnitIsAssignedWithoutADecision(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	known := []string{
		"account.unit_id",                // where a person works
		"assignment.unit_id",             // the only assignment
		"blind_lead.unit_id",             // a measurement: its decision is blind
		"case_event.unit_id",             // what work_case said then
		"case_file.unit_id",              // of who attached it
		"matter_return.from_unit_id",     // had it by an assignment, and gave it back
		"matter_return.proposed_unit_id", // what that unit says
		"memo.unit_id",                   // to whom the hotline writes, about cases that it has
		"precedent.ruled_unit_id",        // what a decision has ruled: the assignment is that decision's
		"sub_centre.unit_id",             // decides on what comes from its areas: handles nothing by that
		"suggestion.lead_unit_id",        // a proposal, immutable
		"summons.unit_id",                // that calls others to a place
		"summons_event.unit_id",          // that is called: it comes, the case stays where it is
		"unit.parent_unit_id",            // which unit is above it: handles nothing by that
		"unit_head.unit_id",              // who heads it
		"work_case.order_unit_id",        // owes feedback on an order: has the case by an assignment, or from who has it
		"work_group.unit_id",             // whose people are in it; its cases stay their units'
	}
	found := c.list(`
		SELECT c.conrelid::regclass || '.' || a.attname
		FROM pg_constraint AS c
		JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
		WHERE c.contype = 'f' AND c.confrelid = 'unit'::regclass
		ORDER BY 1`)
	if !slices.Equal(found, known) {
		t.Errorf("columns that refer to unit:\n%q\nknown:\n%q", found, known)
	}
	byName := c.list(`
		SELECT table_name || '.' || column_name
		FROM information_schema.columns
		WHERE table_schema = 'public' AND column_name LIKE '%unit\_id'
		ORDER BY 1`)
	known = slices.Sorted(slices.Values(append(known, "work_case.unit_id"))) // by an assignment: it refers to that, not to unit
	if !slices.Equal(byName, known) {
		t.Errorf("columns called unit_id:\n%q\nknown:\n%q", byName, known)
	}
	m, s := c.suggest("a", 0, 0, 0.7)
	d := c.decide(c.confirm(m, s, 0))
	blind := c.confirm(m, "", 0)
	blind.Purpose, blind.By = "blind", c.colleague("wang")
	c.decide(blind)
	insert := `INSERT INTO assignment (decision_id, purpose, ordinal, unit_id) VALUES ($1, $2, 7, $3)`
	cases := []struct {
		name     string
		decision any
		purpose  string
		want     string
	}{
		{"no decision", nil, "effective", "23502"},
		{"a decision that does not exist", "00000000-0000-7000-8000-000000000000", "effective", "23503"},
		{"a blind decision", blind.ID, "effective", "23503"},
		{"a blind decision that says so", blind.ID, "blind", "23514"},
	}
	for _, tc := range cases {
		if err := c.ExecForTest(t.Context(), insert, tc.decision, tc.purpose, c.units[0].ID); stateOf(err) != tc.want {
			t.Errorf("assignment by %s: %v, want SQLSTATE %s", tc.name, err, tc.want)
		}
	}
	if n := c.count(`SELECT count(*) FROM assignment WHERE decision_id = $1`, d.ID); n != 2 {
		t.Errorf("%d assignments of the decision, want lead and co-unit", n)
	}
}

func TestWhatWasDecidedCannotBeChanged(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	c.decide(c.confirm(m, s, 0))
	tables := []string{
		"answer_check", "answer_policy", "answer_template", "assignment", "audit", "audit_link", "blind_lead", "callback_script", "case_event", "case_file", "case_split", "catalogue_version", "category", "category_succession", "clarification_call", "contact_word", "deadline_rules", "decision", "duty_rule",
		"entry_file", "entry_version", "file_share", "gap_mark", "matter_return", "matter_split", "memo", "memo_case", "memo_event", "neighbour", "precedent", "precedent_repeal", "refusal_check", "reply", "reply_withdrawal", "retention_run", "reward_rule", "set_aside", "starter_example", "subject_request", "suggestion", "summons_event", "work_group_change",
	}
	found := c.list(`
		SELECT tgrelid::regclass::text
		FROM pg_trigger
		WHERE tgname = 'append_only' AND tgenabled = 'O'
		ORDER BY 1`)
	if !slices.Equal(found, tables) {
		t.Errorf("append-only tables %q, want %q", found, tables)
	}
	for _, table := range tables {
		for _, sql := range []string{"DELETE FROM " + table, "TRUNCATE " + table + " CASCADE"} {
			if err := c.ExecForTest(t.Context(), sql); stateOf(err) != "23001" {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
	if err := c.ExecForTest(t.Context(), `UPDATE decision SET reason = 'x'`); stateOf(err) != "23001" {
		t.Errorf("updating a decision: %v", err)
	}
}

func TestBackupHoldsEveryTableInOrder(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	want := c.list(`
		SELECT relname
		FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
		  AND relname NOT LIKE 'river\_%' AND relname <> 'schema_version'
		ORDER BY relname`)
	backed := postgres.BackedUpForTest()
	if sorted := slices.Sorted(slices.Values(backed)); !slices.Equal(sorted, want) {
		t.Errorf("tables %q\nbacked up %q", want, sorted)
	}
	for _, line := range c.list(`
		SELECT conrelid::regclass || ' ' || confrelid::regclass
		FROM pg_constraint
		WHERE contype = 'f' AND conrelid <> confrelid AND connamespace = 'public'::regnamespace
		  AND conrelid::regclass::text NOT LIKE 'river\_%'`) {
		table, refers, _ := strings.Cut(line, " ")
		if slices.Index(backed, table) < slices.Index(backed, refers) {
			t.Errorf("%s is backed up before %s, which it refers to", table, refers)
		}
	}
}

func TestMigrationsAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := postgres.Migrate(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	db := openDB(t, url)
	h, err := db.Health(t.Context(), start)
	if err != nil || h.Schema != h.Known || h.Bytes == 0 {
		t.Errorf("Health = %+v, %v", h, err)
	}
}

func TestNewerSchemaIsLeftAloneAndAccepted(t *testing.T) {
	t.Parallel()
	url := pgtest.Clone(t, template())
	db := openDB(t, url)
	if err := db.ExecForTest(t.Context(), `UPDATE schema_version SET version = version + 1`); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Errorf("Migrate: %v", err)
	}
	openDB(t, url)
}

func TestDatabaseThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), pgtest.URL(t), postgres.Options{})
	wants(t, err, errs.Unavailable, "database.schema_old")
	_, err = postgres.Open(t.Context(), "mysql://x", postgres.Options{})
	wants(t, err, errs.Invalid, "database.url")
	_, err = postgres.Open(t.Context(), "postgres:///x?host=/nowhere", postgres.Options{})
	wants(t, err, errs.Unavailable, "database.unavailable")
	wants(t, postgres.Migrate(t.Context(), "postgres:///x?host=/nowhere"), errs.Unavailable, "database.unavailable")
}
