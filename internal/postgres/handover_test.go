package postgres_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// handOvers are hand-overs of an office, by an administrator.
func (o *office) handOvers() (*casework.HandOvers, org.Actor) {
	o.t.Helper()
	a := org.Account{ID: id.New[org.AccountID](), Login: "boss", Name: "管理员", Roles: org.Roles{org.RoleAdmin}, CreatedAt: start}
	o.must(o.InsertAccount(o.t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "account"}))
	return casework.NewHandOvers(o.city, o.stage, o.city), org.Actor{Account: a.ID, Roles: org.Roles{org.RoleAdmin}}
}

// TestAnAbolishedUnitsCasesGoOnWithItsSuccessor: what it answers for, what it
// has a part in and what it was handed, each on record; what is closed stays
// what it was; its people go on in the successor, and see what they had.
func TestAnAbolishedUnitsCasesGoOnWithItsSuccessor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	hand, boss := o.handOvers()
	gone, next := o.units[1].ID, o.units[0].ID
	o.handler("third", o.units[2].ID)
	waiting, handling, closed := o.file("waiting", 0), o.file("handling", 1), o.file("closed", 2)
	handling = o.do(o.unit, handling, casework.Command{Move: casework.Accept})
	k := &keeper{office: o}
	closed = k.closes(closed, casework.Solved, time.Time{})
	part := o.file("part", 3)
	o.must(o.stage.Redirect(ctx, o.agent, part.ID, part.Version, o.units[2].ID, "由城管局主办"))
	helped := o.file("helped", 4)
	m, s := o.suggest("of another", 5, 0, 0.7)
	d := o.confirm(m, s, 0)
	d.Lead, d.Co, d.At = o.units[2].ID, []org.UnitID{gone}, o.now
	_, err := o.cases.InsertDecision(ctx, d, "")
	o.must(err)

	_, _, err = hand.Abolish(ctx, o.agent, gone, next, "机构改革")
	wants(t, err, errs.Forbidden, "role.forbidden")
	_, _, err = hand.Abolish(ctx, boss, gone, gone, "机构改革")
	wants(t, err, errs.Invalid, "unit.successor")
	_, _, err = hand.Abolish(ctx, boss, gone, next, " ")
	wants(t, err, errs.Invalid, "field.required")
	wants(t, o.RetireUnit(ctx, gone, next, org.Audit{At: o.now, Action: "abolish_unit", Object: "unit"}), errs.Conflict, "unit.left")
	if n := o.count(`SELECT count(*) FROM unit WHERE retired`); n != 0 {
		t.Error("a unit with open cases is out of service")
	}
	moved, left, err := hand.Abolish(ctx, boss, gone, next, "机构改革方案")
	o.must(err)
	if moved != 4 || left != 0 {
		t.Errorf("%d moved, %d left", moved, left)
	}
	for _, c := range []casework.Docket{waiting, handling, helped} {
		got := o.of(c.Matter)
		history := o.rebuilds(got)
		if last := history[len(history)-1]; got.Unit != next || got.State != casework.Waiting || last.Move != casework.Redirect || last.By != boss.Account {
			t.Errorf("%s is %+v", c.Number, got.Case)
		}
		if !got.Due.FiledAt.Equal(c.Due.FiledAt) {
			t.Error("the citizen's clock started again")
		}
	}
	if got := o.of(m); got.Unit != o.units[2].ID || !slices.Equal(got.CoUnits, []org.UnitID{next}) {
		t.Errorf("its part is %+v", got)
	}
	if got := o.of(closed.Matter); got.Unit != gone || got.Version != closed.Version {
		t.Errorf("what was closed is %+v", got.Case)
	}
	dir, err := o.Directory(ctx)
	o.must(err)
	if _, there := dir.Unit(gone); there {
		t.Error("it is in service still")
	}
	n := o.count(`SELECT count(*) FROM account WHERE unit_id = $1`, next)
	if others, err := o.cases.Ownerless(ctx); err != nil || others != 0 || n != 2 {
		t.Errorf("%d people in the successor, %d cases without anybody, %v", n, others, err)
	}
	_, _, err = hand.Abolish(ctx, boss, gone, next, "再撤一次")
	wants(t, err, errs.NotFound, "unit.not_found")
}

// TestAPersonsTasksGoToASuccessor: without one they are not left behind, and
// nobody of another unit takes them.
func TestAPersonsTasksGoToASuccessor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	hand, boss := o.handOvers()
	worker, colleague := o.handler("worker", o.units[2].ID), o.handler("colleague", o.units[2].ID)
	o.must(o.SetHeads(ctx, o.units[2].ID, []org.AccountID{worker}, nil, org.Audit{At: o.now, Actor: boss.Account, Action: "set_heads", Object: "unit"}))
	d := o.file("a", 0)
	d = o.do(o.unit, d, casework.Command{Move: casework.Accept})
	hands := casework.NewHands(o.stage, o.city, o.city)
	o.must(hands.Down(ctx, o.unit, d.ID, d.Version, o.units[2].ID, time.Time{}, "请到现场"))
	d = o.of(d.Matter)
	below := org.Actor{Account: worker, Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}
	o.must(hands.Assign(ctx, below, d.ID, d.Version, worker))

	_, err := hand.Disable(ctx, boss, "worker", "")
	wants(t, err, errs.Conflict, "account.has_tasks")
	_, err = hand.Disable(ctx, boss, "worker", "unit2")
	wants(t, err, errs.Invalid, "account.successor")
	_, err = hand.Disable(ctx, o.agent, "worker", "colleague")
	wants(t, err, errs.Forbidden, "role.forbidden")
	n, err := hand.Disable(ctx, boss, "worker", " Colleague ")
	o.must(err)
	d = o.of(d.Matter)
	history := o.rebuilds(d)
	if last := history[len(history)-1]; n != 1 || d.Worker() != colleague || last.By != boss.Account || !strings.Contains(last.Text, "移交") {
		t.Errorf("%d went over, the worker is %s: %+v", n, d.Worker(), last)
	}
	members, err := o.Heads(ctx, o.units[2].ID)
	o.must(err)
	if len(members) != 1 || !members[0].Head {
		t.Errorf("heads %+v", members)
	}
	if got := strings.Join(o.list(`SELECT action FROM audit WHERE object = 'login:worker' ORDER BY id`), " "); got != "hand_over disable_account" {
		t.Errorf("on record %q", got)
	}
}

// TestWhoStandsInDoesWhatTheAbsentPersonDoes: for a time, under their own name;
// of two covers at once one is refused, and it ends by itself or at once.
func TestWhoStandsInDoesWhatTheAbsentPersonDoes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	_, boss := o.handOvers()
	covers := org.NewCovers(o.city, func() time.Time { return o.now })
	until := o.now.AddDate(0, 0, 5)
	_, err := covers.Set(ctx, o.agent, "unit1", "unit2", time.Time{}, until)
	wants(t, err, errs.Forbidden, "role.forbidden")
	for _, bad := range []struct {
		absent, substitute string
		until              time.Time
		code               errs.Code
	}{
		{"unit1", "unit1", until, "cover.self"}, {"unit1", "unit2", time.Time{}, "field.required"}, {"unit1", "unit2", o.now, "cover.until"},
		{"unit1", "unit2", until.AddDate(1, 0, 0), "cover.long"}, {"unit1", "li", until, "cover.role"}, {"boss", "unit1", until, "cover.role"},
	} {
		_, err := covers.Set(ctx, boss, bad.absent, bad.substitute, time.Time{}, bad.until)
		wants(t, err, errs.Invalid, bad.code)
	}
	_, err = covers.Set(ctx, boss, "unit1", "nobody", time.Time{}, until)
	wants(t, err, errs.NotFound, "account.not_found")

	session := org.Session{Hash: [32]byte{9}, Account: o.other.Account, CSRF: "x", CreatedAt: o.now, ExpiresAt: o.now.AddDate(0, 1, 0)}
	o.must(o.RecordSignIn(ctx, &session, "", org.Audit{At: o.now, Actor: session.Account, Action: "signin", Object: "login:unit2"}))
	absent := org.Session{Hash: [32]byte{10}, Account: o.unit.Account, CSRF: "y", CreatedAt: o.now, ExpiresAt: o.now.AddDate(0, 1, 0)}
	o.must(o.RecordSignIn(ctx, &absent, "", org.Audit{At: o.now, Actor: absent.Account, Action: "signin", Object: "login:unit1"}))
	c, err := covers.Set(ctx, boss, " Unit1", "unit2", o.now.Add(time.Hour), until)
	o.must(err)
	_, err = covers.Set(ctx, boss, "unit1", "unit2", time.Time{}, until)
	wants(t, err, errs.Conflict, "cover.overlaps")
	wants(t, covers.Act(ctx, o.other, session.Hash, c.ID), errs.Conflict, "cover.over") // not yet
	o.now = o.now.Add(time.Hour)
	wants(t, covers.Act(ctx, o.unit, absent.Hash, c.ID), errs.Conflict, "cover.over") // not theirs
	d := o.file("a", 0)
	actor, got, err := o.ActorOfSession(ctx, session.Hash, o.now)
	o.must(err)
	if !got.Stands || actor.For != "" || d.RelationOf(actor) != casework.Stranger {
		t.Errorf("before acting %+v %+v", actor, got)
	}
	o.must(covers.Act(ctx, o.other, session.Hash, c.ID))
	actor, _, err = o.ActorOfSession(ctx, session.Hash, o.now)
	o.must(err)
	if actor.For != o.unit.Account || actor.Account != o.other.Account || actor.Unit != o.unit.Unit || actor.ForName != "unit1" {
		t.Errorf("acting %+v", actor)
	}
	d = o.do(actor, d, casework.Command{Move: casework.Accept})
	if history := o.rebuilds(d); history[1].By != o.other.Account {
		t.Errorf("accepted by %s", history[1].By)
	}
	if _, got, err = o.ActorOfSession(ctx, absent.Hash, o.now); err != nil || got.Away != "unit2" {
		t.Errorf("the absent person sees %+v, %v", got, err)
	}
	if actor, _, err = o.ActorOfSession(ctx, session.Hash, until); err != nil || actor.For != "" || actor.Unit != o.other.Unit {
		t.Errorf("afterwards %+v, %v", actor, err)
	}
	o.must(covers.End(ctx, boss, c.ID))
	wants(t, covers.End(ctx, boss, c.ID), errs.Conflict, "cover.over")
	if actor, _, err = o.ActorOfSession(ctx, session.Hash, o.now); err != nil || actor.For != "" {
		t.Errorf("ended, but acting %+v, %v", actor, err)
	}
	if all, err := covers.All(ctx, boss); err != nil || len(all) != 0 {
		t.Errorf("covers %+v, %v", all, err)
	}
	o.must(covers.Act(ctx, o.other, session.Hash, ""))
}
