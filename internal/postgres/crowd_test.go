package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"huying/classifier"
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
