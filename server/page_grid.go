package server

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// handView is one step of a case down the unit tree.
type handView struct {
	Unit, Worker string
	Due          time.Time
	Left, Tone   string
	Taken        bool
}

// handsOf adds to whom the case was handed down.
func (s *Server) handsOf(c *fiber.Ctx, v visit, p *casePage, dir *org.Directory) error {
	crew, err := s.o.Hands.Crew(c.UserContext(), v.actor, p.Case)
	if err != nil {
		return err
	}
	for _, h := range p.Case.Hands {
		view := handView{Unit: unitName(h.Unit, dir), Due: h.Due, Left: s.o.Cases.Left(h.Due), Tone: s.toneOf(p.Case, h.Due), Taken: !h.TakenAt.IsZero()}
		if i := slices.IndexFunc(crew, func(m casework.Member) bool { return m.Account == h.Worker }); i >= 0 {
			view.Worker = crew[i].Name
		}
		p.Hands = append(p.Hands, view)
	}
	if p.May[casework.Assign] {
		p.Crew = crew
	}
	return s.handlerOf(c, v, p)
}

// handlerOf adds to whom of the unit that answers for it the reader may give the
// case: heads to anybody, the others to themselves.
func (s *Server) handlerOf(c *fiber.Ctx, v visit, p *casePage) error {
	if !p.May[casework.Give] {
		return nil
	}
	people, err := s.o.Hands.UnitCrew(c.UserContext(), v.actor)
	heads := p.Case.Heads
	switch {
	case len(heads) == 0 || slices.ContainsFunc(heads, v.actor.Is):
		p.People = people
	case p.Case.Handler == "":
		p.Self = cmp.Or(v.actor.For, v.actor.Account)
	}
	p.Leaves = p.Case.Handler != "" && (len(p.People) > 0 || v.actor.Is(p.Case.Handler))
	return err
}

// gridPage is what grid.html draws on the phone of somebody in the street: what
// their unit has to do there, their own first, or from where they are.
type gridPage struct {
	shell
	Groups []gridGroup
	Places []gridPlace // where they may say that they are; none: there is nothing to choose
	Said   string
	Area   string
}

// gridTask is one card.
type gridTask struct {
	caseRow
	Mine bool
	due  time.Time
	area org.AreaCode
}

func gridURL(id casework.CaseID) string { return "/grid/" + string(id) }

// showGrid lists the tasks.
func (s *Server) showGrid(c *fiber.Ctx, v visit) error {
	if err := org.Can(v.actor, org.ActHandle); err != nil {
		return err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return err
	}
	tasks, err := s.gridTasks(c, v, dir)
	if err != nil {
		return err
	}
	u, _ := dir.Unit(v.actor.Unit)
	here := org.AreaCode(c.Query("at"))
	if !dir.Within(here, u.Area) {
		here = "" // nobody of this unit is there
	}
	p := gridPage{shell: s.shell(v, "cases", "街面任务"), Area: areaName(u.Area, dir), Groups: nearBy(tasks, here, dir), Places: gridPlaces(u, here, dir)}
	p.Said = map[string]string{"report": "已上报。", "hand_back": "已退回上级。", "propose": "已提交，等审核。", "return": "已退单，等热线裁定。"}[c.Query("said")]
	return s.page(c, "grid", p)
}

// showTask shows one task with what can be done to it.
func (s *Server) showTask(c *fiber.Ctx, v visit) error {
	if err := org.Can(v.actor, org.ActHandle); err != nil {
		return err
	}
	p, err := s.newCasePage(c, v, caseForm{})
	if err != nil {
		return err
	}
	p.Said = caseSaid[casework.Move(c.Query("said"))]
	return s.page(c, "task", p)
}

// taskMoves are those of the page: of what was handed down, and of what a unit
// was given straight.
var taskMoves = []casework.Move{casework.TakeUp, casework.Report, casework.HandBack, casework.Accept, casework.Propose}

// moveTask takes a task up, reports it done, or gives it back; a picture may
// come with it, and is stored first, so that a report without its picture does
// not happen.
func (s *Server) moveTask(c *fiber.Ctx, v visit) error {
	id := casework.CaseID(c.Params("case"))
	form := caseForm{Move: casework.Move(c.Params("move")), Text: strings.TrimSpace(c.FormValue("text")), Public: strings.TrimSpace(c.FormValue("public"))}
	if !slices.Contains(taskMoves, form.Move) {
		return fiber.ErrNotFound
	}
	if form.Move == casework.Accept || form.Move == casework.Propose { // by the unit that answers for it alone
		d, _, err := s.o.Cases.Get(c.UserContext(), v.actor, id)
		if err != nil {
			return err
		}
		if d.Unit != v.actor.Unit {
			return fiber.ErrNotFound
		}
	}
	name, body, err := formFile(c, "file")
	if err == nil && len(body) > 0 {
		err = s.o.Attachments.Attach(c.UserContext(), v.actor, id, name, body)
	}
	if err == nil {
		err = s.makeMove(c, v, form)
	}
	switch {
	case err == nil && (form.Move == casework.TakeUp || form.Move == casework.Accept):
		return c.Redirect(link(gridURL(id), "said", string(form.Move)), fiber.StatusSeeOther)
	case err == nil:
		return c.Redirect(link("/grid", "said", string(form.Move)), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.Conflict:
		return err
	}
	p, failed := s.newCasePage(c, v, form)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "task", "layout", p)
}
