package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/pgtest"
	"huying/internal/postgres"
)

// TestRolesChangeAtOnce: in an open session too, and on record with what they
// were; the audit log says in which roles somebody acted.
func TestRolesChangeAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	s := org.Session{Hash: [32]byte{3}, Account: o.account, CSRF: "csrf", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	o.must(o.RecordSignIn(ctx, &s, "", org.Audit{At: start, Actor: o.account, Action: "signin", Object: "login:li"}))
	set := func(login string, unit org.UnitID, roles ...org.Role) error {
		_, err := org.SetRoles(ctx, o, org.Actor{}, login, roles, unit, o.now)
		return err
	}
	o.must(set("li", "", org.RoleEditor, org.RoleAgent))
	actor, _, err := o.ActorOfSession(ctx, s.Hash, start)
	if want := (org.Roles{org.RoleAgent, org.RoleEditor}); err != nil || !slices.Equal(actor.Roles, want) {
		t.Errorf("acts as %v, %v", actor.Roles, err)
	}
	o.must(o.RecordSignIn(ctx, nil, "", org.Audit{At: start, Actor: o.account, Action: "signin", Object: "login:li"}))
	got := o.list(`SELECT action || ' ' || detail || ' ' || array_to_string(roles, '+') FROM audit WHERE object = 'login:li' ORDER BY id`)
	want := []string{"signin  agent+dispatcher", "set_roles 话务员、派单员 → 话务员、知识采编员 ", "signin  agent+editor"}
	if !slices.Equal(got, want) {
		t.Errorf("on record %q", got)
	}
	wants(t, set("nobody", "", org.RoleAgent), errs.NotFound, "account.not_found")
	wants(t, set("li", "", org.RoleUnit), errs.Invalid, "account.unit_needed")
	wants(t, set("li", "00000000-0000-7000-8000-000000000000", org.RoleUnit), errs.NotFound, "unit.not_found")
	for _, roles := range []string{"{}", "{root}", "{privacy,agent}", "{unit,agent}", "{bot,editor}"} {
		if err := o.ExecForTest(ctx, `UPDATE account SET roles = $2::text::text[], unit_id = $3 WHERE id = $1`, o.account, roles, o.units[0].ID); stateOf(err) != "23514" {
			t.Errorf("roles %s: %v", roles, err)
		}
	}
}

// TestNobodyLeavesTheirUnitByARole: who handles cases hands over first, and the
// last administrator stays one.
func TestNobodyLeavesTheirUnitByARole(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	d := o.file("a", 0)
	set := func(login string, unit org.UnitID, roles ...org.Role) error {
		_, err := org.SetRoles(ctx, o, org.Actor{}, login, roles, unit, o.now)
		return err
	}
	wants(t, set("unit1", "", org.RoleEditor), errs.Conflict, "account.last_of_unit")
	wants(t, set("unit1", o.units[0].ID, org.RoleUnit), errs.Conflict, "account.last_of_unit")
	o.must(set("unit1", "", org.RoleEditor, org.RoleUnit)) // stays
	both := org.Actor{Account: o.unit.Account, Roles: org.Roles{org.RoleEditor, org.RoleUnit}, Unit: d.Unit}
	d = o.do(both, d, casework.Command{Move: casework.Accept})
	if all, _, err := o.stage.List(ctx, both, casework.Filter{Show: casework.ShowOpen}); err != nil || len(all) != 1 {
		t.Errorf("an editor who handles sees %d, %v", len(all), err)
	}
	o.handler("colleague", d.Unit)
	o.must(set("unit1", "", org.RoleEditor))
	if n, err := o.cases.Ownerless(ctx); err != nil || n != 0 {
		t.Errorf("%d cases without anybody, %v", n, err)
	}
	if heads, err := o.Heads(ctx, d.Unit); err != nil || len(heads) != 1 || heads[0].Name != "colleague" {
		t.Errorf("of the unit are %+v, %v", heads, err)
	}

	a := org.Account{ID: id.New[org.AccountID](), Login: "boss", Name: "boss", Roles: org.Roles{org.RoleEditor, org.RoleAdmin}, CreatedAt: start}
	o.must(o.InsertAccount(ctx, a, org.Audit{At: start, Action: "create_account", Object: "account:boss"}))
	wants(t, set("boss", "", org.RoleEditor), errs.Conflict, "account.last_admin")
	wants(t, org.SetDisabled(ctx, o, org.Actor{}, "boss", true, o.now), errs.Conflict, "account.last_admin")
	o.must(set("boss", "", org.RoleAdmin))
}

// TestWhoStandsInActsByCommonRoles: what only one of the two is stays behind.
func TestWhoStandsInActsByCommonRoles(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	people := map[string]org.Roles{"both": {org.RoleAgent, org.RoleEditor, org.RoleAdmin}, "agent": {org.RoleAgent, org.RoleAdmin}, "lead": {org.RoleLeader}}
	ids := map[string]org.AccountID{}
	for login, roles := range people {
		a := org.Account{ID: id.New[org.AccountID](), Login: login, Name: login, Roles: roles, CreatedAt: start}
		o.must(o.InsertAccount(ctx, a, org.Audit{At: start, Action: "create_account", Object: "account:" + login}))
		ids[login] = a.ID
	}
	covers, boss := org.NewCovers(o, func() time.Time { return o.now }), org.Actor{Account: ids["both"], Roles: people["both"]}
	_, err := covers.Set(ctx, boss, "lead", "both", time.Time{}, o.now.Add(time.Hour))
	wants(t, err, errs.Invalid, "cover.role")
	c, err := covers.Set(ctx, boss, "agent", "both", time.Time{}, o.now.Add(time.Hour))
	o.must(err)
	s := org.Session{Hash: [32]byte{4}, Account: ids["both"], CSRF: "csrf", CreatedAt: o.now, ExpiresAt: o.now.Add(time.Hour)}
	o.must(o.RecordSignIn(ctx, &s, "", org.Audit{At: o.now, Actor: ids["both"], Action: "signin", Object: "login:both"}))
	o.must(covers.Act(ctx, boss, s.Hash, c.ID))
	actor, _, err := o.ActorOfSession(ctx, s.Hash, o.now)
	if err != nil || !slices.Equal(actor.Roles, org.Roles{org.RoleAgent}) || actor.For != ids["agent"] {
		t.Errorf("acts as %+v, %v", actor, err)
	}
	o.must(covers.Act(ctx, boss, s.Hash, ""))
	if actor, _, err = o.ActorOfSession(ctx, s.Hash, o.now); err != nil || len(actor.Roles) != 3 {
		t.Errorf("by themselves %+v, %v", actor, err)
	}
}

// TestPresentAccountsKeepTheirRole: one role becomes a list of one, agents go on
// dispatching, and lines of
// the audit log from before say none.
func TestPresentAccountsKeepTheirRole(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	if err := postgres.MigrateToForTest(t.Context(), url, beforeRoles); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	roles := []string{"agent", "editor", "admin", "leader", "bot", "privacy"}
	for i, role := range roles {
		_, err = conn.Exec(t.Context(), `
			INSERT INTO account (id, login, name, role, password_hash, created_at)
			VALUES ($1, $2, $2, $2, '', $3)`, fmt.Sprintf("00000000-0000-7000-8000-00000000000%d", i), role, start)
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err = conn.Exec(t.Context(), `INSERT INTO audit (at, actor, action, object, detail) SELECT $1, id, 'signin', 'login:x', '' FROM account`, start); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db := openDB(t, url)
	all, err := db.Accounts(t.Context())
	if err != nil || len(all) != len(roles) {
		t.Fatalf("%d accounts, %v", len(all), err)
	}
	for _, a := range all {
		want := []string{a.Login}
		if a.Login == "agent" { // dispatched until then
			want = []string{"agent", "dispatcher"}
		}
		if !slices.Equal(a.Roles.Codes(), want) {
			t.Errorf("%s has %v", a.Login, a.Roles)
		}
	}
	if n, err := db.CountForTest(t.Context(), `SELECT count(*) FROM audit WHERE roles = '{}'`); err != nil || n != len(roles) {
		t.Errorf("%d lines without roles, %v", n, err)
	}
}

// beforeRoles is the last schema in which an account has one role.
const beforeRoles = 33
