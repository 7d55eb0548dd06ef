package postgres_test

import (
	"slices"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// train stores a model made so long after start, and gives it.
func (c *city) train(after time.Duration, change func(*classifier.StoredModel)) classifier.StoredModel {
	c.t.Helper()
	m := trained(c.version)
	m.MadeAt = start.Add(after)
	if change != nil {
		change(&m)
	}
	c.must(c.InsertModel(c.t.Context(), m))
	return m
}

func (c *city) serves(want classifier.ModelID) {
	c.t.Helper()
	a, err := c.Active(c.t.Context())
	c.must(err)
	if a.Model != want {
		c.t.Errorf("%s serves, want %s", a.Model, want)
	}
}

func (c *city) dueIs(want bool) {
	c.t.Helper()
	got, err := c.TrainingDue(c.t.Context(), start.Add(48*time.Hour))
	c.must(err)
	if got != want {
		c.t.Errorf("TrainingDue = %v, want %v", got, want)
	}
}

func use(c *city, model classifier.ModelID) error {
	return c.UseModel(c.t.Context(), model, org.Audit{
		At: start.Add(3 * time.Hour), Actor: c.account, Action: "use_model", Object: "model:" + string(model), Detail: "换回",
	})
}

func TestARefusedModelNeverServes(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	before := classifier.Figures{Decisions: 40, Leaf1: 0.7}
	refused := c.train(time.Minute, func(m *classifier.StoredModel) {
		m.Refused, m.Data, m.Replaces = classifier.RefusedLeaf, nil, c.model.ID
		m.Figures = classifier.Figures{Decisions: 40, Leaf1: 0.5, Leaf3: 0.6, Lead1: 0.4, Before: &before}
	})
	c.serves(c.model.ID)
	lines, err := c.Models(t.Context(), 10)
	c.must(err)
	if len(lines) != 2 || lines[0].ID != refused.ID || lines[0].State() != classifier.NotUsed || lines[1].State() != classifier.InUse {
		t.Fatalf("models %+v", lines)
	}
	if f := lines[0].Figures; f.Leaf3 != 0.6 || f.Before == nil || *f.Before != before || lines[0].Catalogue != "第一版" {
		t.Errorf("line %+v", lines[0])
	}
	wants(t, use(c, refused.ID), errs.NotFound, "model.not_found")
	// No other is trained until there is enough that is new.
	for i := range classifier.RetryAfter {
		c.dueIs(false)
		m, s := c.suggest(name("m", i), 0, 0, 0.7)
		c.decide(c.confirm(m, s, 0))
	}
	c.dueIs(true)
	next := c.train(3*time.Hour, func(m *classifier.StoredModel) {
		m.Decisions, m.Trial = classifier.RetryAfter, []classifier.Tried{{Decision: "d", Place: 2, Lead: true}}
	})
	got, err := c.Model(t.Context(), next.ID)
	if err != nil || !slices.Equal(got.Trial, next.Trial) {
		t.Errorf("trial %+v, %v", got.Trial, err)
	}
	c.dueIs(false)
}

func TestGoingBackToAModel(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	second := c.train(time.Minute, nil)
	third := c.train(2*time.Minute, func(m *classifier.StoredModel) { m.Replaces = second.ID })
	c.must(use(c, second.ID))
	c.must(use(c, second.ID)) // pressed twice
	c.serves(second.ID)
	audits := c.list(`SELECT action || ' ' || actor || ' ' || object FROM audit WHERE action = 'use_model'`)
	if want := "use_model " + string(c.account) + " model:" + string(second.ID); !slices.Equal(audits, []string{want}) {
		t.Errorf("audit %q", audits)
	}
	lines, err := c.Models(t.Context(), 1)
	c.must(err)
	if len(lines) != 3 || !lines[1].Active || lines[1].PinnedBy != "李" || !lines[1].PinnedAt.Equal(start.Add(3*time.Hour)) || !lines[0].CanServe(lines[1]) {
		t.Errorf("models %+v", lines)
	}
	// What was being trained meanwhile does not undo it, and nothing is trained.
	late := trained(c.version)
	late.Replaces = third.ID
	wants(t, c.InsertModel(t.Context(), late), errs.Conflict, "model.overtaken")
	m, s := c.suggest("a", 0, 0, 0.7)
	c.decide(c.confirm(m, s, 0))
	c.dueIs(false)
	for range 2 {
		c.must(c.ResumeTraining(t.Context(), org.Audit{At: start, Actor: c.account, Action: "resume_training", Object: "model"}))
	}
	c.dueIs(true)
	if n := c.count(`SELECT count(*) FROM audit WHERE action = 'resume_training'`); n != 1 {
		t.Errorf("%d lines of resuming", n)
	}
	c.train(4*time.Hour, func(m *classifier.StoredModel) { m.Replaces, m.Decisions = second.ID, 1 })
	c.dueIs(false)
	wants(t, use(c, c.model.ID), errs.NotFound, "model.not_found") // its data was dropped
	next := catalogue("第二版", "01", "02")
	c.publish(next, 2, trained(next), c.succeed(c.version, next))
	wants(t, use(c, second.ID), errs.Conflict, "model.other")
}

// On a busy day there is a new model every few minutes; still one can go back
// to before that day.
func TestTheLastModelOfAnEarlierDayIsKept(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	yesterday := c.train(14*time.Hour, nil) // 23:00 in Shanghai
	for i := range 5 {
		c.train(16*time.Hour+time.Duration(i)*time.Minute, nil)
	}
	lines, err := c.Models(t.Context(), 50)
	c.must(err)
	var kept []int
	for i, l := range lines {
		if l.Kept {
			kept = append(kept, i)
		}
	}
	if !slices.Equal(kept, []int{0, 1, 5}) || lines[5].ID != yesterday.ID {
		t.Errorf("kept %v of %d models", kept, len(lines))
	}
}
