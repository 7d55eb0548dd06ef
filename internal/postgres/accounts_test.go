package postgres_test

import (
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/postgres"
)

func TestSessionLastsUntilItEnds(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	open := func(b byte) org.Session {
		s := org.Session{Hash: [32]byte{b}, Account: c.account, CSRF: "csrf", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
		c.must(c.RecordSignIn(t.Context(), &s, "", org.Audit{At: start, Actor: c.account, Action: "signin", Object: "login:li"}))
		return s
	}
	s := open(1)
	actor, got, err := c.ActorOfSession(t.Context(), s.Hash, start)
	if err != nil || actor.Account != c.account || !actor.Roles.Has(org.RoleAgent) || got.CSRF != "csrf" || !got.ExpiresAt.Equal(s.ExpiresAt) {
		t.Errorf("ActorOfSession = %+v, %+v, %v", actor, got, err)
	}
	_, _, err = c.ActorOfSession(t.Context(), s.Hash, s.ExpiresAt)
	wants(t, err, errs.NotFound, "session.expired")
	for range 2 {
		c.must(c.DeleteSession(t.Context(), s.Hash))
	}
	_, _, err = c.ActorOfSession(t.Context(), s.Hash, start)
	wants(t, err, errs.NotFound, "session.expired")
	s = open(2)
	c.must(c.ExecForTest(t.Context(), `UPDATE account SET disabled = true`))
	_, _, err = c.ActorOfSession(t.Context(), s.Hash, start)
	wants(t, err, errs.NotFound, "session.expired")
	c.must(c.DeleteExpiredSessions(t.Context(), start))
	if n := c.count(`SELECT count(*) FROM session`); n != 1 {
		t.Errorf("%d sessions, want the one in force", n)
	}
	c.must(c.DeleteExpiredSessions(t.Context(), s.ExpiresAt))
	if n := c.count(`SELECT count(*) FROM session`); n != 0 {
		t.Errorf("%d expired sessions stayed", n)
	}
}

func TestFailedSignInsAreCounted(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for i := range 3 {
		line := org.Audit{At: start.Add(time.Duration(i) * time.Minute), Action: "signin_failed", Object: "login:li"}
		c.must(c.RecordSignIn(t.Context(), nil, "", line))
	}
	n, err := c.FailedSignIns(t.Context(), "login:li", start.Add(time.Minute))
	if err != nil || n != 2 {
		t.Errorf("FailedSignIns = %d, %v", n, err)
	}
}

func TestAccountsKeepTheirLogin(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	a := org.Account{ID: id.New[org.AccountID](), Login: "li", Name: "另一个", Roles: org.Roles{org.RoleAdmin}, CreatedAt: start}
	wants(t, c.InsertAccount(t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "x"}), errs.Conflict, "account.exists")
	a.Login, a.Unit = "wang", "00000000-0000-7000-8000-000000000000"
	wants(t, c.InsertAccount(t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "x"}), errs.NotFound, "unit.not_found")
	_, err := c.AccountByLogin(t.Context(), "wang")
	wants(t, err, errs.NotFound, "account.not_found")
	all, err := c.Accounts(t.Context())
	if err != nil || len(all) != 1 || all[0].Login != "li" {
		t.Errorf("Accounts = %+v, %v", all, err)
	}
}

func TestTokenServesUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	line := org.Audit{At: start, Actor: c.account, Action: "create_token", Object: "token:x"}
	token := org.Token{ID: id.New[string](), Name: "网页", Hash: [32]byte{7}, Account: c.account, Channels: []string{"web"}, CreatedAt: start, ExpiresAt: start.Add(24 * time.Hour)}
	c.must(c.InsertToken(t.Context(), token, line))
	actor, err := c.ActorOfToken(t.Context(), token.Hash, start)
	if err != nil || actor.Account != c.account || len(actor.Channels) != 1 || actor.Channels[0] != "web" {
		t.Errorf("ActorOfToken = %+v, %v", actor, err)
	}
	used := func() time.Time {
		all, err := c.Tokens(t.Context(), "", "", 10)
		c.must(err)
		if len(all) != 1 || all[0].Owner == "" || !all[0].Roles.Has(org.RoleAgent) || !all[0].ExpiresAt.Equal(token.ExpiresAt) {
			t.Fatalf("tokens %+v", all)
		}
		return all[0].UsedAt
	}
	for _, use := range []struct{ after, noted time.Duration }{{org.TokenNoted - time.Second, 0}, {org.TokenNoted + time.Second, org.TokenNoted + time.Second}} {
		_, err = c.ActorOfToken(t.Context(), token.Hash, start.Add(use.after))
		c.must(err)
		if got := used(); !got.Equal(start.Add(use.noted)) {
			t.Errorf("used after %v, noted %v", use.after, got)
		}
	}
	_, err = c.ActorOfToken(t.Context(), token.Hash, token.ExpiresAt)
	wants(t, err, errs.NotFound, "token.invalid")
	second := token
	second.ID, second.Hash, second.Channels = id.New[string](), [32]byte{8}, nil
	wants(t, c.InsertToken(t.Context(), second, line), errs.Conflict, "token.exists")
	c.must(c.RevokeToken(t.Context(), "网页", "", line))
	wants(t, c.RevokeToken(t.Context(), "网页", "", line), errs.NotFound, "token.not_found")
	_, err = c.ActorOfToken(t.Context(), token.Hash, start)
	wants(t, err, errs.NotFound, "token.invalid")
	c.must(c.InsertToken(t.Context(), second, line))
}

func TestDirectoryFollowsTheList(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	d, err := c.Directory(t.Context())
	c.must(err)
	if u, ok := d.Resolve("城管局", "440101001"); !ok || u.Name != "华新区城管局" || d.Path("440101001") != "华新区 松柏街道" {
		t.Errorf("Resolve = %+v, %v", u, ok)
	}
	m, s := c.suggest("a", 0, 0, 0.7) // proposes units 1 and 0, decides for 1 and 2
	c.decide(c.confirm(m, s, 0))
	line := org.Audit{At: start, Action: "import_units", Object: "directory"}
	list := postgres.Listing{Units: []org.Unit{
		{ID: id.New[org.UnitID](), Name: "云亭市生态环境局", Kind: "生态环境局", Area: "4401"},
		{ID: id.New[org.UnitID](), Name: "临江区城管局", Kind: "城管局", Area: "440102"},
	}}
	c.must(c.SaveListing(t.Context(), list, line))
	d, err = c.Directory(t.Context())
	c.must(err)
	if _, ok := d.Resolve("城管局", "440101001"); ok {
		t.Error("a unit that is no longer listed still serves")
	}
	if u, ok := d.Resolve("生态环境局", "440101001"); !ok || u.ID != c.units[1].ID {
		t.Errorf("a unit listed again has another id: %+v", u)
	}
	// 华新区城管局 was assigned and stays; 云亭市公安局 was never referred to.
	if n := c.count(`SELECT count(*) FROM unit WHERE retired`); n != 1 {
		t.Errorf("%d retired units, want 1", n)
	}
	if n := c.count(`SELECT count(*) FROM unit`); n != 3 {
		t.Errorf("%d units, want 3", n)
	}
	list.Units[1].Area = "9999"
	wants(t, c.SaveListing(t.Context(), list, line), errs.Invalid, "area.unknown")
	kinds, err := c.UnitKinds(t.Context())
	if err != nil || len(kinds) != 3 {
		t.Errorf("UnitKinds = %v, %v", kinds, err)
	}
}

func TestUnitsAreFoundByWhatIsTyped(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for typed, want := range map[string]string{"城管": "华新区城管局", "hxqcgj": "华新区城管局", "gaj": "云亭市公安局", "huaxin": "华新区城管局"} {
		found, err := c.SearchUnits(t.Context(), typed, 5)
		if err != nil || len(found) != 1 || found[0].Name != want {
			t.Errorf("%q finds %+v, %v", typed, found, err)
		}
	}
	all, err := c.SearchUnits(t.Context(), "", 2)
	if err != nil || len(all) != 2 || all[0].Name != "华新区城管局" {
		t.Errorf("by pinyin %+v, %v", all, err)
	}
}
