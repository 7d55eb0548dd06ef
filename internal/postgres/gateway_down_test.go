package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// flaky is a gateway that is down for a while by the clock of the test, as real
// ones are: some of what it was sent meanwhile it took although its answer was
// lost. What comes again with the same key it does not deliver again.
type flaky struct {
	mu         sync.Mutex
	now        time.Time
	from, till time.Time         // down
	arrived    map[string]string // text by key
	leaves     map[time.Time]int // letters that it took, by minute
	tries      map[time.Time]int // letters that it was sent, by minute
	asked      int               // letters that it was sent, at all
	nightly    int               // that were not urgent and came in quiet hours
	urgent     map[string]bool   // receipts
}

func (g *flaky) Via() string      { return "sms" }
func (g *flaky) NeedsPhone() bool { return true }
func (g *flaky) NeedsEmail() bool { return false }

func (g *flaky) ReadOriginal(context.Context, org.Actor, intake.MessageID, string) (intake.Original, error) {
	return intake.Original{Phone: "13812340021"}, nil
}

func (g *flaky) Send(_ context.Context, l casework.Letter) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tries[g.now.Truncate(time.Minute)]++
	g.asked++
	down := !g.now.Before(g.from) && g.now.Before(g.till)
	if down && g.asked%7 != 3 { // the others got through, and nobody was told so
		return "", errs.New(errs.Unavailable, "notify.unreachable")
	}
	if text, again := g.arrived[l.Key]; again && text != l.Text {
		return "", errs.New(errs.Invalid, "notify.refused", "409")
	}
	if _, again := g.arrived[l.Key]; !again {
		g.leaves[g.now.Truncate(time.Minute)]++
		if quietNight.Holds(g.now) && !g.urgent[l.Receipt] {
			g.nightly++
		}
	}
	g.arrived[l.Key] = l.Text
	if down {
		return "", errs.New(errs.Unavailable, "notify.unreachable")
	}
	return "m-" + l.Key, nil
}

// quietNight is when only what is urgent goes out.
var quietNight = casework.QuietHours{From: 21 * time.Hour, To: 8 * time.Hour}

// TestADayWithoutTheGateway lets a city work on while its gateway is down for a
// day, and two processes send: afterwards everybody has been told everything,
// once, at the rate that is set, nobody at night but of danger, and nothing was
// tried so often that the gateway would have been kept from coming back.
func TestADayWithoutTheGateway(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	down := o.now.Add(time.Hour)
	g := &flaky{
		from: down, till: down.Add(24 * time.Hour), arrived: map[string]string{}, urgent: map[string]bool{},
		leaves: map[time.Time]int{}, tries: map[time.Time]int{},
	}
	const perMinute = 6
	var boxes []*casework.Outbox // each with half of the rate
	for range 2 {
		boxes = append(boxes, casework.NewOutbox(o, g, casework.OutboxOptions{Notifier: g, Planner: o.planner, Quiet: quietNight, PerRun: perMinute / 2}))
	}
	filed, urgent := 0, 0
	var open []casework.Docket
	for end := down.Add(48 * time.Hour); o.now.Before(end); o.now = o.now.Add(time.Minute) {
		if minute := int(o.now.Sub(down) / time.Minute); minute >= -50 && minute < 25*60 && minute%20 == 0 {
			filed++
			d := o.file(name("d", filed), filed)
			open = append(open, d)
			if filed%10 == 0 { // danger, which minds no night
				urgent++
				n, err := casework.NewNotification(casework.NotifyCompleted, "danger:"+string(d.ID), o.message(d), o.now, casework.NotifyFacts{Receipt: fmt.Sprintf("DANGER%04d", filed), Urgent: true})
				o.must(err)
				g.urgent[n.Receipt] = true
				o.must(o.QueueNotification(t.Context(), n))
			}
		}
		if len(open) > 6 { // what came in goes on meanwhile
			d := o.do(o.unit, open[0], casework.Command{Move: casework.Accept})
			d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Sure: true, Public: "已办理"})
			o.do(o.agent, d, casework.Command{Move: casework.Close, Reason: string(casework.Solved)})
			open = open[1:]
		}
		g.now = o.now
		var wg sync.WaitGroup
		for _, box := range boxes {
			wg.Go(func() {
				if _, err := box.RunDue(t.Context(), o.now); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	o.everybodyWasTold(g, filed+urgent+filed-len(open))
	storm := 0
	for minute, n := range g.leaves {
		if n > perMinute || g.tries[minute] > perMinute {
			storm++
		}
	}
	if storm > 0 || g.nightly > 0 {
		t.Errorf("%d minutes with more than is set, %d at night", storm, g.nightly)
	}
	if n := o.count(`SELECT count(*) FROM notification WHERE attempts > 45`); n != 0 {
		t.Errorf("%d were tried more than 45 times in a day", n)
	}
	if n := o.count(`SELECT count(*) FROM notification WHERE urgent AND settled_at > $1`, g.till.Add(2*time.Hour)); n != 0 {
		t.Errorf("%d of danger waited for more than two hours after the gateway was back", n)
	}
	if n := o.count(`SELECT count(*) FROM case_event WHERE move = 'unsent'`); n != 0 {
		t.Errorf("%d citizens are to be called although they were told", n)
	}
}

// message is what a case came from.
func (o *office) message(d casework.Docket) intake.MessageID {
	o.t.Helper()
	all, err := o.ListForTest(o.t.Context(), `SELECT message_id::text FROM matter WHERE id = $1`, d.Matter)
	o.must(err)
	return intake.MessageID(all[0])
}

// everybodyWasTold fails unless that many letters were stored, and all of them
// are sent, each delivered once and with what it says.
func (o *office) everybodyWasTold(g *flaky, want int) {
	o.t.Helper()
	all, err := o.ListForTest(o.t.Context(), `SELECT state || ' ' || count(*) FROM notification WHERE account_id IS NULL GROUP BY state ORDER BY state`)
	o.must(err)
	if sent := fmt.Sprintf("sent %d", want); len(all) != 1 || all[0] != sent {
		o.t.Fatalf("kept %q, want %q", all, sent)
	}
	if len(g.arrived) != want {
		o.t.Errorf("%d arrived of %d", len(g.arrived), want)
	}
	sent := 0
	for _, n := range g.leaves {
		sent += n
	}
	if sent != want {
		o.t.Errorf("%d deliveries of %d letters", sent, want)
	}
	keys, err := o.ListForTest(o.t.Context(), `SELECT id::text FROM notification WHERE state = 'sent' AND account_id IS NULL`)
	o.must(err)
	for _, key := range keys {
		if g.arrived[key] == "" {
			o.t.Errorf("%s is said to be sent and did not arrive", key)
		}
	}
}
