package postgres_test

import (
	"slices"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/postgres"
)

// TestADisabledAccountLeavesNothingOpen: its ways in end at once, what it asked
// for is refused, and a unit with open cases keeps somebody.
func TestADisabledAccountLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	d := o.file("a", 0)
	disable := func(login string) error { return org.SetDisabled(ctx, o, org.Actor{}, login, true, o.now) }
	wants(t, org.SetDisabled(ctx, o, o.agent, "unit1", true, o.now), errs.Forbidden, "role.forbidden")
	wants(t, disable("nobody"), errs.NotFound, "account.not_found")
	wants(t, disable("unit1"), errs.Conflict, "account.last_of_unit")
	o.must(disable("unit2")) // its unit has nothing open

	o.handler("colleague", d.Unit)
	session := org.Session{Hash: [32]byte{7}, Account: o.unit.Account, CSRF: "x", CreatedAt: o.now, ExpiresAt: o.now.Add(time.Hour)}
	o.must(o.RecordSignIn(ctx, &session, "", org.Audit{At: o.now, Actor: o.unit.Account, Action: "signin", Object: "login:unit1"}))
	token := org.Token{ID: id.New[string](), Name: "t", Hash: [32]byte{8}, Account: o.unit.Account, CreatedAt: o.now}
	o.must(o.InsertToken(ctx, token, org.Audit{At: o.now, Action: "create_token", Object: "token:t"}))
	r := casework.ContactRequest{ID: id.New[casework.ContactRequestID](), Case: d.ID, By: o.unit.Account, At: o.now, Why: "约时间"}
	o.must(o.InsertContactRequest(ctx, r, org.Audit{At: o.now, Actor: r.By, Action: "ask_contact", Object: "case:" + string(d.ID)}))
	o.must(disable(" Unit1 "))
	_, _, err := o.ActorOfSession(ctx, session.Hash, o.now)
	wants(t, err, errs.NotFound, "session.expired")
	if _, err = o.ActorOfToken(ctx, token.Hash, o.now); errs.KindOf(err) != errs.NotFound {
		t.Errorf("its token: %v", err)
	}
	all, err := o.ContactRequests(ctx, d.ID)
	o.must(err)
	if len(all) != 1 || all[0].Granted || all[0].Decided.IsZero() || all[0].Remark == "" {
		t.Errorf("its request %+v", all)
	}
	wants(t, disable("colleague"), errs.Conflict, "account.last_of_unit")
	o.must(org.SetDisabled(ctx, o, org.Actor{}, "unit1", false, o.now))
	o.must(disable("colleague"))
	lines := o.list(`SELECT action || ' ' || object FROM audit WHERE action LIKE '%able_account' ORDER BY id`)
	want := []string{"disable_account login:unit2", "disable_account login:unit1", "enable_account login:unit1", "disable_account login:colleague"}
	if !slices.Equal(lines, want) {
		t.Errorf("on record %q", lines)
	}
	n, err := o.cases.Ownerless(ctx)
	if err != nil || n != 0 {
		t.Errorf("%d cases without anybody, %v", n, err)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, login := range []string{"first", "second"} {
		a := org.Account{ID: id.New[org.AccountID](), Login: login, Name: login, Roles: org.Roles{org.RoleAdmin}, CreatedAt: start}
		o.must(o.InsertAccount(t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "account:" + login}))
	}
	o.must(org.SetDisabled(t.Context(), o, org.Actor{}, "first", true, o.now))
	wants(t, org.SetDisabled(t.Context(), o, org.Actor{}, "second", true, o.now), errs.Conflict, "account.last_admin")
}

// TestAnAbolishedUnitLeavesNoCaseBehind: while it has open cases the list is not
// taken over, not in part either; once they are another's, it is.
func TestAnAbolishedUnitLeavesNoCaseBehind(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.file("a", 0)
	d = o.do(o.unit, d, casework.Command{Move: casework.Return, Reason: "duty", Text: "三定方案", Proposed: o.units[2].ID})
	left := slices.DeleteFunc(slices.Clone(o.units), func(u org.Unit) bool { return u.ID == d.Unit || u.ID == o.units[2].ID })
	left = append(left, org.Unit{ID: id.New[org.UnitID](), Name: "新设的单位", Kind: o.units[0].Kind, Area: o.units[0].Area})
	save := func() error {
		return o.SaveListing(t.Context(), postgres.Listing{Units: left}, org.Audit{At: o.now, Action: "import_listing", Object: "directory"})
	}
	wants(t, save(), errs.Conflict, "unit.open_cases")
	if n := o.count(`SELECT count(*) FROM unit WHERE retired OR name = '新设的单位'`); n != 0 {
		t.Errorf("%d units of the refused list", n)
	}
	o.must(o.stage.Redirect(t.Context(), o.agent, d.ID, d.Version, o.units[0].ID, "单位撤并，由公安局承接"))
	o.must(save())
	if n := o.count(`SELECT count(*) FROM unit WHERE retired`); n != 2 { // the proposed one stays as well: a return names it
		t.Errorf("%d units are out of service", n)
	}
	if d = o.of(d.Matter); d.Unit != o.units[0].ID || len(o.rebuilds(d)) != 3 {
		t.Errorf("handed over %+v", d.Case)
	}
}
