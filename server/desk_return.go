package server

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// returnsView is what the desk shows of a decided matter's returns.
type returnsView struct {
	Rows    []returnView
	Form    bool // a return can be noted
	URL     string
	From    []org.Unit // who can still give it back
	Reasons []classifier.ReturnReason
	Head    classifier.DecisionID
	Key     string
	CSRF    string

	Precedents []precedentView // of the same leaf or the same units, while somebody is to decide
}

// returnView is one return.
type returnView struct {
	classifier.Return
	FromName, ProposedName string
	Stands                 bool // of the decision that stands: nobody has decided since
}

// newReturnsView reads the returns of a matter; nil when nobody has given it to
// a unit.
func (s *Server) newReturnsView(ctx context.Context, v visit, f classifier.File, q deskQuery, dir *org.Directory) (*returnsView, error) {
	if len(f.Decisions) == 0 {
		return nil, nil //nolint:nilnil // a view that is not there is not drawn
	}
	all, err := s.o.Returns.Of(ctx, v.actor, f.Matter.ID)
	if err != nil {
		return nil, err
	}
	head := f.Decisions[len(f.Decisions)-1]
	view := &returnsView{
		URL: q.To(f.Matter.ID, "return"), Reasons: classifier.ReturnReasons(), Head: head.ID, Key: id.New[string](), CSRF: v.csrf,
	}
	for _, r := range all {
		row := returnView{Return: r, Stands: r.Decision == head.ID}
		if u, ok := dir.Unit(r.From); ok {
			row.FromName = u.Name
		}
		if u, ok := dir.Unit(r.Proposed); ok {
			row.ProposedName = u.Name
		}
		view.Rows = append(view.Rows, row)
	}
	for _, unit := range append([]org.UnitID{head.Lead}, head.Co...) {
		u, ok := dir.Unit(unit)
		if !ok || slices.ContainsFunc(all, func(r classifier.Return) bool { return r.Decision == head.ID && r.From == unit }) {
			continue
		}
		view.From = append(view.From, u)
	}
	view.Form = v.may(org.ActReturn) && len(view.From) > 0
	if n := len(all); s.o.Precedents != nil && n > 0 && all[n-1].Decision == head.ID { // somebody is to decide
		units := []org.UnitID{head.Lead, all[n-1].From, all[n-1].Proposed}
		view.Precedents, err = s.precedentsLike(ctx, v, head.Category, units, dir)
	}
	return view, err
}

// noteReturn notes that a unit gave a matter back.
func (s *Server) noteReturn(c *fiber.Ctx, v visit) error {
	matter := intake.MatterID(c.Params("matter"))
	proposed, err := s.proposedUnit(c.UserContext(), strings.TrimSpace(c.FormValue("proposed")))
	if err != nil {
		return err
	}
	_, err = s.o.Returns.Note(c.UserContext(), v.actor, classifier.Return{
		Matter: matter, Decision: classifier.DecisionID(c.FormValue("decision")), From: org.UnitID(c.FormValue("from")),
		Reason: classifier.ReturnReason(c.FormValue("reason")), Clause: strings.TrimSpace(c.FormValue("clause")), Proposed: proposed,
	}, c.FormValue("key"))
	if err != nil {
		return err
	}
	return c.Redirect(readDeskQuery(c).To(matter, "", "said", "returned"), fiber.StatusSeeOther)
}

// proposedUnit is unitNamed for the unit that should have a case instead.
func (s *Server) proposedUnit(ctx context.Context, name string) (org.UnitID, error) {
	unit, err := s.unitNamed(ctx, name)
	if err != nil && errs.KindOf(err) == errs.Invalid {
		return "", errs.Wrap(err, errs.Invalid, "return.proposed").In("proposed")
	}
	return unit, err
}

// unitNamed finds the unit of a name that somebody typed: the one of exactly
// this name, or the only one whose name it could be. Empty for no name;
// errs.Invalid when there is none, or several.
func (s *Server) unitNamed(ctx context.Context, name string) (org.UnitID, error) {
	if name == "" {
		return "", nil
	}
	found, err := s.o.Places.SearchUnits(ctx, name, hitsShown)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(found, func(u org.Unit) bool { return u.Name == name })
	switch {
	case at >= 0:
		return found[at].ID, nil
	case len(found) == 1:
		return found[0].ID, nil
	}
	return "", errs.New(errs.Invalid, "search.unit", name).In("unit")
}
