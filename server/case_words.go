package server

import (
	"fmt"
	"strings"

	"huying/casework"
	"huying/classifier"
	"huying/internal/org"
)

// caseLine is one line of a case's history in plain words.
type caseLine struct {
	casework.Event
	Who    string // 诉求人, 系统, or a name
	What   string
	Detail string // what was said with it
	Call   string // address of the call in which the citizen said it; empty: it was no call
}

// newCaseLines puts a history into words, oldest first.
func newCaseLines(history []casework.Event, dir *org.Directory) []caseLine {
	out := make([]caseLine, len(history))
	for i, e := range history {
		out[i] = caseLine{Event: e, Who: whoDid(e), What: whatHappened(e, dir), Detail: e.Text}
		if rule, _ := casework.RuleOf(e.Move); rule.By == casework.ByCitizen && e.By != "" && e.Reason != "" {
			out[i].Call = "/desk/" + e.Reason
		}
	}
	return out
}

func whoDid(e casework.Event) string {
	rule, _ := casework.RuleOf(e.Move)
	switch {
	case rule.By == casework.ByCitizen && e.By != "":
		return "诉求人（电话，" + e.ByName + "记）"
	case rule.By == casework.ByCitizen:
		return "诉求人"
	case rule.By == casework.ByClock || rule.By == casework.ByOutbox:
		return "系统"
	case e.ByName == "":
		return "工作人员"
	}
	return e.ByName
}

// unitOf names the unit that has the case after an event.
func unitOf(e casework.Event, dir *org.Directory) string {
	if u, ok := dir.Unit(e.Unit); ok {
		return u.Name
	}
	return "承办单位"
}

// dispatched is what dispatch, the unit tree and its heads do, in a sentence without its
// subject; empty for anything else.
func dispatched(e casework.Event, dir *org.Directory) string {
	unit := unitOf(e, dir)
	switch e.Move {
	case casework.Give:
		if e.Reason == "" {
			return "退回本单位，重新安排经办人"
		}
		return "交经办人"
	case casework.Submit:
		return unit + "已答复，送负责人审核"
	case casework.Approve:
		return unit + "负责人审核通过，申请办结"
	case casework.Rework:
		return unit + "负责人退回修改"
	case casework.SetWay:
		return "派单方式：" + casework.Way(e.Reason).Label()
	case casework.ToPolice:
		return "移交 110，对方单号 " + e.Reason
	case casework.Link:
		words := casework.Platform(e.Reason).Label() + "的编号"
		if !e.Due.Outside.IsZero() {
			words += "，要求 " + shanghai(e.Due.Outside).Format("1月2日 15:04") + " 前办结"
		}
		return words
	case casework.Unlink:
		return "删去" + casework.Platform(e.Reason).Label() + "的编号"
	case casework.Depute:
		kind, _, _ := strings.Cut(e.Reason, "+")
		return "标为" + casework.DelegateKind(kind).Label()
	case casework.Unjoin:
		return "并入的一件撤出，单独办理"
	case casework.GiveGroup:
		return "交给专班"
	case casework.Engage:
		return "专班接办"
	case casework.LeaveGroup:
		return "从专班收回，由" + unit + "继续办理"
	case casework.GroupOver:
		return "专班到期，由" + unit + "继续办理"
	case casework.Instruct:
		if u, ok := dir.Unit(org.UnitID(e.Reason)); ok {
			return "批示，由" + u.Name + "反馈"
		}
	case casework.Whistle:
		return "吹哨，叫部门到场"
	case casework.Divide:
		return "分案：其中另一件事另行受理、派单"
	case casework.Stem:
		return "由同一诉求的另一件工单分出，诉求人的时限从那一件立案起算"
	case casework.HandDown:
		if u, ok := dir.Unit(org.UnitID(e.Reason)); ok {
			return "转派给下级" + u.Name
		}
		return "转派给下级"
	}
	return ""
}

// whatHappened is an event in a sentence without its subject.
func whatHappened(e casework.Event, dir *org.Directory) string {
	for _, said := range []string{aboutDuty(e, dir), dispatched(e, dir)} {
		if said != "" {
			return said
		}
	}
	unit := unitOf(e, dir)
	switch e.Move {
	case casework.File:
		return "立案，派给" + unit
	case casework.Redirect:
		return "改派给" + unit
	case casework.Revise:
		return "修改了事项或紧急程度，仍由" + unit + "办理"
	case casework.Recall:
		return "撤销派单"
	case casework.Accept:
		return unit + "已签收"
	case casework.Return:
		return unit + "退单：" + classifier.ReturnReason(e.Reason).Label()
	case casework.AskMore:
		return fmt.Sprintf("%s申请延期 %d 个工作日", unit, e.Days)
	case casework.Extend:
		return fmt.Sprintf("同意延期 %d 个工作日", e.Days)
	case casework.Propose:
		return unit + "已答复，申请办结"
	case casework.Close:
		return "办结：" + casework.Ending(e.Reason).Label()
	case casework.Reopen:
		if e.Reason != "" {
			return "回访：" + calledWords(e) + "，转" + unit + "重办"
		}
		return "没有解决，转" + unit + "重办"
	case casework.Supervise:
		if e.Reason != "" {
			return "回访：" + calledWords(e) + "，重办两次仍没有解决，转督办"
		}
		return "重办两次仍没有解决，转督办"
	case casework.StrikeOff:
		if casework.OrderResult(e.Reason) == casework.InVain {
			return "销号：督办没有效果"
		}
	case casework.CallBack:
		return "回访：" + calledWords(e)
	case casework.SetTask:
		return "派协办任务给" + unitName(org.UnitID(e.Reason), dir) + "，" + shanghai(e.Due.Task).Format("1月2日 15:04") + " 前完成"
	case casework.TakeTask:
		return unitName(org.UnitID(e.Reason), dir) + "签收协办任务"
	case casework.DoneTask:
		return unitName(org.UnitID(e.Reason), dir) + "完成协办任务"
	case casework.DropTask:
		return unitName(org.UnitID(e.Reason), dir) + "说协办任务办不了"
	case casework.Contribute:
		if u, ok := dir.Unit(org.UnitID(e.Reason)); ok {
			return u.Name + "的协办意见"
		}
		return "协办意见"
	case casework.Rate, casework.Again, casework.Insist:
		return ratedWords(e)
	case casework.Merge:
		return "与较早的一件合并办理"
	case casework.Join:
		return "另一件诉求并入办理"
	case casework.Feedback:
		return unit + "反馈督办"
	case casework.Unsent:
		return casework.NotificationKind(e.Reason).Label() + "的通知没有送到，等电话告知"
	case casework.Try:
		return unit + "联系诉求人，没有联系上"
	case casework.Pause:
		return fmt.Sprintf("等诉求人回复，计时暂停，至多 %d 个工作日", e.Days)
	case casework.Expire:
		return casework.MarkPause.Words()
	case casework.Remind, casework.Late, casework.Revisit:
		return casework.MarkKind(e.Reason).Words()
	}
	return e.Move.Label()
}

// toldHolder is an event as the citizen is told of it.
func toldHolder(e casework.Event, dir *org.Directory) string {
	unit := unitOf(e, dir)
	switch e.Move {
	case casework.File:
		return "已受理，交给" + unit + "办理"
	case casework.Redirect:
		return "改由" + unit + "办理"
	case casework.Accept:
		return unit + "已收到，开始办理"
	case casework.Extend:
		return fmt.Sprintf("经批准延长 %d 个工作日", e.Days)
	case casework.Propose, casework.Approve:
		return unit + "已给出答复，热线正在核对"
	case casework.Close:
		return "已办结：" + casework.Ending(e.Reason).Label()
	case casework.Revisit:
		return "承诺的日期已到，热线正在核实是否兑现"
	case casework.Reopen:
		return "还没有解决，已重新办理"
	case casework.Merge:
		return "与反映同一件事的较早诉求合并办理"
	case casework.Unmerge:
		return "与另一件诉求分开，由" + unit + "单独办理"
	case casework.Recall:
		return "派单已撤回，热线正在重新处理"
	case casework.Pause:
		return unit + "联系不上您，正在等您回复，时限暂停"
	case casework.Resume, casework.Expire:
		return "恢复办理，时限继续计算"
	case casework.Respond:
		return "您补充了情况，时限继续计算"
	case casework.Withdraw:
		return "您要求撤回"
	case casework.LetGo:
		return "已按您的要求撤回"
	case casework.GoOn:
		return "没有撤回，继续办理"
	case casework.Object:
		return "您对结果有异议，已重新办理"
	case casework.Protest:
		return "您对结果有异议，热线正在处理"
	case casework.Uphold:
		return "异议成立，已重新办理"
	case casework.Dismiss:
		return "异议不成立"
	case casework.Rate:
		return "您作了评价"
	case casework.Again:
		return "您评价没有解决，已重新办理"
	case casework.Insist:
		return "您评价仍没有解决，已转督办重新办理"
	case casework.Supervise:
		return "仍没有解决，已转督办重新办理"
	case casework.Chase:
		return "您催了一次"
	case casework.Supplement:
		return "您补充了情况"
	}
	return e.Move.Label()
}

// ratedWords say what a citizen gave by the link; those who handle the case
// read only that they did.
func ratedWords(e casework.Event) string {
	said := "网上评价"
	callback, rating := casework.Rated(e.Reason)
	for _, words := range []string{callback.Words(), rating.Words()} {
		if words != "" {
			said += "，" + words
		}
	}
	switch e.Move {
	case casework.Again:
		said += "，转重办"
	case casework.Insist:
		said += "，转督办"
	}
	return said
}

// calledWords say what a citizen answered on the phone, and gave.
func calledWords(e casework.Event) string {
	said, rating := casework.Rated(e.Reason)
	if words := rating.Words(); words != "" {
		return said.Words() + "，" + words
	}
	return said.Words()
}

// aboutDuty is an event on whose duty a case is, in a sentence without its subject;
// empty for anything else.
func aboutDuty(e casework.Event, dir *org.Directory) string {
	unit := unitOf(e, dir)
	switch e.Move {
	case casework.Invite:
		return inviteWords(e, dir)
	case casework.Statement:
		if u, ok := dir.Unit(org.UnitID(e.Reason)); ok {
			return u.Name + "陈述意见"
		}
	case casework.Record:
		return minutesWords(e, dir)
	case casework.Allot:
		return "拟定分工：" + sharesWords(e, dir)
	case casework.AgreeShare, casework.RefuseShare:
		return unitName(org.UnitID(e.Reason), dir) + e.Move.Label()
	case casework.Appoint:
		return "指定由" + unit + "办理"
	case casework.Redirect, casework.Keep:
		if e.Reason != "" {
			return "指定由" + unit + "办理"
		}
	case casework.Unappoint:
		return "同意" + unit + "退单，退单期限从现在起算"
	case casework.Hurry:
		return "立即办：" + unit + shanghai(e.Due.Accept).Format("15:04") + " 前签收，" + shanghai(e.Due.Act).Format("15:04") + " 前先行处置"
	case casework.Act:
		return unit + "已先行处置"
	}
	return ""
}

func inviteWords(e casework.Event, dir *org.Directory) string {
	if e.Facts == nil || e.Facts.Meeting == nil {
		return e.Move.Label()
	}
	m := e.Facts.Meeting
	said := "邀请会商，" + shanghai(m.At).Format("1月2日 15:04") + "，" + m.Where
	if len(m.Units) > 0 {
		said += "，另请" + strings.Join(namesOf(m.Units, dir), "、")
	}
	return said
}

func minutesWords(e casework.Event, dir *org.Directory) string {
	if e.Facts == nil || e.Facts.Minutes == nil {
		return e.Move.Label()
	}
	m := e.Facts.Minutes
	var came []string
	for _, p := range m.Present {
		came = append(came, unitName(p.Unit, dir)+"（"+p.Who+"）")
	}
	said := "会商记录：到场" + strings.Join(came, "、") + "；商定由" + unitName(m.Lead, dir) + "主办"
	if len(m.Co) > 0 {
		said += "，" + strings.Join(namesOf(m.Co, dir), "、") + "协办"
	}
	return said + "；依据" + m.Clause + "；" + m.Decided + "决定"
}

func sharesWords(e casework.Event, dir *org.Directory) string {
	if e.Facts == nil {
		return ""
	}
	var said []string
	for _, x := range e.Facts.Shares {
		said = append(said, unitName(x.Unit, dir)+x.Part+"（"+shanghai(x.Due).Format("1月2日")+"前）")
	}
	return strings.Join(said, "；")
}
