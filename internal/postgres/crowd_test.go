package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/kb"
)

// TestCopiedExamplesAreAsDecided: what is copied in is read back as what people
// decided, each once, over more than one block.
func TestCopiedExamplesAreAsDecided(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	const n = 2001
	made := 0
	c.must(c.CopyExamples(t.Context(), c.account, model, n, func(i int) classifier.Example {
		made++
		return classifier.Example{
			Category: c.version.Leaves()[i%2].ID, Lead: "公安局", Title: "题", Text: fmt.Sprint("第", i, "件"),
			TitleVector: c.vector(), Vector: c.vector(), At: start.Add(time.Duration(i) * time.Second), Urgency: "C",
		}
	}))
	read := 0
	c.must(c.Confirmed(t.Context(), model, n, func(e classifier.Example) error {
		if e.Text != fmt.Sprint("第", read, "件") || e.Category != c.version.Leaves()[read%2].ID || e.Lead != "公安局" ||
			len(e.Vector) != c.dim || len(e.TitleVector) != c.dim {
			t.Errorf("example %d reads %+v", read, e)
		}
		read++
		return nil
	}))
	if made != n || read != n {
		t.Errorf("made %d, read %d of %d", made, read, n)
	}
}

// TestCopiedEntriesAreFound: numbered copies hold what their originals do, as
// many as are asked for, each with its own wordings, and are found.
func TestCopiedEntriesAreFound(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	v := c.vector()
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{c.entry("kb-1", "医保怎么转", v), c.entry("kb-2", "路灯不亮", c.vector())})
	c.must(err)
	made := 0
	c.must(c.CopyEntries(t.Context(), model, 7, 5, func(v []float32, _ int) []float32 {
		made++
		return v
	}))
	if n := c.count(`SELECT count(*) FROM entry`); n != 7 || made != 5*6 {
		t.Errorf("%d entries, %d vectors made", n, made)
	}
	if n := c.count(`SELECT count(*) FROM term WHERE entries <> (SELECT count(*) FROM entry WHERE terms @@ quote_literal(term)::tsquery)`); n != 0 {
		t.Errorf("%d terms are counted wrongly", n)
	}
	found, err := c.Near(t.Context(), kb.Search{Model: model, Vector: v, Words: []string{"医"}, Now: start})
	c.must(err)
	copies := 0
	for _, f := range found {
		if f.Question > 0.99 && f.Whole > 0.99 && strings.HasPrefix(f.Entry.Question, "医保怎么转（第") && len(f.Entry.Phrasings) == 4 && strings.HasPrefix(f.Phrasing, "医保怎么转（第") {
			copies++
		}
	}
	if copies != 3 {
		t.Errorf("%d of 3 copies are found among %d", copies, len(found))
	}
}
