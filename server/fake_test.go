package server

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// fake stands where the database and the model stand: at the edge of the
// interfaces that server and the stages declare. It keeps the rules that the
// pages rely on (chain of decisions, request keys, key paging) and nothing else.
type fake struct {
	mu       sync.Mutex
	now      time.Time
	down     error // what every call gives while it is set
	accounts map[string]org.Account
	sessions map[[32]byte]org.Session
	failed   map[string]int
	looks    []org.Audit
	book     lookBook
	vault    fakeVault
	roster   roster
	groups   []casework.Group
	loads    []casework.Load // of further units
	rulings  []classifier.Precedent
	centres  centres
	tokens   []org.TokenLine

	order   []intake.MatterID // oldest first
	files   map[intake.MatterID]classifier.File
	answers map[intake.MatterID]kb.InstantAnswer
	keys    map[string]classifier.Decision
	cut     map[classifier.SuggestionID]bool
	sealed  map[intake.MessageID][]byte
	turns   map[intake.MessageID][]intake.Turn
	rates   classifier.Accuracy
	learned fakeLearned

	list    *classifier.Catalogue
	before  *classifier.Catalogue // see older
	asked   *classifier.UseRequest
	areas   []org.Area
	units   []org.Unit
	entries []kb.Entry
	life    fakeLife
	notices []kb.Notice
	result  func(string) kb.Result
	joined  []intake.ContactID
	pinned  []kb.Notice
	talked  []kb.Turn
	handed  []kb.Contact
	talks   map[intake.MessageID][]kb.Turn

	proposals []kb.Proposal
	rounds    map[kb.GroupID][]kb.Round
	replies   []intake.Reply
	overview  kb.Overview

	uploaded []classifier.StoredDraft
	routes   []classifier.RouteLine
	known    [32]byte // digest of a catalogue that is stored already

	agreed    map[classifier.DecisionID]org.AccountID
	contests  map[classifier.DecisionID]casework.Refusal // refusals that a second person agreed to
	alerts    fakeInbox
	answering answering
	cases     map[casework.CaseID]*fakeCase
	models    []classifier.ModelLine
	standing  kb.PolicyStanding
	uploads   []fakeUpload
	given     []kb.Given
	left      []classifier.Leftover // decisions that wait, the latest first
	placed    []classifier.CategoryID
	checks    []kb.Check
	used      []classifier.ModelID
	days      fakeDays
	rules     fakeRules
	outbox    fakeOutbox
	resumed   int
}

func (f *fake) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// enter locks and gives what every call has to fail with now.
func (f *fake) enter() (func(), error) {
	f.mu.Lock()
	return f.mu.Unlock, f.down
}

// Accounts and sessions.

func (f *fake) InsertAccount(_ context.Context, a org.Account, _ org.Audit) error {
	f.accounts[a.Login] = a
	return nil
}

func (f *fake) AccountByLogin(_ context.Context, login string) (org.Account, error) {
	leave, err := f.enter()
	defer leave()
	a, ok := f.accounts[login]
	if err == nil && !ok {
		err = errs.New(errs.NotFound, "account.not_found", login)
	}
	return a, err
}

func (f *fake) RecordSignIn(_ context.Context, s *org.Session, _ string, line org.Audit) error {
	leave, err := f.enter()
	defer leave()
	if s == nil {
		f.failed[line.Object]++
		return err
	}
	f.sessions[s.Hash] = *s
	return err
}

func (f *fake) FailedSignIns(_ context.Context, object string, _ time.Time) (int, error) {
	leave, err := f.enter()
	defer leave()
	return f.failed[object], err
}

func (f *fake) ActorOfSession(_ context.Context, hash [32]byte, now time.Time) (org.Actor, org.Session, error) {
	leave, err := f.enter()
	defer leave()
	s, ok := f.sessions[hash]
	if err == nil && (!ok || !now.Before(s.ExpiresAt)) {
		err = errs.New(errs.NotFound, "session.expired")
	}
	for _, a := range f.accounts {
		if a.ID == s.Account {
			actor, s := f.stands(org.Actor{Account: a.ID, Login: a.Login, Name: a.Name, Roles: a.Roles, Unit: a.Unit}, s)
			s.Unread = f.alerts.unread(a.ID)
			return actor, s, err
		}
	}
	return org.Actor{}, s, err
}

func (f *fake) DeleteSession(_ context.Context, hash [32]byte) error {
	delete(f.sessions, hash)
	return nil
}

func (f *fake) ActorOfToken(context.Context, [32]byte, time.Time) (org.Actor, error) {
	return org.Actor{}, f.down
}

// The desk.

func (f *fake) Queue(_ context.Context, q classifier.QueueFilter) ([]classifier.QueueItem, int, error) {
	leave, err := f.enter()
	defer leave()
	var items []classifier.QueueItem
	open := 0
	for _, m := range slices.Backward(f.order) {
		file := f.files[m]
		if file.Matter.State == intake.MatterOpen && file.Sent == nil {
			open++
		}
		if q.Review != f.forReview(file, q.Floor) && (q.Review || file.Sent != nil && file.Matter.State == intake.MatterOpen) {
			continue
		}
		if file.Matter.State != q.State || q.Before != "" && m >= q.Before {
			continue
		}
		item := classifier.QueueItem{
			Matter: m, Message: file.Message.ID, At: file.Message.At, Channel: file.Message.Channel,
			Title: headingOf(file.Matter), Place: file.Message.Place, Sent: file.Sent,
		}
		if s := file.Suggestion; s != nil && len(s.Candidates) > 0 {
			item.Urgency, item.Doubt = s.Urgency, s.Doubt
			item.Top, item.Probability = s.Candidates[0].Name, s.Candidates[0].Probability
		}
		items = append(items, item)
	}
	if q.Unsure || q.Review {
		slices.SortStableFunc(items, func(a, b classifier.QueueItem) int { return int(1000*a.Probability) - int(1000*b.Probability) })
	}
	return items[:min(len(items), q.Limit)], open, err
}

func (f *fake) File(_ context.Context, m intake.MatterID) (classifier.File, error) {
	leave, err := f.enter()
	defer leave()
	file, ok := f.files[m]
	if err == nil && !ok {
		err = errs.New(errs.NotFound, "matter.not_found")
	}
	return file, err
}

func (f *fake) InsertDecision(_ context.Context, d classifier.Decision, key string) (classifier.Decision, error) {
	leave, err := f.enter()
	defer leave()
	if err != nil {
		return d, err
	}
	if first, ok := f.keys[key]; ok && key != "" {
		return first, nil
	}
	file, ok := f.files[d.Matter]
	if !ok {
		return d, errs.New(errs.NotFound, "matter.not_found")
	}
	if head(file.Decisions) != d.Previous {
		return d, errs.New(errs.Conflict, "decision.conflict")
	}
	d.ByName = f.nameOf(d.By)
	file.Decisions = append(slices.Clone(file.Decisions), d)
	file.Matter.State = intake.MatterDecided
	if d.Kind == classifier.Withdraw {
		file.Matter.State = intake.MatterOpen
	}
	f.files[d.Matter], f.keys[key] = file, d
	return d, nil
}

func (f *fake) InsertVerdict(_ context.Context, m intake.MatterID, solved bool, _ org.AccountID, _ time.Time) error {
	leave, err := f.enter()
	defer leave()
	if err != nil {
		return err
	}
	file, a := f.files[m], f.answers[m]
	file.Matter.State, a.Verdict = intake.MatterOpen, kb.VerdictUnsolved
	if solved {
		file.Matter.State, a.Verdict = intake.MatterAnswered, kb.VerdictSolved
	}
	f.files[m], f.answers[m] = file, a
	return nil
}

func (f *fake) Accuracy(context.Context, time.Time, time.Time) (classifier.Accuracy, error) {
	return f.rates, f.down
}

func (f *fake) InstantAnswer(_ context.Context, _ org.Actor, m intake.MatterID) (kb.InstantAnswer, error) {
	leave, err := f.enter()
	defer leave()
	a, ok := f.answers[m]
	if err == nil && !ok {
		err = errs.New(errs.NotFound, "matter.not_found")
	}
	return a, err
}

// Intake.

func (f *fake) InsertParcel(_ context.Context, p intake.Parcel) (intake.ContactID, bool, error) {
	leave, err := f.enter()
	defer leave()
	if err != nil || p.Message == nil {
		return p.Contact.ID, true, err
	}
	f.put(classifier.File{Message: *p.Message, Matter: p.Message.Matters[0]})
	f.sealed[p.Message.ID] = p.Sealed
	if f.turns == nil {
		f.turns = map[intake.MessageID][]intake.Turn{}
	}
	f.turns[p.Message.ID] = p.Turns
	return p.Contact.ID, true, nil
}

func (f *fake) MessageOfContact(context.Context, intake.ContactID) (intake.Message, error) {
	return intake.Message{}, errs.New(errs.NotFound, "message.not_found")
}

func (f *fake) Message(context.Context, intake.MessageID) (intake.Message, error) {
	return intake.Message{}, errs.New(errs.NotFound, "message.not_found")
}

func (f *fake) SealedOriginal(_ context.Context, m intake.MessageID, look org.Audit) ([]byte, error) {
	leave, err := f.enter()
	defer leave()
	f.looks = append(f.looks, look)
	return f.sealed[m], err
}

// put stores a matter as the newest.
func (f *fake) put(file classifier.File) intake.MatterID {
	f.files[file.Matter.ID] = file
	f.order = append(f.order, file.Matter.ID)
	return file.Matter.ID
}

// Knowledge and notices.

type fakeKnowledge struct{ *fake }

func (f fakeKnowledge) AskText(_ context.Context, _ org.Actor, text string, _ org.AreaCode) (kb.Result, error) {
	return f.result(text), f.down
}

func (f fakeKnowledge) AskWords(context.Context, org.Actor, string, org.AreaCode) (kb.Result, error) {
	return kb.Result{Silence: kb.SilentWords, Matches: []kb.Match{{Entry: f.entries[0], Score: 0.01}}}, f.down
}

func (f fakeKnowledge) Entries(_ context.Context, _ org.Actor, q kb.EntryFilter) ([]kb.Entry, error) {
	var out []kb.Entry
	for _, e := range f.entries {
		if e.State == kb.EntryPublished && (q.Topic == "" || e.Topic == q.Topic) {
			out = append(out, e)
		}
	}
	return out[:min(len(out), q.Limit)], f.down
}

func (f fakeKnowledge) Entry(_ context.Context, _ org.Actor, entry kb.EntryID) (kb.Entry, error) {
	i := slices.IndexFunc(f.entries, func(e kb.Entry) bool { return e.ID == entry })
	if i < 0 {
		return kb.Entry{}, errs.New(errs.NotFound, "page.not_found")
	}
	return f.entries[i], f.down
}

func (f fakeKnowledge) Topics(context.Context, org.Actor) ([]kb.Topic, error) {
	var out []kb.Topic
	for _, e := range f.entries {
		i := slices.IndexFunc(out, func(t kb.Topic) bool { return t.Name == e.Topic })
		if i < 0 {
			out, i = append(out, kb.Topic{Name: e.Topic}), len(out)
		}
		out[i].Entries++
	}
	return out, f.down
}

type fakeNotices struct{ *fake }

func (f fakeNotices) Active(context.Context, org.Actor) ([]kb.Notice, error) {
	return f.notices, f.down
}

func (f fakeNotices) Pin(_ context.Context, actor org.Actor, n kb.Notice) (kb.Notice, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return n, err
	}
	if err := n.Validate(); err != nil {
		return n, err
	}
	n.ID = id.New[kb.NoticeID]()
	f.pinned = append(f.pinned, n)
	f.notices = append([]kb.Notice{n}, f.notices...)
	return n, nil
}

func (f fakeNotices) Join(_ context.Context, _ org.Actor, n kb.NoticeID, c intake.ContactID) error {
	for i := range f.notices {
		if f.notices[i].ID == n {
			f.notices[i].Calls++
			f.joined = append(f.joined, c)
			return nil
		}
	}
	return errs.New(errs.NotFound, "page.not_found")
}

// Models, catalogue and places.

type fakeModels struct{ *fake }

func (f fakeModels) List(_ context.Context, actor org.Actor) ([]classifier.ModelLine, error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return nil, err
	}
	return f.models, f.down
}

func (f fakeModels) Use(_ context.Context, actor org.Actor, model classifier.ModelID) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	at := slices.IndexFunc(f.models, func(l classifier.ModelLine) bool { return l.ID == model && l.Kept })
	if at < 0 {
		return errs.New(errs.NotFound, "model.not_found")
	}
	for i := range f.models {
		f.models[i].Active = i == at
	}
	f.models[at].PinnedAt, f.models[at].PinnedBy = f.now, actor.Name
	f.used = append(f.used, model)
	return nil
}

func (f fakeModels) Resume(_ context.Context, actor org.Actor) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	for i := range f.models {
		f.models[i].PinnedAt = time.Time{}
	}
	f.resumed++
	return nil
}

type fakeCatalogue struct{ *fake }

func (f fakeCatalogue) Active(context.Context) (*classifier.Catalogue, error) { return f.list, f.down }

func (f fakeCatalogue) Search(_ context.Context, words string, limit int) ([]classifier.CategoryID, error) {
	initials := map[string]string{"油烟污染": "yywr", "社会生活噪声": "shshzs", "占道经营": "zdjy"}
	var out []classifier.CategoryID
	for _, c := range f.list.Leaves() {
		if strings.Contains(c.Name, words) || strings.HasPrefix(c.Code, words) || strings.HasPrefix(initials[c.Name], words) {
			out = append(out, c.ID)
		}
	}
	return out[:min(len(out), limit)], f.down
}

type fakePlaces struct{ *fake }

func (f fakePlaces) Directory(context.Context) (*org.Directory, error) {
	return org.NewDirectory(f.areas, f.units), f.down
}

func (f fakePlaces) Areas(context.Context) ([]org.Area, error) { return f.areas, f.down }

func (f fakePlaces) Units(context.Context) ([]org.Unit, error) { return f.units, f.down }

func (f fakePlaces) SearchUnits(_ context.Context, words string, limit int) ([]org.Unit, error) {
	var out []org.Unit
	for _, u := range f.units {
		if strings.Contains(u.Name, words) {
			out = append(out, u)
		}
	}
	return out[:min(len(out), limit)], f.down
}

func (f *fake) MessageTurns(_ context.Context, m intake.MessageID) ([]intake.Turn, error) {
	return f.turns[m], f.down
}
