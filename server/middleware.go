package server

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
)

// policy lets a page load from this host only, and run no script and no style
// that stands in the page itself.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// around stands around every request: security headers, a deadline on the
// context, panics caught, one log line. The line names the route, never the
// query or the body: what citizens say stays out of the log.
func (s *Server) around(c *fiber.Ctx) error {
	began := s.o.Now()
	secure(c)
	// fiber's context has no deadline and does not end when the client leaves.
	ctx, cancel := context.WithTimeout(context.Background(), s.o.Timeout)
	defer cancel()
	c.SetUserContext(ctx)

	err := catch(c)
	if err != nil {
		if err := s.fail(c, err); err != nil {
			return err
		}
	}
	s.o.Log.Info("request",
		"method", c.Method(), "route", c.Route().Path, "status", c.Response().StatusCode(),
		"took", s.o.Now().Sub(began))
	return nil
}

// catch runs the rest of the chain and turns a panic into an error. A request
// that is too large goes no further, nor does a compressed one: unpacked it could be of any size.
func catch(c *fiber.Ctx) (err error) {
	if len(c.Request().Body()) > largest(c.Method(), c.Path()) {
		return fiber.ErrRequestEntityTooLarge
	}
	if coding := c.Get(fiber.HeaderContentEncoding); coding != "" && !strings.EqualFold(coding, "identity") {
		c.Set(fiber.HeaderAcceptEncoding, "identity")
		return errs.Wrap(fiber.ErrUnsupportedMediaType, errs.Invalid, "request.compressed")
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Next()
}

// largest is how large a request may be: uploads are larger than others.
func largest(method, path string) int {
	switch {
	case method != fiber.MethodPost:
	case takesEncoded(path):
		return readLimit
	case path == uploadPath || path == importPath || takesFile(path):
		return uploadLimit
	}
	return bodyLimit
}

func secure(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy, policy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if !strings.HasPrefix(c.Path(), "/static/") {
		c.Set(fiber.HeaderCacheControl, "no-store")
	}
}
