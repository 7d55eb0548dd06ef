package server

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// moveCase makes a move, or shows the case again with what is wrong, or with
// what somebody else did first.
func (s *Server) moveCase(c *fiber.Ctx, v visit) error {
	form := caseForm{
		Move: casework.Move(c.Params("move")), Reason: c.FormValue("reason"), Text: strings.TrimSpace(c.FormValue("text")),
		Public: strings.TrimSpace(c.FormValue("public")), Days: c.FormValue("days"), Until: c.FormValue("until"), Proposed: strings.TrimSpace(c.FormValue("unit")),
		Number: strings.TrimSpace(cmp.Or(strings.TrimSpace(c.FormValue("other_number")), c.FormValue("number"))), Worker: c.FormValue("worker"), Keep: c.FormValue("keep"), Other: c.FormValue("other"),
		More: readMore(c),
	}
	var err error
	if form.Answers, err = answersOf(c); err == nil || form.Move != casework.CallBack {
		err = s.makeMove(c, v, form)
	}
	if err == nil {
		return c.Redirect(link(caseURL(casework.CaseID(c.Params("case"))), "said", string(form.Move)), fiber.StatusSeeOther)
	}
	if !shownAgain(err) {
		return err
	}
	return s.showCaseAgain(c, v, form, err)
}

// answersOf reads what a citizen answered to the three questions. Who was
// reached has answered each: what nobody chose is no "no".
func answersOf(c *fiber.Ctx) (casework.Answers, error) {
	a := casework.Answers{
		Reached: c.FormValue("reached") == "1", Contacted: c.FormValue("contacted") == "1",
		Solved: c.FormValue("solved") == "1", Satisfied: c.FormValue("satisfied") == "1",
	}
	for _, q := range casework.Questions() {
		if a.Reached && c.FormValue(q.Key) == "" {
			return a, errs.New(errs.Invalid, "field.required", "三个问题的回答").In(q.Key)
		}
	}
	return a, nil
}

// shownAgain reports whether a move failed by what was filled in, or because
// somebody was faster: the page is then shown again with that.
func shownAgain(err error) bool {
	code := string(errs.CodeOf(err))
	clash := errs.KindOf(err) == errs.Conflict && (strings.HasPrefix(code, "case.") || strings.HasPrefix(code, "hand.") || strings.HasPrefix(code, "group.") || strings.HasPrefix(code, "task.") || strings.HasPrefix(code, "share."))
	return clash || errs.KindOf(err) == errs.Invalid
}

// showCaseAgain shows a case with a form as it was filled in, what is wrong
// with it, and on a clash what somebody else did first.
func (s *Server) showCaseAgain(c *fiber.Ctx, v visit, form caseForm, err error) error {
	p, failed := s.newCasePage(c, v, form)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	status := fiber.StatusUnprocessableEntity
	if errs.KindOf(err) == errs.Conflict {
		status = fiber.StatusConflict
		p.meanwhile()
	}
	return s.render(c, status, "case", "layout", p)
}

// meanwhile says what happened to the case last.
func (p *casePage) meanwhile() {
	i := len(p.Lines) - 1
	for ; i >= 0; i-- {
		if rule, _ := casework.RuleOf(p.Lines[i].Move); !rule.Note {
			p.Meanwhile = p.Lines[i].Who + "：" + p.Lines[i].What
			return
		}
	}
}

func (s *Server) makeMove(c *fiber.Ctx, v visit, form caseForm) error {
	seen, err := strconv.Atoi(c.FormValue("seen"))
	if err != nil {
		return errs.New(errs.Conflict, "case.moved")
	}
	named := s.unitNamed
	if form.Move == casework.Return {
		named = s.proposedUnit
	}
	unit, err := named(c.UserContext(), form.Proposed)
	if err != nil {
		return err
	}
	id := casework.CaseID(c.Params("case"))
	if form.Move == casework.Redirect {
		return s.o.Cases.Redirect(c.UserContext(), v.actor, id, seen, unit, form.Text)
	}
	if form.Move == casework.Merge {
		if form.Number == "" {
			return errs.New(errs.Invalid, "field.required", "并入哪一件").In("other_number")
		}
		return s.o.Merges.Merge(c.UserContext(), v.actor, id, seen, form.Number, form.Text)
	}
	if form.Move == casework.Unmerge {
		return s.o.Merges.Undo(c.UserContext(), v.actor, id, seen, form.Text)
	}
	if form.Move == casework.Depute {
		return s.markDelegate(c, v, id, seen, form)
	}
	switch form.Move {
	case casework.Urge:
		return s.o.Memos.Urge(c.UserContext(), v.actor, id, seen, form.Text)
	case casework.Confirm:
		return s.o.Memos.Confirm(c.UserContext(), v.actor, id, seen)
	}
	if form.Move == casework.SetTask {
		return s.setTask(c, v, id, seen, form)
	}
	if form.Move == casework.Divide {
		_, err := s.o.Dividing.Divide(c.UserContext(), v.actor, id, seen, form.Keep, form.Other, form.Text)
		return err
	}
	if made, err := s.makeDutyMove(c, v, form, id, seen, unit); made {
		return err
	}
	until, err := parseDay(cmp.Or(dayNames[form.Move], "日期"), form.Until)
	if err != nil {
		return err
	}
	switch form.Move {
	case casework.GiveGroup:
		return s.o.Groups.Give(c.UserContext(), v.actor, id, seen, casework.GroupID(c.FormValue("group")), form.Text)
	case casework.HandDown:
		return s.o.Hands.Down(c.UserContext(), v.actor, id, seen, unit, until, form.Text)
	case casework.Give:
		return s.o.Hands.Give(c.UserContext(), v.actor, id, seen, org.AccountID(c.FormValue("worker")))
	case casework.Assign:
		return s.o.Hands.Assign(c.UserContext(), v.actor, id, seen, org.AccountID(form.Worker))
	}
	if form.Move == casework.Link || form.Move == casework.Unlink {
		form.Text = form.Number
	}
	days, _ := strconv.Atoi(form.Days)
	_, err = s.o.Cases.Do(c.UserContext(), v.actor, casework.Command{
		Case: id, Seen: seen, Move: form.Move, Reason: form.Reason, Text: form.Text, Public: form.Public,
		Sure: c.FormValue("sure") != "", Days: days, Until: until, Proposed: unit, Answers: form.Answers, Rating: ratingOf(c),
	})
	return err
}

// dayNames are what the date of a move is called on its form.
var dayNames = map[casework.Move]string{
	casework.Close: "承诺解决的日期", casework.HandDown: "上报日期", casework.Link: "对方要求办结的日期",
	casework.Order: "反馈日期", casework.Instruct: "何时前反馈", casework.SetTask: "何时完成",
}

// parseDay reads a form's date as the end of work on that day in China; an
// empty one is zero. The label is the field's.
func parseDay(label, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, value, shanghai(time.Time{}).Location())
	if err != nil {
		return time.Time{}, errs.Wrap(err, errs.Invalid, "field.invalid", label, value).In("until")
	}
	return t.Add(17*time.Hour + 30*time.Minute), nil
}
