package server

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/id"
)

// conflictView tells the second of two who decided at once what the first
// decided, and asks. The second's choice stands in it whole, so that one key
// applies it after the first's.
type conflictView struct {
	First, Mine decisionView
	Same        bool // both decided the same
	URL         string
	Keep        string // address of what comes next when the first's is kept
	Fields      []fieldView
}

// fieldView is a hidden field of a form.
type fieldView struct{ Name, Value string }

// showConflict draws the desk of the matter as it is now with the question on
// top; lost is what the decision met.
func (s *Server) showConflict(c *fiber.Ctx, v visit, mine classifier.Decision, lost error) error {
	p, err := s.newDeskPage(c, v)
	if err != nil {
		return err
	}
	if p.File == nil || len(p.File.Decided) == 0 {
		return lost
	}
	list, err := s.o.Catalogue.Active(c.UserContext())
	if err != nil {
		return err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return err
	}
	first := p.File.Decided[0]
	mine.By = v.actor.Account
	p.File.Conflict = &conflictView{
		First: first, Mine: newDecisionViews([]classifier.Decision{mine}, v, list, dir)[0], Same: alike(first.Decision, mine),
		URL: string(c.Request().URI().RequestURI()), Keep: p.File.Next.To(mine.Matter, "next"),
		Fields: again(c, first.ID),
	}
	c.Set("HX-Push-Url", p.File.URL)
	return s.render(c, fiber.StatusConflict, "desk", "layout", p)
}

// again is the form as it was sent, to be sent once more after a decision.
func again(c *fiber.Ctx, after classifier.DecisionID) []fieldView {
	fields := []fieldView{{"previous", string(after)}, {"key", id.New[string]()}, {"over", "1"}}
	c.Request().PostArgs().VisitAll(func(name, value []byte) {
		switch n := string(name); n {
		case "csrf", "previous", "key", "over":
		default:
			fields = append(fields, fieldView{n, string(value)})
		}
	})
	return fields
}

// alike reports whether two decisions come to the same.
func alike(a, b classifier.Decision) bool {
	if a.Category == "" || b.Category == "" {
		return a.Kind == b.Kind && a.Reason == b.Reason
	}
	return a.Category == b.Category && a.Lead == b.Lead && a.Urgency == b.Urgency && a.Type == b.Type && slices.Equal(a.Co, b.Co)
}
