package server

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// memoPage is what memo.html draws: one letter to a unit as a document, to be
// read, printed, acknowledged and answered.
type memoPage struct {
	shell
	memoRow
	Lines  []memoLine
	Cases  []memoCaseView
	Ack    bool // the reader may acknowledge it
	Answer bool // and answer it
	Typed  string
	Faults []string
	Said   string
}

// memoLine is what became of it, in plain words.
type memoLine struct {
	At              time.Time
	Who, What, Text string
}

// memoCaseView is a case that it is about.
type memoCaseView struct {
	Number, URL string // URL empty: not for this reader
}

// showMemo shows a letter.
func (s *Server) showMemo(c *fiber.Ctx, v visit) error {
	p, err := s.newMemoPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"sent": "已发出，等单位签收。", "ack": "已签收，请在期限前答复。", "answer": "已答复。"}[c.Query("said")]
	return s.page(c, "memo", p)
}

func (s *Server) newMemoPage(c *fiber.Ctx, v visit) (memoPage, error) {
	ctx := c.UserContext()
	m, err := s.o.Memos.Get(ctx, v.actor, casework.MemoID(c.Params("memo")))
	if err != nil {
		return memoPage{}, err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return memoPage{}, err
	}
	p := memoPage{
		shell: s.shell(v, "cases", "提醒函"+m.Code()), memoRow: s.newMemoRow(m, dir),
		Ack: s.o.Memos.May(v.actor, m, casework.MemoAck), Answer: s.o.Memos.May(v.actor, m, casework.MemoAnswer),
	}
	for _, e := range m.Events {
		p.Lines = append(p.Lines, newMemoLine(e))
	}
	for _, k := range m.Cases {
		view := memoCaseView{Number: k.Number, URL: caseURL(k.ID)}
		if _, _, err := s.o.Cases.Get(ctx, v.actor, k.ID); err != nil { // it has gone to another unit
			if errs.KindOf(err) != errs.NotFound {
				return p, err
			}
			view.URL = ""
		}
		p.Cases = append(p.Cases, view)
	}
	return p, nil
}

func newMemoLine(e casework.MemoEvent) memoLine {
	line := memoLine{At: e.At, Who: e.ByName, What: e.Move.Label(), Text: e.Text}
	if e.Move == casework.MemoChase {
		line.Who, line.What, line.Text = "系统", casework.MarkKind(e.Text).Words(), ""
	}
	return line
}

// moveMemo acknowledges or answers a letter.
func (s *Server) moveMemo(c *fiber.Ctx, v visit) error {
	id, move := casework.MemoID(c.Params("memo")), casework.MemoMove(c.Params("move"))
	err := s.o.Memos.Do(c.UserContext(), v.actor, id, move, c.FormValue("text"))
	if err == nil {
		return c.Redirect(link(memoURL(id), "said", string(move)), fiber.StatusSeeOther)
	}
	if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.Conflict {
		return err
	}
	p, failed := s.newMemoPage(c, v)
	if failed != nil {
		return failed
	}
	p.Typed, p.Faults = c.FormValue("text"), sentences(err)
	return s.render(c, status(err), "memo", "layout", p)
}

// newMemoPage is what memo_new.html draws: the form of a new letter.
type newMemoPage struct {
	shell
	ID, Heading, Body, Due, Cases string
	MaxCases                      int
	Rules                         casework.DeadlineRules
	Tomorrow                      string
	Faults                        []string
}

// showNewMemo shows the form, about a case when the address names one.
func (s *Server) showNewMemo(c *fiber.Ctx, v visit) error {
	if err := org.Can(v.actor, org.ActSupervise); err != nil {
		return err
	}
	return s.page(c, "memo_new", s.newMemoForm(v, newMemoPage{ID: string(newMemoID()), Cases: c.Query("case")}))
}

func (s *Server) newMemoForm(v visit, p newMemoPage) newMemoPage {
	p.shell, p.MaxCases, p.Rules = s.shell(v, "cases", "发提醒函"), casework.MaxMemoCases, s.o.Cases.Rules()
	p.Tomorrow = shanghai(s.o.Now()).AddDate(0, 0, 1).Format(time.DateOnly)
	return p
}

// sendMemo sends a letter; a form that is sent twice sends once.
func (s *Server) sendMemo(c *fiber.Ctx, v visit) error {
	form := newMemoPage{ID: c.FormValue("id"), Heading: c.FormValue("title"), Body: c.FormValue("body"), Due: c.FormValue("due"), Cases: c.FormValue("cases")}
	n := casework.NewMemo{ID: casework.MemoID(form.ID), Title: form.Heading, Body: form.Body, Cases: split(form.Cases)}
	var err error
	if n.Due, err = parseDay("何时前答复", form.Due); err == nil {
		var sent casework.Memo
		if sent, err = s.o.Memos.Send(c.UserContext(), v.actor, n); err == nil {
			n.ID = sent.ID
		}
	}
	switch {
	case err == nil, errs.CodeOf(err) == "memo.exists":
		return c.Redirect(link(memoURL(n.ID), "said", "sent"), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.Conflict:
		return err
	}
	form.Faults = sentences(err)
	return s.render(c, status(err), "memo_new", "layout", s.newMemoForm(v, form))
}
