package org

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
)

// OnceLife is how long a password for once (一次性密码) opens an account: until
// whoever was given it is back from a long weekend.
const OnceLife = 7 * 24 * time.Hour

// MaxPasswordRunes bounds what is hashed.
const MaxPasswordRunes = 128

// SessionID names a session on its owner's page; it opens nothing.
type SessionID string

// OwnSession is a session as its owner sees it.
type OwnSession struct {
	ID        SessionID
	Device    string // browser and system, in words; empty: not known
	CreatedAt time.Time
	ExpiresAt time.Time
	Current   bool // the one that asks
}

// PasswordStore changes passwords. Each change writes its audit line in the same
// transaction.
type PasswordStore interface {
	// ResetPassword gives an account a password for once, and ends its sessions and
	// a lock-out. errs.NotFound "account.not_found", errs.Conflict
	// "account.disabled".
	ResetPassword(ctx context.Context, login, hash string, until time.Time, line Audit) error
	// ChangePassword gives an account its own password, and ends all its sessions
	// but keep. was is the hash that was checked: errs.Conflict
	// "account.password_moved" when it is another by now.
	ChangePassword(ctx context.Context, a AccountID, was, hash string, keep [32]byte, line Audit) error
	// LockOuts gives when the lock-outs end of those of the logins that have failed
	// so often since a time.
	LockOuts(ctx context.Context, logins []string, since time.Time, failures int) (map[string]time.Time, error)
	// LiftLockOut ends one before its time. errs.NotFound "account.not_found",
	// errs.Conflict "account.not_locked" when there is none, or none any more.
	LiftLockOut(ctx context.Context, login string, since time.Time, failures int, line Audit) error
}

// SessionBook shows people their sessions.
type SessionBook interface {
	// SessionsOf gives an account's sessions that are open at a time, the newest
	// first; current marks one of them.
	SessionsOf(ctx context.Context, a AccountID, current [32]byte, at time.Time) ([]OwnSession, error)
	// EndSession ends one of an account's; errs.Conflict "session.over" when it is.
	EndSession(ctx context.Context, a AccountID, s SessionID, line Audit) error
	// EndSessions ends all of an account's but keep, and says how many.
	EndSessions(ctx context.Context, a AccountID, keep [32]byte, line Audit) (int, error)
}

// Passwords is where passwords are given and changed, lock-outs lifted, and
// sessions ended by their owners. It is safe for concurrent use.
type Passwords struct {
	accounts *Accounts
	store    PasswordStore
	book     SessionBook
}

// NewPasswords makes Passwords.
func NewPasswords(accounts *Accounts, store PasswordStore, book SessionBook) *Passwords {
	return &Passwords{accounts, store, book}
}

// Create makes an account with a password for once, which is returned and kept
// nowhere.
func (p *Passwords) Create(ctx context.Context, actor Actor, a Account) (Account, string, error) {
	once := RandomPassword()
	a.OnceUntil = p.accounts.now().Add(OnceLife)
	a, err := p.accounts.Create(ctx, actor, a, once)
	return a, once, err
}

// Reset gives somebody a password for once: they sign in with it until a time and
// choose their own first. Everything they have open ends. Nobody resets their
// own. Like Accounts.Create it is open to administrators and to the machine's
// own command line; a privacy officer's is left to that, errs.Forbidden
// "account.reset_privacy": whoever gives the password could act as them.
func (p *Passwords) Reset(ctx context.Context, actor Actor, login string) (once string, until time.Time, err error) {
	login = tidyLogin(login)
	if actor.Account != "" {
		if err := Can(actor, ActManage); err != nil {
			return "", time.Time{}, err
		}
		if actor.Login == login {
			return "", time.Time{}, errs.New(errs.Forbidden, "account.reset_own")
		}
		a, err := p.accounts.store.AccountByLogin(ctx, login)
		if err != nil {
			return "", time.Time{}, err
		}
		if a.Roles.Has(RolePrivacy) {
			return "", time.Time{}, errs.New(errs.Forbidden, "account.reset_privacy", login)
		}
	}
	now := p.accounts.now()
	once, until = RandomPassword(), now.Add(OnceLife)
	line := Audit{At: now, Actor: actor.Account, Action: "reset_password", Object: "login:" + login}
	if err := p.store.ResetPassword(ctx, login, p.accounts.hash(once), until, line); err != nil {
		return "", time.Time{}, err
	}
	return once, until, nil
}

// Change gives the actor a password of their own, who knows the old one. Every
// other session of theirs ends. A wrong old one counts as a failed sign-in:
// errs.Forbidden "account.throttled" after too many.
func (p *Passwords) Change(ctx context.Context, actor Actor, session [32]byte, old, fresh string) error {
	s, object := p.accounts, "login:"+actor.Login
	now := s.now()
	failed, err := s.store.FailedSignIns(ctx, object, now.Add(-failureWindow))
	if err != nil {
		return err
	}
	if failed >= maxFailures {
		return errs.New(errs.Forbidden, "account.throttled", int(failureWindow.Minutes()))
	}
	if err := checkFresh(actor.Login, old, fresh); err != nil {
		return err
	}
	a, err := s.store.AccountByLogin(ctx, actor.Login)
	if err != nil {
		return err
	}
	if fits, _ := s.fits(a, old); !fits {
		if err := s.store.RecordSignIn(ctx, nil, "", Audit{At: now, Actor: actor.Account, Action: "signin_failed", Object: object}); err != nil {
			return err
		}
		return errs.New(errs.Invalid, "account.old_password").In("old")
	}
	line := Audit{At: now, Actor: actor.Account, Action: "change_password", Object: object}
	return p.store.ChangePassword(ctx, actor.Account, a.PasswordHash, s.hash(fresh), session, line)
}

// checkFresh reports every fault of a new password.
func checkFresh(login, old, fresh string) error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if old == "" {
		bad("old", "field.required", "现在的密码")
	}
	switch n := len([]rune(fresh)); {
	case n < MinPasswordRunes:
		bad("new", "account.password")
	case n > MaxPasswordRunes:
		bad("new", "field.too_long", "新密码", MaxPasswordRunes)
	case fresh == old:
		bad("new", "account.same_password")
	case strings.Contains(strings.ToLower(fresh), login):
		bad("new", "account.login_password")
	case strings.Count(fresh, fresh[:1]) == len(fresh):
		bad("new", "account.plain_password")
	}
	return faults.OrNil()
}

// LockOuts gives when the lock-outs of those of the logins end that are locked
// out now.
func (p *Passwords) LockOuts(ctx context.Context, actor Actor, logins []string) (map[string]time.Time, error) {
	if err := Can(actor, ActManage); err != nil {
		return nil, err
	}
	since := p.accounts.now().Add(-failureWindow)
	all, err := p.store.LockOuts(ctx, logins, since, maxFailures)
	for login, at := range all {
		all[login] = at.Add(failureWindow)
	}
	return all, err
}

// Lift ends a lock-out before its time; the password stays. Like Accounts.Create
// it is open to administrators and to the machine's own command line.
func (p *Passwords) Lift(ctx context.Context, actor Actor, login string) error {
	if actor.Account != "" {
		if err := Can(actor, ActManage); err != nil {
			return err
		}
	}
	login = tidyLogin(login)
	now := p.accounts.now()
	line := Audit{At: now, Actor: actor.Account, Action: "lift_lockout", Object: "login:" + login}
	return p.store.LiftLockOut(ctx, login, now.Add(-failureWindow), maxFailures, line)
}

// Sessions gives where the actor is signed in; current is the hash of the cookie
// that asks, zero for a token.
func (p *Passwords) Sessions(ctx context.Context, actor Actor, current [32]byte) ([]OwnSession, error) {
	return p.book.SessionsOf(ctx, actor.Account, current, p.accounts.now())
}

// EndSession ends one of the actor's sessions.
func (p *Passwords) EndSession(ctx context.Context, actor Actor, s SessionID) error {
	if !id.Valid(s) {
		return errs.New(errs.Conflict, "session.over")
	}
	return p.book.EndSession(ctx, actor.Account, s, p.ended(actor))
}

// EndOthers ends all of the actor's sessions but the one that asks (zero: all),
// and says how many.
func (p *Passwords) EndOthers(ctx context.Context, actor Actor, current [32]byte) (int, error) {
	return p.book.EndSessions(ctx, actor.Account, current, p.ended(actor))
}

func (p *Passwords) ended(actor Actor) Audit {
	return Audit{At: p.accounts.now(), Actor: actor.Account, Action: "end_session", Object: "login:" + actor.Login}
}

// RandomPassword is 80 random bits in letters that cannot be confused.
func RandomPassword() string {
	var b [10]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("org: no randomness: " + err.Error())
	}
	s := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16]
}
