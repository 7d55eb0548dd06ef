package server

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// Notifications are what citizens are told outside the receipt's page.
type Notifications interface {
	// Via is by what means they leave; empty: by none.
	Via() string
	// Means are by what they are tried, in order.
	Means() []string
	// Chains gives, by the first's id, all that was tried of each, in order.
	Chains(ctx context.Context, actor org.Actor, of []casework.Notification) (map[casework.NotificationID][]casework.Notification, error)
	// Direct reports whether they go to the citizen's own number.
	Direct() bool
	// Quiet is when only what is urgent leaves.
	Quiet() casework.QuietHours
	// List gives notifications, newest first, and how the outbox stands.
	List(ctx context.Context, actor org.Actor, f casework.NotificationFilter) ([]casework.Notification, casework.NotificationStanding, error)
	// OfCase gives what a case's citizen was told.
	OfCase(ctx context.Context, actor org.Actor, d casework.Docket) ([]casework.Notification, error)
	// Again sends one again that did not go out.
	Again(ctx context.Context, actor org.Actor, n casework.NotificationID) error
}

// notificationsPage is what page_notifications.html draws.
type notificationsPage struct {
	shell
	Said   string
	Via    string // in words; empty: nothing is sent
	Then   string // by what it is tried next, in words; empty: by nothing
	Direct bool   // to the citizen, not to people who pass it on
	Quiet  string // from–to; empty: never
	Pause  string // until when nothing is sent; empty: there is no pause
	Why    string
	State  casework.NotificationState
	Groups []notificationGroup
	Rows   []notificationView
	Older  string // address of the next page; empty: there is none
}

// notificationGroup is a state with how many there are.
type notificationGroup struct {
	State  casework.NotificationState
	Count  int
	Danger bool
}

// notificationView is one line.
type notificationView struct {
	casework.Notification
	Means  string
	Again  bool      // may be sent again
	Others []tryView // by which other means it was tried, in order
}

// tryView is what came of one means among several.
type tryView struct {
	casework.Notification
	Means string
}

// notificationsShown is how many a page lists.
const notificationsShown = 50

// means are the ways of sending in words.
func means(via string) string {
	return map[string]string{"sms": "短信", "wecom": "企业微信群", "smtp": "邮件", "webhook": "业务系统"}[via]
}

// showNotifications lists those of a state.
func (s *Server) showNotifications(c *fiber.Ctx, v visit) error {
	if s.o.Outbox == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	f := casework.NotificationFilter{
		State: casework.NotificationState(c.Query("state")), Before: casework.NotificationID(c.Query("before")), Limit: notificationsShown + 1,
	}
	if !f.State.Valid() {
		f.State = casework.NotificationQueued
	}
	rows, standing, err := s.o.Outbox.List(c.UserContext(), v.actor, f)
	if err != nil {
		return err
	}
	p := notificationsPage{
		shell: s.shell(v, "notifications", "通知"), Said: c.Query("said"), State: f.State,
		Via: means(s.o.Outbox.Via()), Direct: s.o.Outbox.Direct(), Quiet: s.o.Outbox.Quiet().String(),
	}
	if standing.PausedUntil.After(s.o.Now()) {
		p.Pause, p.Why = s.moment(standing.PausedUntil), standing.Why
	}
	if all := s.o.Outbox.Means(); len(all) > 1 {
		then := make([]string, len(all)-1)
		for i, via := range all[1:] {
			then[i] = means(via)
		}
		p.Then = strings.Join(then, "，再经")
		if p.Pause != "" && standing.Paused < len(all) {
			p.Why = means(all[standing.Paused]) + "：" + p.Why
		}
	}
	for _, state := range []casework.NotificationState{casework.NotificationQueued, casework.NotificationFailed, casework.NotificationSent, casework.NotificationVoid} {
		n := standing.Counts[state]
		p.Groups = append(p.Groups, notificationGroup{state, n, n > 0 && state == casework.NotificationFailed})
	}
	if len(rows) > notificationsShown {
		rows = rows[:notificationsShown]
		p.Older = link("/notifications", "state", string(f.State), "before", string(rows[len(rows)-1].ID))
	}
	chains, err := s.o.Outbox.Chains(c.UserContext(), v.actor, rows)
	if err != nil {
		return err
	}
	for _, n := range rows {
		again := p.Via != "" && (n.State == casework.NotificationFailed || n.State == casework.NotificationVoid && !n.Withdrawn())
		view := notificationView{Notification: n, Means: means(n.Via), Again: again}
		for _, other := range chains[n.First()] {
			if other.ID != n.ID {
				view.Others = append(view.Others, tryView{other, means(other.Via)})
			}
		}
		p.Rows = append(p.Rows, view)
	}
	return s.page(c, "notifications", p)
}

// sendAgain queues one again.
func (s *Server) sendAgain(c *fiber.Ctx, v visit) error {
	if s.o.Outbox == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	if err := s.o.Outbox.Again(c.UserContext(), v.actor, casework.NotificationID(c.Params("notification"))); err != nil {
		return err
	}
	return c.Redirect("/notifications?said=again", fiber.StatusSeeOther)
}
