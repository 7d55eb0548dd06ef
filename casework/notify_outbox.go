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
	"huying/internal/workday"
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
	Email   string // an address; empty when the Notifier needs none
	Text    string
	At      time.Time // of what it tells
}

// Notifier sends letters by one means.
type Notifier interface {
	// Via is the short name of the means: sms, wecom, smtp, webhook.
	Via() string
	// NeedsPhone reports whether a letter without a mobile number is useless.
	NeedsPhone() bool
	// NeedsEmail reports whether a letter without an address is useless.
	NeedsEmail() bool
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
	// attempt. errs.NotFound "notification.none" when none is due, all are lent,
	// or their means have a pause.
	ClaimNotification(ctx context.Context, c Claim) (Notification, error)
	// SettleNotification stores what became of a claimed one, with what follows:
	// a state, or queued again for DueAt. It changes nothing when somebody else
	// has claimed it since, except that what was sent is sent.
	SettleNotification(ctx context.Context, s Settlement) error
	// SettleAndClaim is SettleNotification, then ClaimNotification: where there is
	// nothing to claim, too, the first is settled.
	SettleAndClaim(ctx context.Context, s Settlement, c Claim) (Notification, error)
	// PauseNotifications gives a claimed one back as if it had not been
	// claimed, and lets none of its means be claimed until the time.
	PauseNotifications(ctx context.Context, n Notification, until time.Time, why string) error
}

// Claim says which notification to lend, and until when.
type Claim struct {
	Now, Lease time.Time
	UrgentOnly bool      // the others wait
	Means      int       // only what is tried by the first so many means,
	Stale      time.Time // or was due by then
}

// OutboxOptions are the choices of an Outbox.
type OutboxOptions struct {
	Notifier Notifier      // nil: nothing is sent
	Means    StaffReach    // where to reach the staff; nil: letters to them wait for a process that knows
	Then     []Notifier    // by what is tried, in order, what it could not bring
	Planner  *Planner      // has citizens called whom nothing reached; nil: nobody is
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
// a day's outage the backlog leaves at that rate, and so does what then goes by
// the next means. It returns how many were sent; an error is the store's alone.
// A run that dies has lent one notification, which is sent again when the lease
// ends.
//
// What is due by means that are not set here is left to a process that has them,
// for as long as one is tried at all: one that was started without does not know
// of it. Then it becomes void.
func (b *Outbox) RunDue(ctx context.Context, now time.Time) (int, error) {
	means, most := len(b.o.means()), b.o.PerRun
	if means == 0 {
		most = voidPerRun
	}
	claim := Claim{Now: now, Lease: now.Add(b.o.Lease), UrgentOnly: means > 0 && b.o.Quiet.Holds(now), Means: means, Stale: now.Add(-b.o.GiveUp)}
	sent := 0
	n, err := b.store.ClaimNotification(ctx, claim)
	for left := most - 1; err == nil && left >= 0; left-- {
		next := &claim
		if left == 0 {
			next = nil
		}
		var after NotificationState
		after, n, err = b.try(ctx, n, now, next)
		if after == NotificationSent && (err == nil || nothingDue(err)) {
			sent++
		}
	}
	if nothingDue(err) {
		err = nil
	}
	return sent, err
}

func nothingDue(err error) bool {
	return errors.Is(err, errs.New(errs.NotFound, "notification.none"))
}

// try delivers a claimed notification, stores what became of it and gives its
// state, and claims the next one (nil: none is wanted).
func (b *Outbox) try(ctx context.Context, n Notification, now time.Time, next *Claim) (NotificationState, Notification, error) {
	if n.Step >= len(b.o.means()) {
		return b.settle(ctx, b.o.unreached(n.settled(NotificationVoid, now, "notify.off"), now, n.Step > 0), next)
	}
	after, pause := b.deliver(ctx, n, now)
	switch {
	case ctx.Err() == nil:
	case after.State == NotificationQueued: // the lease ends, and it is sent then
		return after.State, Notification{}, ctx.Err()
	default:
		next = nil
	}
	// What was handed over is noted even when the process is stopping.
	keep := context.WithoutCancel(ctx)
	if pause == 0 {
		return b.settle(keep, after, next)
	}
	err := b.store.PauseNotifications(keep, n, now.Add(pause), after.Failure)
	if err != nil || next == nil {
		return after.State, Notification{}, err
	}
	n, err = b.store.ClaimNotification(ctx, *next) // another means may go on
	return after.State, n, err
}

func (b *Outbox) settle(ctx context.Context, s Settlement, next *Claim) (NotificationState, Notification, error) {
	if next == nil {
		return s.State, Notification{}, b.store.SettleNotification(ctx, s)
	}
	n, err := b.store.SettleAndClaim(ctx, s, *next)
	return s.State, n, err
}

// deliver tries one notification and gives it as it is to be stored. pause is
// how long the receiving service wants to be left alone.
func (b *Outbox) deliver(ctx context.Context, n Notification, now time.Time) (_ Settlement, pause time.Duration) {
	by := b.o.means()[n.Step]
	n.Via = by.Via()
	if n.Round == 0 && now.Sub(n.At) > b.o.GiveUp || n.Attempts > mostAttempts {
		stale := n.settled(NotificationFailed, now, "notify.stale")
		if n.Failure != "" {
			stale.Failure = n.Failure
		}
		return b.o.unreached(stale, now, true), 0
	}
	letter := Letter{Key: n.Key(), Kind: string(n.Kind), Receipt: n.Receipt, Text: n.Text, At: n.At}
	if n.Account == "" {
		letter.Text += b.answering(n.Kind, by) + b.link(n.Receipt)
	}
	switch {
	case n.Account != "":
		reach, err := b.reach(ctx, n.Account)
		if err != nil {
			return Settlement{Notification: b.unread(n, now, err)}, 0
		}
		if letter.Phone, letter.Mail, letter.WeCom = reach.Mobile, reach.Mail, reach.WeCom; !reaches(by, reach) {
			return b.o.unreached(n.settled(NotificationVoid, now, "notify.no_means"), now, false), 0
		}
	case by.NeedsPhone() || by.NeedsEmail():
		original, err := b.contacts.ReadOriginal(ctx, notifier(), n.Message, "向诉求人发送通知")
		if err != nil {
			return Settlement{Notification: b.unread(n, now, err)}, 0
		}
		phone, ok := mobileOf(original.Phone)
		switch {
		case by.NeedsPhone() && !ok:
			return b.o.unreached(n.settled(NotificationVoid, now, "notify.no_phone"), now, original.Phone != ""), 0
		case by.NeedsEmail() && original.Email == "":
			return b.o.unreached(n.settled(NotificationVoid, now, "notify.no_email"), now, original.Phone != ""), 0
		}
		letter.Phone, letter.Email = phone, original.Email
	}
	proof, err := by.Send(ctx, letter)
	if err == nil {
		n.State, n.Proof, n.Failure, n.Settled = NotificationSent, proof, "", now
		return Settlement{Notification: n}, 0
	}
	n, pause = b.failed(n, now, err)
	if n.State == NotificationFailed {
		return b.o.unreached(n, now, true), 0
	}
	return Settlement{Notification: n}, pause
}

// reach gives by what means one of the staff is told.
func (b *Outbox) reach(ctx context.Context, a org.AccountID) (Reach, error) {
	if b.o.Means == nil {
		return Reach{}, errs.New(errs.Unavailable, "reach.unopened")
	}
	return b.o.Means.Reach(ctx, a)
}

// reaches reports whether a means leads to one of the staff.
func reaches(by Notifier, r Reach) bool {
	switch by.Via() {
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
func (b *Outbox) answering(kind NotificationKind, by Notifier) string {
	if kind == NotifyCompleted && b.o.Replies && by.Via() == "sms" {
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
	p, ok := workday.ParsePeriod(s)
	if !ok {
		return QuietHours{}, errs.New(errs.Invalid, "notify.quiet", s)
	}
	return QuietHours(p), nil
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
