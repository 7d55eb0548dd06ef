package casework

import (
	"slices"
	"time"

	"huying/internal/workday"
)

// Calendar knows the working days.
type Calendar interface {
	// Add gives the moment that lies a span after from.
	Add(from time.Time, s workday.Span) time.Time
	// Workdays counts the working days after the day of a up to that of b.
	Workdays(a, b time.Time) int
	// Until puts a countdown into words: 还剩 3 小时, 已超期 1 天.
	Until(now, due time.Time) string
}

// Terms are how long a unit has.
type Terms struct {
	Accept workday.Span // until it accepts
	Handle workday.Span // until it is answered
	Leaf   workday.Span // until it is answered, whatever Handle says, if that is earlier; zero: none
}

// ParseLimit reads a time limit as catalogues write it (7 个工作日, 24小时);
// false for any other wording.
func ParseLimit(words string) (workday.Span, bool) { return workday.ParseSpan(words) }

// clocks gives the case's clocks after an effect at a time. days are the
// working days granted, until is what was promised.
func (p *Planner) clocks(d Due, effect Effect, s Subject, at time.Time, days int, until time.Time) Due {
	cal, rules := p.cal, p.rules.Current()
	terms := rules.Terms(s)
	if effect != None && !d.PausedAt.IsZero() { // whatever moves the clocks finds them running
		d = released(d, cal, at)
	}
	switch effect {
	case Begin:
		if d.FiledAt.IsZero() {
			d.FiledAt = at
		}
		d.Act, d.ActedAt = time.Time{}, time.Time{}
		d.Citizen, d.Rules = end(d.FiledAt, terms, d.Extra+d.Held, cal), rules.Version
		d = handed(d, rules, terms, cal, at)
	case Hand:
		if d = handed(d, rules, terms, cal, at); d.hurried() { // the next one has it now, and acts
			d = p.hurry(d, at)
		}
	case Rush:
		d = p.hurry(d, at)
	case Ease:
		d = p.calm(d, terms)
	case Acted:
		d.ActedAt = at
		d = p.own(d, terms)
	case Retry:
		d.Return = cal.Add(at, rules.Return)
	case Receive:
		if d.AcceptedAt.IsZero() {
			d.AcceptedAt = at
			if d.Unit = end(at, terms, 0, cal); d.hurried() {
				d.Unit = d.Act
			}
		}
	case Recompute:
		given := p.rules.At(d.Rules).Terms(s)
		if end(d.FiledAt, given, d.Extra+d.Held, cal).Equal(d.Citizen) { // it has what the rules of then give: nothing is given anew
			break
		}
		d.Citizen, d.Rules = end(d.FiledAt, terms, d.Extra+d.Held, cal), rules.Version
		if !d.hurried() {
			d = p.own(d, terms)
		}
	case Prolong:
		d.Extra += days
		more := workday.Span{N: days, Unit: workday.WorkingDays}
		d.Citizen, d.Unit = cal.Add(d.Citizen, more), cal.Add(d.Unit, more)
	case Hold:
		most := workday.Span{N: days, Unit: workday.WorkingDays}
		d.PausedAt, d.Resume, d.WasCitizen, d.WasUnit = at, cal.Add(at, most), d.Citizen, d.Unit
		d.Citizen, d.Unit = cal.Add(d.Citizen, most), cal.Add(d.Unit, most)
	case Promised:
		d.Promise = until
	case None, Stop, Release:
	}
	total := d.Citizen.Sub(d.FiledAt)
	given := p.rules.At(d.Rules)
	d.Half, d.Soon = d.FiledAt.Add(part(given.Half, total)), d.FiledAt.Add(part(given.Soon, total))
	return d.stored()
}

// released gives clocks that run again: both ends as they were, and later by the
// working days that they stood. What comes after the cap does not count.
func released(d Due, cal Calendar, at time.Time) Due {
	if at.After(d.Resume) {
		at = d.Resume
	}
	d.Citizen, d.Unit = d.WasCitizen, d.WasUnit
	if n := cal.Workdays(d.PausedAt, at); n > 0 {
		stood := workday.Span{N: n, Unit: workday.WorkingDays}
		d.Citizen, d.Unit, d.Held = cal.Add(d.Citizen, stood), cal.Add(d.Unit, stood), d.Held+n
	}
	d.PausedAt, d.Resume, d.WasCitizen, d.WasUnit = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return d
}

// stored gives the clocks as the store keeps them, to the microsecond in UTC.
func (d Due) stored() Due {
	for _, t := range []*time.Time{
		&d.FiledAt, &d.HandedAt, &d.AcceptedAt, &d.AnsweredAt, &d.ClosedAt, &d.ReopenedAt,
		&d.Accept, &d.Return, &d.Unit, &d.Citizen, &d.Half, &d.Soon, &d.Promise, &d.Order,
		&d.Hand, &d.Group, &d.Task, &d.TaskAccept, &d.TaskSoon, &d.TaskBoss, &d.Blamed, &d.Object, &d.Outside, &d.Act, &d.ActedAt, &d.MergedAt, &d.TriedAt, &d.PausedAt, &d.Resume, &d.WasCitizen, &d.WasUnit,
	} {
		*t = t.UTC().Truncate(time.Microsecond)
	}
	return d
}

// part gives so many per cent of a length of time.
func part(percent int, of time.Duration) time.Duration {
	return time.Duration(float64(percent) / 100 * float64(of))
}

// end is when a clock ends that began at start, with extra working days granted.
func end(start time.Time, terms Terms, extra int, cal Calendar) time.Time {
	t := cal.Add(start, terms.Handle)
	if terms.Leaf.N > 0 {
		if sooner := cal.Add(start, terms.Leaf); sooner.Before(t) {
			t = sooner
		}
	}
	if extra > 0 {
		t = cal.Add(t, workday.Span{N: extra, Unit: workday.WorkingDays})
	}
	return t
}

// handed gives the clocks of a case that a unit is to accept.
func handed(d Due, rules DeadlineRules, terms Terms, cal Calendar, at time.Time) Due {
	d.HandedAt, d.AcceptedAt, d.AnsweredAt, d.Unit = at, time.Time{}, time.Time{}, time.Time{}
	d.Accept, d.Return = cal.Add(at, terms.Accept), cal.Add(at, rules.Return)
	return d
}

// MarkKind says what happens when a mark on the clock is reached.
type MarkKind string

// The kinds. A case has one of a kind for each moment at most, which is what
// makes each effect happen once.
const (
	MarkUnaccepted MarkKind = "unaccepted"  // 签收超时
	MarkUntaken    MarkKind = "untaken"     // 仍未签收：催办单位负责人
	MarkUntakenTop MarkKind = "untaken_top" // 仍未签收：报督办员
	MarkHalf       MarkKind = "half"        // 时限过半
	MarkSoon       MarkKind = "soon"        // 即将超期
	MarkLate       MarkKind = "late"        // 超期：催办经办人
	MarkLateHead   MarkKind = "late_head"   // 仍未办结：催办单位负责人
	MarkLateBoss   MarkKind = "late_boss"   // 仍未办结：报督办员
	MarkLateTop    MarkKind = "late_top"    // 仍未办结：报领导
	MarkOrder      MarkKind = "order"       // 督办到期未反馈
	MarkPromise    MarkKind = "promise"     // 承诺到期
	MarkHand       MarkKind = "hand"        // 下级到期未上报
	MarkPause      MarkKind = "pause"       // 暂停到期

	MarkUnacted     MarkKind = "unacted"      // 立即办：到时没有先行处置
	MarkUnactedHead MarkKind = "unacted_head" // 仍未处置：催办单位负责人
	MarkUnactedBoss MarkKind = "unacted_boss" // 仍未处置：报督办员
	MarkUnactedTop  MarkKind = "unacted_top"  // 仍未处置：报领导

	MarkOutsideSoon MarkKind = "outside_soon" // 其他平台的时限将到
	MarkOutside     MarkKind = "outside"      // 其他平台的时限已到
	MarkGroup       MarkKind = "group"        // 专班到期
)

// Words say what a mark is about.
func (k MarkKind) Words() string {
	return map[MarkKind]string{
		MarkUnaccepted: "超过签收时限仍未签收", MarkUntaken: "仍未签收，催办单位负责人", MarkUntakenTop: "仍未签收，已报督办员",
		MarkHalf: "办理时限已过半", MarkSoon: "即将超期",
		MarkLate: "已超期，催办经办人", MarkLateHead: "超期仍未办结，催办单位负责人", MarkLateBoss: "超期仍未办结，已报督办员", MarkLateTop: "超期仍未办结，已报领导",
		MarkOrder: "督办到期仍未反馈", MarkPromise: "承诺的日期已到，请核实是否兑现",
		MarkHand: "转派下级的办理时间已到，仍未上报", MarkPause: "等待诉求人的时间已到，恢复计时", MarkGroup: "专班到期，由主办单位继续办理",
		MarkUnacted: "立即办的时限已到，仍未先行处置", MarkUnactedHead: "立即办仍未处置，催办单位负责人", MarkUnactedBoss: "立即办仍未处置，已报督办员", MarkUnactedTop: "立即办仍未处置，已报领导",
		MarkTaskAccept: "协办任务超过签收时限仍未签收", MarkTaskSoon: "协办任务即将到期", MarkTask: "协办任务到期仍未完成", MarkTaskBoss: "协办任务超期仍未完成，已报督办员",
		MarkShareSoon: "商定的分工即将到期", MarkShare: "商定的分工到期仍未办好", MarkShareBoss: "商定的分工超期仍未办好，已报督办员",
		MarkMemo: "提醒函超过签收时限仍未签收", MarkMemoAnswer: "提醒函到期仍未答复",
		MarkOutsideSoon: "上级或其他平台要求的时限将到", MarkOutside: "上级或其他平台要求的时限已到，仍未办结",
	}[k]
}

// move is what a mark does to the case.
func (k MarkKind) move() Move {
	switch k {
	case MarkHalf, MarkSoon, MarkOutsideSoon, MarkTaskSoon, MarkShareSoon:
		return Remind
	case MarkPromise:
		return Revisit
	case MarkPause:
		return Expire
	case MarkGroup:
		return GroupOver
	}
	return Late
}

// Mark is a moment at which something is due.
type Mark struct {
	Kind MarkKind
	At   time.Time
}

// ChaseSteps are how long after something was due the next levels are told: of a
// case that is late its unit's heads, the supervisors and the leaders, of one
// that nobody has accepted the heads and the supervisors.
type ChaseSteps struct {
	Late    [3]workday.Span
	Untaken [2]workday.Span
}

// The steps of danger, and others, as they came with the product.
var (
	urgentSteps = ChaseSteps{
		Late:    [3]workday.Span{{N: 30, Unit: workday.Minutes}, {N: 2, Unit: workday.Hours}, {N: 4, Unit: workday.Hours}},
		Untaken: [2]workday.Span{{N: 15, Unit: workday.Minutes}, {N: 30, Unit: workday.Minutes}},
	}
	usualSteps = ChaseSteps{
		Late:    [3]workday.Span{{N: 1, Unit: workday.WorkingDays}, {N: 3, Unit: workday.WorkingDays}, {N: 5, Unit: workday.WorkingDays}},
		Untaken: [2]workday.Span{{N: 4, Unit: workday.WorkHours}, {N: 1, Unit: workday.WorkingDays}},
	}
)

// CountedFrom is the moment from which a chase up the levels is counted; zero for
// a mark that is a moment of its own. Such a chase is made once from each moment,
// whatever the calendar or the rules make of the time until it later.
func (c Case) CountedFrom(k MarkKind) time.Time {
	switch k {
	case MarkLateHead, MarkLateBoss, MarkLateTop:
		if c.Due.ReopenedAt.After(c.Due.Citizen) { // nobody asks for what was due while it was closed, but it is not forgotten
			return c.Due.ReopenedAt
		}
		return c.Due.Citizen
	case MarkUntaken, MarkUntakenTop:
		return c.Due.Accept
	case MarkUnactedHead, MarkUnactedBoss, MarkUnactedTop:
		return c.Due.Act
	}
	return time.Time{}
}

// Marks are all moments at which something is due, as the case stands now.
func (c Case) Marks(s Subject, cal Calendar, rules DeadlineRules) []Mark {
	if c.State == Closed && c.Ending == ByDate {
		return []Mark{{MarkPromise, c.Due.Promise}}
	}
	if !c.State.Open() {
		return nil
	}
	steps := rules.steps(s)
	late := c.CountedFrom(MarkLateHead)
	all := []Mark{
		{MarkHalf, c.Due.Half}, {MarkSoon, c.Due.Soon}, {MarkLate, c.Due.Citizen},
		{MarkLateHead, cal.Add(late, steps.Late[0])}, {MarkLateBoss, cal.Add(late, steps.Late[1])},
		{MarkLateTop, cal.Add(late, steps.Late[2])},
	}
	if c.Paused() { // nothing comes nearer but the end of the pause
		all = []Mark{{MarkPause, c.Due.Resume}}
	}
	untaken := steps.Untaken
	if c.Hurried() {
		untaken = rules.DangerSteps.Untaken
	}
	if c.State == Waiting {
		all = append(all, Mark{MarkUnaccepted, c.Due.Accept},
			Mark{MarkUntaken, cal.Add(c.Due.Accept, untaken[0])}, Mark{MarkUntakenTop, cal.Add(c.Due.Accept, untaken[1])})
	}
	if n := len(c.Hands); n > 0 {
		all = append(all, Mark{MarkHand, c.Hands[n-1].Due})
	}
	if c.Group != "" {
		all = append(all, Mark{MarkGroup, c.Due.Group})
	}
	if c.Ordered == OrderWaits {
		all = append(all, Mark{MarkOrder, c.Due.Order})
	}
	all = append(append(all, c.outsideMarks(rules)...), c.hurriedMarks(cal, rules)...)
	all = append(append(all, marksOwed(c.Tasks, taskMarks)...), marksOwed(c.Shares.Agreed, shareMarks)...)
	return slices.DeleteFunc(all, func(m Mark) bool { return !m.At.After(c.Due.ReopenedAt) })
}
