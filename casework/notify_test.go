package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/workday"
)

// ten is ten in the morning of a Monday in Shanghai.
var ten = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// postbox keeps notifications by the rules of the store, and stands for the
// gateway, the contacts and their clock too.
type postbox struct {
	rows   []*Notification
	leases map[NotificationID]time.Time
	until  map[int]time.Time // by means
	calls  []string          // effects of what somebody must call about

	means  string
	email  string
	phone  string
	reach  Reach // of the one of the staff there is
	unread error // what opening a contact gives
	answer func(Letter) error
	got    []Letter
	opened int
}

func newPostbox() *postbox {
	return &postbox{means: "sms", phone: "138 1234 0021", leases: map[NotificationID]time.Time{}, until: map[int]time.Time{}, answer: func(Letter) error { return nil }}
}

func (p *postbox) put(t *testing.T, f NotifyFacts) *Notification {
	t.Helper()
	f.Receipt = "ABCDEFGHIJ"
	n, err := NewNotification(NotifyAccepted, fmt.Sprintf("case:%d", len(p.rows)), id.New[intake.MessageID](), ten, f)
	if err != nil {
		t.Fatal(err)
	}
	p.rows = append(p.rows, &n)
	return &n
}

func (p *postbox) ClaimNotification(_ context.Context, c Claim) (Notification, error) {
	for _, n := range p.rows {
		here := n.Step < c.Means || !n.DueAt.After(c.Stale)
		if n.State == NotificationQueued && here && !n.DueAt.After(c.Now) && !p.leases[n.ID].After(c.Now) && (n.Urgent || !c.UrgentOnly) && !p.until[n.Step].After(c.Now) {
			n.Attempts++
			p.leases[n.ID] = c.Lease
			return *n, nil
		}
	}
	return Notification{}, errs.New(errs.NotFound, "notification.none")
}

func (p *postbox) SettleNotification(_ context.Context, s Settlement) error {
	after := s.Notification
	i := slices.IndexFunc(p.rows, func(n *Notification) bool { return n.ID == after.ID })
	*p.rows[i] = after
	delete(p.leases, after.ID)
	if s.Next != nil && !slices.ContainsFunc(p.rows, func(n *Notification) bool { return n.Effect == s.Next.Effect }) {
		p.rows = append(p.rows, s.Next)
	}
	if s.Call != nil {
		p.calls = append(p.calls, after.Effect)
	}
	return nil
}

func (p *postbox) SettleAndClaim(ctx context.Context, s Settlement, c Claim) (Notification, error) {
	if err := p.SettleNotification(ctx, s); err != nil {
		return Notification{}, err
	}
	return p.ClaimNotification(ctx, c)
}

func (p *postbox) PauseNotifications(_ context.Context, claimed Notification, until time.Time, _ string) error {
	i := slices.IndexFunc(p.rows, func(n *Notification) bool { return n.ID == claimed.ID })
	p.rows[i].Attempts--
	delete(p.leases, claimed.ID)
	p.until[claimed.Step] = until
	return nil
}

func (p *postbox) ReadOriginal(_ context.Context, actor org.Actor, _ intake.MessageID, why string) (intake.Original, error) {
	if why == "" || org.Can(actor, org.ActReadOriginal) != nil {
		return intake.Original{}, errs.New(errs.Forbidden, "role.forbidden", "")
	}
	p.opened++
	return intake.Original{Phone: p.phone, Email: p.email}, p.unread
}

func (p *postbox) Reach(context.Context, org.AccountID) (Reach, error) { return p.reach, p.unread }

func (p *postbox) Via() string      { return p.means }
func (p *postbox) NeedsPhone() bool { return p.means != "wecom" }
func (p *postbox) NeedsEmail() bool { return false }

func (p *postbox) Send(_ context.Context, l Letter) (string, error) {
	p.got = append(p.got, l)
	return "m-1", p.answer(l)
}

func (p *postbox) outbox(o OutboxOptions) *Outbox {
	o.Notifier, o.Means = p, p
	b := NewOutbox(p, p, o)
	b.jitter = func() float64 { return 0.5 } // waits are as long as they are called
	return b
}

func (p *postbox) run(t *testing.T, b *Outbox, now time.Time) int {
	t.Helper()
	sent, err := b.RunDue(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

// pause is what a service that is busy gives.
type pause struct{}

func (pause) Error() string             { return "busy" }
func (pause) RetryAfter() time.Duration { return 10 * time.Minute }

var down = errs.New(errs.Unavailable, "notify.status", "500")

func TestOneLetterGoesOutOnce(t *testing.T) {
	p := newPostbox()
	n := p.put(t, NotifyFacts{})
	b := p.outbox(OutboxOptions{Link: "https://12345.example.gov.cn/r/{code}"})
	if sent := p.run(t, b, ten); sent != 1 {
		t.Fatalf("%d sent", sent)
	}
	p.run(t, b, ten.Add(time.Hour))
	if len(p.got) != 1 || p.opened != 1 {
		t.Fatalf("%d letters, %d contacts opened", len(p.got), p.opened)
	}
	l := p.got[0]
	if l.Phone != "13812340021" || l.Key != string(n.ID) || l.Text != "您的诉求已收到，正在分派，回执码 ABCDEFGHIJ。查看：https://12345.example.gov.cn/r/ABCDEFGHIJ" {
		t.Errorf("letter %+v", l)
	}
	if n.State != NotificationSent || n.Proof != "m-1" || n.Via != "sms" || !n.Settled.Equal(ten) || n.Failure != "" {
		t.Errorf("kept %+v", n)
	}
}

// TestWhatCannotBeSentSaysWhy in every case, and is not tried again.
func TestWhatCannotBeSentSaysWhy(t *testing.T) {
	tests := []struct {
		name  string
		set   func(*postbox)
		state NotificationState
		why   errs.Code
	}{
		{"no number", func(p *postbox) { p.phone = "" }, NotificationVoid, "notify.no_phone"},
		{"a telephone on the wall", func(p *postbox) { p.phone = "010-12345678" }, NotificationVoid, "notify.no_phone"},
		{"deleted", func(p *postbox) { p.unread = errs.New(errs.NotFound, "original.gone") }, NotificationVoid, "notify.no_contact"},
		{"refused", func(p *postbox) {
			p.answer = func(Letter) error { return errs.New(errs.Invalid, "notify.refused", "400") }
		}, NotificationFailed, "notify.refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPostbox()
			tt.set(p)
			n := p.put(t, NotifyFacts{})
			b := p.outbox(OutboxOptions{})
			for i := range 3 {
				p.run(t, b, ten.Add(time.Duration(i)*time.Hour))
			}
			if n.State != tt.state || n.Failure != errs.Sentence(errs.New(errs.Invalid, tt.why, "400")) || n.Attempts != 1 {
				t.Errorf("kept %+v", n)
			}
		})
	}
	t.Run("nothing to send with", func(t *testing.T) {
		p := newPostbox()
		n := p.put(t, NotifyFacts{})
		here := NewOutbox(p, p, OutboxOptions{})
		if sent, err := here.RunDue(t.Context(), ten.Add(71*time.Hour)); sent != 0 || err != nil || n.State != NotificationQueued || n.Attempts != 0 {
			t.Errorf("it is not left to who can send it: %d sent, %v, %+v", sent, err, n)
		}
		if sent, err := here.RunDue(t.Context(), ten.Add(72*time.Hour)); sent != 0 || err != nil || n.State != NotificationVoid || p.opened != 0 {
			t.Errorf("%d sent, %v, %+v", sent, err, n)
		}
	})
	t.Run("a group needs no number", func(t *testing.T) {
		p := newPostbox()
		p.means, p.phone = "wecom", ""
		p.put(t, NotifyFacts{})
		if p.run(t, p.outbox(OutboxOptions{}), ten); p.opened != 0 || len(p.got) != 1 || p.got[0].Phone != "" {
			t.Errorf("opened %d, sent %+v", p.opened, p.got)
		}
	})
}

func TestQuietHoursHoldUpAllButDanger(t *testing.T) {
	p := newPostbox()
	p.put(t, NotifyFacts{})
	p.put(t, NotifyFacts{Urgent: true})
	quiet, err := ParseQuietHours("21:00-08:00")
	if err != nil {
		t.Fatal(err)
	}
	b := p.outbox(OutboxOptions{Quiet: quiet})
	evening := time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC) // 21:00 in Shanghai
	for now, want := range map[time.Duration]int{-time.Second: 0, 0: 0, 10*time.Hour + 59*time.Minute: 0} {
		if got := quiet.Holds(evening.Add(now)); got != (now >= 0) {
			t.Errorf("%v after nine: quiet %v, %d", now, got, want)
		}
	}
	if sent := p.run(t, b, evening); sent != 1 || !p.rows[1].Settled.Equal(evening) {
		t.Errorf("%d sent at nine in the evening", sent)
	}
	if sent := p.run(t, b, evening.Add(11*time.Hour-time.Minute)); sent != 0 {
		t.Error("sent before eight")
	}
	if sent := p.run(t, b, evening.Add(11*time.Hour)); sent != 1 {
		t.Errorf("%d sent at eight", sent)
	}
	if q, err := ParseQuietHours("off"); err != nil || q.Holds(evening) || q.String() != "" || quiet.String() != "21:00–08:00" {
		t.Error("off is not off")
	}
	for _, s := range []string{"", "21-8", "21:00", "25:00-08:00"} {
		if _, err := ParseQuietHours(s); errs.CodeOf(err) != "notify.quiet" {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// TestADayOfOutageLosesNothingAndMakesNoStorm: 200 letters wait out a gateway
// that fails for a day; then all leave, each once, no more in a minute than is
// set.
func TestADayOfOutageLosesNothingAndMakesNoStorm(t *testing.T) {
	p := newPostbox()
	for range 200 {
		p.put(t, NotifyFacts{})
	}
	back := ten.Add(24 * time.Hour)
	now := ten
	p.answer = func(Letter) error {
		if now.Before(back) {
			return down
		}
		return nil
	}
	b := p.outbox(OutboxOptions{PerRun: 15})
	perMinute := map[time.Time]int{}
	sent := 0
	for ; now.Before(back.Add(3 * time.Hour)); now = now.Add(15 * time.Second) {
		n := p.run(t, b, now)
		perMinute[now.Truncate(time.Minute)] += n
		sent += n
	}
	if sent != 200 {
		t.Errorf("%d sent", sent)
	}
	for minute, n := range perMinute {
		if n > 60 {
			t.Errorf("%d sent in the minute of %v", n, minute)
		}
	}
	delivered := map[string]int{}
	for _, l := range p.got {
		delivered[l.Key]++ // tries included
	}
	for _, n := range p.rows {
		if n.State != NotificationSent || n.Attempts > 40 || n.Attempts != delivered[n.Key()] {
			t.Fatalf("kept %+v, %d tries", n, delivered[n.Key()])
		}
	}
}

// TestWhatIsTooOldIsGivenUp after three days, with the reason that it had.
func TestWhatIsTooOldIsGivenUp(t *testing.T) {
	p := newPostbox()
	n := p.put(t, NotifyFacts{})
	p.answer = func(Letter) error { return down }
	b := p.outbox(OutboxOptions{})
	for now := ten; now.Before(ten.Add(80 * time.Hour)); now = now.Add(5 * time.Minute) {
		p.run(t, b, now)
	}
	if n.State != NotificationFailed || n.Failure != "通知服务出错（500）" || n.Settled.Before(ten.Add(72*time.Hour)) || len(p.got) > 80 {
		t.Errorf("kept %+v after %d tries", n, len(p.got))
	}
	n.State, n.Round, n.Attempts, n.Settled, n.DueAt = NotificationQueued, 1, 0, time.Time{}, ten.Add(100*time.Hour) // a person asks again
	p.answer = func(Letter) error { return nil }
	if p.run(t, b, ten.Add(100*time.Hour)); n.State != NotificationSent || p.got[len(p.got)-1].Key != string(n.ID)+"-1" {
		t.Errorf("after it was asked for again: %+v", n)
	}
}

func TestAServiceThatAsksForAPauseGetsIt(t *testing.T) {
	p := newPostbox()
	a, c := p.put(t, NotifyFacts{}), p.put(t, NotifyFacts{})
	p.answer = func(Letter) error { return pause{} }
	b := p.outbox(OutboxOptions{})
	for now := ten; now.Before(ten.Add(10 * time.Minute)); now = now.Add(15 * time.Second) {
		p.run(t, b, now)
	}
	if len(p.got) != 1 || a.Attempts != 0 || c.Attempts != 0 {
		t.Errorf("%d tries within the pause; attempts %d, %d", len(p.got), a.Attempts, c.Attempts)
	}
	p.answer = func(Letter) error { return nil }
	if sent := p.run(t, b, ten.Add(10*time.Minute)); sent != 2 {
		t.Errorf("%d sent after the pause", sent)
	}
}

// TestKilledInTheMiddleItIsSentAgain under the same key once the lease ends.
func TestKilledInTheMiddleItIsSentAgain(t *testing.T) {
	p := newPostbox()
	n := p.put(t, NotifyFacts{})
	b := p.outbox(OutboxOptions{})
	ctx, kill := context.WithCancel(t.Context())
	p.answer = func(Letter) error {
		kill()
		return errs.Wrap(context.Canceled, errs.Unavailable, "notify.unreachable")
	}
	if _, err := b.RunDue(ctx, ten); !errors.Is(err, context.Canceled) || n.State != NotificationQueued {
		t.Fatalf("%v, %+v", err, n)
	}
	p.answer = func(Letter) error { return nil }
	if sent := p.run(t, b, ten.Add(119*time.Second)); sent != 0 {
		t.Error("sent while the lease holds")
	}
	if sent := p.run(t, b, ten.Add(2*time.Minute)); sent != 1 || p.got[0].Key != p.got[1].Key {
		t.Errorf("%d sent, letters %+v", sent, p.got)
	}
}

// TestTextsHoldNothingOfTheCitizen: what masking would take out is not there.
func TestTextsHoldNothingOfTheCitizen(t *testing.T) {
	f := NotifyFacts{Receipt: "ABCDEFGHIJ", Unit: "云亭市公安局", Due: time.Date(2026, 12, 2, 9, 30, 0, 0, time.UTC)}
	message := id.New[intake.MessageID]()
	for _, kind := range []NotificationKind{NotifyAccepted, NotifyDispatched, NotifyExtended, NotifyCompleted, NotifyAsked, NotifyRefused} {
		n, err := NewNotification(kind, "e", message, ten, f)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(n.Text, f.Receipt) || strings.Contains(intake.Masked(n.Text), "*") || kind.Label() == "" {
			t.Errorf("%s: %q, masked %q", kind, n.Text, intake.Masked(n.Text))
		}
		if r := []rune(n.Text); len(r) > 70 {
			t.Errorf("%s takes two SMS: %d characters", kind, len(r))
		}
	}
	for kind, f := range map[NotificationKind]NotifyFacts{NotifyDispatched: {Receipt: "A"}, NotifyExtended: {Receipt: "A"}, NotifyAccepted: {}, "else": {Receipt: "A"}} {
		if _, err := NewNotification(kind, "e", message, ten, f); errs.CodeOf(err) != "notify.facts" {
			t.Errorf("%s without facts: %v", kind, err)
		}
	}
}

// dayStore keeps imported days.
type dayStore struct{ days []workday.Day }

func (s *dayStore) ImportedDays(context.Context) ([]workday.Day, error) { return s.days, nil }
func (s *dayStore) MergeDays(_ context.Context, d []workday.Day, _ org.Audit) error {
	s.days = workday.Merge(s.days, d)
	return nil
}
func (s *dayStore) DeleteDay(context.Context, workday.Date, org.Audit) error {
	s.days = nil
	return nil
}

// TestAnImportCountsFromThenOn: here at once, elsewhere within a minute.
func TestAnImportCountsFromThenOn(t *testing.T) {
	store, now := &dayStore{}, ten
	clock := func() time.Time { return now }
	here, elsewhere := NewWorkdays(store, nil, clock), NewWorkdays(store, nil, clock)
	admin := org.Actor{Roles: org.Roles{org.RoleAdmin}}
	due := func(w *Workdays) string {
		cal, err := w.Calendar(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return workday.DateOf(cal.Add(ten, workday.Span{N: 1, Unit: workday.WorkingDays})).String()
	}
	if a, b := due(here), due(elsewhere); a != "2026-11-24" || b != a {
		t.Fatalf("due %s and %s", a, b)
	}
	const local = "日期,安排\n2026-11-24,休\n"
	if _, err := here.Import(t.Context(), org.Actor{Roles: org.Roles{org.RoleAgent}}, "x.csv", []byte(local)); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an agent: %v", err)
	}
	if p, err := here.Import(t.Context(), admin, "x.csv", []byte(local)); err != nil || len(p.Changes) != 1 || len(p.Years) != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	if a, b := due(here), due(elsewhere); a != "2026-11-25" || b != "2026-11-24" {
		t.Errorf("due %s here and %s elsewhere", a, b)
	}
	if now = now.Add(time.Minute); due(elsewhere) != "2026-11-25" {
		t.Errorf("due %s elsewhere after a minute", due(elsewhere))
	}
	if cal, _ := here.Calendar(t.Context()); !cal.Covers(2026) || cal.Works(workday.NewDate(2026, 10, 1)) {
		t.Error("a single day has replaced the year")
	}
	now = now.Add(-24 * time.Hour) // the clock is set back
	store.days = nil
	if due(elsewhere) != "2026-11-24" {
		t.Error("what was read lasts for a day after the clock was set back")
	}
}

// TestARefusalNamesTheRightWay: each ground in full, and nothing that somebody
// has added in own words.
func TestARefusalNamesTheRightWay(t *testing.T) {
	for _, reason := range RefusalReasons() {
		way := RightWay(reason + "：张女士说的是邻居")
		n, err := NewNotification(NotifyRefused, "e", id.New[intake.MessageID](), ten, NotifyFacts{Receipt: "ABCDEFGHIJ", Way: way})
		if err != nil || way == "" || RefusalPrefix+way != reason || !strings.Contains(n.Text, "不予受理："+way+"。") {
			t.Errorf("%s: %q, %v", reason, n.Text, err)
		}
	}
	if RightWay("没有诉求内容") != "" {
		t.Error("what is no refusal names a way")
	}
}
