package server

import (
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

// deadlinesPage is what page_deadlines.html draws: the rules as they are, to be
// changed, and every earlier version.
type deadlinesPage struct {
	shell
	Said     string
	Faults   []string
	Version  int
	CanWrite bool
	Types    []typeRulesView
	Groups   []ruleGroupView
	Why      string // as typed
	Versions []ruleVersionView
}

// typeRulesView is the spans of one type: accept and handle, ordinary and soon.
type typeRulesView struct {
	Name   string
	Fields []ruleFieldView
}

// ruleGroupView is figures that belong together.
type ruleGroupView struct {
	Name, Remark string
	Fields       []ruleFieldView
}

// ruleFieldView is one figure, with what was typed.
type ruleFieldView struct {
	casework.RuleField
	Wrong bool
	Fixed bool // the reader may not change it
}

// ruleVersionView is one version in words.
type ruleVersionView struct {
	Version int
	At      time.Time // zero: it came with the product
	ByName  string
	Why     string
	Changes []casework.RuleChange
}

// ruleGroups are the figures beside those of the types, by their keys.
var ruleGroups = []struct {
	name, remark string
	keys         []string
}{
	{"紧急的", "涉及人身危险的不分诉求类型，也不看工作日。", []string{"danger_accept", "danger_handle", "danger_leaf"}},
	{"立即办", "热线转立即办的，从转的那一刻起算，昼夜都算；超时按紧急的逐级催办。", []string{"at_once_accept", "at_once_act"}},
	{"退单和临期提醒", "提醒在诉求人的时限过了百分之几时发出。", []string{"return", "half", "soon"}},
	{"超期后逐级催办", "从超期那一刻起算。", []string{"chase_head", "chase_boss", "chase_top", "danger_chase_head", "danger_chase_boss", "danger_chase_top"}},
	{"签收超时后逐级催办", "从签收时限到的那一刻起算。", []string{"untaken_head", "untaken_boss", "danger_untaken_head", "danger_untaken_boss"}},
	{"协办任务、提醒函和骚扰标记", "派任务、发函和标记时没有另说的，按这里的。", []string{"task_share", "memo_accept", "memo_answer", "label_kept"}},
	{"至多几次", "0 为不允许。", []string{"extensions", "extra_days", "reopened", "pauses"}},
}

// showDeadlines shows the rules and their history.
func (s *Server) showDeadlines(c *fiber.Ctx, v visit) error {
	p, err := s.newDeadlinesPage(c, v, nil)
	if err != nil {
		return err
	}
	p.Said = c.Query("said")
	return s.page(c, "deadlines", p)
}

// setDeadlines makes a new version of what was typed.
func (s *Server) setDeadlines(c *fiber.Ctx, v visit) error {
	p, err := s.newDeadlinesPage(c, v, func(key string) string { return c.FormValue(key) })
	if err != nil {
		return err
	}
	typed := map[string]string{}
	for _, f := range p.fields() {
		typed[f.Key] = f.Value
	}
	p.Why = c.FormValue("why")
	return s.afterDeadlines(c, p, s.o.Rulebook.Set(c.UserContext(), v.actor, seenRules(c), typed, p.Why), "saved")
}

// restoreDeadlines goes back to an earlier version, by a new one.
func (s *Server) restoreDeadlines(c *fiber.Ctx, v visit) error {
	p, err := s.newDeadlinesPage(c, v, nil)
	if err != nil {
		return err
	}
	to, err := strconv.Atoi(c.FormValue("to"))
	if err != nil {
		to = -1 // there is no such version
	}
	return s.afterDeadlines(c, p, s.o.Rulebook.GoBack(c.UserContext(), v.actor, seenRules(c), to), "back")
}

// seenRules is the version that a form was drawn from.
func seenRules(c *fiber.Ctx) int {
	seen, err := strconv.Atoi(c.FormValue("seen"))
	if err != nil {
		return -1 // none is the newest
	}
	return seen
}

// afterDeadlines goes back to the page, or shows it with what was wrong.
func (s *Server) afterDeadlines(c *fiber.Ctx, p deadlinesPage, err error, said string) error {
	if err == nil {
		return c.Redirect("/deadlines?said="+said, fiber.StatusSeeOther)
	}
	if !slices.Contains([]errs.Kind{errs.Invalid, errs.Conflict}, errs.KindOf(err)) {
		return err
	}
	p.Faults = sentences(err)
	if all, ok := asList(err); ok {
		for _, f := range p.fields() {
			f.Wrong = slices.ContainsFunc(all, func(e *errs.Error) bool { return e.Field == f.Key })
		}
	}
	return s.render(c, status(err), "deadlines", "layout", p)
}

// newDeadlinesPage draws the rules, with what was typed instead of what they are.
func (s *Server) newDeadlinesPage(c *fiber.Ctx, v visit, typed func(key string) string) (deadlinesPage, error) {
	if s.o.Rulebook == nil {
		return deadlinesPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	rules, versions, err := s.o.Rulebook.Versions(c.UserContext(), v.actor)
	if err != nil {
		return deadlinesPage{}, err
	}
	p := deadlinesPage{shell: s.shell(v, "deadlines", "期限规则"), Version: rules.Version, CanWrite: v.may(org.ActManage), Versions: ruleVersions(versions)}
	fields := map[string]ruleFieldView{}
	all := rules.Fields()
	for i := range all {
		if typed != nil {
			all[i].Value = strings.TrimSpace(typed(all[i].Key))
		}
		fields[all[i].Key] = ruleFieldView{RuleField: all[i], Fixed: !p.CanWrite}
	}
	const ofType = 4
	for i, t := range intake.Types() {
		row := typeRulesView{Name: string(t)}
		for _, f := range all[i*ofType : (i+1)*ofType] {
			row.Fields = append(row.Fields, fields[f.Key])
		}
		p.Types = append(p.Types, row)
	}
	for _, g := range ruleGroups {
		view := ruleGroupView{Name: g.name, Remark: g.remark}
		for _, key := range g.keys {
			view.Fields = append(view.Fields, fields[key])
		}
		p.Groups = append(p.Groups, view)
	}
	return p, nil
}

// fields are all figures of the page.
func (p *deadlinesPage) fields() []*ruleFieldView {
	var all []*ruleFieldView
	for i := range p.Types {
		for j := range p.Types[i].Fields {
			all = append(all, &p.Types[i].Fields[j])
		}
	}
	for i := range p.Groups {
		for j := range p.Groups[i].Fields {
			all = append(all, &p.Groups[i].Fields[j])
		}
	}
	return all
}

// ruleVersions puts versions into words, the newest first; the last one is what
// came with the product.
func ruleVersions(versions []casework.RuleVersion) []ruleVersionView {
	var out []ruleVersionView
	for i, v := range versions {
		before := casework.UsualRules()
		if i+1 < len(versions) {
			before = versions[i+1].Rules
		}
		out = append(out, ruleVersionView{v.Rules.Version, v.At, v.ByName, v.Why, v.Rules.Since(before)})
	}
	return append(out, ruleVersionView{})
}
