// Package llm asks a language model behind an OpenAI-compatible endpoint, and
// stands guard over what goes out and what comes back.
//
// From the bottom up: a veil takes phones, numbers, plates and names out of a
// question and puts them back into its answer; an endpoint sends one question
// and refuses an answer that is not what the schema says; Client stands before
// it with the rules that an administrator set (Rules: kill switch, tasks,
// budget of tokens a day, calls a minute, deadline), with a breaker and with
// the answers given before. Every question is a row in the store, never its
// words. On top, a Writer asks for texts whose every sentence names the sources
// it rests on, and looks whether it does.
//
// A model is told that the texts it reads are data. That does not bind it: what
// it may do is bound by what its answer can say. A stage asks for the number of
// a candidate, a piece of the text, a yes or no; it never takes a name, a unit
// or a fact from an answer.
//
// What we doubt: whether names can be found well enough for a model outside the
// house. Conceal takes out too much rather than too little, and the page says
// what a model has to be registered for before it is switched on.
package llm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/sony/gobreaker/v2"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/text"
)

// Task is what a model is asked to do.
type Task string

// The tasks.
const (
	Rank    Task = "rank"    // put the candidates of a suggestion in order
	Extract Task = "extract" // find the facts of a message
	Check   Task = "check"   // say whether an entry answers a question
	Ask     Task = "ask"     // the same of a citizen's ask, before the answer is given
	Draft   Task = "draft"   // draft the reply to a case
	Merge   Task = "merge"   // make one answer of several replies
	Clash   Task = "clash"   // say where two replies contradict each other
	Example Task = "example" // propose examples and a clause for a leaf
	Report  Task = "report"  // put a page's figures into words
)

// Tasks lists them in the order in which they are shown.
func Tasks() []Task {
	return []Task{Rank, Extract, Check, Ask, Draft, Merge, Clash, Example, Report}
}

// Writes reports whether somebody asked for a text and waits for it: such an
// answer is longer, and may take Rules.Patience instead of Rules.Deadline.
func (t Task) Writes() bool {
	switch t {
	case Draft, Merge, Clash, Example, Report:
		return true
	}
	return false
}

// Label is the task's name on screen.
func (t Task) Label() string {
	switch t {
	case Rank:
		return "给候选事项排序"
	case Extract:
		return "摘出要点"
	case Check:
		return "核对即时答复"
	case Ask:
		return "核对网上自助问答的答复"
	case Draft:
		return "起草工单答复"
	case Merge:
		return "合并多份答复"
	case Clash:
		return "指出答复互相矛盾的句子"
	case Example:
		return "给事项拟例子和区分条款"
	case Report:
		return "把统计数字写成文字"
	}
	return string(t)
}

// Sends says in words what leaves for the task.
func (t Task) Sends() string {
	switch t {
	case Rank:
		return "隐去个人信息后的诉求文字；候选事项的名称、说明、区分条款和追问"
	case Extract:
		return "隐去个人信息后的诉求文字"
	case Check:
		return "隐去个人信息后的诉求文字；即时答复的问题、答复、适用条件和不包括的情形"
	case Ask:
		return "市民在网上问的话，隐去个人信息；拟给出的答复的问题、答复、适用条件和不包括的情形"
	case Draft:
		return "隐去个人信息后的诉求文字；承办单位写的办理情况、下级上报和协办单位的意见；本事项的答复模板、最相近的知识条目、相近已办工单的答复"
	case Merge:
		return "来电人问的话和各份答复，隐去个人信息"
	case Clash:
		return "两份互相矛盾的答复，隐去个人信息"
	case Example:
		return "事项和最常与它混淆的事项的名称、说明、例子；人改判到本类的原话，隐去个人信息"
	case Report:
		return "统计页上的数字和各行的名称，不含人员姓名"
	}
	return ""
}

// Question is one thing to ask.
type Question struct {
	Task   Task
	Prompt string // version of System, Schema and Input's form; change it with any of them
	System string // what to do, constant
	Schema Schema // of the answer
	Input  any    // becomes JSON; every string in it is concealed
	Tokens int    // the longest answer
}

// Store keeps rules, calls and answers.
type Store interface {
	// Rules gives what an administrator allows; nothing, while none has.
	Rules(ctx context.Context) (Rules, error)
	// Reserve notes a call that begins, unless it would go beyond the budget of
	// the day that began at since, or beyond the rate: then it is noted with
	// OutcomeBudget or OutcomeRate, which comes back. Calls in other processes
	// count.
	Reserve(ctx context.Context, c Call, since time.Time, r Rules) (Outcome, error)
	// Finish notes how a call ended.
	Finish(ctx context.Context, c Call) error
	// Answer gives what was answered before to the same question, or
	// errs.NotFound.
	Answer(ctx context.Context, key [32]byte) ([]byte, error)
	// Keep stores an answer under its question's key and forgets those older
	// than before.
	Keep(ctx context.Context, key [32]byte, answer []byte, at, before time.Time) error
}

// Options make a Client.
type Options struct {
	Endpoint EndpointOptions
	Others   map[Task]EndpointOptions // tasks that another endpoint is asked for
	Record   string                   // a folder where every exchange is kept, as it went out; empty: none is
	Replay   string                   // a folder of such exchanges that answers instead of any endpoint; empty: none
	Store    Store
	Conceal  func(t string, known ...string) []text.Concealed
	Now      func() time.Time
	Failures uint32        // in a row after which the endpoint is left alone; 0: 5
	Pause    time.Duration // for how long; 0: 30 s
}

// maxInput is the longest question in characters: a letter at its longest is
// clipped to a quarter of it, candidates and entries need the rest.
const maxInput = 12_000

// remembered is how long an answer is given again without asking.
const remembered = 30 * 24 * time.Hour

// settleWithin is how long noting the end of a call may take after the caller
// has gone.
const settleWithin = 3 * time.Second

// Client asks a model. It is safe for concurrent use.
type Client struct {
	o      Options
	main   *line
	others map[Task]*line
}

// asker sends one question and gives the answer's words, not yet checked.
type asker interface {
	ask(ctx context.Context, q Question, body []byte) (reply, error)
}

// line leads to one endpoint, with its own breaker: that one model is down is
// no reason to leave another alone.
type line struct {
	asker
	o       EndpointOptions
	breaker *gobreaker.CircuitBreaker[reply]
}

// New makes a Client; it sends nothing yet. Impossible options are
// errs.Invalid.
func New(o Options) (*Client, error) {
	if o.Failures == 0 {
		o.Failures = 5
	}
	if o.Pause == 0 {
		o.Pause = 30 * time.Second
	}
	c := &Client{o: o, others: map[Task]*line{}}
	var err error
	if c.main, err = c.newLine(o.Endpoint); err != nil {
		return nil, err
	}
	made := map[Place]*line{o.Endpoint.Place(): c.main}
	for task, e := range o.Others {
		l := made[e.Place()]
		if l == nil {
			if l, err = c.newLine(e); err != nil {
				return nil, err
			}
			made[e.Place()] = l
		}
		c.others[task] = l
	}
	return c, nil
}

func (c *Client) newLine(e EndpointOptions) (*line, error) {
	l := &line{o: e}
	if c.o.Replay != "" {
		l.asker = replayer{c.o.Replay, e.Model}
	} else {
		sends, err := newEndpoint(e)
		if err != nil {
			return nil, err
		}
		l.asker = sends
	}
	if c.o.Record != "" {
		l.asker = recorder{l.asker, c.o.Record, e.Model}
	}
	l.breaker = gobreaker.NewCircuitBreaker[reply](gobreaker.Settings{
		Name:        "llm",
		Timeout:     c.o.Pause,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= c.o.Failures },
		// A refused answer is one: the endpoint is not down.
		IsSuccessful: func(err error) bool { return err == nil || outcomeOf(err) == OutcomeRefused },
		// A question that was given up says nothing of the endpoint.
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
	})
	return l, nil
}

// lineOf is where a task's questions go.
func (c *Client) lineOf(t Task) *line {
	if l, ok := c.others[t]; ok {
		return l
	}
	return c.main
}

// allows reports whether the rules let a task be asked, where it is asked: an
// endpoint beside the main one must be on record too.
func (c *Client) allows(r Rules, t Task) bool {
	l := c.lineOf(t)
	return r.Allows(t) && (l.o.Place() == c.main.o.Place() || r.recorded(l.o.Place()))
}

// Allows reports whether a task may be asked now.
func (c *Client) Allows(ctx context.Context, t Task) (bool, error) {
	r, err := c.o.Store.Rules(ctx)
	return err == nil && c.allows(r, t), err
}

// On reports whether anything may be asked now.
func (c *Client) On(ctx context.Context) (bool, error) {
	r, err := c.o.Store.Rules(ctx)
	return r.On, err
}

// Ask puts a question and decodes the answer into out, a pointer to a struct;
// placeholders in it are replaced by what they stood for. check (may be nil)
// sees out before it counts. errs.Unavailable: "llm.off", "llm.budget",
// "llm.rate", "llm.late", "llm.down", "llm.paused", or "llm.refused" for an
// answer that is not valid by the schema or not right by check; out is then of
// no use.
func (c *Client) Ask(ctx context.Context, q Question, out any, check func() error) error {
	rules, err := c.o.Store.Rules(ctx)
	if err != nil {
		return err
	}
	if !c.allows(rules, q.Task) {
		return errs.New(errs.Unavailable, "llm.off")
	}
	ctx, cancel := context.WithTimeout(ctx, rules.within(q.Task))
	defer cancel()
	v := newVeil(c.o.Conceal)
	body, err := v.hide(q.Input)
	if err != nil {
		return err
	}
	if utf8.RuneCount(body) > maxInput {
		return errs.New(errs.Unavailable, "llm.too_long")
	}
	l := c.lineOf(q.Task)
	key := q.key(l.o.Model, body)
	call := Call{ID: id.New[CallID](), At: c.o.Now(), Task: q.Task, Prompt: q.Prompt, Model: l.o.Model}
	if answer, err := c.o.Store.Answer(ctx, key); err == nil && q.decode(answer, v, out, check) == nil {
		call.Outcome = OutcomeCached
		return c.finish(ctx, call)
	}
	call.Reserved = utf8.RuneCountInString(q.System) + utf8.RuneCount(body) + q.Tokens
	held, err := c.o.Store.Reserve(ctx, call, dayOf(call.At), rules)
	switch {
	case err != nil:
		return err
	case held != OutcomePending:
		return held.err(nil)
	}
	return c.send(ctx, q, body, v, key, call, out, check)
}

// send asks the endpoint and notes how it went.
func (c *Client) send(ctx context.Context, q Question, body []byte, v *veil, key [32]byte, call Call, out any, check func() error) error {
	l := c.lineOf(q.Task)
	answer, err := l.breaker.Execute(func() (reply, error) {
		r, err := l.ask(ctx, q, body)
		if err == nil {
			if invalid := q.decode(r.content, v, out, check); invalid != nil {
				err = OutcomeRefused.err(invalid)
			}
		}
		return r, err
	})
	call.In, call.Out, call.Latency = answer.in, answer.out, c.o.Now().Sub(call.At)
	call.Outcome = outcomeOf(err)
	if finished := c.finish(ctx, call); finished != nil && err == nil {
		return finished
	}
	if err != nil {
		return call.Outcome.err(err)
	}
	// Switched off while the model was thinking: what it says comes too late.
	rules, err := c.o.Store.Rules(ctx)
	if err != nil {
		return err
	}
	if !c.allows(rules, q.Task) {
		return errs.New(errs.Unavailable, "llm.off")
	}
	now := c.o.Now()
	return c.o.Store.Keep(ctx, key, answer.content, now, now.Add(-remembered))
}

// finish notes a call's end also when whoever asked has gone.
func (c *Client) finish(ctx context.Context, call Call) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	return c.o.Store.Finish(ctx, call)
}

// key names a question: the same text to the same model by the same prompt.
func (q Question) key(model string, body []byte) [32]byte {
	h := sha256.New()
	for _, part := range []string{model, string(q.Task), q.Prompt, string(body)} {
		fmt.Fprintf(h, "%d %s\x00", len(part), part)
	}
	return [32]byte(h.Sum(nil))
}

// decode checks an answer against the schema and everything it does not name,
// puts back what the placeholders stood for, and fills out.
func (q Question) decode(answer []byte, v *veil, out any, check func() error) error {
	if err := q.Schema.check(answer); err != nil {
		return err
	}
	clear, err := v.show(answer)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(clear))
	d.DisallowUnknownFields()
	if err := d.Decode(out); err != nil {
		return err
	}
	if check != nil {
		return check()
	}
	return nil
}
