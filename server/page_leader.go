package server

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/org"
)

// leaderPage is what leader.html draws on a leader's phone: the cases that
// matter, and why each does.
type leaderPage struct {
	shell
	Shows []taskTab
	Show  casework.Show
	Cases []leaderRow
	Older string
}

// leaderRow is one card.
type leaderRow struct {
	caseRow
	Why []string // it is here
}

// lateWords say that the citizen has waited longer than promised.
const lateWords = "已超期"

func leaderURL(id casework.CaseID) string { return "/leader/" + string(id) }

// showLeader lists the cases.
func (s *Server) showLeader(c *fiber.Ctx, v visit) error {
	if err := org.Can(v.actor, org.ActInstruct); err != nil {
		return err
	}
	p := leaderPage{shell: s.shell(v, "leader", "重要工单"), Show: casework.Show(c.Query("show"))}
	shows := casework.LeaderShows()
	if !slices.Contains(shows, p.Show) {
		p.Show = shows[0]
	}
	found, counts, err := s.o.Cases.List(c.UserContext(), v.actor, casework.Filter{
		Show: p.Show, After: casework.CaseID(c.Query("after")), Limit: casesPageSize,
	})
	if err != nil {
		return err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return err
	}
	for _, show := range shows {
		p.Shows = append(p.Shows, taskTab{
			Label: show.Label(), URL: link("/leader", "show", string(show)), Count: counts[show], Counted: true, Current: show == p.Show,
		})
	}
	for _, d := range found {
		row := leaderRow{caseRow: s.newCaseRow(d, dir), Why: s.importance(d)}
		// How late it is stands on the card: once is enough.
		row.Why = slices.DeleteFunc(row.Why, func(why string) bool { return why == lateWords && row.Left != "" })
		row.URL = leaderURL(d.ID)
		p.Cases = append(p.Cases, row)
	}
	if len(found) == casesPageSize {
		p.Older = link("/leader", "show", string(p.Show), "after", string(found[len(found)-1].ID))
	}
	return s.page(c, "leader", p)
}

// importance says why a case is among the important ones.
func (s *Server) importance(d casework.Docket) []string {
	var out []string
	add := func(yes bool, words string) {
		if yes {
			out = append(out, words)
		}
	}
	add(d.Flagged, "重点")
	add(d.Delegate.Kind != "", d.Delegate.Kind.Label())
	add(d.State.Open() && d.Due.Citizen.Before(s.o.Now()), lateWords)
	add(d.Chased >= casework.ChasedAgain, "诉求人反复催")
	add(d.Joined > 0, "多人反映")
	add(d.Reopened > 0, "重办")
	add(d.Ordered != "" && !d.Instructed, d.Ordered.Label())
	add(d.Ordered == casework.OrderWaits && d.Instructed, "批示待反馈")
	add(d.Ordered == casework.OrderAnswered && d.Instructed, "批示已反馈，待销号")
	return out
}

// briefPage is what brief.html draws: one case as a leader reads it.
type briefPage struct {
	casePage
	Why    []string
	Owners []org.Unit // who may owe feedback
}

// showBrief shows a case without anything that leads to its citizen.
func (s *Server) showBrief(c *fiber.Ctx, v visit) error {
	p, err := s.newBriefPage(c, v, caseForm{})
	if err != nil {
		return err
	}
	p.Said = caseSaid[casework.Move(c.Query("said"))]
	return s.page(c, "brief", p)
}

func (s *Server) newBriefPage(c *fiber.Ctx, v visit, form caseForm) (briefPage, error) {
	whole, err := s.newCasePage(c, v, form)
	if err != nil {
		return briefPage{}, err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return briefPage{}, err
	}
	p := briefPage{casePage: whole, Why: s.importance(whole.Case)}
	p.Page, p.Contact, p.Files, p.Case.Receipt, p.URL = "leader", nil, nil, "", leaderURL(whole.Case.ID)
	if p.Form.Until == "" {
		p.Form.Until = shanghai(s.o.Now()).AddDate(0, 0, instructDays).Format(time.DateOnly)
	}
	owners := append([]org.UnitID{p.Case.Unit}, p.Case.CoUnits...)
	for _, h := range p.Case.Hands {
		owners = append(owners, h.Unit)
	}
	p.Owners = unitsByID(owners, dir)
	return p, nil
}

// instructDays is how far ahead the date of an instruction is proposed.
const instructDays = 3

// moveBrief stores an instruction, or flags the case.
func (s *Server) moveBrief(c *fiber.Ctx, v visit) error {
	form := caseForm{Move: casework.Move(c.Params("move")), Reason: c.FormValue("unit"), Text: c.FormValue("text"), Until: c.FormValue("until")}
	if !slices.Contains([]casework.Move{casework.Instruct, casework.Flag, casework.Unflag}, form.Move) {
		return fiber.ErrNotFound
	}
	err := s.makeMove(c, v, form)
	if err == nil {
		return c.Redirect(link(leaderURL(casework.CaseID(c.Params("case"))), "said", string(form.Move)), fiber.StatusSeeOther)
	}
	if !shownAgain(err) {
		return err
	}
	p, failed := s.newBriefPage(c, v, form)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	if status(err) == fiber.StatusConflict {
		p.meanwhile()
	}
	return s.render(c, status(err), "brief", "layout", p)
}
