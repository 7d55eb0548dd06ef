package server

import (
	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// headsPage is what heads.html draws: who of a unit reviews its answers.
type headsPage struct {
	shell
	Unit    string
	URL     string
	Members []casework.Member
	Said    string
	Faults  []string
}

func headsURL(u org.UnitID) string { return "/cases/heads/" + string(u) }

// showHeads shows the people of a unit.
func (s *Server) showHeads(c *fiber.Ctx, v visit) error {
	p, err := s.newHeadsPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"set": "已保存。"}[c.Query("said")]
	return s.page(c, "heads", p)
}

func (s *Server) newHeadsPage(c *fiber.Ctx, v visit) (headsPage, error) {
	id := org.UnitID(c.Params("unit"))
	members, err := s.o.Heads.Of(c.UserContext(), v.actor, id)
	if err != nil {
		return headsPage{}, err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return headsPage{}, err
	}
	u, ok := dir.Unit(id)
	if !ok {
		return headsPage{}, errs.New(errs.NotFound, "unit.not_found")
	}
	return headsPage{shell: s.shell(v, "cases", "单位负责人"), Unit: u.Name, URL: headsURL(id), Members: members}, nil
}

// setHeads says who of a unit heads it.
func (s *Server) setHeads(c *fiber.Ctx, v visit) error {
	id := org.UnitID(c.Params("unit"))
	err := s.o.Heads.Set(c.UserContext(), v.actor, id, accountsIn(c, "head"), accountsIn(c, "deputy"))
	switch {
	case err == nil:
		return c.Redirect(link(headsURL(id), "said", "set"), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p, failed := s.newHeadsPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "heads", "layout", p)
}

// accountsIn gives the accounts that are ticked in a form.
func accountsIn(c *fiber.Ctx, field string) (out []org.AccountID) {
	for _, value := range c.Request().PostArgs().PeekMulti(field) {
		out = append(out, org.AccountID(string(value)))
	}
	return out
}
