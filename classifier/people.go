package classifier

import (
	"context"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// PersonRecord is what became of one person's decisions.
type PersonRecord struct {
	Account   org.AccountID
	Name      string
	Decided   int    // effective decisions that named a category and were not withdrawn
	Returned  int    // of Decided: the lead gave it back for lack of duty, or as elsewhere
	Overruled int    // of Decided: somebody else then decided on another category or lead, or declined
	Either    int    // of Decided: returned, overruled or both
	Aside     *Aside // nil: the decisions are learned from
}

// Aside says who left a person's decisions out of what is learned from.
type Aside struct {
	Why    string
	ByName string
	At     time.Time
}

// SetAside is the event that a person's decisions are left out of training and
// of the nearest examples, or taken back in. Append-only. The decisions
// themselves stand.
type SetAside struct {
	ID      string // UUIDv7
	Account org.AccountID
	Aside   bool // false: taken back in
	Why     string
	By      org.AccountID
	At      time.Time
}

// PeopleStore keeps what is said of people's decisions.
type PeopleStore interface {
	// PersonRecords gives who decided in [from, to), and who is set aside, most
	// decisions first.
	PersonRecords(ctx context.Context, from, to time.Time) ([]PersonRecord, error)
	// SetAside stores the event with its audit line and lets the person's
	// examples follow, in one transaction; what is so already stays, without
	// an event. errs.NotFound "people.not_found" for an unknown account.
	SetAside(ctx context.Context, e SetAside, line org.Audit) error
}

// People is where an administrator looks after who the machine learns from. It
// is safe for concurrent use.
type People struct {
	store PeopleStore
	now   func() time.Time
}

// NewPeople makes a People.
func NewPeople(store PeopleStore, now func() time.Time) *People {
	return &People{store: store, now: now}
}

// Records gives what became of people's decisions made in [from, to).
func (p *People) Records(ctx context.Context, actor org.Actor, from, to time.Time) ([]PersonRecord, error) {
	if err := org.Can(actor, org.ActSetAside); err != nil {
		return nil, err
	}
	return p.store.PersonRecords(ctx, from, to)
}

// SetAside leaves a person's decisions out of what is learned from, or takes
// them back in. The next training follows; the nearest examples do at once.
func (p *People) SetAside(ctx context.Context, actor org.Actor, account org.AccountID, aside bool, why string) error {
	if err := org.Can(actor, org.ActSetAside); err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	switch {
	case !id.Valid(account):
		return errs.New(errs.NotFound, "people.not_found")
	case why == "":
		return errs.New(errs.Invalid, "field.required", "原因").In("why")
	case len([]rune(why)) > MaxReasonRunes:
		return errs.New(errs.Invalid, "field.too_long", "原因", MaxReasonRunes).In("why")
	}
	action := "set_aside"
	if !aside {
		action = "take_back_in"
	}
	e := SetAside{ID: id.New[string](), Account: account, Aside: aside, Why: why, By: actor.Account, At: p.now()}
	return p.store.SetAside(ctx, e, org.Audit{At: e.At, Actor: actor.Account, Action: action, Object: "account:" + string(account)})
}
