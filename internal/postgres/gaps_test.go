package postgres_test

import (
	"slices"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
)

func TestStraysAreWhatNobodyFoundALeafFor(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	const floor = 0.4
	want := map[intake.MatterID]string{}
	suggest := func(what string, p float64, doubt classifier.Doubt) (intake.MatterID, classifier.SuggestionID) {
		m := c.receive(what, len(want))
		o := c.outcome(m.ID, 0, p)
		o.Suggestion.Doubt = doubt
		_, err := c.InsertOutcome(t.Context(), o)
		c.must(err)
		return m.ID, o.Suggestion.ID
	}
	decide := func(m intake.MatterID, s classifier.SuggestionID, kind classifier.Kind, leaf int) classifier.Decision {
		d := c.confirm(m, s, leaf)
		if d.Kind = kind; kind == classifier.Decline {
			d.Category, d.Lead, d.Co, d.Reason = "", "", nil, "不属于受理范围"
		}
		return c.decide(d)
	}
	m, _ := suggest("open, below the floor", 0.3, classifier.Unsure)
	want[m] = "open, below the floor"
	m, _ = suggest("open, unsure", 0.5, classifier.Unsure)
	want[m] = "open, unsure"
	m, s := suggest("declined", 0.9, classifier.Sure)
	decide(m, s, classifier.Decline, 0)
	want[m] = "declined"
	m, s = suggest("corrected, below the floor", 0.3, classifier.Unsure)
	decide(m, s, classifier.Correct, 1)
	want[m] = "corrected, below the floor"
	m, s = suggest("withdrawn, below the floor", 0.3, classifier.Unsure)
	d := decide(m, s, classifier.Confirm, 0)
	c.decide(classifier.Decision{ID: id.New[classifier.DecisionID](), Matter: m, Previous: d.ID, Purpose: classifier.Effective, Kind: classifier.Withdraw, By: c.account, At: d.At})
	want[m] = "withdrawn, below the floor"

	suggest("open, sure", 0.9, classifier.Sure)
	m, s = suggest("confirmed, below the floor", 0.3, classifier.Unsure)
	decide(m, s, classifier.Confirm, 0)
	m, s = suggest("corrected, unsure", 0.5, classifier.Unsure)
	decide(m, s, classifier.Correct, 1)
	c.receive("no suggestion yet", 9)

	strays, err := c.Strays(t.Context(), floor, start, 100)
	c.must(err)
	for _, s := range strays {
		if want[s.Matter] == "" {
			t.Errorf("a stray too many: %+v", s.Matter)
		}
		if s.Caller == "" || s.Suggested != c.version.Leaves()[0].ID || len(s.Vector) != c.dim || s.Text != "工地夜里施工太吵" {
			t.Errorf("%s: %+v", want[s.Matter], s)
		}
		delete(want, s.Matter)
	}
	if len(want) > 0 {
		t.Errorf("not among the strays: %v", want)
	}
	if !slices.IsSortedFunc(strays, func(a, b classifier.Stray) int { return b.At.Compare(a.At) }) {
		t.Error("the newest are not first")
	}
	if later, err := c.Strays(t.Context(), floor, start.Add(24*time.Hour), 100); err != nil || len(later) != 0 {
		t.Errorf("a day later: %d, %v", len(later), err)
	}
	if two, err := c.Strays(t.Context(), floor, start, 2); err != nil || len(two) != 2 {
		t.Errorf("two at most: %d, %v", len(two), err)
	}
}

func TestAGapStaysAwayOnceSomebodyLookedAfterIt(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var matters []intake.MatterID
	for i := range 6 {
		m, _ := c.suggest(name("m", i), i*24*60, 0, 0.3)
		matters = append(matters, m)
	}
	now := start.AddDate(0, 0, 16)
	gap := func(members ...intake.MatterID) classifier.FoundGap {
		return classifier.FoundGap{
			ID: id.New[classifier.GapID](), Callers: 5, Words: []string{"无人机"}, Nearest: c.version.Leaves()[1].ID,
			Members: members, Typical: []intake.MatterID{members[len(members)-1], members[0]},
		}
	}
	replace := func(found ...classifier.FoundGap) []classifier.Gap {
		t.Helper()
		c.must(c.ReplaceGaps(t.Context(), found, now))
		all, err := c.Gaps(t.Context(), now)
		c.must(err)
		return all
	}
	small, large := gap(matters[:2]...), gap(matters[2:]...)
	large.Nearest, large.Words = "", nil
	all := replace(small, large)
	if len(all) != 2 || all[0].ID != large.ID || all[0].Size != 4 || all[0].Mark != nil || all[0].Nearest != "" || len(all[0].Words) != 0 {
		t.Fatalf("gaps %+v", all)
	}
	g := all[1]
	if g.Size != 2 || g.Callers != 5 || !slices.Equal(g.Words, []string{"无人机"}) || g.Nearest != small.Nearest ||
		!g.First.Equal(start) || !g.Last.Equal(start.AddDate(0, 0, 1)) || g.Recent != 0 || g.Before != 2 || all[0].Recent != 4 {
		t.Errorf("gap %+v", g)
	}
	if len(g.Typical) != 2 || g.Typical[0].Matter != matters[1] || g.Typical[0].Text != "夜间施工噪声\n工地夜里施工太吵" {
		t.Errorf("typical %+v", g.Typical)
	}
	c.must(c.MarkGap(t.Context(), small.ID, classifier.GapIgnored, c.account, now))
	wants(t, c.MarkGap(t.Context(), id.New[classifier.GapID](), classifier.GapIgnored, c.account, now), errs.NotFound, "gap.not_found")
	if all := replace(); len(all) != 0 {
		t.Errorf("gaps that are no more: %+v", all)
	}
	members, err := c.GapMembers(t.Context())
	c.must(err)
	if len(members) != 1 || !slices.Equal(members[small.ID], matters[:2]) {
		t.Errorf("kept to be recognised: %v", members)
	}
	wants(t, c.MarkGap(t.Context(), small.ID, classifier.GapHandled, c.account, now), errs.NotFound, "gap.not_found")
	small.Members = matters[:3]
	if all := replace(small); len(all) != 1 || all[0].Mark == nil || all[0].Mark.Size != 2 || all[0].Mark.ByName != "李" || all[0].Waits() {
		t.Errorf("back with one more: %+v", all)
	}
	small.Members = matters[:4]
	if all := replace(small); len(all) != 1 || !all[0].Waits() {
		t.Errorf("doubled: %+v", all)
	}
}
