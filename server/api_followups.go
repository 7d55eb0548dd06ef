package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// apiSame is another matter of the same caller.
type apiSame struct {
	Matter  intake.MatterID    `json:"matter" format:"uuid" doc:"这件事的编号"`
	About   string             `json:"about" doc:"什么事，已隐去个人信息"`
	At      time.Time          `json:"at" doc:"何时反映"`
	Channel intake.Channel     `json:"channel" doc:"渠道"`
	State   intake.MatterState `json:"state" enum:"open,answered,decided" doc:"open 等人决定，answered 已当场答复，decided 已有决定"`
	Case    *apiCase           `json:"case,omitempty" doc:"所立的工单；没有这一项为没有立案"`
}

type sameOutput struct {
	Body struct {
		Matters []apiSame `json:"matters" nullable:"false" doc:"晚的在前"`
	} `nameHint:"SameCaller"`
}

type followUpInput struct {
	ID   apiID `path:"id" doc:"工单的标识"`
	Body struct {
		Text       string `json:"text,omitempty" maxLength:"500" doc:"诉求人补充的情况，其中的个人信息会遮盖；不填为催单"`
		Matter     apiID  `json:"matter,omitempty" doc:"据以催办或补充的来电（这件事的编号）：须用同一电话，随即按重复结案，不另立案。不填为诉求人另行报了工单编号"`
		Suggestion apiID  `json:"suggestion,omitempty" doc:"来电的智能推荐，所见的那一次"`
		Previous   apiID  `json:"previous,omitempty" doc:"来电已有的最后一个决定，所见的那一个；没有就不填"`
	} `nameHint:"FollowUp"`
}

func (s *Server) followUpOperations(a huma.API) {
	if s.o.FollowUps == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "list-same-caller", Method: http.MethodGet, Path: "/matters/{id}/same-caller", Tags: []string{tagMatters},
		Summary: "此人近 30 天的其他诉求", Description: "按电话认，不知道号码；没有留电话的没有。",
	}, s.listSameCaller)
	handle(a, huma.Operation{
		OperationID: "follow-up-case", Method: http.MethodPost, Path: "/cases/{id}/calls", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict},
		Summary: "诉求人来电催单或补充", Description: "与诉求人自己凭回执码催办、补充一样：记到在办的工单，提醒承办单位和热线，时限不变。一小时内催过的、来电已有人处理的返回 409。只有热线的令牌可以。",
	}, s.takeFollowUp)
}

func (s *Server) listSameCaller(ctx context.Context, actor org.Actor, in *matterInput) (*sameOutput, error) {
	all, err := s.o.FollowUps.Of(ctx, actor, idOf[intake.MatterID](in.ID))
	if err != nil {
		return nil, err
	}
	out := &sameOutput{}
	out.Body.Matters = make([]apiSame, len(all))
	for i, k := range all {
		same := apiSame{
			Matter: k.Matter, About: headingOf(intake.Matter{Title: k.Title, Text: k.Text}), At: utc(k.At), Channel: k.Channel, State: k.State,
		}
		if k.Case != "" {
			c := newAPICase(k.Docket)
			same.Case = &c
		}
		out.Body.Matters[i] = same
	}
	return out, nil
}

// takeFollowUp notes what a citizen says by phone and gives the case that goes on.
func (s *Server) takeFollowUp(ctx context.Context, actor org.Actor, in *followUpInput) (*caseOutput, error) {
	b := in.Body
	err := s.o.FollowUps.Note(ctx, actor, casework.FollowUp{
		Case: idOf[casework.CaseID](in.ID), Words: b.Text, Call: idOf[intake.MatterID](b.Matter),
		Suggestion: idOf[classifier.SuggestionID](b.Suggestion), Previous: idOf[classifier.DecisionID](b.Previous),
	})
	if err != nil {
		return nil, err
	}
	return s.getCase(ctx, actor, &caseInput{ID: in.ID})
}
