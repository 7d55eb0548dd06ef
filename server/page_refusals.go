package server

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// refusalsPage is what refusals.html draws: what was refused and waits for a
// second person.
type refusalsPage struct {
	shell
	Rows   []refusalView
	Said   string
	Faults []string

	Fixed    []string // grounds that rest on law
	Own      []reasonRow
	Manage   bool // the reader adds and drops
	Why, Way string
}

// reasonRow is a ground that the city has added.
type reasonRow struct {
	casework.Reason
	URL string
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
	p.Said = map[string]string{"agreed": "已同意，不予受理生效。", "back": "已退回受理台，重新决定。", "added": "已增加，受理台可以选。", "dropped": "已不再使用。"}[c.Query("said")]
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
	if err != nil || s.o.Grounds == nil {
		return p, err
	}
	p.Fixed, p.Manage = casework.RefusalReasons(), v.may(org.ActManage)
	own, err := s.o.Grounds.List(c.UserContext(), v.actor)
	for _, r := range own {
		p.Own = append(p.Own, reasonRow{r, "/cases/refusals/reasons/" + string(r.ID) + "/drop"})
	}
	return p, err
}

// refusalReasons are all grounds that the desk offers.
func (s *Server) refusalReasons(ctx context.Context, v visit) ([]string, error) {
	all := casework.RefusalReasons()
	if s.o.Grounds == nil {
		return all, nil
	}
	own, err := s.o.Grounds.List(ctx, v.actor)
	for _, r := range own {
		all = append(all, r.Words)
	}
	return all, err
}

// addReason adds a ground for refusing.
func (s *Server) addReason(c *fiber.Ctx, v visit) error {
	if s.o.Grounds == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	err := s.o.Grounds.Add(c.UserContext(), v.actor, c.FormValue("reason"), c.FormValue("way"))
	return s.reasonDone(c, v, "added", err)
}

// dropReason lets one be offered no longer.
func (s *Server) dropReason(c *fiber.Ctx, v visit) error {
	if s.o.Grounds == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	return s.reasonDone(c, v, "dropped", s.o.Grounds.Drop(c.UserContext(), v.actor, casework.ReasonID(c.Params("reason"))))
}

func (s *Server) reasonDone(c *fiber.Ctx, v visit, said string, err error) error {
	if err == nil {
		return c.Redirect("/cases/refusals?said="+said, fiber.StatusSeeOther)
	}
	if errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.Conflict {
		return err
	}
	p, failed := s.newRefusalsPage(c, v)
	if failed != nil {
		return failed
	}
	p.Why, p.Way, p.Faults = c.FormValue("reason"), c.FormValue("way"), sentences(err)
	return s.render(c, status(err), "refusals", "layout", p)
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
