package server

import (
	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
)

// findingPage is what finding.html draws on the phone of somebody in the
// street: what they see, where, and a picture.
type findingPage struct {
	shell
	Form   findingForm
	Own    []casework.Found // what they have reported before
	Faults []string
	Said   string
}

// findingForm is the form as it was filled in.
type findingForm struct {
	Key, Text, Place string
}

// showFinding shows the form, and what became of earlier findings.
func (s *Server) showFinding(c *fiber.Ctx, v visit) error {
	p, err := s.newFindingPage(c, v, findingForm{Key: string(id.New[intake.MessageID]())})
	if err != nil {
		return err
	}
	p.Said = map[string]string{"reported": "已上报，热线决定由谁办理。"}[c.Query("said")]
	return s.page(c, "finding", p)
}

func (s *Server) newFindingPage(c *fiber.Ctx, v visit, form findingForm) (findingPage, error) {
	own, err := s.o.Patrols.Own(c.UserContext(), v.actor)
	return findingPage{shell: s.shell(v, "cases", "巡查上报"), Form: form, Own: own}, err
}

// reportFinding takes a finding in.
func (s *Server) reportFinding(c *fiber.Ctx, v visit) error {
	form := findingForm{Key: c.FormValue("key"), Text: c.FormValue("text"), Place: c.FormValue("place")}
	name, body, err := formFile(c, "file")
	if err == nil {
		_, err = s.o.Patrols.Report(c.UserContext(), v.actor, casework.Finding{Key: form.Key, Words: form.Text, Place: form.Place, Name: name, Picture: body})
	}
	switch {
	case err == nil:
		return c.Redirect(link("/grid/new", "said", "reported"), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p, failed := s.newFindingPage(c, v, form)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "finding", "layout", p)
}

// picturesOf adds to the desk what came with a finding.
func (s *Server) picturesOf(c *fiber.Ctx, v visit, view *fileView) error {
	if s.o.Patrols == nil || view.Message.Channel != intake.Patrol {
		return nil
	}
	all, err := s.o.Patrols.Pictures(c.UserContext(), v.actor, view.Matter.ID)
	if err != nil {
		return err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	view.Pictures = newAttachmentViews(all, "/desk/"+string(view.Matter.ID), dir)
	return err
}

// readPicture sends one of these.
func (s *Server) readPicture(c *fiber.Ctx, v visit) error {
	f, err := s.o.Patrols.Picture(c.UserContext(), v.actor, intake.MatterID(c.Params("matter")), casework.AttachmentID(c.Params("file")))
	if err != nil {
		return err
	}
	return sendAttachment(c, f)
}
