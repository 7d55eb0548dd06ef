package server

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

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
	return sendAttachment(c, f)
}
