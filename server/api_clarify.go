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

// apiClarification is a matter about which the citizen is to be called back.
type apiClarification struct {
	Matter intake.MatterID  `json:"matter" format:"uuid" doc:"这件事的编号"`
	Why    string           `json:"why" doc:"哪里不清楚"`
	By     org.AccountID    `json:"by" format:"uuid" doc:"谁记下的"`
	At     time.Time        `json:"at" doc:"何时"`
	Due    time.Time        `json:"due" doc:"最迟何时回拨"`
	Calls  []apiClarifyCall `json:"calls" nullable:"false" doc:"打过几次，早的在前"`
}

type apiClarifyCall struct {
	By      org.AccountID         `json:"by" format:"uuid" doc:"谁打的"`
	At      time.Time             `json:"at" doc:"何时"`
	Outcome intake.ClarifyOutcome `json:"outcome" enum:"clear,unclear,unreached" doc:"clear 问清楚了，unclear 仍不清楚，unreached 没有联系上"`
	Words   string                `json:"words,omitempty" doc:"诉求人怎么说"`
}

type clarificationsOutput struct {
	Body struct {
		Clarifications []apiClarification `json:"clarifications" nullable:"false" doc:"先到期的在前"`
	} `nameHint:"Clarifications"`
}

type askClarifyInput struct {
	ID   apiID `path:"id" doc:"这件事的编号"`
	Body struct {
		Why string `json:"why" minLength:"1" maxLength:"500" doc:"哪里不清楚"`
	} `nameHint:"NewClarification"`
}

type clarifyCallInput struct {
	ID   apiID `path:"id" doc:"这件事的编号"`
	Body struct {
		Outcome string `json:"outcome" enum:"clear,unclear,unreached" doc:"clear 问清楚了，unclear 仍不清楚，unreached 没有联系上"`
		Words   string `json:"words,omitempty" maxLength:"500" doc:"诉求人怎么说；clear 和 unclear 时必填"`
	} `nameHint:"NewClarifyCall"`
}

type apiRefusalReason struct {
	ID    casework.ReasonID `json:"id,omitempty" format:"uuid" doc:"理由的标识；没有这一项为固定的理由"`
	Words string            `json:"words" doc:"理由，连同该走的渠道"`
}

type reasonsOutput struct {
	Body struct {
		Reasons []apiRefusalReason `json:"reasons" nullable:"false" doc:"不予受理的理由，不采纳时原样填在 reason 里"`
	} `nameHint:"RefusalReasons"`
}

type addReasonInput struct {
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"60" doc:"理由"`
		Way    string `json:"way" minLength:"1" maxLength:"60" doc:"该走的渠道"`
	} `nameHint:"NewRefusalReason"`
}

type dropReasonInput struct {
	ID apiID `path:"id" doc:"理由的标识"`
}

func (s *Server) clarifyOperations(a huma.API) {
	if s.o.Clarify == nil || s.o.Grounds == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "list-clarifications", Method: http.MethodGet, Path: "/clarifications", Tags: []string{tagMatters},
		Summary: "列出等着回拨核实的诉求", Description: "内容不清的先回拨核实，24 小时内；先到期的在前。",
	}, func(ctx context.Context, actor org.Actor, _ *struct{}) (*clarificationsOutput, error) {
		all, err := s.o.Clarify.Waiting(ctx, actor)
		if err != nil {
			return nil, err
		}
		out := &clarificationsOutput{}
		out.Body.Clarifications = make([]apiClarification, len(all))
		for i, c := range all {
			one := apiClarification{Matter: c.Matter, Why: c.Why, By: c.By, At: utc(c.At), Due: utc(c.Due), Calls: make([]apiClarifyCall, len(c.Calls))}
			for j, k := range c.Calls {
				one.Calls[j] = apiClarifyCall{By: k.By, At: utc(k.At), Outcome: k.Outcome, Words: k.Words}
			}
			out.Body.Clarifications[i] = one
		}
		return out, nil
	})
	post := func(id, path, summary, more string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: path, Tags: []string{tagMatters}, DefaultStatus: http.StatusNoContent,
			Errors: []int{http.StatusConflict}, Summary: summary, Description: more,
		}
	}
	handle(a, post("ask-clarify", "/matters/{id}/clarification", "内容不清，先回拨核实", "这件事仍等人决定；24 小时内回拨。"),
		func(ctx context.Context, actor org.Actor, in *askClarifyInput) (*struct{}, error) {
			f, err := s.o.Desk.File(ctx, actor, idOf[intake.MatterID](in.ID))
			if err != nil {
				return nil, err
			}
			return nil, s.o.Clarify.Ask(ctx, actor, f.Matter.ID, in.Body.Why)
		})
	handle(a, post("note-clarify-call", "/matters/{id}/clarification/calls", "记一次回拨", "问清楚了的，诉求人的话补进内容，重新推荐；仍不清楚或三次没有联系上的，可以不予受理。"),
		func(ctx context.Context, actor org.Actor, in *clarifyCallInput) (*struct{}, error) {
			f, err := s.o.Desk.File(ctx, actor, idOf[intake.MatterID](in.ID))
			if err != nil {
				return nil, err
			}
			return nil, s.o.Clarify.Called(ctx, actor, f.Matter.ID, intake.ClarifyOutcome(in.Body.Outcome), in.Body.Words)
		})
	handle(a, huma.Operation{
		OperationID: "list-refusal-reasons", Method: http.MethodGet, Path: "/refusal-reasons", Tags: []string{tagMatters},
		Summary: "列出不予受理的理由", Description: "固定的在前，后面是本市加的；都写明该走的渠道。",
	}, func(ctx context.Context, actor org.Actor, _ *struct{}) (*reasonsOutput, error) {
		own, err := s.o.Grounds.List(ctx, actor)
		if err != nil {
			return nil, err
		}
		out := &reasonsOutput{}
		for _, words := range casework.RefusalReasons() {
			out.Body.Reasons = append(out.Body.Reasons, apiRefusalReason{Words: words})
		}
		for _, r := range own {
			out.Body.Reasons = append(out.Body.Reasons, apiRefusalReason{r.ID, r.Words})
		}
		return out, nil
	})
	handle(a, post("add-refusal-reason", "/refusal-reasons", "增加一条不予受理的理由", "管理员；要写明该走的渠道。"),
		func(ctx context.Context, actor org.Actor, in *addReasonInput) (*struct{}, error) {
			return nil, s.o.Grounds.Add(ctx, actor, in.Body.Reason, in.Body.Way)
		})
	drop := post("drop-refusal-reason", "/refusal-reasons/{id}", "不再使用一条理由", "管理员；固定的理由不能去掉，已按它不予受理的不变。")
	drop.Method = http.MethodDelete
	handle(a, drop, func(ctx context.Context, actor org.Actor, in *dropReasonInput) (*struct{}, error) {
		return nil, s.o.Grounds.Drop(ctx, actor, idOf[casework.ReasonID](in.ID))
	})
}
