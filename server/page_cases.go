package server

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// casesPage is what cases.html draws: one list of cases.
type casesPage struct {
	shell
	Shows   []taskTab
	Show    casework.Show
	Cases   []caseRow
	Older   string
	Own     bool              // a unit's own list
	Centre  bool              // the reader dispatches
	People  []casework.Member // whose cases alone may be listed
	Handler org.AccountID     // whose cases alone are
	Chased  bool              // may see who was chased
	Calls   int               // summonses that wait for the reader's unit; of the centre: where somebody is late
}

// caseRow is one line.
type caseRow struct {
	casework.Docket
	URL     string
	Heading string
	Unit    string
	Left    string // in words: 还剩 3 小时
	Tone    string // danger, warning or empty
}

// casesPageSize is how many cases a page lists.
const casesPageSize = 50

// showCases lists cases: a unit's own, or the centre's.
func (s *Server) showCases(c *fiber.Ctx, v visit) error {
	shows := casework.CentreShows()
	own := v.actor.Role == org.RoleUnit
	if own {
		shows = casework.UnitShows()
	}
	p := casesPage{shell: s.shell(v, "cases", "工单"), Show: casework.Show(c.Query("show")), Own: own}
	if p.Show.Label() == "" {
		p.Show = shows[0]
	}
	p.Centre = v.may(org.ActDispatch)
	p.Handler = org.AccountID(c.Query("handler"))
	f := casework.Filter{Show: p.Show, Handler: p.Handler, After: casework.CaseID(c.Query("after")), Limit: casesPageSize}
	found, counts, err := s.o.Cases.List(c.UserContext(), v.actor, f)
	if err != nil {
		return err
	}
	// Who comes without a choice comes to what waits.
	waits := slices.IndexFunc(shows, func(show casework.Show) bool { return counts[show] > 0 })
	if c.Query("show") == "" && len(found) == 0 && waits >= 0 {
		p.Show, f.Show = shows[waits], shows[waits]
		if found, counts, err = s.o.Cases.List(c.UserContext(), v.actor, f); err != nil {
			return err
		}
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return err
	}
	for _, show := range shows {
		p.Shows = append(p.Shows, taskTab{
			Label: show.Label(), URL: link("/cases", "show", string(show), "handler", string(p.Handler)), Count: counts[show],
			Counted: show != casework.ShowClosed, Current: show == p.Show,
		})
	}
	for _, d := range found {
		p.Cases = append(p.Cases, s.newCaseRow(d, dir))
	}
	if p.Calls, err = s.summonsesWaiting(c, v); err != nil {
		return err
	}
	if p.People, err = s.o.Hands.UnitCrew(c.UserContext(), v.actor); err != nil {
		return err
	}
	p.Chased = slices.ContainsFunc(p.People, func(m casework.Member) bool { return m.Leads() && v.actor.Is(m.Account) })
	if len(found) == casesPageSize {
		p.Older = link("/cases", "show", string(p.Show), "handler", string(p.Handler), "after", string(found[len(found)-1].ID))
	}
	return s.page(c, "cases", p)
}

func (s *Server) newCaseRow(d casework.Docket, dir *org.Directory) caseRow {
	row := caseRow{Docket: d, URL: caseURL(d.ID), Heading: headingOf(intake.Matter{Title: d.Title, Text: d.Text})}
	row.Unit = unitName(d.Unit, dir)
	if d.State.Open() {
		due := d.Due.Citizen
		if d.State == casework.Waiting {
			due = d.Due.Accept
		}
		row.Left = s.o.Cases.Left(due)
		row.Tone = s.toneOf(d, due)
	}
	return row
}

// unitNames gives unitName for a directory.
func unitNames(dir *org.Directory) func(org.UnitID) string {
	return func(id org.UnitID) string { return unitName(id, dir) }
}

// unitName is the name of a unit; one that is out of service by now is said to
// be.
func unitName(id org.UnitID, dir *org.Directory) string {
	if u, ok := dir.Unit(id); ok {
		return u.Name
	}
	return "已撤并的单位"
}

// toneOf says how a case's time stands: late, soon late, or neither.
func (s *Server) toneOf(d casework.Docket, due time.Time) string {
	now := s.o.Now()
	switch {
	case due.Before(now):
		return "danger"
	case d.Due.Soon.Before(now):
		return "warning"
	}
	return ""
}

func caseURL(id casework.CaseID) string { return "/cases/" + string(id) }

// deskCaseView is the line on the desk that leads from a matter to its case.
type deskCaseView struct {
	Number, URL, State, Receipt string
}

// deskCase gives the case of a matter; nil when none was filed.
func (s *Server) deskCase(ctx context.Context, v visit, f classifier.File) (*deskCaseView, error) {
	if s.o.Cases == nil || len(f.Decisions) == 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	d, filed, err := s.o.Cases.OfMatter(ctx, v.actor, f.Matter.ID)
	if err != nil {
		return nil, err
	}
	if !filed || !d.State.Open() {
		refused, stands, err := s.o.Refusals.OfMatter(ctx, v.actor, f.Matter.ID)
		if err != nil || stands {
			return &deskCaseView{State: "不予受理", URL: "/cases/refusals", Receipt: refused.Receipt}, err
		}
	}
	if !filed {
		return nil, nil //nolint:nilnil // there is none
	}
	return &deskCaseView{Number: d.Number, URL: caseURL(d.ID), State: d.State.Label(), Receipt: d.Receipt}, nil
}

// Empty says why there is nothing.
func (p casesPage) Empty() string {
	return map[casework.Show]string{
		casework.ShowMine: "没有交给您的工单。", casework.ShowUngiven: "工单都已交给经办人。", casework.ShowUnsolved: "没有屡办未决的工单。", casework.ShowExplain: "没有等着说明的工单。",
		casework.ShowWaiting: "没有等着签收的工单。", casework.ShowHandling: "没有正在办理的工单。",
		casework.ShowSoon: "没有即将超期的工单。", casework.ShowLate: "没有超期的工单。",
		casework.ShowReturned: "没有等着裁定的退单。", casework.ShowAsked: "没有等着审批的延期。",
		casework.ShowChecking: "没有等着审核的结案。", casework.ShowDisputed: "没有职责争议。", casework.ShowCo: "没有等着协办的工单。", casework.ShowOrdered: "没有督办中的工单。", casework.ShowCalls: "没有等着回访的工单。", casework.ShowOpen: "没有在办的工单。", casework.ShowClosed: "还没有办结的工单。",
		casework.ShowAppeals: "没有等着裁定的申诉。", casework.ShowAccount: "没有列入问责名单的工单。", casework.ShowBelow: "没有上级转来的工单。", casework.ShowReview: "没有等着负责人审核的答复。", casework.ShowPaused: "没有在等诉求人的工单。", casework.ShowAway: "没有诉求人要求撤回的工单。", casework.ShowObjected: "没有等着处理的异议。",
		casework.ShowKey: "没有重要的工单。", casework.ShowFlagged: "没有标为重点的工单。", casework.ShowRepeated: "没有反复反映的工单。", casework.ShowLeader: "没有批示件。",
	}[p.Show]
}
