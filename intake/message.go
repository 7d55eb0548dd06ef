// Package intake receives what citizens say. A Contact is stored for every
// call or delivery, whatever came of it; a Message for what was said, as one
// or more Matters. The words and the contact as received are sealed apart
// (Original); everything else in the program sees masked text only.
package intake

import (
	"net/mail"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// The identifiers of this package.
type (
	ContactID string
	MessageID string
	MatterID  string
)

// Channel is a way in, such as "hotline". The list is open: a city adds its
// own by delivering on it.
type Channel string

// The channels every installation has.
const (
	Hotline Channel = "hotline"
	Web     Channel = "web"
	WeChat  Channel = "wechat"
	App     Channel = "app"
	Mini    Channel = "mini"
	Mail    Channel = "mail"
	Patrol  Channel = "patrol" // 巡查: seen in the street by people of a unit
)

// Label is the channel's name on screen; an unknown channel keeps its own.
func (c Channel) Label() string {
	switch c {
	case Hotline:
		return "热线"
	case Web:
		return "网页"
	case WeChat:
		return "微信"
	case App:
		return "客户端"
	case Mini:
		return "小程序"
	case Mail:
		return "信箱"
	case Patrol:
		return "巡查"
	}
	return string(c)
}

// Outcome is what came of a contact.
type Outcome string

// The outcomes. Received is the state of a contact whose message waits for a
// decision; the others are final, though an answer may be taken back.
const (
	Received    Outcome = "received"    // a message was stored
	Answered    Outcome = "answered"    // answered at once, nothing to handle
	Transferred Outcome = "transferred" // handed to another service in the call
	Dropped     Outcome = "dropped"     // the line broke or the caller hung up
	Silent      Outcome = "silent"      // nobody spoke
)

// begins gives where a matter of such a contact stands at first: what was
// settled in the call waits for nobody. A caller who was cut off had something
// to say.
func (o Outcome) begins() MatterState {
	if o == Answered || o == Transferred {
		return MatterAnswered
	}
	return MatterOpen
}

// Valid reports whether o is one of the outcomes.
func (o Outcome) Valid() bool {
	switch o {
	case Received, Answered, Transferred, Dropped, Silent:
		return true
	}
	return false
}

// Consent says whether the handling unit may have the citizen's contact.
type Consent string

// The answers. Unasked is treated as a no.
const (
	ConsentUnasked Consent = ""
	ConsentYes     Consent = "yes"
	ConsentNo      Consent = "no"
)

// Limits of what is accepted, in characters (runes).
const (
	MaxTextRunes  = 20_000
	MaxTitleRunes = 200
	MaxFieldRunes = 100 // name, phone, place, need, external id
)

// Delivery is what a channel hands over: one contact and, unless the outcome
// says otherwise, what was said. Zero values mean "not given".
type Delivery struct {
	Channel    Channel
	ExternalID string    // the channel's own number; the same twice is the same contact
	At         time.Time // when it was said; zero: now
	Outcome    Outcome   // empty: Received
	Title      string
	Text       string
	Name       string // of the citizen; sealed
	Phone      string // of the citizen; sealed
	Email      string // of the citizen; sealed
	Anonymous  bool
	Consent    Consent
	Area       org.AreaCode
	Place      string
	Need       string // dialect, minority language, hearing …

	// Turns are a call as it was written down. Text is what the citizen said in
	// them, unless it is given.
	Turns []Turn
	Quiet bool // it comes from a file: nobody is told that it has come in
}

// Contact is one call or delivery.
type Contact struct {
	ID         ContactID
	Channel    Channel
	ExternalID string
	At         time.Time
	ReceivedAt time.Time
	Outcome    Outcome
	By         org.AccountID
}

// Message is what a citizen said, masked.
type Message struct {
	ID         MessageID
	Contact    ContactID
	Channel    Channel
	ExternalID string
	At         time.Time // when it was said
	ReceivedAt time.Time // when we stored it
	Title      string    // masked
	Text       string    // masked
	PhoneHint  string    // 138****0021; empty without a phone
	Anonymous  bool
	Consent    Consent
	Area       org.AreaCode
	Place      string
	Need       string
	Secret     Secrecy      // whether it holds what is secret
	Accused    []Accusation // of its matters; only in what the store gives
	Matters    []Matter
}

// Matter is one thing a message asks for; Suggestion, Decision and Case refer
// to a matter, because a message names two more often than one thinks.
type Matter struct {
	ID      MatterID
	Message MessageID
	Ordinal int // from 1
	Title   string
	Text    string
	State   MatterState
}

// MatterState is where a matter stands.
type MatterState string

// The states. They follow from the decisions and are stored for the queue.
const (
	MatterOpen     MatterState = "open"     // waits for a person
	MatterAnswered MatterState = "answered" // an instant answer solved it
	MatterDecided  MatterState = "decided"  // a decision stands
)

// Original is what was received, in clear. Only ReadOriginal gives it, and
// every look is audited.
type Original struct {
	Title string `json:"title,omitempty"`
	Text  string `json:"text"`
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
	Call  string `json:"call,omitempty"` // its turns as received, a line each: who said what

	Locked *LockedWords `json:"locked,omitempty"` // what a locked message's masked words were; nil: it is not locked
}

// earliest is older than any message that is handed over: a time before it is
// a clock that was never set, or a year that RFC 3339 cannot write back.
var earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// Validate reports every fault of d at once, each naming its field by its API
// name. now bounds At: a message from more than a day ahead is a wrong clock.
func (d Delivery) Validate(now time.Time) error {
	var faults errs.List
	required := func(field, label, value string) {
		if value == "" {
			faults = append(faults, errs.New(errs.Invalid, "field.required", label).In(field))
		}
	}
	short := func(field, label, value string, limit int) {
		if runes(value) > limit {
			faults = append(faults, errs.New(errs.Invalid, "field.too_long", label, limit).In(field))
		}
	}
	required("channel", "渠道", string(d.Channel))
	faults = append(faults, validateTurns(d.Turns)...)
	if len(d.Turns) > 0 && (d.Outcome == "" || d.Outcome == Received) && d.Title == "" && d.Text == "" {
		faults = append(faults, errs.New(errs.Invalid, "transcript.nobody").In("turns"))
	} else if (d.Outcome == "" || d.Outcome == Received) && d.Title == "" && d.Text == "" {
		faults = append(faults, errs.New(errs.Invalid, "message.empty").In("text"))
	}
	short("channel", "渠道", string(d.Channel), MaxFieldRunes)
	short("external_id", "渠道编号", d.ExternalID, MaxFieldRunes)
	short("title", "标题", d.Title, MaxTitleRunes)
	short("text", "诉求内容", d.Text, MaxTextRunes)
	short("name", "姓名", d.Name, MaxFieldRunes)
	short("phone", "电话", d.Phone, MaxFieldRunes)
	short("email", "邮箱", d.Email, MaxFieldRunes)
	if address, err := mail.ParseAddress(d.Email); d.Email != "" && (err != nil || address.Address != d.Email) {
		faults = append(faults, errs.New(errs.Invalid, "field.email").In("email"))
	}
	short("place", "地点", d.Place, MaxFieldRunes)
	short("need", "特殊需要", d.Need, MaxFieldRunes)
	if d.Outcome != "" && !d.Outcome.Valid() {
		faults = append(faults, errs.New(errs.Invalid, "field.invalid", "结果", string(d.Outcome)).In("outcome"))
	}
	if d.Consent != ConsentUnasked && d.Consent != ConsentYes && d.Consent != ConsentNo {
		faults = append(faults, errs.New(errs.Invalid, "field.invalid", "联系意愿", string(d.Consent)).In("consent"))
	}
	if !d.At.IsZero() && d.At.After(now.Add(24*time.Hour)) {
		faults = append(faults, errs.New(errs.Invalid, "message.future").In("at"))
	}
	if !d.At.IsZero() && d.At.Before(earliest) {
		faults = append(faults, errs.New(errs.Invalid, "message.past").In("at"))
	}
	return faults.OrNil()
}

func runes(s string) int {
	n := 0
	for range s {
		n++
	}
	return n
}
