package postgres_test

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/embed"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/query"
	"huying/internal/text"
)

// anyVector is an embedder that gives each text some vector of its own.
type anyVector struct{}

func (anyVector) Model() embed.Model { return embed.Model{Name: model, Dim: 8} }

func (anyVector) Embed(_ context.Context, s string) ([]float32, error) {
	h := fnv.New64a()
	h.Write([]byte(s))
	random := rand.New(rand.NewPCG(h.Sum64(), 0))
	v := make([]float32, 8)
	sum := 0.0
	for i := range v {
		x := random.NormFloat64()
		v[i], sum = float32(x), sum+x*x
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v, nil
}

var segmenter = sync.OnceValues(func() (*text.Segmenter, error) { return text.NewSegmenter() })

var admin = org.Actor{Name: "周", Roles: org.Roles{org.RoleAdmin}}

// trainer makes a Trainer whose clock stands hours after start.
func (c *city) trainer(hours int) *classifier.Trainer {
	c.t.Helper()
	s, err := segmenter()
	c.must(err)
	now := start.Add(time.Duration(hours) * time.Hour)
	return classifier.NewTrainer(c.DB, query.NewBuilder(s, anyVector{}), func() time.Time { return now })
}

// stand fails unless the confirmed examples, in the order of their matters,
// stand at these leaves, written as version:code.
func (c *city) stand(want ...string) {
	c.t.Helper()
	got := c.list(`
		SELECT v.name || ':' || k.code
		FROM confirmed_example AS e
		JOIN category AS k ON k.id = e.category_id
		JOIN catalogue_version AS v ON v.id = k.version_id
		ORDER BY e.matter_id`)
	if !slices.Equal(got, want) {
		c.t.Errorf("examples stand at %q, want %q", got, want)
	}
}

// decideFor receives a matter and decides it for a leaf of the version at hand.
func (c *city) decideFor(n, leaf int) {
	c.t.Helper()
	m, s := c.suggest(name("m", n), n, leaf, 0.7)
	c.decide(c.confirm(m, s, leaf))
}

func TestExamplesFollowTheMapAndGoBack(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	trainer := c.trainer(3)
	first := c.version
	for n, leaf := range []int{0, 1, 2} { // 噪声扰民 01, 油烟污染 02, 占道经营 03
		c.decideFor(n, leaf)
	}
	// 01 is split in 01 and 04, 02 and 03 merge in 02.
	second := catalogue("第二版", "01", "04", "02")
	made, err := trainer.Publish(t.Context(), admin, classifier.Draft{
		Catalogue: second, Digest: [32]byte{2},
		Moves: []classifier.CodeMove{{From: "01", To: "01"}, {From: "01", To: "04"}, {From: "03", To: "02"}},
	}, nil)
	if err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	c.stand("第一版:01", "第二版:02", "第二版:02") // of the split one a person decides
	active, err := c.Active(t.Context())
	c.must(err)
	m, err := c.Model(t.Context(), active.Model)
	if err != nil || m.Version != second.Version.ID || m.Decisions != 2 {
		t.Errorf("the new model has seen %d decisions, %v", m.Decisions, err)
	}
	if due, err := c.TrainingDue(t.Context(), start.Add(5*time.Hour)); err != nil || due {
		t.Errorf("training is due again: %v, %v", due, err)
	}
	// Meanwhile people decide for what 01 and 02 are now.
	c.version, c.model = second, m
	c.decideFor(3, 1) // 04, which was a part of 01
	c.decideFor(4, 2) // 02, which may be 02 or 03
	d, err := trainer.CompareVersion(t.Context(), admin, first.Version.ID)
	if err != nil || d.Follow != 1 || d.Undecided != 1 || d.Left != 0 || d.Return != 3 {
		t.Errorf("going back: %+v, %v", d, err)
	}
	for range 2 { // the second time changes nothing
		c.must(trainer.Use(t.Context(), admin, first.Version.ID, nil))
		c.stand("第一版:01", "第一版:02", "第一版:03", "第一版:01", "第二版:02")
	}
	if active, err = c.Active(t.Context()); err != nil || active.Version != first.Version.ID {
		t.Errorf("active %+v, %v", active, err)
	}
	if n := c.count(`SELECT count(*) FROM audit WHERE action = 'use_catalogue' AND object = 'catalogue:' || $1`, first.Version.ID); n != 1 {
		t.Errorf("%d lines in the log of going back", n)
	}
	// And forwards again: what was decided there is there again.
	c.must(trainer.Use(t.Context(), admin, second.Version.ID, nil))
	c.stand("第一版:01", "第二版:02", "第二版:02", "第二版:04", "第二版:02")
}

func TestExamplesOfALeafThatEndedComeBackWithIt(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	trainer := c.trainer(3)
	c.decideFor(0, 1)
	for i, next := range []*classifier.Catalogue{catalogue("第二版", "01", "03"), catalogue("第三版", "01", "02", "03")} {
		if _, err := trainer.Publish(t.Context(), admin, classifier.Draft{Catalogue: next, Digest: [32]byte{byte(i + 2)}}, nil); err != nil {
			t.Fatal(err)
		}
		c.stand([]string{"第一版:02", "第三版:02"}[i])
	}
}

func TestVersionIsFoundByNameOrNumber(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	trainer := c.trainer(3)
	next := catalogue("第一版", "01", "02")
	c.publish(next, 2, trained(next), c.succeed(c.version, next))
	_, err := trainer.Version(t.Context(), admin, "第一版")
	wants(t, err, errs.Conflict, "catalogue.ambiguous")
	_, err = trainer.Version(t.Context(), admin, "第九版")
	wants(t, err, errs.NotFound, "catalogue.not_found")
	for _, by := range []string{"", string(next.Version.ID)} {
		if got, err := trainer.Version(t.Context(), admin, by); err != nil || got.Version.ID != next.Version.ID {
			t.Errorf("%q finds %+v, %v", by, got, err)
		}
	}
	_, err = trainer.Versions(t.Context(), org.Actor{Roles: org.Roles{org.RoleAgent}})
	wants(t, err, errs.Forbidden, "role.forbidden")
	wants(t, trainer.Use(t.Context(), org.Actor{Roles: org.Roles{org.RoleEditor}}, c.version.Version.ID, nil), errs.Forbidden, "role.forbidden")
}

func TestOnlyOneOfTwoChangesOfVersionTakesEffect(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	next := catalogue("第二版", "01", "02")
	s := c.succeed(c.version, next)
	late := c.changeover(trained(c.version), nil)
	late.Before = next.Version.ID
	wants(t, c.Activate(t.Context(), late), errs.Conflict, "catalogue.changed")
	c.publish(next, 2, trained(next), s)
	third := catalogue("第三版", "01", "03")
	o := c.changeover(trained(third), nil)
	o.Before = c.version.Version.ID
	wants(t, c.Publish(t.Context(), third, [32]byte{3}, nil, o), errs.Conflict, "catalogue.changed")
	if n := c.count(`SELECT count(*) FROM catalogue_version`); n != 2 {
		t.Errorf("%d versions, the refused one is stored", n)
	}
}

func TestScheduledVersionServesFromItsDate(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	early, late := c.trainer(3), c.trainer(30)
	c.decideFor(0, 2) // 占道经营 03
	next := catalogue("第二版", "01", "04")
	draft := classifier.Draft{Catalogue: next, Digest: [32]byte{2}, Moves: []classifier.CodeMove{{From: "03", To: "04"}}}
	_, err := early.Schedule(t.Context(), admin, draft, nil)
	wants(t, err, errs.Invalid, "catalogue.from_past")
	next.Version.ValidFrom = start.Add(24 * time.Hour)
	for _, want := range []bool{true, false} { // the second time it is known
		if made, err := early.Schedule(t.Context(), admin, draft, nil); err != nil || made != want {
			t.Fatalf("made %v, %v", made, err)
		}
	}
	state := func(hours int, version classifier.VersionID) classifier.VersionState {
		t.Helper()
		all, err := early.Versions(t.Context(), admin)
		c.must(err)
		at := slices.IndexFunc(all, func(l classifier.Listed) bool { return l.ID == version })
		return all[at].State(start.Add(time.Duration(hours) * time.Hour))
	}
	for trainer, want := range map[*classifier.Trainer]bool{early: false, late: true} {
		if due, err := trainer.Due(t.Context()); err != nil || due != want {
			t.Errorf("due %v, %v; want %v", due, err, want)
		}
	}
	c.must(early.UseDue(t.Context()))
	c.stand("第一版:03")
	if got := state(3, next.Version.ID); got != classifier.Waiting {
		t.Errorf("before its date it is %s", got)
	}
	c.must(early.CancelUse(t.Context(), admin, next.Version.ID))
	wants(t, early.CancelUse(t.Context(), admin, next.Version.ID), errs.NotFound, "catalogue.not_requested")
	c.must(late.UseDue(t.Context()))
	c.stand("第一版:03")
	if got := state(30, next.Version.ID); got != classifier.Unused {
		t.Errorf("taken back it is %s", got)
	}
	for range 2 { // asking twice is asking once
		c.must(late.RequestUse(t.Context(), admin, next.Version.ID))
	}
	if got := state(30, next.Version.ID); got != classifier.Preparing {
		t.Errorf("asked for it is %s", got)
	}
	c.must(late.UseDue(t.Context()))
	c.stand("第二版:04") // by the map that was given when it was stored
	if got := state(30, next.Version.ID); got != classifier.Serving {
		t.Errorf("then it is %s", got)
	}
	if got := state(30, c.version.Version.ID); got != classifier.Served {
		t.Errorf("the one before is %s", got)
	}
	wants(t, late.RequestUse(t.Context(), admin, next.Version.ID), errs.Conflict, "catalogue.in_use")
	wants(t, late.RequestUse(t.Context(), admin, "none"), errs.NotFound, "catalogue.not_found")
}

// The matters that waited when the version changed were suggested for under
// the one before, and are decided by what was shown.
func TestDecisionOnAnOlderSuggestionCountsInTheVersionThatServes(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	first, second := c.version, catalogue("第二版", "01", "04", "02")
	s := c.succeed(first, second, classifier.CodeMove{From: "01", To: "01"}, classifier.CodeMove{From: "01", To: "04"},
		classifier.CodeMove{From: "03", To: "02"})
	c.publish(second, 2, trained(second), s)
	for n, leaf := range []int{0, 1, 2} { // 01, which was split; 02; 03, which is 02 now
		c.decideFor(n, leaf)
	}
	c.stand("第一版:01", "第二版:02", "第二版:02")
	c.must(c.Activate(t.Context(), c.changeover(trained(first), nil)))
	c.version = second
	for n, leaf := range []int{0, 1, 2} { // 01 and 04, which were 01; 02, which was two
		c.decideFor(n+3, leaf)
	}
	c.stand("第一版:01", "第一版:02", "第一版:03", "第一版:01", "第一版:01", "第二版:02")
}
