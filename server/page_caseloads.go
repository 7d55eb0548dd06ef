package server

import (
	"fmt"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/org"
)

// caseloadsShown is how many units the page begins with: with all of a city's
// it is a long way to its foot on a phone.
const caseloadsShown = 20

// caseloadsPage is what caseloads.html draws: the units' cases, those that are
// most late first.
type caseloadsPage struct {
	shell
	Units   []caseloadView
	Tasks   []caseloadView // of every unit that has any as a co-unit
	All     string         // address of the page with every unit; empty: they are here
	More    int            // units that are left out
	Total   caseloadView
	Manages bool   // may set heads
	Missing string // of the working calendar; empty: nothing
	Prose   string // address of the figures in words; empty: there is no model for it
}

// caseloadView is one unit.
type caseloadView struct {
	casework.Load
	Name  string
	Heads []casework.Member
}

// showCaseloads lists the units by what is late.
func (s *Server) showCaseloads(c *fiber.Ctx, v visit) error {
	p, err := s.newCaseloadsPage(c, v)
	if err != nil {
		return err
	}
	return s.page(c, "caseloads", p)
}

func (s *Server) newCaseloadsPage(c *fiber.Ctx, v visit) (caseloadsPage, error) {
	loads, err := s.o.Cases.Loads(c.UserContext(), v.actor)
	if err != nil {
		return caseloadsPage{}, err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return caseloadsPage{}, err
	}
	heads, err := s.o.Heads.All(c.UserContext(), v.actor)
	if err != nil {
		return caseloadsPage{}, err
	}
	p := caseloadsPage{shell: s.shell(v, "cases", "各单位的办理情况"), Manages: v.may(org.ActManage)}
	for _, l := range loads {
		p.Units = append(p.Units, caseloadView{Load: l, Name: unitName(l.Unit, dir), Heads: heads[l.Unit]})
		p.Total.Load = p.Total.Plus(l)
		if l.CoOpen+l.CoEnded > 0 {
			p.Tasks = append(p.Tasks, p.Units[len(p.Units)-1])
		}
	}
	p.Total.Name = "合计"
	if more := len(p.Units) - caseloadsShown; more > 0 && c.Query("show") != "all" {
		p.Units, p.More, p.All = p.Units[:caseloadsShown], more, link("/cases/units", "show", "all")
	}
	if s.o.Workdays != nil {
		cal, err := s.o.Workdays.Calendar(c.UserContext())
		if err != nil {
			return p, err
		}
		p.Missing = cal.Warning(s.o.Now())
	}
	p.Prose, err = s.mayProse(c, "/cases/units/prose")
	return p, err
}

// shareOf is a share with what it is of; a dash when there is nothing.
func shareOf(n, of int) string {
	if of == 0 {
		return "—"
	}
	return fmt.Sprintf("%s（%d / %d）", percent(float64(n)/float64(of)), n, of)
}

// InTimeOf and the others are rates in words.
func (v caseloadView) InTimeOf() string { return shareOf(v.InTime, v.Closed) }

// CoInTimeOf is the share of tasks as a co-unit that were done by their time.
func (v caseloadView) CoInTimeOf() string { return shareOf(v.CoInTime, v.CoEnded) }

// ContactedOf is the rate of response.
func (v caseloadView) ContactedOf() string { return shareOf(v.Contacted, v.Called) }

// SolvedOf is the rate of solution.
func (v caseloadView) SolvedOf() string { return shareOf(v.Solved, v.Counted) }

// SatisfiedOf is the rate of satisfaction.
func (v caseloadView) SatisfiedOf() string { return shareOf(v.Satisfied, v.Counted) }
