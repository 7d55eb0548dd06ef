package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// apiCase is a case.
type apiCase struct {
	ID         casework.CaseID       `json:"id" format:"uuid" doc:"工单的标识"`
	Number     string                `json:"number" doc:"工单编号"`
	Matter     intake.MatterID       `json:"matter" format:"uuid" doc:"所办的事"`
	Decision   classifier.DecisionID `json:"decision" format:"uuid" doc:"据以派单的决定"`
	Unit       org.UnitID            `json:"unit" format:"uuid" doc:"主办单位"`
	CoUnits    []org.UnitID          `json:"co_units" nullable:"false" doc:"协办单位"`
	Tasks      []apiCoTask           `json:"tasks,omitempty" nullable:"false" doc:"协办任务，派过的才有"`
	State      casework.State        `json:"state" enum:"waiting,handling,reviewing,returned,checking,closed,merged,void" doc:"waiting 待签收，handling 办理中，reviewing 负责人审核，returned 退单待裁定，checking 结案待审核，closed 已办结，merged 已并案，void 已撤销"`
	Ending     casework.Ending       `json:"ending,omitempty" enum:"solved,promised,refused,unreached,withdrawn" doc:"结案方式：solved 已解决，promised 承诺限期解决，refused 依法不能满足，unreached 联系不上诉求人，withdrawn 诉求人撤回；没有这一项为未办结"`
	Into       casework.CaseID       `json:"into,omitempty" format:"uuid" doc:"已并案时：与哪一件合并办理"`
	Version    int                   `json:"version" doc:"操作时原样填在 seen 里"`
	Title      string                `json:"title" doc:"标题，已隐去个人信息"`
	Text       string                `json:"text" doc:"内容，已隐去个人信息"`
	Type       intake.Type           `json:"type,omitempty" doc:"诉求类型"`
	Urgency    intake.Urgency        `json:"urgency,omitempty" doc:"紧急程度"`
	Place      string                `json:"place,omitempty" doc:"地点"`
	FiledAt    time.Time             `json:"filed_at" doc:"立案时间，诉求人的时限由此起算，不会重新起算"`
	AcceptDue  time.Time             `json:"accept_due" doc:"最迟签收"`
	ReturnDue  time.Time             `json:"return_due" doc:"最迟退单"`
	AcceptedAt *time.Time            `json:"accepted_at,omitempty" doc:"签收时间，单位的时限由此起算"`
	UnitDue    *time.Time            `json:"unit_due,omitempty" doc:"单位的时限"`
	CitizenDue time.Time             `json:"citizen_due" doc:"诉求人的时限"`
	PromiseDue *time.Time            `json:"promise_due,omitempty" doc:"承诺解决的时间"`
	Asked      int                   `json:"asked" doc:"等待审批的延期，工作日；0 为没有"`
	Chased     int                   `json:"chased" doc:"诉求人催过几次"`
	Callback   casework.Callback     `json:"callback,omitempty" doc:"回访中答“是”的问题，以 + 相连：contacted 有人联系，solved 已解决，satisfied 满意；none 都答“否”；没有这一项为还没有回访"`
	Ordered    casework.OrderState   `json:"ordered,omitempty" enum:"waits,answered" doc:"督办：waits 待反馈，answered 已反馈待销号；没有这一项为没有督办或已销号"`
	Orders     int                   `json:"orders" doc:"督办过几次"`
	Instructed bool                  `json:"instructed,omitempty" doc:"最近一次督办是领导批示"`
	OrderUnit  org.UnitID            `json:"order_unit,omitempty" format:"uuid" doc:"由哪个单位反馈督办；没有这一项为主办单位"`
	Untold     int                   `json:"untold,omitempty" doc:"几条诉求人必须知道的通知没有送到，等话务员电话告知"`
	Flagged    bool                  `json:"flagged,omitempty" doc:"标为重点"`
	Way        casework.Way          `json:"way,omitempty" enum:"statutory,agreed,appointed,immediate" doc:"派单方式：statutory 法定办，agreed 商定办，appointed 指定办，immediate 立即办；没有这一项为没有记"`
	Group      casework.GroupID      `json:"group,omitempty" format:"uuid" doc:"交给了哪个专班；没有这一项为没有交"`
	Taker      org.AccountID         `json:"taker,omitempty" format:"uuid" doc:"专班中谁接办了；没有这一项为还没有人"`
	Police     string                `json:"police,omitempty" doc:"已移交 110 时：对方的单号"`
	Outside    []apiOutside          `json:"numbers,omitempty" nullable:"false" doc:"其他平台的编号和时限；110 的编号转回后也还在"`
	Delegate   *apiDelegate          `json:"delegate,omitempty" doc:"代表建议、委员提案；没有这一项为不是"`
	Holder     org.UnitID            `json:"holder,omitempty" format:"uuid" doc:"转派下级后，现在由哪个下级单位办理；没有这一项为主办单位自己"`
	Worker     org.AccountID         `json:"worker,omitempty" format:"uuid" doc:"下级单位交给了哪个人办理"`
	Handler    org.AccountID         `json:"handler,omitempty" format:"uuid" doc:"主办单位的经办人；没有这一项为还没有交给谁"`
	Chasing    casework.Level        `json:"chasing,omitempty" enum:"handler,head,supervisor,leader" doc:"超期或超过签收时限，已催到哪一级：handler 经办人，head 单位负责人，supervisor 督办员，leader 领导；没有这一项为没有催"`
	Fruitless  int                   `json:"fruitless,omitempty" doc:"没有效果的督办，两次起列入问责名单"`
	BlamedAt   *time.Time            `json:"blamed_at,omitempty" doc:"何时列入问责名单；办结后仍在"`
	Explaining casework.Explaining   `json:"explaining,omitempty" enum:"waits,done" doc:"诉求人对依法不能满足不满意：waits 待说明，done 已说明"`
	PausedTo   *time.Time            `json:"paused_to,omitempty" doc:"等诉求人，计时已暂停，最迟何时恢复；没有这一项为没有暂停"`
	Withdrawn  bool                  `json:"withdrawn,omitempty" doc:"诉求人要求撤回，等热线处理"`
	Invited    []org.UnitID          `json:"invited,omitempty" nullable:"false" doc:"职责争议另邀请会商的单位"`
	Agreed     []apiUnitShare        `json:"agreed,omitempty" nullable:"false" doc:"商定办：各单位同意的分工"`
	Proposed   []apiUnitShare        `json:"proposed,omitempty" nullable:"false" doc:"拟定的分工，还没有都同意；都同意以后代替 agreed"`
	Superior   org.AccountID         `json:"superior,omitempty" format:"uuid" doc:"指定办：谁指定的；承办单位不能自行退单"`
	First      org.AccountID         `json:"first,omitempty" format:"uuid" doc:"首问责任人"`
	ActDue     *time.Time            `json:"act_due,omitempty" doc:"立即办：何时前先行处置"`
	ActedAt    *time.Time            `json:"acted_at,omitempty" doc:"立即办：何时先行处置了"`
	Objection  casework.Objection    `json:"objection,omitempty" enum:"waits,dismissed" doc:"诉求人对结果的异议：waits 等热线处理，dismissed 不成立，已说明；没有这一项为没有"`
}

func newAPICase(d casework.Docket) apiCase {
	out := apiCase{
		ID: d.ID, Number: d.Number, Matter: d.Matter, Decision: d.Decision, Unit: d.Unit, CoUnits: listed(d.CoUnits),
		State: d.State, Ending: d.Ending, Into: d.Into, Version: d.Version, Title: d.Title, Text: d.Text, Type: d.Type, Urgency: d.Urgency, Place: d.Place,
		FiledAt: utc(d.Due.FiledAt), AcceptDue: utc(d.Due.Accept), ReturnDue: utc(d.Due.Return), AcceptedAt: whenKnown(d.Due.AcceptedAt),
		UnitDue: whenKnown(d.Due.Unit), CitizenDue: utc(d.Due.Citizen), PromiseDue: whenKnown(d.Due.Promise), Asked: d.Asked, Chased: d.Chased, Untold: d.Untold,
		Holder: belowOf(d.Case), Way: d.Way, Police: d.Police, Callback: d.Callback, Ordered: d.Ordered, Orders: d.Orders,
		Group: d.Group, Taker: d.Taker, Instructed: d.Instructed, OrderUnit: d.OrderUnit, Flagged: d.Flagged, Worker: d.Worker(),
		Handler: d.Handler, Chasing: d.Chasing, Fruitless: d.Fruitless, BlamedAt: whenKnown(d.Due.Blamed), Explaining: d.Explaining,
		Invited: d.Invited, Agreed: newAPIShares(d.Shares.Agreed), Proposed: newAPIShares(d.Shares.Proposed), Superior: d.Superior, First: d.First,
		ActDue: whenKnown(d.Due.Act), ActedAt: whenKnown(d.Due.ActedAt),
		PausedTo: whenKnown(d.Due.Resume), Withdrawn: d.Withdrawn, Objection: d.Objection,
	}
	for _, t := range d.Tasks {
		out.Tasks = append(out.Tasks, apiCoTask{t.Unit, t.State, t.Text, utc(t.Due), whenKnown(t.TakenAt), whenKnown(t.EndedAt), t.Words})
	}
	return out.addOutside(d.Case)
}

// apiCoTask is what a co-unit has to do.
type apiCoTask struct {
	Unit    org.UnitID         `json:"unit" format:"uuid" doc:"协办单位"`
	State   casework.TaskState `json:"state" enum:"waits,taken,done,dropped,off" doc:"waits 待签收，taken 办理中，done 已完成，dropped 办不了，off 工单已办结，不用再办"`
	Text    string             `json:"text" doc:"要办什么"`
	Due     time.Time          `json:"due" doc:"何时完成"`
	TakenAt *time.Time         `json:"taken_at,omitempty" doc:"何时签收"`
	EndedAt *time.Time         `json:"ended_at,omitempty" doc:"何时完成、说办不了或不用再办"`
	Words   string             `json:"words,omitempty" doc:"办了什么，或为什么办不了"`
}

// apiOutside is the number of another platform.
type apiOutside struct {
	Platform casework.Platform `json:"platform" enum:"nation,province,mayor,police,other" doc:"nation 国家平台，province 省平台，mayor 市长信箱，police 110，other 其他平台"`
	Number   string            `json:"number" doc:"对方的编号"`
	Due      *time.Time        `json:"due,omitempty" doc:"对方要求何时办结；没有这一项为没有要求"`
}

// apiDelegate says that a delegate has brought a case up.
type apiDelegate struct {
	Kind  casework.DelegateKind `json:"kind" enum:"npc,cppcc" doc:"npc 人大代表建议，cppcc 政协委员提案"`
	From  string                `json:"from" doc:"提出者的身份，不是姓名"`
	Owner org.AccountID         `json:"owner,omitempty" format:"uuid" doc:"承办单位的责任人"`
}

// addOutside adds what others have to do with a case.
func (out apiCase) addOutside(c casework.Case) apiCase {
	for _, o := range c.Outside {
		out.Outside = append(out.Outside, apiOutside{o.Platform, o.Number, whenKnown(o.Due)})
	}
	if c.Delegate.Kind != "" {
		out.Delegate = &apiDelegate{c.Delegate.Kind, c.Delegate.From, c.Delegate.Owner}
	}
	return out
}

// belowOf is the unit to which a case was handed down; empty: none.
func belowOf(c casework.Case) org.UnitID {
	if len(c.Hands) == 0 {
		return ""
	}
	return c.Holder()
}

// apiCaseEvent is one line of a case's history.
type apiCaseEvent struct {
	Ordinal int            `json:"ordinal" doc:"第几条，从 0 起"`
	At      time.Time      `json:"at" doc:"何时"`
	By      org.AccountID  `json:"by,omitempty" format:"uuid" doc:"谁；没有这一项为诉求人或系统"`
	Move    casework.Move  `json:"move" doc:"做了什么，如 accept 签收"`
	From    casework.State `json:"from,omitempty" doc:"之前的状态；立案时没有这一项"`
	To      casework.State `json:"to" doc:"之后的状态"`
	Unit    org.UnitID     `json:"unit" format:"uuid" doc:"之后由哪个单位办理"`
	Reason  string         `json:"reason,omitempty" doc:"退单原因、结案方式、提醒的种类；statement、contribute、agree_share、refuse_share：哪个单位；file、pass_first：首问责任人；redirect、keep：appointed 为上级指定"`
	Days    int            `json:"days,omitempty" doc:"申请或批准延长的工作日"`
	Text    string         `json:"text,omitempty" doc:"内部说明"`
	Public  string         `json:"public,omitempty" doc:"给诉求人的答复"`
	Meeting *apiMeeting    `json:"meeting,omitempty" doc:"invite：会商邀请"`
	Minutes *apiMinutes    `json:"minutes,omitempty" doc:"record：会商记录"`
	Shares  []apiUnitShare `json:"shares,omitempty" nullable:"false" doc:"allot：拟定的分工"`
}

type caseInput struct {
	ID apiID `path:"id" doc:"工单的标识"`
}

type caseOutput struct {
	Body struct {
		Case    apiCase        `json:"case" doc:"工单"`
		History []apiCaseEvent `json:"history" nullable:"false" doc:"经过，早的在前"`
	} `nameHint:"CaseFile"`
}

type casesInput struct {
	Show    string    `query:"show" enum:"first,mine,ungiven,unsolved,explain,waiting,handling,co,tasks,tasks_late,soon,late,returned,disputed,asked,checking,ordered,calls,account,appeals,below,reviewing,paused,away,objected,important,flagged,repeated,instructed,outside,delegates,open,closed,all" doc:"哪一类；不填为 open，有查找条件时为 all。first 我首问的（还在办），mine 我的，ungiven 未交办，unsolved 屡办未决，explain 待说明，waiting 待签收，handling 办理中，co 待协办，tasks 协办任务，tasks_late 协办超期，soon 即将超期，late 已超期，returned 退单待裁定，asked 延期待批，checking 结案待审核，disputed 职责争议，ordered 督办中，calls 待回访（含通知没有送到、等电话告知的），account 问责名单，appeals 申诉待裁定，below 上级转来，reviewing 负责人审核，paused 等诉求人，away 要求撤回，objected 异议待处理，important 重要（重点、超期、反复反映或督办中），flagged 重点，repeated 反复反映，instructed 批示件，outside 其他平台也有编号的，delegates 代表建议和委员提案，open 全部在办，closed 已办结，all 全部（新立案的在前）"`
	Q       string    `query:"q" maxLength:"60" doc:"编号（工单编号、回执码、渠道或其他平台的编号），或标题、内容、地点里的词；几个词用空格隔开，要都有"`
	Unit    apiID     `query:"unit" doc:"承办单位"`
	Area    string    `query:"area" maxLength:"100" doc:"属地，含其下级"`
	Leaf    apiID     `query:"category" doc:"事项，含其下级，也含旧版清单中对应的"`
	Urgency string    `query:"urgency" enum:"A,B,C" doc:"A 紧急，B 较急，C 一般"`
	Channel string    `query:"channel" maxLength:"100" doc:"渠道"`
	Ending  string    `query:"ending" enum:"solved,promised,refused,unreached,withdrawn" doc:"结案方式"`
	From    time.Time `query:"from" doc:"这时或以后立案"`
	Before  time.Time `query:"before" doc:"这时以前立案"`
	Mine    bool      `query:"mine" doc:"只要交给本人所在专班的"`
	Own     bool      `query:"own" doc:"看得到全部工单的人，只要本单位的"`
	Handler apiID     `query:"handler" doc:"只要这个人经办的"`
	After   apiID     `query:"after" doc:"只要排在这一件之后的：上一页的 next"`
	Limit   int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"至多几件"`
}

type casesOutput struct {
	Body struct {
		Cases []apiCase       `json:"cases" nullable:"false" doc:"最急的在前；已办结的和全部，晚的在前"`
		Next  casework.CaseID `json:"next,omitempty" format:"uuid" doc:"取下一页时的 after；没有这一项为到头了"`
	} `nameHint:"Cases"`
}

type caseMoveInput struct {
	ID     apiID  `path:"id" doc:"工单的标识"`
	Prefer string `header:"Prefer" maxLength:"100" doc:"return=minimal：不要经过，答复里 history 为空（RFC 7240）"`
	Body   apiCaseMove
}

// minimal reports whether a client wants no more than it has to be told
// (RFC 7240).
func (in *caseMoveInput) minimal() bool {
	for _, p := range strings.Split(in.Prefer, ",") {
		if strings.EqualFold(strings.TrimSpace(p), "return=minimal") {
			return true
		}
	}
	return false
}

// apiCaseMove is what a client wants to do to a case.
type apiCaseMove struct {
	Move    string          `json:"move" enum:"accept,return,ask_more,propose,approve,rework,try,pause,resume,hand_down,take_up,report,hand_back,fetch,statement,feedback,contribute,keep,redirect,record,extend,refuse,send_back,close,reopen,call_back,order,strike_off,merge,let_go,go_on,uphold,dismiss,plead,excuse,overrule,set_way,to_police,from_police,urge,confirm,instruct,flag,unflag,assign,unmerge,link,unlink,depute,undepute,give_group,engage,leave_group,give,supervise,explain,tell,set_task,take_task,done_task,drop_task,invite,rule,allot,agree_share,refuse_share,appoint,unappoint,hurry,calm,act,pass_first" doc:"承办单位：accept 签收，return 退单，ask_more 申请延期，propose 答复并申请办结（本单位设了负责人的，先送负责人审核），approve 负责人审核通过，rework 负责人退回修改，try 记一次联系未果，pause 暂停计时等诉求人，resume 恢复计时，hand_down 转派下级，fetch 收回；下级单位：take_up 签收，report 办好上报，hand_back 退回上级；承办单位：statement 在职责争议中陈述意见，feedback 反馈督办；协办单位：contribute 协办意见。热线：keep 维持原派，redirect 改派，record 会商记录，extend 同意延期，refuse 不同意延期，send_back 退回重办，close 办结，reopen 重办，call_back 回访，order 督办，strike_off 销号，merge 并案，let_go 同意撤回，go_on 不撤回继续办理，uphold 异议成立转重办，dismiss 异议不成立，excuse 申诉成立，overrule 申诉不成立，set_way 记派单方式，to_police 移交 110，from_police 110 转回，urge 发提醒函（text 为正文；写标题、期限或几件一起的，见发提醒函），tell 已电话告知通知没有送到的事。承办单位对回访：plead 申诉；对提醒函：confirm 签收。下级单位：assign 交个人办理。领导：instruct 批示；热线或领导：flag 标为重点，unflag 取消重点。热线：unmerge 撤销并案（三天内），link 记其他平台的编号，unlink 删去编号，depute 标为代表委员件，undepute 取消。承办单位或热线：give_group 交专班，leave_group 从专班收回；专班的人：engage 接办。主办单位：give 交经办人（worker 不填为退回全单位）；热线：supervise 重办满两次仍没有解决，转督办；主办单位或热线：set_task 派协办任务（unit 协办单位，text 要办什么，until 何时完成）；协办单位：take_task 签收协办任务，done_task 完成，drop_task 办不了（text 必填）；主办单位或热线：explain 诉求人对依法不能满足不满意，已向其说明。职责争议：热线 invite 邀请会商（meeting），record 会商记录（minutes，text 为商定了什么），rule 裁定（unit 为现在的单位即维持，否则改派；text 为理由），裁定是一次新的决定，并记为判例；被邀请的单位也可以 statement。商定办：主办单位或热线 allot 拟定分工（shares），主办、协办单位各自 agree_share 同意或 refuse_share 不同意（text），都同意才生效。指定办：领导、管理员或共同的上级单位负责人 appoint 指定单位（unit、text），unappoint 同意退单。立即办：热线 hurry 转立即办，calm 取消；承办单位 act 先行处置。首问责任人或管理员：pass_first 移交首问（login）"`
	Seen    int             `json:"seen" minimum:"0" maximum:"1000000" doc:"所见工单的 version。与现状不符时返回 409"`
	Reason  string          `json:"reason,omitempty" maxLength:"40" doc:"退单的原因（同记一次退回），结案方式（同工单的 ending），派单方式（set_way 只记 statutory 法定办），110 的接警单号，平台（link、unlink：nation、province、mayor、police、other），npc、cppcc（depute），或 strike_off 的效果（fruitless 没有效果，计入问责；不填为有效果）"`
	Text    string          `json:"text,omitempty" maxLength:"500" doc:"理由或内部说明；depute：提出者的身份"`
	Public  string          `json:"public,omitempty" maxLength:"2000" doc:"propose、approve：给诉求人的答复；pause：请诉求人补充什么；go_on、dismiss：向诉求人的说明"`
	Sure    bool            `json:"sure,omitempty" doc:"propose：已核对，答复中没有个人信息或确实可以公开，协办意见不用再等"`
	Days    int             `json:"days,omitempty" minimum:"0" maximum:"60" doc:"ask_more：延长几个工作日，至多几个见期限规则"`
	Until   time.Time       `json:"until,omitempty" doc:"close 且 promised：承诺解决的时间；order、instruct：反馈的时间；hand_down：上报的时间，可不填；set_task：完成的时间，不填按期限规则；link：平台要求办结的时间，可不填"`
	Number  string          `json:"number,omitempty" maxLength:"40" doc:"merge：并入哪一件，工单编号；须较早立案。link、unlink：平台的编号"`
	Answers apiAnswers      `json:"answers,omitempty" doc:"call_back：诉求人怎么说。没有联系或没有解决的立即转重办"`
	Rating  apiRating       `json:"rating,omitempty" doc:"call_back：诉求人还怎么评，可不填"`
	Unit    apiID           `json:"unit,omitempty" doc:"redirect：改由哪个单位；set_task：哪个协办单位；hand_down：转派给哪个下级单位；return：建议由哪个单位；instruct：由哪个单位反馈，不填为主办单位"`
	Co      []apiID         `json:"co,omitempty" nullable:"false" maxItems:"20" doc:"rule：协办单位；不填为没有"`
	Facts   string          `json:"facts,omitempty" maxLength:"300" doc:"rule：判例的案情，不要写任何人的姓名、电话；不填为工单的标题"`
	Clause  string          `json:"clause,omitempty" maxLength:"300" doc:"rule：依据的条款；不填为会商记录的"`
	Meeting *apiMeetingForm `json:"meeting,omitempty" doc:"invite：会商"`
	Minutes *apiMinutesForm `json:"minutes,omitempty" doc:"record：会商记录"`
	Shares  []apiSharePart  `json:"shares,omitempty" nullable:"false" maxItems:"20" doc:"allot：主办和每个协办单位各一份"`
	Login   string          `json:"login,omitempty" maxLength:"32" doc:"pass_first：移交给谁，登录名"`
	Group   apiID           `json:"group,omitempty" doc:"give_group：交给哪个专班"`
	Worker  apiID           `json:"worker,omitempty" doc:"assign、give：交给本单位的哪个人，见取本单位的人；depute：承办单位的责任人，可不填"`
}

// apiRating is what a citizen gives besides the answers.
type apiRating struct {
	Speed  int `json:"speed,omitempty" minimum:"0" maximum:"5" doc:"办理速度，1–5 分；没有评的没有这一项"`
	Manner int `json:"manner,omitempty" minimum:"0" maximum:"5" doc:"服务态度"`
	Result int `json:"result,omitempty" minimum:"0" maximum:"5" doc:"办理结果"`
}

// apiAnswers are a citizen's answers to a callback.
type apiAnswers struct {
	Reached   bool `json:"reached,omitempty" doc:"接通了"`
	Contacted bool `json:"contacted,omitempty" doc:"有人联系过"`
	Solved    bool `json:"solved,omitempty" doc:"解决了"`
	Satisfied bool `json:"satisfied,omitempty" doc:"满意"`
}

func (s *Server) caseOperations(a huma.API) {
	if s.o.Cases == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "list-cases", Method: http.MethodGet, Path: "/cases", Tags: []string{tagCases},
		Summary: "列出、查找工单", Description: "承办单位的令牌只看到本单位主办的；热线的令牌看到全部。",
	}, s.listCases)
	handle(a, huma.Operation{
		OperationID: "get-case", Method: http.MethodGet, Path: "/cases/{id}", Tags: []string{tagCases},
		Summary: "取一件工单", Description: "连同经过。别的单位的工单返回 404。",
	}, s.getCase)
	handle(a, huma.Operation{
		OperationID: "move-case", Method: http.MethodPost, Path: "/cases/{id}/moves", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict},
		Summary: "办理一件工单", Description: "签收、退单、答复、审核等。状态不允许，或别人先做了别的，返回 409，什么都不改变。下级单位上报或退回后不再看到这件工单，返回的工单没有经过。",
	}, s.takeMove)
	handle(a, huma.Operation{
		OperationID: "divide-case", Method: http.MethodPost, Path: "/cases/{id}/divisions", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict},
		Summary: "分案：一件工单里有两件事", Description: "工单留下一件；另一件成为同一诉求的一件待决定的事，由人另作决定后立案。两件的时限都从原工单立案起算。只有热线的令牌可以。",
	}, s.divideCase)
	s.fileOperations(a)
	s.answeringOperations(a)
	s.followUpOperations(a)
	s.summonsOperations(a)
	s.memoOperations(a)
	s.groupOperations(a)
	s.dutyOperations(a)
	s.writingOperations(a)
}

func (s *Server) listCases(ctx context.Context, actor org.Actor, in *casesInput) (*casesOutput, error) {
	f := casework.Filter{Show: casework.Show(in.Show), Handler: idOf[org.AccountID](in.Handler), After: idOf[casework.CaseID](in.After), Limit: in.Limit, Alone: true, Search: casework.Search{
		Words: strings.TrimSpace(in.Q), Lead: idOf[org.UnitID](in.Unit), Area: org.AreaCode(in.Area), Category: idOf[classifier.CategoryID](in.Leaf),
		Urgency: intake.Urgency(in.Urgency), Channel: intake.Channel(in.Channel), Ending: casework.Ending(in.Ending), From: in.From, Before: in.Before,
	}}
	switch {
	case in.Mine:
		f.Of = actor.Account
	case in.Own:
		f.Unit = actor.Unit
	}
	found, _, err := s.o.Cases.List(ctx, actor, f)
	if err != nil {
		return nil, err
	}
	out := &casesOutput{}
	out.Body.Cases = make([]apiCase, len(found))
	for i, d := range found {
		out.Body.Cases[i] = newAPICase(d)
	}
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].ID
	}
	return out, nil
}

func (s *Server) getCase(ctx context.Context, actor org.Actor, in *caseInput) (*caseOutput, error) {
	d, history, err := s.o.Cases.Get(ctx, actor, idOf[casework.CaseID](in.ID))
	if err != nil {
		return nil, err
	}
	return newCaseOutput(d, history), nil
}

func newCaseOutput(d casework.Docket, history []casework.Event) *caseOutput {
	out := &caseOutput{}
	out.Body.Case = newAPICase(d)
	out.Body.History = make([]apiCaseEvent, len(history))
	for i, e := range history {
		out.Body.History[i] = apiCaseEvent{
			Ordinal: e.Ordinal, At: utc(e.At), By: e.By, Move: e.Move, From: e.From, To: e.To, Unit: e.Unit, Reason: e.Reason,
			Days: e.Days, Text: e.Text, Public: e.Public,
		}.with(e.Facts)
	}
	return out
}

type divideInput struct {
	ID   apiID `path:"id" doc:"工单的标识"`
	Body struct {
		Seen  int    `json:"seen" minimum:"0" maximum:"1000000" doc:"所见工单的 version。与现状不符时返回 409"`
		Keep  string `json:"keep" minLength:"1" maxLength:"20000" doc:"留在工单里的内容。其中的个人信息会遮盖"`
		Other string `json:"other" minLength:"1" maxLength:"20000" doc:"分出去的内容"`
		Text  string `json:"text,omitempty" maxLength:"500" doc:"说明"`
	} `nameHint:"Division"`
}

type divideOutput struct {
	Body struct {
		Matter intake.MatterID `json:"matter" format:"uuid" doc:"分出的一件，等人决定"`
		Case   apiCase         `json:"case" doc:"工单，分案以后"`
	} `nameHint:"Divided"`
}

// divideCase cuts a case in two.
func (s *Server) divideCase(ctx context.Context, actor org.Actor, in *divideInput) (*divideOutput, error) {
	id := idOf[casework.CaseID](in.ID)
	matter, err := s.o.Dividing.Divide(ctx, actor, id, in.Body.Seen, in.Body.Keep, in.Body.Other, in.Body.Text)
	if err != nil {
		return nil, err
	}
	d, _, err := s.o.Cases.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	out := &divideOutput{}
	out.Body.Matter, out.Body.Case = matter, newAPICase(d)
	return out, nil
}

// takeMove makes a move and gives the case as it stands afterwards.
func (s *Server) takeMove(ctx context.Context, actor org.Actor, in *caseMoveInput) (*caseOutput, error) {
	id, unit := idOf[casework.CaseID](in.ID), idOf[org.UnitID](in.Body.Unit)
	var err error
	switch casework.Move(in.Body.Move) {
	case casework.Merge:
		err = s.o.Merges.Merge(ctx, actor, id, in.Body.Seen, in.Body.Number, in.Body.Text)
	case casework.Unmerge:
		err = s.o.Merges.Undo(ctx, actor, id, in.Body.Seen, in.Body.Text)
	case casework.Depute:
		err = s.o.Delegates.Mark(ctx, actor, id, in.Body.Seen, casework.Delegate{
			Kind: casework.DelegateKind(in.Body.Reason), From: in.Body.Text, Owner: idOf[org.AccountID](in.Body.Worker),
		})
	case casework.Redirect:
		if unit == "" {
			return nil, errs.New(errs.Invalid, "decision.lead").In("unit")
		}
		err = s.o.Cases.Redirect(ctx, actor, id, in.Body.Seen, unit, in.Body.Text)
	case casework.GiveGroup:
		err = s.o.Groups.Give(ctx, actor, id, in.Body.Seen, idOf[casework.GroupID](in.Body.Group), in.Body.Text)
	case casework.Urge:
		err = s.o.Memos.Urge(ctx, actor, id, in.Body.Seen, in.Body.Text)
	case casework.Confirm:
		err = s.o.Memos.Confirm(ctx, actor, id, in.Body.Seen)
	case casework.SetTask:
		err = s.o.Cases.SetTask(ctx, actor, id, in.Body.Seen, unit, in.Body.Text, in.Body.Until)
	case casework.HandDown:
		err = s.o.Hands.Down(ctx, actor, id, in.Body.Seen, unit, in.Body.Until, in.Body.Text)
	case casework.Give:
		err = s.o.Hands.Give(ctx, actor, id, in.Body.Seen, idOf[org.AccountID](in.Body.Worker))
	case casework.Assign:
		err = s.o.Hands.Assign(ctx, actor, id, in.Body.Seen, idOf[org.AccountID](in.Body.Worker))
	case casework.Invite, casework.Record, moveRule, casework.Allot, casework.AgreeShare, casework.RefuseShare, casework.Appoint, casework.Unappoint, casework.PassFirst:
		err = s.takeDutyMove(ctx, actor, id, in.Body)
	default:
		reason := in.Body.Reason
		if casework.Move(in.Body.Move) == casework.Instruct {
			reason = string(unit)
		}
		text := in.Body.Text
		if m := casework.Move(in.Body.Move); m == casework.Link || m == casework.Unlink {
			text = strings.TrimSpace(in.Body.Number)
		}
		d, err := s.o.Cases.Do(ctx, actor, casework.Command{
			Case: id, Seen: in.Body.Seen, Move: casework.Move(in.Body.Move), Reason: reason, Text: text, Public: in.Body.Public,
			Sure: in.Body.Sure, Days: in.Body.Days, Until: in.Body.Until, Proposed: unit,
			Answers: casework.Answers(in.Body.Answers), Rating: casework.Rating(in.Body.Rating),
		})
		if err != nil {
			return nil, err
		}
		if in.minimal() {
			return newCaseOutput(d, nil), nil
		}
		history, err := s.o.Cases.History(ctx, actor, d)
		if err != nil {
			return nil, err
		}
		return newCaseOutput(d, history), nil
	}
	if err != nil {
		return nil, err
	}
	return s.getCase(ctx, actor, &caseInput{ID: in.ID})
}
