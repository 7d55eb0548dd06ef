package server

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/id"
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

// Average is a mean mark, or a dash without any.
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

// summonsPage is what summons.html draws: one summons, and what the reader may
// do.
type summonsPage struct {
	shell
	Summons   casework.Summons
	URL       string
	From      string
	Case      string // address of the case; empty: not for this reader
	Left      string
	Tone      string
	Calls     []callView
	Lines     []summonsLine
	Files     []attachmentView
	MayAttach bool
	Stars     []int
	Form      summonsMoveForm
	Faults    []string
	Said      string
}

// callView is one unit that is called.
type callView struct {
	casework.Call
	Name string
	Late bool
	May  map[string]bool
}

// summonsLine is one line of the history in plain words.
type summonsLine struct {
	At              time.Time
	Who, What, Text string
}

// summonsMoveForm is a form of the page as it was filled in.
type summonsMoveForm struct {
	Move casework.CallMove
	Unit org.UnitID
	Text string
}

// summonsMoves are those that a page offers.
var summonsMoves = []casework.CallMove{casework.CallAck, casework.CallArrive, casework.CallReport, casework.CallScore, casework.CallCancel}

// summonsSaid is what the page says after a move.
var summonsSaid = map[string]string{
	string(casework.CallOut): "已吹哨，被叫的单位能看到。", string(casework.CallAck): "已确认，吹哨单位能看到。", string(casework.CallArrive): "已报到，时间已记下。",
	string(casework.CallReport): "已反馈，等吹哨单位评价。", string(casework.CallScore): "已评价。", string(casework.CallCancel): "已取消。", "attached": "已上传。",
}

// showSummons shows a summons.
func (s *Server) showSummons(c *fiber.Ctx, v visit) error {
	p, err := s.newSummonsPage(c, v)
	if err != nil {
		return err
	}
	p.Said = summonsSaid[c.Query("said")]
	return s.page(c, "summons", p)
}

func (s *Server) newSummonsPage(c *fiber.Ctx, v visit) (summonsPage, error) {
	ctx, id := c.UserContext(), casework.SummonsID(c.Params("summons"))
	one, history, err := s.o.Whistles.Get(ctx, v.actor, id)
	if err != nil {
		return summonsPage{}, err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return summonsPage{}, err
	}
	row := s.newSummonsRow(one, v, dir)
	p := summonsPage{
		shell: s.shell(v, "cases", "吹哨报到"), Summons: one, URL: row.URL, From: row.From, Left: row.Left, Tone: row.Tone,
		MayAttach: s.o.Whistles.MayAttach(v.actor, one), Stars: []int{5, 4, 3, 2, 1},
	}
	if one.Case != "" && one.PartOf(v.actor) != casework.SummonsCallee {
		p.Case = caseURL(one.Case)
	}
	for _, k := range one.Calls {
		view := callView{Call: k, Name: unitName(k.Unit, dir), Late: k.State.Awaited() && one.Late(s.o.Now()), May: map[string]bool{}}
		for _, m := range summonsMoves {
			view.May[string(m)] = s.o.Whistles.May(v.actor, one, m, k.Unit)
		}
		p.Calls = append(p.Calls, view)
	}
	for _, e := range history {
		p.Lines = append(p.Lines, newSummonsLine(e, dir))
	}
	files, err := s.o.Whistles.Files(ctx, v.actor, id)
	p.Files = newAttachmentViews(files, p.URL, dir)
	return p, err
}

// newSummonsLine puts an event into words.
func newSummonsLine(e casework.SummonsEvent, dir *org.Directory) summonsLine {
	unit := unitName(e.Unit, dir)
	line := summonsLine{At: e.At, Who: e.ByName, What: unit + e.Move.Label(), Text: e.Text}
	switch e.Move {
	case casework.CallArrive:
		line.What, line.Text = unit+"报到，到场的是"+e.Text, ""
	case casework.CallScore:
		line.What = "评价" + unit + "：" + e.Marks.Words()
	case casework.CallCancel:
		line.What = "不用" + unit + "来了"
	case casework.CallChase:
		line.Who, line.What, line.Text = "系统", unit, casework.SummonsMarkKind(e.Text).Words()
	}
	return line
}

// moveSummons makes a move on the call of a unit, or shows the page again with
// what is wrong, or with what somebody else did first.
func (s *Server) moveSummons(c *fiber.Ctx, v visit) error {
	mark := func(field string) int {
		n, _ := strconv.Atoi(c.FormValue(field)) // none: 0, which is refused
		return n
	}
	cmd := casework.CallCommand{
		Summons: casework.SummonsID(c.Params("summons")), Move: casework.CallMove(c.Params("move")), Unit: org.UnitID(c.FormValue("unit")),
		Text: c.FormValue("text"), Marks: casework.Marks{Prompt: mark("prompt"), Duty: mark("duty"), Effect: mark("effect")},
	}
	err := s.o.Whistles.Do(c.UserContext(), v.actor, cmd)
	if err == nil {
		return c.Redirect(link(summonsURL(cmd.Summons), "said", string(cmd.Move)), fiber.StatusSeeOther)
	}
	return s.showSummonsAgain(c, v, summonsMoveForm{Move: cmd.Move, Unit: cmd.Unit, Text: cmd.Text}, err)
}

func (s *Server) showSummonsAgain(c *fiber.Ctx, v visit, form summonsMoveForm, err error) error {
	if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.Conflict {
		return err
	}
	p, failed := s.newSummonsPage(c, v)
	if failed != nil {
		return failed
	}
	p.Form, p.Faults = form, sentences(err)
	return s.render(c, status(err), "summons", "layout", p)
}

// Typed gives back what was typed into a form of the page that came back.
func (p summonsPage) Typed(move string, unit org.UnitID) string {
	if p.Form.Move == casework.CallMove(move) && (p.Form.Unit == "" || p.Form.Unit == unit) {
		return p.Form.Text
	}
	return ""
}

// attachSummons stores a file with a summons.
func (s *Server) attachSummons(c *fiber.Ctx, v visit) error {
	id := casework.SummonsID(c.Params("summons"))
	name, body, err := formFile(c, "file")
	if err == nil {
		err = s.o.Whistles.Attach(c.UserContext(), v.actor, id, name, body)
	}
	if err == nil {
		return c.Redirect(link(summonsURL(id), "said", "attached")+"#files", fiber.StatusSeeOther)
	}
	return s.showSummonsAgain(c, v, summonsMoveForm{}, err)
}

// readSummonsFile sends a file of a summons.
func (s *Server) readSummonsFile(c *fiber.Ctx, v visit) error {
	f, err := s.o.Whistles.ReadFile(c.UserContext(), v.actor, casework.SummonsID(c.Params("summons")), casework.AttachmentID(c.Params("file")))
	if err != nil {
		return err
	}
	return sendFile(c, f)
}

// callPage is what call.html draws: the form that calls units to a place.
type callPage struct {
	shell
	Form      callForm
	CaseTitle string // of the case it is about; empty: a matter of its own
	MaxCalled int
	Faults    []string
}

// callForm is that form as it was filled in.
type callForm struct {
	ID, Case, Matter, Place, Due, Units string
}

// showCall shows the form, about a case when the address names one.
func (s *Server) showCall(c *fiber.Ctx, v visit) error {
	form := callForm{ID: string(id.New[casework.SummonsID]()), Case: c.Query("case")}
	if may, err := s.o.Whistles.MayCall(c.UserContext(), v.actor); err != nil || !may {
		if err == nil {
			err = errs.New(errs.Forbidden, "summons.not_street")
		}
		return err
	}
	p, d, err := s.newCallPage(c, v, form)
	if err != nil {
		return err
	}
	if d.ID != "" {
		p.Form.Matter, p.Form.Place = p.CaseTitle, d.Place
	}
	return s.page(c, "call", p)
}

func (s *Server) newCallPage(c *fiber.Ctx, v visit, form callForm) (callPage, casework.Docket, error) {
	p := callPage{shell: s.shell(v, "cases", "吹哨"), Form: form, MaxCalled: casework.MaxCalled}
	if form.Case == "" {
		return p, casework.Docket{}, nil
	}
	d, _, err := s.o.Cases.Get(c.UserContext(), v.actor, casework.CaseID(form.Case))
	if err == nil {
		p.CaseTitle = s.newCaseRow(d, org.NewDirectory(nil, nil)).Heading
	}
	return p, d, err
}

// call calls units to a place.
func (s *Server) call(c *fiber.Ctx, v visit) error {
	form := callForm{
		ID: c.FormValue("id"), Case: c.FormValue("case"), Matter: c.FormValue("matter"), Place: c.FormValue("place"), Due: c.FormValue("due"), Units: c.FormValue("units"),
	}
	in := casework.Summoning{ID: casework.SummonsID(form.ID), Case: casework.CaseID(form.Case), Matter: form.Matter, Place: form.Place}
	var err error
	if in.Due, err = parseFormTime("报到时间", form.Due); err == nil {
		in.Units, err = s.unitsNamed(c, form.Units)
	}
	var made casework.SummonsID
	if err == nil {
		made, err = s.o.Whistles.Call(c.UserContext(), v.actor, in)
	}
	switch {
	case err == nil:
		return c.Redirect(link(summonsURL(made), "said", string(casework.CallOut)), fiber.StatusSeeOther)
	case errs.CodeOf(err) == "summons.exists": // the form was sent twice
		return c.Redirect(link(summonsURL(in.ID), "said", string(casework.CallOut)), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.Conflict:
		return err
	}
	p, _, failed := s.newCallPage(c, v, form)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "call", "layout", p)
}

// unitsNamed finds several units by their names, separated by commas, dots of
// enumeration or lines.
func (s *Server) unitsNamed(c *fiber.Ctx, names string) ([]org.UnitID, error) {
	var out []org.UnitID
	var faults errs.List
	for _, name := range strings.FieldsFunc(names, func(r rune) bool { return strings.ContainsRune("、，,；;\n\r", r) }) {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		unit, err := s.unitNamed(c.UserContext(), name)
		switch {
		case err != nil && errs.KindOf(err) == errs.Invalid:
			faults = append(faults, errs.New(errs.Invalid, "summons.unit", name).In("units"))
		case err != nil:
			return nil, err
		default:
			out = append(out, unit)
		}
	}
	return out, faults.OrNil()
}
