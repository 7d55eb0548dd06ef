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

	editor := org.Actor{Account: c.account, Roles: org.Roles{org.RoleEditor}}
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

// TestFindingsAndCitizensAreLabels: an editor's finding stands for what others
// said of the same answer, once and for good; a citizen has one word a talk on
// an entry; each makes a new policy due.
func TestFindingsAndCitizensAreLabels(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	e := c.entry("kb-1", "居住证怎么续签", c.vector())
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{e})
	c.must(err)
	sight := []float64{0.5, 0.25, 3}
	turn := func(talk, external string, change func(*kb.Turn)) kb.Turn {
		t.Helper()
		r := c.told(e, external)
		r.Sight = sight
		if change != nil {
			change(&r)
		}
		r, err := c.InsertTurn(t.Context(), c.talk(talk), r)
		c.must(err)
		return r
	}
	settle := func(r kb.Turn, v kb.Verdict, minutes int) {
		t.Helper()
		c.must(c.SettleTurn(t.Context(), r.ID, v, "", start.Add(time.Duration(minutes)*time.Minute)))
	}
	labels := func(want ...kb.Label) {
		t.Helper()
		got, err := c.Labels(t.Context(), 10)
		c.must(err)
		if len(got) != len(want) {
			t.Fatalf("labels %+v, want %+v", got, want)
		}
		for i, l := range got {
			if l.By != want[i].By || l.Right != want[i].Right || !slices.Equal(l.Sight, sight) || l.Entry != string(e.Entry.ID) {
				t.Errorf("label %d: %+v, want %+v", i, l, want[i])
			}
		}
	}
	first, again := turn("c1", "1", nil), turn("c1", "2", nil)
	settle(first, kb.VerdictUnsolved, 1)
	settle(again, kb.VerdictSolved, 2)
	offer := turn("c2", "1", func(r *kb.Turn) { r.Told = kb.ToldOffer })
	settle(offer, kb.VerdictUnsolved, 3) // handed over: it says nothing of an entry
	old := turn("c3", "1", func(r *kb.Turn) { r.Sight = nil })
	settle(old, kb.VerdictSolved, 4)
	chosen := turn("c2", "2", func(r *kb.Turn) { r.Chosen = true })
	settle(chosen, kb.VerdictUnsolved, 5)
	labels(kb.Label{By: kb.ByCitizen, Right: false}, kb.Label{By: kb.ByCitizen, Right: true})
	if due, err := c.PolicyDue(t.Context()); err != nil || !due {
		t.Errorf("due %v, %v", due, err)
	}

	o := c.outcome(c.receive("a", 0).ID, 0, 0.7)
	o.Answer.Answered, o.Answer.Entry, o.Answer.EntryVersion, o.Answer.Sight = true, e.Entry.ID, 1, sight
	o.Answer.Matches = first.Matches
	_, err = c.InsertOutcome(t.Context(), o)
	c.must(err)
	c.must(c.InsertVerdict(t.Context(), o.Matter, true, c.account, start.Add(6*time.Minute)))
	now := start.Add(time.Hour)
	checks := kb.NewChecks(c.DB, func() time.Time { return now })
	editor := org.Actor{Account: c.account, Roles: org.Roles{org.RoleEditor}}
	var order []kb.GivenID
	before := kb.GivenID("")
	for {
		g, _, err := checks.Next(t.Context(), editor, before)
		if err != nil {
			wants(t, err, errs.NotFound, "check.none")
			break
		}
		if g.Ask == "" || g.Match.Entry.Answer != e.Entry.Answer {
			t.Errorf("given %+v", g)
		}
		order, before = append(order, g.ID), g.ID
	}
	if want := []kb.GivenID{kb.GivenID(o.Answer.ID), kb.GivenID(offer.ID), kb.GivenID(again.ID), kb.GivenID(first.ID)}; !slices.Equal(order, want) {
		t.Fatalf("unchecked %q, want %q", order, want)
	}
	c.must(checks.Find(t.Context(), editor, kb.GivenID(o.Answer.ID), false, kb.FindingCase))
	now = now.Add(time.Minute)
	c.must(checks.Find(t.Context(), editor, kb.GivenID(again.ID), true, kb.FindingWrong))
	now = now.Add(time.Minute)
	c.must(checks.Find(t.Context(), editor, kb.GivenID(offer.ID), true, kb.FindingRight))
	wants(t, checks.Find(t.Context(), editor, kb.GivenID(offer.ID), true, kb.FindingWrong), errs.Conflict, "check.done")
	wants(t, checks.Find(t.Context(), editor, kb.GivenID(o.Answer.ID), true, kb.FindingWrong), errs.NotFound, "check.not_found")
	labels(kb.Label{By: kb.ByEditor, Right: true}, kb.Label{By: kb.ByEditor}, kb.Label{By: kb.ByEditor},
		kb.Label{By: kb.ByCitizen}, kb.Label{By: kb.ByCitizen})
	if g, tally, err := checks.Next(t.Context(), editor, ""); err != nil || g.ID != kb.GivenID(first.ID) || tally != (kb.CheckTally{Right: 1, Wrong: 1, Case: 1}) {
		t.Errorf("next %+v, %+v, %v", g.ID, tally, err)
	}
}
