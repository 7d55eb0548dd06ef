package postgres_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/id"
	"huying/internal/org"
)

// standingTruth puts together from the tables that the service writes what
// standing_decision must hold, in the order of its columns.
const standingTruth = `
	SELECT d.matter_id, d.id, d.at, d.kind, c.channel, d.category_id, s.doubt, s.candidates[1],
	       array_position(s.candidates[1:5], d.category_id)::smallint, a.unit_id = s.lead_unit_id, blind_lot(d.matter_id),
	       EXISTS (SELECT FROM decision AS b WHERE b.matter_id = d.matter_id AND b.purpose = 'blind')
	FROM decision AS d
	JOIN matter AS m ON m.id = d.matter_id
	JOIN message AS g ON g.id = m.message_id
	JOIN contact AS c ON c.id = g.contact_id
	LEFT JOIN suggestion AS s ON s.id = d.suggestion_id
	LEFT JOIN assignment AS a ON a.decision_id = d.id AND a.ordinal = 0
	WHERE d.purpose = 'effective' AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)`

// TestWhatStandsFollowsTheChains decides at random, again and again, on a few
// matters: confirms, corrects, declines, withdraws and reads blind.
func TestWhatStandsFollowsTheChains(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	reader := c.colleague("wang")
	random := rand.New(rand.NewPCG(5, 6))
	type chain struct {
		classifier.Decision
		suggested classifier.SuggestionID
	}
	var chains []chain
	for i := range 12 {
		m, s := c.suggest(name("m", i), i, i%3, 0.7)
		if i%4 == 3 {
			s = "" // decided without a suggestion
		}
		chains = append(chains, chain{classifier.Decision{Matter: m}, s})
	}
	blind := map[int]bool{}
	for step := range 80 {
		i := random.IntN(len(chains))
		h := &chains[i]
		d := c.confirm(h.Matter, h.suggested, random.IntN(3))
		d.Previous, d.At = h.ID, start.Add(time.Duration(step)*time.Minute)
		d.Lead, d.Co = c.units[random.IntN(2)].ID, nil
		switch random.IntN(5) {
		case 0:
			d.Kind, d.Category, d.Lead, d.Reason = classifier.Decline, "", "", "重复"
		case 1:
			if h.ID == "" || h.Kind == classifier.Withdraw {
				continue
			}
			d = classifier.Decision{
				ID: id.New[classifier.DecisionID](), Matter: h.Matter, Previous: h.ID, Purpose: classifier.Effective,
				Kind: classifier.Withdraw, By: c.account, At: d.At,
			}
		case 2:
			if h.ID == "" || blind[i] {
				continue
			}
			blind[i] = true
			read := classifier.Decision{
				ID: id.New[classifier.DecisionID](), Matter: h.Matter, Purpose: classifier.Blind, Kind: classifier.Correct,
				Category: c.version.Leaves()[0].ID, By: reader, At: d.At,
			}
			if random.IntN(2) == 0 {
				read.Lead = c.units[0].ID
			}
			c.decide(read)
			continue
		}
		h.Decision = c.decide(d)
	}
	if n := c.count(`SELECT count(DISTINCT kind) FROM standing_decision`); n < 3 || len(blind) < 3 {
		t.Fatalf("%d kinds of decision stand and %d were read blind: the test tries too little", n, len(blind))
	}
	c.standsAsTold()

	// The migration puts the same together for what was decided before it.
	found, err := filepath.Glob("migrations/*_standing.sql")
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	text, err := os.ReadFile(found[0])
	c.must(err)
	_, fill, _ := strings.Cut(string(text), "INSERT INTO standing_decision")
	fill, _, _ = strings.Cut(fill, ";")
	c.must(c.ExecForTest(t.Context(), `DELETE FROM standing_decision`))
	c.must(c.ExecForTest(t.Context(), `INSERT INTO standing_decision`+fill))
	c.standsAsTold()
}

// standsAsTold compares what stands with the chains.
func (c *city) standsAsTold() {
	c.t.Helper()
	for name, sql := range map[string]string{
		"rows that the chains do not tell": `TABLE standing_decision EXCEPT ` + standingTruth,
		"rows that are missing":            standingTruth + ` EXCEPT TABLE standing_decision`,
	} {
		for _, row := range c.list(`SELECT q::text FROM (` + sql + `) AS q`) {
			c.t.Errorf("%s: %s", name, row)
		}
	}
}

// BenchmarkFigures measures what the pages ask about decisions: accuracy over
// 90 days, the weeks of the trend, and the count that stands on every desk,
// for a reader who has passed on all that waits.
func BenchmarkFigures(b *testing.B) {
	const decisions = 200_000
	c := fillDecisions(b, decisions)
	ctx := b.Context()
	now := start.AddDate(0, 0, 90)
	reader := c.colleague("wang")
	c.must(c.ExecForTest(ctx, `
		INSERT INTO blind_pass
		SELECT matter_id, $1, 'seen', at FROM standing_decision WHERE lot < 838861`, reader))
	c.must(c.ExecForTest(ctx, `VACUUM (ANALYZE)`))
	desk := classifier.NewBlindDesk(c.DB, 0.02, func() time.Time { return now })
	for _, step := range []struct {
		name string
		run  func() (int, error)
	}{
		{"Accuracy", func() (int, error) { a, err := c.Accuracy(ctx, start, now); return a.Decided, err }},
		{"Weeks", func() (int, error) {
			weeks, err := c.Weeks(ctx, now.AddDate(0, 0, -7*classifier.TrendWeeks), now)
			return len(weeks), err
		}},
		{"Agreement", func() (int, error) {
			a, err := c.Agreement(ctx, start, now, 1<<18)
			return a.Drawn, err
		}},
		{"Waiting, counted", func() (int, error) {
			_, n, err := desk.Waiting(ctx, org.Actor{Account: reader, Roles: org.Roles{org.RoleAgent}}, 0)
			return n + 1, err
		}},
	} {
		b.Run(step.name, func(b *testing.B) {
			for b.Loop() {
				if n, err := step.run(); err != nil || n == 0 {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// fillDecisions makes a city in which so many decisions were made on
// suggestions, evenly over 90 days and three channels.
func fillDecisions(b *testing.B, n int) *city {
	b.Helper()
	c := newCity(b)
	leaves := c.version.Leaves()
	const block = 20_000 // a statement must end before its time is up
	for from := 0; from < n; from += block {
		c.must(c.ExecForTest(b.Context(), `
		WITH n AS (
		    SELECT i, $2::timestamptz + i * interval '90 days' / $1::integer AS at,
		           gen_random_uuid() AS contact, gen_random_uuid() AS message, gen_random_uuid() AS matter,
		           gen_random_uuid() AS suggestion, gen_random_uuid() AS decision
		    FROM generate_series($10::integer, $10::integer + $11::integer - 1) AS i
		), c AS (
		    INSERT INTO contact SELECT contact, (ARRAY['web', 'hotline', 'mail'])[1 + i % 3], NULL, at, at, 'received', NULL FROM n
		), g AS (
		    INSERT INTO message SELECT message, contact, '标题', repeat('内容', 60), '', NULL, false, '', NULL, '', '' FROM n
		), m AS (
		    INSERT INTO matter SELECT matter, message, 1, '标题', repeat('内容', 60), 'decided', at, at, 0.5 FROM n
		), s AS (
		    INSERT INTO suggestion
		    SELECT suggestion, matter, at, $3, $4, 'm', ARRAY[$5::uuid, $6::uuid, $7::uuid], 0.5, $8, 'B',
		           (ARRAY['sure', 'several', 'unsure'])[1 + i % 3], jsonb_build_object('why', repeat('依据', 200))
		    FROM n
		), d AS (
		    INSERT INTO decision (id, matter_id, suggestion_id, purpose, kind, category_id, type, urgency, reason, by_account, at)
		    SELECT decision, matter, suggestion, 'effective', 'confirm', (ARRAY[$5::uuid, $5::uuid, $5::uuid, $6::uuid, $7::uuid])[1 + i % 5],
		           '', 'B', '', $9, at
		    FROM n
		)
		INSERT INTO assignment SELECT decision, 'effective', 0, $8 FROM n`,
			n, start, c.version.Version.ID, c.model.ID, leaves[0].ID, leaves[1].ID, leaves[2].ID, c.units[1].ID, c.account, from, block))
		c.must(c.ExecForTest(b.Context(), `INSERT INTO standing_decision `+standingTruth+` AND d.at >= $1 ON CONFLICT DO NOTHING`,
			start.Add(time.Duration(from)*90*24*time.Hour/time.Duration(n))))
		c.must(c.ExecForTest(b.Context(), `ANALYZE`))
	}
	return c
}
