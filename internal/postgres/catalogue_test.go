package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/id"
)

func TestCatalogueComesBackAsItWasPublished(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	got, err := c.Catalogue(t.Context(), c.version.Version.ID)
	c.must(err)
	if got.Version.Leaves != 3 || len(got.Categories) != len(c.version.Categories) {
		t.Fatalf("%d leaves, %d categories", got.Version.Leaves, len(got.Categories))
	}
	for i, want := range c.version.Categories {
		k := got.Categories[i]
		if fmt.Sprintf("%+v", k.Rules) != fmt.Sprintf("%+v", want.Rules) ||
			fmt.Sprintf("%+v", k.Neighbours) != fmt.Sprintf("%+v", want.Neighbours) ||
			!slices.Equal(k.Examples, want.Examples) || !slices.Equal(k.Path, want.Path) ||
			k.ID != want.ID || k.Parent != want.Parent || k.Scope != want.Scope || k.Leaf != want.Leaf {
			t.Errorf("category %d\n got %+v\nwant %+v", i, k, want)
		}
	}
	v, err := c.VersionByDigest(t.Context(), [32]byte{1})
	if err != nil || v.ID != c.version.Version.ID {
		t.Errorf("VersionByDigest = %+v, %v", v, err)
	}
	_, err = c.VersionByDigest(t.Context(), [32]byte{9})
	wants(t, err, errs.NotFound, "catalogue.not_found")
	wants(t, c.Publish(t.Context(), catalogue("重复", "01", "02"), [32]byte{1}, nil, c.changeover(c.model, nil)), errs.Conflict, "catalogue.exists")
}

func TestNothingServesBeforeTheFirstCatalogue(t *testing.T) {
	t.Parallel()
	_, err := newDB(t).Active(t.Context())
	wants(t, err, errs.Unavailable, "catalogue.none")
}

func TestExamplesFollowTheirCategoryIntoANewVersion(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var matters []classifier.DecisionID
	for leaf := range 2 {
		m, s := c.suggest(name("m", leaf), leaf, leaf, 0.7)
		matters = append(matters, c.decide(c.confirm(m, s, leaf)).ID)
	}
	next := catalogue("第二版", "01", "04") // 噪声扰民 stays, 油烟污染 goes
	c.publish(next, 2, trained(next), c.succeed(c.version, next))
	active, err := c.Active(t.Context())
	if err != nil || active.Version != next.Version.ID {
		t.Fatalf("Active = %+v, %v", active, err)
	}
	var seen []classifier.Example
	c.must(c.Confirmed(t.Context(), model, 10, func(e classifier.Example) error { seen = append(seen, e); return nil }))
	if len(seen) != 1 || seen[0].Decision != matters[0] || seen[0].Category != next.Leaves()[0].ID || len(seen[0].Vector) != c.dim {
		t.Errorf("confirmed in the new version: %+v", seen)
	}
	scene, err := c.Scene(t.Context(), model, c.vector(), c.vector(), 5)
	if err != nil || len(scene.Examples) != 1 || scene.Examples[0].Decision != matters[0] {
		t.Errorf("nearest in the new version: %+v, %v", scene.Examples, err)
	}
	versions, err := c.Versions(t.Context())
	if err != nil || len(versions) != 2 {
		t.Errorf("%d versions, %v", len(versions), err)
	}
}

func TestModelOfAnOutdatedVersionIsRefused(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	late := trained(c.version)
	next := catalogue("第二版", "01", "02")
	c.publish(next, 2, trained(next), c.succeed(c.version, next))
	wants(t, c.InsertModel(t.Context(), late), errs.Conflict, "model.outdated")
}

func TestOldModelsLoseTheirDataButKeepTheirRow(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ids := []classifier.ModelID{c.model.ID}
	for i := range 4 {
		m := trained(c.version)
		m.MadeAt = start.Add(time.Duration(i+1) * time.Minute)
		c.must(c.InsertModel(t.Context(), m))
		ids = append(ids, m.ID)
	}
	for i, model := range ids {
		m, err := c.Model(t.Context(), model)
		if i < 2 {
			wants(t, err, errs.NotFound, "model.not_found")
			continue
		}
		if err != nil || string(m.Data) != "model" || m.Figures.Leaf1 != 0.5 {
			t.Errorf("model %d: %+v, %v", i, m, err)
		}
	}
	if n := c.count(`SELECT count(*) FROM model`); n != 5 {
		t.Errorf("%d rows of models, want 5", n)
	}
}

func TestTrainingIsDueWhenExamplesCameOrWent(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	now := start
	due := func(want bool) {
		t.Helper()
		got, err := c.TrainingDue(t.Context(), now)
		if err != nil || got != want {
			t.Errorf("TrainingDue = %v, %v; want %v", got, err, want)
		}
	}
	due(false)
	// An example without vectors cannot be learned from, so it makes nothing due.
	bare := c.confirm(c.receive("bare", 0).ID, "", 0)
	c.decide(bare)
	due(false)
	m, s := c.suggest("a", 0, 0, 0.7)
	d := c.decide(c.confirm(m, s, 0))
	due(true)
	next := trained(c.version)
	next.Decisions, next.MadeAt = 1, d.At.Add(time.Second)
	c.must(c.InsertModel(t.Context(), next))
	due(false)
	c.decide(classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: m, Previous: d.ID, Purpose: classifier.Effective,
		Kind: classifier.Withdraw, By: c.account, At: d.At,
	})
	due(true)
	// One of many waits for an hour to pass.
	next = trained(c.version)
	next.Decisions, next.MadeAt = 103, now
	c.must(c.InsertModel(t.Context(), next))
	for i := range 102 {
		m, s := c.suggest(name("many", i), 1, 0, 0.7)
		c.decide(c.confirm(m, s, 0))
	}
	due(false)
	now = now.Add(time.Hour)
	due(true)
}

func TestCategoriesAreFoundByWhatIsTyped(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	cases := []struct {
		typed string
		want  []string
	}{
		{"01", []string{"噪声扰民"}},
		{"zs", []string{"噪声扰民"}},
		{"ZSRM", []string{"噪声扰民"}},
		{"油烟", []string{"油烟污染"}},
		{"环境 占道", []string{"占道经营"}},
		{"等情形", []string{"噪声扰民", "油烟污染", "占道经营"}},
		{"%", nil},
		{"不存在", nil},
		{"  ", nil},
	}
	for _, tc := range cases {
		found, err := c.SearchCategories(t.Context(), "", tc.typed, 10)
		c.must(err)
		var names []string
		for _, k := range found {
			names = append(names, k.Name)
		}
		if !slices.Equal(names, tc.want) {
			t.Errorf("%q finds %q, want %q", tc.typed, names, tc.want)
		}
	}
}

// TestConfirmedGivesTheNewestOfEachLeaf: a leaf that is decided often does not
// crowd out the others, and all of its decisions count for who leads it.
func TestConfirmedGivesTheNewestOfEachLeaf(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var often []classifier.DecisionID
	for i, leaf := range []int{0, 1, 0, 0} {
		m, s := c.suggest(name("m", i), i, leaf, 0.7)
		d := c.confirm(m, s, leaf)
		d.At = d.At.Add(time.Duration(i) * time.Minute)
		if d = c.decide(d); leaf == 0 {
			often = append(often, d.ID)
		}
	}
	var seen []classifier.DecisionID
	leaves := map[classifier.CategoryID]int{}
	c.must(c.Confirmed(t.Context(), model, 2, func(e classifier.Example) error {
		seen = append(seen, e.Decision)
		leaves[e.Category]++
		return nil
	}))
	first, second := c.version.Leaves()[0].ID, c.version.Leaves()[1].ID
	if leaves[first] != 2 || leaves[second] != 1 || slices.Contains(seen, often[0]) || seen[2] != often[2] {
		t.Errorf("seen %v of %v", seen, often)
	}
	leads, err := c.Leads(t.Context(), model)
	c.must(err)
	counts := map[classifier.CategoryID]int{}
	for _, l := range leads {
		counts[l.Category] += l.Count
		if l.Lead != "生态环境局" {
			t.Errorf("led by %s", l.Lead)
		}
	}
	if counts[first] != 3 || counts[second] != 1 {
		t.Errorf("leads %+v", leads)
	}
}

func TestConfirmedStopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for i := range 3 {
		m, s := c.suggest(name("m", i), i, 0, 0.7)
		c.decide(c.confirm(m, s, 0))
	}
	stop := errors.New("enough")
	calls := 0
	err := c.Confirmed(t.Context(), model, 10, func(classifier.Example) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestExampleWithoutVectorsGetsThemLater(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	d := c.decide(c.confirm(m, s, 0))
	const newer = "fedcba987654"
	missing, err := c.UnembeddedExamples(t.Context(), newer, "", 10)
	c.must(err)
	if len(missing) != 1 || missing[0].Decision != d.ID || missing[0].Title == "" {
		t.Fatalf("missing %+v", missing)
	}
	v := c.vector()
	for range 2 { // the second time changes nothing
		c.must(c.InsertExampleVectors(t.Context(), d.ID, newer, v, v))
	}
	missing, err = c.UnembeddedExamples(t.Context(), newer, "", 10)
	if err != nil || len(missing) != 0 {
		t.Errorf("still missing %+v, %v", missing, err)
	}
	scene, err := c.Scene(t.Context(), newer, v, v, 3)
	if err != nil || len(scene.Examples) != 1 || len(scene.Examples[0].TitleVector) != c.dim {
		t.Errorf("nearest by the new model: %+v, %v", scene.Examples, err)
	}
	c.must(c.EnsureVectorIndexes(t.Context(), newer, c.dim))
	c.must(c.EnsureVectorIndexes(t.Context(), newer, c.dim))
	if n := c.count(`SELECT count(*) FROM pg_indexes WHERE indexname LIKE '%' || $1`, newer); n != 7 {
		t.Errorf("%d vector indexes, want 7", n)
	}
	wants(t, c.EnsureVectorIndexes(t.Context(), "x'; DROP TABLE area; --", 8), errs.Invalid, "embedding.model")
}
