package org

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"huying/internal/errs"
)

// ledger stands in for the account store: what it is told, it keeps.
type ledger struct {
	accounts map[string]Account
	sessions map[[32]byte]Session
	tokens   map[[32]byte]Token
	lines    []Audit
}

func (l *ledger) InsertAccount(_ context.Context, a Account, line Audit) error {
	if _, taken := l.accounts[a.Login]; taken {
		return errs.New(errs.Conflict, "account.exists", a.Login)
	}
	l.accounts[a.Login] = a
	l.lines = append(l.lines, line)
	return nil
}

func (l *ledger) AccountByLogin(_ context.Context, login string) (Account, error) {
	if a, ok := l.accounts[login]; ok {
		return a, nil
	}
	return Account{}, errs.New(errs.NotFound, "account.not_found", login)
}

func (l *ledger) RecordSignIn(_ context.Context, s *Session, hash string, line Audit) error {
	if s != nil {
		l.sessions[s.Hash] = *s
	}
	for login, a := range l.accounts {
		if hash != "" && a.ID == s.Account {
			a.PasswordHash = hash
			l.accounts[login] = a
		}
	}
	l.lines = append(l.lines, line)
	return nil
}

func (l *ledger) FailedSignIns(_ context.Context, object string, since time.Time) (int, error) {
	n := 0
	for _, line := range l.lines {
		if line.Action == "signin_failed" && line.Object == object && !line.At.Before(since) {
			n++
		}
	}
	return n, nil
}

func (l *ledger) ActorOfSession(_ context.Context, hash [32]byte, now time.Time) (Actor, Session, error) {
	s, ok := l.sessions[hash]
	if !ok || !now.Before(s.ExpiresAt) {
		return Actor{}, Session{}, errs.New(errs.NotFound, "session.expired")
	}
	return Actor{Account: s.Account}, s, nil
}

func (l *ledger) DeleteSession(_ context.Context, hash [32]byte) error {
	delete(l.sessions, hash)
	return nil
}

func (l *ledger) InsertToken(_ context.Context, t Token, line Audit) error {
	l.tokens[t.Hash] = t
	l.lines = append(l.lines, line)
	return nil
}

func (l *ledger) RevokeToken(_ context.Context, name string, of AccountID, line Audit) error {
	for hash, t := range l.tokens {
		if t.Name == name && (of == "" || of == t.Account) {
			delete(l.tokens, hash)
			l.lines = append(l.lines, line)
			return nil
		}
	}
	return errs.New(errs.NotFound, "token.not_found", name)
}

func (l *ledger) ActorOfToken(_ context.Context, hash [32]byte, now time.Time) (Actor, error) {
	if t, ok := l.tokens[hash]; ok && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt)) {
		return Actor{Account: t.Account, Channels: t.Channels}, nil
	}
	return Actor{}, errs.New(errs.NotFound, "token.not_found", "")
}

const password = "松柏路上的灯亮了一整夜"

// office is an Accounts with one account "agent1" and a clock that is moved by
// hand.
func office(t *testing.T) (*Accounts, *ledger, *time.Time) {
	t.Helper()
	now := time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)
	l := &ledger{accounts: map[string]Account{}, sessions: map[[32]byte]Session{}, tokens: map[[32]byte]Token{}}
	s := NewAccounts(l, func() time.Time { return now })
	if _, err := s.Create(t.Context(), Actor{}, Account{Login: " Agent1 ", Roles: Roles{RoleAgent}}, password); err != nil {
		t.Fatal(err)
	}
	return s, l, &now
}

func TestSignInOpensASessionThatEnds(t *testing.T) {
	s, l, now := office(t)
	cookie, sess, err := s.SignIn(t.Context(), " AGENT1", password)
	if err != nil {
		t.Fatal(err)
	}
	if sess.CSRF == "" || sess.CSRF == cookie || sess.Account != l.accounts["agent1"].ID {
		t.Errorf("session %+v", sess)
	}
	if actor, _, err := s.Session(t.Context(), cookie); err != nil || actor.Account != sess.Account {
		t.Errorf("actor %+v, %v", actor, err)
	}
	*now = now.Add(SessionLife)
	if _, _, err := s.Session(t.Context(), cookie); errs.CodeOf(err) != "session.expired" || errs.KindOf(err) != errs.Forbidden {
		t.Errorf("after its life: %v", err)
	}
	again, _, err := s.SignIn(t.Context(), "agent1", password)
	if err != nil || again == cookie {
		t.Fatalf("second sign-in: %v", err)
	}
	if err := s.SignOut(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Session(t.Context(), again); errs.CodeOf(err) != "session.expired" {
		t.Errorf("after signing out: %v", err)
	}
}

// TestNothingTellsWhichLoginsExist: unknown, wrong and disabled give the same
// answer.
func TestNothingTellsWhichLoginsExist(t *testing.T) {
	s, l, _ := office(t)
	gone := l.accounts["agent1"]
	gone.Login, gone.Disabled = "gone", true
	l.accounts["gone"] = gone
	l.accounts["robot"] = Account{ID: "r", Login: "robot", Roles: Roles{RoleAgent}} // has tokens only
	for _, try := range [][2]string{{"agent1", password + "。"}, {"nobody", password}, {"gone", password}, {"robot", ""}, {"", ""}} {
		cookie, _, err := s.SignIn(t.Context(), try[0], try[1])
		if errs.CodeOf(err) != "account.signin" || errs.KindOf(err) != errs.Forbidden || cookie != "" {
			t.Errorf("%s: %q, %v", try[0], cookie, err)
		}
	}
	if len(l.sessions) != 0 {
		t.Errorf("%d sessions", len(l.sessions))
	}
}

func TestGuessingIsThrottledAndForgiven(t *testing.T) {
	s, l, now := office(t)
	for range maxFailures {
		if _, _, err := s.SignIn(t.Context(), "agent1", "错的密码错的密码"); errs.CodeOf(err) != "account.signin" {
			t.Fatalf("got %v", err)
		}
	}
	if _, _, err := s.SignIn(t.Context(), "AGENT1", password); errs.CodeOf(err) != "account.throttled" {
		t.Errorf("the right password after %d wrong ones: %v", maxFailures, err)
	}
	if n := len(l.lines); n != maxFailures+1 {
		t.Errorf("%d lines: a refused try must not prolong the wait", n)
	}
	other := l.accounts["agent1"]
	other.Login = "agent2"
	l.accounts["agent2"] = other
	if _, _, err := s.SignIn(t.Context(), "agent2", password); err != nil {
		t.Errorf("another login: %v", err)
	}
	*now = now.Add(failureWindow + time.Second)
	if _, _, err := s.SignIn(t.Context(), "agent1", password); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

func TestPasswordsAreComparedWhole(t *testing.T) {
	s, l, _ := office(t)
	long := strings.Repeat("长", 40) // nothing of it is cut
	a, err := s.Create(t.Context(), Actor{}, Account{Login: "long", Roles: Roles{RoleAgent}}, long+"甲")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(a.PasswordHash, "长") || l.accounts["long"].PasswordHash == "" {
		t.Errorf("hash %q", a.PasswordHash)
	}
	if _, _, err := s.SignIn(t.Context(), "long", long+"乙"); errs.CodeOf(err) != "account.signin" {
		t.Errorf("another ending: %v", err)
	}
	if _, _, err := s.SignIn(t.Context(), "long", long+"甲"); err != nil {
		t.Errorf("the right one: %v", err)
	}
}

func TestCreateAccount(t *testing.T) {
	admin, agent := Actor{Account: "x", Roles: Roles{RoleAdmin}}, Actor{Account: "y", Roles: Roles{RoleAgent}}
	tests := []struct {
		name     string
		actor    Actor
		account  Account
		password string
		want     errs.Code // empty: made
	}{
		{"by an administrator", admin, Account{Login: "new", Roles: Roles{RoleEditor}}, password, ""},
		{"by an agent", agent, Account{Login: "new", Roles: Roles{RoleEditor}}, password, "role.forbidden"},
		{"login taken", admin, Account{Login: "AGENT1", Roles: Roles{RoleEditor}}, password, "account.exists"},
		{"login with a space", admin, Account{Login: "a b", Roles: Roles{RoleEditor}}, password, "account.login"},
		{"login of one letter", admin, Account{Login: "a", Roles: Roles{RoleEditor}}, password, "account.login"},
		{"no role", admin, Account{Login: "new"}, password, "field.required"},
		{"a role that there is not", admin, Account{Login: "new", Roles: Roles{"root"}}, password, "field.invalid"},
		{"roles that are apart", admin, Account{Login: "new", Roles: Roles{RoleAgent, RolePrivacy}}, password, "role.apart"},
		{"password of nine characters", admin, Account{Login: "new", Roles: Roles{RoleEditor}}, "一二三四五六七八九", "account.password"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, l, _ := office(t)
			a, err := s.Create(t.Context(), tt.actor, tt.account, tt.password)
			if tt.want != "" {
				if errs.CodeOf(err) != tt.want || len(l.accounts) != 1 {
					t.Errorf("got %v, %d accounts", err, len(l.accounts))
				}
				return
			}
			line := l.lines[len(l.lines)-1]
			if err != nil || a.Name != "new" || line.Action != "create_account" || line.Actor != "x" || line.Object != "account:"+string(a.ID) {
				t.Errorf("made %+v, line %+v, %v", a, line, err)
			}
		})
	}
}

func TestTokenOpensUntilRevoked(t *testing.T) {
	s, l, _ := office(t)
	plain, err := s.CreateToken(t.Context(), Actor{}, NewToken{Name: "网站", Login: " Agent1", Channels: []string{"web"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range l.tokens {
		if strings.Contains(plain, token.ID) || token.Account != l.accounts["agent1"].ID {
			t.Errorf("token %+v", token)
		}
	}
	if actor, err := s.Token(t.Context(), plain); err != nil || len(actor.Channels) != 1 {
		t.Errorf("actor %+v, %v", actor, err)
	}
	if _, err := s.Token(t.Context(), plain+"x"); errs.CodeOf(err) != "token.invalid" {
		t.Errorf("another secret: %v", err)
	}
	if err := s.RevokeToken(t.Context(), Actor{Account: "y", Roles: Roles{RoleAgent}}, "网站"); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("revoked by an agent: %v", err)
	}
	if err := s.RevokeToken(t.Context(), Actor{}, "网站"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(t.Context(), plain); errs.CodeOf(err) != "token.invalid" || errs.KindOf(err) != errs.Forbidden {
		t.Errorf("after revoking: %v", err)
	}
	for name, want := range map[string]errs.Code{"": "field.required", "别的": "account.not_found"} {
		if _, err := s.CreateToken(t.Context(), Actor{}, NewToken{Name: name, Login: "nobody"}); errs.CodeOf(err) != want {
			t.Errorf("token %q: %v", name, err)
		}
	}
}

// TestATokenEndsByItself: one that has an end opens nothing after it, and an end
// that has passed, is too far or has a bad channel beside it is refused with each
// field named.
func TestATokenEndsByItself(t *testing.T) {
	s, _, now := office(t)
	plain, err := s.CreateToken(t.Context(), Actor{}, NewToken{Name: "短期", Login: "agent1", ExpiresAt: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(t.Context(), plain); err != nil {
		t.Errorf("before its end: %v", err)
	}
	*now = now.Add(time.Hour)
	if _, err := s.Token(t.Context(), plain); errs.CodeOf(err) != "token.invalid" {
		t.Errorf("at its end: %v", err)
	}
	for name, c := range map[string]struct {
		token NewToken
		want  []errs.Code
	}{
		"over":     {NewToken{Name: "a", Login: "agent1", ExpiresAt: *now}, []errs.Code{"token.past"}},
		"too far":  {NewToken{Name: "a", Login: "agent1", ExpiresAt: now.AddDate(11, 0, 0)}, []errs.Code{"token.too_far"}},
		"all":      {NewToken{Channels: []string{""}, ExpiresAt: *now}, []errs.Code{"field.required", "field.required", "field.invalid", "token.past"}},
		"too long": {NewToken{Name: strings.Repeat("名", maxTokenRunes+1), Login: "agent1"}, []errs.Code{"field.too_long"}},
	} {
		_, err := s.CreateToken(t.Context(), Actor{}, c.token)
		list, ok := errors.AsType[errs.List](err)
		var got []errs.Code
		for _, e := range list {
			got = append(got, e.Code)
		}
		if !ok || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
