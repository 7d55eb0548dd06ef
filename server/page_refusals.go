package server

import (
	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
)

// refusalsPage is what refusals.html draws: what was refused and waits for a
// second person.
type refusalsPage struct {
	shell
	Rows   []refusalView
	Said   string
	Faults []string
}

// refusalView is one matter that was refused.
type refusalView struct {
	casework.Refusal
	Heading string
	URL     string
	Desk    string
	Own     bool // the reader refused it
}

// showRefusals lists what waits for a second person.
func (s *Server) showRefusals(c *fiber.Ctx, v visit) error {
	p, err := s.newRefusalsPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"agreed": "已同意，不予受理生效。", "back": "已退回受理台，重新决定。"}[c.Query("said")]
	return s.page(c, "refusals", p)
}

func (s *Server) newRefusalsPage(c *fiber.Ctx, v visit) (refusalsPage, error) {
	p := refusalsPage{shell: s.shell(v, "cases", "不予受理的复核")}
	all, err := s.o.Refusals.List(c.UserContext(), v.actor)
	for _, r := range all {
		p.Rows = append(p.Rows, refusalView{
			Refusal: r, Heading: headingOf(intake.Matter{Title: r.Title, Text: r.Text}), URL: "/cases/refusals/" + string(r.Decision),
			Desk: "/desk/" + string(r.Matter), Own: r.By == v.actor.Account || r.AgreedBy == v.actor.Account,
		})
	}
	return p, err
}

// checkRefusal notes what the second person says.
func (s *Server) checkRefusal(c *fiber.Ctx, v visit) error {
	agree := c.FormValue("agree") == "1"
	err := s.o.Refusals.Check(c.UserContext(), v.actor, classifier.DecisionID(c.Params("decision")), agree, c.FormValue("why"))
	said := "back"
	if agree {
		said = "agreed"
	}
	switch {
	case err == nil:
		return c.Redirect("/cases/refusals?said="+said, fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p, failed := s.newRefusalsPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "refusals", "layout", p)
}
