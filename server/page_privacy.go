package server

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/privacy"
)

// privacyPage is what privacy.html draws: how long personal data are kept, what
// is kept in spite of that, what was deleted, and who waits for a contact.
type privacyPage struct {
	shell
	Said    string
	Faults  []string
	Rules   []ruleView
	Holds   []holdView
	Runs    []privacy.Run
	Waiting []waitingView
	AtOnce  []contactRow // opened because a life was in danger, and not settled
	Number  string       // as typed
	Why     string
}

// ruleView is one kind with its days, as typed.
type ruleView struct {
	privacy.Rule
	Typed string
	More  bool // more than were counted
}

// holdView is one case that is kept.
type holdView struct {
	privacy.Hold
	URL  string
	Page string // of the case
}

// waitingView is a request for a contact that waits for a decision.
type waitingView struct {
	casework.ContactRequest
	URL string
}

// showPrivacy shows rules, holds and runs.
func (s *Server) showPrivacy(c *fiber.Ctx, v visit) error {
	p, err := s.newPrivacyPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{
		"rules": "已保存，下一次每日删除起按新的期限。", "held": "已保留，解除以前什么也不会删除。", "released": "已解除，到期的会在下一次每日删除时删除。",
	}[c.Query("said")]
	return s.page(c, "privacy", p)
}

func (s *Server) newPrivacyPage(c *fiber.Ctx, v visit) (privacyPage, error) {
	if s.o.Retention == nil {
		return privacyPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	st, err := s.o.Retention.Standing(c.UserContext(), v.actor)
	if err != nil {
		return privacyPage{}, err
	}
	p := privacyPage{shell: s.shell(v, "privacy", "个人信息"), Runs: st.Runs}
	for _, r := range st.Rules {
		if r.Kind == privacy.KeepCallsToModels && s.o.Assist == nil {
			continue // no page mentions what is not there
		}
		p.Rules = append(p.Rules, ruleView{Rule: r, Typed: strconv.Itoa(r.Days), More: r.Due == privacy.DueShown})
	}
	for _, h := range st.Holds {
		p.Holds = append(p.Holds, holdView{h, "/privacy/holds/" + string(h.ID) + "/release", caseURL(casework.CaseID(h.Case))})
	}
	if s.o.Contacts == nil || !v.may(org.ActDisclose) {
		return p, nil
	}
	waiting, err := s.o.Contacts.Waiting(c.UserContext(), v.actor)
	for _, r := range waiting {
		p.Waiting = append(p.Waiting, waitingView{r, caseURL(r.Case) + "#contact"})
	}
	if err != nil {
		return p, err
	}
	atOnce, err := s.o.Contacts.AtOnce(c.UserContext(), v.actor)
	for _, r := range atOnce {
		p.AtOnce = append(p.AtOnce, s.newContactRow(v, r))
	}
	return p, err
}

// setRetention takes the days of every kind from the form. What cannot be is
// named, and the form keeps what was typed.
func (s *Server) setRetention(c *fiber.Ctx, v visit) error {
	p, err := s.newPrivacyPage(c, v)
	if err != nil {
		return err
	}
	days := map[privacy.Kind]int{}
	for i, r := range p.Rules {
		typed := strings.TrimSpace(c.FormValue("days-" + string(r.Kind)))
		p.Rules[i].Typed = typed
		if days[r.Kind], err = strconv.Atoi(typed); err != nil {
			days[r.Kind] = -1 // named with the bounds
		}
	}
	return s.afterPrivacy(c, p, s.o.Retention.Set(c.UserContext(), v.actor, days), "rules")
}

// holdCase keeps what belongs to a case.
func (s *Server) holdCase(c *fiber.Ctx, v visit) error {
	p, err := s.newPrivacyPage(c, v)
	if err != nil {
		return err
	}
	p.Number, p.Why = c.FormValue("number"), c.FormValue("why")
	return s.afterPrivacy(c, p, s.o.Retention.Hold(c.UserContext(), v.actor, p.Number, p.Why), "held")
}

// releaseHold ends a hold.
func (s *Server) releaseHold(c *fiber.Ctx, v visit) error {
	p, err := s.newPrivacyPage(c, v)
	if err != nil {
		return err
	}
	return s.afterPrivacy(c, p, s.o.Retention.Release(c.UserContext(), v.actor, privacy.HoldID(c.Params("hold")), c.FormValue("why")), "released")
}

// afterPrivacy goes back to the page, or shows it with what was wrong.
func (s *Server) afterPrivacy(c *fiber.Ctx, p privacyPage, err error, said string) error {
	if err == nil {
		return c.Redirect("/privacy?said="+said, fiber.StatusSeeOther)
	}
	if !slices.Contains([]errs.Kind{errs.Invalid, errs.Conflict}, errs.KindOf(err)) {
		return err
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "privacy", "layout", p)
}
