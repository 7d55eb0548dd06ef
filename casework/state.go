package casework

import "slices"

// State is where a case stands.
type State string

// The states. Everything but Closed, Merged and Void is open, and an open case always
// has a unit that answers for it: also while a return waits for a decision, the
// unit that has it acts.
const (
	Waiting   State = "waiting"   // 待签收: dispatched, the unit has not accepted yet
	Handling  State = "handling"  // 办理中
	Returned  State = "returned"  // 退单待裁定: the unit gave it back, the centre decides
	Reviewing State = "reviewing" // 负责人审核: the head of the unit reads the answer before the centre does
	Checking  State = "checking"  // 待审核: the unit proposes to close, the centre checks
	Closed    State = "closed"    // 已办结
	Merged    State = "merged"    // 已并案: handled with another case; its receipt shows that one
	Void      State = "void"      // 已撤销: the decision that filed it was taken back
)

// Label is the state's name on screen.
func (s State) Label() string {
	return map[State]string{
		Waiting: "待签收", Handling: "办理中", Reviewing: "负责人审核", Returned: "退单待裁定", Checking: "结案待审核", Closed: "已办结", Merged: "已并案", Void: "已撤销",
	}[s]
}

// Open reports whether somebody still has to do something.
func (s State) Open() bool { return slices.Contains(open, s) }

// Move is something that happens to a case.
type Move string

// The moves.
const (
	File       Move = "file"        // 立案派单
	Redirect   Move = "redirect"    // 改派
	Revise     Move = "revise"      // 修改事项: the same unit keeps it
	Recall     Move = "recall"      // 撤销
	Accept     Move = "accept"      // 签收
	Return     Move = "return"      // 退单
	Keep       Move = "keep"        // 维持原派
	AskMore    Move = "ask_more"    // 申请延期
	Extend     Move = "extend"      // 同意延期
	Refuse     Move = "refuse"      // 不同意延期
	Submit     Move = "submit"      // 答复，送负责人审核
	Approve    Move = "approve"     // 审核通过
	Rework     Move = "rework"      // 退回修改
	HandDown   Move = "hand_down"   // 转派下级: to a unit below
	Assign     Move = "assign"      // 交个人办理: to one person of the unit below
	TakeUp     Move = "take_up"     // 下级签收
	Give       Move = "give"        // 交经办人: to one of the people of the unit that answers for it
	Report     Move = "report"      // 办好上报
	HandBack   Move = "hand_back"   // 退回上级
	Fetch      Move = "fetch"       // 收回: the unit that answers for it does it itself
	GiveGroup  Move = "give_group"  // 交专班
	Engage     Move = "engage"      // 专班接办: somebody of the group takes it up
	LeaveGroup Move = "leave_group" // 从专班收回
	GroupOver  Move = "group_over"  // 专班到期
	Try        Move = "try"         // 联系未果: an attempt to reach the citizen
	Pause      Move = "pause"       // 暂停计时: the unit waits for the citizen
	Resume     Move = "resume"      // 恢复计时: the unit goes on by itself
	Respond    Move = "respond"     // 补充情况，恢复计时: the citizen said what was waited for
	Expire     Move = "expire"      // 暂停到期: the cap is reached
	Propose    Move = "propose"     // 答复并申请办结
	SendBack   Move = "send_back"   // 退回重办
	Close      Move = "close"       // 办结
	Revisit    Move = "revisit"     // 承诺到期复核
	Reopen     Move = "reopen"      // 没有解决，重办
	CallFailed Move = "call_failed" // 回访未接通
	CallBack   Move = "call_back"   // 回访
	Supervise  Move = "supervise"   // 仍未解决，转督办: handled again too often, it is handled under an order
	Insist     Move = "insist"      // 评价仍未解决，转督办: as Supervise, by the link
	Explain    Move = "explain"     // 向诉求人说明: what was lawfully refused, to who is dissatisfied with that
	Rate       Move = "rate"        // 评价: by the link, after closing
	Again      Move = "again"       // 评价没有解决，重办
	Plead      Move = "plead"       // 申诉: the unit, against what the citizen said
	Excuse     Move = "excuse"      // 申诉成立，不计入三率
	Overrule   Move = "overrule"    // 申诉不成立
	Invite     Move = "invite"      // 邀请会商: units to the meeting on whose duty it is
	Statement  Move = "statement"   // 陈述意见: in a dispute over duty
	Record     Move = "record"      // 会商记录
	Contribute Move = "contribute"  // 协办意见: a co-unit's part
	SetTask    Move = "set_task"    // 派协办任务: what a co-unit has to do
	TakeTask   Move = "take_task"   // 签收协办任务
	DoneTask   Move = "done_task"   // 完成协办任务: as Contribute, and it is done
	DropTask   Move = "drop_task"   // 协办任务办不了
	Merge      Move = "merge"       // 并案: into another case
	Join       Move = "join"        // 并入: another case, into this one
	Unmerge    Move = "unmerge"     // 撤销并案: it was another matter after all
	Unjoin     Move = "unjoin"      // 撤出: what was merged into it goes on by itself
	Link       Move = "link"        // 记其他平台的编号
	Unlink     Move = "unlink"      // 删去其他平台的编号
	Depute     Move = "depute"      // 标为代表委员件
	Undepute   Move = "undepute"    // 取消代表委员件
	SetWay     Move = "set_way"     // 记派单方式: 法定办, 商定办, 指定办, 立即办
	Allot      Move = "allot"       // 拟定分工: who of the units does what
	AgreeShare Move = "agree_share" // 同意分工
	// RefuseShare: 不同意分工.
	RefuseShare Move = "refuse_share"
	Appoint     Move = "appoint"     // 指定办: a superior names the unit that has it
	Unappoint   Move = "unappoint"   // 同意退单: a superior lets the unit give back what it was named for
	Hurry       Move = "hurry"       // 立即办: whoever has it acts first, minutes count
	Calm        Move = "calm"        // 取消立即办
	Act         Move = "act"         // 先行处置: what is to be done at once is done
	PassFirst   Move = "pass_first"  // 移交首问
	ToPolice    Move = "to_police"   // 移交 110
	FromPolice  Move = "from_police" // 110 转回
	Urge        Move = "urge"        // 提醒函: a letter to the unit
	Confirm     Move = "confirm"     // 签收提醒函
	Order       Move = "order"       // 督办
	Feedback    Move = "feedback"    // 督办反馈
	StrikeOff   Move = "strike_off"  // 销号
	Instruct    Move = "instruct"    // 批示: a leader's order
	Flag        Move = "flag"        // 标为重点
	Unflag      Move = "unflag"      // 取消重点
	Whistle     Move = "whistle"     // 吹哨: the street calls units to the place, see Summons
	Divide      Move = "divide"      // 分案: a second thing is cut off it
	Stem        Move = "stem"        // 由另一件分出
	Unsent      Move = "unsent"      // 通知没有送到: by no means that is set, somebody calls
	Tell        Move = "tell"        // 已电话告知
	Chase       Move = "chase"       // 催单
	Supplement  Move = "supplement"  // 补充情况
	Withdraw    Move = "withdraw"    // 撤回: the citizen wants it no longer
	LetGo       Move = "let_go"      // 同意撤回: the centre closes it
	GoOn        Move = "go_on"       // 继续办理: it concerns others too
	Object      Move = "object"      // 异议，重办: the citizen does not agree that it is done
	Protest     Move = "protest"     // 异议，待热线处理: as Object, where the centre decides
	Uphold      Move = "uphold"      // 异议成立，重办
	Dismiss     Move = "dismiss"     // 异议不成立，已说明
	Remind      Move = "remind"      // 临期提醒
	Late        Move = "late"        // 催办: something is overdue
)

// Party is who makes a move.
type Party string

// The parties.
const (
	ByDecision Party = "decision" // follows from a classifier.Decision, in its transaction
	ByUnit     Party = "unit"     // people of the lead unit
	ByHead     Party = "head"     // heads of the lead unit
	ByHolder   Party = "holder"   // people of the unit that holds it, down the tree
	ByBelow    Party = "below"    // the same, where it was handed down
	ByCo       Party = "co"       // people of a co-unit
	ByParties  Party = "parties"  // people of the lead unit, of those that gave the case back, and of those invited
	ByPartners Party = "partners" // people of the lead unit and of co-units
	BySuperior Party = "superior" // leaders, administrators, heads of a unit above: see Appointments
	ByCentre   Party = "centre"   // dispatchers of the hotline
	ByDesk     Party = "desk"     // dispatchers, and the agents who call citizens
	ByControl  Party = "control"  // dispatchers and supervisors
	ByCitizen  Party = "citizen"  // whoever holds the receipt
	ByGiver    Party = "giver"    // people of the lead unit and dispatchers
	ByTeam     Party = "team"     // people of the work group that has it
	ByMerge    Party = "merge"    // follows from the merge or split of another case, in its transaction
	ByLeader   Party = "leader"   // leaders of the city or district
	ByAbove    Party = "above"    // dispatchers, supervisors and leaders
	ByStaff    Party = "staff"    // people of the lead unit, dispatchers and agents
	ByClock    Party = "clock"    // RunDue
	ByOutbox   Party = "outbox"   // follows from a notification that reached nobody, in its transaction
)

// Effect is what a move does to the clocks. None of them ever moves the
// citizen's start.
type Effect string

// The effects.
const (
	None      Effect = ""          // nothing
	Begin     Effect = "begin"     // the citizen's clock starts, unless it runs already; the unit is to accept
	Hand      Effect = "hand"      // a unit is to accept; its own clock starts with that
	Receive   Effect = "receive"   // the unit's own clock starts, unless it runs already
	Recompute Effect = "recompute" // both ends anew from their unchanged starts: type or urgency changed
	Prolong   Effect = "prolong"   // both ends later by the working days granted
	Hold      Effect = "hold"      // both stand still, until a day at most
	Release   Effect = "release"   // they run again; both ends later by the working days they stood
	Stop      Effect = "stop"      // nothing is due any more
	Rush      Effect = "rush"      // the unit is to accept and act within minutes
	Ease      Effect = "ease"      // as usual after all
	Acted     Effect = "acted"     // it has acted: its own clock as usual from when it accepted
	Retry     Effect = "retry"     // the time to give it back begins anew
	Promised  Effect = "promised"  // nothing is due but what was promised, on its day
)

// Rule is one line of the table: who may make a move, from where to where,
// under which condition, and what follows from it.
type Rule struct {
	Move   Move
	Label  string // on screen
	By     Party
	From   []State
	To     State // empty: the state stays
	If     []Condition
	Clocks Effect
	Tells  NotificationKind // to the citizen; empty: only those who work on it learn of it
	Alerts []Level          // who of the staff learns of it, besides whoever makes it
	Note   bool             // leaves the case's version alone: nobody's open form is outdated by it
}

var (
	open    = []State{Waiting, Handling, Reviewing, Returned, Checking}
	unfiled = []State{"", Void}
)

// KeepsMarks reports whether what is due stays due after the move: a note changes
// none of it, but for what a co-unit says of its task or its share.
func (r Rule) KeepsMarks() bool {
	return r.Note && !slices.Contains([]Move{TakeTask, DoneTask, DropTask, Contribute, AgreeShare}, r.Move)
}

// Rules is the state machine: every move there is, in the order of a case's life.
var Rules = []Rule{
	{Move: File, Label: "立案派单", By: ByDecision, From: unfiled, To: Waiting, Clocks: Begin, Tells: NotifyDispatched, Alerts: []Level{ToUnit}},
	{Move: Redirect, Label: "改派", By: ByDecision, From: open, To: Waiting, Clocks: Hand, Tells: NotifyDispatched, Alerts: []Level{ToUnit}},
	{Move: Revise, Label: "修改事项", By: ByDecision, From: open, Clocks: Recompute},
	{Move: Recall, Label: "撤销", By: ByDecision, From: open, To: Void, Clocks: Stop},

	{Move: Accept, Label: "签收", By: ByUnit, From: []State{Waiting}, To: Handling, Clocks: Receive},
	{Move: Return, Label: "退单", By: ByUnit, From: []State{Waiting, Handling}, To: Returned, If: []Condition{firstReturn, inReturnTime, notRuled, notAppointed, acted}, Clocks: Release},
	{Move: AskMore, Label: "申请延期", By: ByUnit, From: []State{Handling}, If: []Condition{nothingAsked, mayAskMore, notLate, acted}},
	{Move: Propose, Label: "答复并申请办结", By: ByUnit, From: []State{Handling}, To: Checking, Clocks: Release},
	{Move: Submit, Label: "答复，送负责人审核", By: ByUnit, From: []State{Handling}, To: Reviewing, Clocks: Release, Alerts: []Level{ToHead}},
	{Move: Approve, Label: "审核通过", By: ByHead, From: []State{Reviewing}, To: Checking},
	{Move: Rework, Label: "退回修改", By: ByHead, From: []State{Reviewing}, To: Handling, Alerts: []Level{ToHandler}},
	{Move: HandDown, Label: "转派下级", By: ByHolder, From: []State{Handling}, If: []Condition{mayHandDown}, Alerts: []Level{ToHandler}},
	{Move: Assign, Label: "交个人办理", By: ByBelow, From: []State{Handling}, If: []Condition{handedDown}, Alerts: []Level{ToHandler}},
	{Move: TakeUp, Label: "下级签收", By: ByBelow, From: []State{Handling}, If: []Condition{handedDown, notTaken}},
	{Move: Report, Label: "办好上报", By: ByBelow, From: []State{Handling}, If: []Condition{handedDown}, Alerts: []Level{ToHandler}},
	{Move: HandBack, Label: "退回上级", By: ByBelow, From: []State{Handling}, If: []Condition{handedDown}, Alerts: []Level{ToHandler}},
	{Move: Fetch, Label: "收回", By: ByUnit, From: []State{Handling}, If: []Condition{handedDown}},
	{Move: GiveGroup, Label: "交专班", By: ByGiver, From: []State{Waiting, Handling}, If: []Condition{notInGroup}},
	{Move: Engage, Label: "专班接办", By: ByTeam, From: []State{Waiting, Handling}, If: []Condition{inGroup}},
	{Move: LeaveGroup, Label: "从专班收回", By: ByGiver, From: withGroup, If: []Condition{inGroup}},
	{Move: GroupOver, Label: "专班到期", By: ByClock, From: withGroup, If: []Condition{groupEnded}},
	{Move: Give, Label: "交经办人", By: ByUnit, From: open, Alerts: []Level{ToHandler}},
	{Move: Try, Label: "记一次联系未果", By: ByUnit, From: []State{Handling}, If: []Condition{triedBefore}, Note: true},
	{Move: Pause, Label: "暂停计时", By: ByUnit, From: []State{Handling}, If: []Condition{notPaused, mayPause, triedEnough, notLate, acted}, Clocks: Hold, Tells: NotifyAsked},
	{Move: Resume, Label: "恢复计时", By: ByUnit, From: []State{Handling}, If: []Condition{paused}, Clocks: Release},

	{Move: Keep, Label: "维持原派", By: ByCentre, From: []State{Returned}, To: Handling, Clocks: Receive, Alerts: []Level{ToHandler}},
	{Move: Extend, Label: "同意延期", By: ByCentre, From: []State{Handling}, If: []Condition{somethingAsked}, Clocks: Prolong, Tells: NotifyExtended, Alerts: []Level{ToHandler}},
	{Move: Refuse, Label: "不同意延期", By: ByCentre, From: []State{Handling}, If: []Condition{somethingAsked}, Alerts: []Level{ToHandler}},
	{Move: SendBack, Label: "退回重办", By: ByCentre, From: []State{Checking}, To: Handling, Alerts: []Level{ToHandler}},
	{Move: Close, Label: "办结", By: ByCentre, From: []State{Checking}, To: Closed, Clocks: Promised, Tells: NotifyCompleted},
	{Move: Reopen, Label: "重办", By: ByCentre, From: []State{Closed}, To: Handling, If: []Condition{mayReopen}, Alerts: []Level{ToHandler}},
	{Move: Supervise, Label: "仍未解决，转督办", By: ByControl, From: []State{Closed}, To: Handling, If: []Condition{reopenedEnough}, Alerts: []Level{ToHandler, ToHead, ToSupervisor}},
	{Move: CallFailed, Label: "回访未接通", By: ByDesk, From: []State{Closed}, If: []Condition{notCalled}},
	{Move: CallBack, Label: "回访", By: ByDesk, From: []State{Closed}, If: []Condition{notCalled}},
	{Move: Explain, Label: "向诉求人说明", By: ByStaff, From: []State{Closed}, If: []Condition{toExplain}, Note: true},

	{Move: Invite, Label: "邀请会商", By: ByCentre, From: []State{Returned}, If: []Condition{disputed}, Alerts: []Level{ToUnit}},
	{Move: Statement, Label: "陈述意见", By: ByParties, From: []State{Returned}, If: []Condition{disputed}, Note: true},
	{Move: Record, Label: "会商记录", By: ByCentre, From: []State{Returned}, If: []Condition{disputed}, Note: true},

	{Move: Contribute, Label: "协办意见", By: ByCo, From: open, Alerts: []Level{ToHandler}, Note: true},
	{Move: SetTask, Label: "派协办任务", By: ByGiver, From: open, Alerts: []Level{ToUnit}},
	{Move: TakeTask, Label: "签收协办任务", By: ByCo, From: open, If: []Condition{tasked}, Note: true},
	{Move: DoneTask, Label: "完成协办任务", By: ByCo, From: open, If: []Condition{tasked}, Alerts: []Level{ToHandler}, Note: true},
	{Move: DropTask, Label: "协办任务办不了", By: ByCo, From: open, If: []Condition{tasked}, Alerts: []Level{ToHandler}, Note: true},

	{Move: Merge, Label: "并案", By: ByCentre, From: []State{Waiting, Handling, Returned}, To: Merged, Clocks: Stop},
	{Move: Join, Label: "并入另一件", By: ByMerge, From: open, Note: true},

	{Move: Unmerge, Label: "撤销并案", By: ByCentre, From: []State{Merged}, To: Waiting, If: []Condition{mergedLately}, Clocks: Hand, Tells: NotifyDispatched},
	{Move: Unjoin, Label: "另一件撤出并案", By: ByMerge, From: append(slices.Clone(open), Closed), If: []Condition{joined}, Note: true},

	{Move: Link, Label: "记其他平台的编号", By: ByDesk, From: append(slices.Clone(open), Closed), If: []Condition{mayLink}},
	{Move: Unlink, Label: "删去其他平台的编号", By: ByDesk, From: append(slices.Clone(open), Closed)},
	{Move: Depute, Label: "标为代表委员件", By: ByDesk, From: append(slices.Clone(open), Closed)},
	{Move: Undepute, Label: "取消代表委员件", By: ByDesk, From: append(slices.Clone(open), Closed), If: []Condition{fromDelegate}},

	{Move: SetWay, Label: "记派单方式", By: ByCentre, From: open, If: []Condition{wayFree}, Note: true},
	{Move: Allot, Label: "拟定分工", By: ByGiver, From: []State{Waiting, Handling}, Alerts: []Level{ToUnit}},
	{Move: AgreeShare, Label: "同意分工", By: ByPartners, From: []State{Waiting, Handling}, If: []Condition{proposed}, Note: true},
	{Move: RefuseShare, Label: "不同意分工", By: ByPartners, From: []State{Waiting, Handling}, If: []Condition{proposed}, Alerts: []Level{ToHandler}, Note: true},
	{Move: Appoint, Label: "指定办", By: BySuperior, From: open, Alerts: []Level{ToHandler}},
	{Move: Unappoint, Label: "同意退单", By: BySuperior, From: []State{Waiting, Handling}, If: []Condition{isAppointed}, Clocks: Retry, Alerts: []Level{ToHandler}},
	{Move: Hurry, Label: "立即办", By: ByCentre, From: []State{Waiting, Handling}, If: []Condition{notHurried}, Clocks: Rush, Alerts: []Level{ToHandler, ToHead}},
	{Move: Calm, Label: "取消立即办", By: ByCentre, From: []State{Waiting, Handling}, If: []Condition{hurried}, Clocks: Ease, Alerts: []Level{ToHandler}},
	{Move: Act, Label: "先行处置", By: ByUnit, From: []State{Handling}, If: []Condition{hurried}, Clocks: Acted},
	{Move: PassFirst, Label: "移交首问", By: ByDesk, From: append(slices.Clone(open), Closed), Note: true},
	{Move: ToPolice, Label: "移交 110", By: ByDesk, From: open, If: []Condition{notWithPolice}, Note: true},
	{Move: FromPolice, Label: "110 转回", By: ByDesk, From: open, If: []Condition{withPolice}, Note: true},

	{Move: Urge, Label: "发提醒函", By: ByControl, From: open, If: []Condition{noLetter}, Alerts: []Level{ToHandler}},
	{Move: Confirm, Label: "签收提醒函", By: ByUnit, From: open, If: []Condition{letterWaits}, Note: true},
	{Move: Order, Label: "督办", By: ByControl, From: open, If: []Condition{noOrder}, Alerts: []Level{ToHandler, ToHead}},
	{Move: Feedback, Label: "督办反馈", By: ByUnit, From: open, If: []Condition{orderWaits}},
	{Move: StrikeOff, Label: "销号", By: ByControl, From: append(slices.Clone(open), Closed), If: []Condition{orderAnswered}},

	{Move: Instruct, Label: "批示", By: ByLeader, From: open, Alerts: []Level{ToHandler, ToHead}},
	{Move: Flag, Label: "标为重点", By: ByAbove, From: open, If: []Condition{notFlagged}, Note: true},
	{Move: Unflag, Label: "取消重点", By: ByAbove, From: open, If: []Condition{flagged}, Note: true},
	{Move: Whistle, Label: "吹哨", By: ByHolder, From: []State{Handling}, Note: true},
	{Move: Divide, Label: "分案", By: ByCentre, From: []State{Waiting, Handling, Returned}},
	{Move: Stem, Label: "由另一件分出", By: ByMerge, From: open, Note: true},

	{Move: Unsent, Label: "通知没有送到", By: ByOutbox, From: append(slices.Clone(open), Closed), Note: true},
	{Move: Tell, Label: "已电话告知", By: ByDesk, From: append(slices.Clone(open), Closed), If: []Condition{somethingUntold}, Note: true},

	{Move: Chase, Label: "催单", By: ByCitizen, From: open, Alerts: []Level{ToHandler, ToSupervisor}, Note: true},
	{Move: Supplement, Label: "补充情况", By: ByCitizen, From: open, Alerts: []Level{ToHandler}, Note: true},

	{Move: Respond, Label: "补充情况，恢复计时", By: ByCitizen, From: []State{Handling}, If: []Condition{paused}, Clocks: Release, Alerts: []Level{ToHandler}},
	{Move: Withdraw, Label: "撤回", By: ByCitizen, From: open, If: []Condition{notWithdrawn}, Alerts: []Level{ToHandler}},
	{Move: LetGo, Label: "同意撤回", By: ByCentre, From: open, To: Closed, If: []Condition{withdrawn}, Clocks: Stop, Tells: NotifyCompleted},
	{Move: GoOn, Label: "继续办理", By: ByCentre, From: open, If: []Condition{withdrawn}},
	{Move: Object, Label: "异议，重办", By: ByCitizen, From: []State{Closed}, To: Handling, If: []Condition{objectable, notLawful, mayReopen}, Alerts: []Level{ToHandler}},
	{Move: Protest, Label: "异议，待热线处理", By: ByCitizen, From: []State{Closed}, If: []Condition{objectable}},
	{Move: Uphold, Label: "异议成立，重办", By: ByCentre, From: []State{Closed}, To: Handling, If: []Condition{objected}, Alerts: []Level{ToHandler}},
	{Move: Dismiss, Label: "异议不成立", By: ByCentre, From: []State{Closed}, If: []Condition{objected}, Tells: NotifyCompleted},

	{Move: Rate, Label: "评价", By: ByCitizen, From: []State{Closed}, If: []Condition{notRated}},
	{Move: Again, Label: "评价没有解决，重办", By: ByCitizen, From: []State{Closed}, To: Handling, If: []Condition{notRated, mayReopen}, Alerts: []Level{ToHandler}},
	{Move: Insist, Label: "评价仍未解决，转督办", By: ByCitizen, From: []State{Closed}, To: Handling, If: []Condition{notRated, reopenedEnough}, Alerts: []Level{ToHandler, ToHead, ToSupervisor}},
	{Move: Plead, Label: "申诉", By: ByUnit, From: []State{Closed}, If: []Condition{appealable}},
	{Move: Excuse, Label: "申诉成立，不计入三率", By: ByControl, From: []State{Closed}, If: []Condition{appealed}},
	{Move: Overrule, Label: "申诉不成立", By: ByControl, From: []State{Closed}, If: []Condition{appealed}},

	{Move: Expire, Label: "暂停到期，恢复计时", By: ByClock, From: []State{Handling}, If: []Condition{paused, pauseOver}, Clocks: Release},
	{Move: Remind, Label: "临期提醒", By: ByClock, From: open, Note: true},
	{Move: Late, Label: "催办", By: ByClock, From: open, Note: true},
	{Move: Revisit, Label: "承诺到期复核", By: ByClock, From: []State{Closed}, To: Checking, If: []Condition{promiseDue}},
}

// RuleOf gives the line of a move; false for one that does not exist.
func RuleOf(m Move) (Rule, bool) {
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Move == m })
	if i < 0 {
		return Rule{}, false
	}
	return Rules[i], true
}

// Label is the move's name on screen.
func (m Move) Label() string {
	r, _ := RuleOf(m)
	return r.Label
}
