package server

import (
	"context"
	"crypto/sha256"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
	"huying/internal/privacy"
	"huying/internal/seal"
	"huying/kb"
)

const password = "云汀-demo-2026"

// world is a server over a fake city, and a browser in front of it.
type world struct {
	t      *testing.T
	fake   *fake
	server *Server
	log    *strings.Builder
	jar    map[string]string // cookies by name
	sealer *seal.Sealer
}

// newWorld makes an empty city with its list, units, accounts and knowledge.
func newWorld(t *testing.T) *world {
	t.Helper()
	now := time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC) // 09:30 on a Monday in Shanghai
	f := &fake{
		now: now, accounts: map[string]org.Account{}, sessions: map[[32]byte]org.Session{}, failed: map[string]int{},
		files: map[intake.MatterID]classifier.File{}, answers: map[intake.MatterID]kb.InstantAnswer{},
		keys: map[string]classifier.Decision{}, cut: map[classifier.SuggestionID]bool{}, sealed: map[intake.MessageID][]byte{},
		list: fakeList(now), areas: fakeAreas, units: fakeUnits(), entries: fakeEntries(now),
	}
	f.result = func(string) kb.Result { return kb.Result{Silence: kb.SilentNothing, Threshold: 0.62} }
	accounts := org.NewAccounts(f, f.clock)
	for _, role := range []org.Role{org.RoleAgent, org.RoleDispatcher, org.RoleSupervisor, org.RoleEditor, org.RoleAdmin, org.RoleLeader, org.RolePrivacy} {
		a := org.Account{Login: string(role), Name: map[org.Role]string{"agent": "陈静", "dispatcher": "何平", "supervisor": "沈清", "editor": "林晓岚", "admin": "周远", "leader": "高岚", "privacy": "许诺"}[role], Roles: org.Roles{role}}
		if role == org.RoleAgent { // who dispatches too, as all agents from before dispatchers had a role
			a.Roles = org.Roles{org.RoleAgent, org.RoleDispatcher}
		}
		if _, err := accounts.Create(t.Context(), org.Actor{}, a, password); err != nil {
			t.Fatal(err)
		}
	}
	for i, login := range []string{"unit", "unit2"} {
		a := org.Account{Login: login, Name: []string{"赵敏", "孙立"}[i], Roles: org.Roles{org.RoleUnit}, Unit: f.units[i].ID}
		if _, err := accounts.Create(t.Context(), org.Actor{}, a, password); err != nil {
			t.Fatal(err)
		}
	}
	sealer, err := seal.New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	in := intake.New(f, sealer, f.clock)
	log := &strings.Builder{}
	desk := classifier.NewDesk(f, f.clock)
	cases := f.casework(desk)
	s, err := New(Options{
		Accounts: accounts, Intake: in, Line: in, Desk: desk, Reviews: classifier.NewReviews(f, desk), Returns: classifier.NewReturns(f, desk), People: classifier.NewPeople(f, f.clock), Gaps: classifier.NewGaps(fakeGaps{fake: f}, pairs{}, classifier.DefaultFloor, f.clock), Splitter: f, Answers: f,
		Blind: f.blindDesk(), Watch: classifier.NewWatch(f, f.clock), Leaves: classifier.NewLeaves(f, pairs{}, f.clock),
		Replies: intake.NewReplies(f, f.clock), Proposals: fakeProposals{f}, Unanswered: fakeUnanswered{f},
		Knowledge: fakeKnowledge{f}, Policies: fakePolicies{f}, Editing: f.editing(), EntryFiles: kb.NewFiles(lifeStore{f}, f.editing()), Upkeep: f.upkeep(), Export: fakeKnowledge{f}, Notices: fakeNotices{f}, Imports: f.importing(), Checks: kb.NewChecks(checkStore{f}, f.clock), Catalogue: fakeCatalogue{f}, Versions: fakeVersions{f}, Drafts: f.drafts(), Replays: classifier.NewReplays(fakeDrafts{f}, f.drafts()), Leftovers: fakeLeftovers{f}, Models: fakeModels{f}, Places: fakePlaces{f},
		Centres: classifier.NewCentres(fakeCentres{f}, f.clock), Cases: cases, Merges: casework.NewMerges(fakeCases{f}, cases), Answering: casework.NewDrafts(fakeCases{f}, cases, fakeCases{f}), Attachments: casework.NewAttachments(fakeCases{f}, cases), Groups: casework.NewGroups(fakeGroups{f}, cases), Archives: casework.NewArchives(fakeCases{f}, fakeCases{f}, fakePlaces{f}, fakeCases{f}, cases), Heads: casework.NewHeads(fakeCases{f}, cases), Arrivals: casework.NewArrivals(fakeCases{f}), Delegates: casework.NewDelegates(cases, fakeCases{f}), FollowUps: casework.NewFollowUps(fakeCases{f}, cases, fakeDecider{f, desk}), SMSReplies: casework.NewSMSReplies(fakeCases{f}, cases), Alerts: casework.NewAlerts(fakeCases{f}, fakeCases{f}, fakeCases{f}, f.clock), Locator: casework.NewLocator(fakeCases{f}, cases), Patrols: casework.NewPatrols(fakeCases{f}, in, fakeCases{f}, cases, fakePlaces{f}), Dividing: casework.NewDividing(fakeCases{f}, cases, fakeCases{f}), Memos: casework.NewMemos(fakeCases{f}, cases), Whistles: casework.NewWhistles(fakeCases{f}, fakeCases{f}, cases, fakePlaces{f}), Disputes: casework.NewDisputes(cases, fakePlaces{f}), Shares: casework.NewShares(cases, fakePlaces{f}), Appointments: casework.NewAppointments(cases, fakePlaces{f}, fakeCases{f}, fakeDecider{f, desk}), Precedents: classifier.NewPrecedents(fakeRulings{f}, f.clock), Hands: casework.NewHands(cases, fakePlaces{f}, fakeCases{f}), Contacts: casework.NewContacts(fakeCases{f}, cases, fakeCases{f}), Refusals: casework.NewRefusals(fakeCases{f}, desk, maskOne, f.clock),
		Workdays: casework.NewWorkdays(&f.days, nil, f.clock), Rulebook: casework.NewRulebook(&f.rules, casework.NewLiveRules(&f.rules), f.clock), Reports: casework.NewReports(&f.outbox, casework.OutboxOptions{}, f.clock), Outbox: casework.NewNotifications(&f.outbox, casework.OutboxOptions{Notifier: f.outbox.by()}, f.clock),
		Looks: org.NewLooks(fakeLooks{f}, in.PhoneHashes, f.clock), Staff: fakePeople{f}, Tokens: f, Covers: org.NewCovers(fakePeople{f}, f.clock), Units: casework.NewUnitLists(fakePlaces{f}, f.clock), HandOvers: casework.NewHandOvers(fakePeople{f}, cases, fakePlaces{f}), Retention: privacy.NewRetention(&f.vault, f.clock), Subjects: privacy.NewSubjects(&f.vault, in, sealer, cases, f.clock),
		Talk: &fakeTalk{f}, PublicAsk: true, Origins: []string{"https://city.example"},
		Ready: func(context.Context) error { return f.down },
		Now:   f.clock, Log: slog.New(slog.NewTextHandler(log, nil)), Demo: true, Version: "0.1.0",
	})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, fake: f, server: s, log: log, jar: map[string]string{}, sealer: sealer}
}

// reply is what came back.
type reply struct {
	status   int
	header   http.Header
	body     string
	location string
}

func (w *world) do(req *http.Request) reply {
	w.t.Helper()
	for name, value := range w.jar {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := w.server.App().Test(req, -1)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if w.jar[c.Name] = c.Value; c.Value == "" {
			delete(w.jar, c.Name)
		}
	}
	return reply{res.StatusCode, res.Header, string(body), res.Header.Get("Location")}
}

func (w *world) get(path string) reply {
	w.t.Helper()
	return w.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// part asks as htmx does.
func (w *world) part(path string) reply {
	w.t.Helper()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	req.Header.Set("HX-Request", "true")
	return w.do(req)
}

// form makes a post with fields given as name, value, name, value.
func form(path string, fields ...string) *http.Request {
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}

// post sends a form with the session's token.
func (w *world) post(path string, fields ...string) reply {
	w.t.Helper()
	return w.do(form(path, append(fields, "csrf", w.csrf())...))
}

func (w *world) csrf() string {
	return w.fake.sessions[sha256.Sum256([]byte(w.jar[sessionCookie]))].CSRF
}

// signIn signs in as a role; the account's login is the role's name.
func (w *world) signIn(role org.Role) {
	w.t.Helper()
	w.signInAs(string(role))
}

// signInAs signs in by login, in place of who was signed in.
func (w *world) signInAs(login string) {
	w.t.Helper()
	delete(w.jar, sessionCookie)
	w.get("/signin")
	r := w.do(form("/signin", "csrf", w.jar[formCookie], "login", login, "password", password))
	if r.status != http.StatusSeeOther {
		w.t.Fatalf("sign-in gives %d: %s", r.status, r.body)
	}
}

var hidden = regexp.MustCompile(`name="(suggestion|previous|key)" value="([^"]*)"`)

// seen gives what the forms of a desk page would send back.
func seen(page string) []string {
	var out []string
	done := map[string]bool{}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		if !done[m[1]] {
			out, done[m[1]] = append(out, m[1], m[2]), true
		}
	}
	return out
}

var tags = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>|<[^>]*>`)

// words is what a person reads of a page, with single spaces.
func words(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
}

// says fails unless the page shows every sentence.
func (w *world) says(r reply, sentences ...string) {
	w.t.Helper()
	text := strings.ReplaceAll(words(r.body), " ", "")
	for _, s := range sentences {
		if !strings.Contains(text, strings.ReplaceAll(s, " ", "")) {
			w.t.Errorf("the page does not say %q:\n%s", s, words(r.body))
		}
	}
}

// status fails unless the reply has it.
func (w *world) status(r reply, want int) {
	w.t.Helper()
	if r.status != want {
		w.t.Errorf("status %d, want %d: %s", r.status, want, words(r.body))
	}
}

// newServed serves the world on a port of its own and gives its address.
func newServed(t *testing.T, w *world) string {
	t.Helper()
	addr, stop := serving(t, w)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + addr
}
