package demo

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// kindCount is the number of unit kinds that the starter's duty rules know,
// 其他 included.
const kindCount = 47

var fakePhone = regexp.MustCompile(`^13[89]00000\d{3}$`)

// formOfAddress is all that the demo tells of a caller's name: a full name
// would be somebody's.
var formOfAddress = regexp.MustCompile(`^\p{Han}(先生|女士)$`)

// leaf is the part of a starter line that these tests need.
type leaf struct {
	Row         int
	Code        string
	Level1      string
	Level2      string
	Level3      string
	Description string
	Examples    []string
	Duty        []duty
	Urgency     string
	Confused    []neighbour
	Ask         string
}

type duty struct {
	When     string
	Lead     string
	Co       []string
	Examples []string
}

type neighbour struct{ Code, Tell string }

// starter reads the catalogue that the program ships.
func starter(t *testing.T) []leaf {
	t.Helper()
	files, err := filepath.Glob("../../classifier/starter/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no starter files: %v", err)
	}
	var leaves []leaf
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewScanner(f)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			dec := json.NewDecoder(strings.NewReader(in.Text()))
			dec.DisallowUnknownFields()
			var l leaf
			if err := dec.Decode(&l); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if !strings.HasPrefix(l.Code, strings.TrimSuffix(filepath.Base(file), ".jsonl")) {
				t.Errorf("%s holds code %s", file, l.Code)
			}
			leaves = append(leaves, l)
		}
		if err := in.Err(); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return leaves
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func load[T any](t *testing.T, read func() ([]T, error)) []T {
	t.Helper()
	all, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// unique reports every value that stands twice.
func unique(t *testing.T, what string, values []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, v := range values {
		if seen[v] {
			t.Errorf("%s %q stands twice", what, v)
		}
		seen[v] = true
	}
}

func TestStarterIsWhole(t *testing.T) {
	leaves := starter(t)
	if len(leaves) != 515 {
		t.Fatalf("%d leaves, want 515", len(leaves))
	}
	codes, rows, unnamed := map[string]int{}, map[int]bool{}, 0
	for _, l := range leaves {
		codes[l.Code]++
		rows[l.Row] = true
		if l.Level3 == "" {
			unnamed++
		}
	}
	if len(rows) != 515 || len(codes) != 514 || codes["090499"] != 2 || unnamed != 13 {
		t.Errorf("rows %d, codes %d, 090499 ×%d, unnamed %d; want 515, 514, 2, 13",
			len(rows), len(codes), codes["090499"], unnamed)
	}
	var descriptions []string
	for _, l := range leaves {
		descriptions = append(descriptions, l.Description)
		n := utf8.RuneCountInString(l.Description)
		if n < 12 || n > 42 {
			t.Errorf("%d %s: description has %d characters", l.Row, l.Code, n)
		}
		if len(l.Examples) < 6 || len(l.Duty) == 0 || !hasHan(l.Ask) || !slices.Contains([]string{"A", "B", "C"}, l.Urgency) {
			t.Errorf("%d %s: incomplete", l.Row, l.Code)
		}
		unique(t, l.Code+" example", l.Examples)
		for _, c := range l.Confused {
			if codes[c.Code] == 0 || c.Code == l.Code || !hasHan(c.Tell) {
				t.Errorf("%d %s: bad neighbour %s", l.Row, l.Code, c.Code)
			}
		}
	}
	unique(t, "description", descriptions)
}

func TestEveryKindHasAUnit(t *testing.T) {
	areas, units := load(t, Areas), load(t, Units)
	levels := map[string]int{}
	byCode := map[string]Area{}
	streets := map[string]bool{}
	for _, a := range areas {
		if a.Parent != "" && byCode[a.Parent].Code == "" {
			t.Errorf("area %s stands before its parent", a.Code)
		}
		if !strings.HasPrefix(a.Code, a.Parent[:min(len(a.Parent), 4)]) || !hasHan(a.Name) {
			t.Errorf("area %s: code or name", a.Code)
		}
		if byCode[a.Code].Code != "" {
			t.Errorf("area %s stands twice", a.Code)
		}
		byCode[a.Code] = a
		levels[a.Level]++
		if a.Level == "street" {
			streets[a.Code] = true
		}
	}
	if levels["city"] != 1 || levels["district"] != 4 || levels["street"] != 12 || levels["community"] < 24 {
		t.Errorf("areas by level: %v", levels)
	}
	kinds := map[string]bool{}
	var names []string
	centres := 0
	for _, u := range units {
		names = append(names, u.Name)
		if byCode[u.Area].Code == "" {
			t.Errorf("unit %s: unknown area %s", u.Name, u.Area)
		}
		if u.Kind == "分中心" { // decides itself, and no duty rule names it
			if centres++; byCode[u.Area].Level != "district" {
				t.Errorf("sub-centre %s should serve a district", u.Name)
			}
			continue
		}
		kinds[u.Kind] = true
		if u.Kind == "街道办事处和乡镇政府" {
			delete(streets, u.Area)
		} else if u.Area != areas[0].Code {
			t.Errorf("unit %s should serve the city", u.Name)
		}
	}
	unique(t, "unit", names)
	if centres != 1 {
		t.Errorf("%d sub-centres, want one", centres)
	}
	if len(kinds) != kindCount || len(streets) != 0 {
		t.Errorf("%d kinds have a unit, want %d; streets without an office: %v", len(kinds), kindCount, streets)
	}
	for _, l := range starter(t) {
		for _, d := range l.Duty {
			for _, k := range append([]string{d.Lead}, d.Co...) {
				if !kinds[k] {
					t.Errorf("leaf %s names the kind %s, which has no unit", l.Code, k)
				}
			}
		}
	}
}

func TestAccountsOfEachRole(t *testing.T) {
	units := map[string]bool{}
	for _, u := range load(t, Units) {
		units[u.Name] = true
	}
	roles := map[string]int{}
	var logins []string
	for _, a := range load(t, Accounts) {
		for _, r := range a.Roles {
			roles[r]++
		}
		logins = append(logins, a.Login)
		if !units[a.Unit] || !hasHan(a.Name) {
			t.Errorf("account %s: unknown unit or no name", a.Login)
		}
	}
	unique(t, "login", logins)
	if roles["agent"] < 2 || roles["editor"] < 2 || roles["admin"] < 2 || roles["unit"] < 3 || roles["leader"] < 1 || roles["privacy"] < 1 || roles["dispatcher"] < 2 || roles["supervisor"] < 1 || len(roles) != 8 {
		t.Errorf("accounts by role: %v", roles)
	}
}

func TestEntriesAreComplete(t *testing.T) {
	entries := load(t, Entries)
	if len(entries) != 150 {
		t.Fatalf("%d entries, want 150", len(entries))
	}
	areas := areaCodes(t)
	units := map[string]bool{}
	for _, u := range load(t, Units) {
		units[u.Name] = true
	}
	var wordings []string
	for i, e := range entries {
		if e.ID != fmt.Sprintf("kb-%03d", i+1) {
			t.Errorf("entry %d has the id %s", i+1, e.ID)
		}
		wordings = append(append(wordings, e.Question), e.Phrasings...)
		if n := len(e.Phrasings); n < 2 || n > 5 {
			t.Errorf("%s: %d phrasings", e.ID, n)
		}
		if n := utf8.RuneCountInString(e.Answer); n < 60 || n > 250 {
			t.Errorf("%s: the answer has %d characters", e.ID, n)
		}
		if n := utf8.RuneCountInString(e.Short); n < 10 || n > 80 {
			t.Errorf("%s: the short answer has %d characters", e.ID, n)
		}
		if !units[e.Unit] || (e.Area != "" && !areas[e.Area]) || !hasHan(e.Basis) || e.Topic == "" {
			t.Errorf("%s: unit, area, basis or topic", e.ID)
		}
	}
	unique(t, "wording", wordings)
}

// TestEntriesEndAndBegin keeps entries that no longer hold and entries that do
// not hold yet, so that validity can be seen at work.
func TestEntriesEndAndBegin(t *testing.T) {
	early, late := 0, 0
	for _, e := range load(t, Entries) {
		from, err1 := time.Parse(time.DateOnly, e.ValidFrom)
		until, err2 := time.Parse(time.DateOnly, e.ValidUntil)
		if err1 != nil || err2 != nil || !from.Before(until) {
			t.Errorf("%s: holds from %s until %s", e.ID, e.ValidFrom, e.ValidUntil)
		}
		if until.Year() < 2027 {
			early++
		}
		if from.Year() >= 2027 {
			late++
		}
	}
	if early < 3 || late < 3 {
		t.Errorf("%d entries end before 2027 and %d begin in 2027; want at least 3 of each", early, late)
	}
}

func TestNoticesHoldNow(t *testing.T) {
	areas := areaCodes(t)
	notices := load(t, Notices)
	if len(notices) != 4 {
		t.Fatalf("%d notices, want 4", len(notices))
	}
	for _, n := range notices {
		if n.Starts >= 0 || n.Ends <= 0 || !hasHan(n.Title) || !hasHan(n.Text) || (n.Area != "" && !areas[n.Area]) {
			t.Errorf("notice %q: start, end, words or area", n.Title)
		}
	}
}

func TestMessagesPointAtWhatExists(t *testing.T) {
	leaves := map[string]bool{}
	for _, l := range starter(t) {
		leaves[l.Code] = true
	}
	kinds, entries, areas := map[string]bool{}, map[string]bool{}, areaCodes(t)
	for _, u := range load(t, Units) {
		kinds[u.Kind] = true
	}
	for _, e := range load(t, Entries) {
		entries[e.ID] = true
	}
	var ids, texts []string
	words, silent, answerable, last := 0, 0, 0, -1<<31
	for _, m := range load(t, Messages) {
		ids = append(ids, m.Channel+" "+m.ExternalID)
		if m.At >= 0 || m.At < -3*24*60 || m.At < last {
			t.Errorf("%s: at %d minutes, after %d", m.ExternalID, m.At, last)
		}
		last = m.At
		if m.Phone != "" && !fakePhone.MatchString(m.Phone) {
			t.Errorf("%s: %s is not one of the invented phones", m.ExternalID, m.Phone)
		}
		if m.Name != "" && !formOfAddress.MatchString(m.Name) {
			t.Errorf("%s: %s is not a surname and a form of address", m.ExternalID, m.Name)
		}
		if m.Anonymous && (m.Name != "" || m.Phone != "") {
			t.Errorf("%s: anonymous, but with a contact", m.ExternalID)
		}
		if m.Outcome != "" {
			silent++
			if m.Text != "" || m.Gold != nil {
				t.Errorf("%s: %s, but with words", m.ExternalID, m.Outcome)
			}
			continue
		}
		words++
		texts = append(texts, m.Text)
		g := m.Gold
		if g == nil || !leaves[g.Code] || !kinds[g.Lead] || !areas[m.Area] {
			t.Fatalf("%s: no leaf, lead or area that exists", m.ExternalID)
		}
		if g.Entry != "" {
			answerable++
			if !entries[g.Entry] {
				t.Errorf("%s: no entry %s", m.ExternalID, g.Entry)
			}
		}
		if !slices.Contains([]string{"咨询", "求助", "意见建议", "投诉", "举报", "表扬"}, g.Type) ||
			!slices.Contains([]string{"A", "B", "C"}, g.Urgency) {
			t.Errorf("%s: type %s, urgency %s", m.ExternalID, g.Type, g.Urgency)
		}
	}
	unique(t, "id", ids)
	unique(t, "text", texts)
	if words != 200 || silent < 5 || answerable < 45 {
		t.Errorf("%d messages with words, %d without, %d answerable; want 200, 5 or more, 45 or more", words, silent, answerable)
	}
}

// TestPastsFitTheCity: each line names a leaf and a kind of unit that exist, says
// where once, and is nobody else's: neither another line's nor a message's.
func TestPastsFitTheCity(t *testing.T) {
	leaves, kinds := map[string][]string{}, map[string]bool{}
	for _, l := range starter(t) {
		for _, d := range l.Duty {
			leaves[l.Code] = append(leaves[l.Code], d.Lead)
		}
	}
	for _, u := range load(t, Units) {
		kinds[u.Kind] = true
	}
	var texts []string
	for _, m := range load(t, Messages) {
		if m.Text != "" {
			texts = append(texts, m.Text)
		}
	}
	pasts := load(t, Pasts)
	for _, p := range pasts {
		texts = append(texts, p.Text)
		if !slices.Contains(leaves[p.Code], p.Lead) || !kinds[p.Lead] {
			t.Errorf("%s: no leaf %s that %s leads", p.Text, p.Code, p.Lead)
		}
		if strings.Count(p.Text, "{place}") != 1 {
			t.Errorf("%s: does not say once where", p.Text)
		}
		if !slices.Contains([]string{"咨询", "求助", "意见建议", "投诉", "举报", "表扬"}, p.Type) || !slices.Contains([]string{"B", "C"}, p.Urgency) {
			t.Errorf("%s: type %s, urgency %s", p.Text, p.Type, p.Urgency)
		}
	}
	unique(t, "text", texts)
	if len(pasts) < 100 {
		t.Errorf("%d lines", len(pasts))
	}
}

// areaCodes gives the codes of areas.csv.
func areaCodes(t *testing.T) map[string]bool {
	t.Helper()
	codes := map[string]bool{}
	for _, a := range load(t, Areas) {
		codes[a.Code] = true
	}
	return codes
}

// TestNoPhoneInTextIsReal reads every file whole: a number of eleven digits
// must be an invented one.
func TestNoPhoneInTextIsReal(t *testing.T) {
	number := regexp.MustCompile(`(?:^|[^0-9])(1[3-9]\d{9})(?:[^0-9]|$)`)
	for _, name := range []string{"accounts.csv", "entries.jsonl", "messages.jsonl", "notices.jsonl", "past.csv", "units.csv"} {
		data, err := Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range number.FindAllStringSubmatch(string(data), -1) {
			if !fakePhone.MatchString(m[1]) {
				t.Errorf("%s holds the number %s", name, m[1])
			}
		}
	}
}
