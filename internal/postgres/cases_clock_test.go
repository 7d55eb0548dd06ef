package postgres_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
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

// TestRandomMovesRebuild walks one case at random against the real database:
// after each step the history adds up to what is stored, an open case has a
// unit, and the citizen's clock has never restarted.
func TestRandomMovesRebuild(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	r := rand.New(rand.NewPCG(7, 7))
	d := o.file("a", 0)
	filed := d.Due.FiledAt
	ctx := context.WithoutCancel(t.Context())
	moved := map[casework.Move]int{}
	leader := org.Actor{Account: o.colleague("leader"), Roles: org.Roles{org.RoleLeader}}
	for range 150 {
		o.now = o.now.Add(time.Duration(r.IntN(9)) * time.Hour)
		rule := casework.Rules[r.IntN(len(casework.Rules))]
		cmd := casework.Command{
			Case: d.ID, Seen: d.Version, Move: rule.Move, Sure: true, Text: "理由", Public: "答复", Days: 1 + r.IntN(3), Until: o.now.AddDate(0, 0, 3),
		}
		if cmd.Move == casework.Close {
			cmd.Reason = string(casework.Endings()[r.IntN(4)])
		}
		if cmd.Move == casework.Return {
			cmd.Reason = "duty"
		}
		if cmd.Move == casework.Merge {
			continue // takes two
		}
		var err error
		switch rule.By {
		case casework.ByUnit:
			actor := o.unit
			if d.Unit == o.units[0].ID {
				actor = o.other
			}
			_, err = o.stage.Do(ctx, actor, cmd)
		case casework.ByCentre:
			_, err = o.stage.Do(ctx, o.agent, cmd)
		case casework.ByLeader, casework.ByAbove:
			_, err = o.stage.Do(ctx, leader, cmd)
		case casework.ByDecision:
			err = o.stage.Redirect(ctx, o.agent, d.ID, d.Version, o.units[r.IntN(2)].ID, "改派")
		case casework.ByCitizen:
			err = []func() error{
				func() error { return o.stage.Chase(ctx, d.Receipt) },
				func() error { return o.stage.Supplement(ctx, d.Receipt, "补充") },
				func() error { return o.stage.Withdraw(ctx, d.Receipt, "不用办了") },
				func() error { return o.stage.Object(ctx, d.Receipt, "没有解决") },
			}[r.IntN(4)]()
		case casework.ByClock:
			_, err = casework.NewClock(o.cases, o.planner).RunDue(ctx, o.now)
		}
		if err != nil && errs.KindOf(err) == errs.Internal || err != nil && errs.KindOf(err) == errs.Unavailable {
			t.Fatalf("%s: %v", rule.Move, err)
		}
		if err == nil {
			moved[rule.Move]++
		}
		d = o.of(d.Matter)
		o.rebuilds(d)
		if !d.Due.FiledAt.Equal(filed) || d.Unit == "" {
			t.Fatalf("after %s: %+v", rule.Move, d.Case)
		}
	}
	if len(moved) < 8 {
		t.Errorf("the walk made only %v", moved)
	}
}
