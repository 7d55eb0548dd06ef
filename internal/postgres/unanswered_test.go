package postgres_test

import (
	"testing"
	"time"

	"huying/internal/id"
	"huying/kb"
)

// TestWhatIsMissingIsCounted counts unanswered asks by topic, most first, and
// only since the time.
func TestWhatIsMissingIsCounted(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	groups := map[string]kb.GroupID{}
	for i, topic := range []string{"宠物", "停车", "宠物", "宠物", "停车"} {
		c.asks(name("g", i), name("p", i%3), topic, i, nil)
	}
	c.gather()
	rounds, err := c.UnplacedRounds(t.Context(), model, 10)
	c.must(err)
	for _, r := range rounds {
		p := kb.Placement{Round: r.ID, Kind: kb.Unanswered, Group: groups[r.Question()], Model: model, Vector: c.vector(), At: start}
		if p.New = p.Group == ""; p.New {
			p.Group = id.New[kb.GroupID]()
			groups[r.Question()] = p.Group
		}
		c.must(c.PlaceRound(t.Context(), p))
	}
	found, err := c.GapGroups(t.Context(), start.Add(time.Minute), start.Add(3*time.Minute), 10)
	c.must(err)
	if len(found) != 2 || found[0].Asks != 2 || found[0].Group != groups["停车"] || found[0].Week != 1 {
		t.Errorf("since the second ask %+v", found)
	}
	found, err = c.GapGroups(t.Context(), start, start, 1)
	c.must(err)
	if len(found) != 1 || found[0].Group != groups["宠物"] || found[0].Asks != 3 || found[0].Callers != 2 || !found[0].Last.Equal(start.Add(3*time.Minute)) {
		t.Errorf("all %+v", found)
	}
	if changed, _ := c.ChangedGroups(t.Context(), 10); len(changed) != 0 {
		t.Errorf("gaps are weighed as proposals: %v", changed)
	}
}

func TestEntriesAreUsedIdleOrRivals(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	used, idle, rival, retired := c.entry("a", "怎么续签", c.vector()), c.entry("b", "怎么养鱼", c.vector()), c.entry("c", "怎么延期", c.vector()), c.entry("d", "怎么停用", c.vector())
	rival.Entry.Phrasings = []string{"怎么养鱼吗？"}
	retired.Entry.State = kb.EntryRetired
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{used, idle, rival, retired})
	c.must(err)
	for i := range 4 {
		m := c.asks(name("u", i), "", "续签", i, func(a *kb.InstantAnswer) {
			given(used)(a)
			a.Matches = []kb.Match{{Entry: used.Entry, Score: 0.5}, {Entry: rival.Entry, Score: 0.3}}
		})
		if i == 3 {
			c.must(c.InsertVerdict(t.Context(), m, false, c.account, start))
		}
	}
	uses, err := c.EntryUses(t.Context(), start, 10)
	c.must(err)
	if len(uses) != 1 || uses[0].Entry != used.Entry.ID || uses[0].Answered != 3 || uses[0].Question != "怎么续签" {
		t.Errorf("used %+v", uses)
	}
	dead, err := c.DeadEntries(t.Context(), start.Add(time.Second), 10)
	c.must(err)
	if len(dead) != 2 || dead[0].Answered != 0 {
		t.Errorf("dead %+v, want the idle one and the rival", dead)
	}
	if dead, err = c.DeadEntries(t.Context(), start, 10); err != nil || len(dead) != 0 {
		t.Errorf("just changed, and dead: %+v, %v", dead, err)
	}
	pairs, err := c.Rivals(t.Context(), 10)
	c.must(err)
	if len(pairs) != 2 || pairs[0].Asks != 4 || pairs[0].Wording != "" || pairs[1].Asks != 0 || pairs[1].Wording == "" {
		t.Errorf("rivals %+v", pairs)
	}
}
