package postgres_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// TestPolicyLearnsFromMarks: marks of answers are labels, a budget is kept,
// and each makes a new policy due, once.
func TestPolicyLearnsFromMarks(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	e := c.entry("kb-1", "居住证怎么续签", c.vector())
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{e})
	c.must(err)
	due := func(want bool) {
		t.Helper()
		if got, err := c.PolicyDue(t.Context()); err != nil || got != want {
			t.Fatalf("PolicyDue = %v, %v; want %v", got, err, want)
		}
	}
	sight := []float64{0.5, 0.25, 3}
	answer := func(external string, minutes int, answered bool, sight []float64) kb.InstantAnswer {
		m := c.receive(external, minutes)
		o := c.outcome(m.ID, 0, 0.7)
		o.Answer.Answered, o.Answer.Entry, o.Answer.EntryVersion = answered, e.Entry.ID, 1
		o.Answer.Sight = sight
		_, err := c.InsertOutcome(t.Context(), o)
		c.must(err)
		return o.Answer
	}
	good, bad := answer("a", 0, true, sight), answer("b", 1, true, sight)
	silent, old := answer("c", 2, false, sight), answer("d", 3, true, nil)
	due(false)
	for i, a := range []kb.InstantAnswer{good, bad, silent, old} {
		c.must(c.InsertVerdict(t.Context(), a.Matter, a.ID != bad.ID, c.account, start.Add(time.Duration(i)*time.Minute)))
	}
	due(true)
	labels, err := c.Labels(t.Context(), 10)
	if err != nil || len(labels) != 2 || labels[0].Right || !labels[1].Right {
		t.Fatalf("labels %+v, %v; want the wrong one, which came last, and the right one", labels, err)
	}
	if l := labels[0]; !slices.Equal(l.Sight, sight) || l.Unit != "市医保局" || l.Entry != string(e.Entry.ID) {
		t.Errorf("label %+v", l)
	}

	now := start.Add(time.Hour)
	base, err := kb.New(c.DB)
	c.must(err)
	policies := kb.NewPolicies(c.DB, base, func() time.Time { return now })
	c.must(policies.Refit(t.Context()))
	due(false)
	first := base.Policy().Version

	editor := org.Actor{Account: c.account, Role: org.RoleEditor}
	now = now.Add(time.Minute)
	c.must(policies.SetBudget(t.Context(), editor, " 市医保局 ", 0.01))
	due(true)
	if s, err := policies.Standing(t.Context(), editor); err != nil || !s.Waits || len(s.Units) != 1 || s.Units[0].Budget != 0.01 {
		t.Errorf("standing %+v, %v", s, err)
	}
	wants(t, policies.SetBudget(t.Context(), editor, "市医保局", math.NaN()), errs.Invalid, "policy.budget")
	wants(t, policies.SetBudget(t.Context(), editor, "市医保局", 0.5), errs.Invalid, "policy.budget")
	now = now.Add(time.Minute)

	other, err := kb.New(c.DB) // another process fits, this one follows
	c.must(err)
	c.must(kb.NewPolicies(c.DB, other, func() time.Time { return now }).Refit(t.Context()))
	c.must(policies.Refresh(t.Context()))
	if v := base.Policy().Version; v == first || v != other.Policy().Version {
		t.Errorf("policy %s, want %s", v, other.Policy().Version)
	}
	if n := c.count(`SELECT count(*) FROM answer_policy`); n != 2 {
		t.Errorf("%d policies are kept, want 2", n)
	}
	if n := c.count(`SELECT count(*) FROM audit WHERE action = 'set_answer_budget' AND object = 'unit:市医保局'`); n != 1 {
		t.Errorf("%d audit lines", n)
	}
}
