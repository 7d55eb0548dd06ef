package postgres_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/pgtest"
	"huying/internal/postgres"
	"huying/internal/query"
	"huying/internal/work"
	"huying/kb"
)

// start is the time at which every fixture begins.
var start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

const model = "0123456789ab"

func template() pgtest.Template {
	return pgtest.Template{Key: "postgres " + postgres.MigrationsDigest(), Build: postgres.Migrate}
}

// newDB gives a migrated, empty database of the test's own.
func newDB(t testing.TB) *postgres.DB {
	t.Helper()
	return openDB(t, pgtest.Clone(t, template()))
}

func openDB(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 8, AppName: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// city is a database with areas, units, an account and a catalogue.
type city struct {
	*postgres.DB
	t       testing.TB
	account org.AccountID
	units   []org.Unit
	version *classifier.Catalogue
	model   classifier.StoredModel
	dim     int
	random  *rand.Rand
}

func newCity(t testing.TB) *city {
	t.Helper()
	return fill(t, newDB(t))
}

func fill(t testing.TB, db *postgres.DB) *city {
	t.Helper()
	c := &city{DB: db, t: t, dim: 8, random: rand.New(rand.NewPCG(1, 2))}
	c.units = []org.Unit{
		{ID: id.New[org.UnitID](), Name: "云亭市公安局", Kind: "公安局", Area: "4401"},
		{ID: id.New[org.UnitID](), Name: "云亭市生态环境局", Kind: "生态环境局", Area: "4401"},
		{ID: id.New[org.UnitID](), Name: "华新区城管局", Kind: "城管局", Area: "440101"},
	}
	c.must(db.SaveListing(t.Context(), postgres.Listing{
		Areas: []org.Area{
			{Code: "4401", Name: "云亭市", Level: org.LevelCity},
			{Code: "440101", Name: "华新区", Level: org.LevelDistrict, Parent: "4401"},
			{Code: "440102", Name: "临江区", Level: org.LevelDistrict, Parent: "4401"},
			{Code: "440101001", Name: "松柏街道", Level: org.LevelStreet, Parent: "440101"},
		},
		Kinds: []org.UnitKind{"公安局"},
		Units: c.units,
	}, org.Audit{At: start, Action: "import_units", Object: "directory"}))
	a := org.Account{ID: id.New[org.AccountID](), Login: "li", Name: "李", Roles: org.Roles{org.RoleAgent, org.RoleDispatcher}, CreatedAt: start}
	c.account = a.ID
	c.must(db.InsertAccount(t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "account:" + string(a.ID)}))
	c.version = catalogue("第一版", "01", "02", "03")
	c.model = trained(c.version)
	c.publish(c.version, 1, c.model, nil)
	return c
}

func (c *city) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// catalogue makes a version with one branch and a leaf for each code.
func catalogue(name string, codes ...string) *classifier.Catalogue {
	v := classifier.Version{ID: id.New[classifier.VersionID](), Name: name, ValidFrom: start, CreatedAt: start}
	top := classifier.Category{
		ID: id.New[classifier.CategoryID](), Version: v.ID, Code: "E", Name: "环境保护", Path: []string{"环境保护"}, Urgency: "C",
	}
	names := map[string]string{"01": "噪声扰民", "02": "油烟污染", "03": "占道经营", "04": "路灯不亮"}
	all := []classifier.Category{top}
	for i, code := range codes {
		leaf := classifier.Category{
			ID: id.New[classifier.CategoryID](), Version: v.ID, Parent: top.ID, Code: code, Name: names[code],
			Path: []string{"环境保护", names[code]}, Ordinal: i + 1, Leaf: true, Urgency: "B",
			Scope: names[code] + "等情形", Ask: "在哪里？", Examples: []string{names[code] + "太严重了"},
		}
		leaf.Rules = []classifier.Rule{
			{ID: id.New[classifier.RuleID](), When: "一般", Lead: "生态环境局", Co: []org.UnitKind{"城管局"}, Examples: []string{"例"}},
			{ID: id.New[classifier.RuleID](), When: "夜间", Lead: "公安局"},
		}
		all = append(all, leaf)
	}
	all[1].Neighbours = []classifier.Neighbour{{Category: all[2].ID, Code: all[2].Code, Tell: "看来源"}, {Code: "99", Tell: "不存在的编码"}}
	return classifier.NewCatalogue(v, all)
}

func trained(c *classifier.Catalogue) classifier.StoredModel {
	return classifier.StoredModel{
		ID: id.New[classifier.ModelID](), Version: c.Version.ID, Embedder: model, MadeAt: start,
		Figures: classifier.Figures{Leaf1: 0.5}, Data: []byte("model"),
	}
}

// publish stores a version after the one that serves, and lets every example
// follow that has one leaf to follow to.
func (c *city) publish(next *classifier.Catalogue, digest byte, m classifier.StoredModel, s classifier.Succession) {
	c.t.Helper()
	c.must(c.Publish(c.t.Context(), next, [32]byte{digest}, s, c.changeover(m, s)))
}

func (c *city) changeover(m classifier.StoredModel, s classifier.Succession) classifier.Changeover {
	o := classifier.Changeover{
		Model: m, Moves: map[classifier.CategoryID]classifier.CategoryID{},
		Audit: org.Audit{At: start, Action: "publish_catalogue", Object: "catalogue:" + string(m.Version)},
	}
	if active, err := c.Active(c.t.Context()); err == nil {
		o.Before = active.Version
	}
	for from := range s {
		if to, ok := s.Only(from); ok {
			o.Moves[from] = to
		}
	}
	return o
}

// succeed says how the leaves of one version continue in another.
func (c *city) succeed(from, to *classifier.Catalogue, moves ...classifier.CodeMove) classifier.Succession {
	c.t.Helper()
	s, err := classifier.Succeed(from, to, moves)
	c.must(err)
	return s
}

// vector gives a random unit vector.
func (c *city) vector() []float32 {
	v := make([]float32, c.dim)
	sum := 0.0
	for i := range v {
		x := c.random.NormFloat64()
		v[i], sum = float32(x), sum+x*x
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

// parcel makes a delivery with one matter, received minutes after start.
func parcel(external string, minutes int) intake.Parcel {
	at := start.Add(time.Duration(minutes) * time.Minute)
	p := intake.Parcel{
		Contact: intake.Contact{
			ID: id.New[intake.ContactID](), Channel: intake.Hotline, ExternalID: external,
			At: at, ReceivedAt: at, Outcome: intake.Received,
		},
		KeyID: "k1", Sealed: []byte("sealed"), PhoneHash: []byte("hash"),
	}
	m := intake.Message{
		ID: id.New[intake.MessageID](), Contact: p.Contact.ID, Channel: intake.Hotline, ExternalID: external,
		At: at, ReceivedAt: at, Title: "夜间施工噪声", Text: "工地夜里施工太吵", PhoneHint: "138****0021", Area: "440101", Place: "松柏路",
	}
	m.Matters = []intake.Matter{{
		ID: id.New[intake.MatterID](), Message: m.ID, Ordinal: 1, Title: m.Title, Text: m.Text, State: intake.MatterOpen,
	}}
	p.Message = &m
	return p
}

// receive stores a delivery and gives its matter.
func (c *city) receive(external string, minutes int) intake.Matter {
	c.t.Helper()
	p := parcel(external, minutes)
	_, created, err := c.InsertParcel(c.t.Context(), p)
	c.must(err)
	if !created {
		c.t.Fatalf("%q was stored before", external)
	}
	return p.Message.Matters[0]
}

// outcome makes a suggestion whose first candidate is the leaf of that number.
func (c *city) outcome(m intake.MatterID, leaf int, probability float64) work.Outcome {
	leaves := c.version.Leaves()
	first, second := leaves[leaf], leaves[(leaf+1)%len(leaves)]
	now := start.Add(time.Hour)
	return work.Outcome{
		Matter: m,
		Query:  query.Query{Title: "夜间施工噪声", TitleVector: c.vector(), Vector: c.vector(), Model: model},
		Suggestion: classifier.Suggestion{
			ID: id.New[classifier.SuggestionID](), Matter: m, At: now, Version: c.version.Version.ID, Model: c.model.ID,
			Embedder: model, Urgency: intake.UrgencyB, Doubt: classifier.Several, Type: intake.Complaint,
			Candidates: []classifier.Candidate{
				{Category: first.ID, Name: first.Name, Probability: probability, Raw: probability, Lead: "生态环境局", LeadUnit: c.units[1].ID},
				{Category: second.ID, Name: second.Name, Probability: 1 - probability, Raw: 1 - probability, Lead: "公安局", LeadUnit: c.units[0].ID},
			},
		},
		Answer: kb.InstantAnswer{
			ID: id.New[kb.AnswerID](), Matter: m, At: now, Silence: kb.SilentNothing, Policy: "p1",
		},
	}
}

// suggest receives and suggests.
func (c *city) suggest(external string, minutes, leaf int, probability float64) (intake.MatterID, classifier.SuggestionID) {
	c.t.Helper()
	m := c.receive(external, minutes)
	o := c.outcome(m.ID, leaf, probability)
	stored, err := c.InsertOutcome(c.t.Context(), o)
	c.must(err)
	if !stored {
		c.t.Fatal("the outcome was not stored")
	}
	return m.ID, o.Suggestion.ID
}

// confirm makes a decision for the leaf of that number, not yet stored.
func (c *city) confirm(m intake.MatterID, s classifier.SuggestionID, leaf int) classifier.Decision {
	return classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: m, Suggestion: s, Purpose: classifier.Effective, Kind: classifier.Confirm,
		Category: c.version.Leaves()[leaf].ID, Lead: c.units[1].ID, Co: []org.UnitID{c.units[2].ID},
		Type: intake.Complaint, Urgency: intake.UrgencyB, By: c.account, At: start.Add(2 * time.Hour),
	}
}

func (c *city) decide(d classifier.Decision) classifier.Decision {
	c.t.Helper()
	stored, err := c.InsertDecision(c.t.Context(), d, "")
	c.must(err)
	return stored
}

// entry makes a prepared entry whose wordings all have the vector.
func (c *city) entry(code, question string, vector []float32) kb.Prepared {
	e := kb.Entry{
		ID: id.New[kb.EntryID](), Code: code, Version: 1, State: kb.EntryPublished, Question: question,
		Phrasings: []string{question + "吗", "请问" + question}, Answer: question + "的答复。", Unit: "市医保局", Topic: "医保",
		UpdatedAt: start, UpdatedBy: c.account,
	}
	return kb.Prepared{
		Entry: e, Model: model, Terms: strings.Split(question, ""),
		Wordings: []kb.Wording{
			{Ordinal: kb.WholeOrdinal, Text: e.Question + "\n" + e.Answer, Vector: vector},
			{Ordinal: 0, Text: e.Question, Vector: vector},
			{Ordinal: 1, Text: e.Phrasings[0], Vector: vector},
			{Ordinal: 2, Text: e.Phrasings[1], Vector: vector},
		},
	}
}

// count asks for one number.
func (c *city) count(sql string, args ...any) int {
	c.t.Helper()
	n, err := c.CountForTest(context.WithoutCancel(c.t.Context()), sql, args...)
	c.must(err)
	return n
}

// wants fails unless err has the kind and the code.
func wants(t testing.TB, err error, kind errs.Kind, code errs.Code) {
	t.Helper()
	switch {
	case err == nil:
		t.Fatalf("no error, want %s", code)
	case errs.KindOf(err) != kind || errs.CodeOf(err) != code:
		t.Fatalf("error %v (kind %d), want %s (kind %d)", err, errs.KindOf(err), code, kind)
	case !errs.Has(code):
		t.Fatalf("no Chinese sentence for %s", code)
	}
}

func name(prefix string, i int) string { return fmt.Sprintf("%s-%d", prefix, i) }

func stateOf(err error) string { return postgres.StateForTest(err) }

const kbSolved = kb.VerdictSolved

var queueOpen = classifier.QueueFilter{State: intake.MatterOpen, Limit: 10}
