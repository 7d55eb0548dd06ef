package casework

import (
	"strconv"
	"strings"
	"time"

	"huying/internal/id"
)

// Settlement is what an attempt to send leaves behind, to be stored together.
type Settlement struct {
	Notification               // as it stands now
	Next         *Notification // the same by the next means; nil: there is none, or it need not
	Call         Plan          // has somebody call the citizen; nil: nobody need
}

// must reports whether the citizen needs to know: by when it will be answered
// now, that something is wanted of them, and that it is done. Where a case has
// gone, the receipt's page tells as well.
func (k NotificationKind) must() bool {
	return k == NotifyExtended || k == NotifyAsked || k == NotifyCompleted
}

// First is the one of its chain that was tried first.
func (n Notification) First() NotificationID {
	if n.Chain == "" {
		return n.ID
	}
	return n.Chain
}

// next is a notification again, by the next means. Its effect makes it one.
func (n Notification) next(now time.Time) *Notification {
	return &Notification{
		ID: id.New[NotificationID](), Effect: strings.TrimSuffix(n.Effect, stepEnd(n.Step)) + stepEnd(n.Step+1), Kind: n.Kind, Message: n.Message,
		Receipt: n.Receipt, Urgent: n.Urgent, Text: n.Text, At: now, State: NotificationQueued, DueAt: now, Step: n.Step + 1, Chain: n.First(),
	}
}

// stepEnd ends the effect of what is tried by a later means.
func stepEnd(step int) string {
	if step == 0 {
		return ""
	}
	return "/" + strconv.Itoa(step)
}

// unreached is what follows when a notification has not reached the citizen and
// never will: it is tried by the next means or, after the last, they are called
// if they must know and have left a phone.
func (o OutboxOptions) unreached(n Notification, now time.Time, phone bool) Settlement {
	s := Settlement{Notification: n}
	switch {
	case n.Step+1 < len(o.means()):
		s.Next = n.next(now)
	case phone && n.Kind.must() && o.Planner != nil:
		s.Call = func(c Case, subject Subject) (Step, error) {
			return o.Planner.Plan(c, subject, Event{At: now, Move: Unsent, Reason: string(n.Kind)}, time.Time{})
		}
	}
	return s
}

// means are the Notifiers in the order in which they are tried.
func (o OutboxOptions) means() []Notifier {
	if o.Notifier == nil {
		return nil
	}
	return append([]Notifier{o.Notifier}, o.Then...)
}
