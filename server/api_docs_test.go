package server

import (
	"encoding/json"
	"errors"

	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"huying/classifier"
	"huying/intake"
	"huying/kb"
)

// document is as much of the OpenAPI document as the tests look at.
type document struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		Summary, Description, OperationID string
		Parameters                        []struct{ Name, Description string }
		Responses                         map[string]struct{ Description string }
	}
	Components struct {
		Schemas map[string]struct {
			Properties map[string]property
		}
	}
}

type property struct {
	Description string
	Type        any
	MaxLength   int
	Enum        []string
}

func (w *apiWorld) document() document {
	w.t.Helper()
	var d document
	r := w.get("/api/openapi.json")
	if err := json.Unmarshal([]byte(r.body), &d); err != nil || r.status != http.StatusOK {
		w.t.Fatalf("%d %v", r.status, err)
	}
	return d
}

func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestTheDescriptionIsInChineseThroughout(t *testing.T) {
	t.Parallel()
	d := newAPIWorld(t).document()
	if d.OpenAPI != "3.1.0" || len(d.Paths) < 15 {
		t.Errorf("OpenAPI %s with %d paths", d.OpenAPI, len(d.Paths))
	}
	check := func(where, text string) {
		t.Helper()
		if !chinese(text) {
			t.Errorf("%s is described by %q", where, text)
		}
	}
	for path, item := range d.Paths {
		for method, op := range item {
			where := method + " " + path
			check(where, op.Summary)
			check(where, op.Description)
			for _, p := range op.Parameters {
				check(where+" "+p.Name, p.Description)
			}
			for status, r := range op.Responses {
				check(where+" "+status, r.Description)
			}
		}
	}
	for name, s := range d.Components.Schemas {
		for field, p := range s.Properties {
			check(name+"."+field, p.Description)
			if kinds, several := p.Type.([]any); several {
				t.Errorf("%s.%s may be %v", name, field, kinds)
			}
		}
	}
}

func TestTheDescriptionAgreesWithTheStages(t *testing.T) {
	t.Parallel()
	s := newAPIWorld(t).document().Components.Schemas
	for _, c := range []struct {
		schema, field string
		limit         int
	}{
		{"Delivery", "text", intake.MaxTextRunes},
		{"Delivery", "title", intake.MaxTitleRunes},
		{"Delivery", "channel", intake.MaxFieldRunes},
		{"Delivery", "external_id", intake.MaxFieldRunes},
		{"Delivery", "name", intake.MaxFieldRunes},
		{"Delivery", "phone", intake.MaxFieldRunes},
		{"Delivery", "place", intake.MaxFieldRunes},
		{"Delivery", "need", intake.MaxFieldRunes},
		{"DecisionForm", "reason", classifier.MaxReasonRunes},
		{"EntryText", "question", kb.MaxQuestionRunes},
		{"EntryText", "answer", kb.MaxAnswerRunes},
		{"EntryText", "short", kb.MaxShortRunes},
	} {
		if got := s[c.schema].Properties[c.field].MaxLength; got != c.limit {
			t.Errorf("%s.%s may have %d characters, the stage takes %d", c.schema, c.field, got, c.limit)
		}
	}
	for _, o := range s["Delivery"].Properties["outcome"].Enum {
		if !intake.Outcome(o).Valid() {
			t.Errorf("outcome %s is described, but not known", o)
		}
	}
	for _, name := range []string{"Suggestion", "DecisionForm"} {
		for i, kind := range intake.Types() {
			if got := s[name].Properties["type"].Enum; i >= len(got) || got[i] != string(kind) {
				t.Errorf("types of %s are %v", name, got)
			}
		}
	}
}

var (
	anchor = regexp.MustCompile(`href="#([^"]+)"`)
	named  = regexp.MustCompile(`id="([^"]+)"`)
)

func TestTheDocumentationPageStandsByItself(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	r := w.get("/api/docs")
	w.status(r, http.StatusOK)
	w.says(r, "登记一条诉求", "至多 20000 字", "错误", "Bearer", "数据结构")
	for _, outside := range []string{`src="http`, `href="http`, "<style", "style=", "onclick"} {
		if strings.Contains(r.body, outside) {
			t.Errorf("the page holds %s", outside)
		}
	}
	var ids []string
	for _, m := range named.FindAllStringSubmatch(r.body, -1) {
		if slices.Contains(ids, m[1]) {
			t.Errorf("two elements are called %s", m[1])
		}
		ids = append(ids, m[1])
	}
	for _, m := range anchor.FindAllStringSubmatch(r.body, -1) {
		if !slices.Contains(ids, m[1]) {
			t.Errorf("a link leads to %s, which is not there", m[1])
		}
	}
	for status := range statuses {
		kind := newProblem(statuses[status], errors.New("of any kind")).Type
		if !slices.Contains(ids, strings.TrimPrefix(kind, "/api/docs#")) {
			t.Errorf("the page does not explain %s", kind)
		}
	}
	if yaml := w.get("/api/openapi.yaml"); !strings.Contains(yaml.body, "openapi: 3.1.0") {
		t.Errorf("YAML begins %.60s", yaml.body)
	}
}
