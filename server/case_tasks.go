package server

import (
	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/org"
)

// coTaskView is what one co-unit has to do for a case.
type coTaskView struct {
	casework.Task
	Name, Left, Tone string
}

// tasksOf adds what co-units have to do, whom the reader may ask for something,
// and who is not done yet.
func (s *Server) tasksOf(v visit, p *casePage, dir *org.Directory) {
	for _, t := range p.Case.Tasks {
		view := coTaskView{Task: t, Name: unitName(t.Unit, dir)}
		if t.State.Open() {
			view.Left, view.Tone = s.taskTime(t)
		}
		p.Tasks = append(p.Tasks, view)
	}
	if p.May[casework.SetTask] {
		p.CoUnits = unitsByID(p.Case.CoUnits, dir)
	}
	for _, t := range p.Case.Undone() {
		p.Undone = append(p.Undone, unitName(t.Unit, dir)+"（"+t.State.Label()+"）")
	}
	own, has := p.Case.TaskOf(v.actor.Unit)
	p.OwnTask = has && own.State.Open() && p.May[casework.DoneTask]
}

// taskTime is how a task's time stands, in words.
func (s *Server) taskTime(t casework.Task) (left, tone string) {
	now := s.o.Now()
	switch {
	case t.Due.Before(now):
		tone = "danger"
	case t.Soon.Before(now):
		tone = "warning"
	}
	return s.o.Cases.Left(t.Due), tone
}

// ownTask makes a line of a co-unit's list tell of its task's time, not of the
// case's.
func (s *Server) ownTask(row caseRow, v visit, show casework.Show) caseRow {
	t, has := row.TaskOf(v.actor.Unit)
	if has && t.State.Open() && (show == casework.ShowTasks || show == casework.ShowTaskLate) {
		row.Left, row.Tone = s.taskTime(t)
		row.Task = t.State.Label() + "：" + t.Text
	}
	return row
}

// setTask gives a co-unit something to do.
func (s *Server) setTask(c *fiber.Ctx, v visit, id casework.CaseID, seen int, form caseForm) error {
	until, err := parseDay(dayNames[casework.SetTask], form.Until)
	if err != nil {
		return err
	}
	return s.o.Cases.SetTask(c.UserContext(), v.actor, id, seen, org.UnitID(form.Worker), form.Text, until)
}

// TaskChosen reports whether a co-unit was chosen in the form that came back.
func (p casePage) TaskChosen(u org.UnitID) bool {
	return p.Opened("set_task") && p.Form.Worker == string(u)
}
