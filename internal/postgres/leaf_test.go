package postgres_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/text"
)

// put stores a matter with its words, suggested as one leaf and decided as
// another, days after start.
func (c *city) put(external, words string, suggested, decided, days int) classifier.Decision {
	c.t.Helper()
	p := parcel(external, 0)
	p.Message.Text, p.Message.Matters[0].Text = words, words
	p.Message.Title, p.Message.Matters[0].Title = "", ""
	_, _, err := c.InsertParcel(c.t.Context(), p)
	c.must(err)
	o := c.outcome(p.Message.Matters[0].ID, suggested, 0.7)
	_, err = c.InsertOutcome(c.t.Context(), o)
	c.must(err)
	d := c.confirm(o.Matter, o.Suggestion.ID, decided)
	if suggested != decided {
		d.Kind = classifier.Correct
	}
	d.At = start.AddDate(0, 0, days).Add(2 * time.Hour)
	return c.decide(d)
}

func TestLeafIsReviewedFromDecisions(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	words, err := text.NewSegmenter()
	c.must(err)
	const noise, fume, stall = 0, 1, 2
	for i := range 12 {
		c.put(name("noise", i), "工地半夜施工，噪声太大睡不着", noise, noise, 10)
		c.put(name("fume", i), "饭店油烟从烟道排出来，味道呛人", fume, fume, 10)
	}
	c.put("away", "楼下饭店的鼓风机整夜响", fume, noise, 20)
	c.put("away again", "楼下饭店的鼓风机整夜响个不停", fume, noise, 21)
	c.put("away a third time", "饭店的鼓风机整夜响个不停", fume, noise, 21)
	c.put("another", "广场舞音响开到深夜", stall, noise, 22)
	c.put("from here", "烤肉摊烟熏火燎", noise, stall, 22)
	c.put("too old", "很久以前的风机", fume, noise, -100)
	taken := c.put("taken back", "空调外机轰鸣", fume, noise, 23)
	c.decide(classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: taken.Matter, Previous: taken.ID, Purpose: classifier.Effective,
		Kind: classifier.Withdraw, By: c.account, At: taken.At.Add(time.Minute),
	})
	blind := c.confirm(taken.Matter, "", fume)
	blind.Purpose, blind.By, blind.At = classifier.Blind, c.colleague("wang"), taken.At
	c.decide(blind)

	leaves := classifier.NewLeaves(c.DB, words, func() time.Time { return start.AddDate(0, 0, 30) })
	actor, leaf := org.Actor{Account: c.account, Roles: org.Roles{org.RoleAgent}}, c.version.Leaves()
	r, err := leaves.Review(t.Context(), actor, leaf[noise].ID, 90)
	c.must(err)
	if r.Suggested != 13 || r.Kept != 12 || r.Decided != 16 {
		t.Errorf("suggested %d, kept %d, decided %d; want 13, 12, 16", r.Suggested, r.Kept, r.Decided)
	}
	if want := []classifier.LeafCount{{Leaf: leaf[stall].ID, Count: 1}}; !slices.Equal(r.Away, want) {
		t.Errorf("away %+v", r.Away)
	}
	if want := []classifier.LeafCount{{Leaf: leaf[fume].ID, Count: 3}, {Leaf: leaf[stall].ID, Count: 1}}; !slices.Equal(r.Taken, want) {
		t.Errorf("taken %+v", r.Taken)
	}
	if len(r.Wordings) != 2 || r.Wordings[0].Text != "广场舞音响开到深夜" || r.Wordings[0].Suggested != leaf[stall].ID || !strings.Contains(r.Wordings[1].Text, "不停") {
		t.Errorf("wordings %+v", r.Wordings)
	}
	r, err = leaves.Review(t.Context(), actor, leaf[fume].ID, 90)
	c.must(err)
	if r.Suggested != 15 || r.Kept != 12 || r.Rival != leaf[noise].ID || r.Clause.OwnTexts != 12 || r.Clause.RivalTexts != 16 {
		t.Errorf("fumes: %+v", r)
	}
	if !slices.Contains(r.Clause.Own, "油烟") || !slices.Contains(r.Clause.Rival, "施工") || slices.Contains(r.Clause.Rival, "饭店") {
		t.Errorf("words %v, %v", r.Clause.Own, r.Clause.Rival)
	}
	r, err = leaves.Review(t.Context(), actor, leaf[stall].ID, 7)
	if err != nil || r.Suggested != 0 || len(r.Wordings) != 0 {
		t.Errorf("in a week without decisions: %+v, %v", r, err)
	}
}

func TestLeafShowsWhatUnitsGaveBack(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	words, err := text.NewSegmenter()
	c.must(err)
	const noise, fume = 0, 1
	give := func(d classifier.Decision, reason classifier.ReturnReason, proposed org.UnitID, minutes int) {
		_, err := c.InsertReturn(t.Context(), c.giveBack(d, reason, proposed, minutes), "")
		c.must(err)
	}
	early := c.put("early", "半夜施工", noise, noise, -200)
	kept := c.put("kept", "半夜装修", noise, noise, 9)
	first := c.put("first", "半夜打桩", noise, noise, 10)
	second := c.put("second", "半夜唱歌", fume, noise, 10)
	other := c.put("other", "油烟呛人", fume, fume, 10)
	give(early, classifier.ReturnOther, "", 5)
	give(first, classifier.ReturnDuty, c.units[2].ID, 5)
	give(second, classifier.ReturnIncomplete, "", 10)
	give(other, classifier.ReturnArea, "", 5)
	leaves := classifier.NewLeaves(c.DB, words, func() time.Time { return start.AddDate(0, 0, 30) })
	r, err := leaves.Review(t.Context(), org.Actor{Account: c.account, Roles: org.Roles{org.RoleAgent}}, c.version.Leaves()[noise].ID, 90)
	c.must(err)
	if len(r.Returned) != 2 || r.Returned[0].Matter != second.Matter || r.Returned[1].Matter != first.Matter {
		t.Fatalf("%+v; want the second and the first, not %s", r.Returned, kept.Matter)
	}
	if g := r.Returned[1]; g.From == "" || g.Proposed == "" || g.From == g.Proposed || g.Reason != classifier.ReturnDuty || g.Clause == "" {
		t.Errorf("the first: %+v", g)
	}
	if g := r.Returned[0]; g.Proposed != "" || g.Reason != classifier.ReturnIncomplete {
		t.Errorf("the second: %+v", g)
	}
}
