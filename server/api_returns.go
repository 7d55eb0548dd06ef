package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// apiReturn is the event that a unit gave a matter back.
type apiReturn struct {
	ID       classifier.ReturnID     `json:"id" format:"uuid" doc:"退回编号"`
	Matter   intake.MatterID         `json:"matter" format:"uuid" doc:"退回的事"`
	Decision classifier.DecisionID   `json:"decision" format:"uuid" doc:"退回所针对的决定"`
	From     org.UnitID              `json:"from" format:"uuid" doc:"退回的单位"`
	Reason   classifier.ReturnReason `json:"reason" enum:"area,duty,ownership,duplicate,incomplete,other" doc:"原因，同提交时"`
	Clause   string                  `json:"clause,omitempty" doc:"依据"`
	Proposed org.UnitID              `json:"proposed,omitempty" format:"uuid" doc:"建议由哪个单位办理"`
	By       org.AccountID           `json:"by" format:"uuid" doc:"谁记的"`
	At       time.Time               `json:"at" doc:"何时"`
}

func newAPIReturn(r classifier.Return) apiReturn {
	return apiReturn{
		ID: r.ID, Matter: r.Matter, Decision: r.Decision, From: r.From, Reason: r.Reason, Clause: r.Clause,
		Proposed: r.Proposed, By: r.By, At: utc(r.At),
	}
}

type returnInput struct {
	ID   apiID `path:"id" doc:"这件事的编号"`
	Body apiReturnForm
}

// apiReturnForm is what a client sends to note a return.
type apiReturnForm struct {
	Decision apiID  `json:"decision" doc:"所见的最后一个决定。与现状不符时返回 409"`
	From     apiID  `json:"from" doc:"退回的单位，须是这个决定的主办或协办单位"`
	Reason   string `json:"reason" enum:"area,duty,ownership,duplicate,incomplete,other" doc:"area 属地不符，duty 职责不符，ownership 权属不清，duplicate 重复，incomplete 信息不足，other 其他"`
	Clause   string `json:"clause,omitempty" maxLength:"500" doc:"依据，职责不符和其他时必填：哪一条规定，或为什么不归本单位"`
	Proposed apiID  `json:"proposed,omitempty" doc:"建议由哪个单位办理"`
	Key      string `json:"key,omitempty" maxLength:"100" doc:"这次请求的唯一标记。同一账号带同一标记重复提交，只记一次，得到第一次的结果"`
}

type returnOutput struct {
	Body apiReturn
}

type returnsOutput struct {
	Body struct {
		Returns []apiReturn `json:"returns" nullable:"false" doc:"早的在前"`
	} `nameHint:"Returns"`
}

func (s *Server) returnOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "note-return", Method: http.MethodPost, Path: "/matters/{id}/returns", Tags: []string{tagMatters},
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
		Summary: "记一次退回",
		Description: "承办单位把派给它的事退了回来。只记下这件事，不改派：改派要有人作新的决定。" +
			"职责不符的退回影响以后推荐哪个主办单位。每个单位对一个决定只能退一次，再退返回 409。",
	}, s.takeReturn)
	handle(a, huma.Operation{
		OperationID: "list-returns", Method: http.MethodGet, Path: "/matters/{id}/returns", Tags: []string{tagMatters},
		Summary: "列出一件事的退回", Description: "早的在前。",
	}, s.listReturns)
}

// takeReturn notes that a unit gave a matter back.
func (s *Server) takeReturn(ctx context.Context, actor org.Actor, in *returnInput) (*returnOutput, error) {
	r, err := s.o.Returns.Note(ctx, actor, classifier.Return{
		Matter: idOf[intake.MatterID](in.ID), Decision: idOf[classifier.DecisionID](in.Body.Decision),
		From: idOf[org.UnitID](in.Body.From), Reason: classifier.ReturnReason(in.Body.Reason),
		Clause: in.Body.Clause, Proposed: idOf[org.UnitID](in.Body.Proposed),
	}, in.Body.Key)
	if err != nil {
		return nil, err
	}
	return &returnOutput{Body: newAPIReturn(r)}, nil
}

// listReturns gives the returns of a matter.
func (s *Server) listReturns(ctx context.Context, actor org.Actor, in *matterInput) (*returnsOutput, error) {
	all, err := s.o.Returns.Of(ctx, actor, idOf[intake.MatterID](in.ID))
	if err != nil {
		return nil, err
	}
	out := &returnsOutput{}
	out.Body.Returns = make([]apiReturn, len(all))
	for i, r := range all {
		out.Body.Returns[i] = newAPIReturn(r)
	}
	return out, nil
}
