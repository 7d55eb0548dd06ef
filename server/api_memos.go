package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/internal/id"
	"huying/internal/org"
)

func newMemoID() casework.MemoID { return id.New[casework.MemoID]() }

// apiMemo is a letter to a unit.
type apiMemo struct {
	ID     casework.MemoID    `json:"id" format:"uuid" doc:"提醒函的标识"`
	Year   int                `json:"year" doc:"年份"`
	Number int                `json:"number" doc:"当年的编号，从 1 起，不跳号"`
	Code   string             `json:"code" doc:"字号，如 〔2026〕3 号"`
	Unit   org.UnitID         `json:"unit" format:"uuid" doc:"发给哪个单位"`
	Title  string             `json:"title" doc:"标题"`
	Body   string             `json:"body" doc:"正文，已隐去个人信息"`
	By     org.AccountID      `json:"by" format:"uuid" doc:"谁发的"`
	At     time.Time          `json:"at" doc:"何时发的"`
	AckDue time.Time          `json:"ack_due" doc:"何时前签收"`
	Due    time.Time          `json:"due" doc:"何时前答复"`
	State  casework.MemoState `json:"state" enum:"sent,acked,answered" doc:"sent 待签收，acked 待答复，answered 已答复"`
	Late   bool               `json:"late" doc:"超过签收或答复的期限"`
	Cases  []apiMemoCase      `json:"cases" nullable:"false" doc:"涉及的工单"`
	Events []apiMemoEvent     `json:"events" nullable:"false" doc:"签收、答复和催办，早的在前"`
}

type apiMemoCase struct {
	ID     casework.CaseID `json:"id" format:"uuid" doc:"工单的标识"`
	Number string          `json:"number" doc:"工单编号"`
}

type apiMemoEvent struct {
	At   time.Time         `json:"at" doc:"何时"`
	By   org.AccountID     `json:"by,omitempty" format:"uuid" doc:"谁；没有这一项为系统"`
	Move casework.MemoMove `json:"move" enum:"ack,answer,chase" doc:"ack 签收，answer 答复，chase 催办"`
	Text string            `json:"text,omitempty" doc:"答复；chase 为种类：memo 签收超时，memo_answer 答复超期"`
}

func (s *Server) newAPIMemo(m casework.Memo) apiMemo {
	out := apiMemo{
		ID: m.ID, Year: m.Year, Number: m.Number, Code: m.Code(), Unit: m.Unit, Title: m.Title, Body: m.Body, By: m.By, At: utc(m.At), AckDue: utc(m.AckDue),
		Due: utc(m.Due), State: m.State(), Late: m.Late(s.o.Now()), Cases: make([]apiMemoCase, len(m.Cases)), Events: make([]apiMemoEvent, len(m.Events)),
	}
	for i, k := range m.Cases {
		out.Cases[i] = apiMemoCase(k)
	}
	for i, e := range m.Events {
		out.Events[i] = apiMemoEvent{At: utc(e.At), By: e.By, Move: e.Move, Text: e.Text}
	}
	return out
}

type memosInput struct {
	Show   string `query:"show" enum:"sent,acked,late,answered,all" doc:"sent 待签收，acked 待答复，late 超期，answered 已答复；不填为全部"`
	Case   apiID  `query:"case" doc:"只要涉及这件工单的"`
	Before apiID  `query:"before" doc:"只要比这一封更早的：上一页的 next"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"至多几封"`
}

type memosOutput struct {
	Body struct {
		Memos []apiMemo       `json:"memos" nullable:"false" doc:"晚的在前"`
		Next  casework.MemoID `json:"next,omitempty" format:"uuid" doc:"取更早一页时的 before；没有这一项为到头了"`
	} `nameHint:"Memos"`
}

type memoInput struct {
	ID apiID `path:"id" doc:"提醒函的标识"`
}

type memoOutput struct {
	Body apiMemo
}

type newMemoInput struct {
	Body struct {
		ID    apiID     `json:"id,omitempty" doc:"自定的标识：同一标识再送一次返回 409，不会发两次；不填由系统给"`
		Title string    `json:"title,omitempty" maxLength:"60" doc:"标题；不填为“关于办理诉求的提醒函”"`
		Body  string    `json:"body" minLength:"1" maxLength:"2000" doc:"正文。其中的个人信息会遮盖"`
		Due   time.Time `json:"due,omitempty" doc:"何时前答复，90 天以内；不填按期限规则"`
		Cases []string  `json:"cases" nullable:"false" minItems:"1" maxItems:"20" doc:"工单的标识或编号，同一个单位主办；发给主办单位"`
	} `nameHint:"NewMemo"`
}

type memoMoveInput struct {
	ID   apiID `path:"id" doc:"提醒函的标识"`
	Body struct {
		Move string `json:"move" enum:"ack,answer" doc:"ack 签收，answer 答复"`
		Text string `json:"text,omitempty" maxLength:"500" doc:"answer：办到哪一步，怎样整改"`
	} `nameHint:"MemoMove"`
}

func (s *Server) memoOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "list-memos", Method: http.MethodGet, Path: "/memos", Tags: []string{tagCases},
		Summary: "列出提醒函", Description: "承办单位的令牌只看到发给本单位的。",
	}, s.listMemos)
	handle(a, huma.Operation{
		OperationID: "get-memo", Method: http.MethodGet, Path: "/memos/{id}", Tags: []string{tagCases},
		Summary: "取一封提醒函", Description: "连同签收和答复。发给别的单位的返回 404。",
	}, s.getMemo)
	handle(a, huma.Operation{
		OperationID: "send-memo", Method: http.MethodPost, Path: "/memos", Tags: []string{tagCases}, DefaultStatus: http.StatusCreated,
		Errors:  []int{http.StatusConflict},
		Summary: "发提醒函", Description: "就一件或几件工单提醒主办单位，按年编号，发出后不能改。需要热线的令牌。",
	}, s.takeMemo)
	handle(a, huma.Operation{
		OperationID: "move-memo", Method: http.MethodPost, Path: "/memos/{id}/moves", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict},
		Summary: "签收、答复提醒函", Description: "需要所发单位的令牌。别人先做了的返回 409，什么都不改变。",
	}, s.takeMemoMove)
}

func (s *Server) listMemos(ctx context.Context, actor org.Actor, in *memosInput) (*memosOutput, error) {
	found, err := s.o.Memos.List(ctx, actor, casework.MemoFilter{
		Show: casework.MemoShow(in.Show), Case: idOf[casework.CaseID](in.Case), Before: idOf[casework.MemoID](in.Before), Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &memosOutput{}
	out.Body.Memos = make([]apiMemo, len(found))
	for i, m := range found {
		out.Body.Memos[i] = s.newAPIMemo(m)
	}
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].ID
	}
	return out, nil
}

func (s *Server) getMemo(ctx context.Context, actor org.Actor, in *memoInput) (*memoOutput, error) {
	m, err := s.o.Memos.Get(ctx, actor, idOf[casework.MemoID](in.ID))
	return &memoOutput{s.newAPIMemo(m)}, err
}

// takeMemo sends a letter and gives it with its number.
func (s *Server) takeMemo(ctx context.Context, actor org.Actor, in *newMemoInput) (*memoOutput, error) {
	b := in.Body
	m, err := s.o.Memos.Send(ctx, actor, casework.NewMemo{ID: idOf[casework.MemoID](b.ID), Title: b.Title, Body: b.Body, Due: b.Due, Cases: b.Cases})
	return &memoOutput{s.newAPIMemo(m)}, err
}

// takeMemoMove makes a move and gives the letter as it stands afterwards.
func (s *Server) takeMemoMove(ctx context.Context, actor org.Actor, in *memoMoveInput) (*memoOutput, error) {
	if err := s.o.Memos.Do(ctx, actor, idOf[casework.MemoID](in.ID), casework.MemoMove(in.Body.Move), in.Body.Text); err != nil {
		return nil, err
	}
	return s.getMemo(ctx, actor, &memoInput{ID: in.ID})
}
