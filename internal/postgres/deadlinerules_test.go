package postgres_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/workday"
)

// under lets the office work under rules that can be changed.
func (o *office) under() (*casework.Rulebook, org.Actor) {
	clock := func() time.Time { return o.now }
	live := casework.NewLiveRules(o.DB)
	o.must(live.Refresh(o.t.Context()))
	o.planner = casework.NewPlanner(workday.New(workday.Published(), nil)).Under(live)
	o.cases = o.Cases(o.planner)
	o.stage = casework.NewCases(o.cases, o.planner, nil, func(s string) (string, []string) { return s, nil }, clock)
	return casework.NewRulebook(o.DB, live, clock), org.Actor{Account: o.account, Roles: org.Roles{org.RoleAdmin}}
}

// TestTwoChangeTheRulesAtOnce: one wins, the others are told, and nothing of what they
// typed is there.
func TestTwoChangeTheRulesAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	book, admin := o.under()
	var wg sync.WaitGroup
	failed := make([]error, 6)
	for i := range failed {
		wg.Go(func() {
			failed[i] = book.Set(t.Context(), admin, 0, map[string]string{"pauses": strconv.Itoa(i + 2)}, "试行")
		})
	}
	wg.Wait()
	won := 0
	for i, err := range failed {
		if err == nil {
			won = i + 2
			continue
		}
		wants(t, err, errs.Conflict, "rules.moved")
	}
	rules, versions, err := book.Versions(t.Context(), admin)
	o.must(err)
	if len(versions) != 1 || rules.Version != 1 || rules.Pauses != won || o.planner.Rules().Pauses != won || versions[0].By != o.account || versions[0].Why != "试行" {
		t.Errorf("versions %+v, %d won", versions, won)
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE action = 'set_deadline_rules'`); n != 1 {
		t.Errorf("%d audit lines", n)
	}
	again := casework.NewLiveRules(o.DB)
	o.must(again.Refresh(t.Context()))
	if again.Current().Pauses != won || again.At(0).Pauses != 1 || again.At(7).Version != 1 {
		t.Errorf("another process reads %+v", again.Current())
	}
}

// TestRulesChangeWhileACaseRuns: what the store kept for it stays, what is given next
// is by the new rules, and the history still adds up to what is stored.
func TestRulesChangeWhileACaseRuns(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	book, admin := o.under()
	set := func(seen int, typed map[string]string) {
		t.Helper()
		o.must(book.Set(t.Context(), admin, seen, typed, "试行"))
	}
	d := o.file("a", 0)
	given := d.Due
	set(0, map[string]string{"half": "10", "soon": "20", "chase_head": "1 小时", "chase_boss": "2 小时", "extensions": "1", "extra_days": "2"})
	marks := func() []string {
		return o.list(`SELECT kind || ' ' || due_at FROM case_mark WHERE case_id = $1 AND kind IN ('half', 'soon', 'late', 'late_head', 'late_boss') ORDER BY 1`, d.ID)
	}
	before := marks()
	o.now = o.now.Add(time.Hour)
	d = o.do(o.unit, d, casework.Command{Move: casework.Accept})
	if after := marks(); len(after) != 5 || !d.Due.Citizen.Equal(given.Citizen) || d.Due.Rules != 0 {
		t.Errorf("what is due was\n%q and is\n%q", before, after)
	} else {
		for i := range after {
			if after[i] != before[i] {
				t.Errorf("%s was %s", after[i], before[i])
			}
		}
	}
	_, err := o.stage.Do(t.Context(), o.unit, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.AskMore, Days: 3, Text: "要等检测报告"})
	wants(t, err, errs.Invalid, "case.days")
	d = o.do(o.unit, d, casework.Command{Move: casework.AskMore, Days: 2, Text: "要等检测报告"})
	set(1, map[string]string{"extensions": "0"})
	d = o.do(o.agent, d, casework.Command{Move: casework.Extend}) // was asked for in time
	if d.Extensions != 1 || !d.Due.Citizen.After(given.Citizen) {
		t.Errorf("extended %+v", d.Case)
	}
	_, err = o.stage.Do(t.Context(), o.unit, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.AskMore, Days: 2, Text: "还要等"})
	wants(t, err, errs.Conflict, "case.extended")
	o.rebuilds(d)
	if next := o.file("b", 1); next.Due.Rules != 2 || next.Due.Half.Sub(next.Due.FiledAt) != next.Due.Citizen.Sub(next.Due.FiledAt)/10 { // the leaf's own limit holds
		t.Errorf("a new case %+v", next.Due)
	}
}
