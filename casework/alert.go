package casework

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Level is who of the staff is told, and up to whom a late case was chased
// (催办): the handler, then the unit's heads, the supervisors, the leaders. Where
// units have others above them (上级单位), each level beyond the handler's also
// reaches one unit further up: see MarkKind.climbs.
type Level string

// The levels.
const (
	ToUnit       Level = "unit"       // heads and deputies of the unit, who give it to somebody; where there are none: its people
	ToHandler    Level = "handler"    // 经办人: who has it in person; nobody: the unit's people
	ToHead       Level = "head"       // 单位负责人: heads and deputies; where there are none: its people
	ToAbove      Level = "above"      // 上级单位: of a unit above the one that answers for it, as ToHead
	ToSupervisor Level = "supervisor" // 督办员 of the centre; where there are none: administrators
	ToLeader     Level = "leader"     // 领导
	ToFirst      Level = "first"      // 首问责任人: who received it first
)

// ChaseLevels are the levels up which a late case is chased, in order.
func ChaseLevels() []Level { return []Level{ToHandler, ToHead, ToSupervisor, ToLeader} }

// Label is the level's name on screen.
func (l Level) Label() string {
	return map[Level]string{
		ToUnit: "承办单位", ToHandler: "经办人", ToHead: "单位负责人", ToAbove: "上级单位", ToSupervisor: "督办员", ToLeader: "领导", ToFirst: "首问责任人",
	}[l]
}

// chases reports whether a mark raises the level up to which a case was chased.
func (k MarkKind) chases() bool {
	return slices.Contains([]MarkKind{
		MarkLate, MarkLateHead, MarkLateBoss, MarkLateTop, MarkUnaccepted, MarkUntaken, MarkUntakenTop,
		MarkUnacted, MarkUnactedHead, MarkUnactedBoss, MarkUnactedTop,
	}, k)
}

// levels are who is told of a mark.
func (k MarkKind) levels() []Level {
	switch k {
	case MarkLateHead, MarkUntaken, MarkUnactedHead:
		return []Level{ToHead}
	case MarkLateBoss, MarkUntakenTop, MarkUnactedBoss, MarkPromise:
		return []Level{ToSupervisor}
	case MarkLateTop, MarkUnactedTop:
		return []Level{ToLeader}
	case MarkMemo, MarkMemoAnswer:
		return []Level{ToHead, ToSupervisor}
	case MarkOrder:
		return []Level{ToHandler, ToHead, ToSupervisor}
	}
	return []Level{ToHandler}
}

// climbs is how far up the tree of units (上级单位) a mark is told beside its
// levels: the heads' chase reaches the unit above the one that answers for the case,
// the supervisors' the one above that, the leaders' the next. So each unit above is
// told once of a deadline, from the nearest on, as the chase goes up; the handler's
// own chase reaches none of them. Units above by area alone are not told: they hold
// no case of units below unless they handed it down, and then they are told as who
// did (MarkHand).
func (k MarkKind) climbs() int {
	if !k.chases() {
		return 0
	}
	return slices.Index(ChaseLevels(), k.levels()[0])
}

// Climbs is how many units above the one that answers for the case a step tells.
func (s Step) Climbs() int {
	if s.Event.Move != Late {
		return 0
	}
	return MarkKind(s.Event.Reason).climbs()
}

// AlertID identifies an Alert, in the order in which they were made.
type AlertID int64

// Alert is one thing that one of the staff is told of a case (提醒): it is in
// their inbox, and goes out to them where they have left by what means.
type Alert struct {
	ID     AlertID
	Case   CaseID          // empty: there is none, the matter was refused
	Matter intake.MatterID // only in what one's inbox lists
	To     org.AccountID
	For    string // name of whom they stand in for; empty: nobody
	Level  Level
	Kind   AlertKind
	At     time.Time
	ReadAt time.Time // zero: not yet
	Over   bool      // what it tells of needs nobody any more

	Number  string     // of the case
	Heading string     // masked
	Unit    org.UnitID // of the case
	Urgent  bool       // danger
}

// AlertKind says what an Alert tells of: a MarkKind or a Move.
type AlertKind string

// UnreadRefusal tells supervisors that who received a matter first has not read, in
// the time in which a unit acknowledges a letter, that it is refused.
const UnreadRefusal AlertKind = "unread_refusal"

// Words say what it is.
func (k AlertKind) Words() string {
	if words := MarkKind(k).Words(); words != "" {
		return words
	}
	return map[AlertKind]string{
		AlertKind(File): "新派单，请签收", AlertKind(Redirect): "改派到本单位，请签收", AlertKind(Rework): "答复退回修改",
		AlertKind(HandDown): "上级转来，请签收", AlertKind(Assign): "交给您办理", AlertKind(Give): "交给您办理",
		AlertKind(Report): "下级已办好上报", AlertKind(HandBack): "下级退回", AlertKind(Keep): "退单没有同意，请继续办理",
		AlertKind(Extend): "延期已同意", AlertKind(Refuse): "延期没有同意", AlertKind(SendBack): "热线退回重办",
		AlertKind(Reopen): "回访没有解决，请重办", AlertKind(Again): "诉求人评价没有解决，请重办", AlertKind(Object): "诉求人有异议，请重办",
		AlertKind(Uphold): "异议成立，请重办", AlertKind(Supervise): "多次没有解决，转督办", AlertKind(Insist): "多次没有解决，转督办",
		AlertKind(Supplement): "诉求人补充了情况", AlertKind(Respond): "诉求人补充了情况，恢复计时", AlertKind(Withdraw): "诉求人要求撤回",
		AlertKind(Chase): "诉求人催单", AlertKind(Urge): "提醒函，请签收", AlertKind(Order): "督办，请反馈", AlertKind(Instruct): "领导批示，请反馈",
		AlertKind(Contribute): "协办单位给了意见", AlertKind(SetTask): "新的协办任务，请签收", AlertKind(DoneTask): "协办单位完成了任务", AlertKind(DropTask): "协办单位说办不了", AlertKind(Submit): "答复等您审核",
		AlertKind(Invite): "会商邀请，请陈述意见", AlertKind(Allot): "拟定了分工，请答复是否同意", AlertKind(RefuseShare): "有单位不同意分工",
		AlertKind(Appoint): "上级指定由本单位办理", AlertKind(Unappoint): "上级同意退单，可在期限内退回", AlertKind(Hurry): "立即办，请马上签收、先行处置", AlertKind(Calm): "不再立即办，按常规时限办理",
		AlertKind(Return): "您首问的诉求被单位退单", AlertKind(Close): "您首问的诉求没有满足或联系不上诉求人，已结案", AlertKind(CallFailed): "您首问的诉求三次回访没有接通",
		AlertKind(Recall): "您首问的诉求不予受理", UnreadRefusal: "不予受理的诉求，首问责任人没有按时看，请跟进或移交首问", AlertKind(Unsent): "您首问的诉求有通知没有送到",
		AlertKind(CallBack): "诉求人对依法不能满足的答复不满意，请说明", AlertKind(Rate): "诉求人对依法不能满足的答复不满意，请说明",
	}[k]
}

// Address is to whom alerts of a step go, by level: the store knows the people.
type Address struct {
	Level   Level
	Unit    org.UnitID    // whose people are meant, of the levels within a unit
	Account org.AccountID // who has it in person; empty, or out of service: whoever of the unit
	Up      int           // of ToAbove: how many steps above Unit the one is that is meant
}

// Alerts gives what a step tells the staff, and to whom; no address: nothing.
func (s Step) Alerts() (AlertKind, []Address) {
	c, e := s.Case, s.Event
	rule, _ := RuleOf(e.Move)
	kind, levels := AlertKind(e.Move), rule.Alerts
	if s.Silent {
		return kind, nil
	}
	switch {
	case rule.By == ByClock:
		kind, levels = AlertKind(e.Reason), MarkKind(e.Reason).levels()
	case (e.Move == CallBack || e.Move == Rate) && c.Explaining == ToExplain:
		levels = []Level{ToHandler}
	case e.Move == Give && e.Reason == "": // back to all of them
		levels = nil
	}
	if k := MarkKind(kind); slices.Contains(taskMarks, k) || slices.Contains(shareMarks, k) {
		return kind, c.taskAddresses(MarkKind(kind), s.Tasked)
	}
	unit := c.Unit
	if e.Move == SetTask {
		unit = org.UnitID(e.Reason)
	}
	owed := (e.Move == Order || e.Move == Instruct || kind == AlertKind(MarkOrder)) && c.OrderUnit != ""
	if owed {
		unit = c.OrderUnit
	}
	var out []Address
	if e.Move == Invite || e.Move == Allot {
		for _, u := range s.invited() {
			out = append(out, Address{Level: ToUnit, Unit: u})
		}
		levels = nil
	}
	for _, l := range levels {
		a := Address{Level: l, Unit: unit}
		if l == ToHandler && (!owed || unit == c.Unit) {
			a.Unit, a.Account = c.works()
		}
		out = append(out, a)
	}
	if n := s.Climbs(); n > 0 {
		out = append(out, Address{Level: ToAbove, Unit: c.Unit, Up: n})
	}
	out = append(out, s.toFirst()...)
	if kind == AlertKind(MarkHand) { // whoever handed it down is told as well
		out = append(out, Address{Level: ToHandler, Unit: c.Unit, Account: c.Handler})
	}
	return kind, out
}

// invited are the units that an invitation or a proposal is for.
func (s Step) invited() []org.UnitID {
	if s.Event.Move == Invite {
		return s.Case.parties()
	}
	var out []org.UnitID
	for _, p := range s.Case.Shares.Proposed {
		out = append(out, p.Unit)
	}
	return out
}

// works gives who works on the case: a unit, and of it the person who has it.
func (c Case) works() (org.UnitID, org.AccountID) {
	if len(c.Hands) > 0 {
		return c.Holder(), c.Worker()
	}
	return c.Unit, c.Handler
}

// EndsAlerts reports whether a step makes what was told of the case before void
// for those who were told: it is another unit's, or nobody's any more.
func (s Step) EndsAlerts() bool {
	return slices.Contains([]Move{Redirect, Recall, Merge, Close, LetGo}, s.Event.Move)
}

// letterGap is how long one of the staff is left alone after a letter: what
// comes meanwhile, after an outage or on a Monday morning, is one letter then.
// Danger waits for nothing.
const letterGap = 30 * time.Minute

// Letters says when alerts become letters.
type Letters struct {
	Made  time.Time // alerts made by then: what a decision brings can be undone until then
	Since time.Time // whoever was written to later is left alone
}

// namedKinds is how many kinds of alerts a letter names.
const namedKinds = 3

// letterOf makes the one letter that tells one of the staff of alerts, oldest
// first. It says nothing of a citizen.
func letterOf(alerts []Alert, now time.Time) (Notification, error) {
	if len(alerts) == 0 {
		return Notification{}, errs.New(errs.Internal, "notify.facts")
	}
	last := alerts[len(alerts)-1]
	n := Notification{
		ID: id.New[NotificationID](), Effect: fmt.Sprintf("alerts:%s:%d", last.To, last.ID), Kind: NotifyStaff, Account: last.To,
		Urgent: slices.ContainsFunc(alerts, func(a Alert) bool { return a.Urgent }), At: now, State: NotificationQueued, DueAt: now,
	}
	if len(alerts) == 1 {
		about := "工单 " + last.Number + "："
		if last.Number == "" { // there is no case
			about = ""
		}
		n.Text = about + last.Kind.Words() + "。请登录呼应查看。"
		return n, nil
	}
	count := map[string]int{}
	var kinds []string
	for _, a := range alerts {
		words := a.Kind.Words()
		if count[words]++; count[words] == 1 {
			kinds = append(kinds, words)
		}
	}
	slices.SortStableFunc(kinds, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	var said []string
	for _, words := range kinds[:min(namedKinds, len(kinds))] {
		said = append(said, fmt.Sprintf("%s %d 件", words, count[words]))
	}
	text := strings.Join(said, "；")
	if len(kinds) > namedKinds {
		text += "等"
	}
	n.Text = fmt.Sprintf("您有 %d 条新提醒：%s。请登录呼应查看。", len(alerts), text)
	return n, nil
}

// String is the number in digits.
func (a AlertID) String() string { return strconv.FormatInt(int64(a), 10) }
