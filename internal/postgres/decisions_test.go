package postgres_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

func TestDecisionTakesEffectWhole(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	d := c.decide(c.confirm(m, s, 0))
	f, err := c.File(t.Context(), m)
	c.must(err)
	if f.Matter.State != intake.MatterDecided || len(f.Decisions) != 1 {
		t.Fatalf("state %s, %d decisions", f.Matter.State, len(f.Decisions))
	}
	got := f.Decisions[0]
	if got.ID != d.ID || got.Lead != d.Lead || len(got.Co) != 1 || got.Co[0] != d.Co[0] || got.Category != d.Category || !got.At.Equal(d.At) {
		t.Errorf("got %+v\nwant %+v", got, d)
	}
	if f.Suggestion == nil || f.Suggestion.ID != s || f.Suggestion.Candidates[0].Probability != 0.7 {
		t.Errorf("suggestion %+v", f.Suggestion)
	}
	if n := c.count(`SELECT count(*) FROM confirmed_example AS e JOIN example_vector AS v USING (decision_id) WHERE e.matter_id = $1`, m); n != 2 {
		t.Errorf("%d vectors of the example, want title and text", n)
	}
}

// TestOfWhatHasNoTitleOneVectorIsKept: it stands for the title's, too, in what
// a suggestion gets, and a search without a title finds what has one.
func TestOfWhatHasNoTitleOneVectorIsKept(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	titled, s := c.suggest("a", 0, 0, 0.7)
	c.decide(c.confirm(titled, s, 0))
	said := c.receive("b", 1)
	o := c.outcome(said.ID, 1, 0.7)
	o.Query.TitleVector = o.Query.Vector
	_, err := c.InsertOutcome(t.Context(), o)
	c.must(err)
	d := c.decide(c.confirm(said.ID, o.Suggestion.ID, 1))
	for sql, want := range map[string]int{
		`SELECT count(*) FROM matter_vector WHERE matter_id = $1`:                                             1,
		`SELECT count(*) FROM confirmed_example JOIN example_vector USING (decision_id) WHERE matter_id = $1`: 1,
	} {
		if n := c.count(sql, said.ID); n != want {
			t.Errorf("%s: %d", sql, n)
		}
	}
	c.must(c.InsertExampleVectors(t.Context(), d.ID, "another", o.Query.TitleVector, o.Query.Vector))
	if n := c.count(`SELECT count(*) FROM example_vector WHERE decision_id = $1`, d.ID); n != 2 {
		t.Errorf("%d vectors of two models", n)
	}
	for _, title := range [][]float32{o.Query.Vector, c.vector()} {
		scene, err := c.Scene(t.Context(), model, title, o.Query.Vector, 5)
		c.must(err)
		if len(scene.Examples) != 2 || slices.Equal(scene.Examples[0].TitleVector, scene.Examples[0].Vector) {
			t.Fatalf("%d examples, or the titled one lost its title", len(scene.Examples))
		}
		if e := scene.Examples[1]; e.Decision != d.ID || len(e.Vector) != c.dim || !slices.Equal(e.TitleVector, e.Vector) {
			t.Errorf("the example without a title: %d and %d numbers", len(e.TitleVector), len(e.Vector))
		}
	}
	left, err := c.LeftAt(t.Context(), model, []classifier.CategoryID{d.Category}, "")
	if c.must(err); left.Decision != d.ID || len(left.Vector) != c.dim || !slices.Equal(left.TitleVector, left.Vector) {
		t.Errorf("what is left without a title: %d and %d numbers", len(left.TitleVector), len(left.Vector))
	}
}

func TestOfManyWhoDecideAtOnceOneWins(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	const people = 8
	var wg sync.WaitGroup
	outcomes := make([]error, people)
	for i := range people {
		wg.Go(func() { _, outcomes[i] = c.InsertDecision(t.Context(), c.confirm(m, s, i%3), "") })
	}
	wg.Wait()
	won := 0
	for _, err := range outcomes {
		if err == nil {
			won++
			continue
		}
		wants(t, err, errs.Conflict, "decision.conflict")
	}
	if won != 1 || c.count(`SELECT count(*) FROM decision`) != 1 || c.count(`SELECT count(*) FROM confirmed_example`) != 1 {
		t.Errorf("%d of %d won", won, people)
	}
}

func TestUniqueIndexesHoldWithoutTheLock(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	d := c.decide(c.confirm(m, s, 0))
	for range 2 {
		err := c.ExecForTest(t.Context(), `
			INSERT INTO decision (id, matter_id, previous_id, purpose, kind, type, urgency, reason, by_account, at)
			VALUES ($1, $2, NULL, 'effective', 'decline', '', '', '无关', $3, $4)`,
			id.New[classifier.DecisionID](), m, c.account, start)
		if code := stateOf(err); code != "23505" {
			t.Errorf("a second first decision: SQLSTATE %q (%v)", code, err)
		}
	}
	insert := func() error {
		return c.ExecForTest(t.Context(), `
			INSERT INTO decision (id, matter_id, previous_id, purpose, kind, type, urgency, reason, by_account, at)
			VALUES ($1, $2, $3, 'effective', 'decline', '', '', '无关', $4, $5)`,
			id.New[classifier.DecisionID](), m, d.ID, c.account, start)
	}
	c.must(insert())
	if code := stateOf(insert()); code != "23505" {
		t.Errorf("a second follower: SQLSTATE %q", code)
	}
}

func TestSameRequestTwiceIsOneDecision(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	first, err := c.InsertDecision(t.Context(), c.confirm(m, s, 0), "key-1")
	c.must(err)
	again, err := c.InsertDecision(t.Context(), c.confirm(m, s, 0), "key-1")
	if err != nil || again.ID != first.ID || again.Lead != first.Lead || len(again.Co) != 1 {
		t.Errorf("again %+v, %v; first %+v", again, err, first)
	}
	_, err = c.InsertDecision(t.Context(), c.confirm(m, s, 0), "key-2")
	wants(t, err, errs.Conflict, "decision.conflict")
}

func TestCorrectionReplacesTheExampleAndWithdrawalDropsIt(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	first := c.decide(c.confirm(m, s, 0))
	second := c.confirm(m, s, 1)
	second.Kind, second.Previous, second.At = classifier.Correct, first.ID, start.Add(3*time.Hour)
	second = c.decide(second)
	scene, err := c.Scene(t.Context(), model, c.vector(), c.vector(), 5)
	c.must(err)
	if len(scene.Examples) != 1 || scene.Examples[0].Decision != second.ID || scene.Examples[0].Category != second.Category || scene.Examples[0].Lead != "生态环境局" {
		t.Fatalf("examples after correction: %+v", scene.Examples)
	}
	third := classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: m, Previous: second.ID, Purpose: classifier.Effective,
		Kind: classifier.Withdraw, By: c.account, At: start.Add(4 * time.Hour),
	}
	c.decide(third)
	f, err := c.File(t.Context(), m)
	c.must(err)
	if f.Matter.State != intake.MatterOpen || len(f.Decisions) != 3 || f.Decisions[2].ID != third.ID {
		t.Errorf("state %s, chain %+v", f.Matter.State, f.Decisions)
	}
	if n := c.count(`SELECT (SELECT count(*) FROM confirmed_example) + (SELECT count(*) FROM example_vector)`); n != 0 {
		t.Errorf("%d rows of examples after withdrawal", n)
	}
	third.ID, third.Previous = id.New[classifier.DecisionID](), third.ID
	_, err = c.InsertDecision(t.Context(), third, "")
	wants(t, err, errs.NotFound, "decision.none")
}

func TestDecisionIsRefused(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	_, other := c.suggest("b", 1, 0, 0.7)
	const nobody = "00000000-0000-7000-8000-000000000000"
	cases := []struct {
		name   string
		change func(*classifier.Decision)
		kind   errs.Kind
		code   errs.Code
	}{
		{"unknown matter", func(d *classifier.Decision) { d.Matter = nobody }, errs.NotFound, "matter.not_found"},
		{"unknown category", func(d *classifier.Decision) { d.Category = nobody }, errs.NotFound, "category.not_found"},
		{"category that is no leaf", func(d *classifier.Decision) { d.Category = c.version.Categories[0].ID }, errs.Invalid, "decision.category"},
		{"unknown lead", func(d *classifier.Decision) { d.Lead = nobody }, errs.NotFound, "unit.not_found"},
		{"unknown co-unit", func(d *classifier.Decision) { d.Co = []org.UnitID{nobody} }, errs.NotFound, "unit.not_found"},
		{"another matter's suggestion", func(d *classifier.Decision) { d.Suggestion = other }, errs.Invalid, "suggestion.mismatch"},
		{"stale head", func(d *classifier.Decision) { d.Previous = nobody }, errs.Conflict, "decision.conflict"},
		{"nothing to withdraw", func(d *classifier.Decision) {
			d.Kind, d.Category, d.Lead, d.Co = classifier.Withdraw, "", "", nil
		}, errs.NotFound, "decision.none"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			d := c.confirm(m, s, 0)
			tc.change(&d)
			_, err := c.InsertDecision(t.Context(), d, "")
			wants(t, err, tc.kind, tc.code)
		})
	}
	if n := c.count(`SELECT (SELECT count(*) FROM decision) + (SELECT count(*) FROM assignment)`); n != 0 {
		t.Errorf("%d rows of refused decisions", n)
	}
}

func TestVerdictMovesMatterAndContact(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	check := func(state intake.MatterState, outcome intake.Outcome) {
		t.Helper()
		n := c.count(`
			SELECT count(*) FROM matter AS m JOIN message AS g ON g.id = m.message_id JOIN contact AS c ON c.id = g.contact_id
			WHERE m.id = $1 AND m.state = $2 AND c.outcome = $3`, m, state, outcome)
		if n != 1 {
			t.Errorf("not %s and %s", state, outcome)
		}
	}
	c.must(c.InsertVerdict(t.Context(), m, true, c.account, start))
	check(intake.MatterAnswered, intake.Answered)
	c.must(c.InsertVerdict(t.Context(), m, false, c.account, start))
	check(intake.MatterOpen, intake.Received)
	c.decide(c.confirm(m, s, 0))
	c.must(c.InsertVerdict(t.Context(), m, true, c.account, start))
	check(intake.MatterDecided, intake.Received)
	a, err := c.LatestAnswer(t.Context(), m)
	if err != nil || a.Verdict != kbSolved {
		t.Errorf("LatestAnswer = %+v, %v", a, err)
	}
	fresh := c.receive("b", 1)
	wants(t, c.InsertVerdict(t.Context(), fresh.ID, true, c.account, start), errs.NotFound, "answer.none")
}

func TestCalibrationSeesWhatWasDecidedLast(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	right, s := c.suggest("right", 0, 0, 0.7)
	c.decide(c.confirm(right, s, 0))
	corrected, s := c.suggest("corrected", 1, 0, 0.8)
	first := c.decide(c.confirm(corrected, s, 0))
	second := c.confirm(corrected, s, 1)
	second.Kind, second.Previous, second.At = classifier.Correct, first.ID, start.Add(3*time.Hour)
	c.decide(second)
	withdrawn, s := c.suggest("withdrawn", 2, 0, 0.9)
	taken := c.decide(c.confirm(withdrawn, s, 0))
	c.decide(classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: withdrawn, Previous: taken.ID, Purpose: classifier.Effective,
		Kind: classifier.Withdraw, By: c.account, At: start.Add(4 * time.Hour),
	})
	c.suggest("open", 3, 0, 0.6)
	got, err := c.Judged(t.Context(), c.version.Version.ID, 10)
	c.must(err)
	if len(got) != 2 || got[0].Right != 1 || got[0].Raw[0] != 0.8 || got[1].Right != 0 || got[1].Raw[0] != 0.7 {
		t.Errorf("judged %+v, want the correction (second of 0.8), then the confirmation (first of 0.7)", got)
	}
	if got, err := c.Judged(t.Context(), c.version.Version.ID, 1); err != nil || len(got) != 1 {
		t.Errorf("of at most one: %+v, %v", got, err)
	}
}

// TestTheSecondFindsTheFirst: of two who decide at once the loser finds who won
// and what stands, and can follow it with a correction.
func TestTheSecondFindsTheFirst(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	var wg sync.WaitGroup
	errors := make([]error, 2)
	for i := range errors {
		wg.Go(func() { _, errors[i] = c.InsertDecision(t.Context(), c.confirm(m, s, i), "") })
	}
	wg.Wait()
	loser := 0
	if errors[0] == nil {
		loser = 1
	}
	wants(t, errors[loser], errs.Conflict, "decision.conflict")
	f, err := c.File(t.Context(), m)
	c.must(err)
	if len(f.Decisions) != 1 || f.Decisions[0].ByName != "李" || f.Decisions[0].Category != c.version.Leaves()[1-loser].ID {
		t.Fatalf("what stands: %+v", f.Decisions)
	}
	mine := c.confirm(m, s, loser)
	mine.Kind, mine.Previous = classifier.Correct, f.Decisions[0].ID
	c.decide(mine)
	f, err = c.File(t.Context(), m)
	c.must(err)
	if len(f.Decisions) != 2 || f.Decisions[1].Category != c.version.Leaves()[loser].ID {
		t.Errorf("then: %+v", f.Decisions)
	}
}
