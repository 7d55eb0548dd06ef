package postgres_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// colleague makes another account.
func (c *city) colleague(login string) org.AccountID {
	c.t.Helper()
	a := org.Account{ID: id.New[org.AccountID](), Login: login, Name: login, Roles: org.Roles{org.RoleAgent}, CreatedAt: start}
	c.must(c.InsertAccount(c.t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "account:" + string(a.ID)}))
	return a.ID
}

// drawn receives and suggests until a matter is drawn at the largest share.
func (c *city) drawn(external string, leaf int) (intake.MatterID, classifier.SuggestionID) {
	c.t.Helper()
	for i := range 2000 {
		p := parcel(name(external, i), 0)
		if float64(classifier.Lot(p.Message.Matters[0].ID)) >= classifier.MaxBlind*(1<<24) {
			continue
		}
		_, _, err := c.InsertParcel(c.t.Context(), p)
		c.must(err)
		o := c.outcome(p.Message.Matters[0].ID, leaf, 0.7)
		_, err = c.InsertOutcome(c.t.Context(), o)
		c.must(err)
		return o.Matter, o.Suggestion.ID
	}
	c.t.Fatal("of 2,000 matters none is drawn")
	return "", ""
}

// blindDesk reads blind at the largest share, three hours after start.
func (c *city) blindDesk() *classifier.BlindDesk {
	return classifier.NewBlindDesk(c.DB, classifier.MaxBlind, func() time.Time { return start.Add(3 * time.Hour) })
}

func (c *city) actor(account org.AccountID) org.Actor {
	return org.Actor{Account: account, Roles: org.Roles{org.RoleAgent}}
}

// waits gives the matters that wait for a reader.
func (c *city) waits(reader org.AccountID) []intake.MatterID {
	c.t.Helper()
	items, n, err := c.blindDesk().Waiting(c.t.Context(), c.actor(reader), 50)
	c.must(err)
	var out []intake.MatterID
	for _, i := range items {
		out = append(out, i.Matter)
	}
	if n != len(out) {
		c.t.Errorf("%d wait, %d are listed", n, len(out))
	}
	return out
}

func TestBlindReadingOnlyMeasures(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	second := c.colleague("wang")
	m, s := c.drawn("a", 0)
	first := c.decide(c.confirm(m, s, 0))
	count := func() [4]int {
		return [4]int{
			c.count(`SELECT count(*) FROM assignment`), c.count(`SELECT count(*) FROM confirmed_example`),
			c.count(`SELECT count(*) FROM example_vector`), c.count(`SELECT count(*) FROM matter WHERE state = 'decided'`),
		}
	}
	before := count()
	c.must(c.blindDesk().Decide(t.Context(), c.actor(second), m, c.version.Leaves()[1].ID, c.units[0].ID))
	if after := count(); after != before {
		t.Errorf("assignments, examples, vectors, decided: %v, were %v", after, before)
	}
	f, err := c.File(t.Context(), m)
	c.must(err)
	if len(f.Decisions) != 1 || f.Decisions[0].ID != first.ID {
		t.Errorf("chain %+v", f.Decisions)
	}
	scene, err := c.Scene(t.Context(), model, c.vector(), c.vector(), 5)
	c.must(err)
	if len(scene.Examples) != 1 || scene.Examples[0].Category != first.Category {
		t.Errorf("examples %+v", scene.Examples)
	}
	if judged, err := c.Judged(t.Context(), c.version.Version.ID, 10); err != nil || len(judged) != 1 {
		t.Errorf("calibration sees %+v, %v", judged, err)
	}
	if n := c.count(`SELECT count(*) FROM blind_lead`); n != 1 {
		t.Errorf("%d blind leads", n)
	}
	// The first can still correct what was read blind.
	again := c.confirm(m, s, 1)
	again.Kind, again.Previous = classifier.Correct, first.ID
	c.decide(again)
}

func TestWhoMayReadBlind(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ctx, desk := t.Context(), c.blindDesk()
	second, third := c.colleague("wang"), c.colleague("zhao")
	m, s := c.drawn("a", 0)
	if got := c.waits(second); len(got) != 0 {
		t.Errorf("%v waits before it is decided", got)
	}
	c.decide(c.confirm(m, s, 0))
	only := []intake.MatterID{m}
	if !slices.Equal(c.waits(second), only) || !slices.Equal(c.waits(third), only) {
		t.Fatal("it does not wait for others")
	}
	// Who decided is not asked, and cannot read or answer by address either.
	decider := c.actor(c.account)
	if got := c.waits(c.account); len(got) != 0 {
		t.Errorf("it waits for the one who decided: %v", got)
	}
	_, _, err := desk.Read(ctx, decider, m)
	wants(t, err, errs.NotFound, "blind.not_waiting")
	wants(t, desk.Decide(ctx, decider, m, c.version.Leaves()[0].ID, ""), errs.NotFound, "blind.not_waiting")
	own := c.confirm(m, "", 0)
	own.Purpose = classifier.Blind
	_, err = c.InsertDecision(ctx, own, "")
	wants(t, err, errs.Forbidden, "blind.own")
	// Who has seen the suggestion on the ordinary desk is not asked.
	_, err = classifier.NewDesk(c.DB, func() time.Time { return start }).Beside(desk).File(ctx, c.actor(third), m)
	c.must(err)
	_, _, err = desk.Read(ctx, c.actor(third), m)
	wants(t, err, errs.NotFound, "blind.not_waiting")
	// Who reads sees the message and nothing that was thought of it.
	msg, matter, err := desk.Read(ctx, c.actor(second), m)
	if err != nil || matter.ID != m || matter.Text == "" || len(msg.Matters) != 0 {
		t.Errorf("Read = %+v, %+v, %v", msg, matter, err)
	}
	c.must(desk.Decide(ctx, c.actor(second), m, "", ""))
	if got := c.waits(second); len(got) != 0 {
		t.Errorf("it still waits: %v", got)
	}
	another := c.confirm(m, "", 0)
	another.Purpose, another.By = classifier.Blind, third
	_, err = c.InsertDecision(ctx, another, "")
	wants(t, err, errs.Conflict, "blind.taken")
}

func TestSkippedDeclinedAndOldMattersDoNotWait(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	second := c.colleague("wang")
	skipped, s := c.drawn("skipped", 0)
	c.decide(c.confirm(skipped, s, 0))
	declined, s := c.drawn("declined", 0)
	d := c.confirm(declined, s, 0)
	d.Kind, d.Category, d.Lead, d.Co, d.Reason = classifier.Decline, "", "", nil, "重复"
	c.decide(d)
	old, s := c.drawn("old", 0)
	d = c.confirm(old, s, 0)
	d.At = start.Add(2*time.Hour - classifier.BlindWithin)
	c.decide(d)
	c.must(c.blindDesk().Skip(t.Context(), c.actor(second), skipped))
	if got := c.waits(second); len(got) != 0 {
		t.Errorf("%v wait", got)
	}
	if got := c.waits(c.colleague("zhao")); !slices.Equal(got, []intake.MatterID{skipped}) {
		t.Errorf("for another %v wait, want only the skipped one", got)
	}
	wants(t, c.blindDesk().Skip(t.Context(), c.actor(second), old), errs.NotFound, "blind.not_waiting")
	none := classifier.NewBlindDesk(c.DB, 0, time.Now)
	if items, n, err := none.Waiting(t.Context(), c.actor(second), 10); err != nil || n != 0 || len(items) != 0 {
		t.Errorf("at a share of 0: %v, %d, %v", items, n, err)
	}
}

// TestDrawIsTheSameEverywhereAndExact draws among 100,000 ids, as they are
// made, in the database and in Go.
func TestDrawIsTheSameEverywhereAndExact(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ids := make([]string, 100_000)
	below := map[float64]int{0.02: 0, classifier.MaxBlind: 0}
	for i := range ids {
		m := id.New[intake.MatterID]()
		ids[i] = string(m)
		for share := range below {
			if int(classifier.Lot(m)) < int(share*(1<<24)) { // as a desk draws
				below[share]++
			}
		}
	}
	for share, n := range below {
		// Five standard deviations: once in two million runs it is further off.
		off := 5 * math.Sqrt(100_000*share*(1-share))
		if d := float64(n) - share*100_000; d > off || d < -off {
			t.Errorf("of 100,000 matters %d are drawn at %v", n, share)
		}
		if got := c.count(`SELECT count(*) FROM unnest($1::uuid[]) AS m WHERE blind_lot(m) < $2`, ids, int(share*(1<<24))); got != n {
			t.Errorf("at %v the database draws %d, Go draws %d", share, got, n)
		}
	}
}

func TestAgreementIsOfWhatStoodThen(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	desk, second := c.blindDesk(), c.actor(c.colleague("wang"))
	read := func(external string, decided, blind int, lead org.UnitID) classifier.Decision {
		m, s := c.drawn(external, 0) // the machine says 0
		d := c.decide(c.confirm(m, s, decided))
		leaf := classifier.CategoryID("")
		if blind >= 0 {
			leaf = c.version.Leaves()[blind].ID
		}
		c.must(desk.Decide(t.Context(), second, m, leaf, lead))
		return d
	}
	read("all agree", 0, 0, c.units[1].ID)
	read("led astray", 0, 1, c.units[0].ID)
	read("against the machine", 1, 1, "")
	read("only the second", 1, 0, c.units[1].ID)
	later := read("none fits", 0, -1, "")
	again := c.confirm(later.Matter, later.Suggestion, 2) // after the reading: changes nothing
	again.Kind, again.Previous, again.At = classifier.Correct, later.ID, start.Add(5*time.Hour)
	c.decide(again)
	m, _ := c.drawn("without a suggestion", 0)
	c.decide(c.confirm(m, "", 1))
	c.must(desk.Decide(t.Context(), second, m, c.version.Leaves()[1].ID, ""))
	a, err := desk.Agreement(t.Context(), second, start, start.Add(24*time.Hour))
	c.must(err)
	want := classifier.Agreement{
		Drawn: 6, Read: 6, SameLeaf: 3, Leads: 3, SameLead: 2, Shown: 5, Both: 1, OnlyFirst: 2, OnlySecond: 1,
	}
	if a != want {
		t.Errorf("got  %+v\nwant %+v", a, want)
	}
	none, err := desk.Agreement(t.Context(), second, start.Add(24*time.Hour), start.Add(48*time.Hour))
	if err != nil || none.Read != 0 || none.Drawn != 0 {
		t.Errorf("outside the time: %+v, %v", none, err)
	}
}

func TestWeeksAreCountedByChannel(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for i := range 3 {
		m, s := c.suggest(name("m", i), i, 0, 0.7)
		d := c.confirm(m, s, i%2)
		d.At = start.AddDate(0, 0, 7*(i/2)).Add(-9*time.Hour - time.Second) // a Sunday, 23:59:59 in Shanghai
		c.decide(d)
	}
	got, err := c.Weeks(t.Context(), start.AddDate(0, 0, -8), start.AddDate(0, 0, 14))
	c.must(err)
	slices.SortFunc(got, func(a, b classifier.WeekCount) int { return a.Monday.Compare(b.Monday) })
	if len(got) != 2 || got[0].Decided != 2 || got[0].LeafRight != 1 || got[1].Decided != 1 || got[0].Channel != intake.Hotline {
		t.Fatalf("weeks %+v", got)
	}
	if want := time.Date(2026, 2, 22, 16, 0, 0, 0, time.UTC); !got[0].Monday.Equal(want) {
		t.Errorf("the week begins %v, want %v", got[0].Monday, want)
	}
}
