package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"huying/casework"
	"huying/intake"
)

// brokenShown is how many breaches of one invariant are listed.
const brokenShown = 5

// findings are what the histories of a simulated city add up to, and what in
// them should not be.
type findings struct {
	outcomes map[intake.Outcome]int

	cases, closed            int
	answered, onTime         int // first answers
	oneDay, threeDays        int // first closings, from filing
	returned, reopened, late int // cases
	first, last              callbacks
	patrol                   patrolCount
	summons                  summonsCount
	letter                   memoCount
	memoLate                 map[string]int // reminders of letters on cases, by number and what they say
	tells, told, without     int            // what citizens are to learn; sent; there is no number to send it to
	reminders, events        int
	merged                   int                             // cases
	moves                    map[casework.Move]int           // in the histories
	began                    map[casework.CaseID]time.Time   // citizens' clocks of those that were divided
	stems                    map[casework.CaseID][]time.Time // and of what was cut off them
	endings                  map[casework.Ending]int
	broken                   map[string][]string
	brokenOrder              []string
	calendar                 casework.Calendar
	expectTold               map[string]bool // effects that must be there
	loads                    casework.Load   // of all units, as the histories say
}

// patrolCount counts the cases that were seen on patrol, apart.
type patrolCount struct{ cases, answered, onTime, threeDays int }

// summonsCount counts the units that were called to a place.
type summonsCount struct{ all, called, inTime, missed, chases int }

// callbacks counts what citizens said.
type callbacks struct{ called, contacted, counted, solved, satisfied int }

func (c *callbacks) add(a casework.Answers, lawful bool) {
	c.called++
	c.contacted += one(a.Contacted)
	if !lawful {
		c.counted++
		c.solved += one(a.Solved)
		c.satisfied += one(a.Satisfied)
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// breaks notes a breach of an invariant.
func (f *findings) breaks(rule, what string) {
	if _, known := f.broken[rule]; !known {
		f.brokenOrder = append(f.brokenOrder, rule)
	}
	f.broken[rule] = append(f.broken[rule], what)
}

// find reads the whole store back and checks it against what must hold. It
// trusts nothing that the simulation remembers but the citizens' phones.
func (s *simulation) find(ctx context.Context) (*findings, error) {
	f := &findings{
		endings: map[casework.Ending]int{}, broken: map[string][]string{}, calendar: s.site.calendar, expectTold: map[string]bool{},
		memoLate: map[string]int{}, moves: map[casework.Move]int{}, began: map[casework.CaseID]time.Time{}, stems: map[casework.CaseID][]time.Time{},
	}
	store := s.site.DB.Cases(nil)
	var err error
	var findings int
	if f.outcomes, findings, err = store.Outcomes(ctx); err != nil {
		return nil, err
	}
	err = store.Histories(ctx, func(d casework.Docket, history []casework.Event) error {
		f.read(d, history, s.now())
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := store.SummonsHistories(ctx, f.called); err != nil {
		return nil, err
	}
	if err := f.memos(ctx, store.Memos, s.moved, s.now()); err != nil {
		return nil, err
	}
	if err := f.letters(ctx, store.Told, s.phones); err != nil {
		return nil, err
	}
	ownerless, err := store.Ownerless(ctx)
	if err != nil {
		return nil, err
	}
	if ownerless > 0 {
		f.breaks("在办的工单都有人负责", fmt.Sprintf("%d 件的单位已停用或没有账号", ownerless))
	}
	if s.overdue > 0 {
		f.breaks("提醒到时即发", fmt.Sprintf("%d 次没有在当时发出", s.overdue))
	}
	if f.cases != s.filed+s.cuts {
		f.breaks("诉求都成为工单", fmt.Sprintf("派出 %d 件，分出 %d 件，只有 %d 件工单", s.filed, s.cuts, f.cases))
	}
	f.wayfaring(s.moved)
	f.sameClocks()
	if f.patrol.cases != s.sighted || findings != s.sighted {
		f.breaks("巡查发现都成为工单", fmt.Sprintf("上报 %d 件，记下 %d 件，工单 %d 件", s.sighted, findings, f.patrol.cases))
	}
	if f.summons.all != s.whistles {
		f.breaks("吹哨都有记录", fmt.Sprintf("吹哨 %d 次，记录 %d 次", s.whistles, f.summons.all))
	}
	loads, err := store.CaseLoads(ctx, s.now(), s.start)
	if err != nil {
		return nil, err
	}
	f.compare(loads)
	return f, nil
}

// read takes in one case.
func (f *findings) read(d casework.Docket, history []casework.Event, now time.Time) {
	f.cases++
	f.events += len(history)
	rebuilt := casework.Rebuild(history)
	rebuilt.Number, rebuilt.Matter = d.Number, d.Matter
	if !reflect.DeepEqual(normal(rebuilt), normal(d.Case)) {
		f.breaks("由经过重建的工单与现状相同", d.Number)
	}
	if d.State.Open() && d.Unit == "" {
		f.breaks("在办的工单都有人负责", d.Number)
	}
	patrol := d.Channel == intake.Patrol
	f.patrol.cases += one(patrol)
	f.times(history, patrol)
	f.endings[d.Ending]++
	f.returned += one(len(d.ReturnedBy) > 0)
	f.reopened += one(d.Reopened > 0)
	f.merged += one(d.State == casework.Merged)
	if d.State == casework.Closed {
		f.closed++
		kept := d.Ending != casework.TakenBack // what the citizen took back is no merit of the unit's
		f.loads.Closed += one(kept)
		f.loads.InTime += one(kept && !d.Due.AnsweredAt.After(d.Due.Citizen))
	}
	if d.Callback != "" {
		f.last.add(d.Callback.Answers(), d.Ending == casework.Lawful)
	}
	f.remind(d, history, now)
}

// normal is a case whose empty lists are all of one kind.
func normal(c casework.Case) casework.Case {
	if len(c.ReturnedBy) == 0 {
		c.ReturnedBy = nil
	}
	if len(c.Parts) == 0 {
		c.Parts = nil
	}
	return c
}

// times counts a case's first answer, closing and callback, and notes what its
// citizen must have been told; of what was seen on patrol there is none.
func (f *findings) times(history []casework.Event, patrol bool) {
	answered, closed, called, late := false, false, false, false
	filedAt := history[0].At
	if len(history) > 1 && history[1].Move == casework.Stem { // it has the clock of what it was cut off
		filedAt = history[0].Due.FiledAt
		f.stems[casework.CaseID(history[1].Reason)] = append(f.stems[casework.CaseID(history[1].Reason)], filedAt)
	}
	ending := casework.Ending("")
	for i, e := range history {
		rule, _ := casework.RuleOf(e.Move)
		f.moves[e.Move]++
		if e.Move == casework.Divide {
			f.began[e.Case] = filedAt
		}
		if i > 0 && e.At.Before(history[i-1].At) {
			f.breaks("经过按时间先后", string(e.Case))
		}
		if rule.Tells != "" && !patrol {
			f.expectTold[fmt.Sprintf("case:%s:%d:%s", e.Case, e.Ordinal, rule.Tells)] = true
		}
		switch {
		case e.Move == casework.Propose && !answered:
			answered = true
			f.answered++
			inTime := !e.At.After(e.Due.Citizen)
			f.onTime += one(inTime)
			f.patrol.answered += one(patrol)
			f.patrol.onTime += one(patrol && inTime)
		case e.Move == casework.Close:
			ending = casework.Ending(e.Reason)
			if !closed {
				closed = true
				f.oneDay += one(e.At.Sub(e.Due.FiledAt) <= 24*time.Hour)
				inThree := e.At.Sub(e.Due.FiledAt) <= 72*time.Hour
				f.threeDays += one(inThree)
				f.patrol.threeDays += one(patrol && inThree)
			}
		case !called && (e.Move == casework.CallBack || e.Move == casework.Reopen && e.Reason != ""):
			called = true
			f.first.add(casework.Callback(e.Reason).Answers(), ending == casework.Lawful)
		case e.Reason == string(casework.MarkLate) && !late:
			late = true
			f.late++
		}
		if !e.Due.FiledAt.Equal(filedAt) {
			f.breaks("诉求人的时限不重新起算", string(e.Case))
		}
	}
}

// armed is a mark that must be struck.
type armed struct {
	casework.Mark
	since time.Time
}

// remind goes through a history and works out by the rules alone which
// reminders had to come and when: none may be missing, none may come twice or
// unasked.
func (f *findings) remind(d casework.Docket, history []casework.Event, now time.Time) {
	var stands casework.Case
	var waits []armed
	struck := map[casework.Mark]bool{}
	once := func(m casework.Mark) casework.Mark { // a chase is made once from the moment that it is counted from
		if from := stands.CountedFrom(m.Kind); !from.IsZero() {
			m.At = from
		}
		return m
	}
	missed := func(by time.Time) { // the jobs have run by then, for everything that was due
		for _, m := range waits {
			if later(m.At, m.since).Add(slot).Before(by) {
				f.breaks("提醒没有漏发", fmt.Sprintf("%s：%s，应在 %s", d.Number, m.Kind.Words(), m.At.In(chinaTime()).Format("2006-01-02 15:04")))
			}
		}
	}
	for _, e := range history {
		rule, _ := casework.RuleOf(e.Move)
		if rule.By == casework.ByClock {
			missed(e.At) // of those due now the others may be the next
			f.reminders++
			if kind := casework.MarkKind(e.Reason); kind == casework.MarkMemo || kind == casework.MarkMemoAnswer {
				f.memoLate[d.Number+" "+kind.Words()]++ // of a letter's own dates, which memos knows
				continue
			}
			i := slices.IndexFunc(waits, func(m armed) bool { return string(m.Kind) == e.Reason && !m.At.After(e.At) })
			if i < 0 {
				f.breaks("提醒没有重复", fmt.Sprintf("%s：%s", d.Number, casework.MarkKind(e.Reason).Words()))
			} else {
				struck[once(waits[i].Mark)] = true
				waits = slices.Delete(waits, i, i+1)
			}
		} else {
			missed(e.At.Add(time.Nanosecond)) // in a slot the jobs come first
		}
		stands = stands.After(e)
		if rule.KeepsMarks() {
			continue
		}
		waits = waits[:0]
		for _, m := range stands.Marks(d.Subject, f.calendar, casework.UsualRules()) {
			m.At = m.At.UTC().Truncate(time.Microsecond)
			if !struck[once(m)] {
				waits = append(waits, armed{m, e.At})
			}
		}
	}
	missed(now)
}

// letters holds what citizens were told against what they had to be told, and
// against what arrived.
func (f *findings) letters(ctx context.Context, told func(context.Context, func(string, casework.NotificationState)) error, p *phones) error {
	f.tells = len(f.expectTold)
	accepted := 0 // messages of which it was told that they have come in
	steps := map[string]bool{}
	err := told(ctx, func(effect string, state casework.NotificationState) {
		sent, void := &accepted, new(int) // void: it was dispatched before
		if strings.HasPrefix(effect, "case:") {
			sent, void = &f.told, &f.without
			step := effect[:strings.LastIndex(effect, ":")] // without the matter
			switch {
			case steps[step]: // to somebody else whose case is handled with it
				f.tells++
			case !f.expectTold[step]:
				f.breaks("只通知发生过的事", effect)
			}
			steps[step] = true
			delete(f.expectTold, step)
		}
		switch state {
		case casework.NotificationSent:
			*sent++
		case casework.NotificationVoid:
			*void++
		case casework.NotificationQueued, casework.NotificationFailed:
			f.breaks("通知都已发出", effect+" "+state.Label())
		}
	})
	for effect := range f.expectTold {
		f.breaks("该通知的都通知", effect)
	}
	arrived := 0
	for letter, n := range p.letters {
		arrived++
		if n > 1 {
			f.breaks("通知没有重复", fmt.Sprintf("%s 收到 %d 次", letter, n))
		}
	}
	if arrived != f.told+accepted {
		f.breaks("发出的通知都送达", fmt.Sprintf("记录发出 %d 条，送达 %d 条", f.told+accepted, arrived))
	}
	return err
}

// compare holds the figures that the pages show against the histories.
func (f *findings) compare(loads []casework.Load) {
	var sum casework.Load
	for _, l := range loads {
		sum.Closed += l.Closed
		sum.InTime += l.InTime
		sum.Called += l.Called
		sum.Contacted += l.Contacted
		sum.Counted += l.Counted
		sum.Solved += l.Solved
		sum.Satisfied += l.Satisfied
	}
	f.loads.Called, f.loads.Contacted, f.loads.Counted = f.last.called, f.last.contacted, f.last.counted
	f.loads.Solved, f.loads.Satisfied = f.last.solved, f.last.satisfied
	if sum != f.loads {
		f.breaks("单位承办情况与经过相符", fmt.Sprintf("页面 %+v，经过 %+v", sum, f.loads))
	}
}

// wayfarers are the moves of which the city counts each, with those that a
// history may have them as.
var wayfarers = []struct {
	label string
	move  string
	as    []casework.Move
}{
	{"转派下级", "hand_down", []casework.Move{casework.HandDown}},
	{"下级签收", "take_up", []casework.Move{casework.TakeUp}},
	{"办好上报", "report", []casework.Move{casework.Report}},
	{"退回上级", "hand_back", []casework.Move{casework.HandBack}},
	{"并案", "merge", []casework.Move{casework.Merge}},
	{"撤销并案", "unmerge", []casework.Move{casework.Unmerge}},
	{"分案", "divide", []casework.Move{casework.Divide}},
	{"提醒函", "urge", []casework.Move{casework.Urge}},
	{"签收提醒函", "confirm", []casework.Move{casework.Confirm}},
	{"批示", "instruct", []casework.Move{casework.Instruct}},
	{"督办", "order", []casework.Move{casework.Order}},
	{"督办反馈", "feedback", []casework.Move{casework.Feedback}},
	{"销号", "strike_off", []casework.Move{casework.StrikeOff}},
	{"联系未果", "try", []casework.Move{casework.Try}},
	{"暂停计时", "pause", []casework.Move{casework.Pause}},
	{"恢复计时", "resume", []casework.Move{casework.Resume}},
	{"诉求人补充", "respond", []casework.Move{casework.Respond}},
	{"申请延期", "ask_more", []casework.Move{casework.AskMore}},
	{"同意延期", "extend", []casework.Move{casework.Extend}},
	{"撤回", "withdraw", []casework.Move{casework.Withdraw}},
	{"同意撤回", "let_go", []casework.Move{casework.LetGo}},
	{"继续办理", "go_on", []casework.Move{casework.GoOn}},
	{"异议", "object", []casework.Move{casework.Object, casework.Protest}},
	{"异议成立", "uphold", []casework.Move{casework.Uphold}},
	{"异议不成立", "dismiss", []casework.Move{casework.Dismiss}},
}

// wayfaring holds what the city did to cases on their way against what their
// histories say: each once, and nothing else.
func (f *findings) wayfaring(moved map[string]int) {
	for _, w := range wayfarers {
		n := 0
		for _, m := range w.as {
			n += f.moves[m]
		}
		if n != moved[w.move] {
			f.breaks("做过的都在经过里", fmt.Sprintf("%s %d 次，经过里 %d 次", w.label, moved[w.move], n))
		}
	}
}

// sameClocks fails what was cut off a case and does not have its citizen's clock.
func (f *findings) sameClocks() {
	for from, stems := range f.stems {
		for _, at := range stems {
			if !at.Equal(f.began[from]) {
				f.breaks("分出的一件沿用原来的时限起点", string(from))
			}
		}
	}
}
