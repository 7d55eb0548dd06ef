package postgres_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// team is an office with a work group across two units until a day later, whose
// people are the lead unit's, o.unit, and another's, o.other.
func team(t *testing.T) (*office, *casework.Groups, casework.Group) {
	t.Helper()
	o := newOffice(t)
	groups := casework.NewGroups(o, o.stage)
	g, err := groups.Form(t.Context(), o.agent, casework.NewGroup{
		Name: "油烟整治专班", Purpose: "老城区油烟", Lead: " Unit1", Members: []string{"unit2", "unit1", ""}, Until: o.now.Add(24 * time.Hour),
	})
	o.must(err)
	return o, groups, g
}

func TestAGroupIsOfPeopleWhoMayHandle(t *testing.T) {
	t.Parallel()
	o, groups, g := team(t)
	ctx, until := t.Context(), o.now.Add(time.Hour)
	all, err := groups.All(ctx, o.agent)
	if err != nil || len(all) != 1 || len(all[0].Members) != 2 || all[0].Lead != o.unit.Account || all[0].Unit != "" || all[0].Members[1].Unit != o.other.Unit {
		t.Fatalf("groups %+v, %v", all, err)
	}
	form := func(actor org.Actor, n casework.NewGroup) error {
		_, err := groups.Form(ctx, actor, n)
		return err
	}
	wants(t, form(o.unit, casework.NewGroup{Name: "甲", Purpose: "乙", Lead: "unit1", Members: []string{"unit2"}, Until: until}), errs.Invalid, "group.stranger") // of another unit
	wants(t, form(o.agent, casework.NewGroup{Name: "甲", Purpose: "乙", Lead: "li", Until: until}), errs.Invalid, "group.stranger")                               // takes calls
	wants(t, form(org.Actor{Roles: org.Roles{org.RoleLeader}}, casework.NewGroup{}), errs.Forbidden, "role.forbidden")
	for _, n := range []casework.NewGroup{
		{Purpose: "乙", Lead: "unit1", Until: until}, {Name: "甲", Lead: "unit1", Until: until}, {Name: "甲", Purpose: "乙", Until: until}, {Name: "甲", Purpose: "乙", Lead: "unit1"},
	} {
		wants(t, form(o.agent, n), errs.Invalid, "field.required")
	}
	wants(t, form(o.agent, casework.NewGroup{Name: "甲", Purpose: "乙", Lead: "unit1", Until: o.now}), errs.Invalid, "group.until")
	wants(t, form(o.agent, casework.NewGroup{Name: "甲", Purpose: "乙", Lead: "unit1", Until: o.now.AddDate(2, 0, 0)}), errs.Invalid, "group.long")
	o.must(form(o.unit, casework.NewGroup{Name: "甲", Purpose: "乙", Lead: "unit1", Until: until}))
	stranger := org.Actor{Account: o.handler("unit3", o.units[2].ID), Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}
	if all, err = groups.All(ctx, stranger); err != nil || len(all) != 0 {
		t.Errorf("a unit without anybody in them sees %d, %v", len(all), err)
	}
	wants(t, groups.End(ctx, stranger, g.ID), errs.NotFound, "group.not_found")
	wants(t, groups.End(ctx, o.other, g.ID), errs.Forbidden, "group.not_yours")
}

// TestPeopleComeIntoAGroupAndLeaveIt: on record, what they had taken up is
// anybody's of the group again, and somebody always leads it.
func TestPeopleComeIntoAGroupAndLeaveIt(t *testing.T) {
	t.Parallel()
	o, groups, g := team(t)
	ctx := t.Context()
	third := o.handler("unit3", o.units[2].ID)
	change := func(actor org.Actor, add, remove []string, lead string) error {
		return groups.Change(ctx, actor, g.ID, casework.GroupChange{Add: add, Remove: remove, Lead: lead})
	}
	d := o.file("a", 0)
	o.must(groups.Give(ctx, o.agent, d.ID, d.Version, g.ID, ""))
	d = o.do(o.other, o.of(d.Matter), casework.Command{Move: casework.Engage})
	wants(t, change(o.other, []string{"unit3"}, nil, ""), errs.Forbidden, "group.not_yours")
	wants(t, change(o.unit, nil, nil, ""), errs.Invalid, "field.required")
	wants(t, change(o.unit, []string{"li"}, nil, ""), errs.Invalid, "group.stranger")
	wants(t, change(o.unit, []string{"unit2"}, nil, ""), errs.Invalid, "group.member")
	wants(t, change(o.unit, nil, []string{"unit3"}, ""), errs.Invalid, "group.no_member")
	wants(t, change(o.unit, nil, []string{"unit1"}, ""), errs.Invalid, "group.lead")
	wants(t, change(o.unit, []string{"unit3"}, []string{"unit3"}, ""), errs.Invalid, "group.both")
	if all, err := groups.All(ctx, o.agent); err != nil || len(all[0].Members) != 2 || len(all[0].Changes) != 0 {
		t.Fatalf("what was refused changed it: %+v, %v", all, err)
	}
	o.must(change(o.unit, []string{" Unit3 "}, []string{"unit2"}, ""))
	d = o.of(d.Matter)
	if d.Group != g.ID || d.Taker != "" || d.RelationOf(o.other) != casework.Stranger || !slices.Contains(d.RelationsOf(org.Actor{Account: third, Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}), casework.InGroup) {
		t.Errorf("after the change %+v, team %v", d.Case, d.Team)
	}
	o.rebuilds(d)
	o.must(change(o.agent, nil, []string{"unit1"}, "unit3"))
	all, err := groups.All(ctx, o.agent)
	if err != nil || all[0].Lead != third || len(all[0].Members) != 1 || len(all[0].Changes) != 3 || !all[0].Changes[0].Joined || all[0].Changes[2].Joined || all[0].Changes[0].ByName == "" {
		t.Errorf("changed %+v, %v", all, err)
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE object = $1 AND action = 'change_group'`, "group:"+string(g.ID)); n != 2 {
		t.Errorf("%d lines on record", n)
	}
	o.now = o.now.Add(25 * time.Hour)
	wants(t, change(o.agent, []string{"unit1"}, nil, ""), errs.NotFound, "group.not_found")
}

// TestAGroupWorksOnACaseUntilItEnds: its people see and do it, everybody sees who
// took it up, and when the group ends it is the unit's again.
func TestAGroupWorksOnACaseUntilItEnds(t *testing.T) {
	t.Parallel()
	o, groups, g := team(t)
	ctx := t.Context()
	d := o.file("a", 0)
	if d.Unit != o.unit.Unit {
		t.Fatalf("it is %s's", d.Unit)
	}
	_, _, err := o.stage.Get(ctx, o.other, d.ID)
	wants(t, err, errs.NotFound, "case.not_found")
	wants(t, groups.Give(ctx, o.other, d.ID, d.Version, g.ID, ""), errs.NotFound, "case.not_found")
	wants(t, groups.Give(ctx, o.unit, d.ID, d.Version, "00000000-0000-7000-8000-000000000000", ""), errs.Invalid, "group.unfit")
	wants(t, groups.Give(ctx, o.unit, d.ID, d.Version+1, g.ID, ""), errs.Conflict, "case.moved")
	o.must(groups.Give(ctx, o.unit, d.ID, d.Version, g.ID, "一周内"))
	d = o.of(d.Matter)
	wants(t, groups.Give(ctx, o.unit, d.ID, d.Version, g.ID, ""), errs.Conflict, "group.has")
	if r := d.RelationOf(o.other); r != casework.InGroup || d.RelationOf(o.unit) != casework.Lead {
		t.Errorf("the other unit's person is %s", r)
	}
	mine, counts, err := o.stage.List(ctx, o.other, casework.Filter{Show: casework.ShowWaiting, Of: o.other.Account})
	if err != nil || len(mine) != 1 || counts[casework.ShowOpen] != 1 {
		t.Errorf("with their groups %d, %v, %v", len(mine), counts, err)
	}
	if own, _, err := o.stage.List(ctx, o.other, casework.Filter{Show: casework.ShowOpen}); err != nil || len(own) != 0 {
		t.Errorf("of their unit %d, %v", len(own), err)
	}
	if theirs, _, err := o.stage.List(ctx, o.unit, casework.Filter{Show: casework.ShowWaiting}); err != nil || len(theirs) != 1 {
		t.Errorf("the lead unit sees %d, %v", len(theirs), err)
	}

	var wg sync.WaitGroup
	got := make([]error, 2)
	for i, actor := range []org.Actor{o.unit, o.other} {
		wg.Go(func() {
			_, got[i] = o.stage.Do(ctx, actor, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Engage})
		})
	}
	wg.Wait()
	if (got[0] == nil) == (got[1] == nil) {
		t.Fatalf("both took it up: %v", got)
	}
	for _, err := range got {
		if err != nil {
			wants(t, err, errs.Conflict, "case.moved")
		}
	}
	d = o.of(d.Matter)
	if d.Taker == "" || d.Taker != o.unit.Account && d.Taker != o.other.Account {
		t.Errorf("taken up by %q", d.Taker)
	}
	d = o.do(o.other, d, casework.Command{Move: casework.Accept})
	_, err = o.stage.Do(ctx, o.other, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Return, Reason: "duty", Text: "x"})
	wants(t, err, errs.Forbidden, "case.not_yours") // the unit answers for it

	o.now = o.now.Add(24*time.Hour + time.Minute)
	for range 2 { // the second run finds nothing more
		_, err = casework.NewClock(o.cases, o.planner).RunDue(ctx, o.now)
		o.must(err)
	}
	d = o.of(d.Matter)
	if d.Group != "" || d.Taker != "" || d.State != casework.Handling || d.RelationOf(o.other) != casework.Stranger {
		t.Errorf("after the group's end %+v", d.Case)
	}
	over := 0
	for _, e := range o.rebuilds(d) {
		if e.Move == casework.GroupOver {
			over++
		}
	}
	if over != 1 {
		t.Errorf("%d ends on record", over)
	}
	wants(t, groups.Give(ctx, o.unit, d.ID, d.Version, g.ID, ""), errs.Invalid, "group.unfit")
}

// TestNoCaseIsLostWithAGroup: ended before its time, or left by a person, it
// leaves its cases to their unit; one that goes elsewhere leaves the group.
func TestNoCaseIsLostWithAGroup(t *testing.T) {
	t.Parallel()
	o, groups, g := team(t)
	ctx := t.Context()
	a, b := o.file("a", 0), o.file("b", 1)
	for _, d := range []casework.Docket{a, b} {
		o.must(groups.Give(ctx, o.agent, d.ID, d.Version, g.ID, ""))
	}
	o.must(org.SetDisabled(ctx, o, org.Actor{}, "unit2", true, o.now))
	if a = o.of(a.Matter); len(a.Team) != 1 {
		t.Errorf("the group is %v", a.Team)
	}
	o.must(o.stage.Redirect(ctx, o.agent, b.ID, o.of(b.Matter).Version, o.units[0].ID, "改派"))
	if b = o.of(b.Matter); b.Group != "" {
		t.Error("a case of another unit is still with the group")
	}
	o.rebuilds(b)
	o.must(groups.End(ctx, o.unit, g.ID))
	if a = o.of(a.Matter); a.Group != "" || a.State != casework.Waiting || a.Unit != o.unit.Unit {
		t.Errorf("after its end %+v", a.Case)
	}
	o.rebuilds(a)
	wants(t, groups.End(ctx, o.unit, g.ID), errs.NotFound, "group.not_found")
	if n := o.count(`SELECT count(*) FROM audit WHERE object = $1 AND action IN ('form_group', 'end_group')`, "group:"+string(g.ID)); n != 2 {
		t.Errorf("%d lines on record", n)
	}
}
