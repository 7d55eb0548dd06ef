package server

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/privacy"
)

// looksPage is what page_looks.html draws: who saw a person's data.
type looksPage struct {
	shell
	Faults []string
	Asked  bool // there was a search; the phone number is not shown again
	Rows   []lookView
	Full   bool // there may be older ones
}

// lookView is one line.
type lookView struct {
	org.Look
	Who  string
	What string
}

// showLooks shows the form.
func (s *Server) showLooks(c *fiber.Ctx, v visit) error {
	if s.o.Looks == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	if err := org.Can(v.actor, org.ActReadLooks); err != nil {
		return err
	}
	return s.page(c, "looks", looksPage{shell: s.shell(v, "looks", "谁看过")})
}

// findLooks searches. It is a post, so that no phone number lies in an address
// or its history.
func (s *Server) findLooks(c *fiber.Ctx, v visit) error {
	if s.o.Looks == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	found, err := s.o.Looks.Find(c.UserContext(), v.actor, c.FormValue("key"), c.FormValue("why"))
	if err != nil && errs.KindOf(err) != errs.Invalid {
		return err
	}
	code, faults := s.faultsOf(c, err)
	p := looksPage{shell: s.shell(v, "looks", "谁看过"), Faults: faults, Asked: err == nil, Full: len(found) == org.LooksShown}
	for _, k := range found {
		p.Rows = append(p.Rows, lookView{k, lookedBy(k), privacy.LookWords(k.Action)})
	}
	return s.render(c, code, "looks", "layout", p)
}

// lookedBy names who it was, and in which roles.
func lookedBy(k org.Look) string {
	if k.Actor == "" {
		return "系统"
	}
	parts := []string{k.Name, k.Unit, k.Roles.Label()}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "，")
}
