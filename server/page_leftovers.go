package server

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// Leftovers are decisions whose leaf was split and that wait for a person to
// say which part is meant.
type Leftovers interface {
	// Next gives the latest that waits, before the one named, and how many wait;
	// errs.NotFound "leftover.none", with the number.
	Next(ctx context.Context, actor org.Actor, before classifier.DecisionID) (classifier.Leftover, int, error)
	// Count is how many wait.
	Count(ctx context.Context, actor org.Actor) (int, error)
	// Place puts one at a leaf; errs.Conflict "leftover.settled".
	Place(ctx context.Context, actor org.Actor, decision classifier.DecisionID, from, to classifier.CategoryID) error
}

const leftoversPath = "/catalogue/leftovers"

// leftoversPage is what page_leftovers.html draws: one decision with the leaves
// to which it may belong.
type leftoversPage struct {
	shell
	Left   *classifier.Leftover // nil: there is none
	Count  int
	Desk   string // where its message is read whole
	Skip   string // address of the next one
	Before string // the last one that was passed over; empty: none
	Said   string
}

// showLeftover shows the latest decision that waits.
func (s *Server) showLeftover(c *fiber.Ctx, v visit) error {
	p := leftoversPage{shell: s.shell(v, "catalogue", "等人归类的决定"), Before: c.Query("before"), Said: c.Query("said")}
	left, count, err := s.o.Leftovers.Next(c.UserContext(), v.actor, classifier.DecisionID(p.Before))
	p.Count = count
	switch {
	case err == nil:
		p.Left, p.Desk, p.Skip = &left, "/desk/"+string(left.Matter), link(leftoversPath, "before", string(left.Decision))
	case errs.CodeOf(err) != "leftover.none":
		return err
	}
	return s.page(c, "leftovers", p)
}

// placeLeftover keeps where a decision belongs and goes on to the next.
func (s *Server) placeLeftover(c *fiber.Ctx, v visit) error {
	err := s.o.Leftovers.Place(c.UserContext(), v.actor, classifier.DecisionID(c.FormValue("decision")),
		classifier.CategoryID(c.FormValue("from")), classifier.CategoryID(c.FormValue("to")))
	said := "placed"
	if err != nil && errs.CodeOf(err) == "leftover.settled" {
		said, err = "settled", nil
	}
	if err != nil {
		return err
	}
	return c.Redirect(link(leftoversPath, "before", c.FormValue("before"), "said", said), fiber.StatusSeeOther)
}

// countLeftovers is how many wait; 0 for a role that does not place them, and
// while nothing serves.
func (s *Server) countLeftovers(ctx context.Context, v visit) (int, error) {
	if !v.may(org.ActEditCatalogue) {
		return 0, nil
	}
	n, err := s.o.Leftovers.Count(ctx, v.actor)
	switch errs.CodeOf(err) {
	case "catalogue.none", "model.damaged":
		err = nil
	}
	return n, err
}
