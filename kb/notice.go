package kb

import (
	"context"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/id"
	"huying/internal/org"
)

// NoticeStore keeps the notices.
type NoticeStore interface {
	// ActiveNotices gives the notices with Starts <= now < Ends, the one that
	// began last first, with their calls counted.
	ActiveNotices(ctx context.Context, now time.Time) ([]Notice, error)
	// InsertNotice stores a notice. errs.Invalid "area.unknown" for an unknown area.
	InsertNotice(ctx context.Context, n Notice) error
	// JoinNotice joins a contact to a notice; a second time changes nothing.
	// errs.NotFound "notice.not_found" when the notice does not exist or does
	// not hold at the time, or the contact does not exist.
	JoinNotice(ctx context.Context, j Join) error
}

// Join is a contact joined to a notice by a person.
type Join struct {
	Notice  NoticeID
	Contact intake.ContactID
	By      org.AccountID
	At      time.Time
}

// Notices are the pinned answers (统一口径). It is safe for concurrent use.
type Notices struct {
	store NoticeStore
	now   func() time.Time
}

// NewNotices makes Notices.
func NewNotices(store NoticeStore, now func() time.Time) *Notices {
	return &Notices{store: store, now: now}
}

// Active gives the notices that hold now, the one that began last first.
func (n *Notices) Active(ctx context.Context, actor org.Actor) ([]Notice, error) {
	if err := org.Can(actor, org.ActAsk); err != nil {
		return nil, err
	}
	return n.store.ActiveNotices(ctx, n.now())
}

// Pin stores a notice, which holds from Starts (zero: from now) to Ends. An
// errs.List names each faulty field; errs.Forbidden for whoever may not edit
// knowledge.
func (n *Notices) Pin(ctx context.Context, actor org.Actor, notice Notice) (Notice, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return Notice{}, err
	}
	notice.Title, notice.Text = strings.TrimSpace(notice.Title), strings.TrimSpace(notice.Text)
	if notice.Starts.IsZero() {
		notice.Starts = n.now()
	}
	if err := notice.Validate(); err != nil {
		return Notice{}, err
	}
	notice.ID, notice.By, notice.Calls = id.New[NoticeID](), actor.Account, 0
	return notice, n.store.InsertNotice(ctx, notice)
}

// Join counts a contact to a notice, once; errs.NotFound when either does not
// exist or the notice has ended.
func (n *Notices) Join(ctx context.Context, actor org.Actor, notice NoticeID, contact intake.ContactID) error {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return err
	}
	return n.store.JoinNotice(ctx, Join{Notice: notice, Contact: contact, By: actor.Account, At: n.now()})
}
