package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/workday"
)

// Task is what one co-unit has to do for a case (协办任务), by when, and what
// became of it. A co-unit has one at a time; whoever sets another replaces it.
type Task struct {
	Unit    org.UnitID `json:"unit"`
	State   TaskState  `json:"state"`
	Text    string     `json:"text"`
	At      time.Time  `json:"at"`
	Due     time.Time  `json:"due"`
	Accept  time.Time  `json:"accept"` // it is to be accepted by then
	Soon    time.Time  `json:"soon"`   // and reminded of
	Boss    time.Time  `json:"boss"`   // still open then, the supervisors learn of it
	TakenAt time.Time  `json:"taken_at,omitzero"`
	EndedAt time.Time  `json:"ended_at,omitzero"`
	Words   string     `json:"words,omitempty"` // what was done, or why not
	Told    []MarkKind `json:"told,omitempty"`  // what it was reminded of already
}

// TaskState is where a task stands.
type TaskState string

// The states.
const (
	TaskWaits   TaskState = "waits"   // 待签收
	TaskTaken   TaskState = "taken"   // 办理中
	TaskDone    TaskState = "done"    // 已完成
	TaskDropped TaskState = "dropped" // 办不了
	TaskOff     TaskState = "off"     // 不用再办: the case ended without it
)

// Label is the state's name on screen.
func (s TaskState) Label() string {
	return map[TaskState]string{TaskWaits: "待签收", TaskTaken: "办理中", TaskDone: "已完成", TaskDropped: "办不了", TaskOff: "不用再办"}[s]
}

// Open reports whether the co-unit still has to do something.
func (s TaskState) Open() bool { return s == TaskWaits || s == TaskTaken }

// The marks of tasks.
const (
	MarkTaskAccept MarkKind = "task_accept" // 协办任务签收超时
	MarkTaskSoon   MarkKind = "task_soon"   // 协办任务临期
	MarkTask       MarkKind = "task"        // 协办任务超期
	MarkTaskBoss   MarkKind = "task_boss"   // 协办任务超期：报督办员
)

// taskMarks are all of them.
var taskMarks = []MarkKind{MarkTaskAccept, MarkTaskSoon, MarkTask, MarkTaskBoss}

// moment is when a mark of the task is reached; zero: never, as it stands.
func (t Task) moment(k MarkKind) time.Time {
	switch {
	case !t.State.Open() || slices.Contains(t.Told, k):
	case k == MarkTaskAccept && t.State == TaskWaits:
		return t.Accept
	case k == MarkTaskSoon:
		return t.Soon
	case k == MarkTask:
		return t.Due
	case k == MarkTaskBoss:
		return t.Boss
	}
	return time.Time{}
}

// TaskOf gives the task of a co-unit; false when it has none.
func (c Case) TaskOf(u org.UnitID) (Task, bool) {
	i := slices.IndexFunc(c.Tasks, func(t Task) bool { return t.Unit == u })
	if i < 0 {
		return Task{}, false
	}
	return c.Tasks[i], true
}

// OpenTasks are the tasks that are still to be done.
func (c Case) OpenTasks() []Task {
	return slices.DeleteFunc(slices.Clone(c.Tasks), func(t Task) bool { return !t.State.Open() })
}

// Undone are the tasks that the answer does not have: open ones, and those that
// the co-unit cannot do.
func (c Case) Undone() []Task {
	return slices.DeleteFunc(slices.Clone(c.Tasks), func(t Task) bool { return !t.State.Open() && t.State != TaskDropped })
}

func (t Task) owes() org.UnitID { return t.Unit }

// owed is what a unit has to give, and the moments at which it is reminded of it.
type owed interface {
	owes() org.UnitID
	moment(k MarkKind) time.Time // zero: never, as it stands
}

// unitsDue gives the units that have reached a mark of what they owe by a time.
func unitsDue[O owed](all []O, k MarkKind, at time.Time) []org.UnitID {
	var out []org.UnitID
	for _, o := range all {
		if m := o.moment(k); !m.IsZero() && !m.After(at) {
			out = append(out, o.owes())
		}
	}
	return out
}

// marksOwed are the moments at which something of what is owed is due; of those of
// several units at one moment one.
func marksOwed[O owed](all []O, kinds []MarkKind) []Mark {
	var out []Mark
	for _, o := range all {
		for _, k := range kinds {
			if m := (Mark{k, o.moment(k)}); !m.At.IsZero() && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// tasked: a co-unit has something to do.
var tasked = unless("task.none", func(c Case, _ time.Time) bool { return len(c.Tasks) == 0 })

// taskAllows answers whether a co-unit may make a move on its own task.
func (c Case) taskAllows(m Move, u org.UnitID) error {
	from := map[Move][]TaskState{TakeTask: {TaskWaits}, DoneTask: {TaskWaits, TaskTaken}, DropTask: {TaskWaits, TaskTaken}}[m]
	if from == nil {
		return nil
	}
	t, ok := c.TaskOf(u)
	switch {
	case !ok:
		return errs.New(errs.Conflict, "task.none")
	case !slices.Contains(from, t.State):
		return errs.New(errs.Conflict, "task.state", t.State.Label(), m.Label())
	}
	return nil
}

// tasked is what happens to tasks. A case that goes to another unit, or ends,
// asks nobody for anything more; what was done is kept.
func (c Case) tasked(e Event) Case {
	if len(c.Tasks) == 0 && e.Move != SetTask {
		return c
	}
	tasks, u := slices.Clone(c.Tasks), org.UnitID(e.Reason)
	i := slices.IndexFunc(tasks, func(t Task) bool { return t.Unit == u })
	switch e.Move {
	case File, Redirect:
		tasks = nil
	case Revise:
		gone := strings.Fields(e.Reason)
		tasks = slices.DeleteFunc(tasks, func(t Task) bool { return slices.Contains(gone, string(t.Unit)) })
	case SetTask:
		t := Task{
			Unit: u, State: TaskWaits, Text: e.Text, At: e.At.UTC(), Due: e.Due.Task, Accept: e.Due.TaskAccept, Soon: e.Due.TaskSoon, Boss: e.Due.TaskBoss,
		}
		if i < 0 {
			tasks = append(tasks, t)
		} else {
			tasks[i] = t
		}
		c.Parts = slices.DeleteFunc(slices.Clone(c.Parts), func(p org.UnitID) bool { return p == u })
		if len(c.Parts) == 0 {
			c.Parts = nil
		}
	case TakeTask, DoneTask, DropTask:
		if i >= 0 {
			tasks[i] = tasks[i].after(e)
		}
		if e.Move != TakeTask && !slices.Contains(c.Parts, u) {
			c.Parts = append(slices.Clone(c.Parts), u)
		}
	case Remind, Late:
		k := MarkKind(e.Reason)
		due := unitsDue(c.Tasks, k, e.At)
		for i := range tasks {
			if slices.Contains(due, tasks[i].Unit) {
				tasks[i].Told = append(slices.Clone(tasks[i].Told), k)
			}
		}
	}
	for i := range tasks {
		if !e.To.Open() && tasks[i].State.Open() {
			tasks[i].State, tasks[i].EndedAt = TaskOff, e.At.UTC()
		}
	}
	if c.Tasks = tasks; len(tasks) == 0 {
		c.Tasks = nil
	}
	return c
}

func (t Task) after(e Event) Task {
	switch e.Move {
	case TakeTask:
		t.State, t.TakenAt = TaskTaken, e.At.UTC()
	case DoneTask:
		t.State, t.EndedAt, t.Words = TaskDone, e.At.UTC(), e.Text
	case DropTask:
		t.State, t.EndedAt, t.Words = TaskDropped, e.At.UTC(), e.Text
	}
	return t
}

// noMore gives the units that have a task and are no co-units any more.
func (c Case) noMore(co []org.UnitID) []string {
	var out []string
	for _, t := range c.Tasks {
		if !slices.Contains(co, t.Unit) {
			out = append(out, string(t.Unit))
		}
	}
	return out
}

// timed gives the clocks of a task that is set at a time: until, or else the
// rules' share of what the unit that answers for the case has left. Who is late
// already asks for the next working day.
func (p *Planner) timed(d Due, c Case, s Subject, at, until time.Time) Due {
	rules := p.rules.Current()
	end := c.leadEnd()
	switch {
	case !until.IsZero():
	case end.After(at):
		until = at.Add(part(rules.TaskShare, end.Sub(at)))
	default:
		until = p.cal.Add(at, workday.Span{N: 1, Unit: workday.WorkingDays})
	}
	accept := p.cal.Add(at, rules.Terms(s).Accept)
	if accept.After(until) {
		accept = until
	}
	d.Task, d.TaskAccept, d.TaskSoon = until, accept, at.Add(part(rules.Soon, until.Sub(at)))
	d.TaskBoss = p.cal.Add(until, rules.steps(s).Late[1])
	return d.stored()
}

// leadEnd is when the time of the unit that answers for the case is over: its
// own, or before it has accepted the citizen's.
func (c Case) leadEnd() time.Time {
	if !c.Due.Unit.IsZero() {
		return c.Due.Unit
	}
	return c.Due.Citizen
}

// taskAddresses are who learns of a mark of tasks or shares: the units, of what is
// late who waits for it, and later the supervisors.
func (c Case) taskAddresses(k MarkKind, units []org.UnitID) []Address {
	if k == MarkTaskBoss || k == MarkShareBoss {
		return []Address{{Level: ToSupervisor, Unit: c.Unit}}
	}
	level := ToHead
	if k == MarkTaskSoon || k == MarkShareSoon {
		level = ToHandler
	}
	waits := Address{Level: ToHandler}
	waits.Unit, waits.Account = c.works()
	var out []Address
	for _, u := range units {
		a := Address{Level: level, Unit: u}
		if u == c.Unit && level == ToHandler {
			a = waits
		}
		out = append(out, a)
	}
	if k == MarkTask || k == MarkShare {
		out = append(out, waits)
	}
	return out
}

// SetTask gives a co-unit something to do by a time (zero: the rules' share of
// what is left), in place of what it had before. seen is the version on the
// screen; an errs.List names each faulty field.
func (s *Cases) SetTask(ctx context.Context, actor org.Actor, c CaseID, seen int, unit org.UnitID, text string, until time.Time) error {
	d, err := s.toMove(ctx, actor, c, seen, SetTask)
	if err != nil {
		return err
	}
	now := s.now()
	var f faultsOf
	if !slices.Contains(d.CoUnits, unit) {
		f.bad("unit", "task.co")
	}
	f.text(&text, "text", "要办什么", MaxTextRunes, true)
	if end := d.leadEnd(); !until.IsZero() && (!until.After(now) || end.After(now) && until.After(end)) {
		f.bad("until", "task.until")
	}
	if err := f.OrNil(); err != nil {
		return err
	}
	e := Event{At: now, By: actor.Account, Move: SetTask, Reason: string(unit), Text: text}
	_, err = s.store.Move(ctx, c, seen, func(c Case, subject Subject) (Step, error) {
		return s.planner.Plan(c, subject, e, until)
	})
	return err
}

// unwaited refuses an answer that leaves tasks of co-units out without a word on
// why they are not waited for.
func (d Docket) unwaited(cmd Command) error {
	if n := len(d.Undone()); n > 0 && cmd.Text == "" && (cmd.Move == Propose || cmd.Move == Submit) {
		return errs.New(errs.Invalid, "task.undone", n).In("text")
	}
	return nil
}
