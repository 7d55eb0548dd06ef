package server

import (
	"cmp"
	"slices"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/org"
)

// gridGroup is what lies in one area, as seen from where somebody is.
type gridGroup struct {
	Name  string // empty: the list is not grouped
	Tasks []gridTask
}

// gridPlace is a place that somebody may say they are at.
type gridPlace struct {
	Code   org.AreaCode
	Name   string
	Chosen bool
}

// gridTasks are what a worker's unit has to do in the street: what was handed
// down to it, and where it is a community's or a grid's also what it was given
// straight.
func (s *Server) gridTasks(c *fiber.Ctx, v visit, dir *org.Directory) ([]gridTask, error) {
	shows := []casework.Show{casework.ShowBelow}
	if dir.Small(v.actor.Unit) {
		shows = append(shows, casework.ShowWaiting, casework.ShowHandling)
	}
	var out []gridTask
	for _, show := range shows {
		f := casework.Filter{Show: show, Limit: casesPageSize, Alone: true}
		if show != casework.ShowBelow {
			f.Unit = v.actor.Unit
		}
		found, _, err := s.o.Cases.List(c.UserContext(), v.actor, f)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			if d.Holder() != v.actor.Unit {
				continue // handed further down
			}
			out = append(out, s.newGridTask(d, v, dir))
		}
	}
	slices.SortStableFunc(out, func(a, b gridTask) int {
		switch {
		case a.Mine && !b.Mine:
			return -1
		case b.Mine && !a.Mine:
			return 1
		}
		return a.due.Compare(b.due)
	})
	return out, nil
}

func (s *Server) newGridTask(d casework.Docket, v visit, dir *org.Directory) gridTask {
	task := gridTask{caseRow: s.newCaseRow(d, dir), Mine: v.actor.Is(d.Worker()) || v.actor.Is(d.Handler), due: d.Due.Citizen, area: dir.Named(d.Area, d.Place)}
	task.URL = gridURL(d.ID)
	if n := len(d.Hands); n > 0 {
		task.due = d.Hands[n-1].Due
		task.Left, task.Tone = s.o.Cases.Left(task.due), s.toneOf(d, task.due)
	}
	return task
}

// nearBy groups tasks by their area, the nearest to where somebody says they are
// first. Cases name a place in words and an area, no point on a map: how near
// they are is how far the areas lie from each other.
func nearBy(tasks []gridTask, here org.AreaCode, dir *org.Directory) []gridGroup {
	if here == "" {
		if len(tasks) == 0 {
			return nil
		}
		return []gridGroup{{Tasks: tasks}}
	}
	by := map[org.AreaCode][]gridTask{}
	for _, t := range tasks {
		by[t.area] = append(by[t.area], t)
	}
	areas := make([]org.AreaCode, 0, len(by))
	for code := range by {
		areas = append(areas, code)
	}
	slices.SortFunc(areas, func(a, b org.AreaCode) int {
		return cmp.Or(cmp.Compare(dir.Steps(here, a), dir.Steps(here, b)), cmp.Compare(a, b))
	})
	var out []gridGroup
	for _, code := range areas {
		name := areaName(code, dir)
		if a, known := dir.Area(code); known {
			name = a.Name
		}
		if code == here {
			name += "（就在这里）"
		}
		out = append(out, gridGroup{Name: name, Tasks: by[code]})
	}
	return out
}

// gridPlaces are where somebody of a unit may be: its area and what lies in it.
func gridPlaces(unit org.Unit, chosen org.AreaCode, dir *org.Directory) []gridPlace {
	var out []gridPlace
	for _, a := range dir.Below(unit.Area) {
		if a.Level == org.LevelStreet || a.Level == org.LevelCommunity || a.Level == org.LevelGrid {
			out = append(out, gridPlace{Code: a.Code, Name: areaName(a.Code, dir), Chosen: a.Code == chosen})
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}
