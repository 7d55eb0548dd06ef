package main

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	remindKills = 4
	remindCases = 40
)

// TestKilledWhileItReminds kills the program in the middle of striking reminders,
// after an outage of more than a year. In the end each case was reminded of each
// thing once, everybody was told of it once, and every alert is in one letter or
// waits for the next.
func TestKilledWhileItReminds(t *testing.T) {
	c := &city{home: cityHome(t), args: []string{"serve"}}
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
	agent, admin := c.caller(t, "agent1"), c.caller(t, "admin1")
	for i := 1; i <= 3; i++ {
		must[struct{}](t, admin, http.StatusOK, http.MethodPost, fmt.Sprintf("/api/v1/accounts/unit%d/reach", i), map[string]any{"mobile": "13800000021", "mail": "", "wecom": ""})
	}
	must[struct{}](t, admin, http.StatusOK, http.MethodPost, "/api/v1/alerts/reach", map[string]string{"mobile": "13800000022", "mail": "", "wecom": ""})
	for i := range remindCases {
		m := agent.receive(t, delivery{Channel: "web", Text: fmt.Sprintf("楼下烧烤店的油烟天天往我家灌，%d 号楼都受不了", i)}).Message.Matters[0]
		agent.decide(t, m.ID, m.Suggestion.confirmation())
	}
	if err := c.stop(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	marks := 0
	onDatabase(t, c.home, func(db *pgx.Conn) error {
		if _, err := db.Exec(t.Context(), `UPDATE case_mark SET due_at = due_at - interval '400 days' WHERE struck_at IS NULL`); err != nil {
			return err
		}
		return db.QueryRow(t.Context(), `SELECT count(*) FROM case_mark`).Scan(&marks)
	})
	inTheMiddle := 0
	for kill := range remindKills {
		if err := c.start(); err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		struck := killAfter(t, c, (kill+1)*marks/(remindKills+2))
		if struck > 0 && struck < marks {
			inTheMiddle++
		}
		nothingLeft(t, c.home)
	}
	if inTheMiddle < remindKills/2 {
		t.Errorf("only %d of %d kills came between two reminders: the test shows little", inTheMiddle, remindKills)
	}
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
	defer c.stop(syscall.SIGTERM)
	eventually(t, time.Minute, "not everything is struck", func() bool {
		return numberIn(t, c.home, `SELECT count(*) FROM case_mark WHERE struck_at IS NULL`) == 0
	})
	for what, sql := range map[string]string{
		"reminded of one thing not once": `
			SELECT count(*)
			FROM case_mark AS m
			WHERE (SELECT count(*) FROM case_event AS e WHERE e.case_id = m.case_id AND e.reason = m.kind AND e.move IN ('remind', 'late')) <> 1`,
		"histories with gaps": `
			SELECT count(*)
			FROM work_case AS c
			WHERE (SELECT count(*) FROM case_event AS e WHERE e.case_id = c.id) <> c.last + 1`,
		"of one unit told of one kind differently": `
			SELECT count(*)
			FROM (
			    SELECT unit_id, reason
			    FROM (
			        SELECT e.unit_id, e.reason, e.case_id, count(a.id) AS told
			        FROM case_event AS e
			        LEFT JOIN alert AS a ON a.case_id = e.case_id AND a.ordinal = e.ordinal
			        WHERE e.move IN ('remind', 'late')
			        GROUP BY e.unit_id, e.reason, e.case_id
			    ) AS each
			    GROUP BY unit_id, reason
			    HAVING count(DISTINCT told) > 1
			) AS differ`,
		"alerts in no letter, or in two": `
			SELECT count(*)
			FROM reach AS r
			WHERE (SELECT count(*) FROM alert AS a WHERE a.account_id = r.account_id AND NOT a.waits)
			      <> (
			          SELECT coalesce(sum(coalesce(substring(n.body FROM '^您有 (\d+) 条')::integer, 1)), 0)
			          FROM notification AS n
			          WHERE n.account_id = r.account_id
			      )`,
	} {
		if n := numberIn(t, c.home, sql); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	if n := numberIn(t, c.home, `SELECT count(*) FROM alert WHERE kind = 'late_boss'`); n == 0 {
		t.Error("no supervisor was told: the test shows nothing")
	}
}

// killAfter kills the program once so many marks are struck, and gives how many
// are in the end.
func killAfter(t *testing.T, c *city, n int) (struck int) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	count := func(db *pgx.Conn) error {
		return db.QueryRow(t.Context(), `SELECT count(*) FROM case_mark WHERE struck_at IS NOT NULL`).Scan(&struck)
	}
	onDatabase(t, c.home, func(db *pgx.Conn) error {
		for struck < n {
			if err := count(db); err != nil {
				return err
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d marks are struck after a minute", struck, n)
			}
		}
		return nil
	})
	if err := c.stop(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	onDatabase(t, c.home, count)
	return struck
}

// numberIn asks the database of a home for one number.
func numberIn(t *testing.T, home, sql string) (n int) {
	t.Helper()
	onDatabase(t, home, func(db *pgx.Conn) error { return db.QueryRow(t.Context(), sql).Scan(&n) })
	return n
}
