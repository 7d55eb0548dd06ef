package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/internal/org"
)

// apiSummons is a street calling units to a place.
type apiSummons struct {
	ID     casework.SummonsID `json:"id" format:"uuid" doc:"吹哨的标识"`
	Case   casework.CaseID    `json:"case,omitempty" format:"uuid" doc:"为哪件工单；没有这一项为街道自己的事"`
	Unit   org.UnitID         `json:"unit" format:"uuid" doc:"吹哨单位"`
	At     time.Time          `json:"at" doc:"何时吹哨"`
	Matter string             `json:"matter" doc:"什么事，已隐去个人信息"`
	Place  string             `json:"place" doc:"到哪里"`
	Due    time.Time          `json:"due" doc:"几点前到"`
	Open   bool               `json:"open" doc:"还没有结束"`
	Late   bool               `json:"late" doc:"到了时间，还有单位没有到场"`
	Calls  []apiSummonsCall   `json:"calls" nullable:"false" doc:"被叫的单位"`
}

// apiSummonsCall is where one unit stands.
type apiSummonsCall struct {
	Unit       org.UnitID         `json:"unit" format:"uuid" doc:"被叫的单位"`
	State      casework.CallState `json:"state" enum:"waiting,acked,arrived,reported,scored,off" doc:"waiting 待确认，acked 已确认待到场，arrived 已到场待反馈，reported 已反馈待评价，scored 已评价，off 已取消"`
	AckedAt    *time.Time         `json:"acked_at,omitempty" doc:"何时确认"`
	ArrivedAt  *time.Time         `json:"arrived_at,omitempty" doc:"何时到场"`
	Who        string             `json:"who,omitempty" doc:"到场的人"`
	ReportedAt *time.Time         `json:"reported_at,omitempty" doc:"何时反馈"`
	Effect     string             `json:"effect,omitempty" doc:"办了什么、效果如何"`
	Prompt     int                `json:"prompt,omitempty" doc:"到场及时，1–5 分；没有评的没有这一项"`
	Duty       int                `json:"duty,omitempty" doc:"履职，1–5 分"`
	Result     int                `json:"result,omitempty" doc:"效果，1–5 分"`
	Remark     string             `json:"remark,omitempty" doc:"评价的说明"`
	ChasedAt   *time.Time         `json:"chased_at,omitempty" doc:"最近一次因未到场被催"`
}

// apiSummonsEvent is one line of the history.
type apiSummonsEvent struct {
	Ordinal int               `json:"ordinal" doc:"第几条，从 0 起"`
	At      time.Time         `json:"at" doc:"何时"`
	By      org.AccountID     `json:"by,omitempty" format:"uuid" doc:"谁；没有这一项为系统"`
	Unit    org.UnitID        `json:"unit" format:"uuid" doc:"哪个被叫的单位；第一条为吹哨单位"`
	Move    casework.CallMove `json:"move" enum:"call,ack,arrive,report,score,cancel,chase" doc:"call 吹哨，ack 确认，arrive 到场，report 反馈，score 评价，cancel 取消，chase 催到场"`
	Text    string            `json:"text,omitempty" doc:"到场的人、反馈或说明；chase 为催的种类：late 催单位，late_boss 报督办员"`
}

func (s *Server) newAPISummons(one casework.Summons) apiSummons {
	out := apiSummons{
		ID: one.ID, Case: one.Case, Unit: one.Unit, At: utc(one.At), Matter: one.Matter, Place: one.Place, Due: utc(one.Due),
		Open: one.Open(), Late: one.Late(s.o.Now()), Calls: make([]apiSummonsCall, len(one.Calls)),
	}
	for i, c := range one.Calls {
		out.Calls[i] = apiSummonsCall{
			Unit: c.Unit, State: c.State, AckedAt: whenKnown(c.AckedAt), ArrivedAt: whenKnown(c.ArrivedAt), Who: c.Who,
			ReportedAt: whenKnown(c.ReportedAt), Effect: c.Effect, Prompt: c.Marks.Prompt, Duty: c.Marks.Duty, Result: c.Marks.Effect,
			Remark: c.Remark, ChasedAt: whenKnown(c.ChasedAt),
		}
	}
	return out
}

type summonsesInput struct {
	Show   string `query:"show" enum:"called,sent,open,late,ended" doc:"单位：called 叫到本单位的，sent 本单位吹的哨，late 到时未到，ended 已结束；热线和领导：late，open 进行中，ended。不填为第一个"`
	Before apiID  `query:"before" doc:"只要比这一次更早的：上一页的 next"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"至多几次"`
}

type summonsesOutput struct {
	Body struct {
		Summonses []apiSummons       `json:"summonses" nullable:"false" doc:"晚的在前"`
		Next      casework.SummonsID `json:"next,omitempty" format:"uuid" doc:"取更早一页时的 before；没有这一项为到头了"`
	} `nameHint:"Summonses"`
}

type summonsInput struct {
	ID apiID `path:"id" doc:"吹哨的标识"`
}

type summonsOutput struct {
	Body struct {
		Summons apiSummons        `json:"summons" doc:"吹哨"`
		History []apiSummonsEvent `json:"history" nullable:"false" doc:"经过，早的在前"`
	} `nameHint:"SummonsFile"`
}

type newSummonsInput struct {
	Body struct {
		ID     apiID     `json:"id,omitempty" doc:"自定的标识：同一标识再送一次返回 409，不会叫两次；不填由系统给"`
		Case   apiID     `json:"case,omitempty" doc:"为哪件工单，须由本单位办理；不填为自己的事"`
		Matter string    `json:"matter" minLength:"1" maxLength:"300" doc:"什么事。其中的个人信息会遮盖"`
		Place  string    `json:"place" minLength:"1" maxLength:"100" doc:"到哪里"`
		Due    time.Time `json:"due" doc:"几点前到，30 天以内"`
		Units  []apiID   `json:"units" nullable:"false" maxItems:"10" doc:"叫哪些单位"`
	} `nameHint:"NewSummons"`
}

type summonsMoveInput struct {
	ID   apiID `path:"id" doc:"吹哨的标识"`
	Body struct {
		Move   string `json:"move" enum:"ack,arrive,report,score,cancel" doc:"被叫的单位：ack 确认收到，arrive 报到，report 反馈结果；吹哨单位：score 评价，cancel 不用来了"`
		Unit   apiID  `json:"unit,omitempty" doc:"score、cancel：哪个被叫的单位"`
		Text   string `json:"text,omitempty" maxLength:"500" doc:"arrive：谁到了场；report：办了什么、效果如何；cancel：理由；score：说明，可不填"`
		Prompt int    `json:"prompt,omitempty" minimum:"0" maximum:"5" doc:"score：到场及时，1–5 分"`
		Duty   int    `json:"duty,omitempty" minimum:"0" maximum:"5" doc:"score：履职"`
		Result int    `json:"result,omitempty" minimum:"0" maximum:"5" doc:"score：效果"`
	} `nameHint:"SummonsMove"`
}

func (s *Server) summonsOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "list-summonses", Method: http.MethodGet, Path: "/summonses", Tags: []string{tagCases},
		Summary: "列出吹哨报到", Description: "单位只看到本单位吹的和被叫的；热线和领导看到全部。",
	}, s.listSummonses)
	handle(a, huma.Operation{
		OperationID: "get-summons", Method: http.MethodGet, Path: "/summonses/{id}", Tags: []string{tagCases},
		Summary: "取一次吹哨", Description: "连同经过。与本单位无关的返回 404。",
	}, s.getSummons)
	handle(a, huma.Operation{
		OperationID: "call-units", Method: http.MethodPost, Path: "/summonses", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict, http.StatusNotFound},
		Summary: "吹哨，叫部门到场", Description: "由街道（镇）、社区等属地单位吹哨。只叫到场，不改变工单由谁办理。",
	}, s.callUnits)
	handle(a, huma.Operation{
		OperationID: "move-summons", Method: http.MethodPost, Path: "/summonses/{id}/moves", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict},
		Summary: "确认、报到、反馈、评价", Description: "到场时间由系统记。别人先做了的返回 409，什么都不改变。",
	}, s.takeSummonsMove)
	handle(a, huma.Operation{
		OperationID: "list-summons-files", Method: http.MethodGet, Path: "/summonses/{id}/files", Tags: []string{tagCases},
		Summary: "列出一次吹哨的附件", Description: "看得到吹哨的都看得到附件。",
	}, s.listSummonsFiles)
	handle(a, huma.Operation{
		OperationID: "attach-summons-file", Method: http.MethodPost, Path: "/summonses/{id}/files", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict},
		Summary: "给吹哨上传附件", Description: "同给工单上传附件。",
	}, s.attachSummonsFile)
	handle(a, huma.Operation{
		OperationID: "get-summons-file", Method: http.MethodGet, Path: "/summonses/{id}/files/{file}", Tags: []string{tagCases},
		Summary: "取吹哨的一个附件", Description: "连同内容。",
	}, s.getSummonsFile)
}

func (s *Server) listSummonses(ctx context.Context, actor org.Actor, in *summonsesInput) (*summonsesOutput, error) {
	found, err := s.o.Whistles.List(ctx, actor, casework.SummonsFilter{
		Show: casework.SummonsShow(in.Show), Before: idOf[casework.SummonsID](in.Before), Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &summonsesOutput{}
	out.Body.Summonses = make([]apiSummons, len(found))
	for i, one := range found {
		out.Body.Summonses[i] = s.newAPISummons(one)
	}
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].ID
	}
	return out, nil
}

func (s *Server) getSummons(ctx context.Context, actor org.Actor, in *summonsInput) (*summonsOutput, error) {
	one, history, err := s.o.Whistles.Get(ctx, actor, idOf[casework.SummonsID](in.ID))
	if err != nil {
		return nil, err
	}
	out := &summonsOutput{}
	out.Body.Summons = s.newAPISummons(one)
	out.Body.History = make([]apiSummonsEvent, len(history))
	for i, e := range history {
		out.Body.History[i] = apiSummonsEvent{Ordinal: e.Ordinal, At: utc(e.At), By: e.By, Unit: e.Unit, Move: e.Move, Text: e.Text}
	}
	return out, nil
}

// callUnits calls units to a place and gives what came of it.
func (s *Server) callUnits(ctx context.Context, actor org.Actor, in *newSummonsInput) (*summonsOutput, error) {
	b := in.Body
	id, err := s.o.Whistles.Call(ctx, actor, casework.Summoning{
		ID: idOf[casework.SummonsID](b.ID), Case: idOf[casework.CaseID](b.Case), Matter: b.Matter, Place: b.Place, Due: b.Due, Units: idsOf[org.UnitID](b.Units),
	})
	if err != nil {
		return nil, err
	}
	return s.getSummons(ctx, actor, &summonsInput{ID: apiID(id)})
}

// takeSummonsMove makes a move and gives the summons as it stands afterwards.
func (s *Server) takeSummonsMove(ctx context.Context, actor org.Actor, in *summonsMoveInput) (*summonsOutput, error) {
	b := in.Body
	err := s.o.Whistles.Do(ctx, actor, casework.CallCommand{
		Summons: idOf[casework.SummonsID](in.ID), Move: casework.CallMove(b.Move), Unit: idOf[org.UnitID](b.Unit), Text: b.Text,
		Marks: casework.Marks{Prompt: b.Prompt, Duty: b.Duty, Effect: b.Result},
	})
	if err != nil {
		return nil, err
	}
	return s.getSummons(ctx, actor, &summonsInput{ID: in.ID})
}

func (s *Server) listSummonsFiles(ctx context.Context, actor org.Actor, in *summonsInput) (*attachmentsOutput, error) {
	all, err := s.o.Whistles.Files(ctx, actor, idOf[casework.SummonsID](in.ID))
	if err != nil {
		return nil, err
	}
	return newAttachmentsOutput(all), nil
}

func (s *Server) attachSummonsFile(ctx context.Context, actor org.Actor, in *attachInput) (*attachmentsOutput, error) {
	if err := s.o.Whistles.Attach(ctx, actor, idOf[casework.SummonsID](in.ID), in.Body.Name, in.Body.Content); err != nil {
		return nil, err
	}
	return s.listSummonsFiles(ctx, actor, &summonsInput{ID: in.ID})
}

func (s *Server) getSummonsFile(ctx context.Context, actor org.Actor, in *attachmentInput) (*attachmentOutput, error) {
	f, err := s.o.Whistles.ReadFile(ctx, actor, idOf[casework.SummonsID](in.ID), idOf[casework.AttachmentID](in.File))
	if err != nil {
		return nil, err
	}
	return newAttachmentOutput(f), nil
}
