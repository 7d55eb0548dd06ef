package server

import (
	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// groupsPage is what groups.html draws: the work groups (工作专班), and the form
// for a new one.
type groupsPage struct {
	shell
	Said   string
	Faults []string
	Groups []groupView
	Own    bool // of the reader's unit alone
	Form   groupForm
	Max    int
}

// groupView is one group.
type groupView struct {
	casework.Group
	Now    bool // works
	Unit   string
	Leader string
	People []string
	End    string    // address of what ends it; empty: not for this reader
	Change string    // and of what lets people come in and leave
	Typed  groupForm // what was typed there
}

// groupForm is what was typed.
type groupForm struct {
	Name, Purpose, Lead, Members, From, Until string
}

// showGroups lists work groups.
func (s *Server) showGroups(c *fiber.Ctx, v visit) error {
	p, err := s.newGroupsPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"formed": "专班已建立，工单页可以交给它。", "ended": "专班已结束，它的工单回到主办单位。", "changed": "专班的人已调整。"}[c.Query("said")]
	return s.page(c, "groups", p)
}

func (s *Server) newGroupsPage(c *fiber.Ctx, v visit) (groupsPage, error) {
	all, err := s.o.Groups.All(c.UserContext(), v.actor)
	if err != nil {
		return groupsPage{}, err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return groupsPage{}, err
	}
	p := groupsPage{shell: s.shell(v, "cases", "工作专班"), Own: !v.may(org.ActDispatch), Max: casework.MaxGroupMembers}
	for _, g := range all {
		view := groupView{Group: g, Now: g.Holds(s.o.Now()), Unit: "跨单位"}
		if g.Unit != "" {
			view.Unit = unitName(g.Unit, dir)
		}
		for _, m := range g.Members {
			if m.Account == g.Lead {
				view.Leader = m.Name
			}
			view.People = append(view.People, m.Name+"（"+unitName(m.Unit, dir)+"）")
		}
		if s.o.Groups.MayEnd(v.actor, g) {
			view.End, view.Change = "/groups/"+string(g.ID)+"/end", "/groups/"+string(g.ID)+"/members"
			if c.Params("group") == string(g.ID) {
				view.Typed = groupForm{Members: c.FormValue("add"), Name: c.FormValue("remove"), Lead: c.FormValue("lead")}
			}
		}
		p.Groups = append(p.Groups, view)
	}
	if c.Params("group") != "" { // another form of the page
		return p, nil
	}
	p.Form = groupForm{
		Name: c.FormValue("name"), Purpose: c.FormValue("purpose"), Lead: c.FormValue("lead"),
		Members: c.FormValue("members"), From: c.FormValue("from"), Until: c.FormValue("until"),
	}
	return p, nil
}

// formGroup makes a work group.
func (s *Server) formGroup(c *fiber.Ctx, v visit) error {
	from, err := parseFormTime("从何时起", c.FormValue("from"))
	n := casework.NewGroup{
		Name: c.FormValue("name"), Purpose: c.FormValue("purpose"), Lead: c.FormValue("lead"), From: from,
		Members: split(c.FormValue("members")),
	}
	if err == nil {
		n.Until, err = parseFormTime("到何时止", c.FormValue("until"))
	}
	if err == nil {
		_, err = s.o.Groups.Form(c.UserContext(), v.actor, n)
	}
	return s.afterGroup(c, v, err, "formed")
}

// endGroup ends a work group before its time.
func (s *Server) endGroup(c *fiber.Ctx, v visit) error {
	err := s.o.Groups.End(c.UserContext(), v.actor, casework.GroupID(c.Params("group")))
	return s.afterGroup(c, v, err, "ended")
}

// changeGroup lets people come into a work group and leave it.
func (s *Server) changeGroup(c *fiber.Ctx, v visit) error {
	err := s.o.Groups.Change(c.UserContext(), v.actor, casework.GroupID(c.Params("group")), casework.GroupChange{
		Add: split(c.FormValue("add")), Remove: split(c.FormValue("remove")), Lead: c.FormValue("lead"),
	})
	return s.afterGroup(c, v, err, "changed")
}

// afterGroup goes back to the page, or shows it with what was wrong.
func (s *Server) afterGroup(c *fiber.Ctx, v visit, err error, said string) error {
	if err == nil {
		return c.Redirect("/groups?said="+said, fiber.StatusSeeOther)
	}
	if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.Conflict {
		return err
	}
	p, failed := s.newGroupsPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "groups", "layout", p)
}
