package postgres_test

import (
	"slices"
	"testing"

	"huying/internal/pgtest"
	"huying/internal/postgres"
)

// A measurement that was killed leaves databases, which the next one drops; those
// of one that still runs stay.
func TestWhatAKilledMeasurementLeavesIsDropped(t *testing.T) {
	t.Parallel()
	url := pgtest.Clone(t, template())
	db := openDB(t, url)
	left := []string{"huying_eval_0", "huying_eval_0_1", "huying_eval_0_2"}
	for _, name := range left {
		if err := db.ExecForTest(t.Context(), `CREATE DATABASE `+name); err != nil {
			t.Fatal(err)
		}
	}
	there := func() []string {
		t.Helper()
		all, err := db.ListForTest(t.Context(), `SELECT datname::text FROM pg_database WHERE datname LIKE 'huying\_eval\_%' ORDER BY datname`)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	w, err := postgres.NewThrowawayForTest(t.Context(), url, 1)
	if err != nil {
		t.Fatal(err)
	}
	clone, _, err := w.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	during := there()
	for _, name := range left {
		if slices.Contains(during, name) {
			t.Errorf("%s is still there", name)
		}
	}
	if !slices.Contains(during, clone) {
		t.Errorf("%s was dropped while it is in use: %v", clone, during)
	}
	second, err := postgres.NewThrowawayForTest(t.Context(), url, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(there(), clone) {
		t.Errorf("another measurement dropped %s, which is in use", clone)
	}
	if err := second.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := w.Drop(t.Context(), clone); err != nil {
		t.Error(err)
	}
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for _, name := range there() {
		if name == clone || name == "huying_eval_1" || name == "huying_eval_2" {
			t.Errorf("%s is left", name)
		}
	}
}
