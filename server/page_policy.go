package server

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// Policies decide when the knowledge base answers.
type Policies interface {
	// Standing gives the policy that decides, with the budgets as set.
	// errs.Forbidden for whoever may not edit knowledge, like the other.
	Standing(ctx context.Context, actor org.Actor) (kb.PolicyStanding, error)
	// SetBudget says what share of a unit's answers may be wrong, in
	// [kb.MinBudget, kb.MaxBudget]; errs.Invalid "policy.budget".
	SetBudget(ctx context.Context, actor org.Actor, unit string, budget float64) error
}

// policyPage is what page_policy.html draws.
type policyPage struct {
	shell
	Topics   []topicView
	All      int
	Topic    string
	Saved    bool
	Sentence string
	Waits    bool
	Needed   int // answers without a fault that prove the usual budget
	Curve    []pointView
	Units    []unitRuleView
	Default  string
	Unit     string // as typed
	Budget   string // as typed; at first the usual one
	Faults   []string
}

// pointView is one budget of the curve.
type pointView struct {
	Budget, Coverage string
	Width            int // of the bar, in per cent
	Usual            bool
}

// unitRuleView is one unit.
type unitRuleView struct {
	kb.UnitRule
	Allowed string // the budget in per cent, as one types it
	Seen    string // wrong of given
	Proof   string
}

// showPolicy lays open when the knowledge base answers.
func (s *Server) showPolicy(c *fiber.Ctx, v visit) error {
	p, err := s.newPolicyPage(c, v)
	if err != nil {
		return err
	}
	return s.page(c, "policy", p)
}

func (s *Server) newPolicyPage(c *fiber.Ctx, v visit) (policyPage, error) {
	standing, err := s.o.Policies.Standing(c.UserContext(), v.actor)
	if err != nil {
		return policyPage{}, err
	}
	p := policyPage{
		shell: s.shell(v, "knowledge", "答复把握"), Saved: c.Query("saved") != "", Waits: standing.Waits,
		Needed: kb.NeededFor(kb.DefaultBudget), Default: inPercent(kb.DefaultBudget), Budget: inPercent(kb.DefaultBudget),
	}
	if p.Topics, p.All, err = s.topics(c.UserContext(), v, ""); err != nil {
		return p, err
	}
	policy := standing.Policy
	p.Sentence = "还没有人标记过“已解决”或“没有解决”，也没有人核对过答复，现用的门槛是随产品带来的。"
	if n := policy.Labels - policy.Citizens; n > 0 {
		p.Sentence = fmt.Sprintf("现用的门槛是%s用 %d 次标记定的。", s.moment(policy.At), n)
	}
	if policy.Editors > 0 {
		p.Sentence += fmt.Sprintf("其中采编员核对 %d 次。", policy.Editors)
	}
	if policy.Citizens > 0 {
		p.Sentence += fmt.Sprintf("市民说的“解决了”“没有解决” %d 次只帮助估计把握，不定门槛。", policy.Citizens)
	}
	for _, point := range policy.Curve {
		p.Curve = append(p.Curve, pointView{
			Budget: inPercent(point.Budget), Coverage: percent(point.Coverage), Width: int(100*point.Coverage + 0.5),
			Usual: point.Budget == kb.DefaultBudget,
		})
	}
	for _, u := range standing.Units {
		p.Units = append(p.Units, newUnitRule(u))
	}
	return p, nil
}

func newUnitRule(u kb.UnitRule) unitRuleView {
	v := unitRuleView{UnitRule: u, Allowed: inPercent(u.Budget), Seen: "还没有", Proof: "还没有"}
	if u.Given > 0 {
		v.Seen = fmt.Sprintf("%d / %d", u.Wrong, u.Given)
		v.Proof = "不超过 " + strconv.FormatFloat(100*u.Bound, 'f', 1, 64) + "%"
	}
	return v
}

// inPercent writes a share in per cent without idle zeros.
func inPercent(x float64) string { return strconv.FormatFloat(100*x, 'g', 3, 64) + "%" }

// setBudget takes a unit's budget, in per cent.
func (s *Server) setBudget(c *fiber.Ctx, v visit) error {
	typed := strings.TrimSpace(strings.TrimRight(strings.TrimSpace(c.FormValue("budget")), "%％"))
	budget, err := strconv.ParseFloat(typed, 64)
	if err != nil {
		err = errs.New(errs.Invalid, "policy.budget").In("budget")
	} else {
		err = s.o.Policies.SetBudget(c.UserContext(), v.actor, c.FormValue("unit"), budget/100)
	}
	if err == nil {
		return c.Redirect("/knowledge/policy?saved=1", fiber.StatusSeeOther)
	}
	if errs.KindOf(err) != errs.Invalid {
		return err
	}
	p, failed := s.newPolicyPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults, p.Unit, p.Budget = sentences(err), c.FormValue("unit"), c.FormValue("budget")
	return s.render(c, fiber.StatusUnprocessableEntity, "policy", "layout", p)
}
