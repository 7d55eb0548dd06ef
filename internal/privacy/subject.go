package privacy

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/text"
)

// RequestID identifies a Request.
type RequestID string

// Request is a citizen asking for what is held of them (个人信息查阅): who took it,
// how it was made sure that it is them, and which messages it opens. The number
// they call from is not in it.
type Request struct {
	ID       RequestID
	At       time.Time
	By       org.AccountID
	ByName   string // only in what the store gives
	Hint     string // 138****0021
	Verified string // how it was made sure: the call back
	Why      string
	Messages []intake.MessageID
}

// RequestLife is how long a request opens what it names: a day's work.
const RequestLife = 24 * time.Hour

// Opens reports whether the request shows something to an actor at a time.
func (r Request) Opens(by org.AccountID, at time.Time) bool {
	return r.By == by && at.Before(r.At.Add(RequestLife))
}

// Held is everything that is held of one message.
type Held struct {
	Message    intake.Message
	Original   intake.Original
	Erased     bool // words and contact are gone
	Unfinished bool // something is still to be done about it
	OnHold     bool // it is kept in spite of the rules
	Cases      []HeldCase
	Told       []casework.Notification
	Rewards    []casework.Reward // without what was declined
	Labels     []casework.Label  // that rest on it
	Looks      []org.Look        // who saw it, the latest first
}

// Erasable reports whether it may be erased now.
func (h Held) Erasable() bool { return !h.Erased && !h.Unfinished && !h.OnHold }

// HeldCase is a case that a message became.
type HeldCase struct {
	ID      casework.CaseID
	Number  string
	Unit    string
	State   casework.State
	Receipt string
	Due     time.Time        // the citizen's
	History []casework.Event // as its citizen may see it
	Files   []casework.Attachment
}

// SealedOriginal is an original as it is stored; Sealed is nil when it is gone.
type SealedOriginal struct {
	Message intake.MessageID
	Sealed  []byte
}

// SubjectStore keeps requests and what they are about.
type SubjectStore interface {
	// MessagesOf gives the messages with one of a phone's hashes, oldest first.
	MessagesOf(ctx context.Context, phone [][]byte) ([]intake.MessageID, error)
	// InsertSubjectRequest stores a request with its audit line.
	InsertSubjectRequest(ctx context.Context, r Request, line org.Audit) error
	// SubjectRequest gives one, or errs.NotFound "subject.not_found".
	SubjectRequest(ctx context.Context, r RequestID) (Request, error)
	// SubjectRequests gives the latest, without their messages.
	SubjectRequests(ctx context.Context, limit int) ([]Request, error)
	// SealedOf gives originals and writes an audit line for each in the same
	// transaction, about its message.
	SealedOf(ctx context.Context, messages []intake.MessageID, line org.Audit) ([]SealedOriginal, error)
	// HeldOf gives what is held of messages, oldest first, without originals and
	// histories.
	HeldOf(ctx context.Context, messages []intake.MessageID) ([]Held, error)
	// ReplaceOriginal puts another original in the place of one;
	// errs.Conflict "subject.changed" when it is another meanwhile.
	ReplaceOriginal(ctx context.Context, m intake.MessageID, before []byte, key string, after Resealed, hint string, line org.Audit) error
	// EraseMessage erases words, contact and attachments of a message; errs.Conflict
	// "subject.unfinished" or "subject.on_hold".
	EraseMessage(ctx context.Context, m intake.MessageID, line org.Audit) error
}

// Histories gives a case as its citizen may see it.
type Histories interface {
	Progress(ctx context.Context, receipt string) (casework.Progress, error)
}

// Phones find messages by phone: intake.Intake.
type Phones interface {
	PhoneHashes(phone string) ([][]byte, error)
}

// Subjects is where a citizen's own data are given, corrected and erased. It is
// safe for concurrent use.
type Subjects struct {
	store     SubjectStore
	phones    Phones
	keys      intake.Keys
	histories Histories
	now       func() time.Time
}

// NewSubjects makes Subjects.
func NewSubjects(store SubjectStore, phones Phones, keys intake.Keys, histories Histories, now func() time.Time) *Subjects {
	return &Subjects{store: store, phones: phones, keys: keys, histories: histories, now: now}
}

// requestsShown is how many requests the log shows.
const requestsShown = 50

// Log gives the latest requests.
func (s *Subjects) Log(ctx context.Context, actor org.Actor) ([]Request, error) {
	if err := org.Can(actor, org.ActSubject); err != nil {
		return nil, err
	}
	return s.store.SubjectRequests(ctx, requestsShown)
}

// Take notes that the citizen behind a number asks. verified says how it was
// made sure that it is them, by calling that number back; called confirms it.
// errs.Invalid "subject.nothing" when there is nothing of that number: that is
// on record too.
func (s *Subjects) Take(ctx context.Context, actor org.Actor, phone string, called bool, verified, why string) (Request, error) {
	if err := org.Can(actor, org.ActSubject); err != nil {
		return Request{}, err
	}
	phone, verified, why = strings.TrimSpace(phone), strings.TrimSpace(verified), strings.TrimSpace(why)
	hashes, err := s.phones.PhoneHashes(phone)
	if err != nil {
		return Request{}, err
	}
	var faults errs.List
	switch {
	case phone == "":
		faults = append(faults, errs.New(errs.Invalid, "field.required", "诉求人的电话").In("phone"))
	case len(hashes) == 0 || len(phone) > 100:
		faults = append(faults, errs.New(errs.Invalid, "subject.phone").In("phone"))
	}
	if !called {
		faults = append(faults, errs.New(errs.Invalid, "subject.called").In("called"))
	}
	for _, f := range []struct{ words, field, label string }{{verified, "verified", "怎样核实"}, {why, "why", "事由"}} {
		if err := needWords(f.words, f.field, f.label); err != nil {
			faults = append(faults, err)
		}
	}
	if err := faults.OrNil(); err != nil {
		return Request{}, err
	}
	found, err := s.store.MessagesOf(ctx, hashes)
	if err != nil {
		return Request{}, err
	}
	r := Request{
		ID: id.New[RequestID](), At: s.now(), By: actor.Account, Hint: text.MaskPhone(phone), Messages: found,
		Verified: intake.Masked(verified), Why: intake.Masked(why),
	}
	err = s.store.InsertSubjectRequest(ctx, r, org.Audit{At: r.At, Actor: r.By, Action: "take_subject_request", Object: "subject:" + string(r.ID), Detail: r.Why})
	if err == nil && len(found) == 0 {
		err = errs.New(errs.Invalid, "subject.nothing").In("phone")
	}
	return r, err
}

// request gives one that opens what it names to the actor.
func (s *Subjects) request(ctx context.Context, actor org.Actor, r RequestID) (Request, error) {
	if err := org.Can(actor, org.ActSubject); err != nil {
		return Request{}, err
	}
	if !id.Valid(r) {
		return Request{}, errs.New(errs.NotFound, "subject.not_found")
	}
	found, err := s.store.SubjectRequest(ctx, r)
	if err == nil && !found.Opens(actor.Account, s.now()) {
		err = errs.New(errs.Forbidden, "subject.closed", int(RequestLife.Hours()))
	}
	return found, err
}

// Open gives everything that a request opens. Every original is a look on
// record.
func (s *Subjects) Open(ctx context.Context, actor org.Actor, r RequestID) (Request, []Held, error) {
	found, err := s.request(ctx, actor, r)
	if err != nil {
		return Request{}, nil, err
	}
	sealed, err := s.store.SealedOf(ctx, found.Messages, org.Audit{
		At: s.now(), Actor: actor.Account, Action: "read_original", Detail: "本人查阅：" + found.Why,
	})
	if err != nil {
		return Request{}, nil, err
	}
	all, err := s.store.HeldOf(ctx, found.Messages)
	if err != nil {
		return Request{}, nil, err
	}
	for i := range all {
		h := &all[i]
		at := slices.IndexFunc(sealed, func(o SealedOriginal) bool { return o.Message == h.Message.ID })
		if h.Erased = at < 0 || sealed[at].Sealed == nil; !h.Erased {
			if h.Original, err = intake.OpenOriginal(s.keys, h.Message.ID, sealed[at].Sealed); err != nil {
				return Request{}, nil, err
			}
		}
		for j := range h.Cases {
			p, err := s.histories.Progress(ctx, h.Cases[j].Receipt)
			if err != nil {
				return Request{}, nil, err
			}
			h.Cases[j].History = p.History
		}
	}
	return found, all, nil
}

// Correct puts right by what name and phone a message was received. The words
// stay: they are what was said.
func (s *Subjects) Correct(ctx context.Context, actor org.Actor, r RequestID, m intake.MessageID, name, phone, why string) error {
	found, err := s.about(ctx, actor, r, m)
	if err != nil {
		return err
	}
	name, phone, why = strings.TrimSpace(name), strings.TrimSpace(phone), strings.TrimSpace(why)
	var faults errs.List
	for _, f := range []struct{ words, field, label string }{{name, "name", "姓名"}, {phone, "phone", "电话"}} {
		if len([]rune(f.words)) > intake.MaxFieldRunes {
			faults = append(faults, errs.New(errs.Invalid, "field.too_long", f.label, intake.MaxFieldRunes).In(f.field))
		}
	}
	if err := needWords(why, "why", "更正的理由"); err != nil {
		faults = append(faults, err)
	}
	if err := faults.OrNil(); err != nil {
		return err
	}
	line := org.Audit{At: s.now(), Actor: actor.Account, Action: "correct_original", Object: "message:" + string(m), Detail: intake.Masked(why)}
	look := line
	look.Action, look.Object, look.Detail = "read_original", "", "更正：本人查阅，"+found.Why
	sealed, err := s.store.SealedOf(ctx, []intake.MessageID{m}, look)
	switch {
	case err != nil:
		return err
	case len(sealed) == 0 || sealed[0].Sealed == nil:
		return errs.New(errs.Conflict, "subject.erased")
	}
	o, err := intake.OpenOriginal(s.keys, m, sealed[0].Sealed)
	if err != nil {
		return err
	}
	o.Name, o.Phone = name, phone
	keys, err := s.keys.Keys()
	if err != nil {
		return err
	}
	var after Resealed
	if after.Sealed, after.PhoneHash, err = intake.SealOriginal(keys[0], m, o); err != nil {
		return err
	}
	return s.store.ReplaceOriginal(ctx, m, sealed[0].Sealed, keys[0].ID(), after, text.MaskPhone(phone), line)
}

// Erase takes words, contact and attachments of a message away for good: of
// what is closed only. The masked words stay, for what was decided rests on
// them.
func (s *Subjects) Erase(ctx context.Context, actor org.Actor, r RequestID, m intake.MessageID, why string) error {
	if _, err := s.about(ctx, actor, r, m); err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	if err := needWords(why, "why", "删除的理由"); err != nil {
		return err
	}
	return s.store.EraseMessage(ctx, m, org.Audit{At: s.now(), Actor: actor.Account, Detail: "本人要求：" + intake.Masked(why)})
}

// about gives a request that opens the message to the actor.
func (s *Subjects) about(ctx context.Context, actor org.Actor, r RequestID, m intake.MessageID) (Request, error) {
	found, err := s.request(ctx, actor, r)
	if err == nil && !slices.Contains(found.Messages, m) {
		err = errs.New(errs.NotFound, "message.not_found")
	}
	return found, err
}
