package postgres_test

import (
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// porter is a city's accounts with passwords.
type porter struct {
	*city
	accounts  *org.Accounts
	passwords *org.Passwords
	at        time.Time
	admin     org.Actor
}

func newPorter(t *testing.T) *porter {
	c := &porter{city: newCity(t), at: start}
	now := func() time.Time { return c.at }
	c.accounts = org.NewAccounts(c, now)
	c.passwords = org.NewPasswords(c.accounts, c, c)
	a, err := c.accounts.Create(t.Context(), org.Actor{}, org.Account{Login: "boss", Roles: org.Roles{org.RoleAdmin}}, "long enough 1")
	c.must(err)
	c.admin = org.Actor{Account: a.ID, Login: "boss", Roles: a.Roles}
	return c
}

// enters signs somebody in and gives who acts.
func (c *porter) enters(login, password string) (org.Actor, org.Session) {
	c.t.Helper()
	cookie, _, err := c.accounts.SignInOn(c.t.Context(), "Firefox，Linux", login, password)
	c.must(err)
	actor, s, err := c.accounts.Session(c.t.Context(), cookie)
	c.must(err)
	return actor, s
}

// TestAPasswordForOnce opens the account until its time, has to be changed, and
// ends everything that was open; who knows the old one alone changes it.
func TestAPasswordForOnce(t *testing.T) {
	t.Parallel()
	c := newPorter(t)
	ctx := t.Context()
	made, once, err := c.passwords.Create(ctx, c.admin, org.Account{Login: "wang", Roles: org.Roles{org.RoleAgent}})
	c.must(err)
	if made.OnceUntil != c.at.Add(org.OnceLife) || len(once) < org.MinPasswordRunes {
		t.Fatalf("made %+v with %q", made, once)
	}
	actor, s := c.enters("wang", once)
	_, other := c.enters("wang", once)
	if !s.Once || s.Device != "Firefox，Linux" && s.Device != "" {
		t.Errorf("nothing asks for a password of their own: %+v", s)
	}
	change := func(old, fresh string) error { return c.passwords.Change(ctx, actor, s.Hash, old, fresh) }
	for _, tt := range []struct {
		old, fresh string
		want       errs.Code
	}{
		{once, "short", "account.password"}, {once, once, "account.same_password"}, {once, "WANG1234567", "account.login_password"},
		{once, "aaaaaaaaaaaa", "account.plain_password"}, {"", "my own words", "field.required"}, {"not this one", "my own words", "account.old_password"},
	} {
		wants(t, change(tt.old, tt.fresh), errs.Invalid, tt.want)
	}
	c.must(change(once, "my own words"))
	if _, again, err := c.ActorOfSession(ctx, s.Hash, c.at); err != nil || again.Once {
		t.Errorf("the session that asked: %+v, %v", again, err)
	}
	if _, _, err := c.ActorOfSession(ctx, other.Hash, c.at); errs.KindOf(err) != errs.NotFound {
		t.Errorf("another session is still open: %v", err)
	}
	wants(t, change(once, "another one of mine"), errs.Invalid, "account.old_password")

	_, _, err = c.passwords.Reset(ctx, c.admin, "boss")
	wants(t, err, errs.Forbidden, "account.reset_own")
	officer := org.Account{ID: id.New[org.AccountID](), Login: "officer", Name: "隐私专员", Roles: org.Roles{org.RolePrivacy}, CreatedAt: start}
	c.must(c.InsertAccount(ctx, officer, org.Audit{At: start, Action: "create_account", Object: "account:officer"}))
	_, _, err = c.passwords.Reset(ctx, c.admin, "officer")
	wants(t, err, errs.Forbidden, "account.reset_privacy")
	_, _, err = c.passwords.Reset(ctx, org.Actor{}, "officer") // the machine's own command line
	c.must(err)
	_, _, err = c.passwords.Reset(ctx, actor, "boss")
	wants(t, err, errs.Forbidden, "role.forbidden")
	_, _, err = c.passwords.Reset(ctx, c.admin, "nobody")
	wants(t, err, errs.NotFound, "account.not_found")
	once, until, err := c.passwords.Reset(ctx, c.admin, " Wang ")
	c.must(err)
	if _, _, err := c.ActorOfSession(ctx, s.Hash, c.at); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a session outlives a reset: %v", err)
	}
	c.at = until.Add(time.Second)
	_, _, err = c.accounts.SignIn(ctx, "wang", once)
	wants(t, err, errs.Forbidden, "account.once_over")
	if n := c.count(`SELECT count(*) FROM audit WHERE object = 'login:wang' AND action IN ('reset_password', 'change_password')`); n != 2 {
		t.Errorf("%d lines on record", n)
	}
	c.must(org.SetDisabled(ctx, c, org.Actor{}, "wang", true, c.at))
	_, _, err = c.passwords.Reset(ctx, c.admin, "wang")
	wants(t, err, errs.Conflict, "account.disabled")
}

// TestTwoChangeAPasswordAtOnce: the second has checked a password that is no
// more.
func TestTwoChangeAPasswordAtOnce(t *testing.T) {
	t.Parallel()
	c := newPorter(t)
	a, err := c.AccountByLogin(t.Context(), "boss")
	c.must(err)
	line := org.Audit{At: start, Actor: a.ID, Action: "change_password", Object: "login:boss"}
	c.must(c.ChangePassword(t.Context(), a.ID, a.PasswordHash, "$first", [32]byte{}, line))
	wants(t, c.ChangePassword(t.Context(), a.ID, a.PasswordHash, "$second", [32]byte{}, line), errs.Conflict, "account.password_moved")
}

// TestALockOutIsShownAndLifted: after eight wrong passwords, until a quarter of
// an hour after the first of them, or until somebody lifts it, once.
func TestALockOutIsShownAndLifted(t *testing.T) {
	t.Parallel()
	c := newPorter(t)
	ctx := t.Context()
	_, once, err := c.passwords.Create(ctx, c.admin, org.Account{Login: "wang", Roles: org.Roles{org.RoleAgent}})
	c.must(err)
	locked := func() time.Time {
		t.Helper()
		all, err := c.passwords.LockOuts(ctx, c.admin, []string{"wang", "boss", "nobody"})
		c.must(err)
		if len(all) > 1 {
			t.Errorf("locked out are %v", all)
		}
		return all["wang"]
	}
	first := c.at
	for range 8 {
		if got := locked(); !got.IsZero() {
			t.Fatalf("locked out too early, until %s", got)
		}
		_, _, err := c.accounts.SignIn(ctx, "wang", "not this one")
		wants(t, err, errs.Forbidden, "account.signin")
		c.at = c.at.Add(time.Second)
	}
	if got := locked(); !got.Equal(first.Add(15 * time.Minute)) {
		t.Errorf("locked out until %s", got)
	}
	_, _, err = c.accounts.SignIn(ctx, "wang", once)
	wants(t, err, errs.Forbidden, "account.throttled")
	wants(t, c.passwords.Lift(ctx, org.Actor{Account: "x", Roles: org.Roles{org.RoleAgent}}, "wang"), errs.Forbidden, "role.forbidden")
	wants(t, c.passwords.Lift(ctx, c.admin, "boss"), errs.Conflict, "account.not_locked")
	c.must(c.passwords.Lift(ctx, c.admin, "wang"))
	wants(t, c.passwords.Lift(ctx, c.admin, "wang"), errs.Conflict, "account.not_locked")
	c.enters("wang", once)
	if got := locked(); !got.IsZero() {
		t.Errorf("still locked out until %s", got)
	}
}

// TestOwnSessions are seen and ended by their owner alone.
func TestOwnSessions(t *testing.T) {
	t.Parallel()
	c := newPorter(t)
	ctx := t.Context()
	boss, here := c.enters("boss", "long enough 1")
	c.enters("boss", "long enough 1")
	all, err := c.passwords.Sessions(ctx, boss, here.Hash)
	c.must(err)
	if len(all) != 2 || all[0].Device != "Firefox，Linux" || all[0].Current == all[1].Current {
		t.Fatalf("sessions %+v", all)
	}
	away := all[0]
	if away.Current {
		away = all[1]
	}
	wants(t, c.passwords.EndSession(ctx, org.Actor{Account: c.account, Login: "li"}, away.ID), errs.Conflict, "session.over")
	c.must(c.passwords.EndSession(ctx, boss, away.ID))
	wants(t, c.passwords.EndSession(ctx, boss, away.ID), errs.Conflict, "session.over")
	wants(t, c.passwords.EndSession(ctx, boss, "x"), errs.Conflict, "session.over")
	c.enters("boss", "long enough 1")
	if n, err := c.passwords.EndOthers(ctx, boss, here.Hash); err != nil || n != 1 {
		t.Errorf("ended %d, %v", n, err)
	}
	if _, _, err := c.ActorOfSession(ctx, here.Hash, c.at); err != nil {
		t.Errorf("the session that asked is gone: %v", err)
	}
}

// TestATokenStandsIn acts by its header for whom its account stands in for, in
// the roles that both have, and on record once an hour.
func TestATokenStandsIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	other := o.handler("other", o.units[1].ID)
	covers := org.NewCovers(o, func() time.Time { return o.now })
	boss := org.Actor{Account: o.account, Roles: org.Roles{org.RoleAdmin}}
	actor := org.Actor{Account: other, Login: "other", Roles: org.Roles{org.RoleUnit}, Unit: o.units[1].ID, Channels: []string{"web"}}
	_, err := covers.Stand(ctx, actor, "unit1")
	wants(t, err, errs.Conflict, "cover.over")
	c, err := covers.Set(ctx, boss, "unit1", "other", time.Time{}, o.now.Add(time.Hour))
	o.must(err)
	for range 2 {
		as, err := covers.Stand(ctx, actor, " Unit1")
		if err != nil || as.Account != other || as.For != o.unit.Account || as.Unit != o.unit.Unit || as.Home != o.units[1].ID || !as.Roles.Has(org.RoleUnit) || len(as.Channels) != 1 {
			t.Fatalf("acts as %+v, %v", as, err)
		}
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE action = 'act_for' AND object = 'login:unit1'`); n != 1 {
		t.Errorf("%d lines on record", n)
	}
	o.must(covers.End(ctx, boss, c.ID))
	_, err = covers.Stand(ctx, actor, "unit1")
	wants(t, err, errs.Conflict, "cover.over")
}

// TestNobodyGetsAnOfficersToken: none is made for them by another, also where the
// account becomes an officer's meanwhile, and none that is there becomes theirs.
func TestNobodyGetsAnOfficersToken(t *testing.T) {
	t.Parallel()
	c := newPorter(t)
	ctx := t.Context()
	a := org.Account{ID: id.New[org.AccountID](), Login: "wang", Name: "王", Roles: org.Roles{org.RoleAgent}, CreatedAt: start}
	c.must(c.InsertAccount(ctx, a, org.Audit{At: start, Action: "create_account", Object: "account:wang"}))
	before, err := c.accounts.CreateToken(ctx, c.admin, org.NewToken{Name: "before", Login: "wang"})
	c.must(err)
	_, err = org.SetRoles(ctx, c.DB, c.admin, "wang", org.Roles{org.RolePrivacy}, "", start)
	c.must(err)
	_, err = c.accounts.Token(ctx, before)
	wants(t, err, errs.Forbidden, "token.invalid")
	for _, actor := range []org.Actor{c.admin, {}} {
		_, err = c.accounts.CreateToken(ctx, actor, org.NewToken{Name: "mine", Login: "wang"})
		wants(t, err, errs.Invalid, "token.privacy")
	}
	late := org.Token{ID: id.New[string](), Name: "late", Hash: [32]byte{9}, Account: a.ID, CreatedAt: start}
	wants(t, c.InsertToken(ctx, late, org.Audit{At: start, Actor: c.admin.Account, Action: "create_token", Object: "token:late"}), errs.Invalid, "token.privacy")
	officer := org.Actor{Account: a.ID, Login: "wang", Roles: org.Roles{org.RolePrivacy}}
	plain, err := c.accounts.CreateToken(ctx, officer, org.NewToken{Name: "mine", Login: "wang"})
	c.must(err)
	if actor, err := c.accounts.Token(ctx, plain); err != nil || actor.Account != a.ID {
		t.Errorf("acts as %+v, %v", actor, err)
	}
	_, err = c.accounts.CreateToken(ctx, c.admin, org.NewToken{Name: "other", Login: "boss"})
	c.must(err)
	_, err = c.accounts.CreateToken(ctx, officer, org.NewToken{Name: "theirs", Login: "boss"})
	wants(t, err, errs.Invalid, "token.own")
	own, err := c.accounts.Tokens(ctx, c, officer, "", 10)
	if err != nil || len(own) != 1 || own[0].Name != "mine" {
		t.Errorf("own %+v, %v", own, err)
	}
	wants(t, c.accounts.RevokeToken(ctx, officer, "other"), errs.NotFound, "token.not_found")
	c.must(c.accounts.RevokeToken(ctx, officer, "mine"))
}

// TestTokensAreListedAndBound: without their secrets, and none that is bound to
// channels makes another.
func TestTokensAreListedAndBound(t *testing.T) {
	t.Parallel()
	c := newPorter(t)
	ctx := t.Context()
	for _, name := range []string{"b", "a"} {
		if _, err := c.accounts.CreateToken(ctx, c.admin, org.NewToken{Name: name, Login: "boss", Channels: []string{"web"}}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := c.accounts.Tokens(ctx, c, c.admin, "", 10)
	if err != nil || len(all) != 2 || all[0].Name != "a" || all[0].Login != "boss" || len(all[0].Channels) != 1 {
		t.Errorf("tokens %+v, %v", all, err)
	}
	bound := c.admin
	bound.Channels = []string{"web"}
	_, err = c.accounts.CreateToken(ctx, bound, org.NewToken{Name: "c", Login: "boss"})
	wants(t, err, errs.Forbidden, "token.bound")
	_, err = c.accounts.Tokens(ctx, c, org.Actor{Account: "x", Roles: org.Roles{org.RoleAgent}}, "", 10)
	wants(t, err, errs.Forbidden, "role.forbidden")
	c.must(c.accounts.RevokeToken(ctx, c.admin, "a"))
	if all, err = c.accounts.Tokens(ctx, c, c.admin, "a", 10); err != nil || len(all) != 1 {
		t.Errorf("after %+v, %v", all, err)
	}
}
