package postgres_test

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/postgres"
	"huying/internal/workday"
)

// office is a city with casework, and a clock that is moved by hand.
type office struct {
	*city
	cases   *postgres.Cases
	planner *casework.Planner
	stage   *casework.Cases
	now     time.Time
	agent   org.Actor
	unit    org.Actor // of units[1], which leads what c.confirm decides
	other   org.Actor // of units[0]
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{city: newCity(t), now: start.Add(2 * time.Hour)}
	o.planner = casework.NewPlanner(workday.New(workday.Published(), nil))
	o.cases = o.Cases(o.planner)
	clock := func() time.Time { return o.now }
	desk := classifier.NewDesk(o.cases, clock)
	o.stage = casework.NewCases(o.cases, o.planner, desk, func(s string) (string, []string) { return s, nil }, clock)
	o.agent = org.Actor{Account: o.account, Roles: org.Roles{org.RoleAgent, org.RoleDispatcher}}
	o.unit = org.Actor{Account: o.handler("unit1", o.units[1].ID), Roles: org.Roles{org.RoleUnit}, Unit: o.units[1].ID}
	o.other = org.Actor{Account: o.handler("unit2", o.units[0].ID), Roles: org.Roles{org.RoleUnit}, Unit: o.units[0].ID}
	return o
}

func (o *office) handler(login string, unit org.UnitID) org.AccountID {
	o.t.Helper()
	a := org.Account{ID: id.New[org.AccountID](), Login: login, Name: login, Roles: org.Roles{org.RoleUnit}, Unit: unit, CreatedAt: start}
	o.must(o.InsertAccount(o.t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "account:" + string(a.ID)}))
	return a.ID
}

// file receives, suggests and decides, and gives the case that follows.
func (o *office) file(external string, minutes int) casework.Docket {
	o.t.Helper()
	m, s := o.suggest(external, minutes, 0, 0.7)
	d := o.confirm(m, s, 0)
	d.At = o.now
	_, err := o.cases.InsertDecision(o.t.Context(), d, "")
	o.must(err)
	return o.of(m)
}

func (o *office) of(m intake.MatterID) casework.Docket {
	o.t.Helper()
	d, err := o.cases.Docket(o.t.Context(), casework.Key{Matter: m})
	o.must(err)
	return d
}

// do makes a move on what stands: what is given is what is stored, without the
// names of people, and without the receipt for who has parted with it.
func (o *office) do(actor org.Actor, d casework.Docket, cmd casework.Command) casework.Docket {
	o.t.Helper()
	cmd.Case, cmd.Seen = d.ID, d.Version
	given, err := o.stage.Do(o.t.Context(), actor, cmd)
	o.must(err)
	stored := o.of(d.Matter)
	given.Receipt, given.Has, given.Asker, given.Above = stored.Receipt, stored.Has, stored.Asker, stored.Above
	if !reflect.DeepEqual(given, stored) {
		o.t.Fatalf("%s gives\n%+v\nstored is\n%+v", cmd.Move, given, stored)
	}
	return stored
}

// rebuilds fails unless the history of a case adds up to what is stored.
func (o *office) rebuilds(d casework.Docket) []casework.Event {
	o.t.Helper()
	_, history, err := o.cases.CaseFile(o.t.Context(), d.ID)
	o.must(err)
	built := casework.Rebuild(history)
	built.Number, built.Matter = d.Number, d.Matter
	if len(built.ReturnedBy) == 0 {
		built.ReturnedBy = d.ReturnedBy
	}
	if len(built.Parts) == 0 && len(d.Parts) == 0 {
		built.Parts = d.Parts
	}
	if !reflect.DeepEqual(built, d.Case) {
		o.t.Fatalf("history gives\n%+v\nstored is\n%+v", built, d.Case)
	}
	return history
}

func TestACaseFromDecisionToClosing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.file("a", 0)
	if d.Number != "4401-20260302-0001" && d.Number != "440101-20260302-0001" {
		t.Errorf("number %q", d.Number)
	}
	if d.State != casework.Waiting || d.Unit != o.units[1].ID || !d.Due.FiledAt.Equal(o.now) || len(d.Receipt) != 10 {
		t.Fatalf("filed %+v", d)
	}
	filed := d.Due
	o.now = o.now.Add(time.Hour)
	d = o.do(o.unit, d, casework.Command{Move: casework.Accept})
	d = o.do(o.unit, d, casework.Command{Move: casework.AskMore, Days: 3, Text: "要等检测报告"})
	d = o.do(o.agent, d, casework.Command{Move: casework.Extend})
	if !d.Due.Citizen.After(filed.Citizen) || !d.Due.FiledAt.Equal(filed.FiledAt) || d.Extensions != 1 || d.Asked != 0 {
		t.Errorf("extended %+v", d.Case)
	}
	o.must(o.stage.Chase(t.Context(), d.Receipt))
	wants(t, o.stage.Chase(t.Context(), d.Receipt), errs.Conflict, "case.chased")
	o.must(o.stage.Supplement(t.Context(), d.Receipt, "晚上十点以后最吵"))
	d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Sure: true, Public: "已要求商户加装净化器", Text: "现场复查合格"})
	d = o.do(o.agent, d, casework.Command{Move: casework.SendBack, Text: "请附复查结果"})
	d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Sure: true, Public: "已要求商户加装净化器，复查达标"})
	until := o.now.AddDate(0, 0, 10)
	d = o.do(o.agent, d, casework.Command{Move: casework.Close, Reason: string(casework.ByDate), Until: until})
	if d.State != casework.Closed || d.Chased != 1 || d.Ending != casework.ByDate {
		t.Errorf("closed %+v", d.Case)
	}
	p, err := o.stage.Progress(t.Context(), " "+d.Receipt[:5]+"-"+d.Receipt[5:])
	o.must(err)
	for _, e := range p.History {
		if e.ByName != "" || e.Move != casework.Supplement && e.Text != "" {
			t.Errorf("the citizen sees %+v", e)
		}
	}
	clock := casework.NewClock(o.cases, o.planner)
	if n, err := clock.RunDue(t.Context(), until.Add(-time.Minute)); err != nil || n != 0 {
		t.Errorf("before the promise %d, %v", n, err)
	}
	if n, err := clock.RunDue(t.Context(), until); err != nil || n != 1 {
		t.Errorf("on the promised day %d, %v", n, err)
	}
	d = o.of(d.Matter)
	if d.State != casework.Checking {
		t.Errorf("after the promise %s", d.State)
	}
	told := o.list(`SELECT kind || ' ' || receipt || ' ' || state FROM notification ORDER BY at, id`)
	want := []string{"dispatched " + d.Receipt + " queued", "extended " + d.Receipt + " queued", "completed " + d.Receipt + " queued"}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("the citizen is told %q, want %q", told, want)
	}
	if history := o.rebuilds(d); len(history) != 11 {
		t.Errorf("%d events", len(history))
	}
}

func TestAReturnedCaseGoesToAnotherUnit(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.file("a", 0)
	o.now = o.now.Add(time.Hour)
	d = o.do(o.unit, d, casework.Command{Move: casework.Return, Reason: "duty", Text: "三定方案第四条", Proposed: o.units[0].ID})
	if d.State != casework.Returned || d.Unit != o.units[1].ID {
		t.Fatalf("returned %+v", d.Case)
	}
	all, err := o.Returns(t.Context(), d.Matter)
	o.must(err)
	if len(all) != 1 || all[0].From != o.units[1].ID || all[0].Proposed != o.units[0].ID || all[0].Decision != d.Decision {
		t.Errorf("the classifier's returns %+v", all)
	}
	citizen := d.Due.Citizen
	o.must(o.stage.Redirect(t.Context(), o.agent, d.ID, d.Version, o.units[0].ID, "归公安"))
	d = o.of(d.Matter)
	if d.State != casework.Waiting || d.Unit != o.units[0].ID || !d.Due.Citizen.Equal(citizen) || !d.Due.AcceptedAt.IsZero() {
		t.Errorf("redirected %+v", d.Case)
	}
	if _, err := o.stage.Do(t.Context(), o.unit, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Accept}); errs.CodeOf(err) != "case.not_found" {
		t.Errorf("the first unit still works on it: %v", err)
	}
	d = o.do(o.other, d, casework.Command{Move: casework.Accept})

	// Noted at the desk it is the same thing.
	o.now = o.now.AddDate(0, 0, 20)
	r := classifier.Return{
		ID: id.New[classifier.ReturnID](), Matter: d.Matter, Decision: d.Decision, From: d.Unit, Reason: "area", By: o.account, At: o.now,
	}
	_, err = o.cases.InsertReturn(t.Context(), r, "")
	o.must(err)
	if d = o.of(d.Matter); d.State != casework.Returned || len(d.ReturnedBy) != 2 {
		t.Errorf("returned at the desk %+v", d.Case)
	}
	d = o.do(o.agent, d, casework.Command{Move: casework.Keep, Text: "依据清单仍由公安局办理"})
	_, err = o.stage.Do(t.Context(), o.other, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Return, Reason: "duty", Text: "再退"})
	wants(t, err, errs.Conflict, "case.returned_before")
	o.rebuilds(d)
}

func TestACoUnitGivesItsPart(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	co := org.Actor{Account: o.handler("co", o.units[2].ID), Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}
	d := o.file("a", 0)
	waiting := func(want int) {
		t.Helper()
		page, counts, err := o.stage.List(t.Context(), co, casework.Filter{Show: casework.ShowCo})
		o.must(err)
		if len(page) != want || counts[casework.ShowCo] != want || counts[casework.ShowOpen] != 0 {
			t.Errorf("%d cases and %v", len(page), counts)
		}
	}
	waiting(1)
	d = o.do(o.unit, d, casework.Command{Move: casework.Accept})
	_, err := o.stage.Do(t.Context(), o.unit, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Propose, Public: "已处理"})
	wants(t, err, errs.Invalid, "case.parts")
	_, err = o.stage.Do(t.Context(), co, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Accept})
	wants(t, err, errs.Forbidden, "case.not_yours")
	d = o.do(co, d, casework.Command{Move: casework.Contribute, Text: "已清理占道摊点"})
	waiting(0)
	d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Public: "已处理"})
	if d.State != casework.Checking || len(d.Pending()) != 0 {
		t.Errorf("answered %+v", d.Case)
	}
	o.rebuilds(d)
}

func TestASecondPersonLooksAtARefusal(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	clock := func() time.Time { return o.now }
	desk := classifier.NewDesk(o.cases, clock)
	r := casework.NewRefusals(o, desk, func(s string) (string, []string) { return s, nil }, clock)
	second := org.Actor{Account: o.colleague("second"), Roles: org.Roles{org.RoleAgent, org.RoleDispatcher}}
	refuse := func(external string) classifier.DecisionID {
		t.Helper()
		m, s := o.suggest(external, 1, 0, 0.3)
		d, err := desk.Decide(t.Context(), o.agent, classifier.Decision{Matter: m, Suggestion: s, Kind: classifier.Decline, Reason: casework.RefusalReasons()[2]}, "")
		o.must(err)
		return d.ID
	}
	agreed, disputed := refuse("a"), refuse("b")
	wants(t, r.Check(t.Context(), o.agent, agreed, true, ""), errs.Forbidden, "refusal.own")
	wants(t, r.Check(t.Context(), o.unit, agreed, true, ""), errs.Forbidden, "role.forbidden")
	o.must(r.Check(t.Context(), second, agreed, true, ""))
	wants(t, r.Check(t.Context(), second, agreed, true, ""), errs.Conflict, "refusal.done")
	wants(t, r.Check(t.Context(), second, disputed, false, " "), errs.Invalid, "field.required")
	o.must(r.Check(t.Context(), second, disputed, false, "属于劳动监察"))
	wants(t, r.Check(t.Context(), second, disputed, false, "再说一次"), errs.Conflict, "refusal.done")
	left, err := r.List(t.Context(), second)
	if err != nil || len(left) != 0 {
		t.Errorf("left %+v, %v", left, err)
	}
	if n := o.count(`SELECT count(*) FROM matter WHERE state = 'open'`); n != 1 {
		t.Errorf("%d matters are open again, want the one that was not agreed to", n)
	}
}

// sealedWords opens what was received, as intake does, and remembers who looked.
type sealedWords struct{ looks []string }

func (s *sealedWords) ReadOriginal(_ context.Context, actor org.Actor, _ intake.MessageID, why string) (intake.Original, error) {
	s.looks = append(s.looks, string(actor.Account)+" "+why)
	return intake.Original{Name: "王女士", Phone: "13800000123"}, nil
}

// TestAContactIsDisclosedToOnePersonUntilADate: asked, decided, opened, and
// closed again by itself.
func TestAContactIsDisclosedToOnePersonUntilADate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	words := &sealedWords{}
	k := casework.NewContacts(o, o.stage, words)
	ctx := t.Context()
	d := o.file("a", 0)
	_, err := o.ListForTest(ctx, `UPDATE message SET consent = 'no' RETURNING id::text`)
	o.must(err)
	_, _, err = k.Open(ctx, o.unit, d.ID)
	wants(t, err, errs.Forbidden, "contact.closed")
	wants(t, k.Ask(ctx, o.unit, d.ID, " "), errs.Invalid, "field.required")
	wants(t, k.Ask(ctx, o.agent, d.ID, "约时间"), errs.Forbidden, "case.not_yours")
	wants(t, k.Ask(ctx, o.other, d.ID, "约时间"), errs.NotFound, "case.not_found")
	o.must(k.Ask(ctx, o.unit, d.ID, "约上门时间"))
	wants(t, k.Ask(ctx, o.unit, d.ID, "再问一次"), errs.Conflict, "contact.asked")
	all, err := k.Requests(ctx, o.agent, d)
	o.must(err)
	request := all[0].ID
	wants(t, k.Decide(ctx, o.unit, d.ID, request, true, 3, ""), errs.Forbidden, "case.not_yours")
	wants(t, k.Decide(ctx, o.agent, d.ID, request, true, 31, ""), errs.Invalid, "contact.days")
	wants(t, k.Decide(ctx, o.agent, d.ID, request, false, 0, ""), errs.Invalid, "field.required")
	o.must(k.Decide(ctx, o.agent, d.ID, request, true, 3, "诉求人同意"))
	wants(t, k.Decide(ctx, o.agent, d.ID, request, false, 0, "又不同意"), errs.Conflict, "contact.decided")
	_, phone, err := k.Open(ctx, o.unit, d.ID)
	if err != nil || phone != "13800000123" || len(words.looks) != 1 || words.looks[0] != string(o.unit.Account)+" 工单 "+d.Number+"：热线批准，约上门时间" {
		t.Errorf("opened %q, %v, on record %q", phone, err, words.looks)
	}
	colleague := org.Actor{Account: o.handler("unit3", o.units[1].ID), Roles: org.Roles{org.RoleUnit}, Unit: o.units[1].ID}
	_, _, err = k.Open(ctx, colleague, d.ID)
	wants(t, err, errs.Forbidden, "contact.closed")
	if own, err := k.Requests(ctx, colleague, d); err != nil || len(own) != 0 {
		t.Errorf("a colleague sees %d requests, %v", len(own), err)
	}
	o.now = o.now.AddDate(0, 0, 3)
	_, _, err = k.Open(ctx, o.unit, d.ID)
	wants(t, err, errs.Forbidden, "contact.closed")
	if lines := o.list(`SELECT action FROM audit WHERE object = $1 ORDER BY id`, "case:"+string(d.ID)); !reflect.DeepEqual(lines, []string{"ask_contact", "grant_contact"}) {
		t.Errorf("audit %q", lines)
	}
	_, err = o.ListForTest(ctx, `UPDATE message SET consent = 'yes' RETURNING id::text`)
	o.must(err)
	if _, _, err = k.Open(ctx, colleague, d.ID); err != nil {
		t.Errorf("the citizen agreed beforehand: %v", err)
	}
}

func TestDuplicatesAreMerged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	merges := casework.NewMerges(o.cases, o.stage)
	first := o.file("a", 0)
	o.now = o.now.Add(time.Hour)
	second := o.file("b", 1)
	alike, err := merges.Alike(t.Context(), o.agent, second)
	o.must(err)
	if len(alike) != 1 || alike[0].ID != first.ID {
		t.Fatalf("alike %+v", alike)
	}
	wants(t, merges.Merge(t.Context(), o.agent, first.ID, first.Version, second.Number, ""), errs.Invalid, "case.merge_younger")
	wants(t, merges.Merge(t.Context(), o.agent, second.ID, second.Version, second.Number, ""), errs.Invalid, "case.number")
	wants(t, merges.Merge(t.Context(), o.unit, second.ID, second.Version, first.Number, ""), errs.Forbidden, "case.not_yours")
	wants(t, merges.Merge(t.Context(), o.agent, second.ID, second.Version+1, first.Number, ""), errs.Conflict, "case.moved")
	o.must(merges.Merge(t.Context(), o.agent, second.ID, second.Version, first.Number, "同一家店"))
	if again, counts, err := o.stage.List(t.Context(), o.agent, casework.Filter{Show: casework.ShowRepeated}); err != nil || len(again) != 1 || again[0].Joined != 1 || counts[casework.ShowKey] != 1 {
		t.Errorf("asked for by two: %+v, %v, %v", again, counts, err)
	}
	second = o.of(second.Matter)
	if second.State != casework.Merged || second.Into != first.ID {
		t.Errorf("merged %+v", second.Case)
	}
	o.now = o.now.Add(time.Hour)
	o.must(o.stage.Chase(t.Context(), second.Receipt))
	first = o.do(o.unit, o.of(first.Matter), casework.Command{Move: casework.Accept})
	if first.Chased != 1 {
		t.Error("a chase of the second citizen does not reach the case that goes on")
	}
	o.now = o.now.Add(time.Minute)
	first = o.do(o.unit, first, casework.Command{Move: casework.Propose, Sure: true, Public: "已处理"})
	o.now = o.now.Add(time.Minute)
	first = o.do(o.agent, first, casework.Command{Move: casework.Close, Reason: "solved"})
	p, err := o.stage.Progress(t.Context(), second.Receipt)
	o.must(err)
	last := p.History[len(p.History)-1]
	if p.State != casework.Closed || p.History[0].Move != casework.File || last.Move != casework.Close || last.Case != first.ID {
		t.Errorf("the second citizen sees %s after %+v", p.State, p.History)
	}
	if n := o.count(`SELECT count(DISTINCT receipt) FROM notification WHERE kind = 'completed'`); n != 2 {
		t.Errorf("%d of two citizens are told that it is done", n)
	}
	if n := o.count(`SELECT count(*) FROM case_mark WHERE case_id = $1 AND struck_at IS NULL`, second.ID); n != 0 {
		t.Errorf("%d marks of the merged case", n)
	}
	o.rebuilds(first)
	o.rebuilds(second)
}

func TestADecisionTakenBackRecallsTheCase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.file("a", 0)
	first := d.Due
	back := classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: d.Matter, Previous: d.Decision, Purpose: classifier.Effective,
		Kind: classifier.Withdraw, By: o.account, At: o.now.Add(time.Second),
	}
	_, err := o.cases.InsertDecision(t.Context(), back, "")
	o.must(err)
	if d = o.of(d.Matter); d.State != casework.Void {
		t.Errorf("recalled %+v", d.Case)
	}
	if n := o.count(`SELECT count(*) FROM notification WHERE state = 'queued'`); n != 0 {
		t.Error("the citizen is told of what was taken back")
	}
	again := o.confirm(d.Matter, "", 1)
	again.Previous, again.Kind, again.At = back.ID, classifier.Correct, o.now.Add(time.Minute)
	_, err = o.cases.InsertDecision(t.Context(), again, "")
	o.must(err)
	after := o.of(d.Matter)
	if after.State != casework.Waiting || after.Number != d.Number || !after.Due.FiledAt.Equal(first.FiledAt) || !after.Due.Citizen.Equal(first.Citizen) {
		t.Errorf("filed again %+v", after.Case)
	}
	o.rebuilds(after)
	if n := o.count(`SELECT count(*) FROM work_case`); n != 1 {
		t.Errorf("%d cases", n)
	}
}

func TestOfTwoWhoActAtOnceOneWins(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.file("a", 0)
	const people = 6
	var wg sync.WaitGroup
	outcomes := make([]error, people)
	for i := range people {
		wg.Go(func() {
			cmd := casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Accept}
			if i%2 == 1 {
				cmd.Move, cmd.Reason, cmd.Text = casework.Return, "duty", "不归我们"
			}
			_, outcomes[i] = o.stage.Do(t.Context(), o.unit, cmd)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range outcomes {
		if err == nil {
			won++
			continue
		}
		wants(t, err, errs.Conflict, "case.moved")
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
	o.rebuilds(o.of(d.Matter))
}
