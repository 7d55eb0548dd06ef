package main

import "huying/intake"

// wording is what a unit writes about a case: for the centre, and for the citizen.
type wording struct{ text, public string }

// replies are what units write, by what was asked for.
var replies = map[intake.Type][]wording{
	intake.Consultation: {
		{"已电话答复诉求人", "您咨询的事项，工作人员已向您说明办理条件、所需材料和办理地点，如还有不清楚的，可再拨打热线。"},
		{"已查询政策并回复", "经查询现行规定，您的情况可以办理，请带本人身份证件和相关材料到就近的服务窗口，也可在网上申请。"},
		{"已发送办事指南", "您咨询的事项已按办事指南逐项说明，材料齐全的当场受理，工作人员会一次告知需要补正的内容。"},
	},
	intake.Help: {
		{"已派员到场处置", "接到您的求助后，工作人员已到现场处理，目前已恢复正常，后续会继续留意。"},
		{"已安排抢修并复核", "您反映的情况已安排人员处理完毕，并在次日复查，没有再出现。给您带来的不便请谅解。"},
		{"已与诉求人联系并落实帮扶", "工作人员已与您联系，了解具体困难，符合条件的已协助提出申请，办理结果会另行通知您。"},
	},
	intake.Complaint: {
		{"已到现场核实并责令整改", "您反映的问题经现场核实属实，已要求责任方限期整改，工作人员会到期复查。"},
		{"已约谈责任方，双方达成一致", "工作人员已约谈被投诉方并组织协商，双方已就处理办法达成一致，对方已开始履行。"},
		{"已处理并加强巡查", "您反映的问题已处理，今后会增加这一带的巡查，如再发现请随时反映。"},
	},
	intake.Report: {
		{"已立案检查", "您举报的情况已安排执法人员检查，发现的问题正依法处理，感谢您的监督。"},
		{"已现场检查并督促消除隐患", "执法人员已到现场检查，当场责令消除隐患，并登记备查，感谢您的提醒。"},
	},
	intake.Proposal: {
		{"建议已采纳", "您的建议很有帮助，已列入近期的改进安排，方案确定后会向社会公布。"},
		{"已研究", "您的建议已认真研究，因条件所限分步实施，先从人多的时段做起，感谢您的关心。"},
	},
	intake.Praise: {
		{"已转达", "感谢您的肯定，您的话已转达给相关同志和单位，我们会继续努力。"},
	},
}

// Other things that people write in a case.
var (
	returnWords = []string{"不属于本单位职责，见三定方案", "经核实，该路段由属地管理，不在本单位管养范围", "所反映的事项归行业主管部门负责"}
	keepWords   = []string{"按职责清单仍由该单位办理", "该事项主责明确，请继续办理"}
	moveWords   = []string{"按职责清单改派", "经核对属地，改由该单位办理"}
	moreWords   = []string{"需要现场核实", "正在向施工方调取资料", "需与多方协商，暂不能定"}
	denyWords   = []string{"理由不充分", "已延过，请抓紧办理"}
	orderWords  = []string{"已超期，请尽快办结并反馈", "诉求人多次来电，请两日内办结"}
	backWords   = []string{"正在办理，近日答复", "已进场施工，预计两日内完成"}
	checkWords  = []string{"答复没有说明处理结果", "请补充现场情况和完成时间"}
	lawfulWords = []string{"不符合政策规定，已向诉求人说明依据", "诉求超出法定职责，已告知合法途径"}
)

// pick chooses one of what may be said.
func pick[T any](d dice, all []T) T { return all[d.IntN(len(all))] }

// answerWords are a unit's answer to what somebody asked for.
func (l *life) answerWords() wording {
	all := replies[intake.Type(l.sample.Gold.Type)]
	if len(all) == 0 {
		all = replies[intake.Complaint]
	}
	return pick(l.dice, all)
}
