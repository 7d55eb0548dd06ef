package server

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// leaderCallsPage is what page_leader_calls.html draws: what a leader has drawn
// to call citizens themselves.
type leaderCallsPage struct {
	shell
	Said      string
	Faults    []string
	Draws     []leaderDrawView
	Rates     casework.LeaderRates
	Days      int
	Most      int
	Questions []casework.Question
	Stars     []int
	Phone     phoneView // opened for this one look
	Typed     typedCall // what could not be noted
}

// typedCall is what was typed of one case, to be shown again.
type typedCall struct {
	Case    casework.CaseID
	Missed  bool
	Answers map[string]string // by question
	Text    string
}

// phoneView is whom a leader calls.
type phoneView struct {
	Case        casework.CaseID
	Name, Phone string
}

// leaderDrawView is one draw.
type leaderDrawView struct {
	casework.LeaderDraw
	Calls []leaderCallView
}

// leaderCallView is one case of it.
type leaderCallView struct {
	casework.LeaderCall
	URL     string
	Brief   string // where the leader instructs
	Heading string
	Unit    string
	Script  casework.Script
	Words   string // what the citizen said
}

// showLeaderCalls shows what the leader has drawn.
func (s *Server) showLeaderCalls(c *fiber.Ctx, v visit) error {
	p, err := s.newLeaderCallsPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"drawn": "已抽取，先抽到的在前。", "recorded": "已记下。"}[c.Query("said")]
	return s.page(c, "leader_calls", p)
}

func (s *Server) newLeaderCallsPage(c *fiber.Ctx, v visit) (leaderCallsPage, error) {
	p := leaderCallsPage{
		shell: s.shell(v, "leader", "我来回访"), Days: casework.LeaderDays, Most: casework.MaxLeaderDraw, Questions: casework.Questions(), Stars: []int{5, 4, 3, 2, 1},
	}
	if s.o.LeaderCalls == nil {
		return p, errs.New(errs.NotFound, "page.not_found")
	}
	draws, rates, err := s.o.LeaderCalls.List(c.UserContext(), v.actor)
	if err != nil {
		return p, err
	}
	p.Rates = rates
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return p, err
	}
	for _, d := range draws {
		view := leaderDrawView{LeaderDraw: d}
		for _, call := range d.Calls {
			k := call.Docket
			one := leaderCallView{
				LeaderCall: call, URL: "/leader/callbacks/" + string(d.ID) + "/" + string(call.Case), Brief: "/leader/" + string(call.Case),
				Heading: headingOf(intake.Matter{Title: k.Title, Text: k.Text}), Unit: unitName(k.Unit, dir), Words: call.Answers.Words(),
			}
			if words := call.Rating.Words(); words != "" {
				one.Words += "，" + words
			}
			if one.Script, err = s.scriptOf(c, v, k, one.Unit); err != nil {
				return p, err
			}
			view.Calls = append(view.Calls, one)
		}
		p.Draws = append(p.Draws, view)
	}
	return p, nil
}

// drawLeaderCalls draws cases.
func (s *Server) drawLeaderCalls(c *fiber.Ctx, v visit) error {
	if s.o.LeaderCalls == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	size, _ := strconv.Atoi(c.FormValue("size")) // 0 for what is no number, which is refused
	_, err := s.o.LeaderCalls.Draw(c.UserContext(), v.actor, size)
	return s.afterLeaderCall(c, v, err, "drawn")
}

// openLeaderCall shows whom to call, this one time.
func (s *Server) openLeaderCall(c *fiber.Ctx, v visit) error {
	if s.o.LeaderCalls == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	id := casework.CaseID(c.Params("case"))
	name, phone, err := s.o.LeaderCalls.Phone(c.UserContext(), v.actor, casework.DrawID(c.Params("draw")), id)
	if err != nil {
		return s.afterLeaderCall(c, v, err, "")
	}
	p, err := s.newLeaderCallsPage(c, v)
	if err != nil {
		return err
	}
	p.Phone = phoneView{id, name, phone}
	return s.page(c, "leader_calls", p)
}

// recordLeaderCall notes what the citizen said.
func (s *Server) recordLeaderCall(c *fiber.Ctx, v visit) error {
	if s.o.LeaderCalls == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	a, err := answersOf(c)
	if err == nil {
		err = s.o.LeaderCalls.Record(c.UserContext(), v.actor, casework.DrawID(c.Params("draw")), casework.CaseID(c.Params("case")), a, ratingOf(c), c.FormValue("text"))
	} else if denied := org.Can(v.actor, org.ActInstruct); denied != nil {
		return denied
	}
	return s.afterLeaderCall(c, v, err, "recorded")
}

// afterLeaderCall goes back to the page, or shows it with what was wrong.
func (s *Server) afterLeaderCall(c *fiber.Ctx, v visit, err error, said string) error {
	if err == nil {
		return c.Redirect(link("/leader/callbacks", "said", said), fiber.StatusSeeOther)
	}
	if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.Conflict {
		return err
	}
	p, failed := s.newLeaderCallsPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	p.Typed = typedCall{Case: casework.CaseID(c.Params("case")), Missed: c.FormValue("reached") == "0", Answers: map[string]string{}, Text: c.FormValue("text")}
	for _, q := range casework.Questions() {
		p.Typed.Answers[q.Key] = c.FormValue(q.Key)
	}
	return s.render(c, status(err), "leader_calls", "layout", p)
}
