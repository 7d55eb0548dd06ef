package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"huying/internal/llm/llmtest"
)

// knockers are one of each role, of the demo city: U is of the unit that handles
// the case in question, O of another one; - is nobody who has signed in.
var knockers = []struct{ letter, login string }{
	{"A", "agent3"}, {"D", "dispatcher1"}, {"S", "supervisor1"}, {"E", "editor1"}, {"M", "admin1"}, {"L", "leader1"}, {"P", "privacy1"},
	{"U", ""}, {"O", ""}, {"B", "bot1"}, {"-", ""},
}

// TestWhoGetsWhere knocks at every page and form, and reads everything that the
// API gives, as each role, and holds the answers against the table in
// testdata/access.txt, which is written by hand. What is refused says 403; what
// somebody must not learn of, 404; a form that lacks everything, 422 or 409 for
// whom it is. A route without a line, or a line without a route, is a fault.
func TestWhoGetsWhere(t *testing.T) {
	model := llmtest.New(t, llmtest.By(func(llmtest.Asked) string { return `{}` }))
	c := serveWith(t, cityHome(t), []string{"HUYING_BLIND=0.05", "HUYING_LLM_URL=" + model.URL + "/v1", "HUYING_LLM_MODEL=scripted"}, "--public-ask")
	k := newDoors(t, c)
	got := map[string]map[string]string{} // route, letter: status
	for _, who := range knockers {
		v := k.comes(t, who.letter, who.login)
		for _, r := range k.routes(t) {
			if got[r] == nil {
				got[r] = map[string]string{}
			}
			if who.letter != "-" && citizens(r) {
				continue // whoever is signed in is a citizen there as everybody
			}
			got[r][who.letter] = k.knock(t, v, who.letter, r)
		}
	}
	table := accessTable(t)
	for _, r := range k.routes(t) {
		if line := lineOf(got[r]); table[r] != line {
			t.Errorf("%s\n    is  %s\n    not %s", r, line, table[r])
		}
		delete(table, r)
	}
	for r := range table {
		t.Errorf("%s is in the table and nowhere else", r)
	}
}

// citizens reports whether a route is for citizens, with a limit of requests for
// each address.
func citizens(route string) bool {
	_, path, _ := strings.Cut(route, " ")
	return slices.ContainsFunc([]string{"/ask", "/receipt", "/draws"}, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// lineOf writes answers as the table does: 200 ADSEM, 403 LPUOB.
func lineOf(by map[string]string) string {
	letters := map[string]string{}
	for _, who := range knockers {
		if status, knocked := by[who.letter]; knocked {
			letters[status] += who.letter
		}
	}
	var out []string
	for _, status := range slices.Sorted(maps.Keys(letters)) {
		out = append(out, status+" "+letters[status])
	}
	return strings.Join(out, ", ")
}

// accessTable reads the table: a route, two spaces, the answers; # begins a
// remark.
func accessTable(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "access.txt"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		line, _, _ = strings.Cut(line, "#")
		if route, answers, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			out[route] = strings.TrimSpace(answers)
		}
	}
	return out
}

// doors are where people knock, and what there is behind them.
type doors struct {
	*city
	agent  *caller
	unit   string // that handles the cases
	entry  string
	logins map[string]string // of U and O
	secret map[string]string // passwords that are not the demo's
	tokens map[string]*caller
	there  map[string]*strings.Replacer // letter: real identifiers
	seen   map[string]string            // letter: the version of their case
	pages  []string
}

func newDoors(t *testing.T, c *city) *doors {
	t.Helper()
	k := &doors{city: c, agent: c.caller(t, "agent1"), secret: map[string]string{}, tokens: map[string]*caller{}, there: map[string]*strings.Replacer{}, seen: map[string]string{}}
	out := c.mustCommand(t, "account", "create", "bot1", "--role", "bot")
	k.secret["bot1"] = regexp.MustCompile(`密码：(\S+)`).FindStringSubmatch(out)[1]
	k.logins = map[string]string{"U": "unit1", "O": "unit3"}
	k.entry = must[struct{ Entries []struct{ ID string } }](t, k.agent, http.StatusOK, http.MethodGet, "/api/v1/entries", nil).Entries[0].ID
	k.unit = unitOf(t, k.agent, "云汀市公安局")
	return k
}

// unitOf finds a unit by its whole name.
func unitOf(t *testing.T, c *caller, name string) string {
	t.Helper()
	found := must[struct{ Units []struct{ ID, Name string } }](t, c, http.StatusOK, http.MethodGet, "/api/v1/units?q="+url.QueryEscape(name), nil).Units
	for _, u := range found {
		if u.Name == name {
			return u.ID
		}
	}
	t.Fatalf("no unit %s in %v", name, found)
	return ""
}

// comes signs somebody in and makes an open matter and a case of their own, so
// that what one may change is not in another's way.
func (k *doors) comes(t *testing.T, letter, login string) *visitor {
	t.Helper()
	if login == "" {
		login = k.logins[letter]
	}
	k.make(t, letter)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{city: k.city, http: &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	v.get(t, "/signin")
	if login == "" {
		return v
	}
	k.tokens[letter] = k.caller(t, login)
	password := k.secret[login]
	if password == "" {
		password = demoPassword
	}
	if r := v.post(t, "/signin", url.Values{"login": {login}, "password": {password}}); r.status != http.StatusSeeOther {
		t.Fatalf("%s cannot sign in: %d %s", login, r.status, r.body)
	}
	v.get(t, "/covers") // a page that everybody has, for its token
	return v
}

// make makes what a knocker finds behind the doors.
func (k *doors) make(t *testing.T, letter string) {
	t.Helper()
	open := k.agent.receive(t, delivery{Channel: "web", Text: "公园的长椅坏了，坐不了人，编号 " + letter}).Message.Matters[0]
	filed := k.agent.receive(t, delivery{Channel: "web", Text: "楼下烧烤店的油烟天天往我家灌，编号 " + letter}).Message.Matters[0]
	d := filed.Suggestion.confirmation()
	d.Lead, d.Kind = k.unit, "correct"
	k.agent.decide(t, filed.ID, d)
	var mine struct{ ID, Version string }
	for _, one := range must[caseList](t, k.agent, http.StatusOK, http.MethodGet, "/api/v1/cases?show=waiting", nil).Cases {
		if one.Matter == filed.ID {
			mine.ID = one.ID
			mine.Version = fmt.Sprint(must[caseFile](t, k.agent, http.StatusOK, http.MethodGet, "/api/v1/cases/"+one.ID, nil).Case.Version)
		}
	}
	if mine.ID == "" {
		t.Fatal("no case was filed")
	}
	k.seen[letter] = mine.Version
	none := "01a21692-ee9f-7ee5-aefc-51b835ebd037"
	leaf := open.Suggestion.Candidates[0].Category
	k.there[letter] = strings.NewReplacer(
		":matter", open.ID, ":case", mine.ID, ":category", leaf, ":unit", k.unit, ":move", "accept", ":what", "answer", ":code", "ABCDEFGH23", ":login", "nobody", "*", "app.css", ":alert", "999999",
		":entry", k.entry, ":version", none, ":summons", none, ":group", none, ":file", none, ":cover", none, ":request", none, ":hold", none, ":message", none, ":label", none, ":period", none, ":reward", none,
		":draft", none, ":gap", none, ":note", none, ":digest", none, ":reason", none, ":decision", none, ":notification", none, ":account", none, ":model", none, ":session", none, ":draw", none,
		"/matters/{id}", "/matters/"+open.ID, "/cases/{id}", "/cases/"+mine.ID, "/units/{id}", "/units/"+k.unit, "/entries/{id}", "/entries/"+k.entry, "/catalogue/{id}", "/catalogue/"+leaf, "{login}", "nobody", "{code}", "ABCDEFGH23", "{digest}", none,
		"{id}", none, "{file}", none, "{reply}", none, "{request}", none)
}

// routes are those of the map of pages, and what the API gives.
func (k *doors) routes(t *testing.T) []string {
	t.Helper()
	if k.pages != nil {
		return k.pages
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "server", "routes.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`a\.(Get|Post|Put|Patch|Delete)\((?:"([^"]+)"|leftoversPath)`).FindAllStringSubmatch(string(raw), -1) {
		path := m[2]
		switch path {
		case "":
			path = "/catalogue/leftovers"
		case "/signin", "/signout": // where one comes in and leaves
			continue
		}
		k.pages = append(k.pages, strings.ToUpper(m[1])+" "+path)
	}
	doc := must[struct {
		Paths map[string]map[string]struct{} `json:"paths"`
	}](t, k.agent, http.StatusOK, http.MethodGet, "/api/openapi.json", nil)
	var gives []string
	for path, methods := range doc.Paths {
		if _, ok := methods["get"]; ok {
			gives = append(gives, "GET /api/v1"+strings.TrimPrefix(path, "/api/v1"))
		}
	}
	slices.Sort(gives)
	k.pages = append(k.pages, gives...)
	return k.pages
}

// knock asks for a route as somebody.
func (k *doors) knock(t *testing.T, v *visitor, letter, route string) string {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	path = k.there[letter].Replace(path)
	var r reply
	var err error
	switch {
	case strings.HasPrefix(path, "/api/") && letter != "-":
		r, err = k.tokens[letter].call(t.Context(), method, path+needs(path), nil)
	case method == http.MethodGet:
		r, err = v.try(t.Context(), method, path, nil)
	default:
		r, err = v.try(t.Context(), method, path, url.Values{"csrf": {v.csrf}, "seen": {k.seen[letter]}})
	}
	if err != nil || r.status >= http.StatusInternalServerError {
		t.Fatalf("%s as %s: %d, %v\n%s", route, letter, r.status, err, r.body)
	}
	return fmt.Sprint(r.status)
}
