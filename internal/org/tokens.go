package org

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
)

// Token is an API client's key. Only its hash is stored.
type Token struct {
	ID        string
	Name      string
	Hash      [32]byte
	Account   AccountID
	Channels  []string // empty: every channel
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	RevokedAt time.Time // zero: in force
}

// Expired reports whether the token has ended by itself.
func (t Token) Expired(now time.Time) bool { return !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now) }

// NewToken is what somebody asks for.
type NewToken struct {
	Name      string   // unique among those that are not revoked
	Login     string   // whose it is
	Channels  []string // empty: every channel
	ExpiresAt time.Time
}

// maxTokenRunes bounds a token's name: it stands in one line of a list.
const maxTokenRunes = 100

// maxTokenLife is how far ahead a token may end. Who wants longer says never, and
// means it.
const maxTokenLife = 10 * 365 * 24 * time.Hour

// tidied checks what was asked for and puts it into form.
func (n NewToken) tidied(now time.Time) (NewToken, error) {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	n.Name, n.Login = strings.TrimSpace(n.Name), tidyLogin(n.Login)
	switch {
	case n.Name == "":
		bad("name", "field.required", "令牌名称")
	case len([]rune(n.Name)) > maxTokenRunes:
		bad("name", "field.too_long", "令牌名称", maxTokenRunes)
	}
	if n.Login == "" {
		bad("login", "field.required", "登录名")
	}
	for _, ch := range n.Channels {
		if c := len([]rune(ch)); c == 0 || c > 40 {
			bad("channels", "field.invalid", "渠道", ch)
		}
	}
	switch {
	case n.ExpiresAt.IsZero():
	case !n.ExpiresAt.After(now):
		bad("expires_at", "token.past")
	case n.ExpiresAt.After(now.Add(maxTokenLife)):
		bad("expires_at", "token.too_far")
	}
	return n, faults.OrNil()
}

// TokenLine is a token as administrators see it: who made it knows its secret.
type TokenLine struct {
	Token
	Login  string    // whose it is
	Owner  string    // name of that account
	Roles  Roles     // likewise: what the token may do
	UsedAt time.Time // to within TokenNoted; zero: never
}

// TokenNoted is how exactly it is known when a token was used last: a client that
// calls a hundred times a second writes once in that time.
const TokenNoted = time.Hour

// TokenList lists tokens.
type TokenList interface {
	// Tokens gives those of an account (empty: of all) that are not revoked, by name,
	// from after a name.
	Tokens(ctx context.Context, of AccountID, after string, limit int) ([]TokenLine, error)
}

// tokensOf says whose tokens an actor makes, sees and ends: everybody's (empty) as an
// administrator and on the machine's own command line, or else only their own.
func tokensOf(actor Actor) (AccountID, error) {
	switch {
	case actor.Account == "", Can(actor, ActManage) == nil:
		return "", nil
	case Can(actor, ActOwnToken) == nil:
		return actor.Account, nil
	}
	return "", Can(actor, ActManage)
}

// Tokens gives the tokens that are not revoked, by name, from after a name; those
// that have expired are among them, for their names are taken. It is open to
// administrators and the machine's own command line, and to privacy officers for
// what is theirs.
func (s *Accounts) Tokens(ctx context.Context, list TokenList, actor Actor, after string, limit int) ([]TokenLine, error) {
	of, err := tokensOf(actor)
	if err != nil {
		return nil, err
	}
	return list.Tokens(ctx, of, after, limit)
}

// CreateToken makes an API token for an account. The secret is returned once
// and never stored. It is open to whom Tokens is. A privacy officer's is made by
// nobody else, errs.Invalid "token.privacy": whoever has it acts as them, and what
// they do nobody is to do in their name, least of all whom they watch.
func (s *Accounts) CreateToken(ctx context.Context, actor Actor, n NewToken) (string, error) {
	of, err := tokensOf(actor)
	if err != nil {
		return "", err
	}
	if err := actor.bound(); err != nil {
		return "", err
	}
	now := s.now()
	if n, err = n.tidied(now); err != nil {
		return "", err
	}
	a, err := s.store.AccountByLogin(ctx, n.Login)
	switch {
	case err != nil && (of == "" || errs.KindOf(err) != errs.NotFound):
		return "", err
	case of != "" && a.ID != of: // whether there is such an account is not theirs to know
		return "", errs.New(errs.Invalid, "token.own").In("login")
	case a.Roles.Has(RolePrivacy) && a.ID != actor.Account:
		return "", errs.New(errs.Invalid, "token.privacy").In("login")
	case a.Disabled:
		return "", errs.New(errs.Conflict, "account.disabled", a.Login).In("login")
	}
	plain := "hy_" + secret()
	t := Token{
		ID:        id.New[string](),
		Name:      n.Name,
		Hash:      sha256.Sum256([]byte(plain)),
		Account:   a.ID,
		Channels:  n.Channels,
		CreatedAt: now,
		ExpiresAt: n.ExpiresAt,
	}
	line := Audit{At: now, Actor: actor.Account, Action: "create_token", Object: "token:" + t.ID, Detail: n.Name + "，" + a.Login}
	return plain, s.store.InsertToken(ctx, t, line)
}

// RevokeToken ends a token, for administrators anybody's, for privacy officers
// what is theirs: at once in this process, and in others as soon as PostgreSQL
// tells them, within milliseconds.
func (s *Accounts) RevokeToken(ctx context.Context, actor Actor, name string) error {
	of, err := tokensOf(actor)
	if err != nil {
		return err
	}
	return s.store.RevokeToken(ctx, name, of, Audit{
		At: s.now(), Actor: actor.Account, Action: "revoke_token", Object: "token:" + name,
	})
}

// Token gives who acts by an API token; errs.Forbidden "token.invalid" when
// it is unknown, revoked or expired.
func (s *Accounts) Token(ctx context.Context, plain string) (Actor, error) {
	actor, err := s.store.ActorOfToken(ctx, sha256.Sum256([]byte(plain)), s.now())
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return Actor{}, errs.New(errs.Forbidden, "token.invalid")
	}
	return actor, err
}
