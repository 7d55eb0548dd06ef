package classifier

import (
	"context"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// shelf holds one catalogue and the model that serves; what a test does not
// need is not there.
type shelf struct {
	TrainStore
	SuggestStore
	catalogue *Catalogue
	model     StoredModel // the active one
	last      StoredModel // the last one stored, refused or not
	trained   int
	confirmed []Example
	then      func() // once they were read
}

func (s *shelf) Active(context.Context) (Active, error) {
	return Active{Version: s.catalogue.Version.ID, Model: s.model.ID}, nil
}
func (s *shelf) Scene(ctx context.Context, _ string, _, _ []float32, _ int) (Scene, error) {
	active, err := s.Active(ctx)
	return Scene{Active: active, Units: &org.Directory{}}, err
}
func (s *shelf) Catalogue(context.Context, VersionID) (*Catalogue, error) { return s.catalogue, nil }
func (s *shelf) Model(context.Context, ModelID) (StoredModel, error)      { return s.model, nil }
func (s *shelf) Leads(context.Context, string) ([]LeadCount, error) {
	return countLeads(s.confirmed), nil
}
func (s *shelf) Confirmed(_ context.Context, _ string, _ int, each func(Example) error) error {
	for _, e := range s.confirmed {
		if err := each(e); err != nil {
			return err
		}
	}
	if s.then != nil {
		s.then()
	}
	return nil
}
func (s *shelf) Upheld(context.Context) ([]Upheld, error)                 { return nil, nil }
func (s *shelf) Judged(context.Context, VersionID, int) ([]Judged, error) { return nil, nil }
func (s *shelf) InsertModel(ctx context.Context, m StoredModel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.last = m; m.Refused == "" {
		s.model = m
	}
	s.trained++
	return nil
}

func twoLeaves(t *testing.T) *Catalogue {
	t.Helper()
	b := NewBuilder(nil)
	b.Add(Row{Position: -1, Code: "1", Names: []string{"环境", "噪声"}, Examples: []string{"楼下半夜施工吵得睡不着"}})
	b.Add(Row{Position: -1, Code: "2", Names: []string{"环境", "油烟"}, Examples: []string{"饭店油烟熏人"}})
	c, _, _, err := b.Build(Version{ID: id.New[VersionID]()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFollowTrainsAgainWhatCannotServe(t *testing.T) {
	c, queries := twoLeaves(t), realQueries(t)
	s := &shelf{catalogue: c}
	trainer, suggester := NewTrainer(s, queries, time.Now), NewSuggester(s)
	if err := trainer.Retrain(t.Context()); err != nil {
		t.Fatal(err)
	}
	whole := s.model
	tests := []struct {
		name   string
		spoil  func(*StoredModel)
		trains int
	}{
		{"a model of this program", func(*StoredModel) {}, 0},
		{"another program's format", func(m *StoredModel) { m.Data = append([]byte("huying model 1\n"), m.Data...) }, 1},
		{"half a model", func(m *StoredModel) { m.Data = m.Data[:len(m.Data)/2] }, 1},
		{"vectors of another dimension", func(m *StoredModel) { m.Data = shortened(t, *m, c) }, 1},
		{"a model of another embedding model", func(m *StoredModel) { m.Embedder = "another" }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.model, s.trained = whole, 0
			s.model.ID = id.New[ModelID]()
			tt.spoil(&s.model)
			if err := trainer.Follow(t.Context(), suggester); err != nil {
				t.Fatal(err)
			}
			if s.trained != tt.trains {
				t.Errorf("trained %d times, want %d", s.trained, tt.trains)
			}
			if trainedFor, err := suggester.Embedder(t.Context()); err != nil || trainedFor != queries.Model() {
				t.Errorf("then the model is for %q, %v", trainedFor, err)
			}
		})
	}
	s.model.ID, s.model.Data = id.New[ModelID](), nil
	if _, err := suggester.Embedder(t.Context()); errs.CodeOf(err) != "model.damaged" {
		t.Errorf("a model without data: %v", err)
	}
}

func TestPerLeafSharesOut(t *testing.T) {
	counts := func(ns ...int) (leads []LeadCount) {
		for i, n := range ns {
			leads = append(leads, LeadCount{Category: CategoryID(rune('a' + i)), Count: n})
		}
		return leads
	}
	for _, c := range []struct {
		leads      []LeadCount
		most, want int
	}{
		{nil, 60, 1},
		{counts(5, 50), 60, 50},    // all fit
		{counts(5, 56), 60, 55},    // what the small one leaves goes to the large one
		{counts(100, 100), 60, 30}, // shared evenly
		{counts(1, 100, 30), 61, 30},
		{counts(9, 9, 9), 2, 1}, // a leaf keeps one whatever there is
	} {
		if got := perLeaf(c.leads, c.most); got != c.want {
			t.Errorf("perLeaf(%v, %d) = %d, want %d", c.leads, c.most, got, c.want)
		}
	}
}

// shortened gives the model's data with a vector of another dimension in it.
func shortened(t *testing.T, s StoredModel, c *Catalogue) []byte {
	t.Helper()
	m, err := DecodeModel(s, c)
	if err != nil {
		t.Fatal(err)
	}
	m.known[0].Vector = m.known[0].Vector[:8]
	data, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	s.Data = data
	if _, err := DecodeModel(s, c); errs.CodeOf(err) != "model.damaged" || !errs.Has(errs.CodeOf(err)) {
		t.Errorf("decoding gives %v", err)
	}
	return data
}
