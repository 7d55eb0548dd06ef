package server

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/org"
)

// summonsesPage is what summonses.html draws: who called whom to a place.
type summonsesPage struct {
	shell
	Shows  []taskTab
	Show   casework.SummonsShow
	Rows   []summonsRow
	Older  string
	Own    bool // a unit's own
	Call   bool // the reader's unit may call
	Scores []summonsScoreView
}

// summonsRow is one line.
type summonsRow struct {
	casework.Summons
	URL    string
	From   string // the street
	Here   string // who is there, of how many
	State  string // of the reader's own unit; empty: it is not called
	Left   string
	Tone   string
	Closed bool
}

// summonsScoreView is how one unit answers.
type summonsScoreView struct {
	casework.SummonsScore
	Name string
}

// InTimeOf is the share of calls where the unit was there by the time.
func (v summonsScoreView) InTimeOf() string { return shareOf(v.InTime, v.Called) }

// mean is a mean mark, or a dash without any.
func (v summonsScoreView) mean(x float64) string {
	if v.Scored == 0 {
		return "—"
	}
	return strconv.FormatFloat(x, 'f', 1, 64)
}

// Prompt is the mean of 到场及时.
func (v summonsScoreView) Prompt() string { return v.mean(v.Average.Prompt) }

// Duty is the mean of 履职.
func (v summonsScoreView) Duty() string { return v.mean(v.Average.Duty) }

// Effect is the mean of 效果.
func (v summonsScoreView) Effect() string { return v.mean(v.Average.Effect) }

func summonsURL(s casework.SummonsID) string { return "/summons/" + string(s) }

// showSummonses lists what a unit called and is called to, or all.
func (s *Server) showSummonses(c *fiber.Ctx, v visit) error {
	ctx := c.UserContext()
	own := !v.may(org.ActWatchSummons)
	p := summonsesPage{shell: s.shell(v, "cases", "吹哨报到"), Show: casework.SummonsShow(c.Query("show")), Own: own}
	shows := casework.SummonsShows(own)
	if p.Show.Label() == "" {
		p.Show = shows[0]
	}
	found, err := s.o.Whistles.List(ctx, v.actor, casework.SummonsFilter{Show: p.Show, Before: casework.SummonsID(c.Query("before")), Limit: casesPageSize})
	if err != nil {
		return err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return err
	}
	if p.Call, err = s.o.Whistles.MayCall(ctx, v.actor); err != nil {
		return err
	}
	for _, show := range shows {
		p.Shows = append(p.Shows, taskTab{Label: show.Label(), URL: link("/summons", "show", string(show)), Current: show == p.Show})
	}
	for _, one := range found {
		p.Rows = append(p.Rows, s.newSummonsRow(one, v, dir))
	}
	if len(found) == casesPageSize {
		p.Older = link("/summons", "show", string(p.Show), "before", string(found[len(found)-1].ID))
	}
	if !own {
		if p.Scores, err = s.summonsScores(c, v, dir); err != nil {
			return err
		}
	}
	return s.page(c, "summonses", p)
}

// summonsesWaiting counts those that the reader should look at: a unit's own
// that it has not answered, or where somebody is late.
func (s *Server) summonsesWaiting(c *fiber.Ctx, v visit) (int, error) {
	if !v.may(org.ActSummon) && !v.may(org.ActWatchSummons) {
		return 0, nil
	}
	all, err := s.o.Whistles.List(c.UserContext(), v.actor, casework.SummonsFilter{})
	n := 0
	for _, one := range all {
		if own, called := one.CallOf(v.actor.Unit); !called || own.State.Awaited() || v.may(org.ActWatchSummons) {
			n++
		}
	}
	return n, err
}

func (s *Server) summonsScores(c *fiber.Ctx, v visit, dir *org.Directory) ([]summonsScoreView, error) {
	all, err := s.o.Whistles.Scores(c.UserContext(), v.actor)
	out := make([]summonsScoreView, len(all))
	for i, one := range all {
		out[i] = summonsScoreView{SummonsScore: one, Name: unitName(one.Unit, dir)}
	}
	return out, err
}

func (s *Server) newSummonsRow(one casework.Summons, v visit, dir *org.Directory) summonsRow {
	here := len(one.Calls) - one.Awaited()
	row := summonsRow{
		Summons: one, URL: summonsURL(one.ID), From: unitName(one.Unit, dir), Here: strconv.Itoa(here) + " / " + strconv.Itoa(len(one.Calls)), Closed: !one.Open(),
	}
	if own, called := one.CallOf(v.actor.Unit); called && one.PartOf(v.actor) == casework.SummonsCallee {
		row.State = own.State.Label()
	}
	if one.Awaited() > 0 {
		row.Left = s.o.Cases.Left(one.Due)
		if one.Late(s.o.Now()) {
			row.Tone = "danger"
		}
	}
	return row
}
