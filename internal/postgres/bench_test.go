package postgres_test

import (
	"fmt"
	"testing"

	"huying/intake"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// BenchmarkLine measures all SQL between a delivery and its stored suggestion,
// as the line runs it, with confirmed examples and entries of 512 dimensions
// in the database. The embedding of a message takes about 20 ms, so all of
// this together should stay near 4 ms. For the durable figure set
// HUYING_TEST_DATABASE_URL: the tests' own server does not wait for the disk.
func BenchmarkLine(b *testing.B) {
	for _, size := range []struct{ examples, entries int }{{0, 150}, {2000, 150}, {20_000, 5000}} {
		b.Run(fmt.Sprintf("%d examples, %d entries", size.examples, size.entries), func(b *testing.B) {
			c := fillLine(b, size.examples, size.entries)
			steps := c.lineSteps()
			for _, step := range steps {
				b.Run(step.name, func(b *testing.B) {
					for b.Loop() {
						c.must(step.run())
					}
				})
			}
			b.Run("all", func(b *testing.B) {
				for b.Loop() {
					for _, step := range steps {
						c.must(step.run())
					}
				}
			})
		})
	}
}

type lineStep struct {
	name string
	run  func() error
}

func (c *city) lineSteps() []lineStep {
	ctx := c.t.Context()
	asks := make([][]float32, 64)
	for i := range asks {
		asks[i] = c.vector()
	}
	n := 0
	ask := func() []float32 { n++; return asks[n%len(asks)] }
	var last intake.MatterID
	return []lineStep{
		{"InsertParcel", func() error {
			p := parcel(id.New[string](), 0)
			last = p.Message.Matters[0].ID
			_, _, err := c.InsertParcel(ctx, p)
			return err
		}},
		{"Scene", func() error { _, err := c.Scene(ctx, model, ask(), ask(), 20); return err }},
		{"Near", func() error {
			_, err := c.Near(ctx, kb.Search{
				Model: model, Vector: ask(), Area: "440101001", Now: start,
				Words: []string{"词-1", "词-20", "词-77", "办理", "怎么", "问题"}, Grams: []string{"办理", "怎么"},
			})
			return err
		}},
		{"InsertOutcome", func() error { _, err := c.InsertOutcome(ctx, c.outcome(last, 0, 0.7)); return err }},
	}
}

// fillLine makes a city with so many confirmed examples and entries. Examples
// come by SQL: a decision a time would take minutes.
func fillLine(b *testing.B, examples, entries int) *city {
	b.Helper()
	c := newCity(b)
	c.dim = 512
	ctx := b.Context()
	c.must(c.ExecForTest(ctx, `
		CREATE FUNCTION random_unit() RETURNS halfvec LANGUAGE sql VOLATILE AS $$
		    SELECT l2_normalize(array_agg(random_normal())::real[]::vector(512)::halfvec(512)) FROM generate_series(1, 512)
		$$`))
	c.must(c.ExecForTest(ctx, `
		WITH n AS (
		    SELECT gen_random_uuid() AS contact, gen_random_uuid() AS message, gen_random_uuid() AS matter, gen_random_uuid() AS decision
		    FROM generate_series(1, $1::integer)
		), c AS (
		    INSERT INTO contact SELECT contact, 'web', NULL, $2, $2, 'received', NULL FROM n
		), g AS (
		    INSERT INTO message SELECT message, contact, '标题', '内容', '', NULL, false, '', NULL, '', '' FROM n
		), m AS (
		    INSERT INTO matter SELECT matter, message, 1, '标题', repeat('内容', 60), 'decided', $2, $2, 0.5 FROM n
		), d AS (
		    INSERT INTO decision (id, matter_id, purpose, kind, category_id, type, urgency, reason, by_account, at)
		    SELECT decision, matter, 'effective', 'confirm', $3, '', 'B', '', $4, $2 FROM n
		), e AS (
		    INSERT INTO confirmed_example SELECT decision, matter, $3, '公安局', $2 FROM n
		)
		INSERT INTO example_vector SELECT decision, $5, part, random_unit() FROM n, unnest(ARRAY['title', 'text']) AS part`,
		examples, start, c.version.Leaves()[0].ID, c.account, model))
	var batch []kb.Prepared
	for i := range entries {
		p := c.entry(name("kb", i), name("问题", i), nil)
		for w := range p.Wordings {
			p.Wordings[w].Vector = c.vector()
		}
		p.Terms = []string{"办理", "怎么", "问题", name("词", i%500), name("又", i%90), name("再", i%40)}
		if i%3 == 0 {
			p.Entry.Area = []org.AreaCode{"440101", "440102", "4401"}[i%9/3]
		}
		batch = append(batch, p)
		if len(batch) == 200 || i == entries-1 {
			_, err := c.SaveEntries(ctx, batch)
			c.must(err)
			batch = nil
		}
	}
	c.must(c.EnsureVectorIndexes(ctx, model, c.dim))
	c.must(c.ExecForTest(ctx, `VACUUM (ANALYZE)`))
	return c
}
