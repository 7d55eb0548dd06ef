package casework

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"huying/classifier"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/workday"
)

// Planner makes the events that follow from decisions, returns and the clock.
// It holds no storage: whoever stores a decision asks it in the same
// transaction. It is safe for concurrent use.
type Planner struct {
	cal    Calendar
	rules  RuleSource
	limits Limits
}

// Limits are what a city sets, in working days.
type Limits struct {
	Pause  int // how long the clocks stand at most while the citizen is waited for; 0: 5
	Object int // how long after the closing the citizen may object; 0: 5
}

// NewPlanner makes a Planner on a calendar, with the usual limits and rules.
func NewPlanner(cal Calendar) *Planner {
	return (&Planner{cal: cal, rules: shipped{}}).With(Limits{})
}

// With gives the same Planner with a city's own limits.
func (p *Planner) With(l Limits) *Planner {
	return &Planner{cal: p.cal, rules: p.rules, limits: Limits{Pause: cmp.Or(l.Pause, 5), Object: cmp.Or(l.Object, 5)}}
}

// Under gives the same Planner under the rules of a source.
func (p *Planner) Under(rules RuleSource) *Planner {
	return &Planner{cal: p.cal, rules: rules, limits: p.limits}
}

// Rules are the rules as they are.
func (p *Planner) Rules() DeadlineRules { return p.rules.Current() }

// Marks are Case.Marks under the rules that gave the case its time.
func (p *Planner) Marks(c Case, s Subject) []Mark {
	return c.Marks(s, p.cal, p.rules.At(c.Due.Rules))
}

// Step is one event with what follows from it, to be stored together.
type Step struct {
	Event  Event
	Case   Case               // as it stands afterwards
	Marks  []Mark             // what is due from now on; those already reached once are not reached again
	Return *classifier.Return // the classifier's event, of a Return by the unit itself
	Tells  NotificationKind   // what the citizen is told; empty: nothing
	Silent bool               // another step of the same kind tells the staff
	Tasked []org.UnitID       // units whose tasks or shares a mark is about
}

// Plan makes the step of a move. e gives who, when, and what was said;
// ordinal, states, unit and clocks are filled in from c, the case as it
// stands. until is the day of a promise or of an order. It fails when the case does not allow
// the move.
func (p *Planner) Plan(c Case, s Subject, e Event, until time.Time) (Step, error) {
	if err := p.Allowed(c, e.Move, e.At); err != nil {
		return Step{}, err
	}
	if err := c.taskAllows(e.Move, org.UnitID(e.Reason)); err != nil {
		return Step{}, err
	}
	rule, _ := RuleOf(e.Move)
	e.At = e.At.UTC().Truncate(time.Microsecond)
	e.Case, e.Ordinal, e.From, e.To = c.ID, c.Last+1, c.State, rule.To
	if e.Move == File && c.ID == "" {
		e.Case, e.Ordinal = id.New[CaseID](), 0
	}
	if e.To == "" {
		e.To = c.State
	}
	if e.Unit == "" {
		e.Unit, e.Decision = c.Unit, c.Decision
	}
	switch e.Move {
	case Extend:
		e.Days = c.Asked
	case Pause:
		e.Days = p.limits.Pause
	}
	e.Due = p.clocks(c.Due, rule.Clocks, s, e.At, e.Days, until)
	switch e.Move {
	case HandDown:
		if e.Due.Hand = until.UTC().Truncate(time.Microsecond); until.IsZero() {
			e.Due.Hand = c.handEnd()
		}
	case SetTask:
		e.Due = p.timed(e.Due, c, s, e.At, until)
	case Merge:
		e.Due.MergedAt = e.At
	case Unmerge:
		e.Due.MergedAt = time.Time{}
	case Link:
		e.Due.Outside = until.UTC().Truncate(time.Microsecond)
	case GiveGroup:
		e.Due.Group = until.UTC().Truncate(time.Microsecond)
	case Order, Instruct:
		e.Due.Order = until.UTC().Truncate(time.Microsecond)
	case Supervise, Insist:
		e.Due.Order = p.cal.Add(e.At, superviseSpan).UTC()
	case Propose, Approve:
		e.Due.AnsweredAt = e.At
	case SendBack:
		e.Due.AnsweredAt = time.Time{}
	case Try:
		e.Due.TriedAt = e.At
	case Close, LetGo:
		e.Due.ClosedAt = e.At
		e.Due.Object = p.cal.Add(e.At, workday.Span{N: p.limits.Object, Unit: workday.WorkingDays}).UTC()
	}
	switch e.Move {
	case Revisit, Reopen, Object, Uphold, Again, Supervise, Insist:
		e.Due.ClosedAt, e.Due.Promise, e.Due.Object = time.Time{}, time.Time{}, time.Time{}
		e.Due.ReopenedAt = e.At
	}
	if (e.Move == Propose || e.Move == Submit) && e.Due.hurried() {
		e.Due.ActedAt = e.At // the answer says what was done
	}
	about := append(unitsDue(c.Tasks, MarkKind(e.Reason), e.At), unitsDue(c.Shares.Agreed, MarkKind(e.Reason), e.At)...)
	after := c.After(e)
	if after.Fruitless >= MaxFruitless && after.Due.Blamed.IsZero() {
		e.Due.Blamed = e.At
		after = c.After(e)
	}
	return Step{Event: e, Case: after, Marks: p.Marks(after, s), Tells: rule.Tells, Tasked: about}, nil
}

// Follow makes the step that follows from an effective decision on the matter
// of a case (the zero Case: none was filed). Without a step, nothing follows:
// a decision on a closed or merged case changes what is learned, not the case.
func (p *Planner) Follow(c Case, s Subject, d classifier.Decision) (Step, bool, error) {
	e := Event{At: d.At, By: d.By, Unit: d.Lead, Decision: d.ID}
	filed := c.State.Open()
	switch {
	case d.Category == "" && filed:
		e.Move, e.Unit, e.Decision = Recall, c.Unit, c.Decision
		e.Text = d.Reason
	case d.Category == "" || c.State == Closed || c.State == Merged:
		return Step{}, false, nil
	case !filed:
		e.Move, e.Reason = File, string(c.First)
	case d.Lead == c.Unit && c.State != Returned:
		e.Move = Revise
		said := c.noMore(d.Co)
		if !c.Shares.among(d.Lead, d.Co) {
			said = append(said, reasonUnits)
		}
		e.Reason = strings.Join(said, " ")
	default:
		e.Move, e.Text = Redirect, d.Reason
		if d.Lead == c.Unit && (d.Ruling != nil || d.Appointed) { // the unit has acted all the while, and goes on
			e.Move = Keep
		}
		if d.Appointed {
			e.Reason = reasonAppointed
		}
	}
	step, err := p.Plan(c, s, e, time.Time{})
	return step, err == nil, err
}

// GivenBack makes the step that follows from a return that was noted at the
// desk. A return by a co-unit, or of a case that is beyond that, moves nothing.
func (p *Planner) GivenBack(c Case, s Subject, r classifier.Return) (Step, bool, error) {
	if r.From != c.Unit || c.State != Waiting && c.State != Handling || firstReturn(c, p.Rules(), r.At) != nil {
		return Step{}, false, nil
	}
	at := c
	at.Due.Return = r.At // the desk notes what has happened, in time or not
	step, err := p.Plan(at, s, returnEvent(r), time.Time{})
	step.Event.Due.Return, step.Case.Due.Return = c.Due.Return, c.Due.Return
	return step, err == nil, err
}

func returnEvent(r classifier.Return) Event {
	return Event{At: r.At, By: r.By, Move: Return, Reason: string(r.Reason), Text: r.Clause}
}

// Strike makes the step of a mark that was reached; false when it means
// nothing to the case any more.
func (p *Planner) Strike(c Case, s Subject, m Mark, now time.Time) (Step, bool) {
	done := slices.Contains(taskMarks, m.Kind) && len(unitsDue(c.Tasks, m.Kind, now)) == 0 ||
		slices.Contains(shareMarks, m.Kind) && len(unitsDue(c.Shares.Agreed, m.Kind, now)) == 0
	if done { // by now, or told already
		return Step{}, false
	}
	step, err := p.Plan(c, s, Event{At: now, Move: m.Kind.move(), Reason: string(m.Kind)}, time.Time{})
	return step, err == nil
}
