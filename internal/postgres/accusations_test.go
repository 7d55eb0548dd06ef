package postgres_test

import (
	"context"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// accusing makes the stage, and a supervisor.
func (o *office) accusing() (*intake.Accusations, org.Actor) {
	o.t.Helper()
	a := org.Account{ID: id.New[org.AccountID](), Login: "chief", Name: "主任", Roles: org.Roles{org.RoleAdmin}, CreatedAt: start}
	o.must(o.InsertAccount(o.t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "account:" + string(a.ID)}))
	return intake.NewAccusations(o, func() time.Time { return o.now }), org.Actor{Account: a.ID, Roles: org.Roles{org.RoleAdmin}}
}

// TestWhoIsAccusedNeitherGetsNorSeesTheCase goes through every way by which the
// accused unit could come to the case.
func TestWhoIsAccusedNeitherGetsNorSeesTheCase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	stage, _ := o.accusing()
	desk := classifier.NewDesk(o.cases, func() time.Time { return o.now })
	m, s := o.suggest("a", 0, 0, 0.7)
	police := o.units[0].ID
	seen := func() time.Time {
		a, err := stage.Of(ctx, o.agent, m)
		o.must(err)
		return a.At
	}
	o.must(stage.Set(ctx, o.agent, m, intake.Accusation{Units: []org.UnitID{police}, Why: "民警态度恶劣"}, nil, time.Time{}))
	wants(t, stage.Set(ctx, o.agent, m, intake.Accusation{Units: []org.UnitID{police}}, nil, time.Time{}), errs.Conflict, "accused.changed")
	wants(t, stage.Set(ctx, o.agent, m, intake.Accusation{Units: []org.UnitID{id.New[org.UnitID]()}}, nil, seen()), errs.NotFound, "unit.not_found")
	wants(t, stage.Set(ctx, o.agent, m, intake.Accusation{}, []string{"nobody"}, seen()), errs.NotFound, "account.not_found")

	// as lead and as co-unit
	decide := o.confirm(m, s, 0)
	decide.Kind, decide.Lead, decide.Co = classifier.Correct, police, nil
	_, err := desk.Decide(ctx, o.agent, decide, "")
	wants(t, err, errs.Invalid, "accused.lead")
	decide.Lead, decide.Co = o.units[1].ID, []org.UnitID{police}
	_, err = desk.Decide(ctx, o.agent, decide, "")
	wants(t, err, errs.Invalid, "accused.co")
	decide.Co = []org.UnitID{o.units[2].ID}
	_, err = desk.Decide(ctx, o.agent, decide, "")
	o.must(err)
	if n := o.count(`SELECT count(*) FROM confirmed_example WHERE matter_id = $1`, m); n != 0 {
		t.Error("what goes round the accused became an example")
	}
	d := o.of(m)

	// to read, to list, to redirect to
	_, _, err = o.stage.Get(ctx, o.other, d.ID)
	wants(t, err, errs.NotFound, "case.not_found")
	wants(t, o.stage.Redirect(ctx, o.agent, d.ID, d.Version, police, ""), errs.Invalid, "accused.lead")

	// handed down, and given to a person
	d = o.do(o.unit, d, casework.Command{Move: casework.Accept})
	_, err = o.cases.Move(ctx, d.ID, d.Version, func(c casework.Case, subject casework.Subject) (casework.Step, error) {
		return o.planner.Plan(c, subject, casework.Event{At: o.now, By: o.unit.Account, Move: casework.HandDown, Reason: string(police)}, time.Time{})
	})
	wants(t, err, errs.Invalid, "accused.lead")

	// divided: what is cut off shuts out the same
	dividing := casework.NewDividing(o.cases, o.stage, prompts{})
	other, err := dividing.Divide(ctx, o.agent, d.ID, d.Version, "一件", "另一件", "")
	o.must(err)
	if a, err := stage.Of(ctx, o.agent, other); err != nil || !a.Bars(police) {
		t.Errorf("what was cut off shuts out %+v, %v", a, err)
	}
	d = o.of(m)

	// merged with one that the accused has
	theirs := o.file("b", -60)
	wants(t, casework.NewMerges(o.cases, o.stage).Merge(ctx, o.agent, d.ID, d.Version, theirs.Number, ""), errs.Conflict, "accused.merge")

	// like closed cases
	for _, move := range []casework.Command{{Move: casework.Propose, Public: "已处理", Sure: true}} {
		d = o.do(o.unit, d, move)
	}
	d = o.do(o.agent, d, casework.Command{Move: casework.Close, Reason: string(casework.Solved)})
	likes, err := o.cases.LikeClosed(ctx, theirs.ID, 5)
	if err != nil || len(likes) != 0 {
		t.Errorf("the accused may read %+v, %v", likes, err)
	}

	// somebody of the accused unit who stands in elsewhere, or works at the desk
	stand := o.unit
	stand.Home = police
	_, _, err = o.stage.Get(ctx, stand, d.ID)
	wants(t, err, errs.NotFound, "case.not_found")
	editor := org.Actor{Account: o.account, Roles: org.Roles{org.RoleEditor}, Unit: police}
	_, err = desk.File(ctx, editor, m)
	wants(t, err, errs.NotFound, "matter.not_found")
	_, _, err = o.stage.Get(ctx, editor, d.ID)
	wants(t, err, errs.NotFound, "case.not_found")
	found, _, err := o.stage.List(ctx, editor, casework.Filter{Show: casework.ShowClosed})
	if err != nil || len(found) != 0 {
		t.Errorf("an editor of the accused unit lists %d cases, %v", len(found), err)
	}
	for _, show := range casework.UnitShows() {
		if found, _, err := o.stage.List(ctx, o.other, casework.Filter{Show: show}); err != nil || len(found) != 0 {
			t.Errorf("%s: the accused lists %d cases, %v", show, len(found), err)
		}
	}
	if lines := o.list(`SELECT action FROM audit WHERE object = $1 ORDER BY id`, "matter:"+string(m)); len(lines) != 1 || lines[0] != "accuse" {
		t.Errorf("audit %q", lines)
	}
}

// TestWhoHasTheCaseIsAccused: the accused unit has it already. It goes to
// another one with the same decision, or nothing happens.
func TestWhoHasTheCaseIsAccused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	stage, _ := o.accusing()
	d := o.file("a", 0)
	against := intake.Accusation{Units: []org.UnitID{d.Unit}}
	wants(t, stage.Set(ctx, o.agent, d.Matter, against, nil, time.Time{}), errs.Conflict, "accused.partakes")
	desk := classifier.NewDesk(o.cases, func() time.Time { return o.now })
	again := classifier.Decision{
		Matter: d.Matter, Previous: d.Decision, Kind: classifier.Correct, Category: d.Category, Lead: d.Unit, Urgency: d.Urgency, Type: d.Type, Accused: &against,
	}
	_, err := desk.Decide(ctx, o.agent, again, "")
	wants(t, err, errs.Invalid, "accused.lead")
	if a, err := stage.Of(ctx, o.agent, d.Matter); err != nil || a.Stands() {
		t.Errorf("half written: %+v, %v", a, err)
	}
	again.Lead = o.units[0].ID
	_, err = desk.Decide(ctx, o.agent, again, "")
	o.must(err)
	_, _, err = o.stage.Get(ctx, o.unit, d.ID)
	wants(t, err, errs.NotFound, "case.not_found")
	if d, _, err := o.stage.Get(ctx, o.other, d.ID); err != nil || d.RelationOf(o.other) != casework.Lead {
		t.Errorf("the new unit is %s, %v", d.RelationOf(o.other), err)
	}
}

// TestAFaultOfTheHotlineGoesToItsSupervisor: neither who took the call nor
// another agent decides on it or sees it.
func TestAFaultOfTheHotlineGoesToItsSupervisor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	stage, chief := o.accusing()
	desk := classifier.NewDesk(o.cases, func() time.Time { return o.now })
	p := parcel("a", 0)
	p.Contact.By = chief.Account // a supervisor takes calls as well
	_, _, err := o.InsertParcel(ctx, p)
	o.must(err)
	mine := p.Message.Matters[0].ID
	m, s := o.suggest("b", 1, 0, 0.7)
	for _, matter := range []intake.MatterID{mine, m} {
		o.must(stage.Set(ctx, o.agent, matter, intake.Accusation{Hotline: true, Why: "接线员挂电话"}, nil, time.Time{}))
	}
	_, err = desk.File(ctx, o.agent, m)
	wants(t, err, errs.NotFound, "matter.not_found")
	_, err = desk.Decide(ctx, o.agent, o.confirm(m, s, 0), "")
	wants(t, err, errs.NotFound, "matter.not_found")
	wants(t, desk.Verdict(ctx, o.agent, m, true), errs.NotFound, "matter.not_found")
	wants(t, classifier.NewReviews(o.DB, desk).Send(ctx, o.agent, m), errs.NotFound, "matter.not_found")
	stands := o.agent
	stands.Account, stands.For = chief.Account, o.account
	_, err = desk.Decide(ctx, stands, o.confirm(mine, "", 0), "") // as who took it, by the one who stands in
	wants(t, err, errs.NotFound, "matter.not_found")
	byAgent := o.confirm(m, s, 0)
	byAgent.By = o.agent.Account
	_, err = o.cases.InsertDecision(ctx, byAgent, "") // it was said while they decided
	wants(t, err, errs.Forbidden, "accused.shut")
	queued := func(actor org.Actor) []intake.MatterID {
		items, _, err := desk.Queue(ctx, actor, classifier.QueueFilter{})
		o.must(err)
		var out []intake.MatterID
		for _, item := range items {
			out = append(out, item.Matter)
		}
		return out
	}
	if got := queued(o.agent); len(got) != 0 {
		t.Errorf("an agent's queue holds %v", got)
	}
	if got := queued(chief); len(got) != 1 || got[0] != m {
		t.Errorf("the supervisor's queue holds %v, want the one that they did not take", got)
	}
	_, err = desk.File(ctx, chief, mine)
	wants(t, err, errs.NotFound, "matter.not_found")
	d := o.confirm(m, s, 0)
	_, err = desk.Decide(ctx, chief, d, "")
	o.must(err)
	_, _, err = o.stage.Get(ctx, o.agent, o.of(m).ID)
	wants(t, err, errs.NotFound, "case.not_found")
	if _, _, err := o.stage.Get(ctx, o.unit, o.of(m).ID); err != nil {
		t.Errorf("the unit that leads does not see it: %v", err)
	}
	sealed, err := o.SealedOriginal(ctx, p.Message.ID, org.Audit{At: o.now, Actor: chief.Account, Action: "read_original", Object: "message"})
	if err == nil {
		t.Errorf("who took the call reads %q", sealed)
	}
}

// prompts suggests nothing.
type prompts struct{}

func (prompts) Prompt(_ context.Context, _ ...intake.MatterID) {}

// TestNoListLeadsTheAccusedThere: neither the reminders nor what else a caller
// brought up shows a complaint to a person whom it is about.
func TestNoListLeadsTheAccusedThere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	stage, _ := o.accusing()
	d := o.file("a", 0)
	told := func() int {
		all, _, err := o.Alerts(ctx, casework.AlertFilter{To: o.unit.Account, Limit: 10})
		o.must(err)
		return len(all)
	}
	other, _ := o.suggest("b", 1, 0, 0.7)
	same := func() int {
		all, err := o.SameCaller(ctx, d.Matter, 10)
		o.must(err)
		return len(all)
	}
	if told() != 1 || same() != 1 {
		t.Fatalf("before: %d reminders, %d matters of the caller", told(), same())
	}
	again := classifier.Decision{
		Matter: d.Matter, Previous: d.Decision, Kind: classifier.Correct, Category: d.Category, Lead: o.units[0].ID, Urgency: d.Urgency, Type: d.Type,
		Accused: &intake.Accusation{Persons: []org.AccountID{o.unit.Account}},
	}
	_, err := classifier.NewDesk(o.cases, func() time.Time { return o.now }).Decide(ctx, o.agent, again, "")
	o.must(err)
	o.must(stage.Set(ctx, o.agent, other, intake.Accusation{Hotline: true}, nil, time.Time{}))
	if told() != 0 || same() != 0 {
		t.Errorf("after: %d reminders, %d matters of the caller", told(), same())
	}
}
