package postgres_test

import (
	"sync"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// giveBack makes the event that the lead of a decision gave it back, not yet
// stored, minutes after the decision.
func (c *city) giveBack(d classifier.Decision, reason classifier.ReturnReason, proposed org.UnitID, minutes int) classifier.Return {
	return classifier.Return{
		ID: id.New[classifier.ReturnID](), Matter: d.Matter, Decision: d.ID, From: d.Lead, Reason: reason, Clause: "三定方案第四条",
		Proposed: proposed, By: c.account, At: d.At.Add(time.Duration(minutes) * time.Minute),
	}
}

// leads gives the count of a kind of unit at a leaf, as training sees it, less
// what came back.
func (c *city) leads(leaf int, kind org.UnitKind) int {
	c.t.Helper()
	leads, err := c.Leads(c.t.Context(), model)
	c.must(err)
	upheld, err := c.Upheld(c.t.Context())
	c.must(err)
	n := 0
	for _, l := range leads {
		if l.Category == c.version.Leaves()[leaf].ID && l.Lead == kind {
			n += l.Count
		}
	}
	for _, u := range upheld {
		if u.Category == c.version.Leaves()[leaf].ID && u.Lead == kind {
			n -= u.Count
		}
	}
	return n
}

// again decides a matter anew after d.
func (c *city) again(d classifier.Decision, leaf int, lead org.UnitID) classifier.Decision {
	next := c.confirm(d.Matter, d.Suggestion, leaf)
	next.Kind, next.Previous, next.Lead, next.Co, next.At = classifier.Correct, d.ID, lead, nil, d.At.Add(time.Hour)
	return c.decide(next)
}

func TestAReturnCountsUntilAPersonDecidesAndThenAsDecided(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	police, green := c.units[0], c.units[1]
	var decisions []classifier.Decision
	for i := range 4 {
		m, s := c.suggest(name("m", i), i, 0, 0.7)
		decisions = append(decisions, c.decide(c.confirm(m, s, 0)))
	}
	check := func(step string, ofGreen, ofPolice int) {
		t.Helper()
		if g, p := c.leads(0, "生态环境局"), c.leads(0, "公安局"); g != ofGreen || p != ofPolice {
			t.Errorf("%s: %d and %d, want %d and %d", step, g, p, ofGreen, ofPolice)
		}
	}
	check("four decisions", 4, 0)
	for i, proposed := range []org.UnitID{police.ID, police.ID, ""} {
		_, err := c.InsertReturn(t.Context(), c.giveBack(decisions[i], classifier.ReturnDuty, proposed, 5), "")
		c.must(err)
	}
	_, err := c.InsertReturn(t.Context(), c.giveBack(decisions[3], classifier.ReturnArea, police.ID, 5), "")
	c.must(err)
	check("two say the police, one says nobody, one says elsewhere", 1, 2)
	leads, err := c.Leads(t.Context(), model)
	c.must(err)
	sum := 0
	for _, l := range leads {
		sum += l.Count
	}
	if sum != 4 {
		t.Errorf("%d examples to learn from, want 4: %+v", sum, leads)
	}
	c.again(decisions[0], 0, police.ID)
	check("one is upheld", 0, 2) // the pair loses a decision more than it was left with
	c.again(decisions[1], 0, green.ID)
	check("one is overruled", 1, 1)
	c.again(decisions[2], 1, police.ID)
	check("one was of another category", 1, 1)

	m, err := c.ReturnMap(t.Context(), start, start.Add(24*time.Hour), 10)
	c.must(err)
	want := classifier.ReturnedPair{From: green.Name, Proposed: police.Name, Count: 3, Reason: classifier.ReturnDuty}
	if m.Returns != 4 || m.Decisions != 7 || len(m.Pairs) != 2 || m.Pairs[0] != want || m.Pairs[1].Proposed != "" {
		t.Errorf("map %+v", m)
	}
	all, err := c.Returns(t.Context(), decisions[0].Matter)
	c.must(err)
	if len(all) != 1 || all[0].From != green.ID || all[0].Proposed != police.ID || all[0].ByName != "李" || all[0].Clause != "三定方案第四条" {
		t.Errorf("returns %+v", all)
	}
}

func TestAReturnIsRefused(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	first := c.decide(c.confirm(m, s, 0))
	other, _ := c.suggest("b", 1, 0, 0.7)
	const nobody = "00000000-0000-7000-8000-000000000000"
	for _, tt := range []struct {
		name   string
		change func(*classifier.Return)
		kind   errs.Kind
		code   errs.Code
	}{
		{"unknown matter", func(r *classifier.Return) { r.Matter = nobody }, errs.NotFound, "matter.not_found"},
		{"another matter", func(r *classifier.Return) { r.Matter = other }, errs.Conflict, "return.outdated"},
		{"unknown decision", func(r *classifier.Return) { r.Decision = nobody }, errs.Conflict, "return.outdated"},
		{"a unit that never had it", func(r *classifier.Return) { r.From = c.units[0].ID }, errs.Invalid, "return.from"},
		{"unknown unit proposed", func(r *classifier.Return) { r.Proposed = nobody }, errs.NotFound, "unit.not_found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := c.giveBack(first, classifier.ReturnDuty, c.units[0].ID, 1)
			tt.change(&r)
			_, err := c.InsertReturn(t.Context(), r, "")
			wants(t, err, tt.kind, tt.code)
		})
	}
	const people = 6
	var wg sync.WaitGroup
	outcomes := make([]error, people)
	for i := range people {
		wg.Go(func() {
			_, outcomes[i] = c.InsertReturn(t.Context(), c.giveBack(first, classifier.ReturnDuty, c.units[0].ID, i), "")
		})
	}
	wg.Wait()
	won := 0
	for _, err := range outcomes {
		if err == nil {
			won++
			continue
		}
		wants(t, err, errs.Conflict, "return.twice")
	}
	if n := c.count(`SELECT count(*) FROM matter_return`); won != 1 || n != 1 {
		t.Errorf("%d of %d were noted, %d are there", won, people, n)
	}
	co := c.giveBack(first, classifier.ReturnDuty, "", 9)
	co.From = first.Co[0]
	noted, err := c.InsertReturn(t.Context(), co, "key")
	c.must(err)
	if n := c.leads(0, "生态环境局"); n != 0 {
		t.Errorf("a co-unit's return is taken for the lead's: %d", n)
	}
	co.ID = id.New[classifier.ReturnID]()
	again, err := c.InsertReturn(t.Context(), co, "key")
	if err != nil || again.ID != noted.ID {
		t.Errorf("the same request again: %+v, %v", again, err)
	}
	c.again(first, 1, c.units[0].ID)
	_, err = c.InsertReturn(t.Context(), c.giveBack(first, classifier.ReturnDuty, c.units[2].ID, 99), "")
	wants(t, err, errs.Conflict, "return.outdated")
}

func TestAReturnMakesTrainingDue(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	d := c.decide(c.confirm(m, s, 0))
	made := d.At.Add(time.Minute)
	known := trained(c.version)
	known.Decisions, known.MadeAt = 1, made
	c.must(c.InsertModel(t.Context(), known))
	due := func() bool {
		t.Helper()
		is, err := c.TrainingDue(t.Context(), made.Add(10*time.Minute))
		c.must(err)
		return is
	}
	if due() {
		t.Fatal("training is due although all is known")
	}
	_, err := c.InsertReturn(t.Context(), c.giveBack(d, classifier.ReturnDuty, c.units[0].ID, 5), "")
	c.must(err)
	if !due() {
		t.Error("a return does not make training due")
	}
}
