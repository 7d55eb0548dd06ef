package main

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"huying/internal/postgres"
)

// TestTheDemoCityHasAPast: a first start lives through four weeks up to now, with
// something in each state; nothing lies ahead, nobody keeps a token, all that
// replay checks holds, and a second start adds nothing.
func TestTheDemoCityHasAPast(t *testing.T) {
	a, r := replayRig(t)
	_, url, err := r.made.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := keepVectors(r.bare, r.server.dirs)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{store: &store{url: url, dirs: r.server.dirs}, embedder: kept, segmenter: r.segments}
	if s.DB, err = postgres.Open(t.Context(), url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.DB.Close)
	if err := a.wire(s); err != nil {
		t.Fatal(err)
	}
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	count := func(sql string) (n int) {
		t.Helper()
		if err := db.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const cases = 60
	if err := a.loadDemo(t.Context(), s, cases); err != nil {
		t.Fatal(err)
	}
	filed := count(`SELECT count(*) FROM work_case`)
	if filed < cases*8/10 || filed > cases {
		t.Errorf("%d cases of about %d", filed, cases)
	}
	for what, sql := range map[string]string{
		"closed":       `SELECT count(*) FROM work_case WHERE state = 'closed'`,
		"open":         `SELECT count(*) FROM work_case WHERE state IN ('waiting', 'handling', 'checking')`,
		"called back":  `SELECT count(*) FROM work_case WHERE callback <> ''`,
		"told":         `SELECT count(*) FROM notification WHERE state = 'sent'`,
		"of weeks ago": `SELECT count(*) FROM case_event WHERE at < now() - interval '20 days'`,
		"at the desk":  `SELECT count(*) FROM matter WHERE state = 'open'`,
	} {
		if count(sql) == 0 {
			t.Errorf("none is %s", what)
		}
	}
	for what, sql := range map[string]string{
		"events lie ahead":      `SELECT count(*) FROM case_event WHERE at > now()`,
		"messages lie ahead":    `SELECT count(*) FROM contact WHERE at > now()`,
		"tokens are left":       `SELECT count(*) FROM api_token WHERE revoked_at IS NULL`,
		"accounts have a way":   `SELECT count(*) FROM account WHERE login LIKE 'office%' AND password_hash <> ''`,
		"cases have no unit":    `SELECT count(*) FROM work_case WHERE unit_id IS NULL`,
		"numbers are not ours":  `SELECT count(*) FROM matter WHERE body ~ '1[3-9][0-9]{9}' AND body !~ '13[89]0000[0-9]{4}'`,
		"reminders are overdue": `SELECT count(*) FROM case_mark WHERE struck_at IS NULL AND due_at < now() - interval '1 hour'`,
	} {
		if n := count(sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	contacts := count(`SELECT count(*) FROM contact`)
	if err := a.loadDemo(t.Context(), s, cases); err != nil {
		t.Fatal(err)
	}
	if n := count(`SELECT count(*) FROM contact`); n != contacts || count(`SELECT count(*) FROM work_case`) != filed {
		t.Errorf("a second start makes %d contacts of %d", n, contacts)
	}
}
