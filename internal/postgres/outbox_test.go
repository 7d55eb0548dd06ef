package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/workday"
)

// gateway takes letters, and opens the contacts that they go to.
type gateway struct {
	mu   sync.Mutex
	got  map[string]int // by key
	fail error
}

func (g *gateway) Via() string      { return "sms" }
func (g *gateway) NeedsPhone() bool { return true }
func (g *gateway) NeedsEmail() bool { return false }

func (g *gateway) Send(_ context.Context, l casework.Letter) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fail != nil {
		return "", g.fail
	}
	g.got[l.Key]++
	return "m-" + l.Key, nil
}

func (g *gateway) ReadOriginal(context.Context, org.Actor, intake.MessageID, string) (intake.Original, error) {
	return intake.Original{Phone: "13812340021"}, nil
}

// busy is a gateway that wants to be left alone for a quarter of an hour.
type busy struct{}

func (busy) Error() string             { return "busy" }
func (busy) RetryAfter() time.Duration { return 15 * time.Minute }

// queue stores a notification of a message that is received for it.
func (c *city) queue(effect string, urgent bool, minutes int) casework.Notification {
	c.t.Helper()
	m := c.receive("n-"+effect, minutes)
	at := start.Add(time.Duration(minutes) * time.Minute)
	n, err := casework.NewNotification(casework.NotifyDispatched, effect, m.Message, at,
		casework.NotifyFacts{Receipt: "ABCDEFGHIJ", Unit: "云亭市公安局", Urgent: urgent})
	c.must(err)
	c.must(c.QueueNotification(c.t.Context(), n))
	again := n
	again.ID = id.New[casework.NotificationID]()
	c.must(c.QueueNotification(c.t.Context(), again))
	return n
}

func (c *city) listNotifications(state casework.NotificationState) []casework.Notification {
	c.t.Helper()
	all, err := c.Notifications(c.t.Context(), casework.NotificationFilter{State: state, Limit: 100})
	c.must(err)
	return all
}

// TestEachEffectLeavesOnce although each is stored twice and four processes
// send at once.
func TestEachEffectLeavesOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	const letters = 24
	for i := range letters {
		c.queue(fmt.Sprintf("case:%02d", i), false, i)
	}
	g := &gateway{got: map[string]int{}}
	now := start.Add(time.Hour)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := casework.NewOutbox(c.DB, g, casework.OutboxOptions{Notifier: g, PerRun: letters}).RunDue(t.Context(), now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(g.got) != letters || slices.Max(slices.Collect(maps.Values(g.got))) != 1 {
		t.Errorf("letters by key: %v", g.got)
	}
	sent := c.listNotifications(casework.NotificationSent)
	if len(sent) != letters {
		t.Fatalf("%d are sent", len(sent))
	}
	for _, n := range sent {
		if n.Proof != "m-"+string(n.ID) || n.Via != "sms" || !n.Settled.Equal(now) || n.Attempts != 1 {
			t.Errorf("kept %+v", n)
		}
	}
	for _, row := range c.list(`SELECT notification::text FROM notification`) {
		if strings.Contains(row, "1381234") {
			t.Errorf("a number lies in the table: %s", row)
		}
	}
}

// TestAProcessThatDiesHoldsUpItsLetterForTheLeaseOnly: another process takes it
// then, and what the first one says later counts only if it was sent.
func TestAProcessThatDiesHoldsUpItsLetterForTheLeaseOnly(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.queue("a", false, 0)
	now := start.Add(time.Minute)
	claim := func(at time.Time) (casework.Notification, error) {
		return c.ClaimNotification(t.Context(), casework.Claim{Now: at, Lease: at.Add(time.Minute), Means: 1})
	}
	first, err := claim(now)
	c.must(err)
	_, err = claim(now.Add(59 * time.Second))
	wants(t, err, errs.NotFound, "notification.none")
	second, err := claim(now.Add(time.Minute))
	c.must(err)
	if second.ID != first.ID || second.Key() != first.Key() || second.Attempts != 2 {
		t.Errorf("claimed %+v, then %+v", first, second)
	}
	first.Failure, first.DueAt = "连不上通知服务", now.Add(time.Hour)
	c.must(c.SettleNotification(t.Context(), casework.Settlement{Notification: first})) // the first one wakes up: its failure is old news
	if n := c.listNotifications(casework.NotificationQueued); len(n) != 1 || n[0].Failure != "" {
		t.Fatalf("kept %+v", n)
	}
	first.State, first.Failure, first.Proof, first.Settled = casework.NotificationSent, "", "m-1", now
	c.must(c.SettleNotification(t.Context(), casework.Settlement{Notification: first})) // but what it sent is sent
	second.Failure = "连不上通知服务"
	c.must(c.SettleNotification(t.Context(), casework.Settlement{Notification: second}))
	if n := c.listNotifications(casework.NotificationSent); len(n) != 1 || n[0].Proof != "m-1" || n[0].Failure != "" {
		t.Errorf("kept %+v", n)
	}
}

func TestTheOutboxTakesDangerFirstAndKeepsPauses(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.queue("a", false, 0)
	urgent := c.queue("b", true, 5)
	now := start.Add(time.Hour)
	n, err := c.ClaimNotification(t.Context(), casework.Claim{Now: now, Lease: now.Add(time.Minute), UrgentOnly: true, Means: 1})
	c.must(err)
	if n.ID != urgent.ID || !n.Urgent || n.Text != "您的诉求（回执码 ABCDEFGHIJ）已交云亭市公安局办理。" {
		t.Errorf("claimed %+v", n)
	}
	_, err = c.ClaimNotification(t.Context(), casework.Claim{Now: now, Lease: now.Add(time.Minute), UrgentOnly: true, Means: 1})
	wants(t, err, errs.NotFound, "notification.none") // the other one waits for the morning
	n.Failure = "通知服务要求稍后再发"
	g := &gateway{got: map[string]int{}, fail: busy{}}
	c.must(c.PauseNotifications(t.Context(), n, now.Add(10*time.Minute), n.Failure))
	// Another process, which has not seen the pause begin, keeps it too.
	outbox := casework.NewOutbox(c.DB, g, casework.OutboxOptions{Notifier: g})
	for at := now; at.Before(now.Add(10 * time.Minute)); at = at.Add(time.Minute) {
		if sent, err := outbox.RunDue(t.Context(), at); sent != 0 || err != nil {
			t.Fatalf("%d sent, %v", sent, err)
		}
	}
	if sent, err := outbox.RunDue(t.Context(), now.Add(10*time.Minute)); sent != 0 || err != nil { // asks for a longer one
		t.Fatalf("%d sent, %v", sent, err)
	}
	standing, err := c.NotificationStanding(t.Context())
	c.must(err)
	if !standing.PausedUntil.Equal(now.Add(25*time.Minute)) || standing.Counts[casework.NotificationQueued] != 2 {
		t.Errorf("standing %+v", standing)
	}
	g.fail = nil
	if sent, err := outbox.RunDue(t.Context(), now.Add(25*time.Minute)); sent != 2 || err != nil {
		t.Errorf("%d sent, %v", sent, err)
	}
	for _, n := range c.listNotifications(casework.NotificationSent) {
		if n.Attempts != 1 {
			t.Errorf("the pause counts as an attempt: %+v", n)
		}
	}
}

func TestWhatFailedIsSentAgainOnRequest(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	n := c.queue("a", false, 0)
	now := start.Add(time.Hour)
	g := &gateway{got: map[string]int{}, fail: errs.New(errs.Invalid, "notify.refused", "400")}
	o := casework.OutboxOptions{Notifier: g}
	outbox, desk := casework.NewOutbox(c.DB, g, o), casework.NewNotifications(c.DB, o, func() time.Time { return now })
	_, err := outbox.RunDue(t.Context(), now)
	c.must(err)
	if all := c.listNotifications(casework.NotificationFailed); len(all) != 1 || all[0].Failure != "通知服务不收这一条（400）" {
		t.Fatalf("failed: %+v", all)
	}
	wants(t, desk.Again(t.Context(), c.actor(c.account), n.ID), errs.Forbidden, "role.forbidden")
	wants(t, desk.Again(t.Context(), c.admin(), id.New[casework.NotificationID]()), errs.NotFound, "notification.not_found")
	g.fail = nil
	c.must(desk.Again(t.Context(), c.admin(), n.ID))
	wants(t, desk.Again(t.Context(), c.admin(), n.ID), errs.Conflict, "notification.settled")
	if sent, err := outbox.RunDue(t.Context(), now); sent != 1 || err != nil || g.got[string(n.ID)+"-1"] != 1 {
		t.Errorf("%d sent, %v, %v", sent, err, g.got)
	}
	wants(t, desk.Again(t.Context(), c.admin(), n.ID), errs.Conflict, "notification.settled")
	if got := c.count(`SELECT count(*) FROM audit WHERE action = 'resend_notification'`); got != 1 {
		t.Errorf("%d audit lines", got)
	}
	gone := c.queue("c", false, 2)
	c.must(c.ExecForTest(t.Context(), `UPDATE notification SET state = 'void', failure = '派单已撤回', settled_at = at WHERE id = $1`, gone.ID))
	wants(t, desk.Again(t.Context(), c.admin(), gone.ID), errs.Conflict, "notification.withdrawn")
	older := c.queue("b", false, 1)
	list, standing, err := desk.List(t.Context(), c.admin(), casework.NotificationFilter{State: casework.NotificationQueued, Before: older.ID, Limit: 10})
	if c.must(err); len(list) != 0 || standing.Counts[casework.NotificationQueued] != 1 {
		t.Errorf("before the only one: %v, %+v", list, standing)
	}
}

func TestImportedDaysAreMergedAndTakenAway(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	days := casework.NewWorkdays(c.DB, nil, func() time.Time { return start })
	const year = "日期,结束日期,安排,名称\n2027-10-01,2027-10-03,休,国庆节\n2024-02-29,,休,闰日\n"
	plan, err := days.Import(t.Context(), c.admin(), "x.csv", []byte(year))
	if c.must(err); len(plan.Changes) != 4 {
		t.Fatalf("changes %+v", plan.Changes)
	}
	stored, err := days.Imported(t.Context())
	c.must(err)
	want := []workday.Date{workday.NewDate(2024, 2, 29), workday.NewDate(2027, 10, 1), workday.NewDate(2027, 10, 2), workday.NewDate(2027, 10, 3)}
	for i, d := range stored {
		if d.Date != want[i] || d.Work || d.Name == "" {
			t.Errorf("stored %+v", d)
		}
	}
	// A corrected notice takes days away.
	_, err = days.Import(t.Context(), c.admin(), "x.csv", []byte("日期,安排\n2027-10-01,休\n"))
	c.must(err)
	if n := c.count(`SELECT count(*) FROM calendar_day WHERE day >= '2027-01-01'`); n != 1 {
		t.Errorf("%d days of 2027", n)
	}
	c.must(days.Drop(t.Context(), c.admin(), want[0]))
	wants(t, days.Drop(t.Context(), c.admin(), want[0]), errs.NotFound, "workday.not_found")
	wants(t, days.Drop(t.Context(), c.actor(c.account), want[1]), errs.Forbidden, "role.forbidden")
	if n := c.count(`SELECT count(*) FROM audit WHERE object = 'calendar'`); n != 3 {
		t.Errorf("%d audit lines", n)
	}
}

// TestDeliveryReportsAreKept: by key or by the gateway's number, once each, with
// an audit line; what is reported as not delivered can be sent again, and is then
// another letter.
func TestDeliveryReportsAreKept(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	reports := casework.NewReports(c, casework.OutboxOptions{}, func() time.Time { return start.Add(time.Hour) })
	bot := org.Actor{Roles: org.Roles{org.RoleBot}}
	n, other := c.queue("a", false, 0), c.queue("b", false, 1)
	take := func(key, proof string, delivered bool, why string) (casework.Notification, error) {
		return reports.Take(c.t.Context(), bot, key, proof, delivered, why)
	}
	if _, err := take(string(n.ID), "", false, "空号"); !errors.Is(err, errs.New(errs.Conflict, "report.early")) {
		t.Errorf("before it was sent: %v", err)
	}
	g := &gateway{got: map[string]int{}}
	box := casework.NewOutbox(c, g, casework.OutboxOptions{Notifier: g})
	if sent, err := box.RunDue(c.t.Context(), start.Add(10*time.Minute)); sent != 2 || err != nil {
		t.Fatalf("%d sent, %v", sent, err)
	}
	lines := func() int { return c.count(`SELECT count(*) FROM audit WHERE action = 'report_delivery'`) }
	for range 2 { // the gateway repeats itself
		got, err := take(string(n.ID), "", false, "空号")
		if err != nil || got.State != casework.NotificationFailed || got.Failure != "对方报告没有送达：空号" {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if got, err := take("", "m-"+string(other.ID), true, ""); err != nil || got.ID != other.ID || got.Arrived.IsZero() || lines() != 2 {
		t.Errorf("%+v, %v, %d lines", got, err, lines())
	}
	for _, unknown := range [][2]string{{"nothing", ""}, {"", "m-0"}, {string(id.New[casework.NotificationID]()), ""}} {
		if _, err := take(unknown[0], unknown[1], true, ""); !errors.Is(err, errs.New(errs.NotFound, "report.unknown")) {
			t.Errorf("%q: %v", unknown, err)
		}
	}
	if _, err := reports.Take(c.t.Context(), org.Actor{Roles: org.Roles{org.RoleUnit}}, string(n.ID), "", true, ""); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("a unit reports: %v", err)
	}
	c.must(c.RequeueNotification(c.t.Context(), n.ID, start.Add(2*time.Hour), org.Audit{At: start, Action: "resend_notification", Object: "x"}))
	if sent, err := box.RunDue(c.t.Context(), start.Add(2*time.Hour)); sent != 1 || err != nil || g.got[string(n.ID)+"-1"] != 1 {
		t.Errorf("again: %d sent, %v, %v", sent, err, g.got)
	}
	if got, err := take(string(n.ID), "", false, "空号"); err != nil || got.State != casework.NotificationSent {
		t.Errorf("a late report on the first round: %+v, %v", got, err)
	}
	if got, err := take(string(n.ID)+"-1", "", true, ""); err != nil || got.Arrived.IsZero() {
		t.Errorf("the second round: %+v, %v", got, err)
	}
	all, err := c.NotificationsOf(c.t.Context(), "ABCDEFGHIJ")
	c.must(err)
	if len(all) != 2 || all[0].ID != n.ID || all[0].Arrived.IsZero() || all[0].Failure != "" {
		t.Errorf("of the receipt: %+v", all)
	}
}
