package server

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// precedentsPage is what precedents.html draws: how disputes over duty were ruled.
type precedentsPage struct {
	shell
	Said     string
	Faults   []string
	Rows     []precedentView
	Form     precedentForm
	Searched bool
	Older    string // empty: there are none
	Repeal   bool   // the reader may say that one holds no longer
	Open     string // the one whose form came back
	Why      string // as it was typed there
}

// precedentForm is what is looked for.
type precedentForm struct{ Q, Unit, Category string }

// precedentsPageSize is how many are on a page.
const precedentsPageSize = 30

// showPrecedents lists how disputes over duty were ruled.
func (s *Server) showPrecedents(c *fiber.Ctx, v visit) error {
	p, err := s.newPrecedentsPage(c, v)
	if err != nil {
		return err
	}
	if c.Query("said") != "" {
		p.Said = "已废止，仍留在这里备查，不再随新的退单显示。"
	}
	code := fiber.StatusOK
	if len(p.Faults) > 0 {
		code = fiber.StatusUnprocessableEntity
	}
	return s.render(c, code, "precedents", "layout", p)
}

func (s *Server) newPrecedentsPage(c *fiber.Ctx, v visit) (precedentsPage, error) {
	p := precedentsPage{
		shell: s.shell(v, "cases", "判例"), Repeal: s.o.Precedents.MayRepeal(v.actor),
		Form: precedentForm{strings.TrimSpace(c.Query("q")), strings.TrimSpace(c.Query("unit")), strings.TrimSpace(c.Query("category"))},
	}
	p.Searched = p.Form != precedentForm{}
	f := classifier.PrecedentFilter{Words: p.Form.Q, Before: classifier.PrecedentID(c.Query("before")), Limit: precedentsPageSize}
	// The same conditions, read the same way, as where cases are looked for.
	search, fault := s.searchOf(c.UserContext(), findForm{Unit: p.Form.Unit, Category: p.Form.Category})
	f.Unit, f.Category = search.Lead, search.Category
	var all []classifier.Precedent
	if fault == nil {
		all, fault = s.o.Precedents.List(c.UserContext(), v.actor, f)
	}
	if fault != nil {
		if errs.KindOf(fault) != errs.Invalid {
			return p, fault
		}
		p.Faults = sentences(fault)
		return p, nil
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return p, err
	}
	list, err := s.o.Catalogue.Active(c.UserContext())
	if err != nil {
		return p, err
	}
	p.Rows = newPrecedentViews(all, list, dir)
	if len(all) == precedentsPageSize {
		p.Older = link("/precedents", "q", p.Form.Q, "unit", p.Form.Unit, "category", p.Form.Category, "before", string(all[len(all)-1].ID))
	}
	return p, nil
}

// repealPrecedent says that a precedent holds no longer.
func (s *Server) repealPrecedent(c *fiber.Ctx, v visit) error {
	which, why := classifier.PrecedentID(c.Params("precedent")), c.FormValue("why")
	err := s.o.Precedents.Repeal(c.UserContext(), v.actor, which, why)
	switch {
	case err == nil:
		return c.Redirect("/precedents?said=repealed", fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.Conflict:
		return err
	}
	p, failed := s.newPrecedentsPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults, p.Open, p.Why = sentences(err), string(which), why
	return s.render(c, status(err), "precedents", "layout", p)
}

// precedentView is how a dispute was ruled, in words.
type precedentView struct {
	classifier.Precedent
	Leaf    string
	Between []string
	Unit    string
	CaseURL string // empty: not for this reader
	URL     string // of its forms
}

// precedentsLike gives what was ruled on the like: the same leaf, or between two of
// the same units.
func (s *Server) precedentsLike(ctx context.Context, v visit, leaf classifier.CategoryID, units []org.UnitID, dir *org.Directory) ([]precedentView, error) {
	all, err := s.o.Precedents.Like(ctx, v.actor, leaf, units)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	list, err := s.o.Catalogue.Active(ctx)
	if err != nil {
		return nil, err
	}
	return newPrecedentViews(all, list, dir), nil
}

func newPrecedentViews(all []classifier.Precedent, list *classifier.Catalogue, dir *org.Directory) []precedentView {
	out := make([]precedentView, len(all))
	for i, p := range all {
		view := precedentView{Precedent: p, Leaf: "旧版清单中的事项", Between: namesOf(p.Between, dir), Unit: unitName(p.Unit, dir), URL: "/precedents/" + string(p.ID)}
		if leaf, ok := list.Category(p.Category); ok {
			view.Leaf = leaf.Trail()
		}
		if p.Case != "" {
			view.CaseURL = link("/cases/find", "q", p.Case)
		}
		out[i] = view
	}
	return out
}
