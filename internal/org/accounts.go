package org

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"runtime"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
)

// SessionLife is how long a sign-in lasts: one shift and its overtime.
const SessionLife = 12 * time.Hour

// Guessing passwords: after maxFailures failed sign-ins of one login within
// failureWindow, further ones are refused until the window has passed.
const (
	maxFailures   = 8
	failureWindow = 15 * time.Minute
)

// MinPasswordRunes is the least length of a password.
const MinPasswordRunes = 10

// StaffLine is an account as administrators find it, without its password.
type StaffLine struct {
	Account
	UnitName string // empty: the hotline
	Heads    string // of the unit: head, deputy; empty: neither

	LockedUntil time.Time // failed too often to sign in; zero: no
}

// Session is a signed-in browser. Only the hash of its cookie is stored.
type Session struct {
	Hash      [32]byte
	Account   AccountID
	CSRF      string
	Device    string // browser and system, in words; empty: not known
	CreatedAt time.Time
	ExpiresAt time.Time

	Once   bool   // the password must be changed before anything else; only in what the store gives
	Stands bool   // the account stands in for somebody now; only in what the store gives
	Away   string // who stands in for the account now; likewise
	Unread int    // alerts that the account has not read, up to MaxUnread; likewise
}

// MaxUnread is up to how many unread alerts are counted.
const MaxUnread = 100

// AccountStore keeps accounts, sessions and tokens.
type AccountStore interface {
	// InsertAccount stores an account and its audit line; errs.Conflict
	// "account.exists" when the login is taken.
	InsertAccount(ctx context.Context, a Account, line Audit) error
	// AccountByLogin gives an account, or errs.NotFound.
	AccountByLogin(ctx context.Context, login string) (Account, error)
	// RecordSignIn writes the audit line of a sign-in ("signin" or
	// "signin_failed") and, when it succeeded, the session and the password's
	// new hash (empty: it stays).
	RecordSignIn(ctx context.Context, s *Session, hash string, line Audit) error
	// FailedSignIns counts lines "signin_failed" on the object since the time, and
	// since somebody lifted the lock-out or reset the password.
	FailedSignIns(ctx context.Context, object string, since time.Time) (int, error)
	SessionStore
}

// SessionStore finds who acts.
type SessionStore interface {
	// ActorOfSession gives the actor and the session by the cookie's hash;
	// errs.NotFound when it is unknown, expired at now, or its account disabled.
	ActorOfSession(ctx context.Context, hash [32]byte, now time.Time) (Actor, Session, error)
	// DeleteSession ends a session; deleting one that is gone is no error.
	DeleteSession(ctx context.Context, hash [32]byte) error
	// InsertToken stores a token and its audit line.
	InsertToken(ctx context.Context, t Token, line Audit) error
	// RevokeToken ends a token of an account (empty: of any) by its name; errs.NotFound
	// when there is none in force.
	RevokeToken(ctx context.Context, name string, of AccountID, line Audit) error
	// ActorOfToken gives the actor by the token's hash, and notes that it was used;
	// errs.NotFound when it is unknown, revoked or expired at now, or its account
	// disabled.
	ActorOfToken(ctx context.Context, hash [32]byte, now time.Time) (Actor, error)
}

// bound refuses what would let a token that is bound to channels out of them.
func (a Actor) bound() error {
	if len(a.Channels) > 0 {
		return errs.New(errs.Forbidden, "token.bound")
	}
	return nil
}

// Accounts signs people and systems in. It is safe for concurrent use.
type Accounts struct {
	store AccountStore
	now   func() time.Time
	turns chan struct{} // of hashing: it takes memory, and more at once than there are cores is no faster
}

// NewAccounts makes an Accounts.
func NewAccounts(store AccountStore, now func() time.Time) *Accounts {
	return &Accounts{store: store, now: now, turns: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,31}$`)

// Create makes an account. The actor must be an administrator, or nobody at
// all (the zero Actor) for the command line on the machine itself, which makes
// the first one.
func (s *Accounts) Create(ctx context.Context, actor Actor, a Account, password string) (Account, error) {
	if actor.Account != "" {
		if err := Can(actor, ActManage); err != nil {
			return Account{}, err
		}
	}
	a, line, err := s.made(actor, a, password)
	if err != nil {
		return Account{}, err
	}
	return a, s.store.InsertAccount(ctx, a, line)
}

// StaffStore takes over lists of accounts.
type StaffStore interface {
	// InsertAccounts stores accounts with their audit lines, all or none; errors as
	// InsertAccount.
	InsertAccounts(ctx context.Context, all []Account, lines []Audit) error
}

// CreateAll is Create for a list, all or none; passwords are theirs, in order.
func (s *Accounts) CreateAll(ctx context.Context, into StaffStore, actor Actor, all []Account, passwords []string) error {
	if actor.Account != "" {
		if err := Can(actor, ActManage); err != nil {
			return err
		}
	}
	lines := make([]Audit, len(all))
	for i := range all {
		var err error
		if all[i], lines[i], err = s.made(actor, all[i], passwords[i]); err != nil {
			return err
		}
	}
	return into.InsertAccounts(ctx, all, lines)
}

// made gives an account that was checked, with its password's hash and its line
// for the audit log.
func (s *Accounts) made(actor Actor, a Account, password string) (Account, Audit, error) {
	if err := a.Tidy(); err != nil {
		return Account{}, Audit{}, err
	}
	if len([]rune(password)) < MinPasswordRunes {
		return Account{}, Audit{}, errs.New(errs.Invalid, "account.password").In("password")
	}
	a.ID = id.New[AccountID]()
	a.PasswordHash = s.hash(password)
	a.CreatedAt = s.now()
	return a, Audit{
		At: a.CreatedAt, Actor: actor.Account, Action: "create_account", Object: "account:" + string(a.ID), Detail: a.Login + "，" + a.Roles.Label(),
	}, nil
}

// Tidy checks what was given for a new account and puts it into form.
func (a *Account) Tidy() error {
	a.Login, a.Roles = tidyLogin(a.Login), a.Roles.tidy()
	if !loginForm.MatchString(a.Login) {
		return errs.New(errs.Invalid, "account.login").In("login")
	}
	if err := a.Roles.Validate(); err != nil {
		return err
	}
	if a.Roles.Has(RoleUnit) && a.Unit == "" {
		return errs.New(errs.Invalid, "account.unit_needed").In("unit")
	}
	if a.Name == "" {
		a.Name = a.Login
	}
	return nil
}

// SignIn is SignInOn a device that nobody names.
func (s *Accounts) SignIn(ctx context.Context, login, password string) (cookie string, sess Session, err error) {
	return s.SignInOn(ctx, "", login, password)
}

// SignInOn checks a password and opens a session. cookie is the secret for the
// browser. Wrong login and wrong password give the same errs.Forbidden
// "account.signin", after the same work; a password for once that is over,
// "account.once_over".
func (s *Accounts) SignInOn(ctx context.Context, device, login, password string) (cookie string, sess Session, err error) {
	now := s.now()
	login = strings.ToLower(strings.TrimSpace(login))
	object := "login:" + login
	failed, err := s.store.FailedSignIns(ctx, object, now.Add(-failureWindow))
	if err != nil {
		return "", Session{}, err
	}
	if failed >= maxFailures {
		return "", Session{}, errs.New(errs.Forbidden, "account.throttled", int(failureWindow.Minutes()))
	}
	a, err := s.store.AccountByLogin(ctx, login)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return "", Session{}, err
	}
	fits, anew := s.fits(a, password)
	if !fits {
		line := Audit{At: now, Action: "signin_failed", Object: object}
		if err := s.store.RecordSignIn(ctx, nil, "", line); err != nil {
			return "", Session{}, err
		}
		return "", Session{}, errs.New(errs.Forbidden, "account.signin")
	}
	if !a.OnceUntil.IsZero() && now.After(a.OnceUntil) {
		return "", Session{}, errs.New(errs.Forbidden, "account.once_over")
	}
	cookie = secret()
	sess = Session{
		Hash:      sha256.Sum256([]byte(cookie)),
		Account:   a.ID,
		CSRF:      secret(),
		Device:    device,
		CreatedAt: now,
		ExpiresAt: now.Add(SessionLife),
	}
	line := Audit{At: now, Actor: a.ID, Action: "signin", Object: object}
	return cookie, sess, s.store.RecordSignIn(ctx, &sess, anew, line)
}

// hash is hashPassword when it is one's turn.
func (s *Accounts) hash(password string) string {
	s.turns <- struct{}{}
	defer func() { <-s.turns }()
	return hashPassword(password)
}

// fits is passwordFits when it is one's turn; anew is the hash that should be
// stored instead of one of an older kind.
func (s *Accounts) fits(a Account, password string) (fits bool, anew string) {
	s.turns <- struct{}{}
	defer func() { <-s.turns }()
	fits, old := passwordFits(a, password)
	if fits && old {
		anew = hashPassword(password)
	}
	return fits, anew
}

// Session gives who acts by the browser's cookie; errs.Forbidden
// "session.expired" when nobody does.
func (s *Accounts) Session(ctx context.Context, cookie string) (Actor, Session, error) {
	actor, sess, err := s.store.ActorOfSession(ctx, sha256.Sum256([]byte(cookie)), s.now())
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return Actor{}, Session{}, errs.New(errs.Forbidden, "session.expired")
	}
	return actor, sess, err
}

// SignOut ends the cookie's session.
func (s *Accounts) SignOut(ctx context.Context, cookie string) error {
	return s.store.DeleteSession(ctx, sha256.Sum256([]byte(cookie)))
}

// secret is 256 random bits as URL-safe text.
func secret() string {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("org: no randomness: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}
