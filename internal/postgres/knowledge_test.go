package postgres_test

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// near gives the questions that a search finds, sorted.
func (c *city) near(s kb.Search) []string {
	c.t.Helper()
	if s.Now.IsZero() {
		s.Now = start
	}
	s.Model = model
	found, err := c.Near(c.t.Context(), s)
	c.must(err)
	var questions []string
	for _, f := range found {
		questions = append(questions, f.Entry.Question)
	}
	slices.Sort(questions)
	return questions
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestNearGivesExactCosinesAndTheWordingThatFits(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	p := c.entry("kb-1", "医保怎么报销", c.vector())
	p.Wordings[2].Vector = c.vector()
	p.Wordings[3].Vector = c.vector()
	saved, err := c.SaveEntries(t.Context(), []kb.Prepared{p})
	if err != nil || saved != (kb.Saved{Created: 1}) {
		t.Fatalf("SaveEntries = %+v, %v", saved, err)
	}
	ask := p.Wordings[2].Vector // the first phrasing
	found, err := c.Near(t.Context(), kb.Search{Model: model, Vector: ask, Now: start})
	c.must(err)
	if len(found) != 1 {
		t.Fatalf("%d candidates", len(found))
	}
	got := found[0]
	if got.Phrasing != "医保怎么报销吗" || math.Abs(got.Question-1) > 1e-3 ||
		math.Abs(got.Whole-dot(ask, p.Wordings[0].Vector)) > 2e-3 || !got.Citywide {
		t.Errorf("candidate %+v", got)
	}
	if len(got.Entry.Phrasings) != 2 || got.Entry.Answer == "" || !got.Entry.ValidFrom.IsZero() || got.Entry.Version != 1 {
		t.Errorf("entry %+v", got.Entry)
	}
}

func TestNearKeepsToWhatHolds(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	v := c.vector()
	with := func(question string, change func(*kb.Entry)) kb.Prepared {
		p := c.entry("", question, v)
		change(&p.Entry)
		return p
	}
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{
		with("全市", func(*kb.Entry) {}),
		with("本市代码", func(e *kb.Entry) { e.Area = "4401" }),
		with("华新", func(e *kb.Entry) { e.Area = "440101" }),
		with("松柏", func(e *kb.Entry) { e.Area = "440101001" }),
		with("临江", func(e *kb.Entry) { e.Area = "440102" }),
		with("草稿", func(e *kb.Entry) { e.State = kb.EntryDraft }),
		with("过期", func(e *kb.Entry) { e.ValidUntil = start.Add(-time.Second) }),
		with("未到", func(e *kb.Entry) { e.ValidFrom = start.Add(time.Second) }),
		with("最后一刻", func(e *kb.Entry) { e.ValidUntil = start }),
	})
	c.must(err)
	cases := []struct {
		name string
		area org.AreaCode
		want []string
	}{
		{"unknown area", "", []string{"临江", "全市", "华新", "最后一刻", "本市代码", "松柏"}},
		{"street", "440101001", []string{"全市", "华新", "最后一刻", "本市代码", "松柏"}},
		{"district", "440101", []string{"全市", "华新", "最后一刻", "本市代码"}},
		{"area that does not exist", "1", []string{"全市", "最后一刻"}},
	}
	for _, tc := range cases {
		if got := c.near(kb.Search{Vector: v, Area: tc.area}); !slices.Equal(got, tc.want) {
			t.Errorf("%s: by vector %q, want %q", tc.name, got, tc.want)
		}
		words := []string{"全", "本", "华", "松", "临", "草", "过", "未", "最"}
		got := c.near(kb.Search{Words: words[:5], Grams: words[5:], Area: tc.area})
		if len(got) == 0 || slices.Contains(got, "草稿") {
			t.Errorf("%s: by words %q", tc.name, got)
		}
	}
}

func TestNearByWordsTakesTheRarest(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var entries []kb.Prepared
	for i := range 40 {
		p := c.entry(name("kb", i), name("问题", i), nil)
		for w := range p.Wordings {
			p.Wordings[w].Vector = nil
		}
		p.Terms = []string{"办理", "怎么", name("词", i)}
		entries = append(entries, p)
	}
	_, err := c.SaveEntries(t.Context(), entries)
	c.must(err)
	rare := []string{"词-1", "词-2", "词-3", "词-4", "词-5", "词-6", "词-7", "词-8"}
	got := c.near(kb.Search{Words: append([]string{"办理", "怎么"}, rare...)})
	if len(got) != 8 {
		t.Errorf("%d entries found by eight rare words: %q", len(got), got)
	}
	if got := c.near(kb.Search{Words: []string{"没有"}, Grams: []string{"词-9", `it's \ odd`}}); !slices.Equal(got, []string{"问题-9"}) {
		t.Errorf("by pairs %q", got)
	}
	if got := c.near(kb.Search{Words: []string{"词-1", "词-2", "词-3", "词-4"}, Grams: []string{"词-9"}}); len(got) != 4 {
		t.Errorf("pairs were used though four words are known: %q", got)
	}
	if got := c.near(kb.Search{Words: []string{"没有"}}); len(got) != 0 {
		t.Errorf("nothing is known, found %q", got)
	}
}

func TestSavingEntriesAgainChangesNothing(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	coded, plain := c.entry("kb-1", "医保怎么报销", c.vector()), c.entry("", "公园几点关门", c.vector())
	all := []kb.Prepared{coded, plain}
	saved, err := c.SaveEntries(t.Context(), all)
	if err != nil || saved != (kb.Saved{Created: 2}) {
		t.Fatalf("first %+v, %v", saved, err)
	}
	again := []kb.Prepared{c.entry("kb-1", "医保怎么报销", c.vector()), c.entry("", "公园几点关门", c.vector())}
	saved, err = c.SaveEntries(t.Context(), again)
	if err != nil || saved != (kb.Saved{Unchanged: 2}) {
		t.Fatalf("again %+v, %v", saved, err)
	}
	again[0].Entry.State = kb.EntryRetired
	again[1].Entry.Topic = "公园"
	saved, err = c.SaveEntries(t.Context(), again)
	if err != nil || saved != (kb.Saved{Changed: 2}) {
		t.Fatalf("changed %+v, %v", saved, err)
	}
	e, err := c.Entry(t.Context(), coded.Entry.ID)
	if err != nil || e.Version != 2 || e.State != kb.EntryRetired {
		t.Errorf("entry %+v, %v", e, err)
	}
	// Term counts follow: the retired entry's are gone, the other's are there once.
	if n := c.count(`SELECT count(*) FROM term WHERE entries <> (SELECT count(*) FROM entry WHERE state = 'published' AND terms @@ quote_literal(term)::tsquery)`); n != 0 {
		t.Errorf("%d terms are counted wrong", n)
	}
	if n := c.count(`SELECT count(*) FROM entry_version`); n != 4 {
		t.Errorf("%d versions kept, want 4", n)
	}
	topics, err := c.Topics(t.Context())
	if err != nil || len(topics) != 1 || topics[0] != (kb.Topic{Name: "公园", Entries: 1}) {
		t.Errorf("topics %+v, %v", topics, err)
	}
}

func TestSavingTheSameEntryAtOnceMakesOne(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var wg sync.WaitGroup
	for range 6 {
		p := c.entry("", "公园几点关门", c.vector())
		wg.Go(func() {
			if _, err := c.SaveEntries(t.Context(), []kb.Prepared{p}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := c.count(`SELECT count(*) FROM entry`); n != 1 {
		t.Errorf("%d entries", n)
	}
}

func TestEntriesThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	good, bad := c.entry("kb-1", "甲", c.vector()), c.entry("kb-2", "乙", c.vector())
	bad.Entry.Area = "9999"
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{good, bad})
	wants(t, err, errs.Invalid, "kb.area")
	if n := c.count(`SELECT count(*) FROM entry`); n != 0 {
		t.Errorf("%d entries of a refused batch", n)
	}
	_, err = c.SaveEntries(t.Context(), []kb.Prepared{good, c.entry("kb-2", "乙", c.vector())})
	c.must(err)
	good.Entry.Code = "kb-2"
	_, err = c.SaveEntries(t.Context(), []kb.Prepared{good})
	wants(t, err, errs.Conflict, "kb.code")
	_, err = c.Entry(t.Context(), "no-id")
	wants(t, err, errs.NotFound, "entry.not_found")
}

func TestEntriesArePaged(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var all []kb.Prepared
	for i := range 5 {
		all = append(all, c.entry(name("kb", i), name("问题", i), c.vector()))
	}
	_, err := c.SaveEntries(t.Context(), all)
	c.must(err)
	var seen []string
	f := kb.EntryFilter{Limit: 2, Topic: "医保"}
	for {
		page, err := c.Entries(t.Context(), f)
		c.must(err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			seen = append(seen, e.Question)
		}
		f.Before = page[len(page)-1].ID
	}
	if !slices.Equal(seen, []string{"问题-4", "问题-3", "问题-2", "问题-1", "问题-0"}) {
		t.Errorf("seen %q", seen)
	}
	missing, err := c.Unprepared(t.Context(), "fedcba987654", all[1].Entry.ID, 10)
	if err != nil || len(missing) != 3 {
		t.Errorf("%d entries without vectors of another model, %v", len(missing), err)
	}
	missing, err = c.Unprepared(t.Context(), model, "", 10)
	if err != nil || len(missing) != 0 {
		t.Errorf("%d entries without vectors, %v", len(missing), err)
	}
}

func TestNoticeCountsEachCallOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := kb.Notice{ID: id.New[kb.NoticeID](), Title: "停电", Text: "检修停电", Area: "440101", Starts: start, Ends: start.Add(time.Hour), By: c.account}
	c.must(c.InsertNotice(t.Context(), n))
	var contact intake.ContactID
	for i := range 2 {
		p := parcel(name("call", i), i)
		_, _, err := c.InsertParcel(t.Context(), p)
		c.must(err)
		contact = p.Contact.ID
		c.must(c.JoinNotice(t.Context(), kb.Join{Notice: n.ID, Contact: contact, By: c.account, At: start}))
	}
	c.must(c.JoinNotice(t.Context(), kb.Join{Notice: n.ID, Contact: contact, By: c.account, At: start}))
	active, err := c.ActiveNotices(t.Context(), start)
	if err != nil || len(active) != 1 || active[0].Calls != 2 || active[0].Area != "440101" {
		t.Errorf("active %+v, %v", active, err)
	}
	active, err = c.ActiveNotices(t.Context(), n.Ends)
	if err != nil || len(active) != 0 {
		t.Errorf("active after its end: %+v, %v", active, err)
	}
	for _, j := range []kb.Join{
		{Notice: n.ID, Contact: contact, At: n.Ends},
		{Notice: n.ID, Contact: "00000000-0000-7000-8000-000000000000", At: start},
		{Notice: "nonsense", Contact: contact, At: start},
	} {
		wants(t, c.JoinNotice(t.Context(), j), errs.NotFound, "notice.not_found")
	}
	n.ID, n.Area = id.New[kb.NoticeID](), "9999"
	wants(t, c.InsertNotice(t.Context(), n), errs.Invalid, "kb.area")
}

func TestNewVectorsDoNotUndoAnEdit(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	old := c.entry("kb-1", "医保怎么报销", c.vector())
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{old})
	c.must(err)
	edited := old
	edited.Entry.Answer = "新的答复。"
	_, err = c.SaveEntries(t.Context(), []kb.Prepared{edited})
	c.must(err)
	const newer = "fedcba987654"
	old.Model, edited.Model, edited.Entry.Version = newer, newer, 2
	vectors := func() int { return c.count(`SELECT count(*) FROM entry_vector WHERE model = $1`, newer) }
	c.must(c.AddEntryVectors(t.Context(), []kb.Prepared{old}))
	if n := vectors(); n != 0 {
		t.Errorf("%d vectors of a wording that is gone", n)
	}
	c.must(c.AddEntryVectors(t.Context(), []kb.Prepared{edited}))
	e, err := c.Entry(t.Context(), old.Entry.ID)
	if n := vectors(); n != 4 || err != nil || e.Answer != "新的答复。" || e.Version != 2 {
		t.Errorf("%d vectors, entry %+v, %v", n, e, err)
	}
}
