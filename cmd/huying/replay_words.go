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

// streetKind is the kind of the units whose people go round the streets.
const streetKind = "街道办事处和乡镇政府"

// sight is what people of a street see on patrol, with what a careful agent
// decides: code, lead and urgency are as in demo.Gold.
type sight struct {
	code, lead, urgency string
	kind                intake.Type
	place, text         string
}

// sights are what there is to see. All of them are faults that nobody need have
// complained of yet.
var sights = []sight{
	{"030501", "城市管理和综合执法局", "B", intake.Complaint, "东路口", "人行道上一块井盖松动，车压过去会响，旁边没有围挡"},
	{"030501", "城市管理和综合执法局", "C", intake.Complaint, "中段", "路灯连着三盏不亮，晚上这一段很暗"},
	{"030501", "城市管理和综合执法局", "B", intake.Complaint, "主街", "路面塌了一个坑，有脸盆大，电动车容易摔"},
	{"030502", "城市管理和综合执法局", "C", intake.Complaint, "公厕", "公厕两个水龙头漏水，地面湿滑"},
	{"030302", streetKind, "C", intake.Complaint, "后巷", "垃圾桶满溢，垃圾散落在地上，还没有清运"},
	{"030302", streetKind, "C", intake.Complaint, "垃圾房", "建筑垃圾混投在生活垃圾点，占了半条通道"},
	{"030302", streetKind, "B", intake.Complaint, "河边", "河边空地被倒了一车装修垃圾，有异味"},
	{"030303", "城市管理和综合执法局", "B", intake.Report, "楼顶", "楼顶正在搭铁皮棚，材料堆在护栏边"},
	{"030701", "城市管理和综合执法局", "C", intake.Complaint, "菜市场门口", "流动摊贩占道经营，行人只能走机动车道"},
	{"030701", "城市管理和综合执法局", "C", intake.Complaint, "学校门口", "放学时十几个小摊挤在校门口，车辆堵住"},
	{"060201", "林业园林局", "B", intake.Complaint, "小公园", "一棵行道树被风刮歪，压着电线"},
	{"060201", "林业园林局", "C", intake.Complaint, "绿化带", "绿化带里的灌木枯死一片，露出喷头"},
	{"040205", "生态环境局", "B", intake.Report, "排水口", "排水口流出的水发白，有泡沫，气味刺鼻"},
	{"040201", "生态环境局", "B", intake.Report, "工地", "工地中午还在打桩，没有挂夜间和午间施工许可"},
}

// Other things that people write in a case.
var (
	returnWords   = []string{"不属于本单位职责，见三定方案", "经核实，该路段由属地管理，不在本单位管养范围", "所反映的事项归行业主管部门负责"}
	keepWords     = []string{"按职责清单仍由该单位办理", "该事项主责明确，请继续办理"}
	moveWords     = []string{"按职责清单改派", "经核对属地，改由该单位办理"}
	moreWords     = []string{"需要现场核实", "正在向施工方调取资料", "需与多方协商，暂不能定"}
	denyWords     = []string{"理由不充分", "已延过，请抓紧办理"}
	orderWords    = []string{"已超期，请尽快办结并反馈", "诉求人多次来电，请两日内办结"}
	backWords     = []string{"正在办理，近日答复", "已进场施工，预计两日内完成"}
	checkWords    = []string{"答复没有说明处理结果", "请补充现场情况和完成时间"}
	whistleWords  = []string{"占道经营反复回潮，请到场联合整治", "现场涉及多个部门，请派人一同查看", "存在安全隐患，请到场会同处置"}
	cameWords     = []string{"执法中队两人", "值班工程师一人", "业务科一人、技术员一人"}
	effectWords   = []string{"已当场责令整改，约定一周后复查", "已查明原因，由我单位负责修复", "已与各方商定分工，记录在案"}
	handWords     = []string{"请到现场处置并上报结果", "属地处置，请于期限内上报"}
	reportWords   = []string{"已到现场处置，情况属实，已清理", "已上门核实并当场解决"}
	letterWords   = []string{"该事项临近期限，请抓紧办理", "同类诉求增多，请举一反三"}
	memoWords     = []string{"已安排专人跟进，本周内办结并回复诉求人", "已对同类诉求逐件排查，整改措施随附", "因协调多方有所延误，已明确责任人和完成时间"}
	instructWords = []string{"请主办单位尽快解决并反馈", "群众反映强烈，请到现场督办"}
	tryWords      = []string{"拨打两次，无人接听", "电话关机，已发短信"}
	askWords      = []string{"请补充问题发生的具体时间和位置。", "请补充相关凭证或照片。"}
	lawfulWords   = []string{"不符合政策规定，已向诉求人说明依据", "诉求超出法定职责，已告知合法途径"}
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
