package server

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
)

// sameView is another matter of the caller on the desk.
type sameView struct {
	Heading, State, Number, URL string
	At                          time.Time
	Case                        casework.CaseID
	Follow                      bool // it can be chased and added to
}

// sameCaller lists what else the caller brought up lately.
func (s *Server) sameCaller(ctx context.Context, v visit, view *fileView) error {
	if s.o.FollowUps == nil || view.Recent == 0 {
		return nil
	}
	all, err := s.o.FollowUps.Of(ctx, v.actor, view.Matter.ID)
	for _, k := range all {
		same := sameView{Heading: headingOf(intake.Matter{Title: k.Title, Text: k.Text}), At: k.At, URL: "/desk/" + string(k.Matter)}
		switch {
		case k.Case != "":
			same.Number, same.URL, same.Case, same.State = k.Docket.Number, caseURL(k.Case), k.Case, k.Docket.State.Label()
			same.Follow = view.CanDecide && view.Open && (k.Docket.State.Open() || k.Docket.State == casework.Merged)
		case k.State == intake.MatterOpen:
			same.State = "待办"
		case k.State == intake.MatterAnswered:
			same.State = "已答复"
		default:
			same.State = "没有立案"
		}
		view.Same = append(view.Same, same)
	}
	return err
}

// followUp notes on a case that runs what its citizen says in the call on the
// desk, and settles the call.
func (s *Server) followUp(c *fiber.Ctx, v visit) error {
	d, _ := decisionForm(c)
	u := casework.FollowUp{
		Case: casework.CaseID(c.FormValue("case")), Call: d.Matter, Suggestion: d.Suggestion, Previous: d.Previous,
	}
	if c.FormValue("add") != "" {
		if u.Words = strings.TrimSpace(c.FormValue("text")); u.Words == "" {
			return errs.New(errs.Invalid, "field.required", "补充的情况").In("text")
		}
	}
	err := s.o.FollowUps.Note(c.UserContext(), v.actor, u)
	switch {
	case errs.CodeOf(err) == "decision.conflict":
		d.Kind, d.Reason = classifier.Decline, "与已登记的诉求重复"
		return s.showConflict(c, v, d, err)
	case err != nil:
		return err
	}
	return s.toNext(c, v, d.Matter)
}

// noteCall notes on a case's page what its citizen says by phone.
func (s *Server) noteCall(c *fiber.Ctx, v visit) error {
	id := casework.CaseID(c.Params("case"))
	form := caseForm{Move: "call", Text: strings.TrimSpace(c.FormValue("text"))}
	err := error(nil)
	if c.FormValue("add") != "" && form.Text == "" {
		err = errs.New(errs.Invalid, "field.required", "补充的情况").In("text")
	}
	if err == nil {
		u := casework.FollowUp{Case: id}
		if c.FormValue("add") != "" {
			u.Words = form.Text
		}
		err = s.o.FollowUps.Note(c.UserContext(), v.actor, u)
	}
	switch {
	case err == nil:
		return c.Redirect(link(caseURL(id), "said", "called"), fiber.StatusSeeOther)
	case !shownAgain(err):
		return err
	}
	return s.showCaseAgain(c, v, form, err)
}

// Gist is what this call adds to a case that runs, to be corrected: its words,
// as far as an addition holds them.
func (view *fileView) Gist() string {
	said := []rune(strings.TrimSpace(view.Matter.Title + "\n" + view.Matter.Text))
	return string(said[:min(len(said), casework.MaxTextRunes)])
}
