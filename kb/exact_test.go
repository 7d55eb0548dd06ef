package kb

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"huying/internal/assets"
	"huying/internal/embed"
	"huying/internal/org"
	"huying/internal/query"
	"huying/internal/text"
)

// exact is a store of a few hundred entries without a database: it compares
// with all of them. The real one is tested in internal/postgres.
type exact struct {
	entries []Entry
	wording [][][]float32 // of each entry: question, phrasings
	whole   [][]float32
}

// near is how many candidates exact gives.
const near = 60

func (s *exact) Near(_ context.Context, q Search) ([]Candidate, error) {
	var out []Candidate
	for i, e := range s.entries {
		if !holds(e, q) {
			continue
		}
		c := Candidate{Entry: e, Whole: dot(q.Vector, s.whole[i]), Citywide: e.Area == ""}
		for k, v := range s.wording[i] {
			if x := dot(q.Vector, v); k == 0 || x > c.Question {
				c.Question, c.Phrasing = x, append([]string{e.Question}, e.Phrasings...)[k]
			}
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(x, y Candidate) int {
		return cmp.Compare(y.Question+y.Whole, x.Question+x.Whole)
	})
	return out[:min(near, len(out))], nil
}

func holds(e Entry, q Search) bool {
	return (q.Area == "" || e.Area == "" || e.Area == q.Area) &&
		(e.ValidFrom.IsZero() || !q.Now.Before(e.ValidFrom)) &&
		(e.ValidUntil.IsZero() || !q.Now.After(e.ValidUntil))
}

func dot(a, b []float32) float64 {
	if a == nil || b == nil {
		return 0
	}
	return float64(embed.Dot(a, b))
}

// fill puts entries with their vectors into the store.
func (s *exact) fill(t testing.TB, b *query.Builder, entries []Entry) {
	t.Helper()
	for _, e := range entries {
		whole := build(t, b, e.Question, e.Answer)
		wording := [][]float32{whole.TitleVector}
		for _, p := range e.Phrasings {
			wording = append(wording, build(t, b, "", p).Vector)
		}
		s.entries = append(s.entries, e)
		s.wording = append(s.wording, wording)
		s.whole = append(s.whole, whole.Vector)
	}
}

func build(t testing.TB, b *query.Builder, title, body string) query.Query {
	t.Helper()
	q, err := b.Build(t.Context(), title, body)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// builder makes queries with the real model and segmenter, or skips where the
// model was not fetched.
func builder(t testing.TB) *query.Builder {
	t.Helper()
	dirs, err := assets.Home(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := assets.Locate(dirs, assets.Runtime, assets.Model)
	if err != nil {
		t.Skipf("the model is not here, run make fetch: %v", err)
	}
	model, err := embed.NewLocal(embed.LocalOptions{
		Library: paths.OnnxLib, Model: paths.Model, Tokenizer: paths.Tokenizer, Preparation: query.Preparation,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = model.Close() })
	s, err := text.NewSegmenter()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(dirs.Cache, "vectors")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	kept, err := embed.OpenDiskCache(model, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	return query.NewBuilder(s, kept)
}

// lines reads a JSONL file, or skips where it is missing.
func lines[T any](t testing.TB, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("%s is not here: %v", path, err)
	}
	defer f.Close()
	var out []T
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		var row T
		if err := json.Unmarshal(scan.Bytes(), &row); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out = append(out, row)
	}
	return out
}

// demoEntries are those of the demo city that hold at now.
func demoEntries(t testing.TB, now time.Time) []Entry {
	t.Helper()
	var out []Entry
	for _, r := range lines[struct {
		ID, Question, Answer, Area string
		Phrasings                  []string
		ValidFrom                  string `json:"valid_from"`
		ValidUntil                 string `json:"valid_until"`
	}](t, "../internal/demo/entries.jsonl") {
		e := Entry{ID: EntryID(r.ID), Question: r.Question, Answer: r.Answer, Phrasings: r.Phrasings, Area: org.AreaCode(r.Area)}
		e.ValidFrom, _ = time.Parse(time.DateOnly, r.ValidFrom)
		if until, err := time.Parse(time.DateOnly, r.ValidUntil); err == nil {
			e.ValidUntil = until.Add(24*time.Hour - 1)
		}
		if holds(e, Search{Now: now}) {
			out = append(out, e)
		}
	}
	return out
}
