package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/privacy"
	"huying/internal/seal"
	"huying/kb"
)

// apiFake is the fake city as the API meets it: with tokens, and with the
// channel's own numbers kept apart.
type apiFake struct {
	*fake
	mu       sync.Mutex
	tokens   map[[32]byte]org.Actor
	contacts map[string]intake.ContactID
}

func (f *apiFake) ActorOfToken(_ context.Context, hash [32]byte, _ time.Time) (org.Actor, error) {
	actor, ok := f.tokens[hash]
	if f.down == nil && !ok {
		return actor, errs.New(errs.NotFound, "token.not_found")
	}
	return actor, f.down
}

func (f *apiFake) InsertParcel(ctx context.Context, p intake.Parcel) (intake.ContactID, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	number := string(p.Contact.Channel) + "/" + p.Contact.ExternalID
	if first, known := f.contacts[number]; known && p.Contact.ExternalID != "" {
		return first, false, nil
	}
	f.contacts[number] = p.Contact.ID
	return f.fake.InsertParcel(ctx, p)
}

func (f *apiFake) find(fits func(intake.Message) bool) (intake.Message, error) {
	for _, file := range f.files {
		if fits(file.Message) {
			return file.Message, f.down
		}
	}
	return intake.Message{}, errs.New(errs.NotFound, "message.not_found")
}

func (f *apiFake) MessageOfContact(_ context.Context, c intake.ContactID) (intake.Message, error) {
	return f.find(func(m intake.Message) bool { return m.Contact == c })
}

func (f *apiFake) Message(_ context.Context, id intake.MessageID) (intake.Message, error) {
	return f.find(func(m intake.Message) bool { return m.ID == id })
}

// apiLine is intake with a suggestion and a silence for every matter.
type apiLine struct {
	*intake.Intake
	w *apiWorld
}

func (l apiLine) Take(ctx context.Context, actor org.Actor, d intake.Delivery) (intake.Receipt, []classifier.Suggestion, []kb.InstantAnswer, error) {
	r, err := l.Receive(ctx, actor, d)
	if err != nil || r.Message == nil || r.Duplicate {
		return r, nil, nil, err
	}
	matter := r.Message.Matters[0].ID
	s := l.w.suggest(classifier.Several, "油烟污染", 0.71, "露天烧烤", 0.18)
	s.Matter, s.Version = matter, l.w.fake.list.Version.ID
	a := kb.InstantAnswer{ID: id.New[kb.AnswerID](), Matter: matter, At: l.w.fake.now, Silence: kb.SilentCase}
	file := l.w.fake.files[matter]
	file.Suggestion = s
	l.w.fake.files[matter], l.w.fake.answers[matter] = file, a
	return r, []classifier.Suggestion{*s}, []kb.InstantAnswer{a}, nil
}

// apiWorld is a world with the API mounted, and a client with a token.
type apiWorld struct {
	*world
	api   *apiFake
	token string
}

func newAPIWorld(t *testing.T) *apiWorld {
	t.Helper()
	w := &apiWorld{world: newWorld(t), token: "hy_test"}
	w.api = &apiFake{fake: w.fake, tokens: map[[32]byte]org.Actor{}, contacts: map[string]intake.ContactID{}}
	w.allow(w.token, org.Actor{Account: id.New[org.AccountID](), Login: "gateway", Name: "市长信箱", Roles: org.Roles{org.RoleAgent, org.RoleDispatcher}})
	sealer, err := seal.New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	in := intake.New(w.api, sealer, w.fake.clock)
	desk := classifier.NewDesk(w.fake, w.fake.clock)
	cases := w.fake.casework(desk)
	w.server, err = New(Options{
		Accounts: org.NewAccounts(w.api, w.fake.clock), Intake: in, Line: in, Taker: apiLine{in, w},
		Desk: desk, Returns: classifier.NewReturns(w.fake, desk), People: classifier.NewPeople(w.fake, w.fake.clock),
		Gaps: classifier.NewGaps(fakeGaps{fake: w.fake}, pairs{}, classifier.DefaultFloor, w.fake.clock), Answers: w.fake, Knowledge: fakeKnowledge{w.fake}, Policies: fakePolicies{w.fake}, Editing: w.fake.editing(), EntryFiles: kb.NewFiles(lifeStore{w.fake}, w.fake.editing()), Upkeep: w.fake.upkeep(), Export: fakeKnowledge{w.fake},
		Blind: w.fake.blindDesk(), Watch: classifier.NewWatch(w.fake, w.fake.clock), Leaves: classifier.NewLeaves(w.fake, pairs{}, w.fake.clock),
		Looks: org.NewLooks(fakeLooks{w.fake}, in.PhoneHashes, w.fake.clock), Staff: fakePeople{w.fake}, Covers: org.NewCovers(fakePeople{w.fake}, w.fake.clock), Units: casework.NewUnitLists(fakePlaces{w.fake}, w.fake.clock), HandOvers: casework.NewHandOvers(fakePeople{w.fake}, cases, fakePlaces{w.fake}), Retention: privacy.NewRetention(&w.fake.vault, w.fake.clock), Subjects: privacy.NewSubjects(&w.fake.vault, in, sealer, cases, w.fake.clock),
		Centres: classifier.NewCentres(fakeCentres{w.fake}, w.fake.clock), Cases: cases, Merges: casework.NewMerges(fakeCases{w.fake}, cases), Answering: casework.NewDrafts(fakeCases{w.fake}, cases, fakeCases{w.fake}), Attachments: casework.NewAttachments(fakeCases{w.fake}, cases), Groups: casework.NewGroups(fakeGroups{w.fake}, cases), Archives: casework.NewArchives(fakeCases{w.fake}, fakeCases{w.fake}, fakePlaces{w.fake}, fakeCases{w.fake}, cases), Heads: casework.NewHeads(fakeCases{w.fake}, cases), Arrivals: casework.NewArrivals(fakeCases{w.fake}), FollowUps: casework.NewFollowUps(fakeCases{w.fake}, cases, fakeDecider{w.fake, desk}), Delegates: casework.NewDelegates(cases, fakeCases{w.fake}), SMSReplies: casework.NewSMSReplies(fakeCases{w.fake}, cases), Alerts: casework.NewAlerts(fakeCases{w.fake}, fakeCases{w.fake}, fakeCases{w.fake}, w.fake.clock), Reports: casework.NewReports(&w.fake.outbox, casework.OutboxOptions{}, w.fake.clock), Outbox: casework.NewNotifications(&w.fake.outbox, casework.OutboxOptions{Notifier: w.fake.outbox.by()}, w.fake.clock), Locator: casework.NewLocator(fakeCases{w.fake}, cases), Patrols: casework.NewPatrols(fakeCases{w.fake}, in, fakeCases{w.fake}, cases, fakePlaces{w.fake}), Dividing: casework.NewDividing(fakeCases{w.fake}, cases, fakeCases{w.fake}), Memos: casework.NewMemos(fakeCases{w.fake}, cases), Whistles: casework.NewWhistles(fakeCases{w.fake}, fakeCases{w.fake}, cases, fakePlaces{w.fake}), Disputes: casework.NewDisputes(cases, fakePlaces{w.fake}), Shares: casework.NewShares(cases, fakePlaces{w.fake}), Appointments: casework.NewAppointments(cases, fakePlaces{w.fake}, fakeCases{w.fake}, fakeDecider{w.fake, desk}), Precedents: classifier.NewPrecedents(fakeRulings{w.fake}, w.fake.clock), Hands: casework.NewHands(cases, fakePlaces{w.fake}, fakeCases{w.fake}), Contacts: casework.NewContacts(fakeCases{w.fake}, cases, fakeCases{w.fake}), Refusals: casework.NewRefusals(fakeCases{w.fake}, desk, maskOne, w.fake.clock), Rulebook: casework.NewRulebook(&w.fake.rules, casework.NewLiveRules(&w.fake.rules), w.fake.clock), Talk: fakeTalk{w.fake}, Notices: fakeNotices{w.fake}, Catalogue: fakeCatalogue{w.fake}, Versions: fakeVersions{w.fake}, Drafts: w.fake.drafts(), Replays: classifier.NewReplays(fakeDrafts{w.fake}, w.fake.drafts()), Leftovers: fakeLeftovers{w.fake}, Models: fakeModels{w.fake}, Places: fakePlaces{w.fake},
		Now: w.fake.clock, Log: slog.New(slog.NewTextHandler(w.log, nil)), Version: "0.1.0",
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *apiWorld) allow(token string, actor org.Actor) {
	w.api.tokens[sha256.Sum256([]byte(token))] = actor
}

// call makes a request with the token; a body is sent as JSON.
func (w *apiWorld) call(method, path, body string, headers ...string) reply {
	w.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequest(method, path, r)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return w.do(req)
}

// read fails unless the reply has the status and a body of the type.
func read[T any](t *testing.T, r reply, status int) T {
	t.Helper()
	var out T
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	d := json.NewDecoder(strings.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return out
}

// refused fails unless the reply is a problem with status and code, in Chinese.
func refused(t *testing.T, r reply, status int, code errs.Code) apiProblem {
	t.Helper()
	p := read[apiProblem](t, r, status)
	if p.Code != code || p.Status != status {
		t.Errorf("code %s, status %d; want %s, %d: %s", p.Code, p.Status, code, status, r.body)
	}
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	for _, s := range []string{p.Title, p.Detail} {
		if !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q is not Chinese", s)
		}
	}
	return p
}

const fumes = `{"channel":"hotline","external_id":"A-1","at":"2026-11-23T09:28:00+08:00","title":"油烟扰民",
	"text":"我叫王小明，电话13812340021，楼下烧烤店油烟往家里灌。","name":"王小明","phone":"13812340021","consent":"yes","area":"990101"}`

func TestAMessageComesBackMaskedWithItsSuggestion(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	r := w.call(http.MethodPost, "/api/v1/messages", fumes)
	first := read[apiReceipt](t, r, http.StatusCreated)
	if first.Duplicate || first.Message == nil || r.location != "/api/v1/messages/"+string(first.Message.ID) {
		t.Fatalf("receipt %+v at %q", first, r.location)
	}
	for _, secret := range []string{"王小明", "13812340021"} {
		if strings.Contains(r.body, secret) {
			t.Errorf("the answer shows %s", secret)
		}
	}
	s := first.Message.Matters[0].Suggestion
	if s == nil || len(s.Candidates) != 2 || s.Candidates[0].Name != "油烟污染" || s.Candidates[0].Lead.Unit == "" {
		t.Fatalf("suggestion %+v", s)
	}
	if a := first.Message.Matters[0].Answer; a == nil || a.Silence != kb.SilentCase {
		t.Errorf("answer %+v", a)
	}

	again := read[apiReceipt](t, w.call(http.MethodPost, "/api/v1/messages", fumes), http.StatusOK)
	if !again.Duplicate || again.Message.ID != first.Message.ID || again.Message.Matters[0].Suggestion.ID != s.ID {
		t.Errorf("the same number gives %+v", again)
	}
	got := read[apiMessage](t, w.call(http.MethodGet, r.location, ""), http.StatusOK)
	if got.At.Format(time.RFC3339) != "2026-11-23T01:28:00Z" {
		t.Errorf("said at %v", got.At)
	}
	if got.ID != first.Message.ID || got.Matters[0].Suggestion == nil || got.Matters[0].Answer == nil {
		t.Errorf("message %+v", got)
	}
}

func TestAContactWithoutWordsIsKept(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	got := read[apiReceipt](t, w.call(http.MethodPost, "/api/v1/messages", `{"channel":"hotline","outcome":"silent"}`), http.StatusCreated)
	if got.Contact == "" || got.Message != nil {
		t.Errorf("receipt %+v", got)
	}
}

func TestADecisionIsMadeOnceAndOnWhatWasSeen(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	m := read[apiReceipt](t, w.call(http.MethodPost, "/api/v1/messages", fumes), http.StatusCreated).Message.Matters[0]
	top := m.Suggestion.Candidates[0]
	body := `{"kind":"confirm","suggestion":"` + string(m.Suggestion.ID) + `","category":"` + strings.ToUpper(string(top.Category)) +
		`","lead":"` + string(top.Lead.Unit) + `","type":"投诉","urgency":"C","key":"k-1"}`
	path := "/api/v1/matters/" + strings.ToUpper(string(m.ID))
	d := read[apiDecision](t, w.call(http.MethodPost, path+"/decisions", body), http.StatusCreated)
	again := read[apiDecision](t, w.call(http.MethodPost, path+"/decisions", body), http.StatusCreated)
	if d.Category != top.Category || d.Matter != m.ID || again.ID != d.ID {
		t.Errorf("decisions %+v and %+v", d, again)
	}
	refused(t, w.call(http.MethodPost, path+"/decisions", strings.Replace(body, "k-1", "k-2", 1)), http.StatusConflict, "decision.conflict")
	refused(t, w.call(http.MethodPost, path+"/decisions", `{"kind":"decline","reason":"已由信访受理","category":"`+string(top.Category)+`"}`),
		http.StatusUnprocessableEntity, "decision.needless")

	file := read[apiFile](t, w.call(http.MethodGet, path, ""), http.StatusOK)
	if file.Matter.ID != m.ID || file.Matter.State != intake.MatterDecided || len(file.Decisions) != 1 || file.Matter.Answer == nil {
		t.Errorf("file %+v", file)
	}
	if r := w.call(http.MethodPost, path+"/verdict", `{"solved":true}`); r.status != http.StatusNoContent || r.body != "" {
		t.Errorf("verdict gives %d %s", r.status, r.body)
	}
	queue := read[apiQueue](t, w.call(http.MethodGet, "/api/v1/matters?state=answered&limit=1", ""), http.StatusOK)
	if len(queue.Matters) != 1 || queue.Matters[0].Matter != m.ID || queue.Next != m.ID {
		t.Errorf("queue %+v", queue)
	}
}

func TestWhatIsReadIsCompleteAndNeverNull(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	entry, notice := string(w.fake.entries[0].ID), kb.Notice{ID: id.New[kb.NoticeID](), Title: "停水", Text: "抢修中"}
	w.fake.notices = []kb.Notice{notice}
	w.fake.result = func(string) kb.Result {
		return kb.Result{Answered: true, Direct: true, Threshold: 0.6, Matches: []kb.Match{{Entry: w.fake.entries[0], Score: 0.9}}}
	}
	for _, c := range []struct {
		name, method, path, body, holds string
		status                          int
	}{
		{"me", "GET", "/me", "", "市长信箱", 200},
		{"entries", "GET", "/entries?limit=1", "", `"next":"` + entry, 200},
		{"entry", "GET", "/entries/" + entry, "", w.fake.entries[0].Question, 200},
		{"no such entry", "GET", "/entries/" + string(notice.ID), "", "没有", 404},
		{"ask", "POST", "/ask", `{"text":"居住证怎么续签"}`, `"answered":true`, 200},
		{"notices", "GET", "/notices", "", "抢修中", 200},
		{"join", "POST", "/notices/" + string(notice.ID) + "/contacts", `{"contact":"` + entry + `"}`, "", 204},
		{"leaves", "GET", "/catalogue?limit=2", "", "DB44/T 2479-2024", 200},
		{"leaves after one", "GET", "/catalogue?after=" + string(w.leaf("油烟污染").ID), "", "露天烧烤", 200},
		{"leaves after none", "GET", "/catalogue?after=" + entry, "", "没有找到这个事项", 404},
		{"search", "GET", "/catalogue/search?q=yywr", "", "油烟污染", 200},
		{"units", "GET", "/units?q=%E5%85%AC%E5%AE%89", "", "云汀市公安局", 200},
		{"areas", "GET", "/areas", "", "松柏街道", 200},
		{"accuracy", "GET", "/accuracy?from=2026-11-01T00:00:00Z", "", `"weeks":[]`, 200},
		{"accuracy of nothing", "GET", "/accuracy?from=2026-11-01T00:00:00Z&to=2026-11-01T00:00:00Z", "", "结束时间须晚于开始时间", 422},
		{"accuracy of a year of five digits", "GET", "/accuracy?to=9999-12-31T23:59:59-12:00", "", "RFC 3339", 422},
		{"accuracy of year 0", "GET", "/accuracy?to=0000-01-01T00:00:00Z", "", "RFC 3339", 422},
		{"queue", "GET", "/matters", "", `"matters":[]`, 200},
	} {
		r := w.call(c.method, "/api/v1"+c.path, c.body)
		if r.status != c.status || !strings.Contains(r.body, c.holds) {
			t.Errorf("%s: %d %s", c.name, r.status, r.body)
		}
		if bytes.Contains([]byte(r.body), []byte("null")) {
			t.Errorf("%s holds null: %s", c.name, r.body)
		}
	}
}
