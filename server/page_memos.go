package server

import (
	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/org"
)

// memosPage is what memos.html draws: the register of letters to units (提醒函).
type memosPage struct {
	shell
	Shows []taskTab
	Show  casework.MemoShow
	Rows  []memoRow
	Older string
	Own   bool // those to the reader's unit
	Send  bool // the reader may write one
}

// memoRow is one line.
type memoRow struct {
	casework.Memo
	URL, To, Left, Tone string
}

func memoURL(m casework.MemoID) string { return "/memos/" + string(m) }

// showMemos lists what the hotline wrote, or what the reader's unit got.
func (s *Server) showMemos(c *fiber.Ctx, v visit) error {
	ctx := c.UserContext()
	p := memosPage{
		shell: s.shell(v, "cases", "提醒函"), Show: casework.MemoShow(c.Query("show")), Own: !v.may(org.ActReadAllCases), Send: v.may(org.ActSupervise),
	}
	if p.Show.Label() == "" {
		p.Show = casework.MemoToAck
	}
	found, err := s.o.Memos.List(ctx, v.actor, casework.MemoFilter{Show: p.Show, Before: casework.MemoID(c.Query("before")), Limit: casesPageSize})
	if err != nil {
		return err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return err
	}
	for _, show := range casework.MemoShows() {
		p.Shows = append(p.Shows, taskTab{Label: show.Label(), URL: link("/memos", "show", string(show)), Current: show == p.Show})
	}
	for _, m := range found {
		p.Rows = append(p.Rows, s.newMemoRow(m, dir))
	}
	if len(found) == casesPageSize {
		p.Older = link("/memos", "show", string(p.Show), "before", string(found[len(found)-1].ID))
	}
	return s.page(c, "memos", p)
}

func (s *Server) newMemoRow(m casework.Memo, dir *org.Directory) memoRow {
	row := memoRow{Memo: m, URL: memoURL(m.ID), To: unitName(m.Unit, dir), Left: s.o.Cases.Left(m.Wanted())}
	if m.Late(s.o.Now()) {
		row.Tone = "danger"
	}
	return row
}

// Empty says why there is nothing.
func (p memosPage) Empty() string {
	return map[casework.MemoShow]string{
		casework.MemoToAck: "没有等着签收的提醒函。", casework.MemoToAnswer: "没有等着答复的提醒函。", casework.MemoOverdue: "没有超期的提醒函。",
		casework.MemoDone: "还没有答复过的提醒函。", casework.MemoAll: "还没有提醒函。",
	}[p.Show]
}
