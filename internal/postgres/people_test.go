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

func (c *city) setAside(person org.AccountID, aside bool, minutes int) error {
	e := classifier.SetAside{
		ID: id.New[string](), Account: person, Aside: aside, Why: "照单确认", By: c.account, At: start.Add(time.Duration(minutes) * time.Minute),
	}
	return c.SetAside(c.t.Context(), e, org.Audit{At: e.At, Actor: c.account, Action: "set_aside", Object: "account:" + string(person)})
}

// learned counts the examples that training, suggestions and calibration see.
func (c *city) learned() (training, near, judged int) {
	c.t.Helper()
	ctx := c.t.Context()
	c.must(c.Confirmed(ctx, model, 100, func(classifier.Example) error { training++; return nil }))
	leads, err := c.Leads(ctx, model)
	c.must(err)
	sum := 0
	for _, l := range leads {
		sum += l.Count
	}
	if sum != training {
		c.t.Errorf("%d leads of %d examples", sum, training)
	}
	scene, err := c.Scene(ctx, model, c.vector(), c.vector(), 50)
	c.must(err)
	j, err := c.Judged(ctx, c.version.Version.ID, 100)
	c.must(err)
	return training, len(scene.Examples), len(j)
}

func TestWhatIsSetAsideTeachesNothingUntilItIsTakenBack(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	wang := c.colleague("wang")
	for i := range 6 {
		m, s := c.suggest(name("m", i), i, 0, 0.7)
		d := c.confirm(m, s, i%2) // every second one is a correction
		if i >= 4 {
			d.By = wang
		}
		c.decide(d)
	}
	check := func(step string, want int) {
		t.Helper()
		if training, near, judged := c.learned(); training != want || near != want || judged != want {
			t.Errorf("%s: %d to train on, %d near, %d to calibrate on; want %d", step, training, near, judged, want)
		}
	}
	check("all", 6)
	known := trained(c.version)
	known.Decisions, known.MadeAt = 6, start.Add(3*time.Hour)
	c.must(c.InsertModel(t.Context(), known))
	due := func() bool {
		t.Helper()
		is, err := c.TrainingDue(t.Context(), known.MadeAt.Add(time.Minute))
		c.must(err)
		return is
	}
	if due() {
		t.Error("training is due although all is known")
	}
	c.must(c.setAside(wang, true, 200))
	check("without Wang's", 4)
	if !due() {
		t.Error("setting aside does not make training due")
	}
	m, s := c.suggest("later", 9, 0, 0.7)
	d := c.confirm(m, s, 0)
	d.By = wang
	c.decide(d)
	check("what Wang decides later", 4)
	c.must(c.setAside(wang, true, 201)) // nothing is to be done
	records, err := c.PersonRecords(t.Context(), start, start.Add(24*time.Hour))
	c.must(err)
	if len(records) != 2 || records[1].Account != wang || records[1].Decided != 3 || records[1].Aside == nil || records[1].Aside.Why != "照单确认" || records[1].Aside.ByName != "李" || records[0].Aside != nil {
		t.Errorf("records %+v", records)
	}
	if later, err := c.PersonRecords(t.Context(), start.AddDate(1, 0, 0), start.AddDate(2, 0, 0)); err != nil || len(later) != 1 || later[0].Account != wang {
		t.Errorf("a year later %+v, %v: who is set aside must be there to be taken back", later, err)
	}
	c.must(c.setAside(wang, false, 202))
	check("taken back in", 7)
	if n := c.count(`SELECT count(*) FROM set_aside`); n != 2 {
		t.Errorf("%d events, want one there and one back", n)
	}
	if n := c.count(`SELECT count(*) FROM audit WHERE action = 'set_aside'`); n != 2 {
		t.Errorf("%d audit lines", n)
	}
	wants(t, c.setAside("00000000-0000-7000-8000-000000000000", true, 203), errs.NotFound, "people.not_found")
	corrected := 0
	c.must(c.Confirmed(t.Context(), model, 100, func(e classifier.Example) error {
		if e.Corrected {
			corrected++
		}
		return nil
	}))
	if corrected != 3 {
		t.Errorf("%d corrections among the examples, want 3", corrected)
	}
}

func TestWhatBecameOfAPersonsDecisionsIsCounted(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	wang := c.colleague("wang")
	var made []classifier.Decision
	for i := range 6 {
		m, s := c.suggest(name("m", i), i, 0, 0.7)
		made = append(made, c.decide(c.confirm(m, s, 0)))
	}
	by := func(who org.AccountID, d classifier.Decision, leaf int, lead org.UnitID) {
		next := c.confirm(d.Matter, d.Suggestion, leaf)
		next.Kind, next.Previous, next.Lead, next.Co, next.By, next.At = classifier.Correct, d.ID, lead, nil, who, d.At.Add(time.Hour)
		c.decide(next)
	}
	for i, reason := range []classifier.ReturnReason{classifier.ReturnDuty, classifier.ReturnDuplicate} {
		_, err := c.InsertReturn(t.Context(), c.giveBack(made[i], reason, "", 1), "")
		c.must(err)
	}
	by(wang, made[0], 0, c.units[0].ID) // returned, then overruled: one decision
	by(wang, made[2], 1, made[2].Lead)  // overruled in the category
	by(wang, made[3], 0, made[3].Lead)  // the same again is no overruling
	by(c.account, made[4], 1, made[4].Lead)
	c.decide(classifier.Decision{ // taken back at once
		ID: id.New[classifier.DecisionID](), Matter: made[5].Matter, Previous: made[5].ID, Purpose: classifier.Effective,
		Kind: classifier.Withdraw, By: c.account, At: made[5].At.Add(time.Second),
	})
	records, err := c.PersonRecords(t.Context(), start, start.Add(24*time.Hour))
	c.must(err)
	want := classifier.PersonRecord{Account: c.account, Name: "李", Decided: 6, Returned: 1, Overruled: 2, Either: 2}
	if len(records) != 2 || records[0] != want || records[1].Decided != 3 || records[1].Either != 0 {
		t.Errorf("records %+v\nwant %+v first", records, want)
	}
}

// Whoever decides while being set aside is set aside with that decision, too.
func TestSettingAsideMissesNoDecisionMadeAtOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	wang := c.colleague("wang")
	var all []classifier.Decision
	for i := range 12 {
		m, s := c.suggest(name("m", i), i, 0, 0.7)
		d := c.confirm(m, s, 0)
		d.By = wang
		all = append(all, d)
	}
	var wg sync.WaitGroup
	outcomes := make([]error, len(all)+1)
	for i, d := range all {
		wg.Go(func() { _, outcomes[i] = c.InsertDecision(t.Context(), d, "") })
	}
	wg.Go(func() { outcomes[len(all)] = c.setAside(wang, true, 0) })
	wg.Wait()
	for _, err := range outcomes {
		c.must(err)
	}
	if n := c.count(`SELECT count(*) FROM confirmed_example WHERE NOT aside`); n != 0 {
		t.Errorf("%d examples still teach", n)
	}
}
