package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// group is a second means: people who pass it on. It needs no contact.
type group struct {
	mu   sync.Mutex
	got  map[string]int // by key
	fail error
}

func (g *group) Via() string      { return "wecom" }
func (g *group) NeedsPhone() bool { return false }
func (g *group) NeedsEmail() bool { return false }

func (g *group) Send(_ context.Context, l casework.Letter) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fail != nil {
		return "", g.fail
	}
	g.got[l.Key]++
	return "", nil
}

// closedCase closes a case and gives it: its citizen is to be told.
func (o *office) closedCase() casework.Docket {
	o.t.Helper()
	d := o.file("a", 0)
	d = o.do(o.unit, d, casework.Command{Move: casework.Accept})
	d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Public: "已清理", Sure: true})
	return o.do(o.agent, d, casework.Command{Move: casework.Close, Reason: string(casework.Solved)})
}

// TestWhatNoMeansBringsBecomesACall: what is reported as not delivered goes by the
// next means, however often it is reported and by however many at once; when that
// fails too the case waits among those to be called, once, until somebody has
// told its citizen.
func TestWhatNoMeansBringsBecomesACall(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	d := o.closedCase()
	sms, people := &gateway{got: map[string]int{}}, &group{got: map[string]int{}}
	options := casework.OutboxOptions{
		Notifier: sms, Then: []casework.Notifier{people}, Planner: o.planner,
	}
	box := casework.NewOutbox(o, sms, options)
	now := o.now.Add(time.Hour)
	reports := casework.NewReports(o, options, func() time.Time { return now })
	run := func() {
		t.Helper()
		for range 3 {
			if _, err := box.RunDue(ctx, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	run()
	all, err := o.NotificationsOf(ctx, d.Receipt)
	o.must(err)
	told := all[len(all)-1]
	if told.Kind != casework.NotifyCompleted || told.State != casework.NotificationSent || sms.got[told.Key()] != 1 {
		t.Fatalf("at first %+v", all)
	}
	report := func(delivered bool) {
		t.Helper()
		if _, err := reports.Take(ctx, org.Actor{Roles: org.Roles{org.RoleBot}}, told.Key(), "", delivered, "空号"); err != nil {
			t.Fatal(err)
		}
	}
	var open sync.WaitGroup
	for range 8 {
		open.Go(func() { report(false) })
	}
	open.Wait()
	if n := o.count(`SELECT count(*) FROM notification WHERE chain = $1`, told.ID); n != 1 {
		t.Fatalf("reported eight times it is queued %d times", n)
	}
	people.fail = errs.New(errs.Invalid, "notify.refused", "400")
	run()
	if d = o.of(d.Matter); d.Untold != 1 {
		t.Fatalf("untold %d", d.Untold)
	}
	report(false)
	run()
	o.rebuilds(o.of(d.Matter))
	chain, err := o.NotificationChains(ctx, []casework.NotificationID{told.ID})
	if err != nil || len(chain) != 2 || chain[1].State != casework.NotificationFailed || chain[1].Effect != told.Effect+"/1" {
		t.Errorf("chain %+v, %v", chain, err)
	}
	o.toldByPhone(d)
}

// toldByPhone has an agent find a case among those to be called, and tell its
// citizen; of two who do, one is told that it was done.
func (o *office) toldByPhone(d casework.Docket) {
	o.t.Helper()
	ctx := o.t.Context()
	waits := func() int {
		o.t.Helper()
		list, counts, err := o.stage.List(ctx, o.agent, casework.Filter{Show: casework.ShowCalls})
		o.must(err)
		if len(list) != counts[casework.ShowCalls] {
			o.t.Errorf("%d listed, %d counted", len(list), counts[casework.ShowCalls])
		}
		return len(list)
	}
	o.must(o.ExecForTest(ctx, `UPDATE work_case SET callback = 'contacted+solved+satisfied' WHERE id = $1`, d.ID)) // nothing else to call for
	d = o.of(d.Matter)
	if n := waits(); n != 1 || !o.stage.May(o.agent, d, casework.Tell) || o.stage.May(o.unit, d, casework.Tell) {
		o.t.Errorf("%d wait for a call", n)
	}
	after := o.do(o.agent, d, casework.Command{Move: casework.Tell, Text: "已在电话里说明"})
	if after.Untold != 0 || waits() != 0 {
		o.t.Errorf("told, and %d wait", waits())
	}
	_, err := o.stage.Do(ctx, o.agent, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Tell})
	wants(o.t, err, errs.Conflict, "case.told")
}

// TestWhatArrivesAfterAllGoesOutOnce: the gateway takes its word back before the
// next means was tried.
func TestWhatArrivesAfterAllGoesOutOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ctx := t.Context()
	n := c.queue("a", false, 0)
	sms, people := &gateway{got: map[string]int{}}, &group{got: map[string]int{}}
	options := casework.OutboxOptions{Notifier: sms, Then: []casework.Notifier{people}}
	box := casework.NewOutbox(c, sms, options)
	now := start.Add(time.Hour)
	reports := casework.NewReports(c, options, func() time.Time { return now })
	_, err := box.RunDue(ctx, now)
	c.must(err)
	for _, delivered := range []bool{false, true} {
		_, err = reports.Take(ctx, org.Actor{Roles: org.Roles{org.RoleBot}}, n.Key(), "", delivered, "")
		c.must(err)
	}
	_, err = box.RunDue(ctx, now)
	c.must(err)
	if got := c.count(`SELECT count(*) FROM notification WHERE chain = $1 AND state = 'void'`, n.ID); got != 1 || len(people.got) != 0 {
		t.Errorf("%d taken back, passed on %v", got, people.got)
	}
}

// TestManyProcessesTryTheNextMeansOnce: eight at once send what the first means
// refuses; each letter leaves by the second once.
func TestManyProcessesTryTheNextMeansOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	const letters = 20
	for i := range letters {
		c.queue(fmt.Sprint(i), false, 0)
	}
	sms, people := &gateway{got: map[string]int{}, fail: errs.New(errs.Invalid, "notify.refused", "400")}, &group{got: map[string]int{}}
	now := start.Add(time.Hour)
	var open sync.WaitGroup
	for range 8 {
		open.Go(func() {
			box := casework.NewOutbox(c, sms, casework.OutboxOptions{Notifier: sms, Then: []casework.Notifier{people}, PerRun: letters})
			for range 4 {
				if _, err := box.RunDue(t.Context(), now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	open.Wait()
	if len(people.got) != letters || c.count(`SELECT count(*) FROM notification WHERE step = 1 AND state = 'sent'`) != letters {
		t.Errorf("%d passed on", len(people.got))
	}
	for key, n := range people.got {
		if n != 1 {
			t.Errorf("%s passed on %d times", key, n)
		}
	}
}
