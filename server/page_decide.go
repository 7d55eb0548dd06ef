package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// decisionForm is what every form on the desk that decides sends.
func decisionForm(c *fiber.Ctx) (classifier.Decision, string) {
	return classifier.Decision{
		Matter:     intake.MatterID(c.Params("matter")),
		Suggestion: classifier.SuggestionID(c.FormValue("suggestion")),
		Previous:   classifier.DecisionID(c.FormValue("previous")),
	}, c.FormValue("key")
}

// confirm takes the candidate picked as it stands: the first confirms the
// suggestion, another, or another lead after an answer, corrects it. What was
// asked and answered is noted with the decision.
func (s *Server) confirm(c *fiber.Ctx, v visit) error {
	d, key := decisionForm(c)
	f, err := s.o.Desk.File(c.UserContext(), v.actor, d.Matter)
	if err != nil {
		return err
	}
	if f.Suggestion == nil || f.Suggestion.ID != d.Suggestion {
		return errs.New(errs.Conflict, "suggestion.mismatch")
	}
	pick, err := strconv.Atoi(c.FormValue("pick"))
	if err != nil || pick < 1 || pick > len(f.Suggestion.Candidates) {
		return errs.New(errs.Invalid, "decision.category")
	}
	answer, _ := strconv.Atoi(c.FormValue("answer"))
	cand := answered(*f.Suggestion, pick-1, answer)
	if cand.LeadUnit == "" {
		q := readDeskQuery(c)
		return c.Redirect(q.To(d.Matter, "", "modify", "1", "category", string(cand.Category)), fiber.StatusSeeOther)
	}
	d.Kind = classifier.Confirm
	if pick > 1 || cand.LeadUnit != f.Suggestion.Candidates[0].LeadUnit {
		d.Kind = classifier.Correct
	}
	if r := replyOf(*f.Suggestion, answer); r != nil {
		d.Reason = f.Suggestion.Question.Said(*r)
	}
	d.Category, d.Lead, d.Co = cand.Category, cand.LeadUnit, cand.CoUnits
	d.Type, d.Urgency = f.Suggestion.Type, raised(urgencyOf(*f.Suggestion, pick-1), c)
	return s.decide(c, v, d, key)
}

// urgencyOf is the urgency that goes with a candidate: the suggestion's for
// the first (the text may raise it), never less than the text asks for.
func urgencyOf(sug classifier.Suggestion, i int) intake.Urgency {
	u := sug.Candidates[i].Urgency
	if i == 0 || u == "" || (sug.Reason != "" && sug.Urgency < u) {
		return sug.Urgency
	}
	return u
}

// decline refuses the matter with a reason.
func (s *Server) decline(c *fiber.Ctx, v visit) error {
	d, key := decisionForm(c)
	d.Kind = classifier.Decline
	d.Reason, d.NotOwn = c.FormValue("why"), c.FormValue("not_own") == "1"
	if more := strings.TrimSpace(c.FormValue("more")); more != "" {
		d.Reason = strings.TrimPrefix(d.Reason+"："+more, "：")
	}
	return s.decide(c, v, d, key)
}

// decide makes the decision take effect and opens the next matter. Whoever
// comes second is told what the first decided, and asked.
func (s *Server) decide(c *fiber.Ctx, v visit, d classifier.Decision, key string) error {
	if c.FormValue("over") != "" && d.Kind == classifier.Confirm {
		d.Kind = classifier.Correct // of what somebody else decided
	}
	_, err := s.o.Desk.Decide(c.UserContext(), v.actor, d, key)
	switch {
	case errs.CodeOf(err) == "decision.conflict":
		return s.showConflict(c, v, d, err)
	case err != nil:
		return err
	}
	return s.toNext(c, v, d.Matter)
}

// toNext goes on from a matter that is done with. The undo bar comes along.
func (s *Server) toNext(c *fiber.Ctx, v visit, done intake.MatterID) error {
	to, err := s.nextAfter(c, v, done, "undo", string(done))
	if err != nil {
		return err
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// showNext goes on from a matter without having done anything.
func (s *Server) showNext(c *fiber.Ctx, v visit) error {
	to, err := s.nextAfter(c, v, intake.MatterID(c.Params("matter")))
	if err != nil {
		return err
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// nextAfter is the address of the next older matter of the queue, or of the
// newest; among those that are done with, of the same one.
func (s *Server) nextAfter(c *fiber.Ctx, v visit, done intake.MatterID, more ...string) (string, error) {
	q := readDeskQuery(c)
	if q.Show == showDecided || q.Show == showAnswered {
		return q.To(done, "", more...), nil
	}
	older := q.filter(1)
	older.Before = done
	if q.byDoubt() {
		older.Before = ""
	}
	items, _, err := s.o.Desk.Queue(c.UserContext(), v.actor, older)
	if err != nil {
		return "", err
	}
	next := intake.MatterID("")
	if len(items) > 0 && items[0].Matter != done {
		next = items[0].Matter
	}
	if next == "" {
		q.Before = ""
	}
	return q.To(next, "", more...), nil
}

// undo takes back what the actor did to a matter last: a decision, the note
// that an answer solved it, or that it was sent to a reviewer.
func (s *Server) undo(c *fiber.Ctx, v visit) error {
	ctx, matter, q := c.UserContext(), intake.MatterID(c.Params("matter")), readDeskQuery(c)
	var err error
	switch c.FormValue("what") {
	case "verdict":
		err = s.o.Desk.Verdict(ctx, v.actor, matter, false)
	case "reply":
		err = s.takeBackReply(ctx, v, matter)
	case "review":
		return s.backFromReview(c, v, matter)
	default:
		_, err = s.o.Desk.Undo(ctx, v.actor, matter)
	}
	if err != nil {
		return err
	}
	return c.Redirect(q.To(matter, "", "said", "undone"), fiber.StatusSeeOther)
}

// joinNotice counts the call of a matter to a notice.
func (s *Server) joinNotice(c *fiber.Ctx, v visit) error {
	ctx, matter := c.UserContext(), intake.MatterID(c.Params("matter"))
	f, err := s.o.Desk.File(ctx, v.actor, matter)
	if err != nil {
		return err
	}
	if err := s.o.Notices.Join(ctx, v.actor, kb.NoticeID(c.FormValue("notice")), f.Message.Contact); err != nil {
		return err
	}
	return c.Redirect(readDeskQuery(c).To(matter, "", "said", "joined"), fiber.StatusSeeOther)
}

// readOriginal shows the words and contact as received, once, to somebody who
// says why. Nothing of it is kept in the page's address.
func (s *Server) readOriginal(c *fiber.Ctx, v visit) error {
	p, err := s.newDeskPage(c, v)
	if err != nil {
		return err
	}
	o, err := s.o.Intake.ReadOriginal(c.UserContext(), v.actor, p.File.Message.ID, strings.TrimSpace(c.FormValue("why")))
	if err != nil {
		return err
	}
	p.File.Original = &o
	if byHtmx(c) {
		return s.render(c, fiber.StatusOK, "desk", "original", p.File)
	}
	return s.page(c, "desk", p)
}

// undoView is the bar at the foot of the desk after a decision.
type undoView struct {
	Sentence string
	URL      string
	What     string // decision, verdict, reply or review
	Seconds  int    // how long it stays
}

// newUndoView makes the bar when the matter's last decision is the actor's own
// and can still be taken back; otherwise its Sentence is empty and there is no
// bar.
func (s *Server) newUndoView(ctx context.Context, v visit, q deskQuery, matter intake.MatterID) (undoView, error) {
	if matter == "" {
		return undoView{}, nil
	}
	f, err := s.o.Desk.File(ctx, v.actor, matter)
	if err != nil {
		return undoView{}, err
	}
	bar := undoView{URL: q.To(matter, "undo"), What: "decision", Seconds: int(classifier.UndoWindow.Seconds())}
	if f.Matter.State == intake.MatterAnswered {
		bar.What, bar.Sentence = "verdict", "“"+headingOf(f.Matter)+"”已记为当场解决"
		told, err := s.replied(ctx, v, matter)
		if told {
			bar.What, bar.Sentence = "reply", "“"+headingOf(f.Matter)+"”已记下当场答复"
		}
		return bar, err
	}
	if f.Sent != nil && f.Matter.State == intake.MatterOpen {
		bar.What, bar.Sentence = "review", "已请审核员看“"+headingOf(f.Matter)+"”"
		return bar, nil
	}
	if len(f.Decisions) == 0 {
		return undoView{}, nil
	}
	last := f.Decisions[len(f.Decisions)-1]
	left := classifier.UndoWindow - s.o.Now().Sub(last.At)
	if last.Kind == classifier.Withdraw || last.By != v.actor.Account || left <= 0 {
		return undoView{}, nil
	}
	bar.Seconds = max(int(left.Seconds()), 1)
	bar.Sentence, err = s.decided(ctx, last)
	return bar, err
}

// decided says what a decision did: 已确认“油烟污染”，主办 城管局.
func (s *Server) decided(ctx context.Context, d classifier.Decision) (string, error) {
	if d.Kind == classifier.Decline {
		return "已不采纳，原因：" + d.Reason, nil
	}
	list, err := s.o.Catalogue.Active(ctx)
	if err != nil {
		return "", err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return "", err
	}
	word, name := "已确认", "旧版清单中的事项"
	if d.Kind == classifier.Correct {
		word = "已改为"
	}
	if cat, ok := list.Category(d.Category); ok {
		name = cat.Name
	}
	sentence := word + "“" + name + "”"
	if u, ok := dir.Unit(d.Lead); ok {
		sentence += "，主办 " + u.Name
	}
	return sentence, nil
}

// unitsOf gives the units of several kinds that serve an area, without those
// that do not exist.
func unitsOf(kinds []org.UnitKind, area org.AreaCode, dir *org.Directory) []org.Unit {
	var out []org.Unit
	for _, k := range kinds {
		if u, ok := dir.Resolve(k, area); ok {
			out = append(out, u)
		}
	}
	return out
}
