package casework

import (
	"context"
	"slices"
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
// centre asks the citizen, notes what they said, and decides; what is granted is
// for that person, that case, and until a date. Where a life is in danger it is
// opened first (AtOnce): then the citizen is told, and a privacy officer looks at
// whether it was right.
type ContactRequest struct {
	ID      ContactRequestID
	Case    CaseID
	Number  string // of the case; only in what the store gives, as all names
	By      org.AccountID
	ByName  string
	At      time.Time
	Why     string
	Decided time.Time // zero: waits
	Granted bool
	Until   time.Time     // of what was granted
	Remark  string        // of who decided
	Words   []ContactWord // what the citizen said, the latest last; only in what the store gives

	AtOnce   bool
	Told     time.Time // the citizen, of what was opened at once; zero: not yet
	ToldHow  string
	Reviewed time.Time // by a privacy officer; zero: not yet
	Proper   bool      // it was right
	Review   string    // what they say to it
}

// ContactAnswer is what a citizen says who is asked for their consent.
type ContactAnswer string

// The answers.
const (
	ContactYes       ContactAnswer = "yes"
	ContactNo        ContactAnswer = "no"
	ContactUnreached ContactAnswer = "unreached" // nobody was reached
)

// Label is the answer's name on screen; empty for what is none.
func (a ContactAnswer) Label() string {
	return map[ContactAnswer]string{ContactYes: "诉求人同意", ContactNo: "诉求人不同意", ContactUnreached: "没有联系上"}[a]
}

// ContactWord is the record that a citizen was asked.
type ContactWord struct {
	By     org.AccountID `json:"by"`
	ByName string        `json:"name"`
	At     time.Time     `json:"at"`
	Answer ContactAnswer `json:"answer"`
	Words  string        `json:"words"`
}

// Said is the last that the citizen was heard to say; empty: they were not
// reached yet.
func (r ContactRequest) Said() ContactAnswer {
	for _, w := range slices.Backward(r.Words) {
		if w.Answer != ContactUnreached {
			return w.Answer
		}
	}
	return ""
}

// Opens reports whether it lets its person see the contact at a time.
func (r ContactRequest) Opens(by org.AccountID, at time.Time) bool {
	return r.By == by && r.Granted && at.Before(r.Until)
}

// ContactStore keeps requests. Each change writes its audit line in the same
// transaction.
type ContactStore interface {
	// WaitingContacts gives requests that wait for a decision, the oldest first: of
	// cases that the reader sees.
	WaitingContacts(ctx context.Context, reader org.Actor, limit int) ([]ContactRequest, error)
	// ContactRequests gives those of a case, the latest first.
	ContactRequests(ctx context.Context, c CaseID) ([]ContactRequest, error)
	// InsertContactRequest stores one; errs.Conflict "contact.asked" when the
	// person has one that waits.
	InsertContactRequest(ctx context.Context, r ContactRequest, line org.Audit) error
	// DecideContact stores the decision on one that waits; errs.Conflict
	// "contact.decided" when it does not.
	DecideContact(ctx context.Context, r ContactRequest, line org.Audit) error
	// NoteContact stores what the citizen said to one that waits; errs.Conflict
	// "contact.decided" when it does not.
	NoteContact(ctx context.Context, c CaseID, r ContactRequestID, w ContactWord, line org.Audit) error
	// ContactsAtOnce gives what was opened at once and of which the citizen was
	// not told, or which nobody has looked at, the oldest first.
	ContactsAtOnce(ctx context.Context, reader org.Actor, limit int) ([]ContactRequest, error)
	// TellContact and ReviewContact store what r says of one that was opened at
	// once, each only once: errs.Conflict "contact.decided".
	TellContact(ctx context.Context, r ContactRequest, by org.AccountID, line org.Audit) error
	ReviewContact(ctx context.Context, r ContactRequest, by org.AccountID, line org.Audit) error
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
	d, err := k.worker(ctx, actor, c)
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
	return k.store.WaitingContacts(ctx, actor, waitingShown)
}

// worker gives the case to people of the units that work on it: the one that
// answers for it, one to which it was handed down, a co-unit.
func (k *Contacts) worker(ctx context.Context, actor org.Actor, c CaseID) (Docket, error) {
	d, err := k.cases.docket(ctx, actor, c)
	if err == nil && !d.WorksOn(actor) {
		err = errs.New(errs.Forbidden, "case.not_yours", "联系方式")
	}
	return d, err
}

// WorksOn reports whether somebody's unit works on the case.
func (d Docket) WorksOn(actor org.Actor) bool {
	return slices.Contains([]Relation{Lead, Below, CoUnit}, d.RelationOf(actor))
}

// Agreed reports whether the citizen has said beforehand that somebody's unit
// may have their contact: it answers for the case, or does the work for who
// does. A co-unit is another, of which they were not asked.
func (d Docket) Agreed(actor org.Actor) bool {
	return d.Consent == intake.ConsentYes && slices.Contains([]Relation{Lead, Below}, d.RelationOf(actor))
}

// Note records what the citizen said when they were asked for a request.
func (k *Contacts) Note(ctx context.Context, actor org.Actor, c CaseID, request ContactRequestID, answer ContactAnswer, words string) error {
	if err := k.decides(ctx, actor, c, request, "记诉求人的意见"); err != nil {
		return err
	}
	words = strings.TrimSpace(words)
	switch {
	case answer.Label() == "":
		return errs.New(errs.Invalid, "field.required", "诉求人怎么说").In("answer")
	case len([]rune(words)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "诉求人的话", MaxTextRunes).In("words")
	}
	words, _ = k.cases.mask(words)
	w := ContactWord{By: actor.Account, At: k.cases.now(), Answer: answer, Words: words}
	return k.store.NoteContact(ctx, c, request, w, org.Audit{At: w.At, Actor: w.By, Action: "ask_citizen", Object: "case:" + string(c), Detail: answer.Label()})
}

// decides lets only those act on a request of a case who decide on requests and
// see the case.
func (k *Contacts) decides(ctx context.Context, actor org.Actor, c CaseID, request ContactRequestID, what string) error {
	_, err := k.cases.docket(ctx, actor, c)
	switch {
	case err != nil:
		return err
	case org.Can(actor, org.ActDisclose) != nil:
		return errs.New(errs.Forbidden, "case.not_yours", what)
	case !id.Valid(request):
		return errs.New(errs.Conflict, "contact.decided")
	}
	return nil
}

// atOnceFor is how long a contact stays open that was opened because a life was
// in danger.
const atOnceFor = 24 * time.Hour

// OpenAtOnce shows name and phone to whoever works on a case where a life is in
// danger, before anybody was asked: a person has set the highest urgency, and
// danger says that it is for a life and not for a cellar under water. It stays
// open for a day, for this person alone.
func (k *Contacts) OpenAtOnce(ctx context.Context, actor org.Actor, c CaseID, danger bool, why string) (name, phone string, err error) {
	d, err := k.worker(ctx, actor, c)
	if err != nil {
		return "", "", err
	}
	why = strings.TrimSpace(why)
	switch {
	case !d.State.Open():
		return "", "", errs.New(errs.Conflict, "case.state", d.State.Label(), "查看联系方式")
	case d.Urgency != intake.UrgencyA:
		return "", "", errs.New(errs.Forbidden, "contact.no_danger")
	case !danger:
		return "", "", errs.New(errs.Invalid, "contact.danger").In("danger")
	case why == "":
		return "", "", errs.New(errs.Invalid, "field.required", "危险是什么、为什么要马上联系").In("why")
	case len([]rune(why)) > MaxTextRunes:
		return "", "", errs.New(errs.Invalid, "field.too_long", "危险是什么、为什么要马上联系", MaxTextRunes).In("why")
	}
	now := k.cases.now()
	why, _ = k.cases.mask(why)
	r := ContactRequest{
		ID: id.New[ContactRequestID](), Case: c, By: actor.Account, At: now, Why: why, Decided: now, Granted: true, Until: now.Add(atOnceFor), AtOnce: true,
	}
	line := org.Audit{At: now, Actor: actor.Account, Action: "open_contact_at_once", Object: "case:" + string(c), Detail: why}
	if err := k.store.InsertContactRequest(ctx, r, line); err != nil {
		return "", "", err
	}
	return k.open(ctx, actor, c, "工单 "+d.Number+"：危及生命，先行查看，"+why)
}

// AtOnce gives what was opened at once and is not settled, to those who decide
// on requests.
func (k *Contacts) AtOnce(ctx context.Context, actor org.Actor) ([]ContactRequest, error) {
	if err := org.Can(actor, org.ActDisclose); err != nil {
		return nil, err
	}
	return k.store.ContactsAtOnce(ctx, actor, waitingShown)
}

// Tell notes that the citizen was told that their contact was opened at once.
func (k *Contacts) Tell(ctx context.Context, actor org.Actor, c CaseID, request ContactRequestID, how string) error {
	if err := k.decides(ctx, actor, c, request, "记已告知诉求人"); err != nil {
		return err
	}
	how = strings.TrimSpace(how)
	switch {
	case how == "":
		return errs.New(errs.Invalid, "field.required", "怎样告知的").In("how")
	case len([]rune(how)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "怎样告知的", MaxTextRunes).In("how")
	}
	how, _ = k.cases.mask(how)
	r := ContactRequest{ID: request, Case: c, Told: k.cases.now(), ToldHow: how}
	return k.store.TellContact(ctx, r, actor.Account, org.Audit{At: r.Told, Actor: actor.Account, Action: "tell_contact", Object: "case:" + string(c), Detail: how})
}

// Review says whether it was right to open a contact at once; privacy officers
// do.
func (k *Contacts) Review(ctx context.Context, actor org.Actor, c CaseID, request ContactRequestID, proper bool, remark string) error {
	if err := org.Can(actor, org.ActReviewContact); err != nil {
		return err
	}
	if err := k.decides(ctx, actor, c, request, "复核先行查看"); err != nil {
		return err
	}
	remark = strings.TrimSpace(remark)
	switch {
	case !proper && remark == "":
		return errs.New(errs.Invalid, "field.required", "哪里不妥").In("remark")
	case len([]rune(remark)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "复核的说明", MaxTextRunes).In("remark")
	}
	remark, _ = k.cases.mask(remark)
	r := ContactRequest{ID: request, Case: c, Reviewed: k.cases.now(), Proper: proper, Review: remark}
	return k.store.ReviewContact(ctx, r, actor.Account, org.Audit{At: r.Reviewed, Actor: actor.Account, Action: "review_contact", Object: "case:" + string(c), Detail: remark})
}

// Decide grants a request for a number of days, or refuses it. Granting rests on
// the citizen's word: where none is on record, who grants it says so with that,
// and it is recorded; where they have refused it cannot be granted.
func (k *Contacts) Decide(ctx context.Context, actor org.Actor, c CaseID, request ContactRequestID, grant bool, days int, remark string) error {
	if err := k.decides(ctx, actor, c, request, "审批联系方式"); err != nil {
		return err
	}
	switch {
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

// Open shows name and phone to a person of a unit that works on the case who was
// granted them, or when the citizen has agreed beforehand. Every look is on record under that
// person.
func (k *Contacts) Open(ctx context.Context, actor org.Actor, c CaseID) (name, phone string, err error) {
	d, err := k.worker(ctx, actor, c)
	if err != nil {
		return "", "", err
	}
	why := "工单 " + d.Number + "：诉求人同意承办单位联系"
	if !d.Agreed(actor) {
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
	return k.open(ctx, actor, c, why)
}

// open opens the original for this one look; who looks stays on record.
func (k *Contacts) open(ctx context.Context, actor org.Actor, c CaseID, why string) (name, phone string, err error) {
	message, err := k.store.MessageOf(ctx, c)
	if err != nil {
		return "", "", err
	}
	// The right to open is lent, for units have none.
	o, err := k.originals.ReadOriginal(ctx, org.Actor{Account: actor.Account, Roles: org.Roles{org.RoleAdmin}}, message, why)
	return o.Name, o.Phone, err
}
