package server

import (
	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// tracesView is what would give the citizen away to whoever handles the matter.
type tracesView struct {
	Rows []intake.Trace
	URL  string
}

// tracesOf finds it where the citizen has not said that the unit may know them.
func (s *Server) tracesOf(v visit, view *fileView, f classifier.File) {
	if s.o.Veils == nil || !v.may(org.ActDecide) || f.Message.Consent == intake.ConsentYes || f.Message.Secret.Shut() {
		return
	}
	if found := intake.Traces(f.Matter.Title, f.Matter.Text); len(found) > 0 {
		view.Traces = &tracesView{Rows: found, URL: view.Next.To(f.Matter.ID, "veil")}
	}
}

// veil masks what was chosen of it.
func (s *Server) veil(c *fiber.Ctx, v visit) error {
	if s.o.Veils == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	f, err := s.o.Desk.File(c.UserContext(), v.actor, intake.MatterID(c.Params("matter")))
	if err != nil {
		return err
	}
	var chosen []string
	for _, text := range c.Request().PostArgs().PeekMulti("trace") {
		chosen = append(chosen, string(text))
	}
	if err := s.o.Veils.Veil(c.UserContext(), v.actor, f.Matter.ID, chosen); err != nil {
		return err
	}
	return c.Redirect(readDeskQuery(c).To(f.Matter.ID, "", "said", "veiled"), fiber.StatusSeeOther)
}
