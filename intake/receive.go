package intake

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/seal"
	"huying/internal/text"
)

// Store keeps what is received.
type Store interface {
	// InsertParcel stores contact, message, matters and the sealed original in
	// one transaction. When the channel's number is known already, nothing is
	// stored and the first contact's id comes back with created false.
	InsertParcel(ctx context.Context, p Parcel) (first ContactID, created bool, err error)
	// MessageOfContact gives the message with its matters, errs.NotFound when
	// the contact has none.
	MessageOfContact(ctx context.Context, contact ContactID) (Message, error)
	// Message gives a message with its matters, or errs.NotFound.
	Message(ctx context.Context, message MessageID) (Message, error)
	// SealedOriginal gives the sealed words and writes the audit line in the
	// same transaction. errs.NotFound when they were deleted.
	SealedOriginal(ctx context.Context, message MessageID, look org.Audit) ([]byte, error)
	// MessageTurns gives the turns of a message that was a call, masked; none
	// for any other.
	MessageTurns(ctx context.Context, message MessageID) ([]Turn, error)
}

// Parcel is everything one delivery leaves in the store.
type Parcel struct {
	Contact   Contact
	Message   *Message // nil: nothing was said
	KeyID     string
	Sealed    []byte // the Original, sealed with the message's id as context
	PhoneHash []byte // nil without a phone
	Turns     []Turn // masked
	Tell      bool   // the citizen is told that it has come in
}

// Receipt is what the channel gets back.
type Receipt struct {
	Contact   ContactID
	Message   *Message // nil: nothing was said
	Duplicate bool     // the delivery was known already; Message is the first one
}

// Keys are the keys in use, the one that seals first; there is always one.
type Keys interface {
	Keys() ([]*seal.Sealer, error)
}

// Intake receives deliveries. It is safe for concurrent use.
type Intake struct {
	store Store
	keys  Keys
	now   func() time.Time
}

// New makes an Intake.
func New(store Store, keys Keys, now func() time.Time) *Intake {
	return &Intake{store: store, keys: keys, now: now}
}

// Receive stores one delivery. The same channel and external id a second time
// gives the first message, not a second one. It returns an errs.List that
// names each faulty field, errs.Forbidden, or errs.Unavailable when the store
// does not answer; then nothing is stored.
func (in *Intake) Receive(ctx context.Context, actor org.Actor, d Delivery) (Receipt, error) {
	if err := org.CanOn(actor, org.ActReceive, string(d.Channel)); err != nil {
		return Receipt{}, err
	}
	parcel, err := in.Pack(actor, d)
	if err != nil {
		return Receipt{}, err
	}
	parcel.Tell = !d.Quiet && parcel.tells()
	first, created, err := in.store.InsertParcel(ctx, parcel)
	if err != nil {
		return Receipt{}, err
	}
	if created {
		return Receipt{Contact: parcel.Contact.ID, Message: parcel.Message}, nil
	}
	r := Receipt{Contact: first, Duplicate: true}
	m, err := in.store.MessageOfContact(ctx, first)
	switch {
	case err == nil:
		r.Message = &m
	case errs.KindOf(err) != errs.NotFound:
		return Receipt{}, err
	}
	return r, nil
}

// Pack checks a delivery and makes the parcel to store, without storing it:
// import uses it for a dry run.
func (in *Intake) Pack(actor org.Actor, d Delivery) (Parcel, error) {
	now := in.now()
	d = tidy(d, now)
	if err := d.Validate(now); err != nil {
		return Parcel{}, err
	}
	p := Parcel{Contact: Contact{
		ID:         id.New[ContactID](),
		Channel:    d.Channel,
		ExternalID: d.ExternalID,
		At:         d.At,
		ReceivedAt: now,
		Outcome:    d.Outcome,
		By:         actor.Account,
	}}
	if d.Text == "" && d.Title == "" {
		return p, nil
	}
	m := in.message(p.Contact, d)
	keys, err := in.keys.Keys()
	if err != nil {
		return Parcel{}, err
	}
	p.Message, p.KeyID = &m, keys[0].ID()
	p.Sealed, p.PhoneHash, err = SealOriginal(keys[0], m.ID, Original{Title: d.Title, Text: d.Text, Name: d.Name, Phone: d.Phone, Email: d.Email, Call: writtenDown(d.Turns)})
	p.Turns = maskedTurns(Settle(d.Turns), []string{d.Name, d.Phone, d.Email})
	return p, err
}

// historyAfter is how old something may be of which its citizen is told that it
// has come in: what is older comes from a file or from another system's past.
const historyAfter = 24 * time.Hour

// tells reports whether the citizen is to be told that a parcel has come in:
// who has left a number and talked to nobody. In a call the agent says it.
func (p Parcel) tells() bool {
	c := p.Contact
	return p.Message != nil && p.PhoneHash != nil && c.Outcome == Received && c.Channel != Hotline && c.Channel != Patrol &&
		c.ReceivedAt.Sub(c.At) < historyAfter
}

// tidy fills in what a channel may leave out.
func tidy(d Delivery, now time.Time) Delivery {
	d.Title = text.Normalise(d.Title)
	d.Text = text.Normalise(d.Text)
	d.Place = text.Normalise(d.Place)
	d.Email = strings.TrimSpace(d.Email)
	if d.Text == "" {
		d.Text = CitizenWords(Settle(d.Turns))
	}
	if d.At.IsZero() {
		d.At = now
	}
	if d.Outcome == "" {
		d.Outcome = Received
	}
	if d.Anonymous {
		d.Name, d.Phone, d.Email = "", "", ""
	}
	return d
}

// Masked is a text that is kept without being received: normalised, without
// personal data.
func Masked(s string) string {
	masked, _ := text.Mask(text.Normalise(s))
	return masked
}

// message makes the masked message with its one matter.
func (in *Intake) message(c Contact, d Delivery) Message {
	known := []string{d.Name, d.Phone, d.Email}
	title, _ := text.Mask(d.Title, known...)
	body, _ := text.Mask(d.Text, known...)
	place, _ := text.Mask(d.Place, known...)
	m := Message{
		ID:         id.New[MessageID](),
		Contact:    c.ID,
		Channel:    c.Channel,
		ExternalID: c.ExternalID,
		At:         c.At,
		ReceivedAt: c.ReceivedAt,
		Title:      title,
		Text:       body,
		PhoneHint:  text.MaskPhone(d.Phone),
		Anonymous:  d.Anonymous,
		Consent:    d.Consent,
		Area:       d.Area,
		Place:      place,
		Need:       d.Need,
	}
	if SaysSecret(d.Title, d.Text+"\n"+writtenDown(d.Turns)) {
		m.Secret = SecretHeld
	}
	m.Matters = []Matter{{
		ID:      id.New[MatterID](),
		Message: m.ID,
		Ordinal: 1,
		Title:   title,
		Text:    body,
		State:   c.Outcome.begins(),
	}}
	return m
}

// Message gives a masked message to whoever may read messages.
func (in *Intake) Message(ctx context.Context, actor org.Actor, message MessageID) (Message, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return Message{}, err
	}
	if !id.Valid(message) {
		return Message{}, errs.New(errs.NotFound, "message.not_found")
	}
	m, err := in.store.Message(ctx, message)
	if err != nil {
		return Message{}, err
	}
	if err := org.CanOn(actor, org.ActReadMessages, string(m.Channel)); err != nil {
		return Message{}, err
	}
	if slices.ContainsFunc(m.Accused, func(a Accusation) bool { return a.Shuns(actor) }) {
		return Message{}, errs.New(errs.NotFound, "message.not_found")
	}
	return m, nil
}

// Turns gives the turns of a message that was a call, masked, to whoever may
// read it.
func (in *Intake) Turns(ctx context.Context, actor org.Actor, m Message) ([]Turn, error) {
	if err := org.CanOn(actor, org.ActReadMessages, string(m.Channel)); err != nil {
		return nil, err
	}
	return in.store.MessageTurns(ctx, m.ID)
}

// ReadOriginal opens the words and contact as received. Every look leaves a
// line in the audit log, written before the words are shown. why is the
// reason the actor gives; it is required.
func (in *Intake) ReadOriginal(ctx context.Context, actor org.Actor, message MessageID, why string) (Original, error) {
	if err := org.Can(actor, org.ActReadOriginal); err != nil {
		return Original{}, err
	}
	if why == "" {
		return Original{}, errs.New(errs.Invalid, "field.required", "查看原因").In("why")
	}
	if !id.Valid(message) {
		return Original{}, errs.New(errs.NotFound, "message.not_found")
	}
	sealed, err := in.store.SealedOriginal(ctx, message, org.Audit{
		At:     in.now(),
		Actor:  actor.Account,
		Action: "read_original",
		Object: "message:" + string(message),
		Detail: text.Clip(why, MaxFieldRunes),
	})
	if err != nil {
		return Original{}, in.closed(ctx, message, err)
	}
	o, err := OpenOriginal(in.keys, message, sealed)
	o.Locked = nil
	return o, err
}

// closed says of what was not opened that it is locked, if that is why.
func (in *Intake) closed(ctx context.Context, message MessageID, err error) error {
	if errs.KindOf(err) != errs.NotFound {
		return err
	}
	if m, failed := in.store.Message(ctx, message); failed == nil && m.Secret == SecretLocked {
		return errs.Wrap(err, errs.Forbidden, "secret.readers")
	}
	return err
}

// OpenSealed opens with whichever key of the ring fits; which one it is does not
// need to be said: a key that did not seal opens nothing. errs.Internal
// "seal.open" when none does.
func OpenSealed(ring Keys, sealed []byte, context string) ([]byte, error) {
	keys, err := ring.Keys()
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		var plain []byte
		if plain, err = key.Open(sealed, context); err == nil {
			return plain, nil
		}
	}
	return nil, err
}

// OpenOriginal opens sealed words; the errors are those of OpenSealed.
func OpenOriginal(ring Keys, message MessageID, sealed []byte) (Original, error) {
	plain, err := OpenSealed(ring, sealed, string(message))
	if err != nil {
		return Original{}, err
	}
	var o Original
	if err := json.Unmarshal(plain, &o); err != nil {
		return Original{}, errs.Wrap(err, errs.Internal, "seal.open")
	}
	return o, nil
}

// SealOriginal seals words and contact with one key, and gives the phone's
// fingerprint by it.
func SealOriginal(key *seal.Sealer, message MessageID, o Original) (sealed, phone []byte, err error) {
	plain, err := json.Marshal(o)
	if err != nil {
		return nil, nil, err
	}
	return key.Seal(plain, string(message)), key.Fingerprint(digits(o.Phone)), nil
}

// digits keeps the digits of a phone number, without the country's +86: one
// number has one fingerprint however it is written.
func digits(phone string) string {
	kept := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text.Normalise(phone))
	if len(kept) == 13 {
		kept = strings.TrimPrefix(kept, "86")
	}
	return kept
}

// PhoneHashes are by what a citizen's messages are found again by phone, one for
// each key in use; none for what has no digit. It fails where the keys cannot be
// read: nothing found would then be no answer.
func (in *Intake) PhoneHashes(phone string) ([][]byte, error) {
	keys, err := in.keys.Keys()
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, key := range keys {
		if hash := key.Fingerprint(digits(phone)); hash != nil {
			out = append(out, hash)
		}
	}
	return out, nil
}
