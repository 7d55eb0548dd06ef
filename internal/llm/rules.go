package llm

import (
	"cmp"
	"context"
	"slices"
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
	Patience time.Duration // the same for tasks that write

	// What an outside model must have on record before it is switched on.
	Approval string   // its registration number
	Place    string   // where it runs
	Operator string   // who runs it
	Others   []Record // the same of endpoints that single tasks are asked at

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
	MaxPatience = time.Minute
	maxRecord   = 200 // characters of approval, place and operator
)

// Place is where a model is asked.
type Place struct{ URL, Model string }

// Record is what an endpoint beside the main one has on record.
type Record struct {
	Endpoint Place
	Approval string
	Place    string
	Operator string
}

func (r Record) complete() bool { return r.Approval != "" && r.Place != "" && r.Operator != "" }

// recorded reports whether an endpoint beside the main one may be asked.
func (r Rules) recorded(at Place) bool {
	return slices.ContainsFunc(r.Others, func(o Record) bool { return o.Endpoint == at && o.complete() })
}

// within is how long a task's answer is waited for.
func (r Rules) within(t Task) time.Duration {
	if t.Writes() {
		return max(r.Patience, r.Deadline)
	}
	return r.Deadline
}

// DefaultRules are proposed on the page: some 2,000 messages a day, of which
// each takes about 2,000 tokens for all tasks.
func DefaultRules() Rules {
	return Rules{Budget: 4_000_000, Rate: 120, Deadline: 5 * time.Second, Patience: 30 * time.Second}
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
	bad(r.Patience >= MinDeadline && r.Patience <= MaxPatience, "patience", "起草最多等几秒", MinDeadline.Seconds(), MaxPatience.Seconds())
	type typed struct {
		field, name, value string
		needed             bool
	}
	fields := []typed{{"approval", "备案号", r.Approval, r.On}, {"place", "运行地点", r.Place, r.On}, {"operator", "服务单位", r.Operator, r.On}}
	for _, o := range r.Others {
		// One that is begun must be finished; one that is empty is not asked.
		begun := o.Approval != "" || o.Place != "" || o.Operator != ""
		fields = append(fields, typed{"approval", o.Endpoint.Model + " 的备案号", o.Approval, begun},
			typed{"place", o.Endpoint.Model + " 的运行地点", o.Place, begun}, typed{"operator", o.Endpoint.Model + " 的服务单位", o.Operator, begun})
	}
	for _, f := range fields {
		switch {
		case f.needed && f.value == "":
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
	Cost    float64       // yuan, by today's prices; only in a Standing
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
	store  ControlStore
	main   EndpointOptions
	others map[Task]EndpointOptions
	now    func() time.Time
}

// NewControl makes a Control for the endpoints that a Client asks.
func NewControl(store ControlStore, main EndpointOptions, others map[Task]EndpointOptions, now func() time.Time) *Control {
	return &Control{store: store, main: main, others: others, now: now}
}

// Standing is the endpoint as it stands.
type Standing struct {
	Rules  Rules
	URL    string
	Model  string
	Others []Record         // endpoints beside it, with what is on record of each
	At     map[Task]Place   // where a task is asked that is not asked at the main one
	Usage  []Usage          // today's
	Tokens int              // of them
	Cost   float64          // yuan; 0 while no price is set
	Priced bool             // a price is set
	Costs  map[Task]float64 // by task
}

// Standing gives rules and today's calls to administrators.
func (c *Control) Standing(ctx context.Context, actor org.Actor) (Standing, error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return Standing{}, err
	}
	s := Standing{URL: c.main.URL, Model: c.main.Model, At: map[Task]Place{}, Costs: map[Task]float64{}}
	var err error
	if s.Rules, err = c.store.Rules(ctx); err != nil {
		return s, err
	}
	if s.Rules.At.IsZero() {
		s.Rules = DefaultRules()
	}
	s.Others = c.beside(s.Rules)
	for t, e := range c.others {
		if e.Place() != c.main.Place() {
			s.At[t] = e.Place()
		}
	}
	s.Usage, err = c.store.Usage(ctx, dayOf(c.now()))
	for i, u := range s.Usage {
		price := c.main.Price
		if e, ok := c.others[u.Task]; ok {
			price = e.Price
		}
		s.Usage[i].Cost = price.of(u.In, u.Out)
		s.Tokens += u.In + u.Out
		s.Cost += s.Usage[i].Cost
		s.Costs[u.Task] += s.Usage[i].Cost
		s.Priced = s.Priced || price != Price{}
	}
	return s, err
}

// beside gives the endpoints beside the main one, each once, with what the
// rules have on record of them.
func (c *Control) beside(r Rules) []Record {
	var out []Record
	for _, e := range c.others {
		at := e.Place()
		if at == c.main.Place() || slices.ContainsFunc(out, func(o Record) bool { return o.Endpoint == at }) {
			continue
		}
		record := Record{Endpoint: at}
		if i := slices.IndexFunc(r.Others, func(o Record) bool { return o.Endpoint == at }); i >= 0 {
			record = r.Others[i]
		}
		out = append(out, record)
	}
	slices.SortFunc(out, func(a, b Record) int {
		return cmp.Or(strings.Compare(a.Endpoint.URL, b.Endpoint.URL), strings.Compare(a.Endpoint.Model, b.Endpoint.Model))
	})
	return out
}

// Set replaces the rules. It takes effect at once in all processes, also for
// what is being asked. An errs.List names each field that cannot be.
func (c *Control) Set(ctx context.Context, actor org.Actor, r Rules) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	r.Approval, r.Place, r.Operator = strings.TrimSpace(r.Approval), strings.TrimSpace(r.Place), strings.TrimSpace(r.Operator)
	for i, o := range r.Others {
		o.Approval, o.Place, o.Operator = strings.TrimSpace(o.Approval), strings.TrimSpace(o.Place), strings.TrimSpace(o.Operator)
		r.Others[i] = o
	}
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
