package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// callPage is what call.html draws: the form that calls units to a place.
type callPage struct {
	shell
	Form      callForm
	CaseTitle string // of the case it is about; empty: a matter of its own
	MaxCalled int
	Faults    []string
}

// callForm is that form as it was filled in.
type callForm struct {
	ID, Case, Matter, Place, Due, Units string
}

// showCall shows the form, about a case when the address names one.
func (s *Server) showCall(c *fiber.Ctx, v visit) error {
	form := callForm{ID: string(id.New[casework.SummonsID]()), Case: c.Query("case")}
	if may, err := s.o.Whistles.MayCall(c.UserContext(), v.actor); err != nil || !may {
		if err == nil {
			err = errs.New(errs.Forbidden, "summons.not_street")
		}
		return err
	}
	p, d, err := s.newCallPage(c, v, form)
	if err != nil {
		return err
	}
	if d.ID != "" {
		p.Form.Matter, p.Form.Place = p.CaseTitle, d.Place
	}
	return s.page(c, "call", p)
}

func (s *Server) newCallPage(c *fiber.Ctx, v visit, form callForm) (callPage, casework.Docket, error) {
	p := callPage{shell: s.shell(v, "cases", "吹哨"), Form: form, MaxCalled: casework.MaxCalled}
	if form.Case == "" {
		return p, casework.Docket{}, nil
	}
	d, _, err := s.o.Cases.Get(c.UserContext(), v.actor, casework.CaseID(form.Case))
	if err == nil {
		p.CaseTitle = s.newCaseRow(d, org.NewDirectory(nil, nil)).Heading
	}
	return p, d, err
}

// call calls units to a place.
func (s *Server) call(c *fiber.Ctx, v visit) error {
	form := callForm{
		ID: c.FormValue("id"), Case: c.FormValue("case"), Matter: c.FormValue("matter"), Place: c.FormValue("place"), Due: c.FormValue("due"), Units: c.FormValue("units"),
	}
	in := casework.Summoning{ID: casework.SummonsID(form.ID), Case: casework.CaseID(form.Case), Matter: form.Matter, Place: form.Place}
	var err error
	if in.Due, err = parseFormTime("报到时间", form.Due); err == nil {
		in.Units, err = s.unitsNamed(c, form.Units)
	}
	var made casework.SummonsID
	if err == nil {
		made, err = s.o.Whistles.Call(c.UserContext(), v.actor, in)
	}
	switch {
	case err == nil:
		return c.Redirect(link(summonsURL(made), "said", string(casework.CallOut)), fiber.StatusSeeOther)
	case errs.CodeOf(err) == "summons.exists": // the form was sent twice
		return c.Redirect(link(summonsURL(in.ID), "said", string(casework.CallOut)), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.Conflict:
		return err
	}
	p, _, failed := s.newCallPage(c, v, form)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "call", "layout", p)
}

// unitsNamed finds several units by their names, separated by commas, dots of
// enumeration or lines.
func (s *Server) unitsNamed(c *fiber.Ctx, names string) ([]org.UnitID, error) {
	var out []org.UnitID
	var faults errs.List
	for _, name := range strings.FieldsFunc(names, func(r rune) bool { return strings.ContainsRune("、，,；;\n\r", r) }) {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		unit, err := s.unitNamed(c.UserContext(), name)
		switch {
		case err != nil && errs.KindOf(err) == errs.Invalid:
			faults = append(faults, errs.New(errs.Invalid, "summons.unit", name).In("units"))
		case err != nil:
			return nil, err
		default:
			out = append(out, unit)
		}
	}
	return out, faults.OrNil()
}
