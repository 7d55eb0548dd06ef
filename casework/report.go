package casework

import (
	"context"
	"strconv"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// DeliveryReport is what a gateway says has become of a letter that it took.
type DeliveryReport struct {
	Notification NotificationID // either it, with the round,
	Round        int
	Proof        string // or the gateway's own number
	Delivered    bool   // it has arrived; false: it never will
	Why          string // the gateway's word for it, such as a status code; may be empty
	At           time.Time
}

// Failure is why a letter did not arrive, in Chinese.
func (r DeliveryReport) Failure() string {
	if r.Why == "" {
		return "对方报告没有送达"
	}
	return "对方报告没有送达：" + r.Why
}

// ReportStore keeps what became of letters.
type ReportStore interface {
	// ReportDelivery notes a report, with its audit line, and gives the
	// notification as it stands then. What has arrived stays arrived, whatever is
	// reported later or of an earlier round. What is reported as not delivered is
	// stored with what follows of it; what has arrived after all is not sent by
	// the next means any more. errs.NotFound "report.unknown"; errs.Conflict
	// "report.early" for what is still being sent.
	ReportDelivery(ctx context.Context, r DeliveryReport, follow func(Notification) Settlement, line org.Audit) (Notification, error)
}

// Reports is where a gateway reports what became of letters. It is safe for
// concurrent use.
type Reports struct {
	store ReportStore
	o     OutboxOptions
	now   func() time.Time
}

// NewReports makes Reports on what an Outbox with the same options sends.
func NewReports(store ReportStore, o OutboxOptions, now func() time.Time) *Reports {
	return &Reports{store: store, o: o, now: now}
}

// Reported gives a notification after a report on it, and whether that changes
// anything. What has arrived stays so; that an earlier round did not arrive says
// nothing of this one. errs.Conflict "report.early" while it is being sent: the
// report would be lost.
func (n Notification) Reported(r DeliveryReport) (_ Notification, changes bool, err error) {
	switch {
	case !n.Arrived.IsZero():
		return n, false, nil
	case r.Delivered:
		n.State, n.Arrived, n.Failure = NotificationSent, r.At, ""
		if n.Settled.IsZero() {
			n.Settled = r.At
		}
		return n, true, nil
	case r.Round < n.Round:
		return n, false, nil
	case n.State == NotificationQueued:
		return n, false, errs.New(errs.Conflict, "report.early")
	case n.State != NotificationSent:
		return n, false, nil
	}
	n.State, n.Failure = NotificationFailed, r.Failure()
	return n, true, nil
}

// maxWhyRunes bounds what a gateway says.
const maxWhyRunes = 60

// Take notes a report on the letter with a key, or with the gateway's number.
func (r *Reports) Take(ctx context.Context, actor org.Actor, key, proof string, delivered bool, why string) (Notification, error) {
	if err := org.Can(actor, org.ActConverse); err != nil {
		return Notification{}, err
	}
	if key == "" && proof == "" {
		return Notification{}, errs.New(errs.Invalid, "field.required", "短信的编号").In("key")
	}
	now := r.now()
	report := DeliveryReport{Proof: proof, Delivered: delivered, Why: strings.TrimSpace(why), At: now}
	if words := []rune(report.Why); len(words) > maxWhyRunes {
		report.Why = string(words[:maxWhyRunes])
	}
	if key != "" {
		var ok bool
		if report.Notification, report.Round, ok = parseKey(key); !ok {
			return Notification{}, errs.New(errs.NotFound, "report.unknown")
		}
		report.Proof = ""
	}
	follow := func(n Notification) Settlement { return r.o.unreached(n, now, true) }
	return r.store.ReportDelivery(ctx, report, follow, org.Audit{At: now, Actor: actor.Account, Action: "report_delivery", Detail: report.words()})
}

func (r DeliveryReport) words() string {
	if r.Delivered {
		return "已送达"
	}
	return r.Failure()
}

// parseKey reads Notification.Key.
func parseKey(key string) (NotificationID, int, bool) {
	if id.Valid(NotificationID(key)) {
		return NotificationID(key), 0, true
	}
	n := NotificationID(round.ReplaceAllString(key, ""))
	if !id.Valid(n) || len(n) == len(key) {
		return "", 0, false
	}
	again, err := strconv.Atoi(key[len(n)+1:])
	return n, again, err == nil
}
