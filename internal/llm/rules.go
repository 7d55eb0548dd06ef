package llm

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"huying/internal/errs"
	"huying/internal/org"
)

// Rules are what an administrator allows. The zero Rules allow nothing.
type Rules struct {
	On       bool
	Off      []Task        // tasks that are switched off
	Budget   int           // tokens a day
	Rate     int           // calls a minute
	Deadline time.Duration // after which an answer is of no use

	// What an outside model must have on record before it is switched on.
	Approval string // its registration number
	Place    string // where it runs
	Operator string // who runs it

	At time.Time // when they were set; zero: never
	By string    // name of who set them
}

// Bounds of what can be set. A deadline over 10 s would come when the agent has
// long decided, and under the time of a request.
const (
	MaxBudget   = 1_000_000_000
	MaxRate     = 10_000
	MinDeadline = time.Second
	MaxDeadline = 10 * time.Second
	maxRecord   = 200 // characters of approval, place and operator
)

// DefaultRules are proposed on the page: some 2,000 messages a day, of which
// each takes about 2,000 tokens for all tasks.
func DefaultRules() Rules {
	return Rules{Budget: 4_000_000, Rate: 120, Deadline: 5 * time.Second}
}

// Allows reports whether a task may be asked.
func (r Rules) Allows(t Task) bool {
	if !r.On {
		return false
	}
	for _, off := range r.Off {
		if off == t {
			return false
		}
	}
	return true
}

// check names each field that cannot be.
func (r Rules) check() error {
	var list errs.List
	bad := func(ok bool, field, name string, from, to any) {
		if !ok {
			list = append(list, errs.New(errs.Invalid, "llm.bounds", name, from, to).In(field))
		}
	}
	bad(r.Budget >= 1 && r.Budget <= MaxBudget, "budget", "每天的额度", 1, MaxBudget)
	bad(r.Rate >= 1 && r.Rate <= MaxRate, "rate", "每分钟次数", 1, MaxRate)
	bad(r.Deadline >= MinDeadline && r.Deadline <= MaxDeadline, "deadline", "最多等几秒", MinDeadline.Seconds(), MaxDeadline.Seconds())
	for _, f := range []struct{ field, name, value string }{
		{"approval", "备案号", r.Approval}, {"place", "运行地点", r.Place}, {"operator", "服务单位", r.Operator},
	} {
		switch {
		case r.On && f.value == "":
			list = append(list, errs.New(errs.Invalid, "field.required", f.name).In(f.field))
		case utf8.RuneCountInString(f.value) > maxRecord:
			list = append(list, errs.New(errs.Invalid, "field.too_long", f.name, maxRecord).In(f.field))
		}
	}
	if len(list) > 0 {
		return list
	}
	return nil
}

// Usage is how many calls of a task ended in one way since the day began.
type Usage struct {
	Task    Task
	Outcome Outcome
	Calls   int
	In, Out int           // tokens
	Typical time.Duration // median latency
}

// ControlStore keeps what Control sets.
type ControlStore interface {
	Rules(ctx context.Context) (Rules, error)
	// SetRules replaces the rules, with the audit line.
	SetRules(ctx context.Context, r Rules, line org.Audit) error
	// Usage gives the calls since a time.
	Usage(ctx context.Context, since time.Time) ([]Usage, error)
}

// Control is where an administrator sets the rules.
type Control struct {
	store ControlStore
	model string
	host  string
	now   func() time.Time
}

// NewControl makes a Control for an endpoint.
func NewControl(store ControlStore, e EndpointOptions, now func() time.Time) *Control {
	return &Control{store: store, model: e.Model, host: e.URL, now: now}
}

// Standing is the endpoint as it stands.
type Standing struct {
	Rules  Rules
	URL    string
	Model  string
	Usage  []Usage // today's
	Tokens int     // of them
}

// Standing gives rules and today's calls to administrators.
func (c *Control) Standing(ctx context.Context, actor org.Actor) (Standing, error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return Standing{}, err
	}
	s := Standing{URL: c.host, Model: c.model}
	var err error
	if s.Rules, err = c.store.Rules(ctx); err != nil {
		return s, err
	}
	if s.Rules.At.IsZero() {
		s.Rules = DefaultRules()
	}
	s.Usage, err = c.store.Usage(ctx, dayOf(c.now()))
	for _, u := range s.Usage {
		s.Tokens += u.In + u.Out
	}
	return s, err
}

// Set replaces the rules. It takes effect at once in all processes, also for
// what is being asked. An errs.List names each field that cannot be.
func (c *Control) Set(ctx context.Context, actor org.Actor, r Rules) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	r.Approval, r.Place, r.Operator = strings.TrimSpace(r.Approval), strings.TrimSpace(r.Place), strings.TrimSpace(r.Operator)
	if err := r.check(); err != nil {
		return err
	}
	r.At = c.now()
	detail := "大模型关闭"
	if r.On {
		detail = "大模型开启"
	}
	return c.store.SetRules(ctx, r, org.Audit{At: r.At, Actor: actor.Account, Action: "set_llm", Object: "llm", Detail: detail})
}

// Switch turns the model on or off and leaves the other rules as they are.
func (c *Control) Switch(ctx context.Context, actor org.Actor, on bool) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	r, err := c.store.Rules(ctx)
	if err != nil {
		return err
	}
	if r.At.IsZero() {
		r = DefaultRules()
	}
	r.On = on
	return c.Set(ctx, actor, r)
}
