package server

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
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
	Both    bool              // the reader may see a unit's own and all
	Sub     bool              // the reader is of a sub-centre, and sees what came in its queue
	Teams   bool              // what is with the reader's work groups
	People  []casework.Member // whose cases alone may be listed
	Handler org.AccountID     // whose cases alone are
	Links   []taskTab         // pages beside the list that the reader may open
	Find    findView
	Faults  []string
}

// caseRow is one line.
type caseRow struct {
	casework.Docket
	URL     string
	Heading string
	Unit    string
	Left    string // in words: 还剩 3 小时
	Tone    string // danger, warning or empty
	Task    string // of a co-unit: what it has to do; empty: not what the list is about
	Outside string // what another platform wants first; empty: nothing
}

// casesPageSize is how many cases a page lists.
const casesPageSize = 50

// showCases lists cases: a unit's own, or the centre's; all of them, or those
// that a search leaves.
func (s *Server) showCases(c *fiber.Ctx, v visit) error {
	form := readFindForm(c)
	handles, all := v.may(org.ActHandle), v.may(org.ActReadAllCases)
	p := casesPage{
		shell: s.shell(v, "cases", "工单"), Show: casework.Show(c.Query("show")),
		Own: handles && (!all || c.Query("all") == ""), Both: all && handles, Teams: handles && c.Query("group") != "",
	}
	shows := casework.CentreShows()
	switch {
	case p.Teams:
		shows, p.Own = casework.GroupShows(), false
	case p.Own:
		shows = casework.UnitShows()
	}
	if err := s.subCentre(c, v, &p); err != nil {
		return err
	}
	searched := form != findForm{}
	switch {
	case p.Show.Label() != "":
	case searched:
		p.Show = casework.ShowAll
	default:
		p.Show = shows[0]
	}
	p.Handler = org.AccountID(c.Query("handler"))
	found, counts, fault := s.listFor(c, v, &p, form)
	if fault != nil && errs.KindOf(fault) != errs.Invalid {
		return fault
	}
	if fault != nil {
		p.Faults = sentences(fault)
	}
	// Who comes without a choice comes to what waits.
	waits := slices.IndexFunc(shows, func(show casework.Show) bool { return counts[show] > 0 })
	var err error
	if c.Query("show") == "" && !searched && len(found) == 0 && waits >= 0 {
		p.Show = shows[waits]
		if found, counts, err = s.listFor(c, v, &p, form); err != nil {
			return err
		}
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return err
	}
	p.addTabs(shows, counts, form)
	for _, d := range found {
		p.Cases = append(p.Cases, s.ownTask(s.newCaseRow(d, dir), v, p.Show))
	}
	if p.People, err = s.o.Hands.UnitCrew(c.UserContext(), v.actor); err != nil {
		return err
	}
	if p.Links, err = s.caseLinks(c, v, p); err != nil {
		return err
	}
	if len(found) == casesPageSize {
		p.Older = p.link(append(form.pairs(), "show", string(p.Show), "after", string(found[len(found)-1].ID))...)
	}
	if p.Find, err = s.newFindView(c.UserContext(), form, p.Show); err != nil {
		return err
	}
	code := fiber.StatusOK
	if fault != nil {
		code = fiber.StatusUnprocessableEntity
	}
	return s.render(c, code, "cases", "layout", p)
}

// caseLinks are the pages that belong to the work on cases, those that the
// reader may open.
func (s *Server) caseLinks(c *fiber.Ctx, v visit, p casesPage) ([]taskTab, error) {
	calls, err := s.summonsesWaiting(c, v)
	if err != nil {
		return nil, err
	}
	heads := slices.ContainsFunc(p.People, func(m casework.Member) bool { return m.Leads() && v.actor.Is(m.Account) })
	summons := "吹哨报到"
	switch {
	case calls > 0 && v.may(org.ActWatchSummons):
		summons += "，" + strconv.Itoa(calls) + " 次到时未到"
	case calls > 0:
		summons += "，" + strconv.Itoa(calls) + " 次等本单位到场"
	}
	watches, groups := v.may(org.ActWatchChases), v.may(org.ActFormGroup)
	var out []taskTab
	for _, l := range []struct {
		may        bool
		url, label string
	}{
		{p.Own, "/cases?group=mine", "我的专班"},
		{p.Rewards, "/rewards", "奖励"},
		{p.Labels, "/labels", "骚扰标记"},
		{v.may(org.ActReadPrecedents), "/precedents", "判例"},
		{v.may(org.ActReadLoads), "/cases/units", "各单位的办理情况"},
		{p.Alerts && (heads || watches), "/cases/chased", "催办情况"},
		{p.Alerts && watches, "/cases/blamed", "问责名单"},
		{s.o.Scripts != nil && v.may(org.ActReadScripts), "/callbacks/scripts", "回访话术"},
		{groups, "/groups", "工作专班"},
		{s.o.Centres != nil && v.may(org.ActDispatch), "/centres", "分中心"},
		{v.may(org.ActDispatch), "/cases/refusals", "不予受理的复核"},
		{v.may(org.ActDisclose), "/cases/contacts", "联系方式的申请"},
		{s.o.Secrets != nil && v.may(org.ActLock), "/secrets", "封存的诉求"},
		{v.may(org.ActPatrol), "/grid", "街面任务（手机）"},
		{v.may(org.ActSupervise) || v.may(org.ActHandle), "/memos", "提醒函"},
		{v.may(org.ActSummon) || v.may(org.ActWatchSummons), "/summons", summons},
		{p.Rulebook, "/deadlines", "期限规则"},
	} {
		if l.may {
			out = append(out, taskTab{Label: l.label, URL: l.url})
		}
	}
	return out, nil
}

// listFor gives a page of the list that a page shows. A fault of the search is
// errs.Invalid; the lists' lengths come all the same.
func (s *Server) listFor(c *fiber.Ctx, v visit, p *casesPage, form findForm) ([]casework.Docket, map[casework.Show]int, error) {
	f := casework.Filter{Show: p.Show, After: casework.CaseID(c.Query("after")), Limit: casesPageSize, Handler: p.Handler}
	switch {
	case p.Teams:
		f.Of = v.actor.Account
	case p.Own:
		f.Unit = v.actor.Unit
	}
	var fault error
	if f.Search, fault = s.searchOf(c.UserContext(), form); fault == nil {
		fault = f.Search.Validate()
	}
	if fault == nil {
		return s.o.Cases.List(c.UserContext(), v.actor, f)
	}
	if errs.KindOf(fault) != errs.Invalid {
		return nil, nil, fault
	}
	f.Search, f.After, f.Limit = casework.Search{}, "", 1
	_, counts, err := s.o.Cases.List(c.UserContext(), v.actor, f)
	if err != nil {
		return nil, nil, err
	}
	return nil, counts, fault
}

// addTabs adds the lists to choose from. What is looked for stays when another
// is chosen; how many of that there are is counted on none.
func (p *casesPage) addTabs(shows []casework.Show, counts map[casework.Show]int, form findForm) {
	searched := form != findForm{}
	if searched {
		shows = append([]casework.Show{casework.ShowAll}, shows...)
	}
	for _, show := range shows {
		p.Shows = append(p.Shows, taskTab{
			Label: show.Label(), URL: p.link(append(form.pairs(), "show", string(show))...), Count: counts[show],
			Counted: show != casework.ShowClosed && !searched, Current: show == p.Show,
		})
	}
}

// link leads to another list of the same cases.
func (p *casesPage) link(pairs ...string) string {
	if p.Handler != "" {
		pairs = append(pairs, "handler", string(p.Handler))
	}
	switch {
	case p.Teams:
		pairs = append(pairs, "group", "mine")
	case p.Both && !p.Own:
		pairs = append(pairs, "all", "1")
	}
	return link("/cases", pairs...)
}

// subCentre says whether the reader works for a sub-centre.
func (s *Server) subCentre(c *fiber.Ctx, v visit, p *casesPage) error {
	if s.o.Centres == nil || casework.QueueUnit(v.actor) == "" {
		return nil
	}
	all, err := s.o.Centres.All(c.UserContext(), v.actor)
	p.Sub = classifier.OwnOf(v.actor, all) != ""
	return err
}

func (s *Server) newCaseRow(d casework.Docket, dir *org.Directory) caseRow {
	row := caseRow{Docket: d, URL: caseURL(d.ID), Heading: headingOf(intake.Matter{Title: d.Title, Text: d.Text})}
	row.Unit = unitName(d.Unit, dir)
	if o, wants := d.OutsideDue(); wants {
		row.Outside = o.Platform.Label() + "时限" + shanghai(o.Due).Format("1月2日")
	} else if len(d.Outside) > 0 {
		row.Outside = d.Outside[0].Platform.Label() + "件"
	}
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

// codeOf gives the citizen's code of a matter that is no case yet, to be read
// out in the call.
func (s *Server) codeOf(ctx context.Context, view *fileView) (string, error) {
	if s.o.Arrivals == nil || view.Case != nil || view.Matter.State != intake.MatterOpen {
		return "", nil
	}
	return s.o.Arrivals.ReceiptOf(ctx, view.Matter.ID)
}

// Empty says why there is nothing.
func (p casesPage) Empty() string {
	switch {
	case len(p.Faults) > 0:
		return "没有查找。"
	case p.Find.Searched && p.Show == casework.ShowAll:
		return "没有符合条件的工单。"
	case p.Find.Searched:
		return "“" + p.Show.Label() + "”里没有符合条件的工单。"
	}
	return map[casework.Show]string{
		casework.ShowMine: "没有交给您的工单。", casework.ShowUngiven: "工单都已交给经办人。", casework.ShowUnsolved: "没有屡办未决的工单。", casework.ShowExplain: "没有等着说明的工单。", casework.ShowTasks: "没有要办的协办任务。", casework.ShowTaskLate: "没有超期的协办任务。",
		casework.ShowWaiting: "没有等着签收的工单。", casework.ShowHandling: "没有正在办理的工单。",
		casework.ShowSoon: "没有即将超期的工单。", casework.ShowLate: "没有超期的工单。",
		casework.ShowReturned: "没有等着裁定的退单。", casework.ShowAsked: "没有等着审批的延期。",
		casework.ShowChecking: "没有等着审核的结案。", casework.ShowDisputed: "没有职责争议。", casework.ShowCo: "没有等着协办的工单。", casework.ShowOrdered: "没有督办中的工单。", casework.ShowCalls: "没有等着回访的工单。", casework.ShowOpen: "没有在办的工单。", casework.ShowClosed: "还没有办结的工单。", casework.ShowAll: "还没有工单。", casework.ShowFirst: "没有您首问、还在办的工单。", casework.ShowOutside: "没有其他平台也有编号的在办工单。", casework.ShowDelegate: "没有在办的代表建议、委员提案。",
		casework.ShowAppeals: "没有等着裁定的申诉。", casework.ShowAccount: "没有列入问责名单的工单。", casework.ShowBelow: "没有上级转来的工单。", casework.ShowReview: "没有等着负责人审核的答复。", casework.ShowPaused: "没有在等诉求人的工单。", casework.ShowAway: "没有诉求人要求撤回的工单。", casework.ShowObjected: "没有等着处理的异议。",
		casework.ShowKey: "没有重要的工单。", casework.ShowFlagged: "没有标为重点的工单。", casework.ShowRepeated: "没有反复反映的工单。", casework.ShowLeader: "没有批示件。",
	}[p.Show]
}
