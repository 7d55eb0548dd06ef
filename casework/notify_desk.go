package casework

import (
	"context"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// NotificationFilter chooses from the list.
type NotificationFilter struct {
	State  NotificationState
	Before NotificationID // older than this; empty: the newest
	Limit  int
}

// NotificationStanding is how the outbox stands.
type NotificationStanding struct {
	Counts      map[NotificationState]int
	PausedUntil time.Time // in the past or zero: there is no pause; the longest, of several means
	Paused      int       // of which of the means, from 0
	Why         string    // there is a pause, in Chinese
}

// NotificationStore is what the list of notifications reads and writes.
type NotificationStore interface {
	Notifications(ctx context.Context, f NotificationFilter) ([]Notification, error)
	NotificationStanding(ctx context.Context) (NotificationStanding, error)
	// NotificationChains gives all that was tried of some, by their first, in the
	// order of the means.
	NotificationChains(ctx context.Context, firsts []NotificationID) ([]Notification, error)
	// NotificationsOf gives those of a receipt, oldest first.
	NotificationsOf(ctx context.Context, receipt string) ([]Notification, error)
	// RequeueNotification queues one again that failed or was void, in a new
	// round, and ends a pause. errs.NotFound "notification.not_found",
	// errs.Conflict "notification.settled" when it is queued or sent,
	// "notification.withdrawn" when what it tells of was taken back.
	RequeueNotification(ctx context.Context, n NotificationID, now time.Time, line org.Audit) error
}

// Notifications is the outbox as an administrator sees it.
type Notifications struct {
	store NotificationStore
	o     OutboxOptions
	now   func() time.Time
}

// NewNotifications makes the list of what an Outbox with the same options
// sends.
func NewNotifications(store NotificationStore, o OutboxOptions, now func() time.Time) *Notifications {
	return &Notifications{store: store, o: o, now: now}
}

// Via is by what means notifications leave; empty: by none.
func (d *Notifications) Via() string {
	if d.o.Notifier == nil {
		return ""
	}
	return d.o.Notifier.Via()
}

// Means are by what they are tried, in order.
func (d *Notifications) Means() []string {
	var all []string
	for _, m := range d.o.means() {
		all = append(all, m.Via())
	}
	return all
}

// Direct reports whether they go to the citizen's own number, not to people
// who pass them on.
func (d *Notifications) Direct() bool { return d.o.Notifier != nil && d.o.Notifier.NeedsPhone() }

// Quiet is when only what is urgent leaves.
func (d *Notifications) Quiet() QuietHours { return d.o.Quiet }

// List gives notifications, newest first, and how the outbox stands.
func (d *Notifications) List(ctx context.Context, actor org.Actor, f NotificationFilter) ([]Notification, NotificationStanding, error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return nil, NotificationStanding{}, err
	}
	if f.Before != "" && !id.Valid(f.Before) {
		return nil, NotificationStanding{}, errs.New(errs.NotFound, "notification.not_found")
	}
	standing, err := d.store.NotificationStanding(ctx)
	if err != nil {
		return nil, standing, err
	}
	all, err := d.store.Notifications(ctx, f)
	return all, standing, err
}

// Chains gives, for each of these that is one of several means' attempts at the
// same, all of them in order, by the first's id.
func (d *Notifications) Chains(ctx context.Context, actor org.Actor, of []Notification) (map[NotificationID][]Notification, error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return nil, err
	}
	var firsts []NotificationID
	for _, n := range of {
		firsts = append(firsts, n.First())
	}
	all, err := d.store.NotificationChains(ctx, firsts)
	chains := map[NotificationID][]Notification{}
	for _, n := range all {
		chains[n.First()] = append(chains[n.First()], n)
	}
	return chains, err
}

// OfCase gives what a case's citizen was told, to people of the hotline.
func (d *Notifications) OfCase(ctx context.Context, actor org.Actor, k Docket) ([]Notification, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return nil, err
	}
	return d.store.NotificationsOf(ctx, k.Receipt)
}

// Again sends one again that did not go out. errs.Invalid "notify.off" when
// there is nothing to send with.
func (d *Notifications) Again(ctx context.Context, actor org.Actor, n NotificationID) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	if d.o.Notifier == nil {
		return errs.New(errs.Invalid, "notify.off")
	}
	if !id.Valid(n) {
		return errs.New(errs.NotFound, "notification.not_found")
	}
	now := d.now()
	return d.store.RequeueNotification(ctx, n, now, org.Audit{
		At: now, Actor: actor.Account, Action: "resend_notification", Object: "notification:" + string(n),
	})
}
