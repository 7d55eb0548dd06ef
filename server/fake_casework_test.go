package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/workday"
)

// fakeDays keeps imported days.
type fakeDays struct {
	mu     sync.Mutex
	stored []workday.Day
	lines  []org.Audit
}

func (f *fakeDays) ImportedDays(context.Context) ([]workday.Day, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.stored), nil
}

func (f *fakeDays) MergeDays(_ context.Context, days []workday.Day, line org.Audit) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stored, f.lines = workday.Merge(f.stored, days), append(f.lines, line)
	return nil
}

func (f *fakeDays) DeleteDay(_ context.Context, day workday.Date, line org.Audit) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.stored)
	f.stored = slices.DeleteFunc(f.stored, func(d workday.Day) bool { return d.Date == day })
	if len(f.stored) == n {
		return errs.New(errs.NotFound, "workday.not_found")
	}
	f.lines = append(f.lines, line)
	return nil
}

// fakeRules keeps versions of the rules of deadlines.
type fakeRules struct {
	mu     sync.Mutex
	stored []casework.RuleVersion // the newest first
	lines  []org.Audit
}

func (f *fakeRules) RuleVersions(context.Context) ([]casework.RuleVersion, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.stored), nil
}

func (f *fakeRules) InsertRules(_ context.Context, v casework.RuleVersion, line org.Audit) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if v.Rules.Version != len(f.stored)+1 {
		return errs.New(errs.Conflict, "rules.moved")
	}
	v.ByName = "周远"
	f.stored, f.lines = slices.Insert(f.stored, 0, v), append(f.lines, line)
	return nil
}

// fakeOutbox keeps notifications; what it sends by is chosen by the test.
type fakeOutbox struct {
	rows  []casework.Notification // oldest first
	pause casework.NotificationStanding
	means string
	again []casework.NotificationID
}

// by gives a notifier that names the means and is never asked to send.
func (f *fakeOutbox) by() casework.Notifier { return fakeMeans{f} }

type fakeMeans struct{ *fakeOutbox }

func (m fakeMeans) Via() string      { return m.means }
func (m fakeMeans) NeedsPhone() bool { return m.means != "wecom" }
func (m fakeMeans) NeedsEmail() bool { return false }
func (m fakeMeans) Send(context.Context, casework.Letter) (string, error) {
	return "", errs.New(errs.Unavailable, "notify.unreachable")
}

func (f *fakeOutbox) Notifications(_ context.Context, q casework.NotificationFilter) ([]casework.Notification, error) {
	var out []casework.Notification
	for _, n := range slices.Backward(f.rows) {
		if n.State == q.State && (q.Before == "" || n.ID < q.Before) && len(out) < q.Limit {
			out = append(out, n)
		}
	}
	return out, nil
}

func (f *fakeOutbox) NotificationsOf(_ context.Context, receipt string) ([]casework.Notification, error) {
	return slices.DeleteFunc(slices.Clone(f.rows), func(n casework.Notification) bool { return n.Receipt != receipt }), nil
}

func (f *fakeOutbox) NotificationChains(_ context.Context, firsts []casework.NotificationID) ([]casework.Notification, error) {
	return slices.DeleteFunc(slices.Clone(f.rows), func(n casework.Notification) bool { return !slices.Contains(firsts, n.First()) }), nil
}

func (f *fakeOutbox) ReportDelivery(_ context.Context, r casework.DeliveryReport, _ func(casework.Notification) casework.Settlement, _ org.Audit) (casework.Notification, error) {
	for i, n := range f.rows {
		if n.ID == r.Notification || r.Proof != "" && n.Proof == r.Proof {
			after, changes, err := n.Reported(r)
			if changes {
				f.rows[i] = after
			}
			return after, err
		}
	}
	return casework.Notification{}, errs.New(errs.NotFound, "report.unknown")
}

func (f *fakeOutbox) NotificationStanding(context.Context) (casework.NotificationStanding, error) {
	s := f.pause
	s.Counts = map[casework.NotificationState]int{}
	for _, n := range f.rows {
		s.Counts[n.State]++
	}
	return s, nil
}

func (f *fakeOutbox) RequeueNotification(_ context.Context, n casework.NotificationID, _ time.Time, _ org.Audit) error {
	for i := range f.rows {
		r := &f.rows[i]
		switch {
		case r.ID != n:
		case r.State == casework.NotificationQueued || r.State == casework.NotificationSent:
			return errs.New(errs.Conflict, "notification.settled")
		default:
			r.State, f.again = casework.NotificationQueued, append(f.again, n)
			return nil
		}
	}
	return errs.New(errs.NotFound, "notification.not_found")
}
