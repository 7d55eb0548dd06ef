package casework

import (
	"context"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// waitingShown is how many requests that wait are listed.
const waitingShown = 50

// MaxContactDays bounds how long a contact stays disclosed.
const MaxContactDays = 30

// ContactRequestID identifies a ContactRequest.
type ContactRequestID string

// ContactRequest is one person of a unit asking for the citizen's contact. The
// centre asks the citizen and decides; what is granted is for that person, that
// case, and until a date.
type ContactRequest struct {
	ID      ContactRequestID
	Case    CaseID
	By      org.AccountID
	ByName  string // only in what the store gives
	At      time.Time
	Why     string
	Decided time.Time // zero: waits
	Granted bool
	Until   time.Time // of what was granted
	Remark  string    // of who decided
}

// Opens reports whether it lets its person see the contact at a time.
func (r ContactRequest) Opens(by org.AccountID, at time.Time) bool {
	return r.By == by && r.Granted && at.Before(r.Until)
}

// ContactStore keeps requests. Each change writes its audit line in the same
// transaction.
type ContactStore interface {
	// WaitingContacts gives requests that wait for a decision, the oldest first.
	WaitingContacts(ctx context.Context, limit int) ([]ContactRequest, error)
	// ContactRequests gives those of a case, the latest first.
	ContactRequests(ctx context.Context, c CaseID) ([]ContactRequest, error)
	// InsertContactRequest stores one; errs.Conflict "contact.asked" when the
	// person has one that waits.
	InsertContactRequest(ctx context.Context, r ContactRequest, line org.Audit) error
	// DecideContact stores the decision on one that waits; errs.Conflict
	// "contact.decided" when it does not.
	DecideContact(ctx context.Context, r ContactRequest, line org.Audit) error
	// MessageOf gives the message of a case's matter.
	MessageOf(ctx context.Context, c CaseID) (intake.MessageID, error)
}

// Originals opens what was received, on record.
type Originals interface {
	ReadOriginal(ctx context.Context, actor org.Actor, message intake.MessageID, why string) (intake.Original, error)
}

// Contacts is where citizens' contacts are disclosed to units. It is safe for
// concurrent use.
type Contacts struct {
	store     ContactStore
	cases     *Cases
	originals Originals
}

// NewContacts makes Contacts.
func NewContacts(store ContactStore, cases *Cases, originals Originals) *Contacts {
	return &Contacts{store: store, cases: cases, originals: originals}
}

// Requests gives those of a case to whoever decides on them, and to a unit its person's own.
func (k *Contacts) Requests(ctx context.Context, actor org.Actor, d Docket) ([]ContactRequest, error) {
	all, err := k.store.ContactRequests(ctx, d.ID)
	if err != nil || org.Can(actor, org.ActDisclose) == nil {
		return all, err
	}
	var own []ContactRequest
	for _, r := range all {
		if r.By == actor.Account {
			own = append(own, r)
		}
	}
	return own, nil
}

// Ask asks for the contact. The citizen may have said already that the unit
// may have it: then nobody needs to be asked.
func (k *Contacts) Ask(ctx context.Context, actor org.Actor, c CaseID, why string) error {
	d, err := k.lead(ctx, actor, c)
	if err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	switch {
	case !d.State.Open():
		return errs.New(errs.Conflict, "case.state", d.State.Label(), "申请联系方式")
	case why == "":
		return errs.New(errs.Invalid, "field.required", "为什么需要联系方式").In("why")
	case len([]rune(why)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "为什么需要联系方式", MaxTextRunes).In("why")
	}
	r := ContactRequest{ID: id.New[ContactRequestID](), Case: c, By: actor.Account, At: k.cases.now(), Why: why}
	return k.store.InsertContactRequest(ctx, r, org.Audit{At: r.At, Actor: actor.Account, Action: "ask_contact", Object: "case:" + string(c), Detail: why})
}

// Waiting gives the requests that wait for a decision, the oldest first, to
// whoever decides on them.
func (k *Contacts) Waiting(ctx context.Context, actor org.Actor) ([]ContactRequest, error) {
	if err := org.Can(actor, org.ActDisclose); err != nil {
		return nil, err
	}
	return k.store.WaitingContacts(ctx, waitingShown)
}

// lead gives the case to a person of the unit that answers for it.
func (k *Contacts) lead(ctx context.Context, actor org.Actor, c CaseID) (Docket, error) {
	d, err := k.cases.docket(ctx, actor, c)
	if err == nil && d.RelationOf(actor) != Lead {
		err = errs.New(errs.Forbidden, "case.not_yours", "联系方式")
	}
	return d, err
}

// Decide grants a request for a number of days, or refuses it.
func (k *Contacts) Decide(ctx context.Context, actor org.Actor, c CaseID, request ContactRequestID, grant bool, days int, remark string) error {
	_, err := k.cases.docket(ctx, actor, c)
	switch {
	case err != nil:
		return err
	case org.Can(actor, org.ActDisclose) != nil:
		return errs.New(errs.Forbidden, "case.not_yours", "审批联系方式")
	case !id.Valid(request):
		return errs.New(errs.Conflict, "contact.decided")
	case grant && (days < 1 || days > MaxContactDays):
		return errs.New(errs.Invalid, "contact.days", MaxContactDays).In("days")
	}
	remark = strings.TrimSpace(remark)
	if !grant && remark == "" {
		return errs.New(errs.Invalid, "field.required", "不同意的理由").In("remark")
	}
	now := k.cases.now()
	r := ContactRequest{ID: request, Case: c, Decided: now, Granted: grant, Remark: remark}
	action := "refuse_contact"
	if grant {
		r.Until, action = now.AddDate(0, 0, days), "grant_contact"
	}
	return k.store.DecideContact(ctx, r, org.Audit{At: now, Actor: actor.Account, Action: action, Object: "case:" + string(c), Detail: remark})
}

// Open shows name and phone to a person of the lead unit who was granted them,
// or when the citizen has agreed beforehand. Every look is on record under that
// person.
func (k *Contacts) Open(ctx context.Context, actor org.Actor, c CaseID) (name, phone string, err error) {
	d, err := k.lead(ctx, actor, c)
	if err != nil {
		return "", "", err
	}
	why := "工单 " + d.Number + "：诉求人同意承办单位联系"
	if d.Consent != intake.ConsentYes {
		all, err := k.store.ContactRequests(ctx, c)
		if err != nil {
			return "", "", err
		}
		why = ""
		for _, r := range all {
			if r.Opens(actor.Account, k.cases.now()) {
				why = "工单 " + d.Number + "：热线批准，" + r.Why
			}
		}
	}
	if why == "" || !d.State.Open() {
		return "", "", errs.New(errs.Forbidden, "contact.closed")
	}
	message, err := k.store.MessageOf(ctx, c)
	if err != nil {
		return "", "", err
	}
	// The right to open is lent for this one look; who looks stays on record.
	o, err := k.originals.ReadOriginal(ctx, org.Actor{Account: actor.Account, Roles: org.Roles{org.RoleAdmin}}, message, why)
	return o.Name, o.Phone, err
}
