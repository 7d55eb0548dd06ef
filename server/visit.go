package server

import (
	"crypto/subtle"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
)

// sessionCookie holds a session's secret.
const sessionCookie = "huying_session"

// visitLocal is where a request keeps its visit, so that an error page can
// show who is signed in.
const visitLocal = "visit"

// visit is one request of somebody who is signed in.
type visit struct {
	actor   org.Actor
	csrf    string
	session [32]byte // hash of its cookie
	stands  bool     // stands in for somebody now
	away    string   // who stands in for them now
	unread  int      // alerts
	once    bool     // the password is to be changed first
}

// may reports whether a button is worth showing. Whether the action is allowed
// is still the stage's to say.
func (v visit) may(a org.Action) bool { return org.Can(v.actor, a) == nil }

// handler answers a signed-in person's request.
type handler func(c *fiber.Ctx, v visit) error

// guarded lets only those in who are signed in, and posts only from our own
// pages: the session's token must come back with each.
func (s *Server) guarded(h handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		cookie := c.Cookies(sessionCookie)
		if cookie == "" {
			return errs.New(errs.Forbidden, "session.expired")
		}
		actor, sess, err := s.o.Accounts.Session(c.UserContext(), cookie)
		if err != nil {
			return err
		}
		v := visit{actor: actor, csrf: sess.CSRF, session: sess.Hash, stands: sess.Stands, away: sess.Away, unread: sess.Unread, once: sess.Once}
		c.Locals(visitLocal, v)
		if c.Method() != fiber.MethodGet && !same(c.FormValue("csrf"), sess.CSRF) {
			return errs.New(errs.Forbidden, "session.forged")
		}
		if v.once && s.o.Passwords != nil && c.Path() != "/signout" && !strings.HasPrefix(c.Path(), accountPath) {
			return c.Redirect(accountPath, fiber.StatusSeeOther) // whatever was asked for comes after that
		}
		return h(c, v)
	}
}

// same compares two secrets in constant time; empty ones are never the same.
func same(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// visitOf gives the visit of a request, if it got as far as having one.
func visitOf(c *fiber.Ctx) (visit, bool) {
	v, ok := c.Locals(visitLocal).(visit)
	return v, ok
}

// byHtmx reports whether htmx asks, that is, whether a part of a page will do.
func byHtmx(c *fiber.Ctx) bool { return c.Get("HX-Request") == "true" }

// localPath gives target when it is a path of this site, otherwise "/": nobody
// is sent elsewhere by a link to our sign-in page.
func localPath(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(target, "/") ||
		strings.HasPrefix(target, "//") || strings.ContainsAny(target, "\\\r\n") {
		return "/"
	}
	return target
}

// cookie makes a cookie that scripts and other sites cannot use.
func (s *Server) cookie(name, value string) *fiber.Cookie {
	return &fiber.Cookie{
		Name: name, Value: value, Path: "/",
		HTTPOnly: true, Secure: s.o.Secure, SameSite: fiber.CookieSameSiteLaxMode,
	}
}

// clearCookie ends a cookie in the browser.
func (s *Server) clearCookie(c *fiber.Ctx, name string) {
	gone := s.cookie(name, "")
	gone.MaxAge = -1
	gone.Expires = time.Unix(1, 0)
	c.Cookie(gone)
}
