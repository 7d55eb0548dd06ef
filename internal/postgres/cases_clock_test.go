package postgres_test

import (
	"sync"
	"testing"
	"time"

	"huying/casework"
)

// TestEachMarkIsStruckOnce: several processes strike at once, after an outage
// of weeks; each effect is there once.
func TestEachMarkIsStruckOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var all []casework.Docket
	for i := range 5 {
		all = append(all, o.file(name("m", i), i))
	}
	late := o.now.AddDate(0, 1, 0)
	var wg sync.WaitGroup
	counts := make([]int, 3)
	for i := range counts {
		wg.Go(func() {
			n, err := casework.NewClock(o.cases, o.planner).RunDue(t.Context(), late)
			if err != nil {
				t.Error(err)
			}
			counts[i] = n
		})
	}
	wg.Wait()
	n, err := casework.NewClock(o.cases, o.planner).RunDue(t.Context(), late)
	o.must(err)
	if left := o.count(`SELECT count(*) FROM case_mark WHERE struck_at IS NULL`); left != 0 || n > 0 && n != 45-counts[0]-counts[1]-counts[2] {
		t.Errorf("%d left, %d struck in the end after %v", left, n, counts)
	}
	for _, d := range all {
		kinds := map[string]int{}
		for _, e := range o.rebuilds(o.of(d.Matter)) {
			kinds[e.Reason]++
		}
		for _, kind := range []casework.MarkKind{
			casework.MarkUnaccepted, casework.MarkHalf, casework.MarkSoon, casework.MarkLate, casework.MarkLateHead, casework.MarkLateBoss, casework.MarkLateTop,
			casework.MarkUntaken, casework.MarkUntakenTop,
		} {
			if kinds[string(kind)] != 1 {
				t.Errorf("%s happened %d times", kind, kinds[string(kind)])
			}
		}
		after := o.of(d.Matter)
		if after.Version != d.Version {
			t.Error("a reminder outdates what is on somebody's screen")
		}
	}
	if n, err := casework.NewClock(o.cases, o.planner).RunDue(t.Context(), late.AddDate(1, 0, 0)); n != 0 || err != nil {
		t.Errorf("again %d, %v", n, err)
	}
}

// TestListsArePagedByKey walks a list to its end while what it walks over moves.
func TestListsArePagedByKey(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 7 {
		o.now = o.now.Add(time.Minute)
		o.file(name("m", i), i)
	}
	seen := map[casework.CaseID]bool{}
	f := casework.Filter{Show: casework.ShowWaiting, Limit: 3}
	for {
		page, counts, err := o.stage.List(t.Context(), o.unit, f)
		o.must(err)
		if counts[casework.ShowWaiting] != 7-len(seen) {
			t.Errorf("%d waiting after %d were accepted", counts[casework.ShowWaiting], len(seen))
		}
		for _, d := range page {
			if seen[d.ID] {
				t.Errorf("%s twice", d.Number)
			}
			seen[d.ID] = true
			f.After = d.ID
			o.do(o.unit, d, casework.Command{Move: casework.Accept})
		}
		if len(page) < f.Limit {
			break
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d of 7 seen", len(seen))
	}
	if page, _, err := o.stage.List(t.Context(), o.other, casework.Filter{Show: casework.ShowOpen}); err != nil || len(page) != 0 {
		t.Errorf("another unit sees %d, %v", len(page), err)
	}
	for _, show := range append(casework.CentreShows(), casework.UnitShows()...) {
		if _, _, err := o.stage.List(t.Context(), o.agent, casework.Filter{Show: show}); err != nil {
			t.Errorf("%s: %v", show, err)
		}
	}
}

// TestTenThousandCasesInOneList: each page costs the same, to the last, and
// none is left out or comes twice.
func TestTenThousandCasesInOneList(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.file("a", 0)
	const many = 10_000
	o.must(o.ExecForTest(t.Context(), `
		WITH m AS (
		    INSERT INTO matter (id, message_id, ordinal, title, body, state, received_at)
		    SELECT gen_random_uuid(), message_id, 1 + n, title, body, 'decided', received_at
		    FROM matter, generate_series(2, $2::integer) AS n
		    WHERE id = $1
		    RETURNING id
		), d AS (
		    INSERT INTO decision (id, matter_id, purpose, kind, category_id, type, urgency, reason, by_account, at)
		    SELECT gen_random_uuid(), m.id, 'effective', 'correct', s.category_id, s.type, s.urgency, '', s.by_account, s.at
		    FROM m, decision AS s
		    WHERE s.matter_id = $1
		    RETURNING id, matter_id
		), a AS (
		    INSERT INTO assignment (decision_id, purpose, ordinal, unit_id)
		    SELECT d.id, 'effective', 0, s.unit_id
		    FROM d, work_case AS s
		    RETURNING decision_id, unit_id
		)
		INSERT INTO work_case (id, number, receipt, matter_id, decision_id, unit_id, state, ending, clocks, accept_due, soon_at, citizen_due,
		    asked, extensions, reopened, returned_by, parts, chased, calls, callback, orders, ordered, version, last)
		SELECT gen_random_uuid(), d.matter_id::text, d.id::text, d.matter_id, d.id, a.unit_id, s.state, '', s.clocks, s.accept_due, s.soon_at,
		       s.citizen_due + (hashtext(d.id::text) % 500) * interval '1 hour', 0, 0, 0, '{}', '{}', 0, 0, '', 0, '', 0, 0
		FROM d
		JOIN a ON a.decision_id = d.id, work_case AS s`, d.Matter, many))
	seen := map[casework.CaseID]bool{}
	f := casework.Filter{Show: casework.ShowWaiting, Limit: 200}
	for pages := 0; ; pages++ {
		page, counts, err := o.stage.List(t.Context(), o.unit, f)
		o.must(err)
		if counts[casework.ShowWaiting] != many || pages > many/f.Limit {
			t.Fatalf("page %d: %d waiting", pages, counts[casework.ShowWaiting])
		}
		for _, d := range page {
			if seen[d.ID] || d.Due.Citizen.IsZero() {
				t.Fatalf("%s comes twice", d.ID)
			}
			seen[d.ID], f.After = true, d.ID
		}
		if len(page) < f.Limit {
			break
		}
	}
	if len(seen) != many {
		t.Errorf("%d of %d seen", len(seen), many)
	}
}
