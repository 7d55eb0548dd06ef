package server

import (
	"crypto/rand"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
)

// formCookie ties the sign-in form to the browser that was shown it: there is
// no session yet whose token could.
const formCookie = "huying_form"

// signInPage is what signin.html draws.
type signInPage struct {
	shell
	Login     string
	Next      string
	Token     string
	Fault     string
	Throttled bool
	Expired   bool
	Demo      bool
	Version   string
}

func (s *Server) newSignInPage(c *fiber.Ctx) signInPage {
	p := signInPage{
		shell: s.outside("登录"), Token: c.Cookies(formCookie),
		Demo: s.o.Demo, Version: s.o.Version,
	}
	if len(p.Token) < 20 {
		p.Token = rand.Text()
	}
	c.Cookie(s.cookie(formCookie, p.Token))
	return p
}

// showSignIn shows the form, or goes on when somebody is signed in already.
func (s *Server) showSignIn(c *fiber.Ctx) error {
	next := localPath(c.Query("next", "/"))
	if cookie := c.Cookies(sessionCookie); cookie != "" {
		switch _, _, err := s.o.Accounts.Session(c.UserContext(), cookie); {
		case err == nil:
			return c.Redirect(next, fiber.StatusSeeOther)
		case errs.CodeOf(err) != "session.expired":
			return err
		}
	}
	p := s.newSignInPage(c)
	p.Next = next
	p.Expired = c.Query("expired") != ""
	return s.page(c, "signin", p)
}

// signIn checks login and password and opens a session.
func (s *Server) signIn(c *fiber.Ctx) error {
	if !same(c.FormValue("csrf"), c.Cookies(formCookie)) {
		return errs.New(errs.Forbidden, "session.forged")
	}
	login, next := strings.TrimSpace(c.FormValue("login")), localPath(c.FormValue("next"))
	cookie, sess, err := s.o.Accounts.SignInOn(c.UserContext(), deviceOf(c.Get(fiber.HeaderUserAgent)), login, c.FormValue("password"))
	if err != nil {
		if errs.KindOf(err) != errs.Forbidden {
			return err
		}
		p, code := s.newSignInPage(c), fiber.StatusForbidden
		p.Login, p.Next, p.Fault = login, next, errs.Sentence(err)
		if p.Throttled = errs.CodeOf(err) == "account.throttled"; p.Throttled {
			code = fiber.StatusTooManyRequests
		}
		return s.render(c, code, "signin", "layout", p)
	}
	kept := s.cookie(sessionCookie, cookie)
	kept.MaxAge = int(sess.ExpiresAt.Sub(s.o.Now()).Seconds()) // by the browser's clock, whatever it shows
	c.Cookie(kept)
	s.clearCookie(c, formCookie)
	return c.Redirect(next, fiber.StatusSeeOther)
}

// signOut ends the session, here and in the store.
func (s *Server) signOut(c *fiber.Ctx, _ visit) error {
	if err := s.o.Accounts.SignOut(c.UserContext(), c.Cookies(sessionCookie)); err != nil {
		return err
	}
	s.clearCookie(c, sessionCookie)
	return c.Redirect("/signin", fiber.StatusSeeOther)
}

// link builds an address from a path and the parameters that are not empty.
func link(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
