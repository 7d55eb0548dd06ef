package postgres_test

import (
	"slices"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/workday"
)

// TestAnImportedCalendarRepeatsNoChase: what was struck by the old calendar stays
// so under the new one, what was not follows it, and after an extension all is
// due again from the new date.
func TestAnImportedCalendarRepeatsNoChase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	days := casework.NewWorkdays(o.DB, nil, func() time.Time { return o.now })
	live := casework.NewLiveCalendar(days)
	o.planner = casework.NewPlanner(live)
	o.cases = o.Cases(o.planner)
	o.stage = casework.NewCases(o.cases, o.planner, nil, func(s string) (string, []string) { return s, nil }, func() time.Time { return o.now })
	clock := casework.NewClock(o.cases, o.planner)
	run := func() {
		t.Helper()
		_, err := clock.RunDue(ctx, o.now)
		o.must(err)
	}
	times := func(d casework.Docket, kind casework.MarkKind) []string {
		return o.list(`SELECT to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || CASE WHEN struck_at IS NULL THEN '' ELSE ' struck' END FROM case_mark WHERE case_id = $1 AND kind = $2 ORDER BY due_at`, d.ID, kind)
	}
	chases := func(d casework.Docket, kind casework.MarkKind, want int) {
		t.Helper()
		if n := o.count(`SELECT count(*) FROM case_event WHERE case_id = $1 AND reason = $2`, d.ID, kind); n != want {
			t.Errorf("%s: %d times, want %d; %q", kind.Words(), n, want, times(d, kind))
		}
	}
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	d = o.do(o.unit, d, casework.Command{Move: casework.AskMore, Days: 2, Text: "等检测报告"}) // while it is in time
	ends, marks := d.Due.Citizen, o.planner.Marks(d.Case, d.Subject)
	at := func(kind casework.MarkKind) time.Time {
		return marks[slices.IndexFunc(marks, func(m casework.Mark) bool { return m.Kind == kind })].At
	}
	o.now = at(casework.MarkLateHead).Add(time.Hour)
	run()
	chases(d, casework.MarkLateHead, 1)
	headBefore, bossBefore := times(d, casework.MarkLateHead), times(d, casework.MarkLateBoss)

	var off []workday.Day // from the day on which it was due, as if they were a holiday
	for day := range 4 {
		date := ends.In(time.FixedZone("Asia/Shanghai", 8*60*60)).AddDate(0, 0, 1+day)
		off = append(off, workday.Day{Date: workday.NewDate(date.Date()), Work: false, Name: "停工"})
	}
	o.must(o.MergeDays(ctx, off, org.Audit{At: o.now, Actor: o.account, Action: "import_calendar", Object: "calendar"}))
	o.now = o.now.Add(2 * time.Minute) // the calendar that was read is that old at most
	o.must(live.Refresh(ctx))
	d = o.do(o.agent, o.of(d.Matter), casework.Command{Move: casework.Order, Text: "请抓紧", Until: o.now.AddDate(0, 0, 30)})
	if got := times(d, casework.MarkLateHead); !slices.Equal(got, headBefore) {
		t.Errorf("struck at %q, and now %q", headBefore, got)
	}
	if got := times(d, casework.MarkLateBoss); len(got) != 1 || slices.Equal(got, bossBefore) {
		t.Errorf("not struck yet at %q, and now %q", bossBefore, got)
	}
	o.now = o.now.AddDate(0, 0, 6)
	run()
	chases(d, casework.MarkLateHead, 1)
	chases(d, casework.MarkLateBoss, 1)

	d = o.do(o.agent, o.of(d.Matter), casework.Command{Move: casework.Extend})
	if !d.Due.Citizen.After(ends) {
		t.Fatalf("not extended: %+v", d.Due)
	}
	o.now = d.Due.Citizen.AddDate(0, 0, 8)
	run()
	chases(d, casework.MarkLateHead, 2)
	o.rebuilds(o.of(d.Matter))
	if _, err := o.stage.Do(ctx, o.unit, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.AskMore, Days: 1, Text: "再等"}); errs.KindOf(err) != errs.Conflict {
		t.Errorf("late and asked for more: %v", err)
	}
}
