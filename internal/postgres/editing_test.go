package postgres_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// newsroom is a city with two editors, and the life of entries in it.
type newsroom struct {
	*city
	kb          *kb.Editing
	upkeep      *kb.Upkeep
	first, next org.Actor
	now         time.Time
}

func newNewsroom(t *testing.T) *newsroom {
	t.Helper()
	n := &newsroom{city: newCity(t), now: start}
	for i, a := range []*org.Actor{&n.first, &n.next} {
		account := org.Account{ID: id.New[org.AccountID](), Login: name("editor", i), Name: []string{"林", "周"}[i], Role: org.RoleEditor, CreatedAt: start}
		n.must(n.InsertAccount(t.Context(), account, org.Audit{At: start, Action: "create_account", Object: "account:" + string(account.ID)}))
		*a = org.Actor{Account: account.ID, Name: account.Name, Role: account.Role}
	}
	prepare := func(_ context.Context, e kb.Entry) (kb.Prepared, error) {
		p := n.entry("", e.Question, n.vector())
		p.Entry = e
		p.Wordings = p.Wordings[:2]
		for i, text := range e.Negatives {
			p.Wordings = append(p.Wordings, kb.Wording{Ordinal: -2 - i, Text: text, Vector: n.vector()})
		}
		return p, nil
	}
	clock := func() time.Time { return n.now }
	n.kb, n.upkeep = kb.NewEditing(n.DB, prepare, clock), kb.NewUpkeep(n.DB, n.DB, clock)
	return n
}

// write stores an editor's text.
func (n *newsroom) write(a org.Actor, e kb.Entry) kb.Entry {
	n.t.Helper()
	e, err := n.kb.Write(n.t.Context(), a, e)
	n.must(err)
	return e
}

// move takes a step.
func (n *newsroom) move(a org.Actor, e kb.Entry, step kb.Step, remark string) kb.Entry {
	n.t.Helper()
	e, err := n.kb.Move(n.t.Context(), a, e.ID, e.Version, step, remark)
	n.must(err)
	return e
}

// published gives an entry that the first wrote and the next approved.
func (n *newsroom) published(e kb.Entry) kb.Entry {
	n.t.Helper()
	if e.Unit == "" {
		e.Unit = "市医保局"
	}
	return n.move(n.next, n.move(n.first, n.write(n.first, e), kb.StepSend, ""), kb.StepApprove, "")
}

func (n *newsroom) termsAreRight() {
	n.t.Helper()
	if bad := n.count(`SELECT count(*) FROM term WHERE entries <> (SELECT count(*) FROM entry WHERE state IN ('published', 'to_verify') AND terms @@ quote_literal(term)::tsquery)`); bad != 0 {
		n.t.Errorf("%d terms are counted wrong", bad)
	}
}

func TestAnEntryLivesFromDraftToRetired(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	ctx := t.Context()
	e := n.write(n.first, kb.Entry{Question: "医保怎么报销", Answer: "到窗口办理。", Unit: "市医保局", Negatives: []string{"医保卡丢了"}})
	if e.State != kb.EntryDraft || e.Version != 1 {
		t.Fatalf("written %+v", e)
	}
	if again := n.write(n.first, e); again.Version != 1 {
		t.Errorf("the same text made version %d", again.Version)
	}
	e = n.move(n.first, e, kb.StepSend, "")
	_, err := n.kb.Write(ctx, n.first, e)
	wants(t, err, errs.Conflict, "kb.in_review")
	_, err = n.kb.Move(ctx, n.first, e.ID, e.Version, kb.StepApprove, "")
	wants(t, err, errs.Forbidden, "kb.own_review")
	_, err = n.kb.Move(ctx, n.next, e.ID, e.Version, kb.StepReturn, " ")
	wants(t, err, errs.Invalid, "field.required")
	if got := n.near(kb.Search{Words: []string{"医"}}); len(got) != 0 {
		t.Errorf("found before it is published: %q", got)
	}
	e = n.move(n.next, e, kb.StepReturn, "缺时限")
	f, err := n.Folder(ctx, e.ID)
	if err != nil || f.Remark != "缺时限" || f.By != "周" || !slices.Equal(f.Authors, []org.AccountID{n.first.Account}) {
		t.Errorf("folder %+v, %v", f, err)
	}
	e.Answer = "到窗口办理，三个工作日办结。"
	e = n.move(n.first, n.write(n.first, e), kb.StepSend, "")
	e = n.move(n.next, e, kb.StepApprove, "")
	n.termsAreRight()
	if got := n.near(kb.Search{Words: []string{"医"}}); !slices.Equal(got, []string{"医保怎么报销"}) || e.State != kb.EntryPublished || e.Version != 6 {
		t.Errorf("published %+v, found %q", e, got)
	}
	e = n.move(n.first, e, kb.StepDoubt, "窗口搬了")
	if got := n.near(kb.Search{Words: []string{"医"}}); len(got) != 1 {
		t.Errorf("an entry to verify is not found: %q", got)
	}
	e = n.move(n.first, e, kb.StepKeep, "")
	e = n.move(n.first, e, kb.StepRetire, "改走网上")
	n.termsAreRight()
	_, err = n.kb.Move(ctx, n.next, e.ID, e.Version, kb.StepApprove, "")
	wants(t, err, errs.Conflict, "kb.step")
	_, err = n.kb.Write(ctx, n.first, e)
	wants(t, err, errs.Conflict, "kb.is_retired")
	if e = n.move(n.first, e, kb.StepRevive, ""); e.State != kb.EntryDraft {
		t.Errorf("revived %+v", e)
	}
	var steps []kb.Step
	editions, err := n.kb.Editions(ctx, n.next, e.ID)
	n.must(err)
	for _, d := range editions {
		steps = append(steps, d.Step)
	}
	want := []kb.Step{"revive", "retire", "keep", "doubt", "approve", "send", "edit", "return", "send", "new"}
	if !slices.Equal(steps, want) {
		t.Errorf("steps %q, want %q", steps, want)
	}
	if editions[len(editions)-1].Entry.Answer != "到窗口办理。" || editions[1].Remark != "改走网上" || editions[1].By != "林" {
		t.Errorf("editions %+v", editions)
	}
}

func TestWhatAnswersIsEditedInACopy(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	ctx := t.Context()
	e := n.published(kb.Entry{Code: "kb-1", Question: "医保怎么报销", Answer: "到窗口办理。", Area: "440101"})
	edited := e
	edited.Answer = "网上办理。"
	c := n.write(n.next, edited)
	if c.ID == e.ID || c.Replaces != e.ID || c.Code != "" || c.State != kb.EntryDraft {
		t.Fatalf("copy %+v", c)
	}
	if now, err := n.Entry(ctx, e.ID); err != nil || now.Answer != "到窗口办理。" || now.State != kb.EntryPublished {
		t.Errorf("the entry meanwhile %+v, %v", now, err)
	}
	// Another editor who starts from the published text meets the copy.
	mine := e
	mine.Answer = "电话办理。"
	_, err := n.kb.Write(ctx, n.first, mine)
	wants(t, err, errs.Conflict, "kb.changed")
	clash, ok := kb.AsClash(err)
	if !ok || clash.Now.ID != c.ID || clash.Base.Answer != "到窗口办理。" || clash.Now.Answer != "网上办理。" || clash.By != "周" {
		t.Errorf("clash %+v", clash)
	}
	c = n.move(n.next, c, kb.StepSend, "")
	got := n.move(n.first, c, kb.StepApprove, "")
	if got.ID != e.ID || got.Answer != "网上办理。" || got.Code != "kb-1" || got.Version != e.Version+1 || got.State != kb.EntryPublished {
		t.Errorf("merged %+v", got)
	}
	if f, err := n.Folder(ctx, c.ID); err != nil || f.Entry.State != kb.EntryRetired || f.Step != kb.StepMerge {
		t.Errorf("copy %+v, %v", f, err)
	}
	n.termsAreRight()
	old, err := n.kb.Rollback(ctx, n.first, e.ID, e.Version)
	if err != nil || old.Replaces != e.ID || old.Answer != "到窗口办理。" {
		t.Fatalf("rolled back %+v, %v", old, err)
	}
	_, err = n.kb.Rollback(ctx, n.first, e.ID, 99)
	wants(t, err, errs.NotFound, "kb.no_version")
	back := n.move(n.next, n.move(n.first, old, kb.StepSend, ""), kb.StepApprove, "")
	if back.ID != e.ID || back.Answer != "到窗口办理。" || back.Version != got.Version+1 {
		t.Errorf("after the rollback %+v", back)
	}
}

func TestTwoWhoEditAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	e := n.write(n.first, kb.Entry{Question: "公园几点关门", Answer: "晚上九点。"})
	var wg sync.WaitGroup
	var mu sync.Mutex
	stored, clashes := 0, 0
	for i := range 6 {
		mine := e
		mine.Answer = name("晚上九点", i)
		wg.Go(func() {
			_, err := n.kb.Write(t.Context(), n.next, mine)
			mu.Lock()
			defer mu.Unlock()
			c, ok := kb.AsClash(err)
			switch {
			case err == nil:
				stored++
			case ok && c.Base.Answer == "晚上九点。" && c.Now.Version == 2:
				clashes++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if stored != 1 || clashes != 5 {
		t.Errorf("%d stored, %d told of the clash", stored, clashes)
	}
	bad := e
	bad.Version, bad.Area = 2, "9999"
	_, err := n.kb.Write(t.Context(), n.first, bad)
	wants(t, err, errs.Invalid, "kb.area")
}

func TestOtherUnitsDoNotReview(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	police, env := n.next, n.next
	police.Unit, env.Unit = n.units[0].ID, n.units[1].ID
	e := n.move(n.first, n.write(n.first, kb.Entry{Question: "夜里吵", Answer: "报警。", Unit: n.units[0].Name}), kb.StepSend, "")
	_, err := n.kb.Move(t.Context(), env, e.ID, e.Version, kb.StepApprove, "")
	wants(t, err, errs.Forbidden, "kb.other_unit")
	_, choices, err := n.kb.Folder(t.Context(), env, e.ID)
	if err != nil || len(choices) != 3 || choices[0].Refused == "" || choices[2].Step != kb.StepRetire {
		t.Errorf("choices %+v, %v", choices, err)
	}
	n.move(police, e, kb.StepApprove, "")
	_, err = n.kb.Move(t.Context(), org.Actor{Role: org.RoleAgent}, e.ID, e.Version, kb.StepRetire, "x")
	wants(t, err, errs.Forbidden, "role.forbidden")
	_, err = n.kb.Move(t.Context(), n.first, "no-id", 1, kb.StepRetire, "x")
	wants(t, err, errs.NotFound, "entry.not_found")
}

func TestVariantsForAreasFindEachOther(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	city := n.published(kb.Entry{Code: "kb-1", Question: "居住证在哪办", Answer: "派出所。"})
	district := n.published(kb.Entry{Question: "华新区居住证在哪办", Answer: "区政务中心。", Area: "440101", Family: "kb-1"})
	n.published(kb.Entry{Question: "别的事", Answer: "别的答复。"})
	for _, pair := range [][2]kb.Entry{{city, district}, {district, city}} {
		f, err := n.Folder(t.Context(), pair[0].ID)
		if err != nil || len(f.Variants) != 1 || f.Variants[0].ID != pair[1].ID {
			t.Errorf("variants of %s: %+v, %v", pair[0].Question, f.Variants, err)
		}
	}
}

func TestADraftNeverTakesThePlaceOfWhatAnswers(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	e := n.published(kb.Entry{Code: "kb-1", Question: "医保怎么报销", Answer: "到窗口办理。"})
	draft := n.entry("kb-1", "医保怎么报销", n.vector())
	draft.Entry.State = kb.EntryDraft
	save := func(want kb.Saved) {
		t.Helper()
		if saved, err := n.SaveEntries(t.Context(), []kb.Prepared{draft}); err != nil || saved != want {
			t.Errorf("saved %+v, %v, want %+v", saved, err, want)
		}
	}
	save(kb.Saved{Created: 1})
	save(kb.Saved{Unchanged: 1})
	draft.Entry.Answer = "又一个答复。"
	save(kb.Saved{Changed: 1})
	f, err := n.Folder(t.Context(), e.ID)
	if err != nil || f.Entry.State != kb.EntryPublished || f.Entry.Answer != "到窗口办理。" || f.Copy == "" {
		t.Fatalf("folder %+v, %v", f, err)
	}
	c, err := n.Entry(t.Context(), f.Copy)
	n.must(err)
	n.move(n.first, c, kb.StepSend, "")
	draft.Entry.Answer = "第三个答复。"
	_, err = n.SaveEntries(t.Context(), []kb.Prepared{draft})
	wants(t, err, errs.Conflict, "kb.in_review")
}

func TestDatesAndLawsPutEntriesToVerifyOnce(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	ctx := t.Context()
	hour := start.Add(time.Hour)
	law := func(clause string, until time.Time) []kb.Clause {
		return []kb.Clause{{Law: "居住证条例", Text: clause, Until: until}}
	}
	ends := n.published(kb.Entry{Question: "有期限的", Answer: "答。", ValidUntil: hour})
	clause := n.published(kb.Entry{Question: "条款有期限", Answer: "答。", Clauses: law("第八条", hour)})
	marked := n.published(kb.Entry{Question: "条款会变", Answer: "答。", Clauses: law("第九条", time.Time{})})
	other := n.published(kb.Entry{Question: "别的条款", Answer: "答。", Clauses: law("第十条", time.Time{})})
	n.move(n.first, n.write(n.first, kb.Entry{Question: "还没审", Answer: "答。", Unit: "市医保局", ValidUntil: hour}), kb.StepSend, "")
	state := func(e kb.Entry, want kb.EntryState, version int) {
		t.Helper()
		now, err := n.Entry(ctx, e.ID)
		if err != nil || now.State != want || now.Version != version {
			t.Errorf("%s is %s, version %d, %v; want %s, %d", e.Question, now.State, now.Version, err, want, version)
		}
	}
	if moved, err := n.upkeep.RunDue(ctx, hour); err != nil || moved != 0 {
		t.Errorf("at the last moment %d moved, %v", moved, err)
	}
	n.now = hour.Add(time.Second)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := n.upkeep.RunDue(ctx, n.now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	state(ends, kb.EntryToVerify, 4)
	state(clause, kb.EntryToVerify, 4)
	state(marked, kb.EntryPublished, 3)
	n.termsAreRight()
	if moved, err := n.upkeep.MarkClause(ctx, n.first, "《居住证条例》", "第九条", "时限改为五年"); err != nil || moved != 1 {
		t.Errorf("the mark moved %d, %v", moved, err)
	}
	state(marked, kb.EntryToVerify, 4)
	state(other, kb.EntryPublished, 3)
	f, err := n.Folder(ctx, marked.ID)
	if err != nil || f.Step != kb.StepLaw || f.Remark != "《居住证条例》第九条：时限改为五年" || !f.Due.Equal(n.now.Add(kb.VerifyWithin)) {
		t.Errorf("folder %+v, %v", f, err)
	}
	// Verified after the mark it stays published; what has run out needs a new date first.
	f.Entry = n.move(n.next, f.Entry, kb.StepKeep, "")
	if moved, err := n.upkeep.RunDue(ctx, n.now); err != nil || moved != 0 {
		t.Errorf("a second run moved %d, %v", moved, err)
	}
	state(marked, kb.EntryPublished, 5)
	_, err = n.kb.Move(ctx, n.next, ends.ID, 4, kb.StepKeep, "")
	wants(t, err, errs.Invalid, "kb.run_out")
	if moved, err := n.upkeep.MarkClause(ctx, n.first, "居住证条例", "", "全文修订"); err != nil || moved != 2 {
		t.Errorf("the whole law moved %d, %v", moved, err)
	}
	_, err = n.upkeep.MarkClause(ctx, n.first, "", "", "")
	wants(t, err, errs.Invalid, "field.required")
	// Importing the same again verifies nothing.
	again := n.entry("", "别的条款", n.vector())
	again.Entry, _ = n.Entry(ctx, other.ID)
	again.Entry.State = kb.EntryPublished
	if saved, err := n.SaveEntries(ctx, []kb.Prepared{again}); err != nil || saved.Unchanged != 1 {
		t.Errorf("saved %+v, %v", saved, err)
	}
}

func TestTasksAndLoadsSayWhatIsToBeDone(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	ctx := t.Context()
	day := 24 * time.Hour
	n.published(kb.Entry{Question: "将到期", Answer: "答。", ValidUntil: start.Add(20 * day)})
	n.published(kb.Entry{Question: "还早", Answer: "答。", ValidUntil: start.Add(50 * day), Clauses: []kb.Clause{{Law: "条例", Text: "第一条", Until: start.Add(60 * day)}}})
	n.published(kb.Entry{Question: "过期", Answer: "答。", Unit: "市公园", ValidUntil: start.Add(time.Hour)})
	for i := range 3 {
		n.move(n.first, n.write(n.first, kb.Entry{Question: name("等审", i), Answer: "答。", Unit: "市公园"}), kb.StepSend, "请看")
	}
	n.write(n.first, kb.Entry{Question: "草稿", Answer: "答。"})
	n.now = start.Add(2 * time.Hour)
	if _, err := n.upkeep.RunDue(ctx, n.now); err != nil {
		t.Fatal(err)
	}
	list := func(l kb.TaskList, unit string) []string {
		t.Helper()
		var out []string
		f := kb.TaskFilter{List: l, Unit: unit, Limit: 2}
		for {
			tasks, err := n.upkeep.Tasks(ctx, n.first, f)
			n.must(err)
			for _, task := range tasks {
				out = append(out, task.Entry.Question)
			}
			if len(tasks) < 2 {
				return out
			}
			f.Before = tasks[1].Entry.ID
		}
	}
	for _, tc := range []struct {
		list kb.TaskList
		unit string
		want []string
	}{
		{kb.ListReview, "", []string{"等审-0", "等审-1", "等审-2"}},
		{kb.ListReview, "市医保局", nil},
		{kb.ListVerify, "", []string{"过期"}},
		{kb.ListOverdue, "", []string{"过期"}},
		{kb.ListSoon, "市医保局", []string{"将到期"}},
		{kb.ListDraft, "", []string{"草稿"}},
		{kb.ListRetired, "", nil},
	} {
		if got := list(tc.list, tc.unit); !slices.Equal(got, tc.want) {
			t.Errorf("%s of %q: %q, want %q", tc.list, tc.unit, got, tc.want)
		}
	}
	loads, err := n.upkeep.Loads(ctx, n.first)
	if err != nil || len(loads) != 3 || loads[0].Unit != "市公园" || loads[0].Counts[kb.ListOverdue] != 1 || loads[0].Counts[kb.ListReview] != 3 ||
		loads[1].Unit != "市医保局" || loads[1].Counts[kb.ListSoon] != 1 || loads[1].Entries != 2 {
		t.Errorf("loads %+v, %v", loads, err)
	}
	n.now = start.Add(4 * day)
	if got := list(kb.ListOverdue, "市公园"); !slices.Equal(got, []string{"过期", "等审-0", "等审-1", "等审-2"}) {
		t.Errorf("overdue after four days: %q", got)
	}
	clauses, err := n.upkeep.Clauses(ctx, n.first)
	if err != nil || len(clauses) != 1 || clauses[0].Entries != 1 || clauses[0].Clause.Law != "条例" || clauses[0].Clause.Until.IsZero() {
		t.Errorf("clauses %+v, %v", clauses, err)
	}
}

func TestNearTellsHowNearANegativePhrasingIs(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	p := n.entry("kb-1", "医保怎么报销", n.vector())
	ask := n.vector()
	p.Entry.Negatives = []string{"医保卡丢了", "医保断缴了"}
	p.Wordings = append(p.Wordings, kb.Wording{Ordinal: -2, Vector: n.vector()}, kb.Wording{Ordinal: -3, Vector: ask})
	_, err := n.SaveEntries(t.Context(), []kb.Prepared{p})
	n.must(err)
	found, err := n.Near(t.Context(), kb.Search{Model: model, Vector: ask, Now: start})
	if err != nil || len(found) != 1 || found[0].Negative < 0.999 || found[0].Question > 0.999 || found[0].Whole > 0.999 {
		t.Errorf("found %+v, %v", found, err)
	}
}
