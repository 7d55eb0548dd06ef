package postgres_test

import (
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// TestAPauseEndsByItself: nothing is due while the citizen is waited for, and
// at the cap the clocks run again, once.
func TestAPauseEndsByItself(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	wait := casework.Command{Move: casework.Pause, Public: "请问是哪一家店"}
	for range casework.TriesToPause {
		o.now = o.now.Add(3 * time.Hour)
		d = o.do(o.unit, d, casework.Command{Move: casework.Try, Text: "无人接听"})
	}
	before := d.Due
	d = o.do(o.unit, d, wait)
	list := func(show casework.Show, want int) {
		t.Helper()
		page, counts, err := o.stage.List(t.Context(), o.unit, casework.Filter{Show: show})
		if err != nil || len(page) != want || counts[show] != want {
			t.Errorf("%s: %d cases, %v, %v", show, len(page), counts, err)
		}
	}
	list(casework.ShowPaused, 1)
	clock := casework.NewClock(o.cases, o.planner)
	o.now = before.Citizen.Add(time.Minute)
	if n, err := clock.RunDue(t.Context(), o.now); err != nil || n != 0 && o.of(d.Matter).Paused() {
		t.Errorf("%d struck while it stands, %v", n, err)
	}
	list(casework.ShowLate, 0)
	_, err := clock.RunDue(t.Context(), d.Due.Resume.AddDate(0, 1, 0))
	o.must(err)
	d = o.of(d.Matter)
	if d.Paused() || d.Due.Held != 5 || !d.Due.Citizen.After(before.Citizen) {
		t.Errorf("after the cap %+v", d.Due)
	}
	n := 0
	for _, e := range o.rebuilds(d) {
		if e.Move == casework.Expire {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it resumed %d times", n)
	}
	if told := o.count(`SELECT count(*) FROM notification WHERE kind = 'asked'`); told != 1 {
		t.Errorf("the citizen is asked %d times", told)
	}
	list(casework.ShowPaused, 0)
}

// TestWhatTheCitizenWantsReachesTheCentre: withdrawn and objected to, each in
// its list until somebody has decided.
func TestWhatTheCitizenWantsReachesTheCentre(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, other := o.file("a", 0), o.file("b", 1)
	list := func(show casework.Show, want int) {
		t.Helper()
		page, counts, err := o.stage.List(t.Context(), o.agent, casework.Filter{Show: show})
		if err != nil || len(page) != want || counts[show] != want {
			t.Errorf("%s: %d cases, %v, %v", show, len(page), counts, err)
		}
	}
	o.must(o.stage.Withdraw(t.Context(), d.Receipt, "已经解决"))
	wants(t, o.stage.Withdraw(t.Context(), d.Receipt, "再说"), errs.Conflict, "case.withdrawn")
	list(casework.ShowAway, 1)
	d = o.do(o.agent, o.of(d.Matter), casework.Command{Move: casework.LetGo})
	if d.State != casework.Closed || d.Ending != casework.TakenBack {
		t.Errorf("let go %+v", d.Case)
	}
	list(casework.ShowAway, 0)
	list(casework.ShowCalls, 0)
	wants(t, o.stage.Object(t.Context(), d.Receipt, "反悔"), errs.Conflict, "case.taken_back")
	o.rebuilds(d)

	other = o.do(o.unit, other, casework.Command{Move: casework.Accept})
	other = o.do(o.unit, other, casework.Command{Move: casework.Propose, Sure: true, Public: "依法不能满足"})
	other = o.do(o.agent, other, casework.Command{Move: casework.Close, Reason: "refused", Text: "依据第八条"})
	o.must(o.stage.Object(t.Context(), other.Receipt, "不同意"))
	list(casework.ShowObjected, 1)
	other = o.do(o.agent, o.of(other.Matter), casework.Command{Move: casework.Uphold, Text: "请再核实"})
	list(casework.ShowObjected, 0)
	if other.State != casework.Handling || other.Reopened != 1 {
		t.Errorf("upheld %+v", other.Case)
	}
	o.rebuilds(other)
}

// TestARefusalIsContested: the citizen says why, somebody who had no part in it
// answers or sends it back to the desk, and the code stays the same.
func TestARefusalIsContested(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	clock := func() time.Time { return o.now }
	desk := classifier.NewDesk(o.cases, clock)
	r := casework.NewRefusals(o, desk, func(s string) (string, []string) { return s, nil }, clock)
	second := org.Actor{Account: o.colleague("second"), Roles: org.Roles{org.RoleAgent, org.RoleDispatcher}}
	third := org.Actor{Account: o.colleague("third"), Roles: org.Roles{org.RoleAgent, org.RoleDispatcher}}
	refuse := func(external string, minutes int) casework.Refusal {
		t.Helper()
		m, s := o.suggest(external, minutes, 0, 0.3)
		_, err := desk.Decide(t.Context(), o.agent, classifier.Decision{Matter: m, Suggestion: s, Kind: classifier.Decline, Reason: casework.RefusalReasons()[2]}, "")
		o.must(err)
		found, stands, err := r.OfMatter(t.Context(), o.agent, m)
		if err != nil || !stands || len(found.Receipt) != 10 {
			t.Fatalf("refused %+v, %v", found, err)
		}
		return found
	}
	kept, back := refuse("a", 1), refuse("b", 2)
	wants(t, r.Contest(t.Context(), "nothing", "应当受理"), errs.NotFound, "case.receipt")
	wants(t, r.Contest(t.Context(), kept.Receipt, " "), errs.Invalid, "field.required")
	o.must(r.Check(t.Context(), second, kept.Decision, true, ""))
	o.must(r.Contest(t.Context(), kept.Receipt, "属于劳动监察"))
	wants(t, r.Contest(t.Context(), kept.Receipt, "再说一次"), errs.Conflict, "refusal.contested")
	if all, err := r.List(t.Context(), third); err != nil || len(all) != 2 {
		t.Errorf("%d wait, %v", len(all), err)
	}
	wants(t, r.Check(t.Context(), o.agent, kept.Decision, true, "维持"), errs.Forbidden, "refusal.own")
	wants(t, r.Check(t.Context(), second, kept.Decision, true, "维持"), errs.Forbidden, "refusal.own")
	wants(t, r.Check(t.Context(), third, kept.Decision, true, " "), errs.Invalid, "field.required")
	o.must(r.Check(t.Context(), third, kept.Decision, true, "应向仲裁委申请"))
	wants(t, r.Check(t.Context(), third, kept.Decision, true, "再答一次"), errs.Conflict, "refusal.done")
	if told, err := r.OfReceipt(t.Context(), kept.Receipt); err != nil || told.Answer != "应向仲裁委申请" || told.ByName != "" {
		t.Errorf("the citizen reads %+v, %v", told, err)
	}

	o.must(r.Contest(t.Context(), back.Receipt, "属于城管"))
	o.must(r.Check(t.Context(), third, back.Decision, false, "应当受理"))
	wants(t, r.Contest(t.Context(), back.Receipt, "再说"), errs.Conflict, "refusal.reopened")
	d := o.confirm(back.Matter, "", 1)
	d.Kind, d.Previous, d.At = classifier.Correct, classifier.DecisionID(o.list(`SELECT id::text FROM decision WHERE previous_id = $1`, back.Decision)[0]), o.now
	_, err := o.cases.InsertDecision(t.Context(), d, "")
	o.must(err)
	if filed := o.of(back.Matter); filed.Receipt != back.Receipt {
		t.Errorf("the citizen's code was %s and is %s", back.Receipt, filed.Receipt)
	}
}

// TestACaseHasAPlace: as delivered, as its words say, or as the desk has put it.
func TestACaseHasAPlace(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	given := o.file("a", 0)
	m, s := o.suggest("b", 1, 0, 0.7)
	if given.Place != "松柏路" {
		t.Errorf("delivered as %q", given.Place)
	}
	o.must(o.ExecForTest(t.Context(), `UPDATE message SET place = ''`))
	o.must(o.ExecForTest(t.Context(), `UPDATE matter SET body = '我住在华新区人民路与和平路交叉口，夜里施工太吵' WHERE id = $1`, m))
	d := o.confirm(m, s, 0)
	d.At = o.now
	_, err := o.cases.InsertDecision(t.Context(), d, "")
	o.must(err)
	if got := o.of(m).Place; got == "" || got == "松柏路" {
		t.Errorf("the words say %q", got)
	}
	if got := o.of(given.Matter).Place; got != "" {
		t.Errorf("%q was taken from words that name no place", got)
	}
	place := casework.NewLocator(o, o.stage)
	wants(t, place.Set(t.Context(), o.unit, m, "人民路"), errs.Forbidden, "role.forbidden")
	wants(t, place.Set(t.Context(), o.agent, m, " "), errs.Invalid, "field.required")
	o.must(place.Set(t.Context(), o.agent, m, "人民路  12 号对面"))
	if got := o.of(m).Place; got != "人民路 12 号对面" {
		t.Errorf("put right to %q", got)
	}
}
