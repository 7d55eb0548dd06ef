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
		account := org.Account{ID: id.New[org.AccountID](), Login: name("editor", i), Name: []string{"林", "周"}[i], Roles: org.Roles{org.RoleEditor}, CreatedAt: start}
		n.must(n.InsertAccount(t.Context(), account, org.Audit{At: start, Action: "create_account", Object: "account:" + string(account.ID)}))
		*a = org.Actor{Account: account.ID, Name: account.Name, Roles: account.Roles}
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
	other := e
	other.Answer = "另一种答复。"
	_, err := n.kb.Write(ctx, n.first, other)
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
	other.Version = e.Version
	_, err = n.kb.Write(ctx, n.first, other)
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
	if same := n.write(n.next, e); same.ID != e.ID || same.Version != e.Version {
		t.Errorf("the same text made %+v", same)
	}
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

func TestTheOwningUnitReviewsWhereItHasSomebody(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	ctx := t.Context()
	unit := n.units[0]
	e := n.move(n.first, n.write(n.first, kb.Entry{Question: "夜里吵", Answer: "报警。", Unit: unit.Name}), kb.StepSend, "")
	// Nobody of the police is here yet: any second person may.
	if _, choices, err := n.kb.Folder(ctx, n.next, e.ID); err != nil || choices[0].Step != kb.StepApprove || choices[0].Refused != "" {
		t.Errorf("choices %+v, %v", choices, err)
	}
	add := func(login string, role org.Role) org.Actor {
		t.Helper()
		a := org.Account{ID: id.New[org.AccountID](), Login: login, Name: login, Roles: org.Roles{role}, Unit: unit.ID, CreatedAt: start}
		n.must(n.InsertAccount(ctx, a, org.Audit{At: start, Action: "create_account", Object: "account:" + string(a.ID)}))
		return org.Actor{Account: a.ID, Roles: org.Roles{role}, Unit: unit.ID}
	}
	add("agent", org.RoleAgent) // may not review, so this changes nothing
	if _, choices, err := n.kb.Folder(ctx, n.next, e.ID); err != nil || choices[0].Refused != "" {
		t.Errorf("choices %+v, %v", choices, err)
	}
	police := add("police", org.RoleEditor)
	_, err := n.kb.Move(ctx, n.next, e.ID, e.Version, kb.StepApprove, "")
	wants(t, err, errs.Forbidden, "kb.other_unit")
	_, choices, err := n.kb.Folder(ctx, n.next, e.ID)
	if err != nil || len(choices) != 3 || choices[0].Refused == "" || choices[2].Step != kb.StepRetire {
		t.Errorf("choices %+v, %v", choices, err)
	}
	n.move(police, e, kb.StepApprove, "")
	// What its only editor wrote, somebody else reviews.
	own := n.move(police, n.write(police, kb.Entry{Question: "丢了东西", Answer: "报警。", Unit: unit.Name}), kb.StepSend, "")
	n.move(n.next, own, kb.StepApprove, "")
	_, err = n.kb.Move(ctx, org.Actor{Roles: org.Roles{org.RoleAgent}}, e.ID, e.Version, kb.StepRetire, "x")
	wants(t, err, errs.Forbidden, "role.forbidden")
	_, err = n.kb.Move(ctx, n.first, e.ID, e.Version, kb.StepRetire, "x") // it is published by now
	wants(t, err, errs.Conflict, "kb.outdated")
	_, err = n.kb.Move(ctx, n.first, "no-id", 1, kb.StepRetire, "x")
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
	wants(t, err, errs.Conflict, "kb.row_in_review")
}
