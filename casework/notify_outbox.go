package casework

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// Letter is a notification on its way, with the contact in clear. It is never
// stored or logged.
type Letter struct {
	Key     string // an idempotency key: the same letter again has the same
	Kind    string
	Receipt string
	Phone   string // a mobile number in digits; empty when the Notifier needs none
	Mail    string // of the staff; empty for citizens
	WeCom   string // likewise: a member's id
	Text    string
	At      time.Time // of what it tells
}

// Notifier sends letters by one means.
type Notifier interface {
	// Via is the short name of the means: sms, wecom, smtp, webhook.
	Via() string
	// NeedsPhone reports whether a letter without a mobile number is useless.
	NeedsPhone() bool
	// Send hands a letter over and gives the receiving service's number for
	// it. The error says what to do: errs.Invalid, this letter never will be
	// taken; an error with RetryAfter() time.Duration, nothing will be taken
	// before that; anything else, this letter again later.
	Send(ctx context.Context, l Letter) (proof string, err error)
}

// NotifyContacts opens the contact of a message, on record.
type NotifyContacts interface {
	ReadOriginal(ctx context.Context, actor org.Actor, message intake.MessageID, why string) (intake.Original, error)
}

// OutboxStore keeps notifications.
type OutboxStore interface {
	// ClaimNotification takes the notification that is due longest, urgent
	// ones first, and lends it to the caller until the lease ends, counting an
	// attempt. With urgentOnly the others wait. errs.NotFound
	// "notification.none" when none is due, all are lent, or there is a pause.
	ClaimNotification(ctx context.Context, now, lease time.Time, urgentOnly bool) (Notification, error)
	// SettleNotification stores what became of a claimed one: a state, or
	// queued again for DueAt. It changes nothing when somebody else has claimed
	// it since, except that what was sent is sent.
	SettleNotification(ctx context.Context, n Notification) error
	// PauseNotifications gives a claimed one back as if it had not been
	// claimed, and lets none be claimed until the time.
	PauseNotifications(ctx context.Context, n Notification, until time.Time, why string) error
	// Reach gives by what means one of the staff is told.
	Reach(ctx context.Context, a org.AccountID) (Reach, error)
}

// OutboxOptions are the choices of an Outbox.
type OutboxOptions struct {
	Notifier Notifier      // nil: nothing is sent
	Replies  bool          // what citizens answer by SMS comes back (SMSReplies), and the text says how to
	Link     string        // of the receipt's page, {code} in it is the code; empty: no link in the text
	Quiet    QuietHours    // when only what is urgent goes out; zero: never
	PerRun   int           // the most letters of one run; 0: 15. With a run every 15 s that is 60 a minute
	Lease    time.Duration // from a run's start; 0: two minutes. Longer than a run (a minute) and one letter more
	GiveUp   time.Duration // how old one may get; 0: 72 h
}

// Outbox sends what is due. Any number of processes may run one.
type Outbox struct {
	store    OutboxStore
	contacts NotifyContacts
	o        OutboxOptions
	jitter   func() float64 // in [0, 1)
}

// NewOutbox makes an Outbox.
func NewOutbox(store OutboxStore, contacts NotifyContacts, o OutboxOptions) *Outbox {
	if o.PerRun <= 0 {
		o.PerRun = 15
	}
	if o.Lease <= 0 {
		o.Lease = 2 * time.Minute
	}
	if o.GiveUp <= 0 {
		o.GiveUp = 72 * time.Hour
	}
	return &Outbox{store: store, contacts: contacts, o: o, jitter: rand.Float64}
}

// The waits between attempts: doubled from firstWait up to longestWait, each
// varied by up to a half, so that what failed together does not come again
// together. In the 72 hours that one may get old these are about 75 attempts.
const (
	firstWait   = time.Minute
	longestWait = time.Hour
)

// mostAttempts ends what a person had sent again, which may be of any age.
const mostAttempts = 80

// voidPerRun bounds a run that has nothing to send with.
const voidPerRun = 500

// RunDue sends what is due, at most PerRun letters, one after the other: after
// a day's outage the backlog leaves at that rate. It returns how many were
// sent; an error is the store's alone. A run that dies has lent one
// notification, which is sent again when the lease ends.
func (b *Outbox) RunDue(ctx context.Context, now time.Time) (int, error) {
	if b.o.Notifier == nil {
		return 0, b.giveUp(ctx, now)
	}
	sent := 0
	urgentOnly := b.o.Quiet.Holds(now)
	for range b.o.PerRun {
		n, err := b.store.ClaimNotification(ctx, now, now.Add(b.o.Lease), urgentOnly)
		if errors.Is(err, errs.New(errs.NotFound, "notification.none")) {
			return sent, nil
		}
		if err != nil {
			return sent, err
		}
		after, pause := b.deliver(ctx, n, now)
		if ctx.Err() != nil && after.State == NotificationQueued {
			return sent, ctx.Err() // the lease ends, and it is sent then
		}
		// What was handed over is noted even when the process is stopping.
		keep := context.WithoutCancel(ctx)
		if pause > 0 {
			return sent, b.store.PauseNotifications(keep, n, now.Add(pause), after.Failure)
		}
		if err := b.store.SettleNotification(keep, after); err != nil {
			return sent, err
		}
		if after.State == NotificationSent {
			sent++
		}
	}
	return sent, nil
}

// giveUp makes void what has been due for as long as one is tried at all. Until
// then it is left to a process that has something to send with: one that was
// started without does not know of it.
func (b *Outbox) giveUp(ctx context.Context, now time.Time) error {
	for range voidPerRun {
		n, err := b.store.ClaimNotification(ctx, now.Add(-b.o.GiveUp), now.Add(b.o.Lease), false)
		if errors.Is(err, errs.New(errs.NotFound, "notification.none")) {
			return nil
		}
		if err == nil {
			err = b.store.SettleNotification(ctx, n.settled(NotificationVoid, now, "notify.off"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deliver tries one notification and gives it as it is to be stored. pause is
// how long the receiving service wants to be left alone.
func (b *Outbox) deliver(ctx context.Context, n Notification, now time.Time) (_ Notification, pause time.Duration) {
	if n.Round == 0 && now.Sub(n.At) > b.o.GiveUp || n.Attempts > mostAttempts {
		stale := n.settled(NotificationFailed, now, "notify.stale")
		if n.Failure != "" {
			stale.Failure = n.Failure
		}
		return stale, 0
	}
	letter := Letter{Key: n.Key(), Kind: string(n.Kind), Receipt: n.Receipt, Text: n.Text, At: n.At}
	if n.Account == "" {
		letter.Text += b.answering(n.Kind) + b.link(n.Receipt)
	}
	switch {
	case n.Account != "":
		reach, err := b.store.Reach(ctx, n.Account)
		if err != nil {
			return b.unread(n, now, err), 0
		}
		if letter.Phone, letter.Mail, letter.WeCom = reach.Mobile, reach.Mail, reach.WeCom; !b.reaches(reach) {
			return n.settled(NotificationVoid, now, "notify.no_means"), 0
		}
	case b.o.Notifier.NeedsPhone():
		original, err := b.contacts.ReadOriginal(ctx, notifier(), n.Message, "向诉求人发送通知")
		if err != nil {
			return b.unread(n, now, err), 0
		}
		phone, ok := mobileOf(original.Phone)
		if !ok {
			return n.settled(NotificationVoid, now, "notify.no_phone"), 0
		}
		letter.Phone = phone
	}
	n.Via = b.o.Notifier.Via()
	proof, err := b.o.Notifier.Send(ctx, letter)
	if err == nil {
		n.State, n.Proof, n.Failure, n.Settled = NotificationSent, proof, "", now
		return n, 0
	}
	return b.failed(n, now, err)
}

// reaches reports whether the means that is set leads to one of the staff.
func (b *Outbox) reaches(r Reach) bool {
	switch b.o.Notifier.Via() {
	case "sms":
		return r.Mobile != ""
	case "smtp":
		return r.Mail != ""
	case "wecom":
		return r.WeCom != "" || r.Mobile != ""
	}
	return r.Any()
}

// notifier is who opens contacts to send to them.
func notifier() org.Actor { return org.Actor{Name: "通知", Roles: org.Roles{org.RoleAdmin}} }

// unread is a notification whose contact cannot be opened: deleted for good,
// or not readable now.
func (b *Outbox) unread(n Notification, now time.Time, err error) Notification {
	if errs.KindOf(err) == errs.NotFound {
		return n.settled(NotificationVoid, now, "notify.no_contact")
	}
	n.Failure, n.DueAt = errs.Sentence(err), now.Add(b.wait(n.Attempts))
	return n
}

// failed decides what follows from an error of Send.
func (b *Outbox) failed(n Notification, now time.Time, err error) (Notification, time.Duration) {
	n.Failure = errs.Sentence(err)
	var later interface{ RetryAfter() time.Duration }
	switch {
	case errors.As(err, &later):
		return n, max(later.RetryAfter(), time.Second)
	case errs.KindOf(err) == errs.Invalid:
		n.State, n.Settled = NotificationFailed, now
	default:
		n.DueAt = now.Add(b.wait(n.Attempts))
	}
	return n, 0
}

func (n Notification) settled(s NotificationState, now time.Time, why errs.Code) Notification {
	n.State, n.Settled, n.Failure = s, now, errs.Sentence(errs.New(errs.Invalid, why))
	return n
}

// wait is how long to wait after the n-th attempt, n from 1.
func (b *Outbox) wait(n int) time.Duration { return backOff(n, b.jitter()) }

// backOff is how long to wait after the n-th attempt, n from 1; jitter is in
// [0, 1).
func backOff(n int, jitter float64) time.Duration {
	d := longestWait
	if n < 7 {
		d = min(firstWait<<(max(n, 1)-1), longestWait)
	}
	return time.Duration(float64(d) * (0.5 + jitter))
}

// answering says how to answer what can be answered.
func (b *Outbox) answering(kind NotificationKind) string {
	if kind == NotifyCompleted && b.o.Replies && b.o.Notifier.Via() == "sms" {
		return howToAnswer
	}
	return ""
}

func (b *Outbox) link(receipt string) string {
	if b.o.Link == "" {
		return ""
	}
	return "查看：" + strings.ReplaceAll(b.o.Link, "{code}", receipt)
}

// QuietHours is the time of day, in Shanghai, when citizens are left alone,
// from From up to but without To, counted from midnight. It may pass midnight.
// The zero value holds never.
type QuietHours struct{ From, To time.Duration }

// ParseQuietHours reads "21:00-08:00"; "off" is none. The error is Invalid
// "notify.quiet".
func ParseQuietHours(s string) (QuietHours, error) {
	if s == "off" {
		return QuietHours{}, nil
	}
	a, b, _ := strings.Cut(s, "-")
	from, err1 := time.Parse("15:04", a)
	to, err2 := time.Parse("15:04", b)
	if err1 != nil || err2 != nil {
		return QuietHours{}, errs.New(errs.Invalid, "notify.quiet", s)
	}
	midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	return QuietHours{From: from.Sub(midnight), To: to.Sub(midnight)}, nil
}

// Holds reports whether t lies within.
func (q QuietHours) Holds(t time.Time) bool {
	local := t.In(time.FixedZone("Asia/Shanghai", 8*60*60))
	day := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
	if q.From <= q.To {
		return day >= q.From && day < q.To
	}
	return day >= q.From || day < q.To
}

// String is the form that people read: 21:00–08:00; empty for never.
func (q QuietHours) String() string {
	if q.From == q.To {
		return ""
	}
	return time.Time{}.Add(q.From).Format("15:04") + "–" + time.Time{}.Add(q.To).Format("15:04")
}
