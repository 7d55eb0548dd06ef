package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/org"
)

// apiAlert is one thing that one of the staff was told.
type apiAlert struct {
	ID      casework.AlertID   `json:"id" doc:"提醒的编号，后来的大"`
	Case    casework.CaseID    `json:"case,omitempty" format:"uuid" doc:"工单；没有这一项为不予受理，没有立案"`
	Matter  intake.MatterID    `json:"matter" format:"uuid" doc:"诉求"`
	Number  string             `json:"number,omitempty" doc:"工单编号"`
	Heading string             `json:"heading" doc:"诉求的标题，已隐去个人信息"`
	Unit    org.UnitID         `json:"unit,omitempty" format:"uuid" doc:"工单现在的主办单位"`
	Level   casework.Level     `json:"level" enum:"unit,handler,head,above,supervisor,leader,first" doc:"作为谁收到：unit 承办单位，handler 经办人，head 单位负责人，above 上级单位，supervisor 督办员，leader 领导，first 首问责任人"`
	For     string             `json:"for,omitempty" doc:"代谁收到；没有这一项为本人"`
	Kind    casework.AlertKind `json:"kind" doc:"什么事，如 file 新派单、soon 即将超期、chase 催单"`
	Words   string             `json:"words" doc:"什么事"`
	Urgent  bool               `json:"urgent" doc:"涉及人身危险"`
	At      time.Time          `json:"at" doc:"何时"`
	ReadAt  *time.Time         `json:"read_at,omitempty" doc:"何时标为已读；没有这一项为未读"`
	Over    bool               `json:"over" doc:"已改派、撤回或办结，不用处理"`
}

type alertsInput struct {
	Unread bool             `query:"unread" doc:"只要未读、还要处理的"`
	Before casework.AlertID `query:"before" minimum:"0" doc:"只要比这一条早的：上一页的 next"`
	Limit  int              `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"至多几条"`
}

type alertsOutput struct {
	Body struct {
		Alerts []apiAlert       `json:"alerts" nullable:"false" doc:"晚的在前"`
		Unread int              `json:"unread" doc:"一共几条未读"`
		Next   casework.AlertID `json:"next,omitempty" doc:"取下一页时的 before；没有这一项为到头了"`
	} `nameHint:"Alerts"`
}

type readAlertsInput struct {
	Body struct {
		Alerts []casework.AlertID `json:"alerts,omitempty" nullable:"false" maxItems:"200" doc:"哪几条"`
		UpTo   casework.AlertID   `json:"up_to,omitempty" minimum:"0" doc:"没有写哪几条时：这一条和更早的全部"`
	} `nameHint:"AlertsRead"`
}

type readAlertsOutput struct {
	Body struct {
		Read int `json:"read" doc:"这一次标了几条"`
	} `nameHint:"AlertsMarked"`
}

// apiReach is by what means one of the staff is told.
type apiReach struct {
	Mobile     string `json:"mobile" maxLength:"20" doc:"工作手机；空为没有"`
	Mail       string `json:"mail" maxLength:"200" doc:"工作邮箱；空为没有"`
	WeCom      string `json:"wecom" maxLength:"64" doc:"企业微信成员账号；空为没有"`
	Supervises bool   `json:"supervises,omitempty" doc:"是不是督办员；只有管理员能改"`
}

type reachOutput struct{ Body apiReach }

type reachInput struct{ Body apiReach }

type reachOfInput struct {
	Login string `path:"login" minLength:"1" maxLength:"32" doc:"登录名"`
	Body  apiReach
}

// apiChased is a case that is late, and who was told.
type apiChased struct {
	Case apiCase   `json:"case" doc:"工单；chasing 为已催到哪一级"`
	Told []apiTold `json:"told" nullable:"false" doc:"通知了谁，晚的在前"`
}

// apiTold is one of the staff who was told.
type apiTold struct {
	Name   string         `json:"name" doc:"姓名"`
	Level  casework.Level `json:"level" enum:"unit,handler,head,above,supervisor,leader" doc:"作为谁；above 上级单位"`
	At     time.Time      `json:"at" doc:"何时"`
	ReadAt *time.Time     `json:"read_at,omitempty" doc:"何时看的；没有这一项为还没有看"`
}

type chasedInput struct {
	Level string `query:"level" enum:"handler,head,supervisor,leader" doc:"只要已催到这一级的；不填为全部"`
	Unit  apiID  `query:"unit" doc:"只要这个单位的；单位负责人的令牌总是自己单位的，和已催到自己单位的下级单位的"`
	After apiID  `query:"after" doc:"只要排在这一件之后的：上一页的 next"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"至多几件"`
}

type chasedOutput struct {
	Body struct {
		Cases  []apiChased            `json:"cases" nullable:"false" doc:"最急的在前"`
		Counts map[casework.Level]int `json:"counts" doc:"各级一共几件"`
		Next   casework.CaseID        `json:"next,omitempty" format:"uuid" doc:"取下一页时的 after；没有这一项为到头了"`
	} `nameHint:"Chases"`
}

type blamedInput struct {
	From  time.Time `query:"from" doc:"何时起列入；不填为最早"`
	To    time.Time `query:"to" doc:"何时前列入；不填为现在"`
	Unit  apiID     `query:"unit" doc:"只要这个单位的"`
	After apiID     `query:"after" doc:"只要排在这一件之后的：上一页的 next"`
	Limit int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"至多几件"`
}

type blamedOutput struct {
	Body struct {
		Cases  []apiCase          `json:"cases" nullable:"false" doc:"晚列入的在前"`
		Counts map[org.UnitID]int `json:"counts" doc:"这段时间各单位几件"`
		Next   casework.CaseID    `json:"next,omitempty" format:"uuid" doc:"取下一页时的 after；没有这一项为到头了"`
	} `nameHint:"Accountability"`
}

// apiCaseload is what a unit has to do, and how well it did.
type apiCaseload struct {
	Unit        org.UnitID `json:"unit,omitempty" format:"uuid" doc:"承办单位；合计没有这一项"`
	Open        int        `json:"open" doc:"在办"`
	Soon        int        `json:"soon" doc:"即将超期"`
	Late        int        `json:"late" doc:"已超期"`
	Ordered     int        `json:"ordered" doc:"督办中"`
	Accountable int        `json:"accountable" doc:"问责：两次督办没有效果，在办的和近 30 天办结的"`
	Closed      int        `json:"closed" doc:"近 30 天办结；以下各项都是近 30 天的"`
	InTime      int        `json:"in_time" doc:"办结中按时答复的"`
	Called      int        `json:"called" doc:"已回访"`
	Contacted   int        `json:"contacted" doc:"回访中有人联系的"`
	Counted     int        `json:"counted" doc:"回访中计入解决率、满意率的"`
	Solved      int        `json:"solved" doc:"其中解决的"`
	Satisfied   int        `json:"satisfied" doc:"其中满意的"`
	Endings     apiEndings `json:"endings" doc:"办结方式，分开计"`
	Returns     int        `json:"returns" doc:"单位退单几次"`
	LostHours   int        `json:"lost_hours" doc:"这些退单花了几小时：从单位收到工单到改派、维持原派或现在"`
	Hops        int        `json:"hops" doc:"办结的工单一共被退过几次"`
	CoOpen      int        `json:"tasks_open" doc:"要办的协办任务"`
	CoLate      int        `json:"tasks_late" doc:"其中超期的"`
	CoEnded     int        `json:"tasks_ended" doc:"近 30 天办结的协办任务"`
	CoInTime    int        `json:"tasks_in_time" doc:"其中按时的"`
}

// apiEndings counts closings by how they were closed.
type apiEndings struct {
	Solved    int `json:"solved" doc:"已解决"`
	Promised  int `json:"promised" doc:"承诺限期解决"`
	Refused   int `json:"refused" doc:"依法不能满足"`
	Unreached int `json:"unreached" doc:"联系不上诉求人"`
}

type caseloadsOutput struct {
	Body struct {
		Units []apiCaseload `json:"units" nullable:"false" doc:"超期多的在前"`
		Total apiCaseload   `json:"total" doc:"合计"`
	} `nameHint:"Caseloads"`
}

// alertOperations are those of what the staff is told, who was chased, and how
// units stand.
func (s *Server) alertOperations(a huma.API) {
	if s.o.Alerts == nil || s.o.Cases == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "list-alerts", Method: http.MethodGet, Path: "/alerts", Tags: []string{tagCases},
		Summary: "列出自己的提醒", Description: "新派单、临期、超期、催单、督办等，发给令牌所属的账号。",
	}, s.listAlerts)
	handle(a, huma.Operation{
		OperationID: "read-alerts", Method: http.MethodPost, Path: "/alerts/read", Tags: []string{tagCases},
		Summary: "标为已读", Description: "只能标自己的；已经标过的不变。",
	}, s.markAlerts)
	if s.o.HandOvers != nil {
		handle(a, huma.Operation{
			OperationID: "pass-refused-first", Method: http.MethodPost, Path: "/matters/{id}/first", Tags: []string{tagCases}, Errors: []int{http.StatusConflict, http.StatusNotFound},
			DefaultStatus: http.StatusNoContent, Summary: "移交不予受理的首问",
			Description: "没有立案、不予受理的一件，由首问责任人自己或督办员、管理员移交；对方会收到提醒。没有等首问责任人跟进的返回 404，别人先移交或已重新决定返回 409。立了案的用工单的 pass_first。",
		}, s.takeRefusedFirst)
	}
	s.reachOperations(a)
	handle(a, huma.Operation{
		OperationID: "list-chases", Method: http.MethodGet, Path: "/chases", Tags: []string{tagCases},
		Summary: "列出催办中的工单", Description: "超期或超过签收时限的，已催到哪一级，通知了谁。热线和领导的令牌看到全部，单位负责人的令牌看到本单位的，和已催到本单位的下级单位的。",
	}, s.listChases)
	handle(a, huma.Operation{
		OperationID: "list-accountability", Method: http.MethodGet, Path: "/accountability", Tags: []string{tagCases},
		Summary: "列出问责名单", Description: "两次督办没有效果的工单，办结后仍在。需要热线或领导的令牌。",
	}, s.listBlamed)
	handle(a, huma.Operation{
		OperationID: "list-caseloads", Method: http.MethodGet, Path: "/caseloads", Tags: []string{tagCases},
		Summary: "列出各单位的办理情况", Description: "办结方式分开计，连同退单次数和耗时。需要热线的令牌。",
	}, s.listCaseloads)
}

// reachOperations are those of by what means the staff is told.
func (s *Server) reachOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "get-own-reach", Method: http.MethodGet, Path: "/alerts/reach", Tags: []string{tagCases},
		Summary: "取自己的提醒方式", Description: "在页面以外怎样收到提醒。",
	}, func(ctx context.Context, actor org.Actor, _ *struct{}) (*reachOutput, error) {
		r, err := s.o.Alerts.Reach(ctx, actor)
		return &reachOutput{apiReach(r)}, err
	})
	handle(a, huma.Operation{
		OperationID: "set-own-reach", Method: http.MethodPost, Path: "/alerts/reach", Tags: []string{tagCases},
		Summary: "设自己的提醒方式", Description: "代替原来的；都为空，只在提醒里看到。",
	}, func(ctx context.Context, actor org.Actor, in *reachInput) (*reachOutput, error) {
		if err := s.o.Alerts.SetReach(ctx, actor, casework.Reach(in.Body)); err != nil {
			return nil, err
		}
		r, err := s.o.Alerts.Reach(ctx, actor)
		return &reachOutput{apiReach(r)}, err
	})
	handle(a, huma.Operation{
		OperationID: "get-reach", Method: http.MethodGet, Path: "/accounts/{login}/reach", Tags: []string{tagAccount},
		Summary: "取一个账号的提醒方式", Description: "需要管理员的令牌。",
	}, func(ctx context.Context, actor org.Actor, in *loginInput) (*reachOutput, error) {
		r, err := s.o.Alerts.ReachOf(ctx, actor, in.Login)
		return &reachOutput{apiReach(r)}, err
	})
	handle(a, huma.Operation{
		OperationID: "set-reach", Method: http.MethodPost, Path: "/accounts/{login}/reach", Tags: []string{tagAccount},
		Summary: "设一个账号的提醒方式，是不是督办员", Description: "代替原来的。需要管理员的令牌。",
	}, func(ctx context.Context, actor org.Actor, in *reachOfInput) (*reachOutput, error) {
		if err := s.o.Alerts.SetReachOf(ctx, actor, in.Login, casework.Reach(in.Body)); err != nil {
			return nil, err
		}
		r, err := s.o.Alerts.ReachOf(ctx, actor, in.Login)
		return &reachOutput{apiReach(r)}, err
	})
}

func (s *Server) listAlerts(ctx context.Context, actor org.Actor, in *alertsInput) (*alertsOutput, error) {
	found, unread, err := s.o.Alerts.Own(ctx, actor, casework.AlertFilter{Unread: in.Unread, Before: in.Before, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &alertsOutput{}
	out.Body.Alerts, out.Body.Unread = make([]apiAlert, len(found)), unread
	for i, a := range found {
		out.Body.Alerts[i] = apiAlert{
			ID: a.ID, Case: a.Case, Matter: a.Matter, Number: a.Number, Heading: a.Heading, Unit: a.Unit, Level: a.Level, For: a.For,
			Kind: a.Kind, Words: a.Kind.Words(), Urgent: a.Urgent, At: utc(a.At), ReadAt: whenKnown(a.ReadAt), Over: a.Over,
		}
	}
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].ID
	}
	return out, nil
}

type refusedFirstInput struct {
	ID   apiID `path:"id" doc:"这件事的编号"`
	Body struct {
		Login string `json:"login" minLength:"1" maxLength:"32" doc:"移交给谁，登录名：在用的话务员、派单员或管理员"`
	} `nameHint:"RefusedFirst"`
}

func (s *Server) takeRefusedFirst(ctx context.Context, actor org.Actor, in *refusedFirstInput) (*struct{}, error) {
	return nil, s.o.HandOvers.PassRefused(ctx, actor, idOf[intake.MatterID](in.ID), in.Body.Login)
}

func (s *Server) markAlerts(ctx context.Context, actor org.Actor, in *readAlertsInput) (*readAlertsOutput, error) {
	n, err := s.o.Alerts.Read(ctx, actor, in.Body.Alerts, in.Body.UpTo)
	if err != nil {
		return nil, err
	}
	out := &readAlertsOutput{}
	out.Body.Read = n
	return out, nil
}

func (s *Server) listChases(ctx context.Context, actor org.Actor, in *chasedInput) (*chasedOutput, error) {
	found, counts, err := s.o.Alerts.Chased(ctx, actor, casework.ChaseFilter{
		Level: casework.Level(in.Level), Unit: idOf[org.UnitID](in.Unit), After: idOf[casework.CaseID](in.After), Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &chasedOutput{}
	out.Body.Cases, out.Body.Counts = make([]apiChased, len(found)), counts
	for i, k := range found {
		out.Body.Cases[i] = apiChased{Case: newAPICase(k.Docket), Told: make([]apiTold, len(k.Told))}
		for j, t := range k.Told {
			out.Body.Cases[i].Told[j] = apiTold{Name: t.Name, Level: t.Level, At: utc(t.At), ReadAt: whenKnown(t.ReadAt)}
		}
	}
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].ID
	}
	return out, nil
}

func (s *Server) listBlamed(ctx context.Context, actor org.Actor, in *blamedInput) (*blamedOutput, error) {
	found, counts, err := s.o.Alerts.Blamed(ctx, actor, casework.BlameFilter{
		From: in.From, To: in.To, Unit: idOf[org.UnitID](in.Unit), After: idOf[casework.CaseID](in.After), Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &blamedOutput{}
	out.Body.Cases, out.Body.Counts = make([]apiCase, len(found)), counts
	for i, d := range found {
		out.Body.Cases[i] = newAPICase(d)
	}
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].ID
	}
	return out, nil
}

func newAPICaseload(l casework.Load) apiCaseload {
	return apiCaseload{
		Unit: l.Unit, Open: l.Open, Soon: l.Soon, Late: l.Late, Ordered: l.Ordered, Accountable: l.Accountable, Closed: l.Closed,
		InTime: l.InTime, Called: l.Called, Contacted: l.Contacted, Counted: l.Counted, Solved: l.Solved, Satisfied: l.Satisfied,
		Endings: apiEndings{Solved: l.EndSolved, Promised: l.EndPromised, Refused: l.EndRefused, Unreached: l.EndUnreached},
		Returns: l.Returns, LostHours: l.LostHours, Hops: l.Hops,
		CoOpen: l.CoOpen, CoLate: l.CoLate, CoEnded: l.CoEnded, CoInTime: l.CoInTime,
	}
}

func (s *Server) listCaseloads(ctx context.Context, actor org.Actor, _ *struct{}) (*caseloadsOutput, error) {
	loads, err := s.o.Cases.Loads(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &caseloadsOutput{}
	out.Body.Units = make([]apiCaseload, len(loads))
	var total casework.Load
	for i, l := range loads {
		out.Body.Units[i] = newAPICaseload(l)
		total = total.Plus(l)
	}
	total.Unit = ""
	out.Body.Total = newAPICaseload(total)
	return out, nil
}
