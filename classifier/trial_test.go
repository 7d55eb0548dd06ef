package classifier

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// tried gives n results of which the first right ones are right in both leaf
// and lead.
func tried(n, right int) []Tried {
	out := make([]Tried, n)
	for i := range out {
		out[i] = Tried{Decision: DecisionID(rune('a' + i)), Place: 3, Lead: i < right}
		if i < right {
			out[i].Place = 0
		}
	}
	return out
}

// leadsOf keeps the leaves of a and takes the leads of b.
func leadsOf(a, b []Tried) []Tried {
	out := slices.Clone(a)
	for i := range out {
		out[i].Lead = b[i].Lead
	}
	return out
}

func TestAModelIsRefusedOnlyWhenItIsWorseBeyondChance(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		twin, serving, fresh []Tried
		refused              Refusal
		compared             bool
	}{
		{"better", tried(100, 80), tried(100, 60), nil, "", true},
		{"as good", tried(100, 70), tried(100, 70), nil, "", true},
		{"five lost, none won: chance, once in 32", tried(100, 65), tried(100, 70), nil, "", true},
		{"six lost, none won", tried(100, 64), tried(100, 70), nil, RefusedLeaf, true},
		{"worse leads alone", leadsOf(tried(100, 70), tried(100, 60)), tried(100, 70), nil, RefusedLead, true},
		{"too few that both were asked", tried(100, 10), tried(29, 29), nil, "", false},
		{"just enough", tried(100, 10), tried(30, 30), nil, RefusedLeaf, true},
		{"the serving one was asked nothing", tried(100, 10), nil, nil, "", false},
		{"practice has changed: better where it was not yet known", tried(100, 64), tried(100, 70), tried(64, 58), "", true},
		{"better there, but it may be chance", tried(100, 64), tried(100, 70), tried(64, 59), RefusedLeaf, true},
		{"later decisions that people confirmed as suggested prove nothing", tried(100, 70), tried(100, 70), tried(100, 100), "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, refused := compare(tt.twin, tt.serving, tt.fresh)
			if refused != tt.refused || (f.Before != nil) != tt.compared {
				t.Errorf("refused %q, figures %+v", refused, f)
			}
			if f.Changed != (tt.fresh != nil && len(tt.fresh) == 64 && refused == "") {
				t.Errorf("figures %+v", f)
			}
			if tt.compared && f.Decisions != len(tt.serving) || !tt.compared && f.Decisions != len(tt.twin) {
				t.Errorf("figures of %d decisions", f.Decisions)
			}
		})
	}
	now, before := tried(20, 12), tried(20, 15) // three lost, none won: (1/2)³
	if p := byChance(now, before, func(t Tried) bool { return t.Lead }); p < 0.1249 || p > 0.1251 {
		t.Errorf("three of three by chance: %v, want 1/8", p)
	}
	f := figuresOf([]Tried{{Place: 0, Lead: true}, {Place: 2}, {Place: 3}, {Place: 0}})
	if f.Leaf1 != 0.5 || f.Leaf3 != 0.75 || f.Lead1 != 0.25 {
		t.Errorf("figures %+v", f)
	}
}

// hundreds gives n decisions a minute apart, each about one of the two leaves,
// told apart by their vectors.
func hundreds(c *Catalogue, n, dim int, from time.Time) []Example {
	random := rand.New(rand.NewPCG(3, 4))
	centre := [2][]float32{}
	for k := range centre {
		centre[k] = make([]float32, dim)
		for j := range dim {
			centre[k][j] = float32(random.NormFloat64())
		}
	}
	out := make([]Example, n)
	for i := range out {
		leaf := i % 2
		v := make([]float32, dim)
		for j := range v {
			v[j] = centre[leaf][j] + float32(2*random.NormFloat64())
		}
		normalise(v)
		out[i] = Example{
			Category: c.Leaves()[leaf].ID, Lead: org.UnitKind([]string{"公安局", "城管局"}[leaf]), Text: "有人来电" + string(rune(0x4e00+i)),
			Decision: id.New[DecisionID](), At: from.Add(time.Duration(i) * time.Minute), Vector: v, TitleVector: v,
		}
	}
	return out
}

func TestTheModelThatServesGoesOnUntilABetterOneIsThere(t *testing.T) {
	c, queries := twoLeaves(t), realQueries(t)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := &shelf{catalogue: c}
	trainer := NewTrainer(s, queries, func() time.Time { return now })
	if err := trainer.Retrain(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := s.model
	good := hundreds(c, 400, len(mustDecode(t, first, c).known[0].Vector), now.Add(2*clockSlack))
	muddled := slices.Clone(good)
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(muddled), func(i, j int) {
		muddled[i].Category, muddled[j].Category = muddled[j].Category, muddled[i].Category
	})
	var allRight []Tried
	for _, e := range good {
		allRight = append(allRight, Tried{Decision: e.Decision, Lead: true})
	}
	for _, tt := range []struct {
		name      string
		confirmed []Example
		active    func(*StoredModel)
		refused   Refusal
		compared  bool
	}{
		{"few decisions: not compared", good[:100], func(*StoredModel) {}, "", false},
		{"the serving model has no twin: not compared", good, func(*StoredModel) {}, "", false},
		{"twin against twin", good, func(m *StoredModel) { m.Trial = allRight }, "", true},
		{"a retrain that is worse", muddled, func(m *StoredModel) { m.Trial = allRight }, RefusedLeaf, true},
		{"one that cannot serve is not asked", good, func(m *StoredModel) { m.Embedder = "another" }, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.model, s.confirmed = first, tt.confirmed
			tt.active(&s.model)
			if err := trainer.Improve(t.Context()); err != nil {
				t.Fatal(err)
			}
			m := s.last
			if m.Refused != tt.refused || (m.Figures.Before != nil) != tt.compared || m.Replaces != first.ID || m.Decisions != len(tt.confirmed) {
				t.Errorf("refused %q, figures %+v, %d decisions", m.Refused, m.Figures, m.Decisions)
			}
			if served := s.model.ID == m.ID; served != (tt.refused == "") || served != (len(m.Data) > 0) {
				t.Errorf("serves: %v, with %d bytes", served, len(m.Data))
			}
			if m.Refused == "" && m.Figures.Decisions > 0 && (len(m.Trial) != m.Figures.Decisions || m.Figures.Leaf1 < 0.9) {
				t.Errorf("trial of %d, figures %+v", len(m.Trial), m.Figures)
			}
		})
	}
	practiceChanges(t, trainer, s, &now)
	s.model, s.last, s.confirmed = first, StoredModel{}, good
	ctx, kill := context.WithCancel(t.Context())
	s.then = kill
	if err := trainer.Improve(ctx); !errors.Is(err, context.Canceled) || s.last.ID != "" || s.model.ID != first.ID {
		t.Errorf("killed midway: %v, stored %q, serves %q", err, s.last.ID, s.model.ID)
	}
}

// practiceChanges gives each leaf's matters to the other one from some day on:
// the new model is worse on older decisions, and right.
func practiceChanges(t *testing.T, trainer *Trainer, s *shelf, now *time.Time) {
	t.Helper()
	all := hundreds(s.catalogue, 800, 512, *now)
	s.confirmed, *now = all[:200], all[199].At
	if err := trainer.Improve(t.Context()); err != nil || len(s.model.Trial) < leastHeld {
		t.Fatalf("trial of %d, %v", len(s.model.Trial), err)
	}
	for i := 200; i < len(all); i++ {
		all[i].Category, all[i].Lead = all[(i+1)%2].Category, all[(i+1)%2].Lead
		all[i].At = all[i].At.Add(2 * clockSlack)
	}
	s.confirmed, *now = all, all[799].At
	if err := trainer.Improve(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := s.last.Figures; s.last.Refused != "" || !f.Changed || f.Before == nil || f.Leaf1 >= f.Before.Leaf1 {
		t.Errorf("after a change of practice: refused %q, %+v, before %+v", s.last.Refused, f, f.Before)
	}
}

func mustDecode(t *testing.T, s StoredModel, c *Catalogue) *Model {
	t.Helper()
	m, err := DecodeModel(s, c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestATrialLooksAtNothingItMayNotSee(t *testing.T) {
	c := twoLeaves(t)
	all := hundreds(c, 3000, 8, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	place := placesOf(c)
	places := held(all, place)
	if n := len(places); n < 400 || n > mostHeld || places[0] < len(all)-heldShare*mostHeld {
		t.Fatalf("%d held out, from place %d", n, places[0])
	}
	kept := without(all, places)
	if len(kept)+len(places) != len(all) {
		t.Errorf("%d kept, %d held out of %d", len(kept), len(places), len(all))
	}
	for _, at := range places {
		if slices.ContainsFunc(kept, func(e Example) bool { return e.Decision == all[at].Decision }) {
			t.Fatalf("decision %d is held out and learned from", at)
		}
		if slices.ContainsFunc(nearestBefore(all, at), func(e Example) bool { return !e.At.Before(all[at].At) }) {
			t.Fatalf("decision %d is compared with a later one", at)
		}
	}
	// A tenth more decisions later, what was held out still is.
	for _, at := range held(all[:2700], place) {
		if at >= len(all)-heldShare*mostHeld && at >= places[0] && !slices.Contains(places, at) {
			t.Errorf("decision %d is learned from although it was held out before", at)
		}
	}
	if held(all[:100], place) != nil {
		t.Error("a hundred decisions are enough to hold twenty out")
	}
	near := nearestBefore(all, 2000)
	best := 0.0
	for _, e := range all[:2000] {
		best = max(best, similarity(all[2000].Vector, e.Vector))
	}
	if len(near) != nearestAsked || !slices.ContainsFunc(near, func(e Example) bool { return similarity(all[2000].Vector, e.Vector) == best }) {
		t.Errorf("%d near, without the nearest", len(near))
	}
}

// backs is a store of models as Models sees it.
type backs struct {
	ModelStore
	catalogue *Catalogue
	model     StoredModel
	lines     []org.Audit
}

func (b *backs) Catalogue(context.Context, VersionID) (*Catalogue, error)    { return b.catalogue, nil }
func (b *backs) Model(context.Context, ModelID) (StoredModel, error)         { return b.model, nil }
func (b *backs) Models(context.Context, int) ([]ModelLine, error)            { return nil, nil }
func (b *backs) UseModel(_ context.Context, _ ModelID, line org.Audit) error { return b.write(line) }
func (b *backs) ResumeTraining(_ context.Context, line org.Audit) error      { return b.write(line) }
func (b *backs) write(line org.Audit) error {
	b.lines = append(b.lines, line)
	return nil
}

func TestOnlyAnAdministratorGoesBackAndOnlyToWhatCanBeRead(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	b := &backs{catalogue: twoLeaves(t), model: StoredModel{Data: []byte("huying model 1\n")}}
	models := NewModels(b, func() time.Time { return at })
	model := id.New[ModelID]()
	agent, admin := org.Actor{Account: "a", Roles: org.Roles{org.RoleAgent}}, org.Actor{Account: "z", Roles: org.Roles{org.RoleAdmin}}
	_, err := models.List(t.Context(), agent)
	for _, err := range []error{err, models.Use(t.Context(), agent, model), models.Resume(t.Context(), agent)} {
		if errs.KindOf(err) != errs.Forbidden {
			t.Errorf("an agent: %v", err)
		}
	}
	if err := models.Use(t.Context(), admin, model); errs.CodeOf(err) != "model.damaged" {
		t.Errorf("a model of another format: %v", err)
	}
	if err := models.Use(t.Context(), admin, "x"); errs.CodeOf(err) != "model.not_found" {
		t.Errorf("no id: %v", err)
	}
	if len(b.lines) > 0 {
		t.Errorf("written: %+v", b.lines)
	}
	c := b.catalogue
	known := []knownText{}
	for i := range c.Leaves() {
		known = append(known, knownText{Leaf: i, Kind: exampleText, Text: "噪声", Vector: []float32{1, float32(i)}})
	}
	m, err := newTwin(c, "e", prepared{known: known}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m.intents = &intents{}
	if b.model.Data, err = m.encode(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(models.Use(t.Context(), admin, model), models.Resume(t.Context(), admin)); err != nil {
		t.Fatal(err)
	}
	if len(b.lines) != 2 || b.lines[0].Actor != "z" || b.lines[0].Object != "model:"+string(model) || !b.lines[0].At.Equal(at) || b.lines[1].Action != "resume_training" {
		t.Errorf("audit %+v", b.lines)
	}
}
