package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// accusedView is whom a matter complains of, or seems to.
type accusedView struct {
	Stands  bool
	Hotline bool
	Names   string // of units and how many people
	Typed   string // what the form begins with
	Words   string // of the text, that seem to complain of somebody; empty once it stands
	Why     string
	Above   string // who is above them
	Seen    string // when it was said
	URL     string // empty: not for this reader
}

// newAccusedView says whom a matter complains of. Nil for who cannot say it and
// where nobody did.
func (s *Server) newAccusedView(ctx context.Context, v visit, f classifier.File, q deskQuery, dir *org.Directory) (*accusedView, error) {
	a := f.Accused
	view := &accusedView{Stands: a.Stands(), Hotline: a.Hotline, Why: a.Why, Typed: strings.Join(namesOfUnits(a.Units, dir), "、")}
	if s.o.Accusations != nil && v.may(org.ActDecide) && f.Message.Secret != intake.SecretLocked {
		view.URL = q.To(f.Matter.ID, "accused")
	}
	if view.Stands {
		view.Seen = a.At.Format(time.RFC3339Nano)
		names := namesOfUnits(a.Units, dir)
		if len(a.Persons) > 0 {
			people, err := s.o.Accusations.Names(ctx, a.Persons)
			if err != nil {
				return nil, err
			}
			names = append(names, people...)
		}
		view.Names = strings.Join(names, "、")
		var above []string
		for _, l := range superiorsOf(matterNow{file: f, dir: dir}) {
			above = append(above, l.Unit)
		}
		view.Above = strings.Join(above, "、")
		return view, nil
	}
	if view.URL == "" {
		return nil, nil //nolint:nilnil // nothing to show
	}
	if c := intake.ReadConduct(f.Matter.Title, f.Matter.Text); c.Words != "" {
		view.Words, view.Hotline = c.Words, c.Hotline
		if c.Staff {
			view.Typed = strings.Join(unitsSaid(f.Matter.Title+"\n"+f.Matter.Text, dir), "、")
		}
	}
	return view, nil
}

// superiorsOf are who is above those that a matter complains of and not among
// them, as leads to choose from.
func superiorsOf(now matterNow) []leadView {
	var out []leadView
	for _, u := range now.file.Accused.Barred {
		if !slices.Contains(now.file.Accused.Units, u) && len(now.file.Accused.Units) > 0 {
			continue // what lies below one accused has it above
		}
		for _, above := range now.dir.Above(u) {
			value := "unit:" + string(above.ID)
			if now.file.Accused.Bars(above.ID) || slices.ContainsFunc(out, func(l leadView) bool { return l.Value == value }) {
				continue
			}
			out = append(out, leadView{Value: value, When: "被投诉单位的上级或纪检监察", Unit: above.Name, Kind: string(above.Kind)})
		}
	}
	return out
}

// unitsSaid are the units whose names stand in a text, in full or without the
// place they begin with.
func unitsSaid(s string, dir *org.Directory) []string {
	var out []string
	for _, name := range dir.UnitNames() {
		if strings.Contains(s, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out[:min(len(out), 3)]
}

func namesOfUnits(ids []org.UnitID, dir *org.Directory) []string {
	var out []string
	for _, u := range unitsByID(ids, dir) {
		out = append(out, u.Name)
	}
	return out
}

// typedList cuts what somebody typed into one field.
func typedList(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune("、，,；; \t\n", c) })
}

// unitsTyped finds the units that somebody typed; errs.Invalid names the one
// that is none.
func (s *Server) unitsTyped(ctx context.Context, typed string) ([]org.UnitID, error) {
	var out []org.UnitID
	for _, name := range typedList(typed) {
		u, err := s.unitNamed(ctx, name)
		if err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "accused.unit", name).In("accused")
		}
		if !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	return out, nil
}

// accusedTyped is what a decision's form says of whom the matter complains; nil
// when that is what stands.
func (s *Server) accusedTyped(c *fiber.Ctx, stands intake.Accusation) (*intake.Accusation, error) {
	units, err := s.unitsTyped(c.UserContext(), c.FormValue("accused"))
	if err != nil || slices.Equal(units, stands.Units) || len(units) == 0 {
		return nil, err
	}
	stands.Units = units
	return &stands, nil
}

// setAccused notes whom a matter complains of.
func (s *Server) setAccused(c *fiber.Ctx, v visit) error {
	if s.o.Accusations == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	matter, q := intake.MatterID(c.Params("matter")), readDeskQuery(c)
	var a intake.Accusation
	var persons []string
	if c.FormValue("none") == "" {
		units, err := s.unitsTyped(c.UserContext(), c.FormValue("accused"))
		if err != nil {
			return err
		}
		a = intake.Accusation{Units: units, Hotline: c.FormValue("hotline") == "1", Why: c.FormValue("why")}
		persons = typedList(c.FormValue("persons"))
		if !a.Stands() && len(persons) == 0 {
			return errs.New(errs.Invalid, "field.required", "被投诉的单位").In("accused")
		}
	}
	seen, _ := time.Parse(time.RFC3339Nano, c.FormValue("seen")) // none: nothing stood
	if err := s.o.Accusations.Set(c.UserContext(), v.actor, matter, a, persons, seen); err != nil {
		return err
	}
	if _, err := s.o.Desk.File(c.UserContext(), v.actor, matter); err != nil && errs.KindOf(err) == errs.NotFound {
		return c.Redirect(q.To("", "", "said", "oversee"), fiber.StatusSeeOther) // it is the supervisors' now
	}
	return c.Redirect(q.To(matter, "", "said", "accused"), fiber.StatusSeeOther)
}
