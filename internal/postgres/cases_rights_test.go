package postgres_test

import (
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
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
