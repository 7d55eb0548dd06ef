package casework

import (
	"context"
	"fmt"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
)

// mailbox is a second means: the citizen's own address.
type mailbox struct {
	got    []Letter
	answer func(Letter) error
}

func (m *mailbox) Via() string      { return "smtp" }
func (m *mailbox) NeedsPhone() bool { return false }
func (m *mailbox) NeedsEmail() bool { return true }

func (m *mailbox) Send(_ context.Context, l Letter) (string, error) {
	m.got = append(m.got, l)
	return "<m-1>", m.answer(l)
}

// chain makes an outbox that sends SMS and then mail, and a notification of a
// kind.
func (p *postbox) chain(t *testing.T, kind NotificationKind) (*Outbox, *mailbox) {
	t.Helper()
	m := &mailbox{answer: func(Letter) error { return nil }}
	n, err := NewNotification(kind, fmt.Sprintf("case:%d", len(p.rows)), id.New[intake.MessageID](), ten, NotifyFacts{Receipt: "ABCDEFGHIJ", Due: ten, Unit: "u"})
	if err != nil {
		t.Fatal(err)
	}
	p.rows = append(p.rows, &n)
	return p.outbox(OutboxOptions{Then: []Notifier{m}, Planner: planner}), m
}

// TestTheNextMeansIsTried when the first has failed for good or has nobody to
// send to, once; and somebody calls only when the last has failed too, at what
// the citizen must know and if they have left a phone.
func TestTheNextMeansIsTried(t *testing.T) {
	refused := func(Letter) error { return errs.New(errs.Invalid, "notify.refused", "400") }
	for _, tt := range []struct {
		name          string
		kind          NotificationKind
		phone, email  string
		sms, mail     func(Letter) error
		first, second NotificationState
		calls         int
	}{
		{"refused by SMS", NotifyCompleted, "13812340021", "w@example.cn", refused, nil, NotificationFailed, NotificationSent, 0},
		{"only an address", NotifyCompleted, "", "w@example.cn", nil, nil, NotificationVoid, NotificationSent, 0},
		{"a telephone on the wall", NotifyAsked, "010-12345678", "", nil, nil, NotificationVoid, NotificationVoid, 1},
		{"nothing at all", NotifyAsked, "", "", nil, nil, NotificationVoid, NotificationVoid, 0},
		{"both refuse", NotifyExtended, "13812340021", "w@example.cn", refused, refused, NotificationFailed, NotificationFailed, 1},
		{"both refuse what the page tells as well", NotifyDispatched, "13812340021", "w@example.cn", refused, refused, NotificationFailed, NotificationFailed, 0},
		{"it arrives", NotifyCompleted, "13812340021", "w@example.cn", nil, nil, NotificationSent, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPostbox()
			b, m := p.chain(t, tt.kind)
			p.phone, p.email = tt.phone, tt.email
			if tt.sms != nil {
				p.answer = tt.sms
			}
			if tt.mail != nil {
				m.answer = tt.mail
			}
			for i := range 3 {
				p.run(t, b, ten.Add(time.Duration(i)*time.Hour))
			}
			second := NotificationState("")
			if len(p.rows) == 2 {
				second = p.rows[1].State
			}
			if p.rows[0].State != tt.first || second != tt.second || len(p.rows) > 2 || len(p.calls) != tt.calls {
				t.Fatalf("%+v, then %s, %d rows, calls %v", *p.rows[0], second, len(p.rows), p.calls)
			}
			if second == "" {
				return
			}
			if n := p.rows[1]; n.Effect != "case:0/1" || n.Step != 1 || n.First() != p.rows[0].ID || n.Key() == p.rows[0].Key() || n.Text != p.rows[0].Text {
				t.Errorf("next %+v", n)
			}
			if second == NotificationSent && (len(m.got) != 1 || m.got[0].Email != tt.email || p.rows[1].Via != "smtp" || p.rows[1].Proof != "<m-1>") {
				t.Errorf("mailed %+v, kept %+v", m.got, p.rows[1])
			}
		})
	}
}

// TestAPauseOfOneMeansHoldsUpNoOther, nor do quiet hours let the next means
// through.
func TestAPauseOfOneMeansHoldsUpNoOther(t *testing.T) {
	p := newPostbox()
	b, m := p.chain(t, NotifyCompleted)
	p.phone, p.email = "", "w@example.cn"
	quiet, err := ParseQuietHours("21:00-08:00")
	if err != nil {
		t.Fatal(err)
	}
	b.o.Quiet = quiet
	p.run(t, b, ten.Add(11*time.Hour)) // nine in the evening
	if len(m.got) != 0 || p.rows[0].State != NotificationQueued {
		t.Fatalf("sent at night: %+v", m.got)
	}
	p.until[0] = ten.Add(48 * time.Hour)
	p.rows[0].Step = 1 // the first means has it behind it
	if p.run(t, b, ten.Add(24*time.Hour)); len(m.got) != 1 || p.rows[0].State != NotificationSent {
		t.Errorf("held up by the pause of the first: %+v", p.rows[0])
	}
}

// TestAfterDaysOfOutageTheNextMeansSeesNoStorm: the first means is down until 200
// letters are too old for it; by mail they leave no more in a minute than is set,
// each once.
func TestAfterDaysOfOutageTheNextMeansSeesNoStorm(t *testing.T) {
	p := newPostbox()
	p.phone, p.email = "13812340021", "w@example.cn"
	var b *Outbox
	var m *mailbox
	for range 200 {
		b, m = p.chain(t, NotifyCompleted)
	}
	p.answer = func(Letter) error { return down }
	for now := ten; now.Before(ten.Add(70 * time.Hour)); now = now.Add(30 * time.Minute) {
		p.run(t, b, now)
	}
	perMinute := map[time.Time]int{}
	for now := ten.Add(70 * time.Hour); now.Before(ten.Add(76 * time.Hour)); now = now.Add(15 * time.Second) {
		before := len(m.got)
		p.run(t, b, now)
		perMinute[now.Truncate(time.Minute)] += len(m.got) - before
	}
	for minute, n := range perMinute {
		if n > 60 {
			t.Errorf("%d mailed in the minute of %v", n, minute)
		}
	}
	keys := map[string]bool{}
	for _, l := range m.got {
		keys[l.Key] = true
	}
	if len(m.got) != 200 || len(keys) != 200 || len(p.rows) != 400 || len(p.calls) != 0 {
		t.Errorf("%d mailed, %d of them different, %d rows, %d calls", len(m.got), len(keys), len(p.rows), len(p.calls))
	}
}
