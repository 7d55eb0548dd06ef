package postgres_test

import (
	"bytes"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

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

// TestExportedKnowledgeImportsUnchanged: what comes out of the database and
// goes in again is what is there, in every state.
func TestExportedKnowledgeImportsUnchanged(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	ctx := t.Context()
	full := n.published(kb.Entry{
		Code: "007", Question: "医保怎么报销", Answer: "=1+1\n<b>到窗口办理。</b>", Phrasings: []string{"医保报销"}, Negatives: []string{"医保卡丢了"},
		Unit: "市医保局", Area: "440101", Audience: "个人", Topic: "医保", Family: "kb-1", Clauses: []kb.Clause{{Law: "条例", Text: "第一条", Until: start.Add(48 * time.Hour)}},
		ValidUntil: start.Add(30*24*time.Hour + 1234567*time.Nanosecond),
	})
	n.move(n.first, n.published(kb.Entry{Question: "公园几点关门", Answer: "九点。"}), kb.StepDoubt, "改了")
	n.move(n.first, n.published(kb.Entry{Question: "旧的", Answer: "旧。"}), kb.StepRetire, "停了")
	n.move(n.first, n.write(n.first, kb.Entry{Question: "等审", Answer: "答。", Unit: "市公园"}), kb.StepSend, "")
	n.write(n.first, kb.Entry{Question: "草稿", Answer: "答。"})
	edited := full
	edited.Answer = "改写中。"
	n.write(n.first, edited)
	library := kb.NewLibrary(n.DB, nil, nil, func() time.Time { return n.now })
	find := func(s string) (org.AreaCode, bool) { return org.AreaCode(s), s == "440101" }
	for _, form := range []string{"csv", "xlsx", "jsonl"} {
		var file bytes.Buffer
		n.must(library.Export(ctx, n.first, &file, "知识."+form))
		r, err := kb.ReadEntries("知识."+form, &file, kb.ReadOptions{Area: find})
		if err != nil || len(r.Entries) != 5 || len(r.Faults) > 0 {
			t.Fatalf("%s: %d entries, %v, %v", form, len(r.Entries), r.Faults, err)
		}
		plan, err := kb.NewPlan(ctx, n.DB, r)
		if err != nil || plan.Unchanged != 5 || len(plan.Changes)+len(plan.Conflicts)+plan.Created != 0 {
			t.Errorf("%s: %+v, %v", form, plan, err)
		}
	}
	wants(t, library.Export(ctx, org.Actor{Roles: org.Roles{org.RoleAgent}}, io.Discard, "x.csv"), errs.Forbidden, "role.forbidden")
}

func TestAnAnswerSaysWhatBecameOfItsEntry(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	e := n.published(kb.Entry{Question: "医保怎么报销", Answer: "到窗口办理。"})
	m := n.receive("a", 0)
	o := n.outcome(m.ID, 0, 0.7)
	o.Answer.Answered, o.Answer.Silence = true, ""
	o.Answer.Entry, o.Answer.EntryVersion, o.Answer.Matches = e.ID, e.Version, []kb.Match{{Entry: e, Score: 0.9}}
	_, err := n.InsertOutcome(t.Context(), o)
	n.must(err)
	n.move(n.first, e, kb.StepRetire, "停办")
	a, err := n.LatestAnswer(t.Context(), m.ID)
	if err != nil || len(a.Matches) != 1 || a.Matches[0].Now != kb.EntryRetired || a.Matches[0].Entry.State != kb.EntryPublished || a.Matches[0].Entry.Answer != "到窗口办理。" {
		t.Errorf("answer %+v, %v", a, err)
	}
}

func TestOneQuestionHasOneAnswerAnArea(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	n.published(kb.Entry{Question: "医保怎么报销", Answer: "到窗口办理。"})
	_, err := n.kb.Write(t.Context(), n.next, kb.Entry{Question: "医保怎么报销", Answer: "网上办理。"})
	wants(t, err, errs.Conflict, "kb.twin")
	n.write(n.next, kb.Entry{Question: "医保怎么报销", Answer: "区里办理。", Area: "440101"})
}
