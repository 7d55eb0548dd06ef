package server

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/llm"
)

// llmPage is what page_llm.html draws.
type llmPage struct {
	shell
	Said     string
	Faults   []string
	URL      string
	Model    string
	On       bool
	Ready    bool // what must be on record before it is switched on is there
	Sentence string
	Tasks    []llmTaskView
	Budget   string // as typed
	Rate     string
	Deadline string
	Patience string
	Others   []llmRecordView
	Approval string
	Place    string
	Operator string
	Spent    string
	Priced   bool
	Usage    []llmUsageView
}

// llmTaskView is one task with its switch.
type llmTaskView struct {
	Name  llm.Task
	Label string
	Sends string
	At    string // the endpoint, where it is not the main one
	Today string // calls and cost
	On    bool
}

// llmRecordView is an endpoint beside the main one with what is on record.
type llmRecordView struct {
	Number                    int
	URL, Model                string
	Tasks                     []string
	Approval, Place, Operator string
}

// llmUsageView is one line of today's calls.
type llmUsageView struct {
	Task    string
	Outcome string
	Calls   int
	In, Out int
	Typical string
	Cost    string // empty: no price is set
	Good    bool
}

// showLLM shows what the language model may do and did today.
func (s *Server) showLLM(c *fiber.Ctx, v visit) error {
	p, err := s.newLLMPage(c, v)
	if err != nil {
		return err
	}
	return s.page(c, "llm", p)
}

func (s *Server) newLLMPage(c *fiber.Ctx, v visit) (llmPage, error) {
	if s.o.Assist == nil {
		return llmPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	st, err := s.o.Assist.Rules.Standing(c.UserContext(), v.actor)
	if err != nil {
		return llmPage{}, err
	}
	r := st.Rules
	p := llmPage{
		shell: s.shell(v, "llm", "大模型"), Said: c.Query("said"), URL: st.URL, Model: st.Model, On: r.On,
		Ready:  r.Approval != "" && r.Place != "" && r.Operator != "",
		Budget: strconv.Itoa(r.Budget), Rate: strconv.Itoa(r.Rate), Deadline: strconv.FormatFloat(r.Deadline.Seconds(), 'g', -1, 64),
		Patience: strconv.FormatFloat(r.Patience.Seconds(), 'g', -1, 64), Priced: st.Priced,
		Approval: r.Approval, Place: r.Place, Operator: r.Operator,
		Spent: fmt.Sprintf("今天已用 %d / %d 个词元（大模型计费的单位，约一字一个）", st.Tokens, r.Budget),
	}
	p.Sentence = "还没有人开启过，什么也没有发出。"
	if !r.At.IsZero() {
		who := r.By
		if who == "" {
			who = "管理员"
		}
		p.Sentence = fmt.Sprintf("%s由%s%s。", s.moment(r.At), who, map[bool]string{true: "设为开启", false: "设为关闭"}[r.On])
	}
	if st.Priced {
		p.Spent += "，约 " + yuan(st.Cost)
	}
	for _, t := range llm.Tasks() {
		view := llmTaskView{Name: t, Label: t.Label(), Sends: t.Sends(), On: !slices.Contains(r.Off, t)}
		if at, ok := st.At[t]; ok {
			view.At = at.Model + "，" + at.URL
		}
		calls := 0
		for _, o := range llm.Outcomes() {
			for _, u := range st.Usage {
				if u.Task == t && u.Outcome == o {
					calls += u.Calls
					p.Usage = append(p.Usage, newLLMUsage(u, st.Priced))
				}
			}
		}
		view.Today = fmt.Sprintf("%d 次", calls)
		if st.Priced {
			view.Today += "，" + yuan(st.Costs[t])
		}
		p.Tasks = append(p.Tasks, view)
	}
	for i, o := range st.Others {
		view := llmRecordView{Number: i + 1, URL: o.Endpoint.URL, Model: o.Endpoint.Model, Approval: o.Approval, Place: o.Place, Operator: o.Operator}
		for _, t := range llm.Tasks() {
			if st.At[t] == o.Endpoint {
				view.Tasks = append(view.Tasks, t.Label())
			}
		}
		p.Others = append(p.Others, view)
	}
	return p, nil
}

// yuan is a sum as people write it.
func yuan(sum float64) string { return strconv.FormatFloat(sum, 'f', 2, 64) + " 元" }

func newLLMUsage(u llm.Usage, priced bool) llmUsageView {
	v := llmUsageView{Task: u.Task.Label(), Outcome: u.Outcome.Label(), Calls: u.Calls, In: u.In, Out: u.Out, Good: u.Outcome == llm.OutcomeOK}
	if priced {
		v.Cost = yuan(u.Cost)
	}
	if u.Typical > 0 {
		v.Typical = strconv.FormatFloat(u.Typical.Seconds(), 'f', 1, 64) + " 秒"
	}
	return v
}

// setLLM takes the rules from the form. What cannot be is named, and the form
// keeps what was typed.
func (s *Server) setLLM(c *fiber.Ctx, v visit) error {
	p, err := s.newLLMPage(c, v)
	if err != nil {
		return err
	}
	typed := func(name string) string { return strings.TrimSpace(c.FormValue(name)) }
	p.Budget, p.Rate, p.Deadline = typed("budget"), typed("rate"), typed("deadline")
	p.Approval, p.Place, p.Operator = typed("approval"), typed("place"), typed("operator")
	r := llm.Rules{On: p.On, Approval: p.Approval, Place: p.Place, Operator: p.Operator}
	// What is no number stays 0 and is named with the bounds.
	r.Budget, _ = strconv.Atoi(p.Budget)
	r.Rate, _ = strconv.Atoi(p.Rate)
	r.Deadline = typedSeconds(p.Deadline)
	if c.Request().PostArgs().Has("patience") {
		p.Patience = typed("patience")
	}
	r.Patience = typedSeconds(p.Patience)
	for i, o := range p.Others {
		field := func(name string) string { return typed(name + "-" + strconv.Itoa(o.Number)) }
		o.Approval, o.Place, o.Operator = field("approval"), field("place"), field("operator")
		p.Others[i] = o
		r.Others = append(r.Others, llm.Record{Endpoint: llm.Place{URL: o.URL, Model: o.Model}, Approval: o.Approval, Place: o.Place, Operator: o.Operator})
	}
	for i, t := range p.Tasks {
		if p.Tasks[i].On = c.FormValue("task-"+string(t.Name)) != ""; !p.Tasks[i].On {
			r.Off = append(r.Off, t.Name)
		}
	}
	return s.afterLLM(c, p, s.o.Assist.Rules.Set(c.UserContext(), v.actor, r), "saved")
}

// typedSeconds reads seconds; what is none, or beyond every bound, is 0.
func typedSeconds(s string) time.Duration {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || !(seconds > 0 && seconds < 2*llm.MaxPatience.Seconds()) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// switchLLM is the switch.
func (s *Server) switchLLM(c *fiber.Ctx, v visit) error {
	p, err := s.newLLMPage(c, v)
	if err != nil {
		return err
	}
	on := c.FormValue("on") == "1"
	return s.afterLLM(c, p, s.o.Assist.Rules.Switch(c.UserContext(), v.actor, on), map[bool]string{true: "on", false: "off"}[on])
}

// afterLLM goes back to the page, or shows it with what was wrong.
func (s *Server) afterLLM(c *fiber.Ctx, p llmPage, err error, said string) error {
	if err == nil {
		return c.Redirect("/llm?said="+said, fiber.StatusSeeOther)
	}
	if errs.KindOf(err) != errs.Invalid {
		return err
	}
	p.Faults = sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "llm", "layout", p)
}
