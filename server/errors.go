package server

import (
	"context"
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/internal/errs"
	"huying/kb"
)

// statuses is the one table from what happened to what HTTP calls it.
var statuses = [...]int{
	errs.Internal:    fiber.StatusInternalServerError,
	errs.Invalid:     fiber.StatusUnprocessableEntity,
	errs.NotFound:    fiber.StatusNotFound,
	errs.Conflict:    fiber.StatusConflict,
	errs.Forbidden:   fiber.StatusForbidden,
	errs.Unavailable: fiber.StatusServiceUnavailable,
}

// headings say in a few words what an error page is about.
var headings = map[int]string{
	fiber.StatusUnprocessableEntity:   "内容需要改一下",
	fiber.StatusNotFound:              "没有找到",
	fiber.StatusMethodNotAllowed:      "没有找到",
	fiber.StatusConflict:              "情况有变化",
	fiber.StatusForbidden:             "不能这样做",
	fiber.StatusRequestEntityTooLarge: "内容太大",
	fiber.StatusServiceUnavailable:    "暂时用不了",
	fiber.StatusTooManyRequests:       "请稍等",
}

// status gives the HTTP status of an error.
func status(err error) int {
	if f, ok := errors.AsType[*fiber.Error](err); ok {
		return f.Code
	}
	return statuses[errs.KindOf(err)]
}

// classified makes every error one of ours: fiber's own (no such page, too
// large) and a passed deadline get a code, everything else stays.
func classified(err error) error {
	f, ok := errors.AsType[*fiber.Error](err)
	if _, ours := errors.AsType[*errs.Error](err); ours {
		ok = false // it carries fiber's status on purpose
	}
	switch {
	case ok && (f.Code == fiber.StatusNotFound || f.Code == fiber.StatusMethodNotAllowed):
		return errs.Wrap(err, errs.NotFound, "page.not_found")
	case ok && f.Code == fiber.StatusRequestEntityTooLarge:
		return errs.Wrap(err, errs.Invalid, "request.too_large")
	case ok && f.Code < fiber.StatusInternalServerError:
		return errs.Wrap(err, errs.Invalid, "request.malformed")
	case errors.Is(err, context.DeadlineExceeded) && errs.KindOf(err) == errs.Internal:
		return errs.Wrap(err, errs.Unavailable, "request.slow")
	}
	return err
}

// sentences gives what to tell the user: one sentence for each fault.
func sentences(err error) []string {
	if l, ok := asList(err); ok {
		var all []string
		for _, e := range l {
			all = append(all, errs.Sentence(e))
		}
		return all
	}
	return []string{errs.Sentence(err)}
}

// tooLarge says how large a file may be where files are uploaded.
func tooLarge(path string, err error) error {
	if takesFile(path) || takesEncoded(path) {
		return errs.Wrap(err, errs.Invalid, "file.too_large", casework.MaxFileBytes>>20)
	}
	switch path {
	case uploadPath:
		return errs.Wrap(err, errs.Invalid, "draft.too_large", classifier.MaxDraftBytes>>20)
	case importPath:
		return errs.Wrap(err, errs.Invalid, "import.too_large", kb.MaxImportBytes>>20)
	}
	return err
}

// fail answers a request that ended in an error. It is the only place that
// logs one, and only those that are our fault or our machine's.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	secure(c)
	err = classified(err)
	code := status(err)
	api := strings.HasPrefix(c.Path(), "/api/")
	read := c.Method() == fiber.MethodGet && !api
	switch {
	case code == fiber.StatusRequestEntityTooLarge:
		err = tooLarge(c.Path(), err)
	case read && errs.CodeOf(err) == "database.unavailable":
		err = errs.Wrap(err, errs.Unavailable, "database.unread") // there was nothing to save
	case read && code == fiber.StatusMethodNotAllowed:
		return c.Redirect(s.pageOf(c.Path()), fiber.StatusSeeOther)
	}
	if code >= fiber.StatusInternalServerError {
		s.o.Log.Error("request failed", "method", c.Method(), "route", c.Route().Path, "error", err)
	}
	if code == fiber.StatusServiceUnavailable {
		c.Set(fiber.HeaderRetryAfter, "5")
	}
	if code == fiber.StatusTooManyRequests {
		c.Set(fiber.HeaderRetryAfter, "60")
	}
	switch {
	case api:
		return problem(c, code, err)
	case errs.CodeOf(err) == "session.expired":
		return s.toSignIn(c)
	case byHtmx(c):
		return s.failPart(c, code, err)
	}
	return s.failPage(c, code, err)
}

// toSignIn sends somebody without a session to the sign-in page, and after
// that back to where they were.
func (s *Server) toSignIn(c *fiber.Ctx) error {
	s.clearCookie(c, sessionCookie)
	next := c.OriginalURL()
	if byHtmx(c) {
		if u, err := url.Parse(c.Get("HX-Current-URL")); err == nil {
			next = u.RequestURI()
		}
	} else if c.Method() != fiber.MethodGet {
		next = s.pageOf(c.Path())
	}
	q := url.Values{}
	if next = localPath(next); next != "/" {
		q.Set("next", next)
	}
	if c.Cookies(sessionCookie) != "" {
		q.Set("expired", "1")
	}
	target := "/signin"
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	if byHtmx(c) {
		c.Set("HX-Redirect", target)
		return c.SendStatus(fiber.StatusUnauthorized)
	}
	return c.Redirect(target, fiber.StatusSeeOther)
}

// pageOf is the page that a form stands on: the nearest one above the address
// that the form is sent to, which itself is not to be read.
func (s *Server) pageOf(form string) string {
	for at := path.Dir(form); at != "/"; at = path.Dir(at) {
		for _, r := range s.app.GetRoutes(true) {
			if r.Method == fiber.MethodGet && fiber.RoutePatternMatch(at, r.Path) {
				return at
			}
		}
	}
	return "/"
}

// errorPage is what error.html draws.
type errorPage struct {
	shell
	Heading   string
	Sentences []string
	Status    int
	Again     bool         // trying again may help
	Sent      bool         // what failed was a form
	Form      []typedField // to send once more; empty: it had passwords or files
	URL       string       // where that form goes
}

// typedField is a field of a form as it was sent.
type typedField struct{ Name, Value string }

// sentForm is what a form held that could not be taken: it stands in the page
// that says so, so that nobody types it twice. Passwords are never written into
// a page.
func sentForm(c *fiber.Ctx) []typedField {
	var out []typedField
	secret := false
	c.Request().PostArgs().VisitAll(func(name, value []byte) {
		secret = secret || slices.Contains([]string{"password", "old", "new", "again"}, string(name))
		out = append(out, typedField{string(name), string(value)})
	})
	if secret {
		return nil
	}
	return out
}

func (s *Server) newErrorPage(c *fiber.Ctx, code int, err error) errorPage {
	p := errorPage{Heading: headings[code], Sentences: sentences(err), Status: code}
	p.Again = code == fiber.StatusServiceUnavailable || code == fiber.StatusInternalServerError
	if p.Sent = p.Again && c.Method() == fiber.MethodPost; p.Sent {
		p.Form, p.URL = sentForm(c), localPath(c.OriginalURL())
	}
	if p.Heading == "" {
		p.Heading = "系统出了问题"
	}
	if v, ok := visitOf(c); ok {
		p.shell = s.shell(v, "", p.Heading)
	} else {
		p.shell = s.outside(p.Heading)
	}
	return p
}

// failPage shows an error as a page of its own.
func (s *Server) failPage(c *fiber.Ctx, code int, err error) error {
	return s.render(c, code, "error", "layout", s.newErrorPage(c, code, err))
}

// failPart shows an error as a bar over the page that stands.
func (s *Server) failPart(c *fiber.Ctx, code int, err error) error {
	c.Set("HX-Retarget", "#bar")
	c.Set("HX-Reswap", "outerHTML")
	c.Set("HX-Reselect", "#bar")
	c.Set("HX-Push-Url", "false")
	return s.render(c, code, "error", "bar", s.newErrorPage(c, code, err))
}

// asList gives the single faults of an input that has several.
func asList(err error) (errs.List, bool) { return errors.AsType[errs.List](err) }
