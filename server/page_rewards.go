package server

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// rewardsPage is what rewards.html draws: the budgets that are open, cases that
// wait for a person, and what became of those that were confirmed.
type rewardsPage struct {
	shell
	Said       string
	Faults     []string
	Rule       string // in a sentence
	CanPay     bool   // and edit the rule
	ByHand     bool   // there is no paying service
	Periods    []rewardPeriodView
	Tabs       []tabView
	Show       string // a state; empty: what waits for a person
	Candidates []earnerView
	Rows       []rewardView
	Older      string
	ListedOnly bool // the list for payment by hand may be fetched again
}

// rewardPeriodView is a budget with what is left of it.
type rewardPeriodView struct {
	casework.RewardPeriod
	Fingerprint            string
	SeedHex                string
	Total, Used, Out, Left string
	Low, High              string
	Percent                int
	Over                   bool // its time is over: the seed may be published
	URL                    string
}

// earnerView is a case that waits for a person.
type earnerView struct {
	casework.RewardCandidate
	Heading string
	More    bool   // the words say more than the heading
	URL     string // of the case
	Against []string
}

// rewardView is one line of what was decided.
type rewardView struct {
	casework.Reward
	Amount  string
	URL     string
	Page    string // of the case
	CanPaid bool   // the reader may say that it was paid: somebody else confirmed it
	Show    string // what the form goes back to
	CSRF    string
}

// rewardsShown is how many lines a page has.
const rewardsShown = 50

func rewardsURL(show, said string) string { return link("/rewards", "show", show, "said", said) }

// saidOfRewards are the sentences that an action leaves behind.
var saidOfRewards = map[string]string{
	"granted": "已确认，金额已抽出，诉求人会收到通知。", "declined": "已记为不奖励。", "again": "已排入待发放。", "paid": "已登记发放。", "failed": "已登记没有发成。", "void": "已记为不再发放，金额退回预算。",
	"rule": "规则已保存。", "opened": "预算已开，种子的指纹已经公布。", "revealed": "种子已公布，任何人都能核验每一笔金额。",
}

// showRewards lists what waits, or what was decided.
func (s *Server) showRewards(c *fiber.Ctx, v visit) error {
	p, err := s.newRewardsPage(c, v, c.Query("show"))
	if err != nil {
		return err
	}
	p.Said = saidOfRewards[c.Query("said")]
	return s.page(c, "rewards", p)
}

func (s *Server) newRewardsPage(c *fiber.Ctx, v visit, show string) (rewardsPage, error) {
	ctx := c.UserContext()
	rule, err := s.o.Rewards.Rule(ctx, v.actor)
	if err != nil {
		return rewardsPage{}, err
	}
	p := rewardsPage{shell: s.shell(v, "cases", "奖励"), Rule: rule.Words(), CanPay: v.may(org.ActRewardRule), ByHand: s.o.Cashier.Via() == ""}
	if slices.Contains(casework.RewardStates(), casework.RewardState(show)) {
		p.Show = show
	}
	p.ListedOnly = p.Show == string(casework.RewardListed)
	periods, err := s.o.Rewards.Periods(ctx, v.actor)
	if err != nil {
		return p, err
	}
	for _, one := range periods {
		if !one.Revealed() {
			p.Periods = append(p.Periods, s.newRewardPeriodView(one))
		}
	}
	f := casework.RewardFilter{State: casework.RewardState(p.Show), Before: casework.RewardID(c.Query("before")), Limit: rewardsShown + 1}
	if p.Show == "" {
		f.Before, f.Limit = "", 1 // only the counts
	}
	rows, counts, err := s.o.Rewards.List(ctx, v.actor, f)
	if err != nil {
		return p, err
	}
	p.Tabs = []tabView{{Label: "待确认", URL: "/rewards", Current: p.Show == ""}}
	for _, state := range casework.RewardStates() {
		p.Tabs = append(p.Tabs, tabView{Label: state.Label(), URL: rewardsURL(string(state), ""), Current: p.Show == string(state), Count: counts[state], Counted: true})
	}
	if p.Show == "" {
		return p, s.addCandidates(ctx, v, &p, casework.CaseID(c.Query("before")))
	}
	if len(rows) > rewardsShown {
		rows = rows[:rewardsShown]
		p.Older = link("/rewards", "show", p.Show, "before", string(rows[len(rows)-1].ID))
	}
	for _, r := range rows {
		p.Rows = append(p.Rows, rewardView{Reward: r, Amount: casework.Yuan(r.Fen), URL: "/rewards/" + string(r.ID), Page: caseURL(r.Case), CanPaid: !v.actor.Is(r.By), Show: p.Show, CSRF: v.csrf})
	}
	return p, nil
}

// addCandidates puts what waits for a person on the page.
func (s *Server) addCandidates(ctx context.Context, v visit, p *rewardsPage, before casework.CaseID) error {
	found, next, err := s.o.Rewards.Candidates(ctx, v.actor, before)
	for _, one := range found {
		view := earnerView{RewardCandidate: one, Heading: headingOf(intake.Matter{Title: one.Title, Text: one.Text}), URL: caseURL(one.Case)}
		view.More = view.Heading != strings.TrimSpace(one.Text)
		for _, r := range one.Refusals {
			view.Against = append(view.Against, r.Label())
		}
		p.Candidates = append(p.Candidates, view)
	}
	if next != "" {
		p.Older = link("/rewards", "before", string(next))
	}
	return err
}

func (s *Server) newRewardPeriodView(p casework.RewardPeriod) rewardPeriodView {
	return rewardPeriodView{
		RewardPeriod: p, Fingerprint: hexOf(p.Hash), SeedHex: hexOf(p.Seed), Total: casework.Yuan(p.Fen), Used: casework.Yuan(p.Committed), Out: casework.Yuan(p.Paid),
		Low: casework.Yuan(p.MinFen), High: casework.Yuan(p.MaxFen), Left: casework.Yuan(p.Left()), Percent: 100 * p.Committed / max(p.Fen, 1), Over: !s.o.Now().Before(p.Until), URL: "/rewards/periods/" + string(p.ID),
	}
}

// decideReward takes what a person says about a case.
func (s *Server) decideReward(c *fiber.Ctx, v visit) error {
	grant := c.FormValue("grant") == "1"
	_, err := s.o.Rewards.Decide(c.UserContext(), v.actor, casework.CaseID(c.FormValue("case")), grant, c.FormValue("why"))
	said := "declined"
	if grant {
		said = "granted"
	}
	return s.afterReward(c, v, err, "", said)
}

// moveReward takes what became of a payment.
func (s *Server) moveReward(c *fiber.Ctx, v visit) error {
	move := casework.RewardMove(c.FormValue("move"))
	err := s.o.Cashier.Move(c.UserContext(), v.actor, casework.RewardCommand{
		Reward: casework.RewardID(c.Params("reward")), Move: move, Proof: c.FormValue("proof"), Why: c.FormValue("why"), Checked: c.FormValue("checked") == "1",
	})
	return s.afterReward(c, v, err, c.FormValue("show"), string(move))
}

// afterReward goes back to the list, or shows it with what was wrong.
func (s *Server) afterReward(c *fiber.Ctx, v visit, err error, show, said string) error {
	if err == nil {
		return c.Redirect(rewardsURL(show, said), fiber.StatusSeeOther)
	}
	if !slices.Contains([]errs.Kind{errs.Invalid, errs.Conflict}, errs.KindOf(err)) {
		return err
	}
	p, failed := s.newRewardsPage(c, v, show)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "rewards", "layout", p)
}

// takeRewardList sends the list for payment by hand. It is a post: it puts what
// is on it out of the paying service's hands, and every number is a look on
// record.
func (s *Server) takeRewardList(c *fiber.Ctx, v visit) error {
	var b bytes.Buffer
	name := tableName("rewards", c.FormValue("form"))
	again := c.FormValue("again") == "1"
	_, err := s.o.Cashier.TakeList(c.UserContext(), v.actor, again, &b, name)
	if err != nil {
		show := casework.RewardQueued
		if again {
			show = casework.RewardListed
		}
		return s.afterReward(c, v, err, string(show), "")
	}
	return sendTable(c, b.Bytes(), name)
}

// exportRewards sends what was granted, without anything that leads to citizens.
func (s *Server) exportRewards(c *fiber.Ctx, v visit) error {
	var b bytes.Buffer
	name := tableName("rewards", c.Query("form"))
	if err := s.o.Cashier.Export(c.UserContext(), v.actor, &b, name); err != nil {
		return err
	}
	return sendTable(c, b.Bytes(), name)
}

// tableName is the name of a table of something in a form that was asked for;
// without an ending for one that is none.
func tableName(what, form string) string {
	if form != "csv" && form != "xlsx" {
		return what
	}
	return what + "." + form
}

// sendTable sends a table as a file, by the ending of its name.
func sendTable(c *fiber.Ctx, body []byte, name string) error {
	c.Set(fiber.HeaderContentType, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	if bytes.HasPrefix(body, []byte("\ufeff")) {
		c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	}
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(body)
}

// rewardRulePage is what reward_rule.html draws: what earns, and the budgets.
type rewardRulePage struct {
	shell
	Said    string
	Faults  []string
	Rule    casework.RewardRule
	Seen    string // by which a form shows what it has seen
	Typed   map[string]string
	Types   []typeChoice
	Periods []rewardPeriodView
}

// typeChoice is a type that may earn.
type typeChoice struct {
	Type    intake.Type
	Checked bool
}

// ruleFields are the numbers of the rule's form, by field.
func ruleFields(r casework.RewardRule) map[string]string {
	return map[string]string{
		"min": yuanField(r.MinFen), "max": yuanField(r.MaxFen), "month": yuanField(r.MonthFen), "per_day": strconv.Itoa(r.PerDay), "per_month": strconv.Itoa(r.PerMonth),
		"same_days": strconv.Itoa(r.SameDays), "grace": strconv.Itoa(r.Grace), "codes": join(r.Codes),
	}
}

// showRewardRule shows rule and budgets.
func (s *Server) showRewardRule(c *fiber.Ctx, v visit) error {
	p, err := s.newRewardRulePage(c, v)
	if err != nil {
		return err
	}
	p.Said = saidOfRewards[c.Query("said")]
	return s.page(c, "reward_rule", p)
}

func (s *Server) newRewardRulePage(c *fiber.Ctx, v visit) (rewardRulePage, error) {
	p := rewardRulePage{shell: s.shell(v, "cases", "奖励的规则和预算")}
	if err := org.Can(v.actor, org.ActRewardRule); err != nil {
		return p, err
	}
	var err error
	if p.Rule, err = s.o.Rewards.Rule(c.UserContext(), v.actor); err != nil {
		return p, err
	}
	p.Typed, p.Seen = ruleFields(p.Rule), seenStamp(p.Rule.At)
	day := shanghai(s.o.Now()).AddDate(0, 0, 1)
	p.Typed["from"], p.Typed["until"] = day.Format(time.DateOnly), day.AddDate(0, 3, 0).Format(time.DateOnly)
	for _, t := range intake.Types() {
		p.Types = append(p.Types, typeChoice{t, slices.Contains(p.Rule.Types, t)})
	}
	all, err := s.o.Rewards.Periods(c.UserContext(), v.actor)
	for _, one := range all {
		p.Periods = append(p.Periods, s.newRewardPeriodView(one))
	}
	return p, err
}

// setRewardRule takes the rule from the form. What cannot be is named, and the
// form keeps what was typed.
func (s *Server) setRewardRule(c *fiber.Ctx, v visit) error {
	p, err := s.newRewardRulePage(c, v)
	if err != nil {
		return err
	}
	r := casework.RewardRule{When: casework.RewardWhen(c.FormValue("when"))}
	for i := range p.Types {
		p.Types[i].Checked = false
	}
	for _, value := range c.Request().PostArgs().PeekMulti("type") {
		t := intake.Type(string(value))
		r.Types = append(r.Types, t)
		for i := range p.Types {
			p.Types[i].Checked = p.Types[i].Checked || p.Types[i].Type == t
		}
	}
	p.typed(c, "min", "max", "month", "per_day", "per_month", "same_days", "grace", "codes")
	p.Rule.When = r.When
	r.Codes = split(p.Typed["codes"])
	r.MinFen, r.MaxFen, r.MonthFen = fenOf(p.Typed["min"]), fenOf(p.Typed["max"]), fenOf(p.Typed["month"])
	r.PerDay, r.PerMonth, r.SameDays, r.Grace = countOf(p.Typed["per_day"]), countOf(p.Typed["per_month"]), countOf(p.Typed["same_days"]), countOf(p.Typed["grace"])
	return s.afterRewardRule(c, p, s.o.Rewards.SetRule(c.UserContext(), v.actor, r, stampOf(c.FormValue("seen"))), "rule")
}

// openRewards opens a budget. Days are China's.
func (s *Server) openRewards(c *fiber.Ctx, v visit) error {
	p, err := s.newRewardRulePage(c, v)
	if err != nil {
		return err
	}
	p.typed(c, "from", "until", "budget")
	day := func(field string) time.Time {
		t, err := time.ParseInLocation(time.DateOnly, p.Typed[field], time.FixedZone("Asia/Shanghai", 8*60*60))
		if err != nil {
			return time.Time{}
		}
		return t
	}
	until := day("until")
	if !until.IsZero() {
		until = until.AddDate(0, 0, 1) // the day itself is part of it
	}
	from := day("from")
	if from.IsZero() {
		return s.afterRewardRule(c, p, errs.New(errs.Invalid, "field.required", "从哪天起"), "")
	}
	if p.Typed["from"] == shanghai(s.o.Now()).Format(time.DateOnly) {
		from = time.Time{} // today: from now on
	}
	_, err = s.o.Rewards.Open(c.UserContext(), v.actor, from, until, fenOf(p.Typed["budget"]))
	return s.afterRewardRule(c, p, err, "opened")
}

// revealRewards publishes the seed of a budget that is over.
func (s *Server) revealRewards(c *fiber.Ctx, v visit) error {
	p, err := s.newRewardRulePage(c, v)
	if err != nil {
		return err
	}
	return s.afterRewardRule(c, p, s.o.Rewards.Reveal(c.UserContext(), v.actor, casework.RewardPeriodID(c.Params("period"))), "revealed")
}

// typed keeps what the form says.
func (p *rewardRulePage) typed(c *fiber.Ctx, fields ...string) {
	for _, f := range fields {
		p.Typed[f] = c.FormValue(f)
	}
}

func (s *Server) afterRewardRule(c *fiber.Ctx, p rewardRulePage, err error, said string) error {
	if err == nil {
		return c.Redirect("/rewards/rule?said="+said, fiber.StatusSeeOther)
	}
	if !slices.Contains([]errs.Kind{errs.Invalid, errs.Conflict}, errs.KindOf(err)) {
		return err
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "reward_rule", "layout", p)
}
